;; Instantiation that traps: what its earlier segments wrote into what it imports stays, in their order, and references
;; that it left there can be called although there is no instance.

(module $host
  (memory (export "memory") 1)
  (table (export "table") 4 funcref)
  (global (export "global") (mut i32) (i32.const 0))
  (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "get") (result i32) (global.get 0)))
(register "host")

;; The second segment is out of bounds; the third isn't reached.
(assert_trap
  (module
    (memory (import "host" "memory") 1)
    (data (i32.const 0) "\01")
    (data (i32.const 65535) "\02\03")
    (data (i32.const 1) "\04"))
  "out of bounds memory access")
(assert_return (invoke $host "read" (i32.const 0)) (i32.const 1))
(assert_return (invoke $host "read" (i32.const 1)) (i32.const 0))
(assert_return (invoke $host "read" (i32.const 65535)) (i32.const 0))

;; Elements come before data: the function that was put into the table is there, and has its instance's memory.
(assert_trap
  (module
    (table (import "host" "table") 4 funcref)
    (memory (import "host" "memory") 1)
    (memory $own 1)
    (data (memory $own) (i32.const 0) "\2a")
    (func $f (result i32) (i32.load8_u $own (i32.const 0)))
    (elem (i32.const 1) $f)
    (data (i32.const 65536) "\05"))
  "out of bounds memory access")
(assert_return (invoke $host "call" (i32.const 1)) (i32.const 42))

;; A segment of elements that traps: the one before has been written, data hasn't.
(assert_trap
  (module
    (table (import "host" "table") 4 funcref)
    (memory (import "host" "memory") 1)
    (func $f (result i32) (i32.const 43))
    (elem (i32.const 2) $f)
    (elem (i32.const 3) $f $f)
    (data (i32.const 0) "\06"))
  "out of bounds table access")
(assert_return (invoke $host "call" (i32.const 2)) (i32.const 43))
(assert_trap (invoke $host "call" (i32.const 3)) "uninitialized element")
(assert_return (invoke $host "read" (i32.const 0)) (i32.const 1))

;; The start function traps after it has written.
(assert_trap
  (module
    (memory (import "host" "memory") 1)
    (global $g (import "host" "global") (mut i32))
    (func $start
      (i32.store8 (i32.const 7) (i32.const 8))
      (global.set $g (i32.const 9))
      (unreachable))
    (start $start))
  "unreachable")
(assert_return (invoke $host "read" (i32.const 7)) (i32.const 8))
(assert_return (invoke $host "get") (i32.const 9))

;; Segments of no length at the end, and one further.
(module
  (memory (import "host" "memory") 1)
  (table (import "host" "table") 4 funcref)
  (data (i32.const 65536) "")
  (elem (i32.const 4)))
(assert_trap (module (memory (import "host" "memory") 1) (data (i32.const 65537) "")) "out of bounds memory access")
(assert_trap (module (table (import "host" "table") 4 funcref) (elem (i32.const 5))) "out of bounds table access")
;; Offsets are unsigned.
(assert_trap (module (memory (import "host" "memory") 1) (data (i32.const -1) "\01")) "out of bounds memory access")

;; An active segment is dropped once it has been written.
(module
  (memory 1)
  (table 2 funcref)
  (func $f)
  (data $d (i32.const 0) "\01")
  (elem $e (i32.const 0) $f)
  (func (export "data") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "elem") (param i32) (table.init $e (i32.const 0) (i32.const 0) (local.get 0))))
(assert_return (invoke "data" (i32.const 0)))
(assert_trap (invoke "data" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "elem" (i32.const 0)))
(assert_trap (invoke "elem" (i32.const 1)) "out of bounds table access")
