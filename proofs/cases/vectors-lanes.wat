;; Vectors: a lane is as good an address, divisor or condition as any number.
(module
  (memory 1 1)

  (func (export "proved: masked lane") (param v128) (result v128)
    (v128.load (i32.and (i32x4.extract_lane 2 (local.get 0)) (i32.const 0xfff0))))

  (func (export "refuted: upper lane") (param v128) (result v128)
    (v128.load (i32x4.extract_lane 3 (local.get 0))))

  (func (export "proved: least of lanes") (param v128) (result i32)
    (i32.load (i32x4.extract_lane 1 (i32x4.min_u (local.get 0) (i32x4.splat (i32.const 65532))))))

  (func (export "refuted: least of signed lanes") (param v128) (result i32)
    (i32.load (i32x4.extract_lane 1 (i32x4.min_s (local.get 0) (i32x4.splat (i32.const 65532))))))

  (func (export "proved: swizzled byte") (param v128 v128) (result i32)
    (i32.load8_u (i8x16.extract_lane_u 7 (i8x16.swizzle (local.get 0) (local.get 1)))))

  ;; Both lanes of 64 bits are needed for the witness.
  (func (export "refuted: both halves") (param v128)
    (if (i32.and
          (i64.eq (i64x2.extract_lane 0 (local.get 0)) (i64.const 0x0123456789abcdef))
          (i64.eq (i64x2.extract_lane 1 (local.get 0)) (i64.const 0x8edcba9876543210)))
      (then (unreachable))))

  (func (export "refuted: sum as divisor") (param v128 v128) (result i32)
    (i32.div_u (i32.const 1) (i16x8.extract_lane_u 7 (i16x8.add (local.get 0) (local.get 1)))))

  (func (export "proved: what was stored") (param v128)
    (v128.store (i32.const 8) (local.get 0))
    (if (v128.any_true (v128.xor (v128.load (i32.const 8)) (local.get 0)))
      (then (unreachable))))

  (func (export "proved: comparison is a mask") (param v128 v128)
    (if (i32.ne
          (i8x16.bitmask (i8x16.lt_u (local.get 0) (local.get 1)))
          (i8x16.bitmask (i8x16.gt_u (local.get 1) (local.get 0))))
      (then (unreachable))))

  ;; The one product that overflows may saturate or wrap, and only one of that happens here.
  (func (export "unknown: choice") (param v128)
    (if (i32.lt_s
          (i16x8.extract_lane_s 0
            (i16x8.relaxed_q15mulr_s (i16x8.splat (i32.const 0x8000)) (i16x8.splat (i32.const 0x8000))))
          (i32.const 0))
      (then (unreachable))))

  (func (export "proved: either choice") (param v128) (result v128)
    (v128.load
      (i16x8.extract_lane_u 0
        (i16x8.relaxed_q15mulr_s (i16x8.splat (i32.const 0x8000)) (i16x8.splat (i32.const 0x8000))))))
)
