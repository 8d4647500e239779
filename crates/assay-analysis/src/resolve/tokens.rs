//! Registers as keyed tokens: a trust lends what identifies its patients without handing over who they are.
//!
//! A token is HMAC-SHA256 (RFC 2104, FIPS 180-4) of a normalised value under a key of 256 bits, with field and controller in
//! the message, cut to 128 bits. Only what is next to unique is made a token: an NHS number, a local number, a name with a date of
//! birth. No name, date, postcode or line stands alone, since equal tokens of common values would be told by how often they come.
//! A field that a row lacks is filled by a token of the row's own that matches nothing, and rows are sorted by token: neither gaps
//! nor order tell anything.
//!
//! **What this protects.** Who has the file and not the key learns how many rows there are and which rows share a value (two
//! rows of one person); no dictionary helps without the key. **What it does not.** Who has both can test any guess, and NHS numbers are few
//! enough to try all: the key goes to whoever reads the leak, by another way than the file, and to nobody else.
//! Values that differ by a slip, short forms and changed names do not match: equality is all that tokens can tell.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use assay_model::{
    Controller, ControllerId, ExhibitId, ItemPath, Locator, Place, RegisterPerson, Sensitive, hex, of_hex,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::record::{Reader, Record, Symbols};

/// The scheme; the first column's title. Another normalisation is another scheme.
pub const SCHEME: &str = "assay.register-tokens/1";

/// A key of 256 bits, as 64 hexadecimal digits.
#[derive(Clone)]
pub struct TokenKey(Sensitive<[u8; 32]>);

/// A token: 128 bits.
type Token = [u8; 16];

/// What is made a token, by column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Nhs,
    Hospital,
    NameBirth,
    InitialBirthPostcode,
    GivenBirthPostcode,
    NamePostcode,
    GivenEmail,
    GivenPhone,
}

impl Field {
    const ALL: [Self; 8] = [
        Self::Nhs,
        Self::Hospital,
        Self::NameBirth,
        Self::InitialBirthPostcode,
        Self::GivenBirthPostcode,
        Self::NamePostcode,
        Self::GivenEmail,
        Self::GivenPhone,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Nhs => "nhs_number",
            Self::Hospital => "hospital_number",
            Self::NameBirth => "name_birth",
            Self::InitialBirthPostcode => "initial_family_birth_postcode",
            Self::GivenBirthPostcode => "given_birth_postcode",
            Self::NamePostcode => "name_postcode",
            Self::GivenEmail => "given_email",
            Self::GivenPhone => "given_phone",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Nhs | Self::Hospital)
    }
}

impl TokenKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Sensitive::new(bytes))
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        of_hex(text.trim()).map(Self::new)
    }

    fn token(&self, controller: &ControllerId, field: &str, value: &str) -> Token {
        let mut token = Token::default();
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.reveal()) else { return token };
        for part in [SCHEME, controller.as_str(), field, value] {
            // Lengths keep `ab` `c` and `a` `bc` apart.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        token.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        token
    }

    /// What a file made with this key for a body says in its first column.
    fn check(&self, controller: &ControllerId) -> Token {
        self.token(controller, "check", "")
    }
}

/// The normalised values of a record, by field.
fn values(record: &Record, texts: &Symbols, own: Option<u16>) -> Vec<(Field, String)> {
    let mut values = Vec::new();
    values.extend(record.nhs.map(|number| (Field::Nhs, format!("{number:010}"))));
    // A local number counts where it has the body's form, or no body's.
    let local = record.hospital.iter().filter(|(body, _)| body.is_none() || *body == own);
    values.extend(local.map(|(_, number)| (Field::Hospital, texts.text(*number).to_owned())));
    for name in &record.names {
        let given = name.given.first().map(|given| texts.text(*given)).filter(|given| given.chars().count() > 1);
        let initial = name.given.first().and_then(|given| texts.text(*given).chars().next());
        let family = name.family.map(|family| texts.text(family));
        for birth in &record.births {
            if let (Some(given), Some(family)) = (given, family) {
                values.push((Field::NameBirth, format!("{family}|{given}|{birth}")));
            }
            for postcode in &record.postcodes {
                let postcode = texts.text(*postcode);
                if let (Some(initial), Some(family)) = (initial, family) {
                    values.push((Field::InitialBirthPostcode, format!("{family}|{initial}|{birth}|{postcode}")));
                }
                values.extend(given.map(|given| (Field::GivenBirthPostcode, format!("{given}|{birth}|{postcode}"))));
            }
        }
        let Some(given) = given else { continue };
        for postcode in &record.postcodes {
            values.extend(family.map(|f| (Field::NamePostcode, format!("{f}|{given}|{}", texts.text(*postcode)))));
        }
        values.extend(record.emails.iter().map(|mail| (Field::GivenEmail, format!("{given}|{}", texts.text(*mail)))));
        values.extend(record.phones.iter().map(|phone| (Field::GivenPhone, format!("{given}|{}", texts.text(*phone)))));
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// The rows of a register as a file of tokens: CSV, sorted. Of several values of a field the first is taken.
pub fn tokenise(people: &[RegisterPerson], controller: &Controller, key: &TokenKey) -> String {
    let bodies = std::slice::from_ref(controller);
    let check = hex(&key.check(&controller.id));
    let mut rows: Vec<String> = people
        .iter()
        .enumerate()
        .map(|(number, person)| {
            let mut reader = Reader::new(bodies);
            let record = reader.register(person);
            let values = values(&record, &reader.symbols, Some(0));
            let mut row = String::new();
            for field in Field::ALL {
                let value = values.iter().find(|(of, _)| *of == field);
                let token = match value {
                    Some((_, value)) => key.token(&controller.id, field.word(), value),
                    // No value has this label, so nothing matches.
                    None => key.token(&controller.id, "none", &format!("{number} {}", field.word())),
                };
                row.push(',');
                row.push_str(&hex(&token));
            }
            row
        })
        .collect();
    rows.sort_unstable();
    let titles: Vec<&str> = Field::ALL.iter().map(|field| field.word()).collect();
    let mut out = format!("{SCHEME},{}\n", titles.join(","));
    for row in rows {
        let _ = writeln!(out, "{check}{row}");
    }
    out
}

/// Why a file of tokens was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    /// It is of another form.
    #[error("line {line}: expected a file that `assay register tokenise` wrote ({SCHEME})")]
    Form {
        /// The line, from 1.
        line: usize,
    },
    /// It was made with another key, or for another controller.
    #[error("was made with another key, or for another controller than {controller}")]
    Key {
        /// The controller of the case file.
        controller: ControllerId,
    },
}

/// A register of tokens, to be asked.
pub struct TokenRegister {
    /// Its exhibit.
    pub exhibit: ExhibitId,
    /// Its controller.
    pub controller: ControllerId,
    key: TokenKey,
    rows: u64,
    path: ItemPath,
    of_token: HashMap<Token, Vec<u32>>,
}

/// The row of a register of tokens that a mention fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fits {
    /// The row, from 0.
    pub(super) row: u32,
    /// A number agrees, and something beside it.
    pub(super) exact: bool,
}

impl TokenRegister {
    /// Reads a file of tokens.
    ///
    /// # Errors
    /// A file of another form, or made with another key.
    pub fn parse(
        text: &str,
        exhibit: &ExhibitId,
        path: &ItemPath,
        controller: &ControllerId,
        key: TokenKey,
    ) -> Result<Self, TokenError> {
        let mut lines = text.lines();
        let titles: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        let expected = std::iter::once(SCHEME).chain(Field::ALL.iter().map(|field| field.word()));
        if !titles.iter().copied().eq(expected) {
            return Err(TokenError::Form { line: 1 });
        }
        let check = key.check(controller);
        let mut of_token: HashMap<Token, Vec<u32>> = HashMap::new();
        let mut rows = 0u32;
        for (number, line) in (2..).zip(lines) {
            let form = TokenError::Form { line: number };
            let tokens: Option<Vec<Token>> = line.split(',').map(of_hex).collect();
            let tokens = tokens.filter(|tokens| tokens.len() == Field::ALL.len() + 1).ok_or(form)?;
            if tokens.first() != Some(&check) {
                return Err(TokenError::Key { controller: controller.clone() });
            }
            for token in tokens.into_iter().skip(1) {
                let of = of_token.entry(token).or_default();
                if of.last() != Some(&rows) {
                    of.push(rows);
                }
            }
            rows += 1;
        }
        let (exhibit, controller, path) = (exhibit.clone(), controller.clone(), path.clone());
        Ok(Self { exhibit, controller, key, rows: u64::from(rows), path, of_token })
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The row at a place.
    pub(super) fn row_at(&self, at: &Locator) -> Option<u32> {
        match at.place {
            Place::Row { row, .. } => row.checked_sub(2).filter(|row| u64::from(*row) < self.rows),
            _ => None,
        }
    }

    /// A row as a person of whom nothing is known but where it stands.
    pub(super) fn person(&self, row: u32) -> RegisterPerson {
        let place = Place::Row { sheet: String::new(), row: row + 2 };
        let locator = Locator { exhibit: self.exhibit.clone(), path: self.path.clone(), place };
        RegisterPerson::of_row(self.controller.clone(), locator)
    }

    /// The one row that a record fits best: a number with something beside it before a number alone, a number before names and
    /// dates, more fields before fewer. Nothing where two fit alike.
    pub(super) fn find(&self, record: &Record, texts: &Symbols, own: Option<u16>) -> Option<Fits> {
        let mut fits: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for (field, value) in values(record, texts, own) {
            let token = self.key.token(&self.controller, field.word(), &value);
            for row in self.of_token.get(&token).into_iter().flatten() {
                let (numbers, others) = fits.entry(*row).or_default();
                *(if field.is_number() { numbers } else { others }) += 1;
            }
        }
        let rank = |(numbers, others): (usize, usize)| (numbers.min(1) * others.min(1), numbers, others);
        let mut ranked: Vec<(u32, (usize, usize))> = fits.into_iter().collect();
        ranked.sort_by_key(|(row, fit)| (std::cmp::Reverse(rank(*fit)), *row));
        let (row, fit) = ranked.first().copied()?;
        let tied = ranked.get(1).is_some_and(|(_, next)| rank(*next) == rank(fit));
        (!tied).then_some(Fits { row, exact: fit.0 > 0 && fit.1 > 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::PersonName;

    fn body() -> Controller {
        Controller {
            id: ControllerId::new("NCH"),
            name: String::new(),
            ods_code: String::new(),
            aliases: Vec::new(),
            domains: Vec::new(),
            paths: Vec::new(),
            hospital_number: String::new(),
            aware_at: None,
            aware_basis: String::new(),
        }
    }

    fn person(nhs: Option<&str>, given: &str, birth: jiff::civil::Date) -> RegisterPerson {
        let place = Place::Row { sheet: String::new(), row: 2 };
        RegisterPerson {
            controller: ControllerId::new("NCH"),
            locator: Locator { exhibit: ExhibitId::new("REG/1"), path: ItemPath::of_file("r.csv"), place },
            nhs_number: nhs.map(|nhs| Sensitive::new(nhs.to_owned())),
            name: Some(Sensitive::new(PersonName {
                title: String::new(),
                given: vec![given.to_owned()],
                family: "Testcase".to_owned(),
            })),
            date_of_birth: Some(birth),
            date_of_death: None,
            postcode: None,
            hospital_number: None,
            emails: Vec::new(),
            phones: Vec::new(),
        }
    }

    fn file(key: u8) -> String {
        let birth = jiff::civil::date(1961, 3, 4);
        let people = [person(Some("9990000018"), "Ada", birth), person(None, "Bob", birth), person(None, "Cyd", birth)];
        tokenise(&people, &body(), &TokenKey::new([key; 32]))
    }

    fn read(text: &str, key: u8) -> Result<TokenRegister, TokenError> {
        let (exhibit, path) = (ExhibitId::new("REG/1"), ItemPath::of_file("r.csv"));
        TokenRegister::parse(text, &exhibit, &path, &ControllerId::new("NCH"), TokenKey::new([key; 32]))
    }

    #[test]
    fn equal_values_fit_and_nothing_of_a_person_stands_in_the_file() {
        let text = file(7);
        let register = read(&text, 7).unwrap();
        assert_eq!(register.rows(), 3);
        for shown in ["Ada", "Testcase", "testcase", "9990000018", "1961-03"] {
            assert!(!text.contains(shown), "{shown}");
        }
        let find = |leaked: &RegisterPerson| {
            let bodies = [body()];
            let mut reader = Reader::new(&bodies);
            let record = reader.register(leaked);
            register.find(&record, &reader.symbols, Some(0)).map(|fits| fits.exact)
        };
        let birth = jiff::civil::date(1961, 3, 4);
        assert_eq!(find(&person(Some("9990000018"), "Ada", birth)), Some(true));
        assert_eq!(find(&person(Some("9990000018"), "Eve", birth)), Some(false));
        assert_eq!(find(&person(None, "Bob", birth)), Some(false));
        assert_eq!(find(&person(None, "Bobb", birth)), None);
    }

    #[test]
    fn gaps_are_filled_and_rows_are_in_no_order_of_the_register() {
        let text = file(7);
        let cells: Vec<&str> = text.lines().skip(1).flat_map(|line| line.split(',').skip(1)).collect();
        assert!(cells.iter().all(|cell| cell.len() == 32));
        assert_eq!(cells.iter().collect::<std::collections::BTreeSet<_>>().len(), cells.len());
        assert!(text.lines().skip(1).is_sorted());
        assert_ne!(text, file(8));
    }

    #[test]
    fn another_key_and_another_form_are_refused() {
        assert_eq!(read(&file(7), 8).err(), Some(TokenError::Key { controller: ControllerId::new("NCH") }));
        assert_eq!(read("a,b\n", 7).err(), Some(TokenError::Form { line: 1 }));
        let cut: String = file(7).chars().take(300).collect();
        assert_eq!(read(&cut, 7).err(), Some(TokenError::Form { line: 2 }));
        assert!(TokenKey::parse("00").is_none());
        assert!(TokenKey::parse(&"0a".repeat(32)).is_some());
    }
}
