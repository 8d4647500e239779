//! Outlook messages, made here object by object.

/// A compound file; each object names its parent by number, the root is zero. Streams are small.
pub(super) fn compound(objects: &[(usize, &str, Option<&[u8]>)]) -> Vec<u8> {
    let (mut mini, mut mini_fat, mut starts) = (Vec::new(), Vec::<u32>::new(), vec![0_u32]);
    for (.., bytes) in objects {
        starts.push(mini.len() as u32 / 64);
        let count = bytes.map_or(0, |bytes| bytes.len().div_ceil(64));
        mini.extend_from_slice(bytes.unwrap_or_default());
        mini.resize(mini.len().div_ceil(64) * 64, 0);
        for place in 0..count {
            mini_fat.push(if place + 1 == count { 0xffff_fffe } else { mini_fat.len() as u32 + 1 });
        }
    }
    let mut directory = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let (name, kind) = match number.checked_sub(1).map(|index| &objects[index]) {
            None => ("Root Entry", 5),
            Some((_, name, bytes)) => (*name, if bytes.is_some() { 2 } else { 1 }),
        };
        let parent = |index: usize| objects.get(index).map(|object| object.0);
        let sibling = (number..objects.len()).find(|index| number > 0 && parent(*index) == parent(number - 1));
        let child = (0..objects.len()).find(|index| parent(*index) == Some(number));
        let link = |index: Option<usize>| index.map_or(u32::MAX, |index| index as u32 + 1).to_le_bytes();
        let size = number.checked_sub(1).map_or(mini.len(), |index| objects[index].2.map_or(0, <[u8]>::len));
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend_from_slice(&(name.len() as u16 * 2 + 2).to_le_bytes());
        entry.extend_from_slice(&[kind, 1]);
        entry.extend([u32::MAX.to_le_bytes(), link(sibling), link(child)].concat());
        entry.resize(116, 0);
        entry.extend_from_slice(&start.to_le_bytes());
        entry.extend_from_slice(&(size as u64).to_le_bytes());
        directory.extend(entry);
    }
    let mini_fat: Vec<u8> = mini_fat.into_iter().flat_map(u32::to_le_bytes).collect();
    let (mut fat, mut body, mut first) = (Vec::<u32>::new(), Vec::new(), Vec::new());
    for part in [&mini, &directory, &mini_fat] {
        first.push(fat.len() as u32);
        let count = part.len().div_ceil(512);
        for place in 0..count {
            fat.push(if place + 1 == count { 0xffff_fffe } else { fat.len() as u32 + 1 });
        }
        body.extend_from_slice(part);
        body.resize(fat.len() * 512, 0);
    }
    // The root is the start of the mini stream, which is the first sector.
    let table = fat.len() as u32;
    fat.push(0xffff_fffd);
    fat.resize(128, u32::MAX);
    let mut file = crate::extract::ole::MAGIC.to_vec();
    file.resize(30, 0);
    file.extend_from_slice(&[9, 0, 6, 0]);
    file.resize(44, 0);
    for number in [1, first[1], 0, 4096, first[2], 1, 0xffff_fffe, 0, table] {
        file.extend_from_slice(&u32::to_le_bytes(number));
    }
    file.resize(512, 0xff);
    file.extend(body);
    file.extend(fat.into_iter().flat_map(u32::to_le_bytes));
    file
}

pub(super) fn msg() -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut properties = vec![0; 32];
    properties.extend([0x40, 0, 0x39, 0, 0, 0, 0, 0]);
    properties.extend(133_772_625_000_000_000_u64.to_le_bytes());
    let (subject, sender, body) = (wide("Referral"), wide("Dr Hall"), wide("Dear Zoë,\r\nplease see Ann."));
    compound(&[
        (0, "__properties_version1.0", Some(&properties)),
        (0, "__substg1.0_0037001F", Some(&subject)),
        (0, "__substg1.0_0C1A001F", Some(&sender)),
        (0, "__substg1.0_0C1F001E", Some(b"hall@example.org")),
        (0, "__substg1.0_1000001F", Some(&body)),
        (0, "__recip_version1.0_#00000000", None),
        (6, "__substg1.0_3001001E", Some(b"Dr Brown")),
        (6, "__substg1.0_39FE001E", Some(b"brown@example.org")),
        (0, "__attach_version1.0_#00000000", None),
        (9, "__substg1.0_3707001E", Some(b"list.csv")),
        (9, "__substg1.0_37010102", Some(b"a,b")),
        (0, "__attach_version1.0_#00000001", None),
        (12, "__substg1.0_3001001E", Some(b"Older/message")),
        (12, "__substg1.0_3701000D", None),
        (14, "__properties_version1.0", Some(&[0; 24])),
        (14, "__substg1.0_0037001F", Some(&wide("inner"))),
        (14, "__substg1.0_10130102", Some(b"<p>Inner <b>page</b>.</p>")),
        (0, "__nameid_version1.0", None),
        (18, "__substg1.0_00020102", Some(&[&[8, 0x20, 6, 0][..], &[0; 12]].concat())),
        (18, "__substg1.0_00030102", Some(&[0x30, 0x85, 0, 0, 6, 0, 0, 0])),
        (0, "__substg1.0_8000001F", Some(&wide("Follow up"))),
        (
            0,
            "__substg1.0_10090102",
            Some(&[&[28, 0, 0, 0, 12, 0, 0, 0][..], b"MELA", &[0; 4], b"{\\rtf1 no}  "].concat()),
        ),
    ])
}

#[test]
fn an_outlook_message_gives_headers_body_and_attachments() {
    super::check_deep(
        &msg(),
        "x",
        "x: read application/vnd.ms-outlook
         = [header]
         1 From: Dr Hall <hall@example.org>
         2 To: Dr Brown <brown@example.org>
         3 Date: 2024-11-28T10:15:00Z
         4 Subject: Referral
         = [details]
         1 Flag: Follow up
         = [body]
         1 Dear Zoë,
         2 please see Ann.
         x!list.csv: read text/csv
         # []
         1 a | b
         x!Older_message.eml: read message/rfc822
         = [header]
         1 Subject: inner
         = [body]
         1 Inner page.",
    );
}

/// Compressed rich text that wraps a page; matches reach into what its window begins with.
#[test]
fn a_page_wrapped_in_rich_text_is_unwrapped() {
    use crate::extract::mapi::{OpenedText, open_rich_text};
    let rich = b"{\\rtf1\\ansi\\fromhtml1 {\\fonttbl{\\f0 x;}}{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Zo\\'eb \\u8211?{\\*\\htmltag84 &nbsp;}\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag72 </p>}}";
    let packed = |kind: &[u8], body: &[u8], size: usize| {
        [&(body.len() as u32 + 12).to_le_bytes()[..], &(size as u32).to_le_bytes(), kind, &[0; 4], body].concat()
    };
    let html = |packed: &[u8]| match open_rich_text(packed, 1 << 20) {
        Some(OpenedText::Html(html)) => html,
        _ => String::new(),
    };
    assert_eq!(html(&packed(b"MELA", rich, rich.len())), "<p>Zoë –&nbsp;</p>");
    // The first ten bytes are those of the window: a match of offset 0, length 10; what follows is as it is.
    let mut body = vec![1, 0, 8];
    let mut rest = rich[10..].iter();
    let first: Vec<u8> = rest.by_ref().take(7).copied().collect();
    body.extend(first);
    for piece in rest.as_slice().chunks(8) {
        body.push(0);
        body.extend_from_slice(piece);
    }
    assert_eq!(html(&packed(b"LZFu", &body, rich.len())), "<p>Zoë –&nbsp;</p>");
}
