//! DICOM files: what the header says of patient and study, in labelled lines (DICOM PS3.6, PS3.10).
//!
//! Pictures, and names burnt into them, are not read; nor are headers that are deflated.

use super::{Job, Visibility};
use assay_model::UnreadReason;
use std::io::Read;

/// How much of a file is looked at: the header stands before the picture.
const HEADER: u64 = 4 << 20;

const PIXELS: (u16, u16) = (0x7fe0, 0x0010);
const SYNTAX: (u16, u16) = (0x0002, 0x0010);

/// Elements, and what a reader calls them.
const LABELS: &[((u16, u16), &str)] = &[
    ((0x0008, 0x0020), "Study date"),
    ((0x0008, 0x0050), "Accession number"),
    ((0x0008, 0x0080), "Institution"),
    ((0x0008, 0x0090), "Referring physician"),
    ((0x0008, 0x1030), "Study description"),
    ((0x0010, 0x0010), "Patient name"),
    ((0x0010, 0x0020), "Patient ID"),
    ((0x0010, 0x0030), "Date of birth"),
    ((0x0010, 0x0040), "Sex"),
    ((0x0010, 0x1000), "Other patient IDs"),
    ((0x0010, 0x1001), "Other patient names"),
    ((0x0010, 0x1040), "Address"),
    ((0x0010, 0x2154), "Phone"),
    ((0x0010, 0x21b0), "Patient history"),
    ((0x0010, 0x4000), "Patient comments"),
];

/// How elements are written after the file's own, which are explicit and little-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Explicit,
    Implicit,
    BigEndian,
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    super::rewind(job.input)?;
    let mut bytes = Vec::new();
    (&mut *job.input).take(HEADER).read_to_end(&mut bytes).map_err(|_| UnreadReason::Corrupt)?;
    job.out.partial("pictures in this item were not read");
    let mut file = File { bytes: &bytes, at: 132, syntax: Syntax::Explicit, rest: None };
    let mut lines = String::new();
    let mut depth = 0_u32;
    while let Some((tag, undefined, value)) = file.element() {
        match tag {
            PIXELS => break,
            SYNTAX => match std::str::from_utf8(value).unwrap_or_default().trim_matches(['\0', ' ']) {
                "1.2.840.10008.1.2" => file.rest = Some(Syntax::Implicit),
                "1.2.840.10008.1.2.2" => file.rest = Some(Syntax::BigEndian),
                "1.2.840.10008.1.2.1.99" => return Err(UnreadReason::Unsupported),
                _ => {}
            },
            (0xfffe, 0xe0dd) => depth = depth.saturating_sub(1),
            (0xfffe, _) => {}
            _ if undefined => depth += 1,
            _ if depth > 0 => {}
            _ => {
                if let Some((_, label)) = LABELS.iter().find(|(known, _)| *known == tag) {
                    let value = shown(label, value);
                    if !value.is_empty() {
                        lines.push_str(&format!("{label}: {value}\n"));
                    }
                }
            }
        }
    }
    // A limit reached is said by the one who counts.
    let _ = job.out.text("header", Visibility::Shown, 1, lines.trim_end().to_owned());
    Ok(())
}

struct File<'a> {
    bytes: &'a [u8],
    at: usize,
    syntax: Syntax,
    /// The syntax of what follows the file's own elements, where it is another.
    rest: Option<Syntax>,
}

impl<'a> File<'a> {
    fn number(&self, at: usize, length: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let add = |number: u32, byte: &u8| (number << 8) | u32::from(*byte);
        Some(match self.syntax {
            Syntax::BigEndian => bytes.iter().fold(0, add),
            _ => bytes.iter().rev().fold(0, add),
        })
    }

    /// The next element: its tag, whether its length is left open, and its value.
    fn element(&mut self) -> Option<((u16, u16), bool, &'a [u8])> {
        let own = self.bytes.get(self.at..self.at + 2)? == b"\x02\0";
        if !own && let Some(rest) = self.rest.take() {
            self.syntax = rest;
        }
        let tag = (self.number(self.at, 2)? as u16, self.number(self.at + 2, 2)? as u16);
        let kind = self.bytes.get(self.at + 4..self.at + 6)?;
        let long = matches!(
            kind,
            b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV" | b"SQ" | b"UC" | b"UR" | b"UT" | b"UN" | b"SV" | b"UV"
        );
        let (length, start) = match self.syntax {
            _ if tag.0 == 0xfffe => (self.number(self.at + 4, 4)?, self.at + 8),
            Syntax::Implicit => (self.number(self.at + 4, 4)?, self.at + 8),
            _ if long => (self.number(self.at + 8, 4)?, self.at + 12),
            _ => (self.number(self.at + 6, 2)?, self.at + 8),
        };
        if length == u32::MAX {
            self.at = start;
            return Some((tag, true, &[]));
        }
        let end = start.checked_add(length as usize)?;
        // The picture may lie beyond what was looked at.
        let value = if tag == PIXELS { &[][..] } else { self.bytes.get(start..end)? };
        self.at = end;
        Some((tag, false, value))
    }
}

fn shown(label: &str, value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(value).0,
    };
    let text = text.trim_matches(['\0', ' ']).split_whitespace().collect::<Vec<_>>().join(" ");
    let day = || Some(format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..8)?));
    match label {
        "Study date" | "Date of birth" if text.len() == 8 => day().unwrap_or(text),
        "Patient name" | "Other patient names" | "Referring physician" => {
            let names = text.split('\\').map(|name| {
                // Family, given, middle, prefix, suffix; other scripts follow after `=`.
                let parts: Vec<&str> = name.split('=').next().unwrap_or_default().split('^').map(str::trim).collect();
                let ordered = [3, 1, 2, 0, 4].map(|place| parts.get(place).copied().unwrap_or_default());
                ordered.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
            });
            names.collect::<Vec<_>>().join("; ")
        }
        _ => text,
    }
}
