//! The engine protocol, version 1, as types: what assay asks a driver and what that answers, a line of JSON each.
//!
//! docs/engine-protocol.md is its text. Both sides use these types: [`Process`](crate::Process) asks,
//! [`Server`](crate::Server) answers. Fields that aren't known are passed over.

use std::fmt::Write as _;

use assay_interp::exec::Value;
use assay_interp::outcome::{Budget, TrapKind};
use assay_interp::syntax::HeapType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// Bytes that an answer may have, its newline included.
pub const MAX_ANSWER: usize = 64 << 20;

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its number, which the answer has too.
    pub id: u64,
    /// What is asked for.
    #[serde(flatten)]
    pub op: Op,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Op {
    /// Who is there. It is asked first, and once.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// What modules may have, by name.
        features: Vec<String>,
    },
    /// Empties the store, and forgets references and the log.
    Reset,
    /// Whether a module is well-formed and valid.
    Validate {
        /// The module.
        module: Bytes,
    },
    /// Instantiates a module.
    Instantiate {
        /// The module.
        module: Bytes,
        /// Where its imports come from. One that isn't here is missing.
        #[serde(default)]
        imports: Vec<Import>,
    },
    /// Calls an exported function.
    Invoke {
        /// The instance's number.
        instance: u64,
        /// Name of the function.
        export: String,
        /// The arguments.
        #[serde(default)]
        args: Vec<Item>,
    },
    /// The value of an exported global.
    Get {
        /// The instance's number.
        instance: u64,
        /// Name of the global.
        export: String,
    },
    /// Sets an exported global.
    Set {
        /// The instance's number.
        instance: u64,
        /// Name of the global.
        export: String,
        /// The value.
        value: Item,
    },
    /// The size and digest of an exported memory, and a range of its bytes.
    Memory {
        /// The instance's number.
        instance: u64,
        /// Name of the memory.
        export: String,
        /// Where the range begins, in bytes; 0 if there is only a length.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<u64>,
        /// Its bytes; without it there is no range.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length: Option<u64>,
    },
    /// Writes to an exported memory.
    Write {
        /// The instance's number.
        instance: u64,
        /// Name of the memory.
        export: String,
        /// Where, in bytes.
        offset: u64,
        /// What.
        bytes: Bytes,
    },
    /// The size of an exported table, and which of its elements are null.
    Table {
        /// The instance's number.
        instance: u64,
        /// Name of the table.
        export: String,
    },
    /// Calls of host functions since the last time.
    Log,
    /// The instance isn't asked for any more; others may still use what it exports.
    Drop {
        /// The instance's number.
        instance: u64,
    },
}

/// An import, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// First level of its name.
    pub module: String,
    /// Second level of its name.
    pub name: String,
    /// Where it comes from.
    pub from: Origin,
}

/// Where an import comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// An export of an earlier instance.
    Instance {
        /// The instance's number.
        instance: u64,
        /// Name of the export.
        export: String,
    },
    /// A function of the host.
    Host {
        /// What it answers.
        host: Script,
    },
    /// A module that the driver has.
    Own(Own),
}

/// A module that drivers have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Own {
    /// The host module of the official tests.
    Spectest,
}

/// What a host function answers, call by call; then zeros and nulls. Where a result has neither, it throws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Results of the calls.
    #[serde(default)]
    pub results: Vec<Vec<Item>>,
    /// Numbers of the calls, from 0, that throw instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub throws: Vec<usize>,
}

/// Binary data, as base64 with padding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes).map_err(|e| de::Error::custom(format!("not base64: {e}")))
    }
}

/// A value. Floats are their bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// `{"i32": "-5"}`
    I32(u32),
    /// `{"i64": "7"}`
    I64(u64),
    /// `{"f32": "0x7fc00000"}`
    F32(u32),
    /// `{"f64": "0x7ff8000000000000"}`
    F64(u64),
    /// `{"v128": "000102030405060708090a0b0c0d0e0f"}`, byte 0 first
    V128(u128),
    /// `{"ref": null}`, and `"type"` where the type of the value isn't known otherwise.
    Null(Option<Top>),
    /// `{"ref": {"extern": 3}}`: a number of the host's, outside
    Extern(u32),
    /// `{"ref": {"host": 3}}`: a number of the host's, inside
    Host(u32),
    /// `{"ref": {"i31": 5}}`: 31 bits
    I31(u32),
    /// `{"ref": "func", "handle": 7}`, and without `"ref"` on the way back
    Handle(Option<Kind>, u64),
}

/// The hierarchy that a null is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// `func`
    Func,
    /// `extern`
    Extern,
    /// `any`
    Any,
    /// `exn`
    Exn,
}

/// What a reference behind a handle is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function.
    Func,
    /// A structure.
    Struct,
    /// An array.
    Array,
    /// Something of the hierarchy of `any`; the driver can't tell what.
    Any,
    /// Something outside that isn't a number of the host's.
    Extern,
    /// An exception.
    Exn,
}

const TOPS: [(Top, &str, HeapType); 4] = [
    (Top::Func, "func", HeapType::Func),
    (Top::Extern, "extern", HeapType::Extern),
    (Top::Any, "any", HeapType::Any),
    (Top::Exn, "exn", HeapType::Exn),
];

const KINDS: [(Kind, &str); 6] = [
    (Kind::Func, "func"),
    (Kind::Struct, "struct"),
    (Kind::Array, "array"),
    (Kind::Any, "any"),
    (Kind::Extern, "extern"),
    (Kind::Exn, "exn"),
];

impl Top {
    /// The hierarchy of a greatest heap type.
    pub fn of(heap: HeapType) -> Option<Top> {
        TOPS.iter().find(|(_, _, h)| *h == heap).map(|(top, _, _)| *top)
    }

    /// Its greatest heap type.
    pub fn heap(self) -> HeapType {
        TOPS.iter().find(|(top, _, _)| *top == self).expect("each is listed").2
    }
}

impl Item {
    /// A number, vector or bit pattern; `None` for a reference.
    pub fn number(value: Value) -> Option<Item> {
        Some(match value {
            Value::I32(c) => Item::I32(c),
            Value::I64(c) => Item::I64(c),
            Value::F32(c) => Item::F32(c),
            Value::F64(c) => Item::F64(c),
            Value::V128(c) => Item::V128(c),
            Value::Ref(_) => return None,
        })
    }

    fn json(&self) -> Json {
        match self {
            Item::I32(c) => json!({"i32": (*c as i32).to_string()}),
            Item::I64(c) => json!({"i64": (*c as i64).to_string()}),
            Item::F32(c) => json!({"f32": format!("{c:#010x}")}),
            Item::F64(c) => json!({"f64": format!("{c:#018x}")}),
            Item::V128(c) => json!({"v128": hexadecimal(&c.to_le_bytes())}),
            Item::Null(None) => json!({"ref": null}),
            Item::Null(Some(top)) => {
                let name = TOPS.iter().find(|(t, _, _)| t == top).expect("each is listed").1;
                json!({"ref": null, "type": name})
            }
            Item::Extern(n) => json!({"ref": {"extern": n}}),
            Item::Host(n) => json!({"ref": {"host": n}}),
            Item::I31(n) => json!({"ref": {"i31": n}}),
            Item::Handle(None, handle) => json!({"handle": handle}),
            Item::Handle(Some(kind), handle) => {
                let name = KINDS.iter().find(|(k, _)| k == kind).expect("each is listed").1;
                json!({"ref": name, "handle": handle})
            }
        }
    }

    fn of_json(json: &Json) -> Option<Item> {
        let fields = json.as_object()?;
        let text = |name: &str| fields.get(name)?.as_str();
        let handle = fields.get("handle").map(Json::as_u64);
        let mut found = Vec::new();
        found.extend(fields.get("i32").map(|_| text("i32")?.parse().ok().map(|c: i32| Item::I32(c as u32))));
        found.extend(fields.get("i64").map(|_| text("i64")?.parse().ok().map(|c: i64| Item::I64(c as u64))));
        found.extend(fields.get("f32").map(|_| Some(Item::F32(bits(text("f32")?)?.try_into().ok()?))));
        found.extend(fields.get("f64").map(|_| Some(Item::F64(bits(text("f64")?)?))));
        found.extend(fields.get("v128").map(|_| {
            let text = text("v128").filter(|text| text.len() == 32 && text.is_ascii())?;
            let byte = |i: usize| u8::from_str_radix(&text[2 * i..][..2], 16).ok();
            text.bytes().all(|c| c.is_ascii_hexdigit()).then_some(())?;
            let bytes: Option<Vec<u8>> = (0..16).map(byte).collect();
            Some(Item::V128(u128::from_le_bytes(bytes?.try_into().ok()?)))
        }));
        match (fields.get("ref"), handle) {
            (Some(r), handle) => found.push(reference(r, handle, fields.get("type"))),
            (None, Some(handle)) => found.push(handle.map(|handle| Item::Handle(None, handle))),
            (None, None) => {}
        }
        match found[..] {
            [item] => item,
            _ => None,
        }
    }
}

/// A reference: null, one of the host's or of 31 bits, or what is behind a handle.
fn reference(r: &Json, handle: Option<Option<u64>>, ty: Option<&Json>) -> Option<Item> {
    match r {
        Json::Null => match ty {
            None => Some(Item::Null(None)),
            Some(ty) => {
                let top = TOPS.iter().find(|(_, name, _)| ty.as_str() == Some(name))?;
                Some(Item::Null(Some(top.0)))
            }
        },
        Json::String(kind) => {
            let kind = KINDS.iter().find(|(_, name)| name == kind)?.0;
            Some(Item::Handle(Some(kind), handle??))
        }
        Json::Object(fields) => {
            let (name, number) = fields.iter().next().filter(|_| fields.len() == 1)?;
            let number: u32 = number.as_u64()?.try_into().ok()?;
            match name.as_str() {
                "extern" => Some(Item::Extern(number)),
                "host" => Some(Item::Host(number)),
                "i31" if number < 1 << 31 => Some(Item::I31(number)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn bits(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    digits.bytes().all(|c| c.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, 16).ok())?
}

/// Bytes as pairs of hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Item::of_json(&json).ok_or_else(|| de::Error::custom(format!("{json} is no value")))
    }
}

/// An answer: what was asked for, or why it isn't to be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The request's number; none if that couldn't be read.
    pub id: Option<u64>,
    /// `ok`, by the request, or `no`.
    pub result: Result<Json, Refusal>,
}

#[derive(Serialize, Deserialize)]
struct AnswerForm {
    id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ok: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no: Option<Refusal>,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (ok, no) = match self.result.clone() {
            Ok(json) => (Some(json), None),
            Err(refusal) => (None, Some(refusal)),
        };
        AnswerForm { id: self.id, ok, no }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Answer, D::Error> {
        let form = AnswerForm::deserialize(deserializer)?;
        let result = match (form.ok, form.no) {
            (Some(json), None) => Ok(json),
            (None, Some(refusal)) => Err(refusal),
            _ => return Err(de::Error::custom("an answer has either \"ok\" or \"no\"")),
        };
        Ok(Answer { id: form.id, result })
    }
}

/// Why what was asked for isn't to be had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which kind of reason it is.
    pub kind: Why,
    /// The engine's own words.
    #[serde(default)]
    pub message: String,
    /// Of a trap: the kinds that it may be of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<TrapName>,
    /// Of an exception: its values, if the driver can see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Vec<Item>>,
    /// Of what is exhausted: what ran out; the stack, if that isn't said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetName>,
}

impl Refusal {
    /// One that has but words.
    pub fn new(kind: Why, message: impl Into<String>) -> Refusal {
        Refusal { kind, message: message.into(), traps: Vec::new(), payload: None, budget: None }
    }
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The module isn't in the binary format.
    Malformed,
    /// The module breaks a validation rule.
    Invalid,
    /// One of these two; the engine doesn't say which.
    Rejected,
    /// Valid, and beyond what the engine takes.
    Limit,
    /// An import is missing or of another type, or there is no such export.
    Unlinkable,
    /// A trap.
    Trap,
    /// An exception that nothing caught.
    Exception,
    /// The stack or another budget ran out.
    Exhausted,
    /// Not something that this engine does.
    Unsupported,
    /// The request isn't one, or the driver can't do it now.
    Error,
}

/// A kind of trap, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct TrapName(pub TrapKind);

impl TryFrom<String> for TrapName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let kind = TrapKind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.map(TrapName).ok_or_else(|| format!("there is no kind of trap {name:?}"))
    }
}

impl From<TrapName> for &'static str {
    fn from(name: TrapName) -> &'static str {
        name.0.name()
    }
}

/// A budget, by its name: `fuel`, `stack`, `memory`, `heap`, `patience`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BudgetName(pub Budget);

impl TryFrom<String> for BudgetName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let all = [Budget::Fuel, Budget::Stack, Budget::Store, Budget::Heap, Budget::Wait];
        let budget = all.into_iter().find(|budget| budget.to_string() == name);
        budget.map(BudgetName).ok_or_else(|| format!("there is no budget {name:?}"))
    }
}

impl From<BudgetName> for String {
    fn from(name: BudgetName) -> String {
        name.0.to_string()
    }
}

/// The answer to [`Op::Hello`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The engine's name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// What of the features it has.
    #[serde(default)]
    pub features: Vec<String>,
    /// The types whose values cross its interface bit by bit.
    #[serde(default)]
    pub carries: Vec<String>,
    /// Whether it tells the kinds of traps, `exact`, or knows words for them, `text`.
    #[serde(default)]
    pub traps: String,
}

/// The answer to [`Op::Instantiate`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instantiated {
    /// The instance's number.
    pub instance: u64,
}

/// The answer to [`Op::Invoke`] and [`Op::Get`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The results, or the value.
    pub values: Vec<Item>,
}

/// The answer to [`Op::Memory`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryState {
    /// Its size in pages.
    pub pages: u64,
    /// SHA-256 of all its bytes, in hexadecimal digits.
    pub sha256: String,
    /// The range, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
}

/// The answer to [`Op::Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableState {
    /// Its size in elements.
    pub size: u64,
    /// For each element `1` if it is null, and else `0`.
    pub nulls: String,
}

/// The answer to [`Op::Log`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Calls of host functions.
    pub calls: Vec<Call>,
}

/// A call of a host function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// First level of the import's name.
    pub module: String,
    /// Second level.
    pub name: String,
    /// The arguments.
    pub args: Vec<Item>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item() -> impl Strategy<Value = Item> {
        let top = prop::sample::select(TOPS.map(|(top, _, _)| top).to_vec());
        let kind = prop::sample::select(KINDS.map(|(kind, _)| kind).to_vec());
        prop_oneof![
            any::<u32>().prop_map(Item::I32),
            any::<u64>().prop_map(Item::I64),
            any::<u32>().prop_map(Item::F32),
            any::<u64>().prop_map(Item::F64),
            any::<u128>().prop_map(Item::V128),
            prop::option::of(top).prop_map(Item::Null),
            any::<u32>().prop_map(Item::Extern),
            any::<u32>().prop_map(Item::Host),
            (0..1u32 << 31).prop_map(Item::I31),
            (prop::option::of(kind), any::<u64>()).prop_map(|(kind, handle)| Item::Handle(kind, handle)),
        ]
    }

    proptest! {
        #[test]
        fn a_value_is_read_as_it_is_written(item in item()) {
            let text = serde_json::to_string(&item).unwrap();
            prop_assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), item, "{}", text);
        }
    }

    #[test]
    fn values_look_as_the_protocol_says() {
        for (item, text) in [
            (Item::I32(-5i32 as u32), r#"{"i32":"-5"}"#),
            (Item::I64(7), r#"{"i64":"7"}"#),
            (Item::F32(0x7fc0_0000), r#"{"f32":"0x7fc00000"}"#),
            (Item::F64(1), r#"{"f64":"0x0000000000000001"}"#),
            (Item::V128(0x0100), r#"{"v128":"00010000000000000000000000000000"}"#),
            (Item::Null(None), r#"{"ref":null}"#),
            (Item::Extern(3), r#"{"ref":{"extern":3}}"#),
            (Item::Handle(None, 7), r#"{"handle":7}"#),
        ] {
            assert_eq!(serde_json::to_string(&item).unwrap(), text);
        }
        let item: Item = serde_json::from_str(r#"{"handle": 7, "ref": "func", "of": "no matter"}"#).unwrap();
        assert_eq!(item, Item::Handle(Some(Kind::Func), 7));
    }

    #[test]
    fn what_is_no_value_is_not_read() {
        for text in [
            "{}",
            "null",
            r#"{"i32": 5}"#,
            r#"{"i32": "2147483648"}"#,
            r#"{"i32": "1", "i64": "1"}"#,
            r#"{"f32": "0x100000000"}"#,
            r#"{"f32": "0x+1"}"#,
            r#"{"v128": "00"}"#,
            r#"{"v128": "+0010000000000000000000000000000"}"#,
            r#"{"ref": "func"}"#,
            r#"{"ref": "funk", "handle": 1}"#,
            r#"{"ref": {"i31": 2147483648}}"#,
            r#"{"ref": {"extern": 1, "host": 1}}"#,
            r#"{"handle": -1}"#,
        ] {
            assert!(serde_json::from_str::<Item>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn requests_look_as_the_protocol_says() {
        let text = r#"{"id":1,"op":"instantiate","module":"AGFzbQ==","imports":[
            {"module":"m","name":"n","from":{"instance":0,"export":"e"}},{"module":"s","name":"p","from":"spectest"},
            {"module":"h","name":"f","from":{"host":{"results":[[{"i32":"1"}]],"throws":[1]}}}],"new":true}"#;
        let request: Request = serde_json::from_str(text).unwrap();
        let Op::Instantiate { module, imports } = &request.op else { panic!("{request:?}") };
        assert_eq!(module.0, b"\0asm");
        let host = Script { results: vec![vec![Item::I32(1)]], throws: vec![1] };
        assert_eq!(imports[2].from, Origin::Host { host });
        assert_eq!(imports[1].from, Origin::Own(Own::Spectest));
        let again: Request = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(again, request);
        assert_eq!(serde_json::to_string(&Request { id: 2, op: Op::Reset }).unwrap(), r#"{"id":2,"op":"reset"}"#);
    }

    #[test]
    fn an_answer_is_one_of_two() {
        let read = |text: &str| serde_json::from_str::<Answer>(text);
        assert!(read(r#"{"id": 1, "ok": {}}"#).is_ok());
        let no = read(r#"{"id": 1, "no": {"kind": "trap", "traps": ["unreachable"], "since": 3}}"#).unwrap();
        assert_eq!(no.result.unwrap_err().traps, [TrapName(TrapKind::Unreachable)]);
        for text in [
            r#"{"id": 1}"#,
            r#"{"id": 1, "ok": {}, "no": {"kind": "limit"}}"#,
            r#"{"id": 1, "no": {"kind": "other"}}"#,
            r#"{"id": 1, "no": {"kind": "trap", "traps": ["unheard-of"]}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
