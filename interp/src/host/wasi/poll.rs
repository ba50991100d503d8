//! `poll_oneoff`: waiting for clocks. Files and streams count as ready: to read from a stream may then wait.

use super::Wasi;
use super::descriptor::Node;
use super::memory::Memory;
use super::types::{Answer, Errno, flags, rights};
use super::world::{Clock, World};

/// Bytes of a `subscription`.
const SUBSCRIPTION: u32 = 48;

/// Bytes of an `event`.
const EVENT: u32 = 32;

/// Subscriptions in one call at most.
const MAX_SUBSCRIPTIONS: u32 = 1 << 16;

/// `subclockflags`: whether a timeout is a time of its clock.
const ABSTIME: u32 = 1;

/// The kinds of event (`eventtype`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Clock = 0,
    Read = 1,
    Write = 2,
}

/// A subscription.
struct Subscription {
    userdata: u64,
    kind: Kind,
    until: Until,
}

/// When a subscription becomes an event.
enum Until {
    /// After so many nanoseconds from now.
    Elapsed(u64),
    /// At once: bytes ready, or why not.
    Ready(Answer<u64>),
}

impl Wasi {
    pub(super) fn poll_oneoff(&mut self, memory: &mut Memory, from: u32, to: u32, count: u32, events: u32) -> Answer {
        if count == 0 || count > MAX_SUBSCRIPTIONS {
            return Err(Errno::Inval);
        }
        memory.range(from, count * SUBSCRIPTION)?;
        memory.range(to, count * EVENT)?;
        memory.range(events, 4)?;
        let subscription = |i| self.subscription(memory, from + i * SUBSCRIPTION);
        let subscriptions: Vec<Subscription> = (0..count).map(subscription).collect::<Answer<_>>()?;
        let delay = |s: &Subscription| match s.until {
            Until::Elapsed(delay) => delay,
            Until::Ready(_) => 0,
        };
        // All delays begin at the same moment, so what ends with the shortest has happened when that is over.
        let shortest = subscriptions.iter().map(delay).min().unwrap_or(0);
        if shortest > 0 {
            self.world.wait(shortest);
        }
        let mut n = 0;
        for happened in subscriptions.iter().filter(|s| delay(s) == shortest) {
            memory.put(to + n * EVENT, &event(happened))?;
            n += 1;
        }
        memory.put(events, &n.to_le_bytes())
    }

    fn subscription(&mut self, memory: &Memory, at: u32) -> Answer<Subscription> {
        let userdata = memory.u64(at)?;
        let kind = match memory.bytes(at + 8, 1)? {
            [0] => Kind::Clock,
            [1] => Kind::Read,
            [2] => Kind::Write,
            _ => return Err(Errno::Inval),
        };
        let until = if kind == Kind::Clock {
            let (id, timeout) = (memory.u32(at + 16)?, memory.u64(at + 24)?);
            let absolute = flags(memory.u16(at + 40)?.into(), ABSTIME)? == ABSTIME;
            delay(&mut self.world, id, timeout, absolute)
        } else {
            Until::Ready(self.ready(memory.u32(at + 16)?, kind))
        };
        Ok(Subscription { userdata, kind, until })
    }

    /// Bytes that can be read or written without waiting, as far as that is known: one at least.
    fn ready(&mut self, fd: u32, kind: Kind) -> Answer<u64> {
        let right = if kind == Kind::Read { rights::FD_READ } else { rights::FD_WRITE };
        let descriptor = self.descriptors.with(fd, rights::POLL_FD_READWRITE | right)?;
        Ok(match &descriptor.node {
            Node::File(file, at) if kind == Kind::Read => file.metadata()?.len().saturating_sub(*at),
            _ => 1,
        })
    }
}

/// How long a timeout is from now.
fn delay(world: &mut World, id: u32, timeout: u64, absolute: bool) -> Until {
    match Clock::new(id) {
        Ok(clock) if absolute => Until::Elapsed(timeout.saturating_sub(world.time(clock))),
        Ok(_) => Until::Elapsed(timeout),
        Err(error) => Until::Ready(Err(error)),
    }
}

fn event(s: &Subscription) -> [u8; EVENT as usize] {
    let (errno, ready) = match s.until {
        Until::Elapsed(_) => (0, 0),
        Until::Ready(Ok(ready)) => (0, ready),
        Until::Ready(Err(error)) => (error as u16, 0),
    };
    let mut bytes = [0; EVENT as usize];
    bytes[0..8].copy_from_slice(&s.userdata.to_le_bytes());
    bytes[8..10].copy_from_slice(&errno.to_le_bytes());
    bytes[10] = s.kind as u8;
    bytes[16..24].copy_from_slice(&ready.to_le_bytes());
    bytes
}
