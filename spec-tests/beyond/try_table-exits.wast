;; Leaving the instructions of try_table otherwise than by their end: Step_pure/br-handler, Step_pure/return-handler,
;; Step_read/return_call_ref-handler, Step_read/throw_ref-null, and what is caught after.

(module
  (tag $e)
  (tag $v (param i32 i64))
  (type $to-i32 (func (result i32)))

  (func (export "br") (result i32)
    (block $l (result i32)
      (block $all (try_table (catch_all $all) (br $l (i32.const 1))))
      (i32.const 2)))
  (func (export "br_if") (param i32) (result i32)
    (block $l (result i32)
      (block $all
        (try_table (catch_all $all) (drop (br_if $l (i32.const 1) (local.get 0)))))
      (i32.const 2)))
  (func (export "br_table") (param i32) (result i32)
    (block $c
      (block $b
        (block $a
          (block $all
            (try_table (catch_all $all)
              (try_table (catch $e $all) (br_table $a $b $c (local.get 0))))))
        (return (i32.const 10)))
      (return (i32.const 11)))
    (i32.const 12))
  (func (export "br-own-label") (result i32)
    (block $all
      (return (try_table $t (result i32) (catch_all $all) (br $t (i32.const 3)) (throw $e))))
    (i32.const 4))
  (func (export "return") (result i32)
    (block $all (try_table (catch_all $all) (return (i32.const 5))))
    (i32.const 6))
  (func (export "return-nested") (result i32)
    (block $all
      (try_table (catch_all $all)
        (loop $again (try_table (catch $e $all) (block (return (i32.const 7)))))))
    (i32.const 8))

  ;; A tail call leaves the handlers: what its callee throws isn't caught here.
  (func $throws (result i32) (throw $e))
  (func $tail (result i32)
    (block $all (try_table (catch_all $all) (return_call $throws)))
    (i32.const 9))
  (func (export "return_call") (result i32)
    (block $all (return (try_table (result i32) (catch_all $all) (call $tail))))
    (i32.const 20))
  (elem declare func $throws)
  (func $tail-ref (result i32)
    (block $all (try_table (catch_all $all) (return_call_ref $to-i32 (ref.func $throws))))
    (i32.const 9))
  (func (export "return_call_ref") (result i32)
    (block $all (return (try_table (result i32) (catch_all $all) (call $tail-ref))))
    (i32.const 21))

  ;; Handlers that have been left catch nothing more.
  (func (export "after-end") (result i32)
    (block $outer
      (try_table (catch_all $outer)
        (block $inner (try_table (catch_all $inner) (nop)))
        (throw $e))
      (return (i32.const 30)))
    (i32.const 31))
  (func (export "after-br") (result i32)
    (block $outer
      (try_table (catch_all $outer)
        (block $l (block $inner (try_table (catch_all $inner) (br $l)) (return (i32.const 32))))
        (throw $e)))
    (i32.const 33))
  ;; A loop that goes through a handler, many times.
  (func (export "loop") (param i32) (result i32)
    (local $caught i32)
    (loop $again
      (block $all
        (try_table (catch $e $all)
          (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $again (local.get 0))
          (return (local.get $caught))))
      (local.set $caught (i32.add (local.get $caught) (i32.const 1)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (local.get $caught))

  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "null-caught") (result i32)
    (block $all (try_table (catch_all $all) (throw_ref (ref.null exn))))
    (i32.const 40))

  ;; The first clause that fits catches, whatever stands behind it.
  (func (export "first") (result i32)
    (block $all
      (block $tag (try_table (catch_all $all) (catch $e $tag) (throw $e)))
      (return (i32.const 50)))
    (i32.const 51))
  ;; The payload, with the reference behind it, which throws the same exception again.
  (func (export "payload") (param i32 i64) (result i32 i64)
    (block $again (result i32 i64)
      (try_table (catch $v $again)
        (block $ref (result i32 i64 exnref)
          (try_table (catch_ref $v $ref) (throw $v (local.get 0) (local.get 1)))
          (unreachable))
        (throw_ref))
      (unreachable)))
  ;; Locals keep what they were set to before the exception.
  (func (export "locals") (result i32)
    (local i32)
    (block $all
      (try_table (catch_all $all)
        (local.set 0 (i32.const 60))
        (throw $e)))
    (local.get 0)))

(assert_return (invoke "br") (i32.const 1))
(assert_return (invoke "br_if" (i32.const 0)) (i32.const 2))
(assert_return (invoke "br_if" (i32.const 1)) (i32.const 1))
(assert_return (invoke "br_table" (i32.const 0)) (i32.const 10))
(assert_return (invoke "br_table" (i32.const 1)) (i32.const 11))
(assert_return (invoke "br_table" (i32.const 2)) (i32.const 12))
(assert_return (invoke "br_table" (i32.const -1)) (i32.const 12))
(assert_return (invoke "br-own-label") (i32.const 3))
(assert_return (invoke "return") (i32.const 5))
(assert_return (invoke "return-nested") (i32.const 7))
(assert_return (invoke "return_call") (i32.const 20))
(assert_return (invoke "return_call_ref") (i32.const 21))
(assert_return (invoke "after-end") (i32.const 31))
(assert_return (invoke "after-br") (i32.const 33))
(assert_return (invoke "loop" (i32.const 1000)) (i32.const 500))
(assert_trap (invoke "null") "null exception reference")
(assert_trap (invoke "null-caught") "null exception reference")
(assert_return (invoke "first") (i32.const 51))
(assert_return (invoke "payload" (i32.const 3) (i64.const -4)) (i32.const 3) (i64.const -4))
(assert_return (invoke "locals") (i32.const 60))
