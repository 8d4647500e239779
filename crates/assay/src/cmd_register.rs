//! `assay register`: what a trust runs on its own register, to lend it as keyed tokens. No case is needed and none is touched.

use crate::RegisterVerb;
use crate::outcome::{Outcome, Print, say};
use anyhow::{Context, bail};
use assay_analysis::detect::{self, Detector, ItemContext};
use assay_analysis::resolve::tokens::{TokenKey, tokenise};
use assay_case::store::{read_text, write_export};
use assay_evidence::rows::rows;
use assay_model::{
    Cell, Content, Controller, ControllerId, ExhibitId, ExhibitKind, ItemPath, Passage, Recovery, RegisterPerson,
    ScanSettings, Table,
};
use serde_json::json;
use std::path::Path;

/// Rows that are read at a time.
const STRETCH: usize = 4096;

/// Runs the verb.
pub(crate) fn register(verb: &RegisterVerb, print: Print) -> anyhow::Result<Outcome> {
    match verb {
        RegisterVerb::Key { to } => key(to, print),
        RegisterVerb::Tokenise { file, controller, key, to, hospital_number, column } => {
            let key = TokenKey::parse(&read_text(key, 4096)?).with_context(|| {
                format!("{}: is no key\n  remedy: 64 hexadecimal digits, as `assay register key` writes", key.display())
            })?;
            let body = Controller {
                id: ControllerId::new(controller.as_str()),
                name: String::new(),
                ods_code: String::new(),
                aliases: Vec::new(),
                domains: Vec::new(),
                paths: Vec::new(),
                hospital_number: hospital_number.clone(),
                aware_at: None,
                aware_basis: String::new(),
            };
            let people = people(file, &body, column)?;
            if people.is_empty() {
                bail!(
                    "{}: no person could be read in this register\n  remedy: check its header, or say what a column holds with --column",
                    file.display()
                );
            }
            write_export(to, tokenise(&people, &body, &key).as_bytes())?;
            match print {
                Print::Text => {
                    say(format_args!("{}: {} rows of tokens for {controller}", to.display(), people.len()));
                    say(
                        "  told to whoever has the file: how many rows there are, and which share a value; nothing else without the key",
                    );
                    say(
                        "  whoever has file and key can try every NHS number: send the key by another way, to the reader of the leak only",
                    );
                    say(format_args!(
                        "then      in the case: [[register]] controller = \"{controller}\", path = …, token_key = …"
                    ));
                }
                Print::Json => say(json!({ "rows": people.len(), "controller": controller, "to": to })),
            }
            Ok(Outcome::Done)
        }
    }
}

fn key(to: &Path, print: Print) -> anyhow::Result<Outcome> {
    let bytes = assay_case::random_bytes()?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_export(to, format!("{hex}\n").as_bytes())?;
    match print {
        Print::Text => say(format_args!("{}: a new key of 256 bits, readable by you alone", to.display())),
        Print::Json => say(json!({ "to": to })),
    }
    Ok(Outcome::Done)
}

/// The people of a register, read as a case reads it: its header decides what the columns hold.
fn people(file: &Path, body: &Controller, columns: &[(String, String)]) -> anyhow::Result<Vec<RegisterPerson>> {
    let exhibit = ExhibitId::new("REG/1");
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let path = ItemPath::of_file(&name);
    let register_columns = columns.iter().map(|(title, word)| (exhibit.clone(), title.clone(), word.clone())).collect();
    let settings = ScanSettings { controllers: vec![body.clone()], register_columns, ..ScanSettings::default() };
    let detector = Detector::new(&settings)?;
    let mut detection = detector.begin(ItemContext { exhibit: &exhibit, kind: ExhibitKind::Register, path: &path });
    let mut people = Vec::new();
    let mut read = 0u32;
    let mut stretch: Vec<Vec<Cell>> = Vec::new();
    let mut take = |stretch: &mut Vec<Vec<Cell>>| {
        let rows = std::mem::take(stretch);
        let table = Table { first_row: read + 1, continued: read > 0, rows };
        read = read.saturating_add(table.rows.len() as u32);
        let content = Content::Table(table);
        let passage = Passage { part: String::new(), hidden: false, recovery: Recovery::Stored, content };
        let mentions = detection.read(&[passage]);
        people.extend(mentions.iter().filter_map(|mention| detect::register_person(&body.id, mention)));
    };
    rows(file, &mut |row| {
        stretch.push(row.to_vec());
        if stretch.len() >= STRETCH {
            take(&mut stretch);
        }
    })?;
    if !stretch.is_empty() {
        take(&mut stretch);
    }
    Ok(people)
}

/// `TITLE=ELEMENT` of `--column`.
pub(crate) fn column(text: &str) -> Result<(String, String), String> {
    let (title, word) = text.rsplit_once('=').ok_or_else(|| format!("{text} is not TITLE=ELEMENT"))?;
    Ok((title.to_owned(), word.to_owned()))
}
