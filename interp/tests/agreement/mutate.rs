//! Mutations of modules: of bytes, of types and other declarations, of instructions, and of their immediates. The rows
//! of the instruction table say what an instruction consists of.

use std::ops::Range;

use assay_interp::binary;
use assay_interp::syntax::{Expr, Instr};

use super::FEATURES;
use super::random::Random;

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// An index, mostly a small one.
    fn small(&mut self) -> u8 {
        match self.below(8) {
            0 => self.below(128) as u8,
            _ => self.below(6) as u8,
        }
    }
}

/// Bytes that mean something where types and limits are.
const MEANINGFUL: [u8; 48] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x40, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x78, 0x77, 0x74, 0x73, 0x72, 0x71, 0x70,
    0x6f, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x68, 0x64, 0x63, 0x60, 0x5f, 0x5e, 0x50, 0x4f, 0x4e, 0x41, 0x42, 0x23,
    0xd0, 0xd2, 0x0b, 0xff, 0x80, 0x20,
];

fn leb(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// Where the bodies of a module's functions are, and the section around them.
fn code(wasm: &[u8]) -> Option<(Range<usize>, Vec<Range<usize>>)> {
    let mut section = None;
    let mut bodies = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            wasmparser::Payload::CodeSectionStart { range, .. } => section = Some(range),
            wasmparser::Payload::CodeSectionEntry(body) => bodies.push(body.range()),
            _ => {}
        }
    }
    Some((section?, bodies))
}

/// Where a section that holds this range of contents begins: its id and its length stand before.
fn section_begin(wasm: &[u8], contents: &Range<usize>) -> Option<usize> {
    let begin = |len: usize| contents.start.checked_sub(len + 1).filter(|at| wasm[*at] == 10);
    (1..=5).filter_map(begin).find(|at| {
        let value = wasm[at + 1..contents.start].iter().rev().fold(0usize, |n, byte| n << 7 | usize::from(byte & 0x7f));
        value == contents.len()
    })
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bytes, wherever they are.
    Bytes,
    /// Types, sizes and indices in the sections around the code.
    Declarations,
    /// Which instructions a function has.
    Instrs,
    /// Immediates of its instructions: indices, types, offsets, numbers.
    Immediates,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Bytes => "mutations of bytes",
            Kind::Declarations => "mutations of types and declarations",
            Kind::Instrs => "mutations of instructions",
            Kind::Immediates => "mutations of immediates",
        }
    }
}

/// Changes modules; instructions that it has seen before it puts elsewhere.
#[derive(Default)]
pub(crate) struct Mutator {
    seen: Vec<Vec<u8>>,
}

impl Mutator {
    /// A changed module, if it could be changed.
    pub(crate) fn mutate(&mut self, kind: Kind, wasm: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        match kind {
            Kind::Bytes => Some(bytes(wasm, random)),
            Kind::Declarations => declaration(wasm, random),
            Kind::Instrs | Kind::Immediates => self.code(kind, wasm, random),
        }
    }

    /// One of the functions gets another body.
    fn code(&mut self, kind: Kind, wasm: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        let module = binary::well_formed(wasm, FEATURES).ok()?;
        let (section, bodies) = code(wasm)?;
        let begin = section_begin(wasm, &section)?;
        if bodies.is_empty() {
            return None;
        }
        let chosen = random.index(bodies.len());
        let mut contents = leb(bodies.len());
        for (i, body) in bodies.iter().enumerate() {
            let new = match i == chosen {
                true => self.body(kind, wasm, body, module.funcs[i].body.expr(), random)?,
                false => wasm[body.clone()].to_vec(),
            };
            contents.extend(leb(new.len()));
            contents.extend(new);
        }
        Some([&wasm[..begin], &[10], &leb(contents.len()), &contents, &wasm[section.end..]].concat())
    }

    /// A body with a few of its instructions changed.
    fn body(
        &mut self,
        kind: Kind,
        wasm: &[u8],
        body: &Range<usize>,
        expr: &Expr,
        random: &mut Random,
    ) -> Option<Vec<u8>> {
        let offsets: Vec<usize> = expr.offsets.iter().map(|at| *at as usize).chain([body.end]).collect();
        let head = &wasm[body.start..offsets[0]];
        let mut instrs: Vec<Vec<u8>> = offsets.windows(2).map(|at| wasm[at[0]..at[1]].to_vec()).collect();
        for instr in instrs.iter().filter(|instr| instr.len() > 1 && !structured(instr)) {
            if self.seen.len() < 4000 {
                self.seen.push(instr.clone());
            } else if random.below(16) == 0 {
                let at = random.index(self.seen.len());
                self.seen[at] = instr.clone();
            }
        }
        match kind {
            Kind::Immediates => {
                let with: Vec<usize> = (0..instrs.len()).filter(|at| instrs[*at].len() > 1).collect();
                if with.is_empty() {
                    return None;
                }
                let at = random.pick(&with);
                instrs[at] = other_immediates(&instrs[at], random)?;
            }
            _ => (0..1 + random.below(3)).for_each(|_| self.instr(&mut instrs, random)),
        }
        Some([head, &instrs.concat()].concat())
    }

    /// An instruction goes, comes, is another, comes twice, or changes places with another.
    fn instr(&mut self, instrs: &mut Vec<Vec<u8>>, random: &mut Random) {
        let at = random.index(instrs.len());
        let keep = structured(&instrs[at]);
        match random.below(7) {
            0 if !keep => drop(instrs.remove(at)),
            1 if !keep => instrs[at] = self.another(random),
            2 => instrs.insert(at, vec![0x00]),
            3 if !keep => {
                let again = instrs[at].clone();
                instrs.insert(at, again);
            }
            4 => {
                let other = random.index(instrs.len());
                if !keep && !structured(&instrs[other]) {
                    instrs.swap(at, other);
                }
            }
            _ => instrs.insert(at, self.another(random)),
        }
    }

    /// An instruction that was seen elsewhere, or any of the table.
    fn another(&mut self, random: &mut Random) -> Vec<u8> {
        if !self.seen.is_empty() && random.below(2) == 0 {
            return self.seen[random.index(self.seen.len())].clone();
        }
        loop {
            let (opcode, immediates) = random.pick(Instr::immediates());
            if !structured(opcode) {
                return encode(opcode, immediates, random);
            }
        }
    }
}

/// Whether an instruction begins, divides or ends a block.
fn structured(instr: &[u8]) -> bool {
    matches!(instr[0], 0x02..=0x05 | 0x0b | 0x1f)
}

/// The instruction with other immediates; `try_table` keeps its clauses. `None` if the table hasn't got it.
fn other_immediates(instr: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    // The second part of an opcode is a number, and can be written with more bytes than it needs.
    let rows = Instr::immediates().iter();
    let (opcode, immediates) = rows.filter(|(opcode, _)| instr.starts_with(opcode)).max_by_key(|(op, _)| op.len())?;
    if instr[0] == 0x1f {
        return Some([&[0x1f][..], &block_type(random), instr.get(2..)?].concat());
    }
    Some(encode(opcode, immediates, random))
}

/// An instruction with random immediates.
fn encode(opcode: &[u8], immediates: &[&str], random: &mut Random) -> Vec<u8> {
    let mut out = opcode.to_vec();
    if let [0xfb, 0x18 | 0x19] = opcode {
        // Whether the two types have null stands before them.
        return [out, vec![random.below(4) as u8, random.small(), heap_type(random), heap_type(random)]].concat();
    }
    for immediate in immediates {
        match &*immediate.replace(' ', "") {
            "Idx" | "LaneIdx" => out.push(random.small()),
            "[LaneIdx;16]" => out.extend((0..16).map(|_| random.below(33) as u8)),
            "i32" | "i64" | "u32" => out.push(random.below(128) as u8),
            "F32Bits" => out.extend((random.next() as u32).to_le_bytes()),
            "F64Bits" => out.extend(random.next().to_le_bytes()),
            "V128Bits" => out.extend([random.next().to_le_bytes(), random.next().to_le_bytes()].concat()),
            "MemArg" => match random.below(8) {
                0 => out.extend([0x40 | random.below(6) as u8, random.small(), random.small()]),
                1 => out
                    .extend([vec![random.below(5) as u8], leb((random.next() >> random.below(64)) as usize)].concat()),
                _ => out.extend([random.below(5) as u8, random.small()]),
            },
            "HeapType" | "Nullable" | "NonNull" => out.push(heap_type(random)),
            "RefType" => out.extend([random.pick(&[0x63, 0x64]), heap_type(random)]),
            "BlockType" => out.extend(block_type(random)),
            "Box<[ValType]>" => out.extend([vec![1], value_type(random)].concat()),
            "Box<[Idx]>" => {
                let len = random.below(4) as u8;
                out.push(len);
                out.extend((0..=len).map(|_| random.small()));
            }
            other => panic!("immediates of type {other}"),
        }
    }
    out
}

fn heap_type(random: &mut Random) -> u8 {
    match random.below(2) {
        0 => random.below(8) as u8,
        _ => 0x69 + random.below(12) as u8,
    }
}

fn value_type(random: &mut Random) -> Vec<u8> {
    match random.below(3) {
        0 => vec![0x7b + random.below(5) as u8],
        1 => vec![0x69 + random.below(12) as u8],
        _ => vec![random.pick(&[0x63, 0x64]), heap_type(random)],
    }
}

fn block_type(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => vec![0x40],
        1 => vec![random.small() & 0x3f],
        _ => value_type(random),
    }
}

/// Where the contents of the sections are that declare without giving names.
fn declarations(wasm: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut ranges = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Some((1 | 3..=6 | 8 | 9 | 13, range)) = payload.ok()?.as_section() {
            ranges.push(range);
        }
    }
    Some(ranges)
}

/// A type is replaced by another type, an index or a size by another one.
fn declaration(wasm: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let declared = declarations(wasm)?;
    let ats: Vec<usize> = declared.into_iter().flat_map(|range| range.skip(1)).collect();
    if ats.is_empty() {
        return None;
    }
    let mut mutant = wasm.to_vec();
    let byte = &mut mutant[random.pick(&ats)];
    *byte = match *byte {
        0x7b..=0x7f => 0x7b + random.below(5) as u8,
        0x63..=0x74 => 0x63 + random.below(18) as u8,
        0x5e..=0x60 | 0x4e..=0x50 => random.pick(&[0x5e, 0x5f, 0x60, 0x50, 0x4f, 0x4e]),
        _ => random.small(),
    };
    Some(mutant)
}

/// One or two bytes replaced by others that may mean something.
fn bytes(wasm: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mutant = wasm.to_vec();
    for _ in 0..1 + random.below(2) {
        let at = 8 + random.index(wasm.len().saturating_sub(8).max(1));
        if let Some(byte) = mutant.get_mut(at) {
            *byte = match random.below(3) {
                0 => byte.wrapping_add(1),
                1 => byte.wrapping_sub(1),
                _ => random.pick(&MEANINGFUL),
            };
        }
    }
    mutant
}
