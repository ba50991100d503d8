//! `assay run`

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use assay_engines::{Budgets, Ended, Engine, Interp, Outcome, Ref, Value, replay};
use assay_interp::binary;
use assay_interp::exec::Val;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::{ExternIdx, ExternType, FuncType, HeapType, Module, NumType, ValType};
use assay_interp::trace::Writer;

use crate::input;
use crate::output::{Failure, exit, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wasm binary, a .wat text, or - for standard input
    module: String,
    /// The exported function to call; without it `_start`, if there is one
    #[arg(long, value_name = "NAME", conflicts_with = "scenario")]
    invoke: Option<String>,
    /// Its arguments; negative numbers are ordinary ones, -inf and the like stand after --
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    args: Vec<String>,
    /// Replays a scenario, in which the module is called "module"
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Shows each step with its rule, instruction, operands and results
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "rules",
          value_parser = ["rules"])]
    trace: Option<String>,
    /// Ends the run after this many steps
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let wasm = input::module(&args.module)?;
    let budgets = Budgets { fuel: args.fuel.unwrap_or(u64::MAX), ..Budgets::default() };
    let mut interp = Interp::new(budgets);
    if let Some(file) = &args.scenario {
        return scenario(&mut interp, &wasm, file);
    }
    let module = binary::decode(&wasm).map_err(|e| Failure::Module(args.module.clone(), e))?;
    if let Some(import) = module.imports.first() {
        let (m, n) = (import.module.escape_debug(), import.name.escape_debug());
        let why = format!("imports \"{m}\" \"{n}\", which nothing provides here; --scenario scripts a host's answers");
        return Err(Failure::Usage(format!("{}: {why}", args.module)));
    }
    let call = call(&module, args)?;
    let outcome = match args.trace {
        Some(_) => {
            let mut writer = Writer::new(BufWriter::new(std::io::stdout().lock()));
            let outcome = invoke(&mut interp, &wasm, call, &mut writer);
            writer.error().map_or(Ok(outcome), Err)?
        }
        None => invoke(&mut interp, &wasm, call, &mut ()),
    };
    report(&module, &outcome)
}

type Call = Option<(String, Vec<Value>)>;

fn invoke<O: assay_interp::trace::Observer>(interp: &mut Interp, wasm: &[u8], call: Call, observer: &mut O) -> Outcome {
    match (interp.instantiate_observed(wasm, &[], observer), call) {
        (Err(outcome), _) => outcome,
        (Ok(_), None) => Outcome::Returned(Vec::new()),
        (Ok(instance), Some((export, args))) => interp.invoke_observed(instance, &export, &args, observer),
    }
}

/// The function to call, and its arguments by their types.
fn call(module: &Module, args: &Args) -> Result<Call, Failure> {
    let name = match &args.invoke {
        Some(name) => name.as_str(),
        None if module.exports.iter().any(|e| e.name == "_start") => "_start",
        None if args.args.is_empty() => return Ok(None),
        None => return Err(Failure::Usage("arguments need --invoke NAME, the function that takes them".into())),
    };
    let export = module.exports.iter().find(|e| e.name == name && matches!(e.item, ExternIdx::Func(_)));
    let Some(ExternType::Func(ty)) = export.map(|e| module.export_type(e.item)) else {
        let functions = module.exports.iter().filter(|e| matches!(e.item, ExternIdx::Func(_)));
        let names: Vec<String> = functions.map(|e| e.name.escape_debug().to_string()).collect();
        let there = if names.is_empty() { "there are none".into() } else { format!("there are {}", names.join(", ")) };
        return Err(Failure::Usage(format!("no function is exported as {name:?}; {there}")));
    };
    Ok(Some((name.to_owned(), values(&ty, &args.args)?)))
}

fn values(ty: &FuncType, args: &[String]) -> Result<Vec<Value>, Failure> {
    if ty.params.len() != args.len() {
        let (wanted, given) = (ty.params.len(), args.len());
        return Err(Failure::Usage(format!("the function takes {wanted} arguments, {given} are given; its type is {ty}")));
    }
    let value = |(t, arg): (&ValType, &String)| {
        value(*t, arg).ok_or_else(|| Failure::Usage(format!("argument {arg:?} is no {t}")))
    };
    ty.params.iter().zip(args).map(value).collect()
}

/// A value of a type: integers in decimal or with 0x, of either sign; floats as Rust and the text format write them.
fn value(t: ValType, arg: &str) -> Option<Value> {
    let digits = arg.replace('_', "");
    Some(match t {
        ValType::Num(NumType::I32) => Val::I32(integer(&digits, 32)? as u32),
        ValType::Num(NumType::I64) => Val::I64(integer(&digits, 64)? as u64),
        ValType::Num(NumType::F32) => Val::F32(match nan(&digits, 22) {
            Some((sign, payload)) => u32::from(sign) << 31 | 0x7f80_0000 | u32::try_from(payload).ok()?,
            None => digits.parse::<f32>().ok()?.to_bits(),
        }),
        ValType::Num(NumType::F64) => Val::F64(match nan(&digits, 51) {
            Some((sign, payload)) => u64::from(sign) << 63 | 0x7ff0_0000_0000_0000 | payload,
            None => digits.parse::<f64>().ok()?.to_bits(),
        }),
        ValType::Ref(r) if arg == "null" => Val::Ref(Ref::Null(r.heap)),
        ValType::Ref(r) if r.heap == HeapType::Extern => Val::Ref(Ref::Extern(arg.parse().ok()?)),
        ValType::Ref(_) => return None,
    })
}

/// An integer that has so many bits, read with a sign or without.
fn integer(digits: &str, bits: u32) -> Option<i128> {
    let (negative, magnitude) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let magnitude = match magnitude.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16).ok()?,
        None => magnitude.parse::<u64>().ok()?.into(),
    };
    let value = if negative { -magnitude } else { magnitude };
    (-(1 << (bits - 1))..1 << bits).contains(&value).then_some(value)
}

/// Sign and payload of a NaN as the text format writes it: `nan`, `-nan`, `nan:0x…`.
fn nan(digits: &str, quiet_bit: u32) -> Option<(bool, u64)> {
    let (negative, rest) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    match rest.strip_prefix("nan")? {
        "" => Some((negative, 1 << quiet_bit)),
        payload => {
            let payload = u64::from_str_radix(payload.strip_prefix(":0x")?, 16).ok()?;
            (payload > 0 && payload < 1 << (quiet_bit + 1)).then_some((negative, payload))
        }
    }
}

/// Prints what a run ended with.
fn report(module: &Module, outcome: &Outcome) -> Result<u8, Failure> {
    match outcome {
        Outcome::Returned(values) => {
            for value in values {
                say!("{value}")?;
            }
            Ok(exit::YES)
        }
        Outcome::Trapped(trap) => {
            let place = trap.place.map_or(String::new(), |place| {
                let function = place.func.map_or("instantiation".into(), |x| module.func_name(x));
                format!(" in {} at byte {:#x}", function.escape_debug(), place.offset)
            });
            eprintln!("trap: {}{place}", trap.kind.message());
            Ok(exit::ABORTED)
        }
        other => {
            eprintln!("{other}");
            Ok(code(other))
        }
    }
}

/// The exit code for what a run ended with.
fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Returned(_) => exit::YES,
        Outcome::Trapped(_) | Outcome::Threw | Outcome::Exhausted(_) => exit::ABORTED,
        Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_) => exit::MODULE,
        Outcome::Unlinkable(_) => exit::USAGE,
        Outcome::Limit(_) | Outcome::Unsupported(_) => exit::UNDETERMINED,
    }
}

/// Replays a scenario and prints each step with its end. The exit code is the last step's.
fn scenario(interp: &mut Interp, wasm: &[u8], file: &Path) -> Result<u8, Failure> {
    let scenario = read(file)?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut load = |name: &str| match name {
        "module" => Ok(wasm.to_vec()),
        other => input::module(&folder.join(other).to_string_lossy()).map_err(|e| e.to_string()),
    };
    let replayed =
        replay(interp, &scenario, &mut load).map_err(|e| Failure::Usage(format!("{}: {e}", file.display())))?;
    let mut last = exit::YES;
    for (step, replayed) in scenario.steps.iter().zip(&replayed) {
        let ended = match &replayed.ended {
            Ended::Instantiated(_) | Ended::Done => "done".to_owned(),
            Ended::Outcome(outcome) => {
                last = code(outcome);
                outcome.to_string()
            }
        };
        say!("{step}: {ended}")?;
        for call in &replayed.log {
            let args: Vec<String> = call.args.iter().map(Value::to_string).collect();
            let (module, name) = &call.import;
            say!("  the host was called: {}.{}({})", module.escape_debug(), name.escape_debug(), args.join(", "))?;
        }
    }
    interp.reset();
    Ok(last)
}

/// Reads a scenario file.
pub(crate) fn read(file: &Path) -> Result<Scenario, Failure> {
    let path = file.to_string_lossy();
    Scenario::from_toml(&input::text(&path)?).map_err(|e| Failure::Usage(format!("{path}: {e}")))
}
