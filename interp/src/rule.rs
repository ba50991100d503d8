//! The rules of the standard by name (chapter 4), so that each step of a run can name the one that it is an instance
//! of.
//!
//! The list is spec/rules.txt's and then spec/proposals.txt's; a test holds them against each other.

/// An enumeration of rules, with their names in the standard's sources.
macro_rules! rules {
    ($(#[$doc:meta])* $($Name:ident $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(
                #[doc = concat!("`", $text, "`")]
                $Name,
            )*
        }

        impl Rule {
            /// All rules, in the order of the standard's sources; those of proposals last.
            pub const ALL: &'static [Rule] = &[$(Rule::$Name),*];

            /// The name in the standard's SpecTec sources, as relation and rule.
            pub fn name(self) -> &'static str {
                match self {
                    $(Rule::$Name => $text,)*
                }
            }
        }

        impl std::fmt::Display for Rule {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use rules;

rules! {
    /// A reduction rule (4.6): `BrIfTrue` is `Step_pure/br_if-true`.
    StepPure "Step/pure";
    StepRead "Step/read";
    StepsRefl "Steps/refl";
    StepsTrans "Steps/trans";
    CtxtInstrs "Step/ctxt-instrs";
    CtxtLabel "Step/ctxt-label";
    CtxtHandler "Step/ctxt-handler";
    CtxtFrame "Step/ctxt-frame";
    Unreachable "Step_pure/unreachable";
    Nop "Step_pure/nop";
    Drop "Step_pure/drop";
    SelectTrue "Step_pure/select-true";
    SelectFalse "Step_pure/select-false";
    Block "Step_read/block";
    Loop "Step_read/loop";
    IfTrue "Step_pure/if-true";
    IfFalse "Step_pure/if-false";
    LabelVals "Step_pure/label-vals";
    BrLabelZero "Step_pure/br-label-zero";
    BrLabelSucc "Step_pure/br-label-succ";
    BrHandler "Step_pure/br-handler";
    BrIfTrue "Step_pure/br_if-true";
    BrIfFalse "Step_pure/br_if-false";
    BrTableLt "Step_pure/br_table-lt";
    BrTableGe "Step_pure/br_table-ge";
    BrOnNullNull "Step_pure/br_on_null-null";
    BrOnNullAddr "Step_pure/br_on_null-addr";
    BrOnNonNullNull "Step_pure/br_on_non_null-null";
    BrOnNonNullAddr "Step_pure/br_on_non_null-addr";
    BrOnCastSucceed "Step_read/br_on_cast-succeed";
    BrOnCastFail "Step_read/br_on_cast-fail";
    BrOnCastFailSucceed "Step_read/br_on_cast_fail-succeed";
    BrOnCastFailFail "Step_read/br_on_cast_fail-fail";
    Call "Step_read/call";
    CallRefNull "Step_read/call_ref-null";
    CallRefFunc "Step_read/call_ref-func";
    ReturnCall "Step_read/return_call";
    ReturnCallRefLabel "Step_read/return_call_ref-label";
    ReturnCallRefHandler "Step_read/return_call_ref-handler";
    ReturnCallRefFrameNull "Step_read/return_call_ref-frame-null";
    ReturnCallRefFrameAddr "Step_read/return_call_ref-frame-addr";
    CallIndirect "Step_pure/call_indirect";
    ReturnCallIndirect "Step_pure/return_call_indirect";
    FrameVals "Step_pure/frame-vals";
    ReturnFrame "Step_pure/return-frame";
    ReturnLabel "Step_pure/return-label";
    ReturnHandler "Step_pure/return-handler";
    Throw "Step/throw";
    ThrowRefNull "Step_read/throw_ref-null";
    ThrowRefInstrs "Step_read/throw_ref-instrs";
    ThrowRefLabel "Step_read/throw_ref-label";
    ThrowRefFrame "Step_read/throw_ref-frame";
    ThrowRefHandlerEmpty "Step_read/throw_ref-handler-empty";
    ThrowRefHandlerCatch "Step_read/throw_ref-handler-catch";
    ThrowRefHandlerCatchRef "Step_read/throw_ref-handler-catch_ref";
    ThrowRefHandlerCatchAll "Step_read/throw_ref-handler-catch_all";
    ThrowRefHandlerCatchAllRef "Step_read/throw_ref-handler-catch_all_ref";
    ThrowRefHandlerNext "Step_read/throw_ref-handler-next";
    TryTable "Step_read/try_table";
    HandlerVals "Step_pure/handler-vals";
    TrapInstrs "Step_pure/trap-instrs";
    TrapLabel "Step_pure/trap-label";
    TrapHandler "Step_pure/trap-handler";
    TrapFrame "Step_pure/trap-frame";
    LocalGet "Step_read/local.get";
    LocalSet "Step/local.set";
    LocalTee "Step_pure/local.tee";
    GlobalGet "Step_read/global.get";
    GlobalSet "Step/global.set";
    TableGetOob "Step_read/table.get-oob";
    TableGetVal "Step_read/table.get-val";
    TableSetOob "Step/table.set-oob";
    TableSetVal "Step/table.set-val";
    TableSize "Step_read/table.size";
    TableGrowSucceed "Step/table.grow-succeed";
    TableGrowFail "Step/table.grow-fail";
    TableFillOob "Step_read/table.fill-oob";
    TableFillZero "Step_read/table.fill-zero";
    TableFillSucc "Step_read/table.fill-succ";
    TableCopyOob "Step_read/table.copy-oob";
    TableCopyZero "Step_read/table.copy-zero";
    TableCopyLe "Step_read/table.copy-le";
    TableCopyGt "Step_read/table.copy-gt";
    TableInitOob "Step_read/table.init-oob";
    TableInitZero "Step_read/table.init-zero";
    TableInitSucc "Step_read/table.init-succ";
    ElemDrop "Step/elem.drop";
    LoadNumOob "Step_read/load-num-oob";
    LoadNumVal "Step_read/load-num-val";
    LoadPackOob "Step_read/load-pack-oob";
    LoadPackVal "Step_read/load-pack-val";
    VloadOob "Step_read/vload-oob";
    VloadVal "Step_read/vload-val";
    VloadPackOob "Step_read/vload-pack-oob";
    VloadPackVal "Step_read/vload-pack-val";
    VloadSplatOob "Step_read/vload-splat-oob";
    VloadSplatVal "Step_read/vload-splat-val";
    VloadZeroOob "Step_read/vload-zero-oob";
    VloadZeroVal "Step_read/vload-zero-val";
    VloadLaneOob "Step_read/vload_lane-oob";
    VloadLaneVal "Step_read/vload_lane-val";
    StoreNumOob "Step/store-num-oob";
    StoreNumVal "Step/store-num-val";
    StorePackOob "Step/store-pack-oob";
    StorePackVal "Step/store-pack-val";
    VstoreOob "Step/vstore-oob";
    VstoreVal "Step/vstore-val";
    VstoreLaneOob "Step/vstore_lane-oob";
    VstoreLaneVal "Step/vstore_lane-val";
    MemorySize "Step_read/memory.size";
    MemoryGrowSucceed "Step/memory.grow-succeed";
    MemoryGrowFail "Step/memory.grow-fail";
    MemoryFillOob "Step_read/memory.fill-oob";
    MemoryFillZero "Step_read/memory.fill-zero";
    MemoryFillSucc "Step_read/memory.fill-succ";
    MemoryCopyOob "Step_read/memory.copy-oob";
    MemoryCopyZero "Step_read/memory.copy-zero";
    MemoryCopyLe "Step_read/memory.copy-le";
    MemoryCopyGt "Step_read/memory.copy-gt";
    MemoryInitOob "Step_read/memory.init-oob";
    MemoryInitZero "Step_read/memory.init-zero";
    MemoryInitSucc "Step_read/memory.init-succ";
    DataDrop "Step/data.drop";
    RefNull "Step_read/ref.null";
    RefFunc "Step_read/ref.func";
    RefI31 "Step_pure/ref.i31";
    RefIsNullTrue "Step_pure/ref.is_null-true";
    RefIsNullFalse "Step_pure/ref.is_null-false";
    RefAsNonNullNull "Step_pure/ref.as_non_null-null";
    RefAsNonNullAddr "Step_pure/ref.as_non_null-addr";
    RefEqNull "Step_pure/ref.eq-null";
    RefEqTrue "Step_pure/ref.eq-true";
    RefEqFalse "Step_pure/ref.eq-false";
    RefTestTrue "Step_read/ref.test-true";
    RefTestFalse "Step_read/ref.test-false";
    RefCastSucceed "Step_read/ref.cast-succeed";
    RefCastFail "Step_read/ref.cast-fail";
    I31GetNull "Step_pure/i31.get-null";
    I31GetNum "Step_pure/i31.get-num";
    StructNew "Step/struct.new";
    StructNewDefault "Step_read/struct.new_default";
    StructGetNull "Step_read/struct.get-null";
    StructGetStruct "Step_read/struct.get-struct";
    StructSetNull "Step/struct.set-null";
    StructSetStruct "Step/struct.set-struct";
    ArrayNew "Step_pure/array.new";
    ArrayNewDefault "Step_read/array.new_default";
    ArrayNewFixed "Step/array.new_fixed";
    ArrayNewElemOob "Step_read/array.new_elem-oob";
    ArrayNewElemAlloc "Step_read/array.new_elem-alloc";
    ArrayNewDataOob "Step_read/array.new_data-oob";
    ArrayNewDataNum "Step_read/array.new_data-num";
    ArrayGetNull "Step_read/array.get-null";
    ArrayGetOob "Step_read/array.get-oob";
    ArrayGetArray "Step_read/array.get-array";
    ArraySetNull "Step/array.set-null";
    ArraySetOob "Step/array.set-oob";
    ArraySetArray "Step/array.set-array";
    ArrayLenNull "Step_read/array.len-null";
    ArrayLenArray "Step_read/array.len-array";
    ArrayFillNull "Step_read/array.fill-null";
    ArrayFillOob "Step_read/array.fill-oob";
    ArrayFillZero "Step_read/array.fill-zero";
    ArrayFillSucc "Step_read/array.fill-succ";
    ArrayCopyNull1 "Step_read/array.copy-null1";
    ArrayCopyNull2 "Step_read/array.copy-null2";
    ArrayCopyOob1 "Step_read/array.copy-oob1";
    ArrayCopyOob2 "Step_read/array.copy-oob2";
    ArrayCopyZero "Step_read/array.copy-zero";
    ArrayCopyLe "Step_read/array.copy-le";
    ArrayCopyGt "Step_read/array.copy-gt";
    ArrayInitElemNull "Step_read/array.init_elem-null";
    ArrayInitElemOob1 "Step_read/array.init_elem-oob1";
    ArrayInitElemOob2 "Step_read/array.init_elem-oob2";
    ArrayInitElemZero "Step_read/array.init_elem-zero";
    ArrayInitElemSucc "Step_read/array.init_elem-succ";
    ArrayInitDataNull "Step_read/array.init_data-null";
    ArrayInitDataOob1 "Step_read/array.init_data-oob1";
    ArrayInitDataOob2 "Step_read/array.init_data-oob2";
    ArrayInitDataZero "Step_read/array.init_data-zero";
    ArrayInitDataNum "Step_read/array.init_data-num";
    ExternConvertAnyNull "Step_pure/extern.convert_any-null";
    ExternConvertAnyAddr "Step_pure/extern.convert_any-addr";
    AnyConvertExternNull "Step_pure/any.convert_extern-null";
    AnyConvertExternAddr "Step_pure/any.convert_extern-addr";
    UnopVal "Step_pure/unop-val";
    UnopTrap "Step_pure/unop-trap";
    BinopVal "Step_pure/binop-val";
    BinopTrap "Step_pure/binop-trap";
    Testop "Step_pure/testop";
    Relop "Step_pure/relop";
    CvtopVal "Step_pure/cvtop-val";
    CvtopTrap "Step_pure/cvtop-trap";
    Vvunop "Step_pure/vvunop";
    Vvbinop "Step_pure/vvbinop";
    Vvternop "Step_pure/vvternop";
    Vvtestop "Step_pure/vvtestop";
    VunopVal "Step_pure/vunop-val";
    VunopTrap "Step_pure/vunop-trap";
    VbinopVal "Step_pure/vbinop-val";
    VbinopTrap "Step_pure/vbinop-trap";
    VternopVal "Step_pure/vternop-val";
    VternopTrap "Step_pure/vternop-trap";
    Vtestop "Step_pure/vtestop";
    Vrelop "Step_pure/vrelop";
    Vshiftop "Step_pure/vshiftop";
    Vbitmask "Step_pure/vbitmask";
    Vswizzlop "Step_pure/vswizzlop";
    Vshuffle "Step_pure/vshuffle";
    Vsplat "Step_pure/vsplat";
    VextractLaneNum "Step_pure/vextract_lane-num";
    VextractLanePack "Step_pure/vextract_lane-pack";
    VreplaceLane "Step_pure/vreplace_lane";
    Vextunop "Step_pure/vextunop";
    Vextbinop "Step_pure/vextbinop";
    Vextternop "Step_pure/vextternop";
    Vnarrow "Step_pure/vnarrow";
    Vcvtop "Step_pure/vcvtop";
    EvalExpr "Eval_expr";
    // Of proposals.
    Wideop "Step_pure/wideop";
    Extwideop "Step_pure/extwideop";
    AtomicFence "Step_pure/atomic.fence";
    AtomicLoadNumUnaligned "Step_read/atomic.load-num-unaligned";
    AtomicLoadNumOob "Step_read/atomic.load-num-oob";
    AtomicLoadNumVal "Step_read/atomic.load-num-val";
    AtomicLoadPackUnaligned "Step_read/atomic.load-pack-unaligned";
    AtomicLoadPackOob "Step_read/atomic.load-pack-oob";
    AtomicLoadPackVal "Step_read/atomic.load-pack-val";
    AtomicStoreNumUnaligned "Step/atomic.store-num-unaligned";
    AtomicStoreNumOob "Step/atomic.store-num-oob";
    AtomicStoreNumVal "Step/atomic.store-num-val";
    AtomicStorePackUnaligned "Step/atomic.store-pack-unaligned";
    AtomicStorePackOob "Step/atomic.store-pack-oob";
    AtomicStorePackVal "Step/atomic.store-pack-val";
    AtomicRmwNumUnaligned "Step/atomic.rmw-num-unaligned";
    AtomicRmwNumOob "Step/atomic.rmw-num-oob";
    AtomicRmwNumVal "Step/atomic.rmw-num-val";
    AtomicRmwPackUnaligned "Step/atomic.rmw-pack-unaligned";
    AtomicRmwPackOob "Step/atomic.rmw-pack-oob";
    AtomicRmwPackVal "Step/atomic.rmw-pack-val";
    AtomicCmpxchgNumUnaligned "Step/atomic.cmpxchg-num-unaligned";
    AtomicCmpxchgNumOob "Step/atomic.cmpxchg-num-oob";
    AtomicCmpxchgNumEq "Step/atomic.cmpxchg-num-eq";
    AtomicCmpxchgNumNe "Step/atomic.cmpxchg-num-ne";
    AtomicCmpxchgPackUnaligned "Step/atomic.cmpxchg-pack-unaligned";
    AtomicCmpxchgPackOob "Step/atomic.cmpxchg-pack-oob";
    AtomicCmpxchgPackEq "Step/atomic.cmpxchg-pack-eq";
    AtomicCmpxchgPackNe "Step/atomic.cmpxchg-pack-ne";
    MemoryAtomicWaitUnaligned "Step_read/memory.atomic.wait-unaligned";
    MemoryAtomicWaitOob "Step_read/memory.atomic.wait-oob";
    MemoryAtomicWaitUnshared "Step_read/memory.atomic.wait-unshared";
    MemoryAtomicWaitNe "Step_read/memory.atomic.wait-ne";
    MemoryAtomicWaitSuspend "Step/memory.atomic.wait-suspend";
    SuspendWoken "Step_pure/suspend-woken";
    SuspendTimeout "Step_read/suspend-timeout";
    MemoryAtomicNotifyUnaligned "Step/memory.atomic.notify-unaligned";
    MemoryAtomicNotifyOob "Step/memory.atomic.notify-oob";
    MemoryAtomicNotifyVal "Step/memory.atomic.notify-val";
}

impl Rule {
    /// Whether it reduces `throw_ref`: a step of an exception's way to its handler.
    pub(crate) fn is_of_throw_ref(self) -> bool {
        (Rule::ThrowRefNull..=Rule::ThrowRefHandlerNext).contains(&self)
    }

    /// Whether it is a step of the way of a trap or an exception out of what is around it, which the flat form has no
    /// operations for.
    pub fn leaves(self) -> bool {
        use Rule::*;
        (TrapInstrs..=TrapFrame).contains(&self) || matches!(self, ThrowRefInstrs | ThrowRefLabel | ThrowRefFrame)
    }

    /// Whether it applies around every step: to find the redex is to apply it, so that no step ends in it.
    pub fn is_contextual(self) -> bool {
        use Rule::*;
        matches!(
            self,
            StepPure | StepRead | StepsRefl | StepsTrans | CtxtInstrs | CtxtLabel | CtxtHandler | CtxtFrame | EvalExpr
        )
    }

    /// Whether a proposal adds it to the rules of the standard.
    pub fn is_of_proposal(self) -> bool {
        self >= Rule::Wideop
    }
}
