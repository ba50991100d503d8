//! The proof that an instruction means what is said of it.

use assay_interp::outcome::TrapKind;
use assay_interp::value::{Node, Op, Term};
use z3::ast::{Array, BV, Bool};
use z3::{SatResult, Solver};

use super::meaning::{After, Meaning, Says, initial_memory, initial_table, join, number};
use super::reduction::{Outcome, Way, ways};
use crate::module::path::Path;
use crate::smt::{Translation, bounded};

/// Work on one question, in the solver's own units: several times what the hardest takes.
const RLIMIT: u32 = 40_000_000;

/// What one instruction is held against.
struct Proof<'a> {
    meaning: &'a Meaning,
    path: &'a Path,
    translation: Translation,
}

impl Proof<'_> {
    /// Asks for a model in which this doesn't hold.
    fn refute(&self, claim: &Bool) -> (SatResult, Solver) {
        let solver = bounded(RLIMIT);
        solver.assert(&self.meaning.given);
        solver.assert(claim.not());
        (solver.check(), solver)
    }

    /// That this holds in all models; else why that isn't shown, with the operands of a model and what is `seen` in it.
    fn holds(&self, what: &str, claim: &Bool, seen: &[(&str, &BV)]) -> Result<(), String> {
        let instr = &self.meaning.code;
        let (answer, solver) = self.refute(claim);
        let model = match answer {
            SatResult::Unsat => return Ok(()),
            SatResult::Unknown => return Err(format!("{instr}: {what}: the solver gave up")),
            SatResult::Sat => solver.get_model().expect("there is one"),
        };
        let operands = self.meaning.operands.iter().map(|(ty, bv)| (*ty, bv));
        let values = operands.chain(seen.iter().copied()).map(|(name, bv)| match model.eval(bv, true) {
            Some(value) => format!("{name} {value}"),
            None => format!("{name} (no value)"),
        });
        Err(format!("{instr}: {what}: {}", values.collect::<Vec<_>>().join(", ")))
    }

    fn bv(&mut self, t: Term) -> BV {
        self.translation.translate(&self.path.terms, &[t]);
        self.translation.bv(t)
    }

    /// That all facts of a way hold.
    fn taken(&mut self, way: &Way) -> Bool {
        let facts: Vec<Bool> = way.facts.iter().map(|fact| self.bv(*fact).eq(number(1, 1))).collect();
        Bool::and(&facts)
    }

    /// That the instruction traps for this reason, before it could for another.
    fn traps(&self, kind: TrapKind) -> Bool {
        let is = |(i, (condition, of)): (usize, &(Bool, TrapKind))| {
            let earlier = self.meaning.traps[..i].iter().map(|(condition, _)| condition.not());
            let all: Vec<Bool> = earlier.chain([condition.clone(), Bool::from_bool(*of == kind)]).collect();
            Bool::and(&all)
        };
        Bool::or(&self.meaning.traps.iter().enumerate().map(is).collect::<Vec<_>>())
    }

    /// That memory and table are these now.
    fn state_is(&mut self, way: &Way, (bytes, len, table): (Array, BV, BV)) -> Bool {
        self.translation.translate(&self.path.terms, &[way.memory]);
        let lengths = [self.bv(way.len).eq(len), self.bv(way.table).eq(table)];
        Bool::and(&[&self.translation.array(way.memory).eq(bytes), &lengths[0], &lengths[1]])
    }

    /// That the instruction does what it should if it goes this way.
    fn way(&mut self, way: &Way) -> Result<(), String> {
        let taken = self.taken(way);
        let ((bytes, len), table) = (initial_memory(), initial_table());
        let results = match &way.outcome {
            Outcome::Trapped(kind) => {
                self.holds(&format!("traps ({kind})"), &taken.implies(self.traps(*kind)), &[])?;
                let unchanged = self.state_is(way, (bytes, len, table));
                return self.holds("traps, and leaves all as it was", &taken.implies(unchanged), &[]);
            }
            Outcome::Results(results) => results,
        };
        let conditions: Vec<Bool> = self.meaning.traps.iter().map(|(condition, _)| condition.not()).collect();
        self.holds("doesn't trap", &taken.implies(Bool::and(&conditions)), &[])?;
        let after = match &self.meaning.after {
            After::Memory(bytes, len) => (bytes.clone(), len.clone(), table),
            After::Rewritten(_) => (bytes, len, table),
            After::Grown(more, elements) => {
                let result = self.bv(results[0]);
                let failed = result.eq(number(result.get_size(), u128::MAX));
                (bytes, failed.ite(&len, more), failed.ite(&table, elements))
            }
        };
        let state = self.state_is(way, after);
        self.holds("memory and table", &taken.implies(state), &[])?;
        self.results(&taken, results)
    }

    /// That each piece of the results is what is said of it.
    ///
    /// A relaxed one is so by whichever way it is chosen; and each member of its set can be chosen, the same for all
    /// pieces, whatever the operands are. What is proved for all choices is then proved for those of any engine.
    fn results(&mut self, taken: &Bool, results: &[Term]) -> Result<(), String> {
        let meaning = self.meaning;
        let mut chosen: Option<Vec<Vec<bool>>> = None;
        let mut at = 0;
        for (i, says) in meaning.says.iter().enumerate() {
            let of_choice = self.piece(taken, (i, says), at, results)?;
            at += says.width();
            if says.members.len() == 1 {
                continue;
            }
            let before = chosen.get_or_insert_with(|| vec![vec![true; says.members.len()]; of_choice.len()]);
            assert_eq!(before.len(), of_choice.len(), "{}: all pieces have as many choices", meaning.code);
            for (all, one) in before.iter_mut().flatten().zip(of_choice.iter().flatten()) {
                *all &= one;
            }
        }
        let width: u32 = results.iter().map(|t| u32::from(self.path.terms.width(*t))).sum();
        assert_eq!(at, width, "{}: all of the results is spoken of", meaning.code);
        let chosen = chosen.unwrap_or_default();
        // Whether it grows is chosen between the ways, and not in the result.
        let grows = matches!(meaning.after, After::Grown(..));
        let members = if grows { 0 } else { chosen.first().map_or(0, Vec::len) };
        match (0..members).find(|m| !chosen.iter().any(|members| members[*m])) {
            Some(m) => Err(format!("{}: no choice gives the result {m} of its set", meaning.code)),
            None => Ok(()),
        }
    }

    /// That a piece is a member of its set, by each choice; and which of them it is.
    fn piece(
        &mut self,
        taken: &Bool,
        (i, says): (usize, &Says),
        at: u32,
        results: &[Term],
    ) -> Result<Vec<Vec<bool>>, String> {
        let choices = self.choices(at, says.width(), results);
        let choices: Vec<BV> = choices.into_iter().map(|t| self.bv(t)).collect();
        let piece = join(results.iter().map(|t| self.bv(*t))).extract(at + says.width() - 1, at);
        let mut table = Vec::new();
        for pattern in 0..1u128 << choices.len() {
            let chosen = choices.iter().enumerate().map(|(j, choice)| choice.eq(number(1, pattern >> j & 1)));
            let given: Vec<Bool> = chosen.chain([taken.clone(), says.when.clone()]).collect();
            let given = Bool::and(&given);
            let is = |m: &BV| self.refute(&given.implies(piece.eq(m))).0 == SatResult::Unsat;
            let members: Vec<bool> = match &says.members[..] {
                [_] => vec![true],
                members => members.iter().map(is).collect(),
            };
            if says.members.len() == 1 || !members.contains(&true) {
                let any: Vec<Bool> = says.members.iter().map(|m| piece.eq(m)).collect();
                let seen = says.members.iter().map(|m| ("should be", m));
                let seen: Vec<_> = [("is", &piece)].into_iter().chain(seen).collect();
                self.holds(&format!("piece {i}"), &given.implies(Bool::or(&any)), &seen)?;
            }
            table.push(members);
        }
        Ok(table)
    }

    /// The variables by which a piece of the results is chosen.
    fn choices(&self, at: u32, width: u32, results: &[Term]) -> Vec<Term> {
        let terms = &self.path.terms;
        let is_choice = |t: &Term| matches!(terms.node(*t), Node::Var(id) if terms.var(id).0 == "relaxed");
        let [result] = results else { return Vec::new() };
        let piece = terms.op(Op::Extract(at as u8), width as u8, [*result; 3]);
        self.path.variables(piece).into_iter().filter(is_choice).collect()
    }

    fn all(&mut self, ways: &[Way]) -> Result<(), String> {
        let taken: Vec<Bool> = ways.iter().map(|way| self.taken(way)).collect();
        self.holds("one of the ways is taken", &Bool::or(&taken), &[])?;
        ways.iter().try_for_each(|way| self.way(way))
    }
}

/// Proves that an instruction means this.
pub(super) fn prove(meaning: &Meaning) -> Result<(), String> {
    let path = Path::default();
    let (state, ways) = ways(&path, meaning);
    let mut translation = Translation::default();
    // The variables are the constants that the meaning speaks of.
    for (t, (_, bv)) in state.operands.iter().zip(&meaning.operands) {
        translation.asts.insert(*t, bv.clone().into());
    }
    let (bytes, len) = initial_memory();
    translation.asts.insert(state.memory, bytes.into());
    translation.asts.insert(state.len, len.into());
    translation.asts.insert(state.table, initial_table().into());
    Proof { meaning, path: &path, translation }.all(&ways)
}
