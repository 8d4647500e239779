//! What cannot be read: damaged, encrypted, scanned, of a kind that no program here opens.
//!
//! A damaged file is cut so early that nothing about a person is left in it.

use crate::{
    CorpusError, archive,
    dice::Dice,
    document::{Document, Standing},
    leak::Share,
    office::{self, Letterhead},
    page::paragraph,
    pdf::{self, Stream},
};
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write;

/// About `count` such files of a share.
pub(crate) fn files(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    (0..count).map(|n| one(share, n, dice)).collect()
}

/// The beginning of a file: so many bytes, or three quarters where it is shorter than that.
fn cut(whole: &[u8], bytes: usize) -> Vec<u8> {
    let most = whole.len() * 3 / 4;
    whole.iter().take(bytes.min(most)).copied().collect()
}

fn one(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let body = share.office.body;
    let unread = |name: String, bytes: Vec<u8>, category, reason| {
        Document::new(share.path(&name), bytes, category, body).standing(Standing::Unread(reason))
    };
    let text = [paragraph("Minutes of the estates meeting. The roof of block C is to be mended in spring.")];
    Ok(match n % 10 {
        0 => {
            let whole = office::docx(&text, Letterhead::Body, "Estates", dice)?;
            unread(format!("Recovered/~letter{n}.docx"), cut(&whole, 280 + n), "other", "corrupt")
        }
        1 => unread(format!("Scans/scan{n:04}.png"), png(dice)?, "other", "no_ocr"),
        2 => unread(format!("Board/confidential {n}.docx"), encrypted_office(dice), "other", "encrypted"),
        3 => {
            let whole = pdf::write(&text, Stream::Deflated, "Estates", dice)?;
            unread(format!("Recovered/report{n}.pdf"), cut(&whole, 90 + n), "other", "corrupt")
        }
        4 => unread(format!("Legal/settlement {n}.pdf"), pdf::encrypted(dice), "other", "encrypted"),
        5 => unread(
            format!("Apps/viewer{n}/helper.dll"),
            binary(b"MZ\x90\x00\x03\x00\x00\x00", dice),
            "other",
            "unsupported",
        ),
        6 => encrypted_zip(share, n, dice),
        7 => unread(format!("Scans/fax{n:04}.pdf"), scanned_pdf(dice)?, "other", "no_ocr"),
        8 => unread(
            format!("Old system/ward{n}.mdb"),
            binary(b"\x00\x01\x00\x00Standard Jet DB\x00\x01\x00\x00\x00", dice),
            "other",
            "unsupported",
        ),
        _ => {
            let inner = [Document::new("a/minutes.txt", dice.bytes(4000), "other", body)];
            let whole = archive::zip(&inner)?;
            unread(format!("Recovered/backup{n}.zip"), whole[..1500].to_vec(), "other", "corrupt")
        }
    })
}

fn binary(head: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = head.to_vec();
    let count = 2000 + dice.below(9000);
    bytes.extend(dice.bytes(count));
    bytes
}

/// A page of grey stripes, as a scanner sees lines.
fn png(dice: &mut Dice) -> Result<Vec<u8>, CorpusError> {
    let (width, height) = (210_u32, 297_u32);
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        let written = y % 9 < 4;
        rows.extend((0..width).map(|x| if written && (20..190).contains(&x) && dice.percent(45) { 40 } else { 250 }));
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    for (kind, data) in [(b"IHDR", header), (b"IDAT", deflated(&rows)?), (b"IEND", Vec::new())] {
        out.extend((data.len() as u32).to_be_bytes());
        let mut checked = kind.to_vec();
        checked.extend(data);
        let mut crc = Crc::new();
        crc.update(&checked);
        out.extend(checked);
        out.extend(crc.sum().to_be_bytes());
    }
    Ok(out)
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, CorpusError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// A PDF whose only page is a picture.
fn scanned_pdf(dice: &mut Dice) -> Result<Vec<u8>, CorpusError> {
    let pixels: Vec<u8> =
        (0..120 * 170).map(|at| if at / 120 % 8 < 3 && dice.percent(40) { 30 } else { 245 }).collect();
    let picture = deflated(&pixels)?;
    let mut stream = format!("<< /Type /XObject /Subtype /Image /Width 120 /Height 170 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode /Length {} >>\nstream\n", picture.len()).into_bytes();
    stream.extend(picture);
    stream.extend(b"\nendstream");
    Ok(pdf::assembled(
        &[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /Im0 6 0 R >> >> >>".to_vec(),
            b"<< /Length 30 >>\nstream\nq 595 0 0 842 0 0 cm /Im0 Do Q\nendstream".to_vec(),
            b"<< /Producer (Scan to e-mail) >>".to_vec(),
            stream,
        ],
        "",
    ))
}

/// A zip with one member under AES (method 99, extra field 0x9901, as WinZip and 7-Zip write it). Written by hand, since a
/// library takes its salt from the system and would give other bytes each time.
fn encrypted_zip(share: &Share<'_>, n: usize, dice: &mut Dice) -> Document {
    let name = format!("HR case {n}.docx");
    let data = dice.bytes(2100);
    let extra = [0x01, 0x99, 7, 0, 2, 0, b'A', b'E', 3, 8, 0];
    let mut fields = Vec::new();
    fields.extend([51, 0, 1, 0, 99, 0, 0, 0, 0x21, 0]);
    fields.extend(0_u32.to_le_bytes());
    fields.extend((data.len() as u32).to_le_bytes());
    fields.extend(5200_u32.to_le_bytes());
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend((extra.len() as u16).to_le_bytes());
    let mut out = b"PK\x03\x04".to_vec();
    out.extend(&fields);
    out.extend(name.bytes());
    out.extend(extra);
    out.extend(&data);
    let start = out.len() as u32;
    out.extend(b"PK\x01\x02\x33\x00");
    out.extend(&fields);
    out.extend([0; 14]);
    out.extend(name.bytes());
    out.extend(extra);
    let size = out.len() as u32 - start;
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    let body = share.office.body;
    let member = Document::new(name, data, "other", body).standing(Standing::Unread("encrypted"));
    Document::new(share.path(&format!("HR/case files {n}.zip")), out, "other", body).holding(vec![member])
}

/// A compound file with the two streams of a document that Office has encrypted (MS-OFFCRYPTO 2.3.4).
fn encrypted_office(dice: &mut Dice) -> Vec<u8> {
    const END: u32 = 0xffff_fffe;
    const FREE: u32 = 0xffff_ffff;
    let mut info = vec![4, 0, 4, 0, 0x40, 0, 0, 0];
    info.extend(b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\"/>");
    info.resize(4096, b' ');
    let package = dice.bytes(8192);
    // Sectors: 0 table, 1 directory, 2 to 9 the first stream, 10 to 25 the second.
    let mut table = vec![0xffff_fffd, END];
    for (first, count) in [(2_u32, 8_u32), (10, 16)] {
        table.extend((1..count).map(|n| first + n));
        table.push(END);
    }
    table.resize(128, FREE);
    let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    out.extend([0; 16]);
    out.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    out.extend([0; 10]);
    for word in [1, 1, 0, 4096, END, 0, END, 0] {
        out.extend(u32::to_le_bytes(word));
    }
    out.extend(0_u32.to_le_bytes());
    out.resize(512, 0xff);
    out.extend(table.iter().flat_map(|word| word.to_le_bytes()));
    let entries = [
        ("Root Entry", 5_u8, FREE, FREE, 1, END, 0),
        ("EncryptedPackage", 2, 2, FREE, FREE, 10, 8192),
        ("EncryptionInfo", 2, FREE, FREE, FREE, 2, 4096),
        ("", 0, FREE, FREE, FREE, 0, 0),
    ];
    for (name, kind, left, right, child, start, size) in entries {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend((if name.is_empty() { 0 } else { 2 * name.len() as u16 + 2 }).to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([left, right, child].iter().flat_map(|word: &u32| word.to_le_bytes()));
        entry.resize(116, 0);
        entry.extend(u32::to_le_bytes(start));
        entry.extend(u64::to_le_bytes(size));
        out.extend(entry);
    }
    out.extend(info);
    out.extend(package);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_file_is_whole_sectors() {
        let bytes = encrypted_office(&mut Dice::new(1, "ole"));
        assert_eq!(bytes.len(), 512 * 27);
        assert_eq!(bytes[512..516], [0xfd, 0xff, 0xff, 0xff]);
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(bytes[1024 + 128..][..32], name);
    }
}
