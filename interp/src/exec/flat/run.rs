//! Running the flat form.

use std::sync::Arc;

use super::FlatModule;
use super::code::{Cellular, Code, Op, OpCode, Slot, Ty, decode, read, write};
use crate::exec::config::{Config, Frame as RuleFrame, Operands, Place};
use crate::exec::store::{FuncInst, ModuleInst, Store};
use crate::exec::value::{F32, F64, FuncAddr, I32, I64, Num, Ref, Value, from_bytes, to_bytes};
use crate::exec::{numeric, vector};
use crate::num;
use crate::rule::Rule;
use crate::syntax::Expr;
use crate::syntax::table::for_each_instruction;
use crate::trap::{Budget, TrapKind};
use crate::value::{Concrete, MachineInt, W64, W128, Width};

/// What a run of the flat form has come to.
pub(crate) enum Event {
    /// It has ended with these results.
    Ended(Vec<Value>),
    /// It traps.
    Trapped(TrapKind, Place),
    /// A budget ran out.
    Exhausted(Budget),
    /// The host is called: [`Flat::answer`] goes on.
    CallOut(FuncAddr, Vec<Value>),
}

/// A function under way.
#[derive(Clone, Copy)]
struct Frame {
    func: FuncAddr,
    /// The next operation.
    next: u32,
    /// Its first cell.
    base: usize,
    /// Frames, labels, locals and operands below it.
    below: usize,
}

/// A thread in flat form.
#[derive(Default)]
pub(crate) struct Flat {
    frames: Vec<Frame>,
    cells: Vec<u64>,
    /// Where the host's answer goes.
    answer: usize,
    /// The answer, if it is the result of all.
    last: Option<Vec<Value>>,
    /// An expression without code, for instructions that are reduced by their rules.
    nothing: Arc<Expr>,
}

/// Operands in slots, the last of them first to be taken, and the result in another.
struct Slots<'r> {
    r: &'r mut [u64],
    operands: [Slot; 3],
    left: usize,
    d: Slot,
    trap: Option<TrapKind>,
}

impl<D: Cellular> Operands<D> for Slots<'_> {
    #[inline(always)]
    fn pop_num<T: Num>(&mut self) -> D::Bv<T::W> {
        self.left -= 1;
        D::get::<T::W>(self.r, self.operands[self.left])
    }

    #[inline(always)]
    fn push_num<T: Num>(&mut self, c: D::Bv<T::W>) {
        D::put::<T::W>(self.r, self.d, c);
    }

    #[inline(always)]
    fn traps(&mut self, kind: TrapKind, rule: Rule) -> Rule {
        self.trap = Some(kind);
        rule
    }
}

/// The cells of a frame.
fn of_frame(cells: &mut [u64], base: usize) -> &mut [u64] {
    &mut cells[base..]
}

impl Flat {
    /// Begins a call of a module's function: its arguments are of its type.
    pub(crate) fn enter(
        &mut self,
        c: &Config<Concrete>,
        func: FuncAddr,
        args: &[Value],
        metered: bool,
    ) -> Option<Budget> {
        self.frames.clear();
        self.last = None;
        let code = code_of(&c.store.funcs[func], metered);
        if !has_room(c, 0, args.len() + 1, code) {
            return Some(Budget::Stack);
        }
        self.make_room(code.size as usize);
        args.iter().fold(0, |s, v| write(&mut self.cells, s, *v));
        self.begin(Frame { func, next: 0, base: 0, below: 0 }, code);
        None
    }

    fn make_room(&mut self, size: usize) {
        if self.cells.len() < size {
            self.cells.resize(size.max(2 * self.cells.len()), 0);
        }
    }

    /// Makes a function's frame, in which the arguments are.
    fn begin(&mut self, frame: Frame, code: &Code) {
        self.make_room(frame.base + code.size as usize);
        let first = frame.base + code.params as usize;
        self.cells[first..first + code.init.len()].copy_from_slice(&code.init);
        self.frames.push(frame);
    }

    /// Takes the host's answer to a call, whose type it is of.
    pub(crate) fn answer(&mut self, results: &[Value]) {
        if self.frames.is_empty() {
            self.last = Some(results.to_vec());
            return;
        }
        self.make_room(self.answer + 2 * results.len());
        let at = of_frame(&mut self.cells, self.answer);
        results.iter().fold(0, |s, v| write(at, s, *v));
    }

    /// Runs until something happens that isn't the flat form's. Takes from `fuel` if it is metered.
    pub(crate) fn run(&mut self, c: &mut Config<Concrete>, d: &Concrete, fuel: &mut u64, metered: bool) -> Event {
        if let Some(results) = self.last.take() {
            return Event::Ended(results);
        }
        if metered { self.go::<true>(c, d, fuel) } else { self.go::<false>(c, d, fuel) }
    }

    fn go<const METERED: bool>(&mut self, c: &mut Config<Concrete>, d: &Concrete, fuel: &mut u64) -> Event {
        // The host may add functions; while it doesn't, they are these.
        let funcs = c.store.funcs.clone();
        loop {
            let Some(frame) = self.frames.last().copied() else { unreachable!("a thread without frames has ended") };
            let FuncInst::Wasm { instance, index, .. } = &funcs[frame.func] else {
                unreachable!("only functions of modules have frames")
            };
            let code = code_of(&funcs[frame.func], METERED);
            match self.function::<METERED>(c, d, fuel, &funcs, instance, code, frame) {
                Next::Frame => {}
                Next::Event(event) => return event,
                Next::Trap(kind, op) => {
                    let at = code.at[op];
                    let offset = body(instance, *index).offsets[at as usize];
                    return Event::Trapped(kind, Place { func: Some(*index), at, offset });
                }
            }
        }
    }
}

fn body(instance: &ModuleInst, index: u32) -> &Expr {
    &instance.module.func(index).expect("a function of the module").body
}

fn code_of(func: &FuncInst, metered: bool) -> &Code {
    let FuncInst::Wasm { instance, def, .. } = func else { unreachable!("only functions of modules have code") };
    instance.flat.get_or_init(|| FlatModule::of(&instance.module)).code(&instance.module, *def, metered)
}

/// Whether the stack's budget allows a call: see `Config::has_room`, which counts the arguments and the reference too.
fn has_room(c: &Config<Concrete>, below: usize, depth: usize, code: &Code) -> bool {
    below + depth + code.locals as usize + 2 <= c.stack_limit
}

/// What comes after a frame's operations.
enum Next {
    /// The uppermost frame, which may be another one now.
    Frame,
    Event(Event),
    /// A trap in an operation.
    Trap(TrapKind, usize),
}

macro_rules! ty {
    (i32) => {
        I32
    };
    (i64) => {
        I64
    };
    (f32) => {
        F32
    };
    (f64) => {
        F64
    };
}

macro_rules! shape {
    (i8x16) => {
        num::I8x16
    };
    (i16x8) => {
        num::I16x8
    };
    (i32x4) => {
        num::I32x4
    };
    (i64x2) => {
        num::I64x2
    };
    (f32x4) => {
        num::F32x4
    };
    (f64x2) => {
        num::F64x2
    };
}

macro_rules! part {
    (whole) => {
        num::Part::Whole
    };
    (zero) => {
        num::Part::Zero
    };
    (low) => {
        num::Part::Low
    };
    (high) => {
        num::Part::High
    };
}

/// The effective address of an access of `n` bytes that lies within `len`.
#[inline(always)]
fn within(i: u64, offset: u32, n: u32, len: usize) -> Option<usize> {
    // Addresses have 32 bits here, and offsets too.
    let ea = i + u64::from(offset);
    (ea + u64::from(n) <= len as u64).then_some(ea as usize)
}

impl Cellular for Concrete {
    #[inline(always)]
    fn get<W: Width>(r: &[u64], s: Slot) -> W::Int {
        let s = s as usize;
        match W::BITS {
            128 => W::Int::from_u128(u128::from(r[s]) | u128::from(r[s + 1]) << 64),
            _ => W::Int::from_u128(r[s].into()),
        }
    }

    #[inline(always)]
    fn put<W: Width>(r: &mut [u64], s: Slot, c: W::Int) {
        let (s, c) = (s as usize, c.to_u128());
        r[s] = c as u64;
        if W::BITS == 128 {
            r[s + 1] = (c >> 64) as u64;
        }
    }

    #[inline(always)]
    fn fetch<N: Width>(bytes: &Vec<u8>, i: u64, offset: u32) -> Option<N::Int> {
        let n = num::bytes::<N>();
        let ea = within(i, offset, n, bytes.len())?;
        Some(from_bytes::<N>(&bytes[ea..ea + n as usize]))
    }

    #[inline(always)]
    fn put_back<N: Width>(bytes: &mut Vec<u8>, i: u64, offset: u32, c: N::Int) -> Option<()> {
        let n = num::bytes::<N>();
        let ea = within(i, offset, n, bytes.len())?;
        bytes[ea..ea + n as usize].copy_from_slice(&to_bytes::<N>(c)[..n as usize]);
        Some(())
    }
}

/// Applies a reduction to the operands of an operation, one to three of them.
macro_rules! slots {
    ($x:ident 1 $slots:ident => $reduced:expr) => {
        slots!($x [$x.op.a, 0, 0] 1 $slots => $reduced)
    };
    ($x:ident 2 $slots:ident => $reduced:expr) => {
        slots!($x [$x.op.a, $x.op.b, 0] 2 $slots => $reduced)
    };
    ($x:ident 3 $slots:ident => $reduced:expr) => {
        slots!($x [$x.op.a, $x.op.b, $x.more.a] 3 $slots => $reduced)
    };
    ($x:ident $operands:tt $n:literal $slots:ident => $reduced:expr) => {{
        let $slots = &mut Slots { r: &mut *$x.r, operands: $operands, left: $n, d: $x.op.d, trap: None };
        match $reduced {
            Ok(_) => $slots.trap,
            Err(never) => match never {},
        }
    }};
}

/// What an operation does that is a row's instruction: how it traps, if it does.
macro_rules! exec {
    ($x:ident unop($t:ident, $f:ident)) => {
        slots!($x 1 s => numeric::unop::<D, ty!($t)>(s, $x.d, num::$f))
    };
    ($x:ident binop($t:ident, $f:ident)) => {
        slots!($x 2 s => numeric::binop::<D, ty!($t)>(s, $x.d, num::$f))
    };
    ($x:ident partial_binop($t:ident, $f:ident)) => {
        slots!($x 2 s => numeric::partial_binop::<D, ty!($t)>(s, $x.d, num::$f))
    };
    ($x:ident testop($t:ident, $f:ident)) => {
        slots!($x 1 s => numeric::testop::<D, ty!($t)>(s, $x.d, num::$f))
    };
    ($x:ident relop($t:ident, $f:ident)) => {
        slots!($x 2 s => numeric::relop::<D, ty!($t)>(s, $x.d, num::$f))
    };
    ($x:ident cvtop($t:ident, $u:ident, $f:ident)) => {
        slots!($x 1 s => numeric::cvtop::<D, ty!($t), ty!($u)>(s, $x.d, num::$f))
    };
    ($x:ident partial_cvtop($t:ident, $u:ident, $f:ident)) => {
        slots!($x 1 s => numeric::partial_cvtop::<D, ty!($t), ty!($u)>(s, $x.d, num::$f))
    };
    ($x:ident load($t:ident)) => {
        match $x.fetch::<<ty!($t) as Num>::W>() {
            Some(c) => {
                D::put::<<ty!($t) as Num>::W>($x.r, $x.op.d, c);
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident load_pack($t:ident, $W:ident, $sx:ident)) => {
        match $x.fetch::<crate::value::$W>() {
            Some(c) => {
                let c = extended::<D, ty!($t), crate::value::$W>($x.d, c, num::$sx);
                D::put::<<ty!($t) as Num>::W>($x.r, $x.op.d, c);
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident store($t:ident)) => {{
        let c = D::get::<<ty!($t) as Num>::W>($x.r, $x.op.b);
        $x.put_back::<<ty!($t) as Num>::W>(c)
    }};
    ($x:ident store_pack($t:ident, $W:ident)) => {{
        let c = D::get::<<ty!($t) as Num>::W>($x.r, $x.op.b);
        let c = num::wrap::<D, <ty!($t) as Num>::W, crate::value::$W>($x.d, c);
        $x.put_back::<crate::value::$W>(c)
    }};
    ($x:ident vload()) => {
        match $x.fetch::<W128>() {
            Some(c) => {
                D::put::<W128>($x.r, $x.op.d, c);
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident vload_pack($s1:ident, $s2:ident, $sx:ident)) => {
        match $x.fetch::<W64>() {
            Some(c) => {
                D::put::<W128>($x.r, $x.op.d, unpacked::<D, shape!($s1), shape!($s2)>($x.d, c, num::$sx));
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident vload_splat($s:ident)) => {
        match $x.fetch::<<shape!($s) as num::Shape>::Lane>() {
            Some(c) => {
                D::put::<W128>($x.r, $x.op.d, num::inv_lanes::<D, shape!($s)>($x.d, |_| c));
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident vload_zero($W:ident)) => {
        match $x.fetch::<crate::value::$W>() {
            Some(c) => {
                D::put::<W128>($x.r, $x.op.d, num::extend_u::<D, crate::value::$W, W128>($x.d, c));
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident vstore()) => {{
        let c = D::get::<W128>($x.r, $x.op.b);
        $x.put_back::<W128>(c)
    }};
    ($x:ident vvunop($f:ident)) => {
        slots!($x 1 s => vector::vvunop::<D>(s, $x.d, num::$f))
    };
    ($x:ident vvbinop($f:ident)) => {
        slots!($x 2 s => vector::vvbinop(s, $x.d, num::$f))
    };
    ($x:ident vvternop($f:ident)) => {
        slots!($x 3 s => vector::vvternop(s, $x.d, num::$f))
    };
    ($x:ident vvtestop($f:ident)) => {
        slots!($x 1 s => vector::vvtestop(s, $x.d, num::$f))
    };
    ($x:ident vunop($s:ident, $f:ident)) => {
        slots!($x 1 s => vector::vunop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vbinop($s:ident, $f:ident)) => {
        slots!($x 2 s => vector::vbinop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vternop($s:ident, $f:ident)) => {
        slots!($x 3 s => vector::vternop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vtestop($s:ident, $f:ident)) => {
        slots!($x 1 s => vector::vtestop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vrelop($s:ident, $f:ident)) => {
        slots!($x 2 s => vector::vrelop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vshiftop($s:ident, $f:ident)) => {
        slots!($x 2 s => vector::vshiftop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vbitmask($s:ident)) => {
        slots!($x 1 s => vector::vbitmask::<D, shape!($s)>(s, $x.d))
    };
    ($x:ident vswizzlop($s:ident, $f:ident)) => {
        slots!($x 2 s => vector::vswizzlop::<D, shape!($s)>(s, $x.d, num::$f))
    };
    ($x:ident vshuffle()) => {{
        let lanes = $x.shuffles[$x.op.x as usize];
        slots!($x 2 s => vector::vshuffle(s, $x.d, &lanes))
    }};
    ($x:ident vsplat($s:ident, $t:ident)) => {
        slots!($x 1 s => vector::vsplat::<D, shape!($s), ty!($t)>(s, $x.d))
    };
    ($x:ident vextract_lane($s:ident, $t:ident)) => {
        slots!($x 1 s => vector::vextract_lane::<D, ty!($t), shape!($s)>(s, $x.d, $x.op.x as u8))
    };
    ($x:ident vextract_lane_pack($s:ident, $t:ident, $sx:ident)) => {
        slots!($x 1 s => vector::vextract_lane_pack::<D, shape!($s), ty!($t)>(s, $x.d, $x.op.x as u8, num::$sx))
    };
    ($x:ident vreplace_lane($s:ident, $t:ident)) => {
        slots!($x 2 s => vector::vreplace_lane::<D, shape!($s), ty!($t)>(s, $x.d, $x.op.x as u8))
    };
    ($x:ident vextunop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => {
        slots!($x 1 s => vector::vextunop(s, $x.d, |d, v| {
            num::$f::<D, shape!($s1), shape!($s2)>(d, num::$sx, v)
        }))
    };
    ($x:ident vextbinop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => {
        slots!($x 2 s => vector::vextbinop(s, $x.d, |d, vs| {
            num::$f::<D, shape!($s1), shape!($s2)>(d, num::$sx, vs)
        }))
    };
    ($x:ident relaxed_vextbinop($f:ident)) => {
        slots!($x 2 s => vector::vextbinop(s, $x.d, num::$f))
    };
    ($x:ident vextternop($f:ident)) => {
        slots!($x 3 s => vector::vextternop(s, $x.d, num::$f))
    };
    ($x:ident vnarrow($s1:ident, $s2:ident, $f:ident)) => {
        slots!($x 2 s => vector::vnarrow::<D, shape!($s1), shape!($s2)>(s, $x.d, num::$f))
    };
    ($x:ident vcvtop($s1:ident, $s2:ident, $part:ident, $f:ident)) => {
        slots!($x 1 s => vector::vcvtop::<D, shape!($s1), shape!($s2)>(s, $x.d, part!($part), num::$f))
    };
    ($x:ident $family:ident($($arg:tt)*)) => { unreachable!("it has no operation of its own") };
}

/// A number of N bits, extended.
#[inline(always)]
fn extended<D: Cellular, T: Num, N: Width>(
    d: &D,
    c: D::Bv<N>,
    extend: impl Fn(&D, D::Bv<N>) -> D::Bv<T::W>,
) -> D::Bv<T::W> {
    extend(d, c)
}

/// Lanes as in S1, extended to those of S2.
#[inline(always)]
fn unpacked<D: Cellular, S1: num::Shape, S2: num::Shape>(
    d: &D,
    packed: D::Bv<W64>,
    extend: impl Fn(&D, D::Bv<S1::Lane>) -> D::Bv<S2::Lane>,
) -> D::Bv<W128> {
    let lane = |k: u32| d.extract::<W64, S1::Lane>(packed, k * <S1::Lane as Width>::BITS);
    num::inv_lanes::<D, S2>(d, |k| extend(d, lane(k)))
}

/// What an operation of an instruction needs. It is written over any reading that has cells, so that the widths of what
/// is passed to the functions of 4.3 are known.
struct Exec<'a, D: Cellular> {
    d: &'a D,
    r: &'a mut [u64],
    op: Op,
    more: Op,
    store: &'a mut Store<D>,
    instance: &'a ModuleInst,
    shuffles: &'a [[u8; 16]],
}

impl<D: Cellular> Exec<'_, D> {
    #[inline(always)]
    fn fetch<N: Width>(&self) -> Option<D::Bv<N>> {
        let memory = &self.store.mems[self.instance.mems[self.op.x as usize]].bytes;
        D::fetch::<N>(memory, self.r[self.op.a as usize], self.op.b)
    }

    #[inline(always)]
    fn put_back<N: Width>(&mut self, c: D::Bv<N>) -> Option<TrapKind> {
        let memory = &mut self.store.mems[self.instance.mems[self.op.x as usize]].bytes;
        match D::put_back::<N>(memory, self.r[self.op.a as usize], self.op.d, c) {
            Some(()) => None,
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    }
}

macro_rules! arms {
    ($code:ident $x:ident $own:block;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $code {
            $(OpCode::$Name => exec!($x $family($($arg)*)),)*
            _ => $own,
        }
    };
}

/// An operation that is an instruction's: how it traps, if it does.
#[inline(always)]
fn instruction<D: Cellular>(x: &mut Exec<'_, D>) -> Option<TrapKind> {
    let code = x.op.code;
    for_each_instruction!(arms code x { unreachable!("it is an operation of the flat form's own") };)
}

impl Flat {
    #[allow(clippy::too_many_arguments)]
    fn function<const METERED: bool>(
        &mut self,
        c: &mut Config<Concrete>,
        d: &Concrete,
        fuel: &mut u64,
        funcs: &[FuncInst],
        instance: &Arc<ModuleInst>,
        code: &Code,
        frame: Frame,
    ) -> Next {
        let mut pc = frame.next as usize;
        let ops = &code.ops[..];
        let mut r = of_frame(&mut self.cells, frame.base);
        loop {
            let op = ops[pc];
            if METERED {
                let cost = u64::from(code.costs[pc]);
                if *fuel < cost {
                    return Next::Event(Event::Exhausted(Budget::Fuel));
                }
                *fuel -= cost;
            }
            pc += 1;
            match op.code {
                OpCode::Idle => {}
                OpCode::Copy => r[op.d as usize] = r[op.a as usize],
                OpCode::Copy2 => {
                    let (low, high) = (r[op.a as usize], r[op.a as usize + 1]);
                    (r[op.d as usize], r[op.d as usize + 1]) = (low, high);
                }
                OpCode::Const => r[op.d as usize] = u64::from(op.a) | u64::from(op.b) << 32,
                OpCode::Jump => pc = op.d as usize,
                OpCode::JumpIf => {
                    if r[op.a as usize] as u32 != 0 {
                        if METERED && !take(fuel, op.b) {
                            return Next::Event(Event::Exhausted(Budget::Fuel));
                        }
                        pc = op.d as usize;
                    }
                }
                OpCode::JumpIfNot => {
                    if r[op.a as usize] as u32 == 0 {
                        pc = op.d as usize;
                    }
                }
                OpCode::JumpTable => {
                    let i = (r[op.d as usize] as u32).min(op.a);
                    let target = code.targets[(op.b + i) as usize];
                    if METERED && !take(fuel, target.cost) {
                        return Next::Event(Event::Exhausted(Budget::Fuel));
                    }
                    pc = target.op as usize;
                }
                OpCode::Leave => {
                    let (n, from) = (op.a as usize, op.b as usize);
                    match n {
                        0 => {}
                        1 => r[0] = r[from],
                        _ => r.copy_within(from..from + n, 0),
                    }
                    self.frames.pop();
                    if self.frames.is_empty() {
                        return Next::Event(Event::Ended(self.values(0, &code.results)));
                    }
                    return Next::Frame;
                }
                OpCode::CallDirect => {
                    let callee = instance.funcs[op.a as usize];
                    return self.call::<METERED>(c, funcs, callee, op.d, op.b, frame, pc, code, false);
                }
                OpCode::TailDirect => {
                    let callee = instance.funcs[op.a as usize];
                    return self.call::<METERED>(c, funcs, callee, op.d, op.b, frame, pc, code, true);
                }
                OpCode::CallTable | OpCode::TailTable => {
                    let more = ops[pc];
                    let table = &c.store.tables[instance.tables[op.a as usize]].elements;
                    let i = usize::try_from(r[more.a as usize]).unwrap_or(usize::MAX);
                    let tail = op.code == OpCode::TailTable;
                    // The element is taken, is cast, and is called: a trap is the last of these.
                    let mut trap = |kind, steps| {
                        if METERED {
                            *fuel += u64::from(more.d - steps);
                        }
                        Next::Trap(kind, pc - 1)
                    };
                    let callee = match table.get(i) {
                        None => return trap(TrapKind::TableOutOfBounds, 2),
                        Some(Ref::Func(callee)) => *callee,
                        Some(_) => return trap(TrapKind::UninitializedElement, more.d - u32::from(tail)),
                    };
                    let (is, wanted) = (funcs[callee].deftype(), instance.types[more.b as usize]);
                    if is != wanted && !c.store.types.def_sub(is, wanted) {
                        return trap(TrapKind::IndirectCallType, 3);
                    }
                    return self.call::<METERED>(c, funcs, callee, op.d, op.b, frame, pc + 1, code, tail);
                }
                OpCode::CallReference | OpCode::TailReference => {
                    let more = ops[pc];
                    let tail = op.code == OpCode::TailReference;
                    let Ref::Func(callee) = decode(r[more.a as usize]) else {
                        // A tail call leaves its frame before it calls.
                        if METERED && tail {
                            *fuel += 1;
                        }
                        return Next::Trap(TrapKind::NullReference, pc - 1);
                    };
                    return self.call::<METERED>(c, funcs, callee, op.d, op.b, frame, pc + 1, code, tail);
                }
                OpCode::Unreachable => return Next::Trap(TrapKind::Unreachable, pc - 1),
                OpCode::Select => {
                    let condition = r[ops[pc].a as usize] as u32;
                    pc += 1;
                    let from = if condition != 0 { op.a } else { op.b } as usize;
                    let (low, d) = (r[from], op.d as usize);
                    if op.x == 2 {
                        r[d + 1] = r[from + 1];
                    }
                    r[d] = low;
                }
                OpCode::GlobalGet => {
                    let value = c.store.globals[instance.globals[op.a as usize]].value;
                    write(r, op.d, value);
                }
                OpCode::GlobalSet => {
                    c.store.globals[instance.globals[op.b as usize]].value = read(r, op.a, Ty::ALL[op.x as usize]);
                }
                OpCode::MemoryFill | OpCode::MemoryCopy | OpCode::MemoryInit => {
                    let (of, more) = ([op.d, op.a, op.b].map(|s| r[s as usize]), ops[pc]);
                    pc += 1;
                    let mut endless = u64::MAX;
                    let fuel = if METERED { &mut *fuel } else { &mut endless };
                    match bulk(&mut c.store, instance, op.code, of, more, fuel) {
                        Bulk::Done => {}
                        Bulk::OutOfBounds => return Next::Trap(TrapKind::MemoryOutOfBounds, pc - 2),
                        Bulk::OutOfFuel => return Next::Event(Event::Exhausted(Budget::Fuel)),
                    }
                }
                OpCode::ByRule => {
                    if let Some(next) = self.by_rule::<METERED>(c, d, fuel, instance, code, op, frame, pc - 1) {
                        return next;
                    }
                    r = of_frame(&mut self.cells, frame.base);
                }
                OpCode::More => {}
                _ => {
                    let more = ops[pc.min(ops.len() - 1)];
                    let (store, shuffles) = (&mut c.store, &code.shuffles[..]);
                    let mut x = Exec { d, r: &mut *r, op, more, store, instance, shuffles };
                    if let Some(kind) = instruction(&mut x) {
                        return Next::Trap(kind, pc - 1);
                    }
                }
            }
        }
    }

    fn values(&self, at: usize, types: &[Ty]) -> Vec<Value> {
        let mut s = 0;
        let next = |t: &Ty| {
            let v = read(&self.cells[at..], s, *t);
            s += t.cells();
            v
        };
        types.iter().map(next).collect()
    }

    /// Calls a function with the arguments from `d`; `depth` labels and operands are in the frame, the arguments and
    /// the reference among them.
    #[allow(clippy::too_many_arguments)]
    fn call<const METERED: bool>(
        &mut self,
        c: &Config<Concrete>,
        funcs: &[FuncInst],
        callee: FuncAddr,
        d: Slot,
        depth: u32,
        frame: Frame,
        next: usize,
        caller: &Code,
        tail: bool,
    ) -> Next {
        let arity = funcs[callee].ty().params.len();
        let args = frame.base + d as usize;
        // A tail call is one from where its frame was.
        let (base, below, depth) = match tail {
            true => (frame.base, frame.below, arity + 1),
            false => (args, frame.below + 1 + caller.locals as usize, depth as usize),
        };
        if tail {
            self.frames.pop();
        } else {
            self.frames.last_mut().expect("the caller").next = next as u32;
        }
        if matches!(funcs[callee], FuncInst::Host { .. }) {
            let types: Vec<Ty> = funcs[callee].ty().params.iter().map(|t| Ty::of(*t)).collect();
            self.answer = base;
            return Next::Event(Event::CallOut(callee, self.values(args, &types)));
        }
        let code = code_of(&funcs[callee], METERED);
        if !has_room(c, below, depth, code) {
            return Next::Event(Event::Exhausted(Budget::Stack));
        }
        if tail {
            self.cells.copy_within(args..args + code.params as usize, base);
        }
        let below = below + depth - 1 - arity;
        self.begin(Frame { func: callee, next: 0, base, below }, code);
        Next::Frame
    }

    /// Reduces an instruction by its rule, and by those of what that rule makes of it.
    #[allow(clippy::too_many_arguments)]
    fn by_rule<const METERED: bool>(
        &mut self,
        c: &mut Config<Concrete>,
        d: &Concrete,
        fuel: &mut u64,
        instance: &Arc<ModuleInst>,
        code: &Code,
        op: Op,
        frame: Frame,
        at: usize,
    ) -> Option<Next> {
        let site = &code.sites[op.b as usize];
        for v in self.values(frame.base + op.a as usize, &site.params) {
            c.stack.push(v);
        }
        c.frames.push(RuleFrame {
            instance: instance.clone(),
            func: None,
            body: self.nothing.clone(),
            at: 0,
            next: 0,
            arity: 0,
            height: 0,
            locals: 0,
            labels: 0,
        });
        // A collection of garbage looks for references in all cells.
        c.cells = std::mem::take(&mut self.cells);
        let mut endless = u64::MAX;
        let reduced = c.by_rule(d, &site.instr, if METERED { fuel } else { &mut endless });
        let exhausted = reduced.unwrap_or_else(|never| match never {});
        self.cells = std::mem::take(&mut c.cells);
        c.frames.pop();
        if let Some(trapped) = c.trap.take() {
            return Some(Next::Trap(trapped.kind, at));
        }
        if let Some(budget) = exhausted {
            return Some(Next::Event(Event::Exhausted(budget)));
        }
        let results = c.stack.pop_many(site.results.len());
        let r = of_frame(&mut self.cells, frame.base);
        results.into_iter().fold(op.d, |s, v| write(r, s, v));
        None
    }
}

/// How a bulk operation on memories ended.
enum Bulk {
    Done,
    OutOfBounds,
    OutOfFuel,
}

/// `memory.fill`, `memory.copy` and `memory.init` on (i, v, n) or (i, j, n): all bytes at once, for the reductions that
/// they are one by one. If there is no fuel for all of them, those are written that there is fuel for.
fn bulk(
    store: &mut Store<Concrete>,
    instance: &ModuleInst,
    code: OpCode,
    [i, j, n]: [u64; 3],
    more: Op,
    fuel: &mut u64,
) -> Bulk {
    let to = instance.mems[more.a as usize];
    let fits = |at: u64, len: usize| at.checked_add(n).is_some_and(|end| end <= len as u64);
    let (inside, each) = match code {
        OpCode::MemoryFill => (true, 2),
        OpCode::MemoryCopy => (fits(j, store.mems[instance.mems[more.b as usize]].bytes.len()), 3),
        _ => (fits(j, store.datas[instance.datas[more.b as usize]].len()), 2),
    };
    if !inside || !fits(i, store.mems[to].bytes.len()) {
        return if take(fuel, 1) { Bulk::OutOfBounds } else { Bulk::OutOfFuel };
    }
    // So many for each byte, and one that finds that nothing is left.
    let all = each * n + 1;
    let (bytes, ended) = match fuel.checked_sub(all) {
        Some(rest) => {
            *fuel = rest;
            (n, Bulk::Done)
        }
        None => (std::mem::take(fuel) / each, Bulk::OutOfFuel),
    };
    let (i, from, len) = (i as usize, j as usize, bytes as usize);
    match code {
        OpCode::MemoryFill => store.mems[to].bytes[i..i + len].fill(j as u8),
        OpCode::MemoryCopy => {
            let source = instance.mems[more.b as usize];
            // Backward copies end elsewhere if they are cut short; nobody can look at what they leave.
            if source == to {
                store.mems[to].bytes.copy_within(from..from + len, i);
            } else {
                let (a, b) = pair(&mut store.mems, to, source);
                a.bytes[i..i + len].copy_from_slice(&b.bytes[from..from + len]);
            }
        }
        _ => {
            let data = store.datas[instance.datas[more.b as usize]].clone();
            store.mems[to].bytes[i..i + len].copy_from_slice(&data[from..from + len]);
        }
    }
    ended
}

/// Two different elements.
fn pair<T>(all: &mut [T], a: usize, b: usize) -> (&mut T, &T) {
    let (low, high) = all.split_at_mut(a.max(b));
    if a < b { (&mut low[a], &high[0]) } else { (&mut high[0], &low[b]) }
}

/// Takes reductions from the fuel, if they are there.
fn take(fuel: &mut u64, reductions: u32) -> bool {
    match fuel.checked_sub(reductions.into()) {
        Some(rest) => {
            *fuel = rest;
            true
        }
        None => false,
    }
}
