//! Every rule of execution and of validation is cited where it is applied, or excused here with a reason; and the rows
//! of the instruction table say of each instruction what the binary and the text format say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assay_interp::binary;
use assay_interp::rule::Rule;
use assay_interp::syntax::{Features, Instr};
use assay_interp::valid;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, out);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            out.push_str(&fs::read_to_string(&entry).expect("text"));
        }
    }
}

const RELATIONS: [&str; 5] = ["Step", "Step_pure", "Step_read", "Steps", "Eval_expr"];

/// The names in the lists that are of execution, or of validation: those of the standard, and those of proposals.
fn listed(of_execution: bool) -> (Vec<String>, Vec<String>) {
    let read = |name| {
        let text = fs::read_to_string(here().join("spec").join(name)).expect("the list");
        let relation = |line: &str| line.split('/').next().unwrap_or_default().to_owned();
        let wanted = |line: &&str| !line.starts_with('#') && RELATIONS.contains(&&*relation(line)) == of_execution;
        text.lines().filter(wanted).map(str::to_owned).collect()
    };
    (read("rules.txt"), read("proposals.txt"))
}

#[test]
fn the_rules_are_those_of_the_standard() {
    let (standard, added) = listed(true);
    let ours: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(ours, [&standard[..], &added].concat());
    let proposals = Rule::ALL.iter().filter(|rule| rule.is_of_proposal()).map(|rule| rule.name());
    assert!(proposals.eq(added));
    assert!(standard.len() > 200);
    assert_eq!(Rule::BrIfTrue.to_string(), "Step_pure/br_if-true");
    // The enumeration is in the order of the list, so that a rule's number is its line.
    assert!(Rule::ALL.iter().zip(0..).all(|(rule, i)| *rule as usize == i));
    // The first reason of those below is that a rule is contextual.
    let excused = |rule: &Rule| EXCUSED[0].1.iter().any(|prefix| rule.name().starts_with(prefix));
    assert!(Rule::ALL.iter().all(|rule| rule.is_contextual() == excused(rule)));
}

#[test]
fn the_rules_of_validation_are_those_of_the_standard() {
    let (standard, added) = listed(false);
    let ours: Vec<&str> = valid::Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(ours, [&standard[..], &added].concat());
    let proposals = valid::Rule::ALL.iter().filter(|rule| rule.is_of_proposal()).map(|rule| rule.name());
    assert!(proposals.eq(added));
    assert_eq!(standard.len(), 263);
    assert_eq!(valid::Rule::InstrOkBrIf.to_string(), "Instr_ok/br_if");
    assert!(valid::Rule::ALL.iter().zip(0..).all(|(rule, i)| *rule as usize == i));
}

/// Rules that no code cites, by the beginning of their names, with the reason.
const EXCUSED: &[(&str, &[&str])] = &[
    (
        "they apply around every step: the search for the redex is their application",
        &["Step/pure", "Step/read", "Steps/", "Step/ctxt-", "Eval_expr"],
    ),
    ("no operation on one number is undefined: those that trap are of other kinds", &["Step_pure/unop-trap"]),
    (
        "no operation on vectors is undefined: their sets of results are never empty",
        &["Step_pure/vunop-trap", "Step_pure/vbinop-trap", "Step_pure/vternop-trap"],
    ),
];

/// Rules of validation that no code cites.
const EXCUSED_OF_VALIDATION: &[(&str, &[&str])] = &[
    (
        "of types that are closed, which no module has: the types of a module are closed once they are valid",
        &["Typeuse_ok/rec", "Typeuse_ok/deftype", "Expand_use/deftype", "Subtype_ok2", "Rectype_ok2/", "Deftype_ok"],
    ),
    (
        "types are closed before they are matched: an index is its defined type, a position in a group as well",
        &["Heaptype_sub/typeidx-", "Heaptype_sub/rec-"],
    ),
];

#[test]
fn every_rule_is_cited_or_excused() {
    let rules: Vec<(String, &str)> = Rule::ALL.iter().map(|rule| (format!("{rule:?}"), rule.name())).collect();
    cited_or_excused("src/exec", &rules, EXCUSED);
    let rules: Vec<(String, &str)> = valid::Rule::ALL.iter().map(|rule| (format!("{rule:?}"), rule.name())).collect();
    cited_or_excused("src/valid", &rules, EXCUSED_OF_VALIDATION);
    let excused = |(_, name): &&(String, &str)| {
        EXCUSED_OF_VALIDATION.iter().any(|(_, prefixes)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
    };
    let closed = valid::Rule::ALL.iter().filter(|rule| rule.is_of_closed_types()).map(|rule| rule.name());
    assert!(rules.iter().filter(excused).map(|(_, name)| *name).eq(closed));
}

/// The rules, as variant and name, are cited in the code of a folder, or excused; the file of the rules is no code.
fn cited_or_excused(folder: &str, rules: &[(String, &str)], excused: &[(&str, &[&str])]) {
    let mut code = String::new();
    sources(&here().join(folder), &mut code);
    let cited = |variant: &str| {
        // Tables of instructions name the variant alone.
        code.match_indices(variant).any(|(at, _)| {
            let (before, after) = (&code[..at], &code[at + variant.len()..]);
            let named = before.ends_with("Rule::") || before.ends_with("op!($c ");
            named && !after.starts_with(|c: char| c.is_alphanumeric())
        })
    };
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for (variant, rule) in rules {
        let prefixes = excused.iter().flat_map(|(_, prefixes)| *prefixes);
        let excuses: Vec<&&str> = prefixes.filter(|prefix| rule.starts_with(**prefix)).collect();
        excuses.iter().for_each(|prefix| *used.entry(prefix).or_default() += 1);
        match (cited(variant), &excuses[..]) {
            (true, []) | (false, [_]) => {}
            (true, _) => panic!("{rule} is cited, and excused by {excuses:?}"),
            (false, []) => panic!("{rule} is neither cited in {folder} nor excused"),
            (false, _) => panic!("{rule} is excused more than once, by {excuses:?}"),
        }
    }
    for (reason, prefixes) in excused {
        assert!(reason.len() > 20);
        for prefix in *prefixes {
            assert!(used.contains_key(prefix), "nothing is excused by {prefix:?} any more");
        }
    }
}

/// How an instruction is written where its name alone isn't enough.
fn written(opcode: &[u8], mnemonic: &str) -> String {
    match (opcode, mnemonic) {
        ([0x1C], _) => "select (result i32)".into(),
        (_, "block" | "loop" | "if") => format!("{mnemonic} end"),
        (
            _,
            "br" | "br_if" | "local.get" | "local.set" | "local.tee" | "global.get" | "global.set" | "call"
            | "return_call",
        ) => {
            format!("{mnemonic} 0")
        }
        (_, "br_table") => "br_table 0 0".into(),
        (_, "call_indirect" | "return_call_indirect") => format!("{mnemonic} (type 0)"),
        (_, "memory.init" | "data.drop" | "table.init" | "elem.drop" | "ref.func") => format!("{mnemonic} 0"),
        (_, "ref.null") => "ref.null func".into(),
        (_, "br_on_null" | "throw" | "call_ref" | "return_call_ref") => format!("{mnemonic} 0"),
        (_, "br_on_non_null") => "block (result (ref func)) unreachable br_on_non_null 0 unreachable end".into(),
        (_, "try_table") => {
            let clauses = "(catch 0 1) (catch_ref 0 0) (catch_all 1) (catch_all_ref 0)";
            format!("block (result exnref) try_table {clauses} end unreachable end")
        }
        (_, "br_on_cast" | "br_on_cast_fail") => {
            format!("block (result anyref) unreachable {mnemonic} 0 anyref (ref i31) unreachable end")
        }
        ([0xFB, 0x14 | 0x16], _) => format!("{mnemonic} (ref i31)"),
        ([0xFB, 0x15 | 0x17], _) => format!("{mnemonic} (ref null 1)"),
        (_, "struct.get_s" | "struct.get_u") => format!("{mnemonic} 1 1"),
        (_, "struct.get" | "struct.set") => format!("{mnemonic} 1 0"),
        (_, "struct.new" | "struct.new_default") => format!("{mnemonic} 1"),
        (_, "array.get_s" | "array.get_u") => format!("{mnemonic} 3"),
        (_, "array.new_fixed") => format!("{mnemonic} 2 7"),
        (_, "array.copy") => format!("{mnemonic} 2 2"),
        (_, "array.new_data" | "array.init_data") => format!("{mnemonic} 2 0"),
        (_, "array.new_elem" | "array.init_elem") => format!("{mnemonic} 4 0"),
        (_, "array.len") => mnemonic.into(),
        (_, _) if mnemonic.starts_with("array.") => format!("{mnemonic} 2"),
        (_, "v128.const") => "v128.const i64x2 1 2".into(),
        (_, "i8x16.shuffle") => "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31".into(),
        // A lane is an index; of splats and lanes of memory, their names end alike.
        (_, _) if mnemonic.contains("_lane") && !mnemonic.contains("laneselect") => format!("{mnemonic} 1"),
        (_, "i32.const" | "i64.const" | "f32.const" | "f64.const") => format!("{mnemonic} 1"),
        _ => mnemonic.into(),
    }
}

/// Rows of proposals are looked at, too.
const FEATURES: Features = Features::ALL;

/// A function with this body, in a module that has one of everything. What follows `unreachable` finds any operands.
fn assembled(body: &str) -> Vec<u8> {
    let text = format!(
        "(module (type (func)) (type (struct (field (mut i32) (mut i8)))) (type (array (mut i32)))
        (type (array (mut i8))) (type (array (mut funcref))) (tag) (table 1 funcref) (memory 1)
        (global (mut i32) (i32.const 0)) (elem func 0) (data \"\")
        (func (type 0) (local i32) unreachable {body} unreachable))"
    );
    wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// The text format's assembler knows mnemonics and opcodes without us: it, our decoder and the row agree.
#[test]
fn rows_are_right_about_opcode_and_name() {
    for (opcode, mnemonic) in Instr::all() {
        let body = match *mnemonic {
            "else" => "if else end".into(),
            "end" => "block end".into(),
            _ => written(opcode, mnemonic),
        };
        let bytes = assembled(&body);
        let module = binary::decode_with(&bytes, FEATURES).unwrap_or_else(|e| panic!("{mnemonic}: {e}"));
        let body = module.funcs[0].body.expr();
        let at = body.instrs.iter().position(|instr| instr.mnemonic() == *mnemonic).expect("it is there");
        let code = &bytes[body.offsets[at] as usize..];
        assert!(code.starts_with(opcode), "{mnemonic}: {opcode:x?}, the assembler says {:x?}", &code[..4]);
        let instr = &body.instrs[at];
        assert_eq!(instr.mnemonic(), *mnemonic);
        assert!(instr.to_string().starts_with(mnemonic));
    }
}

/// The opcode bytes alone, where there are no immediates, decode to the row's instruction.
#[test]
fn opcodes_without_immediates_decode_to_their_row() {
    let mut alone = 0;
    for (opcode, mnemonic) in Instr::all() {
        let mut reader = wasmparser::OperatorsReader::new(wasmparser::BinaryReader::new(opcode, 0));
        let Ok(operator) = reader.read() else { continue };
        if matches!(*mnemonic, "else" | "end") {
            continue;
        }
        assert!(reader.eof(), "{mnemonic}");
        // wasmparser's name is the mnemonic's words without their separators.
        let theirs = format!("{operator:?}").to_lowercase();
        assert_eq!(theirs, mnemonic.replace(['.', '_'], ""), "{opcode:x?}");
        let bytes = {
            let body = [&[0, 0x00][..], opcode, &[0x00, 0x0B]].concat();
            let code = [&[1, body.len() as u8][..], &body].concat();
            // As in `assembled`: a table and a memory are there.
            let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x04\x04\x01\x70\0\x01\x05\x03\x01\0\x01\x0a";
            [&head[..], &[code.len() as u8], &code].concat()
        };
        let module = binary::decode_with(&bytes, FEATURES).unwrap_or_else(|e| panic!("{mnemonic}: {e}"));
        assert_eq!(module.funcs[0].body.expr().instrs[1].mnemonic(), *mnemonic, "{opcode:x?}");
        alone += 1;
    }
    assert!(alone > 340, "{alone} instructions without immediates");
}

#[test]
fn no_two_rows_have_the_same_opcode() {
    let mut opcodes: Vec<&[u8]> = Instr::all().iter().map(|(opcode, _)| *opcode).collect();
    let all = opcodes.len();
    opcodes.sort_unstable();
    opcodes.dedup();
    assert_eq!(opcodes.len(), all);
    assert!(all > 450, "{all} instructions");
}

/// Each numeric function of the standard has one home, where its name leads.
#[test]
fn numeric_functions_have_a_home() {
    let list = fs::read_to_string(here().join("spec/numerics.txt")).expect("the list");
    let mut functions = 0;
    for line in list.lines().filter(|line| line.starts_with('$')) {
        functions += 1;
        let parts: Vec<&str> = line.split_whitespace().collect();
        match parts[..] {
            [_, "-", _, _, ..] => {}
            [name, file, item] => {
                let code = fs::read_to_string(here().join("src").join(file)).expect("the file");
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                assert!(code.split(|c| !is_word(c)).any(|word| word == item), "{name}: no {item} in {file}");
            }
            _ => panic!("{line:?} names no home"),
        }
    }
    assert_eq!(functions, 166);
}
