//! Asking for passwords at a terminal, without showing them. In a pipe it refuses: what is piped belongs into a file.

use crate::outcome::Interrupted;
use anyhow::{Context, bail};
use assay_model::Sensitive;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Read, Write};

/// The longest that is taken, bytes.
const LONGEST: usize = 1_024;

/// Passwords, one after another, until an empty line.
pub(crate) fn passwords() -> anyhow::Result<Vec<Sensitive<String>>> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        bail!(
            "--ask-password: standard input is no terminal\n  remedy: put the passwords in a file, one a line, and give it with --passwords FILE"
        );
    }
    let _quiet = Quiet::begin()?;
    let mut passwords = Vec::new();
    loop {
        eprint!("Password {} (an empty line ends): ", passwords.len() + 1);
        std::io::stderr().flush().ok();
        let typed = typed(&mut input.lock());
        eprintln!();
        match typed? {
            Typed::Line(line) if line.is_empty() => return Ok(passwords),
            Typed::Line(line) => passwords.push(Sensitive::new(line)),
            Typed::Interrupt => return Err(Interrupted.into()),
        }
        if passwords.len() >= assay_case::passwords::MOST {
            return Ok(passwords);
        }
    }
}

/// A terminal that shows nothing of what is typed and hands over each key, until it is dropped.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> anyhow::Result<Self> {
        let before = tcgetattr(std::io::stdin()).context("--ask-password: the terminal does not say how it is set")?;
        let mut quiet = before.clone();
        // Ctrl-C too comes as a key, so that the terminal is never left as it is now.
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet)
            .context("--ask-password: the terminal cannot be kept from showing what is typed")?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0).ok();
    }
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Line(String),
    Interrupt,
}

/// A line as it is typed: Backspace takes back a character, Ctrl-U all of them; Ctrl-D ends as Enter does.
fn typed(input: &mut impl Read) -> anyhow::Result<Typed> {
    let mut line = Vec::new();
    loop {
        let mut key = [0];
        let read = input.read(&mut key).context("--ask-password: the terminal went away")?;
        match key {
            _ if read == 0 => break,
            [b'\r' | b'\n' | 4] => break,
            [3 | 28] => return Ok(Typed::Interrupt),
            [21] => line.clear(),
            [8 | 127] => while line.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            [byte] if line.len() < LONGEST => line.push(byte),
            _ => {}
        }
    }
    let line = String::from_utf8(line);
    Ok(Typed::Line(line.ok().context("--ask-password: what was typed is not UTF-8")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(keys: &str) -> Typed {
        typed(&mut keys.as_bytes()).unwrap()
    }

    #[test]
    fn keys_become_a_line() {
        assert_eq!(line(" a b \rrest"), Typed::Line(" a b ".into()));
        assert_eq!(line("ab\u{e9}\u{7f}c\n"), Typed::Line("abc".into()));
        assert_eq!(line("abc\u{15}d\u{4}"), Typed::Line("d".into()));
        assert_eq!(line("\r"), Typed::Line(String::new()));
        assert_eq!(line("ab\u{3}"), Typed::Interrupt);
        assert!(typed(&mut &b"\xff\r"[..]).is_err());
    }
}
