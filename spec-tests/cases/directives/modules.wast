;; Definitions and instances.

(module definition $Counter
  (global $n (mut i32) (i32.const 0))
  (memory (export "memory") 1)
  (func (export "next") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n)))

;; A definition is no instance.
(assert_return (invoke "next") (i32.const 1)) ;; fails: there is no module before this
(assert_return (invoke $Counter "next") (i32.const 1)) ;; fails: there is no module $Counter before this

;; Each instance has its own state.
(module instance $A $Counter)
(module instance $B $Counter)
(assert_return (invoke $A "next") (i32.const 1))
(assert_return (invoke $A "next") (i32.const 2))
(assert_return (invoke $B "next") (i32.const 1))
(assert_return (invoke "next") (i32.const 2))

;; What one instance exports, another definition imports.
(register "a" $A)
(register "b" $B)
(module definition $Importer
  (import "a" "next" (func $a (result i32)))
  (import "b" "next" (func $b (result i32)))
  (func (export "sum") (result i32) (i32.add (call $a) (call $b))))
(module instance $I $Importer)
(assert_return (invoke $I "sum") (i32.const 6))

;; Without names, the last definition is meant, and an instance without one is the last module.
(module definition (func (export "last") (result i32) (i32.const 9)))
(module instance)
(assert_return (invoke "last") (i32.const 9))

;; A module is its own definition.
(module $M (global $g (mut i32) (i32.const 5)) (func (export "get") (result i32) (global.get $g)))
(module instance $N $M)
(assert_return (invoke $N "get") (i32.const 5))

(module definition $Wrong (func (result i32))) ;; fails: invalid: type mismatch
(module instance $W $Wrong) ;; fails: type mismatch
(module instance $X $Nothing) ;; fails: there is no module $Nothing before this
(module definition $Stuck (func $f unreachable) (start $f))
(module instance $S $Stuck) ;; fails: trapped: unreachable
(assert_return (invoke $S "f")) ;; fails: module not instantiated: trapped: unreachable

;; A definition binds what is registered when it is instantiated.
(module definition $Late (import "late" "f" (func)))
(module instance $L $Late) ;; fails: unknown import
(module (func (export "f")))
(register "late")
(module instance $L $Late)
