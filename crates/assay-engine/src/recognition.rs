//! Recognition of text, between three processes: a worker asks its parent, the parent asks a tool worker, and hands the
//! answer back.
//!
//! Here is what travels: a picture as bare grey pixels, and words with their places. The parent looks at neither; both ends
//! check what they are given.

use crate::channel::{receive, send};
use crate::frame::FrameKind;
use assay_evidence::extract::{Layout, MOST_PIXELS, NoRecogniser, Picture, RecognisedWord, Recogniser};
use serde::{Deserialize, Serialize};
use std::os::unix::net::UnixStream;

/// The most that an answer may hold, bytes.
pub(crate) const ANSWER: usize = 16 << 20;

/// Width, height, resolution and layout go before the pixels.
const HEAD: usize = 11;

/// Asks the parent at the other end of the channel.
pub(crate) struct AskParent<'a> {
    pub(crate) channel: &'a UnixStream,
}

impl Recogniser for AskParent<'_> {
    fn words(&self, picture: &Picture, layout: Layout) -> Result<Vec<RecognisedWord>, NoRecogniser> {
        send(self.channel, FrameKind::Picture, &picture_bytes(picture, layout)).map_err(|_| NoRecogniser::Failed)?;
        let answer = receive(self.channel).map_err(|_| NoRecogniser::Failed)?;
        match answer.kind {
            FrameKind::Words => words_of(&answer.payload).ok_or(NoRecogniser::Failed),
            _ => Err(NoRecogniser::Failed),
        }
    }
}

/// A picture as it travels.
pub(crate) fn picture_bytes(picture: &Picture, layout: Layout) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + picture.grey.len());
    bytes.extend(picture.width.to_le_bytes());
    bytes.extend(picture.height.to_le_bytes());
    bytes.extend(picture.resolution.unwrap_or(0).to_le_bytes());
    bytes.push(match layout {
        Layout::Page => 0,
        Layout::Sparse => 1,
    });
    bytes.extend(&picture.grey);
    bytes
}

/// A picture that came, if it is whole and within bounds.
pub(crate) fn picture_of(bytes: &[u8]) -> Option<(Picture, Layout)> {
    let (width, rest) = bytes.split_first_chunk().map(|(four, rest)| (u32::from_le_bytes(*four), rest))?;
    let (height, rest) = rest.split_first_chunk().map(|(four, rest)| (u32::from_le_bytes(*four), rest))?;
    let (dots, rest) = rest.split_first_chunk().map(|(two, rest)| (u16::from_le_bytes(*two), rest))?;
    let (layout, grey) = rest.split_first()?;
    let layout = match layout {
        0 => Layout::Page,
        1 => Layout::Sparse,
        _ => return None,
    };
    let count = width.checked_mul(height).filter(|count| (1..=MOST_PIXELS).contains(count))?;
    let picture = Picture { width, height, grey: grey.to_vec(), resolution: (dots > 0).then_some(dots) };
    (grey.len() == count as usize).then_some((picture, layout))
}

#[derive(Serialize, Deserialize)]
struct WrittenWord(u32, u32, u32, u32, u32, u32, u8, String);

/// Words as they travel.
pub(crate) fn words_bytes(words: &[RecognisedWord]) -> Vec<u8> {
    let written = words.iter().map(|word| {
        let RecognisedWord { block, line, left, top, width, height, confidence, text } = word.clone();
        WrittenWord(block, line, left, top, width, height, confidence, text)
    });
    // Serialising to memory fails only for maps with keys that are no text; there is none.
    serde_json::to_vec(&written.collect::<Vec<_>>()).unwrap_or_default()
}

/// Words that came.
pub(crate) fn words_of(bytes: &[u8]) -> Option<Vec<RecognisedWord>> {
    let written: Vec<WrittenWord> = serde_json::from_slice(bytes.get(..ANSWER).unwrap_or(bytes)).ok()?;
    let word = |word: WrittenWord| {
        let WrittenWord(block, line, left, top, width, height, confidence, text) = word;
        RecognisedWord { block, line, left, top, width, height, confidence: confidence.min(100), text }
    };
    Some(written.into_iter().map(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_words_come_back_and_half_of_one_does_not() {
        let picture = Picture { width: 3, height: 2, grey: vec![1, 2, 3, 4, 5, 6], resolution: Some(300) };
        let bytes = picture_bytes(&picture, Layout::Sparse);
        assert_eq!(picture_of(&bytes), Some((picture, Layout::Sparse)));
        assert_eq!(picture_of(&bytes[..bytes.len() - 1]), None);
        assert_eq!(picture_of(&[0xff; 40]), None);
        let text = "O'Neill\t\"q\"".to_owned();
        let word = RecognisedWord { block: 1, line: 2, left: 3, top: 4, width: 5, height: 6, confidence: 7, text };
        assert_eq!(words_of(&words_bytes(std::slice::from_ref(&word))), Some(vec![word]));
        assert_eq!(words_of(b"[[1,2]]"), None);
    }
}
