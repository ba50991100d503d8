//! Campaigns that look for faults, all on one sequence of inputs.
//!
//! Each fault's campaign is that of the interpreter against the engine with the fault, on the same inputs in the same
//! order, to the first difference. What an input costs a campaign is measured: its generation, and the comparison with
//! the broken engine. Where the instruction isn't in the module, it is the comparison with one that isn't broken, which
//! is the same then, and is done once for all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, Instant};

use assay_diff_fuzz::{BUDGETS, DiffError, Options, diff, generate, input_seed};
use assay_engines::{Engine, Features, Interp};
use assay_interp::binary;
use serde::{Deserialize, Serialize};

use crate::engine::Broken;
use crate::table::Fault;

/// Where the inputs come from.
const SEED: u64 = 1;
/// Calls of each function, as in any campaign.
const VECTORS: usize = 16;

/// How long a fault is looked for.
pub(crate) enum Budget {
    /// Seconds of its own campaign.
    Seconds(f64),
    /// Inputs.
    Inputs(u64),
}

impl Budget {
    fn is_spent(&self, seconds: f64, inputs: u64) -> bool {
        match *self {
            Budget::Seconds(most) => seconds >= most,
            Budget::Inputs(most) => inputs >= most,
        }
    }
}

/// A fault's campaign.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hunt {
    /// Seconds that it has taken.
    pub(crate) seconds: f64,
    /// Inputs that had the instruction.
    pub(crate) inputs: u64,
    /// The number of the input that showed the fault, and what that was made of.
    pub(crate) found: Option<(u64, String)>,
    /// Whether it is over.
    pub(crate) over: bool,
}

/// All campaigns, as they are kept in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// What faults and inputs are made by.
    sources: u64,
    /// Inputs below this number have been compared.
    next: u64,
    /// By the names of faults.
    hunts: BTreeMap<String, Hunt>,
    /// By generator: inputs, and the seconds of their generation and of the comparison with what isn't broken.
    generators: BTreeMap<String, (u64, f64)>,
    /// The input that took longest, in seconds.
    slowest: (u64, f64),
}

/// The names of the instructions in a module's functions.
pub(crate) fn instructions(wasm: &[u8]) -> BTreeSet<&'static str> {
    let module = binary::decode_with(wasm, Features::default()).expect("inputs are valid");
    let mut names = BTreeSet::new();
    for func in &module.funcs {
        names.extend(func.body.read().instrs.iter().map(|instr| instr.mnemonic()));
    }
    names
}

/// How many differences there are; none, where all engines refuse the module.
fn differences(engines: &mut [Box<dyn Engine>], wasm: &[u8], seed: u64) -> u64 {
    let options = Options { vectors: VECTORS, seed, keep: 1, ..Options::default() };
    match diff(engines, wasm, &options) {
        Ok(report) => report.differed(),
        Err(DiffError::Refused(_)) => 0,
        Err(error) => panic!("{error}"),
    }
}

impl State {
    pub(crate) fn new(faults: &[Fault]) -> State {
        let hunts = faults.iter().map(|fault| (fault.name.to_owned(), Hunt::default())).collect();
        State { sources: sources(), next: 0, hunts, generators: BTreeMap::new(), slowest: (0, 0.0) }
    }

    /// The state in a file, if it is of the same sources and faults.
    pub(crate) fn resume(path: &Path, faults: &[Fault]) -> State {
        let new = State::new(faults);
        let text = fs::read_to_string(path).unwrap_or_default();
        let kept: Option<State> = serde_json::from_str(&text).ok();
        kept.filter(|kept| kept.sources == new.sources && kept.hunts.keys().eq(new.hunts.keys())).unwrap_or(new)
    }

    pub(crate) fn save(&self, path: &Path) {
        let (folder, part) = (path.parent().expect("it is in a folder"), path.with_extension("part"));
        let text = serde_json::to_string_pretty(self).expect("a state can be written");
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&part, text));
        written.and_then(|()| fs::rename(&part, path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    /// Compares inputs until each campaign is over. `save` is told every few seconds.
    pub(crate) fn run(&mut self, faults: &[Fault], budget: &Budget, save: &mut dyn FnMut(&State)) {
        let interp = || Box::new(Interp::with_features(BUDGETS, Features::default()));
        let mut sound: [Box<dyn Engine>; 2] = [interp(), interp()];
        let mut saved = Instant::now();
        while self.hunts.values().any(|hunt| !hunt.over) {
            let seed = input_seed(SEED, self.next);
            let started = Instant::now();
            let input = generate(seed, Features::default());
            let generated = started.elapsed();
            let started = Instant::now();
            let same = differences(&mut sound, &input.wasm, seed);
            assert_eq!(same, 0, "the interpreter differs from itself: input {}, {}", self.next, input.mix);
            let alike = started.elapsed();
            let generator = input.mix.split(':').next().unwrap_or_default();
            let (inputs, seconds) = self.generators.entry(generator.to_owned()).or_default();
            let cost = (generated + alike).as_secs_f64();
            *inputs += 1;
            *seconds += cost;
            if cost > self.slowest.1 {
                self.slowest = (self.next, cost);
            }
            let instrs = instructions(&input.wasm);
            for fault in faults {
                let hunt = self.hunts.get_mut(fault.name).expect("each fault has a campaign");
                if hunt.over {
                    continue;
                }
                let (mut taken, mut found) = (alike, false);
                if fault.mnemonics().any(|name| instrs.contains(name)) {
                    hunt.inputs += 1;
                    let started = Instant::now();
                    let broken =
                        Box::new(Broken::new(Interp::with_features(BUDGETS, Features::default()), fault.clone()));
                    found = differences(&mut [interp(), broken], &input.wasm, seed) > 0;
                    taken = started.elapsed();
                }
                hunt.seconds += (generated + taken).as_secs_f64();
                // What is found when the time is over, isn't.
                if found && !budget.is_spent(hunt.seconds, self.next) {
                    hunt.found = Some((self.next, input.mix.clone()));
                    hunt.over = true;
                }
                hunt.over |= budget.is_spent(hunt.seconds, self.next + 1);
            }
            self.next += 1;
            if saved.elapsed() > Duration::from_secs(5) {
                saved = Instant::now();
                save(self);
            }
        }
    }

    /// The faults that weren't found.
    pub(crate) fn missed<'f>(&self, faults: &'f [Fault]) -> impl Iterator<Item = &'f Fault> {
        faults.iter().filter(|fault| self.hunts[fault.name].found.is_none())
    }

    /// When each fault was found, by which generator; then, by family, how many and how soon.
    pub(crate) fn table(&self, faults: &[Fault]) -> String {
        let mut text = String::new();
        for fault in faults {
            let Hunt { seconds, inputs, found, .. } = &self.hunts[fault.name];
            let _ = match found {
                Some((input, mix)) => {
                    let generator = mix.split(':').next().unwrap_or_default();
                    writeln!(text, "{seconds:7.2} s  input {input:>6}  {generator:<12} {}", fault.name)
                }
                None => writeln!(text, "missed in {seconds:.0} s, {inputs} inputs have it: {}", fault.name),
            };
        }
        let _ = writeln!(text, "\n| generator | inputs | inputs/s |\n|---|--:|--:|");
        for (name, (inputs, seconds)) in &self.generators {
            let _ = writeln!(text, "| {name} | {inputs} | {:.0} |", *inputs as f64 / seconds);
        }
        let (input, seconds) = self.slowest;
        let _ = writeln!(text, "\nThe slowest input is {input}: {seconds:.1} s.");
        let _ = writeln!(text, "\n| family | faults | narrow | found | narrow found | median | slowest |");
        let _ = writeln!(text, "|---|--:|--:|--:|--:|--:|--:|");
        let mut families: Vec<&str> = faults.iter().map(|fault| fault.family).collect();
        families.dedup();
        for family in families {
            self.row(&mut text, family, faults.iter().filter(|fault| fault.family == family).collect());
        }
        self.row(&mut text, "all", faults.iter().collect());
        text
    }

    fn row(&self, text: &mut String, name: &str, faults: Vec<&Fault>) {
        let is_found = |fault: &&&Fault| self.hunts[fault.name].found.is_some();
        let is_narrow = |fault: &&&Fault| fault.alike.is_some();
        let found = || faults.iter().filter(is_found);
        let mut seconds: Vec<f64> = found().map(|fault| self.hunts[fault.name].seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {:.2} s | {:.1} s |",
            faults.len(),
            faults.iter().filter(is_narrow).count(),
            seconds.len(),
            found().filter(is_narrow).count(),
            seconds.get(seconds.len() / 2).copied().unwrap_or_default(),
            seconds.last().copied().unwrap_or_default(),
        );
    }
}

/// A hash of the table and of this crate's sources: results of others say nothing of these.
fn sources() -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injected"),
    ];
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.extend([path])
            };
        }
    }
    for path in files {
        fs::read(&path).expect("a source can be read").hash(&mut hasher);
    }
    hasher.finish()
}
