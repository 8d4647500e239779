//! Office files of the years before 2007, as programs wrote them: deflated and in hexadecimal digits.

use super::check;
use std::io::Read;

fn inflated(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap();
    out
}

/// Written by the Python library `xlwt`.
const XLS: &str = "\
    78daed585d485441143e33f7ee9ff9b39a061a2d8b909529f6039181ae9a652f6e960ffd42feec057f76efc6660f169465fb18083d65bd \
    08566460f5d20f16d85b0f81510f411068912f3e05053da8b773cebd6bab6de04209cafd76e7cc9c333367cecc9c3977ee7d3b913b39f4 \
    b8680a96a01a1498373ce04c92094c9e04e305ac370c2a26723726c3c6aa82c78d1be974c058d61b17ed21edf7144878a4be420af019d3 \
    69380bc1a8aef95710756c43ab201baa848abe27e136a66c2864bbf298b6335dcff421b77dc1b48625d7995661db4971122602c1d2bd96 \
    1f1f97c55c978d54c053eef391253ba1005e931f5f1e10665b07d4c63a5bc36bbec2a766c230a0133468ba16233e07ee4006407d7d4563 \
    63c509844f2d80bb74f27b11e591487928e4efe8d8178950df7bd477878949c8474f1a861f861fe07b22648cfb6df9caca05a0fce762b9 \
    eb2f7237ee762ab907b73c953c03777ca9fc865401fac0681174aee278bebeaa6654d91feed43bdbe3b00eba5ce4740a1c0e8766a1851c \
    8c13b60bb6463405b343cdc8d445633a66cd9aa6e3b90c46f1c153abebfee61e0c442ec0f31c85191cbd569c876e52505959c9aeb76b8f \
    a4ce18c7ce69ed31ad87749b41cebb28c865f1d1cf441a821c2ee77200f0e242ccdefff6aeb1ad297086257dfc60331f7f9b698260c015 \
    ea819db3b986e788e708a0947b6c677a95b56ee47211d37c6c83794953815538d8cf6dae716d098eb39bf13eb025a9bc15cbf19923cf7c \
    f12f816d581e6d98ba903ffa213004c5b83921ec4fbf7e28136562f026e17920910b2b507e625af847d0744baf65bb613de373608ef703 \
    703d082647ab23163869ad95c929c8290b9c8a9c6a691629340bd64c6ba5e0ea09d60c30101ebc25eb2ec90c0ef479d075515af50a5afa \
    60646424ab61bac6ac57711da7c7cd1164d2087e6b04c923382d8bcc9da56d774837729267f292d7852c3f25a9b58f2d278d0a9716dbac \
    b046377bce26e41233a6eb8ed9d0053e417fa55ae6c113b2009f41bfb1124e2816e86a754291d209e9c6c9ab0aa956d5860d1b366cd8b0 \
    913e045fe7c0baf6989758275f68ccef3a7398e6edcf246b1647f13d2a0a3df826750074cc63d09b96ff6c008748e812cbec93f85e4838 \
    86a3c7f00dae8dede84edb7ff1662992e7b3ec8ede7f7784d21d7f3e1d3bfff3f8bf008c9139b4";

pub(super) fn xls() -> Vec<u8> {
    inflated(XLS)
}

#[test]
fn an_old_workbook_gives_typed_cells_at_their_rows() {
    check(
        &xls(),
        "list",
        "read application/vnd.ms-excel
         # [Clinic]
         1 Name | NHS | Born | Seen | No
         2 Ann Stone | n9990000018 | d2011-05-03 | 2024-11-28 10:15:00 | 0012345
         # [Clinic] (hidden) continued
         3 Zoë Łuk | 9990000026 | btrue | n1.5 | n7
         # [Clinic] continued
         4 Bo
         # [Old] (hidden)
         1 secret",
    );
}

#[test]
fn an_old_workbook_behind_a_password_says_so() {
    let mut bytes = xls();
    // The record of the workbook's window turns into that of a cipher.
    let at = memchr::memmem::find(&bytes, &[0x3d, 0, 18, 0]).unwrap();
    bytes[at] = 0x2f;
    check(&bytes, "x.xls", "unread encrypted application/vnd.ms-excel");
}

pub(super) fn rtf() -> Vec<u8> {
    br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}}{\colortbl;\red0;}
{\*\generator Some Word;}{\info{\title Letter}{\author Dr Brown}}{\header\pard Northshore Trust\par}
\pard Dear Zo\'eb, {\f1 \'a3uk} \u8211?\~here\par
\trowd\pard\intbl Ann\cell 9990000018\cell\row\pard
Patient: {\deleted Amy Stone}A. S.{\v  ward 3}\par{\pict\bin4 }}}}}{\footnote\pard See ward 3\par} \u-10179?\u-8704?\line End}"
        .to_vec()
}

#[test]
fn rich_text_gives_its_lines_and_parts() {
    check(
        &rtf(),
        "letter.doc",
        "read application/rtf
         = [properties]
         1 title: Letter
         2 author: Dr Brown
         = [body]
         1 Dear Zoë, Łuk – here
         2 Ann\t9990000018
         3 Patient: A. S.
         4  😀
         5 End
         = [body] (hidden)
         3 Patient: Amy StoneA. S. ward 3
         = [header]
         1 Northshore Trust
         = [footnote]
         1 See ward 3",
    );
}

#[test]
fn groups_without_end_stop_at_the_limit() {
    let got = super::printed(format!("{{\\rtf1 one\\par{}", "{".repeat(1000)).as_bytes(), "x", &Default::default());
    assert!(got.starts_with("partial application/rtf\n! groups nested beyond the limit"), "{got}");
}

pub(super) fn doc() -> Vec<u8> {
    let (narrow, wide) = (b"Dear Zo\xeb,\rAnn\x079990000018\x07\x07", "See \x13PAGEREF x\x14page 3\x15\rRing – her\r");
    let mut stream = vec![0; 0x200];
    let mut put = |at: usize, bytes: &[u8]| stream[at..at + bytes.len()].copy_from_slice(bytes);
    let (one, two) = (narrow.len() as u32, wide.encode_utf16().count() as u32);
    put(0, &[0xec, 0xa5, 0xc1, 0]);
    put(0x4c, &(one + two - 11).to_le_bytes());
    put(0x5c, &11_u32.to_le_bytes());
    put(0x1a6, &33_u32.to_le_bytes());
    stream.extend_from_slice(narrow);
    let second = stream.len() as u32;
    stream.extend(wide.encode_utf16().flat_map(u16::to_le_bytes));
    let mut table = vec![2];
    for number in [28, 0, one, one + two] {
        table.extend(u32::to_le_bytes(number));
    }
    for at in [0x4000_0000 | (0x200 * 2), second] {
        table.extend([&[0, 0][..], &u32::to_le_bytes(at), &[0, 0]].concat());
    }
    super::msg::compound(&[(0, "WordDocument", Some(&stream)), (0, "0Table", Some(&table))])
}

#[test]
fn an_old_document_gives_its_text_by_pieces() {
    check(
        &doc(),
        "letter",
        "read application/msword
         = [body]
         1 Dear Zoë,
         # [table 1]
         1 Ann | 9990000018
         = [body]
         2 See page 3
         = [comment]
         1 Ring – her",
    );
}
