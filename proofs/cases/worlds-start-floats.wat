;; The pair of worlds-start-choice.wat: a start function that could have chosen and had nothing to choose.
(module
  (global $fixed (mut i32) (i32.const -1))
  (start $begin)
  (func $begin
    (global.set $fixed (i32.reinterpret_f32 (f32.div (f32.const 1) (f32.const 2)))))
  (func (export "quotient") (param f32 f32) (result f32) (f32.div (local.get 0) (local.get 1)))
  (func (export "refuted: after floats that chose nothing")
    (if (i32.gt_s (global.get $fixed) (i32.const 0)) (then (unreachable)))))
