//! Instructions that ask what a number is: choices by an operand (4.6.1, 4.6.2), and indices of tables (4.6.7).

use assay_interp::outcome::TrapKind;
use z3::ast::BV;

use super::meaning::{After, Meaning, Says, bits, extend, initial_memory, initial_table, number};

/// Bits that the end of a range of elements fits into.
const WIDE: u32 = 65;
/// Functions in the segment of elements that there is.
const ELEMENTS: u128 = 3;

/// What the standard says of such an instruction.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let zero = |c: &BV| c.eq(number(32, 0));
    let mut meaning = match name {
        "select" => return ["i32", "i64", "f32", "f64", "v128"].into_iter().flat_map(selects).collect(),
        "if" | "br_if" => Meaning::total(name, ["i32"], "i32", |[c]| zero(&c).ite(&number(32, 2), &number(32, 1))),
        // Any index beyond the labels of the list is that of the last.
        "br_table" => Meaning::total(name, ["i32"], "i32", |[i]| i.bvult(number(32, 2)).ite(&i, &number(32, 2))),
        _ => {
            let Some(op) = name.strip_prefix("table.") else { return Vec::new() };
            return ["i32", "i64"].into_iter().filter_map(|at| table(op, at)).collect();
        }
    };
    meaning.code = match name {
        "if" => "(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))",
        "br_if" => "(block (br_if 0 (local.get 0)) (return (i32.const 2))) (i32.const 1)",
        _ => {
            "(block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 0))) (return (i32.const 1)))
             (i32.const 2)"
        }
    }
    .to_owned();
    vec![meaning]
}

fn selects(ty: &'static str) -> [Meaning; 2] {
    ["select".to_owned(), format!("select (result {ty})")]
        .map(|instr| Meaning::total(&instr, [ty, ty, "i32"], ty, |[a, b, c]| c.eq(number(32, 0)).ite(&b, &a)))
}

/// Of a table with indices of a type. What its elements are, terms don't say.
fn table(op: &str, at: &'static str) -> Option<Meaning> {
    let len = initial_table();
    let beyond = |i: &BV, n: &BV, len: &BV| {
        let end = extend(i, false, WIDE).bvadd(extend(n, false, WIDE));
        (end.bvugt(extend(len, false, WIDE)), TrapKind::TableOutOfBounds)
    };
    let index = |i: &BV| beyond(i, &number(64, 1), &len);
    // Which element there is, is a way of its own, and no result.
    let code = match op {
        "get" => "(drop (table.get (local.get 0)))",
        "set" => "(table.set (local.get 0) (ref.null func))",
        "size" => "(table.size)",
        "grow" => "(table.grow (ref.null func) (local.get 0))",
        "fill" => "(table.fill (local.get 0) (ref.null func) (local.get 1))",
        "copy" => "(table.copy (local.get 0) (local.get 1) (local.get 2))",
        "init" => "(table.init 0 (local.get 0) (local.get 1) (local.get 2))",
        _ => return None,
    };
    let narrow = |len: &BV| len.extract(bits(at) - 1, 0);
    let mut meaning = match op {
        "get" | "set" => Meaning::new("", [at], &[], |[i]| (vec![index(&i)], Vec::new())),
        "size" => Meaning::total("", [], at, |[]| narrow(&len)),
        "grow" => Meaning::pieces("", [at], at, |[n]| {
            let most = number(WIDE, if at == "i32" { u32::MAX.into() } else { u64::MAX.into() });
            let fits = extend(&len, false, WIDE).bvadd(extend(&n, false, WIDE)).bvule(most);
            let failed = number(bits(at), u128::MAX);
            vec![Says::one_of(vec![fits.ite(&narrow(&len), &failed), failed])]
        }),
        "fill" => Meaning::new("", [at; 2], &[], |[i, n]| (vec![beyond(&i, &n, &len)], Vec::new())),
        "copy" => {
            Meaning::new("", [at; 3], &[], |[i, j, n]| (vec![beyond(&i, &n, &len), beyond(&j, &n, &len)], Vec::new()))
        }
        _ => Meaning::new("", [at, "i32", "i32"], &[], |[i, j, n]| {
            (vec![beyond(&i, &n, &len), beyond(&j, &n, &number(64, ELEMENTS))], Vec::new())
        }),
    };
    let (_, memory) = initial_memory();
    meaning.after = match op {
        "fill" | "copy" | "init" => After::Rewritten(format!("table.{op}")),
        "grow" => After::Grown(memory, len.bvadd(extend(&meaning.operands[0].1, false, 64))),
        _ => meaning.after,
    };
    meaning.code = code.to_owned();
    meaning.address = at;
    if at == "i32" {
        meaning.given = len.bvule(number(64, u32::MAX.into()));
    }
    Some(meaning)
}
