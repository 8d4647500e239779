//! Rendering: everything that leaves a case as text.
//!
//! From one [`assay_model::Dossier`] come `report.json` (schema `assay.report/1`), a self-contained HTML page, the CSV
//! exports, the terminal summary and `explain`. The wire types live here with serde, so that the model can change
//! without the published form changing with it. Nothing here opens a file, looks at a clock or decides anything about
//! the evidence: numbers are counted from the dossier in one place (`tally`), so that the page, the JSON and the
//! exports cannot disagree.
//!
//! Personal values pass through one gate (`mask`). `report.json` and the page are always masked; exports and `explain`
//! show values where the caller says [`Reveal::Revealed`], after it has left a custody entry.

mod annex;
mod explain;
mod export;
mod html;
mod interim;
mod json;
mod mask;
mod parties;
mod parts;
mod review;
mod sheet;
mod summary;
mod tally;
mod tranches;
mod words;

pub use annex::annex;
pub use explain::explain;
pub use export::{export_indicators, export_items, export_mentions, export_subjects, export_unassigned, export_urgent};
pub use html::report_html;
pub use interim::{INTERIM_SCHEMA, interim_json, interim_line, interim_text};
pub use json::report_json;
pub use mask::Reveal;
pub use review::{ReviewAnswer, ReviewOther, ReviewRow, read_review, write_review};
pub use sheet::{SheetAnswer, SheetError, SheetRow, read_sheet, write_sheet};
pub use summary::{summary, verdict_sentence};

/// The schema named in `report.json`.
pub const SCHEMA: &str = "assay.report/1";

/// What can go wrong while rendering.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A row of an export could not be written; the export is incomplete and must not be used.
    #[error("an export could not be written")]
    Export(#[from] csv::Error),
    /// The end of an export could not be flushed; the export is incomplete and must not be used.
    #[error("an export could not be flushed")]
    Flush(#[from] std::io::Error),
}
