//! Memories as terms: reading through writes.

use std::collections::HashMap;

use super::*;

/// An address: one of the bases, or none, and a constant; the constants are close together, so that bytes meet.
#[derive(Clone, Debug)]
struct At {
    base: Option<usize>,
    offset: u64,
}

const BASES: usize = 2;

fn at() -> impl Strategy<Value = At> {
    let offset = prop_oneof![0..4u64, (0..4u64).prop_map(|k| k.wrapping_sub(2)), Just(1 << 63)];
    (prop::option::of(0..BASES), offset).prop_map(|(base, offset)| At { base, offset })
}

fn base() -> impl Strategy<Value = u64> {
    prop_oneof![0..4u64, (0..4u64).prop_map(|k| k.wrapping_sub(2)), Just(1 << 63)]
}

impl At {
    fn term(&self, d: &Terms, bases: &[Term]) -> Term {
        match self.base {
            None => d.constant::<W64>(self.offset.into()),
            Some(base) => d.add::<W64>(bases[base], d.constant::<W64>(self.offset.into())),
        }
    }

    fn number(&self, bases: &[u64]) -> u64 {
        self.base.map_or(0, |base| bases[base]).wrapping_add(self.offset)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn select_sees_the_last_store(
        stores in prop::collection::vec((at(), any::<u8>(), any::<bool>()), 0..10),
        read in at(),
        bases in prop::collection::vec(base(), BASES),
        first in 0..BASES,
    ) {
        let mut vars = Vars::new();
        let base_terms: Vec<Term> = (0..BASES).map(|_| vars.fresh(64)).collect();
        let mut values: Vec<u128> = bases.iter().map(|b| u128::from(*b)).collect();
        let memory = vars.d.array("memory");
        let mut array = memory;
        let mut model = HashMap::new();
        for (at, byte, symbolic) in &stores {
            let stored = if *symbolic { vars.fresh(8) } else { vars.constant(8, (*byte).into()) };
            values.extend(symbolic.then_some(u128::from(*byte)));
            array = vars.d.store(array, at.term(&vars.d, &base_terms), stored);
            model.insert(at.number(&bases), *byte);
        }
        let t = vars.d.select(array, read.term(&vars.d, &base_terms));
        let number = read.number(&bases);
        let wanted = match model.get(&number) {
            Some(byte) => vars.constant(8, (*byte).into()),
            None => vars.d.select(memory, vars.constant(64, number.into())),
        };
        let all: Vec<_> = values.iter().copied().map(Some).collect();
        prop_assert_eq!(vars.put(t, &all), wanted);
        // One base first: what is known then must still hold when the other is.
        let mut some: Vec<_> = vec![None; values.len()];
        some[first] = all[first];
        prop_assert_eq!(vars.put(vars.put(t, &some), &all), wanted);
        // The same base under both names.
        let same = vars.d.substitute(t, |id| (id == vars.vars[1].0).then_some(base_terms[0]));
        let mut model = HashMap::new();
        let bases = [bases[0], bases[0]];
        for (at, byte, _) in &stores {
            model.insert(at.number(&bases), *byte);
        }
        let wanted = match model.get(&read.number(&bases)) {
            Some(byte) => vars.constant(8, (*byte).into()),
            None => vars.d.select(memory, vars.constant(64, read.number(&bases).into())),
        };
        prop_assert_eq!(vars.put(same, &all), wanted);
    }
}

#[test]
fn stores_to_other_offsets_of_the_same_base_are_looked_through() {
    let mut vars = Vars::new();
    let (i, j, byte) = (vars.fresh(64), vars.fresh(64), vars.fresh(8));
    let d = &vars.d;
    let memory = d.array("memory");
    let plus = |base, k: u128| d.add::<W64>(base, d.constant::<W64>(k));
    let written = d.store(d.store(memory, plus(i, 1), byte), plus(i, 2), d.constant::<W8>(7));
    assert_eq!(d.select(written, plus(i, 1)), byte);
    assert_eq!(d.select(written, i), d.select(memory, i));
    // Another base may be the same address.
    assert_ne!(d.select(written, j), d.select(memory, j));
    assert_eq!(d.width(written), 0);
}
