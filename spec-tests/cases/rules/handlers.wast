;; Handlers that a branch or a return goes through, and a reference to no exception: no official test reaches them.

(module
  (tag $e)
  (func (export "br") (result i32)
    (block $l (result i32)
      (block $all (try_table (catch_all $all) (br $l (i32.const 1))))
      (i32.const 2)))
  (func (export "return") (result i32)
    (block $l (try_table (catch_all $l) (return (i32.const 3))))
    (i32.const 4))
  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "throw") (result i32)
    (block $l (try_table (catch_all $l) (throw $e)))
    (i32.const 5)))

(assert_return (invoke "br") (i32.const 1))
(assert_return (invoke "return") (i32.const 3))
(assert_trap (invoke "null") "null exception reference")
(assert_return (invoke "throw") (i32.const 5))
