//! Proofs that the term reading of each instruction is what the standard says.
//!
//! The left side of an equation is the semantics as the verifier uses it: the instruction is assembled, decoded and
//! reduced over terms ([`reduction`]), and its terms go to the solver by the same translation as any. The right side
//! stands in [`scalar`], [`vector`], [`memory`], [`float`] and [`control`], made of SMT-LIB's operators and of nothing
//! in `interp/`: what an instruction means is told from its name alone, and by another formula where there is one. The
//! solver then refutes ([`proof`]) that any operands make a difference. What one instruction on variables
//! doesn't show of the simplifier, whose identities meet when the terms of several come together, [`identities`] does.

mod control;
mod float;
mod identities;
mod meaning;
mod memory;
mod proof;
mod reduction;
mod scalar;
mod vector;

use std::time::Instant;

use assay_interp::outcome::TrapKind;
use assay_interp::syntax::Instr;
use z3::ast::Bool;

use meaning::{Meaning, number};
use proof::prove;

/// Why instructions aren't proved, and which, by patterns of their names.
#[rustfmt::skip]
const EXCUSES: [(&str, &[&str]); 4] = [
    (
        "it moves values and decides nothing by their bits",
        &[
            "unreachable", "nop", "block", "loop", "else", "end", "br", "return", "call", "return_call", "drop",
            "local.*", "global.*", "data.drop", "elem.drop",
        ],
    ),
    (
        "it is about references, of which terms say no more than whether one is null",
        &[
            "call_indirect", "call_ref", "return_call_indirect", "return_call_ref", "br_on_*", "throw*", "try_table",
            "ref.*", "struct.*", "array.*", "i31.*", "any.*", "extern.*",
        ],
    ),
    (
        "it rounds: the term is a variable, which may be anything",
        &[
            "f*.ceil", "f*.floor", "f*.trunc", "f*.nearest", "f*.sqrt", "f*.add", "f*.sub", "f*.mul", "f*.div",
            "f*.convert_*", "f*.demote_*", "f*.promote_*", "f*.relaxed_madd", "f*.relaxed_nmadd",
        ],
    ),
    ("it is for threads, and a module with one of these is unknown as a whole", &["*atomic.*"]),
];

/// Whether a name is as a pattern says, in which a star stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let rest = name.strip_prefix(before);
    rest.is_some_and(|rest| (0..=rest.len()).any(|i| matches(after, &rest[i..])))
}

fn excuse(name: &str) -> Option<&'static str> {
    let (why, _) = EXCUSES.iter().find(|(_, patterns)| patterns.iter().any(|pattern| matches(pattern, name)))?;
    Some(why)
}

/// The meanings of an instruction that a file has: one for each choice of immediates that is tried, none if it isn't
/// of its kind.
type Meanings = fn(&str) -> Vec<Meaning>;

const ALL: [Meanings; 5] = [scalar::meanings, vector::meanings, memory::meanings, float::meanings, control::meanings];

fn names() -> impl Iterator<Item = &'static str> {
    Instr::all().iter().map(|(_, name)| *name)
}

/// Proves what a file says of all instructions.
fn prove_all(of: Meanings) {
    let (mut wrong, mut times) = (Vec::new(), Vec::new());
    for name in names() {
        let start = Instant::now();
        wrong.extend(of(name).iter().filter_map(|meaning| prove(meaning).err()));
        times.push((start.elapsed(), name));
    }
    times.sort();
    for (time, name) in times.iter().rev().take(10) {
        println!("{:7.3} s {name}", time.as_secs_f64());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn instructions_of_integers() {
    prove_all(scalar::meanings);
}

#[test]
fn instructions_of_vectors() {
    prove_all(vector::meanings);
}

#[test]
fn instructions_of_memories() {
    prove_all(memory::meanings);
}

#[test]
fn instructions_of_floats() {
    prove_all(float::meanings);
}

#[test]
fn instructions_that_ask_what_a_number_is() {
    prove_all(control::meanings);
}

#[test]
fn every_instruction_is_proved_or_excused() {
    for name in names() {
        let proved = ALL.iter().any(|meanings| !meanings(name).is_empty());
        match excuse(name) {
            None => assert!(proved, "{name} has neither a proof nor an excuse"),
            Some(why) => assert!(!proved, "{name} is proved, and excused: {why}"),
        }
    }
    for pattern in EXCUSES.iter().flat_map(|(_, patterns)| *patterns) {
        assert!(names().any(|name| matches(pattern, name)), "{pattern} excuses nothing");
    }
}

/// A proof that can't fail shows nothing.
#[test]
fn what_isnt_so_is_refuted() {
    let refuted = |meaning: Meaning, why: &str| {
        let message = prove(&meaning).expect_err(&meaning.code);
        assert!(message.contains(why), "{message}");
    };
    let of = |name: &str| ALL.iter().flat_map(|meanings| meanings(name)).next().expect(name);
    refuted(Meaning::total("i32.sub", ["i32"; 2], "i32", |[a, b]| b.bvsub(a)), "piece 0: i32 #x");
    refuted(Meaning { traps: Vec::new(), ..of("i32.rem_u") }, "traps (integer-divide-by-zero)");
    let mut div = of("i64.div_s");
    div.traps.reverse();
    div.traps[0].1 = TrapKind::InvalidConversion;
    refuted(div, "traps (integer-overflow)");
    let mut div = of("i64.div_u");
    div.traps[0].0 = Bool::from_bool(true);
    refuted(div, "doesn't trap");
    let mut add = of("i8x16.add");
    add.says.swap(3, 4);
    refuted(add, "piece 3: v128 #x");
    refuted(Meaning { after: of("i32.load").after, ..of("i64.store8") }, "memory and table");
    let mut select = of("i64x2.relaxed_laneselect");
    select.says[1].members.pop();
    refuted(select, "piece 1");
    let mut select = of("i32x4.relaxed_laneselect");
    select.says.iter_mut().for_each(|says| says.members.push(number(32, 0)));
    refuted(select, "no choice gives the result 2");
    let mut lt = of("f64.lt");
    lt.says = of("f64.le").says;
    refuted(lt, "piece 0: f64 #x");
}
