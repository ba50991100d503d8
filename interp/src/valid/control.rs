//! Control and exception instructions (3.4.2 to 3.4.5).

use super::error::{Checked, Fault, Holder, Operand, operands};
use super::rule::{Observer, Rule};
use super::stack::{Checker, Opener, Types};
use super::types::beyond;
use crate::syntax::{BlockType, Catch, FuncType, HeapType, Idx, RefType, TryTable, TypeUse, ValType, Version};

const EMPTY: Types<'static> = Types::Many(&[]);

/// `Blocktype_ok`: the types of parameters and results.
fn block_type<'c, O: Observer>(c: &mut Checker<'c, '_, O>, bt: &BlockType) -> Checked<(Types<'c>, Types<'c>)> {
    let context = c.c;
    match *bt {
        BlockType::Empty => {
            c.d.axiom(Rule::BlocktypeOkValtype);
            Ok((EMPTY, EMPTY))
        }
        BlockType::Val(t) => c.d.by(Rule::BlocktypeOkValtype, |d| Ok((EMPTY, Types::One(context.val_type(d, t)?)))),
        BlockType::Type(x) => c.d.by(Rule::BlocktypeOkTypeidx, |d| {
            if !context.since(Version::V2) {
                return beyond("a block with a type of the module", Version::V2);
            }
            let ty = context.func_type(d, x)?;
            Ok((Types::Many(&ty.params), Types::Many(&ty.results)))
        }),
    }
}

fn open<O: Observer>(c: &mut Checker<'_, '_, O>, opener: Opener, bt: &BlockType, on_top: &[ValType]) -> Checked<()> {
    c.rule(opener.rule());
    let (params, results) = block_type(c, bt)?;
    c.pop(on_top)?;
    c.pop(&params)?;
    c.open(opener, params, results)
}

pub(super) fn block<O: Observer>(c: &mut Checker<'_, '_, O>, bt: &BlockType) -> Checked<()> {
    open(c, Opener::Block, bt, &[])
}

pub(super) fn loop_<O: Observer>(c: &mut Checker<'_, '_, O>, bt: &BlockType) -> Checked<()> {
    open(c, Opener::Loop, bt, &[])
}

pub(super) fn if_<O: Observer>(c: &mut Checker<'_, '_, O>, bt: &BlockType) -> Checked<()> {
    open(c, Opener::If, bt, &[ValType::I32])
}

/// Between the two sequences of an `if`.
pub(super) fn else_<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    let block = c.close()?;
    c.open(Opener::Else, block.params, block.results)
}

/// The end of a block, or of the expression.
pub(super) fn end<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    let block = c.close()?;
    // Without `else` the other sequence is empty: it leaves what it takes.
    if block.opener == Opener::If && !c.c.matching(&mut c.d).result_sub(&block.params, &block.results) {
        let (expected, found) = (operands(&block.results), operands(&block.params));
        return Err(Box::new(Fault::Mismatch { expected, found, holder: Holder::Params }));
    }
    c.d.axiom(block.opener.rule());
    if block.opener != Opener::Expr {
        c.push(&block.results)?;
    }
    Ok(())
}

pub(super) fn unreachable<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkUnreachable);
    c.unreachable();
    Ok(())
}

pub(super) fn nop<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkNop);
    Ok(())
}

pub(super) fn br<O: Observer>(c: &mut Checker<'_, '_, O>, l: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkBr);
    let label = c.label(*l)?;
    c.pop(&label)?;
    c.unreachable();
    Ok(())
}

pub(super) fn br_if<O: Observer>(c: &mut Checker<'_, '_, O>, l: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkBrIf);
    let label = c.label(*l)?;
    c.pop(&[ValType::I32])?;
    c.operate(&label, &label)
}

pub(super) fn br_table<O: Observer>(c: &mut Checker<'_, '_, O>, ls: &[Idx]) -> Checked<()> {
    c.rule(Rule::InstrOkBrTable);
    let (default, others) = ls.split_last().expect("the default label stands last");
    c.pop(&[ValType::I32])?;
    let types = c.label(*default)?;
    for l in others {
        let place = c.label_place(*l)?;
        // Each label once: a table can be as long as the module.
        if std::mem::replace(&mut c.controls[place].seen, c.at) == c.at {
            continue;
        }
        let label = c.controls[place].label();
        // Before 2.0 all labels had one type.
        let differs = !c.c.since(Version::V2) && *label != *types;
        if label.len() != types.len() || differs {
            let (expected, found) = (operands(&types), operands(&label));
            return Err(Box::new(Fault::Mismatch { expected, found, holder: Holder::Label(*l) }));
        }
        c.has(&label, Holder::Stack)?;
        c.d.axiom(Rule::ResulttypeSub);
    }
    c.pop(&types)?;
    c.unreachable();
    Ok(())
}

pub(super) fn br_on_null<O: Observer>(c: &mut Checker<'_, '_, O>, l: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkBrOnNull);
    let label = c.label(*l)?;
    let found = c.pop_ref()?;
    c.operate(&label, &label)?;
    let result = non_null(c, found);
    c.push_operand(result)
}

/// What a reference is once it isn't null. What unreachable code would have is `(ref bot)`.
pub(super) fn non_null<O: Observer>(c: &mut Checker<'_, '_, O>, found: Option<RefType>) -> Operand {
    match found {
        Some(t) => Operand::Val(ValType::Ref(RefType { nullable: false, ..t })),
        None => {
            c.d.axiom(Rule::HeaptypeOkBot);
            Operand::RefBot
        }
    }
}

/// The types that a label takes, apart from the last one, which has to be a reference's.
fn label_with_ref<'c, O: Observer>(c: &Checker<'c, '_, O>, l: Idx, wanted: RefType) -> Checked<(Types<'c>, RefType)> {
    let label = c.label(l)?;
    match (label.split_last(), label) {
        (Some((ValType::Ref(t), _)), Types::Many(ts)) => Ok((Types::Many(&ts[..ts.len() - 1]), *t)),
        (Some((ValType::Ref(t), _)), Types::One(_)) => Ok((EMPTY, *t)),
        _ => Err(label_mismatch(l, wanted, &label)),
    }
}

fn label_mismatch(l: Idx, wanted: RefType, label: &[ValType]) -> Box<Fault> {
    let found = operands(&label[label.len().saturating_sub(1)..]);
    Box::new(Fault::Mismatch { expected: operands(&[ValType::Ref(wanted)]), found, holder: Holder::Label(l) })
}

pub(super) fn br_on_non_null<O: Observer>(c: &mut Checker<'_, '_, O>, l: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkBrOnNonNull);
    let (others, rt) = label_with_ref(c, *l, RefType { nullable: false, heap: HeapType::Any })?;
    c.pop(&[ValType::Ref(RefType::null(rt.heap))])?;
    c.operate(&others, &others)
}

/// The two types of a cast, the second of which has to be below the first.
fn cast<O: Observer>(c: &mut Checker<'_, '_, O>, rt1: &RefType, rt2: &RefType) -> Checked<(RefType, RefType)> {
    let rt1 = c.c.ref_type(&mut c.d, *rt1)?;
    let rt2 = c.c.ref_type(&mut c.d, *rt2)?;
    if !c.c.matching(&mut c.d).ref_sub(rt2, rt1) {
        let list = |t| operands(&[ValType::Ref(t)]);
        return Err(Box::new(Fault::Mismatch { expected: list(rt1), found: list(rt2), holder: Holder::Immediate }));
    }
    Ok((rt1, rt2))
}

/// `diffrt`: what isn't of the second type.
fn difference(rt1: RefType, rt2: RefType) -> RefType {
    RefType { nullable: rt1.nullable && !rt2.nullable, ..rt1 }
}

fn branch_on_cast<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    l: Idx,
    from: RefType,
    taken: RefType,
    kept: RefType,
) -> Checked<()> {
    let (others, rt) = label_with_ref(c, l, taken)?;
    if !c.c.matching(&mut c.d).ref_sub(taken, rt) {
        return Err(label_mismatch(l, taken, &[ValType::Ref(rt)]));
    }
    c.pop(&[ValType::Ref(from)])?;
    c.operate(&others, &others)?;
    c.push(&[ValType::Ref(kept)])
}

pub(super) fn br_on_cast<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    l: &Idx,
    rt1: &RefType,
    rt2: &RefType,
) -> Checked<()> {
    c.rule(Rule::InstrOkBrOnCast);
    let (rt1, rt2) = cast(c, rt1, rt2)?;
    branch_on_cast(c, *l, rt1, rt2, difference(rt1, rt2))
}

pub(super) fn br_on_cast_fail<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    l: &Idx,
    rt1: &RefType,
    rt2: &RefType,
) -> Checked<()> {
    c.rule(Rule::InstrOkBrOnCastFail);
    let (rt1, rt2) = cast(c, rt1, rt2)?;
    branch_on_cast(c, *l, rt1, difference(rt1, rt2), rt2)
}

pub(super) fn return_<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkReturn);
    let returns = c.returns.expect("constant expressions have no control instructions");
    c.pop(&returns)?;
    c.unreachable();
    Ok(())
}

/// The type of the function at an index.
fn callee<'c, O: Observer>(c: &mut Checker<'c, '_, O>, x: Idx) -> Checked<&'c FuncType> {
    c.c.type_of_func(&mut c.d, x)
}

/// The function type at an index, whose reference is taken off the stack.
fn callee_ref<'c, O: Observer>(c: &mut Checker<'c, '_, O>, x: Idx) -> Checked<&'c FuncType> {
    let ty = c.c.func_type(&mut c.d, x)?;
    c.pop(&[ValType::Ref(RefType::null(HeapType::Type(TypeUse::Def(c.c.type_at(x)?))))])?;
    Ok(ty)
}

/// The function type at an index, of what is in a table: its index in the table is taken off the stack.
fn callee_indirect<'c, O: Observer>(c: &mut Checker<'c, '_, O>, x: Idx, y: Idx) -> Checked<&'c FuncType> {
    let table = *c.c.table(x)?;
    if !c.c.matching(&mut c.d).ref_sub(table.element, RefType::FUNC) {
        return Err(Box::new(Fault::NotFuncs(table.element)));
    }
    let ty = c.c.func_type(&mut c.d, y)?;
    c.pop(&[table.addr.into()])?;
    Ok(ty)
}

fn enter<O: Observer>(c: &mut Checker<'_, '_, O>, ty: &FuncType) -> Checked<()> {
    c.operate(&ty.params, &ty.results)
}

/// A call in place of the function, which has to return what the function does.
fn replace<O: Observer>(c: &mut Checker<'_, '_, O>, ty: &FuncType) -> Checked<()> {
    let returns = c.returns.expect("constant expressions have no control instructions");
    if !c.c.matching(&mut c.d).result_sub(&ty.results, &returns) {
        let (expected, found) = (operands(&returns), operands(&ty.results));
        return Err(Box::new(Fault::Mismatch { expected, found, holder: Holder::Results }));
    }
    c.pop(&ty.params)?;
    c.unreachable();
    Ok(())
}

pub(super) fn call<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkCall);
    let ty = callee(c, *x)?;
    enter(c, ty)
}

pub(super) fn call_ref<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkCallRef);
    let ty = callee_ref(c, *x)?;
    enter(c, ty)
}

pub(super) fn call_indirect<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkCallIndirect);
    let ty = callee_indirect(c, *x, *y)?;
    enter(c, ty)
}

pub(super) fn return_call<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkReturnCall);
    let ty = callee(c, *x)?;
    replace(c, ty)
}

pub(super) fn return_call_ref<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkReturnCallRef);
    let ty = callee_ref(c, *x)?;
    replace(c, ty)
}

pub(super) fn return_call_indirect<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkReturnCallIndirect);
    let ty = callee_indirect(c, *x, *y)?;
    replace(c, ty)
}

/// The types of a tag's payload.
fn payload<'c, O: Observer>(c: &mut Checker<'c, '_, O>, x: Idx) -> Checked<&'c [ValType]> {
    let tag = c.c.tag(x)?;
    Ok(&c.c.expand_func(&mut c.d, x, tag)?.params)
}

pub(super) fn throw<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkThrow);
    let payload = payload(c, *x)?;
    c.pop(payload)?;
    c.unreachable();
    Ok(())
}

pub(super) fn throw_ref<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkThrowRef);
    c.pop(&[ValType::Ref(RefType::null(HeapType::Exn))])?;
    c.unreachable();
    Ok(())
}

/// `Catch_ok`, with the types that the clause hands to its label.
fn catch<O: Observer>(c: &mut Checker<'_, '_, O>, rule: Rule, tag: Option<Idx>, with_ref: bool, l: Idx) -> Checked<()> {
    let outer = c.d.enter(rule);
    let mut handed = tag.map_or(Ok(&[][..]), |x| payload(c, x))?.to_vec();
    if with_ref {
        handed.push(ValType::Ref(RefType { nullable: false, heap: HeapType::Exn }));
    }
    let label = c.label(l)?;
    if !c.c.matching(&mut c.d).result_sub(&handed, &label) {
        let (expected, found) = (operands(&handed), operands(&label));
        return Err(Box::new(Fault::Mismatch { expected, found, holder: Holder::Label(l) }));
    }
    c.d.applied(outer);
    Ok(())
}

pub(super) fn try_table<O: Observer>(c: &mut Checker<'_, '_, O>, body: &TryTable) -> Checked<()> {
    c.rule(Rule::InstrOkTryTable);
    for clause in &body.catches {
        match *clause {
            Catch::Catch(x, l) => catch(c, Rule::CatchOkCatch, Some(x), false, l)?,
            Catch::CatchRef(x, l) => catch(c, Rule::CatchOkCatchRef, Some(x), true, l)?,
            Catch::CatchAll(l) => catch(c, Rule::CatchOkCatchAll, None, false, l)?,
            Catch::CatchAllRef(l) => catch(c, Rule::CatchOkCatchAllRef, None, true, l)?,
        }
    }
    open(c, Opener::TryTable, &body.bt, &[])
}
