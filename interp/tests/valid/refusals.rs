//! Each rule that can refuse a module does.

use std::collections::BTreeSet;
use std::fmt::Write;

use assay_interp::syntax::Version;
use assay_interp::valid::Rule;

use super::{ALL, CASES, OLDER, module, refusal};

/// What the instructions below refer to.
const PRELUDE: &str = r#"(type $f (func (param i32))) (type $s (struct (field (mut i32)))) (type $a (array (mut i8)))
    (type $r (array (mut funcref))) (table $t 1 funcref) (memory 1 1 shared) (data $d "") (elem $e funcref)
    (tag $g (param i32))"#;

/// Instructions that don't find their operands, or what they refer to.
const INSTRS: &[&str] = &[
    "drop",
    "br_if 0",
    "br_on_null 0",
    "br_on_cast_fail 0 anyref i31ref",
    "call_ref $f",
    "return_call_ref $f",
    "return_call_indirect (type $f)",
    "throw_ref",
    "block (type 99) end",
    "try_table (param i32) drop end",
    "try_table (catch_ref $g 0) end",
    "block (result i32) try_table (catch_all 0) end unreachable end",
    "try_table (catch_all_ref 0) end",
    "ref.null 99",
    "ref.i31",
    "ref.as_non_null",
    "ref.eq",
    "ref.test i31ref",
    "ref.cast i31ref",
    "i31.get_s",
    "struct.new $s",
    "array.new $a",
    "array.new_default $a",
    "array.new_fixed $a 1",
    "array.new_elem $r $e",
    "array.len",
    "array.fill $a",
    "array.init_elem $r $e",
    "array.init_data $a $d",
    "extern.convert_any",
    "any.convert_extern",
    "local.set 0",
    "local.tee 0",
    "table.set $t",
    "table.size 99",
    "table.grow $t",
    "table.fill $t",
    "table.copy $t $t",
    "table.init $t $e",
    "memory.size 99",
    "memory.grow",
    "memory.fill",
    "memory.copy",
    "memory.init $d",
    "i32.load8_s",
    "i32.store",
    "i32.store8",
    "v128.load",
    "v128.load8x8_s",
    "v128.load8_splat",
    "v128.load32_zero",
    "v128.load8_lane 0",
    "v128.store",
    "v128.store8_lane 0",
    "f32.sqrt",
    "i32.lt_s",
    "i64.extend_i32_s",
    "v128.not",
    "v128.and",
    "v128.bitselect",
    "v128.any_true",
    "i8x16.abs",
    "i8x16.add",
    "f32x4.relaxed_madd",
    "i8x16.all_true",
    "i8x16.eq",
    "i8x16.shl",
    "i8x16.bitmask",
    "i8x16.swizzle",
    "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    "i8x16.splat",
    "i8x16.replace_lane 0",
    "i16x8.extadd_pairwise_i8x16_s",
    "i16x8.extmul_low_i8x16_s",
    "i32x4.relaxed_dot_i8x16_i7x16_add_s",
    "i8x16.narrow_i16x8_s",
    "f32x4.convert_i32x4_s",
    "i64.add128",
    "i64.mul_wide_s",
    "i32.atomic.store",
    "i32.atomic.rmw.add",
    "i32.atomic.rmw.cmpxchg",
    "memory.atomic.wait32",
    "memory.atomic.notify",
];

/// What can't stand in a constant expression of an older version.
const NOT_CONSTANT: &[(Version, &str)] = &[
    (Version::V1, "v128.const i64x2 0 0"),
    (Version::V1, "ref.null func"),
    (Version::V1, "ref.func 0"),
    (Version::V2, "ref.i31"),
    (Version::V2, "struct.new 0"),
    (Version::V2, "struct.new_default 0"),
    (Version::V2, "array.new 0"),
    (Version::V2, "array.new_default 0"),
    (Version::V2, "array.new_fixed 0 0"),
    (Version::V2, "any.convert_extern"),
    (Version::V2, "extern.convert_any"),
    (Version::V2, "i32.add"),
];

/// What refers to nothing, outside of code.
const INDICES: &[&str] = &[
    "(func (result i32) return)",
    "(func (type 99))",
    "(data (i32.const 0) \"\")",
    "(export \"\" (func 99))",
    "(export \"\" (table 99))",
    "(export \"\" (global 99))",
    "(export \"\" (tag 99))",
];

/// Rules that no module is refused by, by the beginning of their names, with the reason.
const SILENT: &[(&str, &[&str])] = &[
    (
        "they have no premises",
        &[
            "Numtype_ok",
            "Vectype_ok",
            "Heaptype_ok/abs",
            "Heaptype_ok/bot",
            "Valtype_ok/bot",
            "Packtype_ok",
            "Rectype_ok/empty",
            "Types_ok/empty",
            "Globals_ok/empty",
            "Instrs_ok/empty",
            "Instr_ok/nop",
            "Instr_ok/unreachable",
            "Instr_ok/const",
            "Instr_ok/vconst",
            "Instr_const/const",
            "Local_ok/",
            "Datamode_ok/passive",
            "Elemmode_ok/passive",
            "Elemmode_ok/declare",
        ],
    ),
    (
        "all that they ask for is that other rules hold, and those are named",
        &[
            "Valtype_ok/num",
            "Valtype_ok/ref",
            "Heaptype_ok/typeuse",
            "Resulttype_ok",
            "Localtype_ok",
            "Instrtype_ok",
            "Storagetype_ok/",
            "Fieldtype_ok",
            "Comptype_ok/struct",
            "Comptype_ok/array",
            "Rectype_ok/cons",
            "Globaltype_ok",
            "Externtype_ok/",
            "Expand_use/typeidx",
            "Blocktype_ok/valtype",
            "Instrs_ok/seq",
            "Instrs_ok/sub",
            "Instrs_ok/frame",
            "Expr_ok_const",
            "Tag_ok",
            "Global_ok",
            "Mem_ok",
            "Import_ok",
            "Export_ok",
            "Types_ok/cons",
            "Globals_ok/cons",
        ],
    ),
    (
        "a type that doesn't match is a premise of the rule that asks for it, and that one is named",
        &[
            "Numtype_sub",
            "Vectype_sub",
            "Heaptype_sub/",
            "Reftype_sub/",
            "Valtype_sub/",
            "Resulttype_sub",
            "Instrtype_sub",
            "Packtype_sub",
            "Storagetype_sub/",
            "Fieldtype_sub/",
            "Comptype_sub/",
            "Deftype_sub/",
        ],
    ),
];

#[test]
fn every_rule_that_can_refuse_does() {
    let mut out = String::new();
    let mut refused = BTreeSet::new();
    let mut refuse = |text: &str, fields: &str, features| {
        let error = refusal(&module(&format!("(module {fields})")), features);
        writeln!(out, "{text}\n    {error}").expect("a string takes everything");
        refused.insert(error.rule);
    };
    for text in INSTRS {
        refuse(text, &format!("{PRELUDE} (func (local i32) {text})"), ALL);
    }
    for (version, text) in NOT_CONSTANT {
        let fields = format!("(memory 1) (func) (data (offset {text}) \"\")");
        refuse(&format!("{version}: {text}"), &fields, (*version).into());
    }
    INDICES.iter().for_each(|text| refuse(text, text, ALL));
    insta::assert_snapshot!("each-rule", out);
    refused.extend(CASES.iter().map(|text| refusal(&module(&format!("(module {text})")), ALL).rule));
    let older = OLDER.iter().map(|(v, text)| refusal(&module(&format!("(module {text})")), (*v).into()).rule);
    refused.extend(older);
    let mut wrong = Vec::new();
    for rule in Rule::ALL {
        let name = rule.name();
        let reasons = SILENT.iter().filter(|(_, names)| names.iter().any(|prefix| name.starts_with(prefix)));
        let excused = reasons.count() + usize::from(rule.is_of_closed_types() || rule.is_of_instantiation());
        match (refused.contains(rule), excused) {
            (true, 0) | (false, 1..) => {}
            (true, _) => wrong.push(format!("{name} refuses a module, and is excused")),
            (false, 0) => wrong.push(format!("{name} refuses nothing")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
