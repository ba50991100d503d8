//! One instruction over terms, by all ways that its reduction can go.

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::module::alloc_module;
use assay_interp::exec::{Config, Progress, Redex, Store, Val};
use assay_interp::outcome::TrapKind;
use assay_interp::syntax::Features;
use assay_interp::value::{Reading, Term};

use super::meaning::{After, Meaning, bits};
use crate::module::path::{Assumptions, Path, SymMemory, SymTable, Undecided};

/// The variables that the instruction starts from.
pub(super) struct State {
    pub(super) operands: Vec<Term>,
    /// An array of bytes.
    pub(super) memory: Term,
    pub(super) len: Term,
    /// The length of the table.
    pub(super) table: Term,
}

/// One way of reducing the instruction.
pub(super) struct Way {
    /// What it was taken for.
    pub(super) facts: Vec<Term>,
    pub(super) outcome: Outcome,
    /// The memory afterwards.
    pub(super) memory: Term,
    pub(super) len: Term,
    /// The length of the table.
    pub(super) table: Term,
}

/// How it ends.
pub(super) enum Outcome {
    Trapped(TrapKind),
    /// The bits of the results.
    Results(Vec<Term>),
}

fn value(ty: &str, t: Term) -> Val<Path> {
    match ty {
        "i32" => Val::I32(t),
        "i64" => Val::I64(t),
        "f32" => Val::F32(t),
        "f64" => Val::F64(t),
        _ => Val::V128(t),
    }
}

fn term(v: &Val<Path>) -> Term {
    match v {
        Val::I32(t) | Val::I64(t) | Val::F32(t) | Val::F64(t) | Val::V128(t) => *t,
        Val::Ref(_) => panic!("a reference has no bits"),
    }
}

/// Assembles a function of the instruction alone, decodes it, and invokes it on variables.
fn begin(path: &Path, meaning: &Meaning) -> (State, Config<Path>) {
    let params: Vec<&str> = meaning.operands.iter().map(|(ty, _)| *ty).collect();
    let (params, results) = (params.join(" "), meaning.results.join(" "));
    // The memory and the table are given lengths below, which the module's own don't bound.
    let text = format!(
        "(module (memory {0} 0) (data \"abc\") (table {0} 0 funcref) (elem func 0 0 0)
           (func (param {params}) (result {results}) {1}))",
        meaning.address, meaning.code
    );
    let wasm = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let features = Features { wide_arithmetic: true, ..Features::default() };
    let module = binary::decode_with(&wasm, features).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut config = Config::new(Store::default(), usize::MAX);
    let instance = alloc_module(&mut config, path, &Arc::new(module), &[], &mut Config::step).expect("there is room");
    let (memory, len) = (path.terms.array("memory"), path.terms.variable("length", 64));
    config.store.mems[0].bytes = SymMemory { array: memory, len };
    let table = path.terms.variable("elements", 64);
    config.store.tables[0].elements = SymTable { elements: None, len: table };
    let operand = |ty: &str| path.terms.variable("operand", bits(ty) as u8);
    let operands: Vec<Term> = meaning.operands.iter().map(|(ty, _)| operand(ty)).collect();
    for ((ty, _), t) in meaning.operands.iter().zip(&operands) {
        config.stack.push(value(ty, *t));
    }
    config.invoke(path, instance.funcs[0]);
    (State { operands, memory, len, table }, config)
}

/// All ways to its end.
pub(super) fn ways(path: &Path, meaning: &Meaning) -> (State, Vec<Way>) {
    let (state, config) = begin(path, meaning);
    let mut ways = Vec::new();
    let mut todo = vec![(config, Assumptions::default(), Vec::new())];
    while let Some((mut config, assumptions, choices)) = todo.pop() {
        // The step in which the way was forked is taken anew.
        let mut anew = true;
        path.resume(assumptions, choices);
        let outcome = loop {
            config.focus(path);
            let before = config.clone();
            let is_next = |name: &str| matches!(config.redex(), Some(Redex::Instr(instr)) if instr.mnemonic() == name);
            let rewrites = matches!(&meaning.after, After::Rewritten(name) if is_next(name));
            path.begin_step(anew);
            anew = false;
            match config.step(path) {
                Ok(Progress::Reduced(_)) => match &config.trap {
                    Some(trap) => break Outcome::Trapped(trap.kind),
                    None if rewrites => break Outcome::Results(Vec::new()),
                    None => {}
                },
                Ok(Progress::Ended) => break Outcome::Results(config.stack.values().iter().map(term).collect()),
                Ok(other) => panic!("{}: {other:?}", meaning.code),
                Err(Undecided::Fork { condition, .. }) => {
                    let mut other = path.assumptions();
                    other.assume(&path.terms, path.negate(condition));
                    todo.push((before.clone(), other, path.choices()));
                    path.assume(condition);
                    (config, anew) = (before, true);
                }
                Err(Undecided::GiveUp(why)) => panic!("{}: {why}", meaning.code),
            }
        };
        let mem = &config.store.mems[0].bytes;
        let (memory, len, table) = (mem.array, mem.len, config.store.tables[0].elements.len);
        ways.push(Way { facts: path.assumptions().facts, outcome, memory, len, table });
    }
    (state, ways)
}
