;; A spin lock around increments that aren't atomic: none of them is lost.

(module $Counter
  (memory (export "memory") 1 1 shared)
  (func (export "count") (result i32) (i32.load (i32.const 4))))

(thread $T1 (shared (module $Counter))
  (register "counter" $Counter)
  (module
    (memory (import "counter" "memory") 1 1 shared)
    (func (export "increment") (param $n i32)
      (loop $again
        (loop $taken (br_if $taken (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))))
        (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
        (i32.atomic.store (i32.const 0) (i32.const 0))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (invoke "increment" (i32.const 50)))

(thread $T2 (shared (module $Counter))
  (register "counter" $Counter)
  (module
    (memory (import "counter" "memory") 1 1 shared)
    (func (export "increment") (param $n i32)
      (loop $again
        (loop $taken (br_if $taken (i32.atomic.rmw8.xchg_u (i32.const 0) (i32.const 1))))
        (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
        (i32.atomic.store (i32.const 0) (i32.const 0))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (invoke "increment" (i32.const 30)))

(wait $T1)
(wait $T2)
(assert_return (invoke "count") (i32.const 80))
