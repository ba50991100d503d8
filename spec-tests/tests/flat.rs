//! The flat form of execution does what the rules do: over the official tests, each call and instantiation ends alike
//! in both, takes as much fuel, leaves the same store, and stands for the same rules, one for one.

use std::hash::{Hash as _, Hasher as _};

use assay_engines::{
    Budgets, Engine, Features, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Profile, Value, Version, Watched,
};
use assay_interp::exec::Store;
use assay_interp::rule::Rule;
use assay_interp::trace::Observer;
use assay_interp::value::Concrete;
use assay_spec_tests::{Script, official, run_all};
use rustc_hash::FxHasher;

/// The rules of a call, but for the way out of a trap or an exception: the first ones, their number, and a hash of all.
#[derive(Default)]
struct Rules {
    first: Vec<Rule>,
    count: u64,
    hash: FxHasher,
}

/// How many rules of a call are kept, to tell where they part.
const KEPT: usize = 1 << 20;

impl Observer for Rules {
    const DETAIL: bool = false;
    fn rule(&mut self, rule: Rule) {
        if rule.leaves() {
            return;
        }
        if self.first.len() < KEPT {
            self.first.push(rule);
        }
        self.count += 1;
        rule.hash(&mut self.hash);
    }
}

/// Three interpreters in step: one takes the flat form; one, being watched, the rules; and one takes the flat form and
/// tells the rules that it stands for.
struct Both {
    flat: Interp,
    rules: Watched<Rules>,
    telling: Interp,
}

impl Both {
    fn new(budgets: Budgets) -> Both {
        let mut rules = Watched::new(Interp::new(budgets));
        rules.observer = Some(Rules::default());
        Both { flat: Interp::new(budgets), rules, telling: Interp::new(budgets) }
    }

    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, flat: T, rules: T) -> T {
        assert!(flat == rules, "{what}: the flat form says {flat:?}, the rules say {rules:?}");
        flat
    }

    /// The stores are the same, and so is the fuel that is left.
    fn compare(&self, what: &str, exhausted: bool) {
        let (flat, rules) = (self.flat.machine(), self.rules.interp.machine());
        if exhausted {
            return;
        }
        assert_eq!(flat.fuel_left(), rules.fuel_left(), "fuel after {what}");
        same_stores(what, flat.store(), rules.store());
        same_stores(what, self.telling.machine().store(), rules.store());
    }
}

fn same_stores(what: &str, a: &Store<Concrete>, b: &Store<Concrete>) {
    assert!(a.mems.iter().map(|m| &m.bytes).eq(b.mems.iter().map(|m| &m.bytes)), "memories after {what}");
    assert!(a.globals.iter().map(|g| g.value).eq(b.globals.iter().map(|g| g.value)), "globals after {what}");
    assert!(a.tables.iter().map(|t| &t.elements).eq(b.tables.iter().map(|t| &t.elements)), "tables after {what}");
}

impl Engine for Both {
    fn id(&self) -> String {
        "both".into()
    }
    fn version(&self) -> String {
        "1".into()
    }
    fn features(&self) -> Features {
        self.flat.features()
    }
    fn set_features(&mut self, features: Features) {
        self.flat.set_features(features);
        self.telling.set_features(features);
        self.rules.set_features(features);
    }
    fn set_profile(&mut self, profile: Profile) {
        self.flat.set_profile(profile);
        self.telling.set_profile(profile);
        self.rules.set_profile(profile);
    }
    fn reset(&mut self) {
        self.flat.reset();
        self.telling.reset();
        self.rules.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.flat.validate(wasm)
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let results = (self.flat.instantiate(wasm, links), self.rules.instantiate(wasm, links));
        let result = self.same("instantiation", results.0, results.1);
        let telling = self.telling.instantiate(wasm, links);
        let result = self.same("instantiation", telling, result);
        self.compare("instantiation", matches!(result, Err(Outcome::Exhausted(_) | Outcome::Unlinkable(_))));
        result
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.rules.observer = Some(Rules::default());
        let outcomes = (self.flat.invoke(instance, export, args), self.rules.invoke(instance, export, args));
        let outcome = self.same(export, outcomes.0, outcomes.1);
        let mut told = Rules::default();
        let telling = self.telling.invoke_flat(instance, export, args, &mut told);
        let outcome = self.same(export, telling, outcome);
        if !matches!(outcome, Outcome::Exhausted(_)) {
            let applied = self.rules.observer.as_ref().expect("it watches");
            let rule = |rules: &Rules, i: usize| rules.first.get(i).copied();
            let kept = applied.first.len().max(told.first.len());
            let differs = (0..kept).find(|i| rule(applied, *i) != rule(&told, *i));
            if let Some(i) = differs {
                panic!("{export}, rule {i}: {:?} is told, {:?} applied", rule(&told, i), rule(applied, i));
            }
            let all = |rules: &Rules| (rules.count, rules.hash.finish());
            assert_eq!(all(&told), all(applied), "{export}: number and hash of the rules told, and of those applied");
        }
        self.compare(export, matches!(outcome, Outcome::Exhausted(_) | Outcome::Unsupported(_)));
        outcome
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let values = (self.flat.get(instance, export), self.rules.get(instance, export));
        self.same(export, values.0, values.1)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.flat.set(instance, export, value)?;
        self.telling.set(instance, export, value)?;
        self.rules.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.flat.memory(instance, export)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.flat.write(instance, export, offset, bytes)?;
        self.telling.write(instance, export, offset, bytes)?;
        self.rules.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.flat.table(instance, export)
    }
    fn log(&mut self) -> Vec<HostCall> {
        let logs = (self.flat.log(), self.rules.log());
        let telling = self.telling.log();
        self.same("log", telling, logs.1.clone());
        self.same("log", logs.0, logs.1)
    }
}

/// Whether all passes through both at once. What differs is a panic, which fails its script.
fn agrees(budgets: Budgets) {
    let scripts: Vec<Script> = official(Version::V3);
    let report = run_all(&scripts, 2, &|| Box::new(Both::new(budgets)));
    let mut failed = Vec::new();
    for script in &report.scripts {
        let wrong = script.checked.iter().filter(|c| c.verdict.is_err()).take(1);
        failed.extend(wrong.map(|c| format!("{}:{} {:?}", script.file, c.place, c.verdict)));
    }
    assert!(report.errors.is_empty() && failed.is_empty(), "{failed:#?}");
}

#[test]
fn counted() {
    agrees(Budgets { fuel: 1 << 40, ..Budgets::default() });
}

#[test]
fn endless() {
    agrees(Budgets::default());
}
