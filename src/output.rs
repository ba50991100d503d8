//! Exit codes, and how a command fails.

use std::{fmt, io};

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
    /// A module that is meant as a text, and isn't one: its path, and what is wrong where.
    Text(String, String),
    /// Standard output.
    Output(io::Error),
}

impl Failure {
    /// The exit code, where a module's being well-formed and valid isn't the question.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Output(_) => exit::USAGE,
            Failure::Text(..) => exit::MODULE,
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
            Failure::Module(path, error) => write!(f, "{}: {error}", printable(path)),
            Failure::Text(path, error) => write!(f, "{}: {error}", printable(path)),
            Failure::Output(error) => write!(f, "can't write to standard output: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl Failure {
    /// Says on standard error what failed, and gives the exit code. A reader of standard output that went away knows,
    /// and isn't told; the code isn't the one for yes, since nobody has read a verdict.
    pub(crate) fn tell(&self) -> u8 {
        match self {
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            failure => tell!("error: {failure}"),
        }
        self.code()
    }
}

/// A text of somebody else's, such as a path, without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '"' | '\'' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
        out
    })
}

/// Standard output for what is written while a module runs. An observer can't end a run, and a run needn't have an end
/// of its own: where nothing can be written, the process ends.
pub(crate) struct Trace(pub(crate) io::StdoutLock<'static>);

impl io::Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                std::process::exit(Failure::Output(error).tell().into())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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

/// Writes to standard error; if that can't be, there is nobody left to tell.
macro_rules! tell {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($arg)*);
    }};
}
pub(crate) use tell;
