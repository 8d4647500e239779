//! What was claimed: a leak-site post becomes assertions that can each be tested apart.
//!
//! Grades nothing and believes nothing. A post is hostile free text: it is cleaned and cut ([`text`]), what it copies from
//! the victim's web site is masked, and the rest is read by rules (`rules/claims/assertions.toml`), by code for numbers
//! ([`quantity`]) and for the body named ([`victim`]). The file that a claim comes in, a tracker's record or the user's own, is
//! read by [`read`]. Words that no rule knows assert nothing; they stay in the claim.

use assay_model::{Assertion, AssertionId, AssertionKind, Claim, Controller, ItemCategory};
use jiff::tz;

pub use formats::{ClaimFormatError, FORMATS, read};
pub use rules::RuleError;
pub use victim::{VictimMatch, resolve_name, resolve_victim};

pub(crate) mod rules;

mod formats;
mod quantity;
mod text;
mod victim;

use rules::{CategoryRule, ClaimRules};
pub(crate) use text::pattern;
use text::{TEXT_LIMIT, TITLE_LIMIT, clean};

/// Kinds that a claim may state several times (two sizes, three counts) are taken this often: a post that lists a hundred
/// numbers asserts none of them.
const MOST_OF_A_KIND: usize = 4;

/// The assertions of all claims, `A1` on, in the order of the claims. Each claim has people, origin, fresh and victim; then what
/// its text states, in the order category, years, volume, count, population, vector.
pub fn assertions(claims: &[Claim], controllers: &[Controller]) -> Vec<Assertion> {
    let mut all = Vec::new();
    for claim in claims {
        for kind in kinds(ClaimRules::shipped(), claim, controllers) {
            let text = sentence(&kind);
            let id = AssertionId::new(format!("A{}", all.len() + 1));
            all.push(Assertion { id, claim: claim.exhibit.clone(), kind, text });
        }
    }
    all
}

fn kinds(rules: &ClaimRules, claim: &Claim, controllers: &[Controller]) -> Vec<AssertionKind> {
    let named = victim::named_body(claim, controllers);
    let mut kinds =
        vec![AssertionKind::People, AssertionKind::Origin, AssertionKind::Fresh, AssertionKind::Victim { named }];
    let text = mask(rules, &clean(&claim.description, TEXT_LIMIT), controllers);
    let title = mask(rules, &clean(&claim.title, TITLE_LIMIT), controllers);
    let published = claim.published.map(|at| tz::Offset::UTC.to_datetime(at).date());

    kinds.extend(categories(rules, &text));
    let spans = either(quantity::years(&text, published), || quantity::years(&title, published));
    kinds.extend(spans.into_iter().take(MOST_OF_A_KIND).map(|s| AssertionKind::Years { from: s.from, to: s.to }));
    kinds.extend(volumes(rules, &clean(&claim.data_size, TITLE_LIMIT), &text, &title));
    let counts = quantity::counts(rules, &text);
    kinds.extend(counts.into_iter().take(MOST_OF_A_KIND).map(|n| AssertionKind::Count { number: n.number, of: n.of }));
    for rule in &rules.populations {
        if let Some(found) = rule.pattern.find(&text) {
            kinds.push(AssertionKind::Population { words: quoted(found.as_str()) });
        }
    }
    for rule in &rules.vectors {
        // The longest match says most: "CitrixBleed" over "Citrix".
        let longest = rule.pattern.find_iter(&text).max_by_key(|found| (found.len(), std::cmp::Reverse(found.start())));
        if let Some(found) = longest {
            kinds.push(AssertionKind::Vector { words: quoted(found.as_str()) });
        }
    }
    kinds
}

/// One assertion for each category named, and one for each kind of document that findings answer to.
fn categories(rules: &ClaimRules, text: &str) -> Vec<AssertionKind> {
    let mut rest = text.to_owned();
    let mut found: Vec<(usize, &CategoryRule, String)> = Vec::new();
    for rule in &rules.categories {
        let mut first = None;
        let mut taken = Vec::new();
        for captures in rule.pattern.captures_iter(&rest) {
            let Some(words) = captures.iter().skip(1).flatten().next() else { continue };
            let after = rest.get(words.end()..).unwrap_or_default();
            if rule.not_after.as_ref().is_some_and(|not| not.is_match(after)) {
                continue;
            }
            first.get_or_insert_with(|| (words.start(), quoted(words.as_str())));
            taken.push(words.range());
        }
        for range in taken {
            blank(&mut rest, range);
        }
        let known = found.iter().any(|(_, other, _)| rule.element.is_none() && other.category == rule.category);
        if let (Some((start, words)), false) = (first, known) {
            found.push((start, rule, words));
        }
    }
    found.sort_by_key(|(start, ..)| *start);
    found.into_iter().map(|(_, rule, words)| AssertionKind::Category { words, category: rule.category }).collect()
}

/// Sizes with a number; words for size only where there is no number.
fn volumes(rules: &ClaimRules, field: &str, text: &str, title: &str) -> Vec<AssertionKind> {
    let mut sizes = quantity::sizes(rules, field);
    for size in either(quantity::sizes(rules, text), || quantity::sizes(rules, title)) {
        if !sizes.iter().any(|known| known.bytes == size.bytes) {
            sizes.push(size);
        }
    }
    if sizes.is_empty() {
        let words = rules.volume_words.iter().find_map(|rule| rule.find(text)).map(|found| quoted(found.as_str()));
        let words = words.or_else(|| (!field.is_empty()).then(|| quoted(field)));
        return words.into_iter().map(|words| AssertionKind::Volume { bytes: None, words }).collect();
    }
    sizes
        .into_iter()
        .take(MOST_OF_A_KIND)
        .map(|size| AssertionKind::Volume { bytes: Some(size.bytes), words: quoted(&size.words) })
        .collect()
}

/// The text with names of the case's bodies, and what posts copy from web sites, blanked.
fn mask(rules: &ClaimRules, text: &str, controllers: &[Controller]) -> String {
    let mut masked = text.to_owned();
    for controller in controllers {
        for name in std::iter::once(&controller.name).chain(&controller.aliases) {
            let name = clean(name, TITLE_LIMIT).to_ascii_lowercase();
            if name.len() < 5 {
                continue;
            }
            let lower = masked.to_ascii_lowercase();
            for (start, _) in lower.match_indices(&name) {
                blank(&mut masked, start..start + name.len());
            }
        }
    }
    for rule in &rules.ignore {
        let ranges: Vec<_> = rule.find_iter(&masked).map(|found| found.range()).collect();
        for range in ranges {
            blank(&mut masked, range);
        }
    }
    masked
}

/// Puts a bar over a range: a mark that no rule reads across, of the same length, so that other ranges stay true.
fn blank(text: &mut String, range: std::ops::Range<usize>) {
    if text.get(range.clone()).is_some() {
        let bar = "|".repeat(range.len());
        text.replace_range(range, &bar);
    }
}

fn either<T>(first: Vec<T>, second: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if first.is_empty() { second() } else { first }
}

/// Words of a claim as they may stand in a report: short, on one line.
fn quoted(words: &str) -> String {
    words.chars().take(80).collect::<String>().trim().to_owned()
}

/// The statement in one sentence. Words of the claim stand in quotation marks, so that nobody takes them for ours.
fn sentence(kind: &AssertionKind) -> String {
    match kind {
        AssertionKind::People => "The people in the data are real and known to a register.".into(),
        AssertionKind::Origin => "The items come from systems of the bodies concerned.".into(),
        AssertionKind::Fresh => "The data was not published before.".into(),
        AssertionKind::Victim { named } if named.is_empty() => {
            "The data is that of a body which the claim does not name.".into()
        }
        AssertionKind::Victim { named } => format!("The data is that of the body named: \u{201c}{named}\u{201d}."),
        AssertionKind::Category { words, category: ItemCategory::Other } => {
            format!("Among the data are \u{201c}{words}\u{201d}.")
        }
        AssertionKind::Category { words, category } => {
            format!("Among the data are items of the category {} (\u{201c}{words}\u{201d}).", category.as_str())
        }
        AssertionKind::Years { from, to } if from == to => format!("The data is of {from}."),
        AssertionKind::Years { from, to } => format!("The data spans {from} to {to}."),
        AssertionKind::Volume { words, .. } => format!("The data amounts to \u{201c}{words}\u{201d}."),
        AssertionKind::Count { number, of } => format!("The data holds {number} \u{201c}{of}\u{201d}."),
        AssertionKind::Population { words } => format!("The data is about \u{201c}{words}\u{201d}."),
        AssertionKind::Vector { words } => format!("They got in by \u{201c}{words}\u{201d}."),
    }
}

#[cfg(test)]
mod tests;
