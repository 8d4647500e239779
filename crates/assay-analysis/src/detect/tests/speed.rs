//! How fast it is; run by hand with `--release -- --ignored`.

use super::{detect, table, text};
use assay_model::ExhibitKind;

#[test]
#[ignore = "prints figures; the time is read by whoever runs it"]
#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn megabytes_a_second() {
    let prose = "The estates group met in the board room, and the minutes of the last meeting were agreed without change.\n\
                 Heating in the east wing remains a concern: the boiler was serviced on 3 March, and parts are on order.\n";
    let document = prose.repeat(100_000);
    let start = std::time::Instant::now();
    let found = detect("a.txt", ExhibitKind::Leak, &[text("", &document)]);
    let seconds = start.elapsed().as_secs_f64();
    println!("prose: {:.1} MB/s, {} mentions", document.len() as f64 / 1e6 / seconds, found.mentions.len());
    let mut rows = String::from("NHS Number|Surname|Forename|DOB|Postcode|Hospital Number|Mobile|Address 1\n");
    for _ in 0..100_000 {
        rows.push_str("999 123 4500|SMITH|Tom|03/04/2012|L12 2AP|AH1234567|07700 900123|12 High Street\n");
    }
    let passage = table("", &rows);
    let start = std::time::Instant::now();
    let found = detect("a.csv", ExhibitKind::Register, &[passage]);
    println!("register: {:.2} s for {} rows", start.elapsed().as_secs_f64(), found.mentions.len());
    let letter = "Re: Tom SMITH  DOB: 03/04/2012  NHS No: 999 123 4500\n12 High Street, Liverpool L12 2AP\n\nSeen in clinic.\n\n";
    let document = letter.repeat(20_000);
    let start = std::time::Instant::now();
    let found = detect("l.txt", ExhibitKind::Leak, &[text("", &document)]);
    let seconds = start.elapsed().as_secs_f64();
    println!("letters: {:.1} MB/s, {} mentions", document.len() as f64 / 1e6 / seconds, found.mentions.len());
}

#[test]
#[ignore = "prints figures; the time is read by whoever runs it"]
#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn many_people_in_one_text() {
    let surnames = ["Smith", "Jones", "Brown", "Patel", "Clark", "White", "Hill", "Price", "Green", "Baker"];
    let mut document = String::new();
    for person in 0..20_000 {
        let name = surnames[person % 10];
        let day = person % 28 + 1;
        let year = 1930 + person % 80;
        document.push_str(&format!("Re: John {name}\nDOB: {day:02}/04/{year}\nHospital No: EH{person:06}\n12 High Street, Liverpool L12 2AP\nConsultant: Dr {name} Ahmed\n\n"));
    }
    let start = std::time::Instant::now();
    let found = detect("l.txt", ExhibitKind::Leak, &[text("", &document)]);
    let seconds = start.elapsed().as_secs_f64();
    println!("people: {:.1} MB/s, {} mentions", document.len() as f64 / 1e6 / seconds, found.mentions.len());
}
