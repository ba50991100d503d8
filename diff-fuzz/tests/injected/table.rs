//! The table of faults: the files of `faults/`, one for each family. A block is one fault:
//!
//! ```text
//! instructions: what is wrong
//!   if, then   of a plain instruction: where the condition on the operands $a, $b, $c holds (always, without one), the
//!              wrong result or effect; elsewhere it is right. The address of an access is the first operand.
//!   by         of any instruction: what it is replaced by. A function is called; instructions before it say where, by
//!              {call}, or it stands alone.
//!   differs    where it shows: fields of a module; or a type and an expression of it; or the operands
//!   alike      where the instruction is executed and it doesn't: narrow faults have this line
//! ```
//!
//! Before the first colon stands what is replaced: a name, and the immediates that are no types, `*` being any one;
//! then `{t}`, where there is one; then `{at}`. What isn't said is any.
//!
//! Nothing is replaced in the functions. `{imm}` are all immediates of the instruction; `{0}`, `{1}`, `{2}`, `{3}` and
//! `{last}` those that are no types, `{others}` all of these but the last, `{types}` those that are types; `{memarg}`
//! and `{offset}` those of an access, but for its alignment and lane; `{at}` the type of the memory's or table's
//! addresses, `{extend}` what makes 64 bits of such an address; `{t}` the type of the local, global, element or field,
//! or of a tag's last operand; `{heap}` the heap type of the last immediate, `{bottom}` the one below all of its
//! hierarchy.

use assay_interp::syntax::{Immediate, Plain, plain};

/// One rule broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The heading that it stands under.
    pub(crate) family: &'static str,
    /// Its first line: the instructions, and what is wrong.
    pub(crate) name: &'static str,
    /// What is replaced: instructions that begin with these words, `*` being any one.
    pub(crate) patterns: Vec<Vec<&'static str>>,
    /// What it is replaced by.
    pub(crate) by: By,
    /// A module in which it shows.
    pub(crate) differs: &'static str,
    /// Of a narrow fault, a module in which the instruction is executed and the fault doesn't show.
    pub(crate) alike: Option<&'static str>,
}

/// What an instruction is replaced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Instructions, and functions that they call; functions alone are called.
    Text(&'static str),
    /// A function of the operands of a plain instruction, which gives `then` where `when` holds.
    Function {
        /// The instruction.
        plain: Plain,
        /// The condition on the operands, if there is one.
        when: Option<&'static str>,
        /// The wrong result, or effect.
        then: &'static str,
    },
}

const TABLE: [&str; 14] = [
    include_str!("faults/integers.txt"),
    include_str!("faults/floats.txt"),
    include_str!("faults/conversions.txt"),
    include_str!("faults/memory-accesses.txt"),
    include_str!("faults/memories.txt"),
    include_str!("faults/vectors.txt"),
    include_str!("faults/variables-and-operands.txt"),
    include_str!("faults/control.txt"),
    include_str!("faults/calls.txt"),
    include_str!("faults/tables.txt"),
    include_str!("faults/references.txt"),
    include_str!("faults/aggregates.txt"),
    include_str!("faults/exceptions.txt"),
    include_str!("faults/addresses-of-64-bits.txt"),
];

/// All faults, in the order of the table.
pub(crate) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for text in TABLE {
        let (heading, text) = text.split_once("\n\n").expect("a heading, and faults");
        let family = heading.strip_prefix("# ").expect("the name of a family");
        faults.extend(text.trim_end().split("\n\n").map(|block| fault(family, block)));
    }
    faults
}

fn fault(family: &'static str, block: &'static str) -> Fault {
    let (name, rest) = block.split_once('\n').unwrap_or((block, ""));
    let (instrs, _) = name.split_once(": ").unwrap_or_else(|| panic!("{name}: nothing is wrong"));
    let patterns: Vec<Vec<&str>> = instrs.split(", ").map(words).collect();
    let mut keys = keys(name, rest);
    let mut take = |key: &str| {
        let at = keys.iter().position(|(other, _)| *other == key)?;
        Some(keys.remove(at).1)
    };
    let by = match (take("by"), take("if"), take("then")) {
        (Some(text), None, None) => By::Text(text),
        (None, when, Some(then)) => {
            let find = |name: &str| plain().find(|op| op.mnemonic == name);
            let plain = find(patterns[0][0]).unwrap_or_else(|| panic!("{name}: no plain instruction"));
            By::Function { plain, when, then }
        }
        _ => panic!("{name}: either 'by', or 'then' with an 'if' or without"),
    };
    let differs = take("differs").unwrap_or_else(|| panic!("{name}: where it differs is wanted"));
    let alike = take("alike");
    assert!(keys.is_empty(), "{name}: what are {keys:?}?");
    Fault { family, name, patterns, by, differs, alike }
}

/// Keys and their values: a line of two spaces begins one, and others go on with it.
fn keys(name: &str, text: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut keys = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let next = rest.match_indices("\n  ").find(|(at, _)| !rest[at + 3..].starts_with(' '));
        let (entry, after) = next.map_or((rest, ""), |(at, _)| (&rest[..at], &rest[at + 1..]));
        rest = after;
        let line = entry.strip_prefix("  ").unwrap_or_else(|| panic!("{name}: a key is wanted at {entry:?}"));
        let (key, value) = line.split_once(' ').unwrap_or_else(|| panic!("{name}: {line:?} has no value"));
        keys.push((key, value.trim()));
    }
    keys
}

/// Words, of which one in parentheses is one.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let (mut words, mut depth, mut from) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        if c == ' ' && depth == 0 {
            words.extend(from.take().map(|from| &text[from..at]));
            continue;
        }
        from.get_or_insert(at);
        depth += i32::from(c == '(') - i32::from(c == ')');
    }
    words.extend(from.map(|from| &text[from..]));
    words
}

impl Fault {
    /// Whether an instruction, by its words, is one that is replaced.
    pub(crate) fn replaces(&self, instr: &[&str]) -> bool {
        let word = |pattern: &str, word: &str| match pattern.split_once('*') {
            None => pattern == word,
            Some(("", "")) => true,
            Some((begin, end)) => {
                let middle = word.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
                middle.is_some_and(|middle| !middle.contains(' '))
            }
        };
        let fits =
            |pattern: &Vec<&str>| pattern.len() <= instr.len() && pattern.iter().zip(instr).all(|(p, w)| word(p, w));
        self.patterns.iter().any(fits)
    }

    /// The names of the instructions that are replaced.
    pub(crate) fn mnemonics(&self) -> impl Iterator<Item = &'static str> {
        self.patterns.iter().map(|pattern| pattern[0])
    }

    /// A witness as a module's text: fields; a type of results and instructions; or operands for the instruction.
    pub(crate) fn module(&self, witness: &str) -> String {
        const MEMORY: &str = r#"(memory (export "m") 1 2)
          (data (i32.const 0) "\f0\e1\d2\c3\b4\a5\96\87\78\69\5a\4b\3c\2d\1e\0f")
          (data (i32.const 65520) "\80\91\a2\b3\c4\d5\e6\f7\08\19\2a\3b\4c\5d\6e\ff")"#;
        let func =
            |results: &str, body: &str| format!("(module {MEMORY} (func (export \"f\") (result {results}) {body}))");
        if witness.starts_with('(') {
            return format!("(module {witness})");
        }
        let (first, rest) = witness.split_once(' ').unwrap_or((witness, ""));
        match first {
            "none" => func("", rest),
            "i32" | "i64" | "f32" | "f64" | "v128" if rest.starts_with('(') => func(first, rest),
            _ => {
                let op = plain().find(|op| op.mnemonic == self.patterns[0][0]);
                let op = op.unwrap_or_else(|| panic!("{}: no operands for what isn't plain", self.name));
                let accesses = matches!(op.immediate, Immediate::Memory(_) | Immediate::MemoryLane(..));
                let address = accesses.then(|| "i32".to_owned());
                let types = address.into_iter().chain(op.params.iter().map(ToString::to_string));
                let operands: Vec<&str> = witness.split(", ").collect();
                let constants = types.zip(&operands).map(|(t, operand)| format!("({t}.const {operand})"));
                let constants = constants.collect::<Vec<_>>().join(" ");
                assert_eq!(operands.len(), op.params.len() + usize::from(accesses), "{}: {witness}", self.name);
                let results: String = op.results.iter().map(ToString::to_string).collect();
                func(&results, &format!("({} {constants})", self.patterns[0].join(" ")))
            }
        }
    }
}
