;; Winch 48.0.8 traps at every access to a memory that may not move and for which little is reserved:
;; docs/findings/winch-memory-that-cannot-move.md

(module
  (memory (export "m") 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 7))))
(assert_return (invoke "store" (i32.const 0)))
(assert_return (invoke "load" (i32.const 0)) (i32.const 7))
(assert_return (invoke "load" (i32.const 65532)) (i32.const 0))
(assert_trap (invoke "load" (i32.const 65533)) "out of bounds memory access")
