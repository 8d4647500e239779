//! Whether what stands where a secret would is one.

/// The value of `name = value` or `"name": "value"`, without its quotation marks.
pub(super) fn assigned(text: &[u8]) -> Option<&[u8]> {
    let sign = text.iter().position(|b| matches!(b, b':' | b'='))?;
    let value = text.get(sign + 1..)?.trim_ascii_start();
    let value = match value.first() {
        Some(mark @ (b'"' | b'\'' | b'`')) => {
            let inner = value.get(1..)?;
            inner.get(..inner.iter().position(|b| b == mark).unwrap_or(inner.len()))?
        }
        _ => value.get(..value.iter().position(|b| b" \t;&,\"'<>".contains(b)).unwrap_or(value.len()))?,
    };
    (!value.is_empty()).then_some(value)
}

/// True for what may be one: neither a word that stands for one, nor a variable, nor a row of one sign.
pub(super) fn is_one(value: &[u8]) -> bool {
    const STANDS_FOR: [&str; 30] = [
        "password",
        "passwd",
        "secret",
        "none",
        "null",
        "true",
        "false",
        "required",
        "optional",
        "string",
        "changeme",
        "example",
        "undefined",
        "redacted",
        "removed",
        "hidden",
        "masked",
        "unknown",
        "forgotten",
        "expired",
        "reset",
        "your",
        "the",
        "please",
        "must",
        "see",
        "as",
        "incorrect",
        "invalid",
        "policy",
    ];
    let lower = value.to_ascii_lowercase();
    let word = lower.trim_ascii();
    let one_sign = word.iter().all(|b| Some(b) == word.first());
    let variable =
        word.starts_with(b"$") || word.starts_with(b"%") || word.starts_with(b"{{") || word.starts_with(b"<");
    let first = word.split(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
    let stands_for = STANDS_FOR.iter().any(|known| known.as_bytes() == first && first.len() + 2 >= word.len());
    (4..=128).contains(&word.len()) && !one_sign && !variable && !stands_for
}

/// True where letters of both cases, or letters and digits, are mixed, as in what was drawn by chance.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let capitals = value.iter().filter(|b| b.is_ascii_uppercase()).count();
    let distinct = value.iter().collect::<std::collections::BTreeSet<_>>().len();
    digits >= 2 && capitals + digits < value.len() + 1 && distinct >= 8
}
