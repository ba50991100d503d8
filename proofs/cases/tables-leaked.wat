;; A segment in an imported table can be called by the outside before the instance is complete, and if it never is.
(module
  (type $unary (func (param i32) (result i32)))
  (import "host" "t" (table $imported 2 funcref))
  (memory 1)
  (table $own 2 funcref)
  (elem (table $imported) (i32.const 0) func $leaked)
  (elem (table $own) (i32.const 0) func $low $low)
  (func $low (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 255))))
  (func $leaked (param i32) (result i32) (call_indirect $own (type $unary) (local.get 0) (i32.const 0)))
  (func (export "unknown: through a table that may be half filled") (result i32)
    (call_indirect $own (type $unary) (i32.const 1) (i32.const 0)))
  (func (export "proved: the imported table's least length") (result funcref) (table.get $imported (i32.const 1)))
  (func (export "refuted: beyond that") (result funcref) (table.get $imported (i32.const 2))))
