//! Several threads over one store (of the threads proposal). Whoever drives the machine says which one steps, and so
//! how they interleave: each step is indivisible.

use super::{Host, Machine};
use crate::exec::{FuncAddr, ThreadId, Value};
use crate::outcome::{Budget, Outcome};
use crate::trace::Observer;

/// How far a thread has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Advanced {
    /// It has ended.
    Ended(Outcome),
    /// It can step on.
    Runs,
    /// It waits to be notified, or for its timeout.
    Blocked,
}

/// What the machine knows of a thread that it has started.
pub(super) struct Started {
    /// Number of results.
    arity: usize,
    /// Steps that it may still take.
    fuel: u64,
    /// What it has ended with.
    outcome: Option<Outcome>,
}

impl Machine {
    /// Starts a thread that invokes a function (4.7.3), with fuel of its own. It takes no step yet.
    ///
    /// In the proposal an instance belongs to one thread, and only what is shared is seen by several. Here threads of
    /// one instance also see the same globals and tables.
    ///
    /// # Errors
    ///
    /// [`Outcome::Unsupported`] if the arguments are of other types than the function's.
    pub fn start(&mut self, func: FuncAddr, args: &[Value]) -> Result<ThreadId, Outcome> {
        let arity = self.enter(func, args)?;
        Ok(self.set_aside(arity, self.budgets.fuel))
    }

    /// Lets a thread take so many steps, or as many as it can before it ends or waits.
    pub fn advance<O: Observer>(
        &mut self,
        thread: ThreadId,
        steps: u64,
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Advanced {
        if !self.config.resume(thread) {
            let outcome = self.threads.get(thread).and_then(|started| started.outcome.clone());
            return Advanced::Ended(outcome.unwrap_or_else(|| no_thread(thread)));
        }
        let Started { arity, mut fuel, .. } = self.threads[thread];
        let outcome = self.steps(steps, &mut fuel, arity, host, observer);
        if let Some(outcome) = &outcome {
            self.threads[thread].outcome = Some(outcome.clone());
        } else {
            self.threads[thread].fuel = fuel;
            self.config.park(thread);
        }
        match outcome {
            Some(outcome) => Advanced::Ended(outcome),
            None if self.config.threads.can_step(thread) => Advanced::Runs,
            None => Advanced::Blocked,
        }
    }

    /// Lets time pass, because no thread can step: the first timeout elapses. If there is none, a thread that waits
    /// does so for ever, and ends as [`Outcome::Exhausted`]; the others go on waiting.
    pub fn elapse(&mut self, thread: ThreadId) -> Option<Outcome> {
        if self.config.threads.elapse() {
            return None;
        }
        let outcome = Outcome::Exhausted(Budget::Wait);
        if self.config.resume(thread) {
            self.config.clear();
            self.threads[thread].outcome = Some(outcome.clone());
        }
        Some(outcome)
    }

    /// Runs a thread to its end. All that can step take turns meanwhile, one step each, in the order of their numbers.
    pub fn join<O: Observer>(&mut self, thread: ThreadId, host: &mut dyn Host, observer: &mut O) -> Outcome {
        loop {
            match self.threads.get(thread) {
                None => return no_thread(thread),
                Some(Started { outcome: Some(outcome), .. }) => return outcome.clone(),
                Some(_) => {}
            }
            let able: Vec<ThreadId> = (0..self.threads.len()).filter(|id| self.config.threads.can_step(*id)).collect();
            let steps = if able == [thread] { u64::MAX } else { 1 };
            if able.is_empty() {
                self.elapse(thread);
            }
            for id in able {
                self.advance(id, steps, host, observer);
            }
        }
    }

    /// Runs the thread that steps to its end, while the others step, too.
    pub(super) fn run_among_others<O: Observer>(
        &mut self,
        arity: usize,
        fuel: u64,
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Outcome {
        let thread = self.set_aside(arity, fuel);
        self.join(thread, host, observer)
    }

    /// Gives the thread that steps a number, and sets it aside.
    fn set_aside(&mut self, arity: usize, fuel: u64) -> ThreadId {
        self.threads.push(Started { arity, fuel, outcome: None });
        self.config.park_new()
    }
}

fn no_thread(thread: ThreadId) -> Outcome {
    Outcome::Unsupported(format!("there is no thread {thread}"))
}
