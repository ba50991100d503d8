//! Constant expressions (3.4.15).

use super::context::Context;
use super::error::{Checked, Error, Fault, Item};
use super::rule::{Observer, Rule};
use super::stack::{Checker, Locals, Types};
use crate::syntax::{Expr, Instr, ValType, Version};

/// `Expr_ok_const`
pub(super) fn expr<O: Observer>(
    c: &Context<'_>,
    observer: &mut O,
    expr: &Expr,
    t: ValType,
    item: Item,
) -> Result<(), Error> {
    let mut checker = Checker::new(c, observer, Locals::default(), None);
    let (end, instrs) = expr.instrs.split_last().expect("an expression has its end");
    assert_eq!(*end, Instr::End {}, "an expression ends with its own end");
    for (at, instr) in instrs.iter().enumerate() {
        checker.at = at;
        let constant = constant(&mut checker, instr);
        constant.map_err(|fault| checker.error(expr, item, fault))?;
        checker.d.axiom(checker.d.now);
    }
    checker.d.axiom(Rule::ExprConst);
    checker.expr(expr, Types::One(t), item)?;
    checker.d.axiom(Rule::ExprOkConst);
    Ok(())
}

/// `Instr_const`
fn constant<O: Observer>(c: &mut Checker<'_, '_, O>, instr: &Instr) -> Checked<()> {
    use Instr::*;
    let (rule, since) = match instr {
        I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } => (Rule::InstrConstConst, Version::V1),
        V128Const { .. } => (Rule::InstrConstVconst, Version::V2),
        RefNull { .. } => (Rule::InstrConstRefNull, Version::V2),
        RefFunc { .. } => (Rule::InstrConstRefFunc, Version::V2),
        RefI31 {} => (Rule::InstrConstRefI31, Version::V3),
        StructNew { .. } => (Rule::InstrConstStructNew, Version::V3),
        StructNewDefault { .. } => (Rule::InstrConstStructNewDefault, Version::V3),
        ArrayNew { .. } => (Rule::InstrConstArrayNew, Version::V3),
        ArrayNewDefault { .. } => (Rule::InstrConstArrayNewDefault, Version::V3),
        ArrayNewFixed { .. } => (Rule::InstrConstArrayNewFixed, Version::V3),
        AnyConvertExtern {} => (Rule::InstrConstAnyConvertExtern, Version::V3),
        ExternConvertAny {} => (Rule::InstrConstExternConvertAny, Version::V3),
        I32Add {} | I32Sub {} | I32Mul {} | I64Add {} | I64Sub {} | I64Mul {} => (Rule::InstrConstBinop, Version::V3),
        GlobalGet { x } => {
            c.rule(Rule::InstrConstGlobalGet);
            // Before 3.0 a constant expression had only imported globals in its context.
            let all = if c.c.since(Version::V3) { c.c.globals.len() } else { c.c.imported_globals };
            let global = c.c.global_among(*x, all)?;
            return if global.mutable { Err(Box::new(Fault::NotConstantGlobal(*x))) } else { Ok(()) };
        }
        _ => {
            c.rule(Rule::ExprConst);
            return Err(Box::new(Fault::NotConstant));
        }
    };
    c.rule(rule);
    if c.c.since(since) { Ok(()) } else { Err(Box::new(Fault::NotConstant)) }
}
