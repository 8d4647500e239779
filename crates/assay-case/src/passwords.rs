//! A file of passwords, as a user hands it over: UTF-8, one a line, each kept as it stands but for the end of its line.
//!
//! Blank lines and blanks at either end are kept: they may be what was typed. No fault quotes a line.

use assay_model::Sensitive;
use std::io::Read;
use std::path::Path;

/// Passwords held of a case, at most: some formats are made to take long over each.
pub const MOST: usize = 1_000;
/// Bytes of a file of them.
const FILE: u64 = 1024 * 1024;

/// Why passwords were refused.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// The file could not be read.
    #[error("{path}: cannot be read\n  remedy: check the path and its permissions")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// More than passwords take.
    #[error(
        "{path}: is larger than 1 MiB or has over {MOST} lines\n  remedy: give the passwords that were told, one a line"
    )]
    Many {
        /// The file.
        path: String,
    },
    /// Not UTF-8.
    #[error("{path}: line {line} is not UTF-8\n  remedy: save the file as UTF-8")]
    Text {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
}

/// Reads a file of passwords.
pub fn read(path: &Path) -> Result<Vec<Sensitive<String>>, PasswordsError> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE + 1).read_to_end(&mut bytes))
        .map_err(|source| PasswordsError::File { path: shown.clone(), source })?;
    parse(&bytes, &shown)
}

fn parse(bytes: &[u8], shown: &str) -> Result<Vec<Sensitive<String>>, PasswordsError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let many = || PasswordsError::Many { path: shown.to_owned() };
    if bytes.len() as u64 > FILE {
        return Err(many());
    }
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let line = |(n, line): (usize, &[u8])| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = str::from_utf8(line).map_err(|_| PasswordsError::Text { path: shown.to_owned(), line: n + 1 })?;
        Ok(Sensitive::new(text.to_owned()))
    };
    let passwords = text.split(|byte| *byte == b'\n').enumerate().map(line).collect::<Result<Vec<_>, _>>()?;
    if passwords.len() > MOST { Err(many()) } else { Ok(passwords) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> String {
        match parse(bytes, "p.txt") {
            Ok(passwords) => passwords.iter().map(|p| format!("[{}]", p.reveal())).collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn lines_are_kept_as_they_stand() {
        assert_eq!(check(b" a \r\n\nb\n"), "[ a ][][b]");
        assert_eq!(check("\u{feff}caf\u{e9}".as_bytes()), "[caf\u{e9}]");
        assert_eq!(check(b"\n"), "[]");
        assert_eq!(check(b""), "");
    }

    #[test]
    fn a_fault_names_the_line_and_not_what_stands_in_it() {
        assert!(check(b"a\nsecret\xff\n").starts_with("p.txt: line 2 is not UTF-8"));
        assert!(!check(b"a\nsecret\xff\n").contains("secret"));
        assert!(check(&b"a\n".repeat(MOST + 1)).contains("over 1000 lines"));
        assert!(matches!(read(Path::new("/no/such/file")), Err(PasswordsError::File { .. })));
    }
}
