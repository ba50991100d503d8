//! Ids of engines: what they mean, what they are near to, and that their options reach the engine.

use assay_engines::{
    Budgets, Collector, Compiler, ENGINES, EngineError, EngineId, Features, IdError, IsaFlags, Nan, OptLevel, Outcome,
    Regalloc, Switch, WASMTIME_OPTIONS, WasmtimeId, engine,
};
use proptest::prelude::*;
use proptest::sample::{Select, select};

fn words<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> Select<T> {
    select(all)
}

/// Ids of wasmtime with any options that their compiler takes.
fn ids() -> impl Strategy<Value = EngineId> {
    let isa = prop::collection::btree_map("[a-z][a-z0-9_]{0,9}", any::<bool>(), 1..4).prop_map(IsaFlags);
    let machine = (
        prop::option::of(isa),
        prop::option::of(any::<u64>()),
        prop::option::of(any::<u64>()),
        prop::option::of(words(Switch::ALL)),
        prop::option::of(words(Switch::ALL)),
        prop::option::of(words(Switch::ALL)),
    );
    let code = (
        prop::option::of(words(OptLevel::ALL)),
        prop::option::of(words(Regalloc::ALL)),
        prop::option::of(words(Nan::ALL)),
        prop::option::of(words(Collector::ALL)),
        prop::option::of(words(Switch::ALL)),
    );
    let all = (words(Compiler::ALL), machine, code).prop_map(|(compiler, machine, code)| {
        let (isa, reservation, guard, moves, spectre, signals) = machine;
        let (opt, regalloc, nan, collector, inlining) = code;
        let id = WasmtimeId {
            compiler,
            opt,
            regalloc,
            isa,
            reservation,
            guard,
            moves,
            spectre,
            signals,
            nan,
            collector,
            inlining,
        };
        match compiler {
            Compiler::Cranelift => id,
            Compiler::Winch => {
                WasmtimeId { opt: None, regalloc: None, signals: None, collector: None, inlining: None, ..id }
            }
            Compiler::Pulley => WasmtimeId { isa: None, spectre: None, signals: None, ..id },
        }
    });
    prop_oneof![
        8 => all.prop_map(EngineId::Wasmtime),
        1 => Just(EngineId::Interp),
        1 => Just(EngineId::Wasmi),
    ]
}

proptest! {
    #[test]
    fn an_id_is_what_it_says(id in ids()) {
        prop_assert_eq!(id.to_string().parse::<EngineId>(), Ok(id));
    }

    #[test]
    fn any_text_is_an_id_or_an_error(text in "(wasmtime(:[a-z]{0,9})?)?[a-z0-9=,+-]{0,20}") {
        if let Ok(id) = text.parse::<EngineId>() {
            prop_assert_eq!(id.to_string().parse::<EngineId>(), Ok(id));
        }
    }
}

#[track_caller]
fn refused(id: &str) -> String {
    match engine(id, Budgets::default(), Features::default()) {
        Ok(engine) => panic!("{id} is {}", engine.id()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn ids_of_this_build_are_those_that_parse() {
    for id in ENGINES {
        let parsed: EngineId = id.parse().unwrap();
        assert_eq!(parsed.to_string(), id);
        assert_eq!(engine(id, Budgets::default(), Features::default()).unwrap().id(), id);
    }
    assert_eq!("wasmtime,opt=none".parse::<EngineId>().unwrap().to_string(), "wasmtime:cranelift,opt=none");
}

#[test]
fn what_is_unknown_is_told_with_what_is_near() {
    let all = format!("{}, process:COMMAND", ENGINES.join(", "));
    for (id, near) in [
        ("wasmtime:crane", "wasmtime:cranelift"),
        ("wastime:winch", "wasmtime:winch"),
        ("interpreter", "interp"),
        ("wasm", "wasmi"),
    ] {
        assert_eq!(refused(id), format!("unknown engine {id:?}; did you mean {near:?}? There are {all}"));
    }
    assert_eq!(refused("v8"), format!("unknown engine \"v8\"; there are {all}"));
    assert_eq!(refused(""), format!("unknown engine \"\"; there are {all}"));
    let with = |options: &str| refused(&format!("wasmtime:cranelift,{options}"));
    assert!(
        with("reg=x").starts_with("wasmtime:cranelift has no option \"reg\"; it has opt, regalloc"),
        "{}",
        with("reg=x")
    );
    assert!(with("spectr=off").contains("; did you mean \"spectre\"? It has opt, "), "{}", with("spectr=off"));
    assert_eq!(with("opt=3"), "option opt can't be \"3\"; it is opt=none|speed|size");
    assert_eq!(with("isa=avx"), "option isa can't be \"avx\"; it is isa=-NAME+NAME…");
    assert_eq!(with("opt=none,opt=none"), "option opt is given twice");
    assert_eq!(refused("wasmi,opt=none"), "wasmi has no option \"opt\"; it has none");
    assert!(matches!("wasmtime:winch,opt=none".parse::<EngineId>(), Err(IdError::Option { .. })));
}

/// What only wasmtime can know: it says so, and doesn't panic.
#[test]
fn what_wasmtime_refuses_is_an_error() {
    for (id, why) in [("wasmtime,isa=-sse99", "has_sse99"), ("wasmtime,signals=off,spectre=on", "spectre")] {
        match engine(id, Budgets::default(), Features::default()).map(|engine| engine.id()) {
            Err(EngineError::Refused { why: words, .. }) => assert!(words.contains(why), "{id}: {words}"),
            other => panic!("{id}: {other:?}"),
        }
    }
}

/// An engine of each option, with each of its words, for each of its compilers; and all versions of the standard.
#[test]
fn all_options_make_engines_that_work() {
    let text = r#"(module (memory 1) (table 1 funcref)
        (func (export "f") (param i32) (result i32) (local i32)
            (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
                (i32.store (local.get 0) (local.get 1))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (i32.load (i32.const 1)))
        (func (export "out") (result i32) (i32.load (i32.const 65536)))
        (func (export "deep") (call 2)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let machine = if cfg!(target_arch = "x86_64") { "-avx512f-bmi1" } else { "-lse" };
    for option in WASMTIME_OPTIONS {
        let values: Vec<&str> = match option.values {
            "BYTES" => vec!["0", "65536", "4294967296"],
            "-NAME+NAME…" => vec![machine],
            words => words.split('|').collect(),
        };
        for (compiler, value) in option.compilers.iter().flat_map(|c| values.iter().map(move |value| (c, value))) {
            let needs = if (option.name, *value) == ("signals", "off") { "spectre=off," } else { "" };
            let id = format!("wasmtime:{compiler},{needs}{}={value}", option.name);
            let mut engine = engine(&id, Budgets::default(), Features::default()).unwrap_or_else(|e| panic!("{e}"));
            let instance = engine.instantiate(&wasm, &[]).unwrap_or_else(|e| panic!("{id}: {e}"));
            let mut call = |export, args: &[_]| engine.invoke(instance, export, args);
            let sum = Outcome::Returned(vec![assay_interp::exec::Val::I32(55)]);
            assert_eq!(call("f", &[assay_interp::exec::Val::I32(10)]), sum, "{id}");
            assert!(matches!(call("out", &[]), Outcome::Trapped(_)), "{id}");
            assert!(matches!(call("deep", &[]), Outcome::Exhausted(_)), "{id}");
        }
    }
}
