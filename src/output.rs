//! Exit codes, and how a command fails.

use std::fmt;

use assay_interp::binary::{self, ErrorKind};

/// The exit codes of the command line.
pub(crate) mod exit {
    /// Yes.
    pub(crate) const YES: u8 = 0;
    /// No.
    pub(crate) const NO: u8 = 1;
    /// A usage, policy, scenario or script error, or an unreadable file.
    pub(crate) const USAGE: u8 = 2;
    /// Undetermined.
    pub(crate) const UNDETERMINED: u8 = 3;
    /// The module is malformed or invalid where that wasn't the question.
    pub(crate) const MODULE: u8 = 4;
    /// An internal error.
    pub(crate) const INTERNAL: u8 = 70;
    /// A trap, an uncaught exception, or exhaustion.
    pub(crate) const ABORTED: u8 = 134;
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, or a file that it names.
    Usage(String),
    /// A module, by its path.
    Module(String, binary::Error),
    /// Standard output.
    Output(std::io::Error),
}

impl Failure {
    /// The exit code, where a module's being well-formed and valid isn't the question.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Output(_) => exit::USAGE,
            Failure::Module(_, error) => match error.kind {
                ErrorKind::Malformed | ErrorKind::Invalid => exit::MODULE,
                ErrorKind::Limit | ErrorKind::Unsupported => exit::UNDETERMINED,
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(why) => f.write_str(why),
            Failure::Module(path, error) => write!(f, "{path}: {error}"),
            Failure::Output(error) => write!(f, "can't write to standard output: {error}"),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Writes to standard output; a reader that went away is no panic.
macro_rules! say {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($arg)*)
    }};
}
pub(crate) use say;
