;; The greatest common divisor, for the walk through a derivation in docs/semantics.md.
(module
  (func $gcd (export "gcd") (param $a i32) (param $b i32) (result i32)
    (if (result i32) (local.get $b)
      (then (call $gcd (local.get $b) (i32.rem_u (local.get $a) (local.get $b))))
      (else (local.get $a))))

  (func (export "divides") (param $a i32) (param $b i32) (result i32)
    (i32.eqz (i32.rem_u (local.get $b) (local.get $a)))))
