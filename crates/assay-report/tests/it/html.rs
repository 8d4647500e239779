//! The page.

use crate::fixture::{dossier, generated_at};
use assay_report::report_html;

/// Writes the page for a look: `ASSAY_PAGE=/tmp/page.html cargo test -p assay-report -- --ignored`.
#[test]
#[ignore = "writes a file, for a person to look at"]
#[allow(clippy::disallowed_methods, reason = "a synthetic page, on request")]
fn write_the_page() {
    let path = std::env::var("ASSAY_PAGE").expect("ASSAY_PAGE names the file");
    std::fs::write(path, report_html(&dossier(), generated_at())).unwrap();
}
