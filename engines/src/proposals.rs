//! Which proposals an engine has, and what it means when an engine that lacks some refuses a module.

use assay_interp::binary::wasm_features;
use assay_interp::outcome::Outcome;
use assay_interp::syntax::{Features, Version};
use wasmparser::{Validator, WasmFeatures};

/// The proposals by name, oldest first: those that are part of a version of the standard, then those beyond 3.0.
const PROPOSALS: [(&str, WasmFeatures); 18] = [
    ("mutable-global", WasmFeatures::MUTABLE_GLOBAL),
    ("sign-extension", WasmFeatures::SIGN_EXTENSION),
    ("saturating-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("multi-value", WasmFeatures::MULTI_VALUE),
    // Its `externref` is among the types that wasmparser counts apart.
    ("reference-types", WasmFeatures::REFERENCE_TYPES.union(WasmFeatures::GC_TYPES)),
    ("bulk-memory", WasmFeatures::BULK_MEMORY),
    ("simd", WasmFeatures::SIMD),
    ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
    ("tail-call", WasmFeatures::TAIL_CALL),
    ("extended-const", WasmFeatures::EXTENDED_CONST),
    ("function-references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::GC),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("multi-memory", WasmFeatures::MULTI_MEMORY),
    ("memory64", WasmFeatures::MEMORY64),
    ("threads", WasmFeatures::THREADS),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
];

/// The names of the proposals that are among these features.
pub(crate) fn proposals(features: WasmFeatures) -> Vec<&'static str> {
    PROPOSALS.iter().filter(|(_, flags)| features.contains(*flags)).map(|(name, _)| *name).collect()
}

/// The least features that have all proposals of these names; names that aren't known are passed over.
pub(crate) fn features(names: &[String]) -> Features {
    let named = PROPOSALS.iter().filter(|(name, _)| names.iter().any(|n| n == name));
    let flags = named.fold(WasmFeatures::empty(), |flags, (_, more)| flags | *more);
    let beyond = WasmFeatures::THREADS | WasmFeatures::WIDE_ARITHMETIC | WasmFeatures::CUSTOM_PAGE_SIZES;
    let has = |version: &Version| wasm_features((*version).into()).contains(flags - beyond);
    let version = Version::ALL.into_iter().find(has).unwrap_or_default();
    Features {
        version,
        threads: flags.contains(WasmFeatures::THREADS),
        wide_arithmetic: flags.contains(WasmFeatures::WIDE_ARITHMETIC),
        custom_page_sizes: flags.contains(WasmFeatures::CUSTOM_PAGE_SIZES),
        single_memory: version == Version::V3 && !flags.contains(WasmFeatures::MULTI_MEMORY),
    }
}

/// What it means that an engine refuses a module: that it isn't well-formed and valid; or, if the engine lacks some of
/// the features asked for and what it meets is that, nothing about the module.
///
/// A validator is asked with the features `asked` for and with those that the engine `has`. If it finds the same wrong
/// with the module, or with those that the engine has nothing, then the engine must answer for what it says.
pub(crate) fn refused(wasm: &[u8], asked: WasmFeatures, has: WasmFeatures, why: String) -> Outcome {
    let wrong = |features| {
        let error = Validator::new_with_features(features).validate_all(wasm).err();
        error.map(|e| (e.message().to_owned(), e.offset()))
    };
    match wrong(has) {
        lacks @ Some(_) if lacks != wrong(asked) => Outcome::Unsupported(why),
        _ => Outcome::Rejected(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unsupported(text: &str, lacks: WasmFeatures) -> bool {
        let asked = WasmFeatures::WASM3;
        match refused(&wat::parse_str(text).expect("a module"), asked, asked - lacks, "no".into()) {
            Outcome::Unsupported(_) => true,
            Outcome::Rejected(_) => false,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_lacked_is_unsupported() {
        let struct_type = "(module (type (struct)))";
        assert!(is_unsupported(struct_type, WasmFeatures::GC));
        assert!(is_unsupported("(module (func (param externref)))", WasmFeatures::GC_TYPES));
        assert!(is_unsupported("(module (func (return_call 0)))", WasmFeatures::TAIL_CALL));
        // Valid by what the engine has, and by what it hasn't: it is wrong to refuse it.
        assert!(!is_unsupported(struct_type, WasmFeatures::TAIL_CALL));
        assert!(!is_unsupported(struct_type, WasmFeatures::empty()));
        assert!(!is_unsupported("(module)", WasmFeatures::GC));
    }

    #[test]
    fn what_is_invalid_is_refused_for_what_comes_first() {
        let invalid = "(func (result i32) (i64.const 0))";
        assert!(!is_unsupported(&format!("(module {invalid})"), WasmFeatures::GC));
        assert!(!is_unsupported(&format!("(module {invalid} (func (return_call 0)))"), WasmFeatures::TAIL_CALL));
        assert!(is_unsupported(&format!("(module (func (return_call 0)) {invalid})"), WasmFeatures::TAIL_CALL));
    }

    #[test]
    fn all_proposals_have_names() {
        let all = wasm_features(Features::ALL);
        assert_eq!(proposals(all).len(), PROPOSALS.len());
        let named = PROPOSALS.iter().fold(WasmFeatures::FLOATS, |named, (_, flags)| named | *flags);
        assert_eq!(all - named, WasmFeatures::empty());
    }

    #[test]
    fn features_go_by_their_names() {
        let of_memory64 = Features { single_memory: true, ..Features::default() };
        for wanted in Version::ALL.map(Features::from).into_iter().chain([Features::ALL, of_memory64]) {
            let names: Vec<String> = proposals(wasm_features(wanted)).into_iter().map(str::to_owned).collect();
            assert_eq!(features(&names), wanted);
        }
        assert_eq!(features(&["stack-switching".into()]), Features::from(Version::V1));
    }
}
