//! Two modules that are linked: a host that logs, writes, throws, grows and calls back, and a module that reads what
//! it left. An engine that keeps a memory's base, a length or a global in a register across a call shows it here.

use std::fmt::Write;

use super::Input;
use super::emit::Palette;
use assay_interp::syntax::ValType;

/// Calls from either side into the other before a call ends: the other way there is no end to it.
const CALLS: u32 = 40;

/// A host, and a module that imports all that it has.
pub(super) fn linked(rng: &mut fastrand::Rng, palette: Palette) -> Input {
    // The type of what is passed on, and a constant of it.
    let types = ["i32", "i64", "f32", "f64", "v128"];
    let t = types[rng.usize(..if palette.vectors { 5 } else { 4 })];
    let at = if palette.memory == Some(ValType::I64) { "i64" } else { "i32" };
    let size = if t == "i32" || t == "f32" { 4 } else { 8 };
    let host = format!(
        r#"(module
  (type $f (func (param {t}) (result {t})))
  (tag $e (export "e") (param i32 {t}))
  (memory $m (export "m") {at} 1 3)
  (table $t (export "t") 4 8 funcref)
  (global $n (export "n") (mut i32) (i32.const 0))
  (global $x (export "x") (mut {t}) ({zero}))
  (global $left (export "left") (mut i32) (i32.const 0))
  (func (export "log") (param {t})
    ({t}.store ({at}.const 1024) (local.get 0))
    (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.set $x (local.get 0)))
  (func (export "write") (param {at} {t})
    ({t}.store ({at}.and (local.get 0) ({at}.const 0xff)) (local.get 1)))
  (func (export "throw") (param i32 {t})
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0) (local.get 1)))))
  (func (export "grow") (param i32) (result i32)
    (drop (memory.grow ({at}.const 1)))
    (table.grow $t (ref.null func) (i32.and (local.get 0) (i32.const 3))))
  (func (export "back") (param i32 {t}) (result {t})
    (if (i32.eqz (global.get $left)) (then (return (local.get 1))))
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (call_indirect $t (type $f) (local.get 1) (i32.and (local.get 0) (i32.const 7)))))"#,
        zero = constant(t, 0),
    );
    let mut text = format!(
        r#"(module
  (type $f (func (param {t}) (result {t})))
  (import "host" "e" (tag $e (param i32 {t})))
  (import "host" "m" (memory $m {at} 1))
  (import "host" "t" (table $t 4 funcref))
  (import "host" "n" (global $n (mut i32))) (import "host" "x" (global $x (mut {t})))
  (import "host" "left" (global $left (mut i32)))
  (import "host" "log" (func $log (param {t}))) (import "host" "write" (func $write (param {at} {t})))
  (import "host" "throw" (func $throw (param i32 {t}))) (import "host" "grow" (func $grow (param i32) (result i32)))
  (import "host" "back" (func $back (param i32 {t}) (result {t})))
  (func $passes (type $f) (local.get 0))
  (func $tails (type $f) (return_call $back (i32.const {}) (local.get 0)))
  (func $throws (type $f) (throw $e (i32.const {}) (local.get 0)))
"#,
        rng.u8(..8),
        rng.i32(-1..2),
    );
    let lines = rng.u32(2..14);
    for name in ["$back0", "$back1"] {
        let _ =
            write!(text, "  (func {name} (type $f) (local $r {t}) (local $i i32)\n    (local.set $r (local.get 0))\n");
        // Without a parameter for it, the count of calls chooses.
        text.push_str("    (local.set $i (global.get $n))\n");
        statements(rng, &mut text, t, at, size, 1 + lines / 3);
        text.push_str("    (local.get $r))\n");
    }
    for n in 0..rng.u32(1..3) {
        let _ = write!(
            text,
            "  (func (export \"f{n}\") (param $r {t}) (param $i i32) (result {t} i32)\n    \
             (global.set $left (i32.const {CALLS}))\n"
        );
        statements(rng, &mut text, t, at, size, lines);
        text.push_str("    (local.get $r) (i32.add (global.get $n) (table.size $t)))\n");
    }
    let elements: Vec<&str> =
        (0..4).map(|_| ["$passes", "$tails", "$throws", "$back0", "$back1", "$log"][rng.usize(..6)]).collect();
    let _ = write!(
        text,
        "  (elem declare func $passes $tails $throws $back0 $back1)\n  (elem (table $t) (i32.const 0) func {}))",
        elements.join(" ")
    );
    let parsed = |text: &str| wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let linked = vec![("host".to_owned(), parsed(&host))];
    Input { mix: format!("linked: {t}, {at}, {lines} statements"), wasm: parsed(&text), linked }
}

/// Statements over a value of the type in `$r` and a number in `$i`.
fn statements(rng: &mut fastrand::Rng, text: &mut String, t: &str, at: &str, size: u32, lines: u32) {
    let joined = |a: &str, b: &str| match t {
        "f32" => format!("(f32.reinterpret_i32 (i32.xor (i32.reinterpret_f32 {a}) (i32.reinterpret_f32 {b})))"),
        "f64" => format!("(f64.reinterpret_i64 (i64.xor (i64.reinterpret_f64 {a}) (i64.reinterpret_f64 {b})))"),
        "v128" => format!("(v128.xor {a} {b})"),
        _ => format!("({t}.add (local.get $r) (call $passes {b}))"),
    };
    for _ in 0..lines {
        let near = format!("({at}.const {})", 1024 - size * rng.u32(..3));
        let last = format!("({at}.const {})", 65536 - rng.u32(..17));
        let address = if rng.u8(..4) == 0 { &last } else { &near };
        let line = match rng.u8(..14) {
            0 | 1 => format!("(local.set $r {})", joined("(local.get $r)", &format!("({t}.load {address})"))),
            2 => format!("({t}.store {near} (local.get $r))"),
            3 => "(call $log (local.get $r))".to_owned(),
            4 => format!("(call $write ({at}.const {}) (local.get $r))", rng.u8(..)),
            5 => "(call $throw (local.get $i) (local.get $r))".to_owned(),
            6 => "(local.set $i (i32.add (local.get $i) (call $grow (local.get $i))))".to_owned(),
            7 => "(local.set $r (call $back (local.get $i) (local.get $r)))".to_owned(),
            8 => format!("(local.set $r {})", joined("(local.get $r)", "(global.get $x)")),
            9 => format!("(global.set $x ({}))", constant(t, rng.u32(1..))),
            10 => format!(
                "(local.set $i (i32.xor (local.get $i) {}))",
                match at {
                    "i64" => "(i32.wrap_i64 (memory.size $m))",
                    _ => "(memory.size $m)",
                }
            ),
            11 => format!(
                "(block $e (result i32 {t}) (try_table (catch $e $e) (local.set $r (call $back (local.get $i) \
                 (local.get $r))) (call $throw (local.get $i) (local.get $r))) (local.get $i) (local.get $r)) \
                 (local.set $r) (local.set $i)"
            ),
            12 => format!(
                "(table.set $t (i32.const {}) (ref.func {}))",
                rng.u8(..6),
                ["$passes", "$tails", "$throws", "$back0", "$back1"][rng.usize(..5)]
            ),
            _ => "(local.set $r (call_indirect $t (type $f) (local.get $r) (i32.and (local.get $i) (i32.const 7))))"
                .to_owned(),
        };
        let _ = writeln!(text, "    {line}");
    }
}

/// A constant of a type, with this number in it.
fn constant(t: &str, n: u32) -> String {
    match t {
        "v128" => format!("v128.const i32x4 {n} 0 0 {n}"),
        "f32" | "f64" => format!("{t}.const {}", f64::from(n) / 2.0),
        _ => format!("{t}.const {n}"),
    }
}
