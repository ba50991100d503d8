//! Configurations from the outside: copied, passed over, and asked where they are.

use assay_interp::exec::module::{alloc_module, initialisation};
use assay_interp::exec::{Config, Progress};
use assay_interp::syntax::{AddrType, GlobalType, Limits, MemType, RefType, TableType};
use assay_interp::trace::Step;

use super::*;

/// A configuration that is about to call an export, and its reading.
fn about_to_call(text: &str, export: &str, args: &[i32]) -> (Config<Concrete>, Concrete) {
    let d = Concrete::default();
    let mut config = Config::new(Store::default(), 1000);
    let module = module(text);
    let instance = alloc_module(&mut config, &d, &module, &[], &mut Config::step).expect("it has room");
    config.enter(&instance, &Arc::new(initialisation(&module)), 0);
    ended(&mut config, &d);
    let Some(ExternAddr::Func(f)) = instance.export(export) else { panic!("no function {export}") };
    args.iter().for_each(|c| config.stack.push(Val::I32(*c as u32)));
    config.invoke(&d, f);
    (config, d)
}

fn ended(config: &mut Config<Concrete>, d: &Concrete) -> Vec<Value> {
    loop {
        match config.step(d) {
            Ok(Progress::Reduced(_)) => {}
            Ok(Progress::Ended) => return config.stack.values().to_vec(),
            other => panic!("{other:?}"),
        }
    }
}

/// A copy is taken between any two steps, where anything may be pending: operands, instructions, blocks, calls, casts
/// and arrays. What comes of it is what comes of the original.
#[test]
fn a_copy_goes_on_as_the_original() {
    let text = r#"(module
        (type $bytes (array (mut i8)))
        (type $f (func (param i32) (result i32)))
        (memory 1) (table funcref (elem $double))
        (data $d "\01\02\03\04")
        (tag $e (param i32))
        (func $double (type $f) (i32.add (local.get 0) (local.get 0)))
        (func $tail (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
        (func $throw (type $f) (throw $e (i32.add (local.get 0) (i32.const 100))))
        (func (export "f") (param i32) (result i32) (local $a (ref null $bytes))
            (memory.fill (i32.const 0) (local.get 0) (i32.const 3))
            (local.set $a (array.new_data $bytes $d (i32.const 0) (i32.const 4)))
            (i32.load8_u (i32.const 2))
            (drop (array.new_fixed $bytes 2 (i32.const 5) (i32.const 6)))
            (if (result i32) (local.get 0)
                (then (call $tail (i32.const 20)))
                (else (unreachable)))
            (i32.add)
            (block $h (param i32) (result i32)
                (try_table (param i32) (result i32) (catch $e $h)
                    (call $throw)))
            (array.get_u $bytes (local.get $a) (i32.const 3))
            (i32.add)))"#;
    let (mut original, d) = about_to_call(text, "f", &[7]);
    let results = ended(&mut original.clone(), &d);
    assert_eq!(results, [Val::I32(7 + 2 * 20 + 100 + 4)]);
    let mut steps = 0;
    while !matches!(original.step(&d), Ok(Progress::Ended)) {
        steps += 1;
        let mut copy = original.clone();
        assert_eq!(copy.stack.values(), original.stack.values());
        assert_eq!(ended(&mut copy, &d), results, "after {steps} steps");
    }
    assert_eq!(original.stack.values(), results);
    assert!(steps > 40, "{steps} steps are too few");
}

/// An instruction that is passed over takes its operands, and what stands in its place is whoever's business.
#[test]
fn a_redex_is_passed_over() {
    let text = r#"(module (memory 1)
        (func (export "f") (result i32)
            (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))))"#;
    let (mut config, d) = about_to_call(text, "f", &[]);
    assert!(matches!(config.step(&d), Ok(Progress::Reduced(_))), "the call");
    config.focus(&d);
    assert_eq!(config.redex().expect("a redex").to_string(), "i32.mul");
    let place = config.place().expect("a place");
    assert_eq!((place.func, place.at), (Some(0), 3));
    config.skip(2);
    config.stack.push(Val::I32(41));
    config.focus(&d);
    assert_eq!(config.redex().expect("a redex").to_string(), "i32.add");
    assert_eq!(config.place().expect("a place").at, 4);
    assert_eq!(ended(&mut config, &d), [Val::I32(42)]);
    // What a rule has put in front of the code is passed over by itself.
    let text = r#"(module (memory 1) (func (export "f") (param i32)
        (memory.fill (i32.const 0) (i32.const 9) (local.get 0))))"#;
    let (mut config, d) = about_to_call(text, "f", &[2]);
    (0..2).for_each(|_| assert!(matches!(config.step(&d), Ok(Progress::Reduced(_)))));
    while config.redex().is_none_or(|redex| redex.to_string() != "i32.store8") {
        assert!(matches!(config.step(&d), Ok(Progress::Reduced(_))));
        config.focus(&d);
    }
    config.skip(2);
    assert_eq!(ended(&mut config, &d), []);
    assert_eq!(config.store.mems[0].bytes[..3], [0, 9, 0]);
}

/// Where each step happens: what a rule has produced, where the instruction stands that it came from.
#[test]
fn steps_have_places() {
    struct Places(Vec<String>);
    impl Observer for Places {
        const DETAIL: bool = true;
        fn step(&mut self, step: &Step<'_>) {
            let place = step.place.map_or("-".into(), |place| format!("{:?}:{}", place.func, place.at));
            self.0.push(format!("{place} {}", step.redex));
        }
    }
    let text = r#"(module (memory 1) (func)
        (func $g (param i32) (result i32) (local.get 0))
        (func (export "f") (param i32)
            (block
                (memory.fill (i32.const 0) (i32.const 9) (local.get 0))
                (drop (call $g (i32.const 5))))
            (unreachable)))"#;
    let mut places = Places(Vec::new());
    let outcome = Run::new(text).observed("f", &[Val::I32(1)], &mut places);
    let Outcome::Trapped(trap) = outcome else { panic!("{outcome}") };
    let place = trap.place.expect("a place");
    assert_eq!((place.func, place.at), (Some(2), 9));
    insta::assert_snapshot!(places.0.join("\n"));
}

/// What the outside allocates has the address that it is told, and can be imported by that.
#[test]
fn what_the_outside_allocates_is_found() {
    let mut machine = Machine::new(Budgets::default());
    let store = machine.store_mut();
    let limits = Limits { min: 1, max: Some(2) };
    let global = |value| (GlobalType { mutable: false, val: ValType::I32 }, Val::I32(value));
    let mem = |byte| (MemType { addr: AddrType::I32, limits, page: PAGE, shared: false }, vec![byte; PAGE as usize]);
    let table = |n| {
        let element = RefType::null(HeapType::Extern);
        (TableType { addr: AddrType::I32, element, limits }, vec![Ref::host(n)])
    };
    let globals = [5, 6].map(global).map(|(ty, value)| store.alloc_global(ty, value));
    let mems = [7, 8].map(mem).map(|(ty, bytes)| store.alloc_mem(ty, bytes));
    let tables = [9, 10].map(table).map(|(ty, elements)| store.alloc_table(ty, elements));
    assert_eq!([globals, mems, tables], [[0, 1]; 3]);
    let text = r#"(module
        (import "m" "g" (global i32)) (import "m" "m" (memory 1 2)) (import "m" "t" (table 1 2 externref))
        (func (export "f") (result i32 i32 externref)
            (global.get 0) (i32.load8_u (i32.const 65535)) (table.get 0 (i32.const 0))))"#;
    for (at, wanted) in [(0, (5, 7, 9)), (1, (6, 8, 10))] {
        let imports = [ExternAddr::Global(globals[at]), ExternAddr::Mem(mems[at]), ExternAddr::Table(tables[at])];
        let instance = machine.instantiate(&module(text), &imports, &mut (), &mut ()).expect("they match");
        let Some(ExternAddr::Func(f)) = instance.export("f") else { panic!("a function") };
        let results = vec![Val::I32(wanted.0), Val::I32(wanted.1), Val::Ref(Ref::host(wanted.2))];
        assert_eq!(machine.invoke(f, &[], &mut (), &mut ()), Outcome::Returned(results));
    }
}
