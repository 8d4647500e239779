//! A sheet of XML, streamed: cells as they come, and what stands around them.

use super::super::ooxml::{self, BadXml, Package, Xml, attribute, lent, stream_events};
use super::super::sheets::{COLUMNS, Gather, iso};
use super::super::{Full, Limits};
use super::strings::{Item, unescaped};
use super::{Margin, Sheet, Workbook};
use assay_model::Cell;
use quick_xml::events::BytesStart;
use std::cell::Cell as Flag;

/// Digits that a double holds for certain: longer whole numbers stay as they are written.
const EXACT: usize = 15;

/// Lines of what stands around the cells of a workbook's sheets.
const LINES: usize = 100_000;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Text,
    Truth,
    Error,
    Moment,
}

/// Where text belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Value,
    Inline,
    Formula,
    Header,
    Footer,
    Rule,
}

struct Walk<'w, 'g, 'o> {
    workbook: &'w Workbook,
    row_hidden: &'w Flag<bool>,
    gather: &'w mut Gather<'g, 'o>,
    margin: &'w mut Margin,
    row: u32,
    column: u32,
    kind: Kind,
    style: usize,
    within: Within,
    value: String,
    inline: Item,
}

/// Reads a sheet; what came before damage has been handed on.
pub(super) fn read(
    package: &mut Package<'_>,
    sheet: &Sheet,
    workbook: &Workbook,
    row_hidden: &Flag<bool>,
    gather: &mut Gather<'_, '_>,
    margin: &mut Margin,
    limits: &Limits,
) -> Result<Result<(), Full>, BadXml> {
    let Some(Ok(input)) = package.stream(&sheet.part) else { return Err(BadXml) };
    let mut walk = Walk {
        workbook,
        row_hidden,
        gather,
        margin,
        row: 0,
        column: 0,
        kind: Kind::Number,
        style: 0,
        within: Within::Nothing,
        value: String::new(),
        inline: Item::default(),
    };
    stream_events(input, limits.nesting, &mut |event| walk.event(event))
}

impl Walk<'_, '_, '_> {
    fn event(&mut self, event: Xml<'_>) -> Result<(), Full> {
        match event {
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(text) => match self.within {
                Within::Nothing => {}
                Within::Inline => self.inline.event(&Xml::Text(text)),
                _ => self.value.push_str(text),
            },
            Xml::End(name) => return self.end(name),
        }
        Ok(())
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "v" => self.begin(Within::Value),
            "c" => self.cell(start),
            "row" => {
                let number = lent(start, "r").and_then(|number| number.parse().ok());
                self.row = number.unwrap_or(self.row.saturating_add(1));
                self.column = 0;
                self.row_hidden.set(ooxml::is_on(start, "hidden", None));
            }
            "f" => self.begin(Within::Formula),
            "is" => {
                self.begin(Within::Inline);
                self.inline.clear();
            }
            _ if self.within == Within::Inline => self.inline.event(&Xml::Start(name, start)),
            "col" if ooxml::is_on(start, "hidden", None) => {
                let number = |name: &str| lent(start, name).and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
                // A stretch up to the last column hides nothing but emptiness.
                let (first, last) = (number("min"), number("max"));
                if last < COLUMNS {
                    let columns = last.saturating_sub(first) + 1;
                    self.margin.hidden_columns = self.margin.hidden_columns.saturating_add(columns);
                }
            }
            "oddHeader" | "evenHeader" | "firstHeader" => self.begin(Within::Header),
            "oddFooter" | "evenFooter" | "firstFooter" => self.begin(Within::Footer),
            "formula1" | "formula2" => self.begin(Within::Rule),
            "dataValidation" => {
                for name in ["promptTitle", "prompt", "errorTitle", "error"] {
                    self.rule(attribute(start, name));
                }
            }
            "hyperlink" => {
                for name in ["display", "tooltip"] {
                    self.rule(attribute(start, name));
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, within: Within) {
        self.within = within;
        self.value.clear();
    }

    fn rule(&mut self, text: Option<String>) {
        let rules = &mut self.margin.rules;
        if let Some(text) = text.filter(|text| !text.trim().is_empty())
            && rules.len() < LINES
            && !rules.iter().rev().take(64).any(|rule| *rule == text)
        {
            rules.push(text);
        }
    }

    fn cell(&mut self, start: &BytesStart<'_>) {
        self.kind = Kind::Number;
        self.style = 0;
        self.within = Within::Nothing;
        self.value.clear();
        self.inline.clear();
        let mut attributes = start.attributes();
        attributes.with_checks(false);
        for attribute in attributes.flatten() {
            match ooxml::local(attribute.key.as_ref()) {
                "r" => {
                    if let Some((row, column)) = place(&attribute.value) {
                        self.row = row;
                        self.column = column;
                    }
                }
                "s" => self.style = attribute.value.parse().unwrap_or(0),
                "t" => {
                    self.kind = match attribute.value.as_ref() {
                        "s" => Kind::Shared,
                        "str" | "inlineStr" => Kind::Text,
                        "b" => Kind::Truth,
                        "e" => Kind::Error,
                        "d" => Kind::Moment,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Full> {
        match (name, self.within) {
            ("c", _) => {
                let value = self.shown();
                self.within = Within::Nothing;
                let column = self.column;
                self.column = column.saturating_add(1);
                if value != Cell::Empty {
                    return self.gather.put(self.row.max(1), column, value);
                }
            }
            ("is", Within::Inline) => self.within = Within::Nothing,
            (name, Within::Inline) => self.inline.event(&Xml::End(name)),
            ("v", Within::Value) => self.within = Within::Nothing,
            ("f", Within::Formula) => {
                // What leads out of the workbook is given; other formulas stand as their values.
                if ["HYPERLINK(", "WEBSERVICE(", "://"].iter().any(|word| self.value.contains(word)) {
                    let formula = std::mem::take(&mut self.value);
                    self.rule(Some(formula));
                }
                self.begin(Within::Nothing);
            }
            (_, Within::Header) => {
                self.within = Within::Nothing;
                self.margin.headers.extend(header(&self.value));
            }
            (_, Within::Footer) => {
                self.within = Within::Nothing;
                self.margin.footers.extend(header(&self.value));
            }
            (_, Within::Rule) => {
                self.within = Within::Nothing;
                // A list of words stands in quotes; the rest are places and bounds.
                let list = self.value.trim().strip_prefix('"').and_then(|list| list.strip_suffix('"'));
                let list = list.map(str::to_owned);
                self.rule(list);
            }
            _ => {}
        }
        Ok(())
    }

    /// The cell as a person reads it.
    fn shown(&mut self) -> Cell {
        let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
        match self.kind {
            Kind::Shared => {
                let found = self.value.trim().parse().ok().and_then(|number| self.workbook.strings.get(number));
                text(found.unwrap_or_default())
            }
            Kind::Text => {
                let inline = self.inline.take();
                if inline.is_empty() { text(&unescaped(&self.value)) } else { text(&inline) }
            }
            Kind::Truth => match self.value.trim() {
                "" => Cell::Empty,
                value => Cell::Bool(value != "0" && value != "false"),
            },
            Kind::Error => text(&self.value),
            Kind::Moment => iso(self.value.trim()),
            Kind::Number => self.number(),
        }
    }

    fn number(&self) -> Cell {
        let value = self.value.trim();
        let digits = value.len() > EXACT && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse::<f64>() {
            _ if digits => Cell::Text(value.into()),
            Ok(number) => match self.workbook.formats.get(self.style) {
                Some(format) if !format.is_general() => format.cell(number, self.workbook.epoch),
                _ => Cell::Number(number),
            },
            Err(_) if value.is_empty() => Cell::Empty,
            Err(_) => Cell::Text(value.into()),
        }
    }
}

/// `B4` as row, from one, and column, from zero.
pub(super) fn place(name: &str) -> Option<(u32, u32)> {
    let (mut row, mut column) = (0_u32, 0_u32);
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' if row == 0 => {
                column = column.checked_mul(26)?.checked_add(u32::from(byte.to_ascii_uppercase() - b'A') + 1)?;
            }
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?,
            b'$' => {}
            _ => return None,
        }
    }
    (row > 0).then(|| column.checked_sub(1).map(|column| (row, column))).flatten()
}

/// The words of a header or footer: left, middle and right are parted, fonts, sizes and fields let go (ECMA-376 part 1,
/// 18.3.1.46).
pub(super) fn header(code: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '&' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('L' | 'C' | 'R') if !out.is_empty() => out.push('\t'),
            Some('"') => drop(characters.by_ref().find(|character| *character == '"')),
            Some('&') => out.push('&'),
            Some('K') => drop(characters.by_ref().nth(5)),
            Some(digit) if digit.is_ascii_digit() => while characters.next_if(char::is_ascii_digit).is_some() {},
            _ => {}
        }
    }
    let out = out.replace("\r\n", "\n").replace('\r', "\n");
    let out = out.trim_matches(['\t', ' ', '\n']);
    (!out.is_empty()).then(|| out.to_owned())
}
