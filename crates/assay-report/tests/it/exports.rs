//! The CSV exports against the dossier and against report.json.

use crate::fixture::{dossier, generated_at, secrets};
use assay_model::Dossier;
use assay_report::{
    RenderError, Reveal, export_indicators, export_items, export_mentions, export_subjects, export_unassigned,
    export_urgent, report_json,
};
use std::{collections::BTreeMap, io::Write};

type Export = fn(&Dossier, Reveal, &mut dyn Write) -> Result<u64, RenderError>;

/// The rows of an export as maps from column to cell, checked against the number returned.
fn rows(export: Export, reveal: Reveal) -> Vec<BTreeMap<String, String>> {
    let mut out = Vec::new();
    let written = export(&dossier(), reveal, &mut out).unwrap();
    let rows: Vec<_> = csv::Reader::from_reader(out.as_slice()).deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len() as u64, written);
    rows
}

fn header(export: Export) -> String {
    let mut out = Vec::new();
    export(&dossier(), Reveal::Masked, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn the_headers_are_the_contract() {
    insta::assert_snapshot!(header(export_subjects), @"subject_id,nhs_number,family_name,given_names,date_of_birth,postcode,email,phone,hospital_numbers,role,controllers,child,elements,documents,register_match,probability");
    insta::assert_snapshot!(header(export_items), @"exhibit,path,bytes,sha256,media_type,category,status,reason,subjects,duplicate_of,near_duplicate_group,thread");
    insta::assert_snapshot!(header(export_urgent), @"harm,exhibit,path,place,mention_id,subject_id,role,child,family_name,given_names,date_of_birth,nhs_number,elements,values,confidence");
    insta::assert_snapshot!(header(export_unassigned), @"exhibit,path,place,element,value,people_in_item,near,confidence");
    insta::assert_snapshot!(header(export_mentions), @"mention_id,subject_id,exhibit,path,place,sheet,row,line,role,nhs_number,family_name,given_names,date_of_birth,postcode,email,phone,hospital_numbers,national_insurance_number,bank_account,elements,recovery,urgent,confidence");
}

#[test]
fn every_number_of_people_can_be_counted_from_the_export() {
    let report: serde_json::Value = serde_json::from_str(&report_json(&dossier(), generated_at())).unwrap();
    let people = &report["subjects"];
    let rows = rows(export_subjects, Reveal::Revealed);
    let check = |key: &str, column: &str| {
        for (name, number) in people[key].as_object().unwrap() {
            let seen = rows.iter().filter(|row| row[column].split(';').any(|cell| cell == name)).count() as u64;
            assert_eq!(seen, number.as_u64().unwrap(), "{key} {name}");
        }
    };
    assert_eq!(rows.len() as u64, people["count"].as_u64().unwrap());
    check("by_controller", "controllers");
    check("by_role", "role");
    check("by_element", "elements");
    check("register_matched", "register_match");
    for (key, word) in [("children", "true"), ("adults", "false"), ("age_unknown", "unknown")] {
        let seen = rows.iter().filter(|row| row["child"] == word).count() as u64;
        assert_eq!(seen, people[key].as_u64().unwrap(), "{key}");
    }
    assert!(rows.is_sorted_by(|a, b| a["subject_id"] < b["subject_id"]));
}

#[test]
fn a_revealed_person_reads_as_a_machine_needs_it() {
    let rows = rows(export_subjects, Reveal::Revealed);
    insta::assert_debug_snapshot!(rows[0]);
}

#[test]
fn items_and_mentions_join_with_people() {
    let (items, mentions) = (rows(export_items, Reveal::Revealed), rows(export_mentions, Reveal::Revealed));
    let people = rows(export_subjects, Reveal::Revealed);
    assert_eq!(items.len(), dossier().items.len());
    assert_eq!(mentions.len(), dossier().mentions.len());
    for item in &items {
        let document = format!("{}:{}", item["exhibit"], item["path"]);
        let holders = people.iter().filter(|row| row["documents"].split(';').any(|d| d == document)).count();
        assert_eq!(item["subjects"], holders.to_string(), "{document}");
        assert_eq!(item["status"] == "read", item["reason"].is_empty(), "{item:?}");
    }
    let ids: Vec<&str> = people.iter().map(|row| row["subject_id"].as_str()).collect();
    let uncounted = mentions.iter().filter(|row| !ids.contains(&row["subject_id"].as_str())).count();
    assert!(uncounted > 0, "mentions of people who do not count carry their id too");
    assert!(mentions.iter().all(|row| !row["subject_id"].is_empty()));
}

#[test]
fn masked_exports_give_no_value_away_and_keep_their_rows() {
    for export in [export_subjects as Export, export_items, export_mentions, export_urgent, export_unassigned] {
        let mut masked = Vec::new();
        let mut revealed = Vec::new();
        let rows = export(&dossier(), Reveal::Masked, &mut masked).unwrap();
        assert_eq!(rows, export(&dossier(), Reveal::Revealed, &mut revealed).unwrap());
        let (masked, revealed) = (String::from_utf8(masked).unwrap(), String::from_utf8(revealed).unwrap());
        let found: Vec<String> = secrets(&dossier()).into_iter().filter(|secret| masked.contains(secret)).collect();
        assert_eq!(found, Vec::<String>::new());
        assert!(secrets(&dossier()).iter().any(|secret| revealed.contains(secret)), "the test would see a value");
    }
}

#[test]
fn only_the_other_addresses_of_judged_sessions_are_indicators() {
    let export = |dossier: &Dossier| {
        let mut out = Vec::new();
        export_indicators(dossier, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let mut dossier = dossier();
    insta::assert_snapshot!(export(&dossier));
    dossier.gateway.iter_mut().flat_map(|gateway| &mut gateway.flagged).for_each(|flagged| flagged.judged = None);
    assert_eq!(export(&dossier).lines().count(), 1);
}

#[test]
fn what_harms_first_can_be_counted_from_its_export() {
    let report: serde_json::Value = serde_json::from_str(&report_json(&dossier(), generated_at())).unwrap();
    let rows = rows(export_urgent, Reveal::Revealed);
    for (harm, figures) in report["urgent"]["by_harm"].as_object().unwrap() {
        let here: Vec<_> = rows.iter().filter(|row| row["harm"] == *harm).collect();
        let people: std::collections::BTreeSet<_> =
            here.iter().map(|row| &row["subject_id"]).filter(|id| !id.is_empty()).collect();
        assert_eq!(
            (here.len() as u64, people.len() as u64),
            (figures["records"].as_u64().unwrap(), figures["people"].as_u64().unwrap()),
            "{harm}"
        );
    }
    assert_eq!(rows[0]["harm"], "safeguarding");
    let key = rows.iter().find(|row| row["harm"] == "live credential").unwrap();
    assert!(key["mention_id"].is_empty() && key["values"] == "Wren-41-heron");
    let marked = self::rows(export_mentions, Reveal::Masked).iter().filter(|row| !row["urgent"].is_empty()).count();
    assert_eq!(marked as u64, report["urgent"]["records"].as_u64().unwrap() - 1);
}

#[test]
fn a_masked_path_is_the_same_in_every_export() {
    let people = rows(export_subjects, Reveal::Masked);
    let items: Vec<String> =
        rows(export_items, Reveal::Masked).iter().map(|item| format!("{}:{}", item["exhibit"], item["path"])).collect();
    let documents = people.iter().flat_map(|row| row["documents"].split(';'));
    assert!(documents.into_iter().all(|document| items.iter().any(|item| item == document)));
}

#[test]
fn a_failing_writer_is_an_error_not_a_short_file() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(export_subjects(&dossier(), Reveal::Masked, &mut Full).is_err());
}
