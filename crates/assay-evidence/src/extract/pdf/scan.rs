//! The picture of a page, or of a part of one: the pictures drawn on it, laid onto one sheet of grey pixels.
//!
//! Scans are one picture a page, strips of one, or a dark layer over a light one; all are laid where the page has them.
//! Lines and letters drawn as such are not: a page that has them has text. Colour profiles are not applied: they change
//! no letter.

use super::content::{self, Matrix, Placed, Source, product};
use super::file::File;
use super::filter::{Decoded, Lost};
use super::object::{Dict, Object};
use crate::extract::picture::{self, Bits, Channels, Picture};
use crate::extract::recognise::MOST_PIXELS;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};

/// Dots an inch at most: recognisers want no more.
const DOTS: f32 = 300.0;

/// Pixels decoded for one page: four pictures of the largest size.
const PIXELS: u64 = 256 << 20;

/// Pictures laid onto one page; strips of a fax are a few hundred.
const PICTURES: usize = 2000;

/// The largest picture as its filters give it, bytes.
const SAMPLES: u64 = 256 << 20;

/// A page's picture; `None` where none of its pictures could be decoded.
pub(super) fn page(file: &File<'_>, page: &Dict, pictures: &[Placed]) -> Option<Picture> {
    laid(file, page, content::page_box(file, page).unwrap_or([0.0, 0.0, 612.0, 792.0]), pictures)
}

/// As much of a page as some of its pictures cover.
pub(super) fn of_pictures(file: &File<'_>, page: &Dict, pictures: &[Placed]) -> Option<Picture> {
    let [left, bottom, right, top] = content::page_box(file, page).unwrap_or([0.0, 0.0, 612.0, 792.0]);
    let mut area = [right, top, left, bottom];
    for corner in pictures.iter().flat_map(|placed| corners(placed.matrix)) {
        let (x, y) = (corner.0.clamp(left, right), corner.1.clamp(bottom, top));
        area = [area[0].min(x), area[1].min(y), area[2].max(x), area[3].max(y)];
    }
    if area[2] - area[0] < 1.0 || area[3] - area[1] < 1.0 { None } else { laid(file, page, area, pictures) }
}

/// The corners of the unit square where a matrix lays it.
fn corners([a, b, c, d, e, f]: Matrix) -> [(f32, f32); 4] {
    [(e, f), (e + a, f + b), (e + c, f + d), (e + a + c, f + b + d)]
}

/// Pictures laid onto a sheet that shows an area of a page.
fn laid(file: &File<'_>, page: &Dict, area: [f32; 4], pictures: &[Placed]) -> Option<Picture> {
    let [left, bottom, right, top] = area;
    let dots = pictures.iter().filter_map(|placed| dots(file, placed)).fold(72.0, f32::max).min(DOTS);
    let turn = content::inherited(file, page, b"Rotate").integer().unwrap_or(0).rem_euclid(360) / 90;
    let (across, down) = (right - left, top - bottom);
    let (across, down) = if turn % 2 == 1 { (down, across) } else { (across, down) };
    // A poster is laid smaller.
    let most = (MOST_PIXELS as f32 / (across * down).max(1.0)).sqrt();
    let scale = (dots / 72.0).min(most).min(65_000.0 / across.max(down));
    let onto_sheet: Matrix = match turn {
        1 => [0.0, scale, scale, 0.0, -bottom * scale, -left * scale],
        2 => [-scale, 0.0, 0.0, scale, right * scale, -bottom * scale],
        3 => [0.0, -scale, -scale, 0.0, top * scale, right * scale],
        _ => [scale, 0.0, 0.0, -scale, -left * scale, top * scale],
    };
    let (width, height) = (((across * scale) as u32).max(1), ((down * scale) as u32).max(1));
    let mut sheet = Picture {
        width,
        height,
        grey: vec![255; width as usize * height as usize],
        resolution: Some((scale * 72.0).round().clamp(1.0, 2400.0) as u16),
    };
    let mut left_to_decode = PIXELS;
    let mut laid = false;
    for placed in pictures.iter().take(PICTURES) {
        let size = size(file, placed).unwrap_or((0, 0));
        let Some(left) = left_to_decode.checked_sub(size.0.saturating_mul(size.1)) else { break };
        left_to_decode = left;
        // Decoders of other hands may panic on hostile data: that costs one picture.
        if let Ok(Some(layer)) = catch_unwind(AssertUnwindSafe(|| Layer::of(file, placed))) {
            layer.lay(product(placed.matrix, onto_sheet), &mut sheet);
            laid = true;
        }
    }
    laid.then_some(sheet)
}

fn dict(source: &Source) -> Option<&Dict> {
    match source {
        Source::Kept(object) => object.dict(),
        Source::Inline(dict, _) => Some(dict),
    }
}

fn size(file: &File<'_>, placed: &Placed) -> Option<(u64, u64)> {
    let dict = dict(&placed.source)?;
    let side = |key: &[u8]| file.get(dict, key).integer().and_then(|side| u64::try_from(side).ok());
    Some((side(b"Width")?, side(b"Height")?))
}

/// How many dots an inch a picture has where it is laid.
pub(super) fn dots(file: &File<'_>, placed: &Placed) -> Option<f32> {
    let (width, _) = size(file, placed)?;
    let inches = placed.matrix[0].hypot(placed.matrix[1]) / 72.0;
    (inches > 0.1).then(|| width as f32 / inches)
}

/// A picture, and how much of what lies under it shows.
struct Layer {
    picture: Picture,
    /// Opaque where 255; of its own size.
    alpha: Option<Picture>,
}

impl Layer {
    fn of(file: &File<'_>, placed: &Placed) -> Option<Self> {
        let own = dict(&placed.source)?;
        let picture = decoded(file, &placed.source)?;
        if *file.get(own, b"ImageMask") == Object::Bool(true) {
            // Ink where the sample is black.
            let mut alpha = picture.clone();
            alpha.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
            let ink = if placed.white { 255 } else { 0 };
            let picture = Picture { width: 1, height: 1, grey: vec![ink], resolution: None };
            return Some(Self { picture, alpha: Some(alpha) });
        }
        let mask = |key: &[u8]| {
            let held = file.get(own, key);
            held.stream()
                .and_then(|stream| decoded(file, &Source::Kept(std::rc::Rc::new(Object::Stream(stream.clone())))))
        };
        let mut alpha = mask(b"SMask");
        if alpha.is_none() {
            alpha = mask(b"Mask").map(|mut mask| {
                mask.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
                mask
            });
        }
        Some(Self { picture, alpha })
    }

    /// Lays the unit square that the picture fills where `matrix` puts it.
    fn lay(&self, matrix: Matrix, sheet: &mut Picture) {
        let [a, b, c, d, e, f] = matrix;
        let turned = a * d - b * c;
        if !(turned.is_finite() && turned.abs() > 1e-6) {
            return;
        }
        let corners = corners(matrix);
        let span = |pick: fn(&(f32, f32)) -> f32, most: u32| {
            let least = corners.iter().map(pick).fold(f32::MAX, f32::min).floor().clamp(0.0, most as f32) as u32;
            let greatest = corners.iter().map(pick).fold(f32::MIN, f32::max).ceil().clamp(0.0, most as f32) as u32;
            least..greatest
        };
        let (across, down) = (span(|corner| corner.0, sheet.width), span(|corner| corner.1, sheet.height));
        // How far one pixel of the sheet reaches in the unit square.
        let reach = ((d.abs() + c.abs()) / turned.abs(), (a.abs() + b.abs()) / turned.abs());
        for y in down {
            for x in across.clone() {
                let (px, py) = (x as f32 + 0.5 - e, y as f32 + 0.5 - f);
                let (u, v) = ((px * d - py * c) / turned, (py * a - px * b) / turned);
                if !((0.0..1.0).contains(&u) && (0.0..1.0).contains(&v)) {
                    continue;
                }
                // Pictures begin above, the unit square below.
                let v = 1.0 - v;
                let own = u32::from(averaged(&self.picture, u, v, reach));
                let alpha = self.alpha.as_ref().map_or(255, |alpha| u32::from(averaged(alpha, u, v, reach)));
                if let Some(place) = sheet.grey.get_mut(y as usize * sheet.width as usize + x as usize) {
                    *place = ((own * alpha + u32::from(*place) * (255 - alpha)) / 255) as u8;
                }
            }
        }
    }
}

/// The mean of the pixels around a point of the unit square, as many as one pixel of the sheet covers.
fn averaged(picture: &Picture, u: f32, v: f32, reach: (f32, f32)) -> u8 {
    let range = |at: f32, reach: f32, side: u32| {
        let (low, high) = ((at - reach / 2.0) * side as f32, (at + reach / 2.0) * side as f32);
        let first = ((low + 0.5).floor().max(0.0) as u32).min(side.saturating_sub(1));
        // Eight pixels tell a mean; more would cost their number for every pixel of the sheet.
        let last = ((high + 0.5).floor().max(0.0) as u32).clamp(first + 1, first + 8);
        if last - first <= 1 {
            let nearest = ((at * side as f32) as u32).min(side.saturating_sub(1));
            return nearest..nearest + 1;
        }
        first..last.min(side)
    };
    let (mut sum, mut count) = (0_u32, 0_u32);
    for y in range(v, reach.1, picture.height) {
        for x in range(u, reach.0, picture.width) {
            let grey = picture.grey.get(y as usize * picture.width as usize + x as usize).copied().unwrap_or(255);
            sum += u32::from(grey);
            count += 1;
        }
    }
    (sum / count.max(1)) as u8
}

/// The grey pixels of a picture.
fn decoded(file: &File<'_>, source: &Source) -> Option<Picture> {
    let own = dict(source)?;
    let (width, height) = {
        let side = |key: &[u8]| file.get(own, key).integer().and_then(|side| u64::try_from(side).ok());
        (side(b"Width")?, side(b"Height")?)
    };
    let count = picture::pixels(width, height).ok()?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let Decoded { bytes, lost, stopped } = match source {
        Source::Kept(object) => file.decoded(object.stream()?, SAMPLES),
        Source::Inline(dict, data) => file.decoded_inline(dict, data.clone(), SAMPLES),
    };
    if lost == Some(Lost::Limit) {
        return None;
    }
    let (filter, parameters) = stopped.unwrap_or_default();
    let picture = |grey: Vec<u8>| Picture { width, height, grey, resolution: None };
    match filter.as_slice() {
        b"" => {
            let mut grey = Samples::of(file, own).grey(&bytes, width as usize, height as usize);
            grey.resize(count, 255);
            Some(picture(grey))
        }
        b"DCTDecode" | b"DCT" => {
            let mut found = picture::jpeg(&bytes).ok()?;
            if inverted(file, own) {
                found.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
            }
            Some(found)
        }
        b"CCITTFaxDecode" | b"CCF" => {
            let mut bits = Bits::new(width, count);
            fax(&bytes, width, height, &parameters.unwrap_or_default(), &mut bits);
            Some(picture(bits.finish(inverted(file, own))))
        }
        b"JBIG2Decode" => {
            let parameters = parameters.unwrap_or_default();
            let globals = file.get(&parameters, b"JBIG2Globals");
            let globals = globals.stream().map(|stream| file.decoded(stream, SAMPLES).bytes);
            picture::jbig2_page(&bytes, globals.as_deref(), inverted(file, own)).ok()
        }
        b"JPXDecode" => picture::jpeg2000(&bytes).ok(),
        _ => None,
    }
}

/// Whether the first sample range is turned round.
fn inverted(file: &File<'_>, dict: &Dict) -> bool {
    let held = file.get(dict, b"Decode");
    let first = held.array().and_then(<[Object]>::first).and_then(Object::float);
    // A palette of two colours may do the same.
    let palette = match space(file, &file.get(dict, b"ColorSpace"), 4) {
        Space::Indexed(palette) => palette.len() == 2 && palette.first() > palette.last(),
        _ => false,
    };
    first.is_some_and(|first| first > 0.5) != palette
}

fn fax(bytes: &[u8], width: u32, height: u32, parameters: &Dict, bits: &mut Bits) {
    let number = |key: &[u8], default: i64| parameters.get(key).and_then(Object::integer).unwrap_or(default);
    let is = |key: &[u8], default: bool| match parameters.get(key) {
        Some(Object::Bool(truth)) => *truth,
        _ => default,
    };
    let columns = u32::try_from(number(b"Columns", 1728)).unwrap_or(width).clamp(1, 65_535);
    let rows = u32::try_from(number(b"Rows", 0)).unwrap_or(0);
    let settings = DecodeSettings {
        columns,
        rows: if rows == 0 { height } else { rows.min(height) },
        end_of_block: is(b"EndOfBlock", true),
        end_of_line: is(b"EndOfLine", false),
        rows_are_byte_aligned: is(b"EncodedByteAlign", false),
        encoding: match number(b"K", 0) {
            0 => EncodingMode::Group3_1D,
            1.. => EncodingMode::Group3_2D,
            _ => EncodingMode::Group4,
        },
        strict: false,
    };
    bits.turned = is(b"BlackIs1", false);
    // An error ends the picture where it stands; the rows before it are good.
    let _ = hayro_ccitt::decode(bytes, bits, &mut DecoderContext::new(settings));
}

/// How the samples of a picture without a filter of its own are read.
struct Samples {
    bits: usize,
    space: Space,
    inverted: bool,
}

enum Space {
    Plain(Channels),
    /// The more, the darker.
    Ink(usize),
    Indexed(Vec<u8>),
}

impl Samples {
    fn of(file: &File<'_>, dict: &Dict) -> Self {
        let is_mask = *file.get(dict, b"ImageMask") == Object::Bool(true);
        let bits = if is_mask { 1 } else { file.get(dict, b"BitsPerComponent").integer().unwrap_or(8) };
        let bits = if matches!(bits, 1 | 2 | 4 | 8 | 16) { bits as usize } else { 8 };
        let space = if is_mask { Space::Plain(Channels::Grey) } else { space(file, &file.get(dict, b"ColorSpace"), 4) };
        Self { bits, space, inverted: inverted(file, dict) }
    }

    fn grey(&self, bytes: &[u8], width: usize, height: usize) -> Vec<u8> {
        let channels = match &self.space {
            Space::Plain(channels) => channels.count(),
            Space::Ink(count) => *count,
            Space::Indexed(_) => 1,
        };
        let row_bytes = (width * channels * self.bits).div_ceil(8).max(1);
        let mut out = Vec::with_capacity(width * height);
        let mut samples: Vec<u8> = Vec::with_capacity(width * channels);
        for row in bytes.chunks(row_bytes).take(height) {
            samples.clear();
            match self.bits {
                8 => samples.extend(row.iter().take(width * channels)),
                16 => samples.extend(row.iter().step_by(2).take(width * channels)),
                bits => {
                    let (mask, each) = ((1_u16 << bits) - 1, 8 / bits);
                    // Numbers of a palette are numbers, others are shares of white.
                    let by = if matches!(self.space, Space::Indexed(_)) { 1 } else { 255 / mask };
                    samples.extend((0..width * channels).map(|index| {
                        let byte = row.get(index / each).copied().unwrap_or(0);
                        ((u16::from(byte) >> (8 - bits * (index % each + 1)) & mask) * by) as u8
                    }));
                }
            }
            if self.inverted && !matches!(self.space, Space::Indexed(_)) {
                samples.iter_mut().for_each(|sample| *sample = 255 - *sample);
            }
            match &self.space {
                Space::Plain(channels) => out.extend(picture::grey(*channels, &samples, width)),
                Space::Ink(count) => {
                    out.extend(samples.chunks(*count).map(|inks| 255 - inks.iter().copied().max().unwrap_or(0)));
                }
                Space::Indexed(palette) => {
                    out.extend(samples.iter().map(|index| palette.get(usize::from(*index)).copied().unwrap_or(255)));
                }
            }
        }
        out
    }
}

/// A colour space, as far as grey needs it.
fn space(file: &File<'_>, object: &Object, depth: u32) -> Space {
    let Some(depth) = depth.checked_sub(1) else { return Space::Plain(Channels::Grey) };
    let by_name = |name: &[u8]| match name {
        b"DeviceRGB" | b"RGB" | b"CalRGB" => Space::Plain(Channels::Rgb),
        b"DeviceCMYK" | b"CMYK" => Space::Plain(Channels::Cmyk),
        b"Lab" => Space::Plain(Channels::Rgb),
        b"Separation" => Space::Ink(1),
        _ => Space::Plain(Channels::Grey),
    };
    let items = match object {
        Object::Name(name) => return by_name(name),
        Object::Array(items) => items,
        _ => return Space::Plain(Channels::Grey),
    };
    let item = |index: usize| items.get(index).map(|item| (*file.resolve(item)).clone()).unwrap_or(Object::Null);
    match item(0).name().unwrap_or_default() {
        b"ICCBased" => match item(1).dict().and_then(|dict| file.get(dict, b"N").integer()) {
            Some(3) => Space::Plain(Channels::Rgb),
            Some(4) => Space::Plain(Channels::Cmyk),
            _ => Space::Plain(Channels::Grey),
        },
        b"Indexed" | b"I" => {
            let table = match item(3) {
                Object::String(bytes) => bytes,
                Object::Stream(stream) => file.decoded(&stream, 1 << 16).bytes,
                _ => Vec::new(),
            };
            match space(file, &item(1), depth) {
                Space::Plain(channels) => {
                    Space::Indexed(picture::grey(channels, &table, table.len() / channels.count()))
                }
                Space::Ink(count) => Space::Indexed(
                    table.chunks(count).map(|inks| 255 - inks.iter().copied().max().unwrap_or(0)).collect(),
                ),
                Space::Indexed(_) => Space::Plain(Channels::Grey),
            }
        }
        b"DeviceN" => Space::Ink(item(1).array().map_or(1, <[Object]>::len).clamp(1, 32)),
        name => by_name(name),
    }
}
