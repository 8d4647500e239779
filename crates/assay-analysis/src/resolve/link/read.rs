//! Cells of a table of people, as symbols: what a column means is told by the caller's map, how its values are written is found here.

use assay_model::Cell;
use compact_str::{CompactString, format_compact};

use super::symbols::{Group, Symbols, mix};
use super::table::{Field, Row, Table, packed_date};
use crate::reference::fold;

/// What a column of a table of people holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// What names the row in the answer; the order of the input does not matter where each row has one.
    Id,
    /// Where the row comes from: a system, a document. Error rates are learnt for each that is large enough.
    Source,
    /// A person's whole name, given names first.
    Name,
    /// Given names.
    Given,
    /// Middle names, where they have a column.
    Middle,
    /// The family name.
    Family,
    /// The date of birth.
    Birth,
    /// An NHS number.
    Nhs,
    /// A local patient number.
    Hospital,
    /// A national insurance, social security or passport number.
    National,
    /// A postcode.
    Postcode,
    /// A line of an address; several columns are one address.
    Address,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A bank account.
    Account,
    /// Sex or gender.
    Sex,
    /// Something else that says something of a person: a town, an occupation. Up to three columns.
    Attribute,
    /// The true person, for measuring. Never compared.
    Truth,
    /// Nothing.
    Ignored,
}

impl Column {
    /// The words of `--map`.
    pub const WORDS: [(&'static str, Self); 19] = [
        ("id", Self::Id),
        ("source", Self::Source),
        ("name", Self::Name),
        ("given", Self::Given),
        ("middle", Self::Middle),
        ("family", Self::Family),
        ("birth", Self::Birth),
        ("nhs", Self::Nhs),
        ("hospital", Self::Hospital),
        ("national", Self::National),
        ("postcode", Self::Postcode),
        ("address", Self::Address),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("account", Self::Account),
        ("sex", Self::Sex),
        ("attribute", Self::Attribute),
        ("truth", Self::Truth),
        ("ignored", Self::Ignored),
    ];

    /// The column that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, column)| *column)
    }

    /// What a header says a column is, where that is plain.
    pub fn guess(header: &str) -> Self {
        let folded: String =
            header.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match folded.as_str() {
            "id" | "uniqueid" | "recid" | "mentionid" | "recordid" => Self::Id,
            "source" | "system" | "sourcedataset" => Self::Source,
            "name" | "fullname" | "patientname" => Self::Name,
            "given" | "givenname" | "givennames" | "firstname" | "forename" | "forenames" => Self::Given,
            "middlename" | "middlenames" => Self::Middle,
            "family" | "familyname" | "surname" | "lastname" => Self::Family,
            "dob" | "birth" | "dateofbirth" | "birthdate" => Self::Birth,
            "nhs" | "nhsnumber" | "nhsno" => Self::Nhs,
            "mrn" | "hospital" | "hospitalnumber" | "hospitalno" | "localnumber" => Self::Hospital,
            "nino" | "nationalinsurancenumber" | "ssn" | "socsecid" => Self::National,
            "postcode" | "zip" | "zipcode" => Self::Postcode,
            "address" | "streetnumber" | "address1" | "address2" | "street" => Self::Address,
            "email" | "emailaddress" | "mail" => Self::Email,
            "phone" | "telephone" | "mobile" | "phonenumber" => Self::Phone,
            "account" | "bankaccount" => Self::Account,
            "sex" | "gender" => Self::Sex,
            "town" | "city" | "suburb" | "birthplace" | "occupation" => Self::Attribute,
            "cluster" | "truth" | "trueperson" => Self::Truth,
            _ => Self::Ignored,
        }
    }
}

/// Texts that stand for nothing.
fn is_nothing(text: &str) -> bool {
    matches!(
        text,
        "" | "-"
            | "--"
            | "."
            | "?"
            | "na"
            | "n/a"
            | "nan"
            | "none"
            | "null"
            | "unknown"
            | "not known"
            | "not given"
            | "not stated"
            | "u/k"
            | "nk"
            | "tbc"
            | "xxx"
    )
}

/// Half of the fields: each half has symbols of its own, so that two threads read a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// Names, words and what needs no symbol.
    Words,
    /// Numbers and codes.
    Numbers,
}

impl Half {
    fn of(column: Column) -> Option<Self> {
        match column {
            Column::Id | Column::Truth | Column::Ignored => None,
            Column::Nhs
            | Column::Hospital
            | Column::National
            | Column::Postcode
            | Column::Email
            | Column::Phone
            | Column::Account => Some(Self::Numbers),
            _ => Some(Self::Words),
        }
    }
}

/// Makes rows of cells.
#[derive(Default)]
pub(super) struct RowReader {
    pub(super) rows: Vec<Row>,
    pub(super) source: Vec<u16>,
    /// Names of sources, in order of first use.
    sources: std::collections::HashMap<u32, u16>,
    small: String,
    address: Vec<CompactString>,
}

impl RowReader {
    /// Reads one half of a row of cells.
    pub(super) fn put(&mut self, table: &mut Table, half: Half, columns: &[Column], row_of_cells: &[Cell]) {
        let mut row = Row::default();
        let mut source = 0;
        let mut attributes = [Field::AttributeA, Field::AttributeB, Field::AttributeC].into_iter();
        self.address.clear();
        for (column, cell) in columns.iter().zip(row_of_cells).filter(|(column, _)| Half::of(**column) == Some(half)) {
            let attribute = if *column == Column::Attribute { attributes.next() } else { None };
            self.small.clear();
            small_letters(&cell.text(), &mut self.small);
            let text = self.small.as_str();
            if is_nothing(text) {
                continue;
            }
            let symbols = &mut table.symbols;
            match column {
                Column::Id | Column::Truth | Column::Ignored => {}
                Column::Source => {
                    let symbol = symbols.intern(Group::Source, text);
                    let next = u16::try_from(self.sources.len() + 1).unwrap_or(0);
                    source = *self.sources.entry(symbol).or_insert(next);
                }
                Column::Name => name(table, &mut row, text),
                Column::Given => given(symbols, &mut row, text),
                Column::Middle => {
                    let folded = joined(text, ' ');
                    row.set(Field::Middle, symbols.intern(Group::Name, &folded));
                }
                Column::Family => {
                    let symbol = family(table, text);
                    row.set(Field::Family, symbol);
                }
                Column::Birth => row.set(Field::Birth, birth(text).unwrap_or_default()),
                Column::Nhs => row.set(Field::Nhs, nhs(symbols, text)),
                Column::Hospital => row.set(Field::Hospital, code(symbols, Group::Hospital, text)),
                Column::National => row.set(Field::National, code(symbols, Group::National, text)),
                Column::Postcode => row.set(Field::Postcode, code(symbols, Group::Postcode, text)),
                Column::Address => self.address.extend(words(text)),
                Column::Email => {
                    row.set(Field::Email, if text.contains('@') { symbols.intern(Group::Email, text) } else { 0 })
                }
                Column::Phone => row.set(Field::Phone, phone(symbols, text)),
                Column::Account => row.set(Field::Account, code(symbols, Group::Account, text)),
                Column::Sex => {
                    let sex = match text.chars().next() {
                        Some('m' | '1') => 1,
                        Some('f' | 'w' | '2') => 2,
                        _ => 0,
                    };
                    row.set(Field::Sex, row.get(Field::Sex) & !3 | sex);
                }
                Column::Attribute => {
                    if let Some(field) = attribute {
                        row.set(field, symbols.intern(Group::Attribute, text));
                    }
                }
            }
        }
        if !self.address.is_empty() {
            row.set(Field::Address, address(&mut table.symbols, &mut self.address));
        }
        self.rows.push(row);
        if half == Half::Words {
            self.source.push(source);
        }
    }
}

/// Small letters without diacritics, trimmed, blanks single; punctuation stays.
fn small_letters(text: &str, to: &mut String) {
    let text = text.trim();
    if text.is_ascii() {
        let mut blank = false;
        for byte in text.bytes() {
            let is_blank = byte.is_ascii_whitespace();
            if !(is_blank && blank) {
                to.push(char::from(if is_blank { b' ' } else { byte.to_ascii_lowercase() }));
            }
            blank = is_blank;
        }
        return;
    }
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            to.push(' ');
        }
        // What `fold` takes out inside a word is kept by folding around it.
        for piece in word.split_inclusive(['-', '.', '\'', '\u{2019}']) {
            to.push_str(&fold(piece));
            if let Some(sign) = piece.chars().last().filter(|c| matches!(c, '-' | '.' | '\'')) {
                to.push(sign);
            }
        }
    }
}

/// Letters and digits, parts joined by a sign.
fn joined(text: &str, sign: char) -> CompactString {
    let mut out = CompactString::default();
    for part in text.split(['-', ' ', '\u{2010}', '\u{2011}', ',']) {
        let before = out.len();
        if before > 0 {
            out.push(sign);
        }
        let start = out.len();
        out.extend(part.chars().filter(|c| c.is_alphanumeric()));
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// The symbol of a family name; its parts are kept where it is double-barrelled.
pub(super) fn family(table: &mut Table, text: &str) -> u32 {
    let whole = joined(text, '-');
    let symbol = table.symbols.intern(Group::Name, &whole);
    if whole.contains('-') && !table.parts.contains_key(&symbol) {
        // Particles (`de`, `al`) are no barrel: a part has at least three letters.
        let barrels: Vec<&str> = whole.split('-').filter(|part| part.len() >= 3).collect();
        let parts = if barrels.len() > 1 {
            barrels.iter().map(|part| table.symbols.intern(Group::Name, part)).collect()
        } else {
            Vec::new()
        };
        table.parts.insert(symbol, parts);
    }
    symbol
}

fn given(symbols: &mut Symbols, row: &mut Row, text: &str) {
    let all = joined(text, ' ');
    let (first, rest) = all.split_once(' ').unwrap_or((&all, ""));
    row.set(Field::Given, symbols.intern(Group::Name, first));
    if !rest.is_empty() {
        row.set(Field::Middle, symbols.intern(Group::Name, rest));
    }
}

/// Titles before a name, with the sex that they tell.
fn title(word: &str) -> Option<u32> {
    match word.trim_end_matches('.') {
        "mr" | "master" | "sir" | "lord" => Some(1),
        "mrs" | "miss" | "ms" | "lady" | "dame" => Some(2),
        "dr" | "prof" | "professor" | "rev" | "revd" | "reverend" => Some(0),
        _ => None,
    }
}

/// A whole name: title, given names, family name; or the family name before a comma.
fn name(table: &mut Table, row: &mut Row, text: &str) {
    let (text, tail) = match text.split_once(',') {
        Some((family_name, rest)) => (rest.trim(), Some(family_name.trim())),
        None => (text, None),
    };
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() > 1
        && let Some(sex) = words.first().and_then(|word| title(word))
    {
        if row.sex() == 0 {
            row.set(Field::Sex, row.get(Field::Sex) | sex);
        }
        words.remove(0);
    }
    let last = match tail {
        Some(tail) => Some(tail.to_owned()),
        None if words.len() > 1 => words.pop().map(str::to_owned),
        None => None,
    };
    if let Some(last) = last {
        let symbol = family(table, &last);
        row.set(Field::Family, symbol);
    }
    given(&mut table.symbols, row, &words.join(" "));
}

/// Letters and digits of an identifier.
pub(super) fn code(symbols: &mut Symbols, group: Group, text: &str) -> u32 {
    let code: CompactString = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if code.len() > 3 && code.bytes().all(|b| Some(b) == code.bytes().next()) {
        return 0;
    }
    symbols.intern(group, &code)
}

/// Ten digits; the ten numbers of one repeated digit pass the check and are typed where none is known.
pub(super) fn nhs(symbols: &mut Symbols, text: &str) -> u32 {
    let digits: CompactString = text.chars().filter(char::is_ascii_digit).collect();
    let repeated = digits.bytes().all(|b| Some(b) == digits.bytes().next());
    if digits.len() == 10 && !repeated { symbols.intern(Group::Nhs, &digits) } else { 0 }
}

/// Digits, the country's code as a zero.
pub(super) fn phone(symbols: &mut Symbols, text: &str) -> u32 {
    let digits: CompactString = text.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("0044").or_else(|| digits.strip_prefix("44").filter(|rest| rest.len() >= 9));
    let local = national.map_or(digits.clone(), |rest| format_compact!("0{}", rest.trim_start_matches('0')));
    let repeated = local.bytes().skip(1).all(|b| Some(b) == local.as_bytes().get(1).copied());
    if local.len() >= 6 && !repeated { symbols.intern(Group::Phone, &local) } else { 0 }
}

fn words(text: &str) -> impl Iterator<Item = CompactString> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(CompactString::from)
}

/// Words sorted, each once, as one text.
fn address(symbols: &mut Symbols, words: &mut Vec<CompactString>) -> u32 {
    words.sort_unstable();
    words.dedup();
    symbols.intern(Group::Address, &words.join(" "))
}

/// A date in any of the usual orders; British order where both fit. A month beyond twelve is a day.
pub(super) fn birth(text: &str) -> Option<u32> {
    let text = text.split(['t', ' ']).next().filter(|head| head.len() >= 8).unwrap_or(text);
    let mut numbers = [0u32; 3];
    let mut lengths = [0usize; 3];
    let mut count = 0;
    for part in text.split(['-', '/', '.', ' ']).filter(|part| !part.is_empty()) {
        let value = match part.parse::<u32>() {
            Ok(value) => value,
            Err(_) => month(part)?,
        };
        *numbers.get_mut(count)? = value;
        *lengths.get_mut(count)? = part.len();
        count += 1;
    }
    let (year, month, day) = match (count, numbers, lengths) {
        (1, [all, ..], [8, ..]) => {
            if (1800..2200).contains(&(all / 10_000)) {
                (all / 10_000, all / 100 % 100, all % 100)
            } else {
                (all % 10_000, all / 10_000 % 100, all / 1_000_000)
            }
        }
        (1, [year, ..], [4, ..]) => (year, 0, 0),
        (3, [year, month, day], [4, ..]) => (year, month, day),
        (3, [day, month, year], [_, _, 4]) => (year, month, day),
        _ => return None,
    };
    let (month, day) = if month > 12 && day <= 12 { (day, month) } else { (month, day) };
    (1000..3000).contains(&year).then(|| packed_date(year, month, day))
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = MONTHS.iter().position(|name| word.get(..3) == Some(*name))?;
    u32::try_from(at + 1).ok()
}

/// First letter and three consonant classes, after Soundex (Russell 1918), with letters of one sound at the start in one class.
pub(super) fn sound(text: &[u8]) -> u32 {
    let class = |c: u8| match c {
        b'b' | b'f' | b'p' | b'v' => 1,
        b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => 2,
        b'd' | b't' => 3,
        b'l' => 4,
        b'm' | b'n' => 5,
        b'r' => 6,
        _ => 0,
    };
    let Some(first) = text.first().copied() else { return 0 };
    let start = match first {
        b'k' | b'q' => b'c',
        b'j' => b'g',
        b'z' => b's',
        b'v' => b'f',
        b'y' => b'i',
        other => other,
    };
    let mut code = u32::from(start);
    let (mut last, mut digits) = (class(first), 0);
    for letter in text.iter().skip(1).copied() {
        let this = class(letter);
        if this != 0 && this != last && digits < 3 {
            code = code * 10 + this;
            digits += 1;
        }
        // H and W do not part equal classes.
        if !matches!(letter, b'h' | b'w') {
            last = this;
        }
    }
    code
}

/// A key of parts, never 0.
pub(super) fn key(parts: &[u32]) -> u32 {
    let state =
        parts.iter().fold(0x51u64, |state, part| mix(state ^ u64::from(*part).wrapping_mul(0x2545_f491_4f6c_dd1d)));
    (state >> 32) as u32 | 1
}
