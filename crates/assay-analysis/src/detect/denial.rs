//! What a text denies, says of somebody else or says of nobody: whether a word of a special category is the patient's.
//!
//! After NegEx (Chapman et al., J Biomed Inform 2001) and ConText (Harkema et al., 2009): phrases before and after the word, in its
//! sentence, that deny it; phrases that only look like denials; words at which a denial ends; relatives whose matter it is; and
//! sentences of leaflets and rules, which are about nobody. All phrases are data (`rules/detect/lexicon.toml`). It looks at a
//! bounded stretch around each word, and only where a word was found.

use serde::Deserialize;

use super::category::floor;

/// Bytes around a word in which its sentence is looked for.
const LOOKED_AT: usize = 160;
/// Words over which a denial reaches forward.
const REACH: usize = 9;
/// Words over which a denial reaches back.
const REACH_BACK: usize = 6;

/// Phrases, lower case, single blanks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Denials {
    /// Deny what follows.
    before: Vec<String>,
    /// Look like denials and are none.
    pseudo: Vec<String>,
    /// A denial before them denies nothing behind them.
    ends: Vec<String>,
    /// Deny what stands before them.
    after: Vec<String>,
    /// Right behind the word: it is no matter of a person (`safeguarding team`).
    right_after: Vec<String>,
    /// Say, right behind the word, that it is so, whatever stands before.
    affirms: Vec<String>,
    /// Somebody else of whom the sentence speaks.
    others: Vec<String>,
    /// What somebody else says of the patient.
    reports: Vec<String>,
    /// Somebody else, behind the word.
    others_after: Vec<String>,
    /// Sentences with these are about nobody.
    boilerplate: Vec<String>,
}

/// Whether it is the patient's own matter even where a relative tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matter {
    /// Safeguarding: what a parent does or suffers is the child's matter.
    OfTheFamily,
    /// All else.
    OfOne,
}

impl Denials {
    /// True where the word at these bytes is denied, somebody else's or nobody's.
    pub(crate) fn denies(&self, text: &str, start: usize, end: usize, matter: Matter) -> bool {
        let before = text.get(floor(text, start.saturating_sub(LOOKED_AT))..start).unwrap_or("");
        let before = folded(before.get(sentence_start(before)..).unwrap_or(""));
        let after = text.get(end..floor(text, end + LOOKED_AT)).unwrap_or("");
        let after = folded(after.get(..sentence_end(after)).unwrap_or(after));
        // A plural's `s` is the word's own.
        let after = after.strip_prefix(" s ").map_or(after.clone(), |rest| format!(" {rest}"));
        if holds(&before, &self.boilerplate).is_some() || holds(&after, &self.boilerplate).is_some() {
            return true;
        }
        if self.right_after.iter().any(|phrase| starts(&after, phrase)) {
            return true;
        }
        let affirmed = self.affirms.iter().any(|phrase| starts(&after, phrase));
        if !affirmed && self.denied_behind(&after) {
            return true;
        }
        let clause = before.get(holds(&before, &self.ends).unwrap_or(0)..).unwrap_or("");
        let clause = format!(" {}", clause.trim_start());
        let mut plain = clause.clone();
        for phrase in &self.pseudo {
            plain = plain.replace(&format!(" {phrase} "), " ");
        }
        if !affirmed
            && let Some(at) = holds(&plain, &self.before)
            && words(plain.get(at..).unwrap_or("")) <= REACH
        {
            return true;
        }
        matter == Matter::OfOne && (self.of_another(&clause) || self.others_after.iter().any(|p| starts(&after, p)))
    }

    fn denied_behind(&self, after: &str) -> bool {
        // A comma ends it, but for one that goes on with a list.
        let end = after.find(" , ").unwrap_or(after.len());
        let clause = format!("{} ", after.get(..end).unwrap_or(after).trim_end());
        self.after.iter().any(|phrase| {
            let place = clause.find(&format!(" {phrase} "));
            place.is_some_and(|at| {
                let between = clause.get(..at).unwrap_or("");
                words(between) <= REACH_BACK && holds(&format!("{between} "), &self.ends).is_none()
            })
        })
    }

    /// `Mother has`, `her brother died in`: no comma, no verb of telling and no pronoun back to the patient stand between.
    fn of_another(&self, clause: &str) -> bool {
        let Some(at) = holds(clause, &self.others) else { return false };
        let between = clause.get(at..).unwrap_or("");
        let between = format!(" {} ", between.trim());
        !between.contains(" , ")
            && holds(&between, &self.reports).is_none()
            && ![" he ", " she ", " they ", " patient "].iter().any(|word| between.contains(word))
    }
}

/// Lower case; commas and colons words of their own, other signs but hyphens and apostrophes blanks; a blank at either end.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push(' ');
    for sign in text.chars() {
        match sign {
            ',' | ':' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push(sign);
                out.push(' ');
            }
            '\u{2019}' => out.push('\''),
            _ if sign.is_alphanumeric() || matches!(sign, '-' | '\'') => out.extend(sign.to_lowercase()),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// The byte behind the last of the phrases that stands in a folded text.
fn holds(text: &str, phrases: &[String]) -> Option<usize> {
    phrases.iter().filter_map(|phrase| text.rfind(&format!(" {phrase} ")).map(|at| at + phrase.len() + 1)).max()
}

fn starts(text: &str, phrase: &str) -> bool {
    text.strip_prefix(' ').and_then(|rest| rest.strip_prefix(phrase)).is_some_and(|rest| rest.starts_with(' '))
}

fn words(text: &str) -> usize {
    text.split(' ')
        .filter(|word| word.len() > 1 || word.chars().all(char::is_alphanumeric))
        .filter(|w| !w.is_empty())
        .count()
}

/// Where the sentence begins that ends this text.
fn sentence_start(text: &str) -> usize {
    let blank = text.rfind("\n\n").map(|at| at + 2);
    let stop = text.char_indices().rev().find(|(at, sign)| {
        let next = text.get(at + sign.len_utf8()..).unwrap_or("").chars().next();
        matches!(sign, ';' | '!' | '?') || *sign == '.' && next.is_none_or(char::is_whitespace)
    });
    blank.max(stop.map(|(at, sign)| at + sign.len_utf8())).unwrap_or(0)
}

/// Where the sentence ends that begins this text.
fn sentence_end(text: &str) -> usize {
    let blank = text.find("\n\n");
    let stop = text.char_indices().find(|(at, sign)| {
        let next = text.get(at + sign.len_utf8()..).unwrap_or("").chars().next();
        matches!(sign, ';' | '!' | '?') || *sign == '.' && next.is_none_or(char::is_whitespace)
    });
    [blank, stop.map(|(at, _)| at)].into_iter().flatten().min().unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denials() -> Denials {
        let some = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Denials {
            before: some(&["no", "not", "denies"]),
            pseudo: some(&["not only"]),
            ends: some(&["but"]),
            after: some(&["negative", ": none"]),
            right_after: some(&["team"]),
            affirms: some(&["positive"]),
            others: some(&["mother"]),
            reports: some(&["reports"]),
            others_after: some(&["in an uncle"]),
            boilerplate: some(&["leaflet"]),
        }
    }

    #[test]
    fn a_denial_reaches_to_the_end_of_its_clause_and_no_further() {
        let check = |text: &str, want: bool| {
            let at = text.find("HIV").unwrap();
            assert_eq!(denials().denies(text, at, at + 3, Matter::OfOne), want, "{text}");
        };
        check("No HIV.", true);
        check("No fever. HIV", false);
        check("No fever but HIV", false);
        check("Not only HIV", false);
        check("no fever, HIV positive", false);
        check("HIV and hepatitis negative", true);
        check("HIV, then a negative x-ray", false);
        check("HIV: none", true);
        check("HIV team", true);
        check("Mother has HIV", true);
        check("Mother reports HIV", false);
        check("Mother says he has HIV", false);
        check("HIV in an uncle", true);
        check("See the leaflet on HIV", true);
        check("one two three. No four five six seven eight nine ten eleven twelve thirteen HIV", false);
    }

    #[test]
    fn odd_texts_do_no_harm() {
        for text in ["HIV", "\u{2019}HIV\u{2019}", "é.HIV.é", "HIV\n\n", " ,:HIV:, "] {
            let at = text.find("HIV").unwrap();
            denials().denies(text, at, at + 3, Matter::OfOne);
        }
    }
}
