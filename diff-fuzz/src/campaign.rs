//! Campaigns: inputs from seeds, raced one after another. What was found is kept in a folder, with which a later
//! campaign goes on.
//!
//! The folder has `state.json`, what it has come to; `findings/`, a folder each; and `log.jsonl`, a line for each input
//! that is a mutation of one that was kept, for each that is kept, for each finding, and for each end of the campaign.
//! With it and the seed every input can be made again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use assay_engines::Engine;
use assay_interp::syntax::Features;
use serde::{Deserialize, Serialize};

use crate::compare::{DiffError, Options, diff};
use crate::coverage::trail;
use crate::finding::{Origin, examine, suspicion};
use crate::generate::{Input, generate, generate_from};
use crate::report::{Difference, Report};
use crate::state::State;

/// Calls of each function of an input.
const VECTORS: usize = 16;
/// Calls of a function in a row that may run out of a budget.
const PATIENCE: u32 = 4;
/// Scripted answers of each function that an input imports from the host.
const ANSWERS: usize = 6;
/// How often the state is written.
const SAVED: Duration = Duration::from_millis(200);
/// Inputs that are kept for mutation, at most.
const KEPT: usize = 512;
/// One input of so many is a mutation of one that is kept.
const MUTATED: u8 = 4;

/// An engine of a campaign.
pub struct Made {
    /// The id by which it is made again.
    pub id: String,
    /// The engine.
    pub engine: Box<dyn Engine>,
}

/// What a campaign is to do.
pub struct Campaign<'a> {
    /// What the engines call themselves: at least two.
    pub names: Vec<String>,
    /// Makes an engine for a job, by its place among the names. What can be drawn about it is drawn from the number.
    pub engine: &'a (dyn Fn(usize, u64) -> Made + Sync),
    /// For each engine, whether there is something to draw.
    pub varies: Vec<bool>,
    /// After how many inputs it is drawn anew.
    pub every: u64,
    /// What inputs may be made of.
    pub features: Features,
    /// Where inputs come from.
    pub seed: u64,
    /// Inputs that are raced at the same time.
    pub jobs: usize,
    /// When it ends, if it does.
    pub time: Option<Duration>,
    /// How many inputs there are, if the number is fixed: those of earlier campaigns in the folder are among them.
    pub execs: Option<u64>,
    /// Whether it ends with the first finding.
    pub first: bool,
    /// Where findings and the state are kept.
    pub out: &'a Path,
    /// Is told every now and then.
    pub progress: &'a (dyn Fn(&State, Duration) + Sync),
}

/// A campaign that can't go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The folder can't be read or written.
    #[error("{}: {error}", path.display())]
    Folder {
        /// What couldn't.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The folder has the state of another campaign.
    #[error("{}: it has a campaign of seed {was} and version {version}, with engines {engines}; choose another folder",
            path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// Its seed.
        was: u64,
        /// Its version of the standard.
        version: String,
        /// Its engines.
        engines: String,
    },
    /// The folder has no such input.
    #[error("{}: input {input} can't be made again: {why}", path.display())]
    NoInput {
        /// The folder.
        path: PathBuf,
        /// Its number.
        input: u64,
        /// Why not.
        why: &'static str,
    },
}

impl CampaignError {
    pub(crate) fn folder(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> CampaignError {
        let path = path.into();
        move |error| CampaignError::Folder { path, error }
    }
}

/// A line of `log.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    /// An input that is a mutation of one that was kept.
    Mutation { input: u64, parent: u64 },
    /// An input that was kept.
    Kept { kept: u64 },
    /// A finding.
    Finding { input: u64, finding: String, seconds: f64 },
    /// An end of the campaign.
    End { inputs: u64, comparisons: u64, findings: usize, seconds: f64 },
}

/// The seed of a campaign's input.
pub fn input_seed(seed: u64, index: u64) -> u64 {
    // One step of SplitMix64, so that neighbours have nothing in common.
    let mut z = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An input that a campaign makes again, from the log in its folder.
///
/// # Errors
///
/// There is no campaign in the folder, or it hasn't come to this input.
pub fn regenerate(out: &Path, index: u64, features: Features) -> Result<Input, CampaignError> {
    let state = read(out)?.ok_or_else(|| no_input(out, index, "there is no campaign"))?;
    if index >= state.next && !state.done.contains(&index) {
        return Err(no_input(out, index, "the campaign hasn't come to it"));
    }
    let made = remake(state.seed, &parents(out)?, index, features);
    made.ok_or_else(|| no_input(out, index, "its log is another campaign's"))
}

/// What the log says of inputs that are mutations: of which other ones.
fn parents(out: &Path) -> Result<BTreeMap<u64, u64>, CampaignError> {
    let path = out.join("log.jsonl");
    let log = fs::read_to_string(&path).map_err(CampaignError::folder(path))?;
    // The last line for an input counts; one that was cut off by the end of the process says nothing.
    let mutation = |line| match serde_json::from_str(line) {
        Ok(Line::Mutation { input, parent }) => Some((input, parent)),
        _ => None,
    };
    Ok(log.lines().filter_map(mutation).collect())
}

/// An input, generated or by its parents; `None` if that leads nowhere.
fn remake(seed: u64, parents: &BTreeMap<u64, u64>, index: u64, features: Features) -> Option<Input> {
    let mut line = vec![index];
    while let Some(parent) = parents.get(line.last()?).filter(|_| line.len() <= parents.len()) {
        line.push(*parent);
    }
    let first = generate(input_seed(seed, line.pop()?), features);
    line.into_iter().rev().try_fold(first, |input, index| generate_from(&input, input_seed(seed, index), features))
}

fn no_input(out: &Path, input: u64, why: &'static str) -> CampaignError {
    CampaignError::NoInput { path: out.to_owned(), input, why }
}

/// Runs a campaign, or goes on with the one in its folder.
///
/// # Errors
///
/// The folder can't be used.
pub fn run_campaign(campaign: &Campaign<'_>) -> Result<State, CampaignError> {
    let running = Running::new(campaign)?;
    thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            scope.spawn(|| {
                if let Err(error) = running.job() {
                    running.stop.store(true, Ordering::Relaxed);
                    *running.error.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                }
            });
        }
    });
    running.ended()
}

/// A campaign under way.
struct Running<'a> {
    campaign: &'a Campaign<'a>,
    started: Instant,
    /// Seconds that it had run before.
    before: f64,
    next: AtomicU64,
    stop: AtomicBool,
    shared: Mutex<Shared>,
    error: Mutex<Option<CampaignError>>,
}

/// What all jobs write to.
struct Shared {
    state: State,
    /// The inputs of [`State::kept`].
    kept: Vec<Input>,
    log: fs::File,
    saved: Instant,
}

impl<'a> Running<'a> {
    fn new(campaign: &'a Campaign<'a>) -> Result<Running<'a>, CampaignError> {
        let out = campaign.out;
        let state = resume(campaign)?;
        let log = out.join("log.jsonl");
        let mut file =
            fs::File::options().create(true).append(true).read(true).open(&log).map_err(CampaignError::folder(&log))?;
        // A line that was cut off ends here.
        let whole = fs::read(&log).map_err(CampaignError::folder(&log))?.last().is_none_or(|byte| *byte == b'\n');
        if !whole {
            file.write_all(b"\n").map_err(CampaignError::folder(&log))?;
        }
        let parents = parents(out)?;
        let remade = |index: &u64| {
            let input = remake(campaign.seed, &parents, *index, campaign.features);
            input.ok_or_else(|| no_input(out, *index, "its log is another campaign's"))
        };
        let kept = state.kept.iter().map(remade).collect::<Result<_, _>>()?;
        let (before, next) = (state.seconds, AtomicU64::new(state.next));
        let (started, saved) = (Instant::now(), Instant::now());
        let shared = Mutex::new(Shared { state, kept, log: file, saved });
        Ok(Running { campaign, started, before, next, stop: AtomicBool::new(false), shared, error: Mutex::new(None) })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Races inputs until the campaign ends.
    fn job(&self) -> Result<(), CampaignError> {
        let campaign = self.campaign;
        let mut epoch = u64::MAX;
        let (mut engines, mut ids) = (Vec::new(), Vec::new());
        while !self.stop.load(Ordering::Relaxed) && campaign.time.is_none_or(|time| self.started.elapsed() < time) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if campaign.execs.is_some_and(|execs| index >= execs) {
                break;
            }
            if self.shared().state.done.contains(&index) {
                continue;
            }
            if epoch != index / campaign.every {
                epoch = index / campaign.every;
                let number = input_seed(!campaign.seed, epoch);
                for place in 0..campaign.names.len() {
                    if place >= engines.len() {
                        let made = (campaign.engine)(place, number);
                        ids.push(made.id);
                        engines.push(made.engine);
                    } else if campaign.varies[place] {
                        let made = (campaign.engine)(place, number);
                        (ids[place], engines[place]) = (made.id, made.engine);
                    }
                }
            }
            self.input(index, &mut engines, &ids)?;
        }
        Ok(())
    }

    fn input(&self, index: u64, engines: &mut [Box<dyn Engine>], ids: &[String]) -> Result<(), CampaignError> {
        let (campaign, seed) = (self.campaign, input_seed(self.campaign.seed, index));
        let (input, parent) = self.draw(seed);
        let report = race(engines, &input, seed);
        let trail = trail(&input, campaign.features, seed);
        for difference in report.iter().flat_map(|report| &report.differences) {
            self.found(index, &input, difference, engines, ids)?;
        }
        let mut shared = self.shared();
        if let Some(parent) = parent {
            self.log(&mut shared, &Line::Mutation { input: index, parent })?;
        }
        if shared.state.coverage.note(&trail) {
            self.log(&mut shared, &Line::Kept { kept: index })?;
            shared.state.kept.push(index);
            shared.kept.push(input.clone());
            if shared.kept.len() > KEPT {
                shared.state.kept.remove(0);
                shared.kept.remove(0);
            }
        }
        shared.state.note(index, &input, report.as_ref());
        shared.state.seconds = self.before + self.started.elapsed().as_secs_f64();
        if shared.saved.elapsed() >= SAVED {
            shared.saved = Instant::now();
            save(campaign.out, &shared.state)?;
            (campaign.progress)(&shared.state, self.started.elapsed());
        }
        Ok(())
    }

    /// The input of a seed, and the one that it is a mutation of.
    fn draw(&self, seed: u64) -> (Input, Option<u64>) {
        let mut rng = fastrand::Rng::with_seed(!seed);
        if rng.u8(..MUTATED) == 0 {
            let shared = self.shared();
            if !shared.kept.is_empty() {
                let which = rng.usize(..shared.kept.len());
                if let Some(input) = generate_from(&shared.kept[which], seed, self.campaign.features) {
                    return (input, Some(shared.state.kept[which]));
                }
            }
        }
        (generate(seed, self.campaign.features), None)
    }

    /// Takes note of a difference. It is reduced, and written if there is none of its signature; of those that look
    /// alike before they are reduced, the first is, the second, the fourth, the eighth and so on.
    fn found(
        &self,
        index: u64,
        input: &Input,
        difference: &Difference,
        engines: &mut [Box<dyn Engine>],
        ids: &[String],
    ) -> Result<(), CampaignError> {
        let suspicion = suspicion(input, difference);
        {
            let mut shared = self.shared();
            let suspect = shared.state.suspects.entry(suspicion.clone()).or_default();
            suspect.times += 1;
            let signature = suspect.signature.clone();
            if !suspect.times.is_power_of_two() && !signature.is_empty() {
                *shared.state.findings.entry(signature).or_default() += 1;
                return Ok(());
            }
        }
        let origin = Origin { seed: self.campaign.seed, input: index };
        let examined = examine(engines, ids, origin, input, difference);
        let finding = &examined.finding;
        let mut shared = self.shared();
        let Shared { state, .. } = &mut *shared;
        state.suspects.entry(suspicion).or_default().signature.clone_from(&finding.signature);
        let times = state.findings.entry(finding.signature.clone()).or_default();
        *times += 1;
        if *times == 1 {
            examined.write(&self.campaign.out.join("findings").join(finding.folder()))?;
            let seconds = self.before + self.started.elapsed().as_secs_f64();
            self.log(&mut shared, &Line::Finding { input: index, finding: finding.signature.clone(), seconds })?;
            save(self.campaign.out, &shared.state)?;
        }
        if self.campaign.first {
            self.stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn log(&self, shared: &mut Shared, line: &Line) -> Result<(), CampaignError> {
        let mut text = serde_json::to_string(line).expect("a line can be written");
        text.push('\n');
        shared.log.write_all(text.as_bytes()).map_err(CampaignError::folder(self.campaign.out.join("log.jsonl")))
    }

    fn ended(self) -> Result<State, CampaignError> {
        if let Some(error) = self.error.lock().unwrap_or_else(|e| e.into_inner()).take() {
            return Err(error);
        }
        let mut shared = self.shared();
        shared.state.seconds = self.before + self.started.elapsed().as_secs_f64();
        let total = shared.state.total();
        let (comparisons, findings) = (total.agreed + total.differed, shared.state.findings.len());
        let seconds = shared.state.seconds;
        self.log(&mut shared, &Line::End { inputs: total.inputs, comparisons, findings, seconds })?;
        save(self.campaign.out, &shared.state)?;
        Ok(shared.state.clone())
    }
}

/// An input in all engines; `None` if they all refuse it.
fn race(engines: &mut [Box<dyn Engine>], input: &Input, seed: u64) -> Option<Report> {
    let linked = input.linked.clone();
    let (answers, patience) = (ANSWERS, PATIENCE);
    let options = Options { vectors: VECTORS, seed, keep: 4, linked, answers, patience, ..Options::default() };
    match diff(engines, &input.wasm, &options) {
        Ok(report) => Some(report),
        Err(DiffError::Refused(_)) => None,
        Err(error @ (DiffError::TooFewEngines | DiffError::Scenario(_))) => {
            panic!("{} engines, of which each has the instance that is called: {error}", engines.len())
        }
    }
}

/// The state of a folder, if it has one.
fn read(out: &Path) -> Result<Option<State>, CampaignError> {
    let path = out.join("state.json");
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| CampaignError::Folder { path, error: io::Error::other(error) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CampaignError::Folder { path, error }),
    }
}

/// The state of the folder, or that of a new campaign.
fn resume(campaign: &Campaign<'_>) -> Result<State, CampaignError> {
    let (out, version) = (campaign.out, campaign.features.version.to_string());
    let Some(state) = read(out)? else {
        let engines = campaign.names.clone();
        let new = State { seed: campaign.seed, engines, version, ..State::default() };
        fs::create_dir_all(out).map_err(CampaignError::folder(out))?;
        save(out, &new)?;
        return Ok(new);
    };
    if (state.seed, &state.engines, &state.version) != (campaign.seed, &campaign.names, &version) {
        let (path, engines) = (out.to_owned(), state.engines.join(", "));
        return Err(CampaignError::Other { path, was: state.seed, version: state.version, engines });
    }
    Ok(state)
}

/// Writes a file at once: whoever is killed meanwhile leaves the old one or the new one.
pub(crate) fn write(path: PathBuf, bytes: &[u8]) -> Result<(), CampaignError> {
    let part = path.with_extension("part");
    let done = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path));
    done.map_err(|error| CampaignError::Folder { path, error })
}

fn save(out: &Path, state: &State) -> Result<(), CampaignError> {
    let text = serde_json::to_string_pretty(state).expect("a state can be written");
    write(out.join("state.json"), text.as_bytes())
}
