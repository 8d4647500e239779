//! Bytes that somebody wrote to break the reader or to steer the verdict.

use super::*;
use proptest::prelude::*;

#[test]
fn text_of_a_visitor_cannot_forge_a_field_or_a_line() {
    let head = "<134> 07/13/2024:01:08:11 GMT ns 0-PPE-0 : default SSLVPN";
    // A browser that claims to be somebody: what follows it in quotes is its own text.
    let browser = format!(
        "{head} LOGIN 1 0 : Context ann@198.51.100.4 - SessionId: 7 - User ann - Client_ip 198.51.100.4 - Browser_type \"x - Client_ip \
         203.0.113.9 - User bob\" - SSLVPN_client_type ICA"
    );
    assert_eq!(
        check(&browser),
        "2024-07-13T01:08:11Z | ns | 0-PPE-0 | 1 | login | 7 | ann | 198.51.100.4 | - | - | -/- | - | x - Client_ip 203.0.113.9 - User bob"
    );
    // A header in mid line belongs to the text that it stands in.
    let poisoned = format!(
        "{head} Message 2 0 : \"{} 07/13/2024:02:00:00 GMT ns 0-PPE-0 : default SSLVPN LOGIN 3 0 : User bob - Client_ip 203.0.113.9\"",
        "x".repeat(40)
    );
    assert_eq!(check(&poisoned), "2024-07-13T01:08:11Z | ns | 0-PPE-0 | 2 | message | - | - | - | - | - | -/- | - | -");
    // Control bytes and bytes that are no UTF-8 are replaced, not passed on to a terminal.
    let mut bytes = format!("{head} LOGIN 1 0 : SessionId: 7 - User ").into_bytes();
    bytes.extend(b"a\x1b[2J\xff - Client_ip 198.51.100.4");
    let digest = read_bytes(&bytes).unwrap();
    assert_eq!(
        digest.fragments.iter().next().unwrap().user.as_ref().map(|user| user.reveal().as_str()),
        Some("a\u{fffd}[2J\u{fffd}")
    );
}

/// Lines that were parsed, and lines that were not.
fn told_apart(digest: &SourceDigest) -> (u64, u64) {
    (digest.messages.values().sum(), digest.unparsed.values().map(|one| one.count).sum())
}

#[test]
fn every_line_is_an_event_or_listed() {
    let sample = log_of(SAMPLE);
    let mixed = format!("{sample}junk\n\n{sample}<134>\n\u{0}\n");
    let digest = read_text(&mixed).unwrap();
    assert_eq!(digest.lines, mixed.lines().count() as u64);
    assert_eq!(told_apart(&digest), (10, 4));
    let blank = &digest.unparsed["blank line"];
    assert_eq!((blank.count, blank.lines.as_slice()), (1, [7].as_slice()));
}

#[test]
fn a_line_of_ten_megabytes_costs_one_pass() {
    let sample = log_of(SAMPLE);
    for part in [" - Source ", "-", "[[[[", "\"", "07/13/2024:01:08:11 ", "{\"message\":\"", "\\u0041", "User "] {
        let long = part.repeat((10 << 20) / part.len());
        for head in ["", "<134> 07/13/2024:01:08:11 GMT ns 0-PPE-0 : default SSLVPN TCPCONNSTAT 9 0 : "] {
            let digest = read_text(&format!("{sample}{head}{long}\n{sample}")).unwrap();
            assert_eq!((told_apart(&digest), digest.lines), ((10, 1), 11), "{part}");
            // As long as a line may be.
            let bounded = &long[..60_000];
            let digest = read_text(&format!("{sample}{head}{bounded}\n{sample}")).unwrap();
            assert_eq!(told_apart(&digest).0 + told_apart(&digest).1, 11, "{part}");
        }
    }
}

#[test]
fn windows_cut_lines_anywhere_and_lose_none() {
    let line = log_of("08:00 login 7 ann 198.51.100.4");
    let text = line.repeat(3000);
    let digest = read_text(&text).unwrap();
    assert_eq!((digest.lines, digest.messages["SSLVPN LOGIN"]), (3000, 3000));
    assert_eq!(read_text(text.trim_end()).unwrap().messages["SSLVPN LOGIN"], 3000);
}

/// Lines of an installation's own appliance, or of a collector's test files, named by `ASSAY_GATEWAY_SAMPLE`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a sample that cannot be committed is read where its owner says it lies")]
fn a_sample_at_hand_is_read_line_for_line() {
    let Ok(path) = std::env::var("ASSAY_GATEWAY_SAMPLE") else {
        eprintln!("skipped: ASSAY_GATEWAY_SAMPLE names no file");
        return;
    };
    let bytes = std::fs::read(path).expect("the sample is readable");
    let digest = read_bytes(&bytes).expect("a log");
    let (parsed, unparsed) = told_apart(&digest);
    assert_eq!(digest.lines, parsed + unparsed);
    eprintln!("{}", check(&String::from_utf8_lossy(&bytes)));
}

const SAMPLE: &str = "08:00 login 7 ann 198.51.100.4; 08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443; \
    08:06 conn 7 ann 198.51.100.4 198.51.100.4 10.0.0.5:443; 09:00 logout 7 ann 198.51.100.4; 10:00 login 8 bob 2001:db8::1";

/// A change to a line's bytes: place, what is cut, what is put in.
fn mutations() -> impl Strategy<Value = Vec<(usize, usize, Vec<u8>)>> {
    let piece = prop::sample::select(vec![
        b" - ".to_vec(),
        b" : ".to_vec(),
        b"\"".to_vec(),
        b"\n".to_vec(),
        b"07/13/2024:01:08:11".to_vec(),
        b"9999/99/99:99:99:99".to_vec(),
        b"0001/01/01:00:00:00".to_vec(),
        b"18446744073709551615".to_vec(),
        b"SessionId: ".to_vec(),
        b"User ".to_vec(),
        b"Source [::]:99999".to_vec(),
        b"#NS13.1 Build 48.47\n# Last modified by `save config`, Mon Feb 30 08:12:41 99999\n".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"<mailto:".to_vec(),
        b"[[[[]".to_vec(),
        b"{source}".to_vec(),
    ]);
    prop::collection::vec((0_usize..1500, 0_usize..40, piece), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_break_reading_or_assessing(changes in mutations(), free in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut bytes = log_of(SAMPLE).into_bytes();
        for (at, cut, piece) in changes {
            let at = at.min(bytes.len());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        for bytes in [&bytes, &free] {
            let (exhibit, path) = (ExhibitId::new("GW/1"), ItemPath::of_file("ns.log"));
            if let Some(digest) = read(&exhibit, &path, bytes) {
                if digest.kind == SourceKind::Log {
                    let (parsed, unparsed) = told_apart(&digest);
                    prop_assert_eq!(parsed + unparsed, digest.lines);
                }
                let assessment = assess_all(&[GatewaySource { exhibit, path, digest }]);
                prop_assert!(assessment.flagged.len() as u64 <= assessment.sessions_total);
                for flagged in &assessment.flagged {
                    prop_assert!(flagged.session.first <= flagged.session.last);
                    prop_assert!(flagged.verdict != TakeoverVerdict::ConsistentWithTakeover || flagged.score >= 3.0);
                }
            }
        }
    }
}
