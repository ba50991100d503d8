;; Threads, in an engine that hasn't any: nothing that depends on one passes.

(module $Mem (memory (export "memory") 1))

(thread $T1 (shared (module $Mem)) ;; unsupported: threads
  (register "mem" $Mem) ;; unsupported: threads
  (module ;; unsupported: threads
    (memory (import "mem" "memory") 1)
    (func (export "store") (i32.store (i32.const 0) (i32.const 42))))
  (invoke "store") ;; unsupported: threads
  (assert_return (invoke "store"))) ;; unsupported: threads

(wait $T1) ;; unsupported: threads
(wait $T2) ;; fails: there is no thread $T2 before this

;; What stands in a thread is the thread's.
(assert_return (invoke "store")) ;; fails: no function is exported as "store"
(module (func (export "f") (result i32) (i32.const 3)))
(assert_return (invoke "f") (i32.const 3))
