//! Newtypes for everything that has a name. Ids are made from content (exhibit hash and locator), never from a key.

use std::fmt;
use std::sync::Arc;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// An exhibit number as the case gives it: `LEAK/1`, `GW/1`; registers and claims are `REG/n` and `CLAIM/n`.
    ExhibitId
}
text_id! {
    /// A data controller's short id in the case file: `NCH`.
    ControllerId
}
text_id! {
    /// A data subject, named by its oldest mention: `P-` and twelve hex digits.
    SubjectId
}
text_id! {
    /// An assertion of a claim: `A1`, `A2`, in the order of the claims.
    AssertionId
}
text_id! {
    /// A duty: `D1`, `D2`, in the order of controllers and due times.
    DutyId
}

/// Where an item lies inside its exhibit. Copies share one text: a table's locators all name the same item. Slashes part folders, `!` steps into a container:
/// `fs01/old.tar.gz!dump/inner.zip!a.txt`. A literal `!`, `%` or control character in a name is percent-encoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ItemPath(Arc<str>);

impl ItemPath {
    /// The path of a file in the exhibit's folder, its parts joined by `/`.
    pub fn of_file(relative: &str) -> Self {
        Self(escape(relative).into())
    }

    /// The path of a member of the container at `self`.
    pub fn member(&self, name: &str) -> Self {
        Self(format!("{}!{}", self.0, escape(name)).into())
    }

    /// A path that was written by [`ItemPath::as_str`].
    pub fn from_encoded(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The encoded path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file name of the innermost step, without folders.
    pub fn file_name(&self) -> &str {
        self.0.rsplit(['/', '!']).next().unwrap_or(&self.0)
    }

    /// The path of the container that holds the item, if it is a member.
    pub fn container(&self) -> Option<Self> {
        self.0.rsplit_once('!').map(|(container, _)| Self(container.into()))
    }
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ItemPath {
    // Paths in a leak name patients; a derived Debug would carry them into a panic message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked path]")
    }
}

fn escape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '!' | '%' => out.push_str(&format!("%{:02X}", character as u32)),
            c if c.is_control() => out.push_str(&format!("%{:02X}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A mention's id: the first eight bytes of BLAKE3 over exhibit hash, locator and ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MentionId(pub u64);

impl fmt::Display for MentionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M-{:016x}", self.0)
    }
}

impl MentionId {
    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        u64::from_str_radix(text.strip_prefix("M-")?, 16).ok().map(Self)
    }
}

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{ItemPath, MentionId};

    #[test]
    fn a_member_path_steps_with_a_bang_and_escapes_its_own() {
        let path = ItemPath::of_file("fs01/old!.tar.gz").member("dump/a.zip").member("b.txt");
        assert_eq!(path.as_str(), "fs01/old%21.tar.gz!dump/a.zip!b.txt");
        assert_eq!(path.file_name(), "b.txt");
        assert_eq!(path.container().unwrap().file_name(), "a.zip");
    }

    #[test]
    fn a_mention_id_reads_back() {
        let id = MentionId(0x00ab);
        assert_eq!(MentionId::parse(&id.to_string()), Some(id));
        assert_eq!(MentionId::parse("P-00"), None);
    }
}
