;; What the start function chose is a choice, too: the sign of 0/0 may be either.
(module
  (global $chosen (mut i32) (i32.const -1))
  (start $begin)
  (func $begin
    (global.set $chosen (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))))
  (func (export "unknown: only if a NaN is positive")
    (if (i32.gt_s (global.get $chosen) (i32.const 0)) (then (unreachable)))))
