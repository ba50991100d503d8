//! Pages of one byte, as the proposal for custom page sizes has them.

use assay_interp::outcome::Budget;
use assay_interp::syntax::Features;

use super::*;

fn decoded(text: &str) -> Arc<Module> {
    let features = Features { custom_page_sizes: true, ..Features::default() };
    Arc::new(binary::decode_with(&wat::parse_str(text).expect("text"), features).unwrap_or_else(|e| panic!("{e}")))
}

fn instantiated(machine: &mut Machine, text: &str, imports: &[ExternAddr]) -> Result<Arc<ModuleInst>, Outcome> {
    machine.instantiate(&decoded(text), imports, &mut (), &mut ())
}

#[test]
fn memories_are_as_long_as_they_say() {
    let mut machine = Machine::new(Budgets { store: 1 << 20, ..Budgets::default() });
    let text = r#"(module (memory 3 20 (pagesize 1)) (memory 0 (pagesize 1)) (memory i64 0 (pagesize 1))
        (data (i32.const 0) "abc")
        (func (export "size") (result i32) (memory.size))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "unlimited") (param i32) (result i32) (memory.grow 1 (local.get 0)))
        (func (export "wide") (param i64) (result i64) (memory.grow 2 (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "word") (param i32) (result i32) (i32.load (local.get 0))))"#;
    let instance = instantiated(&mut machine, text, &[]).unwrap_or_else(|e| panic!("{e}"));
    let mut run = Run { machine, instance };
    assert_eq!(run.call("load", &[2]), returned(&[i32::from(b'c')]));
    traps(run.call("load", &[3]), TrapKind::MemoryOutOfBounds);
    traps(run.call("word", &[0]), TrapKind::MemoryOutOfBounds);
    assert_eq!(run.call("grow", &[18]), returned(&[-1]));
    assert_eq!(run.call("grow", &[1]), returned(&[3]));
    assert_eq!(run.call("size", &[]), returned(&[4]));
    assert_eq!(run.call("word", &[0]), returned(&[i32::from_le_bytes(*b"abc\0")]));
    traps(run.call("word", &[1]), TrapKind::MemoryOutOfBounds);
    // 2^32 - 1 bytes are allowed, which the budget isn't for; one more is no number of 32 bits.
    assert_eq!(run.call("unlimited", &[1]), returned(&[0]));
    assert_eq!(run.call("unlimited", &[-1]), returned(&[-1]));
    assert_eq!(run.call("unlimited", &[-2]), Outcome::Exhausted(Budget::Store));
    let mut wide = |n: u64| run.observed("wide", &[Val::I64(n)], &mut ());
    assert_eq!(wide(2), Outcome::Returned(vec![Val::I64(0)]));
    assert_eq!(wide(u64::MAX), Outcome::Returned(vec![Val::I64(u64::MAX)]));
    assert_eq!(wide(u64::MAX - 2), Outcome::Exhausted(Budget::Store));
    let text = "(module (memory i64 0xffff_ffff_ffff_ffff (pagesize 1)))";
    let outcome = instantiated(&mut run.machine, text, &[]);
    assert_eq!(outcome.map(|_| ()), Err(Outcome::Exhausted(Budget::Store)));
}

#[test]
fn an_import_has_the_page_size_asked_for() {
    let mut machine = Machine::new(Budgets::default());
    let exports = "(module (memory (export \"1\") 70000 (pagesize 1)) (memory (export \"65536\") 1))";
    let exports = instantiated(&mut machine, exports, &[]).unwrap();
    for given in ["1", "65536"] {
        for wanted in ["1", "65536"] {
            let import = format!("(module (import \"\" \"\" (memory 1 (pagesize {wanted}))))");
            let outcome = instantiated(&mut machine, &import, &[exports.export(given).unwrap()]);
            match outcome {
                Ok(_) => assert_eq!(given, wanted),
                Err(Outcome::Unlinkable(why)) => assert!(given != wanted && why.contains("(pagesize 1)"), "{why}"),
                Err(other) => panic!("{other}"),
            }
        }
    }
}
