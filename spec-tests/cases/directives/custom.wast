;; Custom sections: this runner reads them, since no engine must.

;; A name section in the binary format: function 0 is "f".
(module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\04\01\02\00\0b" "\00\0b\04name" "\01\04\01\00\01f")
;; Its names are no UTF-8, it ends early, a function is named twice: to an engine, all the same.
(module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\04\01\02\00\0b" "\00\0b\04name" "\01\04\01\00\01\ff")
(assert_malformed_custom
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\04\01\02\00\0b" "\00\0b\04name" "\01\04\01\00\01\ff")
  "malformed UTF-8 encoding")
(assert_malformed_custom (module binary "\00asm\01\00\00\00" "\00\08\04name" "\00\05\01") "unexpected end")
(assert_malformed_custom (module binary "\00asm\01\00\00\00" "\00\07\04name" "\00\01") "unexpected end")
(assert_malformed_custom
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
    "\00\0e\04name" "\01\07\02\00\01f\00\01f")
  "duplicate")
;; Subsections out of order; a second section; a section in front of others.
(assert_malformed_custom
  (module binary "\00asm\01\00\00\00" "\00\0c\04name" "\04\01\00" "\00\02\01m") "subsection out of order")
(assert_malformed_custom
  (module binary "\00asm\01\00\00\00" "\00\05\04name" "\00\05\04name") "duplicate name section")
(assert_malformed_custom
  (module binary "\00asm\01\00\00\00" "\00\05\04name" "\01\04\01\60\00\00") "misplaced name section")

;; Names of what isn't there.
(assert_invalid_custom
  (module binary "\00asm\01\00\00\00" "\00\0b\04name" "\01\04\01\00\01f") "invalid function index")
(assert_invalid_custom
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\00\0b\04name" "\04\04\01\01\01t") "invalid type index")

;; Well-formed isn't malformed, malformed isn't invalid, and what is wrong with the rest of a module isn't in a section.
(assert_malformed_custom (module binary "\00asm\01\00\00\00" "\00\09\04name" "\00\02\01m") "any") ;; fails: it has only valid ones
(assert_invalid_custom (module binary "\00asm\01\00\00\00" "\00\09\04name" "\00\02\01m") "any") ;; fails: it has only valid ones
(assert_invalid_custom (module binary "\00asm\01\00\00\00" "\00\07\04name" "\00\01") "any") ;; fails: it has a malformed one
(assert_malformed_custom (module binary "\00asm\01\00\00\00" "\00\0b\04name" "\01\04\01\00\01f") "any") ;; fails: it has an invalid one
(assert_invalid_custom (module (func (result i32))) "any") ;; fails: it invalid: type mismatch
(assert_malformed_custom (module binary "\00asm\01") "any") ;; fails: it malformed
;; Sections that nobody has specified can't be wrong.
(assert_malformed_custom (module binary "\00asm\01\00\00\00" "\00\05\04mine") "any") ;; fails: it has only valid ones

;; Annotations are malformed where the text without them isn't.
(module quote "(@custom \"mine\" \"data\") (func)")
(assert_malformed_custom (module quote "(@custom)") "@custom annotation: missing section name")
(assert_malformed_custom (module quote "(@custom 4)") "@custom annotation: missing section name")
(assert_malformed_custom (module quote "(@custom \"mine\" (nowhere))") "@custom annotation: malformed placement")
(assert_malformed_custom (module quote "(func (@custom)") "any") ;; fails: it is malformed itself
(assert_malformed_custom (module quote "(func (@nobody knows) )") "any") ;; fails: it has only valid ones

;; Branch hints.
(module (func (param i32) (@metadata.code.branch_hint "\01") (if (local.get 0) (then))))
(assert_malformed_custom
  (module quote "(func (param i32) (@metadata.code.branch_hint \"\\02\") (if (local.get 0) (then)))") "invalid value")
(assert_invalid_custom
  (module quote "(func (@metadata.code.branch_hint \"\\01\") (nop))") "@metadata.code.branch_hint annotation: invalid target")
