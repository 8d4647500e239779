//! How far the sources reach and what is missing in them.

use super::*;

fn line(time: &str, engine: &str, id: u64) -> String {
    format!("<134> 07/13/2024:{time} GMT ns {engine} : default TCP CONN_TERMINATE {id} 0 :  Source 127.0.0.1:80\n")
}

fn of(text: &str) -> String {
    let coverage = assess_all(&[source("ns.log", text)]).coverage;
    let [one] = coverage.as_slice() else { panic!("one source") };
    let at = |time: Option<jiff::civil::DateTime>| time.map_or_else(|| "-".to_owned(), |time| time.time().to_string());
    format!(
        "{}:{} {}..{} {} lines, {} parsed, {} not, {} gaps",
        one.exhibit,
        one.source,
        at(one.from),
        at(one.to),
        one.lines,
        one.parsed,
        one.unparsed,
        one.gaps
    )
}

#[test]
fn a_source_says_from_when_to_when_and_how_many_lines() {
    let text = line("10:00:00", "0-PPE-0", 1)
        + &line("09:00:00", "0-PPE-0", 2)
        + "what is this\n"
        + &line("11:00:00", "0-PPE-0", 3);
    assert_eq!(of(&text), "GW/1:ns.log 09:00:00..11:00:00 4 lines, 3 parsed, 1 not, 0 gaps");
}

#[test]
fn holes_are_counted_per_packet_engine_and_neither_overtaking_nor_a_restart_is_one() {
    let gaps = |ids: &[(&str, u64)]| {
        let text: String = ids.iter().map(|(engine, id)| line("10:00:00", engine, *id)).collect();
        of(&text).rsplit(", ").next().unwrap().to_owned()
    };
    assert_eq!(gaps(&[("0-PPE-0", 5), ("0-PPE-1", 90), ("0-PPE-0", 6), ("0-PPE-1", 91)]), "0 gaps");
    assert_eq!(gaps(&[("0-PPE-0", 5), ("0-PPE-0", 9), ("0-PPE-1", 90), ("0-PPE-1", 92)]), "2 gaps");
    assert_eq!(gaps(&[("0-PPE-0", 5), ("0-PPE-0", 7), ("0-PPE-0", 6)]), "0 gaps");
    assert_eq!(gaps(&[("0-PPE-0", 500_000), ("0-PPE-0", 500_001), ("0-PPE-0", 1), ("0-PPE-0", 2)]), "0 gaps");
}

#[test]
fn no_evidence_gives_no_word() {
    let empty = assess_all(&[]);
    assert!(empty.coverage.is_empty() && empty.vulnerable.is_empty() && empty.flagged.is_empty());
    assert_eq!((empty.build, empty.sessions_total, empty.terminate), (None, 0, Vec::new()));
}
