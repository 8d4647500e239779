//! Which true mention an exported one is, by the rules that the parent module states.

use super::table;
use crate::CorpusError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A record of the truth.
#[derive(Clone, Debug, Default)]
pub(super) struct TrueMention {
    pub(super) document: String,
    sheet: String,
    first: u32,
    last: u32,
    pub(super) person: String,
    pub(super) role: String,
    nhs: String,
    pub(super) family: String,
    given: String,
    birth: String,
    pub(super) counts: bool,
}

/// A record of an export.
#[derive(Clone, Debug, Default)]
pub(super) struct Exported {
    pub(super) subject: String,
    pub(super) document: String,
    pub(super) sheet: String,
    pub(super) row: Option<u32>,
    pub(super) role: String,
    nhs: String,
    pub(super) family: String,
    given: String,
    birth: String,
    /// Holds a name and nothing else.
    pub(super) bare_name: bool,
    /// Element and value.
    pub(super) values: Vec<(&'static str, String)>,
    /// How sure the program is of each element, 0 to 1.
    pub(super) confidence: BTreeMap<String, f64>,
}

impl TrueMention {
    /// True for a row of a table.
    pub(super) fn is_row(&self) -> bool {
        self.first > 0
    }
}

pub(super) fn true_mentions(path: &Path) -> Result<Vec<TrueMention>, CorpusError> {
    let columns = [
        "document",
        "sheet",
        "first",
        "last",
        "person",
        "role",
        "nhs_number",
        "family_name",
        "given_names",
        "date_of_birth",
        "counts",
    ];
    let rows = table(path, &columns)?.into_iter().filter_map(|row| <[String; 11]>::try_from(row).ok());
    let mention = |[document, sheet, first, last, person, role, nhs, family, given, birth, counts]: [String; 11]| {
        let number = |text: &str| text.parse().unwrap_or(0);
        let (first, last) = (number(&first), number(&last));
        TrueMention {
            document,
            sheet,
            first,
            last,
            person,
            role,
            nhs,
            family: folded(&family),
            given: folded(&given),
            birth,
            counts: counts == "true",
        }
    };
    Ok(rows.map(mention).collect())
}

pub(super) fn exported(path: &Path, copies: &BTreeMap<String, String>) -> Result<Vec<Exported>, CorpusError> {
    let columns = [
        "exhibit",
        "subject_id",
        "path",
        "sheet",
        "row",
        "role",
        "nhs_number",
        "family_name",
        "given_names",
        "date_of_birth",
        "elements",
        "postcode",
        "email",
        "phone",
        "hospital_numbers",
        "national_insurance_number",
        "bank_account",
        "confidence",
    ];
    const ELEMENTS: [&str; 6] =
        ["postcode", "email", "phone", "hospital number", "national insurance number", "bank account"];
    let rows = table(path, &columns)?.into_iter().filter_map(|row| <[String; 18]>::try_from(row).ok());
    let mention = |row: [String; 18]| {
        let [exhibit, subject, path, sheet, row, role, nhs, family, given, birth, elements, others @ ..] = row;
        let mut values: Vec<(&str, String)> = ELEMENTS
            .iter()
            .zip(&others)
            .flat_map(|(element, cell)| cell.split(';').map(|value| (*element, value.to_owned())))
            .collect();
        let confidence = others.last().map_or("", String::as_str);
        let confidence = elements.split(';').zip(confidence.split(';'));
        let confidence = confidence.filter_map(|(element, text)| Some((element.to_owned(), text.parse().ok()?)));
        let confidence = confidence.collect();
        values.extend([("nhs number", nhs.clone()), ("date of birth", birth.clone())]);
        values.retain(|(_, value)| !value.is_empty());
        // The truth is of the leak: what was found in registers or logs is not asked.
        exhibit.starts_with("LEAK/").then(|| Exported {
            values,
            confidence,
            subject,
            document: copies.get(&path).cloned().unwrap_or(path),
            sheet,
            row: row.parse().ok(),
            role,
            nhs,
            family: folded(&family),
            given: folded(&given),
            birth,
            bare_name: elements == "name",
        })
    };
    Ok(rows.filter_map(mention).collect())
}

/// For each exported mention the place of the true one, if any.
pub(super) fn join(truth: &[TrueMention], exported: &[Exported]) -> Vec<Option<usize>> {
    let mut by_document: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_row: BTreeMap<(&str, &str, u32), Vec<usize>> = BTreeMap::new();
    for (at, mention) in truth.iter().enumerate() {
        by_document.entry(&mention.document).or_default().push(at);
        for row in mention.first..=mention.last.min(mention.first.saturating_add(64)) {
            if row > 0 {
                by_row.entry((&mention.document, &mention.sheet, row)).or_default().push(at);
            }
        }
    }
    let nobody = Vec::new();
    // A letter's reference table has rows to a program that reads documents; to the truth it is a text.
    let tables: BTreeSet<&str> =
        truth.iter().filter(|mention| mention.first > 0).map(|m| m.document.as_str()).collect();
    let one = |mention: &Exported| match mention.row.filter(|_| tables.contains(mention.document.as_str())) {
        Some(row) => {
            let candidates = by_row.get(&(&mention.document, &mention.sheet, row)).unwrap_or(&nobody);
            match candidates.as_slice() {
                [only] => Some(*only),
                several => best(mention, several, truth),
            }
        }
        None => {
            let candidates = by_document.get(mention.document.as_str()).unwrap_or(&nobody);
            if mention.nhs.is_empty()
                && mention.family.is_empty()
                && mention.birth.is_empty()
                && mention.given.is_empty()
            {
                let mut counting = candidates.iter().filter(|at| truth[**at].counts);
                return counting.next().filter(|_| counting.next().is_none()).copied();
            }
            best(mention, candidates, truth)
        }
    };
    exported.iter().map(one).collect()
}

fn best(mention: &Exported, candidates: &[usize], truth: &[TrueMention]) -> Option<usize> {
    let ranked = candidates.iter().filter_map(|at| {
        let candidate = truth.get(*at)?;
        let agreement = agreement(mention, candidate);
        let rank = (agreement, candidate.role == mention.role, candidate.counts, std::cmp::Reverse(*at));
        (agreement > 0).then_some((rank, *at))
    });
    ranked.max().map(|(_, at)| at)
}

fn agreement(mention: &Exported, candidate: &TrueMention) -> i32 {
    let both = |a: &str, b: &str| !a.is_empty() && !b.is_empty();
    let mut sum = 0;
    if both(&mention.nhs, &candidate.nhs) {
        sum += if mention.nhs == candidate.nhs { 8 } else { -6 };
    }
    if both(&mention.birth, &candidate.birth) {
        sum += if mention.birth == candidate.birth { 4 } else { -2 };
    }
    if both(&mention.family, &candidate.family) {
        // Where a name without a hyphen is parted, `Mary Hill Bray` does not say.
        let same_words =
            format!("{}{}", mention.given, mention.family) == format!("{}{}", candidate.given, candidate.family);
        let equal = mention.family == candidate.family || same_words;
        sum += match (equal, one_letter_off(&mention.family, &candidate.family)) {
            (true, _) => 3,
            (_, true) => 2,
            _ => -2,
        };
    }
    if both(&mention.given, &candidate.given) {
        let first = |name: &str| name.chars().next();
        let initial = mention.given.chars().count() == 1 && first(&mention.given) == first(&candidate.given);
        sum += i32::from(mention.given.starts_with(&candidate.given) || initial);
    }
    sum
}

/// Lower case without accents, blanks, hyphens and apostrophes. Accents beyond Latin are left.
fn folded(name: &str) -> String {
    const PLAIN: [(&str, char); 19] = [
        ("áàâäãåąă", 'a'),
        ("çćč", 'c'),
        ("ďđ", 'd'),
        ("éèêëęěė", 'e'),
        ("ğ", 'g'),
        ("íìîïıį", 'i'),
        ("łľ", 'l'),
        ("ñńňṇ", 'n'),
        ("óòôöõøőọ", 'o'),
        ("řŕ", 'r'),
        ("śšşșṣ", 's'),
        ("ťţț", 't'),
        ("úùûüůűų", 'u'),
        ("ýÿ", 'y'),
        ("źżž", 'z'),
        ("ẹ", 'e'),
        ("ụ", 'u'),
        ("ị", 'i'),
        ("ẁ", 'w'),
    ];
    name.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| PLAIN.iter().find(|(accented, _)| accented.contains(c)).map_or(c, |(_, plain)| *plain))
        .collect()
}

/// True where one insertion, loss, change or swap of neighbours makes the one the other.
fn one_letter_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count().min(rest);
    match (&a[start..a.len() - end], &b[start..b.len() - end]) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a1, a2], [b1, b2]) => a1 == b2 && a2 == b1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_and_slips_are_one_letter() {
        assert_eq!(folded("O'Brién-Łukasz "), "obrienlukasz");
        for (a, b, expected) in [
            ("henderson", "hendeson", true),
            ("henderson", "hendersson", true),
            ("henderson", "hendersen", true),
            ("henderson", "hednerson", true),
            ("henderson", "anderson", false),
            ("smith", "smith", false),
            ("aa", "a", true),
        ] {
            assert_eq!(one_letter_off(a, b), expected, "{a} {b}");
        }
    }
}
