//! Recognition of text in pictures, seen from extraction: a picture goes out, words with their places come back.
//!
//! Extraction decodes pictures itself and hands over bare pixels, so that whoever recognises meets no hostile file
//! format. Who that is (another process, a stand-in of a test) is for the caller to say. What is done to a picture before, and
//! what is made of the words, is in `picture`.

use std::fmt;

/// The most pixels that a picture may have on its way to recognition: A4 at 550 dots an inch. What is larger is made smaller
/// before.
pub const MOST_PIXELS: u32 = 28 << 20;

/// A picture as recognition takes it: grey, upright where the file says how it lies.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// One byte a pixel, black is zero, rows from the top; `width * height` bytes.
    pub grey: Vec<u8>,
    /// Pixels per inch, where the file says.
    pub resolution: Option<u16>,
}

impl fmt::Debug for Picture {
    /// Pixels may show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// How the text of a picture is laid out, as far as the one who asks knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A page: columns, paragraphs, lines.
    Page,
    /// Words here and there, as on a screen, a sign or a radiograph.
    Sparse,
}

/// A word that was recognised.
#[derive(Clone, PartialEq, Eq)]
pub struct RecognisedWord {
    /// The block (a paragraph, a column) that it belongs to; blocks come in reading order.
    pub block: u32,
    /// The line, counted through the picture.
    pub line: u32,
    /// Its left edge, pixels of the picture that was handed over.
    pub left: u32,
    /// Its upper edge.
    pub top: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// How sure the recogniser is of it, per cent.
    pub confidence: u8,
    /// The word.
    pub text: String,
}

impl fmt::Debug for RecognisedWord {
    /// A word may be a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecognisedWord({} letters, {} %)", self.text.chars().count(), self.confidence)
    }
}

/// Why nothing was recognised at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRecogniser {
    /// The tool is not installed.
    Missing,
    /// The tool failed on this picture or took too long.
    Failed,
}

/// Whoever recognises.
pub trait Recogniser {
    /// The words of a picture in reading order; none where there is no text.
    fn words(&self, picture: &Picture, layout: Layout) -> Result<Vec<RecognisedWord>, NoRecogniser>;
}
