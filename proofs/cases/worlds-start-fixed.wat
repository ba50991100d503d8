;; The pair of worlds-start-choice.wat: a start function with nothing to choose.
(module
  (global $fixed (mut i32) (i32.const -1))
  (start $begin)
  (func $begin (global.set $fixed (i32.const 3)))
  (func (export "refuted: after the start function")
    (if (i32.gt_s (global.get $fixed) (i32.const 0)) (then (unreachable)))))
