//! The report as one HTML page: for reading, for printing, for the file.
//!
//! It stands alone: no script, no font, no picture from elsewhere, and a content security policy that forbids them. It is
//! well-formed XML too, so that a test can read it whole. Every number is counted in `tally` or taken from the dossier,
//! and carries its key of report.json; every value, path and user name is masked, whatever the caller may see elsewhere.
//!
//! One module fills one section, one file under `templates/` words it.

mod chart;
mod claim;
mod count;
mod duties;
mod figure;
mod gateway;
mod masthead;
mod method;
mod reading;
mod urgent;
mod whose;

use crate::{
    mask::{Reveal, Veil},
    tally::Tally,
};
use askama::Template;
use assay_model::Dossier;
use jiff::Timestamp;

/// The self-contained HTML report, always masked.
///
/// `generated_at` is printed, and remaining times of duties are counted from it: no clock is looked at.
pub fn report_html(dossier: &Dossier, generated_at: Timestamp) -> String {
    let veil = Veil::new(dossier, Reveal::Masked);
    let tally = Tally::of(dossier);
    let page = Page {
        style: include_str!("../../templates/style.css"),
        masthead: masthead::Masthead::of(dossier, &tally, &veil, generated_at),
        urgent: urgent::Urgent::of(dossier, &veil),
        count: count::Count::of(dossier, &tally),
        whose: whose::Whose::of(dossier, &tally),
        claim: claim::Claims::of(dossier, &veil),
        gateway: dossier.gateway.as_ref().map(|gateway| gateway::Gateway::of(gateway, &veil)),
        reading: reading::Reading::of(dossier, &tally, &veil),
        duties: duties::Duties::of(dossier, &veil, generated_at),
        method: method::Method::of(dossier, &veil),
    };
    // Rendering into memory fails only where a value's own Display does, and none here can.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    style: &'static str,
    masthead: masthead::Masthead,
    urgent: urgent::Urgent,
    count: count::Count,
    whose: whose::Whose,
    claim: claim::Claims,
    gateway: Option<gateway::Gateway>,
    reading: reading::Reading,
    duties: duties::Duties,
    method: method::Method,
}
