//! Names of persons: parts, order, what is none.
//!
//! A name keeps the case in which it was written. What cannot be a person's (placeholders, totals, bodies) is refused;
//! who a name belongs to is not judged here.

use crate::reference::{self, Known, fold, known_as_written};
use assay_model::PersonName;
pub(crate) use scripts::{begins_name, is_one_word_name};
use scripts::{is_patronymic, parts_of_one_word};
pub(crate) use words::NEVER;
use words::{Kinds, kinds};

mod scripts;
mod words;

/// Which part of a name without a comma stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum NameOrder {
    /// `John Smith`.
    #[default]
    GivenFirst,
    /// `Smith John`.
    FamilyFirst,
}

/// A word of a name without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| matches!(c, '.' | ',' | '(' | ')' | '"' | '\''))
}

/// True for `Mr`, `Dr.`, `PROF`.
pub(crate) fn is_title(word: &str) -> bool {
    kinds(bare(word)).is(Kinds::TITLE)
}

/// True for a title that tells a person on its own.
pub(crate) fn is_clear_title(word: &str) -> bool {
    kinds(bare(word)).is(Kinds::CLEAR_TITLE)
}

/// True for titles under which doctors write.
pub(crate) fn is_doctor(name: &PersonName) -> bool {
    kinds(bare(&name.title)).is(Kinds::DOCTOR)
}

/// The parts of a name written in one text.
///
/// `Surname, Given` where a comma stands; capitals tell the family name where only a part is in capitals; else `order`.
/// `None` for what is no name.
pub(crate) fn parse(text: &str, order: NameOrder) -> Option<PersonName> {
    parse_from(text, order, Source::Text)
}

/// As [`parse`], for what stands where a name is expected: in a column or behind a label.
pub(crate) fn parse_field(text: &str, order: NameOrder) -> Option<PersonName> {
    parse_from(text, order, Source::Field)
}

/// Where a name was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Text,
    Field,
}

fn parse_from(text: &str, order: NameOrder, source: Source) -> Option<PersonName> {
    let single = of_a_couple(text);
    let text = cleaned(single.as_deref().unwrap_or(text))?;
    let name = match text.split_once(',') {
        Some((before, after)) if is_after(after) => parse_plain(before, order, source),
        Some((name, _)) if is_followed_by_a_post(&text) => parse_plain(name, order, source),
        Some((family, given)) => parse_comma(family, given),
        None => parse_plain(&text, order, source),
    };
    // "D.O.B." is a label.
    name.filter(|name| name.given.iter().chain([&name.family]).any(|word| word.chars().count() > 1))
}

/// `Mr and Mrs P Brown` as `Mr P Brown`: one row stands for both, and the first is named in it.
fn of_a_couple(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let (first, joint, second) = (words.next()?, words.next()?, words.next()?);
    let couple = is_clear_title(first) && matches!(joint, "and" | "&" | "And" | "AND") && is_clear_title(second);
    couple.then(|| std::iter::once(first).chain(words).collect::<Vec<_>>().join(" "))
}

/// Without brackets, other names in them and runs of blanks; `None` for what cannot be a name by its characters.
fn cleaned(text: &str) -> Option<String> {
    if text.len() > 120 {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut depth = 0usize;
    for character in text.chars() {
        match character {
            '(' | '[' | '"' if depth == 0 => depth = 1,
            ')' | ']' | '"' if depth > 0 => depth = 0,
            _ if depth > 0 => {}
            '0'..='9' | '@' | ':' | '=' | '<' | '>' | '/' | '\\' | '_' | '#' | '?' | ';' | '|' | '*' | '+' | '%' => {
                return None;
            }
            '\u{2019}' | '\u{2018}' | '`' => out.push('\''),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.' | ',' | '&') => out.push(c),
            c if c.is_control() => return None,
            other => out.push(other),
        }
    }
    let trimmed = out.trim().trim_matches([',', '-', '.', ' ']).to_owned();
    (!trimmed.is_empty() && !trimmed.contains(['&'])).then_some(trimmed)
}

fn is_after(text: &str) -> bool {
    let mut words = text.split([' ', ',']).filter(|w| !w.is_empty()).peekable();
    words.peek().is_some() && words.all(is_postnominal)
}

fn is_postnominal(word: &str) -> bool {
    let word = bare(word);
    let kinds = if word.contains('.') { kinds(&word.replace('.', "")) } else { kinds(word) };
    kinds.is(Kinds::AFTER)
}

/// `Karen White, Chief Nurse`: two words before the comma that name somebody, and none after it that is a given name.
fn is_followed_by_a_post(text: &str) -> bool {
    let Some((before, after)) = text.split_once(',') else { return false };
    let (_, name) = split_title(before.trim());
    let two = name.contains(' ') && !name.split(' ').next().is_some_and(is_particle);
    let first = after.split([' ', ',']).find(|word| !word.is_empty() && !is_title(word)).unwrap_or("");
    const POSTS: [&str; 18] = [
        "nurse",
        "manager",
        "director",
        "consultant",
        "officer",
        "lead",
        "head",
        "chair",
        "secretary",
        "surgeon",
        "administrator",
        "matron",
        "coordinator",
        "executive",
        "chief",
        "partner",
        "pharmacist",
        "radiographer",
    ];
    if after.split(' ').map(bare).any(|word| POSTS.iter().any(|post| post.eq_ignore_ascii_case(word))) {
        return two;
    }
    let given = first.chars().count() <= 2 || known_as_written(first).given >= 100;
    two && !given
}

fn parse_comma(family: &str, given: &str) -> Option<PersonName> {
    let (title_before, family) = split_title(family);
    // `Smith, John, Mr` and `Smith, Mr John`.
    let mut title = title_before;
    let mut names = Vec::new();
    for word in given.split([' ', ',', '.']).filter(|w| !w.is_empty()) {
        if is_title(word) && title.is_empty() {
            title = word.trim_end_matches('.').to_owned();
        } else if !is_postnominal(word) || word.len() < 2 {
            names.push(word.to_owned());
        }
    }
    let family = family.trim();
    let fits = family.split(' ').count() <= 4 && names.len() <= 4 && (!names.is_empty() || !title.is_empty());
    let words: Vec<&str> = family.split(' ').chain(names.iter().map(String::as_str)).collect();
    (fits && !family.is_empty() && can_be_names(&words, &title, Source::Field)).then(|| PersonName {
        title,
        given: names.clone(),
        family: family.to_owned(),
    })
}

fn split_title(text: &str) -> (String, String) {
    let mut words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let mut title = String::new();
    while words.len() > 1 && words.first().is_some_and(|word| is_title(word)) {
        let word = words.remove(0).trim_end_matches('.');
        if title.is_empty() {
            word.clone_into(&mut title);
        }
    }
    (title, words.join(" "))
}

fn parse_plain(text: &str, order: NameOrder, source: Source) -> Option<PersonName> {
    let (title, rest) = split_title(text);
    let spaced = rest.replace(". ", " ").replace('.', " ");
    let mut words: Vec<&str> = spaced.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| is_postnominal(word)) {
        words.pop();
    }
    if words.is_empty() || words.len() > 6 || !can_be_names(&words, &title, source) {
        return None;
    }
    let mut title = title;
    if title.is_empty() && words.len() > 2 && words.last().is_some_and(|word| is_clear_title(word)) {
        title = words.pop()?.to_owned();
    }
    if let [only] = words.as_slice() {
        if is_title(only) {
            return None;
        }
        if is_one_word_name(only) {
            let (family, given) = parts_of_one_word(only);
            return Some(PersonName { title, given: vec![given], family });
        }
        let word = known_as_written(only);
        let is_given = title.is_empty() && word.given > word.surname;
        let (given, family) =
            if is_given { (vec![(*only).to_owned()], String::new()) } else { (vec![], (*only).to_owned()) };
        return Some(PersonName { title, given, family });
    }
    let cut = family_cut(&words, order);
    let (given, family) = match cut {
        Cut::FamilyFirst(length) => (words.get(length..)?, words.get(..length)?),
        Cut::FamilyLast(start) => (words.get(..start)?, words.get(start..)?),
    };
    Some(PersonName { title, given: given.iter().map(|w| (*w).to_owned()).collect(), family: family.join(" ") })
}

enum Cut {
    FamilyFirst(usize),
    FamilyLast(usize),
}

fn family_cut(words: &[&str], order: NameOrder) -> Cut {
    let capitals =
        |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.chars().any(char::is_lowercase);
    let leading = words.iter().take_while(|w| capitals(w)).count();
    let trailing = words.iter().rev().take_while(|w| capitals(w)).count();
    if leading > 0 && leading < words.len() && words.iter().skip(leading).any(|w| w.chars().any(char::is_lowercase)) {
        return Cut::FamilyFirst(leading);
    }
    if trailing > 0 && trailing < words.len() && words.iter().take(words.len() - trailing).any(|w| w.len() > 1) {
        return Cut::FamilyLast(words.len() - trailing);
    }
    // `Smith J A`: initials follow a family name.
    let initials = words.first().is_some_and(|w| w.len() > 2)
        && words.iter().skip(1).all(|w| w.len() <= 2 && w.chars().all(char::is_uppercase));
    if order == NameOrder::FamilyFirst || initials || is_turned(words) {
        let particles = words.iter().take_while(|w| is_particle(w)).count();
        return Cut::FamilyFirst((particles + 1).min(words.len() - 1));
    }
    // `Иванов Иван Иванович`: a patronymic ends the name.
    if words.len() == 3 && words.last().is_some_and(|word| is_patronymic(word)) {
        return Cut::FamilyFirst(1);
    }
    // A given name stands before the first particle.
    let start = words.iter().skip(1).position(|w| is_particle(w)).map_or(words.len() - 1, |place| place + 1);
    Cut::FamilyLast(start.min(words.len() - 1))
}

/// `JONES MARY`: two words of which the lists are sure that the family name stands first.
fn is_turned(words: &[&str]) -> bool {
    let [first, second] = words else { return false };
    more_given(first) < 0.05 && more_given(second) > 20.0
}

/// How much oftener a word is a given name than a family name.
fn more_given(word: &str) -> f64 {
    let Known { given, surname, .. } = known_as_written(word);
    f64::from(given + 1) / f64::from(surname + 1)
}

pub(crate) fn is_particle(word: &str) -> bool {
    kinds(word).is(Kinds::PARTICLE)
}

/// True where all words can be a name's. A family name that hospitals use as a word too (Ward, Page, Lane) passes beside a title,
/// or in a field beside a given name: `Rose Ward` in a text is a ward.
fn can_be_names(words: &[&str], title: &str, source: Source) -> bool {
    let mut others = words.iter().filter(|word| !is_name_word(word));
    let (other, more) = (others.next(), others.next());
    let Some(other) = other.filter(|_| more.is_none()) else { return more.is_none() };
    let titled = kinds(bare(title)).is(Kinds::SURE_TITLE);
    let given = || words.iter().any(|name| is_name_word(name) && known_as_written(name).given >= 1_000);
    is_never(bare(other))
        && known_as_written(other).surname >= 3_000
        && (titled || (source == Source::Field && given()))
}

/// True for a word that stands where names do and is none.
pub(crate) fn is_never(word: &str) -> bool {
    kinds(word).is(Kinds::NEVER)
}

fn is_name_word(word: &str) -> bool {
    let bare = bare(word);
    let test = || bare.get(..6).is_some_and(|head| ["xxtest", "zztest"].iter().any(|t| t.eq_ignore_ascii_case(head)));
    word.chars().any(char::is_alphabetic) && word.chars().count() <= 30 && !is_never(bare) && !test()
}

/// The parts of a name given in fields of their own. `None` where neither part is one.
pub(crate) fn from_parts(title: &str, given: &str, family: &str) -> Option<PersonName> {
    let clean = |text: &str| cleaned(text).map(|text| text.replace(',', " ")).unwrap_or_default();
    let family = clean(family);
    let (inner_title, given) = split_title(&clean(given));
    let given: Vec<String> = given.split([' ', '.']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let words: Vec<&str> =
        family.split(' ').filter(|w| !w.is_empty()).chain(given.iter().map(String::as_str)).collect();
    if words.is_empty() || words.len() > 8 || !can_be_names(&words, &inner_title, Source::Field) {
        return None;
    }
    // A lone initial is no name.
    if family.is_empty() && words.iter().all(|word| word.chars().count() < 2) {
        return None;
    }
    let title = if title.trim().is_empty() { inner_title } else { title.trim().trim_end_matches('.').to_owned() };
    let title = if title.len() <= 20 && !title.contains(|c: char| c.is_ascii_digit()) { title } else { String::new() };
    Some(PersonName { title, given, family: family.trim().to_owned() })
}

/// How much a text reads like a person's name, by the reference lists: 0 not, 1 could be, 2 is one.
pub(crate) fn likeness(text: &str) -> u8 {
    let cased = text
        .split([' ', ',', '-'])
        .filter(|w| !w.is_empty())
        .all(|w| w.starts_with(|c: char| c.is_uppercase() || c == '(' || c == '\'') || is_particle(w));
    if !cased {
        return 0;
    }
    let Some(name) = parse(text, NameOrder::GivenFirst) else { return 0 };
    let given_words: Vec<Known> = name.given.iter().map(|word| known_as_written(word)).collect();
    let whole = known_as_written(&name.family);
    let family = name.family.split(['-', ' ']).any(|part| known_as_written(part).surname > 0);
    let given = given_words.iter().any(|word| word.given > 0);
    // In a list the order may be the other.
    let turned = given_words.iter().any(|word| word.surname > 0) && whole.given > 0;
    // "May Day" and "Brown Bill" are words; "Peter Brown" is a person, though both are words too.
    let common_given = given_words.iter().any(|word| word.given > 100_000);
    let is_word = |word: &Known| word.level.is_some_and(|level| level <= 35);
    let all_words = !common_given && !given_words.is_empty() && is_word(&whole) && given_words.iter().all(is_word);
    match () {
        () if !name.title.is_empty() && is_clear_title(&name.title) && (family || given) => 2,
        () if name.given.is_empty() || name.family.is_empty() => 0,
        () if ((family && given) || turned) && !all_words => 2,
        () if family || given || turned => 1,
        () => 0,
    }
}

/// Which order a column of names without commas has.
pub(crate) fn column_order<'a>(samples: impl Iterator<Item = &'a str>) -> NameOrder {
    let (mut first, mut last) = (0u32, 0u32);
    for sample in samples {
        if sample.contains(',') {
            continue;
        }
        let words: Vec<&str> = sample.split_whitespace().filter(|w| !is_title(w)).collect();
        let [head, .., tail] = words.as_slice() else { continue };
        let (head, tail) = (more_given(head), more_given(tail));
        if head > tail * 3.0 {
            first += 1;
        } else if tail > head * 3.0 {
            last += 1;
        }
    }
    if last > first * 2 && last >= 3 { NameOrder::FamilyFirst } else { NameOrder::GivenFirst }
}

/// True where two names can be one person's: family names agree, given names or initials do not contradict.
pub(crate) fn compatible(a: &PersonName, b: &PersonName) -> bool {
    let (family_a, family_b) = (fold(&a.family), fold(&b.family));
    let families = family_a == family_b
        || (a.given.is_empty() || b.given.is_empty()) && (a.family.is_empty() || b.family.is_empty())
        || a.family.split(['-', ' ']).any(|part| !part.is_empty() && fold(part) == family_b)
        || b.family.split(['-', ' ']).any(|part| !part.is_empty() && fold(part) == family_a);
    if !families {
        return false;
    }
    let given = match (a.given.first(), b.given.first()) {
        (Some(a), Some(b)) => {
            let (a, b) = (fold(a), fold(b));
            let initial = |word: &str| word.chars().nth(1).is_none() && !word.is_empty();
            a == b
                || ((initial(&a) || initial(&b)) && a.chars().next() == b.chars().next())
                || reference::are_nicknames(&a, &b)
        }
        _ => true,
    };
    given && titles_agree(a, b)
}

/// `Mr` and `Mrs` of one family name are two people; titles that tell no sex agree with any.
fn titles_agree(a: &PersonName, b: &PersonName) -> bool {
    if !a.given.is_empty() && !b.given.is_empty() {
        return true;
    }
    let sex = |name: &PersonName| match bare(&name.title).to_lowercase().as_str() {
        "mr" | "master" | "mstr" | "sir" | "mast" => Some('m'),
        "mrs" | "miss" | "ms" | "dame" | "lady" => Some('f'),
        _ => None,
    };
    match (sex(a), sex(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
