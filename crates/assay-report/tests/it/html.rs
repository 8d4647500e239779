//! The page: well formed, alone, masked, and of one mind with report.json.

use crate::fixture::{dossier, generated_at, secrets};
use assay_model::*;
use assay_report::{report_html, report_json};
use quick_xml::{Reader, events::Event};
use serde_json::Value;
use std::collections::BTreeMap;

/// An element: its name and attributes.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
}

/// Reads the page as XML, which it is too; fails where it is not well formed.
fn elements(page: &str) -> Vec<Element> {
    let page = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let mut reader = Reader::from_str(page);
    let mut open = Vec::new();
    let mut elements = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|e| panic!("{e} at {}", reader.buffer_position()));
        let (start, opens) = match &event {
            Event::Start(start) => (start, true),
            Event::Empty(start) => (start, false),
            Event::End(end) => {
                let name: &str = end;
                assert_eq!(open.pop().as_deref(), Some(name));
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name = String::from(&start[..start.find(char::is_whitespace).unwrap_or(start.len())]);
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.expect("a well-formed attribute");
            let key: &str = attribute.key.as_ref();
            (key.to_owned(), attribute.value.to_string())
        });
        elements.push(Element { attributes: attributes.collect(), name: name.clone() });
        if opens {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<String>::new());
    elements
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Every figure of the page is report.json's at its key; gives the keys.
fn keys_that_agree(dossier: &Dossier) -> Vec<String> {
    let page = report_html(dossier, generated_at());
    let report: Value = serde_json::from_str(&report_json(dossier, generated_at())).unwrap();
    let figures: Vec<(String, String)> = elements(&page)
        .into_iter()
        .filter_map(|e| Some((unescaped(e.attributes.get("data-key")?), e.attributes.get("value")?.clone())))
        .collect();
    for (key, value) in &figures {
        let published = report.pointer(key).unwrap_or_else(|| panic!("report.json has no {key}"));
        assert_eq!(published.as_f64(), value.parse().ok(), "{key}");
    }
    figures.into_iter().map(|(key, _)| key).collect()
}

/// A case as large as they come, with titles and names that try to leave their place.
fn large_and_hostile() -> Dossier {
    const HOSTILE: &str = "\"'><script>alert(1)</script><img src=https://evil.example/a onerror=x>&amp;\u{202e}{{ x }}";
    let mut large = dossier();
    large.case.title = format!("{HOSTILE} {}", "a very long title ".repeat(20));
    large.case.reference = HOSTILE.into();
    large.controllers[0].name = HOSTILE.into();
    large.controllers[2].id = ControllerId::new("W/U~\"H<");
    large.coverage.sandbox = HOSTILE.into();
    large.coverage.missing_tools.push(HOSTILE.into());
    large.claims[0].description = format!("{HOSTILE}\n\nhttps://leak.example/x ceo@example.org");
    large.claims[0].group = HOSTILE.into();
    for (n, verdict) in large.verdicts.iter_mut().enumerate() {
        verdict.assertion.text = format!("{HOSTILE} {n}");
        verdict.evidence_for.push(Evidence { text: HOSTILE.into(), basis: HOSTILE.into() });
    }
    for duty in &mut large.duties {
        duty.draft = format!("{HOSTILE}\n\u{1b}[2J\n{HOSTILE}");
        duty.to = HOSTILE.into();
    }
    let items: Vec<Item> = large.items.clone();
    for n in 1..40_i16 {
        large.items.extend(items.iter().cloned().map(|mut item| {
            item.path = ItemPath::of_file(&format!("{n}/{}", item.path.as_str()));
            item.newest = item.newest.and_then(|date| jiff::civil::Date::new(date.year() - n, 1, 1).ok());
            item
        }));
    }
    let gateway = large.gateway.as_mut().unwrap();
    let strongest = gateway.flagged[0].clone();
    for n in 0..40_u8 {
        let mut session = strongest.clone();
        session.session.session_id = 60_000 + u64::from(n);
        let (_, from, to, _) = session.session.sources[0];
        let source = |k: u8| (std::net::IpAddr::from([203, 0, n, k]), from, to, u64::from(k));
        session.session.sources.extend((0..30).map(source));
        session.indicators_for[0].text = HOSTILE.into();
        gateway.flagged.push(session);
    }
    large
}

fn empty() -> Dossier {
    Dossier {
        controllers: vec![],
        authority: None,
        exhibits: vec![],
        items: vec![],
        mentions: vec![],
        subjects: vec![],
        estimate: Default::default(),
        changes: None,
        urgent: vec![],
        unassigned: vec![],
        claims: vec![],
        statements: vec![],
        verdicts: vec![],
        gateway: None,
        duties: vec![],
        ..dossier()
    }
}

#[test]
fn every_figure_is_that_of_the_published_document() {
    let keys = keys_that_agree(&dossier());
    for expected in [
        "/subjects/count",
        "/subjects/estimate",
        "/subjects/low",
        "/subjects/high",
        "/subjects/floor",
        "/subjects/ceiling",
        "/subjects/children",
        "/subjects/adults",
        "/subjects/age_unknown",
        "/subjects/deceased",
        "/subjects/named_only",
        "/subjects/decoy_rate",
        "/subjects/no_controller",
        "/subjects/by_controller/NCH",
        "/subjects/by_controller_age/EHC/children",
        "/subjects/register_candidates/WUH/decided_by_origin",
        "/subjects/by_role/supplier contact",
        "/subjects/by_element/safeguarding",
        "/subjects/by_element/nhs number",
        "/subjects/register_matched/probable",
        "/claim/0/share_low",
        "/claim/5/high",
        "/items/total",
        "/items/partial",
        "/items/unread/no_ocr",
        "/items/by_category/donor report",
        "/gateway/sessions_total",
        "/gateway/coverage/1/lines",
        "/exhibits/6/bytes",
    ] {
        assert!(keys.iter().any(|key| key == expected), "{expected} is not on the page");
    }
    keys_that_agree(&empty());
    let keys = keys_that_agree(&large_and_hostile());
    assert!(keys.iter().any(|key| key == "/subjects/by_controller/W~1U~0\"H<"), "{keys:?}");
}

#[test]
fn a_case_without_any_one_part_has_a_page_that_agrees() {
    let without: [fn(&mut Dossier); 9] = [
        |d| d.controllers.clear(),
        |d| d.exhibits.clear(),
        |d| d.items.clear(),
        |d| d.subjects.clear(),
        |d| d.claims.clear(),
        |d| d.verdicts.clear(),
        |d| d.gateway = Some(GatewayAssessment::default()),
        |d| d.duties.clear(),
        |d| d.exhibits.retain(|e| e.kind != ExhibitKind::Register),
    ];
    for cut in without {
        let mut dossier = dossier();
        cut(&mut dossier);
        assert!(!keys_that_agree(&dossier).is_empty());
    }
}

/// The numbers below `value`, as JSON pointers.
fn numbers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Number(_) => out.push(at),
        Value::Object(entries) => entries
            .iter()
            .for_each(|(k, v)| numbers(v, format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")), out)),
        Value::Array(entries) => entries.iter().enumerate().for_each(|(n, v)| numbers(v, format!("{at}/{n}"), out)),
        _ => {}
    }
}

#[test]
fn every_published_figure_is_on_the_page() {
    let report: Value = serde_json::from_str(&report_json(&dossier(), generated_at())).unwrap();
    let keys = keys_that_agree(&dossier());
    let mut published = Vec::new();
    for part in ["exhibits", "items", "subjects", "claim", "gateway"] {
        numbers(&report[part], format!("/{part}"), &mut published);
    }
    assert!(published.len() > 100);
    // The years are in the chart alone, sessions and scores in words.
    let elsewhere = ["/items/by_year", "/items/by_category_year", "/gateway/flagged"];
    let missing: Vec<&String> = published
        .iter()
        .filter(|key| !keys.contains(key) && !elsewhere.iter().any(|prefix| key.starts_with(prefix)))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn it_stands_alone() {
    for dossier in [dossier(), empty(), large_and_hostile()] {
        let page = report_html(&dossier, generated_at());
        let all = elements(&page);
        for element in &all {
            assert!(
                !["script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use", "a:href"]
                    .contains(&element.name.as_str()),
                "<{}>",
                element.name
            );
            for (name, value) in &element.attributes {
                assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}={value}");
                assert!(name != "href" || value.starts_with('#'), "{value}");
            }
        }
        let policy =
            all.iter().find(|e| e.attributes.get("http-equiv").is_some_and(|v| v == "Content-Security-Policy"));
        let policy = policy.expect("a content security policy").attributes["content"].clone();
        assert!(policy.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
        assert!(!page.contains("<script"));
        assert!(!page.contains("url(") && !page.contains("@import"));
    }
    let page = report_html(&dossier(), generated_at());
    assert!(!page.contains("http://") && !page.contains("https://"));
}

#[test]
fn a_link_of_the_page_leads_somewhere_and_an_id_is_there_once() {
    for dossier in [dossier(), empty(), large_and_hostile()] {
        let all = elements(&report_html(&dossier, generated_at()));
        let mut ids: Vec<&String> = all.iter().filter_map(|e| e.attributes.get("id")).collect();
        ids.sort();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        let lists = all.iter().filter_map(|e| e.attributes.get("aria-labelledby")).flat_map(|v| v.split(' '));
        let links = all.iter().filter_map(|e| e.attributes.get("href")?.strip_prefix('#'));
        for target in links.chain(lists) {
            assert!(ids.iter().any(|id| *id == target), "{target}");
        }
    }
}

#[test]
fn no_personal_value_path_or_user_name_is_in_it() {
    for dossier in [dossier(), large_and_hostile()] {
        let page = report_html(&dossier, generated_at());
        let found: Vec<String> = secrets(&dossier).into_iter().filter(|secret| page.contains(secret)).collect();
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn hostile_text_stays_text() {
    let page = report_html(&large_and_hostile(), generated_at());
    assert!(page.contains("alert(1)"), "what was posted is not hidden");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert!(!page.contains("leak.example/x ceo@example.org") && page.contains("https[:]//leak.example/x"));
    assert!(page.contains("and 24 sources not drawn"), "sources left out of a drawing are counted");
    assert!(page.contains("more, which"), "unread items left out of the list are counted");
}

#[test]
fn every_statement_duty_and_session_has_its_place_and_words() {
    let page = report_html(&dossier(), generated_at());
    for words in [
        "undetermined</span>",
        "untestable: it says nothing that could be tested",
        "almost certain</strong>",
        "consistent with takeover</span>",
        "benign, explained",
        "kill vpn session -sessionid 51127",
        "kill aaa session -userName [user]",
        "in 27 h 35 min from this report",
        "Without undue delay",
        "not triggered",
        "Initial report of a personal data breach",
        "tesseract",
        "sheet 3 is damaged",
        "no bound on what the group may hold",
        "of these, decided by origin",
        "Westhaven University Hospitals NHS Trust: nobody was given to it, though 60 of those found stand in its register.",
        "19 items were not read and 8 people could be given to no controller: for these the question is open.",
        "6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn generated_at_moves_the_date_and_the_time_left_only() {
    let other = generated_at() + jiff::SignedDuration::from_hours(1);
    let (one, other) = (report_html(&dossier(), generated_at()), report_html(&dossier(), other));
    assert_eq!(one, report_html(&dossier(), generated_at()));
    let differing: Vec<(&str, &str)> = one.lines().zip(other.lines()).filter(|(a, b)| a != b).collect();
    assert!(!differing.is_empty());
    assert!(differing.iter().all(|(line, _)| line.contains("2024")), "{differing:?}");
}

/// Writes the pages for a look: `ASSAY_PAGES=DIR cargo test -p assay-report -- --ignored`.
#[test]
#[ignore = "writes files, for a person to look at"]
#[allow(clippy::disallowed_methods, reason = "synthetic pages, on request")]
fn write_the_pages() {
    let folder = std::path::PathBuf::from(std::env::var_os("ASSAY_PAGES").expect("ASSAY_PAGES names a folder"));
    for (name, dossier) in [("page", dossier()), ("empty", empty()), ("large", large_and_hostile())] {
        std::fs::write(folder.join(format!("{name}.html")), report_html(&dossier, generated_at())).unwrap();
    }
}

#[test]
fn an_estimate_below_the_number_found_is_explained() {
    let mut dossier = dossier();
    let words = "some people probably stand in the list twice";
    assert!(!report_html(&dossier, generated_at()).contains(words));
    dossier.estimate.estimate = dossier.estimate.count - 1;
    assert!(report_html(&dossier, generated_at()).contains(words));
}
