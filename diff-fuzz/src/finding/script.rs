//! A difference as a script in the style of the official tests: it passes where the standard is kept.

use std::fmt::Write;

use assay_engines::{Ended, Engine, InstanceId, Interp, Outcome, Ref, Value, replay};
use assay_interp::binary;
use assay_interp::exec::{AnyRef, Val};
use assay_interp::scenario::{Answer, Scenario, Step};
use assay_interp::syntax::{
    AddrType, ExternType, Features, HeapType, Import, Limits, Module, RefType, ValType, f32_text, f64_text,
};

use crate::compare::BUDGETS;
use crate::expose::{Exposed, expose};
use crate::reduce::Load;
use crate::report::{Difference, What};

/// What comes of writing one: the script, or why there can be none.
type Written = Result<String, String>;

/// The steps of a difference with what the interpreter ends them with, and then a look at what differs.
pub(super) fn script(difference: &Difference, load: &mut Load<'_>) -> Written {
    let scenario = &difference.scenario;
    let what = &difference.points[0].what;
    if *what == What::Validity {
        return validity(scenario, load);
    }
    let mut interp = Interp::with_features(BUDGETS, Features::ALL);
    let mut exposed = |name: &str| Ok(decoded(&load(name)?)?.1.wasm);
    let replayed = replay(&mut interp, scenario, &mut exposed).map_err(|e| e.to_string())?;
    let has_chosen = interp.chosen().numeric();
    let mut text = String::new();
    let (mut registered, mut instances) = (Vec::new(), Vec::new());
    for (step, replayed) in scenario.steps.iter().zip(&replayed) {
        match step {
            Step::Instantiate { module, register, answers } => {
                let n = instances.len();
                let wasm = load(module)?;
                let (module, exposed) = decoded(&wasm)?;
                host(&mut text, n, &module, answers, &registered)?;
                // Only what is looked at has to be seen.
                let source = named(if what.is_state() { &exposed.wasm } else { &wasm }, &format!("$i{n}"))?;
                match &replayed.ended {
                    Ended::Instantiated(id) => {
                        let _ = writeln!(text, "{source}");
                        instances.push(Looked { id: *id, module, exposed });
                        if let Some(name) = register {
                            let _ = writeln!(text, "(register {} $i{n})", string(name));
                            registered.push(name.clone());
                        }
                    }
                    Ended::Outcome(Outcome::Trapped(trap)) => {
                        let _ = writeln!(text, "(assert_trap\n{source}\n{})", string(trap.kind.message()));
                    }
                    other => return Err(format!("a script can't say that an instantiation ends so: {other:?}")),
                }
            }
            Step::Call { instance, export, args } => {
                let Ended::Outcome(outcome) = &replayed.ended else { return Err("the call has no end".to_owned()) };
                let mut list = String::new();
                for arg in args {
                    let _ = write!(list, " {}", constant(arg, false)?);
                }
                let action = format!("(invoke $i{instance} {}{list})", string(export));
                let _ = match outcome {
                    Outcome::Returned(values) => {
                        let mut list = String::new();
                        for value in values {
                            let _ = write!(list, " {}", constant(value, has_chosen)?);
                        }
                        writeln!(text, "(assert_return {action}{list})")
                    }
                    Outcome::Trapped(trap) => writeln!(text, "(assert_trap {action} {})", string(trap.kind.message())),
                    Outcome::Threw(_) | Outcome::ThrewUnseen(_) => writeln!(text, "(assert_exception {action})"),
                    other => return Err(format!("a script can't say that a call ends so: {other}")),
                };
            }
            _ => return Err(format!("a script has no such step: {step}")),
        }
    }
    look(&mut text, what, &instances, &mut interp)?;
    Ok(text)
}

fn decoded(wasm: &[u8]) -> Result<(Module, Exposed), String> {
    let module = binary::decode_with(wasm, Features::ALL).map_err(|e| Outcome::from(e).to_string())?;
    let exposed = expose(wasm, &module);
    Ok((module, exposed))
}

/// A module that is valid, or that isn't.
fn validity(scenario: &Scenario, load: &mut Load<'_>) -> Written {
    let Some(Step::Instantiate { module, .. }) = scenario.steps.last() else {
        return Err("there is no module".to_owned());
    };
    let wasm = load(module)?;
    match binary::check_with(&wasm, Features::ALL).map_err(Outcome::from) {
        // It isn't instantiated: what it imports isn't there.
        Ok(()) => Ok(format!("{}\n", named(&wasm, "definition $i0")?)),
        Err(Outcome::Invalid(why)) => {
            Ok(format!("(assert_invalid\n{}\n{})\n", named(&wasm, "$i0")?, string(&why.to_string())))
        }
        Err(other) => {
            let bytes: String = wasm.iter().map(|byte| format!("\\{byte:02x}")).collect();
            Ok(format!("(assert_malformed (module binary \"{bytes}\") {})\n", string(&other.to_string())))
        }
    }
}

/// The text of a module, with words behind `module`.
fn named(wasm: &[u8], words: &str) -> Written {
    let text = wasmprinter::print_bytes(wasm).map_err(|e| format!("there is no text of the module: {e}"))?;
    let (_, rest) = text.split_once("(module").ok_or("there is no text of the module")?;
    // A name of its own gives way.
    let rest = match rest.strip_prefix(" $") {
        Some(named) => named.trim_start_matches(|c: char| !c.is_whitespace() && c != ')'),
        None => rest,
    };
    Ok(format!("(module {words}{}", rest.trim_end()))
}

/// What the host gives a module, as modules that are registered under the names of its imports.
fn host(text: &mut String, n: usize, module: &Module, answers: &[Answer], registered: &[String]) -> Result<(), String> {
    let imports = module.imports.iter().filter(|import| !registered.contains(&import.module));
    let mut names: Vec<&str> = imports.map(|import| import.module.as_str()).collect();
    names.dedup();
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            continue;
        }
        let _ = writeln!(text, "(module $host{n}x{i}");
        if answers.iter().any(|answer| answer.throws) {
            text.push_str("  (tag $host)\n");
        }
        for (k, import) in module.imports.iter().enumerate().filter(|(_, import)| import.module == *name) {
            given(text, module, k, import, answers)?;
        }
        let _ = writeln!(text, ")\n(register {} $host{n}x{i})", string(name));
    }
    Ok(())
}

/// One thing that the host gives.
fn given(text: &mut String, module: &Module, k: usize, import: &Import, answers: &[Answer]) -> Result<(), String> {
    let name = string(&import.name);
    let limits = |at: AddrType, limits: Limits| {
        let max = limits.max.map_or(String::new(), |max| format!(" {max}"));
        format!("{}{}{max}", if at == AddrType::I64 { "i64 " } else { "" }, limits.min)
    };
    let _ = match &import.ty {
        ExternType::Func(ty) => {
            let ty = module.abs_func_type(ty);
            let list = |types: &[ValType]| types.iter().map(|t| format!(" {t}")).collect::<String>();
            let mut body = String::new();
            let scripted = answers.iter().filter(|a| a.import == (import.module.clone(), import.name.clone()));
            for (i, answer) in scripted.enumerate() {
                let mut does = String::new();
                for value in &answer.results {
                    does += &format!("{} ", instruction(value)?);
                }
                let does = if answer.throws { "throw $host".to_owned() } else { format!("return {does}") };
                body += &format!("    (if (i32.eq (global.get $n{k}) (i32.const {})) (then ({does})))\n", i + 1);
            }
            let mut zeros = String::new();
            for t in &ty.results {
                zeros += &format!(" {}", zero(*t)?);
            }
            let (params, results) = (list(&ty.params), list(&ty.results));
            writeln!(
                text,
                "  (global $n{k} (mut i32) (i32.const 0))\n  (func (export {name}) (param{params}) \
                 (result{results})\n    (global.set $n{k} (i32.add (global.get $n{k}) (i32.const 1)))\n\
                 {body}   {zeros})"
            )
        }
        ExternType::Mem(t) if !t.shared => writeln!(text, "  (memory (export {name}) {})", limits(t.addr, t.limits)),
        ExternType::Table(t) if is_plain(t.element) => {
            writeln!(text, "  (table (export {name}) {} {})", limits(t.addr, t.limits), ValType::Ref(t.element))
        }
        ExternType::Global(t) => {
            let ty = if t.mutable { format!("(mut {})", t.val) } else { t.val.to_string() };
            writeln!(text, "  (global (export {name}) {ty} {})", zero(t.val)?)
        }
        ExternType::Tag(ty) if module.abs_func_type(ty).params.iter().all(|t| !matches!(t, ValType::Ref(_))) => {
            let list: String = module.abs_func_type(ty).params.iter().map(|t| format!(" {t}")).collect();
            writeln!(text, "  (tag (export {name}) (param{list}))")
        }
        _ => return Err(format!("what the host gives as {name} isn't written in a script")),
    };
    Ok(())
}

/// Whether a type of references means the same in any module.
fn is_plain(t: RefType) -> bool {
    !matches!(t.heap, HeapType::Type(_))
}

/// An instance of the script, and what can be seen of it.
struct Looked {
    id: InstanceId,
    module: Module,
    exposed: Exposed,
}

/// The assertion about the state that differs, if that is what does.
fn look(text: &mut String, what: &What, instances: &[Looked], interp: &mut Interp) -> Result<(), String> {
    let label = match what {
        What::Memory(label, _) | What::MemorySize(label) | What::Global(label) => label,
        What::Table(label, _) | What::TableSize(label) => label,
        What::HostCall(_) => return Err("what differs is a call of the host, which no script sees".to_owned()),
        _ => return Ok(()),
    };
    let hidden = || "what differs is seen by no script".to_owned();
    let labelled = |(n, looked): (usize, &Looked)| {
        let item = looked.exposed.items.iter().find(|item| item.label_in(n) == *label)?;
        Some((n, item.clone()))
    };
    let (n, item) =
        instances.iter().enumerate().find_map(labelled).filter(|(_, item)| !item.imported).ok_or_else(hidden)?;
    let Looked { id, module, .. } = &instances[n];
    let (index, export) = (item.index as usize, &item.export);
    let wrong = |outcome: Outcome| outcome.to_string();
    let at = |t: AddrType| if t == AddrType::I64 { "i64" } else { "i32" };
    let (import, ty, body, expected) = match what {
        What::Global(_) => {
            let value = constant(&interp.get(*id, export).map_err(wrong)?, interp.chosen().numeric())?;
            let _ = writeln!(text, "(assert_return (get $i{n} {}) {value})", string(export));
            return Ok(());
        }
        What::Memory(_, offset) => {
            let byte = *interp.memory(*id, export).map_err(wrong)?.get(*offset).ok_or_else(hidden)?;
            let t = at(module.mem_types()[index].addr);
            let body = format!("(i32.load8_u ({t}.const {offset}))");
            (format!("(memory {t} 0)"), "i32", body, format!("i32.const {byte}"))
        }
        What::MemorySize(_) => {
            let ty = &module.mem_types()[index];
            let (t, len) = (at(ty.addr), interp.memory(*id, export).map_err(wrong)?.len() as u64);
            (format!("(memory {t} 0)"), t, "(memory.size)".to_owned(), format!("{t}.const {}", len / ty.page))
        }
        What::Table(..) | What::TableSize(_) => {
            let ty = &module.table_types()[index];
            let (t, nulls) = (at(ty.addr), interp.table(*id, export).map_err(wrong)?);
            if !is_plain(ty.element) {
                return Err(hidden());
            }
            let import = format!("(table {t} 0 {})", ValType::Ref(ty.element));
            match what {
                What::Table(_, i) => {
                    let null = u8::from(*nulls.get(*i).ok_or_else(hidden)?);
                    let body = format!("(ref.is_null (table.get ({t}.const {i})))");
                    (import, "i32", body, format!("i32.const {null}"))
                }
                _ => (import, t, "(table.size)".to_owned(), format!("{t}.const {}", nulls.len())),
            }
        }
        _ => return Err(hidden()),
    };
    let _ = writeln!(
        text,
        "(register \"looked at\" $i{n})\n(module $look\n  (import \"looked at\" {} {import})\n  (func (export \
         \"look\") (result {ty}) {body}))\n(assert_return (invoke $look \"look\") ({expected}))",
        string(export)
    );
    Ok(())
}

/// The instruction that makes zero or null.
fn zero(t: ValType) -> Written {
    match (t, Value::default_of(t)) {
        (ValType::Ref(t), Some(_)) => Ok(format!("(ref.null {})", t.heap)),
        (_, Some(zero)) => instruction(&zero),
        (_, None) => Err(format!("the host has no value of type {t}")),
    }
}

/// The instruction that makes a value in a module.
fn instruction(value: &Value) -> Written {
    match value {
        Val::Ref(Ref::Null(heap)) => Ok(format!("(ref.null {heap})")),
        Val::Ref(Ref::Any(AnyRef::I31(i))) => Ok(format!("(ref.i31 (i32.const {i}))")),
        Val::Ref(r) => Err(format!("a module of a script can't make {r}")),
        number => constant(number, false),
    }
}

/// A value as an operand of a script, or as a result. An arithmetic NaN, after a choice, is any of them: such a script
/// asks for less than the standard does, never for more.
fn constant(value: &Value, chosen: bool) -> Written {
    let nan = |is: bool, text: String| if chosen && is { "nan:arithmetic".to_owned() } else { text };
    Ok(match value {
        Val::I32(c) => format!("(i32.const {})", *c as i32),
        Val::I64(c) => format!("(i64.const {})", *c as i64),
        Val::F32(c) => format!("(f32.const {})", nan(c >> 22 & 0x1ff == 0x1ff, f32_text(*c))),
        Val::F64(c) => format!("(f64.const {})", nan(c >> 51 & 0xfff == 0xfff, f64_text(*c))),
        Val::V128(c) => {
            let lanes: Vec<String> = (0..4).map(|i| ((c >> (32 * i)) as u32 as i32).to_string()).collect();
            format!("(v128.const i32x4 {})", lanes.join(" "))
        }
        Val::Ref(Ref::Null(heap)) => format!("(ref.null {heap})"),
        Val::Ref(Ref::Extern(AnyRef::Host(n))) => format!("(ref.extern {n})"),
        Val::Ref(Ref::Any(AnyRef::I31(_))) => "(ref.i31)".to_owned(),
        Val::Ref(Ref::Func(_)) => "(ref.func)".to_owned(),
        Val::Ref(Ref::Any(AnyRef::Struct(_))) => "(ref.struct)".to_owned(),
        Val::Ref(Ref::Any(AnyRef::Array(_))) => "(ref.array)".to_owned(),
        Val::Ref(r) => return Err(format!("a script has no such value: {r}")),
    })
}

/// A string of the text format.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\{byte:02x}"),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use assay_engines::Interp;
    use assay_spec_tests::Script;

    use super::*;
    use crate::report::Point;

    /// The script of a difference that there isn't: all of it passes.
    fn written(wat: &str, steps: Vec<Step>, what: What) -> String {
        let wasm = wat::parse_str(wat).unwrap();
        let scenario = Scenario { steps, ..Scenario::default() };
        let side = || ("an engine".to_owned(), String::new());
        let difference = Difference { scenario, points: vec![Point { what, left: side(), right: side() }] };
        let script = script(&difference, &mut |_: &str| Ok(wasm.clone())).unwrap();
        let test = Script { suite: "a".into(), name: "b.wast".into(), source: script.clone(), features: None };
        let ran = assay_spec_tests::run(&mut Interp::new(BUDGETS), &test).unwrap_or_else(|e| panic!("{e}\n{script}"));
        let failed: Vec<String> =
            ran.checked.iter().filter(|one| one.verdict.is_err()).map(ToString::to_string).collect();
        assert!(failed.is_empty() && !ran.checked.is_empty(), "{failed:?}\n{script}");
        script
    }

    fn instantiate(answers: Vec<Answer>) -> Step {
        Step::Instantiate { module: "module".into(), register: None, answers }
    }

    fn call(export: &str, args: Vec<Value>) -> Step {
        Step::Call { instance: 0, export: export.into(), args }
    }

    #[test]
    fn calls_with_what_they_end_in() {
        let wat = r#"(module (tag $e)
          (func (export "f\22") (param i64 f32 v128) (result i64 f32 v128) (local.get 0) (local.get 1) (local.get 2))
          (func (export "trap") unreachable) (func (export "throw") (throw $e))
          (func (export "nan") (result f64) (f64.div (f64.const 0) (f64.const 0))))"#;
        let args = vec![Val::I64(u64::MAX), Val::F32(0x7fa0_0000), Val::V128(7 << 96)];
        let steps = vec![
            instantiate(vec![]),
            call("f\"", args),
            call("trap", vec![]),
            call("throw", vec![]),
            call("nan", vec![]),
        ];
        insta::assert_snapshot!(written(wat, steps, What::Result(0)));
    }

    #[test]
    fn the_state_that_differs() {
        let wat = r#"(module $named (memory i64 1) (table 3 funcref) (global (mut f32) (f32.const 0))
          (func (export "f") (memory.grow (i64.const 1)) (drop) (i64.store (i64.const 8) (i64.const 0x0807))
            (table.set (i32.const 1) (ref.func 0)) (global.set 0 (f32.const 1.5))) (elem declare func 0))"#;
        let steps = || vec![instantiate(vec![]), call("f", vec![])];
        let (memory, table) = (|| "memory 0".to_owned(), || "table 0".to_owned());
        for (what, words) in [
            (What::Memory(memory(), 9), "(i32.const 8)"),
            (What::MemorySize(memory()), "(i64.const 2)"),
            (What::Table(table(), 1), "(i32.const 0)"),
            (What::TableSize(table()), "(i32.const 3)"),
            (What::Global("global 0".into()), "(f32.const 1.5)"),
        ] {
            let script = written(wat, steps(), what);
            assert!(script.trim_end().ends_with(&format!("{words})")), "{script}");
        }
    }

    #[test]
    fn a_host_that_answers() {
        let wat = r#"(module (import "a" "f" (func $f (param i32) (result i32 i31ref))) (import "a" "m" (memory 1 2))
          (import "b c" "g" (global f64)) (import "a" "t" (table 2 externref))
          (func (export "f") (result i32) (call $f (i32.const 3)) (drop)))"#;
        let answer = |n, throws| Answer {
            import: ("a".into(), "f".into()),
            results: if throws { vec![] } else { vec![Val::I32(n), Val::Ref(Ref::Any(AnyRef::I31(4)))] },
            throws,
        };
        let steps = vec![
            instantiate(vec![answer(5, false), answer(0, true)]),
            call("f", vec![]),
            call("f", vec![]),
            call("f", vec![]),
        ];
        insta::assert_snapshot!(written(wat, steps, What::Result(0)));
    }

    #[test]
    fn verdicts() {
        let steps = || vec![instantiate(vec![])];
        let valid = written("(module (import \"a\" \"b\" (func)))", steps(), What::Validity);
        assert!(valid.starts_with("(module definition $i0"), "{valid}");
        let invalid = written("(module (func (result i32)))", steps(), What::Validity);
        assert!(invalid.starts_with("(assert_invalid"), "{invalid}");
    }
}
