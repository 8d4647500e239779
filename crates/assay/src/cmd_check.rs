//! `assay check`: a case file's faults, all at once; and what it allows that deserves a second look.

use crate::case::read;
use crate::outcome::{Outcome, Print, say};
use crate::scan;
use assay_case::Store;
use assay_engine::jail::Jail;
use assay_engine::tool;
use std::path::Path;

/// What it means to allow it.
const OWN_PASSWORDS: &str = "\
  This opens files that are held already; it logs on to nothing and sends nothing. Each use stands in the custody ledger, by
  number and without a value. It is for the instructing controller to decide, and to record in lawful_basis, that what was
  locked away is within what you were told to examine (UK GDPR Art. 5(1)(b) and (c), Art. 6; Art. 9 where it is of health).
  A password found there is tried on nothing else. Whoever tries it on an account or a system needs leave from whoever may
  give it; without, that is unauthorised access (Computer Misuse Act 1990 ss. 1 and 17).";

/// Reads the case file and says what it names.
pub(crate) fn check(dir: &Path, print: Print) -> anyhow::Result<Outcome> {
    let (case, _) = read(dir)?;
    let path = dir.join("case.toml");
    let counts = [
        ("controllers", case.controllers.len()),
        ("registers", case.registers.len()),
        ("claims", case.claims.len()),
        ("exhibits", case.evidence.len()),
    ];
    let allowed = case.authority.as_ref().map_or(&[][..], |authority| &authority.use_passwords_found_in);
    // A case that is run at this moment, or was never run, is good all the same.
    let held = Store::open(dir).ok().and_then(|store| store.journal.given_passwords().ok()).map(|held| held.len());
    let recogniser = scan::recogniser(Jail::Full)?;
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
            if let Some(held) = held {
                say(format_args!("{held} passwords held, sealed; --forget-passwords forgets them"));
            }
            for exhibit in allowed {
                say(format_args!("passwords found in {exhibit} will be tried on its own encrypted items"));
            }
            if !allowed.is_empty() {
                say(OWN_PASSWORDS);
            }
        }
        Print::Json => {
            let mut counts: serde_json::Map<_, _> =
                counts.iter().map(|(what, n)| ((*what).into(), (*n).into())).collect();
            let allowed: Vec<_> = allowed.iter().map(|exhibit| exhibit.as_str()).collect();
            counts.insert("use_passwords_found_in".into(), allowed.into());
            counts.insert("passwords_held".into(), held.into());
            counts.insert("recogniser".into(), recogniser.into());
            say(format_args!("{}", serde_json::Value::Object(counts)));
        }
    }
    Ok(Outcome::Done)
}
