//! Packings of black and white, JBIG2 and JPEG 2000, by decoders of others: sizes are checked before anything is decoded, and a
//! decoder that panics costs its picture.

use super::super::UnreadReason as Reason;
use super::Picture;
use super::decode::{Channels, grey, pixels};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most pixels of a JPEG 2000 picture: its decoder holds four bytes a sample.
const MOST_IN_WAVES: usize = 32 << 20;

/// Collects black and white.
pub(crate) struct Bits {
    width: usize,
    most: usize,
    grey: Vec<u8>,
    row: usize,
    /// Whether black comes out as one, which shows as white.
    pub(crate) turned: bool,
}

impl Bits {
    pub(crate) fn new(width: u32, most: usize) -> Self {
        Self { width: width as usize, most, grey: Vec::with_capacity(most), row: 0, turned: false }
    }

    pub(crate) fn finish(mut self, inverted: bool) -> Vec<u8> {
        self.grey.resize(self.most, 255);
        if inverted != self.turned {
            self.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
        }
        self.grey
    }

    fn push(&mut self, black: bool, count: usize) {
        let row_end = (self.row + 1) * self.width;
        let end = (self.grey.len() + count).min(row_end).min(self.most);
        self.grey.resize(end.max(self.grey.len()), if black { 0 } else { 255 });
    }

    fn end_row(&mut self) {
        self.row += 1;
        self.grey.resize((self.row * self.width).min(self.most), 255);
    }
}

impl hayro_ccitt::Decoder for Bits {
    fn push_row(&mut self, changes: &[u32]) {
        let (mut at, mut black) = (0_usize, false);
        for change in changes {
            let change = *change as usize;
            self.push(black, change.saturating_sub(at));
            (at, black) = (change, !black);
        }
        self.push(black, self.width.saturating_sub(at));
        self.end_row();
    }
}

impl hayro_jbig2::Decoder for Bits {
    fn push_pixel(&mut self, black: bool) {
        self.push(black, 1);
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        self.push(black, chunk_count as usize * 8);
    }

    fn next_line(&mut self) {
        self.end_row();
    }
}

/// A page of JBIG2 as it lies in a PDF, with what pages share.
pub(crate) fn jbig2_page(bytes: &[u8], globals: Option<&[u8]>, inverted: bool) -> Result<Picture, Reason> {
    contained(|| {
        let settings = hayro_jbig2::DecodeSettings::default();
        let globals = globals.and_then(|globals| hayro_jbig2::Globals::new(globals, &settings).ok());
        let page = hayro_jbig2::Page::new_embedded(bytes, globals.as_ref(), &settings).map_err(|_| Reason::Corrupt)?;
        decoded(&page, inverted)
    })
}

fn decoded(page: &hayro_jbig2::Page<'_>, inverted: bool) -> Result<Picture, Reason> {
    let (width, height) = (page.width(), page.height());
    let count = pixels(width.into(), height.into())?;
    let mut bits = Bits::new(width, count);
    // An error ends the picture where it stands; what lies before it is good.
    if page.decode(&mut bits).is_err() && bits.grey.is_empty() {
        return Err(Reason::Corrupt);
    }
    Ok(Picture { width, height, grey: bits.finish(inverted), resolution: None })
}

/// The pages of a file of JBIG2, each as soon as it is decoded; true where there are more than `most`.
pub(super) fn jbig2(bytes: &[u8], most: u32, give: &mut dyn FnMut(&str, Result<Picture, Reason>)) -> bool {
    let settings = hayro_jbig2::DecodeSettings::default();
    let opened = catch_unwind(AssertUnwindSafe(|| hayro_jbig2::File::new(bytes, &settings).ok())).ok().flatten();
    let Some(file) = opened.filter(|file| file.page_count() > 0) else {
        give("", Err(Reason::Corrupt));
        return false;
    };
    for (number, page) in (1_u32..=most).zip(file.pages()) {
        let part = if file.page_count() > 1 { format!("page {number}") } else { String::new() };
        give(&part, contained(|| decoded(&page, false)));
    }
    file.page_count() > most as usize
}

/// A picture of JPEG 2000, in its file format or bare.
pub(crate) fn jpeg2000(bytes: &[u8]) -> Result<Picture, Reason> {
    contained(|| {
        let image = hayro_jpeg2000::Image::new(bytes, &hayro_jpeg2000::DecodeSettings::default())
            .map_err(|_| Reason::Corrupt)?;
        let (width, height) = (image.width(), image.height());
        let count = pixels(width.into(), height.into())?;
        if count > MOST_IN_WAVES {
            return Err(Reason::Limit);
        }
        let mut context = hayro_jpeg2000::DecoderContext::default();
        let decoded = image.decode(&mut context).map_err(|_| Reason::Corrupt)?;
        let samples = decoded.data_u8();
        let channels = match (decoded.components().len(), image.color_space().num_channels()) {
            (1, _) => Channels::Grey,
            (2, _) => Channels::GreyAlpha,
            (3, _) => Channels::Rgb,
            (4, 4) => Channels::Cmyk,
            (4, _) => Channels::Rgba,
            _ => return Err(Reason::Unsupported),
        };
        Ok(Picture { width, height, grey: grey(channels, &samples, count), resolution: None })
    })
}

fn contained(decode: impl FnOnce() -> Result<Picture, Reason>) -> Result<Picture, Reason> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(Reason::Corrupt))
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;

    /// The first page of a file, as one line of its rows where all are alike: `.` for paper, `#` for ink.
    fn seen(bytes: &[u8]) -> String {
        let mut out = String::new();
        decode::each(bytes, 10, &mut |part, page| {
            let Picture { width, height, grey, .. } = page.unwrap();
            let mut rows = grey.chunks(width as usize);
            let first = rows.next().unwrap();
            assert!(rows.all(|row| row == first), "{part}");
            let shade = |grey: &u8| if *grey < 128 { '#' } else { '.' };
            out += &format!("{part}{height} of {}\n", first.iter().map(shade).collect::<String>());
        });
        out
    }

    fn bar() -> String {
        format!("12 of {}{}{}\n", ".".repeat(16), "#".repeat(32), ".".repeat(16))
    }

    fn packed(bits: &str) -> Vec<u8> {
        let bits = format!("{bits}{}", "0".repeat(7 - (bits.len() + 7) % 8));
        bits.as_bytes()
            .chunks(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
            .collect()
    }

    const WHITE_16: &str = "101010";
    const BLACK_32: &str = "000001101010";
    const END_OF_LINE: &str = "000000000001";

    /// Twelve rows of T.6: the first horizontal, the others as the one above.
    fn group_4() -> Vec<u8> {
        packed(&format!("001{WHITE_16}{BLACK_32}1{}{}", "111".repeat(11), END_OF_LINE.repeat(2)))
    }

    fn tiff(compression: u32, options: u32, strip: &[u8]) -> Vec<u8> {
        let directory = 8 + strip.len().next_multiple_of(2) as u32;
        let mut out = [&b"II*\0"[..], &directory.to_le_bytes(), strip].concat();
        out.resize(directory as usize, 0);
        let fields = [
            (256, 64),
            (257, 12),
            (258, 1),
            (259, compression),
            (262, 0),
            (273, 8),
            (278, 12),
            (279, strip.len() as u32),
            (292, options),
        ];
        out.extend((fields.len() as u16).to_le_bytes());
        for (tag, value) in fields {
            out.extend([&u16::to_le_bytes(tag)[..], &[4, 0, 1, 0, 0, 0], &u32::to_le_bytes(value)].concat());
        }
        out.extend([0; 4]);
        out
    }

    #[test]
    fn fax_of_every_group_is_read() {
        let row = format!("{WHITE_16}{BLACK_32}{WHITE_16}");
        let aligned: Vec<u8> = (0..12).flat_map(|_| packed(&row)).collect();
        assert_eq!(seen(&tiff(2, 0, &aligned)), bar());
        let with_ends = packed(&format!("{}{}", END_OF_LINE, format!("{row}{END_OF_LINE}").repeat(12)));
        assert_eq!(seen(&tiff(3, 0, &with_ends)), bar());
        // Two dimensions: a bit after each end of line says which.
        let lines: String = (0..12)
            .map(|n| if n % 4 == 0 { format!("{END_OF_LINE}1{row}") } else { format!("{END_OF_LINE}0111") })
            .collect();
        assert_eq!(seen(&tiff(3, 1, &packed(&lines))), bar());
        assert_eq!(seen(&tiff(4, 0, &group_4())), bar());
    }

    /// A file of so many pages, each a region packed as faxes are.
    fn jbig2_file(pages: u8) -> Vec<u8> {
        let mut out = [b"\x97JB2\r\n\x1a\n\x01", &[0, 0, 0, pages][..]].concat();
        let mut number = 0_u32;
        let mut segment = |kind: u8, page: u8, data: &[u8]| {
            out.extend(number.to_be_bytes());
            out.extend([kind, 0, page]);
            out.extend((data.len() as u32).to_be_bytes());
            out.extend(data);
            number += 1;
        };
        let size = [0, 0, 0, 64, 0, 0, 0, 12];
        for page in 1..=pages {
            segment(48, page, &[&size[..], &[0; 8], &[0, 0, 0]].concat());
            segment(38, page, &[&size[..], &[0; 8], &[0], &[1], &group_4()].concat());
            segment(49, page, &[]);
        }
        segment(51, 0, &[]);
        out
    }

    #[test]
    fn pages_of_jbig2_and_waves_are_read_whatever_is_damaged() {
        assert_eq!(seen(&jbig2_file(1)), bar());
        assert_eq!(seen(&jbig2_file(2)), format!("page 1{}page 2{}", bar(), bar()));
        let (boxed, bare) = (include_bytes!("fixtures/bar.jp2"), include_bytes!("fixtures/bar.j2k"));
        assert_eq!(seen(boxed), bar());
        assert_eq!(seen(bare), bar());
        for whole in [&jbig2_file(2)[..], boxed, bare] {
            for at in 8..whole.len() {
                let mut damaged = whole.to_vec();
                damaged[at] ^= 0x81;
                decode::each(&damaged, 10, &mut |_, _| ());
                decode::each(&whole[..at], 10, &mut |_, _| ());
            }
        }
    }
}
