//! Blocks into the bytes of a format, and its usual ending.

use crate::{
    CorpusError,
    dice::Dice,
    document::Draft,
    office::{self, Letterhead},
    page::{self, Block},
    pdf::{self, Stream},
    sheet::{fits_windows, windows_1252},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Docx,
    Pdf,
    Text,
    Html,
}

/// Writes blocks. A text that the encoding of a PDF cannot hold becomes a Word document.
pub(crate) fn write(
    blocks: &[Block],
    form: Form,
    author: &str,
    dice: &mut Dice,
) -> Result<(Vec<u8>, &'static str), CorpusError> {
    let fits = blocks.iter().all(|block| match block {
        Block::Line(text) | Block::Bold(text) | Block::Paragraph(text) => fits_windows(text),
        Block::Table(rows) => rows.iter().flatten().all(|cell| fits_windows(cell)),
        Block::Columns(left, right) => left.iter().chain(right).all(|cell| fits_windows(cell)),
        Block::Gap | Block::PageBreak => true,
    });
    match form {
        Form::Pdf if fits => {
            let stream = dice.weighted(&[(Stream::Deflated, 5), (Stream::Pieces, 3), (Stream::Plain, 2)]);
            Ok((pdf::write(blocks, stream, author, dice)?, "pdf"))
        }
        Form::Docx | Form::Pdf => {
            let letterhead = if dice.percent(30) { Letterhead::PageHeader } else { Letterhead::Body };
            Ok((office::docx(blocks, letterhead, author, dice)?, "docx"))
        }
        Form::Text => {
            let text = page::text(blocks);
            let old = fits && dice.percent(30);
            Ok((if old { windows_1252(&String::from_utf8_lossy(&text)) } else { text }, "txt"))
        }
        Form::Html => Ok((page::html("Clinical document", blocks), dice.pick(&["html", "htm"]))),
    }
}

/// A record as a Windows-1252 file has it: what it cannot write is a question mark there.
pub(crate) fn as_in_windows(draft: Draft) -> Draft {
    let lossy = |text: &str| text.chars().map(|c| if fits_windows(&c.to_string()) { c } else { '?' }).collect();
    Draft { family: lossy(&draft.family), given: lossy(&draft.given), ..draft }
}
