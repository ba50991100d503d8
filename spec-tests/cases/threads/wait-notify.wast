;; Threads that wait, and the script that notifies them.

(module $Queue
  (memory (export "memory") 1 1 shared)
  ;; Waits until so many threads have come, then wakes so many.
  (func (export "notify") (param $come i32) (param $many i32) (result i32)
    (loop $early (br_if $early (i32.lt_u (i32.atomic.load (i32.const 4)) (local.get $come))))
    (memory.atomic.notify (i32.const 0) (local.get $many)))
  ;; Notifies until it has woken one.
  (func (export "wake") (loop $nobody (br_if $nobody (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const 1))))))
  (func (export "nobody") (result i32) (memory.atomic.notify (i32.const 0) (i32.const -1)))
  (func (export "set") (param i32) (i32.atomic.store (i32.const 0) (local.get 0))))

(thread $T1 (shared (module $Queue))
  (register "queue" $Queue)
  (module
    (memory (import "queue" "memory") 1 1 shared)
    (func (export "wait") (result i32)
      (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))

(thread $T2 (shared (module $Queue))
  (register "queue" $Queue)
  (module
    (memory (import "queue" "memory") 1 1 shared)
    (func (export "wait") (param i64) (result i32)
      (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
      ;; The same address, though as a number of 64 bits.
      (memory.atomic.wait64 (i32.const 0) (local.get 0) (i64.const -1))))
  ;; What is there is 0 in the low half, and the count above.
  (assert_return (invoke "wait" (i64.const -1)) (i32.const 1))
  (assert_return (invoke "wait" (i64.const 0)) (i32.const 1)))

(invoke "wake")
(wait $T1)
(wait $T2)
(assert_return (invoke "notify" (i32.const 3) (i32.const -1)) (i32.const 0))

;; Three that wait, woken by one call or by several.
(thread $T3 (shared (module $Queue))
  (register "queue" $Queue)
  (module
    (memory (import "queue" "memory") 1 1 shared)
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0))
  (assert_return (invoke "wait") (i32.const 0)))
(thread $T4 (shared (module $Queue))
  (register "queue" $Queue)
  (module
    (memory (import "queue" "memory") 1 1 shared)
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))
(invoke "wake")
(invoke "wake")
(invoke "wake")
(wait $T3)
(wait $T4)
(assert_return (invoke "nobody") (i32.const 0))

;; The value has changed: nobody waits.
(invoke "set" (i32.const 1))
(thread $T5 (shared (module $Queue))
  (register "queue" $Queue)
  (module
    (memory (import "queue" "memory") 1 1 shared)
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 1)))
(wait $T5)
