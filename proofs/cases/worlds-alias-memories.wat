;; Two imported memories may be the same object.
(module
  (import "host" "a" (memory $a 1))
  (import "host" "b" (memory $b 1))
  (func (export "unknown: written through the other name")
    (i32.store8 $a (i32.const 0) (i32.const 1))
    (i32.store8 $b (i32.const 0) (i32.const 0))
    (drop (i32.div_u (i32.const 1) (i32.load8_u $a (i32.const 0))))))
