//! Host functions as a script: they log their calls, answer what is written down, then zeros.

use std::collections::VecDeque;

use assay_interp::exec::Value;
use assay_interp::scenario::Answer;
use assay_interp::syntax::ValType;

/// A call of a host function.
#[derive(Clone, Debug, PartialEq)]
pub struct HostCall {
    /// The import: module and name.
    pub import: (String, String),
    /// The arguments.
    pub args: Vec<Value>,
}

/// A host function.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    import: (String, String),
    results: Vec<ValType>,
    answers: VecDeque<Answer>,
}

/// The call throws.
pub(crate) struct Throws;

impl Scripted {
    /// `results` are types of values as the host knows them: a reference is to the greatest type of its hierarchy.
    pub(crate) fn new(import: (String, String), results: Vec<ValType>, answers: &[Answer]) -> Scripted {
        let answers = answers.iter().filter(|a| a.import == import).cloned().collect();
        Scripted { import, results, answers }
    }

    /// Answers a call. An answer of other types than the import's is as good as none; where there is none, and no
    /// default for a result either, the function throws.
    pub(crate) fn call(&mut self, args: Vec<Value>, log: &mut Vec<HostCall>) -> Result<Vec<Value>, Throws> {
        log.push(HostCall { import: self.import.clone(), args });
        match self.answers.pop_front() {
            Some(answer) if answer.throws => Err(Throws),
            Some(answer) if self.fits(&answer.results) => Ok(answer.results),
            _ => self.results.iter().map(|t| Value::default_of(*t).ok_or(Throws)).collect(),
        }
    }

    fn fits(&self, values: &[Value]) -> bool {
        values.len() == self.results.len() && values.iter().zip(&self.results).all(|(v, t)| v.may_be(*t))
    }
}
