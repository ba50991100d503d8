;; Base64 of one block of 48 bytes, in a memory of its own.
;;
;;   0    the 64 digits
;;   64   the 64 digits of the result
;;   128  and on: whatever the host wants encoded
;;
;; `encode` takes the address of a block and gives the length of the result, or -1 if that is no address of a block. A
;; block has a fixed size, so that the loop has a fixed end; addresses are checked; a digit is looked up behind a mask.
(module
  (memory (export "memory") 1 1)
  (data (i32.const 0) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

  (func $digit (param $bits i32) (param $shift i32) (result i32)
    (i32.load8_u (i32.and (i32.shr_u (local.get $bits) (local.get $shift)) (i32.const 63))))

  (func (export "encode") (param $src i32) (result i32)
    (local $out i32) (local $bits i32)
    ;; From 128 to 65536 - 48, in one comparison: what is less than 128 wraps around to a great number.
    (if (i32.gt_u (i32.sub (local.get $src) (i32.const 128)) (i32.const 65360))
      (then (return (i32.const -1))))
    (loop $group
      (local.set $bits
        (i32.or
          (i32.or
            (i32.shl (i32.load8_u (local.get $src)) (i32.const 16))
            (i32.shl (i32.load8_u offset=1 (local.get $src)) (i32.const 8)))
          (i32.load8_u offset=2 (local.get $src))))
      (i32.store8 offset=64 (local.get $out) (call $digit (local.get $bits) (i32.const 18)))
      (i32.store8 offset=65 (local.get $out) (call $digit (local.get $bits) (i32.const 12)))
      (i32.store8 offset=66 (local.get $out) (call $digit (local.get $bits) (i32.const 6)))
      (i32.store8 offset=67 (local.get $out) (call $digit (local.get $bits) (i32.const 0)))
      (local.set $src (i32.add (local.get $src) (i32.const 3)))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (br_if $group (i32.lt_u (local.get $out) (i32.const 64))))
    (i32.const 64)))
