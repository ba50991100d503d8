//! What isn't marked is the same by all choices, for every numeric and vector instruction and whatever operands.

use super::choices::{SINGLES, Single, any_operand, operand};
use super::*;
use assay_interp::exec::{Undecided, Val, Value};
use assay_interp::machine::{Budgets, MarkedMachine, MarkedOutcome};
use assay_interp::outcome::Outcome;
use assay_interp::syntax::ValType;
use assay_interp::value::{Marked, MarkedBv, Profile};

/// The bits of a number or vector.
fn bits(v: &Value) -> u128 {
    match v {
        Val::I32(c) | Val::F32(c) => (*c).into(),
        Val::I64(c) | Val::F64(c) => (*c).into(),
        Val::V128(c) => *c,
        Val::Ref(r) => panic!("{r} has no bits"),
    }
}

fn marked_operand(ty: ValType, c: u128, marks: u128) -> Val<Marked> {
    match ty {
        ValType::I32 => Val::I32(MarkedBv { bits: c as u32, marks: marks as u32 }),
        ValType::I64 => Val::I64(MarkedBv { bits: c as u64, marks: marks as u64 }),
        ValType::F32 => Val::F32(MarkedBv { bits: c as u32, marks: marks as u32 }),
        ValType::F64 => Val::F64(MarkedBv { bits: c as u64, marks: marks as u64 }),
        _ => Val::V128(MarkedBv { bits: c, marks }),
    }
}

/// The instruction on operands of which some bits are marked.
fn run(single: &Single, operands: &[Val<Marked>]) -> Result<MarkedOutcome, Undecided> {
    let mut machine = MarkedMachine::new(Budgets::default());
    let host = &mut |_, _| unreachable!("it calls nothing");
    let instance = machine.instantiate(&single.module, &[], host)?.expect("it has no imports");
    machine.invoke(instance.func("f").expect("it exports a function"), operands, host)
}

/// No marks; those of NaNs; one, or those of a lane; any.
fn any_marks() -> impl Strategy<Value = u128> {
    let nans = vec![
        0x8000_0000_8000_0000_8000_0000_8000_0000,
        0x8000_0000_0000_0000_8000_0000_0000_0000,
        0x803f_ffff_803f_ffff_803f_ffff_803f_ffff,
        0x8007_ffff_ffff_ffff_8007_ffff_ffff_ffff,
    ];
    prop_oneof![
        4 => Just(0),
        4 => prop::sample::select(nans),
        2 => (0..128u32).prop_map(|i| 1 << i),
        1 => (0..16u32).prop_map(|i| 0xff << (8 * i)),
        1 => any::<u128>(),
    ]
}

/// The law, for one instruction.
fn law(single: &Single, [a, marks, flipped]: [[u128; 3]; 3], seed: u64) {
    let name = single.instr.mnemonic();
    let operands: Vec<_> =
        (0..).zip(single.types).map(|(i, t): (usize, _)| marked_operand(*t, a[i], marks[i])).collect();
    let Ok(MarkedOutcome { outcome, marks: left }) = run(single, &operands) else { return };
    // Other operands that the marks allow.
    let others = (0..).zip(single.types).map(|(i, t): (usize, _)| operand(*t, a[i] ^ (marks[i] & flipped[i])));
    let others: Vec<Value> = others.collect();
    for profile in [Profile::Deterministic, Profile::Seed(seed), Profile::X86_64, Profile::Aarch64] {
        let said = || format!("{name} {operands:?}, now {others:?} by {profile}: {outcome} with {left:x?}");
        match (&outcome, single.run(profile, &others).0) {
            (Outcome::Returned(expected), Outcome::Returned(found)) => {
                let differ = bits(&expected[0]) ^ bits(&found[0]);
                assert_eq!(differ & !left[0], 0, "{}: {}", said(), found[0]);
            }
            (Outcome::Trapped(expected), Outcome::Trapped(found)) => {
                assert_eq!(expected.kind, found.kind, "{}", said());
            }
            (_, found) => panic!("{}: {found}", said()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_not_marked_is_the_same_by_all_choices(
        a in [any_operand(), any_operand(), any_operand()],
        marks in [any_marks(), any_marks(), any_marks()],
        flipped in [any::<u128>(), any::<u128>(), any::<u128>()],
        seed in any::<u64>(),
    ) {
        for single in SINGLES.iter() {
            law(single, [a, marks, flipped], seed);
        }
    }
}

/// Without marks in its operands an instruction has exactly those of its own choice.
#[test]
fn what_has_no_choice_has_no_marks() {
    let nan = 0x7ff4_0000_7ff4_0000_7ff4_0000_7ff4_0000;
    for a in [[0; 3], [nan, 0, nan], [1, 2, 3], [u128::MAX, 1, 0], [0x3f80_0000, nan, 7]] {
        for single in SINGLES.iter() {
            let operands: Vec<Value> = single.types.iter().zip(a).map(|(t, c)| operand(*t, c)).collect();
            let exact: Vec<_> = operands.iter().map(|v| Val::concrete(&Marked::default(), *v)).collect();
            let chosen = single.run(Profile::Deterministic, &operands).1;
            let ended = run(single, &exact).expect("nothing is marked that could part runs");
            assert_eq!(ended.outcome.kind(), single.run(Profile::Deterministic, &operands).0.kind());
            let marked = ended.marks.iter().any(|marks| *marks != 0);
            assert_eq!(marked, chosen.numeric(), "{} {operands:?}: {ended:x?}", single.instr.mnemonic());
        }
    }
}
