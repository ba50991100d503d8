;; A notification comes before anybody waits, and is lost: a timeout saves who waits, unless there is none.

(module $Mem
  (memory (export "memory") 1 1 shared)
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1))))

(assert_return (invoke "notify") (i32.const 0))

(thread $Late (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "memory") 1 1 shared)
    (func (export "wait") (param i64) (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0))))
  (assert_return (invoke "wait" (i64.const 10)) (i32.const 2))
  (assert_exhaustion (invoke "wait" (i64.const -1)) "waits for ever"))

(wait $Late)
