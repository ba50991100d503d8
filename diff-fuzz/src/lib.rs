//! Engines against each other.
//!
//! [`diff`] gives one module to several engines and compares whatever it makes observable, call by call: results, trap
//! kinds, calls of the host, globals, memories and tables. [`diff_scenario`] does the same along a given scenario.
//!
//! An engine's answer is one of those that the standard allows, or a bug. Of an exported function that is one numeric
//! instruction the allowed answers are known, and each engine's is held against them ([`What::Allowed`]), also where
//! all engines agree. Elsewhere engines are compared with the first one, and where the standard leaves a choice (the
//! bits of a NaN, a relaxed operation) the interpreter follows which bits of results and state depend on it: what
//! differs in them alone, or after a choice has reached a branch, an address, a trap or the host, may be right in both
//! engines. Then, or if a budget runs out, nothing can be said: the comparison is [`Inconclusive`](Why), counted, and
//! never agreement.

mod args;
mod campaign;
mod choice;
mod compare;
mod coverage;
mod expose;
mod finding;
mod generate;
mod race;
pub mod reduce;
mod report;
mod single;
mod state;
mod target;

pub use args::{boundaries, vectors};
pub use campaign::{Campaign, CampaignError, Made, input_seed, regenerate, run_campaign};
pub use compare::{BUDGETS, DiffError, Options, diff, diff_scenario};
pub use coverage::Coverage;
pub use expose::{Exposed, Item, Kind, expose};
pub use finding::{Examined, Finding, Origin, examine};
pub use generate::{Generator, Input, Recipe, generate, generate_by, mutate};
pub use report::{Counts, Difference, Observed, Point, Report, THE_STANDARD, Verdict, What, Why};
pub use state::{State, Tally};
pub use target::{Target, UnknownTarget};
