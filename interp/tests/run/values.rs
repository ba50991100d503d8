//! What can be told of a value without a store.

use assay_interp::syntax::{NumType, RefType};

use super::*;

const HEAPS: [HeapType; 12] = [
    HeapType::Any,
    HeapType::Eq,
    HeapType::I31,
    HeapType::Struct,
    HeapType::Array,
    HeapType::None,
    HeapType::Func,
    HeapType::NoFunc,
    HeapType::Extern,
    HeapType::NoExtern,
    HeapType::Exn,
    HeapType::NoExn,
];

/// References, the abstract type of each, and which of [`HEAPS`] that is a subtype of.
fn refs() -> Vec<(Ref, HeapType, Vec<HeapType>)> {
    use HeapType::{Any, Array, Eq, Exn, Extern, Func, I31, Struct};
    vec![
        (Ref::Func(0), Func, vec![Func]),
        (Ref::Exn(0), Exn, vec![Exn]),
        (Ref::Any(AnyRef::I31(1)), I31, vec![Any, Eq, I31]),
        (Ref::Any(AnyRef::Struct(0)), Struct, vec![Any, Eq, Struct]),
        (Ref::Any(AnyRef::Array(0)), Array, vec![Any, Eq, Array]),
        (Ref::Any(AnyRef::Host(0)), Any, vec![Any]),
        (Ref::Extern(AnyRef::I31(0)), Extern, vec![Extern]),
        (Ref::host(3), Extern, vec![Extern]),
    ]
}

#[test]
fn references_are_of_their_abstract_types() {
    for (r, heap, above) in refs() {
        assert_eq!(Val::Ref(r).ty(), ValType::Ref(RefType { nullable: false, heap }));
        for heap in HEAPS {
            for nullable in [false, true] {
                let t = ValType::Ref(RefType { nullable, heap });
                assert_eq!(Val::Ref(r).may_be(t), above.contains(&heap), "{r:?} {t}");
            }
        }
    }
}

#[test]
fn null_is_of_the_nullable_types_of_its_hierarchy() {
    for top in [HeapType::Any, HeapType::Func, HeapType::Extern, HeapType::Exn] {
        let null: Value = Val::Ref(Ref::Null(top));
        assert_eq!(null.ty(), ValType::Ref(RefType::null(top)));
        for heap in HEAPS {
            assert_eq!(null.may_be(ValType::Ref(RefType::null(heap))), heap.abs_top() == top, "{top} {heap}");
            assert!(!null.may_be(ValType::Ref(RefType { nullable: false, heap })));
        }
        assert!(!null.may_be(ValType::V128));
    }
}

#[test]
fn numbers_are_of_their_types_alone() {
    let numbers: [(Value, ValType); 5] = [
        (Val::I32(1), ValType::Num(NumType::I32)),
        (Val::I64(1), ValType::Num(NumType::I64)),
        (Val::F32(1), ValType::Num(NumType::F32)),
        (Val::F64(1), ValType::Num(NumType::F64)),
        (Val::V128(1), ValType::V128),
    ];
    for (v, t) in numbers {
        assert_eq!(v.ty(), t);
        for (w, u) in numbers {
            assert_eq!(v.may_be(u), t == u, "{v} {u}");
            assert_eq!(v == w, t == u, "equal bits of another type are another value");
        }
        assert!(!v.may_be(ValType::Ref(RefType::null(HeapType::Any))));
        assert!(v != Val::Ref(Ref::host(1)));
    }
    for (c, is_nan) in [(0x7fc0_0000, true), (0xff80_0001, true), (0x7f80_0000, false), (0, false)] {
        assert_eq!(Value::F32(c).is_nan(), is_nan);
        assert!(!Value::I32(c).is_nan());
    }
    for (c, is_nan) in [(0x7ff8 << 48, true), ((0xfff0 << 48) | 1, true), (0x7ff0 << 48, false), (0x7fc0_0000, false)] {
        assert_eq!(Value::F64(c).is_nan(), is_nan);
        assert!(!Value::I64(c).is_nan());
    }
}

/// As values are printed where an assertion fails: the bits, which tell every value from every other one.
#[test]
fn values_are_told_apart_when_debugged() {
    let values: [Value; 6] = [Val::I32(1), Val::I64(2), Val::F32(3), Val::F64(4), Val::V128(5), Val::Ref(Ref::Func(6))];
    assert_eq!(format!("{values:?}"), "[I32(1), I64(2), F32(3), F64(4), V128(5), Ref(Func(6))]");
}
