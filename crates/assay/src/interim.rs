//! The first estimate: how many people there are in the items held, said while the scan goes on.
//!
//! What was read by a moment is lists, heaviest first, and a random sample of everything else ([`assay_analysis::order`]). Looking costs time, so a
//! run looks in time for an answer after [`FIRST`] ([`RECKONING`]) and then at twice the time of the look before; `assay estimate` looks once and breaks
//! the scan off. The clock decides when to look, never what is seen: the same items read give the same estimate.

use crate::assemble::{people, token_registers};
use crate::case::Case;
use crate::intake::intake;
use crate::load;
use crate::outcome::{Outcome, Print, say};
use crate::scan::{self, Scanned, Watch, now, scan};
use crate::standing::Standing;
use anyhow::Context;
use assay_analysis::order::Turn;
use assay_analysis::resolve::CaseRules;
use assay_case::sealed::SealedExhibit;
use assay_case::{CaseFile, Store};
use assay_engine::jail::Jail;
use assay_model::{Exhibit, Interim, ItemStatus, ScanProgress, is_proof_only};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// The file that the last estimate is kept in.
pub(crate) const INTERIM: &str = "estimate.json";

/// When a run's first estimate is there.
const FIRST: Duration = Duration::from_secs(52);
/// What reckoning takes for each row read, registers' rows among them: measured with 1.4 million of them on two cores.
const RECKONING: Duration = Duration::from_micros(26);

/// Looks on at a scan.
pub(crate) struct Looker<'a> {
    exhibits: &'a [SealedExhibit],
    until: Until,
    next: Instant,
    began: Instant,
}

/// How long to go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Until {
    /// To the end; looks on the way are told at a terminal.
    End,
    /// Until one look, whose answer is there so long after the start.
    After(Duration),
    /// Until lists and this share of everything else are read, which the lots decide.
    Share(f64),
}

impl<'a> Looker<'a> {
    /// Looks at a scan of these exhibits, in a run that began so.
    pub(crate) fn new(exhibits: &'a [SealedExhibit], until: Until, began: Instant) -> Self {
        let after = if let Until::After(after) = until { after } else { FIRST };
        Self { exhibits, until, next: began + after, began }
    }
}

impl Watch for Looker<'_> {
    fn wants(&self, turn: &dyn Fn() -> Turn) -> bool {
        let Until::Share(share) = self.until else { return true };
        match turn() {
            Turn::Lot { lot, .. } => (lot as f64) < share * u64::MAX as f64,
            Turn::First | Turn::Census => true,
        }
    }

    fn is_due(&self, rows: u64, is_leak_begun: bool) -> bool {
        let reckoning = RECKONING.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX));
        // Registers are read first: before anything of a leak there is nothing to say.
        !matches!(self.until, Until::Share(_)) && is_leak_begun && now() + reckoning >= self.next
    }

    fn look(&mut self, file: &CaseFile, store: &Store, fingerprint: &str) -> anyhow::Result<ControlFlow<()>> {
        // The verb reckons once, when the scan has stopped.
        if self.until != Until::End {
            return Ok(ControlFlow::Break(()));
        }
        let interim = interim(file, store, self.exhibits, fingerprint)?;
        keep(store, &interim)?;
        if std::io::stderr().is_terminal() {
            eprintln!("{}", assay_report::interim_line(&interim));
        }
        self.next = now() + (now() - self.began);
        Ok(ControlFlow::Continue(()))
    }
}

/// How long the verb goes on.
pub(crate) fn until(seconds: u64, share: Option<f64>) -> Until {
    share.map_or(Until::After(Duration::from_secs(seconds)), Until::Share)
}

/// A share as the command line gives it.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a share from 0 to 1, as 0.01".to_owned())
}

/// `assay estimate`: reads lists first, then by lot, until it was told to stop; prints what is known by then.
pub(crate) fn estimate(dir: &Path, until: Until, jail: Jail, print: Print) -> anyhow::Result<Outcome> {
    let began = now();
    scan::stop_on_interrupt()?;
    let mut case = Case::open_or_make(dir)?;
    let sealed = intake(&mut case)?;
    let (Scanned::Whole(fingerprint) | Scanned::InPart(fingerprint)) =
        scan(&mut case, &sealed, jail, &mut Looker::new(&sealed, until, began))?;
    let interim = interim(&case.file, &case.store, &sealed, &fingerprint)?;
    keep(&case.store, &interim)?;
    match print {
        Print::Json => say(assay_report::interim_json(&interim, jiff::Timestamp::now()).trim_end()),
        Print::Text => {
            say(assay_report::interim_text(&interim));
            if interim.progress.waiting > 0 {
                say(format_args!("Next:     assay run {}  reads the rest", dir.display()));
            }
        }
    }
    Ok(if interim.progress.unread > 0 { Outcome::NeedsLook } else { Outcome::Done })
}

fn keep(store: &Store, interim: &Interim) -> anyhow::Result<()> {
    let json = assay_report::interim_json(interim, jiff::Timestamp::now());
    store.write_output(INTERIM, json.as_bytes()).map(drop).context("the estimate could not be kept")
}

/// What is known by now.
fn interim(file: &CaseFile, store: &Store, sealed: &[SealedExhibit], fingerprint: &str) -> anyhow::Result<Interim> {
    let waiting = scan::waiting(store, sealed, fingerprint)?;
    let read = load::read(file, store, sealed, fingerprint)?;
    let exhibits: Vec<Exhibit> = sealed.iter().map(|sealed| sealed.exhibit.clone()).collect();
    // No report is called so: the names are those of the last finished one.
    let standing = Standing::read(store, "")?;
    let rules = CaseRules::changed(file.resolve.clone())?;
    let found = people((file, &rules), &exhibits, read, &waiting, &token_registers(file)?, standing.kept());
    let mut progress = ScanProgress { waiting: waiting.len() as u64, ..ScanProgress::default() };
    for item in &found.items {
        match item.status {
            ItemStatus::Unread(_) => {
                progress.unread += 1;
                progress.unread_bytes += item.bytes;
            }
            _ => progress.read += 1,
        }
    }
    let resolution = &found.resolution;
    let interim = Interim {
        progress,
        estimate: resolution.estimate,
        is_proof_only: is_proof_only(&exhibits),
        readable: (resolution.expected_read + resolution.expected_waiting).round() as u64,
        parts: resolution.parts.clone(),
    };
    // Millions of findings take seconds to be given back: the answer does not wait for it.
    std::thread::spawn(move || drop(found));
    Ok(interim)
}
