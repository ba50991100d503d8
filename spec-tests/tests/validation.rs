//! Our validator decides every module of the official tests as they say, alone, and for the reason that they name; and
//! as its peer does.

use std::path::Path;

use assay_engines::{Features, Version};
use assay_interp::binary;
use assay_interp::valid::{self, Error, Fault, Rule, Space};
use assay_spec_tests::{Asked, Proposal, Script, cover_validation, from_path, modules, official};

/// All official tests, with the features that they are written for.
fn suites() -> Vec<(&'static str, Vec<Script>, Features)> {
    let versions = Version::ALL.map(|v| (v.name(), official(v), v.into()));
    let proposals = Proposal::ALL.map(|p| (p.name(), p.tests(), p.on(p.version().into())));
    versions.into_iter().chain(proposals).collect()
}

/// What the official tests call an error: their messages begin with one of these.
fn names(error: &Error) -> &'static [&'static str] {
    match &*error.fault {
        Fault::Mismatch { .. } | Fault::NoOperand | Fault::NoReference(_) | Fault::Select(..) => &["type mismatch"],
        Fault::SelectArity(_) => &["invalid result arity"],
        Fault::Unknown { space, .. } => match space {
            Space::Type => &["unknown type"],
            Space::Func => &["unknown function"],
            Space::Table => &["unknown table"],
            Space::Mem => &["unknown memory"],
            Space::Global => &["unknown global"],
            Space::Tag => &["unknown tag"],
            Space::Elem => &["unknown elem segment"],
            Space::Data => &["unknown data segment"],
            Space::Local => &["unknown local"],
            Space::Label => &["unknown label"],
            Space::Field => &["unknown field"],
        },
        Fault::Kind { .. } => &["type mismatch"],
        Fault::Immutable("global") => &["immutable global", "global is immutable"],
        Fault::Immutable("array") => &["immutable array"],
        Fault::Immutable(_) => &["immutable field"],
        Fault::Packed(_) | Fault::NotDefaultable(_) | Fault::NotFuncs(_) => &["type mismatch"],
        Fault::NotNumeric(_) => &["array type is not numeric or vector"],
        Fault::Elements { .. } if error.rule == Rule::InstrOkArrayCopy => &["array types do not match"],
        Fault::Elements { .. } => &["type mismatch"],
        Fault::Unset(_) => &["uninitialized local"],
        Fault::Undeclared(_) => &["undeclared function reference"],
        Fault::NotConstant | Fault::NotConstantGlobal(_) => &["constant expression required"],
        Fault::Alignment { .. } => &["alignment must not be larger than natural"],
        Fault::AtomicAlignment { .. } => &["atomic alignment must be natural"],
        Fault::SharedWithoutMaximum => &["shared memory must have maximum"],
        Fault::Offset(_) => &["offset out of range"],
        Fault::Lane { .. } => &["invalid lane index"],
        Fault::Limits { .. } => &["size minimum must not be greater than maximum"],
        Fault::Size { of: Space::Mem, .. } => &["memory size"],
        Fault::Size { .. } => &["table size"],
        Fault::PageSize => &["invalid custom page size"],
        Fault::Supertypes(_) | Fault::Forward(_) | Fault::Final(_) | Fault::SubType(_) => &["sub type"],
        Fault::TagResults => &["non-empty tag result type"],
        Fault::StartType(_) => &["start function"],
        Fault::Duplicate(_) => &["duplicate export name"],
        Fault::Multiple(..) => &["multiple"],
        Fault::Beyond(..) | Fault::Limit { .. } => &[],
    }
}

#[test]
fn the_official_tests_are_decided() {
    let (mut wrong, mut valid_ones, mut invalid_ones) = (Vec::new(), 0, 0);
    for (suite, scripts, features) in suites() {
        for script in scripts {
            let features = script.features.unwrap_or(features);
            for module in modules(&script).expect("a script") {
                let ours = match binary::well_formed(&module.wasm, features) {
                    Ok(module) => valid::validate(&module, features),
                    Err(error) => panic!("{suite} {}:{}: {error}", script.file(), module.place),
                };
                let theirs = binary::check_with(&module.wasm, features);
                let mut check = |holds: bool| {
                    let (file, place, asked) = (script.file(), module.place, &module.asked);
                    wrong.extend((!holds).then(|| format!("{suite} {file}:{place} {asked:?}: {ours:?}, {theirs:?}")));
                };
                check(ours.is_ok() == theirs.is_ok());
                check(binary::decode_with(&module.wasm, features).is_ok() == theirs.is_ok());
                match (&ours, &module.asked) {
                    (Ok(()), Asked::Valid) => valid_ones += 1,
                    (Err(error), Asked::Invalid(reason)) => {
                        invalid_ones += 1;
                        check(names(error).iter().any(|name| reason.starts_with(name)));
                    }
                    _ => check(false),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(valid_ones > 5000 && invalid_ones > 5000, "{valid_ones} valid, {invalid_ones} invalid");
}

/// Which rules of validation the official tests exercise: how many modules each is applied to, and how many it refuses.
#[test]
fn the_rules_that_the_official_tests_exercise() {
    let coverage = cover_validation(&official(Version::V3), 2, Version::V3.into());
    assert_eq!(coverage.missing(), []);
    insta::assert_snapshot!("rules-3.0", coverage);
    // What the official tests leave out, has cases of ours.
    let cases = from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/threads")).expect("the cases");
    let mut of_proposals = vec![cover_validation(&cases, 2, Features::ALL)];
    of_proposals.extend(Proposal::ALL.map(|p| cover_validation(&p.tests(), 2, p.on(p.version().into()))));
    for rule in Rule::ALL.iter().filter(|rule| rule.is_of_proposal()) {
        assert!(of_proposals.iter().any(|coverage| coverage.applied(*rule) > 0), "{rule}");
    }
}
