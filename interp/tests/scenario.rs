//! The file form of scenarios, and their words.
#![cfg(feature = "serde")]

use assay_interp::exec::{AnyRef, Ref, Val, Value};
use assay_interp::scenario::{Answer, Scenario, Step, Write};
use assay_interp::syntax::HeapType;
use assay_interp::value::Profile;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u32>().prop_map(Val::I32),
        any::<u64>().prop_map(Val::I64),
        any::<u32>().prop_map(Val::F32),
        any::<u64>().prop_map(Val::F64),
        any::<u128>().prop_map(Val::V128),
        Just(Val::Ref(Ref::Null(HeapType::Func))),
        Just(Val::Ref(Ref::Null(HeapType::Extern))),
        any::<u32>().prop_map(|n| Val::Ref(Ref::host(n))),
        (0..1u32 << 31).prop_map(|i| Val::Ref(Ref::Any(AnyRef::I31(i)))),
        (0..1usize << 40).prop_map(|a| Val::Ref(Ref::Any(AnyRef::Struct(a)))),
        (0..1usize << 40).prop_map(|a| Val::Ref(Ref::Extern(AnyRef::Array(a)))),
        (0..1usize << 40).prop_map(|a| Val::Ref(Ref::Exn(a))),
        any::<u32>().prop_map(|n| Val::Ref(Ref::Any(AnyRef::Host(n)))),
        (0..1usize << 40).prop_map(|a| Val::Ref(Ref::Func(a))),
    ]
}

fn values() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(value(), 0..4)
}

/// Names as a module may have them: any characters at all.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)]
}

fn answer() -> impl Strategy<Value = Answer> {
    (name(), name(), values(), any::<bool>()).prop_map(|(module, name, results, throws)| Answer {
        import: (module, name),
        results: if throws { Vec::new() } else { results },
        throws,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0..5usize, name());
    prop_oneof![
        (name(), prop::option::of(name()), prop::collection::vec(answer(), 0..4))
            .prop_map(|(module, register, answers)| Step::Instantiate { module, register, answers }),
        (place(), values()).prop_map(|((instance, export), args)| Step::Call { instance, export, args }),
        (place(), 0..=i64::MAX as u64, prop::collection::vec(any::<u8>(), 0..70))
            .prop_map(|((instance, export), offset, bytes)| Step::Write(Write { instance, export, offset, bytes })),
        (place(), value()).prop_map(|((instance, export), value)| Step::Set { instance, export, value }),
        (place(), values()).prop_map(|((instance, export), args)| Step::Start { instance, export, args }),
        (0..5usize, 0..=i64::MAX as u64).prop_map(|(thread, steps)| Step::Advance { thread, steps }),
        (0..5usize).prop_map(|thread| Step::Join { thread }),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    let named = prop::sample::select(vec![Profile::Deterministic, Profile::X86_64, Profile::Aarch64]);
    prop_oneof![named, any::<u64>().prop_map(Profile::Seed)]
}

/// Pieces of the file form, in any order.
const PIECES: &str = "(\\[\\[step\\]\\]\n|call = |\\{ |\\}|instance = 0|export = \"|[a-z0-9\"=,]|\n){0,12}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_reads_as_the_same(profile in profile(), steps in prop::collection::vec(step(), 0..6)) {
        let scenario = Scenario { profile, steps };
        let text = scenario.to_toml();
        prop_assert_eq!(Scenario::from_toml(&text), Ok(scenario), "{}", text);
    }

    #[test]
    fn words_are_one_line_for_each_thing(steps in prop::collection::vec(step(), 0..6)) {
        let answers = |step: &Step| if let Step::Instantiate { answers, .. } = step { answers.len() } else { 0 };
        let things: usize = steps.iter().map(|step| 1 + answers(step)).sum();
        let words = Scenario { steps, ..Scenario::default() }.to_string();
        prop_assert_eq!(words.lines().count(), things);
        prop_assert!(words.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in PIECES) {
        let _ = Scenario::from_toml(&text);
    }
}

const FILE: &str = r#"[[step]]
instantiate = "kernel.wasm"

[[step.answers]]
import = ["env", "read"]
results = [{ i32 = "-1" }]

[[step.answers]]
import = ["env", "read"]
throws = true

[[step]]
write = { instance = 0, export = "memory", offset = 16, bytes = "00ff" }

[[step]]
set = { instance = 0, export = "limit", value = { f32 = "0x7fc00000" } }

[[step]]
call = { instance = 0, export = "encode", args = [{ i32 = "65536" }, { extern = 3 }, { ref = "null-func" }] }

[[step]]
start = { instance = 0, export = "worker", args = [{ i32 = "1" }] }

[[step]]
advance = { thread = 0, steps = 10 }

[[step]]
join = { thread = 0 }
"#;

#[test]
fn the_documented_form() {
    let scenario = Scenario::from_toml(FILE).expect("a scenario");
    assert_eq!(scenario.to_toml(), FILE);
    let words = r#"instantiate "kernel.wasm"
host answers "env" "read" with -1
host throws at "env" "read"
host writes 00ff to "memory" at 16
host sets "limit" to nan
call encode(65536, ref.extern 3, ref.null func)
start worker(1)
thread 0 takes 10 steps
thread 0 runs to its end
"#;
    assert_eq!(scenario.to_string(), words);
}

#[test]
fn a_profile_stands_before_the_steps() {
    let text = format!("profile = \"seed:42\"\n\n{FILE}");
    let scenario = Scenario::from_toml(&text).expect("a scenario");
    assert_eq!((scenario.profile, scenario.to_toml()), (Profile::Seed(42), text));
    assert!(scenario.to_string().starts_with("choices by the profile seed:42\ninstantiate "));
    let error = Scenario::from_toml("\nprofile = \"seed\"").expect_err("no profile").to_string();
    assert!(error.starts_with("line 2: \"seed\" is no profile"), "{error}");
}

#[test]
fn instances_are_named_where_there_are_several() {
    let module = |module: &str| Step::Instantiate { module: module.into(), register: None, answers: Vec::new() };
    let call = Step::Call { instance: 0, export: "a\nb".into(), args: vec![Val::I64(u64::MAX)] };
    let words = Scenario { steps: vec![module("a"), module("b"), call.clone()], ..Scenario::default() }.to_string();
    assert_eq!(words, "instantiate \"a\"\ninstantiate \"b\"\ncall \"a\\nb\"(-1) of instance 0\n");
    assert_eq!(call.to_string(), "call \"a\\nb\"(-1)");
}

#[test]
fn integers_in_all_their_writings() {
    let read = |value: &str| {
        let text = format!("[[step]]\nset = {{ instance = 0, export = \"g\", value = {{ {value} }} }}");
        Scenario::from_toml(&text).map(|s| match &s.steps[..] {
            [Step::Set { value, .. }] => *value,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(read("i32 = \"-5\""), Ok(Val::I32(-5i32 as u32)));
    assert_eq!(read("i32 = \"4294967295\""), Ok(Val::I32(u32::MAX)));
    assert_eq!(read("i32 = \"0xFFFFFFFF\""), Ok(Val::I32(u32::MAX)));
    assert_eq!(read("i32 = \"-2147483648\""), Ok(Val::I32(1 << 31)));
    assert_eq!(read("i64 = \"18446744073709551615\""), Ok(Val::I64(u64::MAX)));
    assert_eq!(read("i64 = \"-9223372036854775808\""), Ok(Val::I64(1 << 63)));
    assert_eq!(read("f64 = \"0x8000000000000000\""), Ok(Val::F64(1 << 63)));
    let bytes = read("v128 = \"000102030405060708090a0b0c0d0e0f\"");
    assert_eq!(bytes, Ok(Val::V128(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100)));
    for wrong in [
        "i32 = \"4294967296\"",
        "i32 = \"-2147483649\"",
        "i32 = \"0x100000000\"",
        "i32 = \"0x+1\"",
        "i32 = \"\"",
        "i32 = \"1.0\"",
        "i32 = 1",
        "i64 = \"18446744073709551616\"",
        "i64 = \"-9223372036854775809\"",
        "f32 = \"1.5\"",
        "f32 = \"0x100000000\"",
        "f64 = \"0x10000000000000000\"",
        "ref = \"null\"",
        "extern = -1",
        "extern = 4294967296",
        "v128 = \"0\"",
        "v128 = \"00\"",
        "v128 = \"0x000102030405060708090a0b0c0d0e0f\"",
        "v128 = \"000102030405060708090a0b0c0d0e0f10\"",
        "v128 = \"000102030405060708090a0b0c0d0e0g\"",
        "i32 = \"1\", i64 = \"1\"",
        "",
    ] {
        let error = read(wrong).expect_err(wrong);
        assert_eq!(error.line, 2, "{wrong}: {error}");
    }
}

#[test]
fn what_is_no_scenario_is_refused_with_its_line() {
    let refused = |text: &str, line: usize, part: &str| {
        let error = Scenario::from_toml(text).expect_err(text);
        assert_eq!(error.line, line, "{error} for {text}");
        assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
        assert!(error.message.contains(part), "{error} doesn't say {part:?} for {text}");
    };
    refused("x", 1, "");
    refused("\n\nsteps = []", 3, "unknown field `steps`");
    refused("[[step]]\ninstantiate = \"m\"\nanswer = []", 3, "unknown field `answer`");
    refused("[[step]]\n\n[[step]]\n", 1, "one of the keys");
    let call = "call = { instance = 0, export = \"f\" }";
    refused(&format!("[[step]]\ninstantiate = \"m\"\n[[step]]\n{call}\ninstantiate = \"m\""), 3, "one of the keys");
    refused(&format!("# a comment\n[[step]]\n{call}\nanswers = []"), 2, "answers belong");
    refused("[[step]]\nregister = \"a\"\ncall = { instance = 0, export = \"f\" }", 1, "a name to register belongs");
    refused("[[step]]\ncall = { instance = 0, export = \"f\", arg = [] }", 2, "unknown field `arg`");
    refused("[[step]]\ncall = { export = \"f\" }", 2, "missing field `instance`");
    refused("[[step]]\ncall = { instance = -1, export = \"f\" }", 2, "");
    refused("[[step]]\nwrite = { instance = 0, export = \"m\", offset = 0, bytes = \"0\" }", 2, "pairs of hexadecimal");
    refused(
        "[[step]]\nwrite = { instance = 0, export = \"m\", offset = 0, bytes = \"é0\" }",
        2,
        "pairs of hexadecimal",
    );
    refused("[[step]]\nadvance = { thread = 0 }", 2, "missing field `steps`");
    refused(&format!("[[step]]\n{call}\njoin = {{ thread = 0 }}"), 1, "one of the keys");
    let answer = "[[step.answers]]\nimport = [\"a\", \"b\"]\nthrows = true\nresults = [{ i32 = \"0\" }]";
    refused(&format!("[[step]]\ninstantiate = \"m\"\n{answer}"), 1, "throws has no results");
    refused("[[step]]\ninstantiate = \"m\"\n[[step.answers]]\nimport = [\"a\"]", 4, "");
}

#[test]
fn no_steps_are_a_scenario() {
    assert_eq!(Scenario::from_toml("# nothing\n"), Ok(Scenario::default()));
    assert_eq!(Scenario::default().to_toml(), "");
}
