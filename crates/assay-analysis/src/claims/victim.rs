//! Which controller of the case a claim names.
//!
//! Titles on leak sites are masked (`N********`), cut (`Northshore Chil...`), escaped, or a bare domain, and drop words of
//! the legal name ("Foundation"). So the answer is a name only where one body stands out, else candidates, else nothing:
//! peers that match by substring name the wrong trust. Which bodies were *hit* is for the evidence to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use assay_model::{Claim, Controller, ControllerId};
use regex::Regex;

use super::text::{TEXT_LIMIT, TITLE_LIMIT, clean, pattern};
use crate::reference::fold;

/// What a claim's words for its victim come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VictimMatch {
    /// One controller, by its name, an alias, its domain, or nearly all of its name's telling words.
    Named(ControllerId),
    /// These may be meant, most like first: several, or one by a part of its name.
    Candidates(Vec<ControllerId>),
    /// None of the case's controllers, or masked.
    Unresolved,
}

/// The controller that a claim names: by its web site and title; by its text where these name none.
pub fn resolve_victim(claim: &Claim, controllers: &[Controller]) -> VictimMatch {
    resolve_name(&named_body(claim, controllers), controllers)
}

/// The controller that a name, a domain, or a name with a domain stands for.
pub fn resolve_name(named: &str, controllers: &[Controller]) -> VictimMatch {
    let text = clean(named, TITLE_LIMIT * 2);
    let domains = domains_of(&text);
    let words = DOMAIN.replace_all(&text, " ");
    let by_domain: BTreeSet<&ControllerId> = controllers
        .iter()
        .filter(|c| domains.iter().any(|d| c.domains.iter().any(|own| same_domain(d, own))))
        .map(|c| &c.id)
        .collect();
    let by_name = by_name(&words, controllers);
    match (by_domain.len(), by_name) {
        (0, by_name) => by_name,
        (1, VictimMatch::Unresolved) => {
            by_domain.first().map_or(VictimMatch::Unresolved, |id| VictimMatch::Named((*id).clone()))
        }
        (1, VictimMatch::Named(id)) if by_domain.contains(&id) => VictimMatch::Named(id),
        // The domain picks among bodies of like names.
        (1, VictimMatch::Candidates(ids)) if ids.iter().any(|id| by_domain.contains(id)) => {
            by_domain.first().map_or(VictimMatch::Unresolved, |id| VictimMatch::Named((*id).clone()))
        }
        (_, by_name) => {
            let mut all: Vec<ControllerId> = by_domain.into_iter().cloned().collect();
            let others = match by_name {
                VictimMatch::Named(id) => vec![id],
                VictimMatch::Candidates(ids) => ids,
                VictimMatch::Unresolved => Vec::new(),
            };
            all.extend(others);
            let mut seen = BTreeSet::new();
            all.retain(|id| seen.insert(id.clone()));
            VictimMatch::Candidates(all)
        }
    }
}

/// The body as the claim names it: its title, with the web site where that says more; the name of a controller that the
/// text spells out where both are empty or masked (a post may mention a neighbour, so its title goes first).
pub(crate) fn named_body(claim: &Claim, controllers: &[Controller]) -> String {
    let title = clean(&claim.title, TITLE_LIMIT);
    let website = domains_of(&clean(&claim.website, TITLE_LIMIT)).into_iter().next().unwrap_or_default();
    let mut named = title;
    if !website.is_empty() && !named.to_lowercase().contains(&website) {
        let with_site = if named.is_empty() { website } else { format!("{named} ({website})") };
        if resolve_name(&with_site, controllers) != resolve_name(&named, controllers) {
            named = with_site;
        }
    }
    let unreadable = !MASKED.replace_all(&named, "").chars().any(char::is_alphanumeric);
    if unreadable {
        let text = fold(&clean(&claim.description, TEXT_LIMIT));
        let spelled: Vec<&String> = controllers
            .iter()
            .filter_map(|c| names_of(c).find(|name| fold(name).len() >= SHORTEST_PREFIX && text.contains(&fold(name))))
            .collect();
        if let [only] = spelled.as_slice() {
            named = (*only).clone();
        }
    }
    named
}

static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:https?://)?\b(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}[a-z]{2,24}\b(?:[/:?][^\s)]*)?")
});
static MASKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\*{2,}|\u{2588}+|_{3,}|#{3,}"));
static CUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*(?:\.{2,}|\u{2026})\s*$"));

/// Words that many bodies share: they tell little, whatever the case's other controllers are called.
const COMMON: [&str; 27] = [
    "nhs",
    "foundation",
    "trust",
    "hospital",
    "university",
    "teaching",
    "the",
    "of",
    "and",
    "for",
    "uk",
    "ltd",
    "limited",
    "plc",
    "group",
    "health",
    "healthcare",
    "care",
    "service",
    "medical",
    "centre",
    "center",
    "england",
    "general",
    "royal",
    "charity",
    "clinic",
];
/// The weight of such a word against 1 for a telling one.
const COMMON_WEIGHT: f64 = 0.1;
/// A cut title must leave this many letters to stand for a name.
const SHORTEST_PREFIX: usize = 9;

fn names_of(controller: &Controller) -> impl Iterator<Item = &String> {
    std::iter::once(&controller.name).chain(&controller.aliases).filter(|name| !name.trim().is_empty())
}

fn domains_of(text: &str) -> Vec<String> {
    DOMAIN
        .find_iter(text)
        .map(|found| {
            let bare = found.as_str().to_lowercase();
            let bare = bare.strip_prefix("https://").or(bare.strip_prefix("http://")).unwrap_or(&bare);
            let host = bare.split(['/', ':', '?']).next().unwrap_or_default();
            host.strip_prefix("www.").unwrap_or(host).to_owned()
        })
        .filter(|host| !host.is_empty())
        .collect()
}

/// The same domain, or a host in it.
fn same_domain(host: &str, own: &str) -> bool {
    let own = own.trim().to_lowercase();
    let own = own.strip_prefix("www.").unwrap_or(&own);
    !own.is_empty() && (host == own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')))
}

fn by_name(text: &str, controllers: &[Controller]) -> VictimMatch {
    let masked = MASKED.is_match(text);
    let text = MASKED.replace_all(text, " ");
    let cut = CUT.is_match(&text);
    let text = CUT.replace(&text, "").into_owned();
    let folded: String = fold(&text).chars().filter(|c| c.is_alphanumeric()).collect();
    if folded.is_empty() {
        return VictimMatch::Unresolved;
    }
    if !masked {
        let alnum = |name: &str| fold(name).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let exact = |c: &&Controller| names_of(c).any(|name| alnum(name) == folded);
        let prefix = |c: &&Controller| {
            cut && folded.chars().count() >= SHORTEST_PREFIX && names_of(c).any(|name| alnum(name).starts_with(&folded))
        };
        let mut found: Vec<ControllerId> = controllers.iter().filter(exact).map(|c| c.id.clone()).collect();
        if found.is_empty() {
            found = controllers.iter().filter(prefix).map(|c| c.id.clone()).collect();
        }
        match found.as_slice() {
            [] => {}
            [only] => return VictimMatch::Named(only.clone()),
            _ => return VictimMatch::Candidates(found),
        }
    }
    by_words(&words_of(&text), controllers, masked || cut)
}

/// How much of a body's name the text has, and how much of the text the name explains.
struct Overlap {
    id: ControllerId,
    of_name: f64,
    of_text: f64,
}

impl Overlap {
    /// Nearly all telling words agree, both ways.
    fn is_strong(&self) -> bool {
        self.of_name >= 0.8 && self.of_text >= 0.6
    }

    /// Half of them do, or the text has nothing but words of the name.
    fn is_candidate(&self) -> bool {
        (self.of_name >= 0.45 && self.of_text >= 0.4) || self.of_text >= 0.9
    }
}

fn by_words(text: &BTreeSet<String>, controllers: &[Controller], partial: bool) -> VictimMatch {
    let weights = word_weights(controllers);
    let weight = |word: &str| -> f64 {
        weights.get(word).copied().unwrap_or(if COMMON.contains(&word) { COMMON_WEIGHT } else { 1.0 })
    };
    let mut overlaps: Vec<Overlap> = controllers
        .iter()
        .filter_map(|controller| {
            names_of(controller)
                .filter_map(|name| {
                    let name = words_of(name);
                    let shared: f64 = name.iter().filter(|w| text.iter().any(|t| alike(t, w))).map(|w| weight(w)).sum();
                    let in_name: f64 = name.iter().map(|w| weight(w)).sum();
                    // A word of the text that some body bears weighs what it weighs there; one that none bears is foreign.
                    let in_text: f64 =
                        text.iter().map(|t| name.iter().find(|w| alike(t, w)).map_or(weight(t), |w| weight(w))).sum();
                    // Common words alone name nobody.
                    let telling = name.iter().any(|w| weight(w) > COMMON_WEIGHT && text.iter().any(|t| alike(t, w)));
                    (telling && in_name > 0.0 && in_text > 0.0).then(|| Overlap {
                        id: controller.id.clone(),
                        of_name: shared / in_name,
                        of_text: shared / in_text,
                    })
                })
                .filter(Overlap::is_candidate)
                .max_by(|a, b| (a.of_name * a.of_text).total_cmp(&(b.of_name * b.of_text)))
        })
        .collect();
    overlaps.sort_by(|a, b| (b.of_name * b.of_text).total_cmp(&(a.of_name * a.of_text)).then_with(|| a.id.cmp(&b.id)));
    let strong: Vec<&Overlap> = overlaps.iter().filter(|o| o.is_strong()).collect();
    match (strong.as_slice(), overlaps.as_slice()) {
        (_, []) => VictimMatch::Unresolved,
        ([only], _) if !partial => VictimMatch::Named(only.id.clone()),
        _ => VictimMatch::Candidates(overlaps.into_iter().map(|o| o.id).collect()),
    }
}

/// A word that n bodies of the case bear tells 1/n; a common one a tenth at most.
fn word_weights(controllers: &[Controller]) -> BTreeMap<String, f64> {
    let mut bearers: BTreeMap<String, u32> = BTreeMap::new();
    for controller in controllers {
        let words: BTreeSet<String> = names_of(controller).flat_map(|name| words_of(name)).collect();
        for word in words {
            *bearers.entry(word).or_default() += 1;
        }
    }
    bearers
        .into_iter()
        .map(|(word, count)| {
            let ceiling = if COMMON.contains(&word.as_str()) { COMMON_WEIGHT } else { 1.0 };
            (word, ceiling.min(1.0 / f64::from(count)))
        })
        .collect()
}

/// Folded words without possessive or plural s: `Children's` and `Childrens` are `children`.
fn words_of(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(fold)
        .filter(|word| !word.is_empty())
        .map(|word| match word.strip_suffix('s') {
            Some(stem) if stem.chars().count() >= 4 => stem.to_owned(),
            _ => word,
        })
        .take(40)
        .collect()
}

/// Equal, or one slip of the pen in a long word.
fn alike(a: &str, b: &str) -> bool {
    a == b || (a.len().min(b.len()) >= 7 && strsim::osa_distance(a, b) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controllers() -> Vec<Controller> {
        let body = |id: &str, name: &str, aliases: &[&str], domain: &str| Controller {
            id: ControllerId::new(id),
            name: name.into(),
            ods_code: String::new(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            domains: vec![domain.into()],
            paths: Vec::new(),
            hospital_number: String::new(),
            aware_at: None,
            aware_basis: String::new(),
        };
        vec![
            body(
                "NCH",
                "Northshore Children's NHS Foundation Trust",
                &["Northshore Childrens"],
                "northshorechildrens.nhs.uk",
            ),
            body("NGH", "Northshore General Hospitals NHS Trust", &[], "northshoregeneral.nhs.uk"),
            body("EHC", "Eastmere Heart and Chest Hospital NHS Foundation Trust", &["EHC"], "eastmereheart.nhs.uk"),
            body("MEH", "Moorgate Eye Hospital NHS Foundation Trust", &[], "moorgate-eye.nhs.uk"),
        ]
    }

    fn check(named: &str, expected: &str) {
        let out = match resolve_name(named, &controllers()) {
            VictimMatch::Named(id) => id.to_string(),
            VictimMatch::Candidates(ids) => {
                format!("? {}", ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" "))
            }
            VictimMatch::Unresolved => "-".into(),
        };
        assert_eq!(out, expected, "{named}");
    }

    #[test]
    fn a_body_is_found_by_name_alias_and_domain() {
        check("Northshore Children's NHS Foundation Trust", "NCH");
        check("Northshore Children\u{2019}s NHS Trust", "NCH");
        check("NORTHSHORE CHILDRENS", "NCH");
        check("Northshore Children&amp;#39;s Hospital Trust", "NCH");
        check("Northshroe Children's Hospital", "NCH");
        check("northshorechildrens.nhs.uk", "NCH");
        check("https://www.northshoregeneral.nhs.uk/about?x=1", "NGH");
        check("mail.eastmereheart.nhs.uk", "EHC");
        check("EHC", "EHC");
        check("Eastmere Heart & Chest", "EHC");
        check("Northshore Children's NHS Fou...", "NCH");
    }

    #[test]
    fn what_may_be_several_stays_candidates() {
        check("Northshore NHS", "? NGH NCH");
        check("Northshore...", "? NCH NGH");
        check("Moorgate NHS UK &amp;amp; Dubai", "? MEH");
        check("Northshore Children's ****", "? NCH");
        check("Northshore General (northshorechildrens.nhs.uk)", "? NCH NGH");
    }

    #[test]
    fn what_names_nobody_is_unresolved() {
        check("", "-");
        check("************", "-");
        check("N********* C*******", "-");
        check("NHS Foundation Trust", "-");
        check("Royal University Hospital", "-");
        check("Westport City Council", "-");
        check("evilnorthshorechildrens.nhs.uk.example.com", "-");
    }
}
