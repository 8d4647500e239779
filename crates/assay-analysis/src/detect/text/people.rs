//! Whom a letter is about, whom it addresses, who signs: told apart when all of it is read.
//!
//! An addressee whose name agrees with the record's gives it the address; another is a relative; a doctor or a body's
//! addressee is a bare name. A salutation counts only where nobody else has its name.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Element, ItemCategory, PersonName, Place, Role, SpecialCategory, Value};

use super::super::draft::{Basis, Draft};
use super::super::field::Scope;
use super::super::record::Record;
use super::super::table::rows::is_nhs;
use super::super::{Found, contact, names};
use super::address::{Block, Owner};
use super::letter::{Letter, index};
use crate::reference::fold;

/// A person beside the one whom the letter is about: draft, first and last line, role and why.
type Bystander = (Draft, (usize, usize), (Role, &'static str));

/// Lines below a record in which an identifier without a label is still its person's.
const BELOW: u32 = 4;

impl Letter<'_, '_> {
    pub(super) fn place(&self, first: usize, last: usize) -> Place {
        let (Some(from), Some(to)) = (self.lines.get(first), self.lines.get(last)) else { return Place::Whole };
        let last = if from.part == to.part && to.number >= from.number { to.number } else { from.number };
        Place::Line { part: from.part.to_owned(), first: from.number, last }
    }

    pub(super) fn push(&self, draft: Draft, (first, last): (usize, usize), role: (Role, &str), found: &mut Found) {
        let Some(line) = self.lines.get(first) else { return };
        let at = self.reading.origin.at(self.place(first, last));
        if let Some(mention) = draft.finish(at, role.0, role.1) {
            found.mentions.push((line.passage, line.number, mention));
        }
    }

    pub(super) fn finish(mut self, signatories: &mut BTreeSet<String>, found: &mut Found) {
        self.assembler.close();
        let records = std::mem::take(&mut self.assembler.done);
        let (mut subjects, others): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|r| r.scope == Scope::Subject);
        // A date or an address alone tells nobody.
        for record in &mut subjects {
            record.draft.settle();
        }
        let mut bystanders: Vec<Bystander> = Vec::new();
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
        self.give_identifiers(&mut subjects);
        subjects.retain(|record| record.draft.is_identified());
        // Who signs the own letter is its subject, not a member of staff.
        let mut named: BTreeMap<String, Vec<PersonName>> = BTreeMap::new();
        for name in subjects.iter().filter_map(|record| record.draft.name()) {
            named.entry(fold(&name.family)).or_default().push(name.clone());
        }
        for record in subjects {
            let role = self.role_of(&record.draft);
            let span = (record.first as usize, record.last as usize);
            self.push(record.draft, span, role, found);
        }
        for (draft, span, role) in bystanders {
            self.push(draft, span, role, found);
        }
        for (at, name) in staff {
            let key = format!("{} {}", name.given.join(" "), name.family).to_lowercase();
            let same =
                named.get(&fold(&name.family)).is_some_and(|all| all.iter().any(|own| names::compatible(own, &name)));
            if name.family.is_empty() || same || !signatories.insert(key) {
                continue;
            }
            let mut draft = Draft::default();
            let place = self.reading.origin.at(self.place(at, at));
            let own = self.own_address(at, &name);
            draft.push(Element::Name, Value::Name(name), place, Basis::Content);
            let role = match own {
                None => (Role::Staff, "signs, treats or refers: a bare name"),
                Some((below, address)) => {
                    let of_body = self.reading.detector.signs.is_own_address(&address) || is_nhs(&address);
                    let place = self.reading.origin.at(self.place(below, below));
                    draft.push(Element::Email, Value::Text(address), place, Basis::Content);
                    match self.reading.count.leading() {
                        _ if of_body => (Role::Staff, "signs with an address of a controller or of the health service"),
                        Some(ItemCategory::Procurement) => (Role::SupplierContact, "signs in a procurement record"),
                        _ => (Role::Unknown, "correspondent of another body"),
                    }
                }
            };
            self.push(draft, (at, at), role, found);
        }
    }

    /// The mail address below a signature that carries the family name: the signer's own, not an office's.
    fn own_address(&self, at: usize, name: &PersonName) -> Option<(usize, String)> {
        let family = fold(&name.family);
        let below = self.lines.iter().enumerate().skip(at + 1).take(8);
        below.filter_map(|(place, line)| Some((place, contact::find_email(line.text)?.2))).find(|(_, address)| {
            self.signed.is_some_and(|signed| signed < at)
                && family.len() > 2
                && fold(address.split('@').next().unwrap_or("")).contains(&family)
        })
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
        bystanders: &mut Vec<Bystander>,
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
        // Doctors are patients too: a letter with numbers of nobody else named is about whom it addresses.
        let nameless =
            matches!(subjects.as_slice(), [only] if only.draft.name().is_none() && only.draft.is_identified());
        if (names::is_doctor(&name) && !nameless) || block.body {
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
        subjects: &mut [Record],
        bystanders: &mut Vec<Bystander>,
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

    fn other(&self, mut record: Record, bystanders: &mut Vec<Bystander>, staff: &mut Vec<(usize, PersonName)>) {
        record.draft.settle();
        let span = (record.first as usize, record.last as usize);
        match record.scope {
            Scope::Clinician => staff.extend(record.draft.name().cloned().map(|name| (span.0, name))),
            Scope::Relative if record.draft.name().is_some() => {
                bystanders.push((record.draft, span, (Role::Relative, "labelled as next of kin or parent")));
            }
            Scope::Contact if record.draft.name().is_some() => {
                let own = matches!(record.draft.first(Element::Email), Some(Value::Text(a)) if self.reading.detector.signs.is_own_address(a) || is_nhs(a));
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
            // Of safeguarding each word is kept: one may be what harms first.
            let every = category == SpecialCategory::Safeguarding;
            if every || !record.draft.has(Element::Special(category)) {
                record.draft.push(Element::Special(category), Value::Text(word), place, Basis::Content);
            }
        }
    }

    /// An identifier is of the record that it stands in, or right below.
    fn give_identifiers(&mut self, subjects: &mut [Record]) {
        for (at, hit, value) in std::mem::take(&mut self.identifiers) {
            let line = index(at);
            let target = subjects.iter_mut().filter(|r| r.first <= line).max_by_key(|r| r.first);
            let Some(record) = target.filter(|r| r.draft.is_identified() && line <= r.last + BELOW) else { continue };
            let place = self.reading.origin.at(self.place(at, at));
            let rule = self.reading.detector.identifiers.rule(&hit);
            record.draft.push_found(&hit, value, place, rule);
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
