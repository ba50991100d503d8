//! The tests beyond the official ones: all pass, and with them each rule that can be applied is.

use std::path::Path;

use assay_engines::{Budgets, Features, Interp, Version};
use assay_interp::rule::Rule;
use assay_spec_tests::{Script, cover, from_path, official};

fn beyond() -> Vec<Script> {
    from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("beyond")).expect("they can be read")
}

/// Rules of 3.0 that no module's run ends in: the functions have results for all operands.
const NEVER: [Rule; 4] = [Rule::UnopTrap, Rule::VunopTrap, Rule::VbinopTrap, Rule::VternopTrap];

#[test]
fn all_pass_and_no_rule_is_left_out() {
    let mut scripts = beyond();
    let ours = scripts.len();
    scripts.extend(official(Version::V3));
    let groups: Vec<&[Script]> = scripts.chunks(1).collect();
    let interp = || Interp::with_features(Budgets::default(), Features::default());
    let (report, coverage) = cover(&groups, 2, &interp);
    assert!(report.is_ok(), "{report}");
    assert!(ours >= 15, "{ours} files");
    assert_eq!(coverage.missing(), NEVER);
}
