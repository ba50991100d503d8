//! One configuration before and after each rule of execution, to be held against the standard.
//!
//! Each comes from one of the first directives of the official tests that exercise the rule: the one that has the least
//! to read. What the official tests don't exercise, those in beyond/ do, as far as it is executed. The tests of
//! proposals, and those in cases/threads, exercise the rules that proposals add. Two passes: the first finds the steps,
//! the second one writes down these and no others.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::thread;

use assay_engines::{Budgets, Features, Interp, Version, Watched};
use assay_interp::exec::Config;
use assay_interp::rule::Rule;
use assay_interp::trace::{Notation, Observer, Seen, Step};
use assay_interp::value::Concrete;
use assay_spec_tests::{Event, Place, Proposal, Script, from_path, official, run_group};

/// Directives that a rule's configuration is chosen from, if they are short: so many of each file, and altogether.
const OF_A_FILE: usize = 2;
const FIRST: usize = 32;
/// Steps of a short one. What only long directives exercise comes from the first of them.
const SHORT: u64 = 1000;

fn ours(folder: &str) -> Vec<Script> {
    from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("our cases")
}

fn scripts() -> Vec<Script> {
    let proposals = Proposal::ALL.into_iter().flat_map(Proposal::tests);
    official(Version::V3).into_iter().chain(ours("beyond")).chain(proposals).chain(ours("cases/threads")).collect()
}

/// Whether a script is of a proposal's tests, which exercise all other rules, too, but not for what these are.
fn is_of_proposal(script: &Script) -> bool {
    Proposal::ALL.iter().any(|proposal| script.suite == proposal.name())
}

fn interp<O>(script: &Script) -> Watched<O> {
    let proposals = Features { threads: true, wide_arithmetic: true, custom_page_sizes: true, ..Features::default() };
    let features = if is_of_proposal(script) { proposals } else { Features::default() };
    Watched::new(Interp::with_features(Budgets { fuel: 200_000_000, ..Budgets::default() }, features))
}

/// Works on scripts with two threads, and gives the results in the scripts' order.
fn for_each<'a, R: Send>(scripts: &[&'a Script], work: impl Fn(&'a Script) -> R + Sync) -> Vec<R> {
    let half = |n: usize| scripts.iter().enumerate().skip(n).step_by(2).map(|(i, s)| (i, work(s))).collect::<Vec<_>>();
    let mut results = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut results = half(0);
        results.extend(other.join().expect("no panic"));
        results
    });
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Which steps of which directives of a script are to be written down.
type Wanted = BTreeMap<Place, Vec<u64>>;

/// The directives of a rule that are to be written down.
#[derive(Clone, Default)]
struct Chosen {
    short: usize,
    long: usize,
}

impl Chosen {
    /// Whether a directive of so many steps is one of them, of which there can be `most`.
    fn takes(&mut self, steps: u64, most: usize) -> bool {
        match steps {
            0..SHORT => {
                self.short += 1;
                self.short <= most
            }
            _ => {
                self.long += 1;
                self.short == 0 && self.long == 1
            }
        }
    }
}

/// A step that could be a rule's: its directive and how many steps that takes, and the step's number.
struct Candidate {
    rule: Rule,
    place: Place,
    steps: u64,
    at: u64,
}

fn find(script: &Script) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut chosen = vec![Chosen::default(); Rule::ALL.len()];
    run_group(&mut interp(script), std::slice::from_ref(script), &mut |engine, _, event| match event {
        Event::Begins(..) => engine.observer = Some(Seen::default()),
        Event::Ended(checked) => {
            let seen = engine.observer.take().expect("it has begun");
            let proposal = is_of_proposal(script);
            for rule in Rule::ALL.iter().filter(|rule| !proposal || rule.is_of_proposal()) {
                if let Some(at) = seen.first(*rule)
                    && chosen[*rule as usize].takes(seen.steps, OF_A_FILE)
                {
                    found.push(Candidate { rule: *rule, place: checked.place, steps: seen.steps, at });
                }
            }
        }
    });
    found
}

/// A step, written down.
struct Reduction {
    rule: Rule,
    file: String,
    place: Place,
    before: String,
    after: String,
}

/// Writes down the wanted steps of a directive.
#[derive(Default)]
struct Render {
    wanted: Vec<u64>,
    steps: u64,
    before: String,
    found: Vec<(Rule, String, String)>,
}

fn text(config: &Config<Concrete>) -> String {
    Notation(config).to_string().trim_end().to_owned()
}

impl Observer for Render {
    const DETAIL: bool = true;
    fn before(&mut self, config: &Config<Concrete>) {
        if self.wanted.contains(&self.steps) {
            self.before = text(config);
        }
    }
    fn step(&mut self, step: &Step<'_>) {
        if self.wanted.contains(&self.steps) {
            self.found.push((step.rule, std::mem::take(&mut self.before), text(step.config)));
        }
        self.steps += 1;
    }
}

fn render(script: &Script, wanted: &Wanted) -> Vec<Reduction> {
    let mut all = Vec::new();
    run_group(&mut interp(script), std::slice::from_ref(script), &mut |engine, file, event| match event {
        Event::Begins(_, place) => {
            let wanted = wanted.get(&place).cloned();
            engine.observer = wanted.map(|wanted| Render { wanted, ..Render::default() });
        }
        Event::Ended(checked) => {
            let found = engine.observer.take().map_or(Vec::new(), |render| render.found);
            let (file, place) = (file.to_owned(), checked.place);
            all.extend(found.into_iter().map(|(rule, before, after)| Reduction {
                rule,
                file: file.clone(),
                place,
                before,
                after,
            }));
        }
    });
    all
}

#[test]
fn one_reduction_by_each_rule() {
    let scripts = scripts();
    let all: Vec<&Script> = scripts.iter().collect();
    let found = for_each(&all, find);
    let is_short = |c: &&Candidate| c.steps < SHORT;
    let short: Vec<Rule> = found.iter().flatten().filter(is_short).map(|c| c.rule).collect();
    let mut chosen = vec![Chosen::default(); Rule::ALL.len()];
    let mut wanted: Vec<Wanted> = Vec::new();
    for found in found {
        let mut steps = Wanted::new();
        for Candidate { rule, place, steps: n, at } in found {
            let is_needed = n < SHORT || !short.contains(&rule);
            if is_needed && chosen[rule as usize].takes(n, FIRST) {
                steps.entry(place).or_default().push(at);
            }
        }
        wanted.push(steps);
    }
    let asked: Vec<&Script> = all.iter().zip(&wanted).filter(|(_, w)| !w.is_empty()).map(|(s, _)| *s).collect();
    let wanted: BTreeMap<String, Wanted> = scripts.iter().map(Script::file).zip(wanted).collect();
    let mut shortest: BTreeMap<Rule, Reduction> = BTreeMap::new();
    for reduction in for_each(&asked, |script| render(script, &wanted[&script.file()])).into_iter().flatten() {
        let length = |r: &Reduction| r.before.chars().count() + r.after.chars().count();
        match shortest.get(&reduction.rule) {
            Some(best) if length(best) <= length(&reduction) => {}
            _ => drop(shortest.insert(reduction.rule, reduction)),
        }
    }
    let mut relations: BTreeMap<&str, String> = BTreeMap::new();
    let mut missing = String::new();
    for rule in Rule::ALL.iter().filter(|rule| !rule.is_contextual()) {
        let Some(Reduction { file, place, before, after, .. }) = shortest.get(rule) else {
            writeln!(missing, "{rule}").unwrap();
            continue;
        };
        let (relation, name) = rule.name().split_once('/').expect("a relation and a name");
        let page = relations.entry(relation).or_default();
        writeln!(page, "{name}  ({file}:{})\n     {before}\n  ~> {after}\n", place.line).unwrap();
    }
    for (relation, page) in relations {
        insta::assert_snapshot!(relation, page);
    }
    insta::assert_snapshot!("missing", missing);
}
