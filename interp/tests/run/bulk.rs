//! Bulk operations on memories and tables: limits, overlaps, dropped segments.

use super::*;

const MEMORY: &str = r#"(module (memory 1) (data $passive "abcdef") (data $active (i32.const 0) "01234567")
    (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init_active") (param i32 i32 i32) (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (data.drop $passive)))"#;

const DONE: Outcome = Outcome::Returned(Vec::new());
const END: i32 = 65536;

#[test]
fn memory_fill() {
    let mut run = Run::new(MEMORY);
    assert_eq!(run.call("fill", &[2, 0x1FF, 3]), DONE);
    assert_eq!(run.memory()[..8], *b"01\xff\xff\xff567");
    assert_eq!(run.call("fill", &[END - 2, 7, 2]), DONE);
    assert_eq!(run.call("fill", &[END, 7, 0]), DONE);
    for (i, n) in [(END - 1, 2), (END, 1), (END + 1, 0), (0, END + 1), (-1, 1), (1, -1), (-1, -1)] {
        let before = run.memory().to_vec();
        traps(run.call("fill", &[i, 1, n]), TrapKind::MemoryOutOfBounds);
        assert_eq!(run.memory(), before, "nothing is written by a fill that traps");
    }
}

#[test]
fn memory_copy_overlaps_in_both_directions() {
    let copied = |i, j, n| {
        let mut run = Run::new(MEMORY);
        assert_eq!(run.call("copy", &[i, j, n]), DONE);
        run.memory()[..8].to_vec()
    };
    assert_eq!(copied(0, 2, 4), b"23454567");
    assert_eq!(copied(2, 0, 4), b"01012367");
    assert_eq!(copied(1, 0, 7), b"00123456");
    assert_eq!(copied(3, 3, 4), b"01234567");
    assert_eq!(copied(0, 7, 1), b"71234567");
    let mut run = Run::new(MEMORY);
    assert_eq!(run.call("copy", &[END, 0, 0]), DONE);
    assert_eq!(run.call("copy", &[0, END, 0]), DONE);
    for (i, j, n) in [(END, 0, 1), (0, END, 1), (END + 1, 0, 0), (0, END + 1, 0), (-1, 0, 1), (0, -1, 1), (1, 0, -1)] {
        let before = run.memory().to_vec();
        traps(run.call("copy", &[i, j, n]), TrapKind::MemoryOutOfBounds);
        assert_eq!(run.memory(), before);
    }
}

#[test]
fn memory_init_and_dropped_segments() {
    let mut run = Run::new(MEMORY);
    assert_eq!(run.call("init", &[1, 2, 3]), DONE);
    assert_eq!(run.memory()[..8], *b"0cde4567");
    assert_eq!(run.call("init", &[0, 6, 0]), DONE);
    for (i, j, n) in [(0, 0, 7), (0, 6, 1), (0, 7, 0), (END, 0, 1), (END + 1, 0, 0), (0, -1, 1), (-1, 0, 1)] {
        traps(run.call("init", &[i, j, n]), TrapKind::MemoryOutOfBounds);
    }
    assert_eq!(run.call("drop", &[]), DONE);
    assert_eq!(run.call("drop", &[]), DONE);
    assert_eq!(run.call("init", &[0, 0, 0]), DONE);
    traps(run.call("init", &[0, 0, 1]), TrapKind::MemoryOutOfBounds);
    // An active segment is dropped once it is copied.
    assert_eq!(run.call("init_active", &[0, 0, 0]), DONE);
    traps(run.call("init_active", &[0, 0, 1]), TrapKind::MemoryOutOfBounds);
    assert_eq!(run.memory()[..8], *b"0cde4567");
}

#[test]
fn bytes_move_between_memories() {
    let mut run = Run::new(
        r#"(module (memory $a 1) (memory $b 1) (data (memory $b) (i32.const 0) "xyz")
        (func (export "copy") (param i32 i32 i32) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2)))
        (func (export "back") (param i32 i32 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
        (func (export "b") (param i32) (result i32) (i32.load8_u $b (local.get 0))))"#,
    );
    assert_eq!(run.call("copy", &[1, 0, 3]), DONE);
    assert_eq!(run.memory()[..5], *b"\0xyz\0");
    assert_eq!(run.call("back", &[0, 1, 1]), DONE);
    assert_eq!(run.call("back", &[2, 1, 2]), DONE);
    assert_eq!(run.call("b", &[3]), returned(&[i32::from(b'y')]));
    traps(run.call("copy", &[0, END, 1]), TrapKind::MemoryOutOfBounds);
}

const TABLE: &str = r#"(module (table $t 8 externref) (table $u 4 funcref) (table $v 2 3 externref)
    (elem $passive func $f $f) (elem $declared declare func $f) (func $f)
    (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
    (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
    (func (export "fill") (param i32 externref i32) (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (table.init $u $passive (local.get 0) (local.get 1) (local.get 2)))
    (func (export "declared") (param i32 i32 i32) (table.init $u $declared (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (elem.drop $passive))
    (func (export "null") (param i32) (result i32) (ref.is_null (table.get $u (local.get 0))))
    (func (export "grow") (param externref i32) (result i32) (table.grow $v (local.get 0) (local.get 1)))
    (func (export "size") (result i32) (table.size $v)))"#;

fn number(n: u32) -> Value {
    Val::Ref(Ref::host(n))
}

/// The table of `TABLE` with the numbers 0 to 7.
fn numbered() -> Run {
    let mut run = Run::new(TABLE);
    for i in 0..8 {
        assert_eq!(run.observed("set", &[Val::I32(i), number(i)], &mut ()), DONE);
    }
    run
}

fn numbers(run: &Run) -> Vec<u32> {
    let table = &run.machine.store().tables[run.instance.tables[0]];
    table.elements.iter().map(|r| if let Ref::Extern(AnyRef::Host(n)) = r { *n } else { 99 }).collect()
}

#[test]
fn table_fill_and_copy() {
    let mut run = numbered();
    assert_eq!(run.observed("fill", &[Val::I32(6), number(9), Val::I32(2)], &mut ()), DONE);
    assert_eq!(numbers(&run), [0, 1, 2, 3, 4, 5, 9, 9]);
    assert_eq!(run.observed("fill", &[Val::I32(8), number(9), Val::I32(0)], &mut ()), DONE);
    for (i, n) in [(7, 2), (8, 1), (9, 0), (u32::MAX, 1), (1, u32::MAX)] {
        traps(run.observed("fill", &[Val::I32(i), number(5), Val::I32(n)], &mut ()), TrapKind::TableOutOfBounds);
    }
    assert_eq!(numbers(&run), [0, 1, 2, 3, 4, 5, 9, 9]);
    let copied = |i, j, n| {
        let mut run = numbered();
        assert_eq!(run.call("copy", &[i, j, n]), DONE);
        numbers(&run)
    };
    assert_eq!(copied(0, 2, 4), [2, 3, 4, 5, 4, 5, 6, 7]);
    assert_eq!(copied(2, 0, 4), [0, 1, 0, 1, 2, 3, 6, 7]);
    assert_eq!(copied(8, 8, 0), [0, 1, 2, 3, 4, 5, 6, 7]);
    for (i, j, n) in [(8, 0, 1), (0, 8, 1), (9, 0, 0), (0, 9, 0), (-1, 0, 1), (0, 1, -1)] {
        traps(run.call("copy", &[i, j, n]), TrapKind::TableOutOfBounds);
    }
}

#[test]
fn table_init_and_dropped_segments() {
    let mut run = Run::new(TABLE);
    assert_eq!(run.call("init", &[1, 0, 2]), DONE);
    assert_eq!([0, 1, 2, 3].map(|i| run.call("null", &[i])), [1, 0, 0, 1].map(|c| returned(&[c])));
    for (i, j, n) in [(0, 0, 3), (0, 2, 1), (0, 3, 0), (3, 0, 2), (5, 0, 0), (-1, 0, 1), (0, -1, 1)] {
        traps(run.call("init", &[i, j, n]), TrapKind::TableOutOfBounds);
    }
    assert_eq!(run.call("drop", &[]), DONE);
    assert_eq!(run.call("init", &[4, 0, 0]), DONE);
    traps(run.call("init", &[0, 0, 1]), TrapKind::TableOutOfBounds);
    // What only declares is dropped at instantiation.
    assert_eq!(run.call("declared", &[0, 0, 0]), DONE);
    traps(run.call("declared", &[0, 0, 1]), TrapKind::TableOutOfBounds);
}

#[test]
fn table_grow() {
    let mut run = Run::new(TABLE);
    assert_eq!(run.observed("grow", &[number(1), Val::I32(2)], &mut ()), returned(&[-1]));
    assert_eq!(run.observed("grow", &[number(1), Val::I32(u32::MAX)], &mut ()), returned(&[-1]));
    assert_eq!(run.call("size", &[]), returned(&[2]));
    assert_eq!(run.observed("grow", &[number(1), Val::I32(1)], &mut ()), returned(&[2]));
    assert_eq!(run.observed("grow", &[number(1), Val::I32(0)], &mut ()), returned(&[3]));
    assert_eq!(run.machine.store().tables[run.instance.tables[2]].elements[2], Ref::host(1));
}
