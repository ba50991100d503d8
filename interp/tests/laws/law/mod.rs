//! The laws as functions of numbers: they panic where two readings mean something else.

pub(crate) mod machine;
pub(crate) mod vectors;

use assay_interp::num::{self, Partial};
use assay_interp::outcome::TrapKind;
use assay_interp::value::{
    Concrete, FloatOp, FloatWidth, MachineInt, Node, Op, Parameter, Reading, Term, Terms, VarId, W1, W8, W16, W32, W64,
    W128, Width, eval_op,
};

pub(crate) type Int<W> = <W as Width>::Int;

pub(crate) fn number<W: Width>(c: u128) -> Int<W> {
    Int::<W>::from_u128(c)
}

macro_rules! result {
    ($D:ident $W:ident Bv) => { <$D as Reading>::Bv<$W> };
    ($D:ident $W:ident Bool) => { <$D as Reading>::Bool };
    ($D:ident $W:ident Partial) => { Partial<$D, $W> };
}

/// Makes a function that applies the operation of a list that has a number, so that a test can go through all of them.
macro_rules! family {
    ($all:ident, $apply:ident, $Width:ident, (a, b) -> $Out:ident: $($path:ident :: $op:ident),+ $(,)?) => {
        pub(crate) const $all: &[&str] = &[$(stringify!($op)),+];
        pub(crate) fn $apply<D: Reading, W: $Width>(d: &D, at: usize, a: D::Bv<W>, b: D::Bv<W>) -> result!(D W $Out) {
            let mut n = 0..;
            $(if n.next() == Some(at) { return $path::$op::<D, W>(d, a, b); })+
            panic!("there is no operation {at}")
        }
    };
    ($all:ident, $apply:ident, $Width:ident, (a) -> $Out:ident: $($path:ident :: $op:ident),+ $(,)?) => {
        pub(crate) const $all: &[&str] = &[$(stringify!($op)),+];
        pub(crate) fn $apply<D: Reading, W: $Width>(d: &D, at: usize, a: D::Bv<W>) -> result!(D W $Out) {
            let mut n = 0..;
            $(if n.next() == Some(at) { return $path::$op::<D, W>(d, a); })+
            panic!("there is no operation {at}")
        }
    };
}

/// The primitives, by SMT-LIB's total meaning, under the same form as the functions of `num`.
pub(crate) mod primitive {
    use super::{Reading, Width};
    macro_rules! primitives {
        ($($op:ident)*) => {$(
            pub(crate) fn $op<D: Reading, W: Width>(d: &D, a: D::Bv<W>, b: D::Bv<W>) -> D::Bv<W> {
                d.$op(a, b)
            }
        )*};
    }
    primitives! { add sub mul udiv urem sdiv srem and or xor shl lshr ashr }
}

family!(BINOPS, binop, Width, (a, b) -> Bv:
    primitive::add, primitive::sub, primitive::mul, primitive::udiv, primitive::urem, primitive::sdiv, primitive::srem,
    primitive::and, primitive::or, primitive::xor, primitive::shl, primitive::lshr, primitive::ashr,
    num::iadd, num::isub, num::imul, num::iand, num::ior, num::ixor, num::ishl, num::ishr_u, num::ishr_s,
    num::iandnot, num::imin_u, num::imin_s, num::imax_u, num::imax_s, num::iadd_sat_u, num::iadd_sat_s,
    num::isub_sat_u, num::isub_sat_s, num::iavgr_u);
// W1 stays outside: a width must be a power of 2 that is a number of that width for rotations.
family!(ROTATIONS, rotation, Width, (a, b) -> Bv: num::irotl, num::irotr);
family!(PARTIALS, partial, Width, (a, b) -> Partial: num::idiv_u, num::idiv_s, num::irem_u, num::irem_s);
family!(UNOPS, unop, Width, (a) -> Bv: num::iclz, num::ictz, num::ipopcnt, num::ineg, num::iabs, num::inot);
family!(RELOPS, relop, Width, (a, b) -> Bool:
    num::ieq, num::ine, num::ilt_u, num::ilt_s, num::igt_u, num::igt_s, num::ile_u, num::ile_s, num::ige_u, num::ige_s);
family!(FLOAT_UNOPS, float_unop, FloatWidth, (a) -> Bv: num::fabs, num::fneg);
family!(FLOAT_TESTS, float_test, FloatWidth, (a) -> Bool: num::is_nan);
family!(FLOAT_RELOPS, float_relop, FloatWidth, (a, b) -> Bool:
    num::feq, num::fne, num::flt, num::fgt, num::fle, num::fge);
family!(FLOAT_BINOPS, float_binop, FloatWidth, (a, b) -> Bv:
    num::fmin, num::fmax, num::fcopysign, num::fpmin, num::fpmax);

/// A store of terms with variables whose numbers are looked up by name of the variable's index.
pub(crate) struct Vars {
    pub(crate) d: Terms,
    pub(crate) vars: Vec<(VarId, Term)>,
}

impl Vars {
    pub(crate) fn new() -> Vars {
        Vars { d: Terms::new(), vars: Vec::new() }
    }

    pub(crate) fn fresh(&mut self, width: u8) -> Term {
        let term = self.d.variable("x", width);
        let Node::Var(id) = self.d.node(term) else { panic!("a variable") };
        self.vars.push((id, term));
        term
    }

    pub(crate) fn constant(&self, width: u8, c: u128) -> Term {
        match width {
            1 => self.d.constant::<W1>(c),
            8 => self.d.constant::<W8>(c),
            16 => self.d.constant::<W16>(c),
            32 => self.d.constant::<W32>(c),
            64 => self.d.constant::<W64>(c),
            _ => self.d.constant::<W128>(c),
        }
    }

    /// Replaces those variables, in order, that have a number.
    pub(crate) fn put(&self, t: Term, values: &[Option<u128>]) -> Term {
        self.d.substitute(t, |id| {
            let at = self.vars.iter().position(|(var, _)| *var == id)?;
            let (_, term) = self.vars[at];
            values.get(at).copied().flatten().map(|c| self.constant(self.d.width(term), c))
        })
    }

    /// The number that a term is, once all variables have theirs.
    pub(crate) fn number(&self, t: Term, values: &[u128]) -> Option<u128> {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        self.d.as_const(self.put(t, &values))
    }
}

/// Whether the widths of result and operands are such as SMT-LIB asks for: `eval_op` would make do with others.
pub(crate) fn is_well_sorted(op: Op, width: u8, [a, b, c]: [u8; 3]) -> bool {
    match op {
        Op::Extract(low) => low + width <= a,
        Op::Concat => width == a + b,
        Op::Zext | Op::Sext => width >= a,
        Op::Eq | Op::Ult | Op::Slt => width == 1 && a == b,
        Op::Ite => a == 1 && b == width && c == width,
        Op::Select | Op::Store => true,
        _ => a == width && b == width,
    }
}

/// A term compiled for many evaluations, by `eval_op` alone: it says what the term means, without simplifying it.
pub(crate) struct Compiled {
    nodes: Vec<Compute>,
}

pub(crate) enum Compute {
    Const(u128),
    Var(usize),
    /// Operation, widths of the result and of the operands, where the operands are.
    Op(Op, u8, u8, [usize; 3]),
}

impl Compiled {
    pub(crate) fn new(vars: &Vars, t: Term) -> Compiled {
        let terms = vars.d.reachable(&[t]);
        let at = |t: Term| terms.binary_search(&t).expect("operands are reachable");
        let compute = |t: &Term| match vars.d.node(*t) {
            Node::Const(c) => Compute::Const(c),
            Node::Var(id) => {
                Compute::Var(vars.vars.iter().position(|(var, _)| *var == id).expect("a variable of ours"))
            }
            Node::Op(op, args) => {
                assert!(is_well_sorted(op, vars.d.width(*t), args.map(|arg| vars.d.width(arg))), "{op:?}");
                let arg_width = vars.d.width(if op == Op::Concat { args[1] } else { args[0] });
                Compute::Op(op, vars.d.width(*t), arg_width, args.map(at))
            }
        };
        Compiled { nodes: terms.iter().map(compute).collect() }
    }

    pub(crate) fn eval(&self, values: &[u128]) -> u128 {
        let mut numbers = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            numbers.push(match node {
                Compute::Const(c) => *c,
                Compute::Var(at) => values[*at],
                Compute::Op(op, width, arg_width, args) => eval_op(*op, *width, *arg_width, args.map(|a| numbers[a])),
            });
        }
        *numbers.last().expect("a term has a node")
    }
}

/// Numbers near those where something changes: zeros, ones, powers of 2, the width.
pub(crate) fn boundary(bits: u32) -> Vec<u128> {
    let mask = u128::MAX >> (128 - bits);
    let mut values: Vec<u128> = vec![0, 1, 2, 3, 5, 0xAA, 0x55, u128::from(bits), 2 * u128::from(bits)];
    for k in 0..bits {
        values.extend([1 << k, (1 << k) - 1, !(1 << k), (1u128 << k).wrapping_neg()]);
    }
    values.extend([u128::from(bits) - 1, u128::from(bits) + 1, mask, mask - 1, mask / 2, mask / 2 + 1, mask / 3]);
    values.iter_mut().for_each(|c| *c &= mask);
    values.sort_unstable();
    values.dedup();
    values
}

pub(crate) fn float_boundary<W: FloatWidth>() -> Vec<u128> {
    let sign = 1u128 << (W::BITS - 1);
    let infinity = ((1u128 << (W::BITS - 1 - W::SIGNIFICAND)) - 1) << W::SIGNIFICAND;
    let quiet = 1u128 << (W::SIGNIFICAND - 1);
    let of = |x: f64| if W::BITS == 32 { u128::from((x as f32).to_bits()) } else { u128::from(x.to_bits()) };
    let mut values = vec![0, 1, 2, (1 << W::SIGNIFICAND) - 1, 1 << W::SIGNIFICAND, infinity - 1, infinity];
    values.extend([infinity | quiet, infinity | 1, infinity | quiet | 1, infinity | (quiet - 1)]);
    values.extend([0.1, 0.5, 0.9, 1.0, 1.5, 2.5, 3.0, 1e10, 1e30].map(of));
    for limit in [7, 8, 15, 16, 31, 32, 63, 64, 127, 128].map(|k| of(2f64.powi(k))) {
        values.extend([limit - 2, limit - 1, limit, limit + 1]);
    }
    if W::BITS == 64 {
        // The integers around those limits, and what truncates to them.
        for limit in [2f64.powi(31), 2f64.powi(32)] {
            values.extend([limit - 1.0, limit - 0.5, limit + 0.5, limit + 1.0, limit + 1.5].map(of));
        }
    }
    values.extend(values.clone().iter().map(|bits| bits | sign));
    values
}

/// Both operands variables, then one of them a constant from the start, then the same one twice.
pub(crate) fn binary_law<W: Width, T: MachineInt>(
    what: &str,
    [a, b]: [u128; 2],
    term: impl Fn(&Terms, Term, Term) -> Term,
    concrete: impl Fn(Int<W>, Int<W>) -> T,
) {
    let mut vars = Vars::new();
    let (x, y) = (vars.fresh(W::BITS as u8), vars.fresh(W::BITS as u8));
    let (ka, kb) = (vars.constant(W::BITS as u8, a), vars.constant(W::BITS as u8, b));
    let wanted = concrete(number::<W>(a), number::<W>(b)).to_u128();
    for (form, t) in [(x, y), (x, kb), (ka, y), (ka, kb)].map(|(s, t)| ((s, t), term(&vars.d, s, t))) {
        assert_eq!(vars.number(t, &[a, b]), Some(wanted), "{what}({a:#x}, {b:#x}) as {form:?}");
        assert_eq!(Compiled::new(&vars, t).eval(&[a, b]), wanted, "{what}({a:#x}, {b:#x}) as {form:?}, evaluated");
    }
    let twice = term(&vars.d, x, x);
    let wanted = concrete(number::<W>(a), number::<W>(a)).to_u128();
    assert_eq!(vars.number(twice, &[a]), Some(wanted), "{what} of {a:#x} twice");
    assert_eq!(Compiled::new(&vars, twice).eval(&[a]), wanted, "{what} of {a:#x} twice, evaluated");
}

pub(crate) fn unary_law<W: Width, T: MachineInt>(
    what: &str,
    a: u128,
    term: impl Fn(&Terms, Term) -> Term,
    concrete: impl Fn(Int<W>) -> T,
) {
    let mut vars = Vars::new();
    let x = vars.fresh(W::BITS as u8);
    let t = term(&vars.d, x);
    let wanted = concrete(number::<W>(a)).to_u128();
    assert_eq!(vars.number(t, &[a]), Some(wanted), "{what}({a:#x})");
    assert_eq!(Compiled::new(&vars, t).eval(&[a]), wanted, "{what}({a:#x}), evaluated");
}

/// All integer operations on two operands as (name, term, concrete), under one number.
pub(crate) fn integer_ops<W: Width>(rotations: bool, check: &mut dyn FnMut(&str, BinTerm<'_>, BinConcrete<'_, W>)) {
    for (at, name) in BINOPS.iter().enumerate() {
        check(name, &|d, a, b| binop::<_, W>(d, at, a, b), &|a, b| {
            binop::<_, W>(&Concrete::default(), at, a, b).to_u128()
        });
    }
    for (at, name) in ROTATIONS.iter().enumerate().filter(|_| rotations) {
        check(name, &|d, a, b| rotation::<_, W>(d, at, a, b), &|a, b| {
            rotation::<_, W>(&Concrete::default(), at, a, b).to_u128()
        });
    }
    for (at, name) in RELOPS.iter().enumerate() {
        check(name, &|d, a, b| relop::<_, W>(d, at, a, b), &|a, b| {
            relop::<_, W>(&Concrete::default(), at, a, b).into()
        });
    }
    // As addresses ask it, which the terms know more about than of other comparisons.
    check("carry", &|d, a, b| num::ilt_u::<_, W>(d, num::inot::<_, W>(d, a), b), &|a, b| {
        num::ilt_u::<_, W>(&Concrete::default(), num::inot::<_, W>(&Concrete::default(), a), b).into()
    });
    for (at, name) in PARTIALS.iter().enumerate() {
        let part = |k: usize| {
            move |a, b| {
                let p = partial::<_, W>(&Concrete::default(), at, a, b);
                [Some(p.value.to_u128()), Some(p.undefined.0.0.into()), p.undefined.1.map(|(c, _)| c.into())][k]
            }
        };
        let term = |k: usize| {
            move |d: &Terms, a: Term, b: Term| {
                let p = partial::<_, W>(d, at, a, b);
                [Some(p.value), Some(p.undefined.0.0), p.undefined.1.map(|(c, _)| c)][k].unwrap_or(d.truth(false))
            }
        };
        for k in 0..3 {
            check(&format!("{name}, part {k}"), &term(k), &|a, b| part(k)(a, b).unwrap_or(0));
        }
    }
}

pub(crate) type BinTerm<'a> = &'a dyn Fn(&Terms, Term, Term) -> Term;
pub(crate) type BinConcrete<'a, W> = &'a dyn Fn(Int<W>, Int<W>) -> u128;

pub(crate) fn integers<W: Width>(a: u128, b: u128) {
    integer_ops::<W>(true, &mut |name, term, concrete| {
        binary_law::<W, _>(name, [a, b], term, concrete);
    });
    for (at, name) in UNOPS.iter().enumerate() {
        unary_law::<W, _>(name, a, |d, x| unop::<_, W>(d, at, x), |a| unop::<_, W>(&Concrete::default(), at, a));
    }
    unary_law::<W, _>("iextend8_s", a, num::iextend8_s::<_, W>, |a| num::iextend8_s::<_, W>(&Concrete::default(), a));
    unary_law::<W, _>("iextend16_s", a, num::iextend16_s::<_, W>, |a| {
        num::iextend16_s::<_, W>(&Concrete::default(), a)
    });
    unary_law::<W, _>("ieqz", a, num::ieqz::<_, W>, |a| num::ieqz::<_, W>(&Concrete::default(), a));
    unary_law::<W, _>(
        "ieqz twice",
        a,
        |d, x| d.negate(num::ieqz::<_, W>(d, x)),
        |a| !num::ieqz::<_, W>(&Concrete::default(), a),
    );
}

/// Trap conditions of a truncation and its value, in range or not.
pub(crate) fn truncations<N: FloatWidth, M: Width>(a: u128, float: f64) {
    let mut vars = Vars::new();
    let x = vars.fresh(N::BITS as u8);
    let truncated = float.trunc();
    let power = 2f64.powi(M::BITS as i32);
    for signed in [true, false] {
        let (low, high) = if signed { (-power / 2.0, power / 2.0) } else { (0.0, power) };
        let in_range = truncated >= low && truncated < high;
        let conditions = |d: &Terms, x| {
            let p = if signed { num::trunc_s::<_, N, M>(d, x) } else { num::trunc_u::<_, N, M>(d, x) };
            [p.undefined.0, p.undefined.1.expect("two conditions")]
        };
        let c = number::<N>(a);
        let p = if signed {
            num::trunc_s::<_, N, M>(&Concrete::default(), c)
        } else {
            num::trunc_u::<_, N, M>(&Concrete::default(), c)
        };
        let [nan, overflow] = conditions(&vars.d, x);
        assert_eq!(p.undefined.0, (float.is_nan(), TrapKind::InvalidConversion), "{float:?}");
        let beyond = !float.is_nan() && !in_range;
        assert_eq!(p.undefined.1, Some((beyond, TrapKind::IntegerOverflow)), "{float:?} {signed} {}", M::BITS);
        assert_eq!((nan.1, overflow.1), (TrapKind::InvalidConversion, TrapKind::IntegerOverflow));
        assert_eq!(vars.number(nan.0, &[a]), Some(float.is_nan().into()), "{float:?}");
        assert_eq!(vars.number(overflow.0, &[a]), Some(beyond.into()), "{float:?} {signed} {}", M::BITS);
        assert_eq!(Compiled::new(&vars, overflow.0).eval(&[a]), beyond.into(), "{float:?} {signed} {}", M::BITS);

        let saturated = if signed { truncated as i128 } else { truncated as u128 as i128 };
        let wanted = match () {
            () if float.is_nan() => 0,
            () if truncated < low => number::<M>(if signed { 1 << (M::BITS - 1) } else { 0 }).to_u128(),
            () if truncated >= high => (1u128 << (M::BITS - u32::from(signed))) - 1,
            () => number::<M>(saturated as u128).to_u128(),
        };
        let sat = if signed {
            num::trunc_sat_s::<_, N, M>(&Concrete::default(), c)
        } else {
            num::trunc_sat_u::<_, N, M>(&Concrete::default(), c)
        };
        assert_eq!(sat.to_u128(), wanted, "{float:?} {signed} {}", M::BITS);
        if in_range {
            assert_eq!(p.value.to_u128(), wanted, "{float:?} {signed} {}", M::BITS);
        }
        let sat =
            if signed { num::trunc_sat_s::<_, N, M>(&vars.d, x) } else { num::trunc_sat_u::<_, N, M>(&vars.d, x) };
        let sat = vars.put(sat, &[Some(a)]);
        // In range the value is opaque: a variable, and no other part of the selection is left.
        let opaque = matches!(vars.d.node(sat), Node::Var(_));
        assert_eq!(opaque, in_range, "{float:?} {signed} {}", M::BITS);
        assert!(opaque || vars.d.as_const(sat) == Some(wanted), "{float:?} {signed} {}", M::BITS);
    }
}

pub(crate) fn floats<W: FloatWidth>(a: u128, b: u128) {
    for (at, name) in FLOAT_UNOPS.iter().enumerate() {
        unary_law::<W, _>(
            name,
            a,
            |d, x| float_unop::<_, W>(d, at, x),
            |a| float_unop::<_, W>(&Concrete::default(), at, a),
        );
    }
    for (at, name) in FLOAT_TESTS.iter().enumerate() {
        unary_law::<W, _>(
            name,
            a,
            |d, x| float_test::<_, W>(d, at, x),
            |a| float_test::<_, W>(&Concrete::default(), at, a),
        );
    }
    for (at, name) in FLOAT_RELOPS.iter().enumerate() {
        let term = |d: &Terms, x, y| float_relop::<_, W>(d, at, x, y);
        binary_law::<W, _>(name, [a, b], term, |a, b| float_relop::<_, W>(&Concrete::default(), at, a, b));
    }
    let nan = |c: u128| num::is_nan::<_, W>(&Concrete::default(), number::<W>(c));
    for (at, name) in FLOAT_BINOPS.iter().enumerate() {
        let concrete = |a, b| float_binop::<_, W>(&Concrete::default(), at, a, b);
        let mut vars = Vars::new();
        let (x, y) = (vars.fresh(W::BITS as u8), vars.fresh(W::BITS as u8));
        let t = vars.put(float_binop::<_, W>(&vars.d, at, x, y), &[Some(a), Some(b)]);
        if matches!(*name, "fmin" | "fmax") && (nan(a) || nan(b)) {
            assert!(matches!(vars.d.node(t), Node::Var(_)), "{name}({a:#x}, {b:#x}) is one of the NaNs");
        } else {
            let wanted = concrete(number::<W>(a), number::<W>(b)).to_u128();
            assert_eq!(vars.d.as_const(t), Some(wanted), "{name}({a:#x}, {b:#x})");
        }
    }
}
