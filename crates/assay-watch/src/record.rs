//! Observations as JSON records, a line each (`assay.watch/1`), as a case takes them in.

use crate::probe::Seen;
use jiff::Timestamp;
use serde_json::json;

/// The record of one observation, graded as intelligence is: how reliable the source, how credible what it says.
pub(crate) fn line(host: &str, time: Timestamp, seen: &Seen, before: Option<&Seen>) -> String {
    let (grade, basis) = if seen.answers {
        ("A1", "seen directly: an answer came")
    } else {
        // A line between may be down; a second place that sees the same would confirm it.
        ("B2", "seen from one place: a fault between here and there looks the same")
    };
    let certificate = seen.certificate.as_ref().map(|c| {
        json!({"sha256": c.sha256, "subject": c.subject, "issuer": c.issuer, "valid_from": c.from, "valid_to": c.to})
    });
    let changed = before.map(|before| match (before.answers != seen.answers, before.certificate == seen.certificate) {
        (true, _) => "answering",
        (false, false) if seen.certificate.is_some() => "certificate",
        _ => "status",
    });
    json!({
        "schema": "assay.watch/1",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "host": host,
        "state": if seen.answers { "answering" } else { "not answering" },
        "detail": seen.detail,
        "changed": changed.unwrap_or("first observation"),
        "certificate": certificate,
        "grade": grade,
        "basis": basis,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::{Seen, line};

    #[test]
    fn an_observation_is_graded_and_says_what_changed() {
        let time = "2024-11-28T10:15:00.5Z".parse().unwrap();
        let up = Seen { answers: true, detail: "HTTP 302".into(), certificate: None };
        let down = Seen { answers: false, detail: "timed out".into(), certificate: None };
        let first: serde_json::Value = serde_json::from_str(&line("gw.example", time, &up, None)).unwrap();
        assert_eq!(
            (&first["state"], &first["grade"], &first["changed"]),
            (&"answering".into(), &"A1".into(), &"first observation".into())
        );
        assert_eq!(first["time"], "2024-11-28T10:15:00Z");
        let then: serde_json::Value = serde_json::from_str(&line("gw.example", time, &down, Some(&up))).unwrap();
        assert_eq!(
            (&then["state"], &then["grade"], &then["changed"]),
            (&"not answering".into(), &"B2".into(), &"answering".into())
        );
    }
}
