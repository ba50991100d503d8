//! The semantics of WebAssembly 3.0, executable: decodes, validates and runs modules by the rules of the standard, and
//! names the rule of each step.
//!
//! It is made to be asked what is right: by a fuzzer that compares an engine with it, by whoever writes a compiler, an
//! optimizer or an analysis. It is pure Rust without unsafe code; wasmparser decodes.
//!
//! ```
//! use std::sync::Arc;
//!
//! use assay_interp::{Budgets, Machine, Outcome, Rule, Seen, TrapKind, Value, decode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let wasm = wat::parse_str(
//!     r#"(module
//!       (memory (export "memory") 1)
//!       (global $calls (export "calls") (mut i32) (i32.const 0))
//!       (func (export "quotient") (param i32 i32) (result i32)
//!         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
//!         (i32.store8 (i32.const 0) (local.get 0))
//!         (i32.div_u (local.get 0) (local.get 1))))"#,
//! )?;
//! // Well-formed and valid by the rules of 3.0, or the error says by which phase it isn't.
//! let module = Arc::new(decode(&wasm)?);
//!
//! // A machine has a store, and budgets within which each run ends.
//! let mut machine = Machine::new(Budgets { fuel: 1_000_000, ..Budgets::default() });
//! // No imports; nobody answers calls of the host, since there are none; and nobody watches.
//! let instance = machine.instantiate(&module, &[], &mut (), &mut ())?;
//!
//! let quotient = instance.func("quotient").ok_or("no such function")?;
//! let outcome = machine.invoke(quotient, &[Value::I32(7), Value::I32(2)], &mut (), &mut ());
//! assert_eq!(outcome, Outcome::Returned(vec![Value::I32(3)]));
//!
//! // What it left behind.
//! let (memory, calls) = (instance.mem("memory").unwrap(), instance.global("calls").unwrap());
//! assert_eq!(machine.store().mems[memory].bytes[0], 7);
//! assert_eq!(machine.store().globals[calls].value, Value::I32(1));
//!
//! // An observer is told of each step. This one counts by rules.
//! let mut seen = Seen::default();
//! let outcome = machine.invoke(quotient, &[Value::I32(7), Value::I32(0)], &mut (), &mut seen);
//! assert!(matches!(outcome, Outcome::Trapped(trap) if trap.kind == TrapKind::IntegerDivideByZero));
//! assert_eq!(seen.count(Rule::BinopTrap), 1);
//! assert_eq!(Rule::BinopTrap.name(), "Step_pure/binop-trap");
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! What the standard's embedding (appendix A.1) calls an operation stands in brackets.
//!
//! - **Decode** a module, and find it valid (`module_decode`): [`decode`], or [`binary::decode_with`] for an earlier
//!   version or with proposals ([`Features`]). Our own validator names the rule that doesn't hold (`module_validate`):
//!   [`validate`], of what [`binary::well_formed`] gives.
//! - **Have a store** (`store_init`): [`Machine::new`] with [`Budgets`]; [`Machine::with_profile`] with other choices.
//! - **Instantiate** with imports (`module_instantiate`): [`Machine::instantiate`]. What stands behind imported
//!   functions is a [`Host`] (`func_alloc`).
//! - **Find an export** (`instance_export`): [`ModuleInst::func`], [`mem`](ModuleInst::mem),
//!   [`table`](ModuleInst::table), [`global`](ModuleInst::global); and [`export`](ModuleInst::export), to import it
//!   into another instance.
//! - **Invoke** a function (`func_invoke`): [`Machine::invoke`], which ends in an [`Outcome`]. Arguments are
//!   [`Value`]s, if nothing better [`Value::default_of`] their types (`val_default`).
//! - **Read and write** (`mem_read`, `global_read`, `table_read`, …): [`Machine::store`] and
//!   [`store_mut`](Machine::store_mut) have `mems`, `globals` and `tables` by address.
//! - **See the rules**, or each step: an [`Observer`]. [`Seen`] counts them, [`trace::Writer`] writes a derivation,
//!   [`trace::Last`] keeps the end of one.
//! - **Know all results** that the standard allows: [`allowed`], for a numeric or vector instruction;
//!   [`Machine::chosen`] says whether a run had a choice, [`machine::MarkedMachine`] which bits of what it leaves
//!   behind depend on one.
//! - **Keep in a file** what the outside does: a [`Scenario`], with the feature `serde`. The crate `assay-engines`
//!   replays it, on this and on other engines.
//! - **Run a program** of WASI preview 1: `host::wasi::Wasi` is a [`Host`], with the feature `wasi`.
//!
//! Two examples stand beside this: `examples/rules.rs` lists the rules that a module exercises, and
//! `examples/compare.rs` of `assay-engines` compares one module with wasmtime, in a function of less than 40 lines.
//!
//! # What it promises
//!
//! An [`Outcome`] is the same wherever it comes from: a trap's kind is the one that the official tests name. By the
//! default profile each run is a function of what goes in: NaNs that operations make are positive and canonical, growth
//! succeeds within the budget. Nothing panics, whatever bytes are decoded and whatever valid module runs, but for
//! addresses that aren't of this machine's store. A [`Machine`] whose run trapped can be used again.
//!
//! # Rooms
//!
//! Modules follow the chapters of the standard: [`syntax`] (2), [`valid`] (3), [`exec`] (4), [`num`] (4.3), [`binary`]
//! (5). What a value is, is a parameter ([`value`]): the same rules run on machine integers and on terms. Every step
//! names its [`Rule`], and so does every judgement of validation ([`valid::Rule`]).

pub mod binary;
pub mod exec;
pub mod host;
pub mod machine;
pub mod num;
pub mod outcome;
pub mod rule;
pub mod scenario;
pub mod syntax;
pub mod trace;
pub mod trap;
pub mod valid;
pub mod value;

pub use binary::decode;
pub use exec::{Allowed, ExternAddr, ModuleInst, Ref, Value, allowed};
pub use machine::{Budgets, Host, HostError, Machine};
pub use outcome::{Budget, Outcome, Trap, TrapKind};
pub use rule::Rule;
pub use scenario::Scenario;
pub use syntax::{Features, Module};
pub use trace::{Observer, Seen};
pub use valid::validate;
pub use value::Profile;
