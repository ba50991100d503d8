//! Exceptions in the flat form: what catches them, with which payload, and what is beside it, is what the rules say.

use assay_interp::trace::Seen;

use super::*;

/// What may throw.
const THROWS: [&str; 8] = [
    "nop",
    "throw $e",
    "local.get 0 throw $f",
    "call $thrower",
    "local.get 0 local.get 1 i32.const 0 call_indirect (param i32 i32)",
    "local.get 0 if throw $e else i64.const 5 local.get 1 throw $g end",
    "ref.null exn throw_ref",
    "local.get 1 i32.const 5 local.get 0 i32.div_s drop drop",
];

/// What may catch what X throws. Each leaves an `i32`, as the label $o around it does.
const CATCHES: [&str; 11] = [
    "X i32.const 9",
    "block $h (result i32) try_table (result i32) (catch $f $h) X i32.const 7 end end",
    "block $h try_table (catch $e $h) X end i32.const 1 return end i32.const 2",
    "block $h try_table (catch $f $o) (catch_all $h) X end i32.const 3 return end i32.const 4",
    "block $h (result exnref) try_table (result exnref) (catch_all_ref $h) X ref.null exn end end drop i32.const 5",
    "block $h (result exnref) try_table (catch_all_ref $h) X end i32.const 6 return end throw_ref",
    "block $h (result i32 exnref) try_table (catch_ref $f $h) X end i32.const 6 return end throw_ref",
    "loop $l local.get 2 i32.const 3 i32.gt_s if local.get 2 return end
     local.get 2 i32.const 1 i32.add local.set 2 try_table (catch_all $l) X end end i32.const 8",
    "local.get 0 local.get 1 i32.add block $h (result i32) i32.const 11 local.get 1
     try_table (param i32) (result i32) (catch $f $h) drop X i32.const 7 end i32.add end i32.add",
    "block $h (result i64 i32) block $k try_table (catch $g $h) (catch $e $k) X end end i64.const 3 i32.const 4 end
     local.set 2 i32.wrap_i64 local.get 2 i32.add",
    "block $h (result i32) try_table try_table (catch $f $h) (catch $e 0) X end local.get 1 br $h end i32.const 2 end",
];

#[test]
fn exceptions_are_caught_as_the_rules_catch_them() {
    let within = |outer: &str, inner: &str| {
        let inner = format!("block $o (result i32) {inner} end drop");
        format!("block $o (result i32) {} end", outer.replace('X', &inner))
    };
    let inner: Vec<String> = CATCHES.iter().flat_map(|c| THROWS.iter().map(|x| c.replace('X', x))).collect();
    let mut text = String::from(
        "(tag $e) (tag $f (param i32)) (tag $g (param i64 i32)) (table funcref (elem $two))
         (func $thrower i32.const 21 throw $f)
         (func $two (param i32 i32) i32.const 1 local.get 0 if local.get 1 throw $f end drop)",
    );
    let mut names = 0;
    let mut add = |body: &str| {
        text += &format!("(func (export \"{names}\") (param i32 i32) (result i32) (local i32) {body})\n");
        names += 1;
    };
    for body in &inner {
        add(&format!("block $o (result i32) {body} end"));
        CATCHES.iter().for_each(|outer| add(&within(outer, body)));
    }
    // The same across calls.
    let called = inner.len();
    for i in 0..called {
        let call = format!("local.get 0 local.get 1 call {} drop", 2 + i * (CATCHES.len() + 1));
        CATCHES.iter().for_each(|outer| add(&format!("block $o (result i32) {} end", outer.replace('X', &call))));
    }
    let text = format!("(module {text})");
    let mut free = Run::new(&text);
    let mut metered = Run::within(&text, Budgets { fuel: 1000, ..Budgets::default() });
    let mut watched = Run::within(&text, Budgets { fuel: 1000, ..Budgets::default() });
    for i in 0..names {
        for (a, b) in [(0, 0), (1, 2), (3, 0)] {
            let name = i.to_string();
            let args = [Val::I32(a as u32), Val::I32(b as u32)];
            let wanted = watched.observed(&name, &args, &mut Seen::default());
            assert_eq!(metered.call(&name, &[a, b]), wanted, "{i}, {a} and {b}, with fuel");
            assert_eq!(metered.machine.fuel_left(), watched.machine.fuel_left(), "{i}, {a} and {b}");
            assert_eq!(free.call(&name, &[a, b]), wanted, "{i}, {a} and {b}");
        }
    }
}
