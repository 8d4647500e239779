//! The one table of formats: how each is recognised, what it is called, and which function reads it.
//!
//! Order matters: the first that fits wins, so that the particular (a spreadsheet) stands before the general (a zip), and
//! binary signatures before the guesses about text. A format that is recognised but not read says why.

use super::{Head, Job, ReadSeek, Visit, charset, delimited, text, zip};
use assay_model::UnreadReason;

/// The media type of bytes that nothing here recognises.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file without bytes.
pub(super) const EMPTY: &str = "application/x-empty";

type ReadFn = fn(&mut Job<'_, '_>) -> Result<(), UnreadReason>;
type VisitFn = fn(&mut dyn ReadSeek, &mut Visit<'_>);

/// How a format shows.
enum Signature {
    /// Bytes at an offset.
    Magic(usize, &'static [u8]),
    /// Anything that the head tells.
    Head(fn(&Head<'_>) -> bool),
    /// A zip with a member of this name.
    ZipWith(&'static str),
    /// The text of the head.
    Text(fn(&Head<'_>, &str) -> bool),
    /// Whatever comes here.
    Any,
}
use Signature::{Any, Magic, Text, ZipWith};

/// What is done with a format.
enum Reader {
    /// Passages, or a listing, or both.
    Read(ReadFn),
    /// The same, and members that can be opened.
    Hold(ReadFn, VisitFn),
    /// Recognised, and not read.
    Refuse(UnreadReason),
}
use Reader::{Hold, Read, Refuse};

/// A format.
pub(super) struct Format {
    signature: Signature,
    pub(super) media_type: &'static str,
    reader: Reader,
}

impl Format {
    /// Reads an item of this format.
    pub(super) fn read(&self, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
        match self.reader {
            Read(read) | Hold(read, _) => read(job),
            Refuse(reason) => Err(reason),
        }
    }
}

const fn row(signature: Signature, media_type: &'static str, reader: Reader) -> Format {
    Format { signature, media_type, reader }
}

const NO_OCR: Reader = Refuse(UnreadReason::NoOcr);
const UNSUPPORTED: Reader = Refuse(UnreadReason::Unsupported);

#[rustfmt::skip]
static FORMATS: &[Format] = &[
    // Zip and what is made of zips.
    row(Magic(0, b"PK\x03\x04"), "application/zip", Hold(zip::read, zip::visit)),
    row(Magic(0, b"PK\x05\x06"), "application/zip", Hold(zip::read, zip::visit)),
    // Recognised, and not read.
    row(Magic(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage", UNSUPPORTED),
    row(Magic(0, b"\x89PNG\r\n\x1a\n"), "image/png", NO_OCR),
    row(Magic(0, b"\xff\xd8\xff"), "image/jpeg", NO_OCR),
    row(Magic(0, b"GIF8"), "image/gif", NO_OCR),
    row(Magic(0, b"II*\0"), "image/tiff", NO_OCR),
    row(Magic(0, b"MM\0*"), "image/tiff", NO_OCR),
    row(Signature::Head(|head| head.first.starts_with(b"BM") && head.first.get(6..10) == Some(&[0; 4])), "image/bmp", NO_OCR),
    row(Magic(8, b"WEBP"), "image/webp", NO_OCR),
    row(Magic(4, b"ftypheic"), "image/heic", NO_OCR),
    row(Magic(128, b"DICM"), "application/dicom", UNSUPPORTED),
    row(Magic(0, b"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed", UNSUPPORTED),
    row(Magic(0, b"Rar!\x1a\x07"), "application/vnd.rar", UNSUPPORTED),
    row(Magic(0, b"BZh"), "application/x-bzip2", UNSUPPORTED),
    row(Magic(0, b"\xfd7zXZ\0"), "application/x-xz", UNSUPPORTED),
    row(Magic(0, b"\x28\xb5\x2f\xfd"), "application/zstd", UNSUPPORTED),
    row(Magic(0, b"SQLite format 3\0"), "application/vnd.sqlite3", UNSUPPORTED),
    row(Magic(0, b"!BDN"), "application/vnd.ms-outlook-pst", UNSUPPORTED),
    row(Magic(4, b"Standard Jet DB"), "application/x-msaccess", UNSUPPORTED),
    row(Magic(4, b"Standard ACE DB"), "application/x-msaccess", UNSUPPORTED),
    row(Magic(0, b"{\\rtf"), "application/rtf", UNSUPPORTED),
    row(Magic(0, b"PAR1"), "application/vnd.apache.parquet", UNSUPPORTED),
    row(Magic(0, b"TAPE"), "application/x-ms-backup", UNSUPPORTED),
    row(Magic(0, b"MZ"), "application/vnd.microsoft.portable-executable", UNSUPPORTED),
    row(Magic(0, b"\x7fELF"), "application/x-elf", UNSUPPORTED),
    // Text, the particular before the general.
    row(Text(delimited::fits), "text/csv", Read(delimited::read)),
    row(Text(|_, _| true), "text/plain", Read(text::read)),
    row(Any, UNKNOWN, UNSUPPORTED),
];

/// The format of an item.
pub(super) fn detect(input: &mut dyn ReadSeek, head: &Head<'_>) -> &'static Format {
    let mut names = None;
    let mut text = None;
    let fits = |format: &&Format| match &format.signature {
        Magic(offset, magic) => head.first.get(*offset..).is_some_and(|rest| rest.starts_with(magic)),
        Signature::Head(fits) => fits(head),
        ZipWith(name) => {
            head.first.starts_with(b"PK")
                && names.get_or_insert_with(|| zip::names(input)).iter().any(|has| has == name)
        }
        Text(fits) => text.get_or_insert_with(|| charset::sample(head)).as_ref().is_some_and(|text| fits(head, text)),
        Any => true,
    };
    // The last line fits everything.
    FORMATS.iter().find(fits).unwrap_or(&FORMATS[FORMATS.len() - 1])
}

/// The function that opens members of a media type.
pub(super) fn visitor(media_type: &str) -> Option<VisitFn> {
    FORMATS.iter().filter(|format| format.media_type == media_type).find_map(|format| match format.reader {
        Hold(_, visit) => Some(visit),
        _ => None,
    })
}
