//! From a solver's model to a scenario, and its replay.

use std::fmt;

use assay_engines::{Interp, Outcome, Player, Value};
use assay_interp::exec::{Ref, Val};
use assay_interp::scenario::{Answer, Scenario, Step, Write};
use assay_interp::syntax::{ExternIdx, Features, FuncType, HeapType, Idx, Module, NumType, ValType};
use assay_interp::trace::Last;
use assay_interp::value::{Node, Op, Term};

use super::obligation::Obligation;
use super::path::Path;
use crate::smt::{Answer as Solved, Model, check};

/// A scenario in which the module traps at an instruction, as the interpreter has replayed it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What the outside does. The module goes by the name `module`.
    pub scenario: Scenario,
    /// The last steps of the derivation.
    pub derivation: Vec<String>,
    /// Number of all steps of the call that trapped.
    pub steps: u64,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  scenario:")?;
        for line in self.scenario.to_string().lines() {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "  the last of its {} steps (rule, instruction, operands, results):", self.steps)?;
        for line in &self.derivation {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

/// The state that an entry began in, and what the outside did since: what a model gives values to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun {
    pub(crate) entry: Idx,
    /// The arguments.
    pub(crate) args: Vec<Term>,
    /// For each global that may have changed before the entry: its index and value.
    pub(crate) globals: Vec<(Idx, Term)>,
    /// For each memory its bytes, and its length.
    pub(crate) mems: Vec<(Term, Term)>,
    /// Assumptions that make the state the one right after instantiation, as far as they can be had.
    pub(crate) pristine: Vec<Term>,
    /// The answers of the host so far: the import, and its results.
    pub(crate) answers: Vec<(usize, Vec<Term>)>,
}

/// Looks for a scenario that traps at `obligation`, under the assumptions of the path and of the trap. First from the
/// state right after instantiation, then from any.
///
/// `Ok(None)` if nothing satisfies the assumptions: then the path can't trap so.
pub(crate) fn search(
    wasm: &[u8],
    module: &Module,
    path: &Path,
    begun: &Begun,
    facts: &[Term],
    obligation: Obligation,
    rlimit: u32,
) -> Result<Option<Witness>, NotFound> {
    let reads = reads(path, begun, facts);
    let mut wanted: Vec<Term> = begun.args.clone();
    wanted.extend(begun.globals.iter().map(|(_, t)| *t));
    wanted.extend(begun.answers.iter().flat_map(|(_, results)| results));
    wanted.extend(reads.iter().flat_map(|(_, at, byte)| [*at, *byte]));
    let wanted: Vec<Term> = wanted.into_iter().filter(|t| path.terms.width(*t) > 0).collect();

    let mut best = NotFound::Solver;
    for pristine in [&begun.pristine[..], &[]] {
        let mut facts = facts.to_vec();
        facts.extend(pristine);
        match check(&path.terms, &facts, &wanted, rlimit) {
            Solved::Unsat if pristine.is_empty() => return Ok(None),
            Solved::Unsat | Solved::Unknown => {}
            Solved::Sat(model) => {
                best = NotFound::Scenario;
                let scenario = scenario(module, begun, &reads, &model);
                if let Some(witness) = scenario.and_then(|s| replayed(wasm, s, obligation)) {
                    return Ok(Some(witness));
                }
            }
        }
        if begun.pristine.is_empty() {
            break;
        }
    }
    Err(best)
}

/// Why there is no witness, though the path may trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// The solver gave up.
    Solver,
    /// A model, but no scenario that replays.
    Scenario,
}

/// The bytes of the first memories that the assumptions depend on: memory, address, byte.
fn reads(path: &Path, begun: &Begun, facts: &[Term]) -> Vec<(usize, Term, Term)> {
    let mut reads = Vec::new();
    for t in path.terms.reachable(facts) {
        let Node::Op(Op::Select, [array, at, _]) = path.terms.node(t) else { continue };
        // Through the stores to the array that was there at first.
        let mut root = array;
        while let Node::Op(Op::Store, [older, ..]) = path.terms.node(root) {
            root = older;
        }
        if let Some(mem) = begun.mems.iter().position(|(bytes, _)| *bytes == root) {
            // The byte that was there, not the one that is read: a store may lie between.
            reads.push((mem, at, path.terms.select(root, at)));
        }
    }
    reads
}

fn value(t: ValType, bits: u128) -> Value {
    match t {
        ValType::Num(NumType::I32) => Val::I32(bits as u32),
        ValType::Num(NumType::I64) => Val::I64(bits as u64),
        ValType::Num(NumType::F32) => Val::F32(bits as u32),
        ValType::Num(NumType::F64) => Val::F64(bits as u64),
        ValType::V128 => Val::V128(bits),
        // The term of a reference is whether it is null.
        ValType::Ref(r) if r.heap == HeapType::Extern && bits == 0 => Val::Ref(Ref::host(1)),
        ValType::Ref(r) => Val::Ref(Ref::Null(r.heap.abs_top())),
    }
}

fn values(types: &[ValType], terms: &[Term], model: &Model) -> Vec<Value> {
    types.iter().zip(terms).map(|(t, term)| value(*t, model.value(*term))).collect()
}

/// What the outside would have to do, if it can.
fn scenario(module: &Module, begun: &Begun, reads: &[(usize, Term, Term)], model: &Model) -> Option<Scenario> {
    let name_of = |item| module.exports.iter().find(|e| e.item == item).map(|e| e.name.clone());
    let (func_types, global_types) = (module.func_types(), module.global_types());
    let imports: Vec<_> = module.imports.iter().filter(|i| i.type_index.is_some()).collect();
    let answer = |(import, results): &(usize, Vec<Term>)| {
        let ty: &FuncType = &func_types[*import];
        let import = imports[*import];
        let results = values(&ty.results, results, model);
        Answer { import: (import.module.clone(), import.name.clone()), results, throws: false }
    };
    let answers = begun.answers.iter().map(answer).collect();
    let mut steps = vec![Step::Instantiate { module: "module".into(), register: None, answers }];
    for (x, t) in &begun.globals {
        let ty = global_types[*x as usize];
        if let Some(export) = name_of(ExternIdx::Global(*x)).filter(|_| ty.mutable) {
            steps.push(Step::Set { instance: 0, export, value: value(ty.val, model.value(*t)) });
        }
    }
    let mut bytes: Vec<(usize, u64, u8)> =
        reads.iter().map(|(mem, at, byte)| (*mem, model.value(*at) as u64, model.value(*byte) as u8)).collect();
    bytes.sort_unstable();
    bytes.dedup();
    for run in bytes.chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1) {
        let (mem, offset, _) = run[0];
        // Zeros are there already in most memories; what isn't exported can't be written.
        if let Some(export) = name_of(ExternIdx::Mem(mem as Idx)) {
            let bytes = run.iter().map(|(.., byte)| *byte).collect();
            steps.push(Step::Write(Write { instance: 0, export, offset, bytes }));
        }
    }
    let args = values(&func_types[begun.entry as usize].params, &begun.args, model);
    let export = name_of(ExternIdx::Func(begun.entry))?;
    steps.push(Step::Call { instance: 0, export, args });
    Some(Scenario { steps, ..Scenario::default() })
}

/// Steps of a replay: each is written down.
const FUEL: u64 = 1 << 20;

/// The scenario as a witness, if the interpreter traps in its last step, in this way and at this very instruction,
/// whatever the results of numeric operations are chosen to be, from instantiation on. Growth succeeds, as it does in
/// an engine that has the memory.
fn replayed(wasm: &[u8], mut scenario: Scenario, obligation: Obligation) -> Option<Witness> {
    let budgets = assay_engines::Budgets { fuel: FUEL, ..Default::default() };
    let mut interp = Interp::with_features(budgets, Features::ALL);
    let call = scenario.steps.pop()?;
    let Step::Call { instance, export, args } = &call else { return None };
    let mut player = Player::new(&mut interp);
    for step in &scenario.steps {
        player.play(step, &mut |_| Ok(wasm.to_vec())).ok()?;
    }
    let instance = player.instance(*instance)?;
    let mut last = Last::new(8);
    let outcome = interp.invoke_observed(instance, export, args, &mut last);
    let Outcome::Trapped(trap) = outcome else { return None };
    if trap.kind != obligation.kind || trap.place != Some(obligation.place) || interp.chosen().numeric() {
        return None;
    }
    scenario.steps.push(call);
    let derivation = last.lines().map(str::to_owned).collect();
    Some(Witness { scenario, derivation, steps: last.count })
}
