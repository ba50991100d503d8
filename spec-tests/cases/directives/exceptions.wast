;; engine: wasmtime:cranelift
;; Exceptions that nothing catches.

(module
  (tag $e (param i32))
  (func (export "throw") (param i32) (throw $e (local.get 0)))
  (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $e $h) (throw $e (i32.const 7))) (i32.const 0)))
  (func (export "trap") unreachable))

(assert_exception (invoke "throw" (i32.const 1)))
(assert_return (invoke "catch") (i32.const 7))
(assert_exception (invoke "catch")) ;; fails: should throw an exception; it returned [7]
(assert_exception (invoke "trap")) ;; fails: should throw an exception; it trapped: unreachable
(assert_return (invoke "throw" (i32.const 1))) ;; fails: it threw an exception that nothing caught
(assert_trap (invoke "throw" (i32.const 1)) "unreachable") ;; fails: it threw
;; The engine goes on.
(assert_return (invoke "catch") (i32.const 7))

;; So does a start function's.
(assert_exception (module (tag $e) (func $f (throw $e)) (start $f)))
