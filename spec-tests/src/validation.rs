//! Rule coverage of validation: which of its rules the modules of scripts exercise.

use std::collections::BTreeMap;
use std::fmt;

use assay_engines::Features;
use assay_interp::binary;
use assay_interp::valid::{self, Counts, Rule};

use crate::modules::modules;
use crate::run::{Place, parallel};
use crate::script::{Script, ScriptError};

/// For each rule of validation, how many modules it is applied to, and how many aren't valid because it doesn't hold;
/// and the first of both. It prints as a table, and what no module exercises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidCoverage {
    /// By the rule's number.
    rules: Vec<Exercised>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exercised {
    applied: usize,
    refused: usize,
    first: Option<(String, Place)>,
    /// By another file than the first one, too.
    elsewhere: bool,
}

impl Default for ValidCoverage {
    fn default() -> Self {
        ValidCoverage { rules: vec![Exercised::default(); Rule::ALL.len()] }
    }
}

impl ValidCoverage {
    /// To how many modules a rule is applied.
    pub fn applied(&self, rule: Rule) -> usize {
        self.rules[rule as usize].applied
    }

    /// How many modules a rule refuses: it is the innermost one that doesn't hold.
    pub fn refused(&self, rule: Rule) -> usize {
        self.rules[rule as usize].refused
    }

    /// The first module that exercises a rule: suite and name of its file, and its place there.
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
        self.rules().filter(|rule| self.first(*rule).is_none()).collect()
    }

    /// The rules that a judgement about a module ends in. A proposal's count once they are exercised.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        let counts = |rule: &Rule| {
            let of_modules = !rule.is_of_closed_types() && !rule.is_of_instantiation();
            of_modules && (!rule.is_of_proposal() || self.first(*rule).is_some())
        };
        Rule::ALL.iter().copied().filter(counts)
    }

    /// Asks our validator about the modules of a script. What can't be decoded is no question for it.
    fn note(&mut self, script: &Script, features: Features) -> Result<(), ScriptError> {
        for test in modules(script)? {
            let Ok(module) = binary::well_formed(&test.wasm, features) else { continue };
            let mut counts = Counts::default();
            let refused = valid::validate_with(&module, features, &mut counts).err().map(|error| error.rule);
            for rule in Rule::ALL.iter().copied() {
                let (applied, refused) = (counts.of(rule) > 0, refused == Some(rule));
                let exercised = &mut self.rules[rule as usize];
                exercised.applied += usize::from(applied);
                exercised.refused += usize::from(refused);
                if applied || refused {
                    exercised.first.get_or_insert_with(|| (script.file(), test.place));
                }
            }
        }
        Ok(())
    }

    /// Adds the coverage of scripts that come after those of this one.
    fn extend(&mut self, later: ValidCoverage) {
        for (mine, theirs) in self.rules.iter_mut().zip(later.rules) {
            mine.applied += theirs.applied;
            mine.refused += theirs.refused;
            let differ = |(a, b): (&(String, Place), &(String, Place))| a.0 != b.0;
            mine.elsewhere |= theirs.elsewhere || mine.first.as_ref().zip(theirs.first.as_ref()).is_some_and(differ);
            mine.first = mine.first.take().or(theirs.first);
        }
    }
}

/// Validates the modules of scripts, and counts the rules. Scripts that aren't in the format have none; a run of them
/// says so.
pub fn cover_validation(scripts: &[Script], jobs: usize, features: Features) -> ValidCoverage {
    let results = parallel(scripts, jobs, &|script| {
        let mut coverage = ValidCoverage::default();
        coverage.note(script, features).map(|()| coverage)
    });
    let mut coverage = ValidCoverage::default();
    results.into_iter().flatten().for_each(|later| coverage.extend(later));
    coverage
}

impl fmt::Display for ValidCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<36} {:>10} {:>10}  first", "", "applied", "refused")?;
        for rule in self.rules() {
            let (applied, refused) = (self.applied(rule), self.refused(rule));
            match self.first(rule) {
                Some((file, place)) => writeln!(f, "{rule:<36} {applied:>10} {refused:>10}  {file}:{}", place.line)?,
                None => writeln!(f, "{rule:<36} {applied:>10} {refused:>10}")?,
            }
        }
        let missing = self.missing();
        if !missing.is_empty() {
            writeln!(f, "\n{} rules of validation that no module exercises:", missing.len())?;
            missing.iter().try_for_each(|rule| writeln!(f, "  {rule}"))?;
        }
        let alone = self.alone();
        if !alone.is_empty() {
            writeln!(f, "\nrules of validation that no other file exercises:")?;
        }
        for (file, rules) in alone {
            writeln!(f, "  {file}: {}", rules.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", "))?;
        }
        let closed = Rule::ALL.iter().filter(|rule| rule.is_of_closed_types()).count();
        let matching = Rule::ALL.iter().filter(|rule| rule.is_of_instantiation()).count();
        writeln!(f, "\n{closed} rules are of closed types, which no module has, {matching} match what is imported")?;
        let all = self.rules().count();
        write!(f, "{} of the other {all} rules of validation are exercised", all - missing.len())
    }
}
