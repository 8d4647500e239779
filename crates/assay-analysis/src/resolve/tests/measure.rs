//! Measurements, not checks: run by name with `--ignored --nocapture`, the public test sets from the folder in
//! `ASSAY_LINKAGE_DATA`. They print; people read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assay_model::MentionId;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::text::Scenario;
use crate::resolve::linked::{Linked, pieces};
use crate::resolve::record::Reader;
use crate::resolve::{CaseRules, Resolution};

fn read(file: &str) -> Option<String> {
    let folder = std::env::var("ASSAY_LINKAGE_DATA").ok()?;
    #[expect(clippy::disallowed_methods, reason = "a measurement on public test sets, not evidence")]
    std::fs::read_to_string(format!("{folder}/{file}")).ok()
}

/// Pair precision and recall, cluster precision and recall, and the count; `truth` is a mention's person.
fn report(what: &str, scenario: &Scenario, truth: &BTreeMap<String, String>) {
    let resolution = scenario.resolve();
    let person = |id| truth[&scenario.labels[id]].as_str();
    let pairs = |n: u64| n * n.saturating_sub(1) / 2;
    let (mut found, mut right) = (0, 0);
    let mut whole = 0;
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    scenario.labels.values().for_each(|label| *sizes.entry(truth[label].as_str()).or_default() += 1);
    for subject in &resolution.subjects {
        let mut of: BTreeMap<&str, u64> = BTreeMap::new();
        subject.mentions.iter().for_each(|id| *of.entry(person(id)).or_default() += 1);
        found += pairs(subject.mentions.len() as u64);
        right += of.values().map(|n| pairs(*n)).sum::<u64>();
        whole += u64::from(of.len() == 1 && of.iter().all(|(p, n)| sizes[p] == *n));
    }
    let all: u64 = sizes.values().map(|n| pairs(*n)).sum();
    let (people, subjects) = (sizes.len() as f64, resolution.subjects.len() as f64);
    println!(
        "{what}: pair P {:.4} R {:.4}; cluster P {:.4} R {:.4}; {subjects} for {people} people ({:+.1} %); {:?}",
        right as f64 / found.max(1) as f64,
        right as f64 / all.max(1) as f64,
        whole as f64 / subjects,
        whole as f64 / people,
        (subjects / people - 1.0) * 100.0,
        resolution.estimate
    );
    if std::env::var("ASSAY_SHOW_ERRORS").is_ok() {
        splits(scenario, &resolution, truth);
    }
}

/// The first pairs of one person that were left apart, with their evidence.
fn splits(scenario: &Scenario, resolution: &Resolution, truth: &BTreeMap<String, String>) {
    let mut reader = Reader::new(&[]);
    let records: Vec<_> = scenario.mentions.iter().map(|mention| reader.mention(mention)).collect();
    let symbols = reader.symbols;
    let linked = Linked::new(CaseRules::shipped(), (&records, &symbols), (&[], &symbols), None);
    let mut of: BTreeMap<MentionId, usize> = BTreeMap::new();
    for (n, subject) in resolution.subjects.iter().enumerate() {
        subject.mentions.iter().for_each(|id| _ = of.insert(*id, n));
    }
    let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shown = 0;
    for (n, mention) in scenario.mentions.iter().enumerate() {
        let label = &scenario.labels[&mention.id];
        let first = *firsts.entry(truth[label].as_str()).or_insert(n);
        let other = &scenario.mentions[first];
        if of[&mention.id] != of[&other.id] && shown < 12 {
            shown += 1;
            let evidence = linked.compare(first as u32, n as u32);
            let pieces = pieces(&evidence);
            let pieces: Vec<String> =
                pieces.iter().map(|p| format!("{} {} {:.1}", p.comparison, p.level, p.weight)).collect();
            let (clash, total) = (evidence.clash, evidence.total());
            let line = |label: &str| scenario.lines.get(label).cloned().unwrap_or_default();
            println!("{}\n{}", line(&scenario.labels[&other.id]), line(label));
            println!("{} {label} {total:.1} clash {clash}: {}", scenario.labels[&other.id], pieces.join("; "));
        }
    }
}

fn febrl(text: &str, truth: &mut BTreeMap<String, String>, scenario: &mut String) {
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let [id, given, family, number, street, _, suburb, postcode, _, birth, number_of_person] = cells.as_slice()
        else {
            continue;
        };
        let label = id.replace("-org", "o").replace("-dup-", "d");
        let name = match (given.is_empty(), family.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!("given=\"{given}\""),
            _ => format!("name=\"{given} {}\"", family.replace(' ', "-")),
        };
        let _ = write!(
            scenario,
            "{label} nino={number_of_person} {name} pc=\"AU{postcode} 1AA\" addr=\"{number} {street} {suburb}\" item={label}"
        );
        // The test set has dates that are none.
        let date = (birth.len() == 8).then(|| format!("{}-{}-{}", &birth[..4], &birth[4..6], &birth[6..]));
        if let Some(date) = date.filter(|date| date.parse::<jiff::civil::Date>().is_ok()) {
            let _ = write!(scenario, " dob={date}");
        }
        scenario.push('\n');
        truth.insert(label, id.split('-').nth(1).unwrap_or_default().to_owned());
    }
}

#[test]
#[ignore = "a measurement on public test sets"]
fn febrl_pairs() {
    for files in [&["dataset1.csv"][..], &["dataset3.csv"], &["dataset4a.csv", "dataset4b.csv"]] {
        let (mut truth, mut scenario) = (BTreeMap::new(), String::new());
        for text in files.iter().filter_map(|file| read(file)) {
            febrl(&text, &mut truth, &mut scenario);
        }
        report(files[0], &Scenario::read(&scenario), &truth);
    }
}

#[test]
#[ignore = "a measurement on public test sets"]
fn fake_1000_pairs() {
    let Some(text) = read("fake_1000.csv") else { return };
    let (mut truth, mut scenario) = (BTreeMap::new(), String::new());
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, given, family, birth, _, email, person] = cells.as_slice() else { continue };
        let _ = write!(scenario, "m{id} item={id}");
        match (given.is_empty(), family.is_empty()) {
            (true, true) => {}
            (false, true) => _ = write!(scenario, " given=\"{given}\""),
            _ => _ = write!(scenario, " name=\"{given} {family}\""),
        }
        for (key, value) in [("dob", birth), ("email", email)].into_iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(scenario, " {key}={value}");
        }
        scenario.push('\n');
        truth.insert(format!("m{id}"), (*person).to_owned());
    }
    report("fake_1000", &Scenario::read(&scenario), &truth);
}

/// A leak of two bodies with their registers, made from the reference lists: patients on lists and in letters, donors, staff.
struct Made {
    random: Pcg64,
    families: Vec<&'static str>,
    given: Vec<&'static str>,
    text: String,
    truth: BTreeMap<String, String>,
    labels: usize,
}

#[derive(Clone)]
struct Human {
    id: String,
    nhs: String,
    given: String,
    family: String,
    birth: jiff::civil::Date,
    postcode: String,
    address: String,
    mail: String,
    phone: String,
    hospital: String,
}

impl Made {
    fn new() -> Self {
        let list = |text: &'static str, from: u32| -> Vec<&'static str> {
            let counted = |line: &'static str| {
                let mut cells = line.split('\t');
                let name = cells.next()?;
                let count: u32 = cells.take(3).filter_map(|cell| cell.parse::<u32>().ok()).sum();
                (count >= from && name.len() > 2).then_some(name)
            };
            text.lines().skip(1).filter_map(counted).collect()
        };
        Self {
            random: Pcg64::seed_from_u64(7),
            families: list(include_str!("../../../../../rules/reference/surnames_us_census.tsv"), 60_000),
            given: list(include_str!("../../../../../rules/reference/given_names_us.tsv"), 300_000),
            text: String::new(),
            truth: BTreeMap::new(),
            labels: 0,
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.next_u64() % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick(&mut self, families: bool) -> String {
        let end = if families { self.families.len() } else { self.given.len() };
        // Squared, so that some names are common.
        let (x, y) = (self.below(1000), self.below(1000));
        let place = (x * y) as usize * end / 1_000_000;
        let name = if families { self.families[place] } else { self.given[place] };
        name[..1].to_uppercase() + &name[1..]
    }

    fn human(&mut self, n: usize, nhs: &str) -> Human {
        let (given, family) = (self.pick(false), self.pick(true));
        let days = self.below(365 * 18) as i64 + if self.chance(50) { 0 } else { self.below(365 * 60) as i64 };
        let letters = |n: u64| format!("{}{}", (b'A' + (n % 20) as u8) as char, (b'A' + (n / 20 % 20) as u8) as char);
        let (area, unit) = (self.below(30), self.below(400));
        Human {
            id: format!("p{n}"),
            nhs: nhs.to_owned(),
            birth: jiff::civil::date(2024, 1, 1) - jiff::Span::new().days(days),
            postcode: format!("L{area} {}{}", self.below(9) + 1, letters(unit)),
            address: format!("{} {} Street, Testham", self.below(200) + 1, self.families[(unit * 3 % 100) as usize]),
            mail: format!("{given}.{family}{}@example.org", self.below(90)).to_lowercase(),
            phone: format!("+441632{:06}", self.below(1_000_000)),
            hospital: format!("AH{:07}", 1_000_000 + n),
            given,
            family,
        }
    }

    fn slip(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        let at = self.below(letters.len() as u64 - 1) as usize;
        match self.below(3) {
            0 => letters.swap(at, at + 1),
            1 => _ = letters.remove(at),
            _ => letters.insert(at, 'e'),
        }
        letters.into_iter().collect()
    }

    fn mention(&mut self, human: &Human, words: &str) {
        let label = format!("m{}", self.labels);
        self.labels += 1;
        let _ = writeln!(self.text, "{label} {words}");
        self.truth.insert(label, human.id.clone());
    }

    fn birth(&mut self, human: &Human) -> String {
        let date = human.birth;
        match self.below(100) {
            0..2 if date.day() <= 12 => format!("{}-{:02}-{:02}", date.year(), date.day(), date.month()),
            2..4 => format!("{}-{:02}-{:02}", date.year(), date.month(), (date.day() % 28) + 1),
            _ => date.to_string(),
        }
    }

    fn name(&mut self, human: &Human) -> String {
        match self.below(100) {
            0..3 => format!("{} {}", self.slip(&human.given), human.family),
            3..6 => format!("{} {}", human.given, self.slip(&human.family)),
            6..9 => format!("{} {}", &human.given[..1], human.family),
            9..10 => format!("{} {}", human.family, human.given),
            _ => format!("{} {}", human.given, human.family),
        }
    }

    fn patient(&mut self, human: &Human, n: usize) {
        for time in 0..=self.below(5) {
            let (name, birth) = (self.name(human), self.birth(human));
            let place = format!("item=list{}.csv row={n}", self.below(8));
            let words = match self.below(6) {
                0 => format!(
                    "nhs={} name=\"{name}\" dob={birth} pc=\"{}\" role=patient {place}",
                    human.nhs, human.postcode
                ),
                1 => format!("hn=NCH:{} name=\"{name}\" role=patient {place}", human.hospital),
                2 => format!("name=\"{name}\" dob={birth} role=patient {place}"),
                3 => format!(
                    "name=\"{name}\" dob={birth} pc=\"{}\" addr=\"{}\" item=letter{n}-{time} role=patient",
                    human.postcode, human.address
                ),
                4 => format!("nhs={} name=\"{name}\" item=letter{n}-{time} role=patient", human.nhs),
                _ => format!(
                    "name=\"{name}\" pc=\"{}\" phone={} item=form{n}-{time} role=patient",
                    human.postcode, human.phone
                ),
            };
            self.mention(human, &words);
            if words.contains("letter") {
                let short = format!("name=\"Dear {}\"", human.family)
                    .replace("Dear", if n.is_multiple_of(2) { "Ms" } else { "Mr" });
                self.mention(human, &format!("{short} item=letter{n}-{time} role=patient"));
            }
        }
    }
}

fn made(register: usize, patients: usize, donors: usize, staff: usize) -> Made {
    let mut made = Made::new();
    let numbers = super::properties::numbers(register);
    let mut people: Vec<Human> = Vec::new();
    for (n, nhs) in numbers.iter().enumerate() {
        let mut human = made.human(n, nhs);
        // Families: parents and children, a twin now and then, now and then of one name.
        if let Some(before) = people.last().filter(|_| n % 3 == 1).cloned() {
            (human.family, human.postcode) = (before.family, before.postcode);
            (human.address, human.phone) = (before.address, before.phone);
            if made.chance(6) {
                human.birth = before.birth;
            } else if made.chance(3) {
                human.given = before.given;
            }
        }
        let row = format!(
            "nhs={} name=\"{} {}\" dob={} pc=\"{}\" phone={}",
            human.nhs, human.given, human.family, human.birth, human.postcode, human.phone
        );
        let _ = writeln!(made.text, "register NCH {row} hn={}", human.hospital);
        if n % 5 == 0 {
            let _ = writeln!(made.text, "register EHC {row}");
        }
        people.push(human);
    }
    for n in 0..patients {
        let human = people[n * register / patients.max(1)].clone();
        made.patient(&human, n);
    }
    for n in 0..donors {
        let human = Human { id: format!("d{n}"), ..made.human(register + n, "") };
        let name = made.name(&human);
        made.mention(
            &human,
            &format!(
                "name=\"{name}\" addr=\"{}\" pc=\"{}\" item=donors.csv row={n} role=donor",
                human.address, human.postcode
            ),
        );
        if n % 2 == 0 {
            let name = made.name(&human);
            made.mention(
                &human,
                &format!(
                    "name=\"{name}\" email={} pc=\"{}\" item=gifts.csv row={n} role=donor",
                    human.mail, human.postcode
                ),
            );
        }
    }
    for n in 0..staff {
        let human = Human { id: format!("s{n}"), ..made.human(register + donors + n, "") };
        let name = format!("Dr {} {}", human.given, human.family);
        for letter in 0..made.below(6) {
            made.mention(&human, &format!("name=\"{name}\" item=staffletter{n}-{letter} role=staff"));
        }
        made.mention(
            &human,
            &format!("name=\"{} {}\" email={} item=mail{n} role=staff", human.given, human.family, human.mail),
        );
    }
    made
}

#[test]
#[ignore = "a measurement"]
fn a_made_leak() {
    for (register, patients, donors, staff) in [(4_000, 1_200, 300, 60), (30_000, 8_000, 2_000, 300)] {
        let made = made(register, patients, donors, staff);
        report(&format!("made {register}"), &Scenario::read(&made.text), &made.truth);
    }
}

#[test]
#[ignore = "a measurement"]
fn a_large_leak() {
    let made = made(300_000, 28_000, 6_000, 1_000);
    let scenario = Scenario::read(&made.text);
    println!("{} mentions, {} register rows", scenario.mentions.len(), scenario.register.len());
    #[expect(clippy::disallowed_methods, reason = "a measurement of time")]
    let start = std::time::Instant::now();
    let resolution = scenario.resolve();
    println!("{} people in {:?}", resolution.subjects.len(), start.elapsed());
}

#[test]
#[ignore = "a measurement"]
fn hostile_leaks() {
    let time = |what: &str, text: &str| {
        let scenario = Scenario::read(text);
        #[expect(clippy::disallowed_methods, reason = "a measurement of time")]
        let start = std::time::Instant::now();
        let people = scenario.resolve().subjects.len();
        println!("{what}: {} mentions, {people} people in {:?}", scenario.mentions.len(), start.elapsed());
    };
    let lines = |line: &dyn Fn(usize) -> String| (0..20_000).map(|n| line(n) + "\n").collect::<String>();
    time("one person", &lines(&|n| format!("m{n} nhs=9990000018 name=\"Ada Testcase\" dob=1961-03-04 item={n}")));
    time("one date", &lines(&|n| format!("m{n} name=\"Ada T{n}\" dob=1900-01-01 pc=\"AB1 2CD\" item={n}")));
    time("one name", &lines(&|n| format!("m{n} name=\"Ada Testcase\" pc=\"AB{} 2CD\" item={n}", n % 97)));
    time("one list of bare names", &lines(&|n| format!("m{n} name=\"Ada Testcase\" item=1 row={n} role=staff")));
    time("one letter of bare names", &lines(&|n| format!("m{n} name=\"A{n} Testcase\" item=1 role=patient")));
}
