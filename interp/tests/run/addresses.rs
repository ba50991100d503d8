//! Addresses and indices of 64 bits: no sum wraps around, and nothing is cut to 32 bits.

use assay_interp::outcome::Budget;
use assay_interp::syntax::Instr;

use super::*;

fn call(run: &mut Run, export: &str, args: &[u64]) -> Outcome {
    let args: Vec<Value> = args.iter().map(|c| Val::I64(*c)).collect();
    run.observed(export, &args, &mut ())
}

fn wide(results: &[u64]) -> Outcome {
    Outcome::Returned(results.iter().map(|c| Val::I64(*c)).collect())
}

/// A load or store of any family as an expression, and how many bytes it accesses.
fn access(mnemonic: &str, memarg: &str) -> Option<(String, u64)> {
    let (ty, op) = mnemonic.split_once('.')?;
    let is_lane = op.ends_with("_lane");
    let whole = match ty {
        "i32" | "f32" => 4,
        "v128" => 16,
        _ => 8,
    };
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    let part = op.strip_prefix("load").or(op.strip_prefix("store"))?;
    // The packed ones of vectors load 64 bits.
    let bytes = if part.contains('x') { 8 } else { digits(part).map_or(whole, |bits| bits / 8) };
    let operand = if ty == "v128" { "(v128.const i64x2 0 0)".into() } else { format!("({ty}.const 0)") };
    let lane = if is_lane { " 0" } else { "" };
    let operand = if op.starts_with("store") || is_lane { operand } else { String::new() };
    let access = format!("({mnemonic} {memarg}{lane} (local.get 0) {operand})");
    Some((if op.starts_with("store") { access } else { format!("(drop {access})") }, bytes))
}

#[test]
fn every_access_is_checked_with_65_bits() {
    let mut families = 0;
    for (_, mnemonic) in Instr::all() {
        let Some((plain, n)) = access(mnemonic, "") else { continue };
        families += 1;
        let (near, _) = access(mnemonic, "offset=8").expect("an access");
        let (far, _) = access(mnemonic, "offset=0xffff_ffff_ffff_fff8").expect("an access");
        let text = format!(
            r#"(module (memory i64 1)
            (func (export "plain") (param i64) {plain})
            (func (export "near") (param i64) {near})
            (func (export "far") (param i64) {far}))"#
        );
        let mut run = Run::new(&text);
        for (export, i) in [("plain", 0), ("plain", PAGE - n), ("near", 0), ("near", PAGE - n - 8)] {
            assert_eq!(call(&mut run, export, &[i]), Outcome::Returned(Vec::new()), "{mnemonic} {i:#x}");
        }
        let outside = [
            ("plain", PAGE - n + 1),
            ("plain", 1 << 32),
            ("plain", u64::MAX),
            ("plain", u64::MAX - n + 1),
            ("near", PAGE - n - 7),
            ("near", u64::MAX),
            ("near", u64::MAX - 7),
            ("near", u64::MAX - 7 - n),
            ("far", 0),
            ("far", 7),
            ("far", 8),
            ("far", 16),
            ("far", PAGE),
            ("far", u64::MAX),
        ];
        for (export, i) in outside {
            traps(call(&mut run, export, &[i]), TrapKind::MemoryOutOfBounds);
        }
    }
    assert_eq!(families, 23 + 22);
}

#[test]
fn memories_grow_by_64_bits() {
    let mut run = Run::new(
        r#"(module (memory i64 1 3) (memory i64 0)
        (func (export "size") (result i64) (memory.size))
        (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
        (func (export "unlimited") (param i64) (result i64) (memory.grow 1 (local.get 0))))"#,
    );
    for beyond in [3, 1 << 16, 1 << 32, (1 << 32) + 1, 1 << 48, u64::MAX, u64::MAX - 1, 1 << 63] {
        assert_eq!(call(&mut run, "grow", &[beyond]), wide(&[u64::MAX]), "{beyond:#x}");
    }
    assert_eq!(call(&mut run, "grow", &[2]), wide(&[1]));
    assert_eq!(call(&mut run, "size", &[]), wide(&[3]));
    for beyond in [1 << 48, (1 << 48) + 1, u64::MAX] {
        assert_eq!(call(&mut run, "unlimited", &[beyond]), wide(&[u64::MAX]), "{beyond:#x}");
    }
    // What the type allows and nobody has is no failure to grow: which it is must not depend on the budget.
    for pages in [(1 << 48) - 1, 1 << 32, 1 << 17] {
        assert_eq!(call(&mut run, "unlimited", &[pages]), Outcome::Exhausted(Budget::Store), "{pages:#x}");
    }
    let memories = ["0x1_0000_0000_0000", "0xffff_ffff_ffff", "0x1_0000_0000"].map(|n| format!("(memory i64 {n})"));
    let tables = ["0xffff_ffff_ffff_ffff", "0x1000_0000_0000_0000"].map(|n| format!("(table i64 {n} funcref)"));
    for item in memories.iter().chain(&tables) {
        let text = module(&format!("(module {item})"));
        let outcome = Machine::new(Budgets::default()).instantiate(&text, &[], &mut (), &mut ());
        assert_eq!(outcome.map(|_| ()), Err(Outcome::Exhausted(Budget::Store)), "{item}");
    }
}

#[test]
fn bulk_operations_of_memories() {
    let mut run = Run::new(
        r#"(module (memory i64 1) (data $d "abcdef")
        (data (i64.const 0) "01234567") (data (offset (i64.sub (i64.const 65536) (i64.const 1))) "z")
        (func (export "fill") (param i64 i64) (memory.fill (local.get 0) (i32.const 0x41) (local.get 1)))
        (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "init") (param i64) (memory.init $d (local.get 0) (i32.const 2) (i32.const 3))))"#,
    );
    let done = Outcome::Returned(Vec::new());
    assert_eq!((&run.memory()[..8], run.memory()[65535]), (&b"01234567"[..], b'z'));
    assert_eq!(call(&mut run, "copy", &[0, 2, 4]), done);
    assert_eq!(call(&mut run, "copy", &[3, 1, 4]), done);
    assert_eq!(run.memory()[..8], *b"23434547");
    assert_eq!(call(&mut run, "fill", &[PAGE - 2, 2]), done);
    assert_eq!(call(&mut run, "init", &[1]), done);
    assert_eq!(run.memory()[..8], *b"2cde4547");
    assert_eq!(run.memory()[65533..], *b"\0AA");
    assert_eq!(call(&mut run, "fill", &[PAGE, 0]), done);
    assert_eq!(call(&mut run, "copy", &[PAGE, PAGE, 0]), done);
    let before = run.memory().to_vec();
    let ranges =
        [(PAGE, 1), (PAGE + 1, 0), (1 << 32, 1), (u64::MAX, 1), (u64::MAX, 0), (1, u64::MAX), (8, u64::MAX - 7)];
    for (i, n) in ranges {
        traps(call(&mut run, "fill", &[i, n]), TrapKind::MemoryOutOfBounds);
        traps(call(&mut run, "copy", &[i, 0, n]), TrapKind::MemoryOutOfBounds);
        traps(call(&mut run, "copy", &[0, i, n]), TrapKind::MemoryOutOfBounds);
    }
    for i in [PAGE - 2, 1 << 32, u64::MAX, u64::MAX - 2] {
        traps(call(&mut run, "init", &[i]), TrapKind::MemoryOutOfBounds);
    }
    assert_eq!(run.memory(), before);
}

/// Between memories of different address types a length has the smaller type, and each address its own.
#[test]
fn copies_between_address_types() {
    let mut run = Run::new(
        r#"(module (memory $n 1) (memory $w i64 1) (table $tn 9 funcref) (table $tw i64 9 funcref)
        (data (memory $n) (i32.const 0) "narrow") (data (memory $w) (i64.const 8) "wide")
        (elem (table $tw) (i64.const 2) func $seven) (func $seven (result i32) (i32.const 7))
        (func (export "to narrow") (param i32 i64 i32) (result i32)
            (memory.copy $n $w (local.get 0) (local.get 1) (local.get 2)) (i32.load $n (local.get 0)))
        (func (export "to wide") (param i64 i32 i32) (result i32)
            (memory.copy $w $n (local.get 0) (local.get 1) (local.get 2)) (i32.load $w (local.get 0)))
        (func (export "to narrow table") (param i32 i64 i32) (result i32)
            (table.copy $tn $tw (local.get 0) (local.get 1) (local.get 2))
            (call_indirect $tn (result i32) (local.get 0)))
        (func (export "to wide table") (param i64 i32 i32) (result i32)
            (table.copy $tw $tn (local.get 0) (local.get 1) (local.get 2))
            (call_indirect $tw (result i32) (local.get 0))))"#,
    );
    let bytes = |text: &[u8; 4]| returned(&[i32::from_le_bytes(*text)]);
    let (i32, i64) = (Val::I32 as fn(u32) -> Value, Val::I64 as fn(u64) -> Value);
    let mut call = |export: &str, args: [Value; 3]| run.observed(export, &args, &mut ());
    assert_eq!(call("to narrow", [i32(2), i64(8), i32(4)]), bytes(b"wide"));
    assert_eq!(call("to wide", [i64(100), i32(0), i32(4)]), bytes(b"nawi"));
    assert_eq!(call("to narrow table", [i32(3), i64(2), i32(1)]), returned(&[7]));
    assert_eq!(call("to wide table", [i64(8), i32(3), i32(1)]), returned(&[7]));
    // Downwards, with an overlap that isn't one.
    assert_eq!(call("to narrow", [i32(9), i64(8), i32(4)]), bytes(b"wide"));
    for (i, j, n) in [(0, 1 << 32, 1), (0, u64::MAX, 1), (0, 8, u32::MAX), (u32::MAX, 8, 1), (0, u64::MAX, u32::MAX)] {
        traps(call("to narrow", [i32(i), i64(j), i32(n)]), TrapKind::MemoryOutOfBounds);
        traps(call("to wide", [i64(j), i32(i), i32(n)]), TrapKind::MemoryOutOfBounds);
        traps(call("to narrow table", [i32(i), i64(j), i32(n)]), TrapKind::TableOutOfBounds);
        traps(call("to wide table", [i64(j), i32(i), i32(n)]), TrapKind::TableOutOfBounds);
    }
}

#[test]
fn tables_with_indices_of_64_bits() {
    let mut run = Run::new(
        r#"(module (table $t i64 4 10 funcref) (elem (i64.const 1) func $one $two) (elem $e func $two $one)
        (func $one (result i64) (i64.const 1)) (func $two (result i64) (i64.const 2))
        (table $u i64 0 externref)
        (func (export "call") (param i64) (result i64) (call_indirect $t (result i64) (local.get 0)))
        (func (export "tail") (param i64) (result i64) (return_call_indirect $t (result i64) (local.get 0)))
        (func (export "get") (param i64) (drop (table.get $t (local.get 0))))
        (func (export "move") (param i64 i64) (table.set $t (local.get 1) (table.get $t (local.get 0))))
        (func (export "size") (result i64) (table.size $t))
        (func (export "grow") (param i64) (result i64) (table.grow $t (ref.func $two) (local.get 0)))
        (func (export "unlimited") (param i64) (result i64) (table.grow $u (ref.null extern) (local.get 0)))
        (func (export "fill") (param i64 i64) (table.fill $t (local.get 0) (ref.func $one) (local.get 1)))
        (func (export "copy") (param i64 i64 i64) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
        (func (export "init") (param i64) (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2))))"#,
    );
    let done = Outcome::Returned(Vec::new());
    assert_eq!(call(&mut run, "call", &[1]), wide(&[1]));
    assert_eq!(call(&mut run, "tail", &[2]), wide(&[2]));
    traps(call(&mut run, "call", &[3]), TrapKind::UninitializedElement);
    assert_eq!(call(&mut run, "move", &[1, 3]), done);
    assert_eq!(call(&mut run, "call", &[3]), wide(&[1]));
    for i in [4, 1 << 32, (1 << 32) + 1, u64::MAX, 1 << 63] {
        for export in ["call", "tail", "get", "init"] {
            traps(call(&mut run, export, &[i]), TrapKind::TableOutOfBounds);
        }
        traps(call(&mut run, "move", &[1, i]), TrapKind::TableOutOfBounds);
        traps(call(&mut run, "fill", &[i, 1]), TrapKind::TableOutOfBounds);
        traps(call(&mut run, "fill", &[1, i]), TrapKind::TableOutOfBounds);
        traps(call(&mut run, "copy", &[i, 1, 1]), TrapKind::TableOutOfBounds);
        traps(call(&mut run, "copy", &[1, i, 1]), TrapKind::TableOutOfBounds);
        traps(call(&mut run, "copy", &[1, 1, i]), TrapKind::TableOutOfBounds);
    }
    for beyond in [7, 1 << 32, u64::MAX, u64::MAX - 3] {
        assert_eq!(call(&mut run, "grow", &[beyond]), wide(&[u64::MAX]));
    }
    assert_eq!(call(&mut run, "grow", &[6]), wide(&[4]));
    assert_eq!(call(&mut run, "size", &[]), wide(&[10]));
    assert_eq!(call(&mut run, "call", &[9]), wide(&[2]));
    assert_eq!(call(&mut run, "fill", &[8, 2]), done);
    assert_eq!(call(&mut run, "call", &[9]), wide(&[1]));
    assert_eq!(call(&mut run, "init", &[0]), done);
    assert_eq!(call(&mut run, "copy", &[8, 0, 2]), done);
    assert_eq!(call(&mut run, "call", &[8]), wide(&[2]));
    for many in [1 << 32, u64::MAX] {
        assert_eq!(call(&mut run, "unlimited", &[many]), Outcome::Exhausted(Budget::Store));
    }
}

#[test]
fn active_segments_end_within_64_bits() {
    for offset in ["65535", "0x1_0000_0000", "-1", "-3"] {
        let text = format!("(module (memory i64 1) (data (i64.const {offset}) \"two\"))");
        let mut machine = Machine::new(Budgets::default());
        match machine.instantiate(&module(&text), &[], &mut (), &mut ()) {
            Err(outcome) => traps_anywhere(outcome, TrapKind::MemoryOutOfBounds),
            Ok(_) => panic!("{text}"),
        }
        let text = format!("(module (table i64 65536 funcref) (func $f) (elem (i64.const {offset}) func $f $f))");
        match machine.instantiate(&module(&text), &[], &mut (), &mut ()) {
            Err(outcome) => traps_anywhere(outcome, TrapKind::TableOutOfBounds),
            Ok(_) => panic!("{text}"),
        }
    }
}

#[track_caller]
fn traps_anywhere(outcome: Outcome, kind: TrapKind) {
    let Outcome::Trapped(trap) = outcome else { panic!("{outcome}") };
    assert_eq!(trap.kind, kind);
}

#[test]
fn an_import_has_the_address_type_asked_for() {
    let exports = module(
        r#"(module (memory (export "m32") 1) (memory (export "m64") i64 1)
        (table (export "t32") 1 funcref) (table (export "t64") i64 1 funcref))"#,
    );
    let mut machine = Machine::new(Budgets::default());
    let exports = machine.instantiate(&exports, &[], &mut (), &mut ()).unwrap();
    for (kind, wanted) in
        [("m", "(memory 1)"), ("m", "(memory i64 1)"), ("t", "(table 1 funcref)"), ("t", "(table i64 1 funcref)")]
    {
        for width in [32, 64] {
            let import = module(&format!("(module (import \"\" \"\" {wanted}))"));
            let given = exports.export(&format!("{kind}{width}")).unwrap();
            let outcome = machine.instantiate(&import, &[given], &mut (), &mut ());
            match outcome {
                Ok(_) => assert_eq!(width == 64, wanted.contains("i64"), "{wanted} {width}"),
                Err(Outcome::Unlinkable(why)) => {
                    assert_ne!(width == 64, wanted.contains("i64"), "{wanted} {width}: {why}");
                    assert!(why.contains("i64 "), "{why}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}
