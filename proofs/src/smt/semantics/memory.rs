//! Instructions of memories (4.6.8): where they trap, what they load and what they leave. Addresses are integers of
//! more bits than either address type has, so that no sum of them wraps around.

use assay_interp::outcome::TrapKind;
use z3::ast::{Array, BV, Bool};

use super::meaning::{After, Meaning, Says, bits, extend, initial_memory, initial_table, join, low, number};
use super::vector::lanes;

/// Bits that an effective address and the end of an access fit into, whatever address, offset and length are.
const WIDE: u32 = 66;
const PAGE: u128 = 65536;
/// The bytes of the data segment that there is.
const DATA: &[u8] = b"abc";

/// Offsets at the bounds of both address types.
const OFFSETS: [(&str, &[u64]); 2] =
    [("i32", &[0, 1, u32::MAX as u64]), ("i64", &[0, 7, 1 << 32, u64::MAX - 15, u64::MAX])];

/// What the standard says of an instruction of memories.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let Some((ty, op)) = name.split_once('.') else { return Vec::new() };
    let ty = match ty {
        "i32" => "i32",
        "i64" => "i64",
        "f32" => "f32",
        "f64" => "f64",
        "v128" => "v128",
        "memory" => return ["i32", "i64"].into_iter().flat_map(|at| bulk(op, at)).collect(),
        _ => return Vec::new(),
    };
    let Some(access) = Access::new(ty, op) else { return Vec::new() };
    let mut meanings = Vec::new();
    for (at, offsets) in OFFSETS {
        for offset in offsets {
            match access.lane {
                Some(width) => meanings.extend((0..128 / width).map(|i| access.meaning(name, at, *offset, Some(i)))),
                None => meanings.push(access.meaning(name, at, *offset, None)),
            }
        }
    }
    meanings
}

/// What a load makes of the bytes.
#[derive(Clone, Copy)]
enum Load {
    /// A number of the type, extended.
    Extended { signed: bool },
    /// Lanes of so many bits, each extended to twice as many.
    Lanes { width: u32, signed: bool },
    /// Lanes that all are the number.
    Splat,
    /// A lane of the operand, replaced.
    Lane,
}

/// A load, or a store of the low bits or of a lane.
struct Access {
    ty: &'static str,
    /// Bits in the memory.
    width: u32,
    load: Option<Load>,
    /// Bits of the lanes that the instruction names one of.
    lane: Option<u32>,
}

impl Access {
    fn new(ty: &'static str, op: &str) -> Option<Access> {
        let (is_load, packed) = match (op.strip_prefix("load"), op.strip_prefix("store")) {
            (Some(packed), _) => (true, packed),
            (_, Some(packed)) => (false, packed),
            _ => return None,
        };
        let digits = packed.find(|c: char| !c.is_ascii_digit()).unwrap_or(packed.len());
        let (width, how) = packed.split_at(digits);
        let width = width.parse().unwrap_or(bits(ty));
        let signed = how.ends_with("_s");
        let (load, width, lane) = match how {
            "" | "_s" | "_u" | "_zero" => (Load::Extended { signed }, width, None),
            "_splat" => (Load::Splat, width, None),
            "_lane" => (Load::Lane, width, Some(width)),
            // As many lanes as make 64 bits.
            _ => (Load::Lanes { width, signed }, 64, None),
        };
        Some(Access { ty, width, load: is_load.then_some(load), lane })
    }

    fn meaning(&self, name: &str, at: &'static str, offset: u64, lane: Option<u32>) -> Meaning {
        let instr = match lane {
            Some(i) => format!("{name} offset={offset} {i}"),
            None => format!("{name} offset={offset}"),
        };
        let (bytes, len) = initial_memory();
        let ea = |i: &BV| extend(i, false, WIDE).bvadd(number(WIDE, offset.into()));
        let place = |i: &BV, k: u32| low(&ea(i), 64).bvadd(number(64, k.into()));
        let count = self.width / 8;
        let traps = |i: &BV| vec![(beyond(&ea(i), &number(WIDE, count.into()), &len), TrapKind::MemoryOutOfBounds)];
        let loaded = |i: &BV| join((0..count).map(|k| bytes.select(&place(i, k)).as_bv().expect("a byte")));
        let mut meaning = match self.load {
            Some(Load::Lane) => Meaning::new(&instr, [at, "v128"], &["v128"], |[i, v]| {
                let mut lanes = lanes(&v, self.width);
                lanes[lane.expect("it has one") as usize] = loaded(&i);
                (traps(&i), lanes.into_iter().map(Says::is).collect())
            }),
            Some(load) => {
                Meaning::new(&instr, [at], &[self.ty], |[i]| (traps(&i), vec![Says::is(self.load(load, loaded(&i)))]))
            }
            None => Meaning::new(&instr, [at, self.ty], &[], |[i, _]| (traps(&i), Vec::new())),
        };
        if self.load.is_none() {
            let [(_, i), (_, v)] = &meaning.operands[..] else { unreachable!("an address and a value") };
            let first = lane.unwrap_or(0) * self.width;
            let store = |bytes: Array, k: u32| bytes.store(&place(i, k), &v.extract(first + 8 * k + 7, first + 8 * k));
            meaning.after = After::Memory((0..count).fold(bytes.clone(), store), len);
        }
        meaning.address = at;
        meaning
    }

    fn load(&self, load: Load, c: BV) -> BV {
        match load {
            Load::Extended { signed } => extend(&c, signed, bits(self.ty)),
            Load::Lanes { width, signed } => join(lanes(&c, width).iter().map(|c| extend(c, signed, 2 * width))),
            Load::Lane => unreachable!("its lane is one of several pieces"),
            Load::Splat => join(std::iter::repeat_n(c, (128 / self.width) as usize)),
        }
    }
}

/// Whether `n` bytes from `ea` leave what has so many.
fn beyond(ea: &BV, n: &BV, len: &BV) -> Bool {
    ea.bvadd(n).bvugt(extend(len, false, WIDE))
}

fn range_beyond(i: &BV, n: &BV, len: &BV) -> Bool {
    beyond(&extend(i, false, WIDE), &extend(n, false, WIDE), len)
}

/// Those of a memory as a whole, with addresses of a type. What is so many pages long has a length in bytes that is a
/// number of 64 bits.
fn bulk(op: &str, at: &'static str) -> Vec<Meaning> {
    let (bytes, len) = initial_memory();
    let pages = |width| extend(&len.bvudiv(number(64, PAGE)), false, WIDE).extract(width - 1, 0);
    let most: u128 = if at == "i32" { 1 << 16 } else { (1 << 48) - 1 };
    let whole_pages = Bool::and(&[len.bvurem(number(64, PAGE)).eq(number(64, 0)), len.bvule(number(64, most * PAGE))]);
    let out_of_bounds = |traps: &[Bool]| traps.iter().map(|t| (t.clone(), TrapKind::MemoryOutOfBounds)).collect();
    let data_len = number(64, DATA.len() as u128);
    let mut meanings = match op {
        "size" => vec![Meaning::total("memory.size", [], at, |[]| pages(bits(at)))],
        // It may fail whenever it could succeed.
        "grow" => vec![Meaning::pieces("memory.grow", [at], at, |[n]| {
            let fits = pages(WIDE).bvadd(extend(&n, false, WIDE)).bvule(number(WIDE, most));
            let failed = number(bits(at), u128::MAX);
            vec![Says::one_of(vec![fits.ite(&pages(bits(at)), &failed), failed])]
        })],
        "fill" => vec![
            Meaning::new("memory.fill", [at, "i32", at], &[], |[i, _, n]| {
                (out_of_bounds(&[range_beyond(&i, &n, &len)]), Vec::new())
            }),
            counted("memory.fill", [at, "i32"], (at, 2), |[i, v], n| {
                let store = |bytes: Array, k: u64| bytes.store(&place(i, k), &low(v, 8));
                (out_of_bounds(&[range_beyond(i, &n, &len)]), (0..2).fold(bytes.clone(), store))
            }),
        ],
        "copy" => vec![
            Meaning::new("memory.copy", [at; 3], &[], |[i, j, n]| {
                (out_of_bounds(&[range_beyond(&i, &n, &len), range_beyond(&j, &n, &len)]), Vec::new())
            }),
            // As if all bytes were loaded before the first is stored.
            counted("memory.copy", [at; 2], (at, 2), |[i, j], n| {
                let store =
                    |to: Array, k: u64| to.store(&place(i, k), &bytes.select(&place(j, k)).as_bv().expect("a byte"));
                let traps = out_of_bounds(&[range_beyond(i, &n, &len), range_beyond(j, &n, &len)]);
                (traps, (0..2).fold(bytes.clone(), store))
            }),
        ],
        "init" => vec![
            Meaning::new("memory.init 0", [at, "i32", "i32"], &[], |[i, j, n]| {
                (out_of_bounds(&[range_beyond(&i, &n, &len), range_beyond(&j, &n, &data_len)]), Vec::new())
            }),
            counted("memory.init 0", [at, "i32"], ("i32", 2), |[i, j], n| {
                let byte = |k: u64| {
                    let chosen = |rest: BV, (at, c): (u64, &u8)| {
                        place(j, k).eq(number(64, at.into())).ite(&number(8, (*c).into()), &rest)
                    };
                    (0..).zip(DATA).fold(number(8, 0), chosen)
                };
                let traps = out_of_bounds(&[range_beyond(i, &n, &len), range_beyond(j, &n, &data_len)]);
                (traps, (0..2).fold(bytes.clone(), |to, k| to.store(&place(i, k), &byte(k))))
            }),
        ],
        _ => return Vec::new(),
    };
    if matches!(op, "fill" | "copy" | "init") {
        // What it is rewritten to, if it doesn't trap, is shown for a number of bytes.
        meanings[0].after = After::Rewritten(format!("memory.{op}"));
    }
    if op == "grow" {
        let n = extend(&meanings[0].operands[0].1, false, 64);
        meanings[0].after = After::Grown(len.bvadd(n.bvmul(number(64, PAGE))), initial_table());
    }
    for meaning in &mut meanings {
        meaning.address = at;
        meaning.given = whole_pages.clone();
    }
    meanings
}

/// The address of a byte from `i` on.
fn place(i: &BV, k: u64) -> BV {
    extend(i, false, 64).bvadd(number(64, k.into()))
}

/// A bulk operation of so many bytes: where it traps, and the bytes that it leaves.
fn counted(
    instr: &str,
    operands: [&'static str; 2],
    (ty, count): (&str, u64),
    means: impl FnOnce([&BV; 2], BV) -> (Vec<(Bool, TrapKind)>, Array),
) -> Meaning {
    let mut meaning = Meaning::new(instr, operands, &[], |_| (Vec::new(), Vec::new()));
    let end = meaning.code.rfind(')').expect("it is folded");
    meaning.code.insert_str(end, &format!(" ({ty}.const {count})"));
    let bytes;
    (meaning.traps, bytes) = means([&meaning.operands[0].1, &meaning.operands[1].1], number(64, count.into()));
    meaning.after = After::Memory(bytes, initial_memory().1);
    meaning
}
