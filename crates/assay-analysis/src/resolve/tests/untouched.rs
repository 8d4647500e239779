//! A tranche resolves whom it reaches, and nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use assay_model::{MentionId, RegisterMatch};

use super::text::Scenario;
use crate::resolve::link::symbols::mix;
use crate::resolve::{CaseRules, Grouped, Kept, KnownSubject, Resolution, Ruling, Says, changes};

/// Forty people of their own names, dates and places, two mentions each.
fn crowd() -> String {
    let mut text = String::new();
    for n in 0..40u64 {
        let drawn = |what: u64, end: u64| mix(n ^ what << 32) % end;
        let (year, month, day) = (1930 + drawn(1, 70), 1 + drawn(2, 12), 1 + drawn(3, 28));
        let part = ["bax", "dom", "fen", "gil", "hup", "kir", "lom", "nev"];
        let name = format!("Cleo {}{}", part[n as usize % 8], part[n as usize / 8 + 1]);
        for item in ["a", "b"] {
            let _ = writeln!(text, "c{n}{item} name=\"{name}\" dob={year}-{month:02}-{day:02} item={item}{n}");
        }
    }
    text
}

/// Two letters to one person: a name and a postcode; and a patient of the register, who is told by name.
const NEAR: &str = r#"
    register NCH nhs=9990000018 name="Wilfred Quillon" dob=1931-03-04 pc="ZE1 1AA"
    u1 name="Ada Quillon" pc="AB1 2CD" item=u1
    u2 name="A Quillon" pc="AB1 2CD" item=u2
    w1 name="Wilfred Quillon" item=list.csv row=2 role=patient
"#;

/// Strangers of whom some make that family name common and others that postcode.
fn strangers(count: u64) -> String {
    let mut text = String::new();
    for n in 0..count {
        let drawn = |what: u64, end: u64| mix(n ^ what << 40) % end;
        let given = ["Bram", "Dara", "Edgar", "Fenna", "Gita", "Hugo"][n as usize % 6];
        let of = if n.is_multiple_of(2) { "Quillon\"" } else { "Marlow\" pc=\"AB1 2CD\"" };
        let (year, month, day) = (1930 + drawn(1, 70), 1 + drawn(2, 12), 1 + drawn(3, 28));
        let _ = writeln!(text, "s{n} name=\"{given} {of} dob={year}-{month:02}-{day:02} item=s{n}");
    }
    text
}

fn known(resolution: &Resolution) -> Vec<KnownSubject> {
    let known = |s: &assay_model::DataSubject| KnownSubject {
        id: s.id.clone(),
        mentions: s.mentions.clone(),
        counts: s.counts,
    };
    resolution.subjects.iter().map(known).collect()
}

/// A run after another.
fn after(first: &Resolution, scenario: &Scenario, rulings: &[Ruling]) -> Resolution {
    let (known, fitted) = (known(first), first.fitted.as_ref());
    scenario.resolve_kept(Kept { rulings, known: &known, fitted, grouped: Some(&first.grouped) })
}

/// The labels of each person, sorted, with `*` where a register knows it.
fn people(scenario: &Scenario, resolution: &Resolution) -> BTreeSet<String> {
    let line = |s: &assay_model::DataSubject| {
        let mut labels: Vec<&str> = s.mentions.iter().map(|m| scenario.labels[m].as_str()).collect();
        labels.sort_unstable();
        labels.join(" ") + if s.register_match == RegisterMatch::None { "" } else { "*" }
    };
    resolution.subjects.iter().map(line).collect()
}

fn has(people: &BTreeSet<String>, lines: &[&str]) -> bool {
    lines.iter().all(|line| people.contains(*line))
}

fn label(scenario: &Scenario, label: &str) -> MentionId {
    *scenario.labels.iter().find(|(_, known)| *known == label).expect("a label").0
}

#[test]
fn strangers_change_nobody_however_common_they_make_a_value() {
    let one = Scenario::read(&format!("{}{NEAR}", crowd()));
    let first = one.resolve();
    assert!(has(&people(&one, &first), &["u1 u2", "w1*"]), "{:?}", people(&one, &first));
    let both = Scenario::read(&format!("{}{NEAR}{}", crowd(), strangers(205)));
    // Resolved anew they come apart, and the register's patient is nobody.
    assert!(has(&people(&both, &both.resolve()), &["u1", "u2", "w1"]), "{:?}", people(&both, &both.resolve()));
    let second = after(&first, &both, &[]);
    let now = people(&both, &second);
    assert!(people(&one, &first).iter().all(|person| now.contains(person)), "{now:?}");
    let of = |label: &str| {
        let is_of = |s: &&assay_model::DataSubject| s.mentions.iter().any(|m| both.labels[m] == label);
        second.subjects.iter().find(is_of).unwrap()
    };
    // What holds them is said, with the weights as they are.
    for label in ["u1", "w1"] {
        let links = &of(label).links;
        assert!(
            links.iter().any(|link| link.pieces.iter().any(|piece| piece.comparison == "earlier run")),
            "{links:?}"
        );
    }
    assert_eq!(changes(&second.subjects, &known(&first), &both.mentions).split, []);
    // Nothing new: nothing else, and what is kept is the same.
    let third = after(&second, &both, &[]);
    assert_eq!(third.grouped, second.grouped);
    assert_eq!(people(&both, &third), now);
    assert_eq!(third.estimate, second.estimate);
}

#[test]
fn another_fit_other_rules_or_another_register_resolve_everything() {
    let first = Scenario::read(&format!("{}{NEAR}", crowd())).resolve();
    let both = Scenario::read(&format!("{}{NEAR}{}", crowd(), strangers(205)));
    let grouped = Some(&first.grouped);
    let anew = people(&both, &both.resolve());
    let rules = CaseRules::changed(toml::from_str("[placed]\nstaff = 0.96").unwrap()).unwrap();
    assert_eq!(people(&both, &both.resolve_by(&rules, Kept { grouped, ..Kept::default() })), anew);
    let mut more = Scenario::read(&format!(
        "{}{NEAR}{}register NCH nhs=9990000026 name=\"Erin Absent\" dob=1972-11-12",
        crowd(),
        strangers(205)
    ));
    assert_eq!(people(&more, &more.resolve_kept(Kept { grouped, ..Kept::default() })), anew);
    more.register.pop();
    assert_ne!(people(&more, &more.resolve_kept(Kept { grouped, ..Kept::default() })), anew);
    // 300 mentions are fitted to, and of what was grouped by the rules nothing holds.
    let many: String = strangers(205).replace("item=s", "item=t");
    let many = Scenario::read(&format!("{}{NEAR}{}{many}", crowd(), strangers(205)));
    let fitted = many.resolve_kept(Kept { grouped, ..Kept::default() });
    assert!(fitted.fitted.is_some());
    assert_eq!(people(&many, &fitted), people(&many, &many.resolve()));
}

#[test]
fn a_mention_that_links_two_people_still_makes_them_one() {
    let text = format!(
        "{}{NEAR}a nhs=9990000034 name=\"Erin Testcase\" item=a\nb hn=NCH:1000001 name=\"Erin Testcase\" item=b\n",
        crowd()
    );
    let one = Scenario::read(&text);
    let first = one.resolve();
    assert!(has(&people(&one, &first), &["a", "b"]));
    let link = "n nhs=9990000034 hn=NCH:1000001 name=\"Erin Testcase\" item=n\n";
    let both = Scenario::read(&format!("{text}{link}{}", strangers(205)));
    let second = after(&first, &both, &[]);
    assert!(has(&people(&both, &second), &["a b n", "u1 u2", "w1*"]), "{:?}", people(&both, &second));
    let id_of = |label: &str| {
        let subject = first.subjects.iter().find(|s| s.mentions.iter().any(|m| one.labels[m] == label));
        subject.map(|subject| subject.id.clone()).unwrap()
    };
    let merged = changes(&second.subjects, &known(&first), &both.mentions).merged;
    assert_eq!(merged, [(id_of("b"), id_of("a"))]);
    assert!(second.subjects.iter().any(|s| s.id == id_of("a")) && second.subjects.iter().all(|s| s.id != id_of("b")));
}

#[test]
fn a_ruling_touches_the_people_that_it_names() {
    let text = format!("{}{NEAR}", crowd());
    let first = Scenario::read(&text).resolve();
    let both = Scenario::read(&format!("{text}{}", strangers(205)));
    let second = after(&first, &both, &[]);
    let ids = |labels: &[&str]| labels.iter().map(|l| label(&both, l)).collect::<BTreeSet<_>>();
    let apart = Says::Apart { one: ids(&["c0a"]), other: ids(&["c0b"]), rows: BTreeSet::new() };
    let rulings = [Ruling { number: 1, says: apart }, Ruling { number: 2, says: Says::Together(ids(&["c1a", "c2a"])) }];
    let ruled = after(&second, &both, &rulings);
    let now = people(&both, &ruled);
    assert!(has(&now, &["c0a", "c0b", "c1a c2a", "c1b", "c2b", "u1 u2", "w1*"]), "{now:?}");
    // It stands where nothing new comes, and one that is withdrawn is gone.
    assert_eq!(people(&both, &after(&ruled, &both, &rulings)), now);
    let withdrawn = people(&both, &after(&ruled, &both, &rulings[1..]));
    assert!(has(&withdrawn, &["c0a c0b", "c1a c2a", "u1 u2", "w1*"]), "{withdrawn:?}");
    // A ruling on the two whom nothing but the run before holds has them resolved: by the weights as they are.
    let on_w = [Ruling { number: 3, says: Says::Together(ids(&["w1", "c3a"])) }];
    let now = people(&both, &after(&second, &both, &on_w));
    assert!(has(&now, &["u1 u2", "c3a w1"]), "{now:?}");
}

#[test]
fn a_lost_or_another_mention_touches_its_person() {
    let third = "u3 name=\"A Quillon\" pc=\"AB1 2CD\" item=u3\n";
    let first = Scenario::read(&format!("{}{NEAR}{third}", crowd())).resolve();
    let without = Scenario::read(&format!("{}{NEAR}{}", crowd(), strangers(205)));
    let now = people(&without, &after(&first, &without, &[]));
    assert!(has(&now, &["u1", "u2", "w1*"]), "{now:?}");
    // Read again, an item has the same ids and may say another thing.
    let mut other = Scenario::read(&format!("{}{NEAR}{third}{}", crowd(), strangers(205)));
    let id = label(&other, "u3");
    let names = Scenario::read("x name=\"Ada Unheard\" pc=\"AB1 2CD\" item=u3");
    let mention = other.mentions.iter_mut().find(|mention| mention.id == id).unwrap();
    mention.findings.clone_from(&names.mentions[0].findings);
    let now = people(&other, &after(&first, &other, &[]));
    assert!(has(&now, &["u1", "u2", "u3", "w1*"]), "{now:?}");
}

#[test]
fn a_new_letter_places_the_bare_names_that_it_fits_and_its_signer_anew() {
    let letters = "d1 name=\"Ada Lovell\" dob=1961-03-04 item=letter\nd2 name=\"Mrs Lovell\" item=letter\n\
                   f1 name=\"Hugo Signer\" role=staff item=letter\nf2 name=\"Hugo Signer\" role=staff item=other\n";
    let text = format!("{}{NEAR}{letters}", crowd());
    let first = Scenario::read(&text).resolve();
    let more = "d3 name=\"Gita Lovell\" dob=1990-01-09 item=letter\nf3 name=\"Hugo Signer\" role=staff item=third\n";
    let both = Scenario::read(&format!("{text}{more}{}", strangers(205)));
    let now = people(&both, &after(&first, &both, &[]));
    assert!(has(&now, &["d1", "d2", "d3", "f1 f2 f3", "u1 u2", "w1*"]), "{now:?}");
}

#[test]
fn groups_are_kept_as_text() {
    let letters = "d1 name=\"Ada Lovell\" dob=1961-03-04 item=letter\nd2 name=\"Mrs Lovell\" item=letter\n\
                   e1 name=\"Mary Smith\" pc=\"AB9 9ZZ\" item=e1\ne2 name=\"M Smith\" pc=\"AB9 9ZZ\" item=e2\n";
    let scenario = Scenario::read(&format!("{}{NEAR}{letters}", crowd()));
    let says = Says::Together([label(&scenario, "c1a"), label(&scenario, "c2a")].into());
    let rulings = [Ruling { number: 7, says }];
    let grouped = scenario.resolve_kept(Kept { rulings: &rulings, ..Kept::default() }).grouped;
    let text = grouped.to_text();
    assert_eq!(Grouped::parse(&text).as_ref(), Some(&grouped));
    assert!(text.contains(":d") && text.contains(":r") && text.contains("ruling 7 ") && text.contains(":0."), "{text}");
    assert!(!text.contains("Quillon"));
    assert_eq!(Grouped::parse(&text.replace("group", "gruop")), None);
    assert_eq!(Grouped::parse(""), None);
}

/// People of drawn values: a line a mention.
fn drawn(seed: u64, label: &str, (count, families): (u64, u64)) -> String {
    let mut text = String::new();
    for n in 0..count {
        let draw = |what: u64, end: u64| mix(mix(seed) ^ mix(n << 8 | what)) % end;
        let given = ["Ada", "Bram", "Cleo", "Dara", "Edgar", "Fenna"][draw(1, 6) as usize];
        let part = ["bax", "dom", "fen", "gil", "hup", "kir", "lom", "nev", "pol", "rus"];
        let family = draw(2, families) as usize;
        let family = format!("{}{}{}", part[family % 10], part[family / 10 % 10], part[(family * 7 + 3) % 10]);
        let (year, month, day) = (1930 + draw(3, 70), 1 + draw(4, 12), 1 + draw(5, 28));
        let born = format!(" dob={year}-{month:02}-{day:02}");
        let place = format!(" pc=\"AB{} {}CD\"", 1 + draw(6, 9), draw(7, 10));
        for copy in 0..1 + draw(8, 2) {
            // An initial and a home is little.
            let (born, place, given) = match mix(draw(9, 64) + copy) % 4 {
                0 => (born.as_str(), "", given),
                1 => (born.as_str(), place.as_str(), given),
                _ => ("", place.as_str(), given.get(..1).unwrap_or_default()),
            };
            let _ = writeln!(text, "{label}{n}x{copy} name=\"{given} {family}\"{born}{place} item={label}{n}x{copy}");
        }
    }
    text
}

/// What two mentions of one person have in common, at least: two of given name, family name, date of birth and postcode.
fn share_two(one: &str, other: &str) -> bool {
    let words = |line: &str| -> BTreeSet<String> {
        let (_, said) = line.split_once(' ').unwrap_or_default();
        let said = said.split(" item=").next().unwrap_or_default().replace("name=", "").replace(['"'], "");
        // A postcode has two parts, of which the first says little.
        said.replace("pc=", "").split(' ').filter(|word| !word.starts_with("AB")).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    one.intersection(&other).count() >= 2
}

#[test]
fn whatever_tranche_comes_whom_it_does_not_reach_stays() {
    let (mut stayed, mut would_change) = (0, 0);
    for seed in 0..5 {
        let base = drawn(seed, "a", (50, 20)) + NEAR;
        let one = Scenario::read(&base);
        let first = one.resolve();
        let both = Scenario::read(&format!("{base}{}{}", drawn(seed + 100, "b", (25, 6)), strangers(165)));
        let (second, anew) = (after(&first, &both, &[]), both.resolve());
        let (second, anew) = (people(&both, &second), people(&both, &anew));
        // Everybody whom a new mention could be, by ever more mentions.
        let mut reached: BTreeSet<&str> =
            both.labels.values().map(String::as_str).filter(|label| !one.lines.contains_key(*label)).collect();
        let groups: Vec<Vec<&str>> =
            first.subjects.iter().map(|s| s.mentions.iter().map(|m| one.labels[m].as_str()).collect()).collect();
        let mut before = 0;
        while before < reached.len() {
            before = reached.len();
            let near: Vec<&Vec<&str>> = groups
                .iter()
                .filter(|group| {
                    group.iter().any(|m| reached.iter().any(|r| share_two(&both.lines[*m], &both.lines[*r])))
                })
                .collect();
            reached.extend(near.into_iter().flatten());
        }
        let lines: BTreeMap<&str, String> =
            people(&one, &first).into_iter().map(|line| (groups_first(&groups, &line), line)).collect();
        for group in groups.iter().filter(|group| !reached.contains(group[0])) {
            let line = &lines[groups_first(&groups, &group.join(" "))];
            assert!(second.contains(line), "{line}: {second:?}");
            stayed += 1;
            would_change += usize::from(!anew.contains(line));
        }
    }
    assert!(stayed > 60 && would_change > 0, "{stayed} stayed, of whom {would_change} would have changed");
}

/// The first label of the group that a line is of.
fn groups_first<'a>(groups: &[Vec<&'a str>], line: &str) -> &'a str {
    let labels: BTreeSet<&str> = line.trim_end_matches('*').split(' ').collect();
    groups.iter().find(|group| group.iter().all(|label| labels.contains(label))).map(|group| group[0]).expect("a group")
}
