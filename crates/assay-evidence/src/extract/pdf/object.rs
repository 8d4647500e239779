//! The objects of a PDF and their syntax, in files and in drawings alike.
//!
//! What is malformed is passed over, as readers do: a stray delimiter costs itself. References are not followed here.

use std::ops::Deref;
use std::rc::Rc;

/// Arrays and dictionaries in one another.
const DEPTH: u32 = 64;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f32),
    String(Vec<u8>),
    Name(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    Stream(Stream),
    Reference(u32),
}

/// A stream: its dictionary and where its bytes lie in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) dict: Dict,
    /// Its number and generation, by which it is encrypted.
    pub(super) id: (u32, u16),
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A dictionary, sorted by key; of a key given twice, the last stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict(Vec<(Vec<u8>, Object)>);

impl Dict {
    pub(super) fn new(mut entries: Vec<(Vec<u8>, Object)>) -> Self {
        entries.reverse();
        entries.sort_by(|one, two| one.0.cmp(&two.0));
        entries.dedup_by(|later, first| later.0 == first.0);
        Self(entries)
    }

    /// The value as it stands, perhaps a reference.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Object> {
        let at = self.0.binary_search_by(|(own, _)| own.as_slice().cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (&[u8], &mut Object)> {
        self.0.iter_mut().map(|(key, value)| (key.as_slice(), value))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The same with another value under `key`.
    pub(super) fn with(&self, key: &[u8], value: Object) -> Self {
        let mut entries = self.0.clone();
        entries.push((key.to_vec(), value));
        Self::new(entries)
    }

    /// Whether the direct name under `key` is `name`.
    pub(super) fn is(&self, key: &[u8], name: &[u8]) -> bool {
        self.get(key).and_then(Object::name) == Some(name)
    }
}

impl Object {
    pub(super) fn name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn string(&self) -> Option<&[u8]> {
        if let Self::String(bytes) = self { Some(bytes) } else { None }
    }

    pub(super) fn array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The dictionary that it is, or that of the stream that it is.
    pub(super) fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            Self::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    pub(super) fn stream(&self) -> Option<&Stream> {
        if let Self::Stream(stream) = self { Some(stream) } else { None }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Real(value) => Some(*value as i64),
            _ => None,
        }
    }

    pub(super) fn float(&self) -> Option<f32> {
        match self {
            Self::Integer(value) => Some(*value as f32),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }
}

/// An object where it stands, or kept elsewhere.
#[derive(Clone)]
pub(super) enum Held<'o> {
    Here(&'o Object),
    There(Rc<Object>),
}

impl Deref for Held<'_> {
    type Target = Object;

    fn deref(&self) -> &Object {
        match self {
            Self::Here(object) => object,
            Self::There(object) => object,
        }
    }
}

/// What stands next.
pub(super) enum Token<'b> {
    Object(Object),
    /// An operator, or `obj`, `endobj`, `stream` and their like.
    Word(&'b [u8]),
    End,
}

/// Reads objects one after another.
pub(super) struct Lexer<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
    /// Whether `1 0 R` is a reference: not in drawings.
    references: References,
}

#[derive(Clone, Copy, PartialEq)]
enum References {
    Known,
    Unknown,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0c | 0)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'b> Lexer<'b> {
    /// Reads what stands in a file at `at`.
    pub(super) fn file(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, references: References::Known }
    }

    /// Reads a drawing.
    pub(super) fn drawing(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, references: References::Unknown }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else {
                break;
            }
        }
    }

    /// The next object or word.
    pub(super) fn next(&mut self) -> Token<'b> {
        self.token(DEPTH)
    }

    /// The next object; `None` where a word or nothing stands.
    pub(super) fn object(&mut self) -> Option<Object> {
        match self.next() {
            Token::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The whole number that stands next, unsigned.
    pub(super) fn number(&mut self) -> Option<u64> {
        self.skip_space();
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(rest.get(..length)?).ok()?.parse().ok()?;
        self.at += length;
        Some(number)
    }

    /// Steps over the next line that is not blank, `%%EOF` as a rule.
    pub(super) fn skip_line(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    /// Steps over a word, if it stands next.
    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let fits = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if fits {
            self.at += word.len();
        }
        fits
    }

    fn token(&mut self, depth: u32) -> Token<'b> {
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else { return Token::End };
            match byte {
                b'0'..=b'9' | b'+' | b'-' | b'.' => {
                    if let Some(number) = self.numeral() {
                        return Token::Object(number);
                    }
                }
                b'/' => {
                    self.at += 1;
                    return Token::Object(Object::Name(self.name()));
                }
                b'(' => {
                    self.at += 1;
                    return Token::Object(Object::String(self.literal()));
                }
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    return Token::Object(Object::Dict(self.dict(depth)));
                }
                b'<' => {
                    self.at += 1;
                    return Token::Object(Object::String(self.hexadecimal()));
                }
                b'[' => {
                    self.at += 1;
                    return Token::Object(Object::Array(self.array(depth)));
                }
                b')' | b'>' | b']' | b'{' | b'}' => self.at += 1,
                _ => return self.plain(),
            }
        }
    }

    /// A run of regular characters.
    fn plain(&mut self) -> Token<'b> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        match self.bytes.get(start..self.at).unwrap_or_default() {
            b"true" => Token::Object(Object::Bool(true)),
            b"false" => Token::Object(Object::Bool(false)),
            b"null" => Token::Object(Object::Null),
            word => Token::Word(word),
        }
    }

    /// A number, or a reference if two numbers and an `R` stand here. `None`, and past it, where it is neither.
    fn numeral(&mut self) -> Option<Object> {
        let (mut negative, mut whole, mut fraction, mut scale, mut digits) = (false, 0_i64, 0_f64, 1_f64, 0_u32);
        let mut real = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'-' if digits == 0 => negative = true,
                // `12-34` is read as 12 by readers.
                b'-' | b'+' => {}
                b'.' => real = true,
                b'0'..=b'9' if real => {
                    scale /= 10.0;
                    fraction += f64::from(byte - b'0') * scale;
                    digits += 1;
                }
                b'0'..=b'9' => {
                    whole = whole.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
                    digits += 1;
                }
                _ => break,
            }
            self.at += 1;
        }
        let sign = if negative { -1 } else { 1 };
        if real {
            return Some(Object::Real((sign as f64 * (whole as f64 + fraction)) as f32));
        }
        if digits == 0 {
            return None;
        }
        if self.references == References::Known && !negative && self.peek().is_some_and(is_space) {
            let after = self.at;
            if self.number().is_some_and(|generation| generation <= 65_535) && self.word(b"R") {
                let ends = self.peek().is_none_or(|byte| is_space(byte) || is_delimiter(byte));
                if let (true, Ok(number)) = (ends, u32::try_from(whole)) {
                    return Some(Object::Reference(number));
                }
            }
            self.at = after;
        }
        Some(Object::Integer(sign * whole))
    }

    fn name(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut escaped = false;
        while let Some(byte) = self.peek() {
            if is_space(byte) || is_delimiter(byte) {
                break;
            }
            escaped |= byte == b'#';
            self.at += 1;
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        if !escaped {
            return raw.to_vec();
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let [first, tail @ ..] = rest {
            if let ([b'#', high, low, after @ ..], true) = (rest, true)
                && let (Some(high), Some(low)) = (digit(*high), digit(*low))
            {
                name.push(high << 4 | low);
                rest = after;
            } else {
                name.push(*first);
                rest = tail;
            }
        }
        name
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut open = 1_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut out);
                    continue;
                }
                // A line end of any kind is one.
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    out.push(b'\n');
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else { break };
                    value = value << 3 | u32::from(next - b'0');
                    self.at += 1;
                }
                out.push(value as u8);
            }
            other => out.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut half = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(value) = digit(byte) else { continue };
            match half.take() {
                None => half = Some(value),
                Some(high) => out.push(high << 4 | value),
            }
        }
        out.extend(half.map(|high| high << 4));
        out
    }

    fn array(&mut self, depth: u32) -> Vec<Object> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                // The end of what holds it: its own end is missing.
                Some(b'>') | None => break,
                _ if depth == 0 => self.at += 1,
                _ => {
                    let before = self.at;
                    match self.token(depth - 1) {
                        Token::Object(object) => items.push(object),
                        Token::Word(word) if self.is_end(word) => {
                            self.at = before;
                            break;
                        }
                        Token::Word(_) => {}
                        Token::End => break,
                    }
                }
            }
        }
        items
    }

    /// Whether an object cannot go on after this word.
    fn is_end(&self, word: &[u8]) -> bool {
        self.references == References::Known && matches!(word, b"endobj" | b"stream" | b"endstream" | b"obj" | b"xref")
    }

    fn dict(&mut self, depth: u32) -> Dict {
        let mut entries = Vec::new();
        let mut key = None;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'>') => {
                    self.at += 1;
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                    }
                    break;
                }
                None => break,
                _ if depth == 0 => self.at += 1,
                _ => {
                    let before = self.at;
                    match (self.token(depth - 1), key.take()) {
                        (Token::Object(Object::Name(name)), None) => key = Some(name),
                        (Token::Object(object), Some(key)) => entries.push((key, object)),
                        (Token::Object(_), None) => {}
                        (Token::Word(word), _) if self.is_end(word) => {
                            self.at = before;
                            break;
                        }
                        (Token::Word(_), _) => {}
                        (Token::End, _) => break,
                    }
                }
            }
        }
        Dict::new(entries)
    }
}

/// The value of a hexadecimal digit.
pub(super) fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|value| value as u8)
}
