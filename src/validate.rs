//! `assay validate`

use assay_interp::binary::{self, Error, ErrorKind, Judgement};
use assay_interp::syntax::Features;
use assay_interp::valid;

use crate::excerpt::excerpt;
use crate::input::{self, Language, Source};
use crate::output::{Failure, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wasm binaries, .wat texts, or - for standard input
    #[arg(required = true)]
    modules: Vec<String>,
    #[command(flatten)]
    language: Language,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let features = args.language.features();
    let mut worst = exit::YES;
    for path in &args.modules {
        let judged = input::source(path).and_then(|source| {
            let judgement = binary::judge(&source.wasm, features);
            judgement.map(|it| (source, it)).map_err(|error| Failure::Module(path.clone(), error))
        });
        let code = match judged {
            Ok((source, judgement)) => verdict(path, &source, features, judgement)?,
            Err(failure @ (Failure::Module(..) | Failure::Text(..))) => {
                say!("{failure}")?;
                if failure.code() == exit::MODULE { exit::NO } else { failure.code() }
            }
            Err(other) => return Err(other),
        };
        // One that isn't valid outweighs one that can't be told.
        worst = if exit::NO == worst || code == exit::NO { exit::NO } else { worst.max(code) };
    }
    Ok(worst)
}

/// Says what both validators find, and gives the exit code.
fn verdict(path: &str, source: &Source, features: Features, judgement: Judgement) -> Result<u8, Failure> {
    let shown = |error: &valid::Error| excerpt(path, source, features, error).map_or(Ok(()), |lines| say!("{lines}"));
    let path = printable(path);
    let peer = |theirs: &Error| format!("wasmparser: {} (at byte {:#x})", theirs.message, theirs.offset);
    Ok(match judgement {
        Judgement::Valid => {
            say!("{path}: valid")?;
            exit::YES
        }
        Judgement::Alone(unsupported) => {
            say!("{path}: valid by wasmparser alone: {unsupported}")?;
            exit::YES
        }
        Judgement::Invalid { ours, theirs } => {
            let phase = if theirs.kind == ErrorKind::Malformed { "malformed" } else { "invalid" };
            say!("{path}: {phase} module: {ours}; {}", peer(&theirs))?;
            shown(&ours)?;
            exit::NO
        }
        Judgement::Limit(what) => {
            say!("{path}: beyond an implementation limit: {what}")?;
            exit::UNDETERMINED
        }
        Judgement::Disagreement { ours, theirs } => {
            let words = ours.as_ref().map_or_else(|error| error.to_string(), |()| "valid".into());
            let theirs = theirs.map_or_else(|error| peer(&error), |()| "wasmparser: valid".into());
            say!("{path}: two validators disagree, so that one is wrong: please report it: ours: {words}; {theirs}")?;
            ours.err().map_or(Ok(()), |error| shown(&error))?;
            exit::UNDETERMINED
        }
    })
}
