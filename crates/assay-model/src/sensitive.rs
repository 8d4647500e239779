//! The wrapper that keeps personal values out of logs, panics and reports.
//!
//! It deliberately has neither `Serialize` nor a revealing `Display`; the one way out is [`Sensitive::reveal`], which
//! reads as what it is at every call.

use std::fmt;

/// A personal value. `Debug` and `Display` print a mask of fixed form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The bare value. Callers that show it to a person leave a custody entry.
    pub fn reveal(&self) -> &T {
        &self.0
    }

    /// The bare value, consumed.
    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked]")
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked]")
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn a_sensitive_value_never_prints_itself() {
        let number = Sensitive::new("9990000018".to_owned());
        assert_eq!(format!("{number} {number:?}"), "[masked] [masked]");
        assert_eq!(number.reveal(), "9990000018");
    }
}
