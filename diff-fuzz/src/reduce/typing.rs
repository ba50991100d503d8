//! What a function has on the stack at each position, and which instructions belong together there.

use std::collections::BTreeMap;
use std::ops::Range;

use assay_interp::binary::wasm_features;
use assay_interp::syntax::Features;
use wasmparser::types::CoreTypeId;
use wasmparser::{HeapType, Operator, Parser, RefType, UnpackedIndex, ValType, ValidPayload, Validator};

use super::module::{Expr, Module};

/// A type on the stack; `None` is the bottom type, in code that is never reached.
pub(super) type StackType = Option<ValType>;

/// Before an instruction.
#[derive(Debug)]
pub(super) struct Position {
    /// The whole stack, that of the blocks around included. Types of the module are written by their first index.
    pub(super) stack: Vec<StackType>,
    /// Whether this is never reached.
    pub(super) unreachable: bool,
    /// The operands that the instruction takes.
    pops: usize,
    /// The blocks around.
    depth: usize,
}

/// A function's body, by position.
pub(super) struct Typing {
    /// One for each instruction, and one after the last.
    pub(super) positions: Vec<Position>,
    /// The types of its locals, parameters first.
    pub(super) locals: Vec<ValType>,
    /// For each instruction that opens a block, its `end`.
    ends: BTreeMap<usize, usize>,
    /// For each `if` with an `else`, that one.
    elses: BTreeMap<usize, usize>,
    /// For each position, the `else` or `end` that closes the sequence that it stands in.
    closers: Vec<usize>,
}

impl Typing {
    /// The typing of a function by its position among those defined; `None` if it isn't valid.
    pub(super) fn new(wasm: &[u8], module: &Module<'_>, defined: usize) -> Option<Typing> {
        let func = &module.funcs[defined];
        let mut validator = Validator::new_with_features(wasm_features(Features::ALL));
        let mut nth = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let ValidPayload::Func(to_validate, body) = validator.payload(&payload.ok()?).ok()? else { continue };
            nth += 1;
            if nth <= defined {
                continue;
            }
            let mut indices: BTreeMap<CoreTypeId, u32> = BTreeMap::new();
            let types = validator.types(0)?;
            for index in 0..types.core_type_count_in_module() {
                indices.entry(types.core_type_at_in_module(index)).or_insert(index);
            }
            let mut checker = to_validate.into_validator(Default::default());
            checker.read_locals(&mut body.get_binary_reader()).ok()?;
            let by_index = |t: ValType| by_index(t, &indices);
            let mut positions = Vec::new();
            for i in 0..=func.body.len() {
                let height = checker.operand_stack_height() as usize;
                let stack = (0..height).rev().map(|depth| checker.get_operand_type(depth).flatten().map(by_index));
                let stack = stack.collect();
                let unreachable = checker.get_control_frame(0).is_some_and(|frame| frame.unreachable);
                let depth = checker.control_stack_height() as usize;
                let Some(instr) = func.body.get(i) else {
                    positions.push(Position { stack, unreachable, pops: 0, depth });
                    break;
                };
                let arity = if matches!(instr.op, Operator::End | Operator::Else) {
                    (0, 0)
                } else {
                    instr.op.operator_arity(&checker)?
                };
                positions.push(Position { stack, unreachable, pops: arity.0 as usize, depth });
                // Places are for messages; no instruction stands at the first byte of a module.
                checker.op(1 + i, &instr.op).ok()?;
            }
            let locals = (0..checker.len_locals()).filter_map(|x| checker.get_local_type(x)).map(by_index).collect();
            let (ends, elses, closers) = structure(&func.body)?;
            return Some(Typing { positions, locals, ends, elses, closers });
        }
        None
    }

    /// The `end` of the block that an instruction opens, if it opens one.
    pub(super) fn end(&self, i: usize) -> Option<usize> {
        self.ends.get(&i).copied()
    }

    /// The `else` of an `if`.
    pub(super) fn else_of(&self, i: usize) -> Option<usize> {
        self.elses.get(&i).copied()
    }

    /// The `else` or `end` that closes the sequence that a position stands in.
    pub(super) fn closer(&self, i: usize) -> usize {
        self.closers[i]
    }

    /// How many blocks a position stands in, the function's own among them.
    pub(super) fn depth(&self, i: usize) -> usize {
        self.positions[i].depth
    }

    /// A window from a position on: whole blocks, within the sequence that it begins in, of at least so many
    /// instructions if there are as many.
    pub(super) fn window(&self, start: usize, len: usize) -> Range<usize> {
        let closer = self.closer(start);
        let mut end = start;
        while end < closer && end < start + len {
            end = self.end(end).unwrap_or(end) + 1;
        }
        start..end
    }

    /// What is to be on the stack at a position: at the end of a sequence that isn't reached, what the block leaves.
    pub(super) fn wanted(&self, i: usize) -> &[StackType] {
        let here = &self.positions[i];
        if !here.unreachable || self.closer(i) != i {
            return &here.stack;
        }
        let open = self.ends.range(..i).rev().find(|(_, end)| **end >= i).map(|(_, end)| *end);
        match open {
            Some(end) => &self.positions[end + 1].stack,
            // The function's own results are what its last `end` leaves.
            None => &self.positions[self.positions.len() - 1].stack,
        }
    }

    /// The stack before an instruction, up to what it takes.
    fn base(&self, i: usize) -> Option<usize> {
        self.positions[i].stack.len().checked_sub(self.positions[i].pops)
    }

    /// The instructions before a position that lead from a height of the stack to what is there, without going below
    /// it: as few as possible.
    fn since_height(&self, height: usize, i: usize) -> Option<usize> {
        let mut k = i;
        loop {
            if self.positions[k].stack.len() == height {
                return Some(k);
            }
            k = k.checked_sub(1)?;
            if let Some((open, _)) = self.ends.iter().find(|(_, end)| **end == k) {
                k = *open;
            } else if self.positions[k].depth != self.positions[i].depth || self.ends.contains_key(&k) {
                return None;
            }
            if self.base(k)? < height {
                return None;
            }
        }
    }

    /// An instruction (a block as a whole) with those that make its operands, and the parts of these, one for each
    /// operand.
    pub(super) fn tree(&self, i: usize) -> Option<(Range<usize>, Vec<Range<usize>>)> {
        let last = self.end(i).unwrap_or(i);
        let base = self.base(i)?;
        if self.closer(i) == i {
            return None;
        }
        let pops = self.positions[i].pops;
        let starts: Option<Vec<usize>> = (base..base + pops).map(|height| self.since_height(height, i)).collect();
        let starts = starts?;
        let start = starts.first().copied().unwrap_or(i);
        let ends = starts.iter().skip(1).copied().chain([i]);
        let parts = starts.iter().zip(ends).map(|(start, end)| *start..end).collect();
        Some((start..last + 1, parts))
    }
}

/// A type with module indices for what the validator has numbers of its own for.
fn by_index(t: ValType, indices: &BTreeMap<CoreTypeId, u32>) -> ValType {
    let ValType::Ref(r) = t else { return t };
    let heap = match r.heap_type() {
        HeapType::Concrete(UnpackedIndex::Id(id)) => match indices.get(&id) {
            Some(index) => HeapType::Concrete(UnpackedIndex::Module(*index)),
            None => return t,
        },
        _ => return t,
    };
    RefType::new(r.is_nullable(), heap).map_or(t, ValType::Ref)
}

type Structure = (BTreeMap<usize, usize>, BTreeMap<usize, usize>, Vec<usize>);

fn structure(body: &Expr<'_>) -> Option<Structure> {
    let (mut ends, mut elses, mut closers) = (BTreeMap::new(), BTreeMap::new(), vec![0; body.len() + 1]);
    // Openers, and the positions of the sequence since: the function's own is the first.
    let mut open: Vec<(Option<usize>, Vec<usize>)> = vec![(None, Vec::new())];
    for (i, instr) in body.iter().enumerate() {
        open.last_mut()?.1.push(i);
        match instr.op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                open.push((Some(i), Vec::new()));
            }
            Operator::Else => {
                let (opener, positions) = open.pop()?;
                positions.into_iter().for_each(|position| closers[position] = i);
                elses.insert(opener?, i);
                open.push((opener, Vec::new()));
            }
            Operator::End => {
                let (opener, positions) = open.pop()?;
                positions.into_iter().for_each(|position| closers[position] = i);
                if let Some(opener) = opener {
                    ends.insert(opener, i);
                }
            }
            _ => {}
        }
    }
    closers[body.len()] = body.len();
    open.is_empty().then_some((ends, elses, closers))
}
