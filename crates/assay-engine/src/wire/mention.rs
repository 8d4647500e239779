//! Mentions and their findings as rows of two tables. The mention's id is not among them: ids come from the exhibit's
//! hash, which a worker has no need to know.

use super::{Numbers, Reals, RowWriter, Rows, TableId, Texts, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{
    ControllerId, Element, ExhibitId, Finding, ItemPath, Locator, Mention, MentionId, PersonName, Place, Recovery,
    Role, Sensitive, Value,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

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
    let mentions = batch(TableId::Mention, records, |row, record| {
        located(row, &record.mention.locator, record.ordinal);
        row.text(record.mention.role.as_str());
        row.text(&record.mention.role_reason);
        row.text(record.mention.recovery.written());
    });
    let findings = records.iter().flat_map(|record| record.mention.findings.iter().map(move |f| (f, record.ordinal)));
    let findings = batch(TableId::Finding, findings, |row, (finding, ordinal)| finding_row(row, finding, ordinal));
    Ok((mentions?, findings?))
}

pub(super) fn finding_row(row: &mut RowWriter, finding: &Finding, ordinal: u64) {
    let (form, value) = written(finding.value.reveal());
    located(row, &finding.locator, ordinal);
    row.text(&finding.detector);
    row.text(finding.element.as_str());
    row.text(form);
    row.text(value);
    row.text(finding.controller.as_ref().map(ControllerId::as_str).unwrap_or_default());
    row.real(finding.confidence.into());
}

pub(super) fn located(row: &mut RowWriter, locator: &Locator, ordinal: u64) {
    let (form, part, first, last) = match &locator.place {
        Place::Whole => ("whole", "", 0, 0),
        Place::Bytes { start, end } => ("bytes", "", *start, *end),
        Place::Line { part, first, last } => ("line", part.as_str(), u64::from(*first), u64::from(*last)),
        Place::Row { sheet, row } => ("row", sheet.as_str(), u64::from(*row), 0),
        Place::Cell { sheet, row, column } => ("cell", sheet.as_str(), u64::from(*row), u64::from(*column)),
    };
    row.text(locator.exhibit.as_str());
    row.text(locator.path.as_str());
    row.number(ordinal);
    row.text(form);
    row.text(part);
    row.number(first);
    row.number(last);
}

/// The locators of a table's rows. Rows of one item follow each other, and their locators share its texts.
pub(super) struct Places<'a> {
    rows: &'a Rows<'a>,
    exhibit: Texts<'a>,
    path: Texts<'a>,
    ordinal: Numbers<'a>,
    place: Texts<'a>,
    part: Texts<'a>,
    first: Numbers<'a>,
    last: Numbers<'a>,
    item: (ExhibitId, ItemPath),
}

impl<'a> Places<'a> {
    pub(super) fn of(rows: &'a Rows<'a>) -> Result<Self, WireError> {
        Ok(Self {
            rows,
            exhibit: rows.texts("exhibit")?,
            path: rows.texts("path")?,
            ordinal: rows.numbers("ordinal")?,
            place: rows.texts("place")?,
            part: rows.texts("part")?,
            first: rows.numbers("first")?,
            last: rows.numbers("last")?,
            item: Default::default(),
        })
    }

    pub(super) fn get(&mut self, n: usize) -> Result<Locator, WireError> {
        let part = || self.part.get(n).to_owned();
        let small = |column: &Numbers<'_>, name| u32::try_from(column.get(n)).map_err(|_| self.rows.refuse(n, name));
        let (first, last) = (|| small(&self.first, "first"), || small(&self.last, "last"));
        let place = match self.place.get(n) {
            "whole" => Place::Whole,
            "bytes" => Place::Bytes { start: self.first.get(n), end: self.last.get(n) },
            "line" => Place::Line { part: part(), first: first()?, last: last()? },
            "row" => Place::Row { sheet: part(), row: first()? },
            "cell" => Place::Cell { sheet: part(), row: first()?, column: last()? },
            _ => return Err(self.rows.refuse(n, "place")),
        };
        let (exhibit, path) = (self.exhibit.get(n), self.path.get(n));
        if self.item.0.as_str() != exhibit {
            self.item.0 = ExhibitId::new(exhibit);
        }
        if self.item.1.as_str() != path {
            self.item.1 = ItemPath::from_encoded(path);
        }
        let (exhibit, path) = self.item.clone();
        Ok(Locator { exhibit, path, place })
    }
}

/// The findings of a table's rows.
pub(super) struct Findings<'a> {
    places: Places<'a>,
    detector: Texts<'a>,
    element: Texts<'a>,
    form: Texts<'a>,
    value: Texts<'a>,
    controller: Texts<'a>,
    confidence: Reals<'a>,
}

impl<'a> Findings<'a> {
    pub(super) fn of(rows: &'a Rows<'a>) -> Result<Self, WireError> {
        Ok(Self {
            places: Places::of(rows)?,
            detector: rows.texts("detector")?,
            element: rows.texts("element")?,
            form: rows.texts("form")?,
            value: rows.texts("value")?,
            controller: rows.texts("controller")?,
            confidence: rows.reals("confidence")?,
        })
    }

    pub(super) fn get(&mut self, n: usize) -> Result<Finding, WireError> {
        let locator = self.places.get(n)?;
        let refuse = |column| self.places.rows.refuse(n, column);
        let value = read(self.form.get(n), self.value.get(n));
        let confidence = self.confidence.get(n) as f32;
        if !(0.0..=1.0).contains(&confidence) {
            return Err(refuse("confidence"));
        }
        Ok(Finding {
            detector: self.detector.get(n).to_owned(),
            element: Element::parse(self.element.get(n)).ok_or_else(|| refuse("element"))?,
            value: Sensitive::new(value.ok_or_else(|| refuse("value"))?),
            controller: Some(self.controller.get(n)).filter(|id| !id.is_empty()).map(ControllerId::new),
            locator,
            confidence,
        })
    }
}

fn written(value: &Value) -> (&'static str, Cow<'_, str>) {
    match value {
        Value::Text(text) => ("text", text.into()),
        Value::Date(date) => ("date", date.to_string().into()),
        Value::Name(name) => {
            let parts = [&name.title, &name.family].into_iter().chain(&name.given);
            let parts: Vec<_> = parts.map(|part| part.replace(PART, " ")).collect();
            ("name", parts.join(&PART.to_string()).into())
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
    let mut places = Places::of(mentions)?;
    let columns = [mentions.texts("role")?, mentions.texts("role_reason")?, mentions.texts("recovery")?];
    let [role, role_reason, recovery] = columns;
    let mut items = Items::default();
    let mut position: HashMap<(usize, u64), usize> = HashMap::with_capacity(mentions.len());
    let mut records = Vec::with_capacity(mentions.len());
    for n in 0..mentions.len() {
        let locator = places.get(n)?;
        let ordinal = places.ordinal.get(n);
        if position.insert((items.number(&locator), ordinal), n).is_some() {
            return Err(mentions.refuse(n, "ordinal"));
        }
        let role = Role::parse(role.get(n)).ok_or_else(|| mentions.refuse(n, "role"))?;
        let role_reason = role_reason.get(n).to_owned();
        let recovery = Recovery::parse(recovery.get(n)).ok_or_else(|| mentions.refuse(n, "recovery"))?;
        let mention = Mention { id: MentionId(0), locator, role, role_reason, recovery, findings: Vec::new() };
        records.push(MentionRecord { ordinal, mention });
    }
    let mut of_findings = Findings::of(findings)?;
    for n in 0..findings.len() {
        let finding = of_findings.get(n)?;
        let key = (items.number(&finding.locator), of_findings.places.ordinal.get(n));
        let record = position.get(&key).and_then(|&at| records.get_mut(at));
        let record: &mut MentionRecord = record.ok_or_else(|| findings.refuse(n, "ordinal"))?;
        record.mention.findings.push(finding);
    }
    Ok(records)
}

/// Numbers of the items of a batch, of which there are few beside its rows.
#[derive(Default)]
struct Items {
    numbers: BTreeMap<(ExhibitId, ItemPath), usize>,
    last: Option<((ExhibitId, ItemPath), usize)>,
}

impl Items {
    fn number(&mut self, locator: &Locator) -> usize {
        if let Some(((exhibit, path), number)) = &self.last
            && (exhibit, path) == (&locator.exhibit, &locator.path)
        {
            return *number;
        }
        let item = (locator.exhibit.clone(), locator.path.clone());
        let next = self.numbers.len();
        let number = *self.numbers.entry(item.clone()).or_insert(next);
        self.last = Some((item, number));
        number
    }
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
