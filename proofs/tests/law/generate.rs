//! Random small modules, as text: masked and unmasked accesses, checks, divisions, choices, loops, calls, growth,
//! segments.

/// Random numbers by SplitMix64: the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A number near a bound that matters, or any.
    pub(crate) fn i32(&mut self) -> i32 {
        let near = self.pick(&[0, 0, 1, 4, 8, 64, 255, 256, 1000, 65532, 65535, 65536, 131_072, i32::MAX, i32::MIN]);
        match self.below(6) {
            0 => self.next() as i32,
            _ => near.wrapping_add(self.pick(&[0, 0, 0, -1, 1, -4, 3])),
        }
    }
}

/// Functions of a generated module, `f0` and so on, exported or not, each `(param i32 i32) (result i32)`.
const FUNCS: usize = 4;

pub(crate) fn module(random: &mut Random) -> String {
    let mut out = String::from("(module\n  (type $f (func (param i32 i32) (result i32)))\n");
    out.push_str("  (import \"host\" \"ask\" (func $ask (param i32) (result i32)))\n");
    if random.one_in(4) {
        out.push_str("  (import \"host\" \"memory\" (memory $m 1 3))\n");
    } else {
        let export = if random.one_in(2) { "(export \"m\")" } else { "" };
        let max = random.pick(&["", "1", "2"]);
        out.push_str(&format!("  (memory $m {export} 1 {max})\n"));
    }
    let export = if random.one_in(3) { "(export \"w\")" } else { "" };
    out.push_str(&format!("  (memory $w {export} i64 1 {})\n", random.pick(&["", "1", "2"])));
    for g in 0..3 {
        let export = if random.one_in(3) { format!("(export \"g{g}\")") } else { String::new() };
        let ty = if random.one_in(4) { "i32" } else { "(mut i32)" };
        let mutable = ty != "i32";
        MUTABLE.with(|m| m.borrow_mut()[g] = mutable);
        out.push_str(&format!(
            "  (global $g{g} {export} {ty} (i32.const {}))\n",
            random.pick(&[0, 1, 8, 65535, 65536])
        ));
    }
    let export = if random.one_in(3) { "(export \"t\")" } else { "" };
    let callee = random.pick(&["$f0", "$f1"]);
    let hole = random.pick(&["", " $leaf", " $f0 $f0"]);
    out.push_str(&format!("  (table $t {export} 4 funcref)\n  (elem $active (i32.const 0) func $f0 {callee}{hole})\n"));
    out.push_str("  (elem $passive func $f0 $leaf)\n  (data $d \"\\01\\02\\03\\04\\05\\06\\07\\08\")\n");
    out.push_str("  (func $leaf (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 255))))\n");
    for f in 0..FUNCS {
        let export = if f >= 2 || random.one_in(3) { format!("(export \"f{f}\")") } else { String::new() };
        out.push_str(&format!("  (func $f{f} {export} (type $f) (local i32 i32 i64)\n"));
        let mut function = Function { random, callees: f, loops: 0, out: String::new() };
        for _ in 0..1 + function.random.below(5) {
            function.statement(2);
        }
        let result = function.i32(2);
        out.push_str(&format!("{}    {result})\n", function.out));
    }
    out.push_str(")\n");
    out
}

std::thread_local! {
    /// Which globals of the module under way can be set.
    static MUTABLE: std::cell::RefCell<[bool; 3]> = const { std::cell::RefCell::new([false; 3]) };
}

struct Function<'a> {
    random: &'a mut Random,
    /// Functions before this one can be called.
    callees: usize,
    loops: usize,
    out: String,
}

impl Function<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str("    ");
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// An address: mostly masked, seldom by too little.
    fn address(&mut self, depth: u32) -> String {
        let i = self.i32(depth);
        match self.random.below(8) {
            0 => i,
            1 => format!("(i32.rem_u {i} (i32.const {}))", self.random.pick(&[8, 65535, 65536, 65537])),
            2 => format!("(i32.shr_u {i} (i32.const {}))", self.random.pick(&[15, 16, 24, 32])),
            _ => {
                let mask = self.random.pick(&[7, 0xff, 0xfff8, 0xfffc, 0xffff, 0x1ffff]);
                format!("(i32.and {i} (i32.const {mask}))")
            }
        }
    }

    /// An address of 64 bits: masked, checked by a sum that may wrap around, or any.
    fn wide_address(&mut self, depth: u32) -> String {
        let i = self.i64(depth);
        match self.random.below(6) {
            0 => i,
            1 => "(local.get 4)".to_owned(),
            2 => format!("(i64.extend_i32_{} {})", self.random.pick(&["s", "u"]), self.address(depth)),
            _ => format!("(i64.and {i} (i64.const {}))", self.random.pick(&[7, 0xfff8, 0xffff, -8])),
        }
    }

    fn i32(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.random.below(6) {
                0 => format!("(i32.const {})", self.random.i32()),
                1 => format!("(global.get $g{})", self.random.below(3)),
                _ => format!("(local.get {})", self.random.below(4)),
            };
        }
        let d = depth - 1;
        match self.random.below(24) {
            0..=4 => {
                let ops = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl", "rotr"];
                let op = self.random.pick(&ops);
                format!("(i32.{op} {} {})", self.i32(d), self.i32(d))
            }
            5..=6 => {
                let op = self.random.pick(&["eq", "ne", "lt_u", "lt_s", "gt_u", "le_s", "ge_u", "ge_s"]);
                format!("(i32.{op} {} {})", self.i32(d), self.i32(d))
            }
            7 => {
                let op = self.random.pick(&["clz", "ctz", "popcnt", "eqz", "extend8_s", "extend16_s"]);
                format!("(i32.{op} {})", self.i32(d))
            }
            8..=11 => {
                let op = self.random.pick(&["i32.load", "i32.load8_u", "i32.load16_s", "i32.load8_s"]);
                let offset = self.random.pick(&[0, 0, 0, 1, 4, 65280, 65535]);
                format!("({op} offset={offset} {})", self.address(d))
            }
            12 => {
                let op = self.random.pick(&["div_u", "div_s", "rem_u", "rem_s"]);
                let guard = self.random.pick(&["", "1", "3"]);
                let (a, mut b) = (self.i32(d), self.i32(d));
                if !guard.is_empty() {
                    b = format!("(i32.or {b} (i32.const {guard}))");
                }
                format!("(i32.{op} {a} {b})")
            }
            13 => format!("(select {} {} {})", self.i32(d), self.i32(d), self.i32(d)),
            14 => "(memory.size)".to_owned(),
            15 => format!("(memory.grow (i32.and {} (i32.const 1)))", self.i32(d)),
            16 => format!("(call $ask {})", self.i32(d)),
            17 if self.callees > 0 => {
                let callee = self.random.below(self.callees as u64);
                format!("(call $f{callee} {} {})", self.i32(d), self.i32(d))
            }
            18 if self.callees > 1 => {
                let index = self.i32(0);
                let index =
                    self.random.pick(&["(i32.const 1)", &format!("(i32.and {index} (i32.const 1))")]).to_owned();
                format!("(call_indirect $t (type $f) {} {} {index})", self.i32(d), self.i32(d))
            }
            19 => format!("(i32.wrap_i64 {})", self.i64(d)),
            20 => {
                let mask = self.random.pick(&["0x3fffffff", "0x4effffff", "0x4f000000", "-1"]);
                let bits = format!("(f32.reinterpret_i32 (i32.and {} (i32.const {mask})))", self.i32(d));
                format!("(i32.trunc_f32_{} {bits})", self.random.pick(&["s", "u"]))
            }
            21..=22 => self.chosen(d),
            _ => format!("(i32.trunc_sat_f64_s (f64.div (f64.convert_i32_s {}) (f64.const 3)))", self.i32(d)),
        }
    }

    /// A number that may be one of several: bits of a NaN, or a lane of a relaxed operation.
    fn chosen(&mut self, d: u32) -> String {
        let [a, b, c] = [0; 3].map(|_| format!("(i32x4.splat {})", self.i32(d)));
        let vector = match self.random.below(8) {
            0 => format!("(f32x4.div {a} {b})"),
            1 => format!("(i32x4.relaxed_trunc_f32x4_{} {a})", self.random.pick(&["s", "u"])),
            2 => format!("(f32x4.relaxed_{} {a} {b})", self.random.pick(&["min", "max"])),
            3 => format!("(i8x16.relaxed_swizzle {a} {b})"),
            4 => {
                format!("({}.relaxed_laneselect {a} {b} {c})", self.random.pick(&["i8x16", "i16x8", "i32x4", "i64x2"]))
            }
            5 => format!("(i16x8.relaxed_q15mulr_s {a} {b})"),
            6 => format!("(f32x4.relaxed_{} {a} {b} {c})", self.random.pick(&["madd", "nmadd"])),
            _ => format!("(i32x4.relaxed_dot_i8x16_i7x16_add_s {a} {b} {c})"),
        };
        format!("(i32x4.extract_lane 0 {vector})")
    }

    fn i64(&mut self, depth: u32) -> String {
        let d = depth.saturating_sub(1);
        match self.random.below(6) {
            0 => "(local.get 4)".to_owned(),
            5 if depth > 0 => {
                let offset = self.random.pick(&["0", "0", "8", "65528", "0xffff_ffff_ffff_fff8"]);
                format!("(i64.load $w offset={offset} {})", self.wide_address(d))
            }
            1 => format!("(i64.extend_i32_{} {})", self.random.pick(&["s", "u"]), self.i32(d)),
            2 => format!("(i64.load {})", self.address(d)),
            3 if depth > 0 => {
                let op = self.random.pick(&["add", "mul", "shr_u", "and", "rem_u"]);
                format!("(i64.{op} {} (i64.or {} (i64.const 1)))", self.i64(d), self.i64(d))
            }
            _ => format!("(i64.const {})", self.random.i32()),
        }
    }

    fn statement(&mut self, depth: u32) {
        match self.random.below(23) {
            20 => {
                let (at, value) = (self.wide_address(1), self.i64(1));
                self.line(&format!("(i64.store16 $w {at} {value})"));
            }
            21 => {
                let sum = format!("(i64.add (local.get 4) (i64.const {}))", self.random.pick(&[0, 0, 8, 65536]));
                let bound = self.random.pick(&["65528", "65536", "-65536"]);
                self.line(&format!("(if (i64.gt_u {sum} (i64.const {bound})) (then (return (i32.const 0))))"));
            }
            22 => {
                let (at, from) = (self.wide_address(1), self.address(0));
                let line = match self.random.below(4) {
                    0 => format!("(memory.fill $w {at} (local.get 0) (i64.and (local.get 4) (i64.const 15)))"),
                    1 => format!("(memory.copy $w $m {at} {from} (i32.and (local.get 1) (i32.const 15)))"),
                    2 => format!("(memory.init $w $d {at} (i32.const 2) (i32.const 3))"),
                    _ => "(local.set 4 (memory.grow $w (i64.and (local.get 4) (i64.const 1))))".to_owned(),
                };
                self.line(&line);
            }
            0..=3 => {
                let (x, value) = (self.random.below(4), self.i32(2));
                self.line(&format!("(local.set {x} {value})"));
            }
            4 => {
                let value = self.i64(2);
                self.line(&format!("(local.set 4 {value})"));
            }
            5 => {
                let (x, value) = (self.random.below(3), self.i32(1));
                if MUTABLE.with(|m| m.borrow()[x as usize]) {
                    self.line(&format!("(global.set $g{x} {value})"));
                }
            }
            6..=8 => {
                let op = self.random.pick(&["i32.store", "i32.store8", "i32.store16"]);
                let (at, value) = (self.address(1), self.i32(1));
                self.line(&format!("({op} {at} {value})"));
            }
            9..=11 => {
                let (x, bound) = (self.random.below(2), self.random.pick(&[1, 16, 65532, 65535, 65536]));
                let op = self.random.pick(&["gt_u", "ge_u", "gt_s", "eq"]);
                let what = self.random.pick(&[format!("(local.get {x})").as_str(), "(global.get $g0)"]).to_owned();
                self.line(&format!("(if (i32.{op} {what} (i32.const {bound})) (then (return (i32.const 0))))"));
            }
            12..=13 if depth > 0 => {
                let condition = self.i32(1);
                self.line(&format!("(if {condition} (then"));
                self.statement(depth - 1);
                self.line(") (else");
                self.statement(depth - 1);
                self.line("))");
            }
            14 if depth > 0 && self.loops == 0 => {
                self.loops += 1;
                let (n, step) = (self.random.pick(&[2, 3, 16, 70_000]), self.random.pick(&[1, 1, 8192]));
                self.line("(local.set 3 (i32.const 0))");
                self.line("(loop $l");
                self.statement(depth - 1);
                self.line(&format!("(local.set 3 (i32.add (local.get 3) (i32.const {step})))"));
                let more = self.random.pick(&["(local.get 0)", "(call $ask (i32.const 0))", "(i32.const 1)"]);
                self.line(&format!("(br_if $l (i32.and {more} (i32.lt_u (local.get 3) (i32.const {n})))))"));
            }
            15 => {
                let (at, from) = (self.address(1), self.address(0));
                let n =
                    self.random.pick(&["(i32.const 3)", "(i32.const 1000)", "(i32.and (local.get 1) (i32.const 7))"]);
                let line = match self.random.below(3) {
                    0 => format!("(memory.fill {at} (local.get 0) {n})"),
                    1 => format!("(memory.copy {at} {from} {n})"),
                    _ => format!("(memory.init $d {at} (i32.and {from} (i32.const 7)) {n})"),
                };
                self.line(&line);
            }
            16 => {
                let condition = self.i32(1);
                self.line(&format!("(if {condition} (then (unreachable)))"));
            }
            17 => {
                let what = self.random.pick(&[
                    "(data.drop $d)",
                    "(table.set $t (i32.and (local.get 0) (i32.const 3)) (ref.null func))",
                    "(table.init $t $passive (i32.const 2) (i32.const 0) (i32.and (local.get 0) (i32.const 3)))",
                    "(drop (table.grow $t (ref.null func) (i32.const 1)))",
                    "(elem.drop $passive)",
                ]);
                // Seldom, since all of them make a table or a segment unknown.
                if self.random.one_in(3) {
                    self.line(what);
                }
            }
            18 if depth > 0 => {
                let index = self.i32(1);
                self.line(&format!("(block $b (block $a (br_table $a $b $a {index}))"));
                self.statement(depth - 1);
                self.line(")");
            }
            _ => {
                let value = self.i32(2);
                self.line(&format!("(drop {value})"));
            }
        }
    }
}
