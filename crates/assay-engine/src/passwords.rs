//! Passwords on their way to a worker: those that the user gave, for everything, and those that stand in an exhibit, for that
//! exhibit alone. They travel in a frame of their own, never in arguments or the environment, and enter no fingerprint: a new
//! password does not make what was read without it be read again.

use assay_model::{ExhibitId, PasswordOrigin, Sensitive};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Passwords to try, in this order. None is ever guessed or altered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    /// The user's.
    pub given: Vec<Sensitive<String>>,
    /// Those found in an exhibit whose use there is allowed.
    pub found: BTreeMap<ExhibitId, Vec<Sensitive<String>>>,
}

impl Passwords {
    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty() && self.found.values().all(Vec::is_empty)
    }

    /// What may be tried on items of an exhibit: the user's first.
    pub(crate) fn of(&self, exhibit: &ExhibitId) -> Vec<(PasswordOrigin, &[Sensitive<String>])> {
        let found = self.found.get(exhibit).map_or(&[][..], Vec::as_slice);
        let sets = [(PasswordOrigin::Given, self.given.as_slice()), (PasswordOrigin::Found, found)];
        sets.into_iter().filter(|(_, passwords)| !passwords.is_empty()).collect()
    }

    /// The written form of a frame.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let bare = |passwords: &[Sensitive<String>]| passwords.iter().map(|p| p.reveal().clone()).collect::<Vec<_>>();
        let found = self.found.iter().map(|(exhibit, passwords)| (exhibit.to_string(), bare(passwords)));
        let written = Written { given: bare(&self.given), found: found.collect() };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads the written form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let sealed = |passwords: Vec<String>| passwords.into_iter().map(Sensitive::new).collect();
        let found = written.found.into_iter().map(|(exhibit, found)| (ExhibitId::new(exhibit), sealed(found)));
        Some(Self { given: sealed(written.given), found: found.collect() })
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    given: Vec<String>,
    found: BTreeMap<String, Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_one_exhibit_is_tried_on_no_other() {
        let (one, two) = (ExhibitId::new("LEAK/1"), ExhibitId::new("LEAK/2"));
        let sealed = |text: &str| vec![Sensitive::new(text.to_owned())];
        let passwords = Passwords { given: sealed(" a "), found: [(one.clone(), sealed("b"))].into() };
        let back = Passwords::from_bytes(&passwords.to_bytes()).unwrap();
        assert_eq!(back, passwords);
        assert_eq!(back.of(&one).len(), 2);
        assert_eq!(back.of(&two), [(PasswordOrigin::Given, &sealed(" a ")[..])]);
        assert!(!format!("{back:?}").contains("\"b\""));
    }
}
