//! Intervals: for each term the least and greatest number that it can be, unsigned.
//!
//! Sound and cheap: one pass over a term, bottom-up, no relation between terms. What a path has assumed narrows the
//! terms that the assumptions speak of.

use assay_interp::value::{Node, Op, Term, Terms};
use rustc_hash::FxHashMap;

/// An interval of unsigned numbers, both ends included.
pub(crate) type Interval = (u128, u128);

/// What a path has assumed, as intervals of terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals {
    known: FxHashMap<Term, Interval>,
}

fn top(width: u8) -> Interval {
    (0, if width >= 128 { u128::MAX } else { (1 << width) - 1 })
}

impl Intervals {
    /// Takes note of a truth value that is assumed to hold.
    pub(crate) fn assume(&mut self, terms: &Terms, fact: Term) {
        self.learn(terms, fact, true);
    }

    fn learn(&mut self, terms: &Terms, fact: Term, holds: bool) {
        let Node::Op(op, [a, b, _]) = terms.node(fact) else { return };
        match op {
            Op::Xor if terms.as_const(b) == Some(1) => self.learn(terms, a, !holds),
            Op::And if holds => {
                self.learn(terms, a, true);
                self.learn(terms, b, true);
            }
            Op::Or if !holds => {
                self.learn(terms, a, false);
                self.learn(terms, b, false);
            }
            Op::Ult => {
                let ((a_low, a_high), (b_low, b_high)) = (self.of(terms, a), self.of(terms, b));
                if holds {
                    self.narrow(terms, a, (0, b_high.saturating_sub(1)));
                    self.narrow(terms, b, (a_low.saturating_add(1), u128::MAX));
                } else {
                    self.narrow(terms, a, (b_low, u128::MAX));
                    self.narrow(terms, b, (0, a_high));
                }
            }
            Op::Eq if holds => {
                let (x, y) = (self.of(terms, a), self.of(terms, b));
                self.narrow(terms, a, y);
                self.narrow(terms, b, x);
            }
            _ => {}
        }
    }

    fn narrow(&mut self, terms: &Terms, t: Term, (low, high): Interval) {
        let known = self.known.get(&t).copied().unwrap_or(top(terms.width(t)));
        let narrowed = (known.0.max(low), known.1.min(high));
        // Where the assumptions contradict each other anything goes; the old interval is still right.
        if narrowed.0 > narrowed.1 || narrowed == known {
            return;
        }
        self.known.insert(t, narrowed);
        match terms.node(t) {
            Node::Op(Op::Zext, [x, ..]) => self.narrow(terms, x, (low, high)),
            Node::Op(Op::Add, [x, c, _]) => {
                // Without a wrap between, the bounds move by the constant.
                let (Some(c), (x_low, x_high)) = (terms.as_const(c), self.of(terms, x)) else { return };
                let (_, greatest) = top(terms.width(t));
                if x_high.checked_add(c).is_some_and(|sum| sum <= greatest) {
                    self.narrow(terms, x, (low.saturating_sub(c).max(x_low), high.saturating_sub(c)));
                }
            }
            _ => {}
        }
    }

    /// Whether a truth value is the same for all that is possible.
    pub(crate) fn truth(&self, terms: &Terms, t: Term) -> Option<bool> {
        match self.of(terms, t) {
            (1, _) => Some(true),
            (_, 0) => Some(false),
            _ => None,
        }
    }

    /// The interval of a term.
    pub(crate) fn of(&self, terms: &Terms, t: Term) -> Interval {
        let mut memo: FxHashMap<Term, Interval> = FxHashMap::default();
        let mut todo = vec![t];
        while let Some(&next) = todo.last() {
            if memo.contains_key(&next) {
                todo.pop();
                continue;
            }
            let node = terms.node(next);
            let operands = match &node {
                // What a memory holds is any byte: its stores aren't looked into.
                Node::Op(Op::Select | Op::Store, _) => &[],
                node => Terms::operands(node),
            };
            let missing: Vec<Term> = operands.iter().copied().filter(|o| !memo.contains_key(o)).collect();
            if !missing.is_empty() {
                todo.extend(missing);
                continue;
            }
            let width = terms.width(next);
            let (low, high) = transfer(&node, width, |o| (memo[&o], terms.width(o)));
            let (known_low, known_high) = self.known.get(&next).copied().unwrap_or(top(width));
            let met = (low.max(known_low), high.min(known_high));
            memo.insert(next, if met.0 <= met.1 { met } else { (low, high) });
            todo.pop();
        }
        memo[&t]
    }
}

/// The interval of a node, from those of its operands.
fn transfer(node: &Node, width: u8, operand: impl Fn(Term) -> (Interval, u8)) -> Interval {
    let all = top(width);
    let bit = |b: bool| (u128::from(b), u128::from(b));
    let Node::Op(op, [a, b, c]) = *node else {
        return match node {
            Node::Const(c) => (*c, *c),
            _ => all,
        };
    };
    match op {
        Op::Select | Op::Store => return all,
        Op::Ite => {
            let (((condition, certainly), _), (x, _), (y, _)) = (operand(a), operand(b), operand(c));
            return match (condition, certainly) {
                (1, _) => x,
                (_, 0) => y,
                _ => (x.0.min(y.0), x.1.max(y.1)),
            };
        }
        _ => {}
    }
    let (x, x_width) = operand(a);
    let (y, y_width) = match op {
        Op::Extract(_) | Op::Zext | Op::Sext => ((0, 0), 0),
        _ => operand(b),
    };
    // The bounds if neither wraps.
    let within = |low: Option<u128>, high: Option<u128>| match (low, high) {
        (Some(low), Some(high)) if high <= all.1 => (low, high),
        _ => all,
    };
    match op {
        Op::Add => within(x.0.checked_add(y.0), x.1.checked_add(y.1)),
        Op::Sub if x.0 >= y.1 => (x.0 - y.1, x.1 - y.0),
        Op::Mul => within(x.0.checked_mul(y.0), x.1.checked_mul(y.1)),
        Op::Udiv if y.0 > 0 => (x.0 / y.1, x.1 / y.0),
        Op::Urem if y.0 > 0 => (0, x.1.min(y.1 - 1)),
        Op::Urem => (0, x.1),
        Op::And => (0, x.1.min(y.1)),
        Op::Or => (x.0.max(y.0), ones_upto(x.1 | y.1)),
        // The complement, in the opposite order.
        Op::Xor if y == (all.1, all.1) => (all.1 - x.1, all.1 - x.0),
        Op::Xor => (0, ones_upto(x.1 | y.1)),
        Op::Lshr if y.0 == y.1 && y.0 < 128 => (x.0 >> y.0, x.1 >> y.0),
        Op::Lshr => (0, x.1),
        Op::Shl if y.0 == y.1 && y.0 < u128::from(width) && x.1 <= all.1 >> y.0 => (x.0 << y.0, x.1 << y.0),
        Op::Eq if x.1 < y.0 || y.1 < x.0 => bit(false),
        Op::Eq if x.0 == x.1 && x == y => bit(true),
        Op::Ult if x.1 < y.0 => bit(true),
        Op::Ult if x.0 >= y.1 => bit(false),
        Op::Slt => {
            // Of numbers without the sign bit it is the unsigned order.
            let sign = 1 << (x_width - 1);
            match (x.1 < sign && y.1 < sign, x.1 < y.0, x.0 >= y.1) {
                (true, true, _) => bit(true),
                (true, _, true) => bit(false),
                _ => all,
            }
        }
        Op::Extract(low) if x.1 >> low <= all.1 => (x.0 >> low, x.1 >> low),
        Op::Concat => (x.0 << y_width | y.0, x.1 << y_width | y.1),
        Op::Zext => x,
        Op::Sext if x.1 < 1 << (x_width - 1) => x,
        _ => all,
    }
}

/// The least number of the form 2^k - 1 that isn't below `n`.
fn ones_upto(n: u128) -> u128 {
    n.checked_add(1).and_then(u128::checked_next_power_of_two).map_or(u128::MAX, |m| m - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_interp::value::eval_op;
    use proptest::prelude::*;

    const OPS: [Op; 16] = [
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
        Op::Eq,
        Op::Ult,
        Op::Slt,
    ];

    #[test]
    fn all_ones_are_the_greatest() {
        assert_eq!([0, 1, 4, u128::MAX / 2 + 1, u128::MAX].map(ones_upto), [0, 1, 7, u128::MAX, u128::MAX]);
    }

    #[test]
    fn the_complement_is_exact() {
        let terms = Terms::new();
        let (x, ones) = (terms.variable("x", 8), terms.variable("ones", 8));
        let node = Node::Op(Op::Xor, [x, ones, x]);
        assert_eq!(transfer(&node, 8, |t| (if t == x { (3, 10) } else { (255, 255) }, 8)), (245, 252));
    }

    proptest! {
        /// What an operation gives for members of the operands' intervals is a member of its own.
        #[test]
        fn transfer_is_sound(
            op in 0..OPS.len(),
            x in any::<[u8; 3]>(),
            y in any::<[u8; 3]>(),
        ) {
            let sorted = |mut v: [u8; 3]| { v.sort_unstable(); v.map(u128::from) };
            let ([xl, xm, xh], [yl, ym, yh]) = (sorted(x), sorted(y));
            let terms = Terms::new();
            let (a, b) = (terms.variable("a", 8), terms.variable("b", 8));
            let op = OPS[op];
            let width = if matches!(op, Op::Eq | Op::Ult | Op::Slt) { 1 } else { 8 };
            let node = Node::Op(op, [a, b, a]);
            let (low, high) = transfer(&node, width, |t| (if t == a { (xl, xh) } else { (yl, yh) }, 8));
            for (p, q) in [(xm, ym), (xl, yl), (xl, yh), (xh, yl), (xh, yh)] {
                let r = eval_op(op, width, 8, [p, q, p]);
                prop_assert!(low <= r && r <= high, "{op:?} {p} {q}: {r} not in {low}..={high}");
            }
        }

        /// The same for vectors, whose numbers have no bit to spare.
        #[test]
        fn transfer_of_128_bits_is_sound(
            op in 0..OPS.len(),
            x in any::<[u128; 3]>(),
            y in any::<[u128; 3]>(),
            shift in any::<[u8; 2]>(),
        ) {
            let sorted = |v: [u128; 3], shift: u8| { let mut v = v.map(|c| c >> (shift % 128)); v.sort_unstable(); v };
            let ([xl, xm, xh], [yl, ym, yh]) = (sorted(x, shift[0]), sorted(y, shift[1]));
            let terms = Terms::new();
            let (a, b) = (terms.variable("a", 128), terms.variable("b", 128));
            let op = OPS[op];
            let width = if matches!(op, Op::Eq | Op::Ult | Op::Slt) { 1 } else { 128 };
            let (low, high) = transfer(&Node::Op(op, [a, b, a]), width, |t| {
                (if t == a { (xl, xh) } else { (yl, yh) }, 128)
            });
            for (p, q) in [(xm, ym), (xl, yl), (xl, yh), (xh, yl), (xh, yh)] {
                let r = eval_op(op, width, 128, [p, q, p]);
                prop_assert!(low <= r && r <= high, "{op:?} {p} {q}: {r} not in {low}..={high}");
            }
        }

        /// Members of an operand's interval stay members through the operations of one operand, and of three.
        #[test]
        fn unary_transfer_is_sound(x in any::<[u16; 3]>(), low_bit in 0u8..9, c in any::<bool>()) {
            let mut x = x;
            x.sort_unstable();
            let [xl, xm, xh] = x.map(u128::from);
            let terms = Terms::new();
            let a = terms.variable("a", 16);
            let ops = [(Op::Extract(low_bit), 8), (Op::Zext, 32), (Op::Sext, 32), (Op::Concat, 32), (Op::Ite, 16)];
            for (op, width) in ops {
                let truth = u128::from(c);
                let condition = terms.variable("c", 1);
                let args = if op == Op::Ite { [condition, a, a] } else { [a; 3] };
                let (low, high) = transfer(&Node::Op(op, args), width, |t| {
                    if t == condition { ((0, 1), 1) } else { ((xl, xh), 16) }
                });
                for v in [xl, xm, xh] {
                    let values = if op == Op::Ite { [truth, v, v] } else { [v; 3] };
                    let r = eval_op(op, width, 16, values);
                    prop_assert!(low <= r && r <= high, "{op:?} {v}: {r} not in {low}..={high}");
                }
            }
        }
    }
}
