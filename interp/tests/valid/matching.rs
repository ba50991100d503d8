//! Laws of matching (3.3): an order, in four hierarchies that have nothing in common.

use assay_interp::binary;
use assay_interp::syntax::{HeapType, TypeUse};
use assay_interp::valid::DefTypes;

use super::{ALL, module};

/// Types of all kinds, some below others, some equal to others.
const TYPES: &str = r#"(module
    (type (sub (struct)))
    (type (sub 0 (struct (field i32))))
    (type (sub final 1 (struct (field i32) (field (ref null 0)))))
    (type (sub 0 (struct (field i64))))
    (type (sub (array (ref null any))))
    (type (sub 4 (array (ref any))))
    (type (sub (func (param (ref null 1)) (result (ref 0)))))
    (type (sub 6 (func (param (ref null 0)) (result (ref 1)))))
    (rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub (struct (field (ref null $a))))))
    (rec (type $c (sub (struct (field (ref null $d))))) (type $d (sub (struct (field (ref null $c))))))
    (type (func)) (type (func)))"#;

fn heap_types() -> (DefTypes, Vec<HeapType>) {
    use HeapType::*;
    let module = binary::decode_with(&module(TYPES), ALL).expect("it is valid");
    let mut types = DefTypes::default();
    let defs = types.alloc(&module);
    let mut all = vec![Any, Eq, I31, Struct, Array, None, Func, NoFunc, Exn, NoExn, Extern, NoExtern];
    all.extend(defs.iter().map(|ty| Type(TypeUse::Def(*ty))));
    (types, all)
}

#[test]
fn matching_is_an_order() {
    let (types, all) = heap_types();
    let below = |a: HeapType, b: HeapType| types.heap_sub(a, b);
    let mut pairs = 0;
    for a in all.iter().copied() {
        assert!(below(a, a), "{a}");
        for b in all.iter().copied().filter(|b| below(a, *b)) {
            pairs += 1;
            assert!(a == b || !below(b, a), "{a} and {b} are below each other");
            for c in all.iter().copied().filter(|c| below(b, *c)) {
                assert!(below(a, c), "{a} is below {b}, and {b} below {c}");
            }
        }
    }
    assert!(pairs > 100, "{pairs} pairs are too few");
}

#[test]
fn hierarchies_have_a_top_and_a_bottom_and_nothing_in_common() {
    use HeapType::*;
    let (types, all) = heap_types();
    for a in all {
        let hierarchies = [(Any, None), (Func, NoFunc), (Exn, NoExn), (Extern, NoExtern)];
        let of: Vec<_> = hierarchies.iter().filter(|(top, _)| types.heap_sub(a, *top)).collect();
        let [(top, bottom)] = of[..] else { panic!("{a} is in {} hierarchies", of.len()) };
        assert!(types.heap_sub(*bottom, a), "{bottom} is below {a}");
        assert_eq!(types.top(a), *top, "{a}");
    }
}

#[test]
fn equal_types_are_one() {
    let (_, all) = heap_types();
    let ty = |x: usize| all[12 + x];
    // The two recursive types, and the two functions.
    assert_eq!((ty(8), ty(9)), (ty(10), ty(11)));
    assert_eq!(ty(12), ty(13));
    assert_ne!(ty(8), ty(9));
}
