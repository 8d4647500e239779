//! Signs of origin: what in an item speaks for a controller.
//!
//! Path globs, a letterhead or title row that names the body, its ODS code, local patient numbers of its form, addresses
//! in its domains. A sign is a fact about the item; what it proves is weighed in verification.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    Cell, Content, Controller, ControllerHint, ControllerId, Element, HintBasis, ItemPath, Mention, Passage,
};
use regex::{Regex, RegexBuilder};

use super::bodies::Bodies;
use super::contact;
use super::draft::HospitalForms;
use super::rules::RuleError;

/// Lines of a text, or rows of a table, in which a letterhead or a title stands.
const HEAD_LINES: usize = 15;

#[derive(Debug)]
pub(crate) struct Signs {
    bodies: Vec<Body>,
    others: Bodies,
}

#[derive(Debug)]
struct Body {
    id: ControllerId,
    /// Each with how much of a path it spells out.
    paths: Vec<(Regex, usize)>,
    /// Name and aliases, folded.
    names: Vec<String>,
    ods: Option<Regex>,
    domains: Vec<String>,
}

/// The hospital number forms of all controllers.
pub(crate) fn hospital_forms(controllers: &[Controller]) -> Result<HospitalForms, RuleError> {
    let mut forms = HospitalForms::default();
    for controller in controllers.iter().filter(|c| !c.hospital_number.trim().is_empty()) {
        let pattern = controller.hospital_number.trim();
        let compile = |pattern: String| pattern_of(controller.id.as_str(), "hospital_number", &pattern);
        forms.whole.push((controller.id.clone(), compile(format!("^(?:{pattern})$"))?));
        forms.inside.push((controller.id.clone(), compile(format!(r"\b(?:{pattern})\b"))?));
    }
    Ok(forms)
}

fn pattern_of(owner: &str, key: &str, pattern: &str) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .map_err(|source| RuleError::Pattern { owner: format!("controller {owner}, {key}"), source: Box::new(source) })
}

/// A glob as a regular expression: `*` within a folder, `**` across, `?` one sign; without regard to case.
fn glob(owner: &str, glob: &str) -> Result<Regex, RuleError> {
    let mut pattern = String::from("^");
    let mut rest = glob.trim().trim_start_matches('/');
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            pattern.push_str("(?:.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            pattern.push_str(".*");
            rest = after;
        } else {
            match next {
                '*' => pattern.push_str("[^/]*"),
                '?' => pattern.push_str("[^/]"),
                other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
            rest = rest.get(next.len_utf8()..).unwrap_or("");
        }
    }
    // What lies in a container that matches is of the body too.
    pattern.push_str("(?:!.*)?$");
    pattern_of(owner, "paths", &pattern)
}

impl Signs {
    pub(crate) fn new(controllers: &[Controller]) -> Result<Self, RuleError> {
        let bodies = controllers.iter().map(Body::new).collect::<Result<_, _>>()?;
        Ok(Self { bodies, others: Bodies::shipped()? })
    }

    /// True for a mail address in a controller's domain.
    pub(crate) fn is_own_address(&self, address: &str) -> bool {
        let domain = contact::domain(address);
        self.bodies.iter().any(|body| body.owns_domain(domain))
    }

    /// The signs of an item, sorted, each once.
    pub(crate) fn of_item(
        &self,
        path: &ItemPath,
        passages: &[Passage],
        mentions: &[Mention],
        forms: &HospitalForms,
    ) -> Vec<ControllerHint> {
        let head = head_of(passages);
        let letterhead = self.letterhead(&head);
        // A folder inside of another's is its own body's.
        let spelled = |body: &Body| {
            let matching = body.paths.iter().filter(|(glob, _)| glob.is_match(path.as_str()));
            matching.map(|(_, spelled)| *spelled).max()
        };
        let spelled: Vec<Option<usize>> = self.bodies.iter().map(spelled).collect();
        let nearest = spelled.iter().copied().max().flatten();
        let addresses: BTreeSet<String> = mentions
            .iter()
            .flat_map(|mention| mention.texts(Element::Email))
            .map(|address| contact::domain(address).to_owned())
            .chain(addresses_in(&head))
            .collect();
        let mut hints = BTreeSet::new();
        for (body, spelled) in self.bodies.iter().zip(spelled) {
            let mut hint = |basis| hints.insert(ControllerHint { controller: body.id.clone(), basis });
            if nearest.is_some() && spelled == nearest {
                hint(HintBasis::Path);
            }
            if letterhead.contains(&body.id) {
                hint(HintBasis::Letterhead);
            }
            if body.ods.as_ref().is_some_and(|ods| ods.is_match(&head)) {
                hint(HintBasis::OdsCode);
            }
            if addresses.iter().any(|domain| body.owns_domain(domain)) {
                hint(HintBasis::Domain);
            }
        }
        hints.extend(by_hospital_numbers(mentions, forms));
        hints.into_iter().collect()
    }
}

impl Signs {
    /// The body at the head of the item that is no controller of the case.
    pub(crate) fn other_body(&self, passages: &[Passage]) -> Option<String> {
        let name = self.others.at_the_head(passages)?;
        let folded = fold_words(&name);
        let own = |listed: &String| listed == folded.trim();
        (!self.bodies.iter().any(|body| body.names.iter().any(own))).then_some(name)
    }

    /// The bodies named in the first line that names any: a letter to another body names that one further down.
    fn letterhead(&self, head: &str) -> BTreeSet<ControllerId> {
        if self.bodies.is_empty() {
            return BTreeSet::new();
        }
        head.lines()
            .map(|line| {
                let folded = fold_words(line);
                let named = self.bodies.iter().flat_map(|body| body.names.iter().map(move |name| (body, name)));
                let named: Vec<_> = named.filter(|(_, name)| holds_words(&folded, name)).collect();
                // A hospital's charity bears the hospital's name and is not the hospital.
                let inside = |name: &String| {
                    named.iter().any(|(_, other)| other.len() > name.len() && holds_words(&format!(" {other} "), name))
                };
                named.iter().filter(|(_, name)| !inside(name)).map(|(body, _)| body.id.clone()).collect::<BTreeSet<_>>()
            })
            .find(|named| !named.is_empty())
            .unwrap_or_default()
    }
}

/// Controllers to whose form alone local numbers in the mentions belong.
fn by_hospital_numbers(mentions: &[Mention], forms: &HospitalForms) -> BTreeSet<ControllerHint> {
    let mut numbers: BTreeMap<&ControllerId, u32> = BTreeMap::new();
    for number in mentions.iter().flat_map(|mention| mention.texts(Element::HospitalNumber)) {
        if let Some(id) = forms.owner(number) {
            *numbers.entry(id).or_default() += 1;
        }
    }
    let all: u32 = numbers.values().sum();
    // A few numbers of another body stand in every body's lists.
    numbers
        .into_iter()
        .filter(|(_, count)| count * 5 >= all)
        .map(|(id, _)| ControllerHint { controller: id.clone(), basis: HintBasis::HospitalNumber })
        .collect()
}

impl Body {
    fn new(controller: &Controller) -> Result<Self, RuleError> {
        let owner = controller.id.as_str();
        let names = std::iter::once(&controller.name)
            .chain(&controller.aliases)
            .map(|name| fold_words(name).trim().to_owned())
            .filter(|name| name.len() >= 3)
            .collect();
        let code = controller.ods_code.trim();
        let ods = match code.len() {
            0..=2 => None,
            // Digits after the code are of its sites: RX1, RX101.
            _ => Some(
                Regex::new(&format!(r"\b{}(?:[0-9A-Z]{{2}})?\b", regex::escape(code)))
                    .map_err(|source| RuleError::Pattern { owner: owner.to_owned(), source: Box::new(source) })?,
            ),
        };
        Ok(Self {
            id: controller.id.clone(),
            paths: controller
                .paths
                .iter()
                .map(|path| Ok((glob(owner, path)?, path.chars().filter(|c| !matches!(c, '*' | '?')).count())))
                .collect::<Result<_, RuleError>>()?,
            names,
            ods,
            domains: controller.domains.iter().map(|d| d.trim().trim_start_matches('@').to_lowercase()).collect(),
        })
    }

    fn owns_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| {
            !own.is_empty()
                && (domain == own || domain.strip_suffix(own.as_str()).is_some_and(|sub| sub.ends_with('.')))
        })
    }
}

/// The first lines of the texts' first part, of headers and footers, and the first rows of the tables, as one text.
fn head_of(passages: &[Passage]) -> String {
    let mut head = String::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut texts = 0;
    for passage in passages {
        match &passage.content {
            Content::Text { text, .. } => {
                let is_margin = passage.part.contains("header") || passage.part.contains("footer");
                if texts >= 3 && !is_margin {
                    continue;
                }
                texts += usize::from(!text.trim().is_empty());
                for line in text.lines().filter(|line| !line.trim().is_empty()).take(HEAD_LINES) {
                    head.push_str(line);
                    head.push('\n');
                }
            }
            Content::Table(table) if !table.continued && seen.insert(&passage.part) => {
                head.push_str(&passage.part);
                head.push('\n');
                for row in table.rows.iter().take(HEAD_LINES) {
                    for cell in row.iter().take(40) {
                        if let Cell::Text(text) = cell {
                            head.extend(text.chars().take(200));
                            head.push('\n');
                        }
                    }
                }
            }
            Content::Table(_) => {}
        }
        if head.len() > 64 * 1024 {
            break;
        }
    }
    head
}

fn addresses_in(text: &str) -> impl Iterator<Item = String> {
    let mut domains = Vec::new();
    let mut rest = text;
    while let Some((_, end, address)) = contact::find_email(rest) {
        domains.push(contact::domain(&address).to_owned());
        rest = rest.get(end..).unwrap_or("");
    }
    // `www.northshore.nhs.uk` in a letterhead says as much.
    let lower = text.to_lowercase();
    for (place, _) in lower.match_indices("www.") {
        let host: String = lower
            .chars()
            .skip(lower.get(..place).map_or(0, |t| t.chars().count()) + 4)
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            .collect();
        domains.push(host.trim_end_matches('.').to_owned());
    }
    domains.into_iter()
}

/// Lower case, apostrophes dropped, all other signs blanks; with blanks at both ends.
pub(super) fn fold_words(text: &str) -> String {
    let mut out = String::from(" ");
    for letter in text.chars() {
        match letter {
            '\'' | '\u{2019}' => {}
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.push(' ');
    out
}

fn holds_words(folded: &str, words: &str) -> bool {
    folded.match_indices(words).any(|(place, _)| {
        let before = folded.get(..place).is_none_or(|t| t.ends_with(' '));
        let after = folded.get(place + words.len()..).is_none_or(|t| t.starts_with(' '));
        before && after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_folders_and_what_lies_in_containers() {
        let matches = |pattern: &str, path: &str| glob("NCH", pattern).unwrap().is_match(path);
        assert!(matches("fs01/**", "fs01/a/b.txt"));
        assert!(matches("fs01/**", "FS01/old.tar.gz!dump/a.txt"));
        assert!(matches("fs01/*.zip", "fs01/a.zip!b/c.txt"));
        assert!(matches("**/finance/**", "srv/x/finance/a.xlsx") && matches("**/finance/**", "finance/a.xlsx"));
        assert!(!matches("fs01/**", "fs012/a.txt") && !matches("fs01/*.zip", "fs01/a/b.zip"));
    }

    fn body(id: &str, name: &str, path: &str) -> Controller {
        Controller {
            id: ControllerId::new(id),
            name: name.to_owned(),
            ods_code: String::new(),
            aliases: Vec::new(),
            domains: Vec::new(),
            paths: vec![path.to_owned()],
            hospital_number: String::new(),
            aware_at: None,
            aware_basis: String::new(),
        }
    }

    #[test]
    fn a_charity_is_a_body_of_its_own() {
        let hospital = body("NCH", "Northshore Hospital", "fs01/**");
        let charity = body("NHC", "Northshore Hospital Charity", "fs01/Charity/**");
        let signs = Signs::new(&[hospital.clone(), charity]).unwrap();
        let text = |head: &str| Passage {
            part: String::new(),
            hidden: false,
            recovery: assay_model::Recovery::Stored,
            content: Content::Text { first_line: 1, text: head.to_owned() },
        };
        let hints = |path: &str, head: &str| {
            let of = signs.of_item(&ItemPath::of_file(path), &[text(head)], &[], &HospitalForms::default());
            of.into_iter().map(|hint| format!("{} {}", hint.basis.as_str(), hint.controller)).collect::<Vec<_>>()
        };
        assert_eq!(hints("fs01/Charity/gifts.docx", ""), ["path NHC"]);
        assert_eq!(hints("fs01/Letters/a.docx", ""), ["path NCH"]);
        assert_eq!(hints("x.docx", "Northshore Hospital Charity\nLantern Road"), ["letterhead NHC"]);
        assert_eq!(hints("x.docx", "NORTHSHORE HOSPITAL\nLantern Road"), ["letterhead NCH"]);
        assert_eq!(hints("x.docx", "Northshore Hospital and Northshore Hospital Charity"), ["letterhead NHC"]);
        // Where the case does not list it, it is told of.
        let alone = Signs::new(&[hospital]).unwrap();
        let named = |head: &str| alone.other_body(&[text(head)]);
        assert_eq!(named("Northshore Hospital Charity\nLantern Road").as_deref(), Some("Northshore Hospital Charity"));
        assert_eq!(named("Northshore Hospital\nDear Friends of the Charity"), None);
        assert_eq!(signs.other_body(&[text("Northshore Hospital Charity")]), None);
    }
}
