//! Mentions and their findings as rows of two tables. The mention's id is not among them: ids come from the exhibit's
//! hash, which a worker has no need to know.

use super::{Datum, Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{
    ControllerId, Element, ExhibitId, Finding, ItemPath, Locator, Mention, MentionId, PersonName, Place, Recovery,
    Role, Sensitive, Value,
};
use std::collections::BTreeMap;

/// A mention with its number among those of its item, from 0.
#[derive(Clone, Debug)]
pub struct MentionRecord {
    /// Its number in the item.
    pub ordinal: u64,
    /// The mention; its id is zero.
    pub mention: Mention,
}

const PART: char = '\u{1f}';

/// The rows of mentions: the batch of the mention table and that of the finding table.
pub fn mention_rows(records: &[MentionRecord]) -> Result<(RecordBatch, RecordBatch), WireError> {
    let mut mentions = Vec::with_capacity(records.len());
    let mut findings = Vec::new();
    for record in records {
        let mut row = located(&record.mention.locator, record.ordinal);
        row.push(Datum::Text(record.mention.role.as_str().to_owned()));
        row.push(Datum::Text(record.mention.role_reason.clone()));
        row.push(Datum::Text(record.mention.recovery.written()));
        mentions.push(row);
        for finding in &record.mention.findings {
            findings.push(finding_row(finding, record.ordinal));
        }
    }
    Ok((batch(TableId::Mention, &mentions)?, batch(TableId::Finding, &findings)?))
}

pub(super) fn finding_row(finding: &Finding, ordinal: u64) -> Vec<Datum> {
    let (form, value) = written(finding.value.reveal());
    let mut row = located(&finding.locator, ordinal);
    row.extend([
        Datum::Text(finding.detector.clone()),
        Datum::Text(finding.element.as_str().to_owned()),
        Datum::Text(form.to_owned()),
        Datum::Text(value),
        Datum::Text(finding.controller.as_ref().map(ToString::to_string).unwrap_or_default()),
        Datum::Real(finding.confidence.into()),
    ]);
    row
}

/// A row of findings.
pub(super) fn finding(rows: &Rows<'_>, n: usize, last: &mut Last) -> Result<Finding, WireError> {
    let locator = locator(rows, n, last)?;
    let value = read(rows.text(n, "form")?, rows.text(n, "value")?);
    let confidence = rows.real(n, "confidence")? as f32;
    if !(0.0..=1.0).contains(&confidence) {
        return Err(rows.refuse(n, "confidence"));
    }
    Ok(Finding {
        detector: rows.text(n, "detector")?.to_owned(),
        element: Element::parse(rows.text(n, "element")?).ok_or_else(|| rows.refuse(n, "element"))?,
        value: Sensitive::new(value.ok_or_else(|| rows.refuse(n, "value"))?),
        controller: Some(rows.text(n, "controller")?).filter(|id| !id.is_empty()).map(ControllerId::new),
        locator,
        confidence,
    })
}

pub(super) fn located(locator: &Locator, ordinal: u64) -> Vec<Datum> {
    let (form, part, first, last) = match &locator.place {
        Place::Whole => ("whole", "", 0, 0),
        Place::Bytes { start, end } => ("bytes", "", *start, *end),
        Place::Line { part, first, last } => ("line", part.as_str(), u64::from(*first), u64::from(*last)),
        Place::Row { sheet, row } => ("row", sheet.as_str(), u64::from(*row), 0),
        Place::Cell { sheet, row, column } => ("cell", sheet.as_str(), u64::from(*row), u64::from(*column)),
    };
    vec![
        Datum::Text(locator.exhibit.to_string()),
        Datum::Text(locator.path.as_str().to_owned()),
        Datum::Number(ordinal),
        Datum::Text(form.to_owned()),
        Datum::Text(part.to_owned()),
        Datum::Number(first),
        Datum::Number(last),
    ]
}

/// The item named last: rows of one item follow each other, and their locators share its texts.
#[derive(Default)]
pub(super) struct Last {
    exhibit: ExhibitId,
    path: ItemPath,
}

impl Last {
    fn item(&mut self, exhibit: &str, path: &str) -> (ExhibitId, ItemPath) {
        if self.exhibit.as_str() != exhibit {
            self.exhibit = ExhibitId::new(exhibit);
        }
        if self.path.as_str() != path {
            self.path = ItemPath::from_encoded(path);
        }
        (self.exhibit.clone(), self.path.clone())
    }
}

pub(super) fn locator(rows: &Rows<'_>, n: usize, last: &mut Last) -> Result<Locator, WireError> {
    let part = || rows.text(n, "part").map(str::to_owned);
    let small = |column| {
        let number = rows.number(n, column)?;
        u32::try_from(number).map_err(|_| rows.refuse(n, column))
    };
    let place = match rows.text(n, "place")? {
        "whole" => Place::Whole,
        "bytes" => Place::Bytes { start: rows.number(n, "first")?, end: rows.number(n, "last")? },
        "line" => Place::Line { part: part()?, first: small("first")?, last: small("last")? },
        "row" => Place::Row { sheet: part()?, row: small("first")? },
        "cell" => Place::Cell { sheet: part()?, row: small("first")?, column: small("last")? },
        _ => return Err(rows.refuse(n, "place")),
    };
    let (exhibit, path) = last.item(rows.text(n, "exhibit")?, rows.text(n, "path")?);
    Ok(Locator { exhibit, path, place })
}

fn written(value: &Value) -> (&'static str, String) {
    match value {
        Value::Text(text) => ("text", text.clone()),
        Value::Date(date) => ("date", date.to_string()),
        Value::Name(name) => {
            let parts = [&name.title, &name.family].into_iter().chain(&name.given);
            let parts: Vec<_> = parts.map(|part| part.replace(PART, " ")).collect();
            ("name", parts.join(&PART.to_string()))
        }
    }
}

fn read(form: &str, text: &str) -> Option<Value> {
    match form {
        "text" => Some(Value::Text(text.to_owned())),
        "date" => text.parse().ok().map(Value::Date),
        "name" => {
            let mut parts = text.split(PART).map(str::to_owned);
            Some(Value::Name(PersonName { title: parts.next()?, family: parts.next()?, given: parts.collect() }))
        }
        _ => None,
    }
}

/// The mentions of two checked batches, in the order of the mention table. A finding whose mention is missing, or a
/// mention given twice, is refused.
pub fn mentions_of(mentions: &Rows<'_>, findings: &Rows<'_>) -> Result<Vec<MentionRecord>, WireError> {
    let mut records = Vec::with_capacity(mentions.len());
    let mut position = BTreeMap::new();
    let mut last = Last::default();
    for n in 0..mentions.len() {
        let locator = locator(mentions, n, &mut last)?;
        let ordinal = mentions.number(n, "ordinal")?;
        if position.insert((locator.exhibit.clone(), locator.path.clone(), ordinal), n).is_some() {
            return Err(mentions.refuse(n, "ordinal"));
        }
        let role = Role::parse(mentions.text(n, "role")?).ok_or_else(|| mentions.refuse(n, "role"))?;
        let role_reason = mentions.text(n, "role_reason")?.to_owned();
        let recovery = Recovery::parse(mentions.text(n, "recovery")?).ok_or_else(|| mentions.refuse(n, "recovery"))?;
        let mention = Mention { id: MentionId(0), locator, role, role_reason, recovery, findings: Vec::new() };
        records.push(MentionRecord { ordinal, mention });
    }
    for n in 0..findings.len() {
        let finding = finding(findings, n, &mut last)?;
        let locator = &finding.locator;
        let key = (locator.exhibit.clone(), locator.path.clone(), findings.number(n, "ordinal")?);
        let record = position.get(&key).and_then(|&at| records.get_mut(at));
        let record: &mut MentionRecord = record.ok_or_else(|| findings.refuse(n, "ordinal"))?;
        record.mention.findings.push(finding);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::SpecialCategory;

    fn record() -> MentionRecord {
        let at = |column| Locator {
            exhibit: ExhibitId::new("LEAK/1"),
            path: ItemPath::of_file("a.zip").member("list.csv"),
            place: Place::Cell { sheet: String::new(), row: 4, column },
        };
        let finding = |column, element, value| Finding {
            detector: "test".into(),
            element,
            value: Sensitive::new(value),
            controller: (element == Element::HospitalNumber).then(|| ControllerId::new("NCH")),
            locator: at(column),
            confidence: 0.5,
        };
        let name = PersonName { title: "Ms".into(), given: vec!["Ada".into(), "B".into()], family: "Testcase".into() };
        let place = Place::Row { sheet: String::new(), row: 4 };
        MentionRecord {
            ordinal: 3,
            mention: Mention {
                id: MentionId(0),
                locator: Locator { place, ..at(1) },
                role: Role::Patient,
                role_reason: "header".into(),
                recovery: Recovery::Recognised { confidence: 87 },
                findings: vec![
                    finding(1, Element::Name, Value::Name(name)),
                    finding(2, Element::NhsNumber, Value::Text("9990000018".into())),
                    finding(3, Element::DateOfBirth, Value::Date(jiff::civil::date(1961, 3, 4))),
                    finding(4, Element::HospitalNumber, Value::Text("AH0000001".into())),
                    finding(5, Element::Special(SpecialCategory::Safeguarding), Value::Text("yes".into())),
                ],
            },
        }
    }

    fn round(records: &[MentionRecord]) -> Result<Vec<MentionRecord>, WireError> {
        let (mentions, findings) = mention_rows(records)?;
        let mentions = Rows::from_batch(TableId::Mention, &mentions)?;
        let findings = Rows::from_batch(TableId::Finding, &findings)?;
        mentions_of(&mentions, &findings)
    }

    #[test]
    fn a_mention_comes_back_as_it_went() {
        let back = round(&[record()]).unwrap();
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].ordinal, 3);
        assert_eq!(back[0].mention.locator, record().mention.locator);
        assert_eq!(back[0].mention.findings, record().mention.findings);
        assert_eq!(back[0].mention.recovery, record().mention.recovery);
    }

    #[test]
    fn what_a_hostile_worker_sends_is_refused() {
        assert!(matches!(round(&[record(), record()]), Err(WireError::Value { column: "ordinal", .. })));
        let mut sure = record();
        sure.mention.findings[0].confidence = f32::NAN;
        assert!(matches!(round(&[sure]), Err(WireError::Value { column: "confidence", .. })));
        let (mentions, findings) = mention_rows(&[record()]).unwrap();
        assert!(Rows::from_batch(TableId::Item, &mentions).is_err());
        let none = mention_rows(&[]).unwrap().0;
        let orphaned = Rows::from_batch(TableId::Mention, &none).unwrap();
        assert!(mentions_of(&orphaned, &Rows::from_batch(TableId::Finding, &findings).unwrap()).is_err());
    }
}
