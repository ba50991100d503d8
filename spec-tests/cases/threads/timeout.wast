;; A timeout elapses when nobody can step, the first one first.

(module $Clock
  (memory (export "memory") 1 1 shared)
  ;; The order in which threads have come here.
  (func (export "arrive") (result i32) (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
  (func (export "wait") (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $timeout))))

;; Alone.
(assert_return (invoke "wait" (i64.const 0)) (i32.const 2))
(assert_return (invoke "wait" (i64.const 1_000_000_000)) (i32.const 2))

(thread $Long (shared (module $Clock))
  (register "clock" $Clock)
  (module
    (memory (import "clock" "memory") 1 1 shared)
    (func (export "wait") (result i32 i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 5_000))
      (i32.atomic.rmw.add (i32.const 4) (i32.const 1))))
  (assert_return (invoke "wait") (i32.const 2) (i32.const 1)))

(thread $Short (shared (module $Clock))
  (register "clock" $Clock)
  (module
    (memory (import "clock" "memory") 1 1 shared)
    (func (export "wait") (result i32 i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 300))
      (i32.atomic.rmw.add (i32.const 4) (i32.const 1))))
  (assert_return (invoke "wait") (i32.const 2) (i32.const 0)))

(wait $Long)
(wait $Short)
(assert_return (invoke "arrive") (i32.const 2))
