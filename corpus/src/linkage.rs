//! A table of mentions of people with its truth, and a register: for measuring resolution at any size.
//!
//! Households share a family name, an address and often a line; there are twins, fathers and sons of one name, people who moved or
//! married, short forms, slips, swapped days and months, missing fields, and values that stand for nothing (a number typed where
//! none is known, the first of January 1900, the hospital's own postcode). Mentions come from six sources, each with error and
//! missing rates of its own. The rates are judgements near published ones (HES against PDS, PMC5297137); nothing is fitted to what
//! the project's resolution can do. People, numbers and addresses are nobody's; numbers from the test range run out at 800,000
//! people, beyond which any that pass the check are drawn: such tables must not leave the machine that made them.

use crate::CorpusError;
use crate::dice::Dice;
use crate::names::{Names, Sex, capitals};
use crate::people::check_digit;
use std::io::Write;
use std::path::Path;

/// How large a table is, and what it is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct LinkageParameters {
    /// All chance comes from it.
    pub seed: u64,
    /// Mentions, about.
    pub mentions: u32,
    /// People of the register who are in no mention, in a hundred of those who are.
    pub strangers: u32,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkageSummary {
    /// Rows of `mentions.csv`.
    pub mentions: u64,
    /// People in them.
    pub people: u64,
    /// Rows of `register.csv`.
    pub register: u64,
}

/// Rates of a source, in a thousand.
struct Source {
    name: &'static str,
    weight: usize,
    /// Missing: NHS number, hospital number, date of birth, postcode, address, e-mail, phone.
    missing: [usize; 7],
    /// A slip in a name, in a date, in a number; day and month swapped; short form; given name as an initial.
    slips: [usize; 6],
    /// A value that stands for nothing.
    placeholder: usize,
    /// The old address of one who moved.
    stale: usize,
}

const SOURCES: [Source; 6] = [
    Source {
        name: "pas",
        weight: 34,
        missing: [60, 20, 4, 30, 60, 700, 300],
        slips: [8, 3, 2, 2, 15, 2],
        placeholder: 6,
        stale: 250,
    },
    Source {
        name: "letters",
        weight: 22,
        missing: [250, 300, 80, 150, 180, 950, 900],
        slips: [25, 12, 12, 8, 40, 80],
        placeholder: 2,
        stale: 200,
    },
    Source {
        name: "pathology",
        weight: 18,
        missing: [150, 60, 10, 400, 850, 990, 980],
        slips: [20, 8, 6, 6, 30, 20],
        placeholder: 12,
        stale: 350,
    },
    Source {
        name: "billing",
        weight: 10,
        missing: [850, 250, 350, 60, 40, 350, 250],
        slips: [20, 10, 10, 10, 60, 120],
        placeholder: 8,
        stale: 300,
    },
    Source {
        name: "mailing",
        weight: 8,
        missing: [990, 950, 700, 350, 350, 30, 500],
        slips: [30, 10, 5, 5, 150, 40],
        placeholder: 10,
        stale: 300,
    },
    Source {
        name: "legacy",
        weight: 8,
        missing: [350, 100, 20, 120, 120, 950, 500],
        slips: [30, 20, 10, 40, 40, 30],
        placeholder: 30,
        stale: 700,
    },
];

#[derive(Clone)]
struct Home {
    line: String,
    town: &'static str,
    postcode: String,
    phone: String,
}

#[derive(Clone)]
struct Person {
    sex: Sex,
    given: String,
    middle: Option<String>,
    family: String,
    former_family: Option<String>,
    birth: (i64, i64, i64),
    nhs: Option<String>,
    hospital: String,
    home: u32,
    former_home: Option<u32>,
    mobile: Option<String>,
    email: Option<String>,
    short: Option<String>,
}

const STREETS: [&str; 24] = [
    "Harrow",
    "Mill",
    "Church",
    "Station",
    "Victoria",
    "Albert",
    "Park",
    "Queens",
    "Kings",
    "Grange",
    "Manor",
    "Springfield",
    "Highfield",
    "Chester",
    "Windsor",
    "York",
    "Alexandra",
    "Oxford",
    "Linden",
    "Orchard",
    "Meadow",
    "Hawthorn",
    "Beech",
    "Cedar",
];
const KINDS: [&str; 8] = ["Road", "Street", "Lane", "Avenue", "Close", "Drive", "Grove", "Terrace"];
const TOWNS: [(&str, &str); 16] = [
    ("Northby", "NB"),
    ("Testham", "TH"),
    ("Eastholme", "EH"),
    ("Westerfold", "WF"),
    ("Marlow End", "ME"),
    ("Kirkdale Moor", "KM"),
    ("Sandford Quay", "SQ"),
    ("Overton Vale", "OV"),
    ("Bramley Cross", "BX"),
    ("Harlow Fen", "HF"),
    ("Stonebridge", "SB"),
    ("Ashcombe", "AC"),
    ("Fernhill", "FH"),
    ("Longmere", "LM"),
    ("Thornbury Mount", "TM"),
    ("Whitecliff", "WC"),
];

struct Town {
    dice: Dice,
    names: Names,
    surnames: Vec<(&'static str, usize)>,
    homes: Vec<Home>,
    people: Vec<Person>,
    numbers: u64,
}

/// Writes `mentions.csv` (with the column `truth`) and `register.csv` into a folder.
///
/// # Errors
/// A file cannot be written.
pub fn write_linkage(folder: &Path, parameters: &LinkageParameters) -> Result<LinkageSummary, CorpusError> {
    let wanted = (parameters.mentions / 4).max(3);
    let mut town = Town::new(parameters.seed);
    while town.people.len() < wanted as usize * (100 + parameters.strangers as usize) / 100 {
        town.household();
    }
    let known = wanted.min(town.people.len() as u32);
    let mut summary = LinkageSummary { people: u64::from(known), ..LinkageSummary::default() };
    let file = |name: &str| {
        let path = folder.join(name);
        std::fs::File::create(&path)
            .map(|file| std::io::BufWriter::with_capacity(1 << 20, file))
            .map_err(|source| CorpusError::File { path, source })
    };
    // Who is in the leak: any of the town, in no order.
    let mut order: Vec<usize> = (0..town.people.len()).collect();
    town.dice.shuffle(&mut order);
    let (leaked, strangers) = order.split_at(known as usize);

    let mut register = file("register.csv")?;
    writeln!(register, "id,given,middle,family,birth,nhs,hospital,postcode,address,email,phone,sex")?;
    for at in leaked.iter().chain(strangers) {
        // One in eight of the leak's people is another body's patient.
        if town.dice.below(8) == 0 {
            continue;
        }
        let person = town.people[*at].clone();
        let home = town.homes[person.home as usize].clone();
        let (year, month, day) = person.birth;
        let sex = if person.sex == Sex::Female { "F" } else { "M" };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        summary.register += 1;
        writeln!(
            register,
            "R{:08},{},{},{},{year:04}-{month:02}-{day:02},{},{},{},\"{}, {}\",{},{},{sex}",
            summary.register,
            person.given,
            text(&person.middle),
            person.family,
            text(&person.nhs),
            person.hospital,
            home.postcode,
            home.line,
            home.town,
            text(&person.email),
            person.mobile.clone().unwrap_or(home.phone),
        )?;
    }
    register.flush()?;

    // Mentions a person: one for many, forty for a few; four on average.
    let mut rows: Vec<u32> = Vec::new();
    for at in leaked {
        let count = 1 + match town.dice.below(100) {
            0..=24 => 0,
            25..=57 => town.dice.below(3),
            58..=89 => 2 + town.dice.below(5),
            90..=97 => 6 + town.dice.below(8),
            _ => 14 + town.dice.below(26),
        };
        rows.extend(std::iter::repeat_n(*at as u32, count));
    }
    town.dice.shuffle(&mut rows);
    rows.truncate(parameters.mentions.max(known) as usize * 2);
    let mut mentions = file("mentions.csv")?;
    writeln!(mentions, "id,source,given,middle,family,birth,nhs,hospital,postcode,address,email,phone,sex,truth")?;
    for (number, at) in rows.iter().enumerate() {
        let row = town.mention(*at as usize);
        summary.mentions += 1;
        writeln!(mentions, "M{number:08},{row},{at}")?;
    }
    mentions.flush()?;
    let mut seen = rows;
    seen.sort_unstable();
    seen.dedup();
    summary.people = seen.len() as u64;
    Ok(summary)
}

impl Town {
    fn new(seed: u64) -> Self {
        let counts = include_str!("../../rules/reference/surnames_us_census.tsv");
        let mut sum = 0;
        let surnames = counts.lines().skip(1).filter_map(|line| {
            let mut fields = line.split('\t');
            let (name, count) = (fields.next()?, fields.next()?.parse::<usize>().ok()?);
            sum += count;
            Some((name, sum))
        });
        let surnames = surnames.collect();
        Self {
            dice: Dice::new(seed, "linkage"),
            names: Names::new(),
            surnames,
            homes: Vec::new(),
            people: Vec::new(),
            numbers: 0,
        }
    }

    fn family(&mut self, origin: usize) -> String {
        if self.dice.percent(35) {
            return self.names.family(origin, &mut self.dice);
        }
        let thrown = self.dice.below(self.surnames.last().map_or(1, |(_, sum)| *sum));
        let at = self.surnames.partition_point(|(_, sum)| *sum <= thrown);
        self.surnames.get(at).map_or_else(String::new, |(name, _)| capitals(name))
    }

    fn home(&mut self) -> u32 {
        let dice = &mut self.dice;
        let (town, area) = dice.pick(&TOWNS);
        let street = dice.pick(&STREETS);
        let kind = dice.pick(&KINDS);
        let letter = |dice: &mut Dice| char::from(dice.pick(b"ABDEFGHJLNPQRSTUWXYZ"));
        let (district, sector) = (1 + dice.below(28), dice.below(10));
        let postcode = format!("{area}{district} {sector}{}{}", letter(dice), letter(dice));
        let home = Home {
            line: format!("{} {street} {kind}", 1 + dice.below(180)),
            town,
            postcode,
            phone: format!("01632{}", dice.digits(6)),
        };
        self.homes.push(home);
        (self.homes.len() - 1) as u32
    }

    fn nhs(&mut self) -> String {
        loop {
            let nine = if self.numbers < 800_000 {
                // In steps that share no factor with a million, so that neighbours are no people of one household.
                format!("999{:06}", self.numbers * 377_777 % 1_000_000)
            } else {
                format!("{}", 400_000_000 + (self.numbers * 73_856_093) % 299_999_993)
            };
            self.numbers += 1;
            if let Some(check) = check_digit(&nine) {
                return format!("{nine}{check}");
            }
        }
    }

    fn person(&mut self, origin: usize, sex: Sex, family: &str, birth: (i64, i64, i64), home: u32) -> Person {
        let given = self.names.given(origin, sex, &mut self.dice);
        let middle = self.dice.percent(65).then(|| self.names.given(origin, sex, &mut self.dice));
        let short = self.names.nickname(&given, &mut self.dice);
        let nhs = self.dice.percent(97).then(|| self.nhs());
        let dice = &mut self.dice;
        let adult = birth.0 < 2007;
        let mobile = (adult && dice.percent(70)).then(|| format!("07700{}", dice.digits(6)));
        let clean = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        let email = (adult && dice.percent(75)).then(|| {
            let number = if dice.percent(60) { dice.digits(2) } else { String::new() };
            let host = dice.pick(&["example.org", "example.com", "mail.example", "post.example"]);
            format!("{}.{}{number}@{host}", clean(&given), clean(family))
        });
        let former_home = None;
        Person {
            sex,
            given,
            middle,
            family: family.to_owned(),
            former_family: None,
            birth,
            nhs,
            hospital: format!("AH{}", dice.digits(7)),
            home,
            former_home,
            mobile,
            email,
            short,
        }
    }

    fn birth(&mut self, from: i64, to: i64) -> (i64, i64, i64) {
        (self.dice.between(from, to), self.dice.between(1, 12), self.dice.between(1, 28))
    }

    /// A household: one or two adults, children, at times twins, at times a son who has his father's name.
    fn household(&mut self) {
        let origin = self.names.origin(&mut self.dice);
        let family = self.family(origin);
        let home = self.home();
        let former = if self.dice.percent(22) { Some(self.home()) } else { None };
        let mut members = Vec::new();
        let year = self.dice.between(1935, 2000);
        let sex = if self.dice.percent(52) { Sex::Female } else { Sex::Male };
        let birth = self.birth(year - 3, year + 3);
        members.push(self.person(origin, sex, &family, birth, home));
        if self.dice.percent(55) {
            let other = if sex == Sex::Female { Sex::Male } else { Sex::Female };
            let birth = self.birth(year - 6, year + 6);
            let own = if self.dice.percent(15) { self.family(origin) } else { family.clone() };
            let mut partner = self.person(origin, other, &own, birth, home);
            if other == Sex::Female && own == family && self.dice.percent(60) {
                partner.former_family = Some(self.family(origin));
            }
            members.push(partner);
        }
        let children = if year > 1955 && self.dice.percent(55) { 1 + self.dice.below(3) } else { 0 };
        for child in 0..children {
            let sex = if self.dice.percent(49) { Sex::Female } else { Sex::Male };
            let birth = self.birth((year + 20).min(2020), (year + 38).min(2024));
            let mut person = self.person(origin, sex, &family, birth, home);
            if child == 0 && self.dice.percent(4) && members[0].sex == Sex::Male {
                person.given = members[0].given.clone();
                person.sex = Sex::Male;
            }
            members.push(person);
            if self.dice.below(1000) < 16 {
                let sex = if self.dice.percent(50) { sex } else { Sex::Male };
                let twin = self.person(origin, sex, &family, birth, home);
                members.push(twin);
            }
        }
        for mut member in members {
            member.former_home = former;
            self.people.push(member);
        }
    }

    fn mention(&mut self, at: usize) -> String {
        let person = self.people[at].clone();
        let weights: Vec<(usize, usize)> = SOURCES.iter().enumerate().map(|(n, source)| (n, source.weight)).collect();
        let source = &SOURCES[self.dice.weighted(&weights)];
        let dice = &mut self.dice;
        let often = |dice: &mut Dice, rate: usize| dice.below(1000) < rate;
        let [no_nhs, no_hospital, no_birth, no_postcode, no_address, no_email, no_phone] = source.missing;
        let [name_slip, date_slip, number_slip, swap, short, initial] = source.slips;

        let mut given = match &person.short {
            Some(form) if often(dice, short) => form.clone(),
            _ => person.given.clone(),
        };
        let mut family = match &person.former_family {
            Some(former) if often(dice, source.stale / 3) => former.clone(),
            _ => person.family.clone(),
        };
        if often(dice, name_slip) {
            family = slip(&family, dice);
        }
        if often(dice, name_slip) {
            given = slip(&given, dice);
        }
        if often(dice, initial) {
            given = given.chars().take(1).collect();
        }
        let mut middle = person.middle.clone().filter(|_| dice.percent(45)).unwrap_or_default();
        if dice.percent(40) {
            middle = middle.chars().take(1).collect();
        }
        if often(dice, 4) {
            std::mem::swap(&mut given, &mut family);
        }
        let (mut year, mut month, mut day) = person.birth;
        if often(dice, date_slip) {
            match dice.below(3) {
                0 => year += dice.pick(&[-10, -1, 1, 10]),
                1 => month = 1 + (month + dice.between(0, 10)) % 12,
                _ => day = 1 + (day + dice.between(0, 26)) % 28,
            }
        } else if often(dice, swap) && day <= 12 {
            std::mem::swap(&mut month, &mut day);
        }
        let mut birth = format!("{year:04}-{month:02}-{day:02}");
        if often(dice, source.placeholder) {
            birth = "1900-01-01".to_owned();
        }
        let home = match person.former_home {
            Some(former) if often(dice, source.stale) => &self.homes[former as usize],
            _ => &self.homes[person.home as usize],
        };
        let mut nhs = person.nhs.clone().unwrap_or_default();
        if often(dice, number_slip) && !nhs.is_empty() {
            nhs = digit_slip(&nhs, dice);
        }
        if often(dice, source.placeholder) {
            nhs = dice.pick(&["0000000000", "9999999999", "9990000018", "1111111111"]).to_owned();
        }
        let mut hospital = person.hospital.clone();
        if often(dice, number_slip) {
            hospital = digit_slip(&hospital, dice);
        }
        let mut postcode = home.postcode.clone();
        if often(dice, name_slip) {
            postcode = slip(&postcode, dice);
        }
        if often(dice, source.placeholder) {
            postcode = "NB1 1AA".to_owned();
        }
        let mut phone = person.mobile.clone().filter(|_| dice.percent(65)).unwrap_or_else(|| home.phone.clone());
        if often(dice, source.placeholder) {
            phone = "01632960000".to_owned();
        }
        let mut email = person.email.clone().unwrap_or_default();
        if often(dice, name_slip) && !email.is_empty() {
            email = slip(&email, dice).to_lowercase();
        }
        if often(dice, source.placeholder) {
            email = "noemail@example.org".to_owned();
        }
        let address = match dice.below(5) {
            0 => home.line.clone(),
            _ => format!("{}, {}", home.line, home.town),
        };
        let sex = match (often(dice, 300), person.sex) {
            (true, _) => "",
            (_, Sex::Female) => "F",
            _ => "M",
        };
        let mut keep = |rate: usize, text: String| if often(&mut self.dice, rate) { String::new() } else { text };
        let (nhs, hospital, birth) = (keep(no_nhs, nhs), keep(no_hospital, hospital), keep(no_birth, birth));
        let (postcode, address) = (keep(no_postcode, postcode), keep(no_address, address));
        let (email, phone) = (keep(no_email, email), keep(no_phone, phone));
        format!(
            "{},{given},{middle},{family},{birth},{nhs},{hospital},{postcode},\"{address}\",{email},{phone},{sex}",
            source.name
        )
    }
}

/// A letter more, less, another, or two exchanged.
fn slip(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 1);
    let letter = char::from(dice.pick(b"aeiourstnl"));
    match dice.below(4) {
        0 => letters.insert(at, letter),
        1 => _ = letters.remove(at),
        2 => letters[at] = letter,
        _ => letters.swap(at - 1, at),
    }
    letters.into_iter().collect()
}

/// Another digit, or two exchanged.
fn digit_slip(text: &str, dice: &mut Dice) -> String {
    let mut signs: Vec<char> = text.chars().collect();
    let last = signs.len() - 1;
    let at = 2 + dice.below(last - 2);
    if dice.percent(60) {
        signs[at] = char::from(b'0' + dice.below(10) as u8);
    } else {
        signs.swap(at, at + 1);
    }
    signs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parameters_give_the_same_tables() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let parameters = LinkageParameters { seed: 3, mentions: 2000, strangers: 10 };
        let summary = write_linkage(one.path(), &parameters).unwrap();
        assert_eq!(summary, write_linkage(other.path(), &parameters).unwrap());
        for file in ["mentions.csv", "register.csv"] {
            assert_eq!(std::fs::read(one.path().join(file)).unwrap(), std::fs::read(other.path().join(file)).unwrap());
        }
        assert!((1600..2600).contains(&summary.mentions) && summary.people == 500, "{summary:?}");
        assert!(summary.register > 400);
    }
}
