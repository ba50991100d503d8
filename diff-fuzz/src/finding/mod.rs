//! Findings: a difference as it is handed over. It is reduced, named after what it comes down to, and told with all
//! that an engine's maintainer may ask: who answers what, which rules lead there, and an assertion that fails.

mod script;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use assay_engines::{Engine, Interp, replay};
use assay_interp::binary;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::{Features, Instr};
use assay_spec_tests::Script;
use serde::{Deserialize, Serialize};

use crate::campaign::{CampaignError, write};
use crate::compare::{BUDGETS, Options, diff_scenario};
use crate::generate::Input;
use crate::reduce::{Budget, Load, ReducedDifference, instructions, reduce_difference};
use crate::report::{Difference, Point};

/// What the reduction of a finding may take: most need a few hundred candidates.
const REDUCTION: Budget = Budget { candidates: 4000, time: Duration::from_secs(60) };
/// Steps of the derivation that are shown.
const STEPS: usize = 24;
/// Instructions that a signature names.
const NAMED: usize = 3;

/// What `finding.json` says of a finding, for whoever goes on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What makes it the same as another: the kind of difference, the engine, and the instructions that are left.
    pub signature: String,
    /// The campaign's seed.
    pub seed: u64,
    /// The number of the input.
    pub input: u64,
    /// What made the input, and of what.
    pub mix: String,
    /// Ids of the two engines that differ.
    pub engines: Vec<String>,
    /// Engines by their answers, those of the largest group first.
    pub answers: Vec<(String, Vec<String>)>,
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
        finding.map_err(CampaignError::folder(path))
    }

    /// The name of its folder.
    pub(crate) fn folder(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        format!("{}-{}", self.input, self.signature.chars().map(plain).take(80).collect::<String>())
    }
}

/// A finding, and the files of its folder by their names.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What it is.
    pub finding: Finding,
    /// `README.md`, `finding.json`, the modules as they were and reduced, and the assertion if there is one.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Examined {
    /// Writes the folder.
    ///
    /// # Errors
    ///
    /// It can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), CampaignError> {
        fs::create_dir_all(folder).map_err(CampaignError::folder(folder))?;
        self.files.iter().try_for_each(|(name, bytes)| write(folder.join(name), bytes))
    }
}

/// Where an input comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The seed of its campaign, or its own.
    pub seed: u64,
    /// Its number in the campaign.
    pub input: u64,
}

/// What is seen of a difference before it is reduced: what may turn out to be the same looks alike.
pub(crate) fn suspicion(input: &Input, difference: &Difference) -> String {
    let mix = input.mix.split(',').next().unwrap_or_default();
    let mix =
        mix.split_once(':').filter(|(generator, _)| ["smith", "kept"].contains(generator)).map_or(mix, |(g, _)| g);
    format!("{}, {mix}", kind(&difference.points[0]))
}

/// What differs, and in which engines.
fn kind(point: &Point) -> String {
    format!("{} in {}", point.what.kind(), point.engines().join(" and "))
}

/// Reduces a difference, for a minute at most, and tells all of it. The engines are those that were compared, two at
/// least, and the ids what makes them again.
pub fn examine(
    engines: &mut [Box<dyn Engine>],
    ids: &[String],
    origin: Origin,
    input: &Input,
    difference: &Difference,
) -> Examined {
    let names: Vec<String> = engines.iter().map(|engine| engine.id()).collect();
    let pair = pair(&names, &difference.points[0]);
    let scenario = &difference.scenario;
    let reduced = reduced(engines, pair, input, scenario);
    let (wasm, difference) = match &reduced {
        Some(reduced) => (&reduced.module.wasm, &reduced.difference),
        None => (&input.wasm, difference),
    };
    let point = &difference.points[0];
    let mut load = loader(input, wasm);
    let answers = answers(engines, &names, difference, &mut load);
    let culprits = culprits(wasm);
    let signature = format!("{}: {}", kind(point), if culprits.is_empty() { said(point) } else { culprits.join(" ") });
    let pair_ids = [pair.0, pair.1].map(|i| ids.get(i).unwrap_or(&names[i]).clone());
    let assertion = assertion(engines, &names, difference, &mut load);
    let (Origin { seed, input: number }, mix) = (origin, input.mix.clone());
    let finding = Finding { signature, seed, input: number, mix, engines: pair_ids.to_vec(), answers };
    let mut files = vec![
        ("module.wasm".to_owned(), input.wasm.clone()),
        ("scenario.toml".to_owned(), scenario.to_toml().into_bytes()),
    ];
    let mut text = |name: &str, wasm: &[u8]| {
        if let Ok(text) = wasmprinter::print_bytes(wasm) {
            files.push((name.to_owned(), text.into_bytes()));
        }
    };
    text("module.wat", &input.wasm);
    text("reduced.wat", wasm);
    files.push(("reduced.wasm".to_owned(), wasm.clone()));
    files.push(("reduced.toml".to_owned(), difference.scenario.to_toml().into_bytes()));
    files.extend(input.linked.iter().map(|(name, wasm)| (format!("{name}.wasm"), wasm.clone())));
    let page = page(&finding, &reduced, input, difference, &assertion, &mut loader(input, wasm));
    files.push(("README.md".to_owned(), page.into_bytes()));
    if let Ok(assertion) = assertion {
        files.push(("assertion.wast".to_owned(), assertion.script.into_bytes()));
    }
    let json = serde_json::to_string_pretty(&finding).expect("a finding can be written");
    files.push(("finding.json".to_owned(), json.into_bytes()));
    Examined { finding, files }
}

/// The modules of a scenario: those that are linked as they are, and the one that is reduced.
fn loader<'i>(input: &'i Input, wasm: &'i [u8]) -> impl FnMut(&str) -> Result<Vec<u8>, String> + 'i {
    move |name| {
        let linked = input.linked.iter().find(|(linked, _)| name.strip_suffix(".wasm") == Some(linked.as_str()));
        Ok(linked.map_or(wasm, |(_, wasm)| wasm).to_vec())
    }
}

/// The two engines of a point, by their places. What isn't an engine's name is the standard's, and stands for the
/// first.
fn pair(names: &[String], point: &Point) -> (usize, usize) {
    let place = |name: &str| names.iter().position(|other| other == name);
    let right = place(&point.right.0).unwrap_or(1);
    let left = place(&point.left.0).unwrap_or(0);
    (if left == right { usize::from(right == 0) } else { left }, right)
}

/// The difference made smaller; `None` if it doesn't show again.
fn reduced(
    engines: &mut [Box<dyn Engine>],
    (left, right): (usize, usize),
    input: &Input,
    scenario: &Scenario,
) -> Option<ReducedDifference> {
    // The two of them stand first meanwhile.
    engines.swap(0, left);
    let right = if right == 0 { left } else { right };
    engines.swap(1, right);
    let mut load = loader(input, &input.wasm);
    let reduced = reduce_difference(&mut engines[..2], scenario, "module", &mut load, REDUCTION);
    engines.swap(1, right);
    engines.swap(0, left);
    reduced.ok().flatten()
}

/// Engines by what they answer where the first difference is: the first one's answer, and those that aren't like it.
fn answers(
    engines: &mut [Box<dyn Engine>],
    names: &[String],
    difference: &Difference,
    load: &mut Load<'_>,
) -> Vec<(String, Vec<String>)> {
    let point = &difference.points[0];
    let options = Options { keep: 1, ..Options::default() };
    let report = diff_scenario(engines, &difference.scenario, load, &options).ok();
    let found = report.as_ref().and_then(|report| report.differences.first());
    let mut answers: Vec<(String, Vec<String>)> = Vec::new();
    for name in names {
        let out = report.iter().flat_map(|report| &report.out).find(|(id, _)| id == name);
        let here = found
            .into_iter()
            .flat_map(|found| &found.points)
            .find(|other| other.what == point.what && (other.right.0 == *name || other.left.0 == *name));
        let elsewhere = found.into_iter().flat_map(|found| &found.points).find(|other| other.right.0 == *name);
        let answer = match (out, here, elsewhere) {
            (Some((_, why)), ..) => format!("takes no part: {why}"),
            (_, Some(here), _) if here.left.0 == *name => here.left.1.clone(),
            (_, Some(here), _) => here.right.1.clone(),
            (_, None, Some(other)) => format!("{} {}", other.what, other.right.1),
            (_, None, None) => match found {
                Some(found) => found.points[0].left.1.clone(),
                None => "as the others".to_owned(),
            },
        };
        match answers.iter_mut().find(|(other, _)| *other == answer) {
            Some((_, engines)) => engines.push(name.clone()),
            None => answers.push((answer, vec![name.clone()])),
        }
    }
    answers.sort_by_key(|(_, engines)| std::cmp::Reverse(engines.len()));
    answers
}

/// The instructions of a reduced module that do more than to put values in their places.
fn culprits(wasm: &[u8]) -> Vec<&'static str> {
    let plumbing = |name: &str| {
        name.starts_with("local.")
            || name.ends_with(".const")
            || ["end", "drop", "nop", "block", "return"].contains(&name)
    };
    let mut names: Vec<&'static str> = Vec::new();
    for instr in binary::decode_with(wasm, Features::ALL).iter().flat_map(|module| &module.funcs).flat_map(instrs) {
        let name = instr.mnemonic();
        if !plumbing(name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    names.extend((more > 0).then_some("…"));
    names
}

fn instrs(func: &assay_interp::syntax::Func) -> &[Instr] {
    &func.body.expr().instrs
}

/// What the engines say, without the numbers that differ from module to module.
fn said(point: &Point) -> String {
    let words = format!("{}, {}", point.left.1, point.right.1);
    words.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join("").chars().take(100).collect()
}

/// A script, and what became of it in each engine.
struct Assertion {
    script: String,
    passes: Vec<String>,
    fails: Vec<String>,
}

/// The scenario as a script of the official tests, tried in all engines; or why there is none.
fn assertion(
    engines: &mut [Box<dyn Engine>],
    names: &[String],
    difference: &Difference,
    load: &mut Load<'_>,
) -> Result<Assertion, String> {
    let script = script::script(difference, load)?;
    let (mut passes, mut fails) = (Vec::new(), Vec::new());
    for (engine, name) in engines.iter_mut().zip(names) {
        let features = Some(engine.features());
        let test = Script { suite: "finding".into(), name: "assertion.wast".into(), source: script.clone(), features };
        let ran = assay_spec_tests::run(&mut **engine, &test).map_err(|error| format!("it can't be read: {error}"))?;
        let passed = ran.checked.iter().all(|directive| directive.verdict.is_ok());
        if passed { &mut passes } else { &mut fails }.push(name.clone());
    }
    Ok(Assertion { script, passes, fails })
}

/// The end of the run by the rules.
fn derivation(scenario: &Scenario, load: &mut Load<'_>) -> String {
    let mut interp = Interp::with_features(BUDGETS, Features::ALL);
    interp.keep_last(STEPS);
    if let Err(error) = replay(&mut interp, scenario, load) {
        return format!("there is none: {error}\n");
    }
    let Some(last) = interp.last() else { return "nothing was run\n".to_owned() };
    last.lines().map(|line| format!("{line}\n")).collect()
}

/// What is read of a finding.
fn page(
    finding: &Finding,
    reduced: &Option<ReducedDifference>,
    input: &Input,
    difference: &Difference,
    assertion: &Result<Assertion, String>,
    load: &mut Load<'_>,
) -> String {
    let options: String = finding.engines.iter().map(|id| format!(" --engine '{id}'")).collect();
    let mut page = format!(
        "# {}\n\nInput {} of seed {}: {}\n\n```\nassay diff reduced.wasm --isolate{options} --scenario reduced.toml\n\
         assay reduce .\n```\n\n",
        finding.signature, finding.input, finding.seed, finding.mix
    );
    page += &match reduced {
        Some(reduced) => {
            let wasm = &reduced.module.wasm;
            let text = wasmprinter::print_bytes(wasm).unwrap_or_default();
            format!("{} instructions, of {}:\n\n```\n{text}```\n\n", instructions(wasm), instructions(&input.wasm))
        }
        None => "It didn't show again when it was to be reduced.\n\n".to_owned(),
    };
    page += &format!("```\n{difference}```\n\n## Who answers what\n\n");
    for (answer, engines) in &finding.answers {
        page += &format!("- {}: `{}`\n", engines.join(", "), answer.replace('`', "'"));
    }
    if let [(_, most), rest @ ..] = &finding.answers[..]
        && rest.iter().all(|(_, engines)| engines.len() < most.len())
        && !rest.is_empty()
    {
        page += &format!("\nThe majority is {}.\n", most.join(", "));
    }
    let rules = derivation(&difference.scenario, load);
    page += &format!("\n## By rule\n\nThe last steps of the interpreter:\n\n```\n{rules}```\n\n## Assertion\n\n");
    page += &match assertion {
        Ok(Assertion { script, passes, fails }) => {
            format!("Passes in {}; fails in {}.\n\n```\n{script}```\n", listed(passes), listed(fails))
        }
        Err(why) => format!("There is none: {why}.\n"),
    };
    page
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
