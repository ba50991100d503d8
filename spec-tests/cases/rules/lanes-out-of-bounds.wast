;; Lanes of memory beyond its end: no official test reaches them.

(module
  (memory 1)
  (func (export "load") (param i32) (result v128)
    (v128.load8_lane 3 (local.get 0) (v128.const i32x4 1 2 3 4)))
  (func (export "store") (param i32)
    (v128.store8_lane 3 (local.get 0) (v128.const i32x4 1 2 3 4))))

(assert_trap (invoke "load" (i32.const 65536)) "out of bounds memory access")
(assert_trap (invoke "store" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65535)) (v128.const i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 0))
