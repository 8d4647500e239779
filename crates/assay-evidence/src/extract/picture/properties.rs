//! What cameras and programs write into a picture's file: EXIF (whence, when, by whom, where), IPTC, XMP, comments.
//!
//! Exposures, lenses and colours are left out: they say nothing of a person. Maker's notes are not read.

use super::super::{Out, Visibility};
use super::tiff;
use std::io::Read;

/// The most text that one entry may have, bytes.
const MOST: usize = 64 << 10;
/// The most entries of one file.
const ENTRIES: usize = 500;

/// What EXIF says.
#[derive(Default)]
pub(super) struct Exif {
    /// How the picture is to be held, 1 to 8; zero where it does not say.
    pub(super) orientation: u16,
    /// Pixels an inch.
    pub(super) resolution: Option<u16>,
    lines: Vec<(&'static str, String)>,
}

const IMAGE: &[(u16, &str)] = &[
    (269, "Document name"),
    (270, "Description"),
    (271, "Camera maker"),
    (272, "Camera"),
    (285, "Page name"),
    (305, "Software"),
    (306, "Date"),
    (315, "Artist"),
    (316, "Host computer"),
    (33_432, "Copyright"),
    (40_091, "Title"),
    (40_092, "Comment"),
    (40_093, "Author"),
    (40_094, "Keywords"),
    (40_095, "Subject"),
];
const PHOTOGRAPH: &[(u16, &str)] = &[
    (36_867, "Taken"),
    (36_868, "Digitised"),
    (37_510, "Comment"),
    (42_032, "Camera owner"),
    (42_033, "Camera serial number"),
];

impl Exif {
    /// Reads EXIF, with or without the letters that go before it in a JPEG.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
        if !bytes.starts_with(b"II*\0") && !bytes.starts_with(b"MM\0*") {
            return Self::default();
        }
        let file = tiff::File::open(bytes);
        let first = file.first();
        let mut exif = Self {
            orientation: file.number(&first, 274).and_then(|n| u16::try_from(n).ok()).unwrap_or(0),
            resolution: file.resolution(&first),
            lines: Vec::new(),
        };
        exif.take(&file, &first, IMAGE);
        let below = |tag| file.number(&first, tag).map(|at| file.directory(at as usize).0).unwrap_or_default();
        exif.take(&file, &below(34_665), PHOTOGRAPH);
        exif.place(&file, &below(34_853));
        exif
    }

    fn take(&mut self, file: &tiff::File<'_>, directory: &tiff::Directory, labels: &[(u16, &'static str)]) {
        for (tag, label) in labels {
            let raw = file.raw(directory, *tag);
            let raw = raw.get(..MOST).unwrap_or(raw);
            let text = match tag {
                40_091..=40_095 => encoding_rs::UTF_16LE.decode_without_bom_handling(raw).0.into_owned(),
                37_510 => match raw.split_at_checked(8) {
                    Some((b"UNICODE\0", rest)) => {
                        let big = matches!(rest, [0, second, ..] if *second != 0);
                        let encoding = if big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
                        encoding.decode_without_bom_handling(rest).0.into_owned()
                    }
                    Some((_, rest)) => text_of(rest),
                    None => String::new(),
                },
                _ => text_of(raw),
            };
            self.lines.push((label, text));
        }
    }

    /// Where the picture was taken, in degrees north and east, six places: a decimetre.
    fn place(&mut self, file: &tiff::File<'_>, gps: &tiff::Directory) {
        let degrees = |tag: u16, negative: &[u8]| {
            let parts = file.fractions(gps, tag);
            let sum = parts.iter().zip([1.0, 60.0, 3600.0]).map(|(part, of)| part / of).sum::<f64>();
            let sign = if file.raw(gps, tag - 1).first().is_some_and(|c| negative.contains(c)) { -1.0 } else { 1.0 };
            (!parts.is_empty() && sum.is_finite()).then_some(sum * sign)
        };
        if let (Some(north), Some(east)) = (degrees(2, b"Ss"), degrees(4, b"Ww")) {
            self.lines.push(("Taken at (latitude, longitude)", format!("{north:.6}, {east:.6}")));
        }
        self.lines.push(("Satellite date", text_of(file.raw(gps, 29))));
    }
}

/// Text up to its closing zero, as UTF-8 or else Windows-1252.
fn text_of(raw: &[u8]) -> String {
    let raw = raw.get(..MOST).unwrap_or(raw);
    let raw = raw.split(|byte| *byte == 0).next().unwrap_or_default();
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned(),
    }
}

/// The segments of a JPEG before its picture: marker and content.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            match rest {
                [0xff, 0xff, ..] => rest = rest.get(1..)?,
                [0xff, 0xd8..=0xda, ..] => return None,
                [0xff, marker, high, low, ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let content = rest.get(4..2 + length)?;
                    rest = rest.get(2 + length..)?;
                    return Some((*marker, content));
                }
                _ => return None,
            }
        }
    })
}

pub(super) fn exif_of_jpeg(bytes: &[u8]) -> Option<&[u8]> {
    segments(bytes).find_map(|(marker, content)| (marker == 0xe1).then(|| content.strip_prefix(b"Exif\0\0")).flatten())
}

/// Pixels an inch, from the JFIF header.
pub(super) fn density_of_jpeg(bytes: &[u8]) -> Option<u16> {
    let jfif = segments(bytes)
        .find_map(|(marker, content)| (marker == 0xe0).then(|| content.strip_prefix(b"JFIF\0")).flatten())?;
    let density = u16::from_be_bytes(jfif.get(3..)?.first_chunk().copied()?);
    match jfif.get(2)? {
        1 if density > 1 => Some(density),
        2 if density > 1 => Some((f32::from(density) * 2.54) as u16),
        _ => None,
    }
}

/// Gives what a file says of itself, a line an entry.
pub(super) fn give(bytes: &[u8], out: &mut Out<'_>) {
    let mut found = Found::default();
    match bytes {
        [0xff, 0xd8, ..] => {
            for (marker, content) in segments(bytes) {
                match marker {
                    0xe1 if content.starts_with(b"Exif\0\0") => found.exif(content),
                    0xe1 => {
                        if let Some(xmp) = content.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                            found.xmp(xmp);
                        }
                    }
                    0xed => found.photoshop(content),
                    0xfe => found.add("Comment", text_of(content)),
                    _ => {}
                }
            }
        }
        [0x89, b'P', b'N', b'G', ..] => found.png(bytes),
        [b'R', b'I', b'F', b'F', ..] => found.webp(bytes),
        [b'G', b'I', b'F', ..] => found.gif(bytes),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => {
            found.exif(bytes);
            let file = tiff::File::open(bytes);
            let first = file.first();
            found.xmp(file.raw(&first, 700));
            found.iptc(file.raw(&first, 33_723));
            found.photoshop_resources(file.raw(&first, 34_377));
        }
        _ => {}
    }
    let lines: Vec<String> = found.lines.iter().map(|(label, text)| format!("{label}: {text}")).collect();
    // A limit reached is said by the one who counts.
    let _ = out.text("properties", Visibility::Hidden, 1, lines.join("\n"));
}

#[derive(Default)]
struct Found {
    lines: Vec<(String, String)>,
}

impl Found {
    fn add(&mut self, label: &str, text: String) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let line = (label.to_owned(), text);
        if !line.1.is_empty() && self.lines.len() < ENTRIES && !self.lines.iter().any(|(_, known)| *known == line.1) {
            self.lines.push(line);
        }
    }

    fn exif(&mut self, bytes: &[u8]) {
        Exif::of(bytes).lines.into_iter().for_each(|(label, text)| self.add(label, text));
    }

    fn photoshop(&mut self, content: &[u8]) {
        if let Some(resources) = content.strip_prefix(b"Photoshop 3.0\0") {
            self.photoshop_resources(resources);
        }
    }

    /// Image resources: `8BIM`, a number, a name padded to even, a length, content padded to even. 0x0404 is IPTC.
    fn photoshop_resources(&mut self, mut rest: &[u8]) {
        while let Some(after) = rest.strip_prefix(b"8BIM") {
            let Some((number, after)) = after.split_first_chunk().map(|(n, rest)| (u16::from_be_bytes(*n), rest))
            else {
                return;
            };
            let name = (usize::from(after.first().copied().unwrap_or(0)) + 1).next_multiple_of(2);
            let Some((length, after)) = after.get(name..).and_then(<[u8]>::split_first_chunk) else { return };
            let length = u32::from_be_bytes(*length) as usize;
            let Some(content) = after.get(..length) else { return };
            if number == 0x0404 {
                self.iptc(content);
            }
            rest = after.get(length.next_multiple_of(2)..).unwrap_or_default();
        }
    }

    /// IPTC-IIM: 0x1C, record, dataset, length, content.
    fn iptc(&mut self, mut rest: &[u8]) {
        while let [0x1c, record, dataset, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(content) = after.get(..length) else { return };
            let label = match (record, dataset) {
                (2, 5) => "Title",
                (2, 25) => "Keywords",
                (2, 55) => "Date",
                (2, 80) => "Author",
                (2, 85) => "Author's position",
                (2, 90) => "City",
                (2, 95) => "Region",
                (2, 101) => "Country",
                (2, 105) => "Headline",
                (2, 110) => "Credit",
                (2, 115) => "Source",
                (2, 116) => "Copyright",
                (2, 118) => "Contact",
                (2, 120) => "Description",
                (2, 122) => "Description by",
                _ => "",
            };
            if !label.is_empty() {
                self.add(label, text_of(content));
            }
            rest = after.get(length..).unwrap_or_default();
        }
    }

    /// XMP: elements and attributes of a few names, whatever is between.
    fn xmp(&mut self, bytes: &[u8]) {
        use quick_xml::events::Event;
        let mut reader = quick_xml::Reader::from_reader(bytes.get(..1 << 20).unwrap_or(bytes));
        let mut open: Vec<&'static str> = Vec::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(element)) if open.len() < 64 => {
                    self.xmp_attributes(&element);
                    let name = xmp_label(element.local_name().as_ref());
                    open.push(if name.is_empty() { open.last().copied().unwrap_or("") } else { name });
                }
                Ok(Event::Empty(element)) => self.xmp_attributes(&element),
                Ok(Event::End(_)) => drop(open.pop()),
                Ok(Event::Text(text)) => {
                    if let Some(name) = open.last().filter(|name| !name.is_empty()) {
                        self.add(name, text.to_string());
                    }
                }
                Ok(Event::Eof) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn xmp_attributes(&mut self, element: &quick_xml::events::BytesStart<'_>) {
        for attribute in element.attributes().flatten() {
            let name = xmp_label(attribute.key.local_name().as_ref());
            if !name.is_empty() {
                self.add(name, attribute.value.into_owned());
            }
        }
    }

    /// Text chunks of a PNG, whichever side of the picture they stand on.
    fn png(&mut self, bytes: &[u8]) {
        let mut rest = bytes.get(8..).unwrap_or_default();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = u32::from_be_bytes(*length) as usize;
            let Some((kind, after)) = after.split_first_chunk::<4>() else { return };
            let Some(content) = after.get(..length) else { return };
            let (keyword, value) = match content.iter().position(|byte| *byte == 0) {
                Some(end) => (text_of(content), content.get(end + 1..).unwrap_or_default()),
                None => (String::new(), content),
            };
            match kind {
                b"tEXt" => self.png_text(&keyword, value),
                b"zTXt" => self.png_text(&keyword, &inflated(value.get(1..).unwrap_or_default())),
                b"iTXt" => {
                    let packed = value.first() == Some(&1);
                    // After two flags: a language and a translated keyword, each ended by a zero.
                    let mut parts = value.get(2..).unwrap_or_default().splitn(3, |byte| *byte == 0);
                    let text = parts.nth(2).unwrap_or_default();
                    if packed { self.png_text(&keyword, &inflated(text)) } else { self.png_text(&keyword, text) }
                }
                b"eXIf" => self.exif(content),
                _ => {}
            }
            rest = after.get(length + 4..).unwrap_or_default();
        }
    }

    fn png_text(&mut self, keyword: &str, value: &[u8]) {
        match keyword {
            "XML:com.adobe.xmp" => self.xmp(value),
            // Profiles of ImageMagick in hexadecimal say again what stands elsewhere.
            _ if keyword.starts_with("Raw profile") => {}
            _ => self.add(keyword, text_of(value)),
        }
    }

    fn webp(&mut self, bytes: &[u8]) {
        let mut rest = bytes.get(12..).unwrap_or_default();
        while let Some((kind, after)) = rest.split_first_chunk::<4>() {
            let Some((length, after)) = after.split_first_chunk() else { return };
            let length = u32::from_le_bytes(*length) as usize;
            let Some(content) = after.get(..length) else { return };
            match kind {
                b"EXIF" => self.exif(content),
                b"XMP " => self.xmp(content),
                _ => {}
            }
            rest = after.get(length.next_multiple_of(2)..).unwrap_or_default();
        }
    }

    /// Comments of a GIF.
    fn gif(&mut self, bytes: &[u8]) {
        let table = |flags: u8| if flags & 0x80 != 0 { 3_usize << ((flags & 7) + 1) } else { 0 };
        let mut at = 13 + bytes.get(10).map_or(0, |flags| table(*flags));
        while let Some(&kind) = bytes.get(at) {
            let label = match kind {
                0x21 => bytes.get(at + 1).copied(),
                0x2c => None,
                _ => return,
            };
            at += match kind {
                0x21 => 2,
                // A frame: its place, perhaps its colours, and the size of its codes.
                _ => 11 + bytes.get(at + 9).map_or(0, |flags| table(*flags)),
            };
            let mut content = Vec::new();
            while let Some(&length) = bytes.get(at).filter(|length| **length != 0) {
                let block = bytes.get(at + 1..at + 1 + usize::from(length)).unwrap_or_default();
                if label == Some(0xfe) && content.len() < MOST {
                    content.extend_from_slice(block);
                }
                at += 1 + usize::from(length);
            }
            at += 1;
            if label == Some(0xfe) {
                self.add("Comment", text_of(&content));
            }
        }
    }
}

/// What an element or attribute of XMP is called here; empty where it is left out.
fn xmp_label(name: &str) -> &'static str {
    match name {
        "title" => "Title",
        "creator" | "Artist" | "Author" | "OwnerName" => "Author",
        "description" | "ImageDescription" | "UserComment" | "Caption" => "Description",
        "subject" | "Keywords" => "Keywords",
        "rights" => "Copyright",
        "CreatorTool" => "Software",
        "CreateDate" | "DateCreated" => "Date",
        "Headline" => "Headline",
        "Credit" => "Credit",
        "City" => "City",
        "Country" => "Country",
        "Location" => "Location",
        "GPSLatitude" => "Latitude",
        "GPSLongitude" => "Longitude",
        "PersonInImage" => "Person",
        _ => "",
    }
}

fn inflated(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // What comes before damage is kept.
    let _ = flate2::read::ZlibDecoder::new(packed).take(MOST as u64).read_to_end(&mut out);
    out
}
