//! Messages and documents of health systems.

use super::{check, printed};
use crate::extract::Limits;

pub(super) const MESSAGE: &str = "MSH|^~\\&|PAS|RX2|||202403120900||ADT^A01|M1|P|2.4\r\
PID|1||EH123456^^^EHC^MR~9990000018^^^NHS^NH||HALL^ANN^MAY^^MRS||19700102|F|||1 HIGH STREET^^NORTHSHORE^^ZZ99 3VZ||07700900001^PRN^PH~^NET^Internet^ann@example.org|07700900002^WPN\r\
NK1|1|HALL^BO|SPO^Spouse|2 Low Road^^^^ZZ99 4VZ|07700900003\r\
PV1|1|I|W1||||C1^Brown^Dora^^^Dr\r\
IN1|1|A||||||||||||||STONE^CY|FTH|19400203\r\
DG1|1||I25.1^Heart \\T\\ vessels\r\
OBX|1|TX|REP^Report||Dear colleague,\\.br\\seen today \\X4869\\||||||F\r\
NTE|1||Allergic \\S\\ to latex\r\
OBX|2|ED|DOC||APP^application^pdf^Base64^JVBERi0xLjQKaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQK||||||F\r";

const READ: &str = "
    read application/hl7-v2
    # [MSH]
    1 message | MSH-1 | MSH-2 | MSH-3 | MSH-4 | MSH-5 | MSH-6 | MSH-7 | MSH-8 | MSH-9 | MSH-10 | MSH-11 | MSH-12 | MSH-13 | MSH-14 | MSH-15
    2 M1 | - | - | PAS | RX2 | - | - | 202403120900 | - | ADT A01 | M1 | P | 2.4
    # [next of kin]
    1 Next of kin Surname | Next of kin Forename | Next of kin Title | Relationship | Next of kin Address | Next of kin Postcode | Next of kin Phone | Next of kin Mobile | Next of kin Email | Next of kin Date of birth | message
    2 HALL | BO | - | Spouse | 2 Low Road | ZZ99 4VZ | 07700900003 | - | - | - | M1
    # [clinicians]
    1 Clinician | acting as | code | message
    2 Dr Dora Brown | attending | C1 | M1
    # [PV1]
    1 message | PV1-1 | PV1-2 | PV1-3 | PV1-4 | PV1-5 | PV1-6 | PV1-7
    2 M1 | 1 | I | W1
    # [insured persons]
    1 Policy holder Surname | Policy holder Forename | Policy holder Title | Relationship | Policy holder Address | Policy holder Postcode | Policy holder Phone | Policy holder Mobile | Policy holder Email | Policy holder Date of birth | message
    2 STONE | CY | - | FTH | - | - | - | - | - | d1940-02-03 | M1
    # [IN1]
    1 message | IN1-1 | IN1-2 | IN1-3 | IN1-4 | IN1-5 | IN1-6 | IN1-7
    2 M1 | 1 | A
    # [DG1]
    1 message | DG1-1 | DG1-2 | DG1-3 | DG1-4 | DG1-5 | DG1-6 | DG1-7
    2 M1 | 1 | - | I25.1 Heart & vessels
    # [OBX]
    1 message | OBX-1 | OBX-2 | OBX-3 | OBX-4 | OBX-5 | OBX-6 | OBX-7 | OBX-8 | OBX-9 | OBX-10 | OBX-11 | OBX-12 | OBX-13 | OBX-14 | OBX-15
    2 M1 | 1 | TX | REP Report | - | - | - | - | - | - | - | F
    3 M1 | 2 | ED | DOC | - | - | - | - | - | - | - | F
    # [patients]
    1 NHS Number | Hospital number | Unit number | Local patient ID | Surname | Forename | Middle names | Title | Alias | Date of birth | Sex | Address | Postcode | Home phone | Mobile | Work phone | Email | Ethnicity | Religion | Date of death | Maiden name of mother | Diagnosis | message
    2 9990000018 | EH123456 | - | - | HALL | ANN | MAY | MRS | - | d1970-01-02 | Female | 1 HIGH STREET, NORTHSHORE | ZZ99 3VZ | 07700900001 | - | 07700900002 | ann@example.org | - | - | - | - | Heart & vessels | M1
    = [notes]
    1 Report:
    2 Dear colleague,
    3 seen today Hi
    4 Allergic ^ to latex
    > document 1.pdf 57: %PDF-1.4\\nhello world hello world hello world hello world\\n";

#[test]
fn a_message_gives_its_people_by_role() {
    check(MESSAGE.as_bytes(), "x", READ);
    // Line feeds, both, and a batch around it.
    check(MESSAGE.replace('\r', "\n").as_bytes(), "x.txt", READ);
    check(MESSAGE.replace('\r', "\r\n").as_bytes(), "x.csv", READ);
}

#[test]
fn separators_are_those_that_the_message_declares() {
    let other: String = MESSAGE
        .chars()
        .map(|one| match one {
            '|' => '#',
            '^' => '*',
            '~' => '$',
            other => other,
        })
        .collect();
    // The escape for a component's separator stands for the one of this message.
    check(other.as_bytes(), "x", &READ.replace("Allergic ^", "Allergic *"));
}

#[test]
fn messages_on_a_wire_are_found_among_other_bytes() {
    let mut wire = b"\xd4\xc3\xb2\xa1\0\0\x02\x01".to_vec();
    for name in ["HALL", "STONE"] {
        wire.extend(b"\x0b");
        wire.extend(MESSAGE.replace("HALL^ANN", &format!("{name}^ANN")).as_bytes());
        wire.extend(b"\x1c\r\0\x01\x02");
    }
    let got = printed(&wire, "x", &Limits::default());
    assert!(got.contains("| HALL | ANN |") && got.contains("| STONE | ANN |"), "{got}");
    assert!(got.starts_with("read application/hl7-v2"), "{got}");
}

#[test]
fn what_two_quotes_delete_is_no_value_and_self_is_no_other() {
    let message =
        "FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A\rPID|1||\"\"||HALL^\"\"\rIN1|1|A||||||||||||||HALL^ANN|SEL\rBTS|1\rFTS|1\r";
    let got = printed(message.as_bytes(), "x", &Limits::default());
    assert!(got.contains("2 - | - | - | - | HALL | - |") && !got.contains("insured"), "{got}");
}

#[test]
fn fhir_in_xml_is_as_in_json() {
    let xml = "<Bundle xmlns='http://hl7.org/fhir'><entry><resource><Patient><id value='p1'/>\
        <identifier><system value='https://fhir.nhs.uk/Id/nhs-number'/><value value='9990000018'/></identifier>\
        <name><family value='Hall'/><given value='Ann'/></name><birthDate value='1970-01-02'/></Patient></resource></entry>\
        <entry><resource><DocumentReference><id value='d'/><content><attachment><contentType value='text/plain'/>\
        <data value='SGVsbG8gdGhlcmUsIEFubg=='/></attachment></content></DocumentReference></resource></entry></Bundle>";
    check(
        xml.as_bytes(),
        "x",
        "read application/xml
         # [DocumentReference]
         1 resourceType | id
         2 DocumentReference | d
         # [DocumentReference.content]
         1 parent id | attachment.contentType
         2 d | text/plain
         # [Patient]
         1 id | NHS Number | Family name | Given names | Name | Date of birth | Sex | Address | Postcode | Phone | Email | Other identifiers
         2 p1 | 9990000018 | Hall | Ann | - | 1970-01-02 | - | - | - | - | - | -
         > document 1.txt 18: Hello there, Ann",
    );
}

#[test]
fn a_clinical_document_has_its_people_its_narrative_and_its_body() {
    let document = "<ClinicalDocument xmlns='urn:hl7-org:v3'><recordTarget><patientRole><id root='1.2' extension='H77'/>\
        <patient><name><given>Ann</given><family>Hall</family></name><guardian><telecom value='tel:07700900001'/>\
        <guardianPerson><name><given>Bo</given><family>Hall</family></name></guardianPerson></guardian></patient></patientRole></recordTarget>\
        <author><assignedAuthor><assignedPerson><name><prefix>Dr</prefix><family>Brown</family></name></assignedPerson></assignedAuthor></author>\
        <participant typeCode='IND'><associatedEntity classCode='NOK'><associatedPerson><name>Cy Hall</name></associatedPerson></associatedEntity></participant>\
        <component><structuredBody><component><section><title>Findings</title><text><paragraph>Seen <content>today</content>.</paragraph>\
        <table><tr><th>Test</th><th>Result</th></tr><tr><td>HbA1c</td><td>42</td></tr></table></text></section></component></structuredBody></component>\
        </ClinicalDocument>";
    check(
        document.as_bytes(),
        "x",
        "read application/xml
         = []
         1 Name: Ann Hall
         2 Hospital number: H77
         3
         4 Guardian Name: Bo Hall
         5 Guardian Phone: 07700900001
         6
         7 Next of kin Name: Cy Hall
         8
         9 Author: Dr Brown
         = [text]
         1
         2 Findings
         3 Seen today.
         # [text table 1]
         1 Test | Result
         2 HbA1c | 42",
    );
    let body = "<ClinicalDocument xmlns='urn:hl7-org:v3'><component><nonXMLBody><text mediaType='application/pdf' representation='B64'>JVBERi0xLjQ=</text></nonXMLBody></component></ClinicalDocument>";
    check(body.as_bytes(), "x", "read application/xml\n> document 1.pdf 9: %PDF-1.4");
}
