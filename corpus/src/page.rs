//! What a written document consists of before it gets a format, and the two formats that need no writer: text and HTML.

/// A piece of a page, from top to bottom.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// A line by itself.
    Line(String),
    /// A line in bold.
    Bold(String),
    /// Running text, to be wrapped.
    Paragraph(String),
    /// A table of two or more columns.
    Table(Vec<Vec<String>>),
    /// Two columns side by side, of lines that have nothing to do with one another.
    Columns(Vec<String>, Vec<String>),
    /// Space.
    Gap,
    /// A new page, where the format has pages.
    PageBreak,
}

pub(crate) fn line(text: impl Into<String>) -> Block {
    Block::Line(text.into())
}

pub(crate) fn bold(text: impl Into<String>) -> Block {
    Block::Bold(text.into())
}

pub(crate) fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

/// A table of labels and values.
pub(crate) fn pairs(rows: &[(&str, &str)]) -> Block {
    Block::Table(rows.iter().map(|(label, value)| vec![(*label).to_owned(), (*value).to_owned()]).collect())
}

/// Plain text, as a dictation system saves it: Windows line ends, wrapped at 90 columns.
pub(crate) fn text(blocks: &[Block]) -> Vec<u8> {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks {
        match block {
            Block::Line(text) | Block::Bold(text) => lines.push(text.clone()),
            Block::Paragraph(text) => {
                lines.extend(wrapped(text, 90));
                lines.push(String::new());
            }
            Block::Table(rows) => {
                let width = rows.iter().filter_map(|row| row.first()).map(|cell| cell.chars().count()).max();
                let width = width.unwrap_or(0) + 3;
                for row in rows {
                    let rest = row.get(1..).unwrap_or_default().join("   ");
                    lines.push(format!("{:width$}{rest}", row.first().map_or("", String::as_str)));
                }
            }
            Block::Columns(left, right) => {
                for at in 0..left.len().max(right.len()) {
                    let (left, right) = (left.get(at).map_or("", |l| l), right.get(at).map_or("", |r| r));
                    lines.push(format!("{left:46}{right}").trim_end().to_owned());
                }
            }
            Block::Gap => lines.push(String::new()),
            Block::PageBreak => lines.push("\u{c}".to_owned()),
        }
    }
    (lines.join("\r\n") + "\r\n").into_bytes()
}

/// HTML as a portal saves its pages.
pub(crate) fn html(title: &str, blocks: &[Block]) -> Vec<u8> {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <style>body {{ font-family: Arial; }} td {{ padding-right: 2em; }}</style>\n</head>\n<body>\n",
        escaped(title)
    );
    for block in blocks {
        match block {
            Block::Line(text) => out += &format!("<div>{}</div>\n", escaped(text)),
            Block::Bold(text) => out += &format!("<h3>{}</h3>\n", escaped(text)),
            Block::Paragraph(text) => out += &format!("<p>{}</p>\n", escaped(text)),
            Block::Table(rows) => {
                out += "<table>\n";
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
                    out += &format!("<tr>{}</tr>\n", cells.concat());
                }
                out += "</table>\n";
            }
            Block::Columns(left, right) => {
                let side = |lines: &[String]| lines.iter().map(|l| escaped(l)).collect::<Vec<_>>().join("<br>\n");
                out += &format!("<table><tr><td>{}</td>\n<td>{}</td></tr></table>\n", side(left), side(right));
            }
            Block::Gap => out += "<br>\n",
            Block::PageBreak => out += "<hr>\n",
        }
    }
    (out + "</body>\n</html>\n").into_bytes()
}

/// Words put into lines of at most so many characters, unless a word is longer.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Text for XML and HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_and_pads() {
        let blocks = [
            pairs(&[("Name", "A"), ("NHS No", "B")]),
            Block::Columns(vec!["left".into()], vec!["right".into(), "more".into()]),
            paragraph("one two"),
        ];
        let expected = format!(
            "Name     A\r\nNHS No   B\r\nleft{}right\r\n{}more\r\none two\r\n\r\n",
            " ".repeat(42),
            " ".repeat(46)
        );
        assert_eq!(String::from_utf8(text(&blocks)).unwrap(), expected);
        assert_eq!(wrapped("aa bb cc", 5), ["aa bb", "cc"]);
    }

    #[test]
    fn html_escapes() {
        let page = String::from_utf8(html("A & B", &[line("<x>")])).unwrap();
        assert!(page.contains("<title>A &amp; B</title>") && page.contains("<div>&lt;x&gt;</div>"), "{page}");
    }
}
