//! Laws of matching (3.3): an order, in four hierarchies that have nothing in common.

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::syntax::{ExternType, FuncType, HeapType, Subst, TypeUse, ValType};
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

/// What is given for an import: of two external types, whether the first matches the second.
#[test]
fn what_is_given_matches_what_is_asked_for() {
    let imports = [
        // Functions and tags, of types that are equal or declared to be one below the other.
        ("(func (type $f))", "(func (type $f))", true),
        ("(func (type $g))", "(func (type $f))", true),
        ("(func (type $f))", "(func (type $g))", false),
        ("(tag (type $f))", "(tag (type $f))", true),
        ("(tag (type $g))", "(tag (type $f))", false),
        ("(tag (type $f))", "(tag (type $g))", false),
        // Sizes.
        ("(memory 2)", "(memory 1)", true),
        ("(memory 1)", "(memory 2)", false),
        ("(memory 1 2)", "(memory 1 2)", true),
        ("(memory 1 2)", "(memory 1 3)", true),
        ("(memory 1 3)", "(memory 1 2)", false),
        ("(memory 1)", "(memory 1 2)", false),
        ("(memory i64 1)", "(memory 1)", false),
        ("(memory 1 1 shared)", "(memory 1 1)", false),
        ("(memory 1 (pagesize 1))", "(memory 1)", false),
        ("(table 1 funcref)", "(table 1 funcref)", true),
        ("(table 1 2 funcref)", "(table 0 3 funcref)", true),
        ("(table 0 funcref)", "(table 1 funcref)", false),
        ("(table i64 1 funcref)", "(table 1 funcref)", false),
        // What can be written is of the very type.
        ("(table 1 (ref null $f))", "(table 1 funcref)", false),
        ("(table 1 funcref)", "(table 1 (ref null $f))", false),
        ("(global (ref $f))", "(global funcref)", true),
        ("(global funcref)", "(global (ref $f))", false),
        ("(global (mut funcref))", "(global (mut funcref))", true),
        ("(global (mut (ref $f)))", "(global (mut funcref))", false),
        ("(global (mut funcref))", "(global (mut (ref $f)))", false),
        ("(global (mut i32))", "(global i32)", false),
        ("(global i32)", "(global (mut i32))", false),
    ];
    for (given, asked, matches) in imports {
        let imports = [given, asked].map(|ty| format!(r#"(import "" "" {ty})"#)).concat();
        let text = format!("(module (type $f (sub (func))) (type $g (sub $f (func))) {imports})");
        let module = binary::well_formed(&module(&text), ALL).expect("it is well-formed");
        let mut types = DefTypes::default();
        let defs = types.alloc(&module);
        let closed = |tu| if let TypeUse::Idx(x) = tu { TypeUse::Def(defs[x as usize]) } else { tu };
        let def = |i: usize| defs[module.imports[i].type_index.expect("it has a type") as usize];
        let does = match (&module.imports[0].ty, &module.imports[1].ty) {
            (ExternType::Func(_), ExternType::Func(_)) => types.func_sub(def(0), def(1)),
            (ExternType::Tag(_), ExternType::Tag(_)) => types.tag_sub(def(0), def(1)),
            (ExternType::Mem(a), ExternType::Mem(b)) => types.mem_sub(a, b),
            (ExternType::Table(a), ExternType::Table(b)) => types.table_sub(&a.subst(&closed), &b.subst(&closed)),
            (ExternType::Global(a), ExternType::Global(b)) => types.global_sub(&a.subst(&closed), &b.subst(&closed)),
            _ => unreachable!("they are of one kind"),
        };
        assert_eq!(does, matches, "{given} matches {asked}");
    }
}

#[test]
fn a_function_of_the_host_has_its_type() {
    let mut types = DefTypes::default();
    let ty = Arc::new(FuncType { params: [ValType::I32].into(), results: [ValType::F64].into() });
    let (def, same) = (types.func(&ty), types.func(&ty));
    assert_eq!((def, types.func_type(def)), (same, &ty));
    let other = types.func(&Arc::default());
    assert!(types.def_sub(def, same) && !types.def_sub(def, other));
}
