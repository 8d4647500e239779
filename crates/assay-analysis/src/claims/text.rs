//! Makes the text of a post fit to be matched: unescaped, without tags, folded and short.
//!
//! A post is written by criminals and scraped by strangers: entities are escaped once or twice, look-alike blanks and
//! direction marks are common. Nothing here keeps the words verbatim; the claim itself does that.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// Characters of a post that are looked at. Posts are a few hundred; the rest of a longer one is not read.
pub(crate) const TEXT_LIMIT: usize = 20_000;
/// Characters of a title or of quoted words.
pub(crate) const TITLE_LIMIT: usize = 160;
/// Trackers escape what was escaped: `&amp;amp;` has been seen (ransomwatch). Three rounds are one more than that.
const UNESCAPE_ROUNDS: usize = 3;

/// The text on one line: entities resolved, tags and onion addresses out, blanks, dashes and quotes in ASCII, at most `limit`
/// characters.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    // Twice the limit leaves room for what unescaping takes away.
    let text = unescaped(&text.chars().take(limit.saturating_mul(2)).collect::<String>());
    let text = TAG.replace_all(&text, " ");
    let plain: String = text.nfkc().take(limit.saturating_mul(2)).filter_map(plain).collect();
    let plain = ONION.replace_all(&plain, "[onion address]");
    let mut folded = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded.chars().take(limit).collect::<String>().trim_end().to_owned()
}

/// The text with entities resolved, however often they were escaped, and nothing else done to it.
pub(super) fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..UNESCAPE_ROUNDS {
        let next = unescape(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[/!]?[a-zA-Z][^<>]{0,300}>"));
static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"&(?:#(?P<dec>[0-9]{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[a-zA-Z]{2,8}));"));
/// Leads to the leak are not carried into a report.
static ONION: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:https?://)?[a-z0-9.-]{3,80}\.onion\b[^\s]{0,200}"));

/// Compiles a pattern that stands in this crate, not in any input.
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("patterns of this crate are compiled by its tests")
}

fn unescape(text: &str) -> String {
    ENTITY
        .replace_all(text, |found: &regex::Captures<'_>| {
            let numeric = |group: &str, radix| {
                found.name(group).and_then(|n| u32::from_str_radix(n.as_str(), radix).ok()).and_then(char::from_u32)
            };
            let named = || found.name("name").and_then(|name| named_entity(name.as_str()));
            match numeric("dec", 10).or_else(|| numeric("hex", 16)).or_else(named) {
                Some(character) => character.to_string(),
                None => found.get(0).map_or_else(String::new, |whole| whole.as_str().to_owned()),
            }
        })
        .into_owned()
}

fn named_entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "lsquo" | "rsquo" => '\'',
        "ldquo" | "rdquo" => '"',
        "nbsp" => ' ',
        "ndash" | "mdash" | "minus" => '-',
        "hellip" => '\u{2026}',
        "pound" => '£',
        "euro" => '€',
        _ => return None,
    })
}

/// The ASCII form of a character that only looks different; `None` for what a reader does not see.
fn plain(character: char) -> Option<char> {
    match character {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '`' | '\u{00b4}' => Some('\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => Some('-'),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}' => None,
        c if c.is_whitespace() || c.is_control() => Some(' '),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escaped_text_is_read_as_it_was_meant() {
        assert_eq!(clean("Moorfields NHS UK &amp;amp; Dubai", 80), "Moorfields NHS UK & Dubai");
        assert_eq!(clean("2018&#8211;2024<br/>\u{a0}children&#x2019;s", 80), "2018-2024 children's");
        assert_eq!(clean("pa\u{200b}tient\u{202e} records", 80), "patient records");
        assert_eq!(clean("see http://abcdefghij234567.onion/post?id=1 now", 80), "see [onion address] now");
        assert_eq!(clean("AT&T; &bogus; <3 a < b", 80), "AT&T; &bogus; <3 a < b");
    }

    #[test]
    fn long_text_is_cut_on_a_character() {
        assert_eq!(clean(&"ä".repeat(500), 10), "ä".repeat(10));
    }
}
