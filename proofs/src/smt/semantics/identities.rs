//! Terms are simplified as they are built, by identities of bit vectors. Here each operation meets operands of all
//! shapes that an identity looks for, and Z3 shows that what comes out is the operation on these operands.

use assay_interp::value::{Op, Reading, Term, Terms, W1, W64};
use z3::SatResult;
use z3::ast::{Ast, Bool};

use crate::smt::{Translation, bounded};

/// Operations of two operands and a result that are equally wide; then those whose result is one bit.
const BINARY: [Op; 13] = [
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::Udiv,
    Op::Urem,
    Op::Sdiv,
    Op::Srem,
    Op::And,
    Op::Or,
    Op::Xor,
    Op::Shl,
    Op::Lshr,
    Op::Ashr,
];
const TESTS: [Op; 3] = [Op::Eq, Op::Ult, Op::Slt];

/// Work on one claim, in the solver's own units.
const RLIMIT: u32 = 10_000_000;

/// Numbers at the bounds of a width, and of half of it.
fn numbers(width: u8) -> Vec<u128> {
    let ones = u128::MAX >> (128 - width);
    let half = u128::MAX >> (128 - width.div_ceil(2));
    let mut numbers = vec![0, 1, ones, ones / 2 + 1, half, half + 1, u128::from(width), 5];
    numbers.iter_mut().for_each(|c| *c &= ones);
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn number(t: &Terms, width: u8, c: u128) -> Term {
    match width {
        1 => t.constant::<W1>(c),
        _ => t.constant::<W64>(c),
    }
}

/// Terms of a width: variables, numbers, and one operation on those.
fn operands(t: &Terms, width: u8) -> Vec<Term> {
    let op = |op, width, args: [Term; 2]| t.op(op, width, [args[0], args[1], args[0]]);
    let (x, y, c) = (t.variable("x", width), t.variable("y", width), t.variable("c", 1));
    let mut all = vec![x, y, t.op(Op::Ite, width, [c, x, y])];
    let numbers: Vec<Term> = numbers(width).into_iter().map(|c| number(t, width, c)).collect();
    for k in &numbers {
        let of = [Op::Add, Op::And, Op::Xor, Op::Lshr];
        all.extend(of.into_iter().map(|of| op(of, width, [x, *k])));
        all.extend(numbers.iter().take(2).map(|other| t.op(Op::Ite, width, [c, *k, *other])));
    }
    if width > 1 {
        let half = width / 2;
        let (u, v, wide) = (t.variable("u", half), t.variable("v", half), t.variable("w", 2 * width.min(64)));
        let zext = t.op(Op::Zext, width, [u; 3]);
        let parts = [0, half, width].map(|low| t.op(Op::Extract(low), width, [wide; 3]));
        all.extend([zext, t.op(Op::Zext, width, [v; 3]), t.op(Op::Sext, width, [u; 3]), op(Op::Concat, width, [u, v])]);
        all.extend(numbers.iter().flat_map(|k| [Op::Add, Op::Xor].map(|of| op(of, width, [zext, *k]))));
        all.extend(parts);
    }
    all.extend(numbers);
    all.sort_unstable();
    all.dedup();
    all
}

/// What is claimed of one operation: the terms that came out, and what they are made of.
struct Claims<'a> {
    terms: &'a Terms,
    translation: Translation,
    open: Vec<(String, Bool)>,
    met: usize,
}

impl Claims<'_> {
    fn new(terms: &Terms) -> Claims<'_> {
        Claims { terms, translation: Translation::default(), open: Vec::new(), met: 0 }
    }

    fn claim(&mut self, op: Op, width: u8, args: [Term; 3]) {
        let built = self.terms.op(op, width, args);
        self.translation.translate(self.terms, &[built, args[0], args[1], args[2]]);
        let plain = self.translation.op(self.terms, op, width.into(), args);
        let equal = match width {
            0 => self.translation.array(built).eq(plain.as_array().expect("an array")),
            _ => self.translation.bv(built).eq(plain.as_bv().expect("no array")),
        };
        self.met += 1;
        if equal.simplify().as_bool() != Some(true) {
            self.open.push((format!("{plain} became {}", self.translation.asts[&built]), equal));
        }
    }

    fn prove(self, of: &str) {
        for (text, claim) in &self.open {
            let solver = bounded(RLIMIT);
            solver.assert(claim.not());
            let answer = solver.check();
            assert_eq!(answer, SatResult::Unsat, "{of}: {text}: {:?}", solver.get_model());
        }
        println!("{of}: {} terms, {} of them by more than the solver's rewriting", self.met, self.open.len());
    }
}

#[test]
fn what_is_simplified_is_what_it_was() {
    for width in [1, 64] {
        let terms = Terms::new();
        let all = operands(&terms, width);
        for op in BINARY.into_iter().chain(TESTS) {
            let result = if TESTS.contains(&op) { 1 } else { width };
            let mut claims = Claims::new(&terms);
            for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))) {
                claims.claim(op, result, [a, b, a]);
            }
            claims.prove(&format!("{op:?} of {width} bits"));
        }
        let mut claims = Claims::new(&terms);
        let conditions = operands(&terms, 1);
        for (i, a) in all.iter().enumerate() {
            for wider in [width, 2 * width.min(64)] {
                claims.claim(Op::Zext, wider, [*a; 3]);
                claims.claim(Op::Sext, wider, [*a; 3]);
            }
            for (low, part) in
                [(0, width), (0, width.div_ceil(2)), (width / 2, width.div_ceil(2)), (width / 4, width / 2)]
            {
                if part > 0 {
                    claims.claim(Op::Extract(low), part, [*a; 3]);
                }
            }
            for (b, c) in all.iter().zip(conditions.iter().cycle().skip(i)) {
                claims.claim(Op::Concat, 2 * width, [*a, *b, *a]);
                claims.claim(Op::Ite, width, [*c, *a, *b]);
            }
        }
        claims.prove(&format!("parts and choices of {width} bits"));
    }
}

/// Reads look through writes to other addresses.
#[test]
fn what_is_read_is_what_was_written_last() {
    let terms = Terms::new();
    let addresses = operands(&terms, 64);
    let (x, y) = (terms.variable("x", 64), terms.variable("y", 64));
    let plus = |a: Term, by: u128| terms.add::<W64>(a, terms.constant::<W64>(by));
    let written = [x, plus(x, 1), y, plus(x, 3), plus(y, 1), terms.constant::<W64>(5), x];
    let mut claims = Claims::new(&terms);
    let mut memory = terms.array("memory");
    for at in written {
        memory = terms.store(memory, at, terms.variable("byte", 8));
        let more = [plus(x, 2), plus(y, 2)];
        for at in written.into_iter().chain(more).chain(addresses.iter().copied()) {
            claims.claim(Op::Select, 8, [memory, at, memory]);
        }
    }
    claims.prove("reads");
}
