//! The modules of a script, for whoever asks only whether they are valid.

use wast::{WastDirective, WastExecute};

use crate::run::Place;
use crate::script::{Script, ScriptError, with_directives};
use crate::text::{assemble, encode};

/// What a script says of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is valid, whatever becomes of it then.
    Valid,
    /// It isn't valid, for this reason.
    Invalid(String),
}

/// A module of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestModule {
    /// Where its directive begins.
    pub place: Place,
    /// The binary format.
    pub wasm: Vec<u8>,
    /// What the script says of it.
    pub asked: Asked,
}

/// The modules of a script that are in the binary format, or have one: those that are said to be malformed aren't among
/// them.
///
/// # Errors
///
/// The script isn't in the format.
pub fn modules(script: &Script) -> Result<Vec<TestModule>, ScriptError> {
    with_directives(script, |directives, lines| {
        let mut found = Vec::new();
        // Those of threads are among the others.
        let mut waiting: Vec<WastDirective<'_>> = directives.into_iter().rev().collect();
        while let Some(directive) = waiting.pop() {
            let place = lines.place(directive.span());
            let (wasm, asked) = match directive {
                WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                    (encode(&mut module), Asked::Valid)
                }
                WastDirective::AssertInvalid { mut module, message, .. } => {
                    (encode(&mut module), Asked::Invalid(message.to_owned()))
                }
                WastDirective::AssertUnlinkable { mut module, .. } => (assemble(&mut module), Asked::Valid),
                WastDirective::AssertTrap { exec: WastExecute::Wat(mut module), .. } => {
                    (assemble(&mut module), Asked::Valid)
                }
                WastDirective::Thread(thread) => {
                    waiting.extend(thread.directives.into_iter().rev());
                    continue;
                }
                _ => continue,
            };
            // A text that can't be encoded is a fault that the run of the script counts.
            found.extend(wasm.ok().map(|wasm| TestModule { place, wasm, asked }));
        }
        Ok(found)
    })
}
