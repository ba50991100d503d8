//! Values as terms: bit-vector expressions over variables, shared by structure, that know no solver.
//!
//! A term is an index into its [`Terms`]; equal expressions are the same index, and operands have smaller indices than
//! what is built from them, so that one pass in order of index visits a term bottom-up without recursion.
//!
//! Operations simplify as they build. [`eval_op`] says what each operation means on numbers; folding, substitution and
//! a model's evaluation go through it, and the laws compare it with [`Concrete`](super::Concrete).
//!
//! Bitwise float operations and comparisons come out exact, since the numerics write them on bits. What rounds is
//! opaque: a fresh variable at each execution, because the bits of a NaN may differ from one to the next.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::choice::Parameter;
use super::reading::{FloatOp, FloatWidth, Reading, Width};

/// A term of some [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32);

/// A variable of some [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarId(u32);

/// An operation, by its name in SMT-LIB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `bvadd`
    Add,
    /// `bvsub`
    Sub,
    /// `bvmul`
    Mul,
    /// `bvudiv`
    Udiv,
    /// `bvurem`
    Urem,
    /// `bvsdiv`
    Sdiv,
    /// `bvsrem`
    Srem,
    /// `bvand`
    And,
    /// `bvor`
    Or,
    /// `bvxor`
    Xor,
    /// `bvshl`
    Shl,
    /// `bvlshr`
    Lshr,
    /// `bvashr`
    Ashr,
    /// `=`, one bit
    Eq,
    /// `bvult`, one bit
    Ult,
    /// `bvslt`, one bit
    Slt,
    /// `extract` from this bit up
    Extract(u8),
    /// `concat`, high operand first
    Concat,
    /// `zero_extend`
    Zext,
    /// `sign_extend`
    Sext,
    /// `ite`, the condition first
    Ite,
    /// `select`: the byte of an array (first operand) at an address of 64 bits
    Select,
    /// `store`: an array (first operand) with the byte at an address of 64 bits (second) replaced by the third
    Store,
}

/// How a term was built.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A number.
    Const(u128),
    /// A variable.
    Var(VarId),
    /// An operation; operands that it hasn't repeat the first.
    Op(Op, [Term; 3]),
}

/// The width of arrays of bytes, which are terms too.
pub(crate) const ARRAY: u8 = 0;

#[derive(Debug, Default)]
struct Arena {
    nodes: Vec<(u8, Node)>,
    ids: FxHashMap<(u8, Node), Term>,
    vars: Vec<(String, u8)>,
}

/// A store of terms, and the reading that builds them.
#[derive(Debug, Default)]
pub struct Terms {
    arena: RefCell<Arena>,
}

fn mask(width: u8) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}

fn signed(width: u8, a: u128) -> i128 {
    let unused = 128 - u32::from(width);
    ((a << unused) as i128) >> unused
}

/// What `op` means on numbers: the result's low `width` bits, of operands that have `arg_width` bits (for `ite` the
/// branches, for `concat` the low operand). Arrays have no meaning here.
pub fn eval_op(op: Op, width: u8, arg_width: u8, [a, b, c]: [u128; 3]) -> u128 {
    let shift = |f: fn(u128, u32) -> u128| if b < u128::from(width) { f(a, b as u32) } else { 0 };
    let value = match op {
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Mul => a.wrapping_mul(b),
        Op::Udiv => a.checked_div(b).unwrap_or(u128::MAX),
        Op::Urem => a.checked_rem(b).unwrap_or(a),
        Op::Sdiv => match (signed(width, a), signed(width, b)) {
            (x, 0) => {
                if x < 0 {
                    1
                } else {
                    u128::MAX
                }
            }
            (x, y) => x.wrapping_div(y) as u128,
        },
        Op::Srem => match (signed(width, a), signed(width, b)) {
            (_, 0) => a,
            (x, y) => x.wrapping_rem(y) as u128,
        },
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl => shift(|a, n| a << n),
        Op::Lshr => shift(|a, n| a >> n),
        Op::Ashr => (signed(width, a) >> b.min(u128::from(width) - 1)) as u128,
        Op::Eq => (a == b).into(),
        Op::Ult => (a < b).into(),
        Op::Slt => (signed(arg_width, a) < signed(arg_width, b)).into(),
        Op::Extract(low) => a >> low,
        Op::Concat => a << arg_width | b,
        Op::Zext => a,
        Op::Sext => signed(arg_width, a) as u128,
        Op::Ite => {
            if a == 1 {
                b
            } else {
                c
            }
        }
        Op::Select | Op::Store => unreachable!("an array isn't a number"),
    };
    value & mask(width)
}

impl Arena {
    fn intern(&mut self, width: u8, node: Node) -> Term {
        let next = Term(u32::try_from(self.nodes.len()).expect("fewer than 2^32 terms"));
        *self.ids.entry((width, node)).or_insert_with_key(|key| {
            self.nodes.push(key.clone());
            next
        })
    }
}

impl Terms {
    /// No terms yet.
    pub fn new() -> Terms {
        Terms::default()
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.arena.borrow().nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new variable of `width` bits. Its name is for reports; two variables may have the same.
    pub fn variable(&self, name: impl Into<String>, width: u8) -> Term {
        let mut arena = self.arena.borrow_mut();
        let id = VarId(u32::try_from(arena.vars.len()).expect("fewer than 2^32 variables"));
        arena.vars.push((name.into(), width));
        arena.intern(width, Node::Var(id))
    }

    /// A new variable that is an array of bytes, with addresses of 64 bits.
    pub fn array(&self, name: impl Into<String>) -> Term {
        self.variable(name, ARRAY)
    }

    /// Name and width of a variable.
    pub fn var(&self, id: VarId) -> (String, u8) {
        self.arena.borrow().vars[id.0 as usize].clone()
    }

    /// How a term was built.
    pub fn node(&self, t: Term) -> Node {
        self.arena.borrow().nodes[t.0 as usize].1.clone()
    }

    /// Width in bits; 0 for an array.
    pub fn width(&self, t: Term) -> u8 {
        self.arena.borrow().nodes[t.0 as usize].0
    }

    /// The number that a term is, if it is one.
    pub fn as_const(&self, t: Term) -> Option<u128> {
        match self.arena.borrow().nodes[t.0 as usize].1 {
            Node::Const(c) => Some(c),
            _ => None,
        }
    }

    /// The operands of a node.
    pub fn operands(node: &Node) -> &[Term] {
        match node {
            Node::Const(_) | Node::Var(_) => &[],
            Node::Op(op, args) => match op {
                Op::Extract(_) | Op::Zext | Op::Sext => &args[..1],
                Op::Ite | Op::Store => args,
                _ => &args[..2],
            },
        }
    }

    /// All terms that `roots` are built from, themselves included, operands first.
    pub fn reachable(&self, roots: &[Term]) -> Vec<Term> {
        let arena = self.arena.borrow();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut todo = roots.to_vec();
        while let Some(t) = todo.pop() {
            if seen.insert(t) {
                todo.extend(Self::operands(&arena.nodes[t.0 as usize].1));
            }
        }
        let mut terms: Vec<Term> = seen.into_iter().collect();
        terms.sort_unstable();
        terms
    }

    /// The term that `t` becomes when variables are replaced by what `value` gives for them.
    pub fn substitute(&self, t: Term, value: impl Fn(VarId) -> Option<Term>) -> Term {
        let mut image: FxHashMap<Term, Term> = FxHashMap::default();
        for term in self.reachable(&[t]) {
            let width = self.width(term);
            let new = match self.node(term) {
                Node::Const(_) => term,
                Node::Var(id) => value(id).unwrap_or(term),
                Node::Op(op, args) => self.op(op, width, args.map(|a| image[&a])),
            };
            image.insert(term, new);
        }
        image[&t]
    }

    fn number(&self, width: u8, c: u128) -> Term {
        self.arena.borrow_mut().intern(width, Node::Const(c & mask(width)))
    }

    /// `op` on these operands, simplified. Operands that it hasn't repeat the first.
    pub fn op(&self, op: Op, width: u8, args: [Term; 3]) -> Term {
        if let Some(folded) = self.fold(op, width, args) {
            return folded;
        }
        let [a, b, c] = args;
        let (a, b) = match op {
            // Constants stand right, other operands in order of age, so that equal sums are the same term.
            Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq => match (self.as_const(a), self.as_const(b)) {
                (Some(_), None) => (b, a),
                (None, Some(_)) => (a, b),
                _ => (a.min(b), a.max(b)),
            },
            _ => (a, b),
        };
        self.simplify(op, width, [a, b, c]).unwrap_or_else(|| {
            let args = match Terms::operands(&Node::Op(op, [a, b, c])).len() {
                1 => [a, a, a],
                2 => [a, b, a],
                _ => [a, b, c],
            };
            self.arena.borrow_mut().intern(width, Node::Op(op, args))
        })
    }

    fn fold(&self, op: Op, width: u8, args: [Term; 3]) -> Option<Term> {
        if matches!(op, Op::Select | Op::Store) {
            return None;
        }
        let values = [self.as_const(args[0])?, self.as_const(args[1])?, self.as_const(args[2])?];
        let arg_width = self.width(if op == Op::Concat { args[1] } else { args[0] });
        Some(self.number(width, eval_op(op, width, arg_width, values)))
    }

    fn as_op(&self, t: Term) -> Option<(Op, [Term; 3])> {
        match self.node(t) {
            Node::Op(op, args) => Some((op, args)),
            _ => None,
        }
    }

    /// A sum with a constant, as its other part and the constant; any other term with 0.
    pub fn as_sum(&self, t: Term) -> (Term, u128) {
        if let Some((Op::Add, [a, b, _])) = self.as_op(t)
            && let Some(c) = self.as_const(b)
        {
            return (a, c);
        }
        (t, 0)
    }

    fn binary(&self, op: Op, width: u8, a: Term, b: Term) -> Term {
        self.op(op, width, [a, b, a])
    }

    fn not(&self, a: Term) -> Term {
        self.binary(Op::Xor, 1, a, self.number(1, 1))
    }

    /// Identities of bit vectors; `None` if none applies. Each is checked by the laws on random operands.
    fn simplify(&self, op: Op, width: u8, [a, b, c]: [Term; 3]) -> Option<Term> {
        let ones = mask(width);
        let (ca, cb) = (self.as_const(a), self.as_const(b));
        match op {
            Op::Add => match cb? {
                0 => Some(a),
                k => match self.as_sum(a) {
                    (_, 0) => None,
                    (base, c) => Some(self.binary(Op::Add, width, base, self.number(width, c.wrapping_add(k)))),
                },
            },
            Op::Sub if a == b => Some(self.number(width, 0)),
            Op::Sub => Some(self.binary(Op::Add, width, a, self.number(width, cb?.wrapping_neg()))),
            Op::Mul => match cb? {
                0 => Some(b),
                1 => Some(a),
                _ => None,
            },
            Op::And if a == b => Some(a),
            Op::And => match cb? {
                0 => Some(b),
                k if k == ones => Some(a),
                k => match self.as_op(a) {
                    Some((Op::And, [x, y, _])) => {
                        let inner = self.as_const(y)?;
                        Some(self.binary(Op::And, width, x, self.number(width, inner & k)))
                    }
                    _ => None,
                },
            },
            Op::Or if a == b => Some(a),
            Op::Or => match cb? {
                0 => Some(a),
                k if k == ones => Some(b),
                _ => None,
            },
            Op::Xor if a == b => Some(self.number(width, 0)),
            Op::Xor => match cb? {
                0 => Some(a),
                k => match self.as_op(a) {
                    Some((Op::Xor, [x, y, _])) => {
                        let inner = self.as_const(y)?;
                        Some(self.binary(Op::Xor, width, x, self.number(width, inner ^ k)))
                    }
                    _ => None,
                },
            },
            Op::Shl | Op::Lshr => match cb? {
                0 => Some(a),
                k if k >= u128::from(width) => Some(self.number(width, 0)),
                _ => None,
            },
            Op::Ashr if cb == Some(0) => Some(a),
            Op::Eq => self.simplify_eq(a, b),
            Op::Ult => self.simplify_ult(a, b),
            Op::Slt if a == b => Some(self.number(1, 0)),
            Op::Ite => match ca {
                Some(1) => Some(b),
                Some(_) => Some(c),
                None if b == c => Some(b),
                None => match (width, self.as_const(b), self.as_const(c)) {
                    (1, Some(1), Some(0)) => Some(a),
                    (1, Some(0), Some(1)) => Some(self.not(a)),
                    _ => None,
                },
            },
            Op::Extract(low) => self.simplify_extract(a, low, width),
            Op::Zext | Op::Sext if self.width(a) == width => Some(a),
            Op::Zext => match self.as_op(a)? {
                (Op::Zext, [x, ..]) => Some(self.op(Op::Zext, width, [x; 3])),
                _ => None,
            },
            Op::Sext => match self.as_op(a)? {
                (Op::Sext, [x, ..]) => Some(self.op(Op::Sext, width, [x; 3])),
                // It was extended by a zero at least, which is the sign now.
                (Op::Zext, [x, ..]) => Some(self.op(Op::Zext, width, [x; 3])),
                _ => None,
            },
            Op::Concat if ca == Some(0) => Some(self.op(Op::Zext, width, [b; 3])),
            Op::Concat => match (self.as_op(a)?, self.as_op(b)?) {
                ((Op::Extract(high), [x, ..]), (Op::Extract(low), [y, ..]))
                    if x == y && high == low + self.width(b) =>
                {
                    Some(self.op(Op::Extract(low), width, [x; 3]))
                }
                _ => None,
            },
            Op::Select => self.simplify_select(a, b),
            _ => None,
        }
    }

    fn simplify_eq(&self, a: Term, b: Term) -> Option<Term> {
        if a == b {
            return Some(self.number(1, 1));
        }
        let k = self.as_const(b)?;
        if self.width(a) == 1 {
            return Some(if k == 1 { a } else { self.not(a) });
        }
        match self.as_op(a)? {
            (Op::Zext, [x, ..]) => {
                let inner = self.width(x);
                Some(if k > mask(inner) { self.number(1, 0) } else { self.binary(Op::Eq, 1, x, self.number(inner, k)) })
            }
            (Op::Ite, [c, x, y]) => match (self.as_const(x)? == k, self.as_const(y)? == k) {
                (true, false) => Some(c),
                (false, true) => Some(self.not(c)),
                (same, _) => Some(self.number(1, same.into())),
            },
            (Op::Add, [x, y, _]) => {
                let width = self.width(x);
                let rest = k.wrapping_sub(self.as_const(y)?);
                Some(self.binary(Op::Eq, 1, x, self.number(width, rest)))
            }
            _ => None,
        }
    }

    fn simplify_ult(&self, a: Term, b: Term) -> Option<Term> {
        let (no, yes) = (self.number(1, 0), self.number(1, 1));
        let (ca, cb) = (self.as_const(a), self.as_const(b));
        if a == b || cb == Some(0) || ca == Some(mask(self.width(a))) {
            return Some(no);
        }
        if let Some((Op::Xor, [x, ones, _])) = self.as_op(a)
            && let greatest = mask(self.width(a))
            && self.as_const(ones) == Some(greatest)
        {
            // ~x < y: whether x + y wraps around.
            return match cb {
                Some(k) => Some(self.binary(Op::Ult, 1, self.number(self.width(a), greatest - k), x)),
                None if self.greatest(x) <= greatest - self.greatest(b) => Some(no),
                None => None,
            };
        }
        if cb == Some(1) {
            return Some(self.binary(Op::Eq, 1, a, self.number(self.width(a), 0)));
        }
        match (self.as_op(a), self.as_op(b)) {
            (Some((Op::Zext, [x, ..])), _) if let Some(k) = cb => {
                let inner = self.width(x);
                Some(if k > mask(inner) { yes } else { self.binary(Op::Ult, 1, x, self.number(inner, k)) })
            }
            (_, Some((Op::Zext, [y, ..]))) if let Some(k) = ca => {
                let inner = self.width(y);
                Some(if k >= mask(inner) { no } else { self.binary(Op::Ult, 1, self.number(inner, k), y) })
            }
            (Some((Op::Zext, [x, ..])), Some((Op::Zext, [y, ..]))) if self.width(x) == self.width(y) => {
                Some(self.binary(Op::Ult, 1, x, y))
            }
            // k < zext(y) + c, where the sum can't wrap: k - c < zext(y), or always where k < c.
            (_, Some((Op::Add, [y, c, _]))) if let (Some(k), Some(c)) = (ca, self.as_const(c)) => {
                let (Op::Zext, [inner, ..]) = self.as_op(y)? else { return None };
                let width = self.width(y);
                if mask(self.width(inner)) > mask(width) - c {
                    return None;
                }
                Some(if k < c { yes } else { self.binary(Op::Ult, 1, self.number(width, k - c), y) })
            }
            _ => None,
        }
    }

    /// A number that a term is at most, by its uppermost operation alone.
    fn greatest(&self, t: Term) -> u128 {
        match self.node(t) {
            Node::Const(c) => c,
            Node::Op(Op::Zext, [x, ..]) => mask(self.width(x)),
            Node::Op(Op::Lshr, [_, n, _]) if let Some(n) = self.as_const(n) => {
                mask(self.width(t)) >> n.min(u128::from(self.width(t)) - 1)
            }
            _ => mask(self.width(t)),
        }
    }

    fn simplify_extract(&self, a: Term, low: u8, width: u8) -> Option<Term> {
        if low == 0 && self.width(a) == width {
            return Some(a);
        }
        match self.as_op(a)? {
            (Op::Extract(inner), [x, ..]) => Some(self.op(Op::Extract(low + inner), width, [x; 3])),
            (op @ (Op::Zext | Op::Sext), [x, ..]) => {
                let inner = self.width(x);
                if low + width <= inner {
                    Some(self.op(Op::Extract(low), width, [x; 3]))
                } else if low == 0 {
                    Some(self.op(op, width, [x; 3]))
                } else if op == Op::Zext && low >= inner {
                    Some(self.number(width, 0))
                } else {
                    None
                }
            }
            (Op::Concat, [x, y, _]) => {
                let below = self.width(y);
                if low + width <= below {
                    Some(self.op(Op::Extract(low), width, [y; 3]))
                } else if low >= below {
                    Some(self.op(Op::Extract(low - below), width, [x; 3]))
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// Looks through stores to other addresses: those that differ from `at` by a constant.
    fn simplify_select(&self, array: Term, at: Term) -> Option<Term> {
        let (base, offset) = self.split(at);
        let mut current = array;
        while let Some((Op::Store, [older, address, byte])) = self.as_op(current) {
            if address == at {
                return Some(byte);
            }
            let (other, other_offset) = self.split(address);
            if other != base || other_offset == offset {
                break;
            }
            current = older;
        }
        (current != array).then(|| self.binary(Op::Select, 8, current, at))
    }

    /// An address as a term without constant part, if it has one, and the constant.
    fn split(&self, at: Term) -> (Option<Term>, u128) {
        match self.as_const(at) {
            Some(c) => (None, c),
            None => {
                let (base, c) = self.as_sum(at);
                (Some(base), c)
            }
        }
    }

    /// The byte of `array` at `at`, an address of 64 bits.
    pub fn select(&self, array: Term, at: Term) -> Term {
        self.binary(Op::Select, 8, array, at)
    }

    /// `array` with `byte` at `at`, an address of 64 bits.
    pub fn store(&self, array: Term, at: Term, byte: Term) -> Term {
        self.op(Op::Store, ARRAY, [array, at, byte])
    }

    fn bv<W: Width>() -> u8 {
        W::BITS as u8
    }
}

impl Reading for Terms {
    type Bv<W: Width> = Term;
    type Bool = Term;

    fn constant<W: Width>(&self, c: u128) -> Term {
        self.number(Self::bv::<W>(), c)
    }
    fn add<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Add, Self::bv::<W>(), a, b)
    }
    fn sub<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Sub, Self::bv::<W>(), a, b)
    }
    fn mul<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Mul, Self::bv::<W>(), a, b)
    }
    fn udiv<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Udiv, Self::bv::<W>(), a, b)
    }
    fn urem<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Urem, Self::bv::<W>(), a, b)
    }
    fn sdiv<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Sdiv, Self::bv::<W>(), a, b)
    }
    fn srem<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Srem, Self::bv::<W>(), a, b)
    }
    fn and<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::And, Self::bv::<W>(), a, b)
    }
    fn or<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Or, Self::bv::<W>(), a, b)
    }
    fn xor<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Xor, Self::bv::<W>(), a, b)
    }
    fn shl<W: Width>(&self, a: Term, amount: Term) -> Term {
        self.binary(Op::Shl, Self::bv::<W>(), a, amount)
    }
    fn lshr<W: Width>(&self, a: Term, amount: Term) -> Term {
        self.binary(Op::Lshr, Self::bv::<W>(), a, amount)
    }
    fn ashr<W: Width>(&self, a: Term, amount: Term) -> Term {
        self.binary(Op::Ashr, Self::bv::<W>(), a, amount)
    }
    fn eq<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Eq, 1, a, b)
    }
    fn ult<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Ult, 1, a, b)
    }
    fn slt<W: Width>(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Slt, 1, a, b)
    }
    fn extract<N: Width, M: Width>(&self, a: Term, low: u32) -> Term {
        self.op(Op::Extract(low as u8), Self::bv::<M>(), [a; 3])
    }
    fn concat<H: Width, L: Width, M: Width>(&self, high: Term, low: Term) -> Term {
        self.binary(Op::Concat, Self::bv::<M>(), high, low)
    }
    fn zext<N: Width, M: Width>(&self, a: Term) -> Term {
        self.op(Op::Zext, Self::bv::<M>(), [a; 3])
    }
    fn sext<N: Width, M: Width>(&self, a: Term) -> Term {
        self.op(Op::Sext, Self::bv::<M>(), [a; 3])
    }
    fn ite<W: Width>(&self, c: Term, a: Term, b: Term) -> Term {
        self.op(Op::Ite, Self::bv::<W>(), [c, a, b])
    }

    fn truth(&self, b: bool) -> Term {
        self.number(1, b.into())
    }
    fn negate(&self, a: Term) -> Term {
        self.not(a)
    }
    fn both(&self, a: Term, b: Term) -> Term {
        self.binary(Op::And, 1, a, b)
    }
    fn either(&self, a: Term, b: Term) -> Term {
        self.binary(Op::Or, 1, a, b)
    }

    fn rounded<W: FloatWidth>(&self, _op: FloatOp, _a: Term, _b: Term) -> Term {
        self.variable("float", Self::bv::<W>())
    }
    fn fma<W: FloatWidth>(&self, _a: Term, _b: Term, _c: Term) -> Term {
        self.variable("float", Self::bv::<W>())
    }
    fn nans<W: FloatWidth>(&self, c: Term, _operands: &[Term], number: Term) -> Term {
        self.ite::<W>(c, self.variable("nan", Self::bv::<W>()), number)
    }
    /// Any of them, anew at each execution.
    fn relaxed<W: Width>(&self, _r: Parameter, sets: &[Term]) -> Term {
        let (last, others) = sets.split_last().expect("there is a result");
        others.iter().rev().fold(*last, |rest, set| match *set == rest {
            true => rest,
            false => self.ite::<W>(self.variable("relaxed", 1), *set, rest),
        })
    }
    fn reformat<N: FloatWidth, M: FloatWidth>(&self, _a: Term) -> Term {
        self.variable("float", Self::bv::<M>())
    }
    fn convert_s<N: Width, M: FloatWidth>(&self, _a: Term) -> Term {
        self.variable("float", Self::bv::<M>())
    }
    fn convert_u<N: Width, M: FloatWidth>(&self, _a: Term) -> Term {
        self.variable("float", Self::bv::<M>())
    }
    fn truncz_s<N: FloatWidth, M: Width>(&self, _a: Term) -> Term {
        self.variable("truncated", Self::bv::<M>())
    }
    fn truncz_u<N: FloatWidth, M: Width>(&self, _a: Term) -> Term {
        self.variable("truncated", Self::bv::<M>())
    }
}
