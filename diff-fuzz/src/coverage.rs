//! Which rules the inputs of a campaign have exercised: those that exercise rare ones are worth more of their kind.

use std::collections::BTreeMap;

use assay_engines::{Budgets, Engine, Interp, Player, Watched};
use assay_interp::Rule;
use assay_interp::binary;
use assay_interp::scenario::Step;
use assay_interp::syntax::Features;
use assay_interp::trace::Observer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::args;
use crate::generate::Input;

/// An input is rare if it exercises a rule that fewer inputs than this have exercised.
const RARE: u64 = 12;
/// Steps that are watched of each input: what is rare shows early, and the comparison runs it all anyway.
const WATCHED: u64 = 1 << 14;
/// Calls of each function that are watched.
const CALLS: usize = 6;

/// Rules and pairs of rules that have been exercised.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Form", from = "Form")]
pub struct Coverage {
    /// By rule: how many inputs have exercised it.
    rules: BTreeMap<Rule, u64>,
    /// One bit for each pair of a rule and the next one.
    pairs: Vec<u8>,
}

/// As it is written: rules by their names, bits in base64.
#[derive(Serialize, Deserialize)]
struct Form {
    rules: BTreeMap<String, u64>,
    pairs: String,
}

impl From<Coverage> for Form {
    fn from(coverage: Coverage) -> Form {
        let rules = coverage.rules.into_iter().map(|(rule, n)| (rule.name().to_owned(), n)).collect();
        Form { rules, pairs: BASE64.encode(coverage.pairs) }
    }
}

impl From<Form> for Coverage {
    /// What isn't a rule any more is forgotten.
    fn from(form: Form) -> Coverage {
        let known = |name: &str| Rule::ALL.iter().copied().find(|rule| rule.name() == name);
        let rules = form.rules.iter().filter_map(|(name, n)| Some((known(name)?, *n))).collect();
        let pairs = BASE64.decode(form.pairs).unwrap_or_default();
        Coverage { rules, pairs: if pairs.len() == pairs_len() { pairs } else { Vec::new() } }
    }
}

fn pairs_len() -> usize {
    (Rule::ALL.len() * Rule::ALL.len()).div_ceil(8)
}

impl Coverage {
    /// How many different rules have been exercised.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// How many different pairs of rules have been, one after the other.
    pub fn pairs(&self) -> u64 {
        self.pairs.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// Takes note of what an input exercises. Whether it is worth keeping: a rule of it is rare, or a pair of rules is
    /// new.
    pub(crate) fn note(&mut self, trail: &Trail) -> bool {
        if self.pairs.is_empty() {
            self.pairs = vec![0; pairs_len()];
        }
        let mut rare = false;
        for (rule, _) in Rule::ALL.iter().zip(&trail.rules).filter(|(_, exercised)| **exercised) {
            let n = self.rules.entry(*rule).or_default();
            *n += 1;
            rare |= *n <= RARE;
        }
        for (known, found) in self.pairs.iter_mut().zip(&trail.pairs) {
            rare |= *found & !*known != 0;
            *known |= *found;
        }
        rare
    }
}

/// The rules and pairs of rules that a run exercises, a bit each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trail {
    last: Option<Rule>,
    rules: Vec<bool>,
    pairs: Vec<u8>,
}

impl Observer for Trail {
    const DETAIL: bool = false;

    fn rule(&mut self, rule: Rule) {
        self.rules[rule as usize] = true;
        if let Some(last) = self.last.replace(rule) {
            let pair = last as usize * Rule::ALL.len() + rule as usize;
            self.pairs[pair / 8] |= 1 << (pair % 8);
        }
    }
}

/// What an input exercises: instantiated, and some calls of what it exports.
pub(crate) fn trail(input: &Input, features: Features, seed: u64) -> Trail {
    let budgets = Budgets { fuel: WATCHED, ..crate::BUDGETS };
    let mut watched = Watched::new(Interp::with_features(budgets, features));
    watched.observer = Some(Trail { last: None, rules: vec![false; Rule::ALL.len()], pairs: vec![0; pairs_len()] });
    let _ = play(&mut watched, input, features, seed);
    watched.observer.expect("it was given one")
}

/// Takes the steps; none are left after one that fails.
fn play(engine: &mut dyn Engine, input: &Input, features: Features, seed: u64) -> Option<()> {
    let module = binary::decode_with(&input.wasm, features).ok()?;
    let mut player = Player::new(engine);
    let mut load = |name: &str| {
        let found = input.linked.iter().find(|(linked, _)| linked == name);
        Ok(found.map_or_else(|| input.wasm.clone(), |(_, wasm)| wasm.clone()))
    };
    let names = input.linked.iter().map(|(name, _)| Some(name.clone())).chain([None]);
    for register in names {
        let module = register.clone().unwrap_or_default();
        player.play(&Step::Instantiate { module, register, answers: Vec::new() }, &mut load).ok()?;
    }
    let instance = input.linked.len();
    player.instance(instance)?;
    for (export, ty) in module.exported_funcs() {
        for args in args::vectors(&ty, CALLS, seed) {
            player.play(&Step::Call { instance, export: export.to_owned(), args }, &mut load).ok()?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(wat: &str) -> Input {
        Input { mix: String::new(), wasm: wat::parse_str(wat).unwrap(), linked: Vec::new() }
    }

    #[test]
    fn what_is_seen_for_the_first_time_is_rare_and_then_less_so() {
        let one = trail(&input(r#"(module (func (export "f") (drop (i32.const 1))))"#), Features::default(), 0);
        assert!(one.rules[Rule::Drop as usize] && one.pairs.iter().any(|byte| *byte > 0));
        let mut coverage = Coverage::default();
        for n in 0..20 {
            assert_eq!(coverage.note(&one), n < RARE, "{n}");
        }
        let other = trail(&input(r#"(module (func (export "f") nop))"#), Features::default(), 0);
        assert!(coverage.note(&other));
        let text = serde_json::to_string(&coverage).unwrap();
        assert_eq!(serde_json::from_str::<Coverage>(&text).unwrap(), coverage);
    }

    #[test]
    fn linked_modules_are_watched_too() {
        let features = Features::default();
        let all = (0..40).filter_map(|seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            crate::generate::generate_by(crate::Generator::Linked, &mut rng, features)
        });
        let mut coverage = Coverage::default();
        all.for_each(|input| _ = coverage.note(&trail(&input, features, 1)));
        for rule in [Rule::Throw, Rule::CallIndirect, Rule::MemoryGrowSucceed, Rule::ThrowRefHandlerCatch] {
            assert!(coverage.rules.contains_key(&rule), "{rule}");
        }
    }
}
