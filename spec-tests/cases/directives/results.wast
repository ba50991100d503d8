;; Patterns of results.

(module
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "two") (result i32 f64) (i32.const 1) (f64.const nan)))

;; The canonical NaN has one payload and two signs.
(assert_return (invoke "f32" (f32.const nan)) (f32.const nan:canonical))
(assert_return (invoke "f32" (f32.const -nan)) (f32.const nan:canonical))
(assert_return (invoke "f32" (f32.const nan:0x400001)) (f32.const nan:canonical)) ;; fails: should return [nan:canonical]
(assert_return (invoke "f64" (f64.const nan:0x4000000000000)) (f64.const nan:canonical)) ;; fails: nan:canonical

;; An arithmetic one has the upmost bit of its payload set.
(assert_return (invoke "f32" (f32.const -nan:0x7fffff)) (f32.const nan:arithmetic))
(assert_return (invoke "f32" (f32.const nan:0x3fffff)) (f32.const nan:arithmetic)) ;; fails: nan:arithmetic
(assert_return (invoke "f32" (f32.const inf)) (f32.const nan:arithmetic)) ;; fails: nan:arithmetic
(assert_return (invoke "f64" (f64.const nan:0x8000000000001)) (f64.const nan:arithmetic))

;; Without a pattern, a NaN is its bits.
(assert_return (invoke "f32" (f32.const nan:0x200001)) (f32.const nan:0x200001))
(assert_return (invoke "f32" (f32.const nan)) (f32.const -nan)) ;; fails: should return
(assert_return (invoke "two") (i32.const 1) (f64.const nan:canonical))

;; The same in lanes.
(assert_return (invoke "v128" (v128.const f32x4 nan -nan nan:0x600000 1))
  (v128.const f32x4 nan:canonical nan:canonical nan:arithmetic 1))
(assert_return (invoke "v128" (v128.const f32x4 nan -nan nan:0x600000 1)) ;; fails: nan:canonical nan:canonical nan:canonical
  (v128.const f32x4 nan:canonical nan:canonical nan:canonical 1))
(assert_return (invoke "v128" (v128.const f64x2 -0 nan:0x8000000000001)) (v128.const f64x2 -0 nan:arithmetic))
(assert_return (invoke "v128" (v128.const f64x2 -0 nan)) (v128.const f64x2 0 nan:arithmetic)) ;; fails: should return [f64x2 0.0

;; One of several results.
(assert_return (invoke "f32" (f32.const 2)) (either (f32.const 1) (f32.const 2)))
(assert_return (invoke "f32" (f32.const nan)) (either (f32.const 1) (f32.const nan:canonical)))
(assert_return (invoke "f32" (f32.const 3)) (either (f32.const 1) (f32.const 2))) ;; fails: either(1.0 2.0)
(assert_return (invoke "v128" (v128.const i32x4 1 2 3 4))
  (either (v128.const i32x4 4 3 2 1) (v128.const i32x4 1 2 3 4)))
(assert_return (invoke "v128" (v128.const i32x4 1 2 3 5)) ;; fails: either(
  (either (v128.const i32x4 4 3 2 1) (v128.const i32x4 1 2 3 4)))
