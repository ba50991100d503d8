//! Comparisons and the branches on them, which are one operation in the flat form: it takes the way that the rules
//! take, also where one comparison stands right behind another.

use assay_interp::trace::Seen;

use super::*;

const CONDITIONS: [&str; 10] = [
    "local.get 0",
    "local.get 0 i32.eqz",
    "local.get 0 i32.eqz i32.eqz",
    "local.get 0 local.get 1 i32.lt_s",
    "local.get 0 local.get 1 i32.lt_s i32.eqz",
    "local.get 0 local.get 1 i32.lt_s i32.eqz i32.eqz",
    "local.get 1 i32.const 1 i32.ne i32.eqz i32.eqz i32.eqz",
    "local.get 0 i64.extend_i32_s i64.eqz",
    "local.get 0 f64.convert_i32_s local.get 1 f64.convert_i32_s f64.ge i32.eqz",
    "local.get 0 local.get 1 i32.ge_u local.tee 2",
];

/// Two conditions, A and B, and branches on them.
const SHAPES: [&str; 7] = [
    "block block A br_if 0 B br_if 1 i32.const 1 return end i32.const 2 return end i32.const 3",
    "block A br_if 0 B br_if 0 i32.const 5 return end local.get 2",
    "block (result i32) i32.const 1 A br_if 0 B br_if 0 drop i32.const 2 end",
    "A if (result i32) B if (result i32) i32.const 1 else i32.const 2 end
     else B if (result i32) i32.const 3 else i32.const 4 end end",
    "A if B if i32.const 1 local.set 2 end end B if i32.const 2 local.set 2 end local.get 2",
    "loop A if B if local.get 0 i32.const 1 i32.add local.tee 0 local.get 1 i32.le_s br_if 2 end end end local.get 0",
    "i32.const 1 i32.const 2 A select i32.const 3 i32.const 4 B select B br_if 0 i32.add",
];

#[test]
fn comparisons_and_their_branches_are_what_the_rules_make_of_them() {
    let pairs = || CONDITIONS.iter().flat_map(|a| CONDITIONS.iter().map(move |b| (a, b)));
    let bodies = pairs().flat_map(|(a, b)| SHAPES.iter().map(move |shape| shape.replace('A', a).replace('B', b)));
    let bodies: Vec<String> = bodies.collect();
    let function = |(i, body): (usize, &String)| {
        format!("(func (export \"{i}\") (param i32 i32) (result i32) (local i32) {body})\n")
    };
    let text = format!("(module {})", bodies.iter().enumerate().map(function).collect::<String>());
    let mut free = Run::new(&text);
    let mut metered = Run::within(&text, Budgets { fuel: 1000, ..Budgets::default() });
    for (i, body) in bodies.iter().enumerate() {
        for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1), (-1, 1), (2, -3)] {
            let name = i.to_string();
            let args = [Val::I32(a as u32), Val::I32(b as u32)];
            let wanted = free.observed(&name, &args, &mut Seen::default());
            assert!(matches!(wanted, Outcome::Returned(_)), "{body}: {wanted}");
            assert_eq!(free.call(&name, &[a, b]), wanted, "{body}, {a} and {b}");
            assert_eq!(metered.call(&name, &[a, b]), wanted, "{body}, {a} and {b}, with fuel");
        }
    }
}

/// An operand that was read from a local stays what it was when the local changes.
#[test]
fn operands_outlive_the_locals_that_they_were_read_from() {
    let text = r#"(module
        (func (export "set") (param i32) (result i32)
            (local.get 0) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (i32.sub (local.get 0)))
        (func (export "tee") (param i32) (result i32)
            (local.get 0) (local.tee 0 (i32.mul (local.get 0) (i32.const 3))) (i32.sub))
        (func (export "twice") (param i32) (result i32) (local i32)
            (local.get 0) (local.get 0) (local.set 0 (i32.const 7)) (local.get 0)
            (local.set 0 (i32.xor (local.get 0) (i32.const 2))) (i32.add) (i32.mul) (i32.add (local.get 0)))
        (func (export "loop") (param i32) (result i32) (local i32)
            (loop (result i32)
                (local.get 1) (local.set 1 (i32.add (local.get 1) (local.get 0)))
                (i32.sub (local.get 1)))))"#;
    let mut run = Run::new(text);
    for (name, f) in
        [("set", (|_| -1) as fn(i32) -> i32), ("tee", |a| a - 3 * a), ("twice", |a| a * (a + 7) + 5), ("loop", |a| -a)]
    {
        for a in [0, 1, 5, -9] {
            assert_eq!(run.call(name, &[a]), returned(&[f(a)]), "{name} {a}");
        }
    }
}
