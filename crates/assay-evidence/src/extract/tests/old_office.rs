//! Old Office files made here record by record, so that each part of them can be seen.

use super::check;
use super::msg::compound;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn record(first: u16, kind: u16, data: &[u8]) -> Vec<u8> {
    [&first.to_le_bytes()[..], &kind.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data].concat()
}

fn container(kind: u16, parts: &[Vec<u8>]) -> Vec<u8> {
    record(15, kind, &parts.concat())
}

fn shape(text: &str) -> Vec<u8> {
    let text = [record(0, 0x0f9f, &[0; 4]), record(0, 0x0fa0, &wide(text))];
    container(0xf004, &[container(0xf00d, &text)])
}

fn cell(left: i32, top: i32, text: &str) -> Vec<u8> {
    let anchor: Vec<u8> = [left, top, left + 5, top + 5].into_iter().flat_map(i32::to_le_bytes).collect();
    let text = [record(0, 0x0f9f, &[0; 4]), record(0, 0x0fa8, text.as_bytes())];
    container(0xf004, &[record(0, 0xf00f, &anchor), container(0xf00d, &text)])
}

fn drawing(shapes: &[Vec<u8>]) -> Vec<u8> {
    container(0x040c, &[container(0xf002, &[container(0xf003, shapes)])])
}

pub(super) fn ppt() -> Vec<u8> {
    let is_table = [&0x39f_u16.to_le_bytes()[..], &1_u32.to_le_bytes()].concat();
    let own = container(0xf004, &[record(1 << 4 | 3, 0xf122, &is_table)]);
    let table =
        container(0xf003, &[own, cell(0, 0, "Name"), cell(9, 0, "NHS"), cell(0, 9, "Ann"), cell(9, 9, "9990000018")]);
    let atom = |notes: u32| {
        let data: Vec<u8> = [0, 0, 0, 0, notes, 0].into_iter().flat_map(u32::to_le_bytes).collect();
        record(2, 0x03ef, &data)
    };
    let outline = container(0xf004, &[container(0xf00d, &[record(0, 0x0f9e, &0_u32.to_le_bytes())])]);
    let comment =
        container(0x2ee0, &[record(0, 0x0fba, &wide("Dr Hall")), record(16, 0x0fba, &wide("check the ward"))]);
    let tags = container(0x1388, &[container(0x138a, &[record(0, 0x138b, &comment)])]);
    let one = container(1006, &[atom(77), drawing(&[outline, table]), tags]);
    let mut hide = vec![0; 16];
    hide[10] = 4;
    let two = container(1006, &[atom(0), record(0, 0x03f9, &hide), drawing(&[shape("not shown\rto anyone")])]);
    let notes = container(1008, &[drawing(&[shape("say hello")])]);
    let persist = |object: u32, identifier: u32| {
        record(0, 0x03f3, &[object, 0, 1, identifier, 0].into_iter().flat_map(u32::to_le_bytes).collect::<Vec<_>>())
    };
    let slides = [persist(2, 256), record(0, 0x0f9f, &[0; 4]), record(0, 0x0fa8, b"Clinic"), persist(3, 257)].concat();
    let footer = container(0x0fd9, &[record(2 << 4, 0x0fba, &wide("Northshore Trust"))]);
    let document = container(1000, &[record(15, 0x0ff0, &slides), record(0x2f, 0x0ff0, &persist(4, 77)), footer]);
    let mut stream = Vec::new();
    let places: Vec<u32> = [document, one, two, notes]
        .iter()
        .map(|part| {
            let at = stream.len() as u32;
            stream.extend_from_slice(part);
            at
        })
        .collect();
    let directory = stream.len() as u32;
    let entries: Vec<u8> = std::iter::once(4 << 20 | 1).chain(places).flat_map(u32::to_le_bytes).collect();
    stream.extend(record(0, 0x1772, &entries));
    let edit = stream.len() as u32;
    stream.extend(record(
        0,
        0x0ff5,
        &[0, 0, 0, directory, 1, 5, 0].into_iter().flat_map(u32::to_le_bytes).collect::<Vec<_>>(),
    ));
    let user: Vec<u8> = [0, 0, 0, 0xe391_c05f, edit].into_iter().flat_map(u32::to_le_bytes).collect();
    let mut pictures = record(0x6e0 << 4, 0xf01e, &[&[7; 16][..], &[0xff], b"\x89PNG picture"].concat());
    // The same picture a second time.
    pictures.extend(pictures.clone());
    compound(&[
        (0, "Current User", Some(&user)),
        (0, "PowerPoint Document", Some(&stream)),
        (0, "Pictures", Some(&pictures)),
    ])
}

#[test]
fn an_old_presentation_gives_slides_tables_notes_and_comments() {
    check(
        &ppt(),
        "talk",
        "read application/vnd.ms-powerpoint
         = [slide 1]
         1 Clinic
         # [slide 1 table 1]
         1 Name | NHS
         2 Ann | 9990000018
         = [comment]
         1 Dr Hall: check the ward
         = [slide 1 notes]
         1 say hello
         = [slide 2] (hidden)
         1 not shown
         2 to anyone
         = [footer]
         1 Northshore Trust
         > picture 1.png 12: �PNG picture",
    );
}

/// A page of formatting: where stretches end, and the properties of each.
fn page(edges: &[u32], entry: usize, runs: &[Vec<u8>]) -> Vec<u8> {
    let mut page: Vec<u8> = edges.iter().flat_map(|edge| edge.to_le_bytes()).collect();
    let start = page.len();
    page.resize(511, 0);
    let mut at = 510;
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.is_empty()) {
        at = (at - run.len()) & !1;
        page[at..at + run.len()].copy_from_slice(run);
        page[start + index * entry] = (at / 2) as u8;
    }
    page.push(runs.len() as u8);
    page
}

/// A paragraph's properties behind their length in words.
fn paragraph(properties: &[u8]) -> Vec<u8> {
    let mut run = vec![(properties.len() + 3).div_ceil(2) as u8, 0, 0];
    run.extend_from_slice(properties);
    run.resize(usize::from(run[0]) * 2, 0);
    run
}

/// Word 97 with a table, a deleted and a hidden word, a link, a header, a comment with its author.
pub(super) fn doc() -> Vec<u8> {
    let body = "Dear Bo and Ann,\r\x13HYPERLINK \"http://a.b/c\" \x14our page\x15\rName\x07NHS\x07\x07Ann\x07999\x07\x07End secret\r";
    let (header, comment) = ("\r\r\r\r\r\rNorthshore\r\r", "who?\r");
    let text = [body, header, comment].concat();
    let start = 0x400_u32;
    let at = |word: &str| start + text.find(word).unwrap() as u32;
    // Characters: ` Bo` deleted, `secret` hidden.
    let deleted = (at(" Bo"), at(" and"));
    let hidden = (at(" secret"), at(" secret") + 7);
    let end = start + text.len() as u32;
    let characters = page(
        &[start, deleted.0, deleted.1, hidden.0, hidden.1, end],
        1,
        &[vec![], vec![3, 0, 8, 1], vec![], vec![3, 0x3c, 8, 1], vec![]],
    );
    // Paragraphs: cells in a table, the last mark of each row its end.
    let (in_table, row_end) = (paragraph(&[0x16, 0x24, 1]), paragraph(&[0x16, 0x24, 1, 0x17, 0x24, 1]));
    let (table, first_end, second, second_end) = (at("Name"), at("Ann\x07") - 1, at("Ann\x07"), at("End secret") - 1);
    let paragraphs = page(
        &[start, table, first_end, second, second_end, second_end + 1, end],
        13,
        &[vec![], in_table.clone(), row_end.clone(), in_table, row_end, vec![]],
    );
    let mut stream = vec![0; 0x400];
    stream.extend_from_slice(text.as_bytes());
    stream.resize(0x800, 0);
    let mut table_stream = Vec::new();
    let mut put = |place: usize, stream: &mut Vec<u8>, bytes: &[u8]| {
        stream[place..place + 4].copy_from_slice(&(table_stream.len() as u32).to_le_bytes());
        stream[place + 4..place + 8].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        table_stream.extend_from_slice(bytes);
    };
    let numbers = |all: &[u32]| all.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let pieces =
        [&[2][..], &numbers(&[16, 0, text.len() as u32]), &[0, 0], &numbers(&[0x4000_0000 | (start * 2)]), &[0, 0]];
    put(0x1a2, &mut stream, &pieces.concat());
    put(0xfa, &mut stream, &numbers(&[start, end, 4]));
    put(0x102, &mut stream, &numbers(&[start, end, 5]));
    put(0xf2, &mut stream, &numbers(&[0, 1, 2, 3, 4, 5, 6, 17, 18, 18, 18, 18, 18]));
    put(0xc2, &mut stream, &numbers(&[0, 5, 5]));
    let mut reference = numbers(&[3, 4]);
    reference.resize(8 + 30, 0);
    put(0xba, &mut stream, &reference);
    put(0x1ba, &mut stream, &[&[7, 0][..], &wide("Dr Hall")].concat());
    stream[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    for (place, length) in [(0x4c, body.len()), (0x54, header.len()), (0x5c, comment.len())] {
        stream[place..place + 4].copy_from_slice(&(length as u32).to_le_bytes());
    }
    stream.extend(characters);
    stream.extend(paragraphs);
    // The pages stand at 0x800 and 0xa00.
    compound(&[(0, "WordDocument", Some(&stream)), (0, "0Table", Some(&table_stream))])
}

#[test]
fn an_old_document_gives_tables_links_and_what_is_not_shown() {
    check(
        &doc(),
        "letter",
        "read application/msword
         = [body]
         1 Dear and Ann,
         2 our page <http://a.b/c>
         = [body] (hidden)
         1 Dear Bo and Ann,
         # [table 1]
         1 Name | NHS
         2 Ann | 999
         = [body]
         3 End
         = [body] (hidden)
         3 End secret
         = [header]
         1 Northshore
         = [comment]
         1 Dr Hall: who?",
    );
}
