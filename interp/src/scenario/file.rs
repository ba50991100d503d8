//! The file form of scenarios: TOML. Reading goes through serde, for its messages; writing is by hand, for the layout.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{Answer, Scenario, Step, Write};
use crate::exec::{AnyRef, Ref, Val, Value};
use crate::syntax::HeapType;
use crate::value::{Profile, UnknownProfile};

/// A scenario's file that says something else than a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ScenarioError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    profile: ProfileForm,
    #[serde(default)]
    step: Vec<Spanned<StepForm>>,
}

#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
struct ProfileForm(Profile);

impl TryFrom<String> for ProfileForm {
    type Error = UnknownProfile;
    fn try_from(text: String) -> Result<Self, UnknownProfile> {
        text.parse().map(ProfileForm)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepForm {
    instantiate: Option<String>,
    register: Option<String>,
    answers: Option<Vec<AnswerForm>>,
    call: Option<CallForm>,
    write: Option<WriteForm>,
    set: Option<SetForm>,
    start: Option<CallForm>,
    advance: Option<AdvanceForm>,
    join: Option<JoinForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    import: (String, String),
    #[serde(default)]
    results: Vec<ValueForm>,
    #[serde(default)]
    throws: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallForm {
    instance: usize,
    export: String,
    #[serde(default)]
    args: Vec<ValueForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteForm {
    instance: usize,
    export: String,
    offset: u64,
    bytes: HexBytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceForm {
    thread: usize,
    steps: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinForm {
    thread: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetForm {
    instance: usize,
    export: String,
    value: ValueForm,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ValueForm {
    I32(Int<32>),
    I64(Int<64>),
    F32(Bits<32>),
    F64(Bits<64>),
    V128(VectorBytes),
    Ref(NullForm),
    Extern(ExternForm),
    Func(usize),
    Exn(usize),
    I31(u32),
    Struct(usize),
    Array(usize),
    Host(u32),
}

/// A number of the host's, or what else is outside.
#[derive(Deserialize)]
#[serde(untagged)]
enum ExternForm {
    Number(u32),
    Any(AnyForm),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum AnyForm {
    I31(u32),
    Struct(usize),
    Array(usize),
}

#[derive(Deserialize)]
enum NullForm {
    #[serde(rename = "null-func")]
    Func,
    #[serde(rename = "null-extern")]
    Extern,
    #[serde(rename = "null-any")]
    Any,
    #[serde(rename = "null-exn")]
    Exn,
}

/// An integer of N bits, signed or not.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Int<const N: u32>(u64);

impl<const N: u32> TryFrom<String> for Int<N> {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => hexadecimal(digits).map(i128::from),
            None => text.parse().ok(),
        };
        let range = -(1i128 << (N - 1))..1 << N;
        match parsed {
            Some(c) if range.contains(&c) => Ok(Int(c as u64)),
            _ => Err(format!("{text:?} is no integer of {N} bits, decimal or 0x and hexadecimal")),
        }
    }
}

/// A float of N bits.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Bits<const N: u32>(u64);

impl<const N: u32> TryFrom<String> for Bits<N> {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("0x").and_then(hexadecimal) {
            Some(c) if N == 64 || c >> N == 0 => Ok(Bits(c)),
            _ => Err(format!("{text:?} aren't the {N} bits of a float, as 0x and hexadecimal digits")),
        }
    }
}

fn hexadecimal(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if plain { u64::from_str_radix(digits, 16).ok() } else { None }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct HexBytes(Vec<u8>);

impl TryFrom<String> for HexBytes {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        match digits {
            Some(digits) if digits.len() % 2 == 0 => {
                Ok(HexBytes(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()))
            }
            _ => Err("bytes are written as pairs of hexadecimal digits"),
        }
    }
}

/// The bytes of a vector.
#[derive(Deserialize)]
#[serde(try_from = "HexBytes")]
struct VectorBytes([u8; 16]);

impl TryFrom<HexBytes> for VectorBytes {
    type Error = &'static str;
    fn try_from(HexBytes(bytes): HexBytes) -> Result<Self, &'static str> {
        bytes.try_into().map(VectorBytes).map_err(|_| "a vector has 16 bytes, as 32 hexadecimal digits")
    }
}

impl From<ValueForm> for Value {
    fn from(form: ValueForm) -> Value {
        match form {
            ValueForm::I32(c) => Val::I32(c.0 as u32),
            ValueForm::I64(c) => Val::I64(c.0),
            ValueForm::F32(c) => Val::F32(c.0 as u32),
            ValueForm::F64(c) => Val::F64(c.0),
            ValueForm::V128(c) => Val::V128(u128::from_le_bytes(c.0)),
            ValueForm::Ref(NullForm::Func) => Val::Ref(Ref::Null(HeapType::Func)),
            ValueForm::Ref(NullForm::Extern) => Val::Ref(Ref::Null(HeapType::Extern)),
            ValueForm::Ref(NullForm::Any) => Val::Ref(Ref::Null(HeapType::Any)),
            ValueForm::Ref(NullForm::Exn) => Val::Ref(Ref::Null(HeapType::Exn)),
            ValueForm::Extern(ExternForm::Number(n)) => Val::Ref(Ref::host(n)),
            ValueForm::Extern(ExternForm::Any(inside)) => Val::Ref(Ref::Extern(match inside {
                AnyForm::I31(i) => AnyRef::I31(i & 0x7fff_ffff),
                AnyForm::Struct(a) => AnyRef::Struct(a),
                AnyForm::Array(a) => AnyRef::Array(a),
            })),
            ValueForm::Func(a) => Val::Ref(Ref::Func(a)),
            ValueForm::Exn(a) => Val::Ref(Ref::Exn(a)),
            ValueForm::I31(i) => Val::Ref(Ref::Any(AnyRef::I31(i & 0x7fff_ffff))),
            ValueForm::Struct(a) => Val::Ref(Ref::Any(AnyRef::Struct(a))),
            ValueForm::Array(a) => Val::Ref(Ref::Any(AnyRef::Array(a))),
            ValueForm::Host(n) => Val::Ref(Ref::Any(AnyRef::Host(n))),
        }
    }
}

fn values(forms: Vec<ValueForm>) -> Vec<Value> {
    forms.into_iter().map(Value::from).collect()
}

impl TryFrom<AnswerForm> for Answer {
    type Error = &'static str;
    fn try_from(form: AnswerForm) -> Result<Answer, &'static str> {
        if form.throws && !form.results.is_empty() {
            return Err("an answer that throws has no results");
        }
        Ok(Answer { import: form.import, results: values(form.results), throws: form.throws })
    }
}

impl TryFrom<StepForm> for Step {
    type Error = &'static str;
    fn try_from(form: StepForm) -> Result<Step, &'static str> {
        if form.answers.is_some() && form.instantiate.is_none() {
            return Err("answers belong to the step that instantiates the module");
        }
        if form.register.is_some() && form.instantiate.is_none() {
            return Err("a name to register belongs to the step that instantiates the module");
        }
        let answers = form.answers.unwrap_or_default().into_iter().map(Answer::try_from).collect::<Result<_, _>>()?;
        let steps = [
            form.instantiate.map(|module| Step::Instantiate { module, register: form.register, answers }),
            form.call.map(|CallForm { instance, export, args }| Step::Call { instance, export, args: values(args) }),
            form.write.map(|WriteForm { instance, export, offset, bytes }| {
                Step::Write(Write { instance, export, offset, bytes: bytes.0 })
            }),
            form.set.map(|SetForm { instance, export, value }| Step::Set { instance, export, value: value.into() }),
            form.start.map(|CallForm { instance, export, args }| Step::Start { instance, export, args: values(args) }),
            form.advance.map(|AdvanceForm { thread, steps }| Step::Advance { thread, steps }),
            form.join.map(|JoinForm { thread }| Step::Join { thread }),
        ];
        let mut steps = steps.into_iter().flatten();
        match (steps.next(), steps.next()) {
            (Some(step), None) => Ok(step),
            _ => Err("a step has one of the keys instantiate, call, write, set, start, advance and join"),
        }
    }
}

impl Scenario {
    /// Reads the file form.
    ///
    /// # Errors
    ///
    /// It isn't TOML, has a key too many or too few, or a value that can't be.
    pub fn from_toml(text: &str) -> Result<Scenario, ScenarioError> {
        let error = |span: Option<Range<usize>>, message: &str| {
            let before = span.and_then(|span| text.get(..span.start)).unwrap_or("");
            ScenarioError { line: 1 + before.matches('\n').count(), message: message.to_owned() }
        };
        let form: FileForm = toml::from_str(text).map_err(|e| error(e.span(), e.message()))?;
        let steps = form.step.into_iter().map(|step| {
            let span = step.span();
            Step::try_from(step.into_inner()).map_err(|message| error(Some(span), message))
        });
        Ok(Scenario { profile: form.profile.0, steps: steps.collect::<Result<_, _>>()? })
    }

    /// Writes the file form.
    pub fn to_toml(&self) -> String {
        let profile = (self.profile != Profile::default()).then(|| format!("profile = \"{}\"\n", self.profile));
        profile.into_iter().chain(self.steps.iter().map(step)).collect::<Vec<_>>().join("\n")
    }
}

fn step(step: &Step) -> String {
    let mut out = String::from("[[step]]\n");
    match step {
        Step::Instantiate { module, register, answers } => {
            out += &format!("instantiate = {}\n", string(module));
            if let Some(name) = register {
                out += &format!("register = {}\n", string(name));
            }
            for answer in answers {
                let (module, name) = (string(&answer.import.0), string(&answer.import.1));
                out += &format!("\n[[step.answers]]\nimport = [{module}, {name}]\n");
                out += &if answer.throws {
                    "throws = true\n".into()
                } else {
                    format!("results = {}\n", array(&answer.results))
                };
            }
        }
        Step::Call { instance, export, args } => {
            let (export, args) = (string(export), array(args));
            out += &format!("call = {{ instance = {instance}, export = {export}, args = {args} }}\n");
        }
        Step::Start { instance, export, args } => {
            let (export, args) = (string(export), array(args));
            out += &format!("start = {{ instance = {instance}, export = {export}, args = {args} }}\n");
        }
        Step::Advance { thread, steps } => {
            out += &format!("advance = {{ thread = {thread}, steps = {steps} }}\n");
        }
        Step::Join { thread } => out += &format!("join = {{ thread = {thread} }}\n"),
        Step::Write(Write { instance, export, offset, bytes }) => {
            let (export, bytes) = (string(export), hex(bytes));
            let place = format!("instance = {instance}, export = {export}, offset = {offset}");
            out += &format!("write = {{ {place}, bytes = \"{bytes}\" }}\n");
        }
        Step::Set { instance, export, value } => {
            let (export, value) = (string(export), inline(value));
            out += &format!("set = {{ instance = {instance}, export = {export}, value = {value} }}\n");
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn array(values: &[Value]) -> String {
    format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", "))
}

fn inline(value: &Value) -> String {
    match value {
        Val::I32(c) => format!("{{ i32 = \"{}\" }}", *c as i32),
        Val::I64(c) => format!("{{ i64 = \"{}\" }}", *c as i64),
        Val::F32(c) => format!("{{ f32 = \"{c:#010x}\" }}"),
        Val::F64(c) => format!("{{ f64 = \"{c:#018x}\" }}"),
        Val::V128(c) => format!("{{ v128 = \"{}\" }}", hex(&c.to_le_bytes())),
        Val::Ref(Ref::Null(heap)) => format!("{{ ref = \"null-{heap}\" }}"),
        Val::Ref(Ref::Extern(AnyRef::Host(n))) => format!("{{ extern = {n} }}"),
        Val::Ref(Ref::Extern(inside)) => format!("{{ extern = {{ {} }} }}", any(inside)),
        Val::Ref(Ref::Func(a)) => format!("{{ func = {a} }}"),
        Val::Ref(Ref::Exn(a)) => format!("{{ exn = {a} }}"),
        Val::Ref(Ref::Any(r)) => format!("{{ {} }}", any(r)),
    }
}

fn any(r: &AnyRef) -> String {
    match r {
        AnyRef::I31(i) => format!("i31 = {i}"),
        AnyRef::Struct(a) => format!("struct = {a}"),
        AnyRef::Array(a) => format!("array = {a}"),
        AnyRef::Host(n) => format!("host = {n}"),
    }
}

/// A basic string of TOML, on one line and without invisible characters.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => write!(out, "\\U{:08X}", u32::from(c)).expect("a string takes all that is written to it"),
        }
    }
    out.push('"');
    out
}
