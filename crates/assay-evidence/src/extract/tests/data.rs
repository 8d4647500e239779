//! Database dumps and data formats.

use super::{check, check_within, printed};
use crate::extract::Limits;

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
         # [visit]
         1 patient_id | note
         2 n1 | It's -- fine
         # [patient] continued
         4 n3 | Cy | 0123 | CURRENT_DATE",
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
