//! The one table of formats: how each is recognised, what it is called, and which function reads it.
//!
//! Order matters: the first that fits wins, so that the particular (a spreadsheet) stands before the general (a zip),
//! and binary signatures before the guesses about text. A format that is recognised but not read says why.

use super::{
    Head, Job, ReadSeek, Visit, calendar, charset, dbase, delimited, dicom, doc, docx, html, json, mail, mbox, msg,
    odf, ole, ole_native, ole_other, ooxml, pdf, pgp, picture, pkcs7, ppt, pptx, pst, rtf, seven_zip, sql, sqlite, tar,
    text, tnef, unpack, xls, xlsx, xml, zip,
};
use assay_model::UnreadReason;
use unpack::Packing;

/// The media type of bytes that nothing here recognises.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file without bytes.
pub(super) const EMPTY: &str = "application/x-empty";

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const XLSB: &str = "application/vnd.ms-excel.sheet.binary.macroenabled.12";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

type ReadFn = fn(&mut Job<'_, '_>) -> Result<(), UnreadReason>;
type VisitFn = fn(&mut dyn ReadSeek, &mut Visit<'_>);

/// How a format shows.
enum Signature {
    /// Bytes at an offset.
    Magic(usize, &'static [u8]),
    /// Letters at the beginning, with a zero in what follows: a text may begin so, too.
    Binary(&'static [u8]),
    /// Anything that the head tells.
    Head(fn(&Head<'_>) -> bool),
    /// A zip with a member whose name begins and ends so.
    ZipWith(&'static str, &'static str),
    /// An Office package whose main part is of one of these kinds, whatever its name.
    Office(&'static [&'static str]),
    /// An OLE compound file whose telling stream is this.
    OleWith(&'static str),
    /// A compressed stream.
    Packed(&'static Packing),
    /// A compressed stream whose content is a tar.
    PackedTar(&'static Packing),
    /// The text of the head.
    Text(fn(&Head<'_>, &str) -> bool),
    /// Whatever comes here.
    Any,
}
use Signature::{Any, Binary, Magic, Office, OleWith, Packed, PackedTar, Text, ZipWith};

/// What is done with a format.
enum Reader {
    /// Passages, or a listing, or both.
    Read(ReadFn),
    /// The same, and members that can be opened.
    Hold(ReadFn, VisitFn),
    /// The one member of a compressed stream.
    Unpack(&'static Packing),
    /// The members of the tar in a compressed stream.
    UnpackTar(&'static Packing),
    /// Recognised, and not read.
    Refuse(UnreadReason),
}
use Reader::{Hold, Read, Refuse, Unpack, UnpackTar};

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
            Unpack(packing) => packing.read_single(job),
            UnpackTar(packing) => packing.read_tar(job),
            Refuse(reason) => Err(reason),
        }
    }

    /// Opens members of an item of this format.
    pub(super) fn visit(&self, input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
        match self.reader {
            Hold(_, open) => open(input, visit),
            Unpack(packing) => packing.visit_single(input, visit),
            UnpackTar(packing) => packing.visit_tar(input, visit),
            Read(_) | Refuse(_) => {}
        }
    }
}

const fn row(signature: Signature, media_type: &'static str, reader: Reader) -> Format {
    Format { signature, media_type, reader }
}

const fn packed(packing: &'static Packing) -> Format {
    row(Packed(packing), packing.single, Unpack(packing))
}

const fn packed_tar(packing: &'static Packing) -> Format {
    row(PackedTar(packing), packing.tar, UnpackTar(packing))
}

const UNSUPPORTED: Reader = Refuse(UnreadReason::Unsupported);

#[rustfmt::skip]
static FORMATS: &[Format] = &[
    // Zip and what is made of zips.
    row(Office(&["wordprocessingml.", "ms-word."]), DOCX, Hold(docx::read, ooxml::visit_embedded)),
    row(Office(&["ms-excel.sheet.binary"]), XLSB, Hold(xlsx::read_binary, ooxml::visit_embedded)),
    row(Office(&["spreadsheetml.", "ms-excel."]), XLSX, Hold(xlsx::read, ooxml::visit_embedded)),
    row(Office(&["presentationml.", "ms-powerpoint."]), PPTX, Hold(pptx::read, ooxml::visit_embedded)),
    row(ZipWith("word/document", ".xml"), DOCX, Hold(docx::read, ooxml::visit_embedded)),
    row(ZipWith("xl/workbook", ".xml"), XLSX, Hold(xlsx::read, ooxml::visit_embedded)),
    row(ZipWith("xl/workbook", ".bin"), XLSB, Hold(xlsx::read_binary, ooxml::visit_embedded)),
    row(ZipWith("ppt/presentation", ".xml"), PPTX, Hold(pptx::read, ooxml::visit_embedded)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text", Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet", Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.presentation"), "application/vnd.oasis.opendocument.presentation", Hold(odf::read, odf::visit)),
    row(Magic(0, b"PK\x03\x04"), "application/zip", Hold(zip::read, zip::visit)),
    row(Magic(0, b"PK\x05\x06"), "application/zip", Hold(zip::read, zip::visit)),
    row(Magic(0, b"%PDF-"), "application/pdf", Hold(pdf::read, pdf::visit)),
    row(Signature::Head(pdf::is_filled_in), "application/vnd.fdf", Read(pdf::read_filled_in)),
    // Other containers.
    packed_tar(&unpack::GZIP),
    packed(&unpack::GZIP),
    packed_tar(&unpack::BZIP2),
    packed(&unpack::BZIP2),
    packed_tar(&unpack::XZ),
    packed(&unpack::XZ),
    packed_tar(&unpack::ZSTD),
    packed(&unpack::ZSTD),
    row(Signature::Head(tar::fits), "application/x-tar", Hold(tar::read, tar::visit)),
    row(Magic(0, b"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed", Hold(seven_zip::read, seven_zip::visit)),
    // OLE compound files.
    row(OleWith("EncryptedPackage"), "application/x-ole-encrypted", Refuse(UnreadReason::Encrypted)),
    row(OleWith("WordDocument"), "application/msword", Hold(doc::read, doc::visit)),
    row(OleWith("Workbook"), "application/vnd.ms-excel", Hold(xls::read, xls::visit)),
    row(OleWith("Book"), "application/vnd.ms-excel", Hold(xls::read, xls::visit)),
    row(OleWith("PowerPoint Document"), "application/vnd.ms-powerpoint", Hold(ppt::read, ppt::visit)),
    row(OleWith("__properties_version1.0"), "application/vnd.ms-outlook", Hold(msg::read, msg::visit)),
    row(Magic(0, ole::MAGIC), "application/x-ole-storage", Hold(ole_other::read, ole_native::visit)),
    row(Magic(0, b"\x09\0\x04\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x02\x06\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x04\x06\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x08\x08\0\0\x05"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x08\x10\0\0\x06"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\xdb\xa5"), "application/msword", Read(doc::read_bare)),
    row(Magic(0, b"\x31\xbe\0\0\0\xab"), "application/x-mswrite", Read(doc::read_write)),
    // Recognised, and not read.
    row(Magic(0, b"\x89PNG\r\n\x1a\n"), "image/png", Read(picture::read)),
    row(Magic(0, b"\xff\xd8\xff"), "image/jpeg", Read(picture::read)),
    row(Magic(0, b"GIF87a"), "image/gif", Read(picture::read)),
    row(Magic(0, b"GIF89a"), "image/gif", Read(picture::read)),
    row(Magic(0, b"II*\0"), "image/tiff", Read(picture::read)),
    row(Magic(0, b"MM\0*"), "image/tiff", Read(picture::read)),
    row(Signature::Head(|head| head.first.starts_with(b"BM") && head.first.get(6..10) == Some(&[0; 4])), "image/bmp", Read(picture::read)),
    row(Magic(8, b"WEBP"), "image/webp", Read(picture::read)),
row(Signature::Head(picture::is_netpbm), "image/x-portable-anymap", Read(picture::read)),
    row(Magic(4, b"ftypheic"), "image/heic", UNSUPPORTED),
    row(Magic(4, b"ftypheix"), "image/heic", UNSUPPORTED),
    row(Magic(4, b"ftypmif1"), "image/heif", UNSUPPORTED),
    row(Magic(4, b"ftypmsf1"), "image/heif", UNSUPPORTED),
    row(Magic(4, b"ftypavif"), "image/avif", UNSUPPORTED),
    row(Magic(0, b"8BPS"), "image/vnd.adobe.photoshop", UNSUPPORTED),
    row(Magic(0, b"\x97JB2\r\n\x1a\n"), "image/x-jbig2", UNSUPPORTED),
    row(Magic(0, b"\0\0\0\x0cjP  \r\n\x87\n"), "image/jp2", UNSUPPORTED),
    row(Magic(128, b"DICM"), "application/dicom", Read(dicom::read)),
    row(Magic(0, b"Rar!\x1a\x07"), "application/vnd.rar", UNSUPPORTED),
    row(Magic(0, b"SQLite format 3\0"), "application/vnd.sqlite3", Read(sqlite::read)),
    row(Magic(0, b"!BDN"), "application/vnd.ms-outlook-pst", Hold(pst::read, pst::visit)),
    row(Magic(0, b"\x78\x9f\x3e\x22"), "application/vnd.ms-tnef", Hold(tnef::read, tnef::visit)),
    row(Magic(0, mbox::FOXMAIL), "application/x-foxmail", Hold(mbox::read, mbox::visit)),
    row(Signature::Head(pkcs7::fits), "application/pkcs7-mime", Hold(pkcs7::read, pkcs7::visit)),
    row(Signature::Head(pgp::fits), "application/pgp-encrypted", Refuse(UnreadReason::Encrypted)),
    row(Magic(4, b"Standard Jet DB"), "application/x-msaccess", UNSUPPORTED),
    row(Magic(4, b"Standard ACE DB"), "application/x-msaccess", UNSUPPORTED),
    row(Magic(0, b"{\\rtf"), "application/rtf", Read(rtf::read)),
    row(Binary(b"PAR1"), "application/vnd.apache.parquet", UNSUPPORTED),
    row(Binary(b"TAPE"), "application/x-ms-backup", UNSUPPORTED),
    row(Binary(b"MZ"), "application/vnd.microsoft.portable-executable", UNSUPPORTED),
    row(Magic(0, b"\x7fELF"), "application/x-elf", UNSUPPORTED),
    row(Signature::Head(dbase::fits), "application/vnd.dbf", Read(dbase::read)),
    // Text, the particular before the general.
    row(Text(mbox::fits), "application/mbox", Hold(mbox::read, mbox::visit)),
    row(Text(mail::fits), "message/rfc822", Hold(mail::read, mail::visit)),
    row(Signature::Head(mail::fits_binary), "message/rfc822", Hold(mail::read, mail::visit)),
    row(Text(mail::fits_apple), "message/x-emlx", Hold(mail::read, mail::visit)),
    row(Text(mbox::fits_fragment), "application/mbox", Hold(mbox::read, mbox::visit)),
    row(Text(calendar::fits_card), "text/vcard", Hold(calendar::read_cards, calendar::visit)),
    row(Text(calendar::fits_calendar), "text/calendar", Hold(calendar::read_calendar, calendar::visit)),
    row(Text(pgp::fits_armoured), "application/pgp-encrypted", Refuse(UnreadReason::Encrypted)),
    row(Text(html::fits), "text/html", Read(html::read)),
    // Readers of PDF take a file with rubbish before its beginning.
    row(Signature::Head(|head| has(head, 1024, b"%PDF-")), "application/pdf", Hold(pdf::read, pdf::visit)),
    row(Text(xml::fits), "application/xml", Hold(xml::read, xml::visit)),
    row(Text(json::fits), "application/json", Hold(json::read, json::visit)),
    row(Text(sql::fits), "application/sql", Read(sql::read)),
    row(Text(delimited::fits), "text/csv", Read(delimited::read)),
    row(Text(|_, _| true), "text/plain", Read(text::read)),
    row(Any, UNKNOWN, UNSUPPORTED),
];

/// Whether the first `within` bytes hold something.
fn has(head: &Head<'_>, within: usize, what: &[u8]) -> bool {
    let first = head.first.get(..within).unwrap_or(&head.first);
    memchr::memmem::find(first, what).is_some()
}

/// The format of an item.
pub(super) fn detect(input: &mut dyn ReadSeek, head: &Head<'_>) -> &'static Format {
    let mut names = None;
    let mut office: Option<String> = None;
    let mut stream = None;
    let mut text = None;
    let fits = |format: &&Format| match &format.signature {
        Magic(offset, magic) => head.first.get(*offset..).is_some_and(|rest| rest.starts_with(magic)),
        Binary(magic) => head.first.starts_with(magic) && head.first.contains(&0),
        Signature::Head(fits) => fits(head),
        Packed(packing) => packing.fits(&head.first),
        PackedTar(packing) => packing.fits(&head.first) && packing.holds_tar(input),
        ZipWith(start, end) => {
            let fits = |name: &String| name.starts_with(start) && name.ends_with(end);
            head.first.starts_with(b"PK") && names.get_or_insert_with(|| zip::names(input)).iter().any(fits)
        }
        Office(kinds) => {
            let of_main = |input: &mut dyn ReadSeek| ooxml::main_type(input).unwrap_or_default();
            head.first.starts_with(b"PK")
                && kinds.iter().any(|kind| office.get_or_insert_with(|| of_main(input)).contains(kind))
        }
        OleWith(name) => {
            head.first.starts_with(ole::MAGIC)
                && stream.get_or_insert_with(|| ole::main_stream(input)).as_deref() == Some(*name)
        }
        Text(fits) => text.get_or_insert_with(|| charset::sample(head)).as_ref().is_some_and(|text| fits(head, text)),
        Any => true,
    };
    // The last line fits everything.
    FORMATS.iter().find(fits).unwrap_or(&FORMATS[FORMATS.len() - 1])
}

/// The format of a media type whose members can be opened.
pub(super) fn holder(media_type: &str) -> Option<&'static Format> {
    let holds = |format: &&Format| matches!(format.reader, Hold(..) | Unpack(_) | UnpackTar(_));
    FORMATS.iter().filter(|format| format.media_type == media_type).find(holds)
}
