//! The one gate through which personal values, paths and user names leave.
//!
//! Masked, a value shows nothing but what it is: `[nhs number]`. No digit, initial or length is kept: in a list of a
//! few thousand people from one town, two digits and a year of birth are a name. A path keeps its exhibit, a running
//! number and a well-known extension: `LEAK/1:[item 17].docx`. The number is the item's place among the case's sorted
//! items; a hash of the path would let anyone test a guessed name against it. Sheet names and unusual part names go,
//! row numbers stay.
//!
//! The appliance's own file names (`var/log/ns.log.3.gz`) are vendor vocabulary and stay, since coverage cannot be read
//! without them; other folders are numbered. Registers and claims show their exhibit only.

use crate::words;
use assay_model::{Dossier, ExhibitId, ExhibitKind, ItemPath, Locator, Place};
use std::collections::BTreeMap;

/// Whether personal values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Values show their form only.
    Masked,
    /// Values are shown. The caller has checked the authority and left a custody entry.
    Revealed,
}

/// Masks the values of one dossier.
pub(crate) struct Veil<'a> {
    reveal: Reveal,
    items: BTreeMap<(&'a ExhibitId, &'a ItemPath), usize>,
    kinds: BTreeMap<&'a ExhibitId, ExhibitKind>,
    folders: BTreeMap<&'a str, usize>,
    users: Vec<&'a str>,
}

impl<'a> Veil<'a> {
    pub(crate) fn new(dossier: &'a Dossier, reveal: Reveal) -> Self {
        let items = dossier.items.iter().enumerate().map(|(n, item)| ((&item.exhibit, &item.path), n + 1)).collect();
        let kinds = dossier.exhibits.iter().map(|exhibit| (&exhibit.id, exhibit.kind)).collect();
        let gateway = dossier.gateway.as_ref();
        let mut folders = BTreeMap::new();
        for coverage in gateway.into_iter().flat_map(|g| &g.coverage) {
            if let Some((folder, _)) = coverage.source.rsplit_once(['/', '!']) {
                let parts = folder.split(['/', '!']).filter(|part| !is_vendor_folder(part) && !is_vendor_file(part));
                parts.for_each(|part| _ = folders.insert(part, 0));
            }
        }
        folders.values_mut().enumerate().for_each(|(n, number)| *number = n + 1);
        let mut users: Vec<&str> = gateway
            .into_iter()
            .flat_map(|g| &g.flagged)
            .filter_map(|flagged| flagged.session.user.as_ref())
            .map(|user| user.reveal().as_str())
            .filter(|user| !user.is_empty())
            .collect();
        // Longest first: where one user name begins another, the longer one must go whole.
        users.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        users.dedup();
        Self { reveal, items, kinds, folders, users }
    }

    pub(crate) fn reveals(&self) -> bool {
        self.reveal == Reveal::Revealed
    }

    /// A personal value, or what it is in brackets; nothing stays nothing.
    pub(crate) fn value(&self, what: &str, value: &str) -> String {
        match (self.reveal, value.is_empty()) {
            (_, true) => String::new(),
            (Reveal::Revealed, _) => value.to_owned(),
            (Reveal::Masked, _) => format!("[{what}]"),
        }
    }

    /// The path of an item, without its exhibit.
    pub(crate) fn path(&self, exhibit: &ExhibitId, path: &ItemPath) -> String {
        if self.reveals() {
            return path.as_str().to_owned();
        }
        let extension = known_extension(path.file_name()).map(|e| format!(".{e}")).unwrap_or_default();
        match self.items.get(&(exhibit, path)) {
            Some(number) => format!("[item {number}]{extension}"),
            None => format!("[item]{extension}"),
        }
    }

    /// `EXHIBIT:path`.
    pub(crate) fn located(&self, exhibit: &ExhibitId, path: &ItemPath) -> String {
        match self.kinds.get(exhibit) {
            _ if self.reveals() => format!("{exhibit}:{path}"),
            Some(ExhibitKind::Gateway) => format!("{exhibit}:{}", self.gateway_source(path.as_str())),
            Some(ExhibitKind::Register | ExhibitKind::Claim | ExhibitKind::Statement) => exhibit.to_string(),
            _ => format!("{exhibit}:{}", self.path(exhibit, path)),
        }
    }

    /// `EXHIBIT:path place`.
    pub(crate) fn locator(&self, locator: &Locator) -> String {
        let mut out = self.located(&locator.exhibit, &locator.path);
        if locator.place != Place::Whole {
            out.push(' ');
            out.push_str(&self.place(&locator.place));
        }
        out
    }

    /// A place, without the sheet's name where masked.
    pub(crate) fn place(&self, place: &Place) -> String {
        if self.reveals() {
            return place.to_string();
        }
        match place.clone() {
            Place::Line { part, first, last } => Place::Line { part: self.part(&part), first, last },
            Place::Row { sheet, row } => Place::Row { sheet: self.value("sheet", &sheet), row },
            Place::Cell { sheet, row, column } => Place::Cell { sheet: self.value("sheet", &sheet), row, column },
            other => other,
        }
        .to_string()
    }

    // Extractors name parts by these words; anything else may be a sheet's or an attachment's name.
    fn part(&self, part: &str) -> String {
        let known = part.is_empty()
            || matches!(part, "body" | "header" | "footer" | "comment" | "footnote" | "properties" | "text")
            || part.strip_prefix("page ").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if known { part.to_owned() } else { self.value("part", part) }
    }

    /// A log's file name, as the exhibit has it: vendor words stay, other folders and files are numbered or masked.
    pub(crate) fn gateway_source(&self, source: &str) -> String {
        if self.reveals() {
            return source.to_owned();
        }
        let mut out = String::new();
        let mut rest = source;
        loop {
            let (part, separator, tail) = match rest.find(['/', '!']) {
                Some(at) => {
                    let (part, tail) = rest.split_at(at);
                    let (separator, tail) = tail.split_at(1);
                    (part, separator, Some(tail))
                }
                None => (rest, "", None),
            };
            if is_vendor_file(part) || (tail.is_some() && is_vendor_folder(part)) {
                out.push_str(part);
            } else if let Some(number) = self.folders.get(part).filter(|_| tail.is_some()) {
                out.push_str(&format!("[folder {number}]"));
            } else {
                out.push_str(if tail.is_some() { "[folder]" } else { "[file]" });
                if let Some(extension) = known_extension(part).filter(|_| tail.is_none()) {
                    out.push_str(&format!(".{extension}"));
                }
            }
            out.push_str(separator);
            match tail {
                Some(tail) => rest = tail,
                None => return out,
            }
        }
    }

    /// A line of the gateway's assessment without user names.
    ///
    /// Analysis masks them already, but a command to end sessions names one by its nature, and this text comes from a
    /// wire that an attacker writes to: known users go wherever they stand as a word, and so does every argument of
    /// `-user…`.
    pub(crate) fn without_users(&self, text: &str) -> String {
        let text = words::line(text);
        if self.reveals() {
            return text;
        }
        let mut out = text;
        for user in &self.users {
            out = replace_word(&out, user, "[user]");
        }
        mask_user_arguments(&out)
    }
}

fn replace_word(text: &str, word: &str, by: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find_ignoring_case(rest, word) {
        let (before, after) = rest.split_at(at);
        let (found, after) = after.split_at(word.len().min(after.len()));
        let starts = !before.chars().next_back().is_some_and(is_part);
        // A full stop that ends a sentence is no part of the name before it.
        let mut next = after.chars();
        let ends = match next.next() {
            Some('.') => !next.next().is_some_and(is_part),
            Some(c) => !is_part(c),
            None => true,
        };
        out.push_str(before);
        out.push_str(if starts && ends { by } else { found });
        rest = after;
    }
    out.push_str(rest);
    out
}

// User names of a directory ignore case; only ASCII is folded, so that byte positions stay those of the text.
fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    let (text_folded, word_folded) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    text_folded.find(&word_folded).filter(|_| !word.is_empty())
}

fn mask_user_arguments(text: &str) -> String {
    let mut mask_next = false;
    let parts: Vec<&str> = text
        .split(' ')
        .map(|part| {
            let masked = mask_next && !part.is_empty();
            if masked || !part.is_empty() {
                mask_next = part.get(..5).is_some_and(|p| p.eq_ignore_ascii_case("-user"));
            }
            if masked { "[user]" } else { part }
        })
        .collect();
    parts.join(" ")
}

fn is_vendor_folder(part: &str) -> bool {
    matches!(part, "var" | "log" | "nslog" | "nsconfig" | "flash" | "tmp" | "shell" | "logs" | "collector_output" | "")
}

// Names that NetScaler gives its files, with rotation and compression: `ns.log.12.gz`, `newnslog.100`, `ns.conf.0`.
fn is_vendor_file(part: &str) -> bool {
    const NAMES: [&str; 13] = [
        "ns.log",
        "ns.conf",
        "newnslog",
        "httpaccess.log",
        "httperror.log",
        "httpaccess-vpn.log",
        "auth.log",
        "notice.log",
        "bash.log",
        "sh.log",
        "messages",
        "nsvpn.log",
        "dmesg.boot",
    ];
    NAMES.iter().filter_map(|name| part.strip_prefix(name)).any(|tail| {
        tail.split('.')
            .all(|t| t.is_empty() || matches!(t, "gz" | "tar" | "tgz") || t.bytes().all(|b| b.is_ascii_digit()))
    })
}

// An extension is shown only where it names a format: `minutes.jones` must not give its ending away.
fn known_extension(file_name: &str) -> Option<String> {
    const KNOWN: [&str; 54] = [
        "7z", "accdb", "bak", "bat", "bmp", "bz2", "cfg", "conf", "csv", "db", "dcm", "doc", "docm", "docx", "eml",
        "gif", "gz", "htm", "html", "ini", "jpeg", "jpg", "json", "log", "mbox", "md", "mdb", "msg", "odp", "ods",
        "odt", "pdf", "png", "ppt", "pptx", "ps1", "pst", "rar", "rtf", "sql", "sqlite", "tar", "tgz", "tif", "tiff",
        "tsv", "txt", "xls", "xlsb", "xlsm", "xlsx", "xml", "yaml", "zip",
    ];
    let (_, extension) = file_name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    KNOWN.contains(&extension.as_str()).then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_shown_only_where_it_names_a_format() {
        let seen: Vec<Option<String>> =
            ["Jones A.DOCX", "minutes.jones", "old.tar.gz", "noextension"].into_iter().map(known_extension).collect();
        assert_eq!(seen, [Some("docx".into()), None, Some("gz".into()), None]);
    }

    #[test]
    fn a_user_name_goes_as_a_word_and_as_an_argument() {
        assert_eq!(replace_word("Jdoe, jdoe2 and jdoe.", "jdoe", "[user]"), "[user], jdoe2 and [user].");
        assert_eq!(mask_user_arguments("kill aaa session -userName  a.b -x"), "kill aaa session -userName  [user] -x");
    }

    #[test]
    fn vendor_names_are_told_from_others() {
        assert!(["ns.log", "ns.log.3.gz", "newnslog.100", "ns.conf.0"].into_iter().all(is_vendor_file));
        assert!(!["ns.log.jdoe", "jdoe.log", "ns.log-jdoe"].into_iter().any(is_vendor_file));
    }
}
