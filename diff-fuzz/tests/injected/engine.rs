//! An engine with a fault: the interpreter, on modules in which the broken instruction is replaced.

use std::collections::BTreeMap;
use std::fmt::Write;

use assay_engines::{Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value};
use assay_interp::binary;
use assay_interp::syntax::{AddrType, CompType, Features, Immediate, Module, Plain, StorageType, ValType, plain};
use wasm_encoder::RawSection;
use wasmparser::Parser;

use crate::table::{By, Fault, words};

/// The interpreter, but for a fault.
pub(crate) struct Broken {
    interp: Interp,
    fault: Fault,
    /// The last module, and what it was replaced by: it is instantiated again and again.
    last: Option<(Vec<u8>, Vec<u8>)>,
}

impl Broken {
    pub(crate) fn new(interp: Interp, fault: Fault) -> Broken {
        Broken { interp, fault, last: None }
    }
}

impl Engine for Broken {
    fn id(&self) -> String {
        "broken".into()
    }
    fn version(&self) -> String {
        "1".into()
    }
    fn features(&self) -> Features {
        self.interp.features()
    }
    fn reset(&mut self) {
        self.interp.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.interp.validate(wasm)
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        if self.last.as_ref().is_none_or(|(last, _)| last != wasm) {
            let broken = broken(&self.fault, wasm, self.interp.features()).unwrap_or_else(|why| panic!("{why}"));
            self.last = Some((wasm.to_vec(), broken));
        }
        let (_, broken) = self.last.as_ref().expect("it has just been kept");
        self.interp.instantiate(broken, links)
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.interp.invoke(instance, export, args)
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.interp.get(instance, export)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.interp.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.interp.memory(instance, export)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.interp.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.interp.table(instance, export)
    }
    fn log(&mut self) -> Vec<HostCall> {
        self.interp.log()
    }
}

/// A module with each broken instruction replaced, in the code of its functions. It is done on the module's text, with
/// functions added behind all others, so that no index moves. One that isn't replaced in stays as it is; a replacement
/// that isn't valid is a mistake of the table.
///
/// # Errors
///
/// That mistake.
pub(crate) fn broken(fault: &Fault, wasm: &[u8], features: Features) -> Result<Vec<u8>, String> {
    let module = binary::decode_with(wasm, features).expect("an engine instantiates what is valid");
    let named = |name: &str| fault.mnemonics().any(|mnemonic| mnemonic == name);
    let mut instrs = module.funcs.iter().flat_map(|func| func.body.read().instrs.clone());
    if !instrs.any(|instr| named(instr.mnemonic())) {
        return Ok(wasm.to_vec());
    }
    let text = wasmprinter::print_bytes(without_names(wasm)).expect("what is valid can be printed");
    let mut rewriter = Rewriter { fault, module: &module, func: 0, funcs: BTreeMap::new(), added: String::new() };
    let mut rewritten = String::new();
    for line in text.trim_end().strip_suffix(')').expect("a module ends").lines() {
        if let Some(number) = line.trim_start().strip_prefix("(func (;") {
            let (number, _) = number.split_once(";)").expect("a comment ends");
            rewriter.func = number.parse().expect("it is a function's index");
        }
        match instr(line).filter(|instr| named(instr.split(' ').next().unwrap_or_default())) {
            Some(instr) => rewriter.replace(line, &rewriter.parts(&instr), &mut rewritten),
            None => rewritten.push_str(line),
        }
        rewritten.push('\n');
    }
    let text = format!("{rewritten}{}\n)", rewriter.added);
    let wasm = wat::parse_str(&text).map_err(|e| format!("{}: {e}", fault.name))?;
    binary::check_with(&wasm, features).map_err(|e| format!("{}: {e}\n{text}", fault.name))?;
    Ok(wasm)
}

/// Without custom sections: indices are printed as numbers then.
fn without_names(wasm: &[u8]) -> Vec<u8> {
    let mut copy = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Some((id, range)) = payload.expect("it is well-formed").as_section()
            && id != 0
        {
            copy.section(&RawSection { id, data: &wasm[range] });
        }
    }
    copy.finish()
}

/// The instruction on a line of a printed module, without comments. Whatever else there is begins with a parenthesis.
fn instr(line: &str) -> Option<String> {
    let line = line.trim_start();
    if !line.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let mut rest = line.split(";;").next().unwrap_or_default();
    let mut instr = String::new();
    while let Some((before, comment)) = rest.split_once("(;") {
        instr.push_str(before.trim_end());
        rest = comment.split_once(";)").map_or("", |(_, after)| after);
    }
    instr.push_str(rest.trim_end());
    Some(instr)
}

/// An instruction of a printed module.
struct Parts {
    mnemonic: String,
    /// All immediates.
    immediates: Vec<String>,
    /// Those that are types of blocks, operands or functions.
    types: Vec<String>,
    /// The others, without alignment and offset of an access.
    others: Vec<String>,
    /// Bytes that an access adds to its address.
    offset: String,
    /// The type of the local, global, element or field, of a tag's last operand.
    t: Option<String>,
    /// The type of the memory's or table's addresses.
    at: Option<String>,
}

struct Rewriter<'a> {
    fault: &'a Fault,
    module: &'a Module,
    /// The index of the function whose code it is.
    func: u32,
    /// Names of functions that are added, by their text.
    funcs: BTreeMap<String, String>,
    added: String,
}

impl Rewriter<'_> {
    fn parts(&self, instr: &str) -> Parts {
        let (mnemonic, immediates) = words(instr).split_first().map(|(m, words)| (*m, words.to_vec())).expect("a name");
        let is_type = |word: &&str| ["(type", "(param", "(result"].iter().any(|begin| word.starts_with(begin));
        let (types, others): (Vec<&str>, Vec<&str>) = immediates.iter().copied().partition(is_type);
        let is_memarg = |word: &&str| word.starts_with("offset=") || word.starts_with("align=");
        let (memarg, mut others): (Vec<&str>, Vec<&str>) = others.into_iter().partition(is_memarg);
        if others.is_empty() && mnemonic.ends_with(".copy") {
            others = vec!["0", "0"];
        }
        let offset = memarg.iter().find_map(|word| word.strip_prefix("offset=")).unwrap_or("0");
        let (t, at) = self.types(mnemonic, &others);
        let strings = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        Parts {
            mnemonic: mnemonic.to_owned(),
            immediates: strings(immediates),
            types: strings(types),
            others: strings(others),
            offset: offset.to_owned(),
            t,
            at,
        }
    }

    /// Writes what the instruction of a line is replaced by; the line itself, if it isn't.
    fn replace(&mut self, line: &str, parts: &Parts, out: &mut String) {
        let begin = std::iter::once(&parts.mnemonic).chain(&parts.others).chain(&parts.t).chain(&parts.at);
        if !self.fault.replaces(&begin.map(String::as_str).collect::<Vec<_>>()) {
            out.push_str(line);
            return;
        }
        let text = match self.fault.by {
            By::Text(text) => self.filled(text, parts),
            By::Function { plain, when, then } => self.filled(&function(&plain, when, then), parts),
        };
        let (instrs, func) = text.split_at(text.find("(func ").unwrap_or(text.len()));
        if func.is_empty() {
            out.push_str(instrs);
            return;
        }
        let n = self.funcs.len();
        let name = self.funcs.entry(func.to_owned()).or_insert_with(|| {
            let name = format!("$broken{n}");
            let _ = writeln!(self.added, "(func {name} {}", &func["(func ".len()..]);
            name
        });
        let call = format!("call {name}");
        match instrs.trim() {
            "" => out.push_str(&call),
            instrs => out.push_str(&instrs.replace("{call}", &call)),
        }
    }

    /// The placeholders of a text filled in.
    fn filled(&self, text: &str, parts: &Parts) -> String {
        let Parts { others, .. } = parts;
        let (last, but_last) = others.split_last().map_or(("", &[][..]), |(last, others)| (last, others));
        let lanes = match plain().find(|op| op.mnemonic == parts.mnemonic).map(|op| op.immediate) {
            Some(Immediate::Lane(_) | Immediate::MemoryLane(..)) => 1,
            _ => 0,
        };
        let memory = if others.len() > lanes { &others[0] } else { "" };
        let heap = last.trim_start_matches("(ref null ").trim_start_matches("(ref ").trim_end_matches(')');
        let at = parts.at.as_deref().unwrap_or_default();
        // Of 64 bits, an address stays what it is.
        let extend = if at == "i64" { "i64.or (i64.const 0)" } else { "i64.extend_i32_u" };
        let mut values = vec![
            ("imm", parts.immediates.join(" ")),
            ("types", parts.types.join(" ")),
            ("last", last.to_owned()),
            ("others", but_last.join(" ")),
            ("offset", parts.offset.clone()),
            ("memarg", format!("{memory} offset={}", parts.offset)),
            ("t", parts.t.clone().unwrap_or_default()),
            ("at", at.to_owned()),
            ("extend", extend.to_owned()),
            ("heap", heap.to_owned()),
            ("bottom", if text.contains("{bottom}") { self.bottom(heap).to_owned() } else { String::new() }),
        ];
        let number = |i: usize| others.get(i).cloned().unwrap_or_default();
        values.extend([("0", number(0)), ("1", number(1)), ("2", number(2)), ("3", number(3))]);
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// The heap type below all others of a hierarchy.
    fn bottom(&self, heap: &str) -> &'static str {
        match heap {
            "func" | "nofunc" => "nofunc",
            "extern" | "noextern" => "noextern",
            "exn" | "noexn" => "noexn",
            _ => match heap.parse().map(|x| self.module.comp_type(x)) {
                Ok(CompType::Func(_)) => "nofunc",
                _ => "none",
            },
        }
    }

    /// The type of what is accessed, and that of addresses.
    fn types(&self, mnemonic: &str, words: &[&str]) -> (Option<String>, Option<String>) {
        let number = |i: usize| words.get(i).and_then(|word| word.parse::<usize>().ok());
        // The first memory and the first table needn't be named.
        let named = if mnemonic.ends_with(".init") && words.len() == 1 { 0 } else { number(0).unwrap_or(0) };
        let value = |t: &StorageType| match t {
            StorageType::Val(t) => t.to_string(),
            StorageType::I8 | StorageType::I16 => ValType::I32.to_string(),
        };
        let memory = |x: usize| {
            let memory = self.module.mem_types().get(x).copied();
            (None, memory.map(|memory| written(memory.addr)))
        };
        if let Some(op) = plain().find(|op| op.mnemonic == mnemonic) {
            return match op.immediate {
                Immediate::Memory(_) => memory(named),
                Immediate::MemoryLane(..) => memory(if words.len() > 1 { named } else { 0 }),
                _ => (None, None),
            };
        }
        match mnemonic.split_once('.').unwrap_or((mnemonic, "")) {
            ("memory", _) => memory(named),
            ("table", _) | ("call_indirect" | "return_call_indirect", "") => {
                let table = self.module.table_types()[named];
                (Some(table.element.to_string()), Some(written(table.addr)))
            }
            ("array" | "struct", name) if name != "len" => {
                let t = match self.module.comp_type(named as u32) {
                    CompType::Array(field) => Some(value(&field.storage)),
                    CompType::Struct(fields) => {
                        number(1).and_then(|i| fields.get(i)).map(|field| value(&field.storage))
                    }
                    CompType::Func(_) => None,
                };
                (t, None)
            }
            ("local", _) => {
                let func = self.module.func(self.func).expect("the function has a body");
                let params = &self.module.func_type(func.ty).params;
                let locals = func.locals.iter().flat_map(|(n, t)| std::iter::repeat_n(t, *n as usize));
                let t = params.iter().chain(locals).nth(named).expect("there is such a local");
                (Some(t.to_string()), None)
            }
            ("global", _) => (Some(self.module.global_types()[named].val.to_string()), None),
            ("throw", "") => {
                let ty = self.module.tag_type_indices().nth(named).expect("there is such a tag");
                (self.module.func_type(ty).params.last().map(ToString::to_string), None)
            }
            _ => (None, None),
        }
    }
}

fn written(addr: AddrType) -> String {
    match addr {
        AddrType::I32 => "i32".to_owned(),
        AddrType::I64 => "i64".to_owned(),
    }
}

/// The text of a function of a plain instruction's operands `$a`, `$b`, `$c`, the address first.
fn function(op: &Plain, when: Option<&str>, then: &str) -> String {
    let accesses = matches!(op.immediate, Immediate::Memory(_) | Immediate::MemoryLane(..));
    let address = accesses.then(|| "{at}".to_owned());
    let types = address.into_iter().chain(op.params.iter().map(ToString::to_string));
    let params: Vec<(&str, String)> = ["$a", "$b", "$c", "$d"].into_iter().zip(types).collect();
    let get = |text: &str| {
        params.iter().fold(text.to_owned(), |text, (name, _)| text.replace(name, &format!("(local.get {name})")))
    };
    let list: String = params.iter().map(|(name, t)| format!("(param {name} {t}) ")).collect();
    let results: String = op.results.iter().map(|t| format!("(result {t}) ")).collect();
    let body = match when {
        None => get(then),
        Some(when) => {
            let operands: Vec<&str> = params.iter().map(|(name, _)| *name).collect();
            let right = format!("({} {{imm}} {})", op.mnemonic, operands.join(" "));
            format!("{} (if {results}(then {}) (else {}))", get(when), get(then), get(&right))
        }
    };
    format!("(func {list}{results}{body})")
}
