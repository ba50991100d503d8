;; Ways to trap that the official tests don't meet.

(module
  (type $bytes (array (mut i8)))
  (type $f (func (result i32)))
  (table 1 funcref)
  (func (export "get_s") (result i32) (array.get_s $bytes (ref.null $bytes) (i32.const 0)))
  (func (export "get_u") (result i32) (array.get_u $bytes (ref.null $bytes) (i32.const 0)))
  (func (export "tail") (result i32) (return_call_indirect (type $f) (i32.const 0))))

(assert_trap (invoke "get_s") "null array reference")
(assert_trap (invoke "get_u") "null array reference")
(assert_trap (invoke "tail") "uninitialized element")
