//! Any text as a policy.

use assay_gate::Policy;

/// The text is a policy, or the error says in words why it isn't.
///
/// # Panics
///
/// There are no words, or reading has panicked.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Policy::from_toml(text) {
        assert!(!error.to_string().is_empty(), "policy: an error without words: {error:?}");
    }
}
