//! Letters and other running text: labels, reference blocks, addressees, salutations, signatures.
//!
//! Labelled values go to the [`Assembler`]; who is addressed is told apart from whom the letter is about at the end, when all
//! of it is read. A sender's block and a letterhead are nobody's record.

use std::collections::BTreeSet;

use assay_model::{Cell, Element, PersonName, SpecialCategory};

use super::super::dates::{self, DateSense};
use super::super::draft::Basis;
use super::super::field::{Field, Scope};
use super::super::identifiers::{self, Identifiers};
use super::super::names::{self, NameOrder};
use super::super::record::{Assembler, Entry};
use super::super::{Found, contact};
use super::Reading;
use super::address::{self, Block};
use super::labels::{self, Hit};
use super::lines::{Line, pieces};
use super::values::{Company, birth_in, leading_number, name_and_rest, name_in};

/// Lines at the beginning in which any date is of the letter.
const HEAD: usize = 25;
/// Lines after a record's last label in which an address or a number is still of its person.
const NEAR: u32 = 6;

/// Whom "Dear ..." addresses, as written.
pub(super) fn salutation(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = text.strip_prefix("Dear ").or_else(|| text.strip_prefix("DEAR "))?;
    (rest.len() <= 70).then(|| rest.trim_end_matches([',', ':', ' ', '.']))
}

/// True for the line with which a letter closes.
pub(super) fn is_sign_off(text: &str) -> bool {
    let text = text.trim();
    let begins = text.as_bytes().first().is_some_and(|b| b"ykbrwmst".contains(&b.to_ascii_lowercase()));
    if !begins || text.len() > 60 {
        return false;
    }
    [
        "yours sincerely",
        "yours faithfully",
        "yours truly",
        "kind regards",
        "kindest regards",
        "best regards",
        "regards",
        "best wishes",
        "with best wishes",
        "many thanks",
        "with kind regards",
        "warm regards",
        "sincerely",
        "thanks",
    ]
    .iter()
    .any(|words| {
        let (begin, rest) = (text.get(..words.len()), text.get(words.len()..).unwrap_or(""));
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(words))
            && rest.trim_matches([',', '.', '!', ' ']).len() <= 12
    })
}

/// What a section is while it is read.
pub(super) struct Letter<'a, 'l> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) lines: &'l [Line<'l>],
    pub(super) assembler: Assembler<'a>,
    pub(super) blocks: Vec<Block>,
    pub(super) saluted: Vec<(usize, PersonName)>,
    /// True where the letter goes to the parent of the person it is about.
    pub(super) to_parent: bool,
    pub(super) parents_of: Vec<(usize, PersonName)>,
    pub(super) signed: Option<usize>,
    pub(super) signatures: Vec<(usize, PersonName)>,
    pub(super) special: Vec<(usize, SpecialCategory, String)>,
    /// Identifiers without a label, with their lines and values.
    pub(super) identifiers: Vec<(usize, identifiers::Hit, String)>,
    /// Statements of health before any record is open.
    pub(super) early: Vec<(usize, String)>,
    /// Lines that a label above has taken as its value.
    pub(super) taken: Vec<bool>,
    /// Of each line that has them, the bytes of names with values behind them.
    pub(super) claimed: Vec<(usize, usize, usize)>,
    /// The labels of each line.
    pub(super) hits: Vec<Vec<Hit>>,
    pub(super) paragraph: u32,
}

pub(super) fn read(reading: &Reading<'_>, lines: &[Line<'_>], signatories: &mut BTreeSet<String>, found: &mut Found) {
    if lines.iter().all(|line| line.blank) {
        return;
    }
    let mut letter = Letter {
        reading,
        lines,
        assembler: Assembler::new(&reading.detector.forms),
        blocks: Vec::new(),
        saluted: Vec::new(),
        to_parent: false,
        parents_of: Vec::new(),
        signed: None,
        signatures: Vec::new(),
        special: Vec::new(),
        identifiers: Vec::new(),
        early: Vec::new(),
        taken: vec![false; lines.len()],
        claimed: Vec::new(),
        hits: lines.iter().map(|line| labels::scan(&reading.detector.headers, line.text)).collect(),
        paragraph: 0,
    };
    for at in 0..lines.len() {
        letter.line(at, found);
    }
    letter.finish(signatories, found);
}

impl Letter<'_, '_> {
    fn line(&mut self, at: usize, found: &mut Found) {
        let Some(line) = self.lines.get(at) else { return };
        if line.blank {
            self.paragraph += 1;
            return;
        }
        if at.checked_sub(1).and_then(|before| self.lines.get(before)).is_some_and(|before| before.part != line.part) {
            self.paragraph += 1;
        }
        let text = line.text;
        if is_sign_off(text) {
            self.signed = Some(at);
            self.signature(at);
            return;
        }
        if let Some(addressed) = salutation(text) {
            self.signed = None;
            match address::parent_of(addressed) {
                Some(child) => self.parents_of.push((at, child)),
                None => self.saluted.extend(names::parse(addressed, NameOrder::GivenFirst).map(|name| (at, name))),
            }
            return;
        }
        let hits = if self.taken[at] { Vec::new() } else { self.hits[at].clone() };
        self.dates(at, &hits, found);
        let mut asides = self.asides(at, &hits).into_iter().peekable();
        for (place, hit) in hits.iter().enumerate() {
            while let Some(aside) = asides.next_if(|aside| aside.start < hit.start) {
                self.aside(at, aside);
            }
            let from = place.checked_sub(1).and_then(|before| hits.get(before)).map_or(0, |before| before.value_start);
            if !self.is_claimed(at, hit.start) {
                self.name_before(at, from, hit, &hits);
            }
            self.hit(at, hit, found);
        }
        asides.for_each(|aside| self.aside(at, aside));
        if line.looks.digits > 0 {
            self.unlabelled(at, &hits);
            self.addresses(at, &hits);
        }
        self.keep_identifiers(at, &hits);
        for (start, end, category) in self.reading.detector.words.special(text) {
            self.special.push((at, category, text.get(start..end).unwrap_or("").to_lowercase()));
        }
    }

    /// Dates in the head of a letter, and lines that are dates.
    fn dates(&self, at: usize, hits: &[Hit], found: &mut Found) {
        let Some(line) = self.lines.get(at).filter(|line| line.text.len() <= 100) else { return };
        if line.looks.digits == 0 {
            return;
        }
        let of_a_life = |start: usize| {
            hits.iter().any(|hit| {
                matches!(hit.field, Field::DateOfBirth | Field::DateOfDeath)
                    && (hit.start..hit.value_end.max(hit.start + 1)).contains(&start)
            })
        };
        if at < HEAD {
            for (start, _, date) in dates::find(line.text, DateSense::Record) {
                let lone = hits.iter().any(|hit| hit.field == Field::RecordDate && hit.value_start <= start)
                    || dates::is_only_date(line.text, DateSense::Record).is_some()
                    || pieces(line.text)
                        .iter()
                        .any(|(_, piece)| dates::is_only_date(piece, DateSense::Record).is_some())
                    || ["clinic", "dictated", "typed", "date", "seen", "admi", "disch"]
                        .iter()
                        .any(|w| line.text.to_lowercase().contains(w));
                if !of_a_life(start) && lone {
                    found.dates.add(date);
                }
            }
        } else if let Some(hit) = hits.iter().find(|hit| hit.field == Field::RecordDate)
            && let Some(date) =
                line.text.get(hit.value_start..hit.value_end).and_then(|v| dates::parse(v, DateSense::Record))
        {
            found.dates.add(date);
        }
    }

    /// `... Mr John Smith (DOB ...`: the name before an identifier that no name's label precedes.
    fn name_before(&mut self, at: usize, from: usize, hit: &Hit, hits: &[Hit]) {
        let identifies = matches!(hit.field, Field::NhsNumber | Field::DateOfBirth | Field::HospitalNumber);
        let reaches = matches!(hit.field, Field::Address | Field::Phone | Field::Email);
        if reaches
            && hit.scope == Scope::Subject
            && self.signed.is_none()
            && self.assembler.open(Scope::Subject).is_none()
        {
            self.name_above(at);
        }
        let labelled =
            hits.iter().any(|other| other.field.is_name() && other.scope == Scope::Subject && other.start < hit.start);
        if !identifies || labelled || hit.scope != Scope::Subject {
            return;
        }
        let Some(before) = self.lines.get(at).and_then(|line| line.text.get(from..hit.start)) else { return };
        if address::is_beside(self.lines, at, before) {
            return;
        }
        if let Some((_, name)) = labels::name_at_end(before) {
            let name = name.to_owned();
            self.entry(at, Scope::Subject, Field::FullName, name, Basis::Content);
        } else if let Some(name) = name_in(before).filter(|name| !may_be_a_clinician(name)) {
            self.entry(at, Scope::Subject, Field::FullName, name, Basis::Content);
        } else if from == 0 && before.trim().is_empty() {
            self.name_above(at);
        }
    }

    /// A line that is a name and nothing else, right above the first identifier: the name of a reference block.
    fn name_above(&mut self, at: usize) {
        let Some(above) = at.checked_sub(1).filter(|above| !self.taken[*above]) else { return };
        let Some(line) = self.lines.get(above).filter(|line| !line.blank) else { return };
        let text = line.text.trim().trim_end_matches([',', ':']).to_owned();
        if text.len() <= 50 && names::likeness(&text) == 2 && self.hits[above].is_empty() {
            self.entry(above, Scope::Subject, Field::FullName, text, Basis::Content);
        }
    }

    pub(super) fn entry(&mut self, at: usize, scope: Scope, field: Field, value: String, basis: Basis) {
        self.entry_in(at, scope, field, value, basis, self.paragraph);
    }

    pub(super) fn entry_in(
        &mut self,
        at: usize,
        scope: Scope,
        field: Field,
        value: String,
        basis: Basis,
        paragraph: u32,
    ) {
        let Some(line) = self.lines.get(at) else { return };
        let place = self.reading.origin.at(line.place());
        let line = index(at);
        self.assembler.add(Entry { scope, field, value: Cell::Text(value.into()), at: place, line, paragraph, basis });
    }

    fn hit(&mut self, at: usize, hit: &Hit, found: &mut Found) {
        found.fields.insert(hit.field);
        if !hit.field.is_personal() {
            return;
        }
        let Some(line) = self.lines.get(at) else { return };
        let inline = line.text.get(hit.value_start..hit.value_end).unwrap_or("");
        let inline = inline.trim().trim_end_matches([',', ';', '(', '-', '\u{2013}', ' ']).trim();
        let (value_at, value) = if inline.is_empty() { self.value_below(at, hit) } else { (at, inline.to_owned()) };
        if value.is_empty() {
            return;
        }
        let in_signature = self.signed.is_some();
        match hit.field {
            Field::FullName => {
                self.full_name(value_at, hit.scope, &value);
                self.reached_after(at, hit);
                self.birth_after(value_at, hit);
            }
            Field::Diagnosis => self.diagnosis(value_at, hit.scope, value),
            Field::Title if !names::is_title(&value) => {}
            Field::Phone | Field::Email | Field::Address | Field::Postcode => {
                if hit.scope == Scope::Subject && (in_signature || !self.is_near(at)) {
                    return;
                }
                let value = if hit.field == Field::Address { self.address_below(value_at, value) } else { value };
                self.entry(value_at, hit.scope, hit.field, value, Basis::Label);
            }
            Field::NhsNumber => {
                let digits = leading_number(&value);
                self.entry(value_at, hit.scope, hit.field, digits, Basis::Label);
            }
            Field::HospitalNumber => {
                let number: String =
                    value.split([' ', ',', ';', '(', ')']).next().unwrap_or("").trim_end_matches('.').to_owned();
                self.entry(value_at, hit.scope, hit.field, number, Basis::Label);
            }
            Field::NationalInsuranceNumber => {
                let number: String = value.chars().filter(|c| *c != ' ').take(9).collect();
                self.entry(value_at, hit.scope, hit.field, number, Basis::Label);
            }
            Field::SortCode | Field::AccountNumber => {
                let number: String =
                    value.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '/')).collect();
                self.entry(value_at, hit.scope, hit.field, number, Basis::Label);
            }
            Field::Salary => {
                let amount: String =
                    value.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '£' | ',' | '.')).collect();
                self.entry(
                    value_at,
                    hit.scope,
                    hit.field,
                    amount.trim_end_matches(['.', ',']).to_owned(),
                    Basis::Label,
                );
            }
            _ => self.entry(value_at, hit.scope, hit.field, value, Basis::Label),
        }
    }

    /// The value of a label that stands alone: the next line, if it has no label of its own.
    fn value_below(&mut self, at: usize, hit: &Hit) -> (usize, String) {
        let next =
            (at + 1..self.lines.len().min(at + 3)).find(|next| self.lines.get(*next).is_some_and(|line| !line.blank));
        let Some(next) = next else { return (at, String::new()) };
        let Some(line) = self.lines.get(next) else { return (at, String::new()) };
        if !self.hits[next].is_empty() || salutation(line.text).is_some() {
            return (at, String::new());
        }
        if matches!(hit.field, Field::Diagnosis) {
            return (next, self.list_below(next));
        }
        // In columns the value stands below its label.
        let piece = pieces(line.text).into_iter().min_by_key(|(offset, _)| offset.abs_diff(hit.start));
        if pieces(line.text).len() == 1 {
            self.taken[next] = true;
        }
        (next, piece.map(|(_, text)| text.to_owned()).unwrap_or_default())
    }

    fn list_below(&mut self, start: usize) -> String {
        let mut out = Vec::new();
        for at in start..self.lines.len().min(start + 6) {
            let Some(line) = self.lines.get(at).filter(|line| !line.blank) else { break };
            if !self.hits[at].is_empty() || salutation(line.text).is_some() {
                break;
            }
            out.push(line.text.trim().to_owned());
        }
        out.join("; ")
    }

    /// Lines that go on with an address until its postcode.
    fn address_below(&mut self, at: usize, mut value: String) -> String {
        if !contact::find_postcodes(&value).is_empty() {
            return value;
        }
        let column = self.lines.get(at).map_or(0, |line| line.text.len() - line.text.trim_start().len());
        for next in at + 1..self.lines.len().min(at + 6) {
            let Some(line) = self.lines.get(next).filter(|line| !line.blank) else { break };
            let Some((offset, piece)) = pieces(line.text).into_iter().next() else { break };
            let hits = &self.hits[next];
            let labelled = hits.iter().any(|hit| hit.start < offset + piece.len());
            if labelled
                || piece.len() > 60
                || offset + 2 < column
                || is_sign_off(line.text)
                || salutation(line.text).is_some()
            {
                break;
            }
            value.push_str(", ");
            value.push_str(piece.trim_end_matches(','));
            self.taken[next] = hits.is_empty();
            if !contact::find_postcodes(piece).is_empty() {
                break;
            }
        }
        value
    }

    /// True where the open record's labels are near enough that an address or number is its person's.
    pub(super) fn is_near(&mut self, at: usize) -> bool {
        let line = index(at);
        let (lines, taken, hits) = (self.lines, &self.taken, &self.hits);
        let paragraph = self.paragraph;
        // Only labelled lines may lie between, or the lines of one paragraph: below a text without labels a sender's
        // block may stand.
        let goes_on = |from: u32| {
            let mut between = lines.iter().zip(taken).zip(hits).take(at).skip(from as usize + 1);
            between.all(|((line, taken), hits)| line.blank || *taken || !hits.is_empty())
        };
        let of_subject = self.assembler.open(Scope::Subject).is_some_and(|record| {
            let same = record.entries.last().is_some_and(|entry| entry.paragraph == paragraph);
            let known = record.entries.iter().any(|entry| entry.field.is_key());
            line <= record.last + NEAR && known && (same || goes_on(record.last))
        });
        of_subject
            || self.assembler.open(Scope::Relative).is_some_and(|record| line <= record.last + 2)
            || self.assembler.open(Scope::Contact).is_some_and(|record| line <= record.last + 4)
    }

    fn full_name(&mut self, at: usize, scope: Scope, value: &str) {
        let (name, tail) = name_and_rest(value, self.company(at, scope));
        let Some(name) = name else { return };
        self.entry(at, scope, Field::FullName, name, Basis::Label);
        let postcode = contact::find_postcodes(tail).pop();
        let street = tail.split(',').any(contact::is_street_line);
        if scope != Scope::Clinician && (street || postcode.is_some()) {
            let tail = tail.trim_matches([',', ' ', '-', '\u{2013}', '(', ')']);
            let end = postcode.map_or(tail.len(), |(_, _, code)| {
                tail.find(code.split(' ').next().unwrap_or("\u{0}")).map_or(tail.len(), |p| (p + 8).min(tail.len()))
            });
            let end = super::super::category::floor(tail, end);
            self.entry(at, scope, Field::Address, tail.get(..end).unwrap_or(tail).to_owned(), Basis::Label);
        }
    }

    /// `Re: John Smith 03/04/1961`: the date right after a name is of its birth.
    fn birth_after(&mut self, at: usize, hit: &Hit) {
        let rest = self.lines.get(at).and_then(|line| line.text.get(hit.value_end..)).unwrap_or("");
        let rest = rest.trim_start_matches([' ', ',', '(', '-', '\u{2013}']);
        let date = dates::parse(rest, DateSense::Birth).filter(|_| rest.starts_with(|c: char| c.is_ascii_digit()));
        if let (Scope::Subject, Some(date)) = (hit.scope, date) {
            self.entry(at, Scope::Subject, Field::DateOfBirth, date.to_string(), Basis::Content);
        }
    }

    /// What stands around a name: an identifier on its line or the next ones makes any capitalised words a name.
    fn company(&self, at: usize, scope: Scope) -> Company {
        let near = self.hits.iter().skip(at).take(4).flatten().any(|hit| {
            matches!(
                hit.field,
                Field::NhsNumber | Field::DateOfBirth | Field::HospitalNumber | Field::NationalInsuranceNumber
            )
        });
        match scope {
            Scope::Subject if near => Company::Identifier,
            Scope::Subject => Company::Nothing,
            _ => Company::Label,
        }
    }

    fn diagnosis(&mut self, at: usize, scope: Scope, value: String) {
        let value: String = value.chars().take(500).collect();
        if self.assembler.open(Scope::Subject).is_none() {
            self.early.push((at, value));
        } else if scope == Scope::Subject {
            self.entry(at, scope, Field::Diagnosis, value, Basis::Label);
        }
    }

    /// Numbers without a label: in a line that names somebody, or in the lines of an open record.
    fn unlabelled(&mut self, at: usize, hits: &[Hit]) {
        let Some(line) = self.lines.get(at) else { return };
        let text = line.text;
        if text.len() > 2_000 || text.bytes().filter(u8::is_ascii_digit).count() < 5 {
            return;
        }
        let free = |start: usize| {
            let labelled = |hit: &Hit| start >= hit.start && start < hit.value_end.max(hit.value_start + 1);
            !hits.iter().any(labelled) && !self.is_claimed(at, start)
        };
        let identifiers = &self.reading.detector.identifiers;
        let nhs: Vec<String> = line
            .found(Element::NhsNumber)
            .filter(|(start, ..)| free(*start))
            .filter_map(|(start, end, hit)| identifiers.written(hit, text.get(start..end)?))
            .collect();
        let others = line.all_found().any(|(start, _, hit)| free(start) && is_kept(hit) && tells_a_person(hit.element));
        let own: Option<(usize, String)> = self.reading.detector.forms.inside.iter().find_map(|(_, form)| {
            form.find_iter(text).find(|m| free(m.start())).map(|m| (m.start(), m.as_str().to_owned()))
        });
        if nhs.is_empty() && own.is_none() && !others {
            return;
        }
        let labelled = hits.iter().any(|hit| hit.field.is_key());
        let name = if labelled { None } else { name_in(text) };
        if let Some(name) = name {
            // A line of a list is a record of its own.
            let paragraph = 1_000_000 + index(at);
            self.entry_in(at, Scope::Subject, Field::FullName, name, Basis::Content, paragraph);
            if let [number] = nhs.as_slice() {
                self.entry_in(at, Scope::Subject, Field::NhsNumber, number.clone(), Basis::Content, paragraph);
            }
            if let Some((_, number)) = own {
                self.entry_in(at, Scope::Subject, Field::HospitalNumber, number, Basis::Content, paragraph);
            }
            if let Some(date) = birth_in(text) {
                self.entry_in(at, Scope::Subject, Field::DateOfBirth, date, Basis::Content, paragraph);
            }
            let code = postcodes(identifiers, line).pop();
            if let Some((_, code)) = code.filter(|_| !hits.iter().any(|hit| hit.field == Field::Postcode)) {
                self.entry_in(at, Scope::Subject, Field::Postcode, code, Basis::Content, paragraph);
            }
            return;
        }
        let line = index(at);
        let near = labelled
            || self
                .assembler
                .open(Scope::Subject)
                .is_some_and(|r| line <= r.last + 2 && r.entries.iter().any(|e| e.field.is_key()));
        if !near {
            return;
        }
        let lacks = |element| {
            self.assembler.open.iter().find(|r| r.scope == Scope::Subject).is_none_or(|r| !r.draft.has(element))
        };
        let (lacks_nhs, lacks_own) = (lacks(Element::NhsNumber), lacks(Element::HospitalNumber));
        if let [number] = nhs.as_slice()
            && lacks_nhs
        {
            self.entry(at, Scope::Subject, Field::NhsNumber, number.clone(), Basis::Content);
        }
        if let Some((_, number)) = own.filter(|_| lacks_own) {
            self.entry(at, Scope::Subject, Field::HospitalNumber, number, Basis::Content);
        }
    }

    /// Identifiers that no label of ours names go to the record that they stand in, when all is read.
    fn keep_identifiers(&mut self, at: usize, hits: &[Hit]) {
        let Some(line) = self.lines.get(at).filter(|_| self.signed.is_none()) else { return };
        let labelled = |start: usize| {
            hits.iter().any(|hit| hit.field.is_personal() && start >= hit.start && start < hit.value_end)
                || self.is_claimed(at, start)
        };
        let all = &self.reading.detector.identifiers;
        let kept = line.all_found().filter(|(start, _, hit)| is_kept(hit) && !labelled(*start));
        let values =
            kept.filter_map(|(start, end, hit)| Some((at, *hit, all.written(hit, line.text.get(start..end)?)?)));
        let values: Vec<_> = values.collect();
        self.identifiers.extend(values);
    }

    /// The first name below the sign-off: who signs.
    fn signature(&mut self, at: usize) {
        let below = self.lines.iter().enumerate().skip(at + 1).filter(|(_, line)| !line.blank).take(5);
        for (place, line) in below {
            let text = line.text.trim().trim_end_matches(',');
            let text = text.split(['|', '\t']).next().unwrap_or(text).trim();
            let titled = text.split(' ').next().is_some_and(names::is_title) && text.contains(' ');
            if text.len() <= 60 && (titled || names::likeness(text) == 2) {
                self.signatures.extend(names::parse(text, NameOrder::GivenFirst).map(|name| (place, name)));
                return;
            }
        }
    }
}

/// True for what goes to a record without a label of ours: telephones, mail addresses and bank accounts in a letter are a
/// body's as often as a person's.
fn is_kept(hit: &identifiers::Hit) -> bool {
    tells_a_person(hit.element)
        || matches!(hit.element, Element::PaymentCard | Element::Diagnosis | Element::OtherIdentifier)
}

/// True for what a name beside it makes a record of.
fn tells_a_person(element: Element) -> bool {
    matches!(element, Element::NationalInsuranceNumber | Element::Passport | Element::DrivingLicence)
}

/// The postcodes of a line that are written in capitals, with their first bytes.
pub(super) fn postcodes(all: &Identifiers, line: &Line<'_>) -> Vec<(usize, String)> {
    let capitals = |start: usize| line.text.as_bytes().get(start).is_some_and(u8::is_ascii_uppercase);
    line.found(Element::Postcode)
        .filter(|(start, ..)| capitals(*start))
        .filter_map(|(start, end, hit)| Some((start, all.written(hit, line.text.get(start..end)?)?)))
        .collect()
}

/// `Dr Hill saw NHS ...`: a doctor, or a surgeon who is called Mr, is not the patient of the number.
fn may_be_a_clinician(name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or("");
    names::is_title(first)
        && !["mrs", "miss", "ms", "master", "baby", "mstr"]
            .contains(&first.trim_end_matches('.').to_lowercase().as_str())
}

pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
