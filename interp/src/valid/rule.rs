//! The rules of validation (chapter 3) by name, so that each judgement names the rule that it is an instance of, and a
//! refusal the one that didn't hold. Names recur between validation and execution: hence an enumeration of their own.
//!
//! The list is spec/rules.txt's and then spec/proposals.txt's; a test holds them against each other.

use crate::rule::rules;

rules! {
    /// A rule of validation: `InstrOkBrIf` is `Instr_ok/br_if`.
    NumtypeOk "Numtype_ok";
    VectypeOk "Vectype_ok";
    HeaptypeOkAbs "Heaptype_ok/abs";
    HeaptypeOkTypeuse "Heaptype_ok/typeuse";
    HeaptypeOkBot "Heaptype_ok/bot";
    ReftypeOk "Reftype_ok";
    ValtypeOkNum "Valtype_ok/num";
    ValtypeOkVec "Valtype_ok/vec";
    ValtypeOkRef "Valtype_ok/ref";
    ValtypeOkBot "Valtype_ok/bot";
    LocaltypeOk "Localtype_ok";
    ResulttypeOk "Resulttype_ok";
    InstrtypeOk "Instrtype_ok";
    Expand "Expand";
    ExpandUseDeftype "Expand_use/deftype";
    ExpandUseTypeidx "Expand_use/typeidx";
    TypeuseOkTypeidx "Typeuse_ok/typeidx";
    TypeuseOkRec "Typeuse_ok/rec";
    TypeuseOkDeftype "Typeuse_ok/deftype";
    PacktypeOk "Packtype_ok";
    StoragetypeOkVal "Storagetype_ok/val";
    StoragetypeOkPack "Storagetype_ok/pack";
    FieldtypeOk "Fieldtype_ok";
    ComptypeOkStruct "Comptype_ok/struct";
    ComptypeOkArray "Comptype_ok/array";
    ComptypeOkFunc "Comptype_ok/func";
    SubtypeOk "Subtype_ok";
    SubtypeOk2 "Subtype_ok2";
    RectypeOkEmpty "Rectype_ok/empty";
    RectypeOkCons "Rectype_ok/cons";
    RectypeOk2Empty "Rectype_ok2/empty";
    RectypeOk2Cons "Rectype_ok2/cons";
    DeftypeOk "Deftype_ok";
    LimitsOk "Limits_ok";
    TagtypeOk "Tagtype_ok";
    GlobaltypeOk "Globaltype_ok";
    MemtypeOk "Memtype_ok";
    TabletypeOk "Tabletype_ok";
    ExterntypeOkTag "Externtype_ok/tag";
    ExterntypeOkGlobal "Externtype_ok/global";
    ExterntypeOkMem "Externtype_ok/mem";
    ExterntypeOkTable "Externtype_ok/table";
    ExterntypeOkFunc "Externtype_ok/func";
    NumtypeSub "Numtype_sub";
    VectypeSub "Vectype_sub";
    HeaptypeSubRefl "Heaptype_sub/refl";
    HeaptypeSubTrans "Heaptype_sub/trans";
    HeaptypeSubEqAny "Heaptype_sub/eq-any";
    HeaptypeSubI31Eq "Heaptype_sub/i31-eq";
    HeaptypeSubStructEq "Heaptype_sub/struct-eq";
    HeaptypeSubArrayEq "Heaptype_sub/array-eq";
    HeaptypeSubStruct "Heaptype_sub/struct";
    HeaptypeSubArray "Heaptype_sub/array";
    HeaptypeSubFunc "Heaptype_sub/func";
    HeaptypeSubDef "Heaptype_sub/def";
    HeaptypeSubTypeidxL "Heaptype_sub/typeidx-l";
    HeaptypeSubTypeidxR "Heaptype_sub/typeidx-r";
    HeaptypeSubRecStruct "Heaptype_sub/rec-struct";
    HeaptypeSubRecArray "Heaptype_sub/rec-array";
    HeaptypeSubRecFunc "Heaptype_sub/rec-func";
    HeaptypeSubRecSub "Heaptype_sub/rec-sub";
    HeaptypeSubNone "Heaptype_sub/none";
    HeaptypeSubNofunc "Heaptype_sub/nofunc";
    HeaptypeSubNoexn "Heaptype_sub/noexn";
    HeaptypeSubNoextern "Heaptype_sub/noextern";
    HeaptypeSubBot "Heaptype_sub/bot";
    ReftypeSubNonnull "Reftype_sub/nonnull";
    ReftypeSubNull "Reftype_sub/null";
    ValtypeSubNum "Valtype_sub/num";
    ValtypeSubVec "Valtype_sub/vec";
    ValtypeSubRef "Valtype_sub/ref";
    ValtypeSubBot "Valtype_sub/bot";
    ResulttypeSub "Resulttype_sub";
    InstrtypeSub "Instrtype_sub";
    PacktypeSub "Packtype_sub";
    StoragetypeSubVal "Storagetype_sub/val";
    StoragetypeSubPack "Storagetype_sub/pack";
    FieldtypeSubConst "Fieldtype_sub/const";
    FieldtypeSubVar "Fieldtype_sub/var";
    ComptypeSubStruct "Comptype_sub/struct";
    ComptypeSubArray "Comptype_sub/array";
    ComptypeSubFunc "Comptype_sub/func";
    DeftypeSubRefl "Deftype_sub/refl";
    DeftypeSubSuper "Deftype_sub/super";
    LimitsSubMax "Limits_sub/max";
    LimitsSubEps "Limits_sub/eps";
    TagtypeSub "Tagtype_sub";
    GlobaltypeSubConst "Globaltype_sub/const";
    GlobaltypeSubVar "Globaltype_sub/var";
    MemtypeSub "Memtype_sub";
    TabletypeSub "Tabletype_sub";
    ExterntypeSubTag "Externtype_sub/tag";
    ExterntypeSubGlobal "Externtype_sub/global";
    ExterntypeSubMem "Externtype_sub/mem";
    ExterntypeSubTable "Externtype_sub/table";
    ExterntypeSubFunc "Externtype_sub/func";
    InstrOkNop "Instr_ok/nop";
    InstrOkUnreachable "Instr_ok/unreachable";
    InstrOkDrop "Instr_ok/drop";
    InstrOkSelectExpl "Instr_ok/select-expl";
    InstrOkSelectImpl "Instr_ok/select-impl";
    BlocktypeOkValtype "Blocktype_ok/valtype";
    BlocktypeOkTypeidx "Blocktype_ok/typeidx";
    InstrOkBlock "Instr_ok/block";
    InstrOkLoop "Instr_ok/loop";
    InstrOkIf "Instr_ok/if";
    InstrOkBr "Instr_ok/br";
    InstrOkBrIf "Instr_ok/br_if";
    InstrOkBrTable "Instr_ok/br_table";
    InstrOkBrOnNull "Instr_ok/br_on_null";
    InstrOkBrOnNonNull "Instr_ok/br_on_non_null";
    InstrOkBrOnCast "Instr_ok/br_on_cast";
    InstrOkBrOnCastFail "Instr_ok/br_on_cast_fail";
    InstrOkCall "Instr_ok/call";
    InstrOkCallRef "Instr_ok/call_ref";
    InstrOkCallIndirect "Instr_ok/call_indirect";
    InstrOkReturn "Instr_ok/return";
    InstrOkReturnCall "Instr_ok/return_call";
    InstrOkReturnCallRef "Instr_ok/return_call_ref";
    InstrOkReturnCallIndirect "Instr_ok/return_call_indirect";
    InstrOkThrow "Instr_ok/throw";
    InstrOkThrowRef "Instr_ok/throw_ref";
    InstrOkTryTable "Instr_ok/try_table";
    CatchOkCatch "Catch_ok/catch";
    CatchOkCatchRef "Catch_ok/catch_ref";
    CatchOkCatchAll "Catch_ok/catch_all";
    CatchOkCatchAllRef "Catch_ok/catch_all_ref";
    InstrOkRefNull "Instr_ok/ref.null";
    InstrOkRefFunc "Instr_ok/ref.func";
    InstrOkRefI31 "Instr_ok/ref.i31";
    InstrOkRefIsNull "Instr_ok/ref.is_null";
    InstrOkRefAsNonNull "Instr_ok/ref.as_non_null";
    InstrOkRefEq "Instr_ok/ref.eq";
    InstrOkRefTest "Instr_ok/ref.test";
    InstrOkRefCast "Instr_ok/ref.cast";
    InstrOkI31Get "Instr_ok/i31.get";
    InstrOkStructNew "Instr_ok/struct.new";
    InstrOkStructNewDefault "Instr_ok/struct.new_default";
    InstrOkStructGet "Instr_ok/struct.get";
    InstrOkStructSet "Instr_ok/struct.set";
    InstrOkArrayNew "Instr_ok/array.new";
    InstrOkArrayNewDefault "Instr_ok/array.new_default";
    InstrOkArrayNewFixed "Instr_ok/array.new_fixed";
    InstrOkArrayNewElem "Instr_ok/array.new_elem";
    InstrOkArrayNewData "Instr_ok/array.new_data";
    InstrOkArrayGet "Instr_ok/array.get";
    InstrOkArraySet "Instr_ok/array.set";
    InstrOkArrayLen "Instr_ok/array.len";
    InstrOkArrayFill "Instr_ok/array.fill";
    InstrOkArrayCopy "Instr_ok/array.copy";
    InstrOkArrayInitElem "Instr_ok/array.init_elem";
    InstrOkArrayInitData "Instr_ok/array.init_data";
    InstrOkExternConvertAny "Instr_ok/extern.convert_any";
    InstrOkAnyConvertExtern "Instr_ok/any.convert_extern";
    InstrOkLocalGet "Instr_ok/local.get";
    InstrOkLocalSet "Instr_ok/local.set";
    InstrOkLocalTee "Instr_ok/local.tee";
    InstrOkGlobalGet "Instr_ok/global.get";
    InstrOkGlobalSet "Instr_ok/global.set";
    InstrOkTableGet "Instr_ok/table.get";
    InstrOkTableSet "Instr_ok/table.set";
    InstrOkTableSize "Instr_ok/table.size";
    InstrOkTableGrow "Instr_ok/table.grow";
    InstrOkTableFill "Instr_ok/table.fill";
    InstrOkTableCopy "Instr_ok/table.copy";
    InstrOkTableInit "Instr_ok/table.init";
    InstrOkElemDrop "Instr_ok/elem.drop";
    MemargOk "Memarg_ok";
    InstrOkMemorySize "Instr_ok/memory.size";
    InstrOkMemoryGrow "Instr_ok/memory.grow";
    InstrOkMemoryFill "Instr_ok/memory.fill";
    InstrOkMemoryCopy "Instr_ok/memory.copy";
    InstrOkMemoryInit "Instr_ok/memory.init";
    InstrOkDataDrop "Instr_ok/data.drop";
    InstrOkLoadVal "Instr_ok/load-val";
    InstrOkLoadPack "Instr_ok/load-pack";
    InstrOkStoreVal "Instr_ok/store-val";
    InstrOkStorePack "Instr_ok/store-pack";
    InstrOkVloadVal "Instr_ok/vload-val";
    InstrOkVloadPack "Instr_ok/vload-pack";
    InstrOkVloadSplat "Instr_ok/vload-splat";
    InstrOkVloadZero "Instr_ok/vload-zero";
    InstrOkVloadLane "Instr_ok/vload_lane";
    InstrOkVstore "Instr_ok/vstore";
    InstrOkVstoreLane "Instr_ok/vstore_lane";
    InstrOkConst "Instr_ok/const";
    InstrOkUnop "Instr_ok/unop";
    InstrOkBinop "Instr_ok/binop";
    InstrOkTestop "Instr_ok/testop";
    InstrOkRelop "Instr_ok/relop";
    InstrOkCvtop "Instr_ok/cvtop";
    InstrOkVconst "Instr_ok/vconst";
    InstrOkVvunop "Instr_ok/vvunop";
    InstrOkVvbinop "Instr_ok/vvbinop";
    InstrOkVvternop "Instr_ok/vvternop";
    InstrOkVvtestop "Instr_ok/vvtestop";
    InstrOkVunop "Instr_ok/vunop";
    InstrOkVbinop "Instr_ok/vbinop";
    InstrOkVternop "Instr_ok/vternop";
    InstrOkVtestop "Instr_ok/vtestop";
    InstrOkVrelop "Instr_ok/vrelop";
    InstrOkVshiftop "Instr_ok/vshiftop";
    InstrOkVbitmask "Instr_ok/vbitmask";
    InstrOkVswizzlop "Instr_ok/vswizzlop";
    InstrOkVshuffle "Instr_ok/vshuffle";
    InstrOkVsplat "Instr_ok/vsplat";
    InstrOkVextractLane "Instr_ok/vextract_lane";
    InstrOkVreplaceLane "Instr_ok/vreplace_lane";
    InstrOkVextunop "Instr_ok/vextunop";
    InstrOkVextbinop "Instr_ok/vextbinop";
    InstrOkVextternop "Instr_ok/vextternop";
    InstrOkVnarrow "Instr_ok/vnarrow";
    InstrOkVcvtop "Instr_ok/vcvtop";
    InstrsOkEmpty "Instrs_ok/empty";
    InstrsOkInstr "Instrs_ok/instr";
    InstrsOkSeq "Instrs_ok/seq";
    InstrsOkSub "Instrs_ok/sub";
    InstrsOkFrame "Instrs_ok/frame";
    ExprOk "Expr_ok";
    InstrConstConst "Instr_const/const";
    InstrConstVconst "Instr_const/vconst";
    InstrConstRefNull "Instr_const/ref.null";
    InstrConstRefI31 "Instr_const/ref.i31";
    InstrConstRefFunc "Instr_const/ref.func";
    InstrConstStructNew "Instr_const/struct.new";
    InstrConstStructNewDefault "Instr_const/struct.new_default";
    InstrConstArrayNew "Instr_const/array.new";
    InstrConstArrayNewDefault "Instr_const/array.new_default";
    InstrConstArrayNewFixed "Instr_const/array.new_fixed";
    InstrConstAnyConvertExtern "Instr_const/any.convert_extern";
    InstrConstExternConvertAny "Instr_const/extern.convert_any";
    InstrConstGlobalGet "Instr_const/global.get";
    InstrConstBinop "Instr_const/binop";
    ExprConst "Expr_const";
    ExprOkConst "Expr_ok_const";
    TypeOk "Type_ok";
    TagOk "Tag_ok";
    GlobalOk "Global_ok";
    MemOk "Mem_ok";
    TableOk "Table_ok";
    LocalOkSet "Local_ok/set";
    LocalOkUnset "Local_ok/unset";
    FuncOk "Func_ok";
    DataOk "Data_ok";
    ElemOk "Elem_ok";
    DatamodeOkPassive "Datamode_ok/passive";
    DatamodeOkActive "Datamode_ok/active";
    ElemmodeOkPassive "Elemmode_ok/passive";
    ElemmodeOkDeclare "Elemmode_ok/declare";
    ElemmodeOkActive "Elemmode_ok/active";
    StartOk "Start_ok";
    ImportOk "Import_ok";
    ExportOk "Export_ok";
    ExternidxOkTag "Externidx_ok/tag";
    ExternidxOkGlobal "Externidx_ok/global";
    ExternidxOkMem "Externidx_ok/mem";
    ExternidxOkTable "Externidx_ok/table";
    ExternidxOkFunc "Externidx_ok/func";
    ModuleOk "Module_ok";
    TypesOkEmpty "Types_ok/empty";
    TypesOkCons "Types_ok/cons";
    GlobalsOkEmpty "Globals_ok/empty";
    GlobalsOkCons "Globals_ok/cons";
    // Of proposals.
    InstrOkWideop "Instr_ok/wideop";
    InstrOkExtwideop "Instr_ok/extwideop";
    InstrOkAtomicFence "Instr_ok/atomic.fence";
    InstrOkAtomicLoad "Instr_ok/atomic.load";
    InstrOkAtomicStore "Instr_ok/atomic.store";
    InstrOkAtomicRmw "Instr_ok/atomic.rmw";
    InstrOkAtomicCmpxchg "Instr_ok/atomic.cmpxchg";
    InstrOkMemoryAtomicWait "Instr_ok/memory.atomic.wait";
    InstrOkMemoryAtomicNotify "Instr_ok/memory.atomic.notify";
}

impl Rule {
    /// Whether a proposal adds it to the rules of the standard.
    pub fn is_of_proposal(self) -> bool {
        self as usize >= Rule::InstrOkWideop as usize
    }

    /// Whether it is only of types that are closed, or matches them otherwise than by what they are once they are: a
    /// module's types are closed as they are found valid, so that no judgement ends in it.
    pub fn is_of_closed_types(self) -> bool {
        use Rule::*;
        matches!(
            self,
            TypeuseOkRec
                | TypeuseOkDeftype
                | ExpandUseDeftype
                | SubtypeOk2
                | RectypeOk2Empty
                | RectypeOk2Cons
                | DeftypeOk
                | HeaptypeSubTypeidxL
                | HeaptypeSubTypeidxR
                | HeaptypeSubRecStruct
                | HeaptypeSubRecArray
                | HeaptypeSubRecFunc
                | HeaptypeSubRecSub
        )
    }

    /// Whether it matches what is given for an import, which is a question of instantiation (4.7).
    pub fn is_of_instantiation(self) -> bool {
        use Rule::*;
        matches!(
            self,
            LimitsSubMax
                | LimitsSubEps
                | TagtypeSub
                | GlobaltypeSubConst
                | GlobaltypeSubVar
                | MemtypeSub
                | TabletypeSub
                | ExterntypeSubTag
                | ExterntypeSubGlobal
                | ExterntypeSubMem
                | ExterntypeSubTable
                | ExterntypeSubFunc
        )
    }
}

/// Told each rule that is applied, once its premises hold. `()` doesn't listen.
pub trait Observer {
    /// A rule is applied.
    fn applies(&mut self, rule: Rule);
}

impl Observer for () {
    #[inline(always)]
    fn applies(&mut self, _: Rule) {}
}

/// How often each rule is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts([u64; Rule::ALL.len()]);

impl Default for Counts {
    fn default() -> Counts {
        Counts([0; Rule::ALL.len()])
    }
}

impl Counts {
    /// How often a rule was applied.
    pub fn of(&self, rule: Rule) -> u64 {
        self.0[rule as usize]
    }
}

impl Observer for Counts {
    fn applies(&mut self, rule: Rule) {
        self.0[rule as usize] += 1;
    }
}

/// A derivation on its way.
pub(super) struct Deriving<'o, O> {
    observer: &'o mut O,
    /// The rule whose premises are being looked at; after a failure the one that didn't hold.
    pub(super) now: Rule,
}

impl<'o, O: Observer> Deriving<'o, O> {
    pub(super) fn new(observer: &'o mut O) -> Deriving<'o, O> {
        Deriving { observer, now: Rule::ModuleOk }
    }

    /// Who is told.
    #[inline]
    pub(super) fn observer(&mut self) -> &mut O {
        self.observer
    }

    /// Begins with a rule. Returns the one that it is a premise of, for [`applied`](Deriving::applied).
    #[inline]
    pub(super) fn enter(&mut self, rule: Rule) -> Rule {
        std::mem::replace(&mut self.now, rule)
    }

    /// The premises of the rule hold.
    #[inline]
    pub(super) fn applied(&mut self, outer: Rule) {
        self.observer.applies(self.now);
        self.now = outer;
    }

    /// Applies a rule if its premises hold.
    #[inline]
    pub(super) fn by<T, E>(&mut self, rule: Rule, premises: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let outer = self.enter(rule);
        let result = premises(self)?;
        self.applied(outer);
        Ok(result)
    }

    /// Applies a rule without premises.
    #[inline]
    pub(super) fn axiom(&mut self, rule: Rule) {
        self.observer.applies(rule);
    }
}
