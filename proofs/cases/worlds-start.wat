;; What the start function sets has been set by somebody: it holds anything.
(module
  (import "host" "ask" (func $ask))
  (memory 1)
  (global $set (mut i32) (i32.const 65536))
  (global $unset (mut i32) (i32.const 7))
  (func $start (call $ask) (global.set $set (i32.const 8)))
  (start $start)
  (func (export "unknown: before the start function has run") (drop (i32.load8_u (global.get $set))))
  (func (export "proved: what it leaves alone") (drop (i32.load8_u (global.get $unset)))))
