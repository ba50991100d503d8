//! Modules that are written as text: what isn't plain, with operands that mean something.

use std::fmt::Write;

use assay_interp::syntax::ValType;

use super::emit::Palette;
use super::shapes::some;

/// Text that is a module by the way it is made.
fn parsed(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// The type of a palette's addresses, as text.
fn addresses(palette: Palette) -> &'static str {
    if palette.memory == Some(ValType::I64) { "i64" } else { "i32" }
}

/// A small number of elements or bytes; sometimes the second parameter, or one that is small in its low half only.
fn length(rng: &mut fastrand::Rng, at: &str, most: u32) -> String {
    match rng.u8(..12) {
        0 => "(local.get 1)".to_owned(),
        1 if at == "i64" => format!("(i64.const {})", (1 << 32) + rng.u64(..4)),
        2 => format!("({at}.and (local.get 1) ({at}.const 7))"),
        _ => format!("({at}.const {})", rng.u32(..most)),
    }
}

/// A number of the type of addresses, as one of 64 bits.
fn widened(at: &str, number: &str) -> String {
    if at == "i64" { number.to_owned() } else { format!("(i64.extend_i32_s {number})") }
}

/// Calls through a table whose elements and size change, with indices of either type.
pub(super) fn tables(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let at = addresses(palette);
    let (size, max) = (rng.u32(1..6), rng.u32(6..9));
    let index = |rng: &mut fastrand::Rng| match rng.u8(..4) {
        0 => "(local.get 0)".to_owned(),
        1 => format!("({at}.const {})", rng.u32(..max + 1)),
        2 => format!("({at}.sub (table.size $t) ({at}.const {}))", rng.u8(..4)),
        _ => format!("({at}.and (local.get 0) ({at}.const 7))"),
    };
    let mut text = format!(
        r#"(module
  (type $i (func (result i32))) (type $j (func (param i32) (result i64)))
  (table $t {at} {size} {max} funcref) (table $u {at} {size} externref)
  (func $f (type $i) (i32.const 11)) (func $g (type $j) (i64.extend_i32_s (local.get 0)))
  (func $h (type $i) (i32.const 22))
  (elem $e funcref (ref.func $f) (ref.null func) (ref.func $g) (ref.func $h)) (elem declare func $f $g $h)
"#
    );
    for n in 0..rng.u32(1..4) {
        let _ = write!(
            text,
            "  (func (export \"f{n}\") (param {at} {at} externref) (result i32 i64)\n    (local $x i32) \
             (local $y i64)\n"
        );
        for _ in 0..rng.u32(1..8) {
            let (i, j, k) = (index(rng), index(rng), index(rng));
            let (few, number) = (length(rng, at, 4), rng.u8(..4));
            let func = some(rng, &["(ref.func $f)", "(ref.func $g)", "(ref.func $h)", "(ref.null func)"]);
            let counted =
                |number: &str| format!("(local.set $y (i64.add (i64.mul (local.get $y) (i64.const 31)) {number}))");
            let line = match rng.u8(..14) {
                0 => format!("(table.set $t {i} {func})"),
                1 => format!("(local.set $x (i32.add (local.get $x) (ref.is_null (table.get $t {i}))))"),
                2 => format!("(local.set $x (i32.add (local.get $x) (call_indirect $t (type $i) {i})))"),
                3 => format!("(local.set $y (call_indirect $t (type $j) (local.get $x) {i}))"),
                4 | 5 => counted(&widened(at, &format!("(table.grow $t {func} {few})"))),
                6 => format!("(table.fill $t {i} {func} {few})"),
                7 => format!("(table.copy $t $t {i} {j} {few})"),
                8 => format!("(table.init $t $e {i} (i32.const {number}) (i32.const {}))", rng.u8(..4)),
                9 => counted(&widened(at, "(table.size $t)")),
                10 => "(elem.drop $e)".to_owned(),
                11 => format!("(table.fill $u {k} (local.get 2) {few})"),
                12 => counted(&widened(at, &format!("(table.grow $u (local.get 2) ({at}.const {number}))"))),
                _ => format!("(table.set $u {k} (local.get 2))"),
            };
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("    (local.get $x) (local.get $y))\n");
    }
    text.push(')');
    (format!("{at} of {size} to {max}"), parsed(&text))
}

/// Memories that grow, and are filled, copied and initialised, near their ends and where it overlaps.
pub(super) fn memories(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    const LOADS: [&str; 6] = ["i64.load", "i64.load8_s", "i64.load16_u", "i64.load32_s", "i64.load8_u", "i64.load16_s"];
    const STORES: [&str; 4] = ["i64.store", "i64.store8", "i64.store16", "i64.store32"];
    const BYTES: &str =
        r"\01\80\ff\7f\00\80\fe\ff\01\02\03\04\05\06\07\08\80\81\82\83\84\85\86\87\ff\fe\fd\fc\fb\fa\f9\f8";
    let at = addresses(palette);
    let max = rng.u32(1..4);
    let index = |rng: &mut fastrand::Rng| match rng.u8(..8) {
        0 => "(local.get 0)".to_owned(),
        1 => format!("({at}.and (local.get 0) ({at}.const 0xffff))"),
        2 if at == "i64" => format!("(i64.const {})", (1 << 32) + rng.u64(..16)),
        2 | 3 => format!("({at}.const {})", 65536 + 4 - rng.u32(..24)),
        4 => format!("({at}.sub ({at}.shl (memory.size $m) ({at}.const 16)) ({at}.const {}))", rng.u32(..18)),
        _ => format!("({at}.const {})", rng.u32(..24)),
    };
    let mut text = format!(
        r#"(module
  (memory $m {at} 1 {max}) (memory $n 1 1)
  (data (memory $m) ({at}.const 3) "{BYTES}") (data (memory $m) ({at}.const 65504) "{BYTES}")
  (data (memory $n) (i32.const 65500) "{BYTES}") (data $d "{BYTES}")
"#
    );
    for n in 0..rng.u32(1..4) {
        let _ = writeln!(text, "  (func (export \"f{n}\") (param {at} {at} i32) (result i64) (local $r i64)");
        for _ in 0..rng.u32(1..8) {
            let (i, j, few) = (index(rng), index(rng), length(rng, at, 20));
            let (offset, from, small) = (rng.u8(..4), rng.u8(..36), rng.u8(..36));
            let byte = some(rng, &["(local.get 2)", "(i32.const 0x1ff)", "(i32.const 0x7f)"]);
            let line = match rng.u8(..13) {
                0 => format!("(memory.fill $m {i} {byte} {few})"),
                1 => format!("(memory.copy $m $m {i} {j} {few})"),
                // A few bytes to the right or left of where they are.
                2 => {
                    let (a, b) = (rng.u8(..12), rng.u8(..12));
                    format!("(memory.copy $m $m ({at}.const {a}) ({at}.const {b}) ({at}.const {small}))")
                }
                3 => format!("(memory.copy $m $n {i} (i32.const {}) (i32.const {small}))", 65536 - u32::from(from)),
                4 => format!("(memory.copy $n $m (i32.const {from}) {i} (i32.const {small}))"),
                5 | 6 => format!("(memory.init $m $d {i} (i32.const {from}) (i32.const {}))", rng.u8(..8)),
                7 => "(data.drop $d)".to_owned(),
                8 => add(&widened(at, "(memory.size $m)")),
                9 => add(&widened(at, &format!("(memory.grow $m {})", length(rng, at, 3)))),
                10 => format!("({} $m offset={offset} {i} (i64.extend_i32_s (local.get 2)))", some(rng, &STORES)),
                _ => add(&format!("({} $m offset={offset} {i})", some(rng, &LOADS))),
            };
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("    (local.get $r))\n");
    }
    text.push(')');
    (format!("{at} of 1 to {max}"), parsed(&text))
}

/// Structures, arrays, casts and exceptions; what is read is added up.
pub(super) fn aggregates(rng: &mut fastrand::Rng) -> (String, Vec<u8>) {
    const STORAGE: [&str; 7] = ["i8", "i16", "i32", "i64", "f32", "f64", "v128"];
    let value = |rng: &mut fastrand::Rng, storage: &str| match storage {
        "i64" => some(rng, &["(local.get 1)", "(i64.const -1)", "(i64.const 0x8000000000000000)"]),
        "f32" => some(rng, &["(f32.reinterpret_i32 (local.get 0))", "(f32.const -0)", "(f32.const nan:0x200000)"]),
        "f64" => some(rng, &["(f64.reinterpret_i64 (local.get 1))", "(f64.const inf)", "(f64.const 1.5)"]),
        "v128" => some(rng, &["(i64x2.splat (local.get 1))", "(v128.const i32x4 1 -2 3 -4)"]),
        _ => some(rng, &["(local.get 0)", "(i32.const -1)", "(i32.const 0x8080)", "(i32.const 0x7fffffff)"]),
    };
    // What is read, as a number of 64 bits.
    let number = |rng: &mut fastrand::Rng, storage: &str, packed: &str, plain: &str| {
        let sx = if rng.bool() { "s" } else { "u" };
        match storage {
            "i8" | "i16" => format!("(i64.extend_i32_s ({}))", packed.replace("SX", sx)),
            "i32" => format!("(i64.extend_i32_u ({plain}))"),
            "i64" => format!("({plain})"),
            "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 ({plain})))"),
            "f64" => format!("(i64.reinterpret_f64 ({plain}))"),
            _ => format!("(i64x2.extract_lane 1 ({plain}))"),
        }
    };
    let fields: Vec<&str> = (0..rng.usize(1..6)).map(|_| some(rng, &STORAGE)).collect();
    let element = some(rng, &STORAGE);
    let list: String = fields.iter().map(|storage| format!(" (field (mut {storage}))")).collect();
    let mut text = format!(
        r#"(module
  (type $s (sub (struct{list})))
  (type $t (sub $s (struct{list} (field i32))))
  (type $a (array (mut {element})))
  (tag $e (param i32 i64)) (tag $x)
  (data $d "\01\80\ff\7f\00\80\ff\ff\01\02\03\04\05\06\07\08\80\81\82\83\84\85\86\87\ff\fe\fd\fc\fb\fa\f9\f8")
  (func $throws (param i32 i64)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0) (local.get 1))))
    (if (i32.and (local.get 0) (i32.const 2)) (then (throw $x))))
"#
    );
    for n in 0..rng.u32(1..4) {
        let _ = write!(
            text,
            "  (func (export \"f{n}\") (param i32 i64) (result i64)\n    (local $r i64) (local $s (ref null $s)) \
             (local $a (ref null $a)) (local $any anyref)\n"
        );
        let len = rng.u32(1..6);
        let new: String = fields.iter().map(|storage| value(rng, storage)).collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "    (local.set $s (struct.new $s {new}))");
        let _ = writeln!(text, "    (local.set $a (array.new $a {} (i32.const {len})))", value(rng, element));
        for _ in 0..rng.u32(2..12) {
            let f = rng.usize(..fields.len());
            let index = match rng.u8(..4) {
                0 => "(local.get 0)".to_owned(),
                1 => format!("(i32.const {})", len - 1),
                2 => format!("(i32.and (local.get 0) (i32.const {}))", len.next_power_of_two() / 2),
                _ => format!("(i32.const {})", rng.u32(..=len)),
            };
            let few = rng.u32(..=len);
            let line = match rng.u8(..16) {
                0 => format!("(struct.set $s {f} (local.get $s) {})", value(rng, fields[f])),
                1 | 2 => add(&number(
                    rng,
                    fields[f],
                    &format!("struct.get_SX $s {f} (local.get $s)"),
                    &format!("struct.get $s {f} (local.get $s)"),
                )),
                3 => format!("(array.set $a (local.get $a) {index} {})", value(rng, element)),
                4 | 5 => add(&number(
                    rng,
                    element,
                    &format!("array.get_SX $a (local.get $a) {index}"),
                    &format!("array.get $a (local.get $a) {index}"),
                )),
                6 => add("(i64.extend_i32_u (array.len (local.get $a)))"),
                7 => format!("(array.fill $a (local.get $a) {index} {} (i32.const {few}))", value(rng, element)),
                8 => format!(
                    "(array.copy $a $a (local.get $a) {index} (local.get $a) (i32.const {}) (i32.const {few}))",
                    rng.u32(..2)
                ),
                9 => format!("(local.set $a (array.new_data $a $d (i32.const {}) (i32.const {few})))", rng.u32(..20)),
                10 => format!("(local.set $s (struct.new $t {new} (local.get 0)))"),
                11 => add("(i64.extend_i32_u (ref.test (ref $t) (local.get $s)))"),
                12 => format!(
                    "(local.set $any {})",
                    some(rng, &["(ref.i31 (local.get 0))", "(local.get $s)", "(local.get $a)", "(ref.null any)"])
                ),
                13 => add(some(
                    rng,
                    &[
                        "(i64.extend_i32_u (ref.test (ref i31) (local.get $any)))",
                        "(i64.extend_i32_u (ref.test (ref null $s) (local.get $any)))",
                        "(i64.extend_i32_s (i31.get_s (ref.cast (ref i31) (local.get $any))))",
                        "(i64.extend_i32_u (block $l (result i32) (block $n (result (ref $t)) (br_on_cast $n (ref null \
                         $s) (ref $t) (local.get $s)) (drop) (br $l (i32.const 5))) (struct.get $t FIELDS)))",
                        "(i64.extend_i32_u (ref.eq (ref.cast eqref (local.get $any)) (local.get $s)))",
                    ],
                )
                .replace("FIELDS", &fields.len().to_string())
                .as_str()),
                14 => "(local.set $s (ref.null $s))".to_owned(),
                _ => add("(block $done (result i64) (block $x (block $e (result i32 i64) (try_table (catch $e $e) \
                     (catch_all $x) (call $throws (local.get 0) (local.get 1))) (br $done (i64.const 3))) \
                     (local.set $r) (br $done (i64.extend_i32_s))) (i64.const 7))"),
            };
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("    (local.get $r))\n");
    }
    text.push(')');
    (format!("{} fields, array of {element}", fields.len()), parsed(&text))
}

/// References that are tested, cast, called and thrown; calls that replace their caller; what comes of it is added up.
pub(super) fn references(rng: &mut fastrand::Rng) -> (String, Vec<u8>) {
    const HEAP: [&str; 9] = ["any", "eq", "i31", "struct", "array", "none", "$s", "$t", "$b"];
    const TARGETS: [&str; 5] = ["i31", "struct", "array", "$s", "$t"];
    let number = |rng: &mut fastrand::Rng| {
        some(rng, &["(local.get 0)", "(i32.const -1)", "(i32.const 1)", "(i32.const 0x40000000)", "(i32.const 0x180)"])
    };
    let any = |rng: &mut fastrand::Rng| {
        let n = number(rng);
        match rng.u8(..9) {
            0 => "(ref.null any)".to_owned(),
            1 => format!("(struct.new $s {n})"),
            2 => format!("(struct.new $t {n} (local.get 1))"),
            3 => format!("(array.new $b {n} (i32.const 3))"),
            4 => "(any.convert_extern (extern.convert_any (local.get $any)))".to_owned(),
            5 | 6 => "(local.get $any)".to_owned(),
            _ => format!("(ref.i31 {n})"),
        }
    };
    let mut text = String::from(
        r#"(module
  (type $i (func (result i32))) (type $k (func (param i32 i64) (result i64)))
  (type $s (sub (struct (field (mut i32))))) (type $t (sub $s (struct (field (mut i32)) (field (mut i64)))))
  (type $b (array (mut i8))) (type $c (array (mut i64))) (type $d (array (mut funcref)))
  (tag $e (param i32)) (tag $x (param i32 i64)) (tag $n)
  (table $table 4 funcref) (elem (i32.const 0) func $one $adds $throws)
  (elem $elem funcref (ref.func $one) (ref.null func) (ref.func $two) (ref.func $adds))
  (elem declare func $one $two $adds $throws)
  (data $data "\80\7f\ff\01\fe\02\81\03")
  (func $one (type $i) (i32.const 1)) (func $two (type $i) (i32.const 2))
  (func $adds (type $k) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
  (func $throws (type $k)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0))))
    (if (i32.and (local.get 0) (i32.const 2)) (then (throw $x (local.get 0) (local.get 1))))
    (if (i32.and (local.get 0) (i32.const 4)) (then (throw $n)))
    (i64.mul (local.get 1) (i64.const 3)))
  (func $digest (param $a (ref null $b)) (result i64) (local $i i32) (local $r i64)
    (if (ref.is_null (local.get $a)) (then (return (i64.const -1))))
    (loop $next
      (if (i32.lt_u (local.get $i) (array.len (local.get $a))) (then
        (local.set $r (i64.mul (local.get $r) (i64.const 31)))
        (local.set $r (i64.add (local.get $r) (i64.extend_i32_u (array.get_u $b (local.get $a) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (local.get $r))
"#,
    );
    for callee in ["adds", "throws"] {
        let index = if callee == "adds" { 1 } else { 2 };
        let _ = write!(
            text,
            r#"  (func $tail_{callee} (type $k)
    (block (try_table (catch_all 0) (return_call ${callee} (local.get 0) (local.get 1)))) (i64.const 5))
  (func $through_{callee} (type $k)
    (return_call_indirect $table (type $k) (local.get 0) (local.get 1)
      (select (i32.const {index}) (local.get 0) (i32.and (local.get 0) (i32.const 24)))))
  (func $by_{callee} (type $k)
    (return_call_ref $k (local.get 0) (local.get 1)
      (select (result (ref null $k)) (ref.null $k) (ref.func ${callee}) (i32.and (local.get 0) (i32.const 32)))))
"#
        );
    }
    for n in 0..rng.u32(1..4) {
        let _ = writeln!(
            text,
            "  (func (export \"f{n}\") (param i32 i64) (result i64)\n    (local $r i64) (local $any anyref) (local $f \
             (ref null $i)) (local $exn exnref) (local $array (ref null $d)) (local $bytes (ref null $b))"
        );
        if rng.u8(..4) > 0 {
            text.push_str("    (local.set $bytes (array.new $b (local.get 0) (i32.const 4)))\n");
            text.push_str("    (local.set $array (array.new_default $d (i32.const 3)))\n");
        }
        for _ in 0..rng.u32(2..10) {
            let (a, b, m) = (any(rng), any(rng), number(rng));
            let null = if rng.bool() { "null " } else { "" };
            let heap = some(rng, &HEAP);
            let (i, j) = (rng.u8(..5), rng.u8(..5));
            let sx = if rng.bool() { "s" } else { "u" };
            let wide = |number: &str| add(&format!("(i64.extend_i32_s {number})"));
            let line = match rng.u8(..24) {
                0 | 1 => format!("(local.set $any {a})"),
                2 => wide(&format!("(ref.test (ref {null}{heap}) {a})")),
                3 => wide(&format!("(ref.is_null (ref.cast (ref null {heap}) {a}))")),
                4 => format!("(drop (ref.cast (ref {null}{heap}) {a}))"),
                5 => wide(&format!("(ref.eq (ref.cast eqref {a}) (ref.cast eqref {b}))")),
                6 => wide(&format!("(i31.get_{sx} (ref.i31 {m}))")),
                7 => wide(&format!("(i31.get_{sx} (ref.cast (ref i31) {a}))")),
                8 => wide(&format!(
                    "(block $l (result i32) (block $n (br_on_null $n {a}) (drop) (br $l {m})) (i32.const 9))"
                )),
                9 => wide(&format!(
                    "(block $l (result i32) (block $n (result (ref any)) (br_on_non_null $n {a}) (br $l {m})) (drop) \
                     (i32.const 8))"
                )),
                10 | 11 => {
                    let target = some(rng, &TARGETS);
                    let (kind, castee, other) = match rng.bool() {
                        true => ("br_on_cast", format!("(ref {null}{target})"), "anyref"),
                        false if null.is_empty() => ("br_on_cast_fail", "anyref".to_owned(), "anyref"),
                        false => ("br_on_cast_fail", "(ref any)".to_owned(), "anyref"),
                    };
                    wide(&format!(
                        "(block $l (result i32) (block $n (result {castee}) (drop ({kind} $n {other} (ref \
                         {null}{target}) {a})) (br $l {m})) (drop) (i32.const 7))"
                    ))
                }
                12 => format!("(local.set $f {})", some(rng, &["(ref.func $one)", "(ref.func $two)", "(ref.null $i)"])),
                13 => wide("(call_ref $i (local.get $f))"),
                14 => format!("(local.set $array (array.new_elem $d $elem (i32.const {i}) (i32.const {j})))"),
                15 => wide(&format!("(ref.is_null (array.get $d (local.get $array) (i32.const {i})))")),
                16 => format!(
                    "(array.init_elem $d $elem (local.get $array) (i32.const {i}) (i32.const {j}) (i32.const {}))",
                    rng.u8(..3)
                ),
                17 => add(&format!(
                    "(array.get $c (array.new_fixed $c 2 (local.get 1) (i64.const 7)) (i32.and {m} (i32.const {})))",
                    some(rng, &[1, 3])
                )),
                18 => match rng.u8(..3) {
                    0 => wide(&format!("(array.len (array.new_default $b (i32.and {m} (i32.const 15))))")),
                    1 => format!("(local.set $bytes (array.new_default $b (i32.const {i})))"),
                    _ => wide("(array.len (local.get $bytes))"),
                },
                19 => format!(
                    "(array.init_data $b $data (local.get $bytes) (i32.const {}) (i32.const {j}) (i32.const {i}))",
                    rng.u8(..3)
                ),
                20 => wide(&format!("(array.get_{sx} $b (local.get $bytes) (i32.const {i}))")),
                21 => {
                    let callee = some(
                        rng,
                        &[
                            "adds",
                            "throws",
                            "tail_adds",
                            "tail_throws",
                            "through_throws",
                            "through_adds",
                            "by_adds",
                            "by_throws",
                        ],
                    );
                    let call = format!("(call ${callee} {m} (local.get 1))");
                    match rng.u8(..4) {
                        0 => add(&call),
                        _ => caught(rng, &call),
                    }
                }
                22 => "(throw_ref (local.get $exn))".to_owned(),
                _ => caught(rng, "(throw_ref (local.get $exn))"),
            };
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("    (i64.xor (local.get $r) (call $digest (local.get $bytes))))\n");
    }
    text.push(')');
    ("calls and casts".to_owned(), parsed(&text))
}

/// A call whose exceptions are caught, and told apart; some are kept, to be thrown again.
fn caught(rng: &mut fastrand::Rng, call: &str) -> String {
    let mut catches =
        ["(catch $e $e)", "(catch $x $x)", "(catch_ref $n $n)", "(catch_all $all)", "(catch_all_ref $ref)"];
    rng.shuffle(&mut catches);
    let catches = catches[..rng.usize(1..4)].join(" ");
    add(&format!(
        "(block $done (result i64) (block $all (block $ref (result exnref) (block $n (result exnref) (block $x (result \
         i32 i64) (block $e (result i32) (br $done (try_table (result i64) {catches} {call}))) (br $done \
         (i64.extend_i32_s))) (local.set $r) (br $done (i64.extend_i32_s))) (local.set $exn) (br $done \
         (i64.const 3))) (local.set $exn) (br $done (i64.const 4))) (i64.const 6))"
    ))
}

fn add(number: &str) -> String {
    format!("(local.set $r (i64.add (i64.mul (local.get $r) (i64.const 31)) {number}))")
}
