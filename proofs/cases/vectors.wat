;; Vectors: a lane is as good an address, divisor or condition as any number.
(module
  (memory 1 1)

  (func $proved:masked_lane (export "proved:masked_lane") (param v128) (result v128)
    (v128.load (i32.and (i32x4.extract_lane 2 (local.get 0)) (i32.const 0xfff0))))

  (func $refuted:upper_lane (export "refuted:upper_lane") (param v128) (result v128)
    (v128.load (i32x4.extract_lane 3 (local.get 0))))

  (func $proved:least_of_lanes (export "proved:least_of_lanes") (param v128) (result i32)
    (i32.load (i32x4.extract_lane 1 (i32x4.min_u (local.get 0) (i32x4.splat (i32.const 65532))))))

  (func $refuted:least_of_signed_lanes (export "refuted:least_of_signed_lanes") (param v128) (result i32)
    (i32.load (i32x4.extract_lane 1 (i32x4.min_s (local.get 0) (i32x4.splat (i32.const 65532))))))

  (func $proved:swizzled_byte (export "proved:swizzled_byte") (param v128 v128) (result i32)
    (i32.load8_u (i8x16.extract_lane_u 7 (i8x16.swizzle (local.get 0) (local.get 1)))))

  ;; Both lanes of 64 bits are needed for the witness.
  (func $refuted:both_halves (export "refuted:both_halves") (param v128)
    (if (i32.and
          (i64.eq (i64x2.extract_lane 0 (local.get 0)) (i64.const 0x0123456789abcdef))
          (i64.eq (i64x2.extract_lane 1 (local.get 0)) (i64.const 0x8edcba9876543210)))
      (then (unreachable))))

  (func $refuted:sum_as_divisor (export "refuted:sum_as_divisor") (param v128 v128) (result i32)
    (i32.div_u (i32.const 1) (i16x8.extract_lane_u 7 (i16x8.add (local.get 0) (local.get 1)))))

  (func $proved:what_was_stored (export "proved:what_was_stored") (param v128)
    (v128.store (i32.const 8) (local.get 0))
    (if (v128.any_true (v128.xor (v128.load (i32.const 8)) (local.get 0)))
      (then (unreachable))))

  (func $proved:comparison_is_a_mask (export "proved:comparison_is_a_mask") (param v128 v128)
    (if (i32.ne
          (i8x16.bitmask (i8x16.lt_u (local.get 0) (local.get 1)))
          (i8x16.bitmask (i8x16.gt_u (local.get 1) (local.get 0))))
      (then (unreachable))))

  ;; The one product that overflows may saturate or wrap, and only one of that happens here.
  (func $unknown:choice (export "unknown:choice") (param v128)
    (if (i32.lt_s
          (i16x8.extract_lane_s 0
            (i16x8.relaxed_q15mulr_s (i16x8.splat (i32.const 0x8000)) (i16x8.splat (i32.const 0x8000))))
          (i32.const 0))
      (then (unreachable))))

  (func $proved:either_choice (export "proved:either_choice") (param v128) (result v128)
    (v128.load
      (i16x8.extract_lane_u 0
        (i16x8.relaxed_q15mulr_s (i16x8.splat (i32.const 0x8000)) (i16x8.splat (i32.const 0x8000))))))
)
