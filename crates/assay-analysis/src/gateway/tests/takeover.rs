//! Sessions rebuilt, and what is said of them.

use super::*;

#[test]
fn a_foreign_address_beside_the_owner_is_consistent_with_takeover() {
    let assessment = assess_events(
        "08:00 login 7 ann 198.51.100.4; 08:01 conn 7 ann 198.51.100.4 198.51.100.4 10.0.0.5:443; \
         08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.6:445; 08:07 conn 7 ann 198.51.100.4 198.51.100.4 10.0.0.5:443; \
         09:00 logout 7 ann 198.51.100.4",
    );
    assert_eq!(verdicts(&assessment), "7 consistent-with-takeover 3.5 [R1 R1N R3S D1] [B3T]");
    let flagged = &assessment.flagged[0];
    assert_eq!(
        flagged.indicators_for[0].text,
        "203.0.113.9 made 1 of the connections of a session of user #1 that was logged in from 198.51.100.4"
    );
    assert_eq!(flagged.indicators_for[0].locator.place.to_string(), "line 3");
    let session = &flagged.session;
    let sources: Vec<String> =
        session.sources.iter().map(|(ip, first, last, count)| format!("{ip} {first} {last} {count}")).collect();
    assert_eq!(
        sources,
        [
            "198.51.100.4 2024-07-13T08:01:00 2024-07-13T08:07:00 2",
            "203.0.113.9 2024-07-13T08:05:00 2024-07-13T08:05:00 1"
        ]
    );
    // Bytes are those of the connections: LOGOUT repeats their sum and is not added.
    assert_eq!((session.bytes_send, session.bytes_recv), (3, 6));
    assert_eq!(
        (session.login.map(|t| t.to_string()), session.logout.map(|t| t.to_string())),
        (Some("2024-07-13T08:00:00".into()), Some("2024-07-13T09:00:00".into()))
    );
    let commands = assessment.terminate.join("\n");
    assert!(
        commands.starts_with("# first preserve") && commands.contains("kill aaa session -userName [user of session 7]")
    );
    assert!(!commands.contains("ann"));
}

#[test]
fn a_session_from_its_own_address_or_an_inside_one_is_not_flagged() {
    let assessment = assess_events(
        "08:00 login 7 ann 198.51.100.4; 08:01 conn 7 ann 198.51.100.4 198.51.100.4 10.0.0.5:443; \
         08:02 conn 7 ann 198.51.100.4 ::ffff:198.51.100.4 10.0.0.5:443; 08:03 conn 7 ann 198.51.100.4 10.9.0.1 10.0.0.5:443; \
         08:00 login 8 bob 2001:db8::1; 08:04 conn 8 bob 2001:db8::1 2001:db8:0::1 10.0.0.5:443",
    );
    assert_eq!((verdicts(&assessment).as_str(), assessment.sessions_total), ("", 2));
    assert!(assessment.terminate.is_empty());
}

#[test]
fn a_hand_over_is_roaming_and_a_shared_office_address_is_a_nat() {
    let roaming = assess_events(
        "08:00 login 7 ann 198.51.100.4; 08:05 conn 7 ann 198.51.100.4 198.51.100.4 10.0.0.5:443; \
         08:09 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443; 08:20 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443",
    );
    assert_eq!(verdicts(&roaming), "7 benign-explained 0 [R1 R1N] [B3 B6]");
    let own_other_address = assess_events(
        "08:00 login 7 ann 198.51.100.4; 08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443; 18:00 login 8 ANN 203.0.113.9",
    );
    assert_eq!(verdicts(&own_other_address), "7 benign-explained -2 [R1] [B1]");
    let office = assess_events(
        "08:00 login 7 ann 198.51.100.4; 08:00 login 8 bob 203.0.113.9; 08:00 login 9 cat 203.0.113.9; \
         08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443",
    );
    assert_eq!(verdicts(&office), "7 benign-explained -1 [R1] [B2]");
    // A phone on its carrier's network: two addresses of one /24.
    let carrier =
        assess_events("08:00 login 7 ann 198.51.100.4; 08:05 conn 7 ann 198.51.100.4 198.51.100.99 10.0.0.5:443");
    assert_eq!(verdicts(&carrier), "7 benign-explained 1 [R1 R1N] [B4]");
}

#[test]
fn one_address_in_the_sessions_of_many_is_a_campaign_and_the_strongest_stands_first() {
    let assessment = assess_events(
        "08:00 login 1 ann 198.51.100.1; 08:00 login 2 bob 198.51.101.2; 08:00 login 3 cat 198.51.102.3; \
         08:00 login 4 dan 198.51.103.4; 08:10 conn 1 ann 198.51.100.1 203.0.113.9 10.0.0.5:443; \
         08:11 conn 2 bob 198.51.101.2 203.0.113.9 10.0.0.5:443; 08:12 conn 3 cat 198.51.102.3 203.0.113.9 10.0.0.5:443; \
         08:13 conn 4 dan 198.51.103.4 203.0.113.9 10.0.0.5:3389",
    );
    assert_eq!(
        verdicts(&assessment),
        "4 consistent-with-takeover 9 [R1 R1N R2 R2M D1] []\n\
         1 consistent-with-takeover 8 [R1 R1N R2 R2M] []\n\
         2 consistent-with-takeover 8 [R1 R1N R2 R2M] []\n\
         3 consistent-with-takeover 8 [R1 R1N R2 R2M] []"
    );
}

#[test]
fn without_a_login_in_whole_logs_nothing_is_said() {
    // The log begins in the middle: the login may be in a file that rotated away.
    let short = assess_events("08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443");
    assert_eq!(verdicts(&short), "7 not-assessable 3 [R1 R1N] []");
    assert!(short.flagged[0].session.login.is_none() && short.terminate.is_empty());
    // Whole for two days before: its absence speaks.
    let whole = "00:00/1 login 1 zoe 198.51.100.1; 08:05/3 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443";
    assert_eq!(verdicts(&assess_events(whole)), "7 consistent-with-takeover 4 [R1 R1N R4] []");
    // The same with a line lost between: no longer whole.
    let text = log_of(whole).replace(" 102 0 :", " 104 0 :");
    assert_eq!(verdicts(&assess_all(&[source("ns.log", &text)])), "7 not-assessable 3 [R1 R1N] []");
}

#[test]
fn a_session_id_that_is_given_out_again_starts_another_session() {
    // By a new login of the same user, by another user, after a silence, and on another appliance.
    let again = "08:00 login 7 ann 198.51.100.4; 09:00 logout 7 ann 198.51.100.4; 10:00 login 7 ann 203.0.113.9; \
                 10:05 conn 7 ann 203.0.113.9 203.0.113.9 10.0.0.5:443";
    let assessment = assess_events(again);
    assert_eq!((assessment.sessions_total, verdicts(&assessment).as_str()), (2, ""));

    let other_user = "08:00 login 7 ann 198.51.100.4; 08:30 login 7 bob 203.0.113.9; 08:35 conn 7 bob 203.0.113.9 203.0.113.9 10.0.0.5:443";
    let assessment = assess_events(other_user);
    assert_eq!((assessment.sessions_total, verdicts(&assessment).as_str()), (2, ""));

    let silence = "08:00/1 login 7 ann 198.51.100.4; 08:00/6 conn 7 ann 203.0.113.9 203.0.113.9 10.0.0.5:443";
    let assessment = assess_events(silence);
    assert_eq!((assessment.sessions_total, verdicts(&assessment).as_str()), (2, ""));

    let two = [
        source("a.log", &log_of("08:00 login 7 ann 198.51.100.4")),
        source("b.log", &log_of("08:05 conn 7 ann 203.0.113.9 203.0.113.9 10.0.0.5:443").replace(" ns1 ", " ns2 ")),
    ];
    let assessment = assess_all(&two);
    assert_eq!((assessment.sessions_total, verdicts(&assessment).as_str()), (2, ""));
}

#[test]
fn a_connection_logged_just_after_the_logout_belongs_to_it_and_a_late_one_speaks() {
    let just = "08:00 login 7 ann 198.51.100.4; 08:10 logout 7 ann 198.51.100.4; 08:11 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443";
    assert_eq!(verdicts(&assess_events(just)), "7 consistent-with-takeover 3 [R1 R1N] []");
    let late = just.replace("08:11", "09:11");
    assert_eq!(verdicts(&assess_events(&late)), "7 consistent-with-takeover 5 [R1 R1N R6] []");
}

#[test]
fn the_order_of_files_and_a_second_copy_change_nothing() {
    let first = log_of("08:00 login 7 ann 198.51.100.4; 08:05 conn 7 ann 198.51.100.4 203.0.113.9 10.0.0.5:443");
    let (login, connection) = first.split_at(first.find('\n').unwrap() + 1);
    let whole = assess_all(&[source("ns.log", &first)]);
    let apart = assess_all(&[source("a.log", connection), source("b.log", login), source("copy.log", &first)]);
    assert_eq!(verdicts(&whole), "7 consistent-with-takeover 3 [R1 R1N] []");
    assert_eq!((verdicts(&apart), apart.sessions_total), (verdicts(&whole), whole.sessions_total));
    assert_eq!(apart.flagged[0].session.sources, whole.flagged[0].session.sources);
}

#[test]
fn behind_a_proxy_every_session_differs_and_none_is_a_takeover() {
    let session = |id: u32| {
        format!(
            "08:00 login {id} user{id} 198.51.{id}.1; 08:10 conn {id} user{id} 198.51.{id}.1 203.0.113.9 10.0.0.5:443"
        )
    };
    let proxied = (1..=20).map(session).collect::<Vec<_>>().join("; ");
    let assessment = assess_events(&proxied);
    assert_eq!(assessment.flagged.len(), 20);
    assert!(assessment.flagged.iter().all(|f| f.verdict == TakeoverVerdict::BenignExplained));
    assert!(assessment.terminate.is_empty());
    // The same address in half of the sessions, while the others come from their owners: an intruder's.
    let own = |id: u32| session(id).replace("203.0.113.9", &format!("198.51.{id}.1"));
    let campaign = (1..=20).map(|id| if id % 2 == 0 { session(id) } else { own(id) }).collect::<Vec<_>>().join("; ");
    let assessment = assess_events(&campaign);
    assert_eq!(assessment.flagged.len(), 10);
    assert!(assessment.flagged.iter().all(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover));
}

#[test]
fn a_login_with_a_browser_that_its_user_never_had_is_told_beside() {
    let usual: Vec<String> = (1..=11)
        .map(|n| format!("08:00/{n} login {n} ann 198.51.100.4; 09:00/{n} logout {n} ann 198.51.100.4"))
        .collect();
    let usual = usual.join("; ");
    let told = |events: &str| assess_events(events).alternatives.iter().any(|said| said.contains("browser"));
    assert!(!told(&usual));
    let strange = "08:00/12 login 12 ann 203.0.113.9 curl/8.4; 09:00/12 logout 12 ann 203.0.113.9";
    assert!(told(&format!("{usual}; {strange}")));
    let moved = "08:00/12 login 12 ann 203.0.113.9; 09:00/12 logout 12 ann 203.0.113.9";
    assert!(!told(&format!("{usual}; {moved}")));
}
