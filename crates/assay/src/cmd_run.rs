//! `assay run`: all stages in order. An unchanged case is a no-op.

use crate::Given;
use crate::ask;
use crate::assemble::{Assembled, assemble};
use crate::case::Case;
use crate::cmd_judge::judgements;
use crate::intake::intake;
use crate::interim::{Looker, Until};
use crate::outcome::{Interrupted, Outcome, Print, say};
use crate::scan::{self, Scanned, scan};
use crate::standing;
use anyhow::{Context, bail};
use assay_case::passwords;
use assay_case::sealed::SealedExhibit;
use assay_engine::jail::Jail;
use assay_model::{Dossier, ItemCounts, TakeoverVerdict};
use std::path::Path;

pub(crate) const JSON: &str = "report.json";
pub(crate) const HTML: &str = "report.html";
pub(crate) const SUMMARY: &str = "summary.txt";
/// The stage under which a finished report's fingerprint is kept.
pub(crate) const REPORT: &str = "report";

/// Runs a case with what its user gave for it.
pub(crate) fn run_with(dir: &Path, given: &Given, jail: Jail, print: Print) -> anyhow::Result<Outcome> {
    let mut passwords = given.passwords.as_deref().map(passwords::read).transpose()?.unwrap_or_default();
    if given.ask_password {
        passwords.extend(ask::passwords()?);
    }
    scan::stop_on_interrupt()?;
    let mut case = Case::open_or_make(dir)?;
    let of_case = |number: u64| format!("{number} {}", if number == 1 { "password" } else { "passwords" });
    if given.forget_passwords {
        let forgotten = case.store.journal.forget_passwords()?;
        case.store.ledger.record(jiff::Timestamp::now(), "passwords forgotten", "case", &of_case(forgotten))?;
        eprintln!("assay: {} forgotten", of_case(forgotten));
    }
    if !passwords.is_empty() {
        let held = case.store.journal.given_passwords()?;
        if held.len() + passwords.len() > 2 * passwords::MOST {
            bail!("{} are held already\n  remedy: forget them with --forget-passwords", of_case(held.len() as u64));
        }
        let new = case.store.journal.give_passwords(&passwords)?;
        if new > 0 {
            let detail = format!("{} given", of_case(new));
            case.store.ledger.record(jiff::Timestamp::now(), "passwords given", "case", &detail)?;
        }
        eprintln!("assay: {} given, {new} of them new; kept sealed in the case", of_case(passwords.len() as u64));
    }
    if given.refit {
        standing::refit(&mut case)?;
    }
    run_case(case, dir, jail, print)
}

/// Runs a case and prints the summary, or report.json.
pub(crate) fn run(dir: &Path, jail: Jail, print: Print) -> anyhow::Result<Outcome> {
    scan::stop_on_interrupt()?;
    run_case(Case::open_or_make(dir)?, dir, jail, print)
}

fn run_case(mut case: Case, dir: &Path, jail: Jail, print: Print) -> anyhow::Result<Outcome> {
    let began = scan::now();
    let sealed = intake(&mut case)?;
    let Scanned::Whole(fingerprint) = scan(&mut case, &sealed, jail, &mut Looker::new(&sealed, Until::End, began))?
    else {
        return Err(Interrupted.into());
    };
    let whole = report_fingerprint(&case, dir, &sealed, &fingerprint)?;
    let known = case.store.journal.stage(REPORT)?.as_deref() == Some(whole.as_str());
    if !known || [JSON, HTML, SUMMARY].iter().any(|name| case.store.read_output(name).is_none()) {
        let Assembled { dossier, empty_registers, unheld, fitted, grouped, .. } =
            assemble(&case, &sealed, &fingerprint, &whole)?;
        write(&case, &dossier, &look_at(&dossier, &empty_registers, &unheld))?;
        standing::keep(&mut case, &whole, &dossier.subjects, (fitted.as_ref(), &grouped))?;
        case.store.journal.finish_stage(REPORT, &whole)?;
    }
    show(&case, print)
}

/// Everything that a report is made from: the case file, the seals, what was read with what, what people decided, and this program.
pub(crate) fn report_fingerprint(
    case: &Case,
    dir: &Path,
    sealed: &[SealedExhibit],
    scan: &str,
) -> anyhow::Result<String> {
    let readings = case.store.journal.last_batch(scan)?;
    let scan = format!("{scan} {readings} {}", standing::last_act(&case.store)?);
    let mut hasher = blake3::Hasher::new();
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let databases = case.file.networks.databases.iter().cloned();
    for path in [program, dir.join("case.toml")].into_iter().chain(databases) {
        hash_file(&mut hasher, &path)?;
    }
    for exhibit in sealed {
        hasher.update(exhibit.exhibit.id.as_str().as_bytes()).update(&exhibit.exhibit.blake3);
    }
    hasher.update(scan.as_bytes());
    for ((session, first), judgement) in judgements(case)? {
        hasher.update(format!("{session} {first} {}\n", judgement.as_str()).as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[allow(clippy::disallowed_methods, reason = "the program and the case file are no evidence")]
fn hash_file(hasher: &mut blake3::Hasher, path: &Path) -> anyhow::Result<()> {
    let hashed = std::fs::File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    hashed.with_context(|| format!("{}: cannot be read", path.display()))
}

fn write(case: &Case, dossier: &Dossier, look: &[String]) -> anyhow::Result<()> {
    let store = &case.store;
    let at = jiff::Timestamp::now();
    for duty in dossier.duties.iter().filter(|duty| !duty.draft.is_empty()) {
        store.write_output(&format!("drafts/{}.txt", duty.id), duty.draft.as_bytes())?;
    }
    store.write_output(JSON, assay_report::report_json(dossier, at).as_bytes())?;
    store.write_output(HTML, assay_report::report_html(dossier, at).as_bytes())?;
    if let Some(annex) = assay_report::annex(dossier) {
        store.write_output("annex-for-counsel.txt", annex.as_bytes())?;
    }
    let mut summary = assay_report::summary(dossier);
    summary.extend(look.iter().map(|line| format!("{LOOK}{line}\n")));
    store.write_output(SUMMARY, summary.as_bytes())?;
    Ok(())
}

const LOOK: &str = "Look at:  ";

/// What asks for a person: the reasons for exit code 1.
fn look_at(dossier: &Dossier, empty_registers: &[assay_model::ExhibitId], unheld: &[u64]) -> Vec<String> {
    let mut look = Vec::new();
    for act in unheld {
        look.push(format!(
            "decision {act} cannot be held to: it would make one person of two people of a register, or of two valid NHS numbers"
        ));
    }
    for id in empty_registers {
        look.push(format!(
            "{id}: no person could be read in this register; check its header or add [register.columns]"
        ));
    }
    let unread = ItemCounts::of(&dossier.items, None).unread_total();
    if unread > 0 {
        look.push(format!("{unread} items could not be read; `assay export items` lists them with the reason"));
    }
    let flagged = dossier.gateway.iter().flat_map(|gateway| &gateway.flagged);
    let to_judge = flagged.filter(|s| s.verdict != TakeoverVerdict::BenignExplained && s.judged.is_none()).count();
    if to_judge > 0 {
        look.push(format!(
            "{to_judge} gateway sessions need a person's judgement (`assay judge`) before anything is told to others"
        ));
    }
    look
}

/// Prints what was written; a report that asks for a person ends in exit code 1.
fn show(case: &Case, print: Print) -> anyhow::Result<Outcome> {
    let text = |name| case.store.read_output(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let summary = text(SUMMARY).context("the summary went missing")?;
    match print {
        Print::Json => say(text(JSON).context("the report went missing")?.trim_end()),
        Print::Text => {
            say(format_args!("{summary}"));
            say(format_args!("Report:   {}", case.store.output(HTML).display()));
            say(format_args!("          {}", case.store.output(JSON).display()));
        }
    }
    let look = summary.lines().any(|line| line.starts_with(LOOK));
    Ok(if look { Outcome::NeedsLook } else { Outcome::Done })
}
