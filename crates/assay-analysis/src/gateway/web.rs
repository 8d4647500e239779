//! Lines of the appliance's web server (`httpaccess.log`, `httpaccess-vpn.log`, `httperror.log`) and of its shells.
//!
//! ```text
//! CLIENT [-> VSERVER] IDENT USER [TIME] [PID] "REQUEST" STATUS BYTES "REFERER" "AGENT" "Time: N microsecs"
//! CLIENT -> VSERVER "REQUEST" STATUS BYTES ...                     a collector took ident and time away
//! [Tue Dec 13 10:11:12 2022] [error] [client IP] TEXT              error log
//! USER on TTY shell_command="COMMAND"                              shell, behind whatever header
//! ```

use super::scan::{Seconds, address, number, word};
use memchr::{memchr, memmem};
use std::net::IpAddr;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// One request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Access<'a> {
    pub(super) client: IpAddr,
    pub(super) server: Option<IpAddr>,
    /// UTC.
    pub(super) time: Option<Seconds>,
    pub(super) request: &'a [u8],
    pub(super) status: u64,
}

/// Reads a line of an access log.
pub(super) fn access(line: &[u8]) -> Option<Access<'_>> {
    let first = word(line);
    let client = address(first.get(..64).unwrap_or(first))?;
    let mut rest = line.get(first.len()..)?;
    let mut server = None;
    if let Some(after) = rest.strip_prefix(b" -> ") {
        let second = word(after);
        server = address(second);
        rest = after.get(second.len()..)?;
    }
    // Time and request stand near the front; a user of the web server holds no bracket or quote.
    let quote = memchr(b'"', rest)?;
    let head = rest.get(..quote)?;
    let time = memchr(b'[', head).and_then(|at| apache_time(head.get(at + 1..)?));
    let rest = rest.get(quote + 1..)?;
    // The request may hold escaped quotes only.
    let mut end = 0;
    loop {
        end += memchr(b'"', rest.get(end..)?)?;
        if end == 0 || rest.get(end - 1) != Some(&b'\\') {
            break;
        }
        end += 1;
    }
    let (status, _) = number(rest.get(end + 1..)?.trim_ascii_start())?;
    Some(Access { client, server, time, request: rest.get(..end)?, status })
}

/// `19/Dec/2022:17:25:48 +0100`, as UTC.
fn apache_time(text: &[u8]) -> Option<Seconds> {
    let text = text.get(..26)?;
    let two = |at: usize| number(text.get(at..at + 2)?).map(|(value, _)| value as i64);
    let month = MONTHS.iter().position(|name| text.get(3..6) == Some(*name))?;
    let year = number(text.get(7..11)?)?.0;
    let date = jiff::civil::Date::new(year as i16, month as i8 + 1, two(0)? as i8).ok()?;
    let local = super::scan::seconds(date.at(0, 0, 0, 0)) + two(12)? * 3600 + two(15)? * 60 + two(18)?;
    let offset = two(22)? * 3600 + two(24)? * 60;
    Some(if text.get(21) == Some(&b'-') { local + offset } else { local - offset })
}

/// Time in the log's own zone and client of a line of the error log.
pub(super) fn error(line: &[u8]) -> Option<(Seconds, Option<IpAddr>)> {
    let inner = line.strip_prefix(b"[")?;
    let inner = inner.get(..memchr(b']', inner.get(..40).unwrap_or(inner))?)?;
    let mut words = inner.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let (_, month, day, clock, year) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as i8 + 1;
    let date = jiff::civil::Date::new(i16::try_from(number(year)?.0).ok()?, month, number(day)?.0 as i8).ok()?;
    let (hours, rest) = number(clock)?;
    let (minutes, rest) = number(rest.strip_prefix(b":")?)?;
    let (seconds, _) = number(rest.strip_prefix(b":")?)?;
    let of_day = hours.min(23) * 3600 + minutes.min(59) * 60 + seconds.min(59);
    let head = line.get(..256).unwrap_or(line);
    let client = memmem::find(head, b"[client ").and_then(|at| {
        let rest = head.get(at + 8..)?;
        let text = rest.get(..memchr(b']', rest)?)?;
        address(text).or_else(|| super::scan::endpoint(text).map(|(ip, _)| ip))
    });
    Some((super::scan::seconds(date.at(0, 0, 0, 0)) + of_day as i64, client))
}

/// What a line of a shell log holds from its user on: `root on /dev/pts/0 shell_command="..."`.
pub(super) fn shell(line: &[u8]) -> Option<&[u8]> {
    let at = memmem::find(line.get(..512).unwrap_or(line), b" shell_command=")?;
    let head = line.get(..at)?;
    let on = memmem::rfind(head, b" on ")?;
    let user = head.get(..on)?.rsplit(|b| *b == b' ').next()?.len();
    line.get(on - user..)
}

/// `Jul  7 00:00:00 host program[123]: text`, as newsyslog, sshd and the kernel write.
pub(super) fn other_program(line: &[u8]) -> bool {
    let month = line.get(..3).is_some_and(|m| MONTHS.contains(&m)) && line.get(3) == Some(&b' ');
    month && memmem::find(line.get(..96).unwrap_or(line), b": ").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::scan::civil;

    #[test]
    fn access_lines_with_and_without_server_ident_and_time() {
        let check = |line: &str| {
            let a = access(line.as_bytes())?;
            let time = a.time.map(|t| civil(t).to_string()).unwrap_or_default();
            Some(format!("{} {:?} {time} {} {}", a.client, a.server, String::from_utf8_lossy(a.request), a.status))
        };
        insta::assert_snapshot!(
            check(r#"198.51.100.4 -> 192.0.2.8 - - [19/Dec/2022:17:25:48 +0100] [69420] "GET / HTTP/1.1" 200 1436 "-" "UA" "Time: 58774 microsecs""#).unwrap(),
            @"198.51.100.4 Some(192.0.2.8) 2022-12-19T16:25:48 GET / HTTP/1.1 200"
        );
        insta::assert_snapshot!(
            check(r#"198.51.100.4 - - [19/Dec/2022:17:25:48 -0030] [69420] "GET /a\"b HTTP/1.1" 404 - "-" "UA""#).unwrap(),
            @r#"198.51.100.4 None 2022-12-19T17:55:48 GET /a\"b HTTP/1.1 404"#
        );
        insta::assert_snapshot!(
            check(r#"198.51.100.4 -> 192.0.2.8 "GET /x HTTP/1.1" 200 14794 "-" "UA" "Time: 65590 microsecs""#).unwrap(),
            @"198.51.100.4 Some(192.0.2.8)  GET /x HTTP/1.1 200"
        );
        assert_eq!(check("not a line"), None);
        assert_eq!(check("198.51.100.4 \"GET /"), None);
    }

    #[test]
    fn error_lines_and_shell_lines() {
        let (time, client) =
            error(b"[Tue Dec 13 10:11:12 2022] [error] [client 198.51.100.4] File does not exist").unwrap();
        assert_eq!((civil(time).to_string(), client), ("2022-12-13T10:11:12".into(), address(b"198.51.100.4")));
        let line = b"Dec 13 10:11:12 <local7.notice> ns bash[12]: root on /dev/pts/0 shell_command=\"id\"";
        assert_eq!(shell(line), Some(b"root on /dev/pts/0 shell_command=\"id\"".as_slice()));
        assert_eq!(
            shell(b"nobody on (null) shell_command=\"id\""),
            Some(b"nobody on (null) shell_command=\"id\"".as_slice())
        );
        assert_eq!(shell(b"nobody"), None);
    }
}
