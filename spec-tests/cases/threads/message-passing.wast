;; Message passing: who has seen the flag sees what was written before it.

(module $Mem (memory (export "memory") 1 1 shared))

(thread $Sender (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "memory") 1 1 shared)
    (func (export "send")
      (i32.store (i32.const 4) (i32.const 42))
      (i32.atomic.store (i32.const 0) (i32.const 1))))
  (invoke "send"))

(thread $Receiver (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "memory") 1 1 shared)
    (func (export "look") (result i32)
      ;; The message, or that there is none yet.
      (if (result i32) (i32.atomic.load (i32.const 0))
        (then (i32.load (i32.const 4)))
        (else (i32.const -1))))
    (func (export "spin") (result i32)
      (loop (br_if 0 (i32.eqz (i32.atomic.load (i32.const 0)))))
      (i32.load (i32.const 4))))
  (assert_return (invoke "look") (either (i32.const -1) (i32.const 42)))
  (assert_return (invoke "spin") (i32.const 42))
  (assert_return (invoke "look") (i32.const 42)))

(wait $Sender)
(wait $Receiver)
