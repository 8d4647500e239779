//! `assay review`: what a person should decide about who is who, most valuable first; and what was decided.
//!
//! A decision is an act in the journal, sealed, and an entry in the custody ledger that names no person. It speaks of mentions, not of
//! names of people, so that it holds at every later run. One that contradicts what stands is refused and says with what;
//! a decision can be withdrawn, which is an act too.

use crate::case::Case;
use crate::cmd_status::assembled;
use crate::outcome::{Outcome, Print, say};
use crate::standing::{RULED, Standing, record};
use anyhow::{Context, bail};
use assay_analysis::resolve::{Ruling, Says, conflict};
use assay_analysis::review::{Ranked, rank};
use assay_case::store::{read_text, write_export};
use assay_model::{DataSubject, Dossier, MatchTarget, MentionId};
use assay_report::{Reveal, ReviewOther, ReviewRow, read_review, write_review};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Bytes of a filled-in sheet, at most.
const SHEET: u64 = 64 << 20;
/// Questions that are printed.
const PRINTED: usize = 20;

/// What is asked for, of `assay review`.
#[derive(clap::Args)]
pub(crate) struct Wanted {
    /// The sheet to write, never over another.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Questions on the sheet, at most.
    #[arg(long, default_value_t = 200)]
    size: usize,
    /// Show on the sheet what is compared (no diagnosis); needs [authority] in case.toml and is recorded.
    #[arg(long, requires = "to")]
    reveal: bool,
    /// The sheet, filled in with yes or no.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    answers: Option<PathBuf>,
    /// Two people (P-…) are one.
    #[arg(long, num_args = 2, value_name = "ID", conflicts_with_all = ["to", "answers"])]
    merge: Option<Vec<String>>,
    /// Two people (P-…) are two.
    #[arg(long, num_args = 2, value_name = "ID", conflicts_with_all = ["to", "answers", "merge"])]
    apart: Option<Vec<String>>,
    /// A person (P-…), then the mentions (M-…) that are not that person's.
    #[arg(long, num_args = 2.., value_name = "ID", conflicts_with_all = ["to", "answers", "merge", "apart"])]
    split: Option<Vec<String>>,
    /// All mentions of a person (P-…) are that person's.
    #[arg(long, value_name = "ID", conflicts_with_all = ["to", "answers", "merge", "apart", "split"])]
    confirm: Option<String>,
    /// Withdraw a decision, by its number.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["to", "answers", "merge", "apart", "split", "confirm"])]
    withdraw: Option<u64>,
    /// Why, in your words; kept sealed with the decision.
    #[arg(long, default_value = "")]
    because: String,
}

/// What a person decided, with what it is called in the ledger.
struct Decision {
    act: &'static str,
    says: Says,
    note: String,
}

/// Runs the verb.
pub(crate) fn review(dir: &Path, wanted: &Wanted, print: Print) -> anyhow::Result<Outcome> {
    if let Some(number) = wanted.withdraw {
        return withdraw(dir, number, &wanted.because, print);
    }
    let (mut case, assembled) = assembled(dir)?;
    let dossier = &assembled.dossier;
    if let Some(file) = &wanted.answers {
        return take_in(dir, &mut case, dossier, file, print);
    }
    let named = Named::of(dossier);
    let note = wanted.because.clone();
    let decision = if let Some([a, b]) = wanted.merge.as_deref() {
        Some(Decision { act: "merge", says: named.merge(named.subject(a)?, named.subject(b)?)?, note })
    } else if let Some([a, b]) = wanted.apart.as_deref() {
        Some(Decision { act: "apart", says: named.apart(named.subject(a)?, named.subject(b)?)?, note })
    } else if let Some([id, mentions @ ..]) = wanted.split.as_deref() {
        let leaving = mentions.iter().map(|id| mention_id(id)).collect::<anyhow::Result<_>>()?;
        Some(Decision { act: "split", says: named.split(named.subject(id)?, leaving)?, note })
    } else if let Some(id) = &wanted.confirm {
        let mentions = named.subject(id)?.mentions.iter().copied().collect();
        Some(Decision { act: "confirm", says: Says::Together(mentions), note })
    } else {
        None
    };
    let Some(decision) = decision else {
        let ranked = rank(dossier, &assembled.questions);
        return queue(dir, &mut case, dossier, &ranked, wanted, print);
    };
    let mut standing = Standing::read(&case.store, "")?.rulings;
    let number = decide(&mut case, &mut standing, &decision)?;
    match print {
        Print::Text => {
            say(format_args!("decision {number} recorded: {}", decision.act));
            say(format_args!("next      assay run {}  makes the report of it", dir.display()));
        }
        Print::Json => say(json!({ "decision": number, "act": decision.act })),
    }
    Ok(Outcome::Done)
}

/// Prints the head of the queue, or writes it as a sheet.
fn queue(
    dir: &Path,
    case: &mut Case,
    dossier: &Dossier,
    ranked: &[Ranked<'_>],
    wanted: &Wanted,
    print: Print,
) -> anyhow::Result<Outcome> {
    let rows: Vec<ReviewRow<'_>> = ranked.iter().take(wanted.size).filter_map(row).collect();
    if let Some(to) = &wanted.to {
        let reveal = if wanted.reveal { Reveal::Revealed } else { Reveal::Masked };
        case.reveal(reveal, "review sheet revealed", &format!("{} questions to {}", rows.len(), to.display()))?;
        let mut sheet = Vec::new();
        write_review(dossier, &rows, reveal, &mut sheet)?;
        write_export(to, &sheet)?;
    }
    let standing = Standing::read(&case.store, "")?.rulings.len();
    match print {
        Print::Text => {
            say(format_args!("{} questions, {standing} decisions stand", ranked.len()));
            if let Some(to) = &wanted.to {
                say(format_args!("{}: {} questions; answer each with yes or no", to.display(), rows.len()));
                say(format_args!("then      assay review {} --answers {}", dir.display(), to.display()));
            } else {
                for row in rows.iter().take(PRINTED) {
                    let with = row.other.map(|other| other.id.to_string());
                    let with = with.or_else(|| row.mention.map(|mention| mention.id.to_string())).unwrap_or_default();
                    say(format_args!(
                        "  {:<15} {} {:<18} probability {:.3}, worth {:.2}: {}",
                        row.question(),
                        row.subject.id,
                        with,
                        row.probability,
                        row.worth,
                        row.hangs.join("; ")
                    ));
                }
                if !rows.is_empty() {
                    say(format_args!("sheet     assay review {} --to FILE [--reveal]", dir.display()));
                }
            }
        }
        Print::Json => {
            let shown = |row: &ReviewRow<'_>| {
                json!({
                    "question": row.question(),
                    "subject": row.subject.id.as_str(),
                    "other": row.other.map(|other| other.id.as_str()),
                    "mention": row.mention.map(|mention| mention.id.to_string()),
                    "probability": row.probability,
                    "worth": row.worth,
                    "hangs_on": row.hangs,
                })
            };
            let questions: Vec<_> = rows.iter().map(shown).collect();
            say(json!({ "questions": ranked.len(), "decisions": standing, "first": questions }));
        }
    }
    Ok(Outcome::Done)
}

fn row<'a>(ranked: &'a Ranked<'a>) -> Option<ReviewRow<'a>> {
    Some(ReviewRow {
        subject: ranked.subjects.first()?,
        other: ranked.subjects.get(1).copied(),
        mention: ranked.mention,
        probability: ranked.question.probability,
        worth: ranked.worth,
        hangs: &ranked.hangs,
        link: ranked.question.link.as_ref(),
    })
}

/// Takes in a filled-in sheet: what can stand is recorded, what contradicts is refused by row.
fn take_in(dir: &Path, case: &mut Case, dossier: &Dossier, from: &Path, print: Print) -> anyhow::Result<Outcome> {
    let answers = read_review(&read_text(from, SHEET)?).with_context(|| from.display().to_string())?;
    let named = Named::of(dossier);
    let mut standing = Standing::read(&case.store, "")?.rulings;
    let (mut recorded, mut refused) = (Vec::new(), Vec::new());
    for answer in answers {
        let decision = || -> anyhow::Result<Decision> {
            let subject = named.subject(answer.subject.as_str())?;
            let (act, says) = match (&answer.other, answer.yes) {
                (ReviewOther::Subject(other), true) => ("merge", named.merge(subject, named.subject(other.as_str())?)?),
                (ReviewOther::Subject(other), false) => {
                    ("apart", named.apart(subject, named.subject(other.as_str())?)?)
                }
                (ReviewOther::Mention(mention), true) => ("confirm", named.belongs(subject, *mention)?),
                (ReviewOther::Mention(mention), false) => ("split", named.split(subject, BTreeSet::from([*mention]))?),
            };
            Ok(Decision { act, says, note: answer.note.clone() })
        };
        match decision().and_then(|decision| decide(case, &mut standing, &decision)) {
            Ok(number) => recorded.push(number),
            Err(error) => refused.push((answer.row, format!("{error:#}"))),
        }
    }
    match print {
        Print::Text => {
            say(format_args!("{} decisions recorded", recorded.len()));
            for (row, why) in &refused {
                say(format_args!("row {row} refused: {why}"));
            }
            say(format_args!("next      assay run {}  makes the report of them", dir.display()));
        }
        Print::Json => say(json!({
            "recorded": recorded,
            "refused": refused.iter().map(|(row, why)| json!({ "row": row, "why": why })).collect::<Vec<_>>(),
        })),
    }
    Ok(if refused.is_empty() { Outcome::Done } else { Outcome::NeedsLook })
}

/// Records a decision, unless it contradicts what stands.
fn decide(case: &mut Case, standing: &mut Vec<Ruling>, decision: &Decision) -> anyhow::Result<u64> {
    if let Some(same) = standing.iter().find(|ruling| ruling.says == decision.says) {
        return Ok(same.number);
    }
    let against: Vec<String> = conflict(standing, &decision.says).iter().map(u64::to_string).collect();
    if !against.is_empty() {
        bail!(
            "this contradicts decision {}\n  remedy: withdraw what was wrong with --withdraw NUMBER, then decide anew",
            against.join(", decision ")
        );
    }
    let record = record(&decision.says, &decision.note);
    let number = case.store.journal.add_act(RULED, record.to_string().as_bytes())?;
    let detail = format!("{}: {} mentions", decision.act, mentions_of(&decision.says));
    case.store.ledger.record(jiff::Timestamp::now(), RULED, &format!("decision {number}"), &detail)?;
    standing.push(Ruling { number, says: decision.says.clone() });
    Ok(number)
}

fn mentions_of(says: &Says) -> usize {
    match says {
        Says::Together(mentions) => mentions.len(),
        Says::Apart { one, other, .. } => one.len() + other.len(),
    }
}

fn withdraw(dir: &Path, number: u64, because: &str, print: Print) -> anyhow::Result<Outcome> {
    let mut case = Case::open(dir)?;
    let standing = Standing::read(&case.store, "")?.rulings;
    if !standing.iter().any(|ruling| ruling.number == number) {
        let numbers: Vec<String> = standing.iter().map(|ruling| ruling.number.to_string()).collect();
        let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
        bail!("decision {number} does not stand\n  remedy: take one of those that do: {numbers}");
    }
    let record = json!({ "withdraws": number, "note": because });
    case.store.journal.add_act(RULED, record.to_string().as_bytes())?;
    case.store.ledger.record(jiff::Timestamp::now(), RULED, &format!("decision {number}"), "withdrawn")?;
    match print {
        Print::Text => say(format_args!("decision {number} withdrawn\nnext      assay run {}", dir.display())),
        Print::Json => say(json!({ "withdrawn": number })),
    }
    Ok(Outcome::Done)
}

fn mention_id(text: &str) -> anyhow::Result<MentionId> {
    MentionId::parse(text).with_context(|| {
        format!("{text}: no id of a mention\n  remedy: take one from `assay explain P-…` or `assay export mentions`")
    })
}

/// The people of a dossier by id.
struct Named<'a>(BTreeMap<&'a str, &'a DataSubject>);

impl<'a> Named<'a> {
    fn of(dossier: &'a Dossier) -> Self {
        Self(dossier.subjects.iter().map(|subject| (subject.id.as_str(), subject)).collect())
    }

    fn subject(&self, id: &str) -> anyhow::Result<&'a DataSubject> {
        self.0.get(id).copied().with_context(|| {
            format!("{id}: nobody is called so in this case now\n  remedy: take a subject_id from `assay export subjects`, or write the sheet anew")
        })
    }

    /// Two are one: their oldest mentions, and those whose comparison spoke for it, are one person's.
    fn merge(&self, a: &DataSubject, b: &DataSubject) -> anyhow::Result<Says> {
        if a.id == b.id {
            bail!("{}: is one person already", a.id);
        }
        let rows = |subject: &DataSubject| subject.register_rows.iter().cloned().collect::<BTreeSet<_>>();
        if !a.register_rows.is_empty() && !b.register_rows.is_empty() && rows(a) != rows(b) {
            bail!(
                "{} and {}: are two people of a register, which never become one here\n  remedy: have the register's keeper merge the rows, then run with the new register",
                a.id,
                b.id
            );
        }
        if let (Some(x), Some(y)) = (&a.nhs_number, &b.nhs_number)
            && x.reveal() != y.reveal()
        {
            bail!(
                "{} and {}: have two valid NHS numbers, which never become one person here\n  remedy: split off the record whose number is wrong; a number that was superseded is told by a column of the register",
                a.id,
                b.id
            );
        }
        Ok(Says::Together(a.mentions.first().into_iter().chain(b.mentions.first()).copied().collect()))
    }

    /// Two are two.
    fn apart(&self, a: &DataSubject, b: &DataSubject) -> anyhow::Result<Says> {
        if a.id == b.id {
            bail!("{}: is one person\n  remedy: name the mentions that are not with --split", a.id);
        }
        Ok(Says::Apart {
            one: a.mentions.iter().copied().collect(),
            other: b.mentions.iter().copied().collect(),
            rows: BTreeSet::new(),
        })
    }

    /// Mentions that are not a person's.
    fn split(&self, subject: &DataSubject, leaving: BTreeSet<MentionId>) -> anyhow::Result<Says> {
        if let Some(stranger) = leaving.iter().find(|mention| !subject.mentions.contains(mention)) {
            bail!("{stranger}: is no mention of {}\n  remedy: see `assay explain {}`", subject.id, subject.id);
        }
        let other: BTreeSet<MentionId> = subject.mentions.iter().copied().filter(|m| !leaving.contains(m)).collect();
        let rows: BTreeSet<_> = subject.register_rows.iter().cloned().collect();
        if other.is_empty() && rows.is_empty() {
            bail!("{}: nothing would be left of this person, whom no register knows", subject.id);
        }
        Ok(Says::Apart { one: leaving, other, rows })
    }

    /// A mention is a person's: with the mention that it was placed with, else the oldest.
    fn belongs(&self, subject: &DataSubject, mention: MentionId) -> anyhow::Result<Says> {
        if !subject.mentions.contains(&mention) {
            bail!("{mention}: is no mention of {} now\n  remedy: write the sheet anew", subject.id);
        }
        let placed_with =
            subject.links.iter().filter(|link| link.mention == mention).find_map(|link| match link.target {
                MatchTarget::Mention(other) => Some(other),
                MatchTarget::Register(..) => None,
            });
        Ok(Says::Together(
            [Some(mention), placed_with].into_iter().flatten().chain(subject.mentions.first().copied()).collect(),
        ))
    }
}
