//! Pictures, with a stand-in for the recogniser that says what size it was shown.

use super::*;
use crate::extract::{Layout, NoRecogniser, Picture, RecognisedWord, Recogniser};

/// Sees one word in every picture, and says how many pixels it has.
pub(super) struct Sizes;

impl Recogniser for Sizes {
    fn words(&self, picture: &Picture, _: Layout) -> Result<Vec<RecognisedWord>, NoRecogniser> {
        let text = format!("{}x{}", picture.width, picture.height);
        let place = (1, 1, 10, 10, 60, 20);
        let (block, line, left, top, width, height) = place;
        Ok(vec![RecognisedWord { block, line, left, top, width, height, confidence: 91, text }])
    }
}

fn read(bytes: &[u8], name: &str) -> String {
    let limits = Limits::default();
    printed_with(bytes, name, &Reading { recogniser: Some(&Sizes), ..Reading::within(&limits) })
}

/// A bitmap of 24 bits with a black bar on white.
fn bmp(width: u32, height: u32) -> Vec<u8> {
    let row = (width * 3).next_multiple_of(4);
    let mut bytes = b"BM".to_vec();
    for number in [54 + row * height, 0, 54, 40, width, height, 1 | 24 << 16, 0, row * height, 11_811, 11_811, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for y in 0..height {
        bytes.extend((0..row).map(|x| if y == height / 2 && x > 30 { 0 } else { 255 }));
    }
    bytes
}

/// A TIFF of pages that are one plain strip each, with an artist.
fn tiff(pages: u32) -> Vec<u8> {
    let (width, height) = (900_u32, 900_u32);
    let mut bytes = b"II*\0".to_vec();
    let strip = 8_u32;
    let mut directory = strip + width * height;
    bytes.extend(directory.to_le_bytes());
    bytes.extend((0..width * height).map(|n| if n / width == 400 { 0 } else { 250 }));
    for page in 0..pages {
        let entries: [(u16, u16, u32, u32); 9] = [
            (256, 4, 1, width),
            (257, 4, 1, height),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, strip),
            (278, 4, 1, height),
            (279, 4, 1, width * height),
            (315, 2, 4, u32::from_le_bytes(*b"Ada\0")),
        ];
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        directory += 2 + 9 * 12 + 4;
        bytes.extend(if page + 1 < pages { directory } else { 0 }.to_le_bytes());
    }
    bytes
}

#[test]
fn pages_of_a_tiff_are_parts_and_its_fields_are_properties() {
    let expect = "read image/tiff
= [page 1] (recognised, 91 %)
1 900x900
= [page 2] (recognised, 91 %)
1 900x900
= [properties] (hidden)
1 Artist: Ada
";
    assert_eq!(read(&tiff(2), "fax.tif"), expect);
}

#[test]
fn bitmaps_and_netpbm_are_read_and_without_a_recogniser_counted() {
    assert_eq!(read(&bmp(900, 60), "a.bmp"), "read image/bmp\n= [] (recognised, 91 %)\n1 900x60\n");
    let mut grey = b"P5\n# made by hand\n900 60\n255\n".to_vec();
    grey.extend((0..900 * 60).map(|n| if n / 900 == 30 { 0_u8 } else { 255 }));
    assert_eq!(read(&grey, "a"), "read image/x-portable-anymap\n= [] (recognised, 91 %)\n1 900x60\n");
    check(&bmp(900, 60), "a.bmp", "unread no_ocr image/bmp");
    // Too small for a word, too large for any page.
    assert_eq!(read(&bmp(16, 16), "icon.bmp"), "read image/bmp\n! no text was found in the pictures of this item\n");
    let mut huge = bmp(16, 16);
    huge[18..26].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    assert_eq!(read(&huge, "huge.bmp"), "unread limit image/bmp\n");
}

#[test]
fn damaged_pictures_give_what_they_have_and_never_panic() {
    for whole in [bmp(100, 40), tiff(2)] {
        for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            let mut damaged = whole.clone();
            if let Some(byte) = damaged.get_mut(cut % 200) {
                *byte ^= 0x55;
            }
            damaged.truncate(whole.len() - cut / 2);
            assert!(!read(&damaged, "a").contains("parser failed"), "{cut}");
        }
    }
}
