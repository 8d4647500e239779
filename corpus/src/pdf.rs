//! PDF files of plain text in the built-in fonts, as print drivers and document systems write them.
//!
//! The encoding is WinAnsi, so a text that Windows-1252 cannot hold must go into another format. Streams are plain, deflated, or
//! in pieces with kerning between the letters of a word.

use crate::{
    CorpusError,
    dice::Dice,
    page::{Block, wrapped},
    sheet::windows_1252,
};
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// How a page's stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// `(text) Tj`, not compressed.
    Plain,
    /// The same, deflated.
    Deflated,
    /// `[(te) -20 (xt)] TJ`, deflated.
    Pieces,
}

const TOP: i32 = 790;
const BOTTOM: i32 = 60;
const LEADING: i32 = 13;

/// A piece of text at its place on a page.
struct Placed {
    x: i32,
    y: i32,
    font: &'static str,
    text: String,
}

/// Pages filled from the top.
struct Pages {
    pages: Vec<Vec<Placed>>,
    y: i32,
}

impl Pages {
    fn place(&mut self, x: i32, font: &'static str, text: &str) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.push(Placed { x, y, font, text: text.to_owned() });
        }
    }

    fn down(&mut self) {
        self.y -= LEADING;
        if self.y < BOTTOM {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }
}

/// A PDF of blocks.
pub(crate) fn write(blocks: &[Block], stream: Stream, author: &str, dice: &mut Dice) -> Result<Vec<u8>, CorpusError> {
    let mut contents = Vec::new();
    for page in laid_out(blocks).pages {
        contents.push(content(&page, stream, dice));
    }
    let mut objects: Vec<Vec<u8>> = Vec::new();
    let count = contents.len();
    let kids: Vec<String> = (0..count).map(|n| format!("{} 0 R", 6 + 2 * n)).collect();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec());
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" ")).into_bytes());
    for font in ["Helvetica", "Helvetica-Bold"] {
        objects.push(
            format!("<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>").into_bytes(),
        );
    }
    let mut information = b"<< /Producer (Print to PDF) /Author (".to_vec();
    information.extend(literal(author));
    information.extend(b") >>");
    objects.push(information);
    for (n, content) in contents.into_iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
                7 + 2 * n
            )
            .into_bytes(),
        );
        let (filter, bytes) = match stream {
            Stream::Plain => ("", content),
            _ => ("/Filter /FlateDecode ", deflated(&content)?),
        };
        let mut object = format!("<< {filter}/Length {} >>\nstream\n", bytes.len()).into_bytes();
        object.extend(bytes);
        object.extend(b"\nendstream");
        objects.push(object);
    }
    Ok(assembled(&objects, ""))
}

/// A PDF whose trailer says that it is encrypted; its stream is noise, as it would be without the password.
pub(crate) fn encrypted(dice: &mut Dice) -> Vec<u8> {
    let noise = dice.bytes(900);
    let mut stream = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", noise.len()).into_bytes();
    stream.extend(noise);
    stream.extend(b"\nendstream");
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_vec(),
        stream,
        format!(
            "<< /Filter /Standard /V 2 /R 3 /Length 128 /P -1340 /O <{}> /U <{}> >>",
            hex(dice.bytes(32)),
            hex(dice.bytes(32))
        )
        .into_bytes(),
    ];
    let id = hex(dice.bytes(16));
    assembled(&objects, &format!(" /Encrypt 5 0 R /ID [<{id}> <{id}>]"))
}

fn laid_out(blocks: &[Block]) -> Pages {
    let mut pages = Pages { pages: vec![Vec::new()], y: TOP };
    for block in blocks {
        match block {
            Block::Line(text) => {
                pages.place(60, "F1", text);
                pages.down();
            }
            Block::Bold(text) => {
                for line in wrapped(text, 88) {
                    pages.place(60, "F2", &line);
                    pages.down();
                }
            }
            Block::Paragraph(text) => {
                for line in wrapped(text, 95) {
                    pages.place(60, "F1", &line);
                    pages.down();
                }
                pages.down();
            }
            Block::Table(rows) => {
                for row in rows {
                    for (n, cell) in row.iter().enumerate() {
                        pages.place(60 + 120 * n as i32, if n == 0 { "F2" } else { "F1" }, cell);
                    }
                    pages.down();
                }
            }
            Block::Columns(left, right) => {
                // Each column is one frame: a printer driver writes the one, then the other.
                let (page, start) = (pages.pages.len(), pages.y);
                for (x, lines) in [(60, left), (340, right)] {
                    pages.y = start;
                    for text in lines {
                        if pages.pages.len() == page {
                            pages.place(x, "F1", text);
                            pages.y -= LEADING;
                        }
                    }
                }
                pages.y = start - LEADING * left.len().max(right.len()) as i32;
                pages.down();
            }
            Block::Gap => pages.down(),
            Block::PageBreak => pages.turn(),
        }
    }
    let count = pages.pages.len();
    for (n, page) in pages.pages.iter_mut().enumerate().filter(|_| count > 1) {
        page.push(Placed { x: 270, y: 30, font: "F1", text: format!("Page {} of {count}", n + 1) });
    }
    pages
}

fn content(page: &[Placed], stream: Stream, dice: &mut Dice) -> Vec<u8> {
    let mut out = b"BT\n".to_vec();
    for placed in page.iter().filter(|placed| !placed.text.is_empty()) {
        out.extend(format!("/{} 10 Tf 1 0 0 1 {} {} Tm ", placed.font, placed.x, placed.y).bytes());
        if stream == Stream::Pieces {
            out.push(b'[');
            let letters: Vec<char> = placed.text.chars().collect();
            let mut at = 0;
            while at < letters.len() {
                let end = (at + 1 + dice.below(9)).min(letters.len());
                if at > 0 {
                    out.extend(format!(" {} ", dice.between(-28, 24)).bytes());
                }
                out.push(b'(');
                out.extend(literal(&letters[at..end].iter().collect::<String>()));
                out.push(b')');
                at = end;
            }
            out.extend(b"] TJ\n");
        } else {
            out.push(b'(');
            out.extend(literal(&placed.text));
            out.extend(b") Tj\n");
        }
    }
    out.extend(b"ET");
    out
}

/// The inside of a literal string.
fn literal(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in windows_1252(text) {
        if matches!(byte, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, CorpusError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Objects numbered from one, with their cross-reference table and a trailer.
pub(crate) fn assembled(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", n + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let info = if trailer.is_empty() { " /Info 5 0 R" } else { "" };
    out.extend(
        format!("trailer\n<< /Size {} /Root 1 0 R{info}{trailer} >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
            .bytes(),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{line, paragraph};

    #[test]
    fn the_cross_reference_table_points_at_objects() {
        let bytes = write(&[line("A (b)")], Stream::Plain, "x", &mut Dice::new(1, "pdf")).unwrap();
        let text: String = bytes.iter().map(|byte| *byte as char).collect();
        assert!(text.contains("(A \\(b\\)) Tj"));
        let table = text.split("xref\n").nth(1).unwrap();
        for (n, row) in table.lines().skip(2).take_while(|row| row.ends_with(" n ")).enumerate() {
            let place: usize = row[..10].parse().unwrap();
            assert!(bytes[place..].starts_with(format!("{} 0 obj", n + 1).as_bytes()), "{row}");
        }
    }

    #[test]
    fn long_texts_go_on_overleaf() {
        let blocks: Vec<Block> = (0..80).map(|_| paragraph("word ".repeat(30))).collect();
        let bytes = write(&blocks, Stream::Deflated, "x", &mut Dice::new(1, "pdf")).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("/Count 5"));
    }
}
