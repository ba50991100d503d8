//! Rule coverage: which rules of execution the directives of scripts exercise.

use std::collections::BTreeMap;
use std::fmt;

use assay_engines::{Interp, Watched};
use assay_interp::rule::Rule;
use assay_interp::trace::Seen;

use crate::report::Report;
use crate::run::{Event, Place, parallel, run_group};
use crate::script::Script;

/// For each rule of execution, how many directives exercise it, and the first that does. It prints as a table, what no
/// directive exercises, and how many rules that makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// By the rule's number.
    rules: Vec<Exercised>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exercised {
    directives: usize,
    first: Option<(String, Place)>,
    /// By another file than the first one, too.
    elsewhere: bool,
}

impl Default for Coverage {
    fn default() -> Self {
        Coverage { rules: vec![Exercised::default(); Rule::ALL.len()] }
    }
}

impl Coverage {
    /// How many directives exercise a rule.
    pub fn directives(&self, rule: Rule) -> usize {
        self.rules[rule as usize].directives
    }

    /// The first directive that exercises a rule: suite and name of its file, and its place there.
    pub fn first(&self, rule: Rule) -> Option<(&str, Place)> {
        self.rules[rule as usize].first.as_ref().map(|(file, place)| (file.as_str(), *place))
    }

    /// The file, by suite and name, that alone exercises a rule.
    pub fn only(&self, rule: Rule) -> Option<&str> {
        self.first(rule).filter(|_| !self.rules[rule as usize].elsewhere).map(|(file, _)| file)
    }

    /// For each file that alone exercises some rules, those rules.
    pub fn alone(&self) -> BTreeMap<&str, Vec<Rule>> {
        let mut alone: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
        for rule in self.rules() {
            if let Some(file) = self.only(rule) {
                alone.entry(file).or_default().push(rule);
            }
        }
        alone
    }

    /// The rules that could be exercised, and are not.
    pub fn missing(&self) -> Vec<Rule> {
        self.rules().filter(|rule| self.directives(*rule) == 0).collect()
    }

    /// The rules that are applied by name; the others apply around them. A proposal's count once they are exercised.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        let counts = |rule: &Rule| !rule.is_contextual() && (!rule.is_of_proposal() || self.directives(*rule) > 0);
        Rule::ALL.iter().copied().filter(counts)
    }

    fn note(&mut self, file: &str, place: Place, seen: &Seen) {
        for rule in Rule::ALL.iter().filter(|rule| seen.count(**rule) > 0) {
            let exercised = &mut self.rules[*rule as usize];
            exercised.directives += 1;
            let (first, _) = exercised.first.get_or_insert_with(|| (file.to_owned(), place));
            exercised.elsewhere |= first != file;
        }
    }

    /// Adds the coverage of scripts that come after those of this one.
    fn extend(&mut self, later: Coverage) {
        for (mine, theirs) in self.rules.iter_mut().zip(later.rules) {
            mine.directives += theirs.directives;
            let differ = |(a, b): (&(String, Place), &(String, Place))| a.0 != b.0;
            mine.elsewhere |= theirs.elsewhere || mine.first.as_ref().zip(theirs.first.as_ref()).is_some_and(differ);
            mine.first = mine.first.take().or(theirs.first);
        }
    }
}

/// Runs scripts in the interpreter, each group in a store of its own, and counts the rules.
pub fn cover(groups: &[&[Script]], jobs: usize, interp: &(dyn Fn() -> Interp + Sync)) -> (Report, Coverage) {
    let results = parallel(groups, jobs, &|group| {
        let (mut engine, mut coverage) = (Watched::new(interp()), Coverage::default());
        let results = run_group(&mut engine, group, &mut |engine, file, event| match event {
            Event::Begins(..) => engine.observer = Some(Seen::default()),
            Event::Ended(checked) => {
                let seen = engine.observer.take().expect("each directive that ends has begun");
                coverage.note(file, checked.place, &seen);
            }
        });
        (results, coverage)
    });
    let (mut report, mut coverage) = (Report::default(), Coverage::default());
    for (results, later) in results {
        report.extend(results);
        coverage.extend(later);
    }
    (report, coverage)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<36} {:>10}  first", "", "directives")?;
        for rule in self.rules() {
            let directives = self.directives(rule);
            match self.first(rule) {
                Some((file, place)) => writeln!(f, "{rule:<36} {directives:>10}  {file}:{}", place.line)?,
                None => writeln!(f, "{rule:<36} {directives:>10}")?,
            }
        }
        let missing = self.missing();
        if !missing.is_empty() {
            writeln!(f, "\n{} rules that no directive exercises:", missing.len())?;
            missing.iter().try_for_each(|rule| writeln!(f, "  {rule}"))?;
        }
        let alone = self.alone();
        if !alone.is_empty() {
            writeln!(f, "\nrules that no other file exercises:")?;
        }
        for (file, rules) in alone {
            writeln!(f, "  {file}: {}", rules.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", "))?;
        }
        let contextual: Vec<&str> = Rule::ALL.iter().filter(|r| r.is_contextual()).map(|r| r.name()).collect();
        writeln!(f, "\n{} rules apply around every step: {}", contextual.len(), contextual.join(", "))?;
        let all = self.rules().count();
        write!(f, "{} of the other {all} rules are exercised", all - missing.len())
    }
}
