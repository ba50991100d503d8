(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "rem") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1))))
(assert_return (invoke "add" (i32.const 1) (i32.const 1)) (i32.const 2))
(assert_return (invoke "add" (i32.const 0x7fffffff) (i32.const 1)) (i32.const -2147483648))
(assert_return (invoke "rem" (i32.const -7) (i32.const 2)) (i32.const 1))
(assert_trap (invoke "rem" (i32.const 1) (i32.const 0)) "integer divide by zero")
