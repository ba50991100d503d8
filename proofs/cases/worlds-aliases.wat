;; Two imported globals of one type may be the same object: nothing in here is proved.
(module
  (import "host" "a" (global $a (mut i32)))
  (import "host" "b" (global $b (mut i32)))
  (memory 1)
  (func (export "unknown: set through the other name")
    (global.set $a (i32.const 0))
    (global.set $b (i32.const 65536))
    (drop (i32.load8_u (global.get $a)))))
