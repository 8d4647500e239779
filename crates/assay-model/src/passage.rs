//! What extraction hands to detection: runs of text and regions of tables, each with its place.

pub use compact_str::CompactString;
use jiff::civil::Date;

/// A piece of an item's content. Extractors give them in reading order.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The part of the item: `body`, `header`, `comment`, `page 2`, a sheet's name. Empty where there is one part.
    pub part: String,
    /// True where a person opening the file would not see it: hidden sheets, rows, tracked deletions.
    pub hidden: bool,
    /// How it was come by.
    pub recovery: Recovery,
    /// The content.
    pub content: Content,
}

/// How a passage was come by; what was recognised or carved is evidence of a weaker kind, and is marked as such.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recovery {
    /// Stored in the file as text.
    #[default]
    Stored,
    /// Recognised in a picture.
    Recognised {
        /// The recogniser's mean confidence in its words, per cent.
        confidence: u8,
    },
    /// Carved out of bytes whose structure is lost.
    Carved,
}

/// Text, or a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Text with `\n` line ends; line numbers count from `first_line`.
    Text {
        /// The number of the first line in its part.
        first_line: u32,
        /// The text.
        text: String,
    },
    /// A rectangle of cells. Which rows are titles and headers is for detection to say, not for extraction.
    Table(Table),
}

/// Rows of cells as the file has them: title rows, blank rows and several tables on a sheet included.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// The number of the first row in the file (one for the first row of a sheet or CSV).
    pub first_row: u32,
    /// True where earlier rows of the same sheet came in the passage before: the header found there still holds.
    pub continued: bool,
    /// The rows; they may differ in length, missing cells are empty.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Cell {
    /// Nothing in it, or covered by a merged cell to its left or above.
    #[default]
    Empty,
    /// Text, as displayed. Up to 24 bytes of it, which is nearly every cell, lie in the cell itself and cost no allocation.
    Text(CompactString),
    /// A number. Whole numbers up to 2^53 print without a fraction: a ten-digit NHS number typed as a number keeps its digits.
    Number(f64),
    /// A date typed as a date.
    Date(Date),
    /// True or false.
    Bool(bool),
}

impl Recovery {
    /// The written form of segments and exports: nothing for what was stored, `carved`, `recognised 87`.
    pub fn written(self) -> String {
        match self {
            Self::Stored => String::new(),
            Self::Recognised { confidence } => format!("recognised {confidence}"),
            Self::Carved => "carved".to_owned(),
        }
    }

    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::Stored),
            "carved" => Some(Self::Carved),
            _ => {
                let confidence =
                    text.strip_prefix("recognised ")?.parse().ok().filter(|confidence| *confidence <= 100)?;
                Some(Self::Recognised { confidence })
            }
        }
    }
}

impl Cell {
    /// A cell of this text.
    pub fn text_of(text: impl Into<CompactString>) -> Self {
        Self::Text(text.into())
    }

    /// The cell as a person reads it; dates as `YYYY-MM-DD`; empty for [`Cell::Empty`].
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => written(*number).into(),
            Self::Date(date) => date.to_string().into(),
            Self::Bool(truth) => if *truth { "true" } else { "false" }.into(),
        }
    }

    /// True for [`Cell::Empty`] and for text of white space only.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// A number in decimal. Whole numbers, which most are, go the short way, with the same digits.
fn written(number: f64) -> String {
    const EXACT: f64 = (1_u64 << 53) as f64;
    if number.fract() == 0.0 && number.abs() <= EXACT && !(number == 0.0 && number.is_sign_negative()) {
        return (number as i64).to_string();
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_the_same_either_way() {
        let exact = (1_u64 << 53) as f64;
        for number in [0.0, -0.0, 1.0, -7.0, 9_434_765_919.0, exact, -exact, exact * 4.0, 0.5, -1.25, 1e300, f64::NAN] {
            assert_eq!(Cell::Number(number).text(), number.to_string());
        }
    }
}
