;; The second of two scripts: alone it has nothing to import.

(module
  (import "counter" "next" (func $next (result i32)))
  (func (export "next") (result i32) (call $next)))
(assert_return (invoke "next") (i32.const 2))
;; Names are each script's own.
(invoke $Counter "next")
