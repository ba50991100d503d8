;; Threads that wait for each other, and who waits though nobody is left.

(module $Locks
  (memory (export "memory") 1 1 shared)
  (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
  (func (export "nobody") (result i32) (memory.atomic.notify (i32.const 0) (i32.const -1))))

(assert_exhaustion (invoke "wait") "waits for ever")
(assert_return (invoke "nobody") (i32.const 0))

(thread $T1 (shared (module $Locks))
  (register "locks" $Locks)
  (module
    (memory (import "locks" "memory") 1 1 shared)
    (func (export "wait") (result i32)
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (memory.atomic.notify (i32.const 4) (i32.const 1)))
    (func (export "after") (result i32) (i32.const 7)))
  (assert_exhaustion (invoke "wait") "waits for ever")
  ;; The thread goes on with its next directive.
  (assert_return (invoke "after") (i32.const 7)))

(thread $T2 (shared (module $Locks))
  (register "locks" $Locks)
  (module
    (memory (import "locks" "memory") 1 1 shared)
    (func (export "wait") (result i32)
      (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
      (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (assert_exhaustion (invoke "wait") "waits for ever"))

;; The script itself waits, too, and is the first that has waited for ever; the threads go on waiting until it waits for
;; them.
(assert_exhaustion (invoke "wait") "waits for ever")
(wait $T1)
(wait $T2)
