//! A module that uses what its version of the standard doesn't have is refused, by the right phase.

use assay_interp::binary::{self, ErrorKind, Judgement};
use assay_interp::syntax::{Features, Version};

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[track_caller]
fn refused(wasm: &[u8], features: Features) -> ErrorKind {
    let checked = binary::check_with(wasm, features).expect_err("it is beyond the features").kind;
    assert_eq!(binary::decode_with(wasm, features).expect_err("it is beyond the features").kind, checked);
    checked
}

#[test]
fn what_later_versions_brought() {
    use ErrorKind::{Invalid, Malformed};
    let brought = [
        (Version::V2, "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))", Malformed),
        (Version::V2, "(module (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))))", Malformed),
        (Version::V2, "(module (func (result i32 i32) (i32.const 0) (i32.const 0)))", Invalid),
        (Version::V2, "(module (func (i32.const 0) (block (param i32) (drop))))", Malformed),
        (Version::V2, "(module (table 1 funcref) (table 1 funcref))", Invalid),
        (Version::V2, "(module (table 1 externref))", Malformed),
        (Version::V2, "(module (func (drop (ref.null func))))", Malformed),
        (Version::V2, "(module (table 1 funcref) (elem (table 0) (i32.const 0) func))", Malformed),
        (Version::V2, "(module (func $f) (elem func $f))", Malformed),
        (
            Version::V2,
            "(module (func (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0)))))",
            Malformed,
        ),
        (Version::V2, "(module (memory 1) (func (unreachable) (memory.fill)))", Malformed),
        (Version::V2, "(module (data \"passive\"))", Malformed),
        (Version::V2, "(module (func (drop (v128.const i64x2 0 0))))", Malformed),
        (Version::V3, "(module (func (return_call 0)))", Malformed),
        (Version::V3, "(module (memory 1) (memory 1))", Invalid),
        (Version::V3, "(module (memory i64 1))", Malformed),
        (Version::V3, "(module (table i64 1 funcref))", Malformed),
        (Version::V3, "(module (global i32 (i32.add (i32.const 0) (i32.const 0))))", Invalid),
        (Version::V3, "(module (global i32 (i32.const 0)) (global i32 (global.get 0)))", Invalid),
        (Version::V3, "(module (func (param (ref null any))))", Malformed),
        (Version::V3, "(module (type (struct)))", Malformed),
        (Version::V3, "(module (type (sub (func))))", Malformed),
        (Version::V3, "(module (rec (type (func)) (type (func))))", Malformed),
        (Version::V3, "(module (rec (type (func))))", Malformed),
        (Version::V3, "(module (rec))", Malformed),
        (Version::V3, "(module (type $f (func)) (func (param (ref null $f))))", Malformed),
        (Version::V3, "(module (table 1 (ref func) (ref.func 0)) (func))", Malformed),
        (Version::V3, "(module (func $f) (elem (ref func) (item ref.func $f)))", Malformed),
        (Version::V3, "(module (tag))", Malformed),
        (Version::V3, "(module (func (block (try_table (catch_all 0)))))", Malformed),
        (
            Version::V3,
            "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
            Malformed,
        ),
    ];
    for (since, text, kind) in brought {
        let wasm = bytes(text);
        for version in Version::ALL {
            if version >= since {
                binary::check_with(&wasm, version.into()).unwrap_or_else(|e| panic!("{version} {text}: {e}"));
            } else {
                assert_eq!(refused(&wasm, version.into()), kind, "{version} {text}");
                let judged = binary::judge(&wasm, version.into());
                assert!(!matches!(judged, Ok(Judgement::Disagreement { .. })), "{version} {text}: {judged:?}");
            }
        }
    }
}

/// wasmparser reads these as if bulk memory were enabled.
#[test]
fn the_segments_of_1_0_begin_with_an_index() {
    let segments = [
        // A data count section; an element segment and two data segments with flags 2.
        &b"\x0c\x01\0"[..],
        b"\x04\x04\x01\x70\0\x01\x09\x08\x01\x02\0\x41\0\x0b\0\0",
        b"\x05\x03\x01\0\x01\x0b\x07\x01\x02\0\x41\0\x0b\0",
        b"\x05\x03\x01\0\x01\x0b\x08\x01\x82\0\0\x41\0\x0b\0",
    ];
    for sections in segments {
        let wasm = [&b"\0asm\x01\0\0\0"[..], sections].concat();
        binary::decode_with(&wasm, Version::V2.into()).unwrap_or_else(|e| panic!("{sections:x?}: {e}"));
        assert_eq!(refused(&wasm, Version::V1.into()), ErrorKind::Malformed, "{sections:x?}");
    }
    // A section of tags without any.
    let wasm = b"\0asm\x01\0\0\0\x0d\x01\0";
    assert!(binary::decode_with(wasm, Version::V3.into()).is_ok());
    assert_eq!(refused(wasm, Version::V2.into()), ErrorKind::Malformed);
    let plain = bytes("(module (memory 1) (table 1 funcref) (func) (elem (i32.const 0) 0) (data (i32.const 0) \"a\"))");
    assert!(binary::decode_with(&plain, Version::V1.into()).is_ok());
}

#[test]
fn proposals_are_switched_on_one_by_one() {
    let off = Features::default();
    for (text, on) in [
        ("(module (memory 1 1 shared))", Features { threads: true, ..off }),
        ("(module (func (atomic.fence)))", Features { threads: true, ..off }),
        (
            "(module (func (param i64) (i64.mul_wide_s (local.get 0) (local.get 0)) (drop) (drop)))",
            Features { wide_arithmetic: true, ..off },
        ),
        ("(module (memory 1 (pagesize 1)))", Features { custom_page_sizes: true, ..off }),
    ] {
        let wasm = bytes(text);
        assert_eq!(refused(&wasm, off), ErrorKind::Malformed, "{text}");
        binary::check_with(&wasm, on).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn versions_have_names() {
    for version in Version::ALL {
        assert_eq!(version.to_string().parse(), Ok(version));
    }
    let unknown = "4.0".parse::<Version>().expect_err("not yet");
    assert_eq!(unknown.to_string(), "there is no version \"4.0\" of the standard; there are 1.0, 2.0 and 3.0");
}
