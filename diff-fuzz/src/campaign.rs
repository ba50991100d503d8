//! Campaigns: inputs from seeds, raced one after another. What was found is kept in a folder, with which a later
//! campaign goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assay_engines::Engine;
use assay_interp::syntax::Features;
use serde::{Deserialize, Serialize};

use crate::compare::{DiffError, Options, diff};
use crate::generate::{Generator, Input, generate};
use crate::report::{Difference, Report, Why};

/// Calls of each function of an input.
const VECTORS: usize = 16;
/// How often the state is written.
const SAVED: Duration = Duration::from_millis(200);

/// What a campaign is to do.
pub struct Campaign<'a> {
    /// What the engines call themselves, and the ids by which they are made again.
    pub names: Vec<(String, String)>,
    /// Makes the engines, for each job, in the order of their names: at least two.
    pub engines: &'a (dyn Fn() -> Vec<Box<dyn Engine>> + Sync),
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
    #[error("{}: it has a campaign of seed {was}, with engines {engines}; choose another folder", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// Its seed.
        was: u64,
        /// Its engines.
        engines: String,
    },
}

/// What `finding.json` says of a finding, for whoever goes on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What makes it the same as another.
    pub signature: String,
    /// The campaign's seed.
    pub seed: u64,
    /// The number of the input.
    pub input: u64,
    /// Ids of the two engines that differ.
    pub engines: Vec<String>,
}

impl Finding {
    /// Reads that of a finding's folder.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn read(folder: &Path) -> Result<Finding, CampaignError> {
        let path = folder.join("finding.json");
        let text = fs::read_to_string(&path);
        let finding = text.and_then(|text| serde_json::from_str(&text).map_err(io::Error::other));
        finding.map_err(|error| CampaignError::Folder { path, error })
    }
}

/// What a campaign has come to: it is kept in `state.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The seed.
    pub seed: u64,
    /// Ids of the engines.
    pub engines: Vec<String>,
    /// Inputs below this number have been raced.
    pub next: u64,
    /// Those above it that have been, too.
    pub done: BTreeSet<u64>,
    /// By generator: inputs, and what became of them.
    pub generators: BTreeMap<String, Tally>,
    /// By signature: how often it was found.
    pub findings: BTreeMap<String, u64>,
    /// Seconds that it has run.
    pub seconds: f64,
}

/// What became of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many inputs.
    pub inputs: u64,
    /// Those that every engine refuses.
    pub refused: u64,
    /// Instantiations and calls that were alike.
    pub agreed: u64,
    /// Of these, calls that returned.
    pub returned: u64,
    /// Instantiations and calls that weren't alike.
    pub differed: u64,
    /// Those of which nothing can be said: a choice, a budget, what an engine doesn't do, a limit.
    pub inconclusive: [u64; Why::ALL.len()],
}

impl Tally {
    fn add(&mut self, report: Option<&Report>) {
        self.inputs += 1;
        let Some(report) = report else {
            self.refused += 1;
            return;
        };
        self.returned += report.returned;
        for counts in [&report.instantiations, &report.calls] {
            self.agreed += counts.agreed;
            self.differed += counts.differed;
            for (sum, why) in self.inconclusive.iter_mut().zip(Why::ALL) {
                *sum += counts.inconclusive(why);
            }
        }
    }

    fn merge(&mut self, other: &Tally) {
        self.inputs += other.inputs;
        self.refused += other.refused;
        self.agreed += other.agreed;
        self.returned += other.returned;
        self.differed += other.differed;
        self.inconclusive.iter_mut().zip(other.inconclusive).for_each(|(sum, n)| *sum += n);
    }
}

impl State {
    /// The sum over all generators.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.generators.values().for_each(|tally| total.merge(tally));
        total
    }

    /// Takes note of an input.
    fn note(&mut self, index: u64, input: &Input, report: Option<&Report>) {
        let name = input.mix.split(':').next().unwrap_or_default();
        self.generators.entry(name.to_owned()).or_default().add(report);
        self.done.insert(index);
        while self.done.remove(&self.next) {
            self.next += 1;
        }
    }
}

/// A line for each generator and one for all, what was found, and how much of it there was in a second.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        writeln!(
            f,
            "{:<12} {:>9} {:>10} {:>10} {:>8} {:>8} {:>10} {:>12} {:>7} {:>8}",
            "", "inputs", "alike", "returned", "differ", "choice", "exhausted", "unsupported", "limit", "refused"
        )?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, t: &Tally| {
            let [choice, exhausted, unsupported, limit] = t.inconclusive;
            writeln!(
                f,
                "{name:<12} {:>9} {:>10} {:>10} {:>8} {choice:>8} {exhausted:>10} {unsupported:>12} {limit:>7} {:>8}",
                t.inputs, t.agreed, t.returned, t.differed, t.refused
            )
        };
        for generator in Generator::ALL {
            if let Some(tally) = self.generators.get(generator.name()) {
                row(f, generator.name(), tally)?;
            }
        }
        row(f, "all", &total)?;
        for (signature, times) in &self.findings {
            writeln!(f, "found {times} times: {signature}")?;
        }
        let rate = |n: u64| n as f64 / self.seconds.max(0.001);
        write!(
            f,
            "{:.0} inputs/s, {:.0} comparisons/s, {} findings in {:.0} s",
            rate(total.inputs),
            rate(total.agreed + total.differed),
            self.findings.len(),
            self.seconds
        )
    }
}

/// The seed of a campaign's input.
pub fn input_seed(seed: u64, index: u64) -> u64 {
    // One step of SplitMix64, so that neighbours have nothing in common.
    let mut z = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Runs a campaign, or goes on with the one in its folder.
///
/// # Errors
///
/// The folder can't be used.
pub fn run_campaign(campaign: &Campaign<'_>) -> Result<State, CampaignError> {
    let started = Instant::now();
    let state = resume(campaign)?;
    let before = state.seconds;
    let next = AtomicU64::new(state.next);
    let shared = Mutex::new((state, started));
    let error = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            scope.spawn(|| {
                let mut engines = (campaign.engines)();
                loop {
                    if campaign.time.is_some_and(|time| started.elapsed() >= time) {
                        break;
                    }
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if campaign.execs.is_some_and(|execs| index >= execs) {
                        break;
                    }
                    let mut locked = shared.lock().unwrap_or_else(|e| e.into_inner());
                    if locked.0.done.contains(&index) {
                        continue;
                    }
                    drop(locked);
                    let seed = input_seed(campaign.seed, index);
                    let input = generate(seed, campaign.features);
                    let report = race(&mut engines, &input, seed);
                    locked = shared.lock().unwrap_or_else(|e| e.into_inner());
                    let (state, saved) = &mut *locked;
                    state.seconds = before + started.elapsed().as_secs_f64();
                    let mut result = Ok(());
                    if let Some(report) = &report {
                        for difference in &report.differences {
                            result = result.and(keep(campaign, state, index, &input, report, difference));
                        }
                    }
                    state.note(index, &input, report.as_ref());
                    if saved.elapsed() >= SAVED {
                        *saved = Instant::now();
                        result = result.and(save(campaign.out, state));
                        (campaign.progress)(state, started.elapsed());
                    }
                    if let Err(e) = result {
                        *error.lock().unwrap_or_else(|e| e.into_inner()) = Some(e);
                        break;
                    }
                }
            });
        }
    });
    if let Some(error) = error.into_inner().unwrap_or_else(|e| e.into_inner()) {
        return Err(error);
    }
    let (mut state, _) = shared.into_inner().unwrap_or_else(|e| e.into_inner());
    state.seconds = before + started.elapsed().as_secs_f64();
    save(campaign.out, &state)?;
    Ok(state)
}

/// An input in all engines; `None` if they all refuse it.
fn race(engines: &mut [Box<dyn Engine>], input: &Input, seed: u64) -> Option<Report> {
    let options = Options { vectors: VECTORS, seed, keep: 4, ..Options::default() };
    match diff(engines, &input.wasm, &options) {
        Ok(report) => Some(report),
        Err(DiffError::Refused(_)) => None,
        Err(error @ (DiffError::TooFewEngines | DiffError::Scenario(_))) => {
            panic!("{} engines, of which each has the instance that is called: {error}", engines.len())
        }
    }
}

fn names(campaign: &Campaign<'_>) -> Vec<String> {
    campaign.names.iter().map(|(name, _)| name.clone()).collect()
}

/// The state of the folder, or that of a new campaign.
fn resume(campaign: &Campaign<'_>) -> Result<State, CampaignError> {
    let path = campaign.out.join("state.json");
    let new = State { seed: campaign.seed, engines: names(campaign), ..State::default() };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(campaign.out)
                .map_err(|error| CampaignError::Folder { path: campaign.out.to_owned(), error })?;
            save(campaign.out, &new)?;
            return Ok(new);
        }
        Err(error) => return Err(CampaignError::Folder { path, error }),
    };
    let state: State =
        serde_json::from_str(&text).map_err(|error| CampaignError::Folder { path, error: io::Error::other(error) })?;
    if state.seed != campaign.seed || state.engines != names(campaign) {
        let engines = state.engines.join(", ");
        return Err(CampaignError::Other { path: campaign.out.to_owned(), was: state.seed, engines });
    }
    Ok(state)
}

/// Writes a file at once: whoever is killed meanwhile leaves the old one or the new one.
fn write(path: PathBuf, bytes: &[u8]) -> Result<(), CampaignError> {
    let part = path.with_extension("part");
    let done = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path));
    done.map_err(|error| CampaignError::Folder { path, error })
}

fn save(out: &Path, state: &State) -> Result<(), CampaignError> {
    let text = serde_json::to_string_pretty(state).expect("a state can be written");
    write(out.join("state.json"), text.as_bytes())
}

/// What makes findings the same: what was generated, what differs, and in which engines.
fn signature(input: &Input, difference: &Difference) -> String {
    let point = &difference.points[0];
    let what = point.what.kind();
    let mix = input.mix.split(',').next().unwrap_or_default();
    format!("{what} in {} and {}, {mix}", point.left.0, point.right.0)
}

/// Keeps a difference in a folder of its own, if there is none like it.
fn keep(
    campaign: &Campaign<'_>,
    state: &mut State,
    index: u64,
    input: &Input,
    report: &Report,
    difference: &Difference,
) -> Result<(), CampaignError> {
    let signature = signature(input, difference);
    let times = state.findings.entry(signature.clone()).or_default();
    *times += 1;
    if *times > 1 {
        return Ok(());
    }
    let name: String =
        signature.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(100).collect();
    let folder = campaign.out.join("findings").join(format!("{index}-{name}"));
    fs::create_dir_all(&folder).map_err(|error| CampaignError::Folder { path: folder.clone(), error })?;
    write(folder.join("module.wasm"), &input.wasm)?;
    if let Ok(text) = wasmprinter::print_bytes(&input.wasm) {
        write(folder.join("module.wat"), text.as_bytes())?;
    }
    write(folder.join("scenario.toml"), difference.scenario.to_toml().as_bytes())?;
    let engines: Vec<String> = report.engines.iter().map(|(id, version)| format!("{id} {version}")).collect();
    let id = |name: &String| {
        let known = campaign.names.iter().find(|(other, _)| other == name);
        known.map_or_else(|| name.clone(), |(_, id)| id.clone())
    };
    let point = &difference.points[0];
    let ids = vec![id(&point.left.0), id(&point.right.0)];
    let options: String = ids.iter().map(|id| format!(" --engine '{id}'")).collect();
    let finding = Finding { signature: signature.clone(), seed: campaign.seed, input: index, engines: ids };
    let finding = serde_json::to_string_pretty(&finding).expect("a finding can be written");
    write(folder.join("finding.json"), finding.as_bytes())?;
    let text = format!(
        "# {signature}\n\nInput {index} of seed {}: {}\n\nEngines: {}\n\n```\nassay diff \
         module.wasm --isolate{options} --scenario scenario.toml\nassay reduce .\n```\n\n```\n{difference}```\n",
        campaign.seed,
        input.mix,
        engines.join(", "),
    );
    write(folder.join("README.md"), text.as_bytes())?;
    save(campaign.out, state)
}
