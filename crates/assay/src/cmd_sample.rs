//! `assay sample`: a sample of what was read, for a person to read too; its answers, and what they say of recall.
//!
//! A drawn sample and the answers to it are acts in the journal, sealed, since they name paths. A sample speaks of the
//! reading that it was drawn from: when more has been read since, `status` says so.

use crate::case::Case;
use crate::cmd_status::dossier;
use crate::outcome::{Outcome, Print, say};
use anyhow::{Context, bail};
use assay_analysis::recall::{Answer, Answered, Recall, Share, Stratum, draw, recall, stretches};
use assay_case::store::{read_text, write_export};
use assay_engine::fingerprint;
use assay_report::{Reveal, SheetRow, read_sheet, write_sheet};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const DRAWN: &str = "sample drawn";
const ANSWERED: &str = "sample answered";
/// Bytes of a filled-in sheet, at most.
const SHEET: u64 = 16 << 20;

/// Draws a sample of `size` stretches, half from each stratum as far as it goes, and writes the sheet.
pub(crate) fn draw_sheet(dir: &Path, to: &Path, size: usize, print: Print) -> anyhow::Result<Outcome> {
    let (mut case, dossier) = dossier(dir)?;
    let all = stretches(&dossier);
    let mut drawn: Vec<usize> = Vec::new();
    let mut strata = BTreeMap::new();
    let of = |stratum: Stratum| {
        all.iter().enumerate().filter(move |(_, s)| s.stratum == stratum).map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let people = of(Stratum::People);
    for stratum in Stratum::ALL {
        let places = of(stratum);
        let share = match stratum {
            // What one stratum cannot use is the other's.
            Stratum::Nobody => size - size.div_ceil(2).min(people.len()),
            Stratum::People => size.saturating_sub(drawn.len()),
        };
        let taken = draw(places.len(), share, case.file.info.seed ^ stratum as u64);
        drawn.extend(taken.into_iter().filter_map(|at| places.get(at)));
        let listed: usize = places.iter().filter_map(|at| all.get(*at)).map(|stretch| stretch.records.len()).sum();
        strata.insert(stratum.as_str(), json!({ "stretches": places.len(), "listed": listed }));
    }
    if drawn.is_empty() {
        bail!("no item of the leak was read, so there is nothing to draw from");
    }
    let rows: Vec<SheetRow<'_>> = drawn
        .iter()
        .filter_map(|at| all.get(*at))
        .zip(1..)
        .map(|(stretch, number)| SheetRow {
            number,
            drawn_from: stretch.stratum.as_str(),
            exhibit: stretch.exhibit,
            path: stretch.path,
            records: &stretch.records,
            part_of_item: stretch.part_of_item,
        })
        .collect();
    case.reveal(Reveal::Revealed, DRAWN, &format!("{} stretches to {}", rows.len(), to.display()))?;
    let mut sheet = Vec::new();
    write_sheet(&rows, &mut sheet)?;
    write_export(to, &sheet)?;
    let listed: Vec<Value> = rows.iter().map(|row| json!([row.drawn_from, row.records.len()])).collect();
    let record = json!({ "reading": reading(&case)?, "strata": strata, "rows": listed });
    case.store.journal.add_act(DRAWN, record.to_string().as_bytes())?;
    match print {
        Print::Text => {
            say(format_args!("{}: {} stretches to read, of {}", to.display(), rows.len(), all.len()));
            say(
                "  in each, count the people whom it names with more than a bare name and whom the list lacks (people_missed),",
            );
            say("  and the listed who are not there (listed_wrongly); leave both empty where a row was not read");
            say(format_args!("then      assay sample {} --answers {}", dir.display(), to.display()));
        }
        Print::Json => say(json!({ "stretches": rows.len(), "of": all.len(), "to": to })),
    }
    Ok(Outcome::Done)
}

/// Takes in a filled-in sheet of the last sample drawn, and prints what is known now.
pub(crate) fn take_in(dir: &Path, from: &Path, print: Print) -> anyhow::Result<Outcome> {
    let mut case = Case::open(dir)?;
    let answers = read_sheet(&read_text(from, SHEET)?).with_context(|| from.display().to_string())?;
    let Some((number, sample)) = last_sample(&case)? else {
        bail!("no sample was drawn in this case\n  remedy: assay sample {} --to FILE", dir.display());
    };
    let rows = sample["rows"].as_array().map_or(0, Vec::len) as u64;
    if let Some(stranger) = answers.iter().find(|answer| !(1..=rows).contains(&answer.number)) {
        bail!(
            "{}: sample {} is none of the last sample, which has 1 to {rows}\n  remedy: fill in the sheet that was drawn last",
            from.display(),
            stranger.number
        );
    }
    let given: Vec<[u64; 3]> = answers.iter().map(|a| [a.number, a.missed, a.wrong]).collect();
    let record = json!({ "sample": number, "answers": given });
    case.store.journal.add_act(ANSWERED, record.to_string().as_bytes())?;
    let detail = format!("{} of {rows} stretches answered", given.len());
    case.store.ledger.record(jiff::Timestamp::now(), ANSWERED, "case", &detail)?;
    let known = known(&case)?;
    match print {
        Print::Text => say(known.line(dir)),
        Print::Json => say(known.json()),
    }
    Ok(Outcome::Done)
}

/// What is known of recall.
pub(crate) struct Known {
    drawn: u64,
    answered: u64,
    /// True where more has been read since the sample was drawn.
    older: bool,
    recall: Option<Recall>,
}

/// What the answers to the last sample say.
pub(crate) fn known(case: &Case) -> anyhow::Result<Known> {
    let Some((number, sample)) = last_sample(case)? else {
        return Ok(Known { drawn: 0, answered: 0, older: false, recall: None });
    };
    let mut given: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (_, record) in case.store.journal.acts(ANSWERED)? {
        let record: Value = serde_json::from_slice(&record)?;
        if record["sample"].as_u64() != Some(number) {
            continue;
        }
        for answer in record["answers"].as_array().into_iter().flatten() {
            if let (Some(row), Some(missed), Some(wrong)) = (answer[0].as_u64(), answer[1].as_u64(), answer[2].as_u64())
            {
                given.insert(row, (missed, wrong));
            }
        }
    }
    let rows = sample["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let strata: Vec<Answered> = Stratum::ALL
        .iter()
        .map(|stratum| {
            let of = &sample["strata"][stratum.as_str()];
            let count = |name: &str| of[name].as_u64().unwrap_or(0);
            let of_stratum = (1..).zip(rows).filter(|(_, row)| row[0].as_str() == Some(stratum.as_str()));
            let answers = of_stratum.filter_map(|(at, row)| {
                let (missed, wrong) = *given.get(&at)?;
                Some(Answer { listed: row[1].as_u64().unwrap_or(0), missed, wrong })
            });
            Answered { stretches: count("stretches"), listed: count("listed"), answers: answers.collect() }
        })
        .collect();
    Ok(Known {
        drawn: rows.len() as u64,
        answered: given.len() as u64,
        older: sample["reading"] != json!(reading(case)?),
        recall: recall(&strata, case.file.info.seed),
    })
}

impl Known {
    /// A line for a person.
    pub(crate) fn line(&self, dir: &Path) -> String {
        let share = |share: &Share| {
            let percent = |value: f64| (value * 1_000.0).floor() / 10.0;
            format!("{} % (95 % interval {} to {} %)", percent(share.point), percent(share.low), percent(share.high))
        };
        let older = if self.older { "; more has been read since it was drawn" } else { "" };
        match &self.recall {
            _ if self.drawn == 0 => format!("recall    not measured: assay sample {} --to FILE", dir.display()),
            None => format!("recall    {} of {} stretches answered: too few to say{older}", self.answered, self.drawn),
            Some(Recall { recall, precision, missed }) => format!(
                "recall    {} of the people in the items read, by {} stretches that a person read{older}\n          about {missed:.0} missed; {} of those listed are right",
                share(recall),
                self.answered,
                share(precision)
            ),
        }
    }

    /// The same for a machine.
    pub(crate) fn json(&self) -> Value {
        let share = |share: &Share| json!({ "point": share.point, "low": share.low, "high": share.high });
        json!({
            "drawn": self.drawn,
            "answered": self.answered,
            "more_read_since": self.older,
            "recall": self.recall.as_ref().map(|known| share(&known.recall)),
            "precision": self.recall.as_ref().map(|known| share(&known.precision)),
            "missed": self.recall.as_ref().map(|known| known.missed),
        })
    }
}

/// Names what has been read so far.
fn reading(case: &Case) -> anyhow::Result<String> {
    let scan = fingerprint(&case.scan_settings());
    let batch = case.store.journal.last_batch(&scan)?;
    Ok(format!("{scan} {batch}"))
}

fn last_sample(case: &Case) -> anyhow::Result<Option<(u64, Value)>> {
    let last = case.store.journal.acts(DRAWN)?.pop();
    last.map(|(number, record)| Ok((number, serde_json::from_slice(&record)?))).transpose()
}
