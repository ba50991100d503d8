//! What stands around the place where a module isn't valid.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use assay_interp::binary;
use assay_interp::syntax::{Expr, Features, Instr, Module, SegmentMode};
use assay_interp::valid::{Error, Item, Place};
use assay_spec_tests::span;

use crate::input::Source;
use crate::output::printable;

/// Lines or instructions that are shown before the place, and after it.
const AROUND: usize = 2;
/// Characters that are shown of a line, before what is marked in it and from there.
const BEFORE: usize = 60;
const FROM: usize = 60;

/// The lines around the place, with what is wrong there: of the module's own text, or else the instructions of the
/// expression, each on a line that its position numbers. `None` if the place is in neither.
pub(crate) fn excerpt(path: &str, source: &Source, features: Features, error: &Error) -> Option<String> {
    let own = source.text.as_deref().and_then(|text| of_text(path, text, &error.place));
    let excerpt = own.or_else(|| of_instrs(path, &source.wasm, features, &error.place))?;
    let lines: Vec<&str> = excerpt.lines.iter().map(String::as_str).collect();
    let before: usize = lines[..excerpt.marked].iter().map(|line| line.len() + 1).sum();
    let mark = AnnotationKind::Primary.span(before + excerpt.mark.start..before + excerpt.mark.end);
    let snippet = Snippet::source(lines.join("\n"))
        .line_start(excerpt.first)
        .fold(false)
        .annotation(mark.label(error.fault.to_string()));
    let report = Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)]);
    // The renderer would count columns in what is shown of a line.
    let arrow = report.find('|').map_or(0, |bar| bar.saturating_sub(1));
    Some(format!("{}--> {}\n{report}", " ".repeat(arrow), excerpt.at))
}

struct Excerpt {
    /// The place.
    at: String,
    /// Number of the first line.
    first: usize,
    lines: Vec<String>,
    /// Which line is marked, and the bytes of it.
    marked: usize,
    mark: Range<usize>,
}

fn of_text(path: &str, text: &str, place: &Place) -> Option<Excerpt> {
    let span = span(text, place)?;
    let begin = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let own = begin(span.start);
    let first = (0..AROUND).fold(own, |at, _| begin(at.saturating_sub(1)));
    let number = text[..own].matches('\n').count() + 1;
    let marked = text[first..own].matches('\n').count();
    let mut lines: Vec<&str> = text[first..].lines().take(marked + 1 + AROUND).collect();
    // What only closes fields says nothing.
    while lines.len() > marked + 1 && lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let column = text[own..span.start].chars().count() + 1;
    let at = format!("{}:{number}:{column}", printable(path));
    Some(excerpt_of(at, number - marked, &lines, marked, span.start - own..span.end - own))
}

fn of_instrs(path: &str, wasm: &[u8], features: Features, place: &Place) -> Option<Excerpt> {
    let instr = place.instr.as_ref()?;
    let module = binary::well_formed(wasm, features).ok()?;
    let expr = exprs(&module).find(|expr| expr.offsets.get(instr.index) == Some(&instr.offset))?;
    let item = match place.item {
        Item::Func(x) => cut(&module.func_name(x), 0..0).0,
        other => other.to_string(),
    };
    let at = format!("{}: {item}", printable(path));
    let shown = instr.index.saturating_sub(AROUND)..(instr.index + AROUND + 1).min(expr.instrs.len());
    let lines = indented(&expr.instrs, shown.clone());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let marked = instr.index - shown.start;
    let indent = lines[marked].len() - lines[marked].trim_start().len();
    Some(excerpt_of(at, shown.start, &lines, marked, indent..lines[marked].len()))
}

/// All expressions of a module.
fn exprs(module: &Module) -> impl Iterator<Item = &Expr> {
    let funcs = module.funcs.iter().map(|func| &**func.body.expr());
    let globals = module.globals.iter().map(|global| &*global.init);
    let tables = module.tables.iter().filter_map(|table| table.init.as_deref());
    let elems = module.elems.iter().flat_map(|elem| elem.init.iter().map(|init| &**init));
    let modes = module.elems.iter().map(|elem| &elem.mode).chain(module.datas.iter().map(|data| &data.mode));
    funcs.chain(globals).chain(tables).chain(elems).chain(modes.filter_map(offset))
}

fn offset(mode: &SegmentMode) -> Option<&Expr> {
    if let SegmentMode::Active { offset, .. } = mode { Some(offset) } else { None }
}

/// Some instructions, those within blocks farther to the right.
fn indented(instrs: &[Instr], shown: Range<usize>) -> Vec<String> {
    let mut depths = Vec::new();
    let mut depth: usize = 0;
    for (i, instr) in instrs[..shown.end].iter().enumerate() {
        let closes = matches!(instr, Instr::End {} | Instr::Else {});
        let opens =
            matches!(instr, Instr::Block { .. } | Instr::Loop { .. } | Instr::If { .. } | Instr::TryTable { .. });
        depth = depth.saturating_sub(closes.into());
        if shown.contains(&i) {
            depths.push(depth);
        }
        depth += usize::from(opens || matches!(instr, Instr::Else {}));
    }
    let least = depths.iter().min().copied().unwrap_or(0);
    instrs[shown].iter().zip(depths).map(|(instr, depth)| format!("{}{instr}", "  ".repeat(depth - least))).collect()
}

fn excerpt_of(at: String, first: usize, lines: &[&str], marked: usize, mark: Range<usize>) -> Excerpt {
    let (own, mark) = cut(lines[marked], mark);
    let mut lines: Vec<String> = lines.iter().map(|line| cut(line, 0..0).0).collect();
    lines[marked] = own;
    Excerpt { at, first, lines, marked, mark }
}

/// What is shown of a line that may be anything, and where it is marked there.
fn cut(line: &str, mark: Range<usize>) -> (String, Range<usize>) {
    let begin = line[..mark.start].char_indices().rev().nth(BEFORE).map_or(0, |(at, c)| at + c.len_utf8());
    let end = line[mark.start..].char_indices().nth(FROM).map_or(line.len(), |(at, _)| mark.start + at);
    let marked_end = mark.end.clamp(mark.start, end);
    let shown = |part: Range<usize>| printable(&line[part].replace('\t', " "));
    let mut out = String::from(if begin > 0 { "…" } else { "" });
    out += &shown(begin..mark.start);
    let start = out.len();
    out += &shown(mark.start..marked_end);
    let mark = start..out.len();
    out += &shown(marked_end..end);
    if end < line.len() {
        out.push('…');
    }
    (out, mark)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use assay_interp::binary::Judgement;

    use super::*;

    /// What is shown of a module that isn't valid, given as a text and as a binary.
    fn shown(name: &str, text: &str) -> String {
        let wasm = wat::parse_str(text).expect("a text");
        let features = Features::default();
        let Ok(Judgement::Invalid { ours, .. }) = binary::judge(&wasm, features) else { panic!("{name} is invalid") };
        let mut out = String::new();
        for (kind, text) in [("wat", Some(text.to_owned())), ("wasm", None)] {
            let source = Source { wasm: wasm.clone(), text };
            let excerpt = excerpt(&format!("{name}.{kind}"), &source, features, &ours);
            writeln!(out, "{}\n", excerpt.as_deref().unwrap_or("nothing")).expect("a string takes everything");
        }
        assert!(!out.contains('\x1b') && out.lines().all(|line| line.chars().count() < 200), "{out}");
        out
    }

    #[test]
    fn what_is_not_valid_is_shown() {
        let nested = format!("{}(drop (i32.eqz (i64.const 1)))\n{}", "(block nop\n".repeat(5000), ")".repeat(5000));
        let before = "(drop (i64.const 1)) ".repeat(9000);
        let texts = [
            (
                "sum",
                "(module\n  (func $sum (param $a i32) (param $b i64) (result i32)\n    local.get $a
    local.get $b\n\ti32.add ;; not of one type\n    nop))",
            ),
            ("folded", "(module (func (drop (i32.add (i32.const 1)\n    (i64.const 2)))))"),
            ("end", "(module (func (result i32)\n  nop\n)\n)\n"),
            ("type", "(module\n  (type $a (sub (struct (field i32))))\n  (type $b (sub $a (struct (field i64)))))"),
            ("global", "(module (global i32 (i64.const 0)))"),
            ("nested", &format!("(module (func $deep\n{nested}))")),
            ("wide", &format!("(module (func {before} i32.eqz drop {}))", "nop ".repeat(9000))),
            ("escaping", "(module (func $\"n\\1b[31m\\nADMITTED: n\" (drop (i32.eqz (f32.const nan:0x1)))))"),
            ("comment", "(module (func\n;; \u{1b}[31m\n(; \u{1b}[31m ;) i64.eqz drop))"),
        ];
        insta::assert_snapshot!(texts.map(|(name, text)| shown(name, text)).concat());
    }
}
