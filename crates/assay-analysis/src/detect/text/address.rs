//! Blocks of address lines that end in a postcode, with the name above them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use assay_model::PersonName;

use super::super::contact;
use super::super::names::{self, NameOrder};
use super::labels::Hit;
use super::lines::{Line, pieces};

/// Whose address the lines are.
#[derive(Debug)]
pub(super) enum Owner {
    /// A name stands above them.
    Name(PersonName),
    /// "Parent or guardian of", with the child's name.
    ParentOf(PersonName),
    /// A labelled line stands right above them: the record that is open there.
    Record,
    /// Nobody's: a letterhead.
    Nobody,
}

/// An address with its place.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) owner: Owner,
    /// The lines, joined by commas, without the postcode.
    pub(super) address: String,
    pub(super) postcode: String,
    /// First and last line, the name's among them.
    pub(super) first: usize,
    pub(super) last: usize,
    /// True where a body's words stand in the lines: a surgery, a hospital, a company.
    pub(super) body: bool,
}

/// Lines above a postcode that an address may have.
const TALLEST: usize = 8;

const BODIES: [&str; 22] = [
    "surgery",
    "practice",
    "hospital",
    "health centre",
    "medical centre",
    "nhs",
    "ltd",
    "limited",
    "plc",
    "llp",
    "trust",
    "clinic",
    "department",
    "university",
    "council",
    "school",
    "pharmacy",
    "solicitors",
    "dental",
    "foundation",
    "business park",
    "industrial estate",
];

/// The block that ends in the postcode at `start` of line `at`.
pub(super) fn block(hits: &[Vec<Hit>], lines: &[Line<'_>], at: usize, start: usize, postcode: &str) -> Option<Block> {
    let line = lines.get(at)?;
    let own = pieces(line.text);
    let (column, piece) = own.iter().rev().find(|(offset, _)| *offset <= start).copied()?;
    let mut parts: Vec<String> = Vec::new();
    let mut owner = Owner::Nobody;
    let mut first = at;
    let before = piece.get(..start.saturating_sub(column)).unwrap_or("").trim_matches([' ', ',', '.', '-']);
    if let Some(name) = leading_name(before) {
        // `Mrs Jane Smith, 12 High Street, Liverpool L12 2AP` on one line.
        parts.push(before.split_once(',').map_or("", |(_, rest)| rest).trim().to_owned());
        return finish(Owner::Name(name), parts, postcode, at, at);
    }
    if before.len() > 90 || (before.split(' ').count() > 12 && !before.contains(',')) {
        return None;
    }
    if !before.is_empty() {
        parts.push(before.to_owned());
    }
    for up in (at.saturating_sub(TALLEST)..at).rev() {
        let Some(above) = lines.get(up).filter(|line| !line.blank) else { break };
        let Some((offset, text)) = piece_in_column(above.text, column) else { break };
        let labelled = hits.get(up).map(Vec::as_slice).unwrap_or_default();
        if labelled.iter().any(|hit| hit.start >= offset && hit.start < offset + text.len()) {
            owner = Owner::Record;
            break;
        }
        if text.len() > 60 || text.ends_with(['.', '?']) && text.split(' ').count() > 5 || text.contains('@') {
            break;
        }
        first = up;
        let at_top =
            up == 0 || lines.get(up - 1).is_none_or(|line| line.blank || piece_in_column(line.text, column).is_none());
        let above = up.checked_sub(1).and_then(|up| lines.get(up)).filter(|line| !line.blank);
        let above = above.and_then(|line| piece_in_column(line.text, column)).map(|(_, text)| text);
        if let Some(found) = owner_in(text, at_top).filter(|_| !above.is_some_and(is_of_the_address)) {
            owner = found;
            break;
        }
        parts.push(text.trim_end_matches([',', ' ', '.']).to_owned());
    }
    parts.reverse();
    // The postcode's own line was pushed first and stands last.
    finish(owner, parts, postcode, first, at)
}

fn finish(owner: Owner, parts: Vec<String>, postcode: &str, first: usize, last: usize) -> Option<Block> {
    let address = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    // "12 Hospital Road" is a home: a street number before the word.
    let home = || address.split(',').any(|part| contact::is_street_line(part.trim()));
    let body = speaks_of_a_body(&address) && {
        let lower = format!(" {} ", address.to_lowercase());
        let of_a_street = ["hospital", "school", "trust", "clinic"].iter().any(|w| lower.contains(w));
        !(of_a_street && !lower.contains(" nhs ") && home())
    };
    Some(Block { owner, address, postcode: postcode.to_owned(), first, last, body })
}

/// True where one of [`BODIES`] stands in the text by itself.
fn speaks_of_a_body(text: &str) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(BODIES).ok());
    let Some(words) = WORDS.as_ref() else { return false };
    words.find_overlapping_iter(text).any(|word| {
        let before = text.get(..word.start()).and_then(|t| t.chars().last()).is_none_or(|c| !c.is_alphanumeric());
        let after = text.get(word.end()..).and_then(|t| t.chars().next()).is_none_or(|c| !c.is_alphanumeric());
        before && after
    })
}

fn leading_name(text: &str) -> Option<PersonName> {
    let (head, rest) = text.split_once(',')?;
    let titled = names::is_title(head.split(' ').next()?) && head.contains(' ');
    let street = rest.split(',').any(|part| contact::is_street_line(part.trim()));
    (titled || (street && names::likeness(head) == 2)).then(|| names::parse(head, NameOrder::GivenFirst)).flatten()
}

/// The piece of a line that begins about where the column does.
fn piece_in_column(text: &str, column: usize) -> Option<(usize, &str)> {
    pieces(text)
        .into_iter()
        .filter(|(offset, _)| offset.abs_diff(column) <= 8)
        .min_by_key(|(offset, _)| offset.abs_diff(column))
}

/// True for a line under which another of the address stands, whatever it looks like: "Little Merrow" below "81 Tanners Yard".
fn is_of_the_address(text: &str) -> bool {
    const PARTS_OF_A_HOUSE: [&str; 6] = ["flat", "apartment", "apt", "unit", "room", "c/o"];
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    if words.peek().is_some_and(|first| PARTS_OF_A_HOUSE.contains(&first.to_lowercase().as_str())) {
        return true;
    }
    let house = words.next().is_some_and(|first| first.len() <= 5 && first.starts_with(|c: char| c.is_ascii_digit()));
    (house && words.next().is_some_and(|word| word.starts_with(char::is_alphabetic))) || parent_of(text).is_some()
}

/// True where what stands before a label is of an address in a column beside it: "54 Albert Terrace    Unit No:", and the
/// town below.
pub(super) fn is_beside(lines: &[Line<'_>], at: usize, before: &str) -> bool {
    let all = pieces(before);
    let Some((column, piece)) = all.last() else { return false };
    let above = at.checked_sub(1).and_then(|up| lines.get(up)).filter(|line| !line.blank);
    let above = above.and_then(|line| piece_in_column(line.text, *column)).map(|(_, text)| text);
    is_of_the_address(piece) || above.is_some_and(is_of_the_address)
}

/// The name in a line of its own, or the child's of "To the parent of".
fn owner_in(text: &str, at_top: bool) -> Option<Owner> {
    if let Some(child) = parent_of(text) {
        return Some(Owner::ParentOf(child));
    }
    let text = text.trim_end_matches([',', ' ']);
    // "John Hill" and "Victoria Park" read alike: a name stands at the top of its block.
    if contact::is_street_line(text) && (!at_top || text.bytes().any(|b| b.is_ascii_digit())) {
        return None;
    }
    let first = text.split(' ').next().unwrap_or("");
    let titled = names::is_title(first) && text.contains(' ') && !text.bytes().any(|b| b.is_ascii_digit());
    let reads = names::likeness(text) == 2 && text.split(' ').count() <= 4 && !is_place(text);
    (titled || reads).then(|| names::parse(text, NameOrder::GivenFirst)).flatten().map(Owner::Name)
}

/// Towns are names too: "Ashton Keynes" is a line of the address.
fn is_place(text: &str) -> bool {
    crate::reference::is_town(&crate::reference::fold(text))
}

/// The child in "Parent/Guardian of Tom Smith", "To the parents of Tom Smith".
pub(super) fn parent_of(text: &str) -> Option<PersonName> {
    // Most texts have no such word.
    let has =
        |word: &str| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    if !has("of") || !["parent", "guardian", "carer"].into_iter().any(has) {
        return None;
    }
    let text = text.replace(" of:", " of");
    let lower = text.to_ascii_lowercase();
    let of = [
        "parent of ",
        "parents of ",
        "guardian of ",
        "guardians of ",
        "carer of ",
        "carers of ",
        "carer(s) of ",
        "guardian(s) of ",
        "parent(s) of ",
    ]
    .iter()
    .filter_map(|words| lower.find(words).map(|place| place + words.len()))
    .min()?;
    let name = text.get(of..)?.trim_end_matches([',', ':', ' ', ')', '.']);
    (names::likeness(name) > 0).then(|| names::parse(name, NameOrder::GivenFirst)).flatten()
}
