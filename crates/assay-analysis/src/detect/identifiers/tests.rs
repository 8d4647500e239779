//! The examples of every rule, and that the work stays linear.

use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<String> {
    let identifiers = Identifiers::shipped().unwrap();
    let mut hits = Vec::new();
    identifiers.find(text, &mut hits);
    hits.iter()
        .map(|hit| format!("{}={}", identifiers.rule(hit), identifiers.value(hit, text).unwrap_or_default()))
        .collect()
}

#[test]
fn every_rule_does_what_its_examples_say() {
    let mut faults = Vec::new();
    for (id, form) in rules::forms() {
        assert!(form.reason.len() > 10 && form.source.len() > 2, "{id}");
        let finds = |text: &str| found(text).iter().any(|hit| hit.split('=').next() == Some(&id));
        faults.extend(
            form.examples
                .iter()
                .filter(|text| !finds(text))
                .map(|text| format!("{id} misses {text}: {:?}", found(text))),
        );
        faults.extend(form.counter_examples.iter().filter(|text| finds(text)).map(|text| format!("{id} takes {text}")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn values_come_out_in_the_form_in_which_they_are_compared() {
    for (text, want) in [
        ("NHS No: 999 000 0018, DOB 03/04/1961", "nhs-number=9990000018"),
        ("at L12 2AP.", "postcode=L12 2AP"),
        ("Tel (0151) 496-0123", "phone-of-uk=+441514960123"),
        ("+44 (0)151 496 0123", "phone-of-uk=+441514960123"),
        ("+46 (0)8 928 571 38", "phone-of-another-country=+46892857138"),
        ("Fax: 0151 496 0123 ext 44", "phone-of-uk=+441514960123"),
        ("<Jane.Smith@Example.org>", "mail-address=jane.smith@example.org"),
        ("ni ab 12 34 56 c", "national-insurance-number=AB123456C"),
        ("Sort code 20-00-00 a/c no 5577991", "sort-code-and-account=20-00-00 05577991"),
        ("\"password\": \"s3cr3t-Pa55\",", "password-assigned=s3cr3t-Pa55"),
    ] {
        assert_eq!(found(text), [want], "{text}");
    }
}

#[test]
fn what_was_searched_before_changes_nothing() {
    let texts: Vec<String> = rules::forms().into_values().flat_map(|form| form.examples).collect();
    let fresh = || rules::shipped().and_then(|(rules, groups)| Identifiers::compile(rules, &groups)).unwrap();
    let find = |identifiers: &Identifiers, text: &str| {
        let mut hits = Vec::new();
        identifiers.find(text, &mut hits);
        hits
    };
    let (forwards, backwards) = (fresh(), fresh());
    let mut other: Vec<Vec<Hit>> = texts.iter().rev().map(|text| find(&backwards, text)).collect();
    other.reverse();
    for (text, other) in texts.iter().zip(other) {
        assert_eq!(find(&forwards, text), other, "{text}");
    }
}

#[test]
fn the_nearest_word_decides() {
    assert_eq!(found("Order ref: NHS 999 000 0018"), ["nhs-number=9990000018"]);
    assert_eq!(found("NHS trust order no. 999 000 0018"), Vec::<String>::new());
    assert_eq!(
        found("john.smith99@x.example 9990000018"),
        ["mail-address=john.smith99@x.example", "nhs-number=9990000018"]
    );
}

/// A rule of a case, with one line of it changed.
fn own(from: &str, to: &str) -> Result<Vec<String>, String> {
    const RULE: &str = r#"
id = "badge"
element = "other identifier"
pattern = 'BG-[0-9]{6}'
value = "plain"
needs = "nothing"
confidence = 0.9
reason = "badges of the trust open its doors"
source = "the trust's estates team"
examples = ["badge BG-123456"]
counter_examples = ["BG-12"]
"#;
    let identifiers = Identifiers::with(&[RULE.replace(from, to)]).map_err(|error| error.to_string())?;
    let text = "lost BG-123456 near L12 2AP";
    let mut hits = Vec::new();
    identifiers.find(text, &mut hits);
    Ok(hits.iter().filter_map(|hit| identifiers.value(hit, text)).collect())
}

#[test]
fn rules_of_a_case_stand_beside_the_shipped_ones() {
    assert_eq!(own("", "").unwrap(), ["BG123456", "L12 2AP"]);
}

#[test]
fn a_fault_in_a_rule_of_a_case_names_field_and_remedy() {
    for (from, to, want) in [
        ("other identifier", "shoe size", "case.toml: detect.rule[1]: element: `shoe size` is no element"),
        ("[0-9]{6}'", "[0-9{6}'", "detect.rule[1]: pattern: does not compile"),
        ("\"nothing\"", "\"luck\"", "detect.rule[1]: needs: `luck` is unknown"),
        ("badge BG-123456", "badge 123456", "detect.rule[1]: examples: the rule does not find anything"),
        ("\"BG-12\"", "\"BG-123456\"", "detect.rule[1]: counter_examples: the rule finds anything"),
        ("badge\"", "nhs-number\"", "detect.rule[1]: id: `nhs-number` is taken"),
        ("value =", "worth =", "detect.rule[1]: (whole rule): "),
    ] {
        let message = own(from, to).unwrap_err();
        assert!(message.contains(want) && message.contains("remedy: "), "{message}");
    }
}

#[test]
fn the_automata_stay_small() {
    let identifiers = Identifiers::shipped().unwrap();
    for (name, shapes) in
        [("digit", &identifiers.digit), ("at", &identifiers.at), ("assignment", &identifiers.assignment)]
    {
        println!("{name}: {} KiB", shapes.size() / 1024);
        assert!(shapes.size() < 16 << 20, "{name}: {} bytes", shapes.size());
    }
}

/// Steps a byte that no text may exceed, whatever it is made of.
const STEPS: u64 = 260;

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = found(&text);
    }

    #[test]
    fn the_work_is_linear_in_texts_made_to_hurt(
        piece in "[0-9a-zA-Z@:=._ (+)eyJ/-]{1,12}",
        copies in 1usize..400,
    ) {
        let text = piece.repeat(copies);
        let identifiers = Identifiers::shipped().unwrap();
        let mut hits = Vec::new();
        let work = identifiers.find_counted(&text, &mut hits);
        prop_assert!(work <= STEPS * (text.len() as u64 + 8), "{work} steps for {} bytes", text.len());
        for pair in hits.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
    }
}
