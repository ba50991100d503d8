;; JavaScriptCore doesn't count the blocks in code that is never reached for branches on references:
;; docs/findings/javascriptcore-br-on-null-never-reached.md

(module definition
  (func (unreachable) (block (block (unreachable) (br_on_null 1) (drop)))))
(module definition
  (func (unreachable) (drop (block (result (ref any)) (block (unreachable) (br_on_non_null 1)) (unreachable)))))
(module definition
  (func (unreachable)
    (drop (block (result i31ref) (block (unreachable) (br_on_cast 1 anyref i31ref) (drop)) (unreachable)))))
(module definition
  (func (unreachable)
    (drop (block (result anyref) (block (unreachable) (br_on_cast_fail 1 anyref i31ref) (drop)) (unreachable)))))

;; These it takes.
(module definition
  (func (block (block (unreachable) (br_on_null 1) (drop)))))
(module definition
  (func (unreachable) (block (block (br_if 1 (i32.const 0))))))
