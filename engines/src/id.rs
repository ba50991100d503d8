//! Engine ids: which engine, and with which options, as on the command line and in reports.
//!
//! ```
//! use assay_engines::EngineId;
//!
//! let id: EngineId = "wasmtime:cranelift,isa=-avx512f-avx2,opt=none".parse()?;
//! assert_eq!(id.to_string(), "wasmtime:cranelift,opt=none,isa=-avx2-avx512f");
//! let wrong = "wasmtime:crane".parse::<EngineId>().unwrap_err().to_string();
//! assert!(wrong.contains(r#"did you mean "wasmtime:cranelift"?"#));
//! # Ok::<(), assay_engines::IdError>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// An engine and its options. Its text is the same for ids that mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineId {
    /// Our interpreter.
    Interp,
    /// wasmtime.
    Wasmtime(WasmtimeId),
    /// wasmi.
    Wasmi,
    /// Whatever speaks the engine protocol, by the command line that starts it.
    Process(String),
}

/// The ids of the engines in this build, without options.
pub const ENGINES: [&str; 1 + 3 * cfg!(feature = "wasmtime") as usize + cfg!(feature = "wasmi") as usize] = [
    "interp",
    #[cfg(feature = "wasmtime")]
    "wasmtime:cranelift",
    #[cfg(feature = "wasmtime")]
    "wasmtime:winch",
    #[cfg(feature = "wasmtime")]
    "wasmtime:pulley",
    #[cfg(feature = "wasmi")]
    "wasmi",
];

/// A value that an option can't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchValue;

/// Declares words of ids as an enumeration.
macro_rules! words {
    ($($(#[$doc:meta])* $Name:ident { $($(#[$inner:meta])* $Variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $($(#[$inner])* $Variant,)*
        }

        impl $Name {
            /// All of them.
            pub const ALL: &[$Name] = &[$($Name::$Variant),*];

            /// The word for it in an id.
            pub fn word(self) -> &'static str {
                match self {
                    $($Name::$Variant => $word,)*
                }
            }
        }

        impl FromStr for $Name {
            type Err = NoSuchValue;

            fn from_str(text: &str) -> Result<$Name, NoSuchValue> {
                $Name::ALL.iter().copied().find(|w| w.word() == text).ok_or(NoSuchValue)
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    )*};
}

words! {
    /// Which of wasmtime's compilers, and for what.
    Compiler {
        /// Cranelift, for this machine.
        Cranelift = "cranelift",
        /// Winch, the compiler of one pass, for this machine.
        Winch = "winch",
        /// Cranelift, for wasmtime's own interpreter.
        Pulley = "pulley",
    }
    /// How much Cranelift optimises.
    OptLevel {
        /// Not at all.
        None = "none",
        /// For speed.
        Speed = "speed",
        /// For speed and size.
        Size = "size",
    }
    /// How Cranelift allocates registers.
    Regalloc {
        /// The allocator that goes back.
        Backtracking = "backtracking",
        /// The allocator of one pass.
        SinglePass = "single-pass",
    }
    /// What happens to structures, arrays and exceptions that nothing refers to.
    Collector {
        /// Nothing.
        Null = "null",
        /// Their references are counted.
        Drc = "drc",
        /// What is referred to is copied.
        Copying = "copying",
    }
    /// On or off.
    Switch {
        /// On.
        On = "on",
        /// Off.
        Off = "off",
    }
    /// NaNs as results.
    Nan {
        /// Canonical.
        Canonical = "canonical",
    }
}

/// Instructions that the processor has beyond the least, on or off, by Cranelift's names for them without `has_`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IsaFlags(pub BTreeMap<String, bool>);

impl FromStr for IsaFlags {
    type Err = NoSuchValue;

    fn from_str(text: &str) -> Result<IsaFlags, NoSuchValue> {
        let mut flags = BTreeMap::new();
        let mut rest = text;
        while !rest.is_empty() {
            let on = rest.starts_with('+');
            let unsigned = rest.strip_prefix(['+', '-']).ok_or(NoSuchValue)?;
            let (name, next) = unsigned.split_at(unsigned.find(['+', '-']).unwrap_or(unsigned.len()));
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name || flags.insert(name.to_owned(), on).is_some() {
                return Err(NoSuchValue);
            }
            rest = next;
        }
        if flags.is_empty() { Err(NoSuchValue) } else { Ok(IsaFlags(flags)) }
    }
}

impl fmt::Display for IsaFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, on)| write!(f, "{}{name}", if *on { '+' } else { '-' }))
    }
}

/// Declares the options of wasmtime: name, field, type, the compilers that they mean something to.
macro_rules! options {
    ($($(#[doc = $doc:literal])* $field:ident: $T:ty, $values:literal, [$($Compiler:ident)*];)*) => {
        /// wasmtime, by its compiler and options. What isn't said is as wasmtime has it by default.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct WasmtimeId {
            /// The compiler.
            pub compiler: Compiler,
            $($(#[doc = $doc])* pub $field: Option<$T>,)*
        }

        /// What ids of wasmtime can be given.
        pub const WASMTIME_OPTIONS: &[EngineOption] = &[$(EngineOption {
            name: stringify!($field),
            values: $values,
            what: concat!($($doc),*).trim_ascii(),
            compilers: &[$(Compiler::$Compiler),*],
        }),*];

        impl From<Compiler> for WasmtimeId {
            /// Without options.
            fn from(compiler: Compiler) -> WasmtimeId {
                WasmtimeId { compiler, $($field: None),* }
            }
        }

        impl WasmtimeId {
            /// Takes the value of an option; that there is one of this name is seen to before.
            fn set(&mut self, name: &str, value: &str) -> Result<(), NoSuchValue> {
                $(if name == stringify!($field) {
                    self.$field = Some(value.parse().map_err(|_| NoSuchValue)?);
                })*
                Ok(())
            }
        }

        impl fmt::Display for WasmtimeId {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "wasmtime:{}", self.compiler)?;
                $(if let Some(value) = &self.$field {
                    write!(f, ",{}={value}", stringify!($field))?;
                })*
                Ok(())
            }
        }
    };
}

impl Compiler {
    /// Options for it that are drawn, about a third of all. Not all of them go together, nor are they to be had on each
    /// machine.
    /// `below` draws a number below another.
    pub fn drawn(self, below: &mut dyn FnMut(usize) -> usize) -> WasmtimeId {
        let mut id = WasmtimeId::from(self);
        for option in WASMTIME_OPTIONS.iter().filter(|option| option.compilers.contains(&self)) {
            let value = match option.name {
                // Extensions are taken away: what is left of them has to do.
                "isa" => {
                    let off = ISA_EXTENSIONS.into_iter().filter(|_| below(3) == 0);
                    off.map(|name| format!("-{name}")).collect()
                }
                "reservation" => [0, 1 << 16, 1 << 20, 1u64 << 32][below(4)].to_string(),
                "guard" => [0, 1 << 16, 1 << 25][below(3)].to_string(),
                _ => {
                    let values: Vec<&str> = option.values.split('|').collect();
                    values[below(values.len())].to_owned()
                }
            };
            if below(3) == 0 && !value.is_empty() {
                id.set(option.name, &value).expect("it is one of the option's values");
            }
        }
        id
    }
}

/// Extensions of x86-64 that Cranelift makes use of, by its names without `has_`.
pub(crate) const ISA_EXTENSIONS: [&str; 15] = [
    "sse3",
    "ssse3",
    "sse41",
    "sse42",
    "cmpxchg16b",
    "avx",
    "avx2",
    "fma",
    "avx512bitalg",
    "avx512dq",
    "avx512vl",
    "avx512vbmi",
    "avx512f",
    "bmi1",
    "bmi2",
];

/// An option of an engine.
#[derive(Debug)]
pub struct EngineOption {
    /// Its name.
    pub name: &'static str,
    /// What stands behind the equals sign.
    pub values: &'static str,
    /// What it is about.
    pub what: &'static str,
    /// The compilers to which it means something.
    pub compilers: &'static [Compiler],
}

options! {
    /// How much Cranelift optimises.
    opt: OptLevel, "none|speed|size", [Cranelift Pulley];
    /// Cranelift's register allocator.
    regalloc: Regalloc, "backtracking|single-pass", [Cranelift Pulley];
    /// Extensions of the processor, by Cranelift's names without has_.
    isa: IsaFlags, "-NAME+NAME…", [Cranelift Winch];
    /// Address space reserved for a memory; with less than it may need, accesses are checked.
    reservation: u64, "BYTES", [Cranelift Winch Pulley];
    /// Address space behind a memory that traps.
    guard: u64, "BYTES", [Cranelift Winch Pulley];
    /// Whether a memory can be moved when it grows.
    moves: Switch, "on|off", [Cranelift Winch Pulley];
    /// Accesses to memories and tables guarded against speculation.
    spectre: Switch, "on|off", [Cranelift Winch];
    /// Traps by signals of the processor instead of checks; off needs spectre=off.
    signals: Switch, "on|off", [Cranelift];
    /// NaNs as results made canonical.
    nan: Nan, "canonical", [Cranelift Winch Pulley];
    /// How structures, arrays and exceptions that nothing refers to are collected.
    collector: Collector, "null|drc|copying", [Cranelift Pulley];
    /// Functions inlined into others.
    inlining: Switch, "on|off", [Cranelift Pulley];
}

/// What isn't an engine id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// There is no engine of that name.
    #[error(
        "unknown engine {id:?}; {} {}, process:COMMAND",
        did_you_mean(near, "There are", "there are"),
        ENGINES.join(", ")
    )]
    Engine {
        /// The id.
        id: String,
        /// The id that is nearest, if one is near.
        near: Option<&'static str>,
    },
    /// The engine has no such option.
    #[error("{engine} has no option {option:?}; {} {known}", did_you_mean(near, "It has", "it has"))]
    Option {
        /// The engine.
        engine: String,
        /// The option.
        option: String,
        /// The option that is nearest, if one is near.
        near: Option<&'static str>,
        /// All of its options.
        known: String,
    },
    /// An option has no such value.
    #[error("option {option} can't be {value:?}; it is {option}={values}")]
    Value {
        /// The option.
        option: &'static str,
        /// The value.
        value: String,
        /// What it can be.
        values: &'static str,
    },
    /// An option is given twice.
    #[error("option {0} is given twice")]
    Twice(String),
}

/// A word that is near, if there is one, in front of what begins the list of all words.
fn did_you_mean(near: &Option<&'static str>, sentence: &str, clause: &str) -> String {
    near.map_or(clause.to_owned(), |near| format!("did you mean {near:?}? {sentence}"))
}

/// The word that is least far from a text: no farther than half of it, or it would be no help.
fn nearest(text: &str, words: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let distances = words.into_iter().map(|word| (strsim::damerau_levenshtein(text, word), word));
    let near = distances.min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| distance * 2 <= text.chars().count()).map(|(_, word)| word)
}

impl FromStr for EngineId {
    type Err = IdError;

    fn from_str(id: &str) -> Result<EngineId, IdError> {
        if let Some(command) = id.strip_prefix("process:") {
            return Ok(EngineId::Process(command.to_owned()));
        }
        let (engine, options) = id.split_once(',').map_or((id, None), |(engine, options)| (engine, Some(options)));
        let mut found = match engine {
            "interp" => EngineId::Interp,
            "wasmtime" => EngineId::Wasmtime(Compiler::Cranelift.into()),
            "wasmi" => EngineId::Wasmi,
            other => match other.strip_prefix("wasmtime:").map(Compiler::from_str) {
                Some(Ok(compiler)) => EngineId::Wasmtime(compiler.into()),
                _ => return Err(IdError::Engine { id: id.to_owned(), near: nearest(engine, ENGINES) }),
            },
        };
        let mut given = Vec::new();
        for option in options.into_iter().flat_map(|options| options.split(',')) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            if given.contains(&name) {
                return Err(IdError::Twice(name.to_owned()));
            }
            given.push(name);
            found.take(engine, name, value)?;
        }
        Ok(found)
    }
}

impl EngineId {
    /// The options that it can be given.
    pub fn options(&self) -> impl Iterator<Item = &'static EngineOption> {
        let compiler = match self {
            EngineId::Wasmtime(id) => Some(id.compiler),
            EngineId::Interp | EngineId::Wasmi | EngineId::Process(_) => None,
        };
        WASMTIME_OPTIONS.iter().filter(move |option| compiler.is_some_and(|c| option.compilers.contains(&c)))
    }

    /// Whether it has any.
    pub(crate) fn has_options(&self) -> bool {
        matches!(self, EngineId::Wasmtime(id) if *id != id.compiler.into())
    }

    fn take(&mut self, engine: &str, name: &str, value: &str) -> Result<(), IdError> {
        let Some(option) = self.options().find(|option| option.name == name) else {
            let names: Vec<&str> = self.options().map(|option| option.name).collect();
            return Err(IdError::Option {
                engine: engine.to_owned(),
                option: name.to_owned(),
                near: nearest(name, names.iter().copied()),
                known: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
            });
        };
        let EngineId::Wasmtime(id) = self else { unreachable!("only wasmtime has options") };
        id.set(name, value).map_err(|NoSuchValue| IdError::Value {
            option: option.name,
            value: value.to_owned(),
            values: option.values,
        })
    }
}

impl fmt::Display for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineId::Interp => f.pad("interp"),
            EngineId::Wasmtime(id) => f.pad(&id.to_string()),
            EngineId::Wasmi => f.pad("wasmi"),
            EngineId::Process(command) => f.pad(&format!("process:{command}")),
        }
    }
}
