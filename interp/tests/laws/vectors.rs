//! The laws of vectors, at random ones; and how lanes and vectors belong together.

use super::law::vectors::*;
use super::*;
use assay_interp::num::{I8x16, I16x8, I32x4, I64x2};

fn vector() -> impl Strategy<Value = u128> {
    let lanes = |bits: u32| {
        let lanes = prop::collection::vec(prop::sample::select(boundary(bits)), 128 / bits as usize);
        lanes.prop_map(move |lanes| lanes.iter().fold(0u128, |v, lane| v << bits | lane))
    };
    prop_oneof![lanes(8), lanes(16), lanes(32), lanes(64), float::<W64>(), any::<u128>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn readings_agree_on_vectors(a in vector(), b in vector(), c in vector()) {
        (0..ALL.len()).for_each(|at| law(at, [a, b, c]));
    }

    /// A shape's lanes, put together, are the vector; lanes of another shape are found among them.
    #[test]
    fn lanes_are_the_vector(v in vector()) {
        let mut vars = Vars::new();
        let x = vars.fresh(128);
        let d = &vars.d;
        prop_assert_eq!(num::inv_lanes::<_, I8x16>(d, |i| num::lane::<_, I8x16>(d, x, i)), x);
        prop_assert_eq!(num::inv_lanes::<_, I64x2>(d, |i| num::lane::<_, I64x2>(d, x, i)), x);
        let bytes: Vec<Term> = (0..16).map(|_| d.variable("byte", 8)).collect();
        let joined = num::inv_lanes::<_, I8x16>(d, |i| bytes[i as usize]);
        for i in 0..16 {
            prop_assert_eq!(num::lane::<_, I8x16>(d, joined, i), bytes[i as usize]);
        }
        for i in 0..8 {
            let pair = num::lane::<_, I16x8>(d, joined, i);
            prop_assert_eq!(d.extract::<W16, W8>(pair, 8), bytes[2 * i as usize + 1]);
        }
        let d = &Concrete::default();
        prop_assert_eq!(num::inv_lanes::<_, I16x8>(d, |i| num::lane::<_, I16x8>(d, v, i)), v);
        let back = num::inv_lanes::<_, I32x4>(d, |i| (v >> (32 * i)) as u32);
        prop_assert_eq!(back, v);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    /// With every choice the first, a relaxed term is `Concrete`'s; other choices give other results.
    #[test]
    fn relaxed_operations_are_one_of_a_set(a in vector(), b in vector(), c in vector()) {
        for (at, name) in RELAXED.iter().enumerate() {
            let mut vars = Vars::new();
            let x = [0; 3].map(|_| vars.fresh(128));
            let t = relaxed(&vars.d, at, x[0], x[1], x[2]);
            let chosen = |first: bool| {
                let choice = vars.d.substitute(t, |id| {
                    let ours = vars.vars.iter().any(|(var, _)| *var == id);
                    (!ours).then(|| vars.constant(1, first.into()))
                });
                vars.number(choice, &[a, b, c])
            };
            let wanted = relaxed(&Concrete::default(), at, a, b, c);
            prop_assert_eq!(chosen(true), Some(wanted), "{}", name);
            prop_assert!(chosen(false).is_some(), "{}", name);
        }
    }
}

#[test]
fn relaxed_operations_have_other_results() {
    let byte = |c: u128| u128::MAX / 0xFF * c;
    for (at, [a, b, c]) in [
        (0, [0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100, byte(0x13), 0]),
        (1, [byte(0x12), byte(0x34), byte(0x70)]),
        (2, [byte(0x80) & !0xFF, byte(0x80) & !0xFF, 0]),
        (3, [byte(2), byte(0x80), 0]),
        (4, [byte(2), byte(0x80), 0]),
    ] {
        // The lanes with 0x8000 in both operands are what the third one needs.
        let (a, b) = if at == 2 { (0x8000, 0x8000) } else { (a, b) };
        let d = Terms::new();
        let t = relaxed(&d, at, d.constant::<W128>(a), d.constant::<W128>(b), d.constant::<W128>(c));
        let other = d.substitute(t, |_| Some(d.truth(false)));
        let other = d.as_const(other).expect("a number");
        assert_ne!(other, relaxed(&Concrete::default(), at, a, b, c), "{}", RELAXED[at]);
    }
}
