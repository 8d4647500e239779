//! Letters and other running text: labels, reference blocks, addressees, salutations, signatures.
//!
//! Labelled values go to the [`Assembler`]; who is addressed is told apart from whom the letter is about at the end, when all
//! of it is read. A sender's block and a letterhead are nobody's record.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use assay_model::{Cell, Element, ItemCategory, PersonName, Place, Role, SpecialCategory, Value};
use regex::Regex;

use super::super::dates::{self, DateSense};
use super::super::draft::{Basis, Draft};
use super::super::field::{Field, Scope};
use super::super::names::{self, NameOrder};
use super::super::record::{Assembler, Entry, Record};
use super::super::{Found, contact, numbers};
use super::Reading;
use super::address::{self, Block, Owner};
use super::labels::{self, Hit};
use super::lines::{Line, pieces};

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
    let begins = matches!(
        text.as_bytes().first(),
        Some(
            b'Y' | b'y'
                | b'K'
                | b'k'
                | b'B'
                | b'b'
                | b'R'
                | b'r'
                | b'W'
                | b'w'
                | b'M'
                | b'm'
                | b'S'
                | b's'
                | b'T'
                | b't'
        )
    );
    if !begins || text.len() > 60 {
        return false;
    }
    let lower = text.to_lowercase();
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
    .any(|words| lower.strip_prefix(words).is_some_and(|rest| rest.trim_matches([',', '.', '!', ' ']).len() <= 12))
}

/// What a section is while it is read.
struct Letter<'a, 'l> {
    reading: &'a Reading<'a>,
    lines: &'l [Line<'l>],
    assembler: Assembler<'a>,
    blocks: Vec<Block>,
    saluted: Vec<(usize, PersonName)>,
    /// True where the letter goes to the parent of the person it is about.
    to_parent: bool,
    parents_of: Vec<(usize, PersonName)>,
    signed: Option<usize>,
    signatures: Vec<(usize, PersonName)>,
    special: Vec<(usize, SpecialCategory, String)>,
    /// Statements of health before any record is open.
    early: Vec<(usize, String)>,
    /// Lines that a label above has taken as its value.
    taken: Vec<bool>,
    paragraph: u32,
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
        early: Vec::new(),
        taken: vec![false; lines.len()],
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
        let hits = if self.taken[at] { Vec::new() } else { labels::scan(&self.reading.detector.headers, text) };
        self.dates(at, &hits, found);
        for (place, hit) in hits.iter().enumerate() {
            let from = place.checked_sub(1).and_then(|before| hits.get(before)).map_or(0, |before| before.value_start);
            self.name_before(at, from, hit, &hits);
            self.hit(at, hit, found);
        }
        if text.bytes().any(|b| b.is_ascii_digit()) {
            self.unlabelled(at, &hits);
            self.addresses(at, &hits);
        }
        for (start, end, category) in self.reading.detector.words.special(text) {
            self.special.push((at, category, text.get(start..end).unwrap_or("").to_lowercase()));
        }
    }

    /// Dates in the head of a letter, and lines that are dates.
    fn dates(&self, at: usize, hits: &[Hit], found: &mut Found) {
        let Some(line) = self.lines.get(at).filter(|line| line.text.len() <= 100) else { return };
        if !line.text.bytes().any(|b| b.is_ascii_digit()) {
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
        let labelled =
            hits.iter().any(|other| other.field.is_name() && other.scope == Scope::Subject && other.start < hit.start);
        if !identifies || labelled || hit.scope != Scope::Subject {
            return;
        }
        let Some(before) = self.lines.get(at).and_then(|line| line.text.get(from..hit.start)) else { return };
        if let Some((_, name)) = labels::name_at_end(before) {
            let name = name.to_owned();
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
        if text.len() <= 50
            && names::likeness(&text) == 2
            && labels::scan(&self.reading.detector.headers, line.text).is_empty()
        {
            self.entry(above, Scope::Subject, Field::FullName, text, Basis::Content);
        }
    }

    fn entry(&mut self, at: usize, scope: Scope, field: Field, value: String, basis: Basis) {
        self.entry_in(at, scope, field, value, basis, self.paragraph);
    }

    fn entry_in(&mut self, at: usize, scope: Scope, field: Field, value: String, basis: Basis, paragraph: u32) {
        let Some(line) = self.lines.get(at) else { return };
        let place = self.reading.origin.at(line.place());
        let line = index(at);
        self.assembler.add(Entry { scope, field, value: Cell::Text(value), at: place, line, paragraph, basis });
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
            Field::FullName => self.full_name(value_at, hit.scope, &value),
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
        if !labels::scan(&self.reading.detector.headers, line.text).is_empty() || salutation(line.text).is_some() {
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
            if !labels::scan(&self.reading.detector.headers, line.text).is_empty() || salutation(line.text).is_some() {
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
            let hits = labels::scan(&self.reading.detector.headers, line.text);
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
    fn is_near(&mut self, at: usize) -> bool {
        let line = index(at);
        self.assembler
            .open(Scope::Subject)
            .is_some_and(|record| line <= record.last + NEAR && record.entries.iter().any(|entry| entry.field.is_key()))
            || self.assembler.open(Scope::Relative).is_some_and(|r| line <= r.last + 2)
            || self.assembler.open(Scope::Contact).is_some_and(|r| line <= r.last + 4)
    }

    fn full_name(&mut self, at: usize, scope: Scope, value: &str) {
        let (name, tail) = name_and_rest(value, self.company(at, scope));
        let Some(name) = name else { return };
        self.entry(at, scope, Field::FullName, name, Basis::Label);
        let postcode = contact::find_postcodes(tail).pop();
        let street = tail.split(',').any(|part| contact::is_street_line(part));
        if scope != Scope::Clinician && (street || postcode.is_some()) {
            let tail = tail.trim_matches([',', ' ', '-', '\u{2013}', '(', ')']);
            let end = postcode.map_or(tail.len(), |(_, _, code)| {
                tail.find(code.split(' ').next().unwrap_or("\u{0}")).map_or(tail.len(), |p| (p + 8).min(tail.len()))
            });
            let end = super::super::category::floor(tail, end);
            self.entry(at, scope, Field::Address, tail.get(..end).unwrap_or(tail).to_owned(), Basis::Label);
        }
    }

    /// What stands around a name: an identifier on its line or the next ones makes any capitalised words a name.
    fn company(&self, at: usize, scope: Scope) -> Company {
        let headers = &self.reading.detector.headers;
        let near = self.lines.iter().skip(at).take(4).any(|line| {
            labels::scan(headers, line.text).iter().any(|hit| {
                matches!(
                    hit.field,
                    Field::NhsNumber | Field::DateOfBirth | Field::HospitalNumber | Field::NationalInsuranceNumber
                )
            })
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
        let free =
            |start: usize| !hits.iter().any(|hit| start >= hit.start && start < hit.value_end.max(hit.value_start + 1));
        let nhs: Vec<(usize, usize, String)> =
            nhs_candidates(text).into_iter().filter(|(start, ..)| free(*start)).collect();
        let own: Option<(usize, String)> = self.reading.detector.forms.inside.iter().find_map(|(_, form)| {
            form.find_iter(text).find(|m| free(m.start())).map(|m| (m.start(), m.as_str().to_owned()))
        });
        if nhs.is_empty() && own.is_none() {
            return;
        }
        let labelled = hits.iter().any(|hit| hit.field.is_key());
        let name = if labelled { None } else { name_in(text) };
        if let Some(name) = name {
            // A line of a list is a record of its own.
            let paragraph = 1_000_000 + index(at);
            self.entry_in(at, Scope::Subject, Field::FullName, name, Basis::Content, paragraph);
            if let [(_, _, number)] = nhs.as_slice() {
                self.entry_in(at, Scope::Subject, Field::NhsNumber, number.clone(), Basis::Content, paragraph);
            }
            if let Some((_, number)) = own {
                self.entry_in(at, Scope::Subject, Field::HospitalNumber, number, Basis::Content, paragraph);
            }
            if let Some(date) = birth_in(text) {
                self.entry_in(at, Scope::Subject, Field::DateOfBirth, date, Basis::Content, paragraph);
            }
            let code =
                contact::find_postcodes(text).pop().filter(|_| !hits.iter().any(|hit| hit.field == Field::Postcode));
            if let Some((_, _, code)) = code {
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
        if let [(_, _, number)] = nhs.as_slice()
            && lacks_nhs
        {
            self.entry(at, Scope::Subject, Field::NhsNumber, number.clone(), Basis::Content);
        }
        if let Some((_, number)) = own.filter(|_| lacks_own) {
            self.entry(at, Scope::Subject, Field::HospitalNumber, number, Basis::Content);
        }
    }

    fn addresses(&mut self, at: usize, hits: &[Hit]) {
        let Some(line) = self.lines.get(at).filter(|_| !self.taken[at]) else { return };
        for (start, _, code) in contact::find_postcodes(line.text) {
            let labelled = hits.iter().any(|hit| start >= hit.start && start < hit.value_end);
            if labelled || self.signed.is_some() {
                continue;
            }
            let Some(block) = address::block(&self.reading.detector.headers, self.lines, at, start, &code) else {
                continue;
            };
            match block.owner {
                Owner::Record if !block.body => {
                    let text = if block.address.is_empty() { code } else { format!("{}, {code}", block.address) };
                    if self.is_near(at) {
                        self.entry(at, Scope::Subject, Field::Address, text, Basis::Content);
                    }
                }
                Owner::Record | Owner::Nobody => {}
                Owner::Name(_) | Owner::ParentOf(_) => self.blocks.push(block),
            }
        }
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

    fn place(&self, first: usize, last: usize) -> Place {
        let (Some(from), Some(to)) = (self.lines.get(first), self.lines.get(last)) else { return Place::Whole };
        let last = if from.part == to.part && to.number >= from.number { to.number } else { from.number };
        Place::Line { part: from.part.to_owned(), first: from.number, last }
    }

    fn push(&self, draft: Draft, (first, last): (usize, usize), role: (Role, &str), found: &mut Found) {
        let Some(line) = self.lines.get(first) else { return };
        let at = self.reading.origin.at(self.place(first, last));
        if let Some(mention) = draft.finish(at, role.0, role.1) {
            found.mentions.push((line.passage, line.number, mention));
        }
    }

    fn finish(mut self, signatories: &mut BTreeSet<String>, found: &mut Found) {
        self.assembler.close();
        let records = std::mem::take(&mut self.assembler.done);
        let (mut subjects, others): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|r| r.scope == Scope::Subject);
        // A date or an address alone tells nobody.
        for record in &mut subjects {
            record.draft.settle();
        }
        let mut bystanders: Vec<(Draft, (usize, usize), (Role, &'static str))> = Vec::new();
        let mut staff: Vec<(usize, PersonName)> = Vec::new();
        self.to_parent =
            !self.parents_of.is_empty() || self.blocks.iter().any(|b| matches!(b.owner, Owner::ParentOf(_)));
        for (at, child) in std::mem::take(&mut self.parents_of) {
            self.child(&mut subjects, at, child, None);
        }
        for block in std::mem::take(&mut self.blocks) {
            self.addressee(block, &mut subjects, &mut bystanders, &mut staff);
        }
        for (at, name) in std::mem::take(&mut self.saluted) {
            self.saluted(at, name, &mut subjects, &mut bystanders, &mut staff);
        }
        for record in others {
            self.other(record, &mut bystanders, &mut staff);
        }
        staff.extend(std::mem::take(&mut self.signatures));
        self.give_special(&mut subjects);
        subjects.retain(|record| record.draft.is_identified());
        // Who signs the own letter is its subject, not a member of staff.
        let named: Vec<PersonName> = subjects.iter().filter_map(|r| r.draft.name().cloned()).collect();
        for record in subjects {
            let role = self.role_of(&record.draft);
            let span = (record.first as usize, record.last as usize);
            self.push(record.draft, span, role, found);
        }
        for (draft, span, role) in bystanders {
            self.push(draft, span, role, found);
        }
        for (at, name) in staff {
            if named.iter().any(|own| names::compatible(own, &name)) {
                continue;
            }
            let key = format!("{} {}", name.given.join(" "), name.family).to_lowercase();
            if name.family.is_empty() || !signatories.insert(key) {
                continue;
            }
            let mut draft = Draft::default();
            let place = self.reading.origin.at(self.place(at, at));
            draft.push(Element::Name, Value::Name(name), place, Basis::Content);
            self.push(draft, (at, at), (Role::Staff, "signs, treats or refers: a bare name"), found);
        }
    }

    fn child(&self, subjects: &mut Vec<Record>, at: usize, child: PersonName, block: Option<&Block>) {
        let known = subjects.iter().position(|r| r.draft.name().is_some_and(|name| names::compatible(name, &child)));
        let nameless = subjects.iter().position(|r| r.draft.name().is_none());
        let place = known.or(nameless).unwrap_or_else(|| {
            subjects.push(Record {
                scope: Scope::Subject,
                entries: Vec::new(),
                draft: Draft::default(),
                first: index(at),
                last: index(at),
            });
            subjects.len() - 1
        });
        let Some(record) = subjects.get_mut(place) else { return };
        let locator = || self.reading.origin.at(self.place(at, at));
        if record.draft.name().is_none() {
            record.draft.push(Element::Name, Value::Name(child), locator(), Basis::Content);
        }
        if let Some(block) = block {
            self.give_address(&mut record.draft, block);
        }
    }

    fn give_address(&self, draft: &mut Draft, block: &Block) {
        if block.body || draft.has(Element::Postcode) {
            return;
        }
        let at = || self.reading.origin.at(self.place(block.first, block.last));
        let text = if block.address.is_empty() {
            block.postcode.clone()
        } else {
            format!("{}, {}", block.address, block.postcode)
        };
        draft.address(&text, at, Basis::Content);
    }

    fn addressee(
        &self,
        block: Block,
        subjects: &mut Vec<Record>,
        bystanders: &mut Vec<(Draft, (usize, usize), (Role, &'static str))>,
        staff: &mut Vec<(usize, PersonName)>,
    ) {
        let name = match &block.owner {
            Owner::Name(name) => name.clone(),
            Owner::ParentOf(child) => {
                let child = child.clone();
                self.child(subjects, block.first, child, Some(&block));
                return;
            }
            Owner::Record | Owner::Nobody => return,
        };
        if names::is_doctor(&name) || block.body {
            staff.push((block.first, name));
            return;
        }
        let fits = |record: &Record| record.draft.name().is_some_and(|own| names::compatible(own, &name));
        if let Some(record) = subjects.iter_mut().find(|record| fits(record)) {
            self.give_address(&mut record.draft, &block);
            return;
        }
        let at = || self.reading.origin.at(self.place(block.first, block.last));
        if let [only] = subjects.as_mut_slice()
            && only.draft.name().is_none()
        {
            only.draft.push(Element::Name, Value::Name(name), at(), Basis::Content);
            self.give_address(&mut only.draft, &block);
            return;
        }
        let mut draft = Draft::default();
        draft.push(Element::Name, Value::Name(name), at(), Basis::Content);
        self.give_address(&mut draft, &block);
        if subjects.is_empty() {
            let (first, last) = (index(block.first), index(block.last));
            subjects.push(Record { scope: Scope::Subject, entries: Vec::new(), draft, first, last });
        } else {
            bystanders.push((
                draft,
                (block.first, block.last),
                (Role::Relative, "addressed in a letter about another person"),
            ));
        }
    }

    fn saluted(
        &self,
        at: usize,
        name: PersonName,
        subjects: &mut Vec<Record>,
        bystanders: &mut Vec<(Draft, (usize, usize), (Role, &'static str))>,
        staff: &mut Vec<(usize, PersonName)>,
    ) {
        // "Dear Karen" tells no person, and in a letter to the parent of a child the one addressed is not the child.
        if name.family.is_empty() {
            return;
        }
        let to_parent = self.to_parent;
        let known = |draft: &Draft| {
            draft.name().is_some_and(|own| {
                names::compatible(own, &name) && !(to_parent && name.given.is_empty() && !own.given.is_empty())
            })
        };
        if subjects.iter().any(|r| known(&r.draft)) || bystanders.iter().any(|(draft, ..)| known(draft)) {
            return;
        }
        if names::is_doctor(&name) {
            if !staff.iter().any(|(_, other)| names::compatible(other, &name)) {
                staff.push((at, name));
            }
            return;
        }
        let place = self.reading.origin.at(self.place(at, at));
        let nameless: Vec<&mut Record> = subjects.iter_mut().filter(|r| r.draft.name().is_none()).collect();
        if nameless.len() == 1
            && let Some(record) = nameless.into_iter().next()
            && record.draft.is_identified()
        {
            record.draft.push(Element::Name, Value::Name(name), place, Basis::Content);
            return;
        }
        let role = if subjects.is_empty() {
            (Role::Unknown, "addressed in a letter")
        } else {
            (Role::Relative, "addressed in a letter about another person")
        };
        let mut draft = Draft::default();
        draft.push(Element::Name, Value::Name(name), place, Basis::Content);
        bystanders.push((draft, (at, at), role));
    }

    fn other(
        &self,
        mut record: Record,
        bystanders: &mut Vec<(Draft, (usize, usize), (Role, &'static str))>,
        staff: &mut Vec<(usize, PersonName)>,
    ) {
        record.draft.settle();
        let span = (record.first as usize, record.last as usize);
        match record.scope {
            Scope::Clinician => staff.extend(record.draft.name().cloned().map(|name| (span.0, name))),
            Scope::Relative if record.draft.name().is_some() => {
                bystanders.push((record.draft, span, (Role::Relative, "labelled as next of kin or parent")));
            }
            Scope::Contact if record.draft.name().is_some() => {
                let own = matches!(record.draft.first(Element::Email), Some(Value::Text(a)) if self.reading.detector.signs.is_own_address(a) || super::super::table::rows::is_nhs(a));
                let role = match () {
                    () if own => (Role::Staff, "contact with an address of a controller"),
                    () if self.reading.count.leading() == Some(ItemCategory::Procurement) => {
                        (Role::SupplierContact, "labelled as contact in a procurement record")
                    }
                    () => (Role::Unknown, "labelled as contact"),
                };
                bystanders.push((record.draft, span, role));
            }
            _ => {}
        }
    }

    fn give_special(&mut self, subjects: &mut [Record]) {
        for (at, value) in std::mem::take(&mut self.early) {
            if let [only] = &mut *subjects {
                let place = self.reading.origin.at(self.place(at, at));
                only.draft.push(Element::Diagnosis, Value::Text(value), place, Basis::Label);
            }
        }
        for (at, category, word) in std::mem::take(&mut self.special) {
            let line = index(at);
            let place = self.reading.origin.at(self.place(at, at));
            let many = subjects.len() > 1;
            let target = subjects.iter_mut().filter(|r| !many || r.first <= line).max_by_key(|r| r.first);
            let Some(record) = target.filter(|r| r.draft.is_identified() && (!many || line <= r.last + 40)) else {
                continue;
            };
            if !record.draft.has(Element::Special(category)) {
                record.draft.push(Element::Special(category), Value::Text(word), place, Basis::Content);
            }
        }
    }

    fn role_of(&self, draft: &Draft) -> (Role, &'static str) {
        let has = |element| draft.has(element);
        match (self.reading.count.leading(), ()) {
            _ if has(Element::NhsNumber) || has(Element::HospitalNumber) => {
                (Role::Patient, "record with a patient's number")
            }
            _ if has(Element::NationalInsuranceNumber) || has(Element::Salary) => {
                (Role::Staff, "record with pay or a national insurance number")
            }
            (Some(ItemCategory::DonorReport), ()) => (Role::Donor, "subject of a letter about giving"),
            (Some(ItemCategory::StaffRecord), ()) => (Role::Staff, "subject of a letter about employment"),
            (Some(ItemCategory::Procurement), ()) => (Role::SupplierContact, "named in a procurement record"),
            _ if has(Element::Diagnosis) => (Role::Patient, "record with a statement of health"),
            (Some(ItemCategory::PatientRecord), ()) => (Role::Patient, "subject of a letter about care"),
            _ => (Role::Unknown, "subject of a text that tells no role"),
        }
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The digits with which a value begins.
fn leading_number(value: &str) -> String {
    value
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '\u{a0}' | '\u{2010}'..='\u{2014}'))
        .filter(char::is_ascii_digit)
        .take(10)
        .collect()
}

/// What stands near a name's label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    /// A number or date of birth: what is labelled a name is one, whether the lists know it or not.
    Identifier,
    /// A label that names a clinician, a relative, a contact.
    Label,
    Nothing,
}

/// A name at the beginning of a value, and the rest.
fn name_and_rest(value: &str, company: Company) -> (Option<String>, &str) {
    let fits = |text: &str| {
        let text = text.trim();
        let titled = text.split(' ').next().is_some_and(names::is_title) && text.contains(' ');
        let words = text.split([' ', ',', '-']).filter(|w| !w.is_empty());
        let capitals = words.clone().all(|w| w.starts_with(|c: char| c.is_uppercase() || c == '\'') || w.len() <= 3);
        let count = words.count();
        let parses = names::parse(text, NameOrder::GivenFirst).is_some();
        let likeness = names::likeness(text);
        parses
            && (titled
                || likeness == 2
                || (likeness == 1 && company != Company::Nothing)
                || (company == Company::Identifier && capitals && (2..=4).contains(&count)))
    };
    let whole = value.trim().trim_end_matches(['.', ',']);
    if fits(whole) {
        return (Some(whole.to_owned()), "");
    }
    let cuts: Vec<usize> = whole
        .match_indices([',', '(', '\u{2013}'])
        .map(|(place, _)| place)
        .chain(whole.find(" - "))
        .chain(whole.find("  "))
        .collect();
    let mut cuts = cuts;
    cuts.sort_unstable();
    // `SMITH, John, 12 High Street`: the second comma ends the name where the first is inside it.
    for cut in cuts.iter().take(3).rev().chain(cuts.first()) {
        let (Some(head), Some(rest)) = (whole.get(..*cut), whole.get(*cut..)) else { continue };
        if fits(head)
            && head.split(' ').count() <= 6
            && !head.bytes().any(|b| b.is_ascii_digit())
            && contact::find_postcodes(head).is_empty()
            && comma_name_or_plain(head)
        {
            return (Some(head.trim().to_owned()), rest);
        }
    }
    (None, "")
}

/// `SMITH, John` is one name; `John Smith, Liverpool` is a name and a town.
fn comma_name_or_plain(head: &str) -> bool {
    match head.split_once(',') {
        None => true,
        Some((family, given)) => {
            !family.trim().contains(' ') && names::likeness(given.trim()) < 2 && names::likeness(head) == 2
        }
    }
}

/// The first name of a line: two to four capitalised words that the lists know.
fn name_in(text: &str) -> Option<String> {
    let words: Vec<(usize, &str)> = text
        .split([' ', '\t', '|', ';'])
        .scan(0usize, |offset, word| {
            let start = *offset;
            *offset += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
        .take(40)
        .collect();
    for (place, (start, word)) in words.iter().enumerate() {
        if !word.starts_with(char::is_uppercase) {
            continue;
        }
        for length in (2..=4).rev() {
            let Some((last, end)) = words.get(place + length - 1) else { continue };
            let slice = text.get(*start..last + end.len())?.trim_end_matches([',', ')']);
            let parted = slice.contains(['\t', '|', ';']) || slice.contains("  ") && length > 2;
            if !parted && !slice.bytes().any(|b| b.is_ascii_digit()) && names::likeness(slice) == 2 {
                return Some(slice.to_owned());
            }
        }
    }
    None
}

/// The date of birth of a line of a list: the oldest of several dates, or the only one where it can be no appointment.
fn birth_in(text: &str) -> Option<String> {
    let dates = dates::find(text, DateSense::Birth);
    let (_, _, oldest) = dates.iter().min_by_key(|(_, _, date)| *date)?;
    let newest = dates.iter().map(|(_, _, date)| date).max()?;
    let parted = dates.len() > 1 && newest.year() > oldest.year();
    (parted || oldest.year() <= 2018).then(|| oldest.to_string())
}

static TEN_DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{3}[ \x{a0}-]?\d{3}[ \x{a0}-]?\d{4}\b").expect("checked by the tests"));
static GOODS_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:order|p\.?o\.?|barcode|serial|s/n|sku|ref|reference|tel|telephone|fax|phone|mobile|mob|invoice|account|acc|asset|batch|lot|ean|gtin|item|qty|part|code|model|imei|vat|contract|requisition|ticket|case|bleep|ext|isbn|licence|version|id|gmc|nmc|charity)\b\.?\s*(?:number|no|num|#)?\.?\s*[:=#.-]?\s*(?:[A-Z]{1,4}[-/]?)?$")
        .expect("checked by the tests")
});

/// Ten digits that pass the check, are in an issued range, and are not said to be something else.
fn nhs_candidates(text: &str) -> Vec<(usize, usize, String)> {
    TEN_DIGITS
        .find_iter(text)
        .filter_map(|found| {
            let number = numbers::nhs_number(found.as_str()).filter(|number| numbers::is_issued_range(number))?;
            let before = text.get(..found.start())?;
            let joined = before.ends_with(['-', '/', '+', '.']) || text.get(found.end()..)?.starts_with(['-', '/']);
            let tail = before.get(super::super::category::floor(before, before.len().saturating_sub(40))..)?;
            (!joined && !GOODS_BEFORE.is_match(tail)).then(|| (found.start(), found.end(), number))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_beginning_of_values() {
        let check = |value: &str| name_and_rest(value, Company::Nothing).0.unwrap_or_else(|| "-".to_owned());
        assert_eq!(check("Mr John Smith, 12 High Street, Liverpool, L12 2AP"), "Mr John Smith");
        assert_eq!(check("SMITH, John, 12 High Street"), "SMITH, John");
        assert_eq!(check("John Smith"), "John Smith");
        assert_eq!(check("was seen in clinic"), "-");
        assert_eq!(check("Annual Leave Policy"), "-");
    }

    #[test]
    fn goods_are_no_nhs_numbers() {
        assert_eq!(nhs_candidates("9990000018").len(), 1);
        for text in ["PO 9990000018", "Order no: 9990000018", "barcode 9990000018", "SN-9990000018", "Tel 999 000 0018"]
        {
            assert!(nhs_candidates(text).is_empty(), "{text}");
        }
    }
}
