//! The protocol without processes: the driver is a [`Server`] in this one, or somebody who says anything.

use std::cell::Cell;
use std::rc::Rc;

use assay_interp::exec::Val;
use assay_interp::outcome::TrapKind;
use assay_interp::scenario::Answer;
use assay_interp::syntax::HeapType;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Budgets, Interp};

/// A driver in this process, which may die.
struct Local {
    server: Server,
    /// How many requests it still answers.
    life: Rc<Cell<usize>>,
}

impl Line for Local {
    fn exchange(&mut self, line: Vec<u8>, _: Duration) -> Result<Vec<u8>, Outcome> {
        let Some(left) = self.life.get().checked_sub(1) else {
            self.life.set(usize::MAX);
            return Err(Outcome::Crashed("its time has come".into()));
        };
        self.life.set(left);
        Ok(self.server.answer(&line).into_bytes())
    }
}

/// An engine that is the interpreter behind the protocol; and when it dies.
fn local(carries: Carries) -> (Process, Rc<Cell<usize>>) {
    let life = Rc::new(Cell::new(usize::MAX));
    let lives = Rc::clone(&life);
    let start = move || {
        let interp = Interp::new(Budgets::default());
        let server = Server::new(Box::new(interp), Vec::new()).carrying(carries);
        Ok(Box::new(Local { server, life: Rc::clone(&lives) }) as Box<dyn Line>)
    };
    (Process::with("local", Box::new(start), Features::default(), DEADLINE), life)
}

const WORLD: &str = r#"(module
  (type $s (struct (field i32)))
  (import "env" "f" (func $f (param f32 i64 v128) (result f64)))
  (import "env" "i" (func $i (param i32) (result i32)))
  (import "env" "r" (func $r (param externref) (result externref)))
  (import "assay:host" "0" (func $h (param i32)))
  (memory (export "m") 1) (table (export "t") 2 funcref)
  (global (export "f32") (mut f32) (f32.const nan:0x200001))
  (global (export "i64") i64 (i64.const -1))
  (global (export "v128") (mut v128) (v128.const i64x2 1 -2))
  (global (export "s") (mut (ref null $s)) (ref.null $s))
  (tag $t (param i32)) (tag $u (param f32))
  (func (export "run") (param f32 v128) (result f64 i32 externref)
    (call $h (i32.const 9))
    (call $f (local.get 0) (i64.const 3) (local.get 1))
    (call $i (i32.const 4))
    (call $r (ref.null extern)))
  (func (export "new") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
  (func (export "read") (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0)))
  (func (export "any") (param i32) (result anyref) (ref.i31 (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "throw") (throw $t (i32.const 6)))
  (func (export "throw_f32") (throw $u (f32.const 6)))
  (func (export "self") (result funcref) (ref.func $f))
  (elem declare func $f))"#;

/// What a host answers: once as asked, once by throwing, once with what doesn't fit.
fn answers() -> Vec<Answer> {
    let answer =
        |name: &str, results: Vec<Value>| Answer { import: ("env".into(), name.into()), results, throws: false };
    vec![
        answer("f", vec![Val::F64(0x7ff0_0000_0000_0001)]),
        Answer { throws: true, ..answer("f", Vec::new()) },
        answer("f", vec![Val::I32(1)]),
        answer("r", vec![Value::Ref(Ref::host(5))]),
        answer("i", vec![Val::I32(u32::MAX)]),
    ]
}

fn links() -> Vec<Link> {
    let link = |module: &str, name: &str| Link {
        module: module.into(),
        name: name.into(),
        from: Source::Host(if module == "env" { answers() } else { Vec::new() }),
    };
    vec![link("env", "f"), link("env", "i"), link("env", "r"), link("assay:host", "0")]
}

/// Everything that can be asked of an engine, in words. References are each engine's own.
fn world(engine: &mut dyn Engine) -> Vec<String> {
    engine.reset();
    let wasm = wat::parse_str(WORLD).unwrap();
    let mut seen = vec![format!("{:?}", engine.validate(&wasm)), format!("{:?}", engine.validate(b"no"))];
    let id = engine.instantiate(&wasm, &links()).unwrap();
    seen.push(format!(
        "{:?}",
        engine.instantiate(&wasm, &links()[1..]).is_err_and(|o| matches!(o, Outcome::Unlinkable(_)))
    ));
    for i in 0..4 {
        let args = [Val::F32(0x7f80_0001 + i), Val::V128(u128::MAX - u128::from(i))];
        seen.push(format!("{} {:?}", engine.invoke(id, "run", &args), engine.log()));
    }
    let null = Value::Ref(Ref::Null(HeapType::Any));
    for (global, value) in [("f32", Val::F32(0xffc0_0001)), ("i64", Val::I64(1)), ("v128", Val::V128(7)), ("s", null)] {
        seen.push(format!("{:?} {:?}", engine.get(id, global), engine.set(id, global, value)));
        seen.push(format!("{:?}", engine.get(id, global)));
        seen.push(format!("{:?}", engine.set(id, global, Val::I32(1)).is_err()));
    }
    seen.push(engine.invoke(id, "store", &[Val::I32(65532), Val::I32(0x0403_0201)]).to_string());
    seen.push(format!("{:?}", engine.write(id, "m", 65534, b"ab").and(engine.write(id, "m", 65535, b"ab")).is_err()));
    for _ in 0..2 {
        seen.push(format!("{:?}", &engine.memory(id, "m").unwrap()[65530..]));
    }
    seen.push(engine.invoke(id, "store", &[Val::I32(65533), Val::I32(1)]).to_string());
    let Outcome::Trapped(trap) = engine.invoke(id, "read", &[null]) else { panic!("null has no field") };
    seen.push(format!("{} {}", trap.kind, trap.may_be(TrapKind::Unreachable)));
    seen.push(format!("{:?}", engine.table(id, "t")));
    let Outcome::Returned(s) = engine.invoke(id, "new", &[Val::I32(8)]) else { panic!("a structure") };
    seen.push(format!("{} {:?}", engine.invoke(id, "read", &s), engine.set(id, "s", s[0])));
    seen.push(format!("{:?}", matches!(engine.get(id, "s"), Ok(Val::Ref(Ref::Any(AnyRef::Struct(_)))))));
    seen.push(format!("{:?}", matches!(engine.invoke(id, "self", &[]), Outcome::Returned(_))));
    for (export, args) in
        [("any", vec![Val::I32(5)]), ("throw", vec![]), ("throw", vec![Val::I32(1)]), ("none", vec![])]
    {
        let outcome = engine.invoke(id, export, &args);
        seen.push(format!("{} {outcome}", outcome.kind()));
    }
    seen.push(engine.invoke(id, "throw_f32", &[]).kind().to_owned());
    seen.push(format!("{:?} {:?}", engine.get(id, "m"), engine.memory(id, "t").is_err()));
    seen
}

/// Whatever the interface carries, an engine behind the protocol is the engine.
#[test]
fn behind_the_protocol_is_the_same_engine() {
    let wanted = world(&mut Interp::new(Budgets::default()));
    for bits in 0..8 {
        let carries = Carries { f32: bits & 1 != 0, f64: bits & 2 != 0, v128: bits & 4 != 0 };
        let (mut process, _) = local(carries);
        for _ in 0..2 {
            let seen = world(&mut process);
            for (seen, wanted) in seen.iter().zip(&wanted) {
                assert_eq!(seen, wanted, "{carries:?}");
            }
        }
    }
}

/// What was asked before a crash is asked again, references and host functions included, and what crashed isn't.
#[test]
fn a_driver_is_brought_back_to_where_the_last_one_was() {
    let wasm = wat::parse_str(WORLD).unwrap();
    let (mut process, life) = local(Carries::default());
    let id = process.instantiate(&wasm, &links()).unwrap();
    let Outcome::Returned(first) = process.invoke(id, "new", &[Val::I32(1)]) else { panic!("a structure") };
    process.set(id, "f32", Val::F32(3)).unwrap();
    life.set(0);
    assert!(matches!(process.invoke(id, "new", &[Val::I32(2)]), Outcome::Crashed(_)));
    let Outcome::Returned(second) = process.invoke(id, "new", &[Val::I32(3)]) else { panic!("a structure") };
    for died in [false, true] {
        if died {
            life.set(0);
            assert!(matches!(process.get(id, "i64"), Err(Outcome::Crashed(_))));
        }
        assert_eq!(process.invoke(id, "read", &first), Outcome::Returned(vec![Val::I32(1)]));
        assert_eq!(process.invoke(id, "read", &second), Outcome::Returned(vec![Val::I32(3)]));
        assert_eq!(process.get(id, "f32"), Ok(Val::F32(3)));
    }
    // The answers that a host function has given are given.
    let args = [Val::F32(0), Val::V128(0)];
    let Outcome::Returned(_) = process.invoke(id, "run", &args) else { panic!("the first answer") };
    assert_eq!(process.log().len(), 4);
    life.set(0);
    assert!(matches!(process.invoke(id, "run", &args), Outcome::Crashed(_)));
    assert_eq!(process.invoke(id, "run", &args), Outcome::Threw(Vec::new()));
    assert_eq!(process.log().len(), 2);
    // A log that is lost isn't taken for an empty one.
    life.set(0);
    assert!(process.log().is_empty());
    assert!(matches!(process.get(id, "f32"), Err(Outcome::Crashed(_))));
    process.reset();
    assert!(process.instantiate(&wasm, &links()).is_ok());
}

/// A driver that dies while it is asked again is started so often, and no more until there is a new store.
#[test]
fn a_store_that_cannot_be_brought_back_is_lost_until_the_next_reset() {
    let starts = Rc::new(Cell::new(0));
    let started = Rc::clone(&starts);
    let start = move || {
        started.set(started.get() + 1);
        let server = Server::new(Box::new(Interp::new(Budgets::default())), Vec::new());
        let life = Rc::new(Cell::new(if started.get() == 1 { 5 } else { 2 }));
        Ok(Box::new(Local { server, life }) as Box<dyn Line>)
    };
    let mut process = Process::with("frail", Box::new(start), Features::default(), DEADLINE);
    let id = process.instantiate(&wat::parse_str("(module (func (export \"f\")))").unwrap(), &[]).unwrap();
    for _ in 0..3 {
        assert_eq!(process.invoke(id, "f", &[]), Outcome::Returned(Vec::new()));
    }
    let outcome = process.invoke(id, "f", &[]);
    assert_eq!(outcome, Outcome::Crashed("its time has come".into()));
    for _ in 0..2 {
        let outcome = process.invoke(id, "f", &[]);
        let why = "the driver couldn't be brought back to where it was: crashed: its time has come";
        assert_eq!(outcome, Outcome::Crashed(why.into()));
        assert_eq!(starts.get(), 1 + STARTS);
    }
    process.reset();
    assert!(process.validate(b"\0asm\x01\0\0\0").is_ok());
}

#[test]
fn a_reference_that_nobody_has_given_does_not_cross() {
    let (mut process, _) = local(Carries::ALL);
    let id = process.instantiate(&wat::parse_str(WORLD).unwrap(), &links()).unwrap();
    let outcome = process.invoke(id, "read", &[Value::Ref(Ref::Any(AnyRef::Struct(3)))]);
    assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome}");
}

/// A driver that can't look into references: they are all of `any`.
struct Blind(Server);

impl Line for Blind {
    fn exchange(&mut self, line: Vec<u8>, _: Duration) -> Result<Vec<u8>, Outcome> {
        let answer = self.0.answer(&line);
        Ok(answer
            .replace(r#""ref":"struct""#, r#""ref":"any""#)
            .replace(r#""ref":{"i31":5}"#, r#""handle":0,"ref":"any""#)
            .into())
    }
}

#[test]
fn what_a_driver_cannot_tell_of_a_reference_a_module_can() {
    let start = || {
        let server = Server::new(Box::new(Interp::new(Budgets::default())), Vec::new());
        Ok(Box::new(Blind(server)) as Box<dyn Line>)
    };
    let mut process = Process::with("blind", Box::new(start), Features::default(), DEADLINE);
    let id = process.instantiate(&wat::parse_str(WORLD).unwrap(), &links()).unwrap();
    let outcome = process.invoke(id, "new", &[Val::I32(8)]);
    assert!(
        matches!(&outcome, Outcome::Returned(v) if matches!(v[..], [Val::Ref(Ref::Any(AnyRef::Struct(_)))])),
        "{outcome}"
    );
}

/// Somebody who answers with anything, under the right number if it is to be.
struct Babbler {
    answers: Vec<(bool, Vec<u8>)>,
    said: usize,
}

impl Line for Babbler {
    fn exchange(&mut self, line: Vec<u8>, _: Duration) -> Result<Vec<u8>, Outcome> {
        let request: serde_json::Value = serde_json::from_slice(&line).expect("a request is JSON");
        let (is_numbered, answer) = &self.answers[self.said % self.answers.len()];
        self.said += 1;
        match serde_json::from_slice::<serde_json::Value>(answer) {
            Ok(mut json) if *is_numbered && json.is_object() => {
                json["id"] = request["id"].clone();
                Ok(json.to_string().into_bytes())
            }
            _ => Ok(answer.clone()),
        }
    }
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let number = prop_oneof![0..4u64, any::<u64>()];
    prop_oneof![
        any::<i32>().prop_map(|c| json!({"i32": c.to_string()})),
        any::<u64>().prop_map(|c| json!({"f64": format!("{c:#x}")})),
        Just(json!({"f32": "0x"})),
        Just(json!({"v128": "é000000000000000000000000000000"})),
        Just(json!({"ref": null})),
        Just(json!({"ref": null, "type": "any"})),
        (prop::sample::select(vec!["func", "struct", "any", "extern", "exn", "i31"]), number.clone())
            .prop_map(|(kind, handle)| json!({"ref": kind, "handle": handle})),
        number.prop_map(|handle| json!({"handle": handle})),
        any::<u32>().prop_map(|n| json!({"ref": {"i31": n}})),
    ]
}

/// Answers to all requests at once, with values that make sense and values that don't.
fn any_answer() -> impl Strategy<Value = Vec<u8>> {
    let values = || prop::collection::vec(any_value(), 0..4);
    let ok =
        (values(), 0..4u64, any::<u64>(), "[01]{0,3}", values()).prop_map(|(values, instance, size, nulls, args)| {
            json!({"ok": {
                "name": "n", "carries": ["i32", "i64", "f32"], "values": values, "instance": instance,
                "pages": size, "sha256": "00", "bytes": "AAAA", "size": nulls.len(), "nulls": nulls,
                "calls": [{"module": HOST, "name": instance.to_string(), "args": args}],
            }})
        });
    let kinds = vec!["malformed", "rejected", "unlinkable", "trap", "exception", "exhausted", "unsupported", "error"];
    let no = (prop::sample::select(kinds), values()).prop_map(|(kind, payload)| {
        json!({"no": {"kind": kind, "message": "m", "traps": ["unreachable", "other"], "payload": payload}})
    });
    prop_oneof![
        6 => ok.prop_map(|json| json.to_string().into_bytes()),
        2 => no.prop_map(|json| json.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    /// Whatever is answered, something is made of it.
    #[test]
    fn no_answer_makes_a_panic(answers in prop::collection::vec((prop::bool::weighted(0.95), any_answer()), 1..30)) {
        let start = move || Ok(Box::new(Babbler { answers: answers.clone(), said: 0 }) as Box<dyn Line>);
        let mut process = Process::with("babbler", Box::new(start), Features::default(), DEADLINE);
        let wasm = wat::parse_str(WORLD).unwrap();
        for _ in 0..2 {
            let _ = process.validate(&wasm);
            let _ = process.instantiate(&wasm, &links());
            for id in 0..3 {
                let one = || vec![Val::I32(1)];
                for (export, args) in [("run", vec![Val::F32(0), Val::V128(0)]), ("any", one()), ("new", one())] {
                    if let Outcome::Returned(values) = process.invoke(id, export, &args) {
                        let _ = process.invoke(id, "read", &values);
                    }
                }
                for global in ["f32", "i64", "v128", "s"] {
                    if let Ok(value) = process.get(id, global) {
                        let _ = process.set(id, global, value);
                    }
                }
                let _ = (process.memory(id, "m"), process.table(id, "t"));
                let _ = (process.write(id, "m", 0, b"a"), process.log());
            }
            process.reset();
        }
    }

    /// Whatever is asked, a driver answers it, and under its number if it has one.
    #[test]
    fn no_request_makes_a_panic(
        line in prop::collection::vec(any::<u8>(), 0..60), values in prop::collection::vec(any_value(), 0..3),
        op in "hello|reset|validate|instantiate|invoke|get|set|memory|write|table|log|drop|other",
        export in "run|new|read|f32|s|m|t|throw", number in prop_oneof![0..3u64, any::<u64>()]
    ) {
        let mut server = Server::new(Box::new(Interp::new(Budgets::default())), Vec::new());
        server.answer(&line);
        let wasm = wat::parse_str(WORLD).unwrap();
        let host = json!({"host": {"results": [values], "throws": [number]}});
        let import = |name: &str| json!({"module": "env", "name": name, "from": host});
        let imports = json!([import("f"), import("i"), import("r"), {"module": HOST, "name": "0", "from": host}]);
        let made = json!({"id": 0, "op": "instantiate", "module": Bytes(wasm.clone()), "imports": imports});
        server.answer(made.to_string().as_bytes());
        server.answer(made.to_string().replace(&format!("[{number}]"), "[1]").as_bytes());
        let request = json!({
            "id": number, "op": op, "version": 1, "features": ["gc"], "module": Bytes(wasm), "imports": imports,
            "instance": number, "export": export, "args": values, "value": values.first(), "offset": number,
            "length": number, "bytes": "AAAA",
        });
        let answer = server.answer(request.to_string().as_bytes());
        let answer: crate::protocol::Answer = serde_json::from_str(&answer).unwrap();
        prop_assert_eq!(answer.id, Some(number));
    }
}
