//! A driver that has said hello: requests go to it with a number, and answers must have it.

use std::time::Duration;

use assay_interp::binary::wasm_features;
use assay_interp::outcome::Outcome;
use assay_interp::syntax::Features;
use serde_json::{Value as Json, json};

use super::child::{Line, printable};
use crate::proposals::proposals;
use crate::protocol::{Answer, Hello, Op, VERSION};

/// Characters that are quoted of an answer that isn't one.
const QUOTED: usize = 200;

/// A driver that has said hello.
pub(crate) struct Connection {
    line: Box<dyn Line>,
    next: u64,
    /// What it was told that modules may have.
    pub(crate) features: Features,
}

impl Connection {
    /// Says hello to a driver.
    pub(crate) fn open(
        line: Box<dyn Line>,
        features: Features,
        deadline: Duration,
    ) -> Result<(Connection, Hello), Outcome> {
        let mut connection = Connection { line, next: 0, features };
        let wanted = proposals(wasm_features(features)).into_iter().map(str::to_owned).collect();
        let hello = Op::Hello { version: VERSION, features: wanted };
        let answer = connection.ask(serde_json::to_value(hello).expect("a request is written as JSON"), deadline)?;
        let answer: Answer = serde_json::from_value(answer).map_err(|e| Outcome::Nonsense(e.to_string()))?;
        match answer.result {
            Ok(hello) => {
                let hello: Hello =
                    serde_json::from_value(hello).map_err(|e| Outcome::Nonsense(format!("hello: {e}")))?;
                Ok((connection, hello))
            }
            Err(refusal) => Err(Outcome::Unsupported(format!("the driver refuses: {}", printable(&refusal.message)))),
        }
    }

    /// Asks, and gives the whole answer. After an error there is nobody to ask any more.
    pub(crate) fn ask(&mut self, mut request: Json, deadline: Duration) -> Result<Json, Outcome> {
        let id = self.next;
        self.next += 1;
        request["id"] = json!(id);
        let mut line = serde_json::to_vec(&request).expect("JSON is written");
        line.push(b'\n');
        let answer = self.line.exchange(line, deadline)?;
        let json: Json = serde_json::from_slice(&answer)
            .map_err(|e| Outcome::Nonsense(format!("no JSON: {e}: {}", quoted(&answer))))?;
        match json.get("id").and_then(Json::as_u64) {
            Some(echoed) if echoed == id => Ok(json),
            _ => Err(Outcome::Nonsense(format!("not an answer to request {id}: {}", quoted(&answer)))),
        }
    }
}

/// How a text begins.
fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut begin: String = text.chars().take(QUOTED).collect();
    if begin.len() < text.len() {
        begin.push('…');
    }
    printable(&begin)
}
