//! Terms to Z3, and questions to it. Nothing else in the project knows the solver.

#[cfg(test)]
mod semantics;

use std::collections::HashMap;

use assay_interp::value::{Node, Op, Term, Terms, VarId};
use z3::ast::{Array, BV, Bool, Dynamic};
use z3::{Params, SatResult, Solver, Sort};

/// What a solver says of a conjunction.
pub(crate) enum Answer {
    /// Nothing satisfies it.
    Unsat,
    /// This does.
    Sat(Model),
    /// It ran out of its resource limit, or can't tell.
    Unknown,
}

/// Values for the terms that were asked for.
pub(crate) struct Model {
    values: HashMap<Term, u128>,
}

impl Model {
    /// The value of a term that was asked for.
    pub(crate) fn value(&self, t: Term) -> u128 {
        self.values.get(&t).copied().unwrap_or(0)
    }
}

/// Asks, in a solver of its own, whether all of `facts` can hold together. `rlimit` bounds the work in the solver's own
/// units, so that the answer doesn't depend on the machine. `wanted` are the terms whose values a model is to give.
pub(crate) fn check(terms: &Terms, facts: &[Term], wanted: &[Term], rlimit: u32) -> Answer {
    let mut translation = Translation::default();
    let mut roots = facts.to_vec();
    roots.extend(wanted);
    translation.translate(terms, &roots);
    let solver = bounded(rlimit);
    for fact in facts {
        solver.assert(translation.truth(*fact));
    }
    match solver.check() {
        SatResult::Unsat => Answer::Unsat,
        SatResult::Unknown => Answer::Unknown,
        SatResult::Sat => {
            let Some(model) = solver.get_model() else { return Answer::Unknown };
            // A number has 64 bits at most for the solver's interface: wider ones are read in halves.
            let part = |bv: BV| model.eval(&bv, true)?.as_u64().map(u128::from);
            let value = |t: &Term| {
                let bv = translation.bv(*t);
                Some((
                    *t,
                    match bv.get_size() {
                        0..=64 => part(bv)?,
                        size => part(bv.extract(size - 1, 64))? << 64 | part(bv.extract(63, 0))?,
                    },
                ))
            };
            Answer::Sat(Model { values: wanted.iter().filter_map(value).collect() })
        }
    }
}

fn bounded(rlimit: u32) -> Solver {
    let solver = Solver::new();
    let mut params = Params::new();
    params.set_u32("rlimit", rlimit);
    solver.set_params(&params);
    solver
}

/// A solver that many questions about the same terms go to, each about some of the facts that it has met so far.
#[derive(Debug)]
pub(crate) struct Questions {
    translation: Translation,
    solver: Solver,
    /// For each fact, what stands for it when it is assumed.
    assumed: HashMap<Term, Bool>,
}

impl Questions {
    /// No questions yet; `rlimit` bounds the work on each.
    pub(crate) fn new(rlimit: u32) -> Questions {
        Questions { translation: Translation::default(), solver: bounded(rlimit), assumed: HashMap::new() }
    }

    /// Whether all of `facts` can hold together; `None` if the solver gave up.
    pub(crate) fn possible(&mut self, terms: &Terms, facts: &[Term]) -> Option<bool> {
        self.translation.translate(terms, facts);
        let mut assumptions = Vec::new();
        for fact in facts {
            let assumed = self.assumed.entry(*fact).or_insert_with(|| {
                let name = Bool::fresh_const("assumed");
                self.solver.assert(name.implies(self.translation.truth(*fact)));
                name
            });
            assumptions.push(assumed.clone());
        }
        match self.solver.check_assumptions(&assumptions) {
            SatResult::Unsat => Some(false),
            SatResult::Sat => Some(true),
            SatResult::Unknown => None,
        }
    }
}

/// Terms as Z3 sees them. One bit is a bit vector like any other; solvers see through it.
#[derive(Debug, Default)]
struct Translation {
    asts: HashMap<Term, Dynamic>,
}

impl Translation {
    fn bv(&self, t: Term) -> BV {
        self.asts[&t].as_bv().expect("not an array")
    }

    fn array(&self, t: Term) -> Array {
        self.asts[&t].as_array().expect("an array")
    }

    fn truth(&self, t: Term) -> Bool {
        self.bv(t).eq(BV::from_u64(1, 1))
    }

    /// Translates what the roots are built from, operands first.
    fn translate(&mut self, terms: &Terms, roots: &[Term]) {
        for t in terms.reachable(roots) {
            if self.asts.contains_key(&t) {
                continue;
            }
            let width = u32::from(terms.width(t));
            let ast = match terms.node(t) {
                Node::Const(c) => number(c, width),
                Node::Var(id) => variable(id, width),
                Node::Op(op, args) => self.op(terms, op, width, args),
            };
            self.asts.insert(t, ast);
        }
    }

    fn op(&self, terms: &Terms, op: Op, width: u32, [a, b, c]: [Term; 3]) -> Dynamic {
        let x = || self.bv(a);
        let y = || self.bv(b);
        let bit = |b: Bool| Dynamic::from_ast(&b.ite(&BV::from_u64(1, 1), &BV::from_u64(0, 1)));
        let bv = |r: BV| Dynamic::from_ast(&r);
        let wider = || width - u32::from(terms.width(a));
        match op {
            Op::Add => bv(x().bvadd(y())),
            Op::Sub => bv(x().bvsub(y())),
            Op::Mul => bv(x().bvmul(y())),
            Op::Udiv => bv(x().bvudiv(y())),
            Op::Urem => bv(x().bvurem(y())),
            Op::Sdiv => bv(x().bvsdiv(y())),
            Op::Srem => bv(x().bvsrem(y())),
            Op::And => bv(x().bvand(y())),
            Op::Or => bv(x().bvor(y())),
            Op::Xor => bv(x().bvxor(y())),
            Op::Shl => bv(x().bvshl(y())),
            Op::Lshr => bv(x().bvlshr(y())),
            Op::Ashr => bv(x().bvashr(y())),
            Op::Eq => bit(x().eq(y())),
            Op::Ult => bit(x().bvult(y())),
            Op::Slt => bit(x().bvslt(y())),
            Op::Extract(low) => bv(x().extract(u32::from(low) + width - 1, u32::from(low))),
            Op::Concat => bv(x().concat(y())),
            Op::Zext => bv(x().zero_ext(wider())),
            Op::Sext => bv(x().sign_ext(wider())),
            Op::Ite if width == 0 => Dynamic::from_ast(&self.truth(a).ite(&self.array(b), &self.array(c))),
            Op::Ite => bv(self.truth(a).ite(&self.bv(b), &self.bv(c))),
            Op::Select => self.array(a).select(&self.bv(b)),
            Op::Store => Dynamic::from_ast(&self.array(a).store(&self.bv(b), &self.bv(c))),
        }
    }
}

/// A number of up to 128 bits.
fn number(c: u128, width: u32) -> Dynamic {
    let low = BV::from_u64(c as u64, width.min(64));
    Dynamic::from_ast(&if width > 64 { BV::from_u64((c >> 64) as u64, width - 64).concat(&low) } else { low })
}

fn variable(id: VarId, width: u32) -> Dynamic {
    let name = format!("{id:?}");
    match width {
        0 => Dynamic::from_ast(&Array::new_const(name, &Sort::bitvector(64), &Sort::bitvector(8))),
        _ => Dynamic::from_ast(&BV::new_const(name, width)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_interp::value::Reading;
    use assay_interp::value::{W32, W64, W128};

    fn decide(terms: &Terms, fact: Term) -> &'static str {
        match check(terms, &[fact], &[], 1_000_000) {
            Answer::Unsat => "unsat",
            Answer::Sat(_) => "sat",
            Answer::Unknown => "unknown",
        }
    }

    #[test]
    fn answers_and_models() {
        let t = Terms::new();
        let (x, y) = (t.variable("x", 32), t.variable("y", 32));
        let sum = t.add::<W32>(x, y);
        let wraps = t.ult::<W32>(sum, x);
        assert_eq!(decide(&t, wraps), "sat");
        let wide = t.add::<W64>(t.zext::<W32, W64>(x), t.zext::<W32, W64>(y));
        let wraps = t.ult::<W64>(wide, t.zext::<W32, W64>(x));
        assert_eq!(decide(&t, wraps), "unsat");
        let is_seven = t.eq::<W32>(t.mul::<W32>(x, t.constant::<W32>(3)), t.constant::<W32>(21));
        match check(&t, &[is_seven], &[x], 1_000_000) {
            Answer::Sat(model) => assert_eq!(model.value(x).wrapping_mul(3) & 0xffff_ffff, 21),
            _ => panic!("7 * 3 = 21"),
        }
    }

    #[test]
    fn models_of_128_bits_are_whole() {
        let t = Terms::new();
        let x = t.variable("x", 128);
        let wanted = 0x0123_4567_89ab_cdef_8edc_ba98_7654_3210;
        let shifted = t.xor::<W128>(x, t.constant::<W128>(wanted << 1));
        match check(&t, &[t.eq::<W128>(shifted, t.constant::<W128>(1))], &[x], 1_000_000) {
            Answer::Sat(model) => assert_eq!(model.value(x), wanted << 1 | 1),
            _ => panic!("there is one solution"),
        }
    }

    #[test]
    fn arrays_remember_their_stores() {
        let t = Terms::new();
        let (m, i, j) = (t.array("m"), t.variable("i", 64), t.variable("j", 64));
        let byte = t.variable("b", 8);
        let read = t.select(t.store(m, i, byte), j);
        let other = t.op(Op::Eq, 1, [read, byte, read]);
        let differs = t.negate(other);
        let same_address = t.eq::<W64>(i, j);
        assert_eq!(decide(&t, differs), "sat");
        assert_eq!(decide(&t, t.both(differs, same_address)), "unsat");
    }
}
