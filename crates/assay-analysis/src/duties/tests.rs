//! Cases in, duties out; and the linter of the rule file.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    AgeBand, Assertion, AssertionId, Completeness, Confidence, ControllerHint, Element, ExhibitId, ExhibitKind,
    HintBasis, ItemCategory, ItemPath, ItemStatus, MentionId, PersonName, RegisterMatch, Role, Sensitive, Session,
    SessionVerdict, Sha256, SpecialCategory, SubjectId, UndeterminedReason, UnreadReason, VerdictKind,
};

use proptest::prelude::*;

use super::*;

/// A case of three trusts that share a gateway, which the first runs.
struct Case {
    info: CaseInfo,
    controllers: Vec<Controller>,
    relationships: Vec<Relationship>,
    exhibits: Vec<Exhibit>,
    items: Vec<Item>,
    subjects: Vec<DataSubject>,
    estimate: Estimate,
    parts: BTreeMap<Part, Expected>,
    verdicts: Vec<Verdict>,
    gateway: Option<GatewayAssessment>,
}

impl Case {
    fn new() -> Self {
        Self {
            info: CaseInfo {
                title: "Data published 28 November 2024".into(),
                reference: "INC-2024-11-28".into(),
                reference_date: "2024-11-28".parse().unwrap(),
                seed: 1,
            },
            controllers: vec![
                controller("NCH", "Northshore Children's NHS Foundation Trust", "RX1"),
                controller("EHC", "Eastbank Heart and Chest NHS Foundation Trust", "RX2"),
                controller("FND", "Northshore Friends' Charity", ""),
            ],
            relationships: vec![Relationship {
                processor: ControllerId::new("NCH"),
                controller: ControllerId::new("EHC"),
                service: "gateway".into(),
            }],
            exhibits: vec![exhibit("LEAK/1", ExhibitKind::Leak), exhibit("PRIOR/1", ExhibitKind::PriorLeak)],
            items: vec![item("LEAK/1", "fs01/Zebedee.csv", ItemStatus::Read)],
            subjects: Vec::new(),
            estimate: Estimate::default(),
            parts: BTreeMap::new(),
            verdicts: vec![victim("Northshore Childrens NHS Trust")],
            gateway: None,
        }
    }

    fn with(mut self, subjects: impl IntoIterator<Item = DataSubject>) -> Self {
        self.subjects.extend(subjects);
        let count = self.subjects.len() as u64;
        self.estimate =
            Estimate { count, floor: 0, estimate: count, low: count, high: count, ceiling: count, decoy_rate: 0.0 };
        self
    }

    fn duties(&self) -> Vec<Duty> {
        duties(&DutiesInput {
            case: &self.info,
            controllers: &self.controllers,
            relationships: &self.relationships,
            exhibits: &self.exhibits,
            items: &self.items,
            subjects: &self.subjects,
            estimate: &self.estimate,
            parts: &self.parts,
            verdicts: &self.verdicts,
            gateway: self.gateway.as_ref(),
        })
    }

    /// One duty a line, without its reason and draft.
    fn lines(&self) -> String {
        let due = |duty: &Duty| duty.due.map_or_else(|| "-".to_owned(), |due| due.to_string());
        let line = |d: &Duty| {
            format!("{} {} | {} | {} | {} | {}", d.id, d.controller, d.to, d.source, due(d), d.status.as_str())
        };
        self.duties().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The duty of a controller whose source holds the words.
    fn duty(&self, controller: &str, source: &str) -> Duty {
        let found = |d: &Duty| d.controller.as_str() == controller && d.source.contains(source);
        self.duties().into_iter().find(found).unwrap_or_else(|| panic!("{controller} {source}"))
    }
}

fn controller(id: &str, name: &str, ods_code: &str) -> Controller {
    Controller {
        id: ControllerId::new(id),
        name: name.into(),
        ods_code: ods_code.into(),
        aliases: Vec::new(),
        domains: Vec::new(),
        paths: Vec::new(),
        hospital_number: String::new(),
        aware_at: "2024-11-28T10:15:00Z".parse().ok(),
        aware_basis: "posts seen by the duty manager".into(),
    }
}

fn exhibit(id: &str, kind: ExhibitKind) -> Exhibit {
    Exhibit {
        id: ExhibitId::new(id),
        kind,
        files: 1,
        bytes: 1,
        sha256: Sha256::default(),
        blake3: [0; 32],
        completeness: Completeness::Unknown,
        custodian: String::new(),
        controller: None,
    }
}

fn item(exhibit: &str, path: &str, status: ItemStatus) -> Item {
    Item {
        exhibit: ExhibitId::new(exhibit),
        path: ItemPath::of_file(path),
        bytes: 1,
        sha256: Sha256::default(),
        media_type: "text/csv".into(),
        status,
        category: ItemCategory::PatientRecord,
        category_reasons: Vec::new(),
        controller_hints: Vec::new(),
        other_body: None,
        oldest: None,
        newest: None,
        warnings: Vec::new(),
        wants: Default::default(),
        opened_with: None,
        likeness: Default::default(),
    }
}

/// A person with a telling name, number and path: none of them may come out.
fn person(controllers: &[&str], role: Role, age: AgeBand, elements: &[Element]) -> DataSubject {
    DataSubject {
        id: SubjectId::new("P-000000000001"),
        mentions: vec![MentionId(1)],
        probability: 1.0,
        nhs_number: Some(Sensitive::new("9990000018".into())),
        name: Some(Sensitive::new(PersonName {
            title: String::new(),
            given: vec!["Zebedee".into()],
            family: "Quux".into(),
        })),
        date_of_birth: Some(Sensitive::new("2014-02-03".parse().unwrap())),
        postcode: Some(Sensitive::new("ZZ99 3VZ".into())),
        emails: vec![Sensitive::new("zebedee@example.org".into())],
        phones: Vec::new(),
        hospital_numbers: Vec::new(),
        role,
        controllers: controllers.iter().map(|id| ControllerId::new(*id)).collect(),
        candidates: Vec::new(),
        age,
        deceased: false,
        elements: elements.iter().copied().collect(),
        documents: vec![(ExhibitId::new("LEAK/1"), ItemPath::of_file("fs01/Zebedee.csv"))],
        register_match: RegisterMatch::Exact,
        register_rows: Vec::new(),
        counts: true,
        links: Vec::new(),
    }
}

fn adult_patient(controllers: &[&str]) -> DataSubject {
    person(controllers, Role::Patient, AgeBand::Adult, &[Element::Name, Element::NhsNumber, Element::Address])
}

fn victim(named: &str) -> Verdict {
    Verdict {
        assertion: Assertion {
            id: AssertionId::new("A4"),
            claim: ExhibitId::new("CLAIM/1"),
            kind: AssertionKind::Victim { named: named.into() },
            text: String::new(),
        },
        verdict: VerdictKind::Undetermined(UndeterminedReason::Insufficient),
        share: None,
        term: None,
        confidence: Confidence::Low,
        evidence_for: Vec::new(),
        evidence_against: Vec::new(),
    }
}

fn takeover() -> GatewayAssessment {
    let at = "2024-11-20T08:00:00".parse().unwrap();
    let session = Session {
        session_id: 7,
        user: Some(Sensitive::new("zebedee".into())),
        login: None,
        logout: None,
        first: at,
        last: at,
        client_ip: None,
        sources: Vec::new(),
        bytes_send: 0,
        bytes_recv: 0,
        detail: assay_model::SessionDetail::default(),
    };
    let flagged = SessionVerdict {
        session,
        verdict: TakeoverVerdict::ConsistentWithTakeover,
        indicators_for: Vec::new(),
        indicators_against: Vec::new(),
        score: 3.0,
        judged: None,
    };
    GatewayAssessment { sessions_total: 40, flagged: vec![flagged], ..GatewayAssessment::default() }
}

#[test]
fn the_named_trust_whose_systems_lost_nothing_is_not_told_to_write_to_its_patients() {
    // The seed: the claim names a children's trust, the data is another's.
    let mut case = Case::new().with([adult_patient(&["EHC"]), adult_patient(&["EHC"])]);
    case.subjects[0].candidates = vec![ControllerId::new("NCH")];
    assert_eq!(
        case.lines(),
        "D1 NCH | Information Commissioner's Office (ICO) | UK GDPR Art. 33(1) | 2024-12-01T10:15:00Z | open\n\
         D2 NCH | Data Security and Protection Toolkit (DSPT) incident report, NHS England | Guide to the Notification of Data \
         Security and Protection Incidents (DSPT) | 2024-12-01T10:15:00Z | open\n\
         D3 NCH | Eastbank Heart and Chest NHS Foundation Trust | UK GDPR Art. 33(2) | - | drafted\n\
         D4 NCH | the data subjects | UK GDPR Art. 34(1) | - | not-triggered\n\
         D5 EHC | Information Commissioner's Office (ICO) | UK GDPR Art. 33(1) | 2024-12-01T10:15:00Z | drafted\n\
         D6 EHC | Data Security and Protection Toolkit (DSPT) incident report, NHS England | Guide to the Notification of Data \
         Security and Protection Incidents (DSPT) | 2024-12-01T10:15:00Z | drafted\n\
         D7 EHC | the data subjects | UK GDPR Art. 34(1) | - | drafted\n\
         D8 FND | Information Commissioner's Office (ICO) | UK GDPR Art. 33(1) | 2024-12-01T10:15:00Z | not-triggered\n\
         D9 FND | the data subjects | UK GDPR Art. 34(1) | - | not-triggered"
    );
    assert_eq!(
        case.duty("NCH", "33(1)").reason,
        "The claim names this body, but no person's data from this body's systems was found in the items read: a person must \
         assess whether its data was taken; the 72 hours run from 2024-11-28T10:15:00Z (posts seen by the duty manager)."
    );
    let letter = case.duty("NCH", "34");
    assert_eq!(letter.draft, "");
    assert_eq!(
        letter.reason,
        "Nobody whose data came from this body's systems was found: on this evidence it writes to no patient; of those in \
         its register, 1 person appears in items of other bodies, who answer for them."
    );
    assert!(case.duty("NCH", "33(1)").draft.contains("Number of data subjects: not yet known."));
    assert_eq!(case.duty("FND", "33(1)").draft, "");
}

#[test]
fn a_clock_whose_start_is_not_recorded_has_no_end_and_says_what_to_do() {
    let mut case = Case::new().with([adult_patient(&["NCH"])]);
    case.controllers[0].aware_at = None;
    let duty = case.duty("NCH", "33(1)");
    assert_eq!((duty.due, duty.status), (None, DutyStatus::Drafted));
    assert!(
        duty.reason
            .ends_with("the start of the clock is not recorded: set aware_at and aware_basis of NCH in case.toml.")
    );
    assert!(duty.draft.contains("Became aware: [to be completed: the clock's start is not recorded]"));
    // A clock at the end of time does not wrap.
    case.controllers[0].aware_at = Some(Timestamp::MAX);
    assert_eq!(case.duty("NCH", "33(1)").due, None);
}

#[test]
fn duties_of_one_body_stand_by_due_time_and_those_without_last() {
    let duties = Case::new().with([adult_patient(&["NCH"]), adult_patient(&["EHC"])]).duties();
    for pair in duties.windows(2).filter(|pair| pair[0].controller == pair[1].controller) {
        assert!((pair[0].due.is_none(), pair[0].due) <= (pair[1].due.is_none(), pair[1].due));
    }
    let ids: Vec<String> = duties.iter().map(|duty| duty.id.to_string()).collect();
    assert_eq!(ids, (1..=duties.len()).map(|n| format!("D{n}")).collect::<Vec<_>>());
}

#[test]
fn the_report_holds_the_numbers_of_its_own_body() {
    let child = person(
        &["NCH"],
        Role::Patient,
        AgeBand::Child,
        &[Element::Name, Element::Diagnosis, Element::Special(SpecialCategory::Safeguarding)],
    );
    let donor = person(&["NCH"], Role::Donor, AgeBand::Adult, &[Element::Name, Element::BankAccount]);
    let mut dead = adult_patient(&["NCH"]);
    dead.deceased = true;
    let undecided = adult_patient(&[]);
    let mut case = Case::new().with([child, donor, dead, adult_patient(&["EHC"]), adult_patient(&["EHC"]), undecided]);
    // Six found; the case's maximum is 20.
    case.estimate = Estimate { count: 6, floor: 1, estimate: 8, low: 5, high: 12, ceiling: 20, decoy_rate: 0.0 };
    case.parts.insert(Part::Controller(ControllerId::new("NCH")), Expected { count: 3, estimate: 4, low: 2, high: 6 });
    case.items.push(item("LEAK/1", "b.zip", ItemStatus::Unread(UnreadReason::Encrypted)));
    case.items.push(item("LEAK/1", "c.tif", ItemStatus::Unread(UnreadReason::NoOcr)));
    case.items.push(item("PRIOR/1", "d.zip", ItemStatus::Unread(UnreadReason::Encrypted)));
    let draft = case.duty("NCH", "33(1)").draft;
    for line in [
        "Controller: Northshore Children's NHS Foundation Trust (ODS code RX1)",
        "- Became aware: 2024-11-28T10:15:00Z (posts seen by the duty manager)",
        "- The report is due: 2024-12-01T10:15:00Z; if it is later: [to be completed: the reasons for the delay]",
        "- Data subjects found: 2 living people",
        // At most 20 less the two who are EHC's alone.
        "- In the items held, read or not: between 2 and 6 (95 % interval for this body)",
        "- At most, in the items held: 18 (the case's maximum less those who are other bodies' alone)",
        "- By role: patient 1, donor 1",
        "- On 2024-11-28: children (under 18) 1, adults 1, age not known 0",
        "- Known to be dead, and not in the numbers above: 1 (outside UK GDPR; the duty of confidence can outlive them)",
        "- Records: about 2 in 1 document",
        "    health: 1",
        "    economic and financial data: 1",
        "    other: safeguarding: 1",
        "- In detail: bank account 1, diagnosis 1, name 2, safeguarding 1",
        "- 2 of 3 items could not be read (encrypted 1, pictures without text recognition 1). Who is in them is not known.",
        "- Found, but not decided to be any body's: 1 person. Some may be this body's.",
        "- Fraud and loss of money.",
    ] {
        assert!(draft.lines().any(|found| found == line), "{line}\nnot in\n{draft}");
    }
    assert!(draft.contains("They set no bound on what the criminals hold."));
}

#[test]
fn a_letter_speaks_of_what_was_taken_from_that_body_and_leaves_children_to_a_person() {
    let child = person(&["NCH"], Role::Patient, AgeBand::Child, &[Element::Name, Element::Diagnosis]);
    let adult = person(&["NCH"], Role::Donor, AgeBand::Adult, &[Element::Name, Element::Email, Element::BankAccount]);
    let harmless = person(&["NCH"], Role::SupplierContact, AgeBand::Unknown, &[Element::Name, Element::Email]);
    let other = person(&["EHC"], Role::Staff, AgeBand::Adult, &[Element::Name, Element::Passport]);
    let case = Case::new().with([child, adult, harmless, other]);
    let duty = case.duty("NCH", "34");
    assert_eq!(
        duty.reason,
        "A high risk is likely for 2 living people: special category data (1), patient (1), child (1), means of fraud (1)."
    );
    let (guide, letter) = duty.draft.split_once("\nLetter\n").unwrap();
    assert!(guide.contains("To: 2 living people"), "{guide}");
    assert!(
        guide.contains("1 person is under 18: a person decides whether the letter goes to the child or to a parent.")
    );
    assert!(guide.contains("For 1 of them the items read hold no address, phone or email"));
    assert!(letter.contains("The files may show your: bank account, diagnosis, email, name."));
    assert!(letter.contains("tell your bank") && !letter.contains("passport") && !letter.contains("95 %"));
}

#[test]
fn people_without_what_makes_a_risk_high_are_reported_but_not_written_to() {
    let contact = person(&["FND"], Role::Donor, AgeBand::Adult, &[Element::Name, Element::Email]);
    let case = Case::new().with([contact]);
    assert_eq!(case.duty("FND", "33(1)").status, DutyStatus::Drafted);
    let letter = case.duty("FND", "34");
    assert_eq!(letter.status, DutyStatus::NotTriggered);
    assert_eq!(letter.reason, "Nothing that makes a high risk likely was found about this body's people.");
}

#[test]
fn who_does_not_count_who_is_dead_and_who_leaked_before_trigger_nothing() {
    let mut named_only = adult_patient(&["FND"]);
    named_only.counts = false;
    let mut before = adult_patient(&["FND"]);
    before.documents = vec![(ExhibitId::new("PRIOR/1"), ItemPath::of_file("old.csv"))];
    let mut case = Case::new().with([named_only, before]);
    assert_eq!(case.duty("FND", "33(1)").status, DutyStatus::NotTriggered);
    // The same bytes lie in this leak: then they were taken now too.
    let again = ItemStatus::Duplicate(ExhibitId::new("PRIOR/1"), ItemPath::of_file("old.csv"));
    case.items.push(item("LEAK/1", "copy.csv", again));
    assert_eq!(case.duty("FND", "33(1)").status, DutyStatus::Drafted);

    let mut dead = adult_patient(&["FND"]);
    dead.deceased = true;
    let case = Case::new().with([dead]);
    assert_eq!(
        (case.duty("FND", "33(1)").status, case.duty("FND", "34").status),
        (DutyStatus::Open, DutyStatus::NotTriggered)
    );
}

#[test]
fn an_archive_from_a_bodys_share_that_could_not_be_opened_keeps_its_report_open() {
    let mut case = Case::new();
    let hint = |basis| ControllerHint { controller: ControllerId::new("FND"), basis };
    case.items.push(item("LEAK/1", "fnd/all.zip", ItemStatus::Unread(UnreadReason::Encrypted)));
    case.items[1].controller_hints = vec![hint(HintBasis::Domain), hint(HintBasis::Letterhead)];
    assert_eq!(case.duty("FND", "33(1)").status, DutyStatus::NotTriggered);
    case.items[1].controller_hints.push(hint(HintBasis::Path));
    let duty = case.duty("FND", "33(1)");
    assert_eq!(duty.status, DutyStatus::Open);
    assert!(
        duty.reason.starts_with("1 item came from this body's shares (1 of them not read), but no person"),
        "{}",
        duty.reason
    );
    assert_eq!(case.duty("FND", "34").status, DutyStatus::NotTriggered);
}

#[test]
fn a_processor_tells_the_controller_what_it_knows() {
    let notice = |case: &Case| case.duty("NCH", "33(2)");
    // Nothing found and nothing seen.
    let mut case = Case::new();
    assert_eq!((notice(&case).status, notice(&case).draft.as_str()), (DutyStatus::NotTriggered, ""));
    // The gateway that it runs looks taken over.
    case.gateway = Some(takeover());
    let open = notice(&case);
    assert_eq!((open.status, open.due), (DutyStatus::Open, None));
    assert!(open.reason.starts_with("1 session of the gateway is consistent with takeover, but"), "{}", open.reason);
    assert!(open.draft.contains("- Gateway: 1 of 40 sessions rebuilt from its logs is consistent with takeover."));
    // A body that is no party to the gateway is not told of it.
    let apart =
        Case { gateway: Some(takeover()), ..Case::new() }.with([adult_patient(&["FND"]), adult_patient(&["EHC"])]);
    assert!(apart.duty("EHC", "33(1)").draft.contains("- Gateway: 1 of 40"));
    assert!(!apart.duty("FND", "33(1)").draft.contains("Gateway"));
    // The controller's people are there.
    let case = Case::new().with([adult_patient(&["EHC"])]);
    assert_eq!(notice(&case).status, DutyStatus::Drafted);
    assert!(
        notice(&case)
            .draft
            .contains("- Your people found in the items read: 1, of them children (under 18) on 2024-11-28: 0.")
    );
    // A processor that is no controller of the case still owes it.
    let mut case = case;
    case.relationships[0].processor = ControllerId::new("HOST");
    let duty = case.duty("HOST", "33(2)");
    assert_eq!((duty.id.as_str(), duty.due), (format!("D{}", case.duties().len()).as_str(), None));
}

#[test]
fn a_case_with_a_claim_alone_has_its_clock() {
    let mut case = Case::new();
    case.items.clear();
    case.exhibits.clear();
    let duty = case.duty("NCH", "33(1)");
    assert_eq!((duty.status, duty.due), (DutyStatus::Open, "2024-12-01T10:15:00Z".parse().ok()));
    assert!(duty.reason.starts_with("The claim names this body, but no leaked items are held"), "{}", duty.reason);
    assert!(
        duties(&DutiesInput {
            case: &case.info,
            controllers: &[],
            relationships: &[],
            exhibits: &[],
            items: &[],
            subjects: &[],
            estimate: &Estimate::default(),
            parts: &BTreeMap::new(),
            verdicts: &[],
            gateway: None
        })
        .is_empty()
    );
}

#[test]
fn no_personal_value_path_or_user_comes_out() {
    let mut case = Case::new().with([
        person(&["NCH"], Role::Patient, AgeBand::Child, &Element::parse("name").into_iter().collect::<Vec<_>>()),
        person(&["EHC"], Role::Staff, AgeBand::Adult, &[Element::Name, Element::Credential, Element::Salary]),
    ]);
    case.gateway = Some(takeover());
    for duty in case.duties() {
        let all = format!("{duty:?}").to_lowercase();
        for value in ["zebedee", "quux", "9990000018", "2014-02-03", "zz99", "fs01"] {
            assert!(!all.contains(value), "{value} in {all}");
        }
    }
}

fn anybody() -> impl Strategy<Value = DataSubject> {
    let bodies = prop::sample::subsequence(vec!["NCH", "EHC", "FND", "NONE"], 0..3);
    let ages = prop::sample::select(vec![AgeBand::Child, AgeBand::Adult, AgeBand::Unknown]);
    let elements =
        prop::sample::subsequence(vec![Element::Name, Element::Diagnosis, Element::Email, Element::Salary], 0..4);
    let roles = prop::sample::select(Role::ALL.to_vec());
    let exhibits = prop::sample::select(vec!["LEAK/1", "PRIOR/1"]);
    (bodies, ages, elements, roles, exhibits, any::<[bool; 3]>()).prop_map(
        |(bodies, age, elements, role, exhibit, flags)| {
            let mut subject = person(&bodies, role, age, &elements);
            subject.documents = vec![(ExhibitId::new(exhibit), ItemPath::of_file("a"))];
            (subject.counts, subject.deceased) = (flags[0] || flags[1], flags[1] && flags[2]);
            subject
        },
    )
}

proptest! {
    #[test]
    fn nobody_is_told_to_write_to_people_whose_data_another_lost(
        subjects in prop::collection::vec(anybody(), 0..12),
        figures in any::<[u64; 4]>(),
        gateway in any::<bool>(),
    ) {
        let mut case = Case::new().with(subjects);
        let [low, high, ceiling, count] = figures;
        case.estimate = Estimate { count, floor: 0, estimate: low, low, high, ceiling, decoy_rate: 0.0 };
        case.gateway = gateway.then(takeover);
        let theirs = |id: &ControllerId| {
            let here = |s: &&DataSubject| s.counts && !s.deceased && s.documents[0].0.as_str() == "LEAK/1";
            case.subjects.iter().filter(here).any(|s| s.controllers.contains(id))
        };
        for duty in case.duties() {
            let own = theirs(&duty.controller);
            if duty.source.contains("34") {
                prop_assert!(own || duty.status == DutyStatus::NotTriggered);
                prop_assert_eq!(duty.status == DutyStatus::Drafted, !duty.draft.is_empty());
            }
            if duty.source.contains("33(1)") {
                prop_assert_eq!(own, duty.status == DutyStatus::Drafted);
                prop_assert_eq!(duty.due, "2024-12-01T10:15:00Z".parse().ok());
            }
            prop_assert!(duty.reason.ends_with('.') && duty.reason.len() > 10);
        }
    }
}

#[test]
fn the_rules_have_sources_and_keep_their_promises() {
    let rules = rules::shipped();
    for kind in DutyKind::ALL {
        assert!(rules.source(kind).is_some(), "{kind:?}");
    }
    assert_eq!(rules.sources().len(), DutyKind::ALL.len(), "a duty that code does not know");
    for duty in rules.sources() {
        assert!(
            [&duty.to, &duty.source, &duty.reason, &duty.read_at].iter().all(|text| !text.is_empty()),
            "{}",
            duty.id
        );
        assert!(duty.hours.is_none_or(|hours| hours > 0), "{}", duty.id);
    }
    for rule in &rules.high_risk {
        assert!(!rule.reason.is_empty() && !rule.source.is_empty(), "{}", rule.name);
        for word in &rule.elements {
            assert!(Element::parse(word).and_then(Element::published).is_some(), "{}: {word}", rule.name);
        }
        for word in &rule.roles {
            assert!(Role::parse(word).is_some(), "{}: {word}", rule.name);
        }
        assert!(!rule.examples.is_empty() && !rule.counter_examples.is_empty(), "{}", rule.name);
        for (examples, expected) in [(&rule.examples, true), (&rule.counter_examples, false)] {
            for example in examples {
                let (role, age, elements) = person_in_short(example);
                assert_eq!(rule.meets(role, age, &elements), expected, "{}: {example}", rule.name);
            }
        }
    }
    // Every element that a report counts stands in exactly one category of the regulator's form.
    let words: Vec<&String> = rules.category.iter().flat_map(|category| &category.elements).collect();
    let distinct: BTreeSet<&str> = words.iter().map(|word| word.as_str()).collect();
    assert_eq!(words.len(), distinct.len(), "an element in two categories");
    let special = SpecialCategory::ALL.map(|category| category.as_str());
    let plain = [
        "name",
        "date of birth",
        "nhs number",
        "hospital number",
        "address",
        "phone",
        "email",
        "diagnosis",
        "national insurance number",
        "bank account",
        "payment card",
        "passport number",
        "driving licence number",
        "photograph",
        "credential",
        "salary",
    ];
    assert_eq!(distinct, special.into_iter().chain(plain).collect::<BTreeSet<_>>());
    assert!(rules.category.iter().all(|category| !category.consequence.is_empty() && !category.source.is_empty()));
}

/// `patient; child; name, address`.
fn person_in_short(text: &str) -> (Role, AgeBand, BTreeSet<Element>) {
    let parts: Vec<&str> = text.split("; ").collect();
    let [role, age, elements] = parts[..] else { panic!("{text}") };
    let age = match age {
        "child" => AgeBand::Child,
        "adult" => AgeBand::Adult,
        "unknown" => AgeBand::Unknown,
        other => panic!("{other}"),
    };
    let elements = elements.split(", ").map(|word| Element::parse(word).unwrap_or_else(|| panic!("{word}"))).collect();
    (Role::parse(role).unwrap(), age, elements)
}
