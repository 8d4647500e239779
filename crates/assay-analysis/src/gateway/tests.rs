//! Files in, assessment out: through [`read`] and [`assess`] only, as a case uses them.

use std::fmt::Write as _;

use super::*;
use assay_model::{GatewayEvent, TakeoverVerdict};

mod builds;
mod coverage;
mod hostile;
mod indicators;
mod lines;
mod takeover;

fn read_text(text: &str) -> Option<GatewayParse> {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> Option<GatewayParse> {
    read(&ExhibitId::new("GW/1"), &ItemPath::of_file("ns.log"), bytes)
}

fn source(name: &str, text: &str) -> GatewaySource {
    let (exhibit, path) = (ExhibitId::new("GW/1"), ItemPath::of_file(name));
    let parse = read(&exhibit, &path, text.as_bytes()).expect("a log or a configuration");
    GatewaySource { exhibit, path, parse }
}

fn assess_all(sources: &[GatewaySource]) -> GatewayAssessment {
    assess(&GatewayInput { sources, reference_date: "2024-11-28".parse().unwrap() })
}

/// Lines of a log from events in short, parted by semicolons, on days of July 2024:
/// `HH:MM[/DAY] login ID USER CLIENT`, `conn ID USER CLIENT SOURCE DESTINATION [xN]`, `logout ID USER CLIENT`.
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
            "login" => line("LOGIN", "Browser_type \"Mozilla/5.0\" - SSLVPN_client_type ICA"),
            "logout" => line("LOGOUT", "Total_bytes_send 7 - Total_bytes_recv 9 - LogoutMethod \"Explicit\""),
            "conn" => {
                let (address, port) = words[6].rsplit_once(':').unwrap();
                let times: u8 = words.get(7).map_or(1, |word| word[1..].parse().unwrap());
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
                             \"{stamp}\" - Duration 00:00:00  - Total_bytes_send 1 - Total_bytes_recv 2 - Access Allowed"
                        ),
                    );
                }
            }
            other => panic!("{other}"),
        }
    }
    out
}

fn assess_events(events: &str) -> GatewayAssessment {
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
fn told(event: &GatewayEvent) -> String {
    fn or<T: std::fmt::Display>(value: Option<T>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }
    let user = event.user.as_ref().map(|user| user.reveal().clone());
    let end = |endpoint: Option<(std::net::IpAddr, u16)>| or(endpoint.map(|(ip, port)| format!("{ip} {port}")));
    let zone = if event.utc { "Z" } else { "" };
    let parts = [
        format!("{}{zone}", event.time),
        event.host.clone(),
        event.packet_engine.clone(),
        or(event.message_id),
        event.kind.as_str().to_owned(),
        or(event.session_id),
        or(user),
        or(event.client_ip),
        end(event.source),
        end(event.destination),
        format!("{}/{}", or(event.bytes_send), or(event.bytes_recv)),
        or(event.logout_method.clone()),
        or(event.user_agent.clone()),
    ];
    parts.join(" | ")
}

/// The events of a log, one a line, then the lines not parsed with their reasons.
fn check(text: &str) -> String {
    let Some(parse) = read_text(text) else { return "no log".to_owned() };
    let events = parse.events.iter().map(told);
    let unparsed = parse.unparsed.iter().map(|unparsed| format!("line {}: {}", unparsed.line, unparsed.reason));
    events.chain(unparsed).collect::<Vec<_>>().join("\n")
}
