//! Executing operations: the loop that all time is spent in.

use super::FlatModule;
use super::code::{self, Cellular, Code, Op, Slot, Ty, decode, jump, own, plain};
use crate::exec::config::Operands;
use crate::exec::step::{part, shape, ty};
use crate::exec::store::{FuncInst, ModuleInst, Store};
use crate::exec::value::{FuncAddr, Num, Ref, Value, from_bytes, to_bytes};
use crate::exec::{numeric, vector};
use crate::num;
use crate::rule::Rule;
use crate::syntax::table::for_each_instruction;
use crate::trap::{Budget, TrapKind};
use crate::value::{Concrete, MachineInt, W64, W128, Width};

/// A function under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// A function of its instance.
    pub(super) of: FuncAddr,
    /// Which of the functions that the module defines.
    pub(super) def: u32,
    /// The next operation.
    pub(super) next: u32,
    /// Its first cell.
    pub(super) base: usize,
    /// Frames, labels, locals and operands below it.
    pub(super) below: usize,
}

/// Why the loop is left. The frame of the operation is the uppermost one; the operation after it is its next one.
pub(super) enum Left {
    /// The uppermost frame is that of another instance.
    Frame,
    /// The outermost function has returned: its results are the first cells.
    Returned,
    /// An operation that asks for more than the loop has.
    Asks(Op),
    /// A call of a function of the host or of another instance.
    Calls(FuncAddr, Call),
    /// A trap in the operation of this index.
    Traps(TrapKind, usize),
    /// A budget ran out.
    Exhausted(Budget),
}

/// A call that is made. A tail call is one from where its frame was.
#[derive(Clone, Copy)]
pub(super) struct Call {
    /// The arguments.
    pub(super) d: Slot,
    /// Labels and operands in the frame, the arguments and the reference among them.
    pub(super) depth: u32,
    pub(super) tail: bool,
}

impl Call {
    /// Where the callee's frame begins.
    #[inline(always)]
    pub(super) fn base(self, frame: Frame) -> usize {
        if self.tail { frame.base } else { frame.base + self.d as usize }
    }

    /// Makes the callee's frame in the cells, with its arguments in it; `None` if the stack's budget doesn't allow it.
    #[inline(always)]
    pub(super) fn enter(
        self,
        cells: &mut Vec<u64>,
        (frame, locals): (Frame, u32),
        (of, def): (FuncAddr, u32),
        callee: &Code,
        stack_limit: usize,
    ) -> Option<Frame> {
        let arity = callee.arity as usize;
        let (below, depth) = match self.tail {
            true => (frame.below, arity + 1),
            false => (frame.below + 1 + locals as usize, self.depth as usize),
        };
        if !has_room(stack_limit, below, depth, callee) {
            return None;
        }
        let base = self.base(frame);
        if self.tail {
            let args = frame.base + self.d as usize;
            cells.copy_within(args..args + callee.params as usize, base);
        }
        begin(cells, base, callee);
        Some(Frame { of, def, next: 0, base, below: below + depth - 1 - arity })
    }
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
    fn read(r: &[u64], s: Slot, t: Ty) -> Value {
        code::read(r, s, t)
    }

    #[inline(always)]
    fn write(r: &mut [u64], s: Slot, v: Value) {
        code::write(r, s, v);
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

    #[inline(always)]
    fn element(table: &Vec<Ref>, i: u64) -> Option<Ref> {
        table.get(usize::try_from(i).ok()?).copied()
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
        slots!($x [$x.op.a, $x.op.b, $x.ops[$x.pc].a] 3 $slots => $reduced)
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
    ($x:ident vload_lane($s:ident)) => {
        match $x.fetch::<<shape!($s) as num::Shape>::Lane>() {
            Some(c) => {
                let v = D::get::<W128>($x.r, $x.ops[$x.pc].a);
                D::put::<W128>($x.r, $x.op.d, vector::replaced::<D, shape!($s)>($x.d, v, $x.op.x as u8, c));
                None
            }
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    };
    ($x:ident vstore_lane($s:ident)) => {{
        let v = D::get::<W128>($x.r, $x.op.b);
        $x.put_back::<<shape!($s) as num::Shape>::Lane>(num::lane::<D, shape!($s)>($x.d, v, $x.op.x.into()))
    }};
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

/// What an operation of an instruction needs.
struct Exec<'a, D: Cellular> {
    d: &'a D,
    r: &'a mut [u64],
    op: Op,
    /// The operation after it.
    pc: usize,
    ops: &'a [Op],
    memory: &'a mut D::Memory,
    shuffles: &'a [[u8; 16]],
}

impl<D: Cellular> Exec<'_, D> {
    #[inline(always)]
    fn fetch<N: Width>(&self) -> Option<D::Bv<N>> {
        D::fetch::<N>(self.memory, self.r[self.op.a as usize], self.op.b)
    }

    #[inline(always)]
    fn put_back<N: Width>(&mut self, c: D::Bv<N>) -> Option<TrapKind> {
        match D::put_back::<N>(self.memory, self.r[self.op.a as usize], self.op.d, c) {
            Some(()) => None,
            None => Some(TrapKind::MemoryOutOfBounds),
        }
    }
}

/// Branches if a test or a comparison says what x does.
macro_rules! branch {
    ($x:ident $pc:ident testop($t:ident, $f:ident)) => {{
        let a = D::get::<<ty!($t) as Num>::W>($x.r, $x.op.a);
        branch!($x $pc num::$f::<D, <ty!($t) as Num>::W>($x.d, a))
    }};
    ($x:ident $pc:ident relop($t:ident, $f:ident)) => {{
        let (a, b) = (D::get::<<ty!($t) as Num>::W>($x.r, $x.op.a), D::get::<<ty!($t) as Num>::W>($x.r, $x.op.b));
        branch!($x $pc num::$f::<D, <ty!($t) as Num>::W>($x.d, a, b))
    }};
    ($x:ident $pc:ident $family:ident($($arg:tt)*)) => { unreachable!("it says nothing") };
    ($x:ident $pc:ident $says:expr) => {{
        if $says == ($x.op.x != 0) {
            $pc = $x.op.d as usize;
        }
        None
    }};
}

/// All operations in one place: an instruction's say how they trap, if they do.
macro_rules! arms {
    ($x:ident $pc:ident { $($own:tt)* }
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $x.op.code {
            $(plain::$Name => exec!($x $family($($arg)*)),)*
            $(jump::$Name => branch!($x $pc $family($($arg)*)),)*
            $($own)*
        }
    };
}

/// The loop: a thread and what it runs on. The memory is the first one of the instance, which isn't in the store
/// meanwhile.
pub(super) struct Operations<'a, D: Cellular> {
    pub(super) d: &'a D,
    pub(super) frames: &'a mut Vec<Frame>,
    pub(super) cells: &'a mut Vec<u64>,
    pub(super) fuel: &'a mut u64,
    pub(super) funcs: &'a [FuncInst],
    pub(super) instance: &'a ModuleInst,
    pub(super) flat: &'a FlatModule,
    pub(super) memory: &'a mut D::Memory,
    pub(super) store: &'a mut Store<D>,
    pub(super) stack_limit: usize,
}

/// Takes reductions from the fuel, if they are there.
pub(super) fn take(fuel: &mut u64, reductions: u32) -> bool {
    match fuel.checked_sub(reductions.into()) {
        Some(rest) => {
            *fuel = rest;
            true
        }
        None => false,
    }
}

/// Whether the stack's budget allows a call: see `Config::has_room`, which counts the arguments and the reference too.
pub(super) fn has_room(stack_limit: usize, below: usize, depth: usize, code: &Code) -> bool {
    below + depth + code.locals as usize + 2 <= stack_limit
}

/// Makes a function's frame in the cells, in which the arguments are.
pub(super) fn begin(cells: &mut Vec<u64>, base: usize, code: &Code) {
    let size = base + code.size as usize;
    if cells.len() < size {
        cells.resize(size.max(2 * cells.len()), 0);
    }
    let first = base + code.params as usize;
    cells[first..first + code.init.len()].copy_from_slice(&code.init);
}

impl<D: Cellular> Operations<'_, D> {
    /// Executes operations of one instance, until there is something else to do.
    pub(super) fn run<const METERED: bool>(&mut self) -> Left {
        let Operations { d, frames, cells, fuel, funcs, instance, flat, memory, store, stack_limit } = self;
        let (funcs, instance, flat) = (*funcs, *instance, *flat);
        let mut frame = frames.pop().expect("a thread without frames has ended");
        let mut code = flat.code(&instance.module, frame.def as usize, METERED);
        let mut pc = frame.next as usize;
        let mut r = &mut cells[frame.base..];
        // Leaves the loop.
        macro_rules! leave {
            ($next:expr, $left:expr) => {{
                frames.push(Frame { next: $next as u32, ..frame });
                return $left;
            }};
        }
        // Calls a function of this instance.
        macro_rules! call {
            ($def:expr, $call:expr) => {{
                let (def, call): (u32, Call) = ($def, $call);
                let callee = flat.code(&instance.module, def as usize, METERED);
                let caller = (frame, code.locals);
                let Some(entered) = call.enter(cells, caller, (frame.of, def), callee, *stack_limit) else {
                    leave!(pc, Left::Exhausted(Budget::Stack));
                };
                if !call.tail {
                    frames.push(Frame { next: pc as u32, ..frame });
                }
                frame = entered;
                code = callee;
                pc = 0;
                r = &mut cells[frame.base..];
            }};
        }
        // Calls any function.
        macro_rules! call_any {
            ($callee:expr, $op:expr, $tail:expr) => {{
                let (callee, call) = ($callee, Call { d: $op.d, depth: $op.b, tail: $tail });
                match &funcs[callee] {
                    FuncInst::Wasm { instance: its, def, .. } if std::ptr::eq(&**its, instance) => {
                        call!(*def as u32, call);
                    }
                    _ => leave!(pc, Left::Calls(callee, call)),
                }
            }};
        }
        loop {
            let op = code.ops[pc];
            if METERED && !take(fuel, code.costs[pc]) {
                leave!(pc, Left::Exhausted(Budget::Fuel));
            }
            pc += 1;
            let mut x =
                Exec { d: *d, r: &mut *r, op, pc, ops: &code.ops, memory: &mut **memory, shuffles: &code.shuffles };
            let trap: Option<TrapKind> = for_each_instruction!(arms x pc {
                own::Idle | own::More => None,
                own::Copy => {
                    r[op.d as usize] = r[op.a as usize];
                    None
                }
                own::Copy2 => {
                    let (low, high) = (r[op.a as usize], r[op.a as usize + 1]);
                    (r[op.d as usize], r[op.d as usize + 1]) = (low, high);
                    None
                }
                own::Const => {
                    r[op.d as usize] = u64::from(op.a) | u64::from(op.b) << 32;
                    None
                }
                own::Jump => {
                    pc = op.d as usize;
                    None
                }
                own::JumpIf => {
                    if r[op.a as usize] as u32 != 0 {
                        if METERED && !take(fuel, op.b) {
                            leave!(pc, Left::Exhausted(Budget::Fuel));
                        }
                        pc = op.d as usize;
                    }
                    None
                }
                own::JumpIfNot => {
                    if r[op.a as usize] as u32 == 0 {
                        pc = op.d as usize;
                    }
                    None
                }
                own::JumpTable => {
                    let i = (r[op.d as usize] as u32).min(op.a);
                    let target = code.targets[(op.b + i) as usize];
                    if METERED && !take(fuel, target.cost) {
                        leave!(pc, Left::Exhausted(Budget::Fuel));
                    }
                    pc = target.op as usize;
                    None
                }
                own::Leave => {
                    let (n, from) = (op.a as usize, op.b as usize);
                    match n {
                        0 => {}
                        1 => r[0] = r[from],
                        _ => r.copy_within(from..from + n, 0),
                    }
                    let Some(caller) = frames.pop() else { return Left::Returned };
                    if caller.of != frame.of {
                        frames.push(caller);
                        return Left::Frame;
                    }
                    frame = caller;
                    code = flat.code(&instance.module, frame.def as usize, METERED);
                    pc = frame.next as usize;
                    r = &mut cells[frame.base..];
                    None
                }
                own::CallDefined | own::TailDefined => {
                    call!(op.a, Call { d: op.d, depth: op.b, tail: op.code == own::TailDefined });
                    None
                }
                own::CallDirect | own::TailDirect => {
                    call_any!(instance.funcs[op.a as usize], op, op.code == own::TailDirect);
                    None
                }
                own::CallTable | own::TailTable => {
                    let more = code.ops[pc];
                    pc += 1;
                    let table = &store.tables[instance.tables[op.a as usize]].elements;
                    let tail = op.code == own::TailTable;
                    // The element is taken, is cast, and is called: a trap is the last of these.
                    let mut trap = |steps| if METERED { **fuel += u64::from(more.d - steps) };
                    let callee = match D::element(table, r[more.a as usize]) {
                        None => {
                            trap(2);
                            leave!(pc, Left::Traps(TrapKind::TableOutOfBounds, pc - 2));
                        }
                        Some(Ref::Func(callee)) => callee,
                        Some(_) => {
                            trap(more.d - u32::from(tail));
                            leave!(pc, Left::Traps(TrapKind::UninitializedElement, pc - 2));
                        }
                    };
                    let (is, wanted) = (funcs[callee].deftype(), instance.types[more.b as usize]);
                    if is != wanted && !store.types.def_sub(is, wanted) {
                        trap(3);
                        leave!(pc, Left::Traps(TrapKind::IndirectCallType, pc - 2));
                    }
                    call_any!(callee, op, tail);
                    None
                }
                own::CallReference | own::TailReference => {
                    let more = code.ops[pc];
                    pc += 1;
                    let tail = op.code == own::TailReference;
                    let Ref::Func(callee) = decode(r[more.a as usize]) else {
                        // A tail call leaves its frame before it calls.
                        if METERED && tail {
                            **fuel += 1;
                        }
                        leave!(pc, Left::Traps(TrapKind::NullReference, pc - 2));
                    };
                    call_any!(callee, op, tail);
                    None
                }
                own::Unreachable => Some(TrapKind::Unreachable),
                own::Select => {
                    let condition = r[code.ops[pc].a as usize] as u32;
                    pc += 1;
                    let from = if condition != 0 { op.a } else { op.b } as usize;
                    let (low, d) = (r[from], op.d as usize);
                    if op.x == 2 {
                        r[d + 1] = r[from + 1];
                    }
                    r[d] = low;
                    None
                }
                own::GlobalGet => {
                    D::write(r, op.d, store.globals[instance.globals[op.a as usize]].value);
                    None
                }
                own::GlobalSet => {
                    store.globals[instance.globals[op.b as usize]].value = D::read(r, op.a, Ty::ALL[op.x as usize]);
                    None
                }
                _ => leave!(pc, Left::Asks(op)),
            });
            if let Some(kind) = trap {
                leave!(pc, Left::Traps(kind, pc - 1));
            }
        }
    }
}
