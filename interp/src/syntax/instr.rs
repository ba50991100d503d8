//! Instructions (2.4), as the rows of [`table`](super::table) give them.

use std::fmt;

use super::table::for_each_instruction;
use super::types::{HeapType, Idx, RefType, ValType};

/// The bits of an `f32` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct F32Bits(pub u32);

/// The bits of an `f64` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct F64Bits(pub u64);

/// The bytes of a `v128` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V128Bits(pub [u8; 16]);

impl V128Bits {
    /// The first byte lowest.
    pub fn bits(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

/// Index of a lane (2.4.9).
pub type LaneIdx = u8;

/// The type of a block (2.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// No parameters, no results.
    Empty,
    /// No parameters, one result.
    Val(ValType),
    /// The function type at an index.
    Type(Idx),
}

/// Memory immediates (2.4.5): alignment and offset, and the memory they refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemArg {
    /// Expected alignment, as an exponent of 2. It has no meaning for the result.
    pub align: u8,
    /// Static offset in bytes.
    pub offset: u64,
    /// Index of the memory.
    pub mem: Idx,
}

/// A nullable reference type, where the instruction's opcode says that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nullable(pub HeapType);

/// A reference type without null, where the instruction's opcode says that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonNull(pub HeapType);

impl From<Nullable> for RefType {
    fn from(t: Nullable) -> RefType {
        RefType { nullable: true, heap: t.0 }
    }
}

impl From<NonNull> for RefType {
    fn from(t: NonNull) -> RefType {
        RefType { nullable: false, heap: t.0 }
    }
}

/// A catch clause (2.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catch {
    /// `catch x l`
    Catch(Idx, Idx),
    /// `catch_ref x l`
    CatchRef(Idx, Idx),
    /// `catch_all l`
    CatchAll(Idx),
    /// `catch_all_ref l`
    CatchAllRef(Idx),
}

/// The immediates of `try_table`: its type, and the clauses by which it catches exceptions, first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryTable {
    /// Type of the block.
    pub bt: BlockType,
    /// The clauses.
    pub catches: Box<[Catch]>,
}

impl fmt::Display for Catch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Catch::Catch(x, l) => write!(f, "(catch {x} {l})"),
            Catch::CatchRef(x, l) => write!(f, "(catch_ref {x} {l})"),
            Catch::CatchAll(l) => write!(f, "(catch_all {l})"),
            Catch::CatchAllRef(l) => write!(f, "(catch_all_ref {l})"),
        }
    }
}

macro_rules! syntax {
    ($([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        /// An instruction. A structured one stands in its body's flat sequence, closed by its `end`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Instr {
            $(
                #[doc = concat!("`", $text, "`")]
                $Name {
                    $(
                        #[doc = concat!("`", stringify!($ours), "`")]
                        $ours: $T
                    ),*
                },
            )*
        }

        impl Instr {
            /// The name in the text format (6.5).
            pub fn mnemonic(&self) -> &'static str {
                match self {
                    $(Instr::$Name { .. } => $text,)*
                }
            }

            /// The bytes of the binary format (5.4) that it begins with.
            pub fn opcode(&self) -> &'static [u8] {
                match self {
                    $(Instr::$Name { .. } => &[$($op),+],)*
                }
            }

            /// Opcodes and names of all instructions, row by row.
            pub fn all() -> &'static [(&'static [u8], &'static str)] {
                &[$((&[$($op),+], $text),)*]
            }

            /// Opcodes of all instructions and the types of their immediates, as the rows write them.
            pub fn immediates() -> &'static [(&'static [u8], &'static [&'static str])] {
                &[$((&[$($op),+], &[$(stringify!($T)),*]),)*]
            }
        }

        impl fmt::Display for Instr {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.mnemonic())?;
                match self {
                    $(Instr::$Name { $($ours),* } => { $($ours.write(f)?;)* })*
                }
                Ok(())
            }
        }
    };
}
for_each_instruction!(syntax);

/// How an immediate is written after the mnemonic.
trait Immediate {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Immediate for Idx {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for i32 {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for i64 {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for F32Bits {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}", f32_text(self.0))
    }
}

impl Immediate for F64Bits {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}", f64_text(self.0))
    }
}

impl Immediate for V128Bits {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}", v128_text(self.bits()))
    }
}

impl Immediate for LaneIdx {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for [LaneIdx; 16] {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|i| write!(f, " {i}"))
    }
}

impl Immediate for Box<[Idx]> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|l| write!(f, " {l}"))
    }
}

impl Immediate for BlockType {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockType::Empty => Ok(()),
            BlockType::Val(t) => write!(f, " (result {t})"),
            BlockType::Type(x) => write!(f, " (type {x})"),
        }
    }
}

impl Immediate for MemArg {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mem != 0 {
            write!(f, " {}", self.mem)?;
        }
        if self.offset != 0 {
            write!(f, " offset={}", self.offset)?;
        }
        Ok(())
    }
}

impl Immediate for Box<[ValType]> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types: Vec<String> = self.iter().map(ValType::to_string).collect();
        write!(f, " (result {})", types.join(" "))
    }
}

impl Immediate for HeapType {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for RefType {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {self}")
    }
}

impl Immediate for Nullable {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RefType::from(*self).write(f)
    }
}

impl Immediate for NonNull {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RefType::from(*self).write(f)
    }
}

impl Immediate for TryTable {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bt.write(f)?;
        self.catches.iter().try_for_each(|c| write!(f, " {c}"))
    }
}

/// The text form (6.3.2) of the `f32` with these bits; a NaN shows its sign and payload.
pub fn f32_text(bits: u32) -> String {
    let value = f32::from_bits(bits);
    if value.is_nan() {
        nan_text(bits >> 31 == 1, u64::from(bits & 0x7f_ffff), 0x40_0000)
    } else if value.is_infinite() {
        (if value < 0.0 { "-inf" } else { "inf" }).into()
    } else {
        format!("{value:?}")
    }
}

/// The text form (6.3.2) of the `f64` with these bits; a NaN shows its sign and payload.
pub fn f64_text(bits: u64) -> String {
    let value = f64::from_bits(bits);
    if value.is_nan() {
        nan_text(bits >> 63 == 1, bits & 0xf_ffff_ffff_ffff, 0x8_0000_0000_0000)
    } else if value.is_infinite() {
        (if value < 0.0 { "-inf" } else { "inf" }).into()
    } else {
        format!("{value:?}")
    }
}

/// The text form (6.3.3) of the vector with these bits, in the shape `i32x4`.
pub fn v128_text(bits: u128) -> String {
    let lane = |i: u32| (bits >> (32 * i)) as u32;
    format!("i32x4 {:#010x} {:#010x} {:#010x} {:#010x}", lane(0), lane(1), lane(2), lane(3))
}

fn nan_text(negative: bool, payload: u64, canonical: u64) -> String {
    let sign = if negative { "-" } else { "" };
    if payload == canonical { format!("{sign}nan") } else { format!("{sign}nan:{payload:#x}") }
}
