//! Files in, claims or errors out.

use super::{ClaimFormatError, FORMATS, read};
use assay_model::{Claim, ExhibitId};
use proptest::prelude::*;

fn exhibit() -> ExhibitId {
    ExhibitId::new("CLAIM/1")
}

/// One claim a line: group, title, site, published, size, description.
fn check(format: &str, text: &str) -> String {
    match read(&exhibit(), format, text) {
        Ok(claims) => claims.iter().map(line).collect::<Vec<_>>().join("\n"),
        Err(error) => format!("error: {error}"),
    }
}

fn line(claim: &Claim) -> String {
    let published = claim.published.map_or_else(|| "-".to_owned(), |at| at.to_string());
    [&*claim.group, &claim.title, &claim.website, &published, &claim.data_size, &claim.description].join(" | ")
}

#[test]
fn both_generations_of_ransomware_live_are_read() {
    // The first generation, an array.
    assert_eq!(
        check(
            "ransomware.live",
            r#"[{"country": "CN", "description": "Our in-house team ...", "discovered": "2023-12-11 09:59:22.085011",
                "group_name": "lockbit3", "post_title": "zailaboratory.com", "post_url": "<onion removed>",
                "published": "2023-12-11 09:13:00.000000", "screenshot": "https://x/y.png", "website": ""},
               {"post_title": "Moorfields NHS UK & Dubai", "group_name": "avoslocker",
                "discovered": "2021-09-01 00:00:00.000000", "published": "2021-09-01 00:00:00.000000", "post_url": ""}]"#
        ),
        "lockbit3 | zailaboratory.com |  | 2023-12-11T09:13:00Z |  | Our in-house team ...\n\
         avoslocker | Moorfields NHS UK & Dubai |  | 2021-09-01T00:00:00Z |  | "
    );
    // The second, a record; the size stands where the tracker's extra fields stand.
    let second = r#"{"victim": "Northshore Children&#x27;s NHS Trust", "group": "incransom", "domain": "northshorechildrens.nhs.uk",
        "country": "GB", "attackdate": "2024-11-20 00:00:00", "discovered": "2024-11-28 12:26:01.1", "id": "abc",
        "press": null, "duplicates": [], "extrainfos": EXTRA, "description": "Patients records 2018&ndash;2024"}"#;
    for extra in [r#"{"data_size": "1.2 TB", "ransom": 5}"#, r#"[{"ransom": "5"}, {"data_size": "1.2 TB"}]"#] {
        assert_eq!(
            check("ransomware.live", &second.replace("EXTRA", extra)),
            "incransom | Northshore Children's NHS Trust | northshorechildrens.nhs.uk | 2024-11-28T12:26:01.1Z | 1.2 TB | \
             Patients records 2018-2024"
        );
    }
    let wrapped = format!(r#"{{"count": 1, "victims": [{}]}}"#, second.replace("EXTRA", "[]"));
    assert!(check("ransomware.live", &wrapped).starts_with("incransom | Northshore"));
}

#[test]
fn what_was_escaped_twice_is_unescaped() {
    assert_eq!(
        check(
            "ransomwatch",
            r#"[{"post_title": "Moorfields NHS UK &amp; Dubai", "group_name": "avoslocker", "discovered": "2021-09-01 00:00:00.000000"},
                {"post_title": "VV&amp;amp;A", "group_name": "8base", "discovered": "2023-09-04 05:30:16.899587"}]"#
        ),
        "avoslocker | Moorfields NHS UK & Dubai |  | 2021-09-01T00:00:00Z |  | \n\
         8base | VV&A |  | 2023-09-04T05:30:16.899587Z |  | "
    );
}

#[test]
fn ransomlook_names_the_group_in_the_record_or_as_the_key() {
    let post = r#"{"post_title": "Northshore Chil...", "discovered": "2024-11-28 09:00:00", "description": "<b>x</b>",
        "link": null, "magnet": null, "screen": null"#;
    let expected = "inc ransom | Northshore Chil... |  | 2024-11-28T09:00:00Z |  | <b>x</b>";
    assert_eq!(check("ransomlook", &format!(r#"{post}, "group_name": "inc ransom"}}"#)), expected);
    assert_eq!(check("ransomlook", &format!(r#"{{"inc ransom": [{post}}}]}}"#)), expected);
}

const BUNDLE: &str = r#"{"type": "bundle", "id": "bundle--1", "objects": [
    {"type": "report", "id": "report--1", "name": "Northshore Children's", "description": "They took it.",
     "published": "2024-11-28T09:00:00.000Z", "created": "2024-11-29T09:00:00.000Z", "confidence": 100,
     "object_refs": ["intrusion-set--1", "domain-name--1", "incident--1"]},
    {"type": "report", "id": "report--2", "name": "Somebody else", "revoked": true, "object_refs": []},
    {"type": "incident", "id": "incident--1", "name": "Northshore Children's", "created": "2024-11-29T09:00:00Z"},
    {"type": "domain-name", "id": "domain-name--1", "value": "northshorechildrens.nhs.uk"},
    {"type": "intrusion-set", "id": "intrusion-set--1", "name": "INC Ransom"}]}"#;

#[test]
fn a_bundle_gives_its_reports_and_not_the_same_post_again_as_an_incident() {
    assert_eq!(
        check("stix", BUNDLE),
        "INC Ransom | Northshore Children's | northshorechildrens.nhs.uk | 2024-11-28T09:00:00Z |  | They took it."
    );
}

#[test]
fn an_incident_finds_its_actor_through_a_relationship_and_a_note_has_its_own_words() {
    assert_eq!(
        check(
            "stix",
            r#"{"type": "bundle", "objects": [
            {"type": "incident", "id": "incident--1", "name": "N", "created": "2024-11-29T09:00:00Z"},
            {"type": "threat-actor", "id": "threat-actor--1", "name": "INC"},
            {"type": "threat-actor", "id": "threat-actor--2", "name": "Other"},
            {"type": "relationship", "id": "relationship--1", "relationship_type": "attributed-to",
             "source_ref": "incident--1", "target_ref": "threat-actor--1"}]}"#
        ),
        "INC | N |  | 2024-11-29T09:00:00Z |  | "
    );
    assert_eq!(
        check(
            "stix",
            r#"[{"type": "note", "id": "note--1", "abstract": "Post", "content": "Words", "created": "2024-11-29T09:00:00Z"}]"#
        ),
        " | Post |  | 2024-11-29T09:00:00Z |  | Words"
    );
}

#[test]
fn the_own_form_is_one_claim_or_several() {
    assert_eq!(
        check(
            "toml",
            "group = \"INC Ransom\"\ntitle = \"Northshore Children's\"\npublished = 2024-11-28T10:00:00+01:00\n\
             data_size = \"1.2 TB\"\ndescription = '''\nall of it\n'''\n"
        ),
        "INC Ransom | Northshore Children's |  | 2024-11-28T09:00:00Z | 1.2 TB | all of it"
    );
    assert_eq!(
        check(
            "toml",
            "[[claim]]\ntitle = \"A\"\npublished = 2024-11-28\n[[claim]]\nwebsite = \"b.nhs.uk\"\npublished = \"2024-11-28 10:00:00\""
        ),
        " | A |  | 2024-11-28T00:00:00Z |  | \n |  | b.nhs.uk | 2024-11-28T10:00:00Z |  | "
    );
}

#[test]
fn an_error_names_exhibit_field_expectation_and_remedy_and_repeats_no_content() {
    let cases = [
        (
            "misp",
            "{}",
            "CLAIM/1: format: \"misp\" is no claim format; expected ransomware.live, ransomlook, ransomwatch, stix or toml; correct `format` under [[claim]] in case.toml",
        ),
        (
            "ransomware.live",
            "[\n{\"victim\": Secret",
            "CLAIM/1: line 2: expected JSON, nested at most 100 deep; save the file again from its source, or correct `format` in case.toml",
        ),
        (
            "ransomware.live",
            r#"[{"victim": "A"}, {"victim": 7}]"#,
            "CLAIM/1: post 2, victim: expected a text; write it in quotation marks, or leave it out",
        ),
        (
            "ransomwatch",
            r#"{"post_title": "A", "discovered": "Secret 2024"}"#,
            "CLAIM/1: post 1, discovered: expected an instant such as 2024-11-28T10:15:00Z, or 2024-11-28 10:15:00 taken as UTC; write the date in that form, or empty the field where it is not known",
        ),
        (
            "ransomlook",
            "[]",
            "CLAIM/1: expected at least one post, found none; save the post's record from the tracker",
        ),
        (
            "ransomlook",
            "{}",
            "CLAIM/1: post 1, post_title: expected the post's title, or the victim's web site in its own field; copy the title from the post; where it was masked, copy the mask",
        ),
        (
            "stix",
            r#"{"type": "bundle", "objects": []}"#,
            "CLAIM/1: expected a report, an incident or a note that is not revoked, found none; export the bundle with the object that describes the post",
        ),
        (
            "toml",
            "title = \"A\"\nSecret",
            "CLAIM/1: line 2: expected TOML: `title = \"...\"`, a key once only, a text of several lines between ''' and '''; save the file again from its source, or correct `format` in case.toml",
        ),
        (
            "toml",
            "titel = \"Secret\"",
            "CLAIM/1: claim 1, titel: expected one of group, title, website, published, data_size, description; correct the field's name or remove it",
        ),
        (
            "toml",
            "title = \"A\"\n[[claim]]\ntitle = \"B\"",
            "CLAIM/1: claim: expected [[claim]] sections and no field outside them; move the fields at the top into a [[claim]] section, or remove the sections",
        ),
    ];
    for (format, text, expected) in cases {
        assert_eq!(check(format, text), format!("error: {expected}"));
        assert!(!expected.contains("Secret"));
    }
}

#[test]
fn a_whole_dump_and_a_deep_nest_are_refused() {
    let dump = format!("[{}]", vec![r#"{"post_title": "A"}"#; 51].join(","));
    assert!(matches!(read(&exhibit(), "ransomwatch", &dump), Err(ClaimFormatError::TooLarge { what: "posts", .. })));
    let blank = " ".repeat((4 << 20) + 1);
    assert!(matches!(read(&exhibit(), "toml", &blank), Err(ClaimFormatError::TooLarge { what: "bytes", .. })));
    for (open, format) in [("[", "ransomware.live"), ("{\"a\":", "stix"), ("a = [", "toml"), ("[", "toml")] {
        assert!(read(&exhibit(), format, &open.repeat(100_000)).is_err(), "{format}");
    }
    let nested = format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(read(&exhibit(), "toml", &nested).is_err());
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "\"victim\"",
        "\"post_title\"",
        "\"published\"",
        "\"extrainfos\"",
        "\"objects\"",
        "\"type\": \"report\"",
        "\"2024-11-28\"",
        "\"-9999-01-01\"",
        "\"9999-12-31T23:59:60Z\"",
        "null",
        "1e999",
        "&amp;",
        "&#x110000;",
        "title = ",
        "published = ",
        "[[claim]]",
        "\n",
        "'''",
        "2024-11-28",
        "\u{feff}",
        "\u{202e}",
        "ä",
        "99",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics(text in pieces(), free in ".{0,80}") {
        for format in FORMATS {
            let _ = read(&exhibit(), format, &text);
            let _ = read(&exhibit(), format, &free);
            let _ = read(&exhibit(), format, &format!(r#"[{{"victim": "A", "published": {free:?}}}]"#));
        }
    }
}
