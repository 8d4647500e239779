//! The one table of formats: how each is recognised, what it is called, and which function reads it.
//!
//! Order matters: the first that fits wins, so that the particular (a spreadsheet) stands before the general (a zip),
//! and binary signatures before the guesses about text. A format that is recognised but not read says why.

use super::{
    Access, Head, Job, Limits, ReadSeek, Visit, access, ar, arj, blob, cab, calendar, carve, charset, cpio, dbase,
    delimited, dicom, doc, docx, encoded, hl7, html, iso, json, lha, mail, mbox, msg, named, odf, ole, ole_native,
    ole_other, onenote, ooxml, parquet, pdf, pgp, picture, pkcs7, ppt, pptx, pst, rar, rewind, rtf, seven_zip, sql,
    sqlite, tags, tar, text, tnef, unpack, warc, xls, xlsx, xml, xps, zip,
};
use assay_model::{Recovery, UnreadReason};
use std::io::Cursor;
use unpack::Packing;

/// The media type of bytes that nothing here recognises.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file without bytes.
pub(super) const EMPTY: &str = "application/x-empty";

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// HL7 version 2 in its encoding by separators ("er7").
const HL7: &str = "application/hl7-v2";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const XLSB: &str = "application/vnd.ms-excel.sheet.binary.macroenabled.12";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const ODT: &str = "application/vnd.oasis.opendocument.text";
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
const ODP: &str = "application/vnd.oasis.opendocument.presentation";
const ODG: &str = "application/vnd.oasis.opendocument.graphics";

pub(super) type ReadFn = fn(&mut Job<'_, '_>) -> Result<(), UnreadReason>;
pub(super) type VisitFn = fn(&mut dyn ReadSeek, &mut Visit<'_>);

/// How a format shows.
pub(super) enum Signature {
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
pub(super) enum Reader {
    /// Passages, or a listing, or both.
    Read(ReadFn),
    /// The same, and members that can be opened, each on its own.
    Hold(ReadFn, VisitFn),
    /// An archive: its members are opened as [`Access`] says, and are as long as it declares.
    Archive(Access, ReadFn, VisitFn),
    /// The one member of a compressed stream.
    Unpack(&'static Packing),
    /// The members of the tar in a compressed stream.
    UnpackTar(&'static Packing),
    /// Recognised, and not read.
    Refuse(UnreadReason),
    /// Recognised, and not read: what it is and what can be done, in words.
    Named(UnreadReason, &'static str),
}
use Reader::{Archive, Hold, Named, Read, Refuse, Unpack, UnpackTar};

/// A format.
pub(super) struct Format {
    signature: Signature,
    pub(super) media_type: &'static str,
    reader: Reader,
}

impl Format {
    /// Reads an item of this format.
    pub(super) fn read(&self, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
        if let Some(mended) = self.mended(job.input, job.reading.limits) {
            job.out.partial("the document's directory is lost: its parts were carved");
            job.out.recovery = Recovery::Carved;
            let mut input = Cursor::new(mended);
            let mut job = Job { input: &mut input, head: job.head, reading: job.reading, out: &mut *job.out };
            return self.read_from(&mut job);
        }
        rewind(job.input)?;
        self.read_from(job)
    }

    fn read_from(&self, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
        match self.reader {
            Read(read) | Hold(read, _) | Archive(_, read, _) => read(job),
            Unpack(packing) => packing.read_single(job),
            UnpackTar(packing) => packing.read_tar(job),
            Refuse(reason) => Err(reason),
            Named(reason, words) => {
                job.out.warn(&format!("{words} ({})", sized(job.head.bytes)));
                Err(reason)
            }
        }
    }

    /// Opens members of an item of this format.
    pub(super) fn visit(&self, input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
        if let Some(mended) = self.mended(input, visit.reading.limits) {
            return self.visit_in(&mut Cursor::new(mended), visit);
        }
        if rewind(input).is_ok() {
            self.visit_in(input, visit);
        }
    }

    /// A document that is a zip, made anew where it lost its directory.
    fn mended(&self, input: &mut dyn ReadSeek, limits: &Limits) -> Option<Vec<u8>> {
        let document = match self.signature {
            ZipWith(..) | Signature::Office(_) => true,
            Magic(30, magic) => magic.starts_with(b"mimetype"),
            _ => false,
        };
        if document && !zip::has_directory(input) { carve::mended(input, limits) } else { None }
    }

    fn visit_in(&self, input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
        match self.reader {
            Hold(_, open) | Archive(_, _, open) => open(input, visit),
            Unpack(packing) => packing.visit_single(input, visit),
            UnpackTar(packing) => packing.visit_tar(input, visit),
            Read(_) | Refuse(_) | Named(..) => {}
        }
    }

    /// How its stream is compressed, where it is one.
    pub(super) fn packing(&self) -> Option<&'static Packing> {
        match self.reader {
            Unpack(packing) | UnpackTar(packing) => Some(packing),
            _ => None,
        }
    }

    /// How its members are come by.
    pub(super) fn access(&self) -> Access {
        match self.reader {
            Archive(access, ..) => access,
            Unpack(_) | UnpackTar(_) => Access::Stream,
            Hold(..) | Read(_) | Refuse(_) | Named(..) => Access::Random,
        }
    }

    /// Whether its members are as long as it declares.
    pub(super) fn declares_sizes(&self) -> bool {
        matches!(self.reader, Archive(..) | UnpackTar(_))
    }
}

pub(super) const fn row(signature: Signature, media_type: &'static str, reader: Reader) -> Format {
    Format { signature, media_type, reader }
}

const fn packed(packing: &'static Packing) -> Format {
    row(Packed(packing), packing.single, Unpack(packing))
}

const fn packed_tar(packing: &'static Packing) -> Format {
    row(PackedTar(packing), packing.tar, UnpackTar(packing))
}

/// Pictures as phones and cameras take them; no decoder of them in Rust is fit to use.
const PHONE: Reader = Named(
    UnreadReason::Unsupported,
    "a picture of a kind that is not decoded: turn it into JPEG or PNG and add the result",
);

#[rustfmt::skip]
static FORMATS: &[Format] = &[
    // Zip and what is made of zips.
    row(Office(&["wordprocessingml.", "ms-word."]), DOCX, Hold(docx::read, ooxml::visit_embedded)),
    row(Office(&["ms-excel.sheet.binary"]), XLSB, Hold(xlsx::read_binary, ooxml::visit_embedded)),
    row(Office(&["spreadsheetml.", "ms-excel."]), XLSX, Hold(xlsx::read, ooxml::visit_embedded)),
    row(Office(&["presentationml.", "ms-powerpoint."]), PPTX, Hold(pptx::read, ooxml::visit_embedded)),
    row(Office(&["xps-fixeddocumentsequence", "openxps"]), "application/vnd.ms-xpsdocument", Hold(xps::read, xps::visit)),
    row(ZipWith("word/document", ".xml"), DOCX, Hold(docx::read, ooxml::visit_embedded)),
    row(ZipWith("xl/workbook", ".xml"), XLSX, Hold(xlsx::read, ooxml::visit_embedded)),
    row(ZipWith("xl/workbook", ".bin"), XLSB, Hold(xlsx::read_binary, ooxml::visit_embedded)),
    row(ZipWith("ppt/presentation", ".xml"), PPTX, Hold(pptx::read, ooxml::visit_embedded)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.text"), ODT, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.sun.xml.writer"), ODT, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), ODS, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.sun.xml.calc"), ODS, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.presentation"), ODP, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.sun.xml.impress"), ODP, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.graphics"), ODG, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.sun.xml.draw"), ODG, Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.formula"), "application/vnd.oasis.opendocument.formula", Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.chart"), "application/vnd.oasis.opendocument.chart", Hold(odf::read, odf::visit)),
    row(Magic(30, b"mimetypeapplication/vnd.oasis.opendocument.base"), "application/vnd.oasis.opendocument.base", Hold(odf::read, odf::visit)),
    // Made by others, whose type stands anywhere or nowhere.
    row(ZipWith("content.xml", "content.xml"), ODT, Hold(odf::read, odf::visit)),
    row(Magic(0, b"PK\x03\x04"), "application/zip", Archive(Access::Random, zip::read, zip::visit)),
    row(Magic(0, b"PK\x05\x06"), "application/zip", Archive(Access::Random, zip::read, zip::visit)),
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
    packed_tar(&unpack::COMPRESS),
    packed(&unpack::COMPRESS),
    packed_tar(&unpack::LZ4),
    packed(&unpack::LZ4),
    packed_tar(&unpack::SNAPPY),
    packed(&unpack::SNAPPY),
    packed_tar(&unpack::LZMA),
    packed(&unpack::LZMA),
    packed(&unpack::ZLIB),
    row(Magic(0, b"PK00PK\x03\x04"), "application/zip", Archive(Access::Random, zip::read, zip::visit)),
    row(Magic(0, b"PK\x07\x08PK\x03\x04"), "application/zip", Archive(Access::Random, zip::read, zip::visit)),
    row(Magic(0, b"MSCF\0\0\0\0"), "application/vnd.ms-cab-compressed", Archive(Access::Stream, cab::read, cab::visit)),
    row(Magic(32769, b"CD001"), "application/x-iso9660-image", Archive(Access::Random, iso::read, iso::visit)),
    row(Magic(0, ar::MAGIC), "application/x-archive", Archive(Access::Random, ar::read, ar::visit)),
    row(Signature::Head(cpio::fits), "application/x-cpio", Archive(Access::Random, cpio::read, cpio::visit)),
    row(Signature::Head(lha::fits), "application/x-lha", Archive(Access::Random, lha::read, lha::visit)),
    row(Signature::Head(arj::fits), "application/x-arj", Archive(Access::Random, arj::read, arj::visit)),
    row(Magic(0, b"WARC/1."), "application/warc", Archive(Access::Random, warc::read, warc::visit)),
    row(Signature::Head(tar::fits), "application/x-tar", Archive(Access::Walk, tar::read, tar::visit)),
    row(Magic(0, b"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed", Archive(Access::Stream, seven_zip::read, seven_zip::visit)),
    // OLE compound files.
    row(OleWith("EncryptedPackage"), "application/x-ole-encrypted", Refuse(UnreadReason::Encrypted)),
    row(OleWith("WordDocument"), "application/msword", Hold(doc::read, doc::visit)),
    row(OleWith("Workbook"), "application/vnd.ms-excel", Hold(xls::read, xls::visit)),
    row(OleWith("Book"), "application/vnd.ms-excel", Hold(xls::read, xls::visit)),
    row(OleWith("PowerPoint Document"), "application/vnd.ms-powerpoint", Hold(ppt::read, ppt::visit)),
    row(OleWith("__properties_version1.0"), "application/vnd.ms-outlook", Hold(msg::read, msg::visit)),
    row(Magic(0, ole::MAGIC), "application/x-ole-storage", Hold(ole_other::read, ole_native::visit)),
    row(Magic(0, onenote::SECTION), "application/onenote", Hold(onenote::read, onenote::visit)),
    row(Magic(0, onenote::CONTENTS), "application/onenote", Hold(onenote::read, onenote::visit)),
    row(Magic(0, b"\x09\0\x04\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x02\x06\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x04\x06\0"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x08\x08\0\0\x05"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\x09\x08\x10\0\0\x06"), "application/vnd.ms-excel", Read(xls::read_bare)),
    row(Magic(0, b"\xdb\xa5"), "application/msword", Read(doc::read_bare)),
    row(Magic(0, b"\x31\xbe\0\0\0\xab"), "application/x-mswrite", Read(doc::read_write)),
    // Pictures.
    row(Magic(0, b"\x89PNG\r\n\x1a\n"), "image/png", Read(picture::read)),
    row(Magic(0, b"\xff\xd8\xff"), "image/jpeg", Read(picture::read)),
    row(Magic(0, b"GIF87a"), "image/gif", Read(picture::read)),
    row(Magic(0, b"GIF89a"), "image/gif", Read(picture::read)),
    row(Magic(0, b"II*\0"), "image/tiff", Read(picture::read)),
    row(Magic(0, b"MM\0*"), "image/tiff", Read(picture::read)),
    row(Signature::Head(|head| head.first.starts_with(b"BM") && head.first.get(6..10) == Some(&[0; 4])), "image/bmp", Read(picture::read)),
    row(Magic(8, b"WEBP"), "image/webp", Read(picture::read)),
    row(Signature::Head(picture::is_netpbm), "image/x-portable-anymap", Read(picture::read)),
    row(Magic(0, b"\x97JB2\r\n\x1a\n"), "image/x-jbig2", Read(picture::read)),
    row(Magic(0, b"\0\0\0\x0cjP  \r\n\x87\n"), "image/jp2", Read(picture::read)),
    row(Magic(0, b"\xff\x4f\xff\x51"), "image/jp2", Read(picture::read)),
    // Before the films whose container they share.
    row(Magic(4, b"ftypheic"), "image/heic", PHONE),
    row(Magic(4, b"ftypheix"), "image/heic", PHONE),
    row(Magic(4, b"ftyphevc"), "image/heic", PHONE),
    row(Magic(4, b"ftyphevx"), "image/heic", PHONE),
    row(Magic(4, b"ftypheim"), "image/heic", PHONE),
    row(Magic(4, b"ftypheis"), "image/heic", PHONE),
    row(Magic(4, b"ftypmif1"), "image/heif", PHONE),
    row(Magic(4, b"ftypmsf1"), "image/heif", PHONE),
    row(Magic(4, b"ftypavif"), "image/avif", PHONE),
    row(Magic(4, b"ftypavis"), "image/avif", PHONE),
    row(Magic(4, b"ftypcrx "), "image/x-canon-cr3", PHONE),
    row(Magic(128, b"DICM"), "application/dicom", Hold(dicom::read, dicom::visit)),
    row(Signature::Head(dicom::fits_bare), "application/dicom", Hold(dicom::read, dicom::visit)),
    row(Magic(0, b"Rar!\x1a\x07"), "application/vnd.rar", Archive(Access::Stream, rar::read, rar::visit)),
    row(Magic(0, b"SQLite format 3\0"), "application/vnd.sqlite3", Read(sqlite::read)),
    row(Magic(0, b"!BDN"), "application/vnd.ms-outlook-pst", Hold(pst::read, pst::visit)),
    row(Magic(0, b"\x78\x9f\x3e\x22"), "application/vnd.ms-tnef", Hold(tnef::read, tnef::visit)),
    row(Magic(0, mbox::FOXMAIL), "application/x-foxmail", Hold(mbox::read, mbox::visit)),
    row(Signature::Head(pkcs7::fits), "application/pkcs7-mime", Hold(pkcs7::read, pkcs7::visit)),
    row(Signature::Head(pgp::fits), "application/pgp-encrypted", Refuse(UnreadReason::Encrypted)),
    row(Magic(4, b"Standard Jet DB"), "application/x-msaccess", Hold(access::read, access::visit)),
    row(Magic(4, b"Standard ACE DB"), "application/x-msaccess", Hold(access::read, access::visit)),
    row(Magic(0, b"{\\rtf"), "application/rtf", Hold(rtf::read, rtf::visit)),
    row(Binary(b"PAR1"), "application/vnd.apache.parquet", Read(parquet::read)),
    row(Binary(b"PARE"), "application/vnd.apache.parquet", Refuse(UnreadReason::Encrypted)),
    row(Binary(b"MZ"), "application/vnd.microsoft.portable-executable", Archive(Access::Random, blob::read_program, blob::visit_program)),
    // Sound and film: what they say of themselves.
    row(Magic(0, b"fLaC"), "audio/flac", Read(tags::read)),
    row(Magic(0, b"OggS\0"), "audio/ogg", Read(tags::read)),
    row(Magic(8, b"WAVE"), "audio/x-wav", Read(tags::read)),
    row(Magic(8, b"AVI LIST"), "video/x-msvideo", Read(tags::read)),
    row(Magic(4, b"ftypM4A"), "audio/mp4", Read(tags::read)),
    row(Magic(4, b"ftyp"), "video/mp4", Read(tags::read)),
    row(Magic(4, b"moov"), "video/quicktime", Read(tags::read)),
    row(Signature::Head(tags::is_mpeg), "audio/mpeg", Read(tags::read)),
    row(Signature::Head(dbase::fits), "application/vnd.dbf", Read(dbase::read)),
    // Text, the particular before the general.
    row(Text(hl7::fits), HL7, Hold(hl7::read, hl7::visit)),
    row(Signature::Head(hl7::is_capture), HL7, Hold(hl7::read, hl7::visit)),
    row(Text(mbox::fits), "application/mbox", Archive(Access::Stream, mbox::read, mbox::visit)),
    row(Text(mail::fits), "message/rfc822", Hold(mail::read, mail::visit)),
    row(Signature::Head(mail::fits_binary), "message/rfc822", Hold(mail::read, mail::visit)),
    row(Text(mail::fits_apple), "message/x-emlx", Hold(mail::read, mail::visit)),
    row(Text(mbox::fits_fragment), "application/mbox", Archive(Access::Stream, mbox::read, mbox::visit)),
    row(Text(calendar::fits_card), "text/vcard", Hold(calendar::read_cards, calendar::visit)),
    row(Text(calendar::fits_calendar), "text/calendar", Hold(calendar::read_calendar, calendar::visit)),
    row(Text(pgp::fits_armoured), "application/pgp-encrypted", Refuse(UnreadReason::Encrypted)),
    row(Text(docx::part_fits), "application/vnd.ms-word.document.xml", Read(docx::read_part)),
    row(Text(odf::flat_text), "application/vnd.oasis.opendocument.text-flat-xml", Hold(odf::read_flat, odf::visit_flat)),
    row(Text(odf::flat_sheet), "application/vnd.oasis.opendocument.spreadsheet-flat-xml", Hold(odf::read_flat, odf::visit_flat)),
    row(Text(odf::flat_slides), "application/vnd.oasis.opendocument.presentation-flat-xml", Hold(odf::read_flat, odf::visit_flat)),
    row(Text(odf::flat_drawing), "application/vnd.oasis.opendocument.graphics-flat-xml", Hold(odf::read_flat, odf::visit_flat)),
    row(Text(html::fits), "text/html", Read(html::read)),
    // Readers of PDF take a file with rubbish before its beginning.
    row(Signature::Head(|head| has(head, 1024, b"%PDF-")), "application/pdf", Hold(pdf::read, pdf::visit)),
    row(Text(xml::fits), "application/xml", Hold(xml::read, xml::visit)),
    row(Text(json::fits), "application/json", Hold(json::read, json::visit)),
    row(Text(sql::fits), "application/sql", Read(sql::read)),
    row(Text(delimited::fits), "text/csv", Read(delimited::read)),
    row(Text(encoded::is_base64), "application/base64", Archive(Access::Random, encoded::read, encoded::visit)),
    row(Text(encoded::is_uuencoded), "text/x-uuencode", Archive(Access::Random, encoded::read, encoded::visit)),
    row(Text(|_, _| true), "text/plain", Read(text::read)),
];

/// A size in words: what is not read is weighed by it.
fn sized(bytes: u64) -> String {
    match bytes {
        bytes if bytes < 1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        bytes => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

/// Bytes of which nothing is known.
static BLOB: Format = row(Any, UNKNOWN, Archive(Access::Stream, blob::read, blob::visit));

/// All formats in the order in which they are tried.
fn formats() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().chain(named::NAMED).chain([&BLOB])
}

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
    formats().find(fits).unwrap_or(&BLOB)
}

/// The format of a media type whose members can be opened.
pub(super) fn holder(media_type: &str) -> Option<&'static Format> {
    let holds = |format: &&Format| matches!(format.reader, Hold(..) | Archive(..) | Unpack(_) | UnpackTar(_));
    formats().filter(|format| format.media_type == media_type).find(holds)
}
