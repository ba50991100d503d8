//! What is left out or made simpler within bodies: windows of instructions, blocks, operands, calls, immediates.

use std::ops::Range;

use wasmparser::{BlockType, Operator, ValType};

use super::Reduction;
use super::constant::{magnitude, smaller, values};
use super::items::local;
use super::module::{Expr, Instr, Module, Space};
use super::typing::Typing;

/// Up to this size windows overlap.
const OVERLAPPING: usize = 8;

/// Functions that a call by reference may be replaced by a call of.
const CALLEES: usize = 8;

/// All of it, once.
pub(super) fn reduce(r: &mut Reduction<'_>) {
    let mut f = usize::MAX;
    loop {
        // From the last one to the first: what is dropped on the way comes after those that are left.
        let count = Module::decode(&r.best).map_or(0, |m| m.funcs.len());
        f = f.min(count);
        if f == 0 {
            break;
        }
        f -= 1;
        function(r, f);
    }
    immediates(r);
}

fn function(r: &mut Reduction<'_>, f: usize) {
    sweep(r, f, 1, &|view, i| view.unreached(i));
    let mut size = Module::decode(&r.best).map_or(0, |m| m.funcs[f].body.len());
    while size > 0 {
        let stride = if size <= OVERLAPPING { size.div_ceil(2) } else { size };
        sweep(r, f, stride, &|view, i| view.window(i, size));
        if size == OVERLAPPING {
            sweep(r, f, 1, &|view, i| view.rest(i));
            sweep(r, f, 1, &|view, i| view.block(i));
        }
        size /= 2;
    }
    sweep(r, f, 1, &|view, i| view.rest(i));
    sweep(r, f, 1, &|view, i| view.block(i));
    sweep(r, f, 1, &|view, i| view.tree(i));
    sweep(r, f, 1, &|view, i| view.call(i));
}

/// Instructions that give way to others.
struct Edit<'a> {
    range: Range<usize>,
    by: Vec<Instr<'a>>,
    /// Locals that the function gets with the body of another. That one goes if nothing else needs it, or this would
    /// make nothing smaller.
    inlined: Option<Vec<ValType>>,
}

/// A function as it is before an edit.
struct View<'v, 'a> {
    module: &'v Module<'a>,
    body: &'v Expr<'a>,
    typing: &'v Typing,
    /// The function, by its position among those defined.
    f: usize,
}

/// What is tried at one position, the best first.
type Edits<'e> = &'e dyn for<'v, 'a> Fn(&View<'v, 'a>, usize) -> Vec<Edit<'a>>;

/// Offers what can be tried at each position of a function, from the last to the first.
fn sweep(r: &mut Reduction<'_>, f: usize, stride: usize, edits: Edits<'_>) {
    let mut next = usize::MAX;
    loop {
        let wasm = r.best.clone();
        let Some(module) = Module::decode(&wasm).filter(|module| f < module.funcs.len()) else { return };
        let Some(typing) = Typing::new(&wasm, &module, f) else { return };
        let body = &module.funcs[f].body;
        let view = View { module: &module, body, typing: &typing, f };
        // The last `end` stays.
        next = next.min(body.len() - 1);
        let mut taken = false;
        while next > 0 && !taken {
            let i = next.saturating_sub(stride);
            taken = edits(&view, i).into_iter().any(|edit| r.offer(&view.edited(edit)));
            // What came in its place is looked at again.
            if !taken {
                next = i;
            }
        }
        if !taken || r.is_spent() {
            return;
        }
    }
}

impl<'a> View<'_, 'a> {
    fn edited(&self, edit: Edit<'a>) -> Module<'a> {
        let mut module = self.module.clone();
        module.funcs[self.f].body.splice(edit.range, edit.by);
        if let Some(locals) = edit.inlined {
            module.funcs[self.f].locals.extend(locals);
            module.drop_unreachable();
        }
        module
    }

    fn replaced(&self, range: Range<usize>, by: Vec<Operator<'a>>) -> Edit<'a> {
        Edit { range, by: by.into_iter().map(Instr::from).collect(), inlined: None }
    }

    /// Instructions replaced by drops of what they take, and by constants of what they leave. As much of the stack as
    /// has the same types before and after them stays.
    fn bridged(&self, range: Range<usize>) -> Vec<Edit<'a>> {
        let (from, to) = (&self.typing.positions[range.start].stack, self.typing.wanted(range.end));
        let alike = |(a, b): &(&Option<ValType>, &Option<ValType>)| a == b || a.is_none() || b.is_none();
        let kept = from.iter().zip(to).take_while(alike).count();
        let mut edits = self.bridged_over(range.clone(), from.len(), to, kept);
        // An operand of the type of the result needn't be the one that will do.
        if range.len() == 1 && kept > 0 && kept == to.len() && from.len() > kept {
            edits.extend(self.bridged_over(range, from.len(), to, kept - 1));
        }
        edits
    }

    fn bridged_over(&self, range: Range<usize>, height: usize, to: &[Option<ValType>], kept: usize) -> Vec<Edit<'a>> {
        let drops = || std::iter::repeat_n(Operator::Drop, height.saturating_sub(kept));
        let left: Vec<ValType> = to[kept.min(to.len())..].iter().map(|t| t.unwrap_or(ValType::I32)).collect();
        let ways: Vec<Vec<Vec<Operator<'a>>>> = left.iter().map(|t| values(self.module, *t)).collect();
        let longest = ways.iter().map(Vec::len).max().unwrap_or(1);
        let mut edits: Vec<Edit<'a>> = (0..longest)
            .map(|way| {
                let made = ways.iter().flat_map(|ways| ways[way.min(ways.len() - 1)].clone());
                self.replaced(range.clone(), drops().chain(made).collect())
            })
            .collect();
        if let [t] = left[..] {
            let locals = (0..).zip(&self.typing.locals).filter(|(_, local)| **local == t).take(2);
            edits.extend(locals.map(|(local_index, _)| {
                self.replaced(range.clone(), drops().chain([Operator::LocalGet { local_index }]).collect())
            }));
        }
        edits
    }

    /// So many instructions from a position on.
    fn window(&self, i: usize, size: usize) -> Vec<Edit<'a>> {
        let range = self.typing.window(i, size);
        if range.is_empty() { Vec::new() } else { self.bridged(range) }
    }

    /// What comes after an instruction that control never leaves.
    fn unreached(&self, i: usize) -> Vec<Edit<'a>> {
        let closer = self.typing.closer(i);
        let is_last = !self.typing.positions[i].unreachable && self.typing.end(i).is_none_or(|end| end < closer);
        let after = self.typing.end(i).unwrap_or(i) + 1;
        if is_last && after < closer && self.typing.positions[after].unreachable {
            vec![self.replaced(after..closer, Vec::new())]
        } else {
            Vec::new()
        }
    }

    /// The rest of a sequence, from a position on.
    fn rest(&self, i: usize) -> Vec<Edit<'a>> {
        let closer = self.typing.closer(i);
        if i == closer {
            return Vec::new();
        }
        let trap = self.replaced(i..closer, vec![Operator::Unreachable]);
        [trap].into_iter().chain(self.bridged(i..closer)).collect()
    }

    /// A block replaced by what is in it, an `if` by each of its branches.
    fn block(&self, i: usize) -> Vec<Edit<'a>> {
        let Some(end) = self.typing.end(i) else { return Vec::new() };
        let other = self.typing.else_of(i);
        let contents = [Some(i + 1..other.unwrap_or(end)), other.map(|other| other + 1..end)];
        let depth = self.typing.depth(i) + 1;
        let edit = |content: Range<usize>| {
            let condition = matches!(self.body[i].op, Operator::If { .. }).then(|| Instr::from(Operator::Drop));
            let inside = content.map(|j| {
                let unwrapped = Some((self.typing.depth(j) - depth) as u32);
                Instr { unwrapped, ..self.body[j].clone() }
            });
            Edit { range: i..end + 1, by: condition.into_iter().chain(inside).collect(), inlined: None }
        };
        contents.into_iter().flatten().map(edit).collect()
    }

    /// An instruction and all that makes its operands, replaced by a constant or by one of them.
    fn tree(&self, i: usize) -> Vec<Edit<'a>> {
        let Some((range, parts)) = self.typing.tree(i) else { return Vec::new() };
        let mut edits = if range.len() > 1 { self.bridged(range.clone()) } else { Vec::new() };
        let (from, to) = (&self.typing.positions[range.start].stack, self.typing.wanted(range.end));
        if to.len() == from.len() + 1 {
            let part = |part: Range<usize>| Edit { range: range.clone(), by: self.body[part].to_vec(), inlined: None };
            edits.extend(parts.into_iter().map(part));
        }
        edits
    }

    /// A call replaced by the body of the function, or by a simpler call.
    fn call(&self, i: usize) -> Vec<Edit<'a>> {
        let one = |by| vec![self.replaced(i..i + 1, by)];
        let of_type = |type_index: u32| {
            let funcs = (0..self.module.len(Space::Func)).filter(move |x| {
                let ty = self.module.type_of_func(*x);
                ty == Some(type_index)
            });
            let call = |function_index| vec![Operator::Drop, Operator::Call { function_index }];
            funcs.take(CALLEES).map(move |x| self.replaced(i..i + 1, call(x))).collect()
        };
        match self.body[i].op {
            Operator::Call { function_index } => self.inlined(i, function_index).into_iter().collect(),
            Operator::CallIndirect { type_index, .. } | Operator::CallRef { type_index } => of_type(type_index),
            Operator::ReturnCall { function_index } => one(vec![Operator::Call { function_index }, Operator::Return]),
            Operator::ReturnCallIndirect { type_index, table_index } => {
                one(vec![Operator::CallIndirect { type_index, table_index }, Operator::Return])
            }
            Operator::ReturnCallRef { type_index } => one(vec![Operator::CallRef { type_index }, Operator::Return]),
            _ => Vec::new(),
        }
    }

    /// The body of a function in place of its call: a block, in which its parameters and locals are the caller's.
    fn inlined(&self, i: usize, func: u32) -> Option<Edit<'a>> {
        let callee = func.checked_sub(self.module.imported(Space::Func))? as usize;
        let callee = self.module.funcs.get(callee).filter(|_| callee != self.f)?;
        let ty = self.module.func_type(callee.ty)?;
        let blockty = match ty.results() {
            [] => BlockType::Empty,
            [t] => BlockType::Type(*t),
            _ => return None,
        };
        let base = self.typing.locals.len() as u32;
        let params = (base..base + ty.params().len() as u32).rev();
        let mut by: Vec<Instr<'a>> = params.map(|local_index| Operator::LocalSet { local_index }.into()).collect();
        by.push(Operator::Block { blockty }.into());
        // The block's own label stands where the function's was.
        let mut depth = 0;
        for instr in &callee.body {
            let mut instr = instr.clone();
            match &mut instr.op {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                    depth += 1;
                }
                Operator::End if depth > 0 => depth -= 1,
                op @ Operator::Return => *op = Operator::Br { relative_depth: depth },
                op => {
                    if let Some(x) = local(op) {
                        *x += base;
                    }
                }
            }
            by.push(instr);
        }
        let locals = ty.params().iter().chain(&callee.locals).copied().collect();
        Some(Edit { range: i..i + 1, by, inlined: Some(locals) })
    }
}

/// Immediates of all instructions, constant expressions included.
fn immediates(r: &mut Reduction<'_>) {
    let mut next = (0, 0);
    loop {
        let wasm = r.best.clone();
        let Some(mut module) = Module::decode(&wasm) else { return };
        let mut instrs: Vec<((usize, usize), Instr<'_>)> = Vec::new();
        for (x, expr) in module.exprs_mut().into_iter().enumerate() {
            instrs.extend(expr.iter().enumerate().map(|(i, instr)| ((x, i), instr.clone())));
        }
        instrs.retain(|(place, instr)| *place >= next && magnitude(instr) > 0);
        let taken = instrs.iter().find(|((x, i), instr)| {
            smaller(instr).into_iter().any(|smaller| {
                let mut candidate = module.clone();
                candidate.exprs_mut()[*x][*i] = smaller;
                r.offer(&candidate)
            })
        });
        match taken {
            Some((place, _)) => next = *place,
            None => return,
        }
    }
}
