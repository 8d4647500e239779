//! What the columns of a table of people hold, where nobody says it: told by their headers, checked against their values.
//!
//! A header that says a thing plainly is believed; one that says it among other words (`postcode_fake`) only where the values look
//! like it, and never where it speaks of somebody else (`gp_postcode`). Of a whole name and its parts the fuller is taken: a
//! middle name that only one of them has tells people apart. What remains unknown is not compared.

use super::compare::passes_check;
use super::read::{Column, birth};

/// Words of a header that say whose the value is, and that it is not the person's.
const OTHERS: [&str; 30] = [
    "gp",
    "practice",
    "surgery",
    "practitioner",
    "clinician",
    "consultant",
    "doctor",
    "kin",
    "nok",
    "contact",
    "mother",
    "mothers",
    "father",
    "fathers",
    "parent",
    "guardian",
    "partner",
    "spouse",
    "carer",
    "employer",
    "work",
    "school",
    "user",
    "file",
    "company",
    "organisation",
    "organization",
    "hospital",
    "ward",
    "clinic",
];

/// Words that a header must have, and what it then says; the first that fits counts.
const MEANINGS: [(&[&str], Column); 40] = [
    (&["first", "surname"], Column::Name),
    (&["full", "name"], Column::Name),
    (&["patient", "name"], Column::Name),
    (&["nhs"], Column::Nhs),
    (&["mrn"], Column::Hospital),
    (&["local", "patient"], Column::Hospital),
    (&["nino"], Column::National),
    (&["national", "insurance"], Column::National),
    (&["passport"], Column::National),
    (&["ssn"], Column::National),
    (&["birth", "place"], Column::Attribute),
    (&["birthplace"], Column::Attribute),
    (&["dob"], Column::Birth),
    (&["birth", "date"], Column::Birth),
    (&["birthdate"], Column::Birth),
    (&["born"], Column::Birth),
    (&["middle"], Column::Middle),
    (&["first", "name"], Column::Given),
    (&["given"], Column::Given),
    (&["forename"], Column::Given),
    (&["forenames"], Column::Given),
    (&["christian", "name"], Column::Given),
    (&["last", "name"], Column::Family),
    (&["family", "name"], Column::Family),
    (&["surname"], Column::Family),
    (&["postcode"], Column::Postcode),
    (&["post", "code"], Column::Postcode),
    (&["postal", "code"], Column::Postcode),
    (&["zip"], Column::Postcode),
    (&["email"], Column::Email),
    (&["mail"], Column::Email),
    (&["phone"], Column::Phone),
    (&["telephone"], Column::Phone),
    (&["mobile"], Column::Phone),
    (&["tel"], Column::Phone),
    (&["address"], Column::Address),
    (&["street"], Column::Address),
    (&["iban"], Column::Account),
    (&["sex"], Column::Sex),
    (&["gender"], Column::Sex),
];

/// Words of a header in small letters: parts between signs, and between a small and a capital letter.
fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for letter in header.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True where a value looks like what the column is said to hold.
fn fits(column: Column, value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match column {
        Column::Birth => birth(&value.to_lowercase()).is_some(),
        Column::Postcode => (3..=10).contains(&value.len()) && digits > 0,
        Column::Email => value.contains('@'),
        Column::Phone => digits >= 6,
        Column::Nhs => digits == 10,
        Column::Sex => value.len() <= 7 && value.starts_with(['m', 'M', 'f', 'F', 'w', 'W', '1', '2']),
        _ => true,
    }
}

/// The share of the filled cells of a column that a test holds for; none without a filled cell.
fn share(sample: &[Vec<String>], place: usize, test: impl Fn(&str) -> bool) -> Option<f64> {
    let filled =
        || sample.iter().filter_map(|row| row.get(place)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let count = filled().count();
    (count > 0).then(|| filled().filter(|cell| test(cell)).count() as f64 / count as f64)
}

impl Column {
    /// What the columns hold, from their headers and some rows.
    pub fn infer(headers: &[String], sample: &[Vec<String>]) -> Vec<Self> {
        let mut columns: Vec<Self> = headers
            .iter()
            .enumerate()
            .map(|(place, header)| match Self::guess(header) {
                Self::Ignored => by_words(header, sample, place),
                plain => plain,
            })
            .collect();
        choose_names(&mut columns, sample);
        columns
    }
}

fn by_words(header: &str, sample: &[Vec<String>], place: usize) -> Column {
    let words = words(header);
    let has = |word: &&str| words.iter().any(|own| own == word);
    if OTHERS.iter().any(&has) {
        return Column::Ignored;
    }
    let said = MEANINGS.iter().find(|(all, _)| all.iter().all(&has)).map(|(_, column)| *column);
    if let Some(said) = said {
        let looks = share(sample, place, |cell| fits(said, cell)).unwrap_or(1.0) >= 0.6;
        return if looks { said } else { Column::Ignored };
    }
    // These two look like nothing else.
    let is_mailbox =
        |cell: &str| cell.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let is_number = |cell: &str| {
        let digits: Vec<u8> = cell.bytes().filter(u8::is_ascii_digit).collect();
        cell.bytes().all(|b| b.is_ascii_digit() || b == b' ' || b == b'-') && passes_check(&digits)
    };
    match () {
        () if share(sample, place, is_mailbox).is_some_and(|share| share >= 0.9) => Column::Email,
        () if share(sample, place, is_number).is_some_and(|share| share >= 0.9) => Column::Nhs,
        () => Column::Ignored,
    }
}

/// Leaves one whole name, or the parts: what has more words over the sample.
fn choose_names(columns: &mut [Column], sample: &[Vec<String>]) {
    let words = |place: usize| -> usize {
        sample.iter().filter_map(|row| row.get(place)).map(|cell| cell.split_whitespace().count()).sum()
    };
    let places = |columns: &[Column], wanted: &[Column]| -> Vec<usize> {
        (0..columns.len()).filter(|at| columns.get(*at).is_some_and(|column| wanted.contains(column))).collect()
    };
    let whole = places(columns, &[Column::Name]);
    let Some(fullest) = whole.iter().copied().max_by_key(|at| (words(*at), usize::MAX - at)) else { return };
    let parts = places(columns, &[Column::Given, Column::Middle, Column::Family]);
    let in_parts: usize = parts.iter().map(|at| words(*at)).sum();
    let has_both = [Column::Given, Column::Family].iter().all(|part| columns.contains(part));
    let drop_whole = has_both && in_parts > words(fullest);
    for at in whole.into_iter().chain(parts) {
        let is_part = columns.get(at).is_some_and(|column| *column != Column::Name);
        let keep = if drop_whole { is_part } else { at == fullest };
        if let Some(column) = columns.get_mut(at).filter(|_| !keep) {
            *column = Column::Ignored;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(table: &str) -> Vec<Column> {
        let mut rows =
            table.trim().lines().map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
        let headers = rows.next().unwrap();
        Column::infer(&headers, &rows.collect::<Vec<_>>())
    }

    #[test]
    fn the_fuller_name_is_taken_and_a_qualified_header_is_checked() {
        use Column::*;
        let table = "
            unique_id | full_name         | first_name | surname  | dob        | postcode_fake | GP postcode | thing
            1         | ada mary testcase | ada        | testcase | 1961-03-04 | ab1 2cd       | zz1 1zz     | ada@example.org
            2         | bob sample        | bob        | sample   |            | ab1 2ce       | zz1 1zz     | bob@example.org";
        assert_eq!(inferred(table), [Id, Name, Ignored, Ignored, Birth, Postcode, Ignored, Email]);
        let table = "
            name         | given | middle | lastName
            Ada Testcase | Ada   | Mary   | Testcase";
        assert_eq!(inferred(table), [Ignored, Given, Middle, Family]);
        // A header's word that the values belie.
        assert_eq!(inferred("postcode lottery result|x\nwon by far|1"), [Ignored, Ignored]);
    }
}
