//! One page: what changed, the matrix of suites and engines, what failed in which, and the rules.
//!
//! It has no script and fetches nothing. A sign says what a colour does. Failures that only follow from a module which
//! isn't there, and what an engine doesn't support, stand together by reason: an engine that lacks a proposal fails
//! thousands of directives for one.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::Text;
use crate::record::{
    Change, Changes, DirectiveRecord, EngineRecord, FileRecord, Record, RuleRecord, RulesRecord, SuiteRecord, Tally,
    Verdict,
};

/// Directives of a file that are shown one by one, and of all files: behind them only lines are given.
const SHOWN: usize = 100;
const SHOWN_OF_ALL: usize = 3000;
/// Parts of a list of lines that are shown.
const PARTS: usize = 40;
/// So few directives are shown without being asked for.
const FEW: usize = 25;

/// The report as one page of HTML.
pub fn html(record: &Record) -> String {
    let mut page = String::new();
    write_page(&mut page, record).expect("a text takes it");
    page
}

/// How something went: by a class of the style sheet, a sign, and what that means.
#[derive(Clone, Copy)]
struct Sign(&'static str, &'static str, &'static str);

const OK: Sign = Sign("ok", "✓", "all passed");
const KNOWN: Sign = Sign("known", "◐", "fails what is known to fail");
const BAD: Sign = Sign("bad", "✗", "not as expected");
const NONE: Sign = Sign("none", "–", "not run");

impl Sign {
    fn of(tally: Tally) -> Sign {
        match tally {
            Tally { unexpected: 1.., .. } => BAD,
            Tally { failed: 1.., .. } => KNOWN,
            Tally { passed: 0, .. } => NONE,
            _ => OK,
        }
    }

    fn of_directive(directive: &DirectiveRecord) -> Sign {
        let known = directive.known.is_some() && directive.verdict != Verdict::Passed;
        if known { KNOWN } else { BAD }
    }
}

/// The sign, with its meaning for those who hear the page.
impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<span class=\"sign {}\" role=\"img\" aria-label=\"{}\">{}</span>", self.0, self.2, self.1)
    }
}

fn write_page(page: &mut String, record: &Record) -> fmt::Result {
    let style = include_str!("html.css");
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Conformance</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<header>\n<h1>Conformance</h1>\n"
    )?;
    let (sign, words) = if record.as_expected { (OK, "All as expected") } else { (BAD, "Not as expected") };
    writeln!(page, "<p class=\"verdict {}\">{sign} {words}</p>", sign.0)?;
    writeln!(
        page,
        "<p class=\"quiet\">Official tests and scripts of WebAssembly, run by assay {}.</p>",
        Text(&record.assay)
    )?;
    writeln!(page, "</header>\n<main>")?;
    if let Some(changes) = &record.changes {
        write_changes(page, changes)?;
    }
    write_matrix(page, record)?;
    write_rest(page, record)?;
    write_suites(page, record)?;
    if let Some(rules) = &record.rules {
        write_rules(page, rules)?;
    }
    writeln!(page, "</main>\n</body>\n</html>")
}

fn write_changes(page: &mut String, changes: &Changes) -> fmt::Result {
    writeln!(page, "<section>\n<h2>Since the baseline</h2>")?;
    let lists = [("Newly failing", &changes.newly_failing, BAD), ("Newly passing", &changes.newly_passing, OK)];
    for (name, list, sign) in lists {
        if list.is_empty() {
            writeln!(page, "<p>{name}: none.</p>")?;
            continue;
        }
        let open = if list.len() <= FEW { " open" } else { "" };
        writeln!(
            page,
            "<details{open}><summary><h3>{sign} {name}: {}</h3></summary>\n<ul class=\"directives\">",
            list.len()
        )?;
        // The same directive of several engines stands once.
        let mut of: BTreeMap<(&str, usize, usize), Vec<&Change>> = BTreeMap::new();
        for change in list {
            of.entry((&change.file, change.directive.line, change.directive.column)).or_default().push(change);
        }
        for ((file, line, _), changes) in of.iter().take(SHOWN) {
            let DirectiveRecord { kind, source, .. } = &changes[0].directive;
            write!(page, "<li><p class=\"place\">{}:{line} <i>{}</i></p>", Text(file), Text(kind))?;
            writeln!(page, "<pre>{}</pre>\n<dl>", Text(source))?;
            for Change { engine, directive, .. } in changes {
                let came = if sign.0 == BAD.0 { directive.sentence() } else { "passes".to_owned() };
                writeln!(page, "<dt>{sign} {}</dt><dd>{}</dd>", Text(engine), Text(&came))?;
            }
            writeln!(page, "</dl></li>")?;
        }
        writeln!(page, "</ul>")?;
        if of.len() > SHOWN {
            writeln!(page, "<p>And {} more directives.</p>", of.len() - SHOWN)?;
        }
        writeln!(page, "</details>")?;
    }
    if changes.not_compared > 0 {
        let n = changes.not_compared;
        writeln!(
            page,
            "<p class=\"quiet\">Not compared, because only one of the two runs has them: scripts of engines, {n}.</p>"
        )?;
    }
    writeln!(page, "</section>")
}

/// Suites of all engines, in the order of the first that has them.
fn suites(record: &Record) -> Vec<&str> {
    let mut suites: Vec<&str> = Vec::new();
    for suite in record.engines.iter().flat_map(|engine| &engine.suites) {
        if !suites.contains(&suite.name.as_str()) {
            suites.push(&suite.name);
        }
    }
    suites
}

fn suite<'r>(engine: &'r EngineRecord, name: &str) -> Option<&'r SuiteRecord> {
    engine.suites.iter().find(|suite| suite.name == name)
}

fn write_matrix(page: &mut String, record: &Record) -> fmt::Result {
    writeln!(
        page,
        "<section>\n<h2>Suites and engines</h2>\n<div class=\"wide\"><table class=\"matrix\">\n<thead><tr><td></td>"
    )?;
    for EngineRecord { id, version, .. } in &record.engines {
        writeln!(page, "<th scope=\"col\">{} <small>{}</small></th>", Text(id), Text(version))?;
    }
    writeln!(page, "</tr></thead>\n<tbody>")?;
    for (i, name) in suites(record).into_iter().enumerate() {
        let counts = |engine| suite(engine, name).map(|suite| suite.counts).unwrap_or_default();
        let failed = record.engines.iter().any(|engine| listed(engine, name) > 0);
        let name = Text(name);
        let name = if failed { format!("<a href=\"#suite-{i}\">{name}</a>") } else { name.to_string() };
        write_row(page, &name, record.engines.iter().map(|engine| (engine.id.as_str(), counts(engine))))?;
    }
    writeln!(page, "</tbody>\n<tfoot>")?;
    write_row(page, "all", record.engines.iter().map(|engine| (engine.id.as_str(), engine.counts)))?;
    writeln!(page, "</tfoot>\n</table></div>\n<p class=\"quiet legend\">")?;
    for sign in [OK, KNOWN, BAD, NONE] {
        write!(page, "<span>{sign} {}</span> ", sign.2)?;
    }
    writeln!(page, "</p>\n</section>")
}

fn write_row<'r>(page: &mut String, name: &str, cells: impl Iterator<Item = (&'r str, Tally)>) -> fmt::Result {
    write!(page, "<tr><th scope=\"row\">{name}</th>")?;
    for (engine, tally) in cells {
        let sign = Sign::of(tally);
        write!(page, "<td class=\"{}\">", sign.0)?;
        write!(page, "<span class=\"engine\">{} </span>{sign} {}", Text(engine), share(tally))?;
        if tally.unsupported > 0 {
            write!(page, " <small>{} unsupported</small>", number(tally.unsupported))?;
        }
        write!(page, "</td>")?;
    }
    writeln!(page, "</tr>")
}

/// What passed, of how many if that isn't all.
fn share(tally: Tally) -> String {
    match (tally.passed, tally.total()) {
        (_, 0) => "not run".into(),
        (passed, total) if passed == total => number(total),
        (passed, total) => format!("{} of {}", number(passed), number(total)),
    }
}

/// With a narrow space between thousands.
fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// What couldn't be read or run, what ended early, and what a list knows of nothing.
fn write_rest(page: &mut String, record: &Record) -> fmt::Result {
    let mut list = String::new();
    for error in &record.unread {
        writeln!(list, "<li>{BAD} not read: <pre>{}</pre></li>", Text(error))?;
    }
    // Engines share most of them.
    let mut errors: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for EngineRecord { id, errors: of, .. } in &record.engines {
        of.iter().for_each(|error| errors.entry(error).or_default().push(Text(id).to_string()));
    }
    for (error, engines) in errors {
        writeln!(list, "<li>{BAD} not run by <b>{}</b>: <pre>{}</pre></li>", engines.join(", "), Text(error))?;
    }
    for EngineRecord { id, stale, not_run, .. } in &record.engines {
        for stale in stale {
            writeln!(list, "<li>{BAD} <b>{}</b>: a known failure without a directive: {}</li>", Text(id), Text(stale))?;
        }
        if *not_run > 0 {
            writeln!(list, "<li>{NONE} <b>{}</b>: ended early: {not_run} directives weren't run</li>", Text(id))?;
        }
    }
    match list.is_empty() {
        true => Ok(()),
        false => writeln!(page, "<section>\n<h2>Not run</h2>\n<ul class=\"plain\">\n{list}</ul>\n</section>"),
    }
}

/// Directives of a suite that are listed.
fn listed(engine: &EngineRecord, name: &str) -> usize {
    suite(engine, name).map_or(0, |suite| suite.files.iter().map(|file| file.directives.len()).sum())
}

fn write_suites(page: &mut String, record: &Record) -> fmt::Result {
    let all: usize = record.engines.iter().flat_map(|e| e.suites.iter().map(|suite| listed(e, &suite.name))).sum();
    if all == 0 {
        return Ok(());
    }
    let open = if all <= FEW { " open" } else { "" };
    let mut left = SHOWN_OF_ALL;
    writeln!(page, "<section>\n<h2>What failed</h2>")?;
    for (i, name) in suites(record).into_iter().enumerate() {
        if record.engines.iter().all(|engine| listed(engine, name) == 0) {
            continue;
        }
        let counts = record.engines.iter().map(|engine| suite(engine, name).map(|s| s.counts).unwrap_or_default());
        writeln!(page, "<details class=\"suite\" id=\"suite-{i}\"{open}><summary><h3>{}</h3>", Text(name))?;
        write_chips(page, record, counts)?;
        writeln!(page, "</summary>")?;
        let mut files: BTreeMap<&str, Vec<Option<&FileRecord>>> = BTreeMap::new();
        for (e, engine) in record.engines.iter().enumerate() {
            for file in suite(engine, name).into_iter().flat_map(|suite| &suite.files) {
                files.entry(&file.name).or_insert_with(|| vec![None; record.engines.len()])[e] = Some(file);
            }
        }
        let fails = |of: &[Option<&FileRecord>]| of.iter().flatten().any(|file| !file.directives.is_empty());
        for (file, of) in files.iter().filter(|(_, of)| fails(of)) {
            writeln!(page, "<details class=\"file\"{open}><summary><h4>{}</h4>", Text(file))?;
            write_chips(page, record, of.iter().map(|file| file.map(|file| file.counts).unwrap_or_default()))?;
            writeln!(page, "</summary>")?;
            write_directives(page, record, of, &mut left)?;
            writeln!(page, "</details>")?;
        }
        let rest = files.values().filter(|of| !fails(of)).count();
        if rest > 0 {
            let (s, all) = if rest == 1 { ("", "passes") } else { ("s", "pass") };
            writeln!(page, "<p class=\"quiet rest\">{rest} other file{s} {all} as a whole.</p>")?;
        }
        writeln!(page, "</details>")?;
    }
    writeln!(page, "</section>")
}

fn write_chips(page: &mut String, record: &Record, counts: impl Iterator<Item = Tally>) -> fmt::Result {
    write!(page, "<span class=\"chips\">")?;
    for (engine, tally) in record.engines.iter().zip(counts) {
        let sign = Sign::of(tally);
        let (id, failed) = (Text(&engine.id), number(tally.failed));
        match (sign.0, tally.failed) {
            ("ok" | "none", _) => write!(page, "<span class=\"chip {}\">{sign} {id}</span>", sign.0)?,
            (class, 0) => write!(page, "<span class=\"chip {class}\">{sign} {id} passes</span>")?,
            (class, _) => write!(page, "<span class=\"chip {class}\">{sign} {id} <b>{failed}</b></span>")?,
        }
    }
    writeln!(page, "</span>")
}

/// What each engine answers to the directives of a file that are listed of any. So many are left to be shown one by
/// one.
fn write_directives(page: &mut String, record: &Record, of: &[Option<&FileRecord>], left: &mut usize) -> fmt::Result {
    let mut single: BTreeMap<(usize, usize), Vec<(&str, &DirectiveRecord)>> = BTreeMap::new();
    let mut groups: BTreeMap<(usize, &str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (e, file) in of.iter().enumerate() {
        for d in file.iter().flat_map(|file| &file.directives) {
            match &d.why {
                Some(why) if d.inherited || d.verdict == Verdict::Unsupported => {
                    let reason = why.split_once(" (at byte ").map_or(why.as_str(), |(reason, _)| reason);
                    groups.entry((e, reason, d.known.as_deref())).or_default().push(d.line);
                }
                _ => single.entry((d.line, d.column)).or_default().push((&record.engines[e].id, d)),
            }
        }
    }
    if !groups.is_empty() {
        writeln!(page, "<ul class=\"plain groups\">")?;
        for ((e, reason, known), of) in &groups {
            let (sign, id) = (if known.is_some() { KNOWN } else { BAD }, Text(&record.engines[*e].id));
            let (n, lines) = (number(of.len()), lines(of));
            let s = if of.len() == 1 { "" } else { "s" };
            write!(page, "<li>{sign} <b>{id}</b> {n} directive{s}: {}", Text(reason))?;
            write_known(page, *known)?;
            writeln!(page, " <small>{lines}</small></li>")?;
        }
        writeln!(page, "</ul>")?;
    }
    let shown = single.len().min(SHOWN).min(*left);
    *left -= shown;
    if shown > 0 {
        writeln!(page, "<ol class=\"directives\">")?;
    }
    for ((line, _), answers) in single.iter().take(shown) {
        let (_, first) = answers[0];
        write!(page, "<li><p class=\"place\">line {line} <i>{}</i></p>", Text(&first.kind))?;
        writeln!(page, "<pre>{}</pre>\n<dl>", Text(&first.source))?;
        if let Some(should) = answers.iter().find_map(|(_, d)| d.should.as_ref()) {
            writeln!(page, "<dt>asked</dt><dd>should {}</dd>", Text(should))?;
        }
        for (id, d) in answers {
            let it = match (d.verdict, &d.it) {
                (Verdict::Passed, _) => "it passed".to_owned(),
                (_, Some(it)) => format!("it {it}"),
                _ => d.sentence(),
            };
            write!(page, "<dt>{} {}</dt><dd>{}", Sign::of_directive(d), Text(id), Text(&it))?;
            match (d.verdict, &d.known) {
                (Verdict::Passed, Some(reason)) => write!(page, " <em>known to fail: {}</em>", Text(reason))?,
                (_, known) => write_known(page, known.as_deref())?,
            }
            writeln!(page, "</dd>")?;
        }
        writeln!(page, "</dl></li>")?;
    }
    if shown > 0 {
        writeln!(page, "</ol>")?;
    }
    let rest: Vec<usize> = single.keys().skip(shown).map(|(line, _)| *line).collect();
    if !rest.is_empty() {
        writeln!(page, "<p class=\"rest\">And {} more <small>{}</small></p>", rest.len(), lines(&rest))?;
    }
    Ok(())
}

fn write_known(page: &mut String, known: Option<&str>) -> fmt::Result {
    known.map_or(Ok(()), |reason| write!(page, " <em>known: {}</em>", Text(reason)))
}

/// Lines in their order, those that follow each other as a range.
fn lines(lines: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, to)) if *line <= *to + 1 => *to = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let part = |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    let more = if ranges.len() > PARTS { ", …" } else { "" };
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("{word} {}{more}", ranges.iter().take(PARTS).map(part).collect::<Vec<_>>().join(", "))
}

fn write_rules(page: &mut String, rules: &RulesRecord) -> fmt::Result {
    writeln!(page, "<section>\n<h2>Rules of the standard</h2>")?;
    for (name, what, rules) in
        [("Execution", "directives", &rules.execution), ("Validation", "modules", &rules.validation)]
    {
        let exercised = rules.iter().filter(|rule| rule.file.is_some()).count();
        writeln!(page, "<details><summary><h3>{name}: {exercised} of {} are exercised</h3></summary>", rules.len())?;
        write_alone(page, rules)?;
        writeln!(
            page,
            "<div class=\"wide\"><table class=\"rules\">\n<thead><tr><th scope=\"col\">rule</th>\
             <th scope=\"col\">{what}</th>"
        )?;
        if rules.iter().any(|rule| rule.refused.is_some()) {
            writeln!(page, "<th scope=\"col\">refused</th>")?;
        }
        writeln!(page, "<th scope=\"col\">first</th></tr></thead>\n<tbody>")?;
        for RuleRecord { rule, exercised, refused, file, line, .. } in rules {
            write!(page, "<tr><th scope=\"row\">{}</th><td>{}</td>", Text(rule), number(*exercised))?;
            if let Some(refused) = refused {
                write!(page, "<td>{}</td>", number(*refused))?;
            }
            match (file, line) {
                (Some(file), Some(line)) => writeln!(page, "<td>{}:{line}</td></tr>", Text(file))?,
                _ => writeln!(page, "<td class=\"bad\">{BAD} none</td></tr>")?,
            }
        }
        writeln!(page, "</tbody></table></div></details>")?;
    }
    writeln!(page, "</section>")
}

/// By file, the rules that only it exercises.
fn write_alone(page: &mut String, rules: &[RuleRecord]) -> fmt::Result {
    let mut alone: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.alone) {
        alone.entry(rule.file.as_deref().unwrap_or_default()).or_default().push(Text(&rule.rule).to_string());
    }
    if alone.is_empty() {
        return Ok(());
    }
    writeln!(page, "<details><summary><h4>Rules that one file alone exercises</h4></summary><dl>")?;
    for (file, rules) in alone {
        writeln!(page, "<dt>{}</dt><dd>{}</dd>", Text(file), rules.join(", "))?;
    }
    writeln!(page, "</dl></details>")
}
