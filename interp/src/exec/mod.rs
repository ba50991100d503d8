//! Execution (chapter 4): configurations and their reduction.
//!
//! A configuration is the store, and a thread of frames, labels and operands. The standard writes a thread as nested
//! instruction sequences; here the nest is a zipper: code stays where it is, a frame knows the next instruction, a
//! label knows where its continuation is. A step finds the redex, applies the one rule that fits, and names it.
//! Instructions that a rule rewrites its redex to (an `i32.store8` that `memory.fill` becomes, say) wait in
//! [`Config::pending`] and are reduced before the code goes on.
//!
//! Conventions: c is the configuration, d the reading; x, y, l are immediates as the standard calls them.

mod aggregate;
mod allowed;
mod atomic;
mod config;
mod control;
mod domain;
mod exception;
pub(crate) mod flat;
mod heap;
mod marked;
mod memory;
pub mod module;
mod numeric;
mod parametric;
mod reference;
mod step;
mod store;
mod table;
mod thread;
mod traps;
mod value;
mod variable;
mod vector;

pub use allowed::{Allowed, allowed, chooses, operand_types};
pub use config::{Admin, Callee, Config, Frame, Handler, Label, Place, Progress, Redex, Trapped};
pub use domain::{Domain, Memory, Table};
pub use heap::{ArrayInst, Cells, ExnInst, Heap, StructInst};
pub use marked::{MarkedMemory, Undecided};
pub use store::{ExternAddr, FuncInst, GlobalInst, MemInst, ModuleInst, Store, TableInst, TagInst};
pub use thread::{Suspended, Thread, ThreadId, Threads};
pub use traps::trap_kinds;
pub use value::{Addr, AnyRef, F32, F64, FuncAddr, I32, I64, Num, Ref, V128, Val, Value};
