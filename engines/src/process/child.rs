//! A driver as a process: a line goes to it, a line comes back, in time and in bounds.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use assay_interp::outcome::Outcome;

use crate::protocol::MAX_ANSWER;

/// Bytes of standard error that are kept, the last ones.
const KEPT: usize = 64 << 10;

/// How long a process that isn't needed any more may take to end by itself.
const PARTING: Duration = Duration::from_millis(500);

/// What lines go to and come from.
pub(crate) trait Line {
    /// Sends a line, and waits for the next one. After an error there is nobody to talk to any more.
    fn exchange(&mut self, line: Vec<u8>, deadline: Duration) -> Result<Vec<u8>, Outcome>;
}

/// A process of a group of its own. Reading and writing are done by threads, so that neither can outlast a deadline.
pub(crate) struct Child {
    process: std::process::Child,
    /// How it ended, once it has been waited for.
    status: Option<String>,
    /// Its standard input; closed if there is none.
    requests: Option<Sender<Vec<u8>>>,
    answers: Receiver<Incoming>,
    errors: Arc<Mutex<VecDeque<u8>>>,
    /// Says by its end that standard error has been read to its end.
    errors_end: Receiver<()>,
}

/// What was read of standard output.
enum Incoming {
    Line(Vec<u8>),
    /// More than a line may have.
    TooLong,
    /// A line that the end has cut off.
    Half,
}

impl Child {
    pub(crate) fn start(words: &[String]) -> io::Result<Child> {
        let (program, args) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn()?;
        let mut stdin = process.stdin.take().expect("it is piped");
        let stdout = process.stdout.take().expect("it is piped");
        let mut stderr = process.stderr.take().expect("it is piped");
        let (requests, to_write) = channel::<Vec<u8>>();
        thread::spawn(move || {
            while let Ok(line) = to_write.recv() {
                // Whoever doesn't read doesn't answer, which is noticed.
                if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                    break;
                }
            }
        });
        // Nobody reads ahead for a driver that says more than it is asked.
        let (read, answers) = sync_channel(1);
        thread::spawn(move || {
            let mut stdout = BufReader::with_capacity(1 << 16, stdout);
            while let Some(line) = read_line(&mut stdout, MAX_ANSWER) {
                let is_last = !matches!(line, Incoming::Line(_));
                if read.send(line).is_err() || is_last {
                    break;
                }
            }
        });
        let errors = Arc::new(Mutex::new(VecDeque::new()));
        let (ended, errors_end) = channel();
        let kept = Arc::clone(&errors);
        thread::spawn(move || {
            let _ended: Sender<()> = ended;
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                let mut kept = kept.lock().unwrap_or_else(|e| e.into_inner());
                kept.extend(&buffer[..n]);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
        });
        Ok(Child { process, status: None, requests: Some(requests), answers, errors, errors_end })
    }

    /// Whether the process has ended. Its number stays its own until it is killed.
    #[cfg(unix)]
    fn has_ended(&self) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(Pid::from_child(&self.process)), options), Ok(Some(_)) | Err(_))
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends the process, and whatever it has started in its group; how it ended.
    fn kill(&mut self) -> String {
        if self.status.is_none() {
            // Until it has been waited for, its number, which is its group's, is nobody else's.
            #[cfg(unix)]
            let _ = rustix::process::kill_process_group(
                rustix::process::Pid::from_child(&self.process),
                rustix::process::Signal::KILL,
            );
            let _ = self.process.kill();
            self.status = Some(self.process.wait().map_or_else(|e| e.to_string(), |status| status.to_string()));
        }
        self.status.clone().unwrap_or_default()
    }

    /// What there is to say of a process that has closed its standard output.
    fn last_words(&mut self, what: &str) -> String {
        let since = Instant::now();
        while !self.has_ended() && since.elapsed() < PARTING {
            thread::sleep(Duration::from_millis(1));
        }
        let how = if self.has_ended() { self.kill() } else { "but for its standard output".to_owned() };
        self.kill();
        self.with_errors(format!("{what} ({how})"))
    }

    fn with_errors(&mut self, what: String) -> String {
        // Its end may be held up by a process that has left the group.
        let _ = self.errors_end.recv_timeout(PARTING);
        let errors = self.errors.lock().unwrap_or_else(|e| e.into_inner());
        let bytes: Vec<u8> = errors.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        // Where in its own code it was is for whoever runs it again.
        let text = text.split("\nstack backtrace:").next().unwrap_or_default();
        if text.trim().is_empty() { what } else { format!("{what}; it wrote: {}", printable(text.trim())) }
    }
}

impl Line for Child {
    fn exchange(&mut self, line: Vec<u8>, deadline: Duration) -> Result<Vec<u8>, Outcome> {
        if let Some(requests) = &self.requests {
            // If nobody takes it, there won't be an answer either.
            let _ = requests.send(line);
        }
        let outcome = match self.answers.recv_timeout(deadline) {
            Ok(Incoming::Line(line)) => return Ok(line),
            Ok(Incoming::Half) => Outcome::Crashed(self.last_words("the driver ended within an answer")),
            Ok(Incoming::TooLong) => Outcome::Nonsense(format!("an answer of more than {MAX_ANSWER} bytes")),
            Err(RecvTimeoutError::Disconnected) => Outcome::Crashed(self.last_words("the driver ended")),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Outcome::Hung(self.with_errors(format!("no answer within {deadline:?}")))
            }
        };
        self.kill();
        Err(outcome)
    }
}

impl Drop for Child {
    /// Closing its standard input ends a driver; one that doesn't know that is killed.
    fn drop(&mut self) {
        self.requests = None;
        if self.status.is_none() {
            let _ = self.answers.recv_timeout(PARTING);
            self.kill();
        }
    }
}

/// The next line without its end; `None` at the end.
fn read_line(input: &mut impl BufRead, max: usize) -> Option<Incoming> {
    let mut line = Vec::new();
    input.take(max as u64).read_until(b'\n', &mut line).ok()?;
    match line.pop() {
        Some(b'\n') => Some(Incoming::Line(line)),
        Some(_) if line.len() + 1 == max => Some(Incoming::TooLong),
        Some(_) => Some(Incoming::Half),
        None => None,
    }
}

/// A text of somebody else's without what a terminal would obey, on one line.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '"' | '\'' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut bytes: &[u8], max: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut bytes, max) {
            match line {
                Incoming::Line(line) => lines.push(String::from_utf8(line).unwrap()),
                Incoming::TooLong => return [lines, vec!["too long".into()]].concat(),
                Incoming::Half => lines.push("half".into()),
            }
        }
        lines
    }

    #[test]
    fn lines_are_read_within_bounds() {
        assert_eq!(lines(b"ab\n\ncd\n", 3), ["ab", "", "cd"]);
        assert_eq!(lines(b"ab\ncd", 9), ["ab", "half"]);
        assert_eq!(lines(b"ab\nabc\n", 3), ["ab", "too long"]);
        assert_eq!(lines(b"abcdefgh", 3), ["too long"]);
        assert_eq!(lines(b"", 3), [""; 0]);
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(printable("a \"b\"\n\u{1b}[2J"), "a \"b\"\\n\\u{1b}[2J");
    }
}
