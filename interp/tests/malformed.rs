//! Bad input: whatever the bytes are, the answer is a module or a typed error, by the right phase, and quickly.

use std::time::{Duration, Instant};

use assay_interp::binary::{self, ErrorKind};
use proptest::prelude::*;

/// A module that has something in each section.
const TEXT: &str = r#"(module
    (type (func (param i32 i64) (result f32)))
    (import "env" "f" (func (param i32)))
    (import "env" "g" (global i32))
    (table 3 funcref) (memory 1 2) (global (mut i64) (i64.const -5))
    (export "run" (func $run)) (export "memory" (memory 0))
    (start $start)
    (elem (i32.const 0) $run) (elem funcref (ref.null func))
    (func $start (local i32 i32 f64) (block (loop (br_if 1 (local.get 0)))))
    (func $run (type 0)
        (if (result f32) (local.get 0) (then (f32.const 1.5)) (else (f32.const nan)))
        (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 1))
        (drop (i64.load32_s offset=4 (i32.const 0)))
        (block (br_table 0 0 0 (i32.const 2)))
        (call_indirect (param i32) (i32.const 1) (i32.const 2)))
    (data (i32.const 8) "bytes") (data "more"))"#;

fn valid() -> Vec<u8> {
    wat::parse_str(TEXT).expect("text")
}

#[track_caller]
fn refused(bytes: &[u8], kind: ErrorKind) -> String {
    let started = Instant::now();
    let error = binary::decode(bytes).expect_err("it isn't a module that we take");
    assert_eq!(error.kind, kind, "{error}");
    let checked = binary::check(bytes).err().map(|e| e.kind);
    assert!(checked == Some(kind) || kind == ErrorKind::Unsupported, "{checked:?}, but {error}");
    assert!(started.elapsed() < Duration::from_secs(5), "slow: {error}");
    error.to_string()
}

#[track_caller]
fn text_refused(text: &str, kind: ErrorKind) -> String {
    refused(&wat::parse_str(text).unwrap_or_else(|e| panic!("{e}")), kind)
}

fn leb(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len() as u64), content].concat()
}

fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat()
}

/// A module of one function `[] -> []` with these locals and code.
fn function(locals: &[(u64, u8)], code: &[u8]) -> Vec<u8> {
    let runs: Vec<u8> = locals.iter().flat_map(|(n, t)| [leb(*n), vec![*t]].concat()).collect();
    let body = [leb(locals.len() as u64), runs, code.to_vec()].concat();
    let code = [vec![1], leb(body.len() as u64), body].concat();
    module(&[section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]), section(10, &code)])
}

#[test]
fn what_is_no_module_at_all() {
    refused(b"", ErrorKind::Malformed);
    refused(b"(module)", ErrorKind::Malformed);
    refused(b"\x7fELF\x02\x01\x01", ErrorKind::Malformed);
    refused(b"\0", ErrorKind::Malformed);
    refused(b"\0asm", ErrorKind::Malformed);
    refused(b"\0asm\x01\0\0", ErrorKind::Malformed);
    refused(b"\0asm\x02\0\0\0", ErrorKind::Malformed);
    refused(b"\0asm\x01\0\0\x01", ErrorKind::Malformed);
    refused(b"msa\0\x01\0\0\0", ErrorKind::Malformed);
    assert!(binary::decode(b"\0asm\x01\0\0\0").is_ok(), "the empty module");
    assert!(refused(b"\0asm\x0d\0\x01\0", ErrorKind::Unsupported).contains("component"));
    refused(&vec![0; 1 << 20], ErrorKind::Malformed);
    refused(&vec![0xFF; 1 << 20], ErrorKind::Malformed);
}

/// Where the sections of the valid module end: twelve and the names.
fn section_ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 8;
    while at < bytes.len() {
        assert!(bytes[at + 1] < 0x7F, "sizes of one byte");
        at += 2 + usize::from(bytes[at + 1]);
        ends.push(at);
    }
    assert_eq!(ends.len(), 13);
    ends
}

#[test]
fn truncated_anywhere() {
    let bytes = valid();
    assert!(binary::decode(&bytes).is_ok());
    let ends = section_ends(&bytes);
    // The header, with types, with imports; and all but the names. Anywhere else functions lack their bodies, or the
    // data count its data.
    let whole = [8, ends[0], ends[1], ends[11]];
    for n in 0..bytes.len() {
        match binary::decode(&bytes[..n]) {
            Ok(_) => assert!(whole.contains(&n), "{n} of {} bytes, sections end at {ends:?}", bytes.len()),
            Err(error) => {
                assert!(!whole.contains(&n), "{n} of {} bytes, sections end at {ends:?}", bytes.len());
                assert_eq!(error.kind, ErrorKind::Malformed, "{n} bytes: {error}");
                assert!(error.offset <= n, "{n} bytes: {error}");
            }
        }
    }
}

#[test]
fn section_sizes_that_are_wrong() {
    let bytes = valid();
    for at in [vec![8], section_ends(&bytes)].concat().into_iter().take(13) {
        for wrong in [bytes[at + 1] - 1, bytes[at + 1] + 1, 0, 0x7F] {
            let mut changed = bytes.clone();
            changed[at + 1] = wrong;
            refused(&changed, ErrorKind::Malformed);
        }
    }
    for size in [0xFFFF_FFFF, 1 << 31, 100] {
        refused(&module(&[[vec![1], leb(size)].concat()]), ErrorKind::Malformed);
        refused(&module(&[[vec![0], leb(size)].concat()]), ErrorKind::Malformed);
    }
}

#[test]
fn counts_without_items_are_malformed() {
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13] {
        for count in [1, 1_000_000, 1_000_001, 0xFFFF_FFFF] {
            let message = refused(&module(&[section(id, &leb(count))]), ErrorKind::Malformed);
            assert!(!message.is_empty(), "section {id}, {count} items");
        }
    }
    // A million functions, without bodies.
    let types = section(1, &[1, 0x60, 0, 0]);
    for n in [1_000_000usize, 1_000_001] {
        let funcs = section(3, &[leb(n as u64), vec![0; n]].concat());
        refused(&module(&[types.clone(), funcs]), ErrorKind::Malformed);
    }
    // Lists within: parameters, results, labels, the types of select, names.
    let huge = leb(0xFFFF_FFFF);
    refused(&module(&[section(1, &[vec![1, 0x60], huge.clone()].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(1, &[vec![1, 0x60, 0], huge.clone()].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(2, &[vec![1], huge.clone()].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(2, &[vec![1, 1, b'a'], huge.clone()].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(7, &[vec![1], leb(100_001)].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(0, &huge)]), ErrorKind::Malformed);
    refused(&function(&[], &[vec![0x41, 0, 0x0E], huge.clone(), vec![0, 0, 0x0B]].concat()), ErrorKind::Malformed);
    refused(&module(&[section(10, &[vec![1], huge].concat())]), ErrorKind::Malformed);
    refused(&module(&[section(10, &[vec![1], leb(7_654_322)].concat())]), ErrorKind::Malformed);
}

#[test]
fn beyond_wasmparsers_limits() {
    let limit = |text: &str| text_refused(text, ErrorKind::Limit);
    limit(&format!("(module (func (param {})))", "i32 ".repeat(1001)));
    limit(&format!("(module (type (func (result {}))))", "i32 ".repeat(1001)));
    limit(&format!("(module {})", "(table 0 funcref)".repeat(101)));
    limit(&format!("(module {})", "(memory 0)".repeat(101)));
    limit(&format!("(module (func (export \"{}\")))", "a".repeat(100_001)));
    limit(&format!("(module (import \"{}\" \"\" (func)))", "a".repeat(100_001)));
    limit(&format!("(module (func (local {})))", "i64 ".repeat(50_001)));
    limit(&format!("(module {})", "(data \"\")".repeat(100_001)));
    limit(&format!("(module {})", "(elem func)".repeat(100_001)));
    limit(&format!("(module (type (struct {})))", "(field i32)".repeat(10_001)));
    let subtypes: String = (1..=64).map(|i| format!("(type (sub {} (func)))", i - 1)).collect();
    limit(&format!("(module (type (sub (func))) {subtypes})"));
    refused(&function(&[(0xFFFF_FFFF, 0x7F)], &[0x0B]), ErrorKind::Limit);
    refused(&function(&[(25_000, 0x7F), (25_001, 0x7E)], &[0x0B]), ErrorKind::Limit);
    let nops = [vec![0x01; 7_654_321], vec![0x0B]].concat();
    refused(&function(&[], &nops), ErrorKind::Limit);
    // 10,000,001 elements are no table's limit of the standard.
    let elements = [leb(1), vec![1, 0], leb(10_000_001), vec![0; 10_000_001]].concat();
    let types = section(1, &[1, 0x60, 0, 0]);
    let sections = [types.clone(), section(3, &[1, 0]), section(9, &elements), section(10, &[1, 2, 0, 0x0B])];
    refused(&module(&sections), ErrorKind::Limit);
    let many = |count: u64, item: &[u8]| [leb(count), item.repeat(count as usize)].concat();
    refused(&module(&[section(1, &many(1_000_001, &[0x60, 0, 0]))]), ErrorKind::Limit);
    let funcs = section(3, &many(1_000_001, &[0]));
    refused(&module(&[types.clone(), funcs, section(10, &many(1_000_001, &[2, 0, 0x0B]))]), ErrorKind::Limit);
    refused(&module(&[types, section(2, &many(1_000_001, &[0, 0, 0, 0]))]), ErrorKind::Limit);
    refused(&module(&[section(6, &many(1_000_001, &[0x7F, 0, 0x41, 0, 0x0B]))]), ErrorKind::Limit);
    let data = [section(12, &leb(100_001)), section(11, &many(100_001, &[1, 0]))];
    refused(&module(&data), ErrorKind::Limit);
    // One less of each is taken.
    let taken = |text: &str| assert!(binary::decode(&wat::parse_str(text).expect("text")).is_ok());
    taken(&format!("(module (func (param {})))", "i32 ".repeat(1000)));
    taken(&format!("(module (func (local {})))", "i64 ".repeat(50_000)));
    taken(&format!("(module {})", "(table 0 funcref)".repeat(100)));
    taken(&format!("(module (func (export \"{}\")))", "a".repeat(100_000)));
    assert!(binary::decode(&function(&[], &[vec![0x01; 7_654_319], vec![0x0B]].concat())).is_ok());
}

#[test]
fn what_is_malformed_is_called_so() {
    let body = |code: &[u8]| function(&[], code);
    // Locals whose count isn't a number of 32 bits (5.5.13).
    refused(&function(&[(0xFFFF_FFFF, 0x7F), (1, 0x7F)], &[0x0B]), ErrorKind::Malformed);
    refused(&function(&[(1 << 32, 0x7F)], &[0x0B]), ErrorKind::Malformed);
    refused(&body(&[]), ErrorKind::Malformed);
    refused(&body(&[0x01]), ErrorKind::Malformed);
    refused(&body(&[0x0B, 0x0B]), ErrorKind::Malformed);
    refused(&body(&[0x05, 0x0B]), ErrorKind::Malformed);
    refused(&body(&[0x02, 0x40, 0x05, 0x0B, 0x0B]), ErrorKind::Malformed);
    refused(&body(&[0xFF, 0x0B]), ErrorKind::Malformed);
    refused(&body(&[0xFC, 0x7F, 0x0B]), ErrorKind::Malformed);
    // Integers too long or too large (5.2.2), a type that isn't there, a flag that isn't one.
    refused(&body(&[0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1A, 0x0B]), ErrorKind::Malformed);
    refused(&body(&[0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0x1A, 0x0B]), ErrorKind::Malformed);
    refused(&module(&[section(1, &[1, 0x61, 0, 0])]), ErrorKind::Malformed);
    refused(&module(&[section(5, &[1, 0x7F, 0])]), ErrorKind::Malformed);
    refused(&module(&[section(6, &[1, 0x7F, 2, 0x41, 0, 0x0B])]), ErrorKind::Malformed);
    // Sections out of order, twice, unknown; a name that isn't UTF-8.
    refused(&module(&[section(3, &[0]), section(1, &[0])]), ErrorKind::Malformed);
    refused(&module(&[section(1, &[0]), section(1, &[0])]), ErrorKind::Malformed);
    refused(&module(&[section(14, &[0])]), ErrorKind::Malformed);
    refused(&module(&[section(2, &[1, 1, 0xFF, 0, 3, 0x7F, 0])]), ErrorKind::Malformed);
    // Malformed and invalid: malformed comes first.
    refused(&module(&[section(5, &[1, 1, 2, 1]), section(1, &[1])]), ErrorKind::Malformed);
}

#[test]
fn what_is_invalid_is_called_so() {
    let invalid = |text: &str| text_refused(text, ErrorKind::Invalid);
    invalid("(module (func (result i32)))");
    invalid("(module (func (drop (i32.add (i32.const 1) (i64.const 1)))))");
    invalid("(module (func (call 7)))");
    invalid("(module (func (local.get 0) drop))");
    invalid("(module (func (br 1)))");
    invalid("(module (func (i32.load (i32.const 0)) drop))");
    invalid("(module (memory 1) (func (i32.load align=8 (i32.const 0)) drop))");
    invalid("(module (memory 2 1))");
    invalid("(module (memory 65537))");
    invalid("(module (memory 0 65537))");
    invalid("(module (func (export \"a\")) (func (export \"a\")))");
    invalid("(module (global i32 (i64.const 0)))");
    invalid("(module (start 0) (func (param i32)))");
    invalid("(module (type (func)) (import \"\" \"\" (func (type 5))))");
    invalid("(module (elem (i32.const 0) func))");
    invalid("(module (memory 1) (func (i32.load offset=4294967296 (i32.const 0)) drop))");
    // A select of several types is in the grammar, and so is a type of several supertypes; neither is valid.
    let select = |n: u8| function(&[], &[vec![0x00, 0x1C, n], vec![0x7F; n.into()], vec![0x00, 0x0B]].concat());
    [0, 2, 10, 11, 100].iter().for_each(|n| _ = refused(&select(*n), ErrorKind::Invalid));
    refused(&module(&[section(1, &[2, 0x50, 0, 0x60, 0, 0, 0x50, 2, 0, 0, 0x60, 0, 0])]), ErrorKind::Invalid);
    // There is no type of that index, however large it is.
    for index in [5u64, (1 << 20) - 1, 1 << 20, 0xFFFF_FFFF] {
        let locals = [vec![1, 1, 0x63], leb(index), vec![0x0B]].concat();
        // A local of a reference type: the index is signed in 33 bits, so large ones end in another byte.
        let padded = if index == 5 { locals } else { [vec![1, 1, 0x63], sleb(index), vec![0x0B]].concat() };
        let code = [vec![1], leb(padded.len() as u64), padded].concat();
        let sections = [section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]), section(10, &code)];
        refused(&module(&sections), ErrorKind::Invalid);
    }
}

/// A number that isn't negative, as a signed LEB128.
fn sleb(n: u64) -> Vec<u8> {
    let mut bytes = leb(n);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}

/// A typed error or a module, and the same answer from `decode` and `check`.
fn answered(bytes: &[u8]) {
    let started = Instant::now();
    let (decoded, checked) = (binary::decode(bytes), binary::check(bytes));
    match (&decoded, &checked) {
        (Ok(_), Ok(())) => {}
        (Err(a), Ok(())) => assert_eq!(a.kind, ErrorKind::Unsupported),
        (Err(a), Err(b)) => assert_eq!(a, b),
        (Ok(_), Err(b)) => panic!("decoded, but {b}"),
    }
    assert!(started.elapsed() < Duration::from_secs(5), "slow");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), header: bool) {
        answered(&if header { module(&[bytes]) } else { bytes });
    }

    #[test]
    fn mutated_modules(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..6)) {
        let mut bytes = valid();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ => _ = bytes.remove(at),
            }
        }
        answered(&bytes);
    }

    #[test]
    fn random_code(code in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..0x12, Just(0x0B)], 0..60)) {
        answered(&function(&[(2, 0x7F), (1, 0x7C)], &[code, vec![0x0B]].concat()));
    }
}
