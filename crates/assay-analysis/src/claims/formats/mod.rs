//! The file that a claim comes in: a tracker's record, a STIX bundle, or the user's own TOML, read into [`Claim`].
//!
//! A file is what an operator saved; nothing is fetched, and screenshots, magnets and links to a leak site are not taken
//! over. The words of a post are kept as they are but for HTML entities, which trackers escape once, twice or not at all.
//! A date without a zone is taken as UTC: the trackers write UTC and do not say so. `discovered` is when a tracker saw the
//! post, so it is used only where the post's own date is absent, and before `attackdate`, which is a claim or a guess.
//! The file is hostile: its size and the number of its posts are bounded, its nesting by the parsers, and no error repeats
//! what it holds, names of fields in it apart.

mod own;
mod record;
mod stix;
mod tracker;

#[cfg(test)]
mod tests;

use assay_model::{Claim, ExhibitId};

/// The words that `format` under `[[claim]]` may have.
pub const FORMATS: [&str; 5] = ["ransomware.live", "ransomlook", "ransomwatch", "stix", "toml"];

/// Bytes of a claim file. A record is a few kilobytes; a tracker's whole dump is the wrong file.
const MOST_BYTES: usize = 4 << 20;
/// Posts in a claim file. A case is about one, or a handful that repeat it.
const MOST_POSTS: usize = 50;

/// Why a claim file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFormatError {
    /// The format's word is none of [`FORMATS`].
    #[error(
        "{exhibit}: format: {format:?} is no claim format; expected ransomware.live, ransomlook, ransomwatch, stix or \
         toml; correct `format` under [[claim]] in case.toml"
    )]
    Format {
        /// The claim.
        exhibit: ExhibitId,
        /// The word of the case file, cut.
        format: String,
    },
    /// Larger than a claim can be.
    #[error(
        "{exhibit}: the file has {found} {what}, expected at most {most}; keep only the posts that this case is about, \
         in a file of their own"
    )]
    TooLarge {
        /// The claim.
        exhibit: ExhibitId,
        /// How many.
        found: usize,
        /// Of what: `bytes`, `posts`.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// No JSON or no TOML.
    #[error(
        "{exhibit}: line {line}: expected {expected}; save the file again from its source, or correct `format` in case.toml"
    )]
    Syntax {
        /// The claim.
        exhibit: ExhibitId,
        /// The line, counted from one.
        line: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// A field that is missing or has another form than it should.
    #[error("{exhibit}: {field}: expected {expected}; {remedy}")]
    Field {
        /// The claim.
        exhibit: ExhibitId,
        /// The post and the field: `post 2, published`.
        field: String,
        /// What was expected.
        expected: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Nothing in it is a claim.
    #[error("{exhibit}: expected {expected}, found none; {remedy}")]
    Empty {
        /// The claim.
        exhibit: ExhibitId,
        /// What was expected.
        expected: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

/// The claims of one file, in its order; all carry the exhibit's number.
///
/// | format | form | fields |
/// |---|---|---|
/// | `ransomware.live` | a record, an array, or `{"victims": [...]}` | `victim` or `post_title`; `group` or `group_name`; `description`; `domain` or `website`; `published`, else `discovered`, else `attackdate`; `data_size`, also in `extrainfos` |
/// | `ransomlook` | a record, an array, or an object of arrays by group | `post_title`; `group_name`, else the array's key; `description`; `discovered` |
/// | `ransomwatch` | a record or an array | `post_title`, `group_name`, `discovered` |
/// | `stix` | a STIX 2.x bundle | the reports in it, else its incidents, else its notes; who claims from the intrusion set or threat actor that they refer to; the victim's site from a domain name that they refer to; revoked objects are left out |
/// | `toml` | one claim at the top, or several as `[[claim]]` | `title` or `website` must be there; `group`, `description`, `published`, `data_size` |
///
/// Other fields of trackers and of STIX are passed over; an unknown field of the own form is an error, since it is a
/// misspelling. Absent texts are empty. Sources: records kept in issues and histories of the trackers' repositories; STIX
/// 2.1, 4.14 (report), 4.6 (incident), 4.11 (note).
///
/// # Errors
/// [`ClaimFormatError`] names the exhibit, the field, what was expected and what to do.
pub fn read(exhibit: &ExhibitId, format: &str, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    if text.len() > MOST_BYTES {
        return Err(too_large(exhibit, text.len(), "bytes", MOST_BYTES));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        "ransomware.live" => tracker::ransomware_live(exhibit, text),
        "ransomlook" => tracker::ransomlook(exhibit, text),
        "ransomwatch" => tracker::ransomwatch(exhibit, text),
        "stix" => stix::read(exhibit, text),
        "toml" => own::read(exhibit, text),
        other => Err(ClaimFormatError::Format { exhibit: exhibit.clone(), format: other.chars().take(40).collect() }),
    }
}

fn too_large(exhibit: &ExhibitId, found: usize, what: &'static str, most: usize) -> ClaimFormatError {
    ClaimFormatError::TooLarge { exhibit: exhibit.clone(), found, what, most }
}

/// The parsed JSON of a file.
fn json(exhibit: &ExhibitId, text: &str) -> Result<serde_json::Value, ClaimFormatError> {
    // The parser stops at a nesting of 128; its own message is not repeated, since it may quote the file.
    serde_json::from_str(text).map_err(|error| ClaimFormatError::Syntax {
        exhibit: exhibit.clone(),
        line: error.line().max(1),
        expected: "JSON, nested at most 100 deep",
    })
}
