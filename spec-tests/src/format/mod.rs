//! The forms in which a report is written.
//!
//! Text is what [`Matrix`](crate::Matrix) prints as, JSON a [`Record`](crate::Record). XML and HTML are written by
//! hand, all of their texts through [`Text`]: a library would escape what ends a text, but not what hides in one.

mod html;
mod junit;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

pub use html::html;
pub use junit::junit;

/// A form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, on a terminal.
    #[default]
    Text,
    /// One object, as docs/schemas/conform.schema.json describes it.
    Json,
    /// XML as JUnit writes it, for what shows the results of tests.
    Junit,
    /// One page that needs nothing beside it.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Text, Format::Json, Format::Junit, Format::Html];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Html => "html",
        }
    }

    /// The form that a file's name asks for by its extension.
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()? {
            "txt" => Some(Format::Text),
            "json" => Some(Format::Json),
            "xml" => Some(Format::Junit),
            "html" | "htm" => Some(Format::Html),
            _ => None,
        }
    }
}

/// A name that no form of a report has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {0:?}; there are text, json, junit and html")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        Format::ALL.into_iter().find(|f| f.name() == text).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// Somebody else's text within HTML or XML, as content or as an attribute's value in double quotes. What isn't visible,
/// or changes the direction of what stands around it, is shown by its code; lines stay lines.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' => f.write_str("&#10;"),
            '\t' => f.write_str("&#9;"),
            '\\' => f.write_str("\\"),
            c => write!(f, "{}", c.escape_debug()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        let hostile = "</td><script>\"'&\u{0}\u{1b}\u{202e}\u{2066}\u{feff}\u{200b}\u{ffff}\u{85}\r\n\tλ\\";
        let shown = "&lt;/td&gt;&lt;script&gt;&quot;&#39;&amp;\\0\\u{1b}\\u{202e}\\u{2066}\\u{feff}\\u{200b}\\u{ffff}\
                     \\u{85}\\r&#10;&#9;λ\\";
        assert_eq!(Text(hostile).to_string(), shown);
    }

    #[test]
    fn formats_are_known_by_name_and_extension() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("xml".parse::<Format>().is_err());
        let of = |path: &str| Format::of(Path::new(path));
        assert_eq!([of("a/b.json"), of("b.xml"), of("b.html")], [Format::Json, Format::Junit, Format::Html].map(Some));
        assert_eq!((of("b.txt"), of("json"), of("b.JSON")), (Some(Format::Text), None, None));
    }
}
