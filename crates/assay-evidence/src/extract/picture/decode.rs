//! Picture formats to grey pixels, through decoders in Rust; sizes are checked before anything is decoded.
//!
//! Colour profiles are not applied: they change no letter. Of an animation the first frame is read.

use super::super::UnreadReason as Reason;
use super::{Picture, bitmap, bits, geometry, properties, tiff};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

/// The most pixels of a picture that is decoded: 64 million, A4 at 830 dots an inch.
const MOST: u64 = 64 << 20;

/// What a decoder may allocate, bytes.
const MEMORY: usize = 512 << 20;

/// The parts of a pixel, one byte each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channels {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Ink; the more, the darker.
    Cmyk,
}

impl Channels {
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// How many pixels a picture has, if that is within bounds.
pub(crate) fn pixels(width: u64, height: u64) -> Result<usize, Reason> {
    match width.checked_mul(height) {
        Some(0) => Err(Reason::Corrupt),
        Some(count) if count <= MOST => usize::try_from(count).map_err(|_| Reason::Limit),
        _ => Err(Reason::Limit),
    }
}

/// Samples to grey on white; what is missing at the end is white.
pub(crate) fn grey(channels: Channels, samples: &[u8], count: usize) -> Vec<u8> {
    let luma = |r: u8, g: u8, b: u8| ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000) as u8;
    let on_white = |grey: u8, alpha: u8| {
        let alpha = u32::from(alpha);
        ((u32::from(grey) * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    let mut grey: Vec<u8> = samples
        .chunks_exact(channels.count())
        .take(count)
        .map(|pixel| match (channels, pixel) {
            (Channels::GreyAlpha, [grey, alpha]) => on_white(*grey, *alpha),
            (Channels::Rgb, [r, g, b]) => luma(*r, *g, *b),
            (Channels::Rgba, [r, g, b, alpha]) => on_white(luma(*r, *g, *b), *alpha),
            (Channels::Cmyk, [c, m, y, k]) => {
                let light = |ink: u8| (u32::from(255 - ink) * u32::from(255 - *k) / 255) as u8;
                luma(light(*c), light(*m), light(*y))
            }
            (_, pixel) => pixel.first().copied().unwrap_or(255),
        })
        .collect();
    grey.resize(count, 255);
    grey
}

/// What a file gave beside its pages.
#[derive(Default)]
pub(super) struct Pages {
    /// What is missing.
    pub(super) warnings: Vec<&'static str>,
}

/// Gives the pages of a file, each with the name of its part: none for a single one.
pub(super) fn each(bytes: &[u8], most: u32, give: &mut dyn FnMut(&str, Result<Picture, Reason>)) -> Pages {
    let mut pages = Pages::default();
    match bytes {
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => {
            let file = tiff::File::open(bytes);
            let all = file.pages(most);
            if all.more {
                pages.warnings.push(PAGES_OVER);
            }
            if all.pages.is_empty() {
                give("", Err(Reason::Corrupt));
            }
            for (n, page) in all.pages.iter().enumerate() {
                let part = if all.pages.len() > 1 { format!("page {}", n + 1) } else { String::new() };
                give(&part, file.picture(page, &mut pages.warnings));
            }
        }
        [0x97, b'J', b'B', b'2', ..] => {
            if bits::jbig2(bytes, most, give) {
                pages.warnings.push(PAGES_OVER);
            }
        }
        _ => give("", single(bytes, &mut pages.warnings)),
    }
    pages.warnings.dedup();
    pages
}

fn single(bytes: &[u8], warnings: &mut Vec<&'static str>) -> Result<Picture, Reason> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes, warnings),
        [0xff, 0xd8, ..] => jpeg(bytes),
        [b'G', b'I', b'F', ..] => gif(bytes, warnings),
        [b'B', b'M', ..] => bitmap::bmp(bytes),
        [b'P', b'1'..=b'7', ..] => bitmap::pnm(bytes),
        [b'R', b'I', b'F', b'F', ..] => webp(bytes),
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => bits::jpeg2000(bytes),
        _ => Err(Reason::Unsupported),
    }
}

const PAGES_OVER: &str = "pages over the limit of this item were not read";
const CUT: &str = "the picture ends before its last line";

fn png(bytes: &[u8], warnings: &mut Vec<&'static str>) -> Result<Picture, Reason> {
    let corrupt = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => Reason::Limit,
        _ => Reason::Corrupt,
    };
    let mut decoder = png::Decoder::new_with_limits(std::io::Cursor::new(bytes), png::Limits { bytes: MEMORY });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    // A damaged check sum changes no pixel.
    decoder.ignore_checksums(true);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(corrupt)?;
    let (width, height) = info.size();
    let count = pixels(width.into(), height.into())?;
    let mut reader = decoder.read_info().map_err(corrupt)?;
    let per_metre = |dims: png::PixelDimensions| {
        (dims.unit == png::Unit::Meter).then(|| (f64::from(dims.xppu) * 0.0254).round() as u16)
    };
    let resolution = reader.info().pixel_dims.and_then(per_metre);
    let channels = match reader.output_color_type().0 {
        png::ColorType::Grayscale | png::ColorType::Indexed => Channels::Grey,
        png::ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        png::ColorType::Rgb => Channels::Rgb,
        png::ColorType::Rgba => Channels::Rgba,
    };
    let size = reader.output_buffer_size().ok_or(Reason::Limit)?;
    let mut samples = vec![255; size];
    match reader.next_frame(&mut samples) {
        Ok(_) => {}
        // The lines before the damage stand; those after it are white.
        Err(png::DecodingError::LimitsExceeded) => return Err(Reason::Limit),
        Err(_) if samples.iter().all(|sample| *sample == 255) => return Err(Reason::Corrupt),
        Err(_) => warnings.push(CUT),
    }
    Ok(Picture { width, height, grey: grey(channels, &samples, count), resolution })
}

/// A JPEG, upright as its camera says.
pub(crate) fn jpeg(bytes: &[u8]) -> Result<Picture, Reason> {
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_max_width(side).set_max_height(side).set_strict_mode(false);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Reason::Corrupt)?;
    let (width, height) = decoder.dimensions().ok_or(Reason::Corrupt)?;
    let count = pixels(width as u64, height as u64)?;
    let (wanted, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::Luma) => (ColorSpace::Luma, Channels::Grey),
        _ => (ColorSpace::RGB, Channels::Rgb),
    };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(wanted));
    let samples = decoder.decode().map_err(|_| Reason::Corrupt)?;
    let (width, height) = (side_of(width)?, side_of(height)?);
    let exif = properties::exif_of_jpeg(bytes).map(properties::Exif::of).unwrap_or_default();
    let resolution = properties::density_of_jpeg(bytes).or(exif.resolution);
    let picture = Picture { width, height, grey: grey(channels, &samples, count), resolution };
    Ok(geometry::oriented(picture, exif.orientation))
}

fn side_of(side: usize) -> Result<u32, Reason> {
    u32::try_from(side).map_err(|_| Reason::Limit)
}

fn gif(bytes: &[u8], warnings: &mut Vec<&'static str>) -> Result<Picture, Reason> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    options.set_memory_limit(gif::MemoryLimit::Bytes(const { std::num::NonZeroU64::new(MEMORY as u64).unwrap() }));
    let mut decoder = options.read_info(bytes).map_err(|_| Reason::Corrupt)?;
    let frame = decoder.read_next_frame().map_err(|_| Reason::Corrupt)?.ok_or(Reason::Corrupt)?;
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    let count = pixels(width.into(), height.into())?;
    let grey = grey(Channels::Rgba, &frame.buffer, count);
    if matches!(decoder.next_frame_info(), Ok(Some(_))) {
        warnings.push("of an animated picture the first frame was read");
    }
    Ok(Picture { width, height, grey, resolution: None })
}

fn webp(bytes: &[u8]) -> Result<Picture, Reason> {
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(bytes)).map_err(|_| Reason::Corrupt)?;
    decoder.set_memory_limit(MEMORY);
    let (width, height) = decoder.dimensions();
    let count = pixels(width.into(), height.into())?;
    let mut samples = vec![255; decoder.output_buffer_size().ok_or(Reason::Limit)?];
    decoder.read_image(&mut samples).map_err(|_| Reason::Corrupt)?;
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let exif = decoder.exif_metadata().ok().flatten().map(|exif| properties::Exif::of(&exif)).unwrap_or_default();
    let picture = Picture { width, height, grey: grey(channels, &samples, count), resolution: exif.resolution };
    Ok(geometry::oriented(picture, exif.orientation))
}
