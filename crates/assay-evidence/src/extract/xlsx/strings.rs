//! The strings that the cells of a workbook share: all in one text, with where each ends.

use super::super::ooxml::{Package, Xml, stream_events};
use super::super::{Full, Limits};
use std::borrow::Cow;

/// A table of strings.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
    /// Whether strings are missing.
    pub(super) cut: bool,
}

impl Strings {
    /// Reads the part that holds them; none where there is no such part.
    pub(super) fn read(package: &mut Package<'_>, name: &str, limits: &Limits) -> Self {
        let mut all = Self::default();
        let Some(Ok(input)) = package.stream(name) else {
            all.cut = package.has(name);
            return all;
        };
        let mut item = Item::default();
        let read = stream_events(input, limits.nesting, &mut |event| match event {
            Xml::Start("si", _) => {
                item.clear();
                Ok(())
            }
            Xml::End("si") => all.push(&item.take(), limits),
            event => {
                item.event(&event);
                Ok(())
            }
        });
        all.cut = !matches!(read, Ok(Ok(())));
        all
    }

    /// Adds a string, unless all together are over the limit.
    pub(super) fn push(&mut self, text: &str, limits: &Limits) -> Result<(), Full> {
        if self.text.len() + text.len() > limits.text_bytes.min(u64::from(u32::MAX)) as usize {
            return Err(Full);
        }
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        Ok(())
    }

    /// A string by its number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start as usize..*self.ends.get(number)? as usize)
    }
}

/// One string being read: runs of letters of several looks, and how it is spoken, which is small print above it.
#[derive(Default)]
pub(super) struct Item {
    text: String,
    spoken: String,
    in_text: bool,
    in_spoken: bool,
}

impl Item {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.spoken.clear();
        self.in_text = false;
        self.in_spoken = false;
    }

    pub(super) fn event(&mut self, event: &Xml<'_>) {
        match event {
            Xml::Start("t", _) => self.in_text = true,
            Xml::End("t") => self.in_text = false,
            Xml::Start("rPh", _) => self.in_spoken = true,
            Xml::End("rPh") => self.in_spoken = false,
            Xml::Text(text) if self.in_text && self.in_spoken => self.spoken.push_str(text),
            Xml::Text(text) if self.in_text => self.text.push_str(text),
            _ => {}
        }
    }

    /// The string, with how it is spoken in brackets.
    pub(super) fn take(&mut self) -> Cow<'_, str> {
        if !self.spoken.trim().is_empty() {
            return Cow::Owned(format!("{} ({})", unescaped(&self.text), self.spoken.trim()));
        }
        unescaped(&self.text)
    }
}

/// Text as typed: Excel writes characters that XML does not allow as `_x000D_` (ECMA-376 part 1, 22.9.2.19), and lines end in one character.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') && memchr::memmem::find(text.as_bytes(), b"_x").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let code = from.get(2..6).filter(|_| from.get(6..7) == Some("_"));
        match code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                rest = from.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out.replace("\r\n", "\n").replace('\r', "\n"))
}
