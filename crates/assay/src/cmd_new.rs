//! `assay new`: a case folder with a commented case file, good as it is.

use crate::outcome::{Outcome, Print, say};
use assay_case::store::make_case;
use std::path::Path;

const TEMPLATE: &str = include_str!("case_template.toml");

/// Writes the case file; never over another.
pub(crate) fn new(dir: &Path, print: Print) -> anyhow::Result<Outcome> {
    let path = make_case(dir, TEMPLATE)?;
    match print {
        Print::Text => {
            say(format_args!(
                "{}: made; fill it in, then\n  assay check {}\n  assay run {}",
                path.display(),
                dir.display(),
                dir.display()
            ));
        }
        Print::Json => say(format_args!("{}", serde_json::json!({ "case_file": path }))),
    }
    Ok(Outcome::Done)
}
