//! Labelled values one below the other become records: where one person's ends and the next one's begins.
//!
//! A value that contradicts the open record (another NHS number, another name or date of birth) opens a new one. What
//! stood in the same paragraph before the contradiction goes over to the new record: it was its beginning.

use assay_model::{Cell, Element, Locator, Value};

use super::draft::{Basis, Draft, HospitalForms};
use super::field::{Field, Scope};
use super::names::{self, NameOrder};

/// A labelled value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) scope: Scope,
    pub(crate) field: Field,
    pub(crate) value: Cell,
    pub(crate) at: Locator,
    /// Line or row, counted through the item.
    pub(crate) line: u32,
    /// Grows with each blank line.
    pub(crate) paragraph: u32,
    pub(crate) basis: Basis,
}

/// The entries of one person.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) scope: Scope,
    pub(crate) entries: Vec<Entry>,
    pub(crate) draft: Draft,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Record {
    fn new(scope: Scope, line: u32) -> Self {
        Self { scope, entries: Vec::new(), draft: Draft::default(), first: line, last: line }
    }

    fn take(&mut self, entry: Entry, forms: &HospitalForms) {
        let at = entry.at.clone();
        self.draft.fill(entry.field, &entry.value, NameOrder::GivenFirst, || at.clone(), entry.basis, forms);
        self.first = self.first.min(entry.line);
        self.last = self.last.max(entry.line);
        self.entries.push(entry);
    }

    fn contradicts(&self, entry: &Entry, forms: &HospitalForms) -> bool {
        if !entry.field.is_key() {
            return false;
        }
        if matches!(entry.field, Field::FamilyName | Field::GivenNames) {
            let said = self.entries.iter().find(|e| e.field == entry.field);
            return said.is_some_and(|e| !e.value.text().trim().eq_ignore_ascii_case(entry.value.text().trim()));
        }
        let mut probe = Draft::default();
        let at = entry.at.clone();
        if !probe.fill(entry.field, &entry.value, NameOrder::GivenFirst, || at.clone(), Basis::Label, forms) {
            return false;
        }
        let Some(new) = probe.findings.first() else { return false };
        // A second local number is another body's as a rule.
        if new.element == Element::HospitalNumber {
            return false;
        }
        match (new.value.reveal(), self.draft.first(new.element)) {
            (_, None) => false,
            (Value::Name(new), Some(Value::Name(old))) => !names::compatible(new, old),
            (new, Some(old)) => new != old,
        }
    }
}

/// Puts entries into records, in the order of reading.
pub(crate) struct Assembler<'a> {
    forms: &'a HospitalForms,
    pub(crate) open: Vec<Record>,
    pub(crate) done: Vec<Record>,
    /// The label with which records of this item begin.
    starter: Option<Field>,
    current: Scope,
    last_line: u32,
}

/// Lines without any label after which a name opens a new record.
const FAR: u32 = 60;

impl<'a> Assembler<'a> {
    pub(crate) fn new(forms: &'a HospitalForms) -> Self {
        Self { forms, open: Vec::new(), done: Vec::new(), starter: None, current: Scope::Subject, last_line: 0 }
    }

    /// The open record of a scope.
    pub(crate) fn open(&mut self, scope: Scope) -> Option<&mut Record> {
        self.open.iter_mut().find(|record| record.scope == scope)
    }

    /// Ends all open records: a new letter, page of another patient, message.
    pub(crate) fn close(&mut self) {
        self.done.append(&mut self.open);
        self.current = Scope::Subject;
    }

    pub(crate) fn add(&mut self, mut entry: Entry) {
        // "Next of kin: Mary Smith, Tel: ..." in one paragraph: an unscoped telephone is the person's named last.
        let unscoped = entry.scope == Scope::Subject;
        let contact_field = matches!(entry.field, Field::Phone | Field::Email | Field::Address | Field::Postcode);
        if unscoped && contact_field && self.current != Scope::Subject && entry.line <= self.last_line + 2 {
            entry.scope = self.current;
        } else {
            self.current = entry.scope;
        }
        self.last_line = entry.line;
        let scope = entry.scope;
        let Some(place) = self.open.iter().position(|record| record.scope == scope) else {
            if scope == Scope::Subject && self.starter.is_none() && entry.field.is_key() {
                self.starter = Some(entry.field);
            }
            let mut record = Record::new(scope, entry.line);
            record.take(entry, self.forms);
            self.open.push(record);
            return;
        };
        let record = &mut self.open[place];
        let far = entry.field.is_name() && entry.line > record.last + FAR && record.draft.has(Element::Name);
        let contradicts = record.contradicts(&entry, self.forms);
        // Clinicians are bare names: each is a record of its own.
        let another_clinician = scope == Scope::Clinician && entry.field.is_name();
        if contradicts || another_clinician || (far && self.starter == Some(entry.field)) {
            let mut old = self.open.remove(place);
            let mut new = Record::new(scope, entry.line);
            let moved = split(&mut old, entry.paragraph, self.forms);
            for entry in moved {
                new.take(entry, self.forms);
            }
            new.take(entry, self.forms);
            self.done.push(old);
            // Who was named beside the old person goes with that person.
            if scope == Scope::Subject {
                self.done.append(&mut self.open);
            }
            self.open.push(new);
        } else {
            record.take(entry, self.forms);
        }
    }
}

/// Takes from a record what stands in the paragraph of a contradiction, where the record began in an earlier one.
fn split(old: &mut Record, paragraph: u32, forms: &HospitalForms) -> Vec<Entry> {
    let in_paragraph = |entry: &Entry| entry.paragraph == paragraph;
    if old.entries.iter().all(in_paragraph) || !old.entries.iter().any(in_paragraph) {
        return Vec::new();
    }
    let all = std::mem::take(&mut old.entries);
    let (moved, kept): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(in_paragraph);
    // A key among the moved that only they have: moving is right. Else the paragraph repeats the old record.
    *old = Record { draft: Draft::default(), ..Record::new(old.scope, kept.first().map_or(old.first, |e| e.line)) };
    for entry in kept {
        old.take(entry, forms);
    }
    moved
}
