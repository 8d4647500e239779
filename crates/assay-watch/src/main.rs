//! `assay-watch URL`: whether one's own gateway answers, seen from here, and with which certificate.
//!
//! One request an interval, to one host, and only for who says that the host is theirs. It records changes, each with its time,
//! as observations that a case takes in as gateway evidence. It follows no redirect, logs in nowhere, tests no flaw, and sends
//! nothing but a plain request for the page named. This crate is the one place of the project with an outbound client.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the watch is an outbound client, with a clock and a file of its own"
)]

mod certificate;
mod probe;
mod record;
#[cfg(test)]
mod shown;

use anyhow::{Context, bail};
use clap::Parser;
use probe::{Seen, Target};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Watches one's own gateway: answering or not, and its certificate. One request an interval, to one host.
#[derive(Parser)]
struct Arguments {
    /// The page: https://gateway.example.org/
    url: String,
    /// Says that you operate this gateway, or act for who does. Without it nothing is sent.
    #[arg(long)]
    i_am_the_operator: bool,
    /// Seconds between two requests; at least 30.
    #[arg(long, default_value_t = 60)]
    interval: u64,
    /// Stop after so many requests; without it, on being interrupted.
    #[arg(long)]
    requests: Option<u64>,
    /// Append observations to this file; without it they go to standard output.
    #[arg(long)]
    to: Option<PathBuf>,
}

/// Seconds between two requests, at least: a watch is no load.
const SHORTEST: u64 = 30;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let target =
        Target::parse(&arguments.url).context("the page to watch: write it as https://gateway.example.org/")?;
    if !arguments.i_am_the_operator {
        eprintln!(
            "{} is not asked anything: a watch is for who operates the gateway\n  remedy: if you do, or act for who does, say so \
             with --i-am-the-operator",
            target.host()
        );
        std::process::exit(2);
    }
    if arguments.interval < SHORTEST && arguments.requests != Some(1) {
        bail!("--interval: at least {SHORTEST} seconds");
    }
    watch(&target, &arguments, &mut || std::thread::sleep(Duration::from_secs(arguments.interval)))
}

/// Asks, compares with what was seen before, records changes.
fn watch(target: &Target, arguments: &Arguments, pause: &mut dyn FnMut()) -> anyhow::Result<()> {
    let mut before: Option<Seen> = None;
    let mut asked = 0;
    loop {
        let time = jiff::Timestamp::now();
        let seen = target.ask();
        asked += 1;
        if before.as_ref().is_none_or(|before| before.differs(&seen)) {
            write(arguments, &record::line(target.host(), time, &seen, before.as_ref()))?;
        }
        before = Some(seen);
        if arguments.requests.is_some_and(|most| asked >= most) {
            return Ok(());
        }
        pause();
    }
}

fn write(arguments: &Arguments, line: &str) -> anyhow::Result<()> {
    let Some(path) = &arguments.to else {
        println!("{line}");
        return Ok(());
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    // On disk before the next request: an observation that a power cut takes is none.
    let written = file.and_then(|mut file| {
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    });
    written.with_context(|| format!("{}: cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    fn arguments(url: &str, requests: u64) -> Arguments {
        Arguments { url: url.to_owned(), i_am_the_operator: true, interval: 60, requests: Some(requests), to: None }
    }

    #[test]
    fn one_request_an_interval_and_one_host_whatever_the_answer_says() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/vpn/index.html", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut bytes = [0; 512];
                let read = stream.read(&mut bytes).unwrap();
                asked.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
                stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://203.0.113.9/\r\n\r\n").unwrap();
            }
            asked
        });
        let target = Target::parse(&url).unwrap();
        let mut pauses = 0;
        watch(&target, &arguments(&url, 3), &mut || pauses += 1).unwrap();
        let asked = server.join().unwrap();
        assert_eq!((asked.len(), pauses), (3, 2));
        assert!(asked.iter().all(|request| request.starts_with("GET /vpn/index.html HTTP/1.1\r\nHost: 127.0.0.1:")));
        assert!(!asked.iter().any(|request| request.contains("Cookie") || request.contains("Authorization")));
    }

    #[test]
    fn what_does_not_answer_is_said_with_its_reason() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let seen = Target::parse(&format!("http://{closed}/")).unwrap().ask();
        assert_eq!((seen.answers, seen.detail.as_str()), (false, "connection refused"));
    }
}
