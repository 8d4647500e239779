//! Where those of a letter are reached: addresses with their owner, addresses broken before their postcode, the telephone and mail
//! address in the row of a contact.

use super::super::contact;
use super::super::draft::Basis;
use super::super::field::{Field, Scope};
use super::address::{self, Owner};
use super::labels::Hit;
use super::letter::{Letter, index, postcodes};

impl Letter<'_, '_> {
    /// `Contact: Mr John Smith, 0151 496 0123, j.smith@firm.example`: what stands in a row behind a contact's or a relative's
    /// name reaches the one named.
    pub(super) fn reached_after(&mut self, at: usize, hit: &Hit) {
        if !matches!(hit.scope, Scope::Contact | Scope::Relative) {
            return;
        }
        let next = self.hits.get(at).into_iter().flatten().map(|other| other.start).find(|start| *start > hit.start);
        let Some(line) = self.lines.get(at) else { return };
        let row = line.text.get(hit.value_start..next.unwrap_or(line.text.len())).unwrap_or("");
        let mail = contact::find_email(row).map(|(.., address)| address);
        let phone = row.split([',', ';', '(', ')', '|']).find(|piece| contact::phone(piece).is_some());
        let phone = phone.map(|piece| piece.trim().to_owned());
        for (field, value) in [(Field::Email, mail), (Field::Phone, phone)] {
            if let Some(value) = value {
                self.entry(at, hit.scope, field, value, Basis::Label);
            }
        }
    }

    /// The addresses of a line: each goes to the name above it, or to the record that is open there.
    pub(super) fn addresses(&mut self, at: usize, hits: &[Hit]) {
        let Some(line) = self.lines.get(at).filter(|_| !self.taken[at]) else { return };
        for (start, code) in postcodes(&self.reading.detector.identifiers, line) {
            let labelled = hits.iter().any(|hit| start >= hit.start && start < hit.value_end);
            if labelled || self.signed.is_some() {
                continue;
            }
            if self.goes_on_from_above(at, start, &code) {
                continue;
            }
            let Some(block) = address::block(&self.hits, self.lines, at, start, &code) else {
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

    /// `John Smith, 03/04/1961, 12 High Street, Anytown,` and the postcode on the next line: where a line of a record ends in
    /// an address and was broken before its postcode, the postcode is the record's.
    fn goes_on_from_above(&mut self, at: usize, start: usize, code: &str) -> bool {
        let Some(above) = at.checked_sub(1).and_then(|above| self.lines.get(above)) else { return false };
        let begins =
            self.lines.get(at).and_then(|line| line.text.get(..start)).is_some_and(|text| text.trim().is_empty());
        let street = above.text.split(',').map(str::trim).position(contact::is_street_line);
        let (true, true, Some(street)) = (begins, above.text.len() >= 40, street) else { return false };
        let last = index(at - 1);
        let paragraph = self
            .assembler
            .open(Scope::Subject)
            .filter(|record| record.last == last && record.entries.iter().any(|entry| entry.field.is_key()));
        let Some(paragraph) = paragraph.and_then(|r| r.entries.last()).map(|entry| entry.paragraph) else {
            return false;
        };
        let parts: Vec<&str> =
            above.text.split(',').map(str::trim).skip(street).filter(|part| !part.is_empty()).collect();
        let address = format!("{}, {code}", parts.join(", "));
        self.entry_in(at, Scope::Subject, Field::Address, address, Basis::Content, paragraph);
        true
    }
}
