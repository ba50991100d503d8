//! What differs from run to run: times, random numbers, the identities of files. In a deterministic world none does.

use std::fs::FileTimes;
use std::time::{Duration, Instant, SystemTime};

use cap_fs_ext::{MetadataExt as _, SystemTimeSpec};
use cap_std::fs::Metadata;
use rustc_hash::FxHashMap;

use super::types::{Answer, Errno, FileStat, flags, fstflags};
use crate::value::Generator;

/// Nanoseconds by which the deterministic clocks advance with each reading: a millisecond.
const STEP: u64 = 1_000_000;

/// What the deterministic clock of real time begins with: 2000-01-01T00:00:00Z, in nanoseconds since 1970.
const START: u64 = 946_684_800_000_000_000;

/// Where times and random numbers come from.
pub(super) enum World {
    /// The machine's own.
    Real {
        /// When the clock `monotonic` was zero.
        start: Instant,
    },
    /// The same in each run.
    Deterministic {
        /// Nanoseconds that have passed.
        elapsed: u64,
        /// Random numbers.
        random: Generator,
        /// Files by the system's device and serial number, numbered from 1 in the order in which they were met.
        files: FxHashMap<(u64, u64), u64>,
    },
}

/// The clocks that there are; those of processor time aren't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Realtime,
    Monotonic,
}

impl Clock {
    /// By `clockid`.
    pub(super) fn new(id: u32) -> Answer<Clock> {
        match id {
            0 => Ok(Clock::Realtime),
            1 => Ok(Clock::Monotonic),
            _ => Err(Errno::Inval),
        }
    }
}

impl World {
    pub(super) fn real() -> World {
        World::Real { start: Instant::now() }
    }

    pub(super) fn deterministic(seed: u64) -> World {
        World::Deterministic { elapsed: 0, random: Generator::new(seed), files: FxHashMap::default() }
    }

    /// Reads a clock, in nanoseconds.
    pub(super) fn time(&mut self, clock: Clock) -> u64 {
        match (self, clock) {
            (World::Real { .. }, Clock::Realtime) => nanoseconds(SystemTime::now()),
            (World::Real { start }, Clock::Monotonic) => start.elapsed().as_nanos() as u64,
            (World::Deterministic { elapsed, .. }, clock) => {
                let now = *elapsed;
                *elapsed = elapsed.saturating_add(STEP);
                if clock == Clock::Realtime { START.saturating_add(now) } else { now }
            }
        }
    }

    /// Nanoseconds that a clock can tell apart.
    pub(super) fn resolution(&self) -> u64 {
        match self {
            World::Real { .. } => 1,
            World::Deterministic { .. } => STEP,
        }
    }

    /// Lets nanoseconds pass: by waiting, or by saying so.
    pub(super) fn wait(&mut self, nanoseconds: u64) {
        match self {
            World::Real { .. } => std::thread::sleep(Duration::from_nanos(nanoseconds)),
            World::Deterministic { elapsed, .. } => *elapsed = elapsed.saturating_add(nanoseconds),
        }
    }

    /// The time of the clock `realtime`, for a file.
    fn now(&mut self) -> SystemTime {
        system_time(self.time(Clock::Realtime))
    }

    /// Random bytes.
    pub(super) fn fill(&mut self, bytes: &mut [u8]) -> Answer {
        match self {
            World::Real { .. } => getrandom::fill(bytes).map_err(|_| Errno::Io),
            World::Deterministic { random, .. } => {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    }

    /// What a `filestat` says of a file.
    pub(super) fn filestat(&mut self, meta: &Metadata) -> FileStat {
        let (dev, ino) = (meta.dev(), meta.ino());
        let stat = FileStat {
            dev,
            ino,
            filetype: meta.file_type().into(),
            nlink: meta.nlink(),
            size: meta.len(),
            times: [0; 3],
        };
        match self {
            World::Real { .. } => FileStat { times: times(meta), ..stat },
            World::Deterministic { files, .. } => {
                let number = files.len() as u64 + 1;
                let stat = FileStat { dev: 1, ino: *files.entry((dev, ino)).or_insert(number), ..stat };
                // Size and links of a directory are the file system's own affair.
                if meta.is_dir() { FileStat { nlink: 1, size: 0, ..stat } } else { stat }
            }
        }
    }
}

/// Last access, modification and change of status.
fn times(meta: &Metadata) -> [u64; 3] {
    let time = |time: std::io::Result<cap_std::time::SystemTime>| time.map_or(0, |t| nanoseconds(t.into_std()));
    #[cfg(unix)]
    let changed = {
        use cap_std::fs::MetadataExt as _;
        let (seconds, nanoseconds) = (u64::try_from(meta.ctime()), u64::try_from(meta.ctime_nsec()));
        seconds.unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(nanoseconds.unwrap_or(0))
    };
    #[cfg(not(unix))]
    let changed = time(meta.modified());
    [time(meta.accessed()), time(meta.modified()), changed]
}

/// Nanoseconds since 1970; none for a time before.
fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// The time so many nanoseconds after 1970.
fn system_time(nanoseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}

/// The times that a file is to have; `None` for one that stays.
pub(super) struct Times {
    accessed: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl Times {
    /// By `fstflags`, from times in nanoseconds since 1970.
    pub(super) fn new(world: &mut World, atim: u64, mtim: u64, given: u32) -> Answer<Times> {
        let given = flags(given, fstflags::ALL)?;
        let mut time = |given_one, now, nanoseconds| match (given & given_one != 0, given & now != 0) {
            (true, true) => Err(Errno::Inval),
            (true, false) => Ok(Some(system_time(nanoseconds))),
            (false, true) => Ok(Some(world.now())),
            (false, false) => Ok(None),
        };
        let accessed = time(fstflags::ATIM, fstflags::ATIM_NOW, atim)?;
        Ok(Times { accessed, modified: time(fstflags::MTIM, fstflags::MTIM_NOW, mtim)? })
    }

    /// For a file that is open.
    pub(super) fn of_file(&self) -> FileTimes {
        let times = FileTimes::new();
        let times = self.accessed.map_or(times, |time| times.set_accessed(time));
        self.modified.map_or(times, |time| times.set_modified(time))
    }

    /// Of last access, for a path.
    pub(super) fn accessed(&self) -> Option<SystemTimeSpec> {
        spec(self.accessed)
    }

    /// Of last modification, for a path.
    pub(super) fn modified(&self) -> Option<SystemTimeSpec> {
        spec(self.modified)
    }
}

fn spec(time: Option<SystemTime>) -> Option<SystemTimeSpec> {
    time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deterministic_world_repeats_itself() {
        let run = |seed| {
            let mut world = World::deterministic(seed);
            let mut bytes = [0; 13];
            world.fill(&mut bytes).unwrap();
            let first = world.time(Clock::Monotonic);
            world.wait(5);
            (bytes, first, world.time(Clock::Realtime), world.time(Clock::Monotonic))
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).0, run(2).0);
        let (_, first, real, last) = run(1);
        assert_eq!((first, real, last), (0, START + STEP + 5, 2 * STEP + 5));
    }

    #[test]
    fn the_real_world_goes_on() {
        let mut world = World::real();
        let before = (world.time(Clock::Realtime), world.time(Clock::Monotonic));
        world.wait(1000);
        assert!(before.0 > START && world.time(Clock::Monotonic) >= before.1 + 1000);
        let (mut a, mut b) = ([0; 32], [0; 32]);
        world.fill(&mut a).unwrap();
        world.fill(&mut b).unwrap();
        assert_ne!(a, b);
    }
}
