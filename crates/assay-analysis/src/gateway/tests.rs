//! Files in, assessment out: through [`read`] and [`assess`] only, as a case uses them.

use std::fmt::Write as _;

use super::body::Key;
use super::event::{self, GatewayEvent};
use super::recognise::{ClockSearch, lines, recognise};
use super::scan::civil;
use super::*;
use assay_model::TakeoverVerdict;

mod builds;
mod coverage;
mod hostile;
mod indicators;
mod lines;
mod quoted;
mod takeover;

fn read_text(text: &str) -> Option<SourceDigest> {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> Option<SourceDigest> {
    read(&ExhibitId::new("GW/1"), &ItemPath::of_file("ns.log"), bytes)
}

fn source(name: &str, text: &str) -> GatewaySource {
    let (exhibit, path) = (ExhibitId::new("GW/1"), ItemPath::of_file(name));
    let digest = read(&exhibit, &path, text.as_bytes()).expect("a log or a configuration");
    GatewaySource { exhibit, path, digest }
}

fn assess_all(sources: &[GatewaySource]) -> GatewayAssessment {
    assess_with(sources, &Networks::default())
}

fn assess_with(sources: &[GatewaySource], networks: &Networks) -> GatewayAssessment {
    assess(&GatewayInput { sources, reference_date: "2024-11-28".parse().unwrap(), networks })
}

/// Lines of a log from events in short, parted by semicolons, on days of July 2024:
/// `HH:MM[/DAY] login ID USER CLIENT`, `conn ID USER CLIENT SOURCE DESTINATION [xN [BYTES]]`, `logout ID USER CLIENT`,
/// `ica ID USER CLIENT SOURCE`, `fail ID USER CLIENT [xN]`.
fn log_of(events: &str) -> String {
    let mut out = String::new();
    let mut counter = 100;
    for event in events.split("; ") {
        let words: Vec<&str> = event.split(' ').collect();
        let (time, day) = words[0].split_once('/').unwrap_or((words[0], "1"));
        // From the 13th on, so that the dates prove their own form.
        let stamp = format!("07/{}/2024:{time}:00 GMT", 12 + day.parse::<u32>().unwrap());
        let (kind, id, user, client) = (words[1], words[2], words[3], words[4]);
        let who = format!(
            "Context {user}@{client} - SessionId: {id} - User {user} - Client_ip {client} - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.1:443"
        );
        let mut line = |event: &str, rest: &str| {
            counter += 1;
            writeln!(
                out,
                "<134> {stamp} ns1 0-PPE-0 : default SSLVPN {event} {counter} 0 : {who} - {rest} - Group(s) \"N/A\""
            )
            .unwrap();
        };
        match kind {
            "login" => {
                let browser = words.get(5).copied().unwrap_or("Mozilla/5.0");
                line("LOGIN", &format!("Browser_type \"{browser}\" - SSLVPN_client_type ICA"));
            }
            "logout" => line("LOGOUT", "Total_bytes_send 7 - Total_bytes_recv 9 - LogoutMethod \"Explicit\""),
            "conn" => {
                let (address, port) = words[6].rsplit_once(':').unwrap();
                let times: u8 = words.get(7).map_or(1, |word| word[1..].parse().unwrap());
                let received: u64 = words.get(8).map_or(2, |word| word.parse().unwrap());
                let (network, host) = address.rsplit_once('.').unwrap();
                for step in 0..times {
                    let host = host.parse::<u8>().unwrap() + step;
                    let peer = if words[5].contains('.') && !words[5].contains("::") {
                        words[5].to_owned()
                    } else {
                        format!("[{}]", words[5])
                    };
                    line(
                        "TCPCONNSTAT",
                        &format!(
                            "Source {peer}:5{step:04} - Destination {network}.{host}:{port} - Start_time \"{stamp}\" - End_time \
                             \"{stamp}\" - Duration 00:00:00  - Total_bytes_send 1 - Total_bytes_recv {received} - Access Allowed"
                        ),
                    );
                }
            }
            "ica" => {
                counter += 1;
                writeln!(
                    out,
                    "<134> {stamp} ns1 0-PPE-0 : default SSLVPN ICASTART {counter} 0 : [TCP] [CGP][ICAUUID=0-1] Source {}:5000 - \
                     Destination 10.0.0.9:2598 - customername  - username:domainname {user}:hospital - applicationName Desk - startTime \
                     \"{stamp}\" - connectionId 1",
                    words[5]
                )
                .unwrap();
            }
            "fail" => {
                let times: u32 = words.get(5).map_or(1, |word| word[1..].parse().unwrap());
                for _ in 0..times {
                    counter += 1;
                    writeln!(
                        out,
                        "<131> {stamp} ns1 0-PPE-0 : default AAA LOGIN_FAILED {counter} 0 :  User {user} - Client_ip {client} - \
                         Failure_reason \"External authentication server denied access\""
                    )
                    .unwrap();
                }
            }
            other => panic!("{other}"),
        }
    }
    out
}

fn assess_events(events: &str) -> GatewayAssessment {
    if let Some(events) = events.strip_prefix("@mmdb ") {
        let networks = Networks::new(Vec::new(), vec![mmdb::tests::two_countries()]).unwrap();
        return assess_with(&[source("ns.log", &log_of(events))], &networks);
    }
    if let Some(events) = events.strip_prefix("@office ") {
        let office = DeclaredNetwork::parse(Purpose::Office, "203.0.113.0/28").unwrap();
        let networks = Networks::new(vec![office], Vec::new()).unwrap();
        return assess_with(&[source("ns.log", &log_of(events))], &networks);
    }
    assess_all(&[source("ns.log", &log_of(events))])
}

/// The flagged sessions, one a line: session, verdict, score, rules for and against.
fn verdicts(assessment: &GatewayAssessment) -> String {
    let rules = |indicators: &[assay_model::HijackIndicator]| {
        indicators.iter().map(|indicator| indicator.rule.as_str()).collect::<Vec<_>>().join(" ")
    };
    let line = |flagged: &assay_model::SessionVerdict| {
        format!(
            "{} {} {} [{}] [{}]",
            flagged.session.session_id,
            flagged.verdict.as_str(),
            flagged.score,
            rules(&flagged.indicators_for),
            rules(&flagged.indicators_against)
        )
    };
    assessment.flagged.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What a line says, in the order of its fields; `-` for nothing.
fn told(event: &GatewayEvent<'_>, clock: Clock) -> String {
    fn or<T: std::fmt::Display>(value: Option<T>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }
    let f = &event.fields;
    let end = |endpoint: Option<(std::net::IpAddr, u16)>| or(endpoint.map(|(ip, port)| format!("{ip} {port}")));
    let text = |key| or(Some(scan::text(f.raw(key))).filter(|text| !text.is_empty()));
    let (time, utc) = event::time(&event.header, f, clock.form, clock.body).unwrap_or((0, false));
    let parts = [
        format!("{}{}", civil(time), if utc { "Z" } else { "" }),
        scan::text(event.header.host),
        scan::text(event.header.engine),
        or(event.header.message_id),
        format!("{:?}", event.kind).to_lowercase(),
        or(f.number(Key::SessionId)),
        or(f.user()),
        or(f.client_ip()),
        end(f.endpoint(Key::Source)),
        end(f.endpoint(Key::Destination)),
        format!("{}/{}", or(f.number(Key::BytesSend)), or(f.number(Key::BytesRecv))),
        text(Key::LogoutMethod),
        text(Key::Browser),
    ];
    parts.join(" | ")
}

/// The events of a log, one a line, then the lines not parsed with their reasons.
fn check(text: &str) -> String {
    let Some((SourceKind::Log, wrapper)) = recognise(text.as_bytes()) else { return "no log".to_owned() };
    let mut search = ClockSearch::new(wrapper);
    search.see(text.as_bytes());
    let (mut events, mut unparsed) = (Vec::new(), Vec::new());
    for (n, line) in lines(text.as_bytes()).enumerate() {
        let inner = wrapper.open(line);
        let event = event::read(&inner).and_then(|event| {
            let time = event::time(&event.header, &event.fields, search.clock().form, search.clock().body);
            time.map(|_| event).ok_or("a date that no calendar has")
        });
        match event {
            Ok(event) => events.push(told(&event, search.clock())),
            Err(reason) => unparsed.push(format!("line {}: {reason}", n + 1)),
        }
    }
    events.extend(unparsed);
    events.join("\n")
}
