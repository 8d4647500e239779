//! Posts in, assertions out; and the linter of the rule file.

use assay_model::{ControllerId, ExhibitId};
use insta::assert_snapshot;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn controllers() -> Vec<Controller> {
    vec![Controller {
        id: ControllerId::new("NCH"),
        name: "Northshore Children's NHS Foundation Trust".into(),
        ods_code: "RX1".into(),
        aliases: vec!["Northshore Childrens".into()],
        domains: vec!["northshorechildrens.nhs.uk".into()],
        paths: Vec::new(),
        hospital_number: String::new(),
        aware_at: None,
        aware_basis: String::new(),
    }]
}

fn post(title: &str, description: &str, data_size: &str) -> Claim {
    Claim {
        exhibit: ExhibitId::new("CLAIM/1"),
        group: "incransom".into(),
        title: title.into(),
        description: description.into(),
        website: String::new(),
        published: "2024-11-28T09:00:00Z".parse().ok(),
        data_size: data_size.into(),
    }
}

/// The assertions beyond the four that every claim has, one a line: kind, what is tested, sentence.
fn check(description: &str) -> String {
    render(&post("Northshore Childrens NHS Trust", description, ""))
}

fn render(claim: &Claim) -> String {
    let all = assertions(std::slice::from_ref(claim), &controllers());
    let kinds: Vec<_> = all.iter().take(4).map(|a| a.kind.as_str()).collect();
    assert_eq!(kinds, ["people", "origin", "fresh", "victim"]);
    assert!(all.iter().enumerate().all(|(n, a)| a.id.as_str() == format!("A{}", n + 1)));
    all.iter().skip(4).map(|a| format!("{}: {}", a.kind.as_str(), a.text)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_posts_of_the_field_give_their_assertions() {
    assert_snapshot!(check("large-scale data of patient records, donor reports and procurement data for 2018-2024"), @r"
    category: Among the data are items of the category patient record (“data of patient records”).
    category: Among the data are items of the category donor report (“donor reports”).
    category: Among the data are items of the category procurement (“procurement data”).
    years: The data spans 2018 to 2024.
    volume: The data amounts to “large-scale”.
    ");
    assert_snapshot!(check("patient, donor and procurement data 2018&#8211;2024"), @r"
    category: Among the data are items of the category patient record (“patient”).
    category: Among the data are items of the category donor report (“donor”).
    category: Among the data are items of the category procurement (“procurement data”).
    years: The data spans 2018 to 2024.
    ");
    assert_snapshot!(check("3TB of confidential data: HR, finance, passports, contracts, patients&#39; personal information"), @r"
    category: Among the data are items of the category staff record (“HR”).
    category: Among the data are items of the category procurement (“finance”).
    category: Among the data are “passports”.
    category: Among the data are items of the category patient record (“patients' personal information”).
    volume: The data amounts to “3TB”.
    ");
    assert_snapshot!(check("We have personal data of employees and more than 900 000 patients, including children. Thanks to Citrix!"), @r"
    category: Among the data are items of the category staff record (“data of employees”).
    count: The data holds 900000 “patients”.
    population: The data is about “including children”.
    vector: They got in by “Citrix”.
    ");
    assert_snapshot!(check("Founded in 1914, Northshore Children's NHS Foundation Trust treats 450,000 children each year. It employs over 4,000 staff. Revenue: $350 Million"), @"");
    assert_snapshot!(check("We are watching. Contact us or everything will be published."), @"");
}

/// Kinds and words only, one post a line: a wide net of wordings, read as a whole.
#[test]
fn posts_in_varied_english_are_read() {
    let posts = [
        "We have stolen 1.5 Tb of your data. Patients records, financial, HR, NDA, confidential. 2019-2023",
        "Full data leak: medical cards of patients, passports, driver licenses, employee personal files, accounting, SQL databases",
        "data: 400gb / 350,000 files / clients, staff, payroll, contracts",
        "Exfiltrated more than 2 million patient records including children and VIPs since 2015",
        "Names, addresses, NHS numbers, phones, emails, diagnoses and test results of 150k patients",
        "Donor reports 2018 - 2024, procurement, patients",
        "The hospital refused to pay. 35 000 scans of documents. Emails correspondence. Entered via your Citrix gateway (CVE-2023-4966)",
        "<b>Proofs</b>&nbsp;attached. 11 screenshots. All database soon!",
        "Alder&#39;s data: payment cards, bank details; 12.000 donors",
        "A charity that serves 20,000 children every year since 1952, with 300 employees. Leaked: 90 GB",
        "personal information of patients and employees, blood donors register, budgets",
        "Size: 3TB. Files: 1,234,567. Type: confidential",
    ];
    let read = |text: &str| {
        let all = assertions(&[post("x", text, "")], &[]);
        let words = |kind: &AssertionKind| match kind {
            AssertionKind::Category { words, category } => format!("{} \"{words}\"", category.as_str()),
            AssertionKind::Years { from, to } => format!("{from}..{to}"),
            AssertionKind::Volume { bytes, words } => format!("{bytes:?} \"{words}\""),
            AssertionKind::Count { number, of } => format!("{number} \"{of}\""),
            AssertionKind::Population { words } | AssertionKind::Vector { words } => format!("\"{words}\""),
            _ => String::new(),
        };
        let stated: Vec<String> =
            all.iter().skip(4).map(|a| format!("{} {}", a.kind.as_str(), words(&a.kind))).collect();
        stated.join("; ")
    };
    assert_snapshot!(posts.map(read).join("\n"), @r#"
    category patient record "Patients records"; category staff record "HR"; years 2019..2023; volume Some(1500000000000) "1.5 Tb"
    category patient record "medical cards"; category other "passports"; category other "driver licenses"; category staff record "employee personal files"; category procurement "accounting"
    category staff record "payroll"; category procurement "contracts"; volume Some(400000000000) "400gb"; count 350000 "files"
    category patient record "patient records"; years 2015..2024; count 2000000 "patient records"; population "including children"; population "including children and VIPs"
    category patient record "diagnoses"; count 150000 "patients"
    category donor report "Donor reports"; category procurement "procurement"; years 2018..2024
    category correspondence "correspondence"; count 35000 "scans"; vector "via your Citrix gateway"

    category other "payment cards"; category other "bank details"; category donor report "donors"; count 12000 "donors"
    years 1952..2024; volume Some(90000000000) "90 GB"
    category patient record "information of patients"; category procurement "budgets"
    volume Some(3000000000000) "3TB"
    "#);
}

#[test]
fn a_tracker_field_and_the_text_state_one_size_once() {
    assert_snapshot!(render(&post("Northshore [1.2 TB]", "leak of 1.2TB, of which 300 GB published", "1.2 TB")), @r"
    volume: The data amounts to “1.2 TB”.
    volume: The data amounts to “300 GB”.
    ");
    assert_snapshot!(render(&post("Northshore [1.2 TB]", "", "unknown")), @"volume: The data amounts to “1.2 TB”.");
    assert_snapshot!(render(&post("Northshore", "a huge amount of data", "")), @"volume: The data amounts to “huge amount of data”.");
}

#[test]
fn the_body_is_named_by_title_site_or_text() {
    let named = |title: &str, website: &str, description: &str| {
        let claim = Claim { website: website.into(), ..post(title, description, "") };
        match resolve_victim(&claim, &controllers()) {
            VictimMatch::Named(id) => id.to_string(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(named("Northshore Children&amp;#39;s NHS Trust", "", ""), "NCH");
    assert_eq!(named("****************", "https://www.northshorechildrens.nhs.uk/", ""), "NCH");
    assert_eq!(named("****************", "", "We got Northshore Childrens."), "NCH");
    assert_eq!(named("****************", "", "We got a hospital."), "Unresolved");
}

#[derive(Deserialize)]
struct LintFile {
    ignore: Vec<Lint>,
    category: Vec<Lint>,
    unit: Vec<Lint>,
    volume: Vec<Lint>,
    count: Vec<Lint>,
    population: Vec<Lint>,
    vector: Vec<Lint>,
}

#[derive(Deserialize)]
struct Lint {
    #[serde(default)]
    name: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    element: String,
    #[serde(default)]
    bytes: u64,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

/// Every rule has examples and counter-examples, and they hold through the whole of [`assertions`].
#[test]
fn the_rules_keep_their_promises() {
    let file: LintFile = toml::from_str(include_str!("../../../../rules/claims/assertions.toml")).unwrap();
    let rules = ClaimRules::shipped();
    let kinds = |text: &str| kinds(rules, &post("", text, ""), &[]).split_off(4);
    let lint = |rules: &[Lint], holds: &dyn Fn(&Lint, &str) -> bool| {
        for rule in rules {
            assert!(!rule.examples.is_empty() && !rule.counter_examples.is_empty(), "{} has no examples", rule.name);
            rule.examples.iter().for_each(|text| assert!(holds(rule, text), "{}: missed {text}", rule.name));
            rule.counter_examples.iter().for_each(|text| assert!(!holds(rule, text), "{}: took {text}", rule.name));
        }
    };
    lint(&file.ignore, &|rule, text| {
        let at = file.ignore.iter().position(|other| other.name == rule.name).unwrap();
        rules.ignore[at].is_match(text)
    });
    lint(&file.category, &|rule, text| {
        kinds(text).iter().any(|kind| match kind {
            AssertionKind::Category { words, category } => {
                let element = rules.element_of(words).map_or("", |element| element.as_str());
                category.as_str() == rule.category && (rule.element.is_empty() || element == rule.element)
            }
            _ => false,
        })
    });
    lint(&file.unit, &|rule, text| {
        kinds(text).iter().any(|kind| matches!(kind, AssertionKind::Volume { bytes: Some(b), .. } if b / rule.bytes > 0 && b / rule.bytes < 10_000))
    });
    lint(&file.volume, &|_, text| {
        kinds(text).iter().any(|kind| matches!(kind, AssertionKind::Volume { bytes: None, .. }))
    });
    lint(&file.count, &|rule, text| {
        let at = file.count.iter().position(|other| other.name == rule.name).unwrap();
        kinds(text).iter().any(
            |kind| matches!(kind, AssertionKind::Count { of, .. } if rules.counted(of) == rules.counts[at].against),
        )
    });
    lint(&file.population, &|rule, text| {
        let at = file.population.iter().position(|other| other.name == rule.name).unwrap();
        kinds(text).iter().any(|kind| matches!(kind, AssertionKind::Population { words } if rules.population_test(words) == rules.populations[at].test))
    });
    lint(&file.vector, &|rule, text| {
        let at = file.vector.iter().position(|other| other.name == rule.name).unwrap();
        kinds(text)
            .iter()
            .any(|kind| matches!(kind, AssertionKind::Vector { words } if rules.vectors[at].pattern.is_match(words)))
    });
}

#[test]
fn a_broken_rule_file_is_told_by_rule() {
    let with = |rules: &str| ClaimRules::parse(&format!("[nouns]\nrecords = 'data'\n{rules}")).unwrap_err().to_string();
    let rest = "reason = ''\nexamples = []\ncounter_examples = []";
    assert_snapshot!(with(&format!("[[population]]\nname = 'x'\ntest = 'tall'\npattern = 'tall'\n{rest}")), @"rule `x`: `tall` is no test of a population");
    assert_snapshot!(with(&format!("[[category]]\nname = 'x'\ncategory = 'gossip'\n{rest}")), @"rule `x`: `gossip` is no category of item");
    assert!(with(&format!("[[vector]]\nname = 'x'\ntest = 'none'\npattern = '('\n{rest}")).contains("rule `x`"));
    assert!(with("[[surprise]]").contains("cannot be read"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_post_breaks_the_reader(title in "\\PC{0,200}", text in "(\\PC|[0-9 .,\\-]|patients?|TB|&[a-z]+;|\\*|\\.\\.\\.|20[0-9]{2}){0,120}", size in "\\PC{0,40}") {
        let claim = Claim { website: title.clone(), ..post(&title, &text, &size) };
        let all = assertions(&[claim.clone(), claim], &controllers());
        prop_assert!(all.len() >= 8);
        prop_assert!(all.iter().all(|a| a.text.chars().count() < 400 && !a.text.contains('\n')));
    }
}
