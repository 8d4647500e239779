//! Database dumps and data formats.

use super::pictures::Sizes;
use super::{check, check_within, printed, printed_with};
use crate::extract::{Limits, Reading};

pub(super) const MYSQL: &str = "-- MySQL dump 10.13  Distrib 8.0.36
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `patient`;
CREATE TABLE `patient` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(80) DEFAULT 'a, b',
  `nhs` decimal(10,0),
  `born` date,
  PRIMARY KEY (`id`),
  KEY `k` (`name`)
) ENGINE=InnoDB COMMENT='people; all';
LOCK TABLES `patient` WRITE;
INSERT INTO `patient` VALUES (1,'Ann O\\'Hara',9990000018,'1970-01-02'),(2,'Bo \"x\"; (y)\\n2',NULL,'007');
UNLOCK TABLES;
INSERT IGNORE INTO `visit` (`patient_id`, `note`) VALUES (1,_utf8mb4'It''s -- fine');
INSERT INTO `patient` VALUES (3,'Cy',0123,CURRENT_DATE);
UPDATE patient SET name = 'x';
";

#[test]
fn a_mysql_dump_is_its_tables() {
    check(
        MYSQL.as_bytes(),
        "dump.txt",
        "partial application/sql
         ! statements that change data other than by INSERT or COPY were not followed
         # [patient]
         1 id | name | nhs | born
         2 n1 | Ann O'Hara | n9990000018 | 1970-01-02
         3 n2 | Bo \"x\"; (y)⏎2 | - | 007
         4 n3 | Cy | 0123 | CURRENT_DATE
         # [visit]
         1 patient_id | note
         2 n1 | It's -- fine",
    );
}

pub(super) const POSTGRES: &str = "--
-- PostgreSQL database dump
--
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$
INSERT INTO log VALUES ('it''s no row');
$_$;
CREATE TABLE public.patient (
    id integer NOT NULL,
    \"Family name\" text,
    CONSTRAINT c CHECK ((id > 0))
);
COPY public.patient (id, \"Family name\", phone) FROM stdin;
1\tHara\\\\\\tO\t07700900001
2\t\\N\t2.50
\\.

COPY clinic.empty (id) FROM stdin;
\\.
INSERT INTO public.patient VALUES (3, 'back\\slash'), (4, E'it\\'s'::text);
INSERT INTO clinic.visit (id, at) OVERRIDING SYSTEM VALUE VALUES (-1.5, '2020-01-01'::date);
";

#[test]
fn a_postgresql_dump_is_its_tables() {
    check(
        POSTGRES.as_bytes(),
        "dump.csv",
        "read application/sql
         # [patient]
         1 id | Family name | phone
         2 n1 | Hara\\\tO | 07700900001
         3 n2 | - | 2.50
         # [patient]
         4 id | Family name
         5 n3 | back\\slash
         6 n4 | it's
         # [clinic.visit]
         1 id | at
         2 n-1.5 | 2020-01-01",
    );
}

pub(super) const SERVER: &str = "USE [Clinic]\r
GO\r
/****** Object:  Table [dbo].[Patient] ******/\r
SET ANSI_NULLS ON\r
GO\r
CREATE TABLE [dbo].[Patient](\r
\t[Id] [int] IDENTITY(1,1) NOT NULL,\r
\t[Full Name] [nvarchar](50) NULL,\r
 CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([Id] ASC)\r
) ON [PRIMARY]\r
GO\r
SET IDENTITY_INSERT [dbo].[Patient] ON \r
INSERT [dbo].[Patient] ([Id], [Full Name], [Born]) VALUES (1, N'Zoë D''Arcy\\', CAST(N'1970-01-02' AS Date))\r
INSERT [dbo].[Patient] ([Id], [Full Name], [Born]) VALUES (2, NULL, CAST(0x0000 AS DateTime))\r
GO\r
INSERT INTO [dbo].[Patient] VALUES (3, 'Bo')\r
";

#[test]
fn a_sql_server_script_is_its_tables() {
    let expect = "
        read application/sql
        # [Patient]
        1 Id | Full Name | Born
        2 n1 | Zoë D'Arcy\\ | 1970-01-02
        3 n2 | - | CAST(0x0000 AS DateTime)
        # [Patient]
        4 Id | Full Name
        5 n3 | Bo";
    check(SERVER.as_bytes(), "script", expect);
    // Management Studio saves scripts so.
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(SERVER.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check(&wide, "script.sql", expect);
}

#[test]
fn rows_of_sql_come_in_pieces_and_damage_costs_its_statement() {
    let limits = Limits { passage_rows: 2, ..Limits::default() };
    check_within(
        b"INSERT INTO p (a,b) VALUES (1,'x'),(2,'y');\nINSERT INTO p (a,b) VALUES (3,'unclosed);\nINSERT INTO p (a,b) VALUES (4,5",
        "x",
        &limits,
        "partial application/sql
         ! statements that are damaged were not read
         # [p]
         1 a | b
         2 n1 | x
         # [p] continued
         3 n2 | y",
    );
}

#[test]
fn words_of_sql_make_no_dump() {
    let is = |text: &str, media_type: &str| {
        let got = printed(text.as_bytes(), "x", &Limits::default());
        assert!(got.starts_with(&format!("read {media_type}")), "{got}");
    };
    is("Insert the needle, then wait.\nCreate a table of values.\n", "text/plain");
    is("insert,create,values\n1,2,3\n4,5,6\n", "text/csv");
    is("id,query,ms\n1,INSERT INTO p VALUES (1),2\n3,INSERT INTO p VALUES (1),5\n", "text/csv");
    // A script without rows keeps its text.
    is("CREATE TABLE p (a int);\n", "application/sql\n= []\n1 CREATE TABLE p (a int);");
}

pub(super) const LINES: &str = "{\"id\":1,\"name\":{\"family\":\"Hall\"},\"tags\":[\"a\",\"b\"],\"visits\":[{\"on\":\"2020-01-01\"},{\"on\":null,\"ward\":\"3\"}]}
{\"id\":2,\"nhs\":9990000018,\"name\":{\"family\":\"Zo\\u00eb\",\"given\":\"\\ud83d\\ude00\"}}
";

#[test]
fn objects_of_json_are_rows() {
    let expect = "
        read application/json
        # []
        1 id | name.family | tags | nhs | name.given
        2 n1 | Hall | a; b
        3 n2 | Zoë | - | n9990000018 | 😀
        # [visits]
        1 parent id | on | ward
        2 1 | 2020-01-01
        3 1 | - | 3";
    check(LINES.as_bytes(), "x", expect);
    check(format!("[{}]", LINES.trim_end().replace('\n', ",\n")).as_bytes(), "x.csv", expect);
}

#[test]
fn other_json_is_lines_and_what_is_cut_short_keeps_its_records() {
    check(
        b"{\"trust\":{\"name\":\"North\\nshore\"},\"staff\":[{\"name\":\"Ann\"}],\"n\":[1,[2]]}",
        "x",
        "read application/json
         = []
         1 trust.name: North shore
         2 n: 1
         3 n: 2
         # [staff]
         1 name
         2 Ann",
    );
    check(
        b"[{\"a\":1,\"b\":2},\n{\"a\":3,\"b\":4},{\"a\":5,\"b",
        "x",
        "partial application/json
         ! records that are damaged were not read
         # []
         1 a | b
         2 n1 | n2
         3 n3 | n4",
    );
    check(b"[section]\nkey=value\n", "x", "read text/plain\n= []\n1 [section]\n2 key=value");
}

pub(super) const FHIR: &str = r#"{"resourceType":"Bundle","type":"searchset","entry":[
{"resource":{"resourceType":"Patient","id":"p1","identifier":[
 {"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"},{"system":"urn:mrn","value":"H77"}],
 "name":[{"use":"old","family":"Stone"},{"use":"official","family":"Hall","given":["Ann","May"]}],
 "telecom":[{"system":"phone","value":"07700900001"},{"system":"email","value":"ann@example.org"}],
 "gender":"female","birthDate":"1970-01-02",
 "address":[{"line":["1 High Street"],"city":"Northshore","postalCode":"ZZ99 3VZ"}],
 "contact":[{"name":{"family":"Hall","given":["Bo"]}}]}},
{"resource":{"resourceType":"Practitioner","id":"d1","name":[{"text":"Dr Brown"}]}},
{"resource":{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"code":{"text":"Asthma"}}}]}"#;

#[test]
fn persons_of_fhir_have_readable_headers() {
    let header = "1 id | NHS Number | Family name | Given names | Name | Date of birth | Sex | Address | Postcode | Phone | Email | Other identifiers";
    check(
        FHIR.as_bytes(),
        "x",
        &format!(
            "read application/json
             # [Condition]
             1 resourceType | id | subject.reference | code.text
             2 Condition | c1 | Patient/p1 | Asthma
             # [Patient]
             {header}
             2 p1 | 9990000018 | Hall | Ann May | - | 1970-01-02 | female | 1 High Street, Northshore | ZZ99 3VZ | 07700900001 | ann@example.org | H77
             # [Patient.contact]
             1 parent id | name.family | name.given
             2 p1 | Hall | Bo
             # [Practitioner]
             {header}
             2 d1 | - | - | - | Dr Brown | - | - | - | - | - | - | -"
        ),
    );
}

#[test]
fn a_sqlite_database_is_its_tables() {
    let got = printed(&sqlite(), "x", &Limits::default());
    let start = "partial application/vnd.sqlite3
! tables without row ids were not read: unsupported
# [patient]
1 id | Full name | nhs | height | note
2 n1 | Zoë 1 | n9990000018 | n1.5 | n
3 n2 | Zoë 2 | - | n1.5 | n
";
    assert!(got.starts_with(start), "{got}");
    let end =
        format!("30 n29 | Zoë 29 | n9990000018 | n1.5 | n\n31 n30 | Zoë 30 | - | n1.5 | {}END\n", "x".repeat(1000));
    assert!(got.ends_with(&end), "{got}");
}

#[test]
fn a_page_of_sqlite_that_holds_itself_ends() {
    let mut bytes = sqlite();
    // The root of the patients' tree is the second page; its right-most child becomes itself.
    assert_eq!(bytes[512], 5);
    bytes[520..524].copy_from_slice(&2_u32.to_be_bytes());
    let got = printed(&bytes, "x", &Limits::default());
    assert!(got.contains("! pages of the database that are damaged were not read"), "{got}");
    assert!(got.contains("2 n1 | Zo"), "{got}");
}

pub(super) fn dbf() -> Vec<u8> {
    let mut bytes = vec![0x03, 124, 5, 3, 3, 0, 0, 0];
    let fields = [("NAME", b'C', 6_u8), ("NHS", b'N', 10), ("BORN", b'D', 8), ("WELL", b'L', 1)];
    bytes.extend(((32 + 32 * fields.len() + 1) as u16).to_le_bytes());
    bytes.extend(26_u16.to_le_bytes());
    bytes.resize(32, 0);
    for (name, kind, length) in fields {
        let mut field = name.as_bytes().to_vec();
        field.resize(11, 0);
        field.extend([kind, 0, 0, 0, 0, length]);
        field.resize(32, 0);
        bytes.extend(field);
    }
    bytes.push(0x0d);
    bytes.extend(b" Ann   999000001819700102T");
    bytes.extend(b"*Zo\xeb             19700230?");
    bytes.extend(b" Bo             7        F\x1a");
    bytes
}

#[test]
fn a_dbase_table_has_its_deleted_records_hidden() {
    check(
        &dbf(),
        "x.txt",
        "read application/vnd.dbf
         # []
         1 NAME | NHS | BORN | WELL
         2 Ann | n9990000018 | d1970-01-02 | btrue
         3 Bo | n7 | - | bfalse
         # [] (hidden)
         1 NAME | NHS | BORN | WELL
         2 Zoë | - | 19700230 | -",
    );
}

/// Thirty patients on pages of 512 bytes, the last with a long note, made by SQLite: its bytes without runs of zeros.
pub(super) fn sqlite() -> Vec<u8> {
    let pieces: &[(usize, &[u8])] = &[
        (0, b"SQLite format 3\x00\x02\x00\x01\x01\x00@  "),
        (24, b"\x00\x00\x00\x03\x00\x00\x00\x07"),
        (43, b"\x02\x00\x00\x00\x04"),
        (59, b"\x01"),
        (95, b"\x03\x00.c\x01\x0d\x00\x00\x00\x02\x01>\x00\x01\x7f\x01>"),
        (318, b"?\x02\x06\x17\x0f\x0f\x01otablekk\x03CREATE T"),
        (342, b"ABLE k (a TEXT PRIMARY K"),
        (366, b"EY) WITHOUT ROWID\x7f\x01\x07\x17\x1b\x1b\x01"),
        (390, b"\x81Utablepatientpatient\x02CR"),
        (414, b"EATE TABLE patient (id I"),
        (438, b"NTEGER PRIMARY KEY, \"Ful"),
        (462, b"l name\" TEXT, nhs INTEGE"),
        (486, b"R, height REAL, note TEX"),
        (510, b"T)\x05\x00\x00\x00\x01\x01\xfb\x00\x00\x00\x00\x05\x01\xfb"),
        (1022, b"\x04\x11\x0a\x00\x00\x00\x00\x02"),
        (1536, b"\x0d\x00\x00\x00\x11\x00;\x00\x01\xe3\x01\xcc\x01\xaf\x01\x98\x01{\x01d\x01G\x010"),
        (1560, b"\x01\x13\x00\xfb\x00\xdd\x00\xc5\x00\xa7\x00\x8f\x00q\x00Y\x00;"),
        (1595, b"\x1c\x11\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 17\x00\x02SsM\x92?\xf8"),
        (1624, b"n\x16\x10\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 16?\xf8"),
        (1648, b"n\x1c\x0f\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 15\x00\x02SsM\x92?\xf8"),
        (1678, b"n\x16\x0e\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 14?\xf8"),
        (1702, b"n\x1c\x0d\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 13\x00\x02SsM\x92?\xf8"),
        (1732, b"n\x16\x0c\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 12?\xf8"),
        (1756, b"n\x1c\x0b\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 11\x00\x02SsM\x92?\xf8"),
        (1786, b"n\x16\x0a\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 10?\xf8"),
        (1810, b"n\x1b\x09\x06\x00\x19\x05\x07\x0fZo\xc3\xab 9\x00\x02SsM\x92?\xf8"),
        (1839, b"n\x15\x08\x06\x00\x19\x00\x07\x0fZo\xc3\xab 8?\xf8"),
        (1862, b"n\x1b\x07\x06\x00\x19\x05\x07\x0fZo\xc3\xab 7\x00\x02SsM\x92?\xf8"),
        (1891, b"n\x15\x06\x06\x00\x19\x00\x07\x0fZo\xc3\xab 6?\xf8"),
        (1914, b"n\x1b\x05\x06\x00\x19\x05\x07\x0fZo\xc3\xab 5\x00\x02SsM\x92?\xf8"),
        (1943, b"n\x15\x04\x06\x00\x19\x00\x07\x0fZo\xc3\xab 4?\xf8"),
        (1966, b"n\x1b\x03\x06\x00\x19\x05\x07\x0fZo\xc3\xab 3\x00\x02SsM\x92?\xf8"),
        (1995, b"n\x15\x02\x06\x00\x19\x00\x07\x0fZo\xc3\xab 2?\xf8"),
        (2018, b"n\x1b\x01\x06\x00\x19\x05\x07\x0fZo\xc3\xab 1\x00\x02SsM\x92?\xf8"),
        (2047, b"n\x0d\x00\x00\x00\x0d\x00\x8e\x00\x01\xe8\x01\xca\x01\xb2\x01\x94\x01|\x01^\x01F\x01"),
        (2071, b"(\x01\x10\x00\xf2\x00\xda\x00\xbc\x00\x8e"),
        (2190, b"\x88\x01\x1e\x07\x00\x1b\x00\x07\x8fcZo\xc3\xab 30?\xf8"),
        (2215, b"xxxxxxxxxxxxxxxxx\x00\x00\x00\x06\x1c\x1d\x06"),
        (2239, b"\x00\x1b\x05\x07\x0fZo\xc3\xab 29\x00\x02SsM\x92?\xf8"),
        (2265, b"n\x16\x1c\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 28?\xf8"),
        (2289, b"n\x1c\x1b\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 27\x00\x02SsM\x92?\xf8"),
        (2319, b"n\x16\x1a\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 26?\xf8"),
        (2343, b"n\x1c\x19\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 25\x00\x02SsM\x92?\xf8"),
        (2373, b"n\x16\x18\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 24?\xf8"),
        (2397, b"n\x1c\x17\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 23\x00\x02SsM\x92?\xf8"),
        (2427, b"n\x16\x16\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 22?\xf8"),
        (2451, b"n\x1c\x15\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 21\x00\x02SsM\x92?\xf8"),
        (2481, b"n\x16\x14\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 20?\xf8"),
        (2505, b"n\x1c\x13\x06\x00\x1b\x05\x07\x0fZo\xc3\xab 19\x00\x02SsM\x92?\xf8"),
        (2535, b"n\x16\x12\x06\x00\x1b\x00\x07\x0fZo\xc3\xab 18?\xf8"),
        (2559, b"n\x00\x00\x00\x07xxxxxxxxxxxxxxxxxxx"),
        (2583, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2607, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2631, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2655, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2679, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2703, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2727, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2751, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2775, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2799, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2823, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2847, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2871, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2895, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2919, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2943, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2967, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (2991, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3015, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3039, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3063, b"xxxxxxxxx\x00\x00\x00\x00xxxxxxxxxxx"),
        (3087, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3111, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3135, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3159, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3183, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3207, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3231, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3255, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3279, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3303, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3327, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3351, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3375, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3399, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3423, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3447, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3471, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3495, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3519, b"xxxxxxxxxxxxxxxxxxxxxxxx"),
        (3543, b"xxxxxxxxEND"),
    ];
    let mut bytes = vec![0; 3584];
    for (at, piece) in pieces {
        bytes[*at..at + piece.len()].copy_from_slice(piece);
    }
    bytes
}

pub(super) const CDA: &str = r#"<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Letter &amp; list</title>
<recordTarget><patientRole><id root="2.16.840.1.113883.2.1.4.1" extension="9990000018"/><id root="1.2" extension="H77"/>
<addr><streetAddressLine>1 High Street</streetAddressLine><postalCode>ZZ99 3VZ</postalCode></addr>
<patient><name><given>Ann</given><given>May</given><family>Hall</family></name><birthTime value="19700102"/></patient>
</patientRole></recordTarget></ClinicalDocument>"#;

#[test]
fn the_patient_of_a_clinical_document_stands_first() {
    check(
        CDA.as_bytes(),
        "x",
        "read application/xml
         = []
         1 Letter & list
         2 Name: Ann May Hall
         3 Date of birth: 1970-01-02
         4 NHS Number: 9990000018
         5 Hospital number: H77
         6 Address: 1 High Street, ZZ99 3VZ",
    );
}

#[test]
fn elements_that_repeat_are_rows_and_damage_keeps_what_came_before() {
    check(
        b"<list><p id='1'><name>Ann</name></p><p id='2'><name>Bo</name><nhs>9990000018</nhs></p><p id='3'></list>",
        "x",
        "partial application/xml
         ! what follows damage in the file was not read
         # [p]
         1 id | name | nhs
         2 1 | Ann
         3 2 | Bo | 9990000018
         4 3",
    );
}

/// A header in the transfer syntax named, with a sequence that names another patient.
pub(super) fn dicom(syntax: &str) -> Vec<u8> {
    let implicit = syntax.ends_with(".1.2");
    let element = |group: u16, number: u16, kind: &[u8], value: &[u8]| {
        let mut out = [group.to_le_bytes(), number.to_le_bytes()].concat();
        match (implicit && group > 2, kind) {
            (true, _) => out.extend((value.len() as u32).to_le_bytes()),
            (false, b"SQ" | b"OW") => {
                out.extend([kind, b"\0\0"].concat());
                out.extend((value.len() as u32).to_le_bytes());
            }
            _ => {
                out.extend(kind);
                out.extend((value.len() as u16).to_le_bytes());
            }
        }
        out.extend(value);
        out
    };
    let inner = element(0x0010, 0x0010, b"PN", b"Other^Name");
    [
        vec![0; 128],
        b"DICM".to_vec(),
        element(2, 0x10, b"UI", syntax.as_bytes()),
        element(8, 0x20, b"DA", b"20200304"),
        element(8, 0x80, b"LO", b"Northshore"),
        element(8, 0x1110, b"SQ", &[&[0xfe, 0xff, 0, 0xe0][..], &(inner.len() as u32).to_le_bytes(), &inner].concat()),
        element(0x10, 0x10, b"PN", b"Hall^Ann^May^Mrs\0"),
        element(0x10, 0x20, b"LO", b"9990000018"),
        element(0x10, 0x30, b"DA", b"19700102"),
        element(0x10, 0x40, b"CS", b"F "),
        element(0x7fe0, 0x10, b"OW", &[7; 64]),
    ]
    .concat()
}

#[test]
fn a_dicom_header_is_labelled_lines() {
    for syntax in ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"] {
        check(
            &dicom(syntax),
            "x",
            "partial application/dicom
             ! text burnt into the pictures of this item was not looked for: that needs OCR
             = [header]
             1 Patient name: Mrs Ann May Hall
             2 Patient ID: 9990000018
             3 Date of birth: 1970-01-02
             4 Sex: F
             5 Study date: 2020-03-04
             6 Institution: Northshore
             = [elements] (hidden)
             1 (0008,1110)(0010,0010): Name Other",
        );
    }
}

#[test]
fn a_dicom_file_may_lack_its_preamble_and_carry_a_document() {
    let bare = dicom("1.2.840.10008.1.2.1")[132..].to_vec();
    let got = printed(&bare, "x", &Limits::default());
    assert!(got.starts_with("partial application/dicom") && got.contains("1 Patient name: Mrs Ann May Hall"), "{got}");
    let mut file = dicom("1.2.840.10008.1.2.1");
    file.truncate(file.len() - 76);
    file.extend(b"\x42\0\x11\0OB\0\0\x0a\0\0\0%PDF-1.4 \n");
    let got = printed(&file, "x", &Limits::default());
    assert!(got.starts_with("read application/dicom") && got.ends_with("> document 1.pdf 10: %PDF-1.4 \\n\n"), "{got}");
}

#[test]
fn words_burnt_into_a_picture_are_its_frames() {
    // Seven frames of grey, of which the fourth is not looked at.
    let mut file = dicom("1.2.840.10008.1.2.1");
    file.truncate(file.len() - 76);
    for (number, value) in [(0x10, 60_u16), (0x11, 900), (0x100, 8), (0x101, 8)] {
        if number == 0x10 {
            file.extend(b"\x28\0\x08\0IS\x02\x007 ");
        }
        file.extend([&[0x28, 0], &u16::to_le_bytes(number)[..], b"US\x02\0", &value.to_le_bytes()].concat());
    }
    file.extend(b"\xe0\x7f\x10\0OW\0\0");
    file.extend((7 * 900 * 60_u32).to_le_bytes());
    file.extend((0..7 * 900 * 60).map(|n| if n / 900 % 60 == 20 { 255 } else { 0 }));
    let limits = Limits::default();
    let reading = Reading { recogniser: Some(&Sizes), ..Reading::within(&limits) };
    let got = printed_with(&file, "x", &reading);
    assert!(
        got.starts_with("partial application/dicom\n! of 7 frames 4 were looked at for text: 1, 2, 6, 7\n= [header]"),
        "{got}"
    );
    // The same words stand on each: they are given once.
    assert!(got.ends_with("= [frame 1] (recognised, 91 %)\n1 900x60\n"), "{got}");
    let broken = printed_with(&dicom("1.2.840.10008.1.2.1"), "x", &reading);
    assert!(broken.starts_with("partial application/dicom\n! pictures in this item are damaged"), "{broken}");
}
