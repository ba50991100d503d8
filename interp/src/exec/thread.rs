//! Several threads (of the threads proposal): those that don't step at the moment, and what they wait for.
//!
//! A configuration has one thread that steps; another one takes its place by [`Config::resume`]. Steps take no time:
//! the clock stands still as long as somebody can step, and then goes on to the first timeout that elapses.

use super::config::{Admin, Config, Frame, Label, Stack, Trapped};
use super::domain::Domain;
use super::value::{Addr, Val};
use crate::value::W64;

/// A thread's number in its configuration, from 0.
pub type ThreadId = usize;

/// A thread that doesn't step at the moment: its part of a configuration.
pub struct Thread<D: Domain> {
    pub(super) stack: Stack<D>,
    pub(super) locals: Vec<Val<D>>,
    pub(super) pending: Vec<Admin<D>>,
    pub(super) exception: Option<Addr>,
    labels: Vec<Label>,
    frames: Vec<Frame>,
    trap: Option<Trapped>,
}

/// What a thread waits for.
#[derive(Debug)]
pub struct Suspended<D: Domain> {
    /// Address of the memory.
    pub mem: Addr,
    /// The effective address in it.
    pub ea: D::Bv<W64>,
    /// When the timeout elapses, on the clock of [`Threads`]; `None` if it never does.
    pub until: Option<u128>,
    /// Whoever has the least turn is woken first.
    pub turn: u64,
    /// Whether it has been notified, and waits no longer.
    pub woken: bool,
}

/// The threads of a configuration that don't step at the moment.
pub struct Threads<D: Domain> {
    /// By number; the one that steps, and those that have ended, aren't here.
    parked: Vec<Option<Thread<D>>>,
    /// Nanoseconds.
    clock: u128,
    /// How many times a thread has been suspended.
    turns: u64,
}

impl<D: Domain> Suspended<D> {
    /// Whether the timeout has elapsed at a time.
    pub(super) fn has_elapsed(&self, clock: u128) -> bool {
        self.until.is_some_and(|until| until <= clock)
    }
}

impl<D: Domain> Thread<D> {
    /// What it waits for, if it does.
    fn suspended(&mut self) -> Option<&mut Suspended<D>> {
        match self.pending.last_mut() {
            Some(Admin::Suspend(suspended)) if !suspended.woken => Some(suspended),
            _ => None,
        }
    }

    /// Whether it can step at a time.
    fn can_step(&self, clock: u128) -> bool {
        match self.pending.last() {
            Some(Admin::Suspend(suspended)) => suspended.woken || suspended.has_elapsed(clock),
            _ => true,
        }
    }
}

impl<D: Domain> Threads<D> {
    /// Those that are here.
    pub(super) fn parked(&self) -> impl Iterator<Item = &Thread<D>> {
        self.parked.iter().flatten()
    }

    /// What the threads that are here wait for, those that do; who has waited longest comes first.
    pub(super) fn waiting(&mut self) -> impl Iterator<Item = &mut Suspended<D>> {
        let clock = self.clock;
        let suspended = self.parked.iter_mut().flatten().filter_map(Thread::suspended);
        let mut all: Vec<_> = suspended.filter(|suspended| !suspended.has_elapsed(clock)).collect();
        all.sort_by_key(|suspended| suspended.turn);
        all.into_iter()
    }

    /// Nanoseconds since the beginning.
    pub(super) fn clock(&self) -> u128 {
        self.clock
    }

    /// The time after so many more nanoseconds.
    pub(super) fn after(&self, timeout: u64) -> u128 {
        self.clock + u128::from(timeout)
    }

    /// The place in the queue of who is suspended now.
    pub(super) fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// Whether a thread is here and can step.
    pub fn can_step(&self, thread: ThreadId) -> bool {
        self.parked.get(thread).and_then(Option::as_ref).is_some_and(|thread| thread.can_step(self.clock))
    }

    /// Lets time pass until the first timeout elapses of those that are here; `false` if none of them has one.
    pub fn elapse(&mut self) -> bool {
        match self.waiting().filter_map(|suspended| suspended.until).min() {
            Some(until) => {
                self.clock = until;
                true
            }
            None => false,
        }
    }
}

impl<D: Domain> Config<D> {
    /// Sets the thread that steps aside, under a new number: there is none then.
    pub fn park_new(&mut self) -> ThreadId {
        self.threads.parked.push(None);
        let thread = self.threads.parked.len() - 1;
        self.park(thread);
        thread
    }

    /// Sets the thread that steps aside, under its number: there is none then.
    pub fn park(&mut self, thread: ThreadId) {
        let parked = Thread {
            stack: std::mem::take(&mut self.stack),
            locals: std::mem::take(&mut self.locals),
            pending: std::mem::take(&mut self.pending),
            exception: self.exception.take(),
            labels: std::mem::take(&mut self.labels),
            frames: std::mem::take(&mut self.frames),
            trap: self.trap.take(),
        };
        self.threads.parked[thread] = Some(parked);
    }

    /// Lets a thread step, where none does. `false` if it isn't among those set aside.
    pub fn resume(&mut self, thread: ThreadId) -> bool {
        let Some(parked) = self.threads.parked.get_mut(thread).and_then(Option::take) else { return false };
        let Thread { stack, locals, pending, exception, labels, frames, trap } = parked;
        (self.stack, self.locals, self.pending, self.exception) = (stack, locals, pending, exception);
        (self.labels, self.frames, self.trap) = (labels, frames, trap);
        true
    }
}

impl<D: Domain> Default for Threads<D> {
    fn default() -> Self {
        Threads { parked: Vec::new(), clock: 0, turns: 0 }
    }
}

// Not derived, since derived ones would ask for a reading that can be cloned.
impl<D: Domain> Copy for Suspended<D> {}

impl<D: Domain> Clone for Suspended<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Domain> Clone for Thread<D> {
    fn clone(&self) -> Self {
        Thread {
            stack: self.stack.clone(),
            locals: self.locals.clone(),
            pending: self.pending.clone(),
            exception: self.exception,
            labels: self.labels.clone(),
            frames: self.frames.clone(),
            trap: self.trap.clone(),
        }
    }
}

impl<D: Domain> Clone for Threads<D> {
    fn clone(&self) -> Self {
        Threads { parked: self.parked.clone(), clock: self.clock, turns: self.turns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Concrete;

    #[test]
    fn a_copy_has_the_same_time_and_turns() {
        let threads = Threads::<Concrete> { parked: vec![None], clock: 7, turns: 3 };
        let copy = threads.clone();
        assert_eq!((copy.parked.len(), copy.clock, copy.turns), (1, 7, 3));
    }
}
