//! `assay check`: a case file's faults, all at once.

use crate::outcome::{Outcome, Print, say};
use crate::scan;
use assay_case::case_file;
use assay_engine::tool;
use std::path::Path;

/// Reads the case file and says what it names.
pub(crate) fn check(dir: &Path, print: Print) -> anyhow::Result<Outcome> {
    let case = case_file::read(dir)?;
    let path = dir.join("case.toml");
    let counts = [
        ("controllers", case.controllers.len()),
        ("registers", case.registers.len()),
        ("claims", case.claims.len()),
        ("exhibits", case.evidence.len()),
    ];
    let recogniser = scan::recogniser()?;
    match print {
        Print::Text => {
            let counts: Vec<_> = counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
            say(format_args!("{}: good; {}", path.display(), counts.join(", ")));
            match recogniser {
                Some(name) => say(format_args!("text in pictures is recognised by {name}")),
                None => say(format_args!(
                    "text in pictures will not be read: tesseract is not installed or cannot be run; {}",
                    tool::INSTALL
                )),
            }
        }
        Print::Json => {
            let mut counts: serde_json::Map<_, _> =
                counts.iter().map(|(what, n)| ((*what).into(), (*n).into())).collect();
            counts.insert("recogniser".into(), recogniser.into());
            say(format_args!("{}", serde_json::Value::Object(counts)));
        }
    }
    Ok(Outcome::Done)
}
