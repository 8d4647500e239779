//! Documents that a text carries in itself, in base64: attachments of FHIR, HL7 and clinical documents as members.
//!
//! The same reader lists them and opens them: a visit reads the item again and decodes those that it is asked for.

use super::{Limits, MemberEntry, Out, Passage, Visit};
use assay_model::UnreadReason;

/// Where embedded documents go: to the listing, and to a visitor, if there is one.
#[derive(Default)]
pub(super) struct Embedded<'v, 'a> {
    visit: Option<&'v mut Visit<'a>>,
    count: u32,
    full: bool,
}

impl<'v, 'a> Embedded<'v, 'a> {
    /// Lists one; `given` is its name, empty where it has none, `kind` its media type or ending.
    pub(super) fn add(&mut self, out: &mut Out<'_>, given: &str, kind: &str, base64: &str) {
        let bytes = base64.len() as u64 / 4 * 3;
        self.entry(out, given, kind, bytes, &mut || decoded(base64).ok_or(UnreadReason::Corrupt));
    }

    fn entry(
        &mut self,
        out: &mut Out<'_>,
        given: &str,
        kind: &str,
        bytes: u64,
        open: &mut dyn FnMut() -> Result<Vec<u8>, UnreadReason>,
    ) {
        let number = self.count;
        let ending = ending(kind);
        let given = given.trim();
        let name = match (given, ending) {
            ("", None) => format!("document {}", number.saturating_add(1)),
            ("", Some(ending)) => format!("document {}.{ending}", number.saturating_add(1)),
            (given, Some(ending)) if !given.contains('.') => format!("{given}.{ending}"),
            (given, _) => given.to_owned(),
        };
        // A limit reached is said by the one who counts; the visit keeps the same count.
        self.full = self.full || out.member(&name, bytes).is_err();
        if self.full {
            return;
        }
        self.count += 1;
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.range.contains(&number)) else { return };
        let Some(entry): Option<&MemberEntry> = out.members.last() else { return };
        let opened = if bytes > visit.reading.limits.item_bytes { Err(UnreadReason::Limit) } else { open() };
        (visit.visit)(number, entry, opened);
    }

    /// Whether the caller need not read on.
    pub(super) fn done(&self) -> bool {
        self.visit.as_ref().is_some_and(|visit| self.count >= visit.range.end)
    }
}

/// Reads an item again for the members in it: `read` is its reader, whose passages go nowhere.
pub(super) fn visit_with(visit: &mut Visit<'_>, read: &mut dyn FnMut(&mut Out<'_>, &mut Embedded<'_, '_>)) {
    let limits: &Limits = visit.reading.limits;
    let mut nowhere = |_: Passage| {};
    let mut out = Out::new(limits, &mut nowhere);
    out.allow(u64::MAX / 8);
    read(&mut out, &mut Embedded { visit: Some(visit), count: 0, full: false });
}

/// The usual ending of a kind, given as media type or as an ending.
fn ending(kind: &str) -> Option<&'static str> {
    let kind = kind.trim().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    Some(match kind.rsplit('/').next().unwrap_or_default() {
        "pdf" => "pdf",
        "rtf" => "rtf",
        "xml" | "ccda" | "cda" => "xml",
        "html" | "xhtml+xml" => "html",
        "plain" | "txt" | "text" => "txt",
        "jpeg" | "jpg" | "jfif" => "jpg",
        "png" => "png",
        "tiff" | "tif" => "tif",
        "gif" => "gif",
        "bmp" => "bmp",
        "msword" | "doc" => "doc",
        "vnd.openxmlformats-officedocument.wordprocessingml.document" | "docx" => "docx",
        "zip" => "zip",
        "dicom" => "dcm",
        "json" | "fhir+json" => "json",
        _ => return None,
    })
}

/// The bytes of a base64 text; white space in it counts nothing. `None` where it is none.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}
