//! Numbers for the names of a source: appliances, users. A name that was read once is a number from then on.

use std::collections::HashMap;

/// Spellings kept; a source of more reads them again every time.
const SPELLINGS: usize = 1 << 20;

/// Numbers for names, from 1; 0 is no name.
#[derive(Default)]
pub(super) struct Names {
    raw: HashMap<Box<[u8]>, u32>,
    by_text: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, bytes: &[u8], read: impl Fn(&[u8]) -> String) -> u32 {
        if bytes.is_empty() {
            return 0;
        }
        if let Some(number) = self.raw.get(bytes) {
            return *number;
        }
        let text = read(bytes);
        if text.is_empty() {
            return 0;
        }
        let next = self.texts.len() as u32 + 1;
        // Directories do not tell upper from lower case, so neither do numbers.
        let number = *self.by_text.entry(text.to_lowercase()).or_insert(next);
        if number == next {
            self.texts.push(text);
        }
        if self.raw.len() < SPELLINGS {
            self.raw.insert(bytes.into(), number);
        }
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        (number as usize).checked_sub(1).and_then(|at| self.texts.get(at)).map_or("", String::as_str)
    }
}

/// A user without the domain that a directory, a mail address or ICA puts around it.
pub(super) fn account(user: &str) -> String {
    let user = user.rsplit_once('\\').map_or(user, |(_, user)| user);
    let user = user.split_once('@').map_or(user, |(user, _)| user);
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    user.trim().to_lowercase()
}
