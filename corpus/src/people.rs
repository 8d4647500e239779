//! The people of the town: households with their twins, namesakes and moved names, and who is in whose register.
//!
//! Telephone numbers are from the ranges kept for drama, mail addresses end in `.example`, national insurance numbers begin
//! with pairs of letters that are not known to be given out, bank sort codes begin with `00`. Towns are invented; postcodes are
//! of districts in use, since a reader of postcodes may know which are.

use crate::{NhsRange, bodies::Body, dice::Dice, names::Names, names::Sex};
use jiff::{ToSpan, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody is in the case at large; in a document a person may be something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// May be in registers and under care.
    Resident,
    /// On the payroll of the body.
    Staff(Body),
    /// Signs letters, writes policies; named only.
    Clinician(Body),
    /// A general practitioner who gets copies; named only.
    Practitioner,
    /// Gives to the charity.
    Donor,
    /// Sells to the hospitals.
    Supplier,
}

/// Where a household lives.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// House and street.
    pub(crate) street: String,
    pub(crate) town: &'static str,
    pub(crate) postcode: String,
}

impl Home {
    pub(crate) fn address(&self) -> String {
        format!("{}, {}, {}", self.street, self.town, self.postcode)
    }
}

/// A home with what its people share.
struct Household {
    home: Home,
    former: Option<(Date, Home)>,
    phone: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Its place in [`Town::people`].
    pub(crate) at: usize,
    pub(crate) kind: Kind,
    pub(crate) sex: Sex,
    pub(crate) title: String,
    pub(crate) given: Vec<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) family: String,
    /// The family name before a marriage.
    pub(crate) former_family: Option<String>,
    pub(crate) birth: Date,
    pub(crate) death: Option<Date>,
    pub(crate) nhs: String,
    pub(crate) home: Home,
    /// Where the household lived until it moved, and the day on which it did.
    pub(crate) former_home: Option<(Date, Home)>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    /// The local number of each body that has the person in its register.
    pub(crate) numbers: Vec<(Body, String)>,
    /// Of the same household.
    pub(crate) household: usize,
    /// The place of the general practitioner.
    pub(crate) practitioner: usize,
    /// National insurance number.
    pub(crate) nino: String,
    /// Sort code and account.
    pub(crate) bank: (String, String),
}

impl Person {
    pub(crate) fn first(&self) -> &str {
        self.given.first().map_or("", String::as_str)
    }

    /// `Mr John Smith`.
    pub(crate) fn titled(&self) -> String {
        format!("{} {} {}", self.title, self.first(), self.family)
    }

    pub(crate) fn number_at(&self, body: Body) -> Option<&str> {
        self.numbers.iter().find(|(at, _)| *at == body).map(|(_, number)| number.as_str())
    }

    pub(crate) fn is_child_on(&self, day: Date) -> bool {
        years(self.birth, day) < 18
    }

    /// Where the person lived on a day.
    pub(crate) fn home_on(&self, day: Date) -> &Home {
        match &self.former_home {
            Some((moved, former)) if day < *moved => former,
            _ => &self.home,
        }
    }
}

/// `999 123 4567`.
pub(crate) fn spaced_nhs(nhs: &str) -> String {
    match (nhs.get(..3), nhs.get(3..6), nhs.get(6..)) {
        (Some(a), Some(b), Some(c)) => format!("{a} {b} {c}"),
        _ => nhs.to_owned(),
    }
}

/// Completed years.
pub(crate) fn years(birth: Date, day: Date) -> i16 {
    day.year() - birth.year() - i16::from((day.month(), day.day()) < (birth.month(), birth.day()))
}

pub(crate) struct Town {
    pub(crate) people: Vec<Person>,
    by_kind: BTreeMap<Kind, Vec<usize>>,
    numbers: BTreeSet<String>,
    pub(crate) twins: usize,
    pub(crate) namesakes: usize,
}

impl Town {
    pub(crate) fn of(&self, test: impl Fn(&Person) -> bool) -> Vec<usize> {
        self.people.iter().filter(|person| test(person)).map(|person| person.at).collect()
    }

    /// Everybody of a kind.
    pub(crate) fn all(&self, kind: Kind) -> &[usize] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// A number of ten digits that would pass for an NHS number, and is nobody's here: an order's, an appliance's.
    pub(crate) fn passing_number(&self, start: &str, dice: &mut Dice) -> String {
        loop {
            let nine = format!("{start}{}", dice.digits(9 - start.len()));
            let number = check_digit(&nine).map(|check| format!("{nine}{check}"));
            if let Some(number) = number.filter(|number| !self.numbers.contains(number)) {
                return number;
            }
        }
    }

    pub(crate) fn person(&self, at: usize) -> &Person {
        &self.people[at]
    }

    /// The others of a household.
    pub(crate) fn household(&self, person: &Person) -> impl Iterator<Item = &Person> {
        let (household, at) = (person.household, person.at);
        // A household's people were added one after the other.
        let near = self.people.get(at.saturating_sub(8)..(at + 9).min(self.people.len())).unwrap_or_default();
        near.iter().filter(move |other| other.household == household && other.at != at)
    }
}

const STREETS: [&str; 32] = [
    "Mill Lane",
    "Harbour Road",
    "Station Road",
    "Church Street",
    "Ropewalk",
    "Gannet Close",
    "Albert Terrace",
    "The Crescent",
    "Beacon Hill",
    "Victoria Road",
    "Wrenfold Avenue",
    "Chapel Row",
    "Lighthouse Lane",
    "Orchard Close",
    "Saltmarsh Drive",
    "Priory Street",
    "Fisher Street",
    "Kestrel Way",
    "Kiln Lane",
    "Long Meadow",
    "Quay Street",
    "Park Road",
    "St Anne's Road",
    "Tanners Yard",
    "Elm Grove",
    "King Street",
    "Moss Bank",
    "Heron Court",
    "High Street",
    "Bridge Street",
    "Windmill Rise",
    "Cooper's Row",
];
const TOWNS: [&str; 9] = [
    "Northshore",
    "Eastharbour",
    "Merrow",
    "Saltby Quay",
    "Wrenfold",
    "Little Merrow",
    "Ashmere",
    "Gullsand",
    "Highbeck",
];
/// Districts in use; what follows them is thrown.
const DISTRICTS: [&str; 9] = ["L31", "L37", "L40", "CH44", "CH48", "CH62", "WA6", "WA13", "WA16"];
const PHONE_RANGES: [&str; 13] = [
    "0113 496 0",
    "0114 496 0",
    "0115 496 0",
    "0116 496 0",
    "0117 496 0",
    "0118 496 0",
    "0121 496 0",
    "0131 496 0",
    "0141 496 0",
    "0151 496 0",
    "0161 496 0",
    "0191 498 0",
    "020 7946 0",
];

/// Makes the town.
pub(crate) struct Founder {
    dice: Dice,
    names: Names,
    nhs_range: NhsRange,
    given_out: BTreeSet<String>,
    people: Vec<Person>,
    reference: Date,
    households: usize,
    mobiles: usize,
    twins: usize,
    namesakes: usize,
}

impl Founder {
    /// A town of about `residents` people, and the staff, clinicians, donors and suppliers beside them.
    pub(crate) fn found(seed: u64, residents: usize, nhs_range: NhsRange, reference: Date) -> Town {
        let mut founder = Self {
            dice: Dice::new(seed, "people"),
            names: Names::new(),
            nhs_range,
            given_out: BTreeSet::new(),
            people: Vec::new(),
            reference,
            households: 0,
            mobiles: 0,
            twins: 0,
            namesakes: 0,
        };
        for n in 0..24.max(residents / 120) {
            let body = if n % 5 < 2 { Body::Children } else { Body::Heart };
            founder.single(Kind::Clinician(body), 32, 64);
        }
        for _ in 0..3 {
            founder.single(Kind::Clinician(Body::Community), 35, 60);
        }
        for _ in 0..30 {
            founder.single(Kind::Practitioner, 32, 66);
        }
        for n in 0..residents / 20 {
            founder.single(Kind::Staff(if n % 2 == 0 { Body::Children } else { Body::Heart }), 20, 66);
        }
        for _ in 0..residents / 25 {
            founder.single(Kind::Donor, 25, 88);
        }
        for _ in 0..20.max(residents / 100) {
            founder.single(Kind::Supplier, 22, 64);
        }
        let others = founder.people.len();
        while founder.people.len() < others + residents {
            founder.household();
        }
        for _ in 0..2 + residents / 1000 {
            founder.double(others);
        }
        founder.register();
        let mut by_kind: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for person in &founder.people {
            by_kind.entry(person.kind).or_default().push(person.at);
        }
        let Self { people, given_out: numbers, twins, namesakes, .. } = founder;
        Town { people, by_kind, numbers, twins, namesakes }
    }

    fn single(&mut self, kind: Kind, youngest: i64, oldest: i64) {
        let origin = self.names.origin(&mut self.dice);
        let family = self.names.family(origin, &mut self.dice);
        let home = self.house();
        let birth = self.birth(youngest, oldest);
        let sex = self.sex();
        let at = self.add(kind, origin, sex, &family, birth, &home);
        if matches!(kind, Kind::Clinician(_) | Kind::Practitioner) {
            self.people[at].title = "Dr".to_owned();
        }
    }

    /// One household: alone, a couple, or parents with children, with the cases that records get wrong.
    fn household(&mut self) {
        let origin = self.names.origin(&mut self.dice);
        let family = self.names.family(origin, &mut self.dice);
        let home = self.house();
        let shape = self.dice.below(100);
        if shape < 30 {
            let (birth, sex) = (self.birth(19, 94), self.sex());
            self.add(Kind::Resident, origin, sex, &family, birth, &home);
            return;
        }
        let base = self.dice.between(22, 86);
        let parent_birth = self.birth(base, base + 4);
        let mother_birth = self.birth((base - 3).max(19), base + 2);
        let father = self.add(Kind::Resident, origin, Sex::Male, &family, parent_birth, &home);
        let mother = self.add(Kind::Resident, origin, Sex::Female, &family, mother_birth, &home);
        if self.dice.percent(14) {
            self.people[mother].former_family = Some(self.names.family(origin, &mut self.dice));
        }
        // Children that live at home: theirs may be grown up.
        if shape < 52 || base < 24 {
            return;
        }
        let oldest = (base - 20).min(24);
        let mut child_births: Vec<Date> = (0..self.dice.between(1, 3)).map(|_| self.birth(0, oldest.max(1))).collect();
        if self.dice.percent(7) {
            child_births.push(child_births[0]);
            self.twins += 1;
        }
        for (n, birth) in child_births.into_iter().enumerate() {
            let sex = self.sex();
            let child = self.add(Kind::Resident, origin, sex, &family, birth, &home);
            if n == 0 && sex == Sex::Male && self.dice.percent(9) {
                let given = self.people[father].given.clone();
                self.people[child].given = given;
                self.people[child].nickname = None;
                self.people[child].email = None;
                self.namesakes += 1;
            }
        }
    }

    /// A stranger of the same name, born on the same day, in another house.
    fn double(&mut self, from: usize) {
        let at = from + self.dice.below(self.people.len() - from);
        let (sex, family, birth) = (self.people[at].sex, self.people[at].family.clone(), self.people[at].birth);
        let house = self.house();
        let double = self.add(Kind::Resident, 0, sex, &family, birth, &house);
        self.people[double].given = self.people[at].given.iter().take(1).cloned().collect();
        self.people[double].nickname = None;
        self.people[double].email = None;
    }

    fn sex(&mut self) -> Sex {
        if self.dice.percent(52) { Sex::Female } else { Sex::Male }
    }

    fn birth(&mut self, youngest: i64, oldest: i64) -> Date {
        let days = self.dice.between(youngest * 365 + youngest / 4 + 2, oldest * 365 + oldest / 4 + 360);
        self.reference.saturating_sub(days.days())
    }

    /// A new household: where it lives, perhaps where it lived before, perhaps a telephone.
    fn house(&mut self) -> Household {
        self.households += 1;
        let home = self.home();
        let former = self.dice.percent(12).then(|| {
            let moved = self.reference.saturating_sub(self.dice.between(200, 2200).days());
            (moved, self.home())
        });
        // Each household's number is its own: a number that many share would join people who have nothing in common.
        let (range, line) = (self.households / 990, 10 + self.households % 990);
        let phone = PHONE_RANGES.get(range).filter(|_| self.dice.percent(70)).map(|range| format!("{range}{line:03}"));
        Household { home, former, phone }
    }

    fn home(&mut self) -> Home {
        let (number, street) = (self.dice.between(1, 180), self.dice.pick(&STREETS));
        let street = match self.dice.below(20) {
            0 => format!("Flat {}, {number} {street}", self.dice.between(1, 24)),
            1 => format!("{number}A {street}"),
            _ => format!("{number} {street}"),
        };
        let town = self.dice.below(TOWNS.len());
        let letters = b"ABDEFGHJLNPQRSTUWXYZ";
        let (one, two) = (self.dice.pick(letters) as char, self.dice.pick(letters) as char);
        let postcode = format!("{} {}{one}{two}", DISTRICTS[town], self.dice.below(10));
        Home { street, town: TOWNS[town], postcode }
    }

    fn add(&mut self, kind: Kind, origin: usize, sex: Sex, family: &str, birth: Date, house: &Household) -> usize {
        let at = self.people.len();
        let dice = &mut self.dice;
        // Two of one household have one name only where a son bears his father's.
        let mut first = self.names.given(origin, sex, dice);
        let taken = |first: &String| {
            let household = self.people.iter().rev().take_while(|other| other.household == self.households);
            household.into_iter().any(|other| other.first() == first)
        };
        for _ in 0..20 {
            if taken(&first) {
                first = self.names.given(origin, sex, dice);
            }
        }
        let mut given = vec![first];
        if dice.percent(45) {
            given.push(self.names.given(origin, sex, dice));
        }
        let nickname = if dice.percent(12) { self.names.nickname(&given[0], dice) } else { None };
        let adult = years(birth, self.reference) >= 18;
        let title = match (sex, adult) {
            (Sex::Male, true) => dice.weighted(&[("Mr", 96), ("Dr", 2), ("Rev", 1), ("Prof", 1)]),
            (Sex::Female, true) => dice.weighted(&[("Mrs", 55), ("Ms", 24), ("Miss", 18), ("Dr", 3)]),
            (Sex::Male, false) => "Master",
            (Sex::Female, false) => "Miss",
        };
        let death = (years(birth, self.reference) > 60 && dice.percent(6))
            .then(|| self.reference.saturating_sub(dice.between(20, 1500).days()));
        let mut phone = house.phone.clone();
        // The range kept for drama has a thousand mobile numbers.
        if adult && dice.percent(30) && self.mobiles < 1000 {
            phone = Some(format!("07700 900{:03}", self.mobiles));
            self.mobiles += 1;
        }
        let plain: String = family.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let first: String = given[0].to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let host = dice.pick(&["homepost.example", "quaymail.example", "inbox.example"]);
        let email = (adult && dice.percent(45)).then(|| format!("{first}.{plain}{at}@{host}"));
        let nino_letters = dice.pick(&["ZX", "ZY", "XY"]);
        let nino = format!("{nino_letters}{}{}", dice.digits(6), dice.pick(&['A', 'B', 'C', 'D']));
        let bank = (format!("00-{}-{}", dice.between(10, 99), dice.between(10, 99)), dice.digits(8));
        let nhs = self.nhs_number();
        self.people.push(Person {
            at,
            kind,
            sex,
            title: title.to_owned(),
            given,
            nickname,
            family: family.to_owned(),
            former_family: None,
            birth,
            death,
            nhs,
            home: house.home.clone(),
            former_home: house.former.clone(),
            phone,
            email,
            numbers: Vec::new(),
            household: self.households,
            practitioner: 0,
            nino,
            bank,
        });
        at
    }

    /// A number that passes the check and was not given out yet.
    fn nhs_number(&mut self) -> String {
        loop {
            let nine = match self.nhs_range {
                NhsRange::TestRange => format!("999{}", self.dice.digits(6)),
                NhsRange::Realistic => format!("{}{}", self.dice.pick(&[4, 6, 7]), self.dice.digits(8)),
            };
            if let Some(check) = check_digit(&nine) {
                let number = format!("{nine}{check}");
                if self.given_out.insert(number.clone()) {
                    return number;
                }
            }
        }
    }

    /// Who is in whose register, by age; and everybody's general practitioner.
    fn register(&mut self) {
        let practitioners: Vec<usize> =
            self.people.iter().filter(|person| person.kind == Kind::Practitioner).map(|person| person.at).collect();
        let mut given_out = BTreeSet::new();
        for at in 0..self.people.len() {
            self.people[at].practitioner = self.dice.pick(&practitioners);
            // Staff and donors are under care at times, as anybody is.
            let chances = match (self.people[at].kind, years(self.people[at].birth, self.reference)) {
                (Kind::Resident, ..18) => [86, 3, 34],
                (Kind::Resident, 18..27) => [45, 22, 38],
                (Kind::Resident, _) => [2, 68, 46],
                (Kind::Staff(_), _) => [1, 12, 10],
                _ => [0, 0, 0],
            };
            for (body, chance) in Body::ALL.into_iter().zip(chances) {
                if self.dice.percent(chance) {
                    let number = loop {
                        let number = local_number(body, &mut self.dice);
                        if given_out.insert(number.clone()) {
                            break number;
                        }
                    };
                    self.people[at].numbers.push((body, number));
                }
            }
        }
    }
}

pub(crate) fn local_number(body: Body, dice: &mut Dice) -> String {
    match body {
        Body::Children => format!("NC{}", dice.digits(7)),
        Body::Heart => format!("EH{:02}-{}", dice.between(4, 24), dice.digits(5)),
        Body::Community => format!("V{}{}", dice.digits(6), dice.pick(b"ABCDEFGHJKLMNPQRSTUVWXYZ") as char),
    }
}

/// The tenth digit of an NHS number (NHS Data Dictionary: weights 10 to 2, modulus 11); none where there is none.
pub(crate) fn check_digit(nine: &str) -> Option<u32> {
    let sum: u32 = nine.bytes().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        check => Some(check),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn town(range: NhsRange) -> Town {
        Founder::found(7, 1500, range, jiff::civil::date(2024, 11, 28))
    }

    #[test]
    fn the_published_number_passes_the_check() {
        assert_eq!(check_digit("943476591"), Some(9));
        assert_eq!(check_digit("999123456"), None);
    }

    #[test]
    fn numbers_are_valid_unique_and_of_the_range_asked_for() {
        for range in [NhsRange::TestRange, NhsRange::Realistic] {
            let town = town(range);
            let numbers: BTreeSet<&str> = town.people.iter().map(|p| p.nhs.as_str()).collect();
            assert_eq!(numbers.len(), town.people.len());
            for number in numbers {
                assert_eq!(check_digit(&number[..9]).unwrap().to_string(), number[9..]);
                assert_eq!(number.starts_with("999"), range == NhsRange::TestRange);
                assert!(range == NhsRange::TestRange || number.starts_with(['4', '6', '7']));
            }
        }
    }

    #[test]
    fn twins_namesakes_and_moved_names_are_there() {
        let town = town(NhsRange::TestRange);
        assert!(town.twins > 3 && town.namesakes > 3, "{} {}", town.twins, town.namesakes);
        let twin = |a: &Person, b: &Person| a.household == b.household && a.birth == b.birth && a.family == b.family;
        let pairs = town.people.iter().filter(|a| town.household(a).any(|b| twin(a, b))).count();
        assert!(pairs >= 2 * town.twins);
        assert!(town.people.iter().any(|p| p.former_family.is_some()));
    }

    #[test]
    fn people_are_in_several_registers_and_children_mostly_in_the_childrens() {
        let town = town(NhsRange::TestRange);
        let count = |test: &dyn Fn(&Person) -> bool| town.people.iter().filter(|p| test(p)).count();
        assert!(count(&|p| p.numbers.len() > 1) > 200);
        let reference = jiff::civil::date(2024, 11, 28);
        let of_children = count(&|p| p.number_at(Body::Children).is_some());
        let children = count(&|p| p.number_at(Body::Children).is_some() && p.is_child_on(reference));
        assert!(children * 2 > of_children, "{children} of {of_children}");
    }

    #[test]
    fn addresses_to_write_to_and_numbers_to_call_belong_to_nobody() {
        for person in &town(NhsRange::TestRange).people {
            assert!(person.email.as_ref().is_none_or(|mail| mail.ends_with(".example")));
            let drama = |phone: &String| {
                phone.contains("496 0")
                    || phone.contains("498 0")
                    || phone.contains("7946 0")
                    || phone.starts_with("07700 900")
            };
            assert!(person.phone.as_ref().is_none_or(drama));
        }
    }
}
