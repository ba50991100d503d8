//! Every engine takes the modules of its features, and no others.

use assay_engines::{Budgets, ENGINES, Engine, Features, Interp, Outcome, Version, engine, provider};
use assay_interp::binary;

#[track_caller]
fn taken(text: &str, features: Features, expected: bool) {
    let wasm = wat::parse_str(text).unwrap();
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), features).unwrap();
        match engine.validate(&wasm) {
            Ok(()) => assert!(expected, "{id} takes {text}"),
            Err(Outcome::Unsupported(_)) => {
                let lacks =
                    engine.proposals().len() < Interp::with_features(Budgets::default(), features).proposals().len();
                assert!(expected && lacks, "{id}: {text}");
            }
            Err(Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_)) => {
                assert!(!expected, "{id}: {text}")
            }
            Err(other) => panic!("{id}: {other}"),
        }
    }
}

#[test]
fn versions() {
    let from = [
        (Version::V1, "(module (global (export \"g\") (mut i32) (i32.const 0)))"),
        (Version::V2, "(module (func (result i32 i32) (i32.const 0) (i32.const 0)))"),
        (Version::V2, "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))"),
        (Version::V2, "(module (func (drop (v128.const i64x2 0 0))))"),
        (Version::V3, "(module (func (return_call 0)))"),
        (Version::V3, "(module (type (struct)))"),
        (Version::V3, "(module (tag))"),
    ];
    for (since, text) in from {
        for version in Version::ALL {
            taken(text, version.into(), version >= since);
        }
    }
}

#[test]
fn proposals() {
    let off = Features::default();
    for (text, on) in [
        ("(module (memory 1 1 shared))", Features { threads: true, ..off }),
        (
            "(module (func (param i64) (i64.mul_wide_s (local.get 0) (local.get 0)) (drop) (drop)))",
            Features { wide_arithmetic: true, ..off },
        ),
        ("(module (memory 1 (pagesize 1)))", Features { custom_page_sizes: true, ..off }),
    ] {
        taken(text, off, false);
        taken(text, on, true);
    }
}

/// What a module of an old version imports is made by means of that version.
#[test]
fn a_provider_is_of_its_modules_version() {
    let text = "(module (type (func)) (import \"env\" \"m\" (memory 1)) (import \"env\" \"g\" (global f32)))";
    for version in Version::ALL {
        let module = binary::decode_with(&wat::parse_str(text).unwrap(), version.into()).unwrap();
        let provider = provider(&module).expect("it imports a memory");
        for id in ENGINES {
            engine(id, Budgets::default(), version.into()).unwrap().validate(&provider).expect(id);
        }
    }
}

/// What an engine takes it can run.
#[test]
fn modules_of_proposals_are_instantiated() {
    let features = Features { threads: true, wide_arithmetic: true, custom_page_sizes: true, ..Features::default() };
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), features).unwrap();
        if !engine.proposals().contains(&"threads") {
            continue;
        }
        for text in ["(module (memory 1 1 shared))", "(module (func $f (atomic.fence)) (start $f))"] {
            let answer = engine.instantiate(&wat::parse_str(text).unwrap(), &[]);
            assert!(answer.is_ok(), "{id} {text}: {answer:?}");
        }
    }
}
