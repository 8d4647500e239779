//! Passwords that a user gave, tried in the order given; the one that opened something last is tried first. None is
//! guessed. What counts as opened is for each format to say: its check sum, never the length of a verifier.

use assay_model::{Sensitive, UnreadReason};

/// Attempts at one container whose every attempt costs a key derivation: salts may differ from member to member.
pub(super) const ATTEMPTS: u32 = 256;

pub(super) struct Passwords<'a> {
    all: &'a [Sensitive<String>],
    last: usize,
    left: u32,
}

impl<'a> Passwords<'a> {
    pub(super) fn new(all: &'a [Sensitive<String>]) -> Self {
        Self { all, last: 0, left: u32::MAX }
    }

    /// The same, with no more than so many attempts that fail.
    pub(super) fn sparing(all: &'a [Sensitive<String>]) -> Self {
        Self { left: ATTEMPTS, ..Self::new(all) }
    }

    /// What the first right password opens. An attempt that finds nothing wrong but the password says `Encrypted` or
    /// `Corrupt`; with no right password it is `Encrypted`.
    pub(super) fn open<T>(
        &mut self,
        mut attempt: impl FnMut(&'a str) -> Result<T, UnreadReason>,
    ) -> Result<T, UnreadReason> {
        let order = std::iter::once(self.last).chain((0..self.all.len()).filter(|number| *number != self.last));
        for number in order.collect::<Vec<_>>() {
            let Some(password) = self.all.get(number).filter(|_| self.left > 0) else { break };
            match attempt(password.reveal()) {
                Err(UnreadReason::Encrypted | UnreadReason::Corrupt) => self.left = self.left.saturating_sub(1),
                other => {
                    self.last = number;
                    return other;
                }
            }
        }
        Err(UnreadReason::Encrypted)
    }
}

/// What a listing says of members behind passwords: how many, and whether one that was tried could be opened.
pub(super) fn words(locked: u64, tried: Result<(), UnreadReason>) -> Option<String> {
    match (locked, tried) {
        (0, _) => None,
        (_, Err(_)) => Some(format!("members that need a password: {locked}")),
        (_, Ok(())) => Some(format!(
            "members that need a password: {locked}; one that its user gave opens the first that was tried"
        )),
    }
}
