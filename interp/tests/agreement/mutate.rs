//! Mutations of modules: of bytes, and of instructions, which are known by the rows of the instruction table.

use std::ops::Range;

use assay_interp::binary;
use assay_interp::syntax::{Expr, Instr};

use super::FEATURES;

/// Random numbers by SplitMix64: the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

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

/// Changes modules; instructions that it has seen before it puts elsewhere.
#[derive(Default)]
pub(crate) struct Mutator {
    seen: Vec<Vec<u8>>,
}

impl Mutator {
    /// A changed module, if it could be changed.
    pub(crate) fn mutate(&mut self, wasm: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        match random.below(4) {
            0 => Some(bytes(wasm, random)),
            _ => self.instructions(wasm, random),
        }
    }

    fn instructions(&mut self, wasm: &[u8], random: &mut Random) -> Option<Vec<u8>> {
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
                true => self.body(wasm, body, module.funcs[i].body.expr(), random),
                false => wasm[body.clone()].to_vec(),
            };
            contents.extend(leb(new.len()));
            contents.extend(new);
        }
        Some([&wasm[..begin], &[10], &leb(contents.len()), &contents, &wasm[section.end..]].concat())
    }

    /// A body with a few of its instructions changed.
    fn body(&mut self, wasm: &[u8], body: &Range<usize>, expr: &Expr, random: &mut Random) -> Vec<u8> {
        let offsets = expr.offsets.iter().map(|at| *at as usize).chain([body.end]);
        let offsets: Vec<usize> = offsets.collect();
        let head = &wasm[body.start..offsets[0]];
        let mut instrs: Vec<Vec<u8>> = offsets.windows(2).map(|at| wasm[at[0]..at[1]].to_vec()).collect();
        for _ in 0..1 + random.below(3) {
            let at = random.index(instrs.len());
            let structured = |instr: &[u8]| matches!(instr[0], 0x02..=0x05 | 0x0b | 0x1f);
            let keep = structured(&instrs[at]);
            match random.below(8) {
                0 if !keep => drop(instrs.remove(at)),
                1 if !keep => instrs[at] = self.another(random),
                2 if !keep && instrs[at].len() > 1 => change_immediate(&mut instrs[at], random),
                3 => instrs.insert(at, vec![0x00]),
                4 if !keep => {
                    let again = instrs[at].clone();
                    instrs.insert(at, again);
                }
                5 => {
                    let other = random.index(instrs.len());
                    if !keep && !structured(&instrs[other]) {
                        instrs.swap(at, other);
                    }
                }
                6 if keep && instrs[at].len() > 1 => change_immediate(&mut instrs[at], random),
                _ => instrs.insert(at, self.another(random)),
            }
        }
        for instr in instrs.iter().filter(|instr| instr.len() > 1 && !matches!(instr[0], 0x02..=0x05 | 0x0b | 0x1f)) {
            if self.seen.len() < 4000 {
                self.seen.push(instr.clone());
            } else if random.below(16) == 0 {
                let at = random.index(self.seen.len());
                self.seen[at] = instr.clone();
            }
        }
        [head, &instrs.concat()].concat()
    }

    /// An instruction that was seen elsewhere, or one of the table with small immediates.
    fn another(&mut self, random: &mut Random) -> Vec<u8> {
        if !self.seen.is_empty() && random.below(2) == 0 {
            return self.seen[random.index(self.seen.len())].clone();
        }
        let (opcode, _) = random.pick(Instr::all());
        let mut instr = opcode.to_vec();
        // How many immediates it has isn't known; with the wrong number the module is likely malformed.
        instr.extend((0..random.pick(&[0, 0, 1, 1, 2, 3])).map(|_| random.small()));
        instr
    }
}

fn change_immediate(instr: &mut [u8], random: &mut Random) {
    let at = 1 + random.index(instr.len() - 1);
    instr[at] = if random.below(3) == 0 { random.pick(&MEANINGFUL) } else { random.small() };
}

/// Bytes replaced by others that may mean something, mostly before the code.
fn bytes(wasm: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mutant = wasm.to_vec();
    let before = code(wasm).map_or(wasm.len(), |(section, _)| section.start);
    let len = if random.below(4) == 0 { wasm.len() } else { before };
    for _ in 0..1 + random.below(2) {
        let at = 8 + random.index(len.saturating_sub(8).max(1));
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
