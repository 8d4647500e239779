//! A reader of JSON values that keeps the order of keys and what a file cut short still holds.

use assay_model::CompactString;
use std::ops::Deref;

/// A word of a document: lent by the text that it stands in, or its own; a short one needs no allocation.
#[derive(Clone, Debug)]
pub(in super::super) enum Word<'t> {
    Lent(&'t str),
    Own(CompactString),
}

impl Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Own(text) => text,
        }
    }
}

impl PartialEq<str> for Word<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Word<'_> {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl<'t> From<&'t str> for Word<'t> {
    fn from(text: &'t str) -> Self {
        Self::Lent(text)
    }
}

impl From<String> for Word<'_> {
    fn from(text: String) -> Self {
        Self::Own(text.into())
    }
}

impl From<CompactString> for Word<'_> {
    fn from(text: CompactString) -> Self {
        Self::Own(text)
    }
}

/// A value; what needs no change is borrowed from its text.
#[derive(Debug)]
pub(in super::super) enum Json<'t> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Word<'t>),
    Text(Word<'t>),
    List(Vec<Json<'t>>),
    Object(Vec<(Word<'t>, Json<'t>)>),
}

impl<'t> Json<'t> {
    pub(in super::super) fn get(&self, key: &str) -> Option<&Json<'t>> {
        match self {
            Self::Object(fields) => fields.iter().find(|(name, _)| **name == *key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(in super::super) fn text(&self, key: &str) -> &str {
        match self.get(key) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }

    pub(in super::super) fn list(&self, key: &str) -> &[Json<'t>] {
        match self.get(key) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }
}

/// Why there is no value.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Bad {
    /// The text ends within it.
    End,
    Syntax,
    /// It is nested too deeply.
    Depth,
    /// It holds too much.
    Limit,
}

/// Values that one record may hold: what fits in memory as a tree.
const NODES: u32 = 1_000_000;

/// A place in a text.
pub(super) struct Parser<'a> {
    text: &'a str,
    pub(super) at: usize,
    nesting: u32,
    nodes: u32,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, nesting: u32) -> Self {
        Self { text, at: 0, nesting, nodes: 0 }
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes over a byte, if it comes next.
    pub(super) fn pass(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A record.
    pub(super) fn record(&mut self) -> Result<Json<'a>, Bad> {
        self.nodes = 0;
        self.value(0)
    }

    fn value(&mut self, depth: u32) -> Result<Json<'a>, Bad> {
        self.nodes += 1;
        if depth > self.nesting {
            return Err(Bad::Depth);
        }
        if self.nodes > NODES {
            return Err(Bad::Limit);
        }
        match self.peek().ok_or(Bad::End)? {
            b'{' => self.object(depth),
            b'[' => {
                self.at += 1;
                let mut list = Vec::new();
                while !self.pass(b']') {
                    list.push(self.value(depth + 1)?);
                    self.separator(b']')?;
                }
                Ok(Json::List(list))
            }
            b'"' => Ok(Json::Text(self.string()?)),
            b'-' | b'0'..=b'9' => {
                let text = self.run(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
                if text.parse::<f64>().is_ok() { Ok(Json::Number(text.into())) } else { Err(Bad::Syntax) }
            }
            _ => match self.run(|byte| byte.is_ascii_lowercase()) {
                "null" => Ok(Json::Null),
                "true" => Ok(Json::Bool(true)),
                "false" => Ok(Json::Bool(false)),
                word if self.at == self.text.len() && !word.is_empty() => Err(Bad::End),
                _ => Err(Bad::Syntax),
            },
        }
    }

    fn object(&mut self, depth: u32) -> Result<Json<'a>, Bad> {
        self.at += 1;
        let mut fields = Vec::new();
        while !self.pass(b'}') {
            match self.peek() {
                Some(b'"') => {}
                Some(_) => return Err(Bad::Syntax),
                None => return Err(Bad::End),
            }
            let name = self.string()?;
            if !self.pass(b':') {
                return Err(if self.peek().is_none() { Bad::End } else { Bad::Syntax });
            }
            fields.push((name, self.value(depth + 1)?));
            self.separator(b'}')?;
        }
        Ok(Json::Object(fields))
    }

    /// A comma, or the end of the list, which is left.
    fn separator(&mut self, close: u8) -> Result<(), Bad> {
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(byte) if byte == close => {}
            Some(_) => return Err(Bad::Syntax),
            None => return Err(Bad::End),
        }
        Ok(())
    }

    fn run(&mut self, part: fn(u8) -> bool) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.bytes().position(|byte| !part(byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn string(&mut self) -> Result<Word<'a>, Bad> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let rest = bytes.get(self.at..).ok_or(Bad::End)?;
        let end = self.at + memchr::memchr2(b'"', b'\\', rest).ok_or(Bad::End)?;
        let plain = self.text.get(self.at..end).ok_or(Bad::Syntax)?;
        if bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Word::Lent(plain));
        }
        let mut text = String::new();
        loop {
            let rest = bytes.get(self.at..).ok_or(Bad::End)?;
            let end = self.at + memchr::memchr2(b'"', b'\\', rest).ok_or(Bad::End)?;
            text.push_str(self.text.get(self.at..end).ok_or(Bad::Syntax)?);
            self.at = end + 1;
            if bytes.get(end) == Some(&b'"') {
                return Ok(text.into());
            }
            let escaped = *bytes.get(self.at).ok_or(Bad::End)?;
            self.at += 1;
            match escaped {
                b'n' => text.push('\n'),
                b't' => text.push('\t'),
                b'r' | b'b' | b'f' => {}
                b'"' | b'\\' | b'/' => text.push(char::from(escaped)),
                b'u' => text.push(self.escaped()?),
                _ => return Err(Bad::Syntax),
            }
        }
    }

    /// The character of `\uXXXX`, of two of them where it is a surrogate.
    fn escaped(&mut self) -> Result<char, Bad> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
        }
        let after = self.text.as_bytes().get(self.at..self.at + 2);
        if after != Some(b"\\u") {
            return Ok('\u{fffd}');
        }
        self.at += 2;
        let low = self.hex()?.wrapping_sub(0xdc00);
        Ok(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low & 0x3ff)).unwrap_or('\u{fffd}'))
    }

    fn hex(&mut self) -> Result<u32, Bad> {
        if self.at + 4 > self.text.len() {
            return Err(Bad::End);
        }
        let digits = self.text.get(self.at..self.at + 4).ok_or(Bad::Syntax)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Bad::Syntax)
    }
}
