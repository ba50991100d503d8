//! Functions of one instruction: for a numeric or vector instruction on parameters and constants, the standard's own
//! set of results is known, and each engine's answer is held against it.
//!
//! A parameter of the relaxed operations (4.3.6) is the same in all of a program's execution. That isn't held against
//! an engine here: each of its answers is allowed by itself.

use std::collections::BTreeMap;

use assay_engines::{Ended, Outcome, Value};
use assay_interp::exec::{Allowed, Val, allowed, operand_types};
use assay_interp::syntax::{ExternIdx, Func, Instr, Module};

/// An instruction, and what it is applied to.
#[derive(Debug)]
pub(crate) struct Single {
    instr: Instr,
    operands: Vec<Operand>,
}

#[derive(Clone, Copy, Debug)]
enum Operand {
    /// The parameter with this index.
    Param(usize),
    Const(Value),
}

/// The functions of one instruction that a module exports, by name.
pub(crate) fn singles(module: &Module) -> BTreeMap<String, Single> {
    let single = |x| {
        let func = module.func(x)?;
        Single::new(func, module.func_type(func.ty).params.len())
    };
    let exports = module.exports.iter().filter_map(|export| match export.item {
        ExternIdx::Func(x) => Some((export.name.clone(), single(x)?)),
        _ => None,
    });
    exports.collect()
}

impl Single {
    fn new(func: &Func, params: usize) -> Option<Single> {
        let body = func.body.expr();
        let [operands @ .., instr, Instr::End {}] = &body.instrs[..] else { return None };
        let is_operands = operand_types(instr)?.len() == operands.len();
        let operands = operands.iter().map(|instr| operand(instr, params)).collect::<Option<Vec<Operand>>>()?;
        is_operands.then(|| Single { instr: instr.clone(), operands })
    }

    /// What the standard allows the function to answer to these arguments.
    pub(crate) fn allowed(&self, args: &[Value]) -> Allowed {
        let operand = |operand: &Operand| match *operand {
            Operand::Param(x) => args[x],
            Operand::Const(value) => value,
        };
        let operands: Vec<Value> = self.operands.iter().map(operand).collect();
        allowed(&self.instr, &operands).expect("the function is valid, and so are the arguments")
    }
}

fn operand(instr: &Instr, params: usize) -> Option<Operand> {
    Some(match instr {
        Instr::LocalGet { x } => Operand::Param(usize::try_from(*x).ok().filter(|x| *x < params)?),
        Instr::I32Const { c } => Operand::Const(Val::I32(*c as u32)),
        Instr::I64Const { c } => Operand::Const(Val::I64(*c as u64)),
        Instr::F32Const { c } => Operand::Const(Val::F32(c.0)),
        Instr::F64Const { c } => Operand::Const(Val::F64(c.0)),
        Instr::V128Const { c } => Operand::Const(Val::V128(c.bits())),
        _ => return None,
    })
}

/// Whether a call may end so by the standard; one that is out of question may.
pub(crate) fn is_allowed(allowed: &Allowed, ended: &Ended) -> bool {
    match ended {
        Ended::Outcome(Outcome::Returned(values)) => matches!(&values[..], [value] if allowed.contains(value)),
        Ended::Outcome(Outcome::Trapped(trap)) => allowed.trap().is_some_and(|kind| trap.may_be(kind)),
        Ended::Outcome(Outcome::Exhausted(_) | Outcome::Unsupported(_) | Outcome::Limit(_)) => true,
        _ => false,
    }
}
