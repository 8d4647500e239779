//! A synthetic case, whole enough to fill every part of a report. Nobody in it exists. Long because it is data: one case, read from
//! top to bottom.

use assay_model::*;
use jiff::{
    Timestamp,
    civil::{Date, DateTime, date, datetime},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

const FAMILY: [&str; 12] = [
    "Quillfeather",
    "Ashgrove",
    "O'Brindle",
    "Marchbank",
    "Thistlewood",
    "Penhallow",
    "Okonkwo-Dale",
    "Varnish",
    "Larkspur",
    "Hollowell",
    "Zielinska",
    "Brackenbury",
];
const GIVEN: [&str; 10] =
    ["Tamsin", "Orlando", "Ines", "Barnaby", "Clemency", "Jago", "Wilhelmina", "Kofi", "Perpetua", "Aurelio"];

/// When the fixture's reports are generated.
pub(crate) fn generated_at() -> Timestamp {
    "2024-11-30T06:40:00Z".parse().unwrap()
}

/// A few more of each part than were found.
fn parts(subjects: &[DataSubject]) -> BTreeMap<Part, Expected> {
    let mut parts: BTreeMap<Part, Expected> = BTreeMap::new();
    for part in subjects.iter().filter(|subject| subject.counts).flat_map(DataSubject::parts) {
        parts.entry(part).or_default().count += 1;
    }
    for part in parts.values_mut() {
        *part = Expected { estimate: part.count + 2, low: part.count, high: part.count + 7, ..*part };
    }
    parts
}

/// The whole case.
pub(crate) fn dossier() -> Dossier {
    let (mentions, subjects) = people(96);
    let urgent = urgent(&mentions, &subjects);
    let beside_nobody = urgent.iter().filter(|record| record.mention.is_none());
    let unassigned = beside_nobody.flat_map(|record| record.findings.clone()).collect();
    let count = subjects.iter().filter(|s| s.counts).count() as u64;
    let parts = parts(&subjects);
    Dossier {
        case: CaseInfo {
            title: "Data published 28 November 2024".into(),
            reference: "INC-2024-11-28".into(),
            reference_date: date(2024, 11, 28),
            seed: 1,
        },
        controllers: controllers(),
        authority: Some(Authority {
            instructing_controller: ControllerId::new("NCH"),
            lawful_basis: "UK GDPR Art. 6(1)(c) and 9(2)(i): the duty to establish a breach and notify".into(),
            use_passwords_found_in: vec![ExhibitId::new("LEAK/1")],
        }),
        exhibits: exhibits(),
        items: items(),
        mentions,
        subjects,
        estimate: Estimate {
            count,
            floor: count - 17,
            estimate: count + 6,
            low: count + 1,
            high: count + 14,
            ceiling: count + 31,
            decoy_rate: 0.0041,
        },
        parts,
        changes: None,
        urgent,
        statements: Vec::new(),
        unassigned,
        claims: vec![Claim {
            exhibit: ExhibitId::new("CLAIM/1"),
            group: "Gloam Ransom".into(),
            title: "Northshore Children's NHS Foundation Trust".into(),
            description: "Large-scale data patient records, donor reports and procurement data for 2018-2024. 3 TB."
                .into(),
            website: "northshorechildrens.nhs.uk".into(),
            published: Some("2024-11-28T07:02:00Z".parse().unwrap()),
            data_size: "3 TB".into(),
        }],
        verdicts: verdicts(),
        parties: Parties {
            named: vec![NamedBody {
                words: "Northshore Childrens".into(),
                controllers: vec![ControllerId::new("NCH")],
            }],
            host: vec![Host {
                controller: ControllerId::new("NCH"),
                basis: vec!["runs \"gateway\" for EHC".into(), "handed over GW/1".into()],
            }],
            data_of: vec![DataOf { controller: ControllerId::new("NCH"), people: 61, items: 3 }],
            unlisted: vec![Unlisted { name: "Northshore Hospice".into(), items: 12 }],
        },
        gateway: Some(gateway()),
        duties: duties(),
        coverage: Coverage {
            sandbox: "each parser ran in a process of its own, without network".into(),
            missing_tools: vec!["tesseract".into()],
            own_passwords: vec![OwnPasswords { exhibit: ExhibitId::new("LEAK/1"), tried_on: 3, opened: 1 }],
            token_registers: vec![],
            weights_fitted_to: Some(1_310),
        },
        alike: Alike {
            contents: 118,
            same_words: 3,
            near_groups: 2,
            threads: 1,
            near_group: (0..124)
                .map(|n| {
                    [(4, 1), (9, 1), (12, 2), (60, 2)].into_iter().find(|(at, _)| *at == n).map(|(_, group)| group)
                })
                .collect(),
            thread: (0..124).map(|n| matches!(n, 20 | 21).then_some(1)).collect(),
        },
    }
}

/// What of the case's records harms first, and a key in a script.
fn urgent(mentions: &[Mention], subjects: &[DataSubject]) -> Vec<UrgentRecord> {
    let holder = |id: MentionId| subjects.iter().find(|subject| subject.mentions.contains(&id));
    let record = |harm, mention: &Mention, element| UrgentRecord {
        harm,
        locator: mention.locator.clone(),
        mention: Some(mention.id),
        subject: holder(mention.id).map(|subject| subject.id.clone()),
        role: mention.role,
        age: holder(mention.id).map_or(AgeBand::Unknown, |subject| subject.age),
        name: mention.names().next().map(|name| Sensitive::new(name.clone())),
        nhs_number: mention.nhs_number().map(|number| Sensitive::new(number.to_owned())),
        date_of_birth: mention.date_of_birth().map(Sensitive::new),
        findings: mention.findings.iter().filter(|finding| finding.element == element).cloned().collect(),
    };
    let of = |harm, element| {
        let here = mentions.iter().filter(move |m| m.findings.iter().any(|finding| finding.element == element));
        here.map(move |mention| record(harm, mention, element))
    };
    let locator = Locator {
        exhibit: ExhibitId::new("LEAK/1"),
        path: item_path(6),
        place: Place::Line { part: "body".into(), first: 12, last: 12 },
    };
    let key = UrgentRecord {
        harm: Harm::LiveCredential,
        locator: locator.clone(),
        mention: None,
        subject: None,
        role: Role::Unknown,
        age: AgeBand::Unknown,
        name: None,
        nhs_number: None,
        date_of_birth: None,
        findings: vec![Finding {
            detector: "rule: password-assigned".into(),
            element: Element::Credential,
            value: Sensitive::new(Value::Text("Wren-41-heron".into())),
            controller: None,
            locator,
            confidence: 0.8,
        }],
    };
    let concern = Element::Special(SpecialCategory::Safeguarding);
    let records = of(Harm::Safeguarding, concern).chain([key]);
    records.chain(of(Harm::BankDetails, Element::BankAccount)).collect()
}

/// Every personal value, path and user name of the fixture: none may occur in what is masked.
pub(crate) fn secrets(dossier: &Dossier) -> BTreeSet<String> {
    let mut secrets: BTreeSet<String> = FAMILY.into_iter().chain(GIVEN).map(str::to_owned).collect();
    for mention in &dossier.mentions {
        for finding in &mention.findings {
            match finding.value.reveal() {
                Value::Text(text) => _ = secrets.insert(text.clone()),
                Value::Date(date) => _ = secrets.insert(date.to_string()),
                Value::Name(name) => _ = secrets.insert(name.family.clone()),
            }
        }
    }
    for item in &dossier.items {
        let words = item.path.as_str().split(['/', '!']).filter(|part| part.len() > 3);
        secrets.extend(words.map(str::to_owned));
    }
    for flagged in dossier.gateway.iter().flat_map(|g| &g.flagged) {
        secrets.extend(flagged.session.user.iter().map(|user| user.reveal().clone()));
    }
    secrets.insert("Consultants A-M".into());
    secrets.insert("Wren-41-heron".into());
    secrets.insert("from_tquill".into());
    secrets
}

/// A number of the 999 range with its check digit; numbers without a valid one are passed over.
fn nhs(serial: u64) -> String {
    (serial * 7..)
        .find_map(|n| {
            let nine = format!("999{:06}", n % 1_000_000);
            let sum: u32 = nine.bytes().zip((2..=10).rev()).map(|(b, w)| u32::from(b - b'0') * w).sum();
            match 11 - sum % 11 {
                11 => Some(format!("{nine}0")),
                10 => None,
                check => Some(format!("{nine}{check}")),
            }
        })
        .unwrap()
}

fn controllers() -> Vec<Controller> {
    let body = |id: &str, name: &str, ods: &str, domain: &str, aware: Option<&str>| Controller {
        id: ControllerId::new(id),
        name: name.into(),
        ods_code: ods.into(),
        aliases: vec![],
        domains: vec![domain.into()],
        paths: vec![],
        hospital_number: String::new(),
        aware_at: aware.map(|t| t.parse().unwrap()),
        aware_basis: if aware.is_some() {
            "the group's post was read and two names in it were recognised".into()
        } else {
            String::new()
        },
    };
    vec![
        body(
            "NCH",
            "Northshore Children's NHS Foundation Trust",
            "RX1",
            "northshorechildrens.nhs.uk",
            Some("2024-11-28T10:15:00Z"),
        ),
        body(
            "EHC",
            "Eastmere Heart and Chest NHS Foundation Trust",
            "RX2",
            "eastmereheart.nhs.uk",
            Some("2024-11-29T16:30:00Z"),
        ),
        body("WUH", "Westhaven University Hospitals NHS Trust", "RX3", "westhaven.nhs.uk", None),
    ]
}

fn exhibits() -> Vec<Exhibit> {
    let exhibit = |id: &str, kind, files, bytes, completeness, controller: Option<&str>, n: u8| Exhibit {
        id: ExhibitId::new(id),
        kind,
        files,
        bytes,
        sha256: Sha256([n; 32]),
        blake3: [n; 32],
        completeness,
        custodian: "Information Security, NCH".into(),
        controller: controller.map(ControllerId::new),
    };
    use Completeness::*;
    vec![
        exhibit("LEAK/1", ExhibitKind::Leak, 118, 412_345_678, Partial, None, 0x1a),
        exhibit("PROOF/1", ExhibitKind::ProofPack, 6, 4_200_000, Sample, None, 0x2b),
        exhibit("GW/1", ExhibitKind::Gateway, 3, 88_000_000, Unknown, None, 0x3c),
        exhibit("PRIOR/1", ExhibitKind::PriorLeak, 94, 301_000_000, Unknown, None, 0x7a),
        exhibit("REG/1", ExhibitKind::Register, 1, 9_100_000, Unknown, Some("NCH"), 0x4d),
        exhibit("REG/2", ExhibitKind::Register, 1, 7_700_000, Unknown, Some("EHC"), 0x5e),
        exhibit("CLAIM/1", ExhibitKind::Claim, 1, 2_048, Unknown, None, 0x6f),
    ]
}

const SHAPES: [(&str, &str, ItemCategory, &str); 8] = [
    (
        "fs01/Clinics/letter to",
        "docx",
        ItemCategory::PatientRecord,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "fs01/Clinics/waiting list",
        "xlsx",
        ItemCategory::PatientRecord,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("fs01/Charity/donors", "csv", ItemCategory::DonorReport, "text/csv"),
    ("fs02/Purchasing/PO", "pdf", ItemCategory::Procurement, "application/pdf"),
    (
        "fs02/Payroll/extract",
        "xlsx",
        ItemCategory::StaffRecord,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("exch01/Inboxes", "eml", ItemCategory::Correspondence, "message/rfc822"),
    ("fs01/Archive/old", "zip", ItemCategory::Other, "application/zip"),
    ("fs02/Scans/page", "tiff", ItemCategory::Other, "image/tiff"),
];

fn item_path(n: usize) -> ItemPath {
    let (stem, extension, ..) = SHAPES[n % SHAPES.len()];
    let family = FAMILY[n % FAMILY.len()];
    let file = ItemPath::of_file(&format!("{stem} {family} {n:03}.{extension}"));
    if n % 8 == 3 {
        ItemPath::of_file(&format!("fs01/Archive/backup {family}.tar.gz")).member(file.as_str())
    } else {
        file
    }
}

fn items() -> Vec<Item> {
    let exhibit = |n: usize| ExhibitId::new(if n % 20 == 19 { "PROOF/1" } else { "LEAK/1" });
    let mut items: Vec<Item> = (0..124)
        .map(|n| {
            let (_, _, category, media_type) = SHAPES[n % SHAPES.len()];
            let status = match n {
                _ if n % 8 == 7 => ItemStatus::Unread(UnreadReason::NoOcr),
                14 | 22 => ItemStatus::Unread(UnreadReason::Encrypted),
                30 => ItemStatus::Unread(UnreadReason::Corrupt),
                38 => ItemStatus::Unread(UnreadReason::Limit),
                41 | 49 | 57 => ItemStatus::Duplicate(exhibit(1), item_path(1)),
                33 => ItemStatus::Partial,
                _ => ItemStatus::Read,
            };
            let year = 2018 + (n % 7) as i16;
            Item {
                exhibit: exhibit(n),
                path: item_path(n),
                bytes: 1_000 + 37 * n as u64,
                sha256: Sha256([n as u8; 32]),
                media_type: media_type.into(),
                warnings: if status == ItemStatus::Partial {
                    vec![Warning("sheet 3 is damaged".into())]
                } else {
                    vec![]
                },
                status,
                category,
                category_reasons: vec!["reference block of a clinic letter".into()],
                other_body: None,
                controller_hints: vec![ControllerHint {
                    controller: ControllerId::new(if n % 3 == 2 { "EHC" } else { "NCH" }),
                    basis: if n % 2 == 0 { HintBasis::Path } else { HintBasis::Letterhead },
                }],
                oldest: (n % 8 < 6).then(|| date(year, 1, 2)),
                newest: (n % 8 < 6).then(|| date(year, 11, 2)),
                wants: Default::default(),
                opened_with: match n {
                    6 | 46 => Some(PasswordOrigin::Given),
                    54 => Some(PasswordOrigin::Found),
                    _ => None,
                },
                likeness: Default::default(),
            }
        })
        .collect();
    items.sort_by(|a, b| (&a.exhibit, &a.path).cmp(&(&b.exhibit, &b.path)));
    items
}

fn people(number: usize) -> (Vec<Mention>, Vec<DataSubject>) {
    let mut mentions = Vec::new();
    let mut subjects: Vec<DataSubject> = (0..number).map(|n| person(n, &mut mentions)).collect();
    subjects.sort_by(|a, b| a.id.cmp(&b.id));
    mentions.sort_by_key(|m| m.id);
    (mentions, subjects)
}

fn person(n: usize, mentions: &mut Vec<Mention>) -> DataSubject {
    let name = PersonName {
        title: if n.is_multiple_of(5) { "Dr".into() } else { String::new() },
        given: vec![GIVEN[n % GIVEN.len()].into()],
        family: FAMILY[n % FAMILY.len()].into(),
    };
    let named_only = n % 16 == 15;
    let known_age = !named_only && n % 6 != 5;
    let child = n % 3 == 1 && !n.is_multiple_of(5);
    let born: Date = date(if child { 2009 } else { 1961 } + (n % 14) as i16, 1 + (n % 12) as i8, 1 + (n % 28) as i8);
    let role = match n % 12 {
        _ if child => Role::Patient,
        1 | 2 => Role::Donor,
        3 => Role::Staff,
        5 => Role::SupplierContact,
        8 => Role::Relative,
        11 => Role::Unknown,
        _ => Role::Patient,
    };
    let number = (!named_only && n % 4 != 3).then(|| nhs(n as u64 + 1));
    let (phone, email) =
        (format!("+4416329600{n:02}"), format!("{}.{n}@example.org", GIVEN[n % GIVEN.len()].to_lowercase()));
    let controllers: Vec<ControllerId> = match n % 10 {
        _ if named_only => vec![],
        0..=5 => vec!["NCH"],
        6..=7 => vec!["EHC"],
        8 => vec!["EHC", "NCH"],
        _ => vec![],
    }
    .into_iter()
    .map(ControllerId::new)
    .collect();

    let mut elements = BTreeSet::from([Element::Name]);
    let mut values = vec![(Element::Name, Value::Name(name.clone()))];
    let mut add = |element, value: Option<Value>| {
        if let Some(value) = value {
            elements.insert(element);
            values.push((element, value));
        }
    };
    add(Element::NhsNumber, number.clone().map(Value::Text));
    add(Element::DateOfBirth, known_age.then_some(Value::Date(born)));
    add(
        Element::Postcode,
        (!named_only && n.is_multiple_of(2)).then(|| Value::Text(format!("ZZ{} {}AB", n % 9 + 1, n % 8 + 1))),
    );
    add(Element::Phone, (!named_only && n.is_multiple_of(4)).then(|| Value::Text(phone.clone())));
    add(Element::Email, (!named_only && n % 4 == 3).then(|| Value::Text(email.clone())));
    add(Element::HospitalNumber, (n % 9 == 1 && !named_only).then(|| Value::Text(format!("AH{:07}", 77 * n))));
    add(Element::NationalInsuranceNumber, (role == Role::Staff).then(|| Value::Text(format!("QQ12{n:02}56C"))));
    add(Element::BankAccount, (role == Role::Donor).then(|| Value::Text(format!("00-00-{n:02} 123456{n:02}"))));
    add(Element::Diagnosis, (role == Role::Patient).then(|| Value::Text("Q21.1 atrial septal defect".into())));
    add(
        Element::Special(SpecialCategory::Safeguarding),
        (n % 24 == 4).then(|| Value::Text("child protection plan, stage 3".into())),
    );

    let ids: Vec<MentionId> =
        (0..=(n % 3)).map(|k| MentionId(0x0a00_0000_0000_0000 + ((n * 8 + k) as u64) * 0x11_1111)).collect();
    let mut documents = Vec::new();
    for (k, id) in ids.iter().enumerate() {
        let item = (n + 13 * k) % 5 + 8 * (n % 12);
        let exhibit = ExhibitId::new(if item % 20 == 19 { "PROOF/1" } else { "LEAK/1" });
        let locator =
            |column: u32| Locator { exhibit: exhibit.clone(), path: item_path(item), place: place(item, n, column) };
        documents.push((exhibit.clone(), item_path(item)));
        mentions.push(Mention {
            id: *id,
            locator: locator(0),
            role,
            role_reason: "the list's header speaks of patients".into(),
            recovery: Recovery::Stored,
            findings: values
                .iter()
                .enumerate()
                .map(|(c, (element, value))| Finding {
                    detector: format!("{}.header", element.as_str().replace(' ', "-")),
                    element: *element,
                    value: Sensitive::new(value.clone()),
                    controller: None,
                    locator: locator(c as u32 + 1),
                    confidence: 0.98,
                })
                .collect(),
        });
    }
    documents.sort();
    documents.dedup();
    let matched = match n % 8 {
        _ if named_only => RegisterMatch::None,
        0..=4 if number.is_some() => RegisterMatch::Exact,
        5 => RegisterMatch::Probable,
        _ => RegisterMatch::None,
    };
    let text = |value: Option<String>| value.map(Sensitive::new);
    let row = Locator {
        exhibit: ExhibitId::new("REG/1"),
        path: ItemPath::of_file("registers/nch_mpi.csv"),
        place: Place::Row { sheet: String::new(), row: n as u32 + 2 },
    };
    DataSubject {
        id: SubjectId::new(format!("P-{:012x}", 0x0a_0000_0000 + (n as u64) * 0x99_1111)),
        links: links(&ids, matched, &row),
        mentions: ids,
        probability: 0.9999 - (n as f64) / 4000.0,
        nhs_number: text(number),
        name: Some(Sensitive::new(name)),
        date_of_birth: known_age.then(|| Sensitive::new(born)),
        postcode: text((!named_only && n.is_multiple_of(2)).then(|| format!("ZZ{} {}AB", n % 9 + 1, n % 8 + 1))),
        emails: if elements.contains(&Element::Email) { vec![email.into()] } else { vec![] },
        phones: if elements.contains(&Element::Phone) { vec![phone.into()] } else { vec![] },
        hospital_numbers: if elements.contains(&Element::HospitalNumber) {
            vec![format!("AH{:07}", 77 * n).into()]
        } else {
            vec![]
        },
        role,
        candidates: if matched == RegisterMatch::None {
            vec![]
        } else {
            vec![ControllerId::new("NCH"), ControllerId::new("WUH")]
        },
        controllers,
        age: match (known_age, child) {
            (false, _) => AgeBand::Unknown,
            (true, true) => AgeBand::Child,
            (true, false) => AgeBand::Adult,
        },
        deceased: n == 42,
        elements,
        documents,
        register_rows: if matched == RegisterMatch::None { vec![] } else { vec![(ControllerId::new("NCH"), row)] },
        register_match: matched,
        counts: !named_only,
    }
}

fn place(item: usize, n: usize, column: u32) -> Place {
    match item % 8 {
        1 | 2 | 4 if column == 0 => Place::Row { sheet: "Consultants A-M".into(), row: n as u32 + 5 },
        1 | 2 | 4 => Place::Cell { sheet: "Consultants A-M".into(), row: n as u32 + 5, column },
        _ => Place::Line { part: "page 1".into(), first: 3 + column, last: 3 + column },
    }
}

fn links(ids: &[MentionId], matched: RegisterMatch, row: &Locator) -> Vec<LinkExplanation> {
    let piece = |comparison: &str, level: &str, weight| WeightPiece {
        comparison: comparison.into(),
        level: level.into(),
        weight,
    };
    let mut links: Vec<LinkExplanation> = ids
        .windows(2)
        .map(|pair| LinkExplanation {
            mention: pair[1],
            target: MatchTarget::Mention(pair[0]),
            pieces: vec![
                piece("family name", "exact", 9.41),
                piece("given name", "nickname", 3.2),
                piece("date of birth", "day and month swapped", 6.87),
                piece("postcode", "different", -2.4),
            ],
            prior: -11.6,
            probability: 0.9778,
        })
        .collect();
    if matched != RegisterMatch::None {
        links.push(LinkExplanation {
            mention: ids[0],
            target: MatchTarget::Register(ControllerId::new("NCH"), row.clone()),
            pieces: vec![piece("nhs number", "exact", 26.1), piece("date of birth", "exact", 12.7)],
            prior: -17.0,
            probability: 0.9999,
        });
    }
    links
}

fn verdicts() -> Vec<Verdict> {
    use AssertionKind::*;
    use VerdictKind::*;
    let phia = |term, low, high| Some(Phia { term, low, high });
    let share = |share, low, high| Some(Share { share, low, high });
    let evidence = |texts: &[(&str, &str)]| {
        texts.iter().map(|(text, basis)| Evidence { text: (*text).into(), basis: (*basis).into() }).collect::<Vec<_>>()
    };
    let mut number = 0;
    let mut verdict =
        |kind, text: &str, verdict, share, term, confidence, pro: &[(&str, &str)], contra: &[(&str, &str)]| {
            number += 1;
            let id = AssertionId::new(format!("A{number}"));
            Verdict {
                assertion: Assertion { id, claim: ExhibitId::new("CLAIM/1"), kind, text: text.into() },
                verdict,
                share,
                term,
                confidence,
                evidence_for: evidence(pro),
                evidence_against: evidence(contra),
            }
        };
    vec![
        verdict(
            People,
            "The people in the data are real and known to a register.",
            Supported,
            share(0.934, 0.911, 0.952),
            phia("almost certain", 95, 100),
            Confidence::High,
            &[
                (
                    "Of the people with an NHS number, 93 % match a register row by number and date of birth.",
                    "LEAK/1, REG/1, REG/2",
                ),
                ("A permuted register matches 0.4 % by chance.", "decoy_rate"),
            ],
            &[("Six numbers fall into ranges that were never issued.", "LEAK/1")],
        ),
        verdict(
            Origin,
            "The items come from systems of the bodies concerned.",
            Supported,
            share(0.81, 0.74, 0.86),
            phia("highly likely", 80, 90),
            Confidence::Moderate,
            &[("Share names, letterheads and local numbers agree for four items in five.", "LEAK/1")],
            &[],
        ),
        verdict(
            Fresh,
            "The data was not published before.",
            Contradicted,
            share(0.11, 0.07, 0.17),
            phia("highly unlikely", 10, 20),
            Confidence::Moderate,
            &[("One item in nine is in no earlier leak that is held.", "PRIOR/1")],
            &[("The other items lie in the leak of 2023 byte for byte.", "LEAK/1, PRIOR/1")],
        ),
        verdict(
            Victim { named: "Northshore Children's".into() },
            "It is the data of Northshore Children's NHS Foundation Trust.",
            Undetermined(UndeterminedReason::Conflicting),
            share(0.52, 0.43, 0.61),
            None,
            Confidence::Moderate,
            &[("Half of the people were given to the named trust by the origin of their items.", "by_controller")],
            &[(
                "A quarter of the people belong to Eastmere Heart and Chest, which the claim does not name.",
                "by_controller",
            )],
        ),
        verdict(
            Category { words: "donor reports".into(), category: ItemCategory::DonorReport },
            "Donor reports are among the data.",
            Supported,
            None,
            phia("almost certain", 95, 100),
            Confidence::High,
            &[("Sixteen items are lists of gifts with names and amounts.", "LEAK/1, items.by_category")],
            &[],
        ),
        verdict(
            Years { from: 2018, to: 2024 },
            "The data spans 2018 to 2024.",
            Supported,
            None,
            phia("likely or probable", 55, 75),
            Confidence::Moderate,
            &[("Every year from 2018 to 2024 dates at least twelve items.", "items.by_year")],
            &[("Dates after June 2024 stand in correspondence only.", "LEAK/1")],
        ),
        verdict(
            Volume { bytes: None, words: "large-scale".into() },
            "The data is large-scale.",
            Undetermined(UndeterminedReason::Untestable),
            None,
            None,
            Confidence::Low,
            &[],
            &[("417 MB are held; what is held is a lower bound of what was taken.", "LEAK/1, PROOF/1")],
        ),
        verdict(
            Population { words: "children".into() },
            "The data is about children.",
            Undetermined(UndeterminedReason::Insufficient),
            share(0.31, 0.24, 0.53),
            None,
            Confidence::Moderate,
            &[("Some lists are of paediatric clinics.", "LEAK/1")],
            &[("Of the people whose age is known, fewer than half were under 18 on the day.", "children, adults")],
        ),
        verdict(
            Vector { words: "an unpatched gateway".into() },
            "They got in through an unpatched gateway.",
            Undetermined(UndeterminedReason::Untested),
            None,
            None,
            Confidence::Low,
            &[],
            &[],
        ),
    ]
}

fn gateway() -> GatewayAssessment {
    let at = |line: u32| Locator {
        exhibit: ExhibitId::new("GW/1"),
        path: ItemPath::of_file("from_tquill/var/log/ns.log"),
        place: Place::Line { part: String::new(), first: line, last: line },
    };
    let sign = |rule: &str, time: DateTime, text: &str, line, weight| HijackIndicator {
        rule: rule.into(),
        time,
        text: text.into(),
        locator: at(line),
        weight,
    };
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let day = |hour, minute| datetime(2024, 11, 20, hour, minute, 0, 0);
    GatewayAssessment {
        coverage: vec![
            SourceCoverage {
                exhibit: ExhibitId::new("GW/1"),
                source: "from_tquill/var/log/ns.log".into(),
                from: Some(datetime(2024, 11, 18, 0, 0, 12, 0)),
                to: Some(datetime(2024, 11, 28, 23, 59, 58, 0)),
                lines: 412_880,
                parsed: 412_871,
                unparsed: 9,
                gaps: 2,
                detail: assay_model::CoverageDetail {
                    kind: "appliance log".into(),
                    lost: 31,
                    clock: "month first, as its own dates show; GMT".into(),
                    reasons: vec![("blank line".into(), 9, vec![7, 8])],
                    messages: vec![("SSLVPN LOGIN".into(), 1_214)],
                    remarks: vec!["line 40: the clock goes back".into()],
                },
            },
            SourceCoverage {
                exhibit: ExhibitId::new("GW/1"),
                source: "from_tquill/var/log/ns.log.0.gz".into(),
                from: Some(datetime(2024, 11, 9, 0, 0, 3, 0)),
                to: Some(datetime(2024, 11, 17, 23, 59, 59, 0)),
                lines: 377_204,
                parsed: 377_204,
                unparsed: 0,
                gaps: 0,
                detail: assay_model::CoverageDetail::default(),
            },
        ],
        build: Some("13.1-48.47".into()),
        vulnerable: vec![
            Vulnerability {
                cve: "CVE-2023-4966".into(),
                status: VulnerableStatus::Vulnerable,
                from: Some(date(2023, 10, 10)),
                from_basis: "the vendor's advisory; the build below the first fixed one was already running".into(),
                to: None,
                to_basis: "no fixed build is seen in the evidence".into(),
            },
            Vulnerability {
                cve: "CVE-2023-3519".into(),
                status: VulnerableStatus::Vulnerable,
                from: Some(date(2023, 7, 18)),
                from_basis: "the vendor's advisory".into(),
                to: None,
                to_basis: "no fixed build is seen in the evidence".into(),
            },
        ],
        sessions_total: 1_214,
        flagged: vec![
            SessionVerdict {
                session: Session {
                    session_id: 51_127,
                    user: Some("tquill".to_owned().into()),
                    login: Some(day(8, 2)),
                    logout: Some(day(17, 31)),
                    first: day(8, 2),
                    last: day(17, 31),
                    client_ip: Some(address("198.51.100.23")),
                    sources: vec![
                        (address("198.51.100.23"), day(8, 2), day(17, 28), 212),
                        (address("203.0.113.77"), day(13, 41), day(16, 5), 48),
                    ],
                    bytes_send: 2_411_884_210,
                    bytes_recv: 88_120_442,
                    detail: assay_model::SessionDetail {
                        host: "ns01".into(),
                        connections: 260,
                        requests: 12,
                        agents: vec!["Mozilla/5.0".into()],
                        foreign_bytes: (2_400_000_000, 12_000),
                        foreign_last: Some(day(16, 5)),
                        authentication: "authenticated from 198.51.100.23; the logs held show no login by 203.0.113.77"
                            .into(),
                        ..assay_model::SessionDetail::default()
                    },
                },
                verdict: TakeoverVerdict::ConsistentWithTakeover,
                indicators_for: vec![
                    sign(
                        "R1",
                        day(13, 41),
                        "a second source uses the session of tquill without a login of its own",
                        20_412,
                        3.0,
                    ),
                    sign(
                        "R4",
                        day(14, 2),
                        "the second source reaches four servers that the first never did",
                        20_988,
                        1.5,
                    ),
                ],
                indicators_against: vec![sign("N2", day(13, 44), "both sources lie in one country", 20_455, -0.5)],
                score: 4.0,
                judged: Some(assay_model::Judgement::TakenOver),
            },
            SessionVerdict {
                session: Session {
                    session_id: 48_002,
                    user: Some("o.marchb".to_owned().into()),
                    login: Some(day(9, 10)),
                    logout: None,
                    first: day(9, 10),
                    last: day(11, 0),
                    client_ip: Some(address("192.0.2.8")),
                    sources: vec![
                        (address("192.0.2.8"), day(9, 10), day(10, 2), 31),
                        (address("192.0.2.9"), day(10, 3), day(11, 0), 22),
                    ],
                    bytes_send: 12_000,
                    bytes_recv: 800_000,
                    detail: assay_model::SessionDetail::default(),
                },
                verdict: TakeoverVerdict::BenignExplained,
                indicators_for: vec![sign("R1", day(10, 3), "a second source uses the session", 9_001, 3.0)],
                indicators_against: vec![sign(
                    "N1",
                    day(10, 3),
                    "the second source is a neighbour behind one carrier's NAT",
                    9_001,
                    -3.0,
                )],
                score: 0.0,
                judged: None,
            },
        ],
        traces: vec![assay_model::GatewayTrace {
            rule: "R8".into(),
            first: Some(day(3, 4)),
            last: Some(day(3, 9)),
            count: 17,
            text: "rejected logins whose user name holds bytes that no directory has".into(),
            locator: at(77),
        }],
        alternatives: vec!["Stolen credentials were tested beside it.".into()],
        outages: vec![assay_model::Outage {
            from: day(18, 0),
            to: Some(day(19, 30)),
            cause: "operator".into(),
            basis: "an administrator restarted the appliance".into(),
            locator: Some(at(30_000)),
        }],
        timeline: vec![assay_model::TimelineEntry {
            time: day(13, 41),
            text: "first sign in session 51127".into(),
            locator: Some(at(20_412)),
        }],
        leak: vec!["possible: the newest dated record of the leak is of 2024-11-19".into()],
        preserve: vec!["both nodes: all of /var/log".into()],
        terminate: vec!["kill aaa session -userName tquill".into(), "kill vpn session -sessionid 51127".into()],
        as_of: Some("2024-11-29T09:00:00Z".parse().unwrap()),
    }
}

fn duties() -> Vec<Duty> {
    let mut number = 0;
    let mut duty = |controller: &str, to: &str, source: &str, due: Option<&str>, status, reason: &str, draft: &str| {
        number += 1;
        Duty {
            id: DutyId::new(format!("D{number}")),
            controller: ControllerId::new(controller),
            to: to.into(),
            source: source.into(),
            due: due.map(|t| t.parse().unwrap()),
            status,
            reason: reason.into(),
            draft: draft.into(),
        }
    };
    let draft = "Initial report of a personal data breach\n\n1. What happened\nA group published data on 28 November 2024.\n\n\
                 2. People concerned\nAbout 70 people, children among them.\n";
    vec![
        duty(
            "NCH",
            "ICO, through the DSPT incident tool",
            "UK GDPR Art. 33(1)",
            Some("2024-12-01T10:15:00Z"),
            DutyStatus::Drafted,
            "A risk to people is likely: diagnoses with names were published.",
            draft,
        ),
        duty(
            "NCH",
            "the people concerned",
            "UK GDPR Art. 34(1)",
            None,
            DutyStatus::Drafted,
            "The risk is high for those with a diagnosis.",
            "Dear reader,\n\nWe are writing because information about you was taken.\n",
        ),
        duty("NCH", "EHC", "UK GDPR Art. 33(2)", None, DutyStatus::Open, "NCH runs the gateway for EHC.", ""),
        duty(
            "EHC",
            "ICO, through the DSPT incident tool",
            "UK GDPR Art. 33(1)",
            Some("2024-12-02T16:30:00Z"),
            DutyStatus::Open,
            "A risk to people is likely.",
            "",
        ),
        duty(
            "WUH",
            "ICO, through the DSPT incident tool",
            "UK GDPR Art. 33(1)",
            None,
            DutyStatus::NotTriggered,
            "No item's origin speaks for WUH.",
            "",
        ),
    ]
}
