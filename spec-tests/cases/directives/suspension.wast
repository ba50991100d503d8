;; Stack switching isn't in 3.0, and isn't run.

(module (func (export "f")))
(assert_suspension (invoke "f") "unhandled tag") ;; unsupported: stack switching
