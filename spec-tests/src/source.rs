//! Where the parts of a module stand in its text.

use std::ops::Range;

use assay_interp::valid::{Item, Place};
use wast::Wat;
use wast::core::{
    DataKind, Expression, FuncKind, GlobalKind, ImportItems, ItemKind, ItemSig, ModuleField, ModuleKind, TableKind,
};
use wast::lexer::{Lexer, TokenKind};
use wast::parser;

use crate::script::buffer;

/// The bytes of a module's text where a part of it stands: an instruction without those that are folded into it, or the
/// keyword of a field. `None` if the text isn't one of a module, or gives its bytes, or only implies the part.
///
/// Its time is linear in the text.
pub fn span(text: &str, place: &Place) -> Option<Range<usize>> {
    let mut buffer = buffer(text).ok()?;
    buffer.track_instr_spans(true);
    let Wat::Module(mut module) = parser::parse(&buffer).ok()? else { return None };
    // Abbreviations become fields of their own, and fields come into the order of their indices.
    module.resolve().ok()?;
    let ModuleKind::Text(fields) = &module.kind else { return None };
    let (field, expr) = fields.iter().flat_map(|field| parts(field, place.item)).nth(position(place.item))?;
    // A type that is only implied stands nowhere.
    if field == 0 {
        return None;
    }
    let spans = expr.and_then(|expr| expr.instr_spans.as_deref());
    let Some((instr, spans)) = place.instr.as_ref().zip(spans) else { return Some(first_token(text, field)) };
    let Some(span) = spans.get(instr.index) else { return end_of_field(text, field) };
    let start = span.offset();
    let next = spans.iter().map(|span| span.offset()).filter(|at| *at > start).min();
    Some(start..end_of_instr(text, start, next.unwrap_or(text.len())))
}

/// The offset of a field's keyword, and its expression if it has just one.
type Part<'f, 'a> = (usize, Option<&'f Expression<'a>>);

/// Which of the parts of its kind an item is.
fn position(item: Item) -> usize {
    let (Item::Type(x)
    | Item::Import(x)
    | Item::Func(x)
    | Item::Table(x)
    | Item::Mem(x)
    | Item::Tag(x)
    | Item::Global(x)
    | Item::Elem(x)
    | Item::Data(x)
    | Item::Export(x)) = item
    else {
        return 0;
    };
    x as usize
}

/// What a field has of the item's kind.
fn parts<'f, 'a>(field: &'f ModuleField<'a>, item: Item) -> Vec<Part<'f, 'a>> {
    let (span, expr) = match (item, field) {
        (Item::Type(_), ModuleField::Type(ty)) => (ty.span, None),
        (Item::Type(_), ModuleField::Rec(rec)) => {
            return rec.types.iter().map(|ty| (ty.span.offset(), None)).collect();
        }
        (Item::Import(_), ModuleField::Import(imports)) => {
            return signatures(&imports.items).map(|_| (imports.span.offset(), None)).collect();
        }
        (_, ModuleField::Import(imports)) => {
            let of_kind = signatures(&imports.items).filter(|sig| is_of_kind(&sig.kind, item));
            return of_kind.map(|_| (imports.span.offset(), None)).collect();
        }
        (Item::Func(_), ModuleField::Func(func)) => match &func.kind {
            FuncKind::Inline { expression, .. } => (func.span, Some(expression)),
            FuncKind::Import(..) => (func.span, None),
        },
        (Item::Table(_), ModuleField::Table(table)) => match &table.kind {
            TableKind::Normal { init_expr, .. } => (table.span, init_expr.as_ref()),
            _ => (table.span, None),
        },
        (Item::Mem(_), ModuleField::Memory(mem)) => (mem.span, None),
        (Item::Tag(_), ModuleField::Tag(tag)) => (tag.span, None),
        (Item::Global(_), ModuleField::Global(global)) => match &global.kind {
            GlobalKind::Inline(init) => (global.span, Some(init)),
            GlobalKind::Import(_) => (global.span, None),
        },
        (Item::Elem(_), ModuleField::Elem(elem)) => (elem.span, None),
        (Item::Data(_), ModuleField::Data(data)) => match &data.kind {
            DataKind::Active { offset, .. } => (data.span, Some(offset)),
            DataKind::Passive => (data.span, None),
        },
        (Item::Start, ModuleField::Start(x)) => (x.span(), None),
        (Item::Export(_), ModuleField::Export(export)) => (export.span, None),
        _ => return Vec::new(),
    };
    vec![(span.offset(), expr)]
}

/// What is imported, one by one.
fn signatures<'f, 'a>(items: &'f ImportItems<'a>) -> impl Iterator<Item = &'f ItemSig<'a>> {
    let (one, several, same): (_, &[_], _) = match items {
        ImportItems::Single { sig, .. } => (Some(sig), &[], None),
        ImportItems::Group1 { items, .. } => (None, items, None),
        ImportItems::Group2 { sig, items, .. } => (None, &[], Some((sig, items.len()))),
    };
    let same = same.into_iter().flat_map(|(sig, n)| std::iter::repeat_n(sig, n));
    one.into_iter().chain(several.iter().map(|item| &item.sig)).chain(same)
}

fn is_of_kind(kind: &ItemKind<'_>, item: Item) -> bool {
    matches!(
        (kind, item),
        (ItemKind::Func(_) | ItemKind::FuncExact(_), Item::Func(_))
            | (ItemKind::Table(_), Item::Table(_))
            | (ItemKind::Memory(_), Item::Mem(_))
            | (ItemKind::Global(_), Item::Global(_))
            | (ItemKind::Tag(_), Item::Tag(_))
    )
}

fn first_token(text: &str, at: usize) -> Range<usize> {
    let len = Lexer::new(text).iter(at).next().and_then(Result::ok).map_or(0, |token| token.len as usize);
    at..at + len
}

/// Where the parenthesis stands that ends the field with this keyword.
fn end_of_field(text: &str, keyword: usize) -> Option<Range<usize>> {
    let mut open = 1;
    for token in Lexer::new(text).iter(keyword) {
        let token = token.ok()?;
        match token.kind {
            TokenKind::LParen | TokenKind::Annotation => open += 1,
            TokenKind::RParen => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(token.offset..token.offset + 1);
        }
    }
    None
}

/// Where an instruction's last token ends: immediates are what follows, up to a parenthesis, the end of the line, or
/// the next instruction.
fn end_of_instr(text: &str, start: usize, next: usize) -> usize {
    let mut end = start;
    for token in Lexer::new(text).iter(start).map_while(Result::ok).take_while(|token| token.offset < next) {
        match token.kind {
            TokenKind::Whitespace if token.src(text).contains('\n') => break,
            TokenKind::Whitespace | TokenKind::BlockComment => {}
            TokenKind::LParen | TokenKind::RParen if end == start => return start + 1,
            TokenKind::LParen | TokenKind::RParen | TokenKind::LineComment | TokenKind::Annotation => break,
            _ => end = token.offset + token.len as usize,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use assay_interp::valid::InstrPlace;

    use super::*;

    /// What stands there.
    #[track_caller]
    fn at(text: &str, item: Item, instr: Option<usize>) -> Option<&str> {
        let instr = instr.map(|index| InstrPlace { index, offset: 0, text: String::new() });
        span(text, &Place { item, instr }).map(|span| &text[span])
    }

    const TEXT: &str = r#"(module
        (import "a" "f" (func)) (import "a" "m" (memory 1)) (global $g (import "a" "g") i32)
        (type $t (func)) (rec (type $a (struct)) (type $b (array i8)))
        (func $f (param i32) (result i32) (@anything ")")
            (if (result i32) (i32.eqz (local.get 0)) (then i32.const 1 i32.const (;2;) 2 i32.add) (else nop (; ) ;)
                v128.const i32x4 1 2 3 4 ;; a constant
                br_table 0 0 1
                (br 0))) drop (i32.load offset=8 (i32.const 7)))
        (memory 1) (table 1 funcref) (tag (export "tag"))
        (global i32 (i32.add (i32.const 1) (i32.const 2))) (data (offset i32.const 3) "x") (elem func $f)
        (start $f) (export "\u{29}" (func $f)))"#;

    #[test]
    fn instructions_stand_where_they_are_written() {
        let instrs = (0..17).map(|i| at(TEXT, Item::Func(1), Some(i)).expect("it is there"));
        assert_eq!(
            instrs.collect::<Vec<_>>(),
            [
                "local.get 0",
                "i32.eqz",
                "if",
                "i32.const 1",
                "i32.const (;2;) 2",
                "i32.add",
                "else",
                "nop",
                "v128.const i32x4 1 2 3 4",
                "br_table 0 0 1",
                "br 0",
                ")",
                "drop",
                "i32.const 7",
                "i32.load offset=8",
                ")",
                ")",
            ]
        );
        assert_eq!(at(TEXT, Item::Global(1), Some(2)), Some("i32.add"));
        assert_eq!(at(TEXT, Item::Data(0), Some(0)), Some("i32.const 3"));
    }

    #[test]
    fn fields_stand_where_they_are_written() {
        let offset = |item| span(TEXT, &Place { item, instr: None }).map(|span| span.start);
        let after = |words| TEXT.find(words).map(|at| at + 1);
        assert_eq!(offset(Item::Type(0)), after("(type $t"));
        assert_eq!(offset(Item::Type(2)), after("(type $b"));
        assert_eq!(offset(Item::Import(1)), after("(import \"a\" \"m\""));
        assert_eq!(offset(Item::Import(2)), after("(global $g"));
        assert_eq!(offset(Item::Func(0)), after("(import \"a\" \"f\""));
        assert_eq!(offset(Item::Mem(1)), after("(memory 1) (table"));
        assert_eq!(offset(Item::Table(0)), after("(table"));
        assert_eq!(offset(Item::Tag(0)), after("(tag"));
        assert_eq!(offset(Item::Global(0)), after("(global $g"));
        assert_eq!(offset(Item::Global(1)), after("(global i32"));
        assert_eq!(offset(Item::Elem(0)), after("(elem"));
        assert_eq!(at(TEXT, Item::Start, None), Some("$f"));
        assert_eq!(offset(Item::Export(0)), after("(tag"));
        assert_eq!(offset(Item::Export(1)), after("(export \"\\"));
        for (item, word) in [(Item::Func(1), "func"), (Item::Elem(0), "elem"), (Item::Import(0), "import")] {
            assert_eq!(at(TEXT, item, None), Some(word));
        }
    }

    #[test]
    fn what_is_not_there_has_no_place() {
        assert_eq!(at(TEXT, Item::Func(9), Some(0)), None);
        assert_eq!(at(TEXT, Item::Module, None), None);
        assert_eq!(at("(func (param i32))", Item::Type(0), None), None);
        assert_eq!(at("(func (param i32))", Item::Func(0), None), Some("func"));
        assert_eq!(at("(module binary \"\\00asm\\01\\00\\00\\00\")", Item::Func(0), Some(0)), None);
        assert_eq!(at("no module", Item::Func(0), Some(0)), None);
    }
}
