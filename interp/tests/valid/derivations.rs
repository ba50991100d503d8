//! What is valid, and by which rules: how often each is applied is the derivation, but for its order.

use std::fmt::Write;

use assay_interp::binary;
use assay_interp::syntax::{Features, Version};
use assay_interp::valid::{self, Counts, Rule};

use super::{ALL, module};

const CASES: &[&str] = &[
    "",
    // Types.
    "(type (func)) (type (struct (field i8 (mut i64) v128 (ref null 0)))) (type (array (mut funcref)))",
    "(rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub $a (struct (field (ref null $b) i32)))))",
    "(type $s (sub (array (ref any)))) (type $t (sub $s (array (ref i31)))) (type (sub $t (array (ref none))))",
    "(type (sub (array (mut i8)))) (type (sub 0 (array (mut i8))))",
    "(type $f (sub (func (param (ref $f)) (result anyref)))) (type (sub $f (func (param (ref null $f))
        (result eqref))))",
    // Matching.
    "(func (param eqref structref arrayref i31ref) (result anyref anyref anyref eqref)
        (local.get 0) (local.get 1) (local.get 2) (local.get 3))",
    "(type (struct)) (type (array i8)) (type (func)) (func (param (ref 0) (ref 1) (ref 2)) (result eqref anyref funcref)
        (local.get 0) (local.get 1) (local.get 2))",
    "(type (struct)) (func (result (ref null 0) funcref exnref externref)
        (ref.null none) (ref.null nofunc) (ref.null noexn) (ref.null noextern))",
    "(func (param i32 f64 v128 (ref extern)) (result i32 f64 v128 (ref null extern))
        (local.get 0) (local.get 1) (local.get 2) (local.get 3))",
    "(type (struct)) (func (param (ref null 0))) (func unreachable call 0)",
    "(type (struct)) (func (param (ref null 0))) (func unreachable ref.as_non_null call 0)",
    "(type (struct)) (func (param (ref 0))) (func unreachable ref.as_non_null call 0)",
    "(func unreachable select i32.eqz drop)",
    "(type (sub (struct))) (type (sub 0 (struct))) (func (param (ref 1)) (result (ref 0)) (local.get 0))",
    // Sequences, blocks, branches.
    "(func nop (drop (i32.const 0)) (block) (loop) (block (nop)))",
    "(func (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))
        (if (local.get 0) (then)) (i32.add (i32.const 3)))",
    "(type (func (param i32) (result i32 i64))) (func (result i32 i64) (i32.const 0) (block (type 0) (i64.const 1)))",
    "(func (param i32) (block (br_if 0 (local.get 0)) (br 0)) (block (br_table 0 1 0 (local.get 0))) return)",
    "(func (param anyref) (block (drop (br_on_null 0 (local.get 0)))) (drop (block (result (ref any))
        (br_on_non_null 0 (local.get 0)) unreachable)))",
    "(func (param anyref) (drop (block (result i31ref) (br_on_cast 0 anyref i31ref (local.get 0)) unreachable))
        (drop (block (result anyref) (br_on_cast_fail 0 anyref i31ref (local.get 0)))))",
    "(type $f (func (param i32) (result i32))) (table 1 funcref) (func $g (type $f) (return_call $g (i32.const 0)))
        (func (type $f) (call $g (i32.const 0)) (call_indirect (type $f) (i32.const 0)))
        (func (type $f) (return_call_indirect (type $f) (i32.const 0) (i32.const 0)))
        (func (type $f) (return_call_ref $f (i32.const 0) (ref.null $f)))
        (func (result i32) (call_ref $f (i32.const 0) (ref.null $f)))",
    "(tag $e (param i32)) (func (block $m (block $l (result i32 exnref) (try_table (catch_ref $e $l) (catch_all $m)
        (throw $e (i32.const 0))) unreachable) drop drop))
        (func (block (result i32) (try_table (catch $e 0)) unreachable) drop
        (block (result exnref) (try_table (catch_all_ref 0)) unreachable) throw_ref)",
    "(func (param i32 externref) (drop (select (i32.const 1) (i32.const 2) (local.get 0)))
        (drop (select (result externref) (local.get 1) (local.get 1) (local.get 0))))",
    "(func (param i32) (local i32 (ref func)) unreachable)",
    "(func $f (export \"f\") (local (ref func)) (local.set 0 (ref.func $f)) (drop (local.tee 0 (local.get 0))))",
    "(func (param (ref func)) (block (local.set 0 (local.get 0))) (drop (local.get 0)))",
    // Aggregates and references.
    "(type (struct (field (mut i32) i8))) (func (struct.set 0 0 (struct.new_default 0) (struct.get 0 0
        (struct.new 0 (i32.const 1) (i32.const 2)))) (drop (struct.get_u 0 1 (struct.new_default 0))))",
    "(type (array (mut i8))) (data \"\") (func (local (ref null 0)) (array.set 0 (local.get 0) (i32.const 0)
        (i32.const 1))
        (drop (array.get_s 0 (local.get 0) (i32.const 0))) (drop (array.len (local.get 0)))
        (array.fill 0 (local.get 0) (i32.const 0) (i32.const 1) (i32.const 1))
        (array.copy 0 0 (local.get 0) (i32.const 0) (local.get 0) (i32.const 1) (i32.const 1))
        (array.init_data 0 0 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (drop (array.new_data 0 0 (i32.const 0) (i32.const 0))))",
    "(type (array (mut funcref))) (elem funcref) (func (drop (array.new 0 (ref.null func) (i32.const 0)))
        (drop (array.new_default 0 (i32.const 0))) (drop (array.new_elem 0 0 (i32.const 0) (i32.const 0)))
        (array.init_elem 0 0 (array.new_fixed 0 1 (ref.null func)) (i32.const 0) (i32.const 0) (i32.const 0))
        (drop (array.get 0 (array.new_default 0 (i32.const 0)) (i32.const 0))))",
    "(func (param anyref eqref externref) (drop (ref.is_null (local.get 0))) (drop (ref.eq (local.get 1) (local.get 1)))
        (drop (i31.get_s (ref.i31 (i32.const 0)))) (drop (ref.test i31ref (local.get 0)))
        (drop (ref.cast (ref struct) (local.get 0))) (drop (ref.as_non_null (local.get 0)))
        (drop (extern.convert_any (local.get 0))) (drop (any.convert_extern (local.get 2))))",
    "(func (param (ref any) (ref extern)) (result (ref extern) (ref any))
        (extern.convert_any (local.get 0)) (any.convert_extern (local.get 1)))",
    // Tables, memories, globals.
    "(table 1 2 funcref) (table i64 1 externref) (elem funcref) (func (table.set 0 (i32.const 0) (table.get 0
        (i32.const 1))) (drop (table.size 1)) (drop (table.grow 1 (ref.null extern) (i64.const 1)))
        (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)) (table.copy 0 0 (i32.const 0) (i32.const 0)
        (i32.const 0))
        (table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop 0))",
    "(table 1 funcref) (table i64 1 funcref) (func (table.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0))
        (table.copy 1 0 (i64.const 0) (i32.const 0) (i32.const 0)) (table.copy 1 1 (i64.const 0) (i64.const 0)
        (i64.const 0)))",
    "(memory 1 2) (memory i64 1) (data \"\") (func (i32.store (i32.const 0) (i32.load 0 (i32.const 1)))
        (i64.store8 1 (i64.const 0) (i64.load16_u 1 (i64.const 0))) (drop (memory.grow 1 (memory.size 1)))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (memory.copy 0 0 (i32.const 0) (i32.const 0)
        (i32.const 0))
        (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop 0))",
    "(memory 1) (memory i64 1) (func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0))
        (memory.copy 1 0 (i64.const 0) (i32.const 0) (i32.const 0)) (memory.copy 1 1 (i64.const 0) (i64.const 0)
        (i64.const 0)))",
    "(memory 1) (func (param v128) (v128.store (i32.const 0) (v128.load8_lane 15 (i32.const 0) (local.get 0)))
        (drop (v128.load (i32.const 0))) (drop (v128.load8x8_s (i32.const 0))) (drop (v128.load32_splat (i32.const 0)))
        (drop (v128.load64_zero (i32.const 0))) (v128.store64_lane 1 (i32.const 0) (local.get 0)))",
    "(memory 1 1 shared) (func (i32.atomic.store (i32.const 0) (i32.atomic.load (i32.const 0)))
        (drop (i64.atomic.rmw32.add_u (i32.const 0) (i64.const 0))) (atomic.fence)
        (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 0)))
        (drop (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 0)))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 0))))",
    "(memory 1 (pagesize 1)) (global (mut i32) (i32.const 0)) (func (param i64) (global.set 0 (global.get 0))
        (i64.mul_wide_u (local.get 0) (local.get 0)) (i64.add128 (local.get 0) (local.get 0)) drop drop)",
    // Numbers and vectors.
    "(func (drop (i32.eqz (i32.clz (i32.lt_s (i32.const 0) (i32.const 1))))) (drop (f64.convert_i32_s (i32.const 0)))
        (drop (f32.sqrt (f32.const 0))) (drop (i64.div_u (i64.const 0) (i64.const 1))))",
    "(func (param v128) (result v128) (v128.not (v128.and (local.get 0) (v128.const i64x2 0 0)))
        (v128.bitselect (local.get 0) (local.get 0)) (drop (v128.any_true (local.get 0)))
        (i8x16.abs) (i16x8.add (local.get 0)) (drop (i32x4.all_true (local.get 0))) (i8x16.lt_s (local.get 0))
        (i64x2.shl (i32.const 1)) (drop (i8x16.bitmask (local.get 0))) (i8x16.swizzle (local.get 0))
        (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 0)) (drop (i16x8.splat (i32.const 0)))
        (drop (i8x16.extract_lane_u 15 (local.get 0))) (f64x2.replace_lane 1 (f64.const 0))
        (i16x8.extmul_low_i8x16_s (local.get 0)) (i32x4.dot_i16x8_s (local.get 0)) (i16x8.extadd_pairwise_i8x16_u)
        (i8x16.narrow_i16x8_s (local.get 0)) (i32x4.trunc_sat_f32x4_s) (f32x4.relaxed_madd (local.get 0) (local.get 0))
        (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 0)))",
    // Modules.
    "(import \"\" \"f\" (func $f)) (import \"\" \"t\" (table 1 2 funcref)) (import \"\" \"m\" (memory 1))
        (import \"\" \"g\" (global i32)) (import \"\" \"e\" (tag)) (start $f)
        (export \"f\" (func 0)) (export \"t\" (table 0)) (export \"m\" (memory 0)) (export \"g\" (global 0))
        (export \"e\" (tag 0)) (tag) (table 1 (ref $t) (ref.func $f)) (type $t (func))",
    "(global i32 (i32.const 0)) (global i32 (i32.add (global.get 0) (i32.const 1))) (global v128 (v128.const i64x2 0 0))
        (global (ref i31) (ref.i31 (i32.const 0))) (global externref (extern.convert_any (ref.null any)))
        (global anyref (any.convert_extern (ref.null extern)))",
    "(type (struct (field i32))) (type (array i8)) (global (ref 0) (struct.new 0 (i32.const 0)))
        (global (ref 0) (struct.new_default 0)) (global (ref 1) (array.new 1 (i32.const 0) (i32.const 0)))
        (global (ref 1) (array.new_default 1 (i32.const 0))) (global (ref 1) (array.new_fixed 1 1 (i32.const 0)))",
    "(memory 1) (table i64 2 funcref) (func $f) (elem (i64.const 0) $f $f) (elem func $f) (elem declare func $f)
        (elem funcref (item (ref.null func))) (data (i32.const 0) \"\") (data \"\")",
];

/// Of the versions before, and what proposals add to them.
const OLDER: &[(Features, &str)] = &[
    (
        V1,
        "(memory 1 2) (table 1 funcref) (func $f) (global i32 (i32.const 0)) (elem (i32.const 0) $f) (data
        (i32.const 0) \"\")",
    ),
    (V1, "(func (param i32) (result i32) (block (result i32) (br_table 0 1 (local.get 0) (local.get 0))))"),
    (
        V1,
        "(import \"\" \"\" (global i32)) (table 1 funcref) (elem (global.get 0)) (type $t (func (param i64)))
        (func (call_indirect (type $t) (i64.const 0) (i32.const 0)))",
    ),
    (V2, "(func (result i32 i64) (i32.extend8_s (i32.trunc_sat_f32_s (f32.const 0))) (i64.const 0))"),
    (
        V2,
        "(table 1 funcref) (table 1 externref) (elem func) (data \"\") (global v128 (v128.const i64x2 0 0))
        (global funcref (ref.null func)) (func $f (drop (ref.is_null (table.get 1 (i32.const 0)))))
        (global funcref (ref.func $f)) (elem funcref (item ref.func $f))",
    ),
    (
        Features { threads: true, wide_arithmetic: true, ..V1 },
        "(memory 1 1 shared) (func (param i64) (result i64) (i32.atomic.store (i32.const 0) (i32.const 0))
        (atomic.fence)
        (i64.sub128 (local.get 0) (local.get 0) (local.get 0) (local.get 0)) drop)",
    ),
];

const V1: Features = Features {
    version: Version::V1,
    threads: false,
    wide_arithmetic: false,
    custom_page_sizes: false,
    single_memory: false,
};
const V2: Features = Features { version: Version::V2, ..V1 };

#[test]
fn what_is_valid_has_its_derivation() {
    let mut out = String::new();
    let mut all = Counts::default();
    for (features, text) in CASES.iter().map(|text| (ALL, *text)).chain(OLDER.iter().copied()) {
        let module = binary::well_formed(&module(&format!("(module {text})")), features).expect("it is well-formed");
        let mut counts = Counts::default();
        valid::validate_with(&module, features, &mut counts).unwrap_or_else(|e| panic!("{text}: {e}"));
        valid::validate_with(&module, features, &mut all).expect("it is valid");
        assert_eq!(valid::validate(&module, features), Ok(()));
        let version = if features == ALL { String::new() } else { format!("{}: ", features.version) };
        writeln!(out, "{version}{text}").expect("a string takes everything");
        for rule in Rule::ALL.iter().filter(|rule| counts.of(**rule) > 0) {
            writeln!(out, "    {:4} {rule}", counts.of(*rule)).expect("a string takes everything");
        }
    }
    insta::assert_snapshot!("derivations", out);
    for rule in Rule::ALL.iter().filter(|rule| all.of(**rule) == 0) {
        assert!(rule.is_of_closed_types() || rule.is_of_instantiation(), "{rule} is never applied");
    }
}
