;; A thread has names of its own: what it registers is nobody else's, and of the script it knows what it shares.

(module $Mem (memory (export "memory") 1 1 shared))
(register "mem" $Mem)

(thread $T1
  (assert_unlinkable (module (memory (import "mem" "memory") 1 1 shared)) "unknown import")
  (module (memory (export "own") 1) (func (export "f") (result i32) (i32.const 1)))
  (register "own")
  (assert_return (invoke "f") (i32.const 1)))

(thread $T2 (shared (module $Mem))
  (assert_unlinkable (module (memory (import "mem" "memory") 1 1 shared)) "unknown import")
  (register "m" $Mem)
  (module
    (import "m" "memory" (memory 1 1 shared))
    (import "spectest" "shared_memory" (memory 1 2 shared))
    (func (export "f") (result i32) (i32.const 2)))
  (assert_return (invoke "f") (i32.const 2))
  (assert_trap (module (import "m" "memory" (memory 1 1 shared)) (func $f unreachable) (start $f)) "unreachable"))

(module (func (export "f") (result i32) (i32.const 0)))
(assert_return (invoke "f") (i32.const 0))
(wait $T2)
(assert_return (invoke "f") (i32.const 0))
(assert_unlinkable (module (memory (import "own" "own") 1)) "unknown import")
(assert_unlinkable (module (memory (import "m" "memory") 1 1 shared)) "unknown import")
;; The first thread, which nobody waits for, runs to its end, too.
