//! What our validator says of modules that aren't valid, and that it says it soon.

mod derivations;
mod hostile;
mod matching;
mod refusals;

use std::fmt::Write;

use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::{Features, Version};
use assay_interp::valid::{self, Rule};

const ALL: Features = Features::ALL;

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// What ours says, where its peer refuses the module, too.
#[track_caller]
fn refusal(wasm: &[u8], features: Features) -> valid::Error {
    match binary::judge(wasm, features).expect("it is well-formed") {
        Judgement::Invalid { ours, .. } => ours,
        other => panic!("{other:?}"),
    }
}

/// One module for each fault, and for what a fault can be about.
const CASES: &[&str] = &[
    // Types.
    "(type (func (param (ref 7))))",
    "(type (sub 1 (func))) (type (sub (func)))",
    "(rec (type (sub 1 (func))) (type (sub (func))))",
    "(type (sub 0 (func)))",
    "(type (func)) (type (sub 0 (func)))",
    "(type (sub (struct (field i32)))) (type (sub 0 (struct (field i64))))",
    "(rec (type $a (sub (struct (field (ref $b))))) (type $b (sub $a (struct (field (ref $a))))))",
    "(type (struct)) (import \"\" \"\" (func (type 0)))",
    "(memory 65537)",
    "(memory 2 1)",
    "(memory i64 0x1_0000_0000_0001)",
    "(memory 0 (pagesize 2))",
    "(memory 1 shared)",
    "(table 2 1 funcref)",
    "(table 1 (ref func))",
    "(type (func (result i32))) (tag (type 0))",
    // Operands.
    "(func i32.add)",
    "(func (result i32) i32.const 0 i64.const 0 i32.add)",
    "(func (param i32 i64)) (func (param f32) i32.const 1 local.get 0 call 0)",
    "(func (result i32) i64.const 1)",
    "(func i32.const 0 i32.const 1 i32.const 2)",
    "(func (block (result i32) nop) drop)",
    "(func (loop (result i32) nop) drop)",
    "(func (result i32) (if (result i32) (i32.const 0) (then (i32.const 0))))",
    "(func (if (i32.const 0) (then) (else (i32.const 0))))",
    "(func unreachable ref.as_non_null i32.eqz drop)",
    "(func (param externref) local.get 0 i32.const 0 select drop)",
    "(func (param externref) local.get 0 local.get 0 i32.const 0 select drop)",
    "(func (select (result i32 i32) (i32.const 0) (i32.const 0) (i32.const 0)) drop drop)",
    "(func i32.const 0 ref.is_null drop)",
    // Branches and calls.
    "(func br 1)",
    "(func (block (result i32) (block (i32.const 0) (br_table 0 1)) (i32.const 0)) drop)",
    "(func (param anyref) (block (br_on_non_null 0 (local.get 0))))",
    "(func (param anyref) (drop (block (result i31ref) (br_on_cast 0 structref anyref (local.get 0)) unreachable)))",
    "(func (param anyref) (drop (block (result i31ref) (br_on_cast 0 anyref structref (local.get 0)) unreachable)))",
    "(table 1 externref) (func (call_indirect (i32.const 0)))",
    "(type (struct)) (table 1 (ref null 0)) (func (call_indirect (i32.const 0)))",
    "(type (struct)) (func (param (ref 0)) (call_ref 0 (local.get 0)))",
    "(func (result i32) (return_call 1)) (func)",
    "(tag (param i32)) (func (block (try_table (catch 0 0))))",
    "(tag) (func (throw 1))",
    // Indices.
    "(func local.get 3 drop)",
    "(func call 9)",
    "(func global.get 0 drop)",
    "(func i32.const 0 i32.load drop)",
    "(func i32.const 0 table.get 0 drop)",
    "(func data.drop 0)",
    "(func elem.drop 0)",
    "(type (struct (field i32))) (func (param (ref 0)) local.get 0 struct.get 0 1 drop)",
    // What can be written and read.
    "(global i32 (i32.const 0)) (func i32.const 0 global.set 0)",
    "(type (struct (field i32))) (func (param (ref 0)) local.get 0 i32.const 0 struct.set 0 0)",
    "(type (array i32)) (func (param (ref 0)) local.get 0 i32.const 0 i32.const 0 array.set 0)",
    "(type (array i8)) (func (param (ref 0)) local.get 0 i32.const 0 array.get 0 drop)",
    "(type (struct (field i32))) (func (param (ref 0)) local.get 0 struct.get_s 0 0 drop)",
    "(type (struct (field (ref any)))) (func struct.new_default 0 drop)",
    "(type (array funcref)) (data \"\") (func i32.const 0 i32.const 0 array.new_data 0 0 drop)",
    "(type (array (mut i8))) (type (array i16)) (func unreachable array.copy 0 1)",
    "(func (local (ref func)) local.get 0 drop)",
    "(func (local (ref func)) (block (local.set 0 (unreachable))) (drop (local.get 0)))",
    "(func) (func ref.func 0 drop)",
    "(memory 1) (func i32.const 0 i32.load align=8 drop)",
    "(memory 1) (func i32.const 0 i32.load offset=4294967296 drop)",
    "(memory 1) (func i32.const 0 i32.atomic.load align=1 drop)",
    "(func (param v128) local.get 0 i32x4.extract_lane 4 drop)",
    // Types that a fault says, as the module has them.
    "(type (struct)) (func (param (ref 0))) (start 0)",
    "(type (struct)) (type (struct (field (ref 0)))) (func (param (ref 1)) local.get 0 struct.get_s 1 0 drop)",
    "(type (struct)) (type (array (ref 0))) (data \"\") (func (array.new_data 1 0 (i32.const 0) (i32.const 0)) drop)",
    "(type (struct)) (type (array (mut (ref 0)))) (type (array i8)) (func unreachable array.copy 1 2)",
    "(type (struct)) (type (struct (field (ref 0)))) (func struct.new_default 1 drop)",
    "(type (struct)) (func (param (ref 0)) (select (local.get 0) (local.get 0) (i32.const 0)) drop)",
    // Constant expressions, segments, exports.
    "(func) (global i32 (i32.const 0) (i32.eqz))",
    "(global (mut i32) (i32.const 0)) (global i32 (global.get 0))",
    "(global i32 (global.get 1)) (global i32 (i32.const 0))",
    "(global i32 (i64.const 0))",
    "(table 1 externref) (func) (elem (i32.const 0) func 0)",
    "(func) (elem externref (item ref.func 0))",
    "(memory i64 1) (data (i32.const 0) \"\")",
    "(func (param i32)) (start 0)",
    "(func) (export \"a\" (func 0)) (export \"a\" (func 0))",
    "(export \"a\" (memory 0))",
];

/// The same by older versions.
const OLDER: &[(Version, &str)] = &[
    (Version::V1, "(memory 1) (memory 1)"),
    (Version::V1, "(table 1 funcref) (table 1 funcref)"),
    (Version::V1, "(func (result i32 i32) unreachable)"),
    (Version::V1, "(func (param i32) local.get 0 i32.extend8_s drop)"),
    (Version::V1, "(func (param externref))"),
    (Version::V1, "(func (param v128))"),
    (Version::V2, "(memory 1) (memory 1)"),
    (Version::V2, "(table i64 1 funcref)"),
    (Version::V2, "(func (param (ref func)))"),
    (Version::V1, "(func unreachable select (result i32) drop)"),
    (Version::V1, "(table 1 funcref) (func i32.const 0 table.get 0 drop)"),
    (Version::V1, "(table 1 funcref) (func unreachable table.set 0)"),
    (Version::V1, "(func ref.null func drop)"),
    (Version::V1, "(func unreachable ref.is_null drop)"),
    (Version::V1, "(func ref.func 0 drop)"),
    (Version::V1, "(memory 1) (func unreachable memory.fill)"),
    (Version::V1, "(func unreachable i32.trunc_sat_f32_s drop)"),
    (Version::V1, "(func unreachable i8x16.abs drop)"),
    (Version::V2, "(func return_call 0)"),
    (Version::V2, "(table 1 funcref) (func i32.const 0 return_call_indirect)"),
    (Version::V2, "(func unreachable call_ref 0)"),
    (Version::V2, "(func unreachable return_call_ref 0)"),
    (Version::V2, "(func unreachable throw_ref)"),
    (Version::V2, "(func (try_table))"),
    (Version::V2, "(func unreachable ref.eq drop)"),
    (Version::V2, "(func unreachable ref.as_non_null drop)"),
    (Version::V2, "(func unreachable br_on_null 0 drop)"),
    (Version::V2, "(func unreachable br_on_non_null 0)"),
    (Version::V2, "(func unreachable ref.i31 drop)"),
    (Version::V2, "(func unreachable i8x16.relaxed_swizzle drop)"),
    (Version::V2, "(func (drop (ref.null any)))"),
    (Version::V1, "(memory 1) (data \"\")"),
    (Version::V1, "(elem func)"),
    (Version::V2, "(type (struct))"),
    (Version::V2, "(type (array i8))"),
    (Version::V2, "(type (sub (func)))"),
    (Version::V2, "(type (sub final 0 (func)))"),
    (Version::V2, "(global i32 (i32.const 0)) (global i32 (global.get 0))"),
    (Version::V3, "(func atomic.fence)"),
    (Version::V3, "(func (param i64) local.get 0 local.get 0 i64.mul_wide_s drop drop)"),
];

#[test]
fn a_refusal_names_the_rule_and_says_what_was_expected_and_found() {
    let mut out = String::new();
    for text in CASES {
        let error = refusal(&module(&format!("(module {text})")), ALL);
        writeln!(out, "{text}\n    {error}").expect("a string takes everything");
    }
    for (version, text) in OLDER.iter().copied() {
        let error = refusal(&module(&format!("(module {text})")), version.into());
        writeln!(out, "{version}: {text}\n    {error}").expect("a string takes everything");
    }
    insta::assert_snapshot!("refusals", out);
}

/// What an older version of the standard asks for, and its peer doesn't know any more.
#[test]
fn labels_of_1_0_have_one_type() {
    let text = "(module (func (result i32) (block (result i32)
        (drop (block (result i64) (br_table 0 1 (unreachable) (i32.const 0)) )) (i32.const 0))))";
    let module = binary::well_formed(&module(text), Version::V1.into()).expect("it is well-formed");
    let error = valid::validate(&module, Version::V1.into()).expect_err("the labels differ");
    assert_eq!(error.rule, Rule::InstrOkBrTable);
    assert_eq!(valid::validate(&module, Version::V2.into()), Ok(()));
}

/// What decoding refuses where a proposal is off, isn't valid there either.
#[test]
fn memories_of_proposals() {
    for text in ["(memory 0 (pagesize 1))", "(memory 1 1 shared)"] {
        let module = binary::well_formed(&module(&format!("(module {text})")), ALL).expect("it is well-formed");
        assert_eq!(valid::validate(&module, ALL), Ok(()));
        let error = valid::validate(&module, Version::V3.into()).expect_err("it is of a proposal");
        assert_eq!(error.rule, Rule::MemtypeOk);
    }
}
