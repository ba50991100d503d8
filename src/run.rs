//! `assay run`

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_engines::{Budgets, Ended, Engine, Interp, Outcome, Profile, Ref, Value, replay};
use assay_interp::binary;
use assay_interp::exec::{AnyRef, ExternAddr, Val};
use assay_interp::host::wasi::{self, Streams, Wasi};
use assay_interp::machine::Machine;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::{FuncType, HeapType, Idx, Module, NumType, ValType};
use assay_interp::trace::{Cut, Observer, Writer};

use crate::input::{self, Language};
use crate::output::{Failure, Trace, exit, printable, say, tell};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wasm binary, a .wat text, or - for standard input
    module: String,
    #[command(flatten)]
    language: Language,
    /// The exported function to call; without it `_start`, if there is one
    #[arg(long, value_name = "NAME", conflicts_with = "scenario")]
    invoke: Option<String>,
    /// Its arguments, or those of a program; negative decimal numbers are ordinary ones, -0x1, -inf, -nan and options
    /// of a program stand after --
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    args: Vec<String>,
    /// Replays a scenario, in which the module is called "module"
    #[arg(long, value_name = "FILE", conflicts_with_all = ["args", "trace"])]
    scenario: Option<PathBuf>,
    /// Shows each step with its rule, instruction, operands and results; with =config also what it leads to
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "rules",
          value_parser = ["rules", "config"])]
    trace: Option<String>,
    /// Shows the trace from this step on
    #[arg(long, value_name = "N", requires = "trace", default_value_t = 1)]
    from: u64,
    /// Shows so many steps of the trace
    #[arg(long, value_name = "N", requires = "trace")]
    steps: Option<u64>,
    /// Shows only the steps in this function: an export, a name of the module's own, or an index
    #[arg(long, value_name = "NAME", requires = "trace")]
    function: Option<String>,
    /// Ends the run after this many steps
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Ends the run when so many frames, labels, locals and operands are there together
    #[arg(long, value_name = "N", default_value_t = Budgets::default().stack)]
    stack: usize,
    /// Ends the run when memories and tables would take more bytes
    #[arg(long, value_name = "BYTES", default_value_t = Budgets::default().store)]
    memory: u64,
    /// Ends the run when structures, arrays and exceptions would take more bytes
    #[arg(long, value_name = "BYTES", default_value_t = Budgets::default().heap)]
    heap: u64,
    /// By what choices are taken: deterministic, seed:N, x86-64 or aarch64; without it as the scenario says
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Profile>,
    /// Gives a WASI program a folder, under a name of its own; may be given more than once
    #[arg(long, value_name = "HOST::GUEST", conflicts_with = "scenario")]
    dir: Vec<String>,
    /// Gives a WASI program a variable of its environment, which is empty otherwise; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "scenario")]
    env: Vec<String>,
    /// Gives a WASI program clocks, random numbers and file times that are the same in each run
    #[arg(long, conflicts_with = "scenario")]
    deterministic: bool,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let wasm = input::module(&args.module)?;
    let fuel = args.fuel.unwrap_or(u64::MAX);
    let budgets = Budgets { fuel, stack: args.stack, store: args.memory, heap: args.heap };
    let features = args.language.features();
    if let Some(file) = &args.scenario {
        return scenario(&mut Interp::with_features(budgets, features), &wasm, file, args.profile);
    }
    let module = binary::decode_with(&wasm, features).map_err(|e| Failure::Module(args.module.clone(), e))?;
    let module = Arc::new(module);
    let calls = calls(&module, args)?;
    let mut run = Run {
        machine: Machine::with_profile(budgets, args.profile.unwrap_or_default()),
        host: program(&module, args)?,
        imports: Vec::new(),
        module,
        calls,
    };
    run.link(args)?;
    let outcome = match &args.trace {
        Some(what) => {
            let cut = Cut {
                configs: what == "config",
                from: args.from,
                steps: args.steps.unwrap_or(u64::MAX),
                function: args.function.as_ref().map(|name| function(&run.module, name)).transpose()?,
            };
            let out = Trace(std::io::stdout().lock());
            // What a program prints stands between the steps that print it.
            let out: Box<dyn Write> =
                if is_program(&run.module) { Box::new(out) } else { Box::new(BufWriter::new(out)) };
            let mut writer = Writer::cut(out, cut);
            let outcome = run.end(&mut writer);
            writer.error().map_or(Ok(outcome), Err)?
        }
        None => run.end(&mut ()),
    };
    if run.calls.is_empty() && matches!(outcome, Outcome::Returned(_)) {
        // Silence would read as if it had run.
        let there = functions(&run.module);
        tell!(
            "note: {}: instantiated; no function was called: --invoke NAME calls one ({there})",
            printable(&args.module)
        );
    }
    report(&run.module, &outcome)
}

/// A module, and all that is needed to run it.
struct Run {
    machine: Machine,
    host: Wasi,
    imports: Vec<ExternAddr>,
    module: Arc<Module>,
    calls: Vec<Call>,
}

impl Run {
    /// Finds what the module imports.
    fn link(&mut self, args: &Args) -> Result<(), Failure> {
        for import in &self.module.imports {
            let Some(function) = Wasi::function(self.machine.store_mut(), import) else {
                let (m, n) = (import.module.escape_debug(), import.name.escape_debug());
                let why = "which nothing provides here; --scenario scripts a host's answers";
                let path = printable(&args.module);
                return Err(Failure::Usage(format!("{path}: imports \"{m}\" \"{n}\", {why}")));
            };
            self.imports.push(function);
        }
        Ok(())
    }

    /// Instantiates the module and makes the calls, as long as they return.
    fn end<O: Observer>(&mut self, observer: &mut O) -> Outcome {
        let instance = match self.machine.instantiate(&self.module, &self.imports, &mut self.host, observer) {
            Ok(instance) => instance,
            Err(outcome) => return outcome,
        };
        let mut outcome = Outcome::Returned(Vec::new());
        for (name, args) in &self.calls {
            let func = instance.func(name).expect("it was found among the exports");
            outcome = self.machine.invoke(func, args, &mut self.host, observer);
            if !matches!(outcome, Outcome::Returned(_)) {
                break;
            }
        }
        outcome
    }
}

/// Whether a module has to do with WASI.
fn is_program(module: &Module) -> bool {
    module.imports.iter().any(|import| import.module == wasi::MODULE)
}

/// The world of a WASI program; the empty one for another module.
fn program(module: &Module, args: &Args) -> Result<Wasi, Failure> {
    let given =
        [("--dir", !args.dir.is_empty()), ("--env", !args.env.is_empty()), ("--deterministic", args.deterministic)];
    if let Some((option, _)) = given.iter().find(|(_, given)| *given && !is_program(module)) {
        let path = printable(&args.module);
        return Err(Failure::Usage(format!(
            "{path}: imports nothing of {}: {option} is for those who do",
            wasi::MODULE
        )));
    }
    let name = Path::new(&args.module).file_name().map_or(args.module.as_str().into(), |name| name.to_string_lossy());
    let mut argv = vec![name.into_owned()];
    if args.invoke.is_none() {
        argv.extend(args.args.iter().cloned());
    }
    let mut program = if args.deterministic {
        let mut program = Wasi::new(argv, Streams { terminals: [false; 3], ..Streams::inherited() });
        program.deterministic(0);
        program
    } else {
        Wasi::new(argv, Streams::inherited())
    };
    for variable in &args.env {
        let wrong = || Failure::Usage(format!("--env: {variable:?} isn't KEY=VALUE"));
        let (key, value) = variable.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        program.env(key, value);
    }
    for folder in &args.dir {
        let (host, guest) = folder.split_once("::").unwrap_or((folder, folder));
        let wrong = |error| Failure::Usage(format!("--dir: {}: can't be opened: {error}", printable(host)));
        program.dir(Path::new(host), guest).map_err(wrong)?;
    }
    Ok(program)
}

/// The index of a function by its name.
fn function(module: &Module, name: &str) -> Result<Idx, Failure> {
    let name_of = module.namer();
    let all = 0..(module.imported_funcs() + module.funcs.len()) as Idx;
    let index = name.parse().ok().filter(|x| all.contains(x));
    all.clone().find(|x| name_of(*x) == name).or(index).ok_or_else(|| {
        Failure::Usage(format!("--function: there is no function {}; {}", printable(name), functions(module)))
    })
}

/// An exported function, and its arguments.
type Call = (String, Vec<Value>);

/// The functions to call, and their arguments by their types. Those of a WASI program are the program's own affair; a
/// reactor, which has no `_start`, wants its `_initialize` to be called before anything else.
fn calls(module: &Module, args: &Args) -> Result<Vec<Call>, Failure> {
    let exports = |name: &str| module.exported_funcs().any(|(export, _)| export == name);
    let name = match &args.invoke {
        Some(name) => Some(name.as_str()),
        None if exports("_start") => Some("_start"),
        None if args.args.is_empty() => None,
        None => return Err(Failure::Usage("arguments need --invoke NAME, the function that takes them".into())),
    };
    let mut calls = Vec::new();
    if is_program(module) && exports("_initialize") && !exports("_start") && name != Some("_initialize") {
        calls.push(call(module, "_initialize", &[])?);
    }
    if let Some(name) = name {
        let of_program = args.invoke.is_none() && is_program(module);
        calls.push(call(module, name, if of_program { &[] } else { &args.args })?);
    }
    Ok(calls)
}

/// A function to call, and its arguments by their types.
fn call(module: &Module, name: &str, args: &[String]) -> Result<Call, Failure> {
    let Some((_, ty)) = module.exported_funcs().find(|(export, _)| *export == name) else {
        return Err(Failure::Usage(format!("no function is exported as {name:?} ({})", functions(module))));
    };
    Ok((name.to_owned(), values(&ty, args)?))
}

/// Names that a message lists of what there is.
const SHOWN: usize = 10;

/// The functions that a module exports.
fn functions(module: &Module) -> String {
    let mut names: Vec<String> = module.exported_funcs().map(|(name, _)| name.escape_debug().to_string()).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    if names.is_empty() { "it exports none".into() } else { format!("exported: {}", names.join(", ")) }
}

fn values(ty: &FuncType, args: &[String]) -> Result<Vec<Value>, Failure> {
    if ty.params.len() != args.len() {
        let (wanted, given) = (ty.params.len(), args.len());
        return Err(Failure::Usage(format!(
            "the function has the type {ty}: arguments wanted {wanted}, given {given}"
        )));
    }
    let value = |(i, (t, arg)): (usize, (&ValType, &String))| {
        let why = || Failure::Usage(format!("argument {}, {arg:?}, is no {t}; wanted is {}", i + 1, wanted(*t)));
        value(*t, arg).ok_or_else(why)
    };
    ty.params.iter().zip(args).enumerate().map(value).collect()
}

/// How a value of a type is written.
fn wanted(t: ValType) -> &'static str {
    match t {
        ValType::Num(NumType::I32) => "an integer from -2147483648 to 4294967295, or as 0x…",
        ValType::Num(NumType::I64) => "an integer from -9223372036854775808 to 18446744073709551615, or as 0x…",
        ValType::Num(_) => "a number as -1.5e3, inf, nan or nan:0x…",
        ValType::V128 => "a shape and its lanes in one argument, as \"i32x4 1 2 3 4\"",
        ValType::Ref(r) => match (r.heap, r.nullable) {
            (HeapType::Extern, true) => "null, or a number that stands for a reference of the host's",
            (HeapType::Extern, false) => "a number that stands for a reference of the host's",
            (HeapType::Any | HeapType::Eq | HeapType::I31, true) => "null, or an integer of 31 bits",
            (HeapType::Any | HeapType::Eq | HeapType::I31, false) => "an integer of 31 bits",
            (_, true) => "null",
            (_, false) => "a reference that only a module can make",
        },
    }
}

/// A value of a type: integers in decimal or with 0x, of either sign; floats as Rust and the text format write them;
/// vectors as shape and lanes.
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
        ValType::V128 => Val::V128(vector(arg)?),
        ValType::Ref(r) if arg == "null" => Val::Ref(r.nullable.then_some(Ref::Null(r.heap.abs_top()))?),
        ValType::Ref(r) => Val::Ref(match r.heap {
            HeapType::Extern => Ref::host(arg.parse().ok()?),
            HeapType::Any | HeapType::Eq | HeapType::I31 => Ref::Any(AnyRef::I31(integer(&digits, 31)? as u32)),
            _ => return None,
        }),
    })
}

/// The lanes of a vector, the first one lowest, after its shape.
fn vector(arg: &str) -> Option<u128> {
    let mut words = arg.split_whitespace();
    let (lane, bits): (fn(&str) -> Option<u128>, usize) = match words.next()? {
        "i8x16" => (|c| Some(integer(c, 8)? as u8 as u128), 8),
        "i16x8" => (|c| Some(integer(c, 16)? as u16 as u128), 16),
        "i32x4" => (|c| Some(integer(c, 32)? as u32 as u128), 32),
        "i64x2" => (|c| Some(integer(c, 64)? as u64 as u128), 64),
        "f32x4" => (|c| bits(value(ValType::F32, c)?), 32),
        "f64x2" => (|c| bits(value(ValType::F64, c)?), 64),
        _ => return None,
    };
    let lanes: Option<Vec<u128>> = words.map(|c| lane(&c.replace('_', ""))).collect();
    let lanes = lanes.filter(|lanes| lanes.len() == 128 / bits)?;
    Some(lanes.iter().rev().fold(0, |v, lane| v << bits | lane))
}

/// The bits of a float.
fn bits(value: Value) -> Option<u128> {
    match value {
        Val::F32(c) => Some(c.into()),
        Val::F64(c) => Some(c.into()),
        _ => None,
    }
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
            tell!("trap: {}{place}", trap.kind.message());
            Ok(exit::ABORTED)
        }
        // The program has said what there was to say.
        Outcome::Exited(_) => Ok(code(outcome)),
        other => {
            tell!("{other}");
            Ok(code(other))
        }
    }
}

/// The exit code for what a run ended with.
fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Returned(_) => exit::YES,
        // Of which a process has the lowest eight bits, as everywhere.
        Outcome::Exited(code) => *code as u8,
        Outcome::Trapped(_) | Outcome::Threw(_) | Outcome::ThrewUnseen(_) | Outcome::Exhausted(_) => exit::ABORTED,
        Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_) => exit::MODULE,
        Outcome::Unlinkable(_) => exit::USAGE,
        Outcome::Limit(_) | Outcome::Unsupported(_) => exit::UNDETERMINED,
        Outcome::Crashed(_) | Outcome::Hung(_) | Outcome::Nonsense(_) => exit::UNDETERMINED,
    }
}

/// Replays a scenario and prints each step with its end. The exit code is that of the last call.
fn scenario(interp: &mut Interp, wasm: &[u8], file: &Path, profile: Option<Profile>) -> Result<u8, Failure> {
    let (mut scenario, path) = (read(file)?, file.to_string_lossy());
    scenario.profile = profile.unwrap_or(scenario.profile);
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut load = |name: &str| match name {
        "module" => Ok(wasm.to_vec()),
        other => input::module(&folder.join(other).to_string_lossy()).map_err(|e| e.to_string()),
    };
    let replayed =
        replay(interp, &scenario, &mut load).map_err(|e| Failure::Usage(format!("{}: {e}", printable(&path))))?;
    let mut last = exit::YES;
    for (step, replayed) in scenario.steps.iter().zip(&replayed) {
        let ended = match &replayed.ended {
            Ended::Instantiated(_) | Ended::Done => "done".to_owned(),
            Ended::Runs => "can go on".to_owned(),
            Ended::Blocked => "waits".to_owned(),
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
    Scenario::from_toml(&input::text(&path)?).map_err(|e| Failure::Usage(format!("{}: {e}", printable(&path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_as_they_are_printed() {
        let vector = |arg: &str| value(ValType::V128, arg);
        let v = 0x8f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
        assert_eq!(vector(&Value::V128(v).to_string()), Some(Val::V128(v)));
        assert_eq!(vector("i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 0x8f"), Some(Val::V128(v)));
        assert_eq!(vector("i16x8 0 0 0 0 0 0 0 -1"), Some(Val::V128(0xffff << 112)));
        assert_eq!(vector("i64x2 1 -1"), Some(Val::V128((u128::MAX << 64) | 1)));
        assert_eq!(vector("f32x4 1 0 0 -nan"), Some(Val::V128((0xffc0_0000 << 96) | 0x3f80_0000)));
        assert_eq!(vector("f64x2 0 -0.0"), Some(Val::V128(1 << 127)));
        for wrong in ["", "1", "i32x4", "i32x4 1 2 3", "i32x4 1 2 3 4 5", "i8x4 1 2 3 4", "i64x2 1 x", "i64x2 0 1e3"] {
            assert_eq!(vector(wrong), None, "{wrong}");
        }
    }
}
