//! What the official suite expects of NaNs and relaxed operations, it expects of every profile.

use assay_engines::{Budgets, Interp, Profile, Version};
use assay_spec_tests::{KnownGaps, Script, official, run_all};

#[test]
fn the_official_suite_expects_no_profile() {
    // Files that speak of choices. They take it for granted that growth succeeds.
    let speaks = |source: &str| source.contains("nan:") || source.contains("(either");
    let chosen = |script: &Script| speaks(&script.source) && !script.source.contains(".grow");
    for profile in [Profile::X86_64, Profile::Aarch64, Profile::Seed(1), Profile::Seed(2)] {
        let scripts: Vec<Script> = official(Version::V3).into_iter().filter(chosen).collect();
        assert!(scripts.len() > 25, "{} files are too few", scripts.len());
        let budgets = Budgets { fuel: 200_000_000, ..Budgets::default() };
        let report = run_all(&scripts, 2, &|| Box::new(Interp::with_profile(budgets, profile)));
        let check = KnownGaps::shipped("interp").expect("a list").check(&report);
        assert!(check.is_ok(), "{profile}: {check}");
    }
}
