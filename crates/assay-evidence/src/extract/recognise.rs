//! Recognition of text in pictures, seen from extraction: a picture goes out, lines come back.
//!
//! Extraction decodes pictures itself and hands over bare pixels, so that whoever recognises meets no hostile file
//! format. Who that is (another process, a stand-in of a test) is for the caller to say.

use std::fmt;

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

/// A line of text that was recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecognisedLine {
    /// The block (a paragraph, a column) that it belongs to; blocks come in reading order.
    pub block: u32,
    /// Its words, parted by single spaces; by a tab where a gap is as wide as between columns.
    pub text: String,
    /// Mean confidence in its words, per cent.
    pub confidence: u8,
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
    /// The lines of a picture in reading order; none where there is no text.
    fn lines(&self, picture: &Picture) -> Result<Vec<RecognisedLine>, NoRecogniser>;
}
