;; Store buffering: each thread writes, then reads what the other one writes. Whoever reads last sees the other's write.

(module $Mem (memory (export "memory") 1 1 shared))

(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "memory") 1 1 shared)
    (func (export "run")
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (i32.store (i32.const 8) (i32.atomic.load (i32.const 4)))))
  (invoke "run"))

(thread $T2 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "memory") 1 1 shared)
    (func (export "run")
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (i32.store (i32.const 12) (i32.atomic.load (i32.const 0)))))
  (invoke "run"))

(wait $T1)
(wait $T2)

(register "mem" $Mem)
(module
  (memory (import "mem" "memory") 1 1 shared)
  (func (export "sum") (result i32) (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12)))))
(assert_return (invoke "sum") (either (i32.const 1) (i32.const 2)))
