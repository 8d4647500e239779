//! Which labels that need no colon a line can have, told in one walk over it: the patterns of [`super::labels`] are tried only
//! where their first words stand.

use std::sync::LazyLock;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, MatchKind, dfa};

/// The patterns that may match, as bits in the order of the patterns.
pub(super) type Mask = u8;

pub(super) const NHS: Mask = 1;
pub(super) const BIRTH: Mask = 2;
pub(super) const HOSPITAL: Mask = 4;
pub(super) const PHONE: Mask = 8;
pub(super) const INSURANCE: Mask = 16;
pub(super) const NAME: Mask = 32;

/// Words with which the labels begin, and whether one that stands by itself says that the line may have labels at all.
const WORDS: [(&str, Mask); 21] = [
    ("nhs", NHS),
    ("chi", NHS),
    ("date of birth", BIRTH),
    ("birth", BIRTH),
    ("born", BIRTH),
    ("d of b", BIRTH),
    ("hosp", HOSPITAL),
    ("hospital", HOSPITAL),
    ("unit", HOSPITAL),
    ("case note", HOSPITAL),
    ("casenote", HOSPITAL),
    ("patient", HOSPITAL),
    ("district", HOSPITAL),
    ("mrn", HOSPITAL),
    ("pas", HOSPITAL),
    ("ni", INSURANCE),
    ("national", INSURANCE),
    ("nino", INSURANCE),
    ("tel", PHONE),
    ("telephone", PHONE),
    ("mob", PHONE),
];
const MORE: [(&str, Mask); 2] = [("mobile", PHONE), ("phone", PHONE)];

/// `D.O.B.`, `d o b`: what may stand between its letters.
const BETWEEN: [&str; 6] = ["", ".", " ", "\t", ". ", ".\t"];

struct Cues {
    dfa: dfa::DFA,
    begin: StateID,
    masks: Vec<Mask>,
    hospital: usize,
}

static CUES: LazyLock<Option<Cues>> = LazyLock::new(|| {
    let mut words: Vec<(String, Mask)> =
        WORDS.iter().chain(&MORE).map(|(word, mask)| ((*word).to_owned(), *mask)).collect();
    for first in BETWEEN {
        words.extend(BETWEEN.iter().map(|second| (format!("d{first}o{second}b"), BIRTH)));
    }
    let dfa = dfa::DFA::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(words.iter().map(|(word, _)| word))
        .ok()?;
    let begin = dfa.start_state(Anchored::No).ok()?;
    let hospital = words.iter().position(|(word, _)| word == "hospital")?;
    Some(Cues { dfa, begin, masks: words.iter().map(|(_, mask)| *mask).collect(), hospital })
});

/// The patterns that may match in a line; none where no first word of a label stands by itself.
pub(super) fn of(line: &str) -> Mask {
    let bytes = line.as_bytes();
    // A pattern begins its line but for blanks with these letters.
    let opening = line.trim_start();
    let opens = |words: [&str; 2]| words.iter().any(|word| opening.starts_with(word));
    let names = if opens(["Re", "RE"]) || opens(["Patient", "PATIENT"]) { NAME } else { 0 };
    let Some(cues) = CUES.as_ref() else { return Mask::MAX };
    let mut any = opening.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("re"));
    let mut mask = 0;
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut state = cues.begin;
    for (at, byte) in bytes.iter().enumerate() {
        state = cues.dfa.next_state(Anchored::No, state, *byte);
        if !cues.dfa.is_special(state) || !cues.dfa.is_match(state) {
            continue;
        }
        for place in 0..cues.dfa.match_len(state) {
            let pattern = cues.dfa.match_pattern(state, place);
            let before = (at + 1 - cues.dfa.pattern_len(pattern)).checked_sub(1).and_then(|before| bytes.get(before));
            any |= pattern.as_usize() == cues.hospital;
            if !is_word(before) {
                mask |= cues.masks.get(pattern.as_usize()).copied().unwrap_or(Mask::MAX);
                any |= !is_word(bytes.get(at + 1));
            }
        }
    }
    // All but two end in a digit.
    let digitless = line.is_ascii() && !bytes.iter().any(u8::is_ascii_digit);
    if any { (mask | names) & if digitless { BIRTH | NAME } else { Mask::MAX } } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_match_is_told() {
        for (line, want) in [
            ("NHS No 999 000 0018", NHS),
            ("the clinic has no number 3", 0),
            ("D.O.B. 3 April, hospital no. 12", BIRTH | HOSPITAL),
            ("Patient John Smith", NAME),
            ("NHS999 and nothing by itself", 0),
            ("NI number AB123456C, mobile 07700 900123", INSURANCE | PHONE),
            ("  RE: Mr Smith", NAME),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
    }
}
