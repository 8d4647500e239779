//! One log source, line by line, to events.
//!
//! Every line becomes an event or an [`UnparsedLine`] with a reason; the two together are the lines of the file. The loop
//! works on slices of the source and allocates only for what an event keeps. Budgets are counted: a line over
//! [`LINE_LIMIT`] is no log line of this appliance and is listed, not searched.

use super::body::{self, Fields};
use super::dates::{self, Forms};
use super::header::{self, Header, HeaderTime};
use super::scan::text;
use assay_model::{
    EventKind, ExhibitId, GatewayEvent, GatewayParse, ItemPath, Locator, Place, Sensitive, UnparsedLine,
};
use memchr::{memchr, memmem};

/// Bytes of the longest line that is parsed. The appliance writes at most a few kilobytes a line.
pub(super) const LINE_LIMIT: usize = 64 * 1024;

/// Lines looked at to tell a log from anything else.
const PROBED_LINES: usize = 512;

/// One line in this many must carry the appliance's header.
const PROBE_SHARE: usize = 10;

/// The lines of a source without their ends; a last line without a line end counts.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = match memchr(b'\n', rest) {
            Some(end) => (rest.get(..end)?, rest.get(end + 1..)?),
            None => (rest, &[][..]),
        };
        rest = after;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// True where enough of the first lines carry the appliance's header.
pub(super) fn is_log(bytes: &[u8]) -> bool {
    let (mut seen, mut hits) = (0, 0);
    for line in lines(bytes).filter(|line| !line.trim_ascii().is_empty()).take(PROBED_LINES) {
        seen += 1;
        hits += usize::from(header::read(line).is_ok());
    }
    hits > 0 && hits * PROBE_SHARE >= seen
}

/// Parses a log.
pub(super) fn parse(exhibit: &ExhibitId, path: &ItemPath, bytes: &[u8]) -> GatewayParse {
    let forms = dates::infer(lines(bytes));
    let mut parse = GatewayParse::default();
    for line in lines(bytes) {
        parse.lines += 1;
        let number = u32::try_from(parse.lines).unwrap_or(u32::MAX);
        let place = Place::Line { part: String::new(), first: number, last: number };
        let locator = || Locator { exhibit: exhibit.clone(), path: path.clone(), place };
        match event(line, forms, locator) {
            Ok(event) => parse.events.push(event),
            Err(reason) => parse.unparsed.push(UnparsedLine { line: parse.lines, reason: reason.to_owned() }),
        }
    }
    parse
}

fn event(line: &[u8], forms: Forms, locator: impl FnOnce() -> Locator) -> Result<GatewayEvent, &'static str> {
    if line.len() > LINE_LIMIT {
        return Err("a line over 64 KiB");
    }
    let header = header::read(line)?;
    let kind = kind(&header);
    let fields = match kind {
        EventKind::Other if header.module != b"SSLVPN" || header.event == b"Message" => Fields::default(),
        // Other session messages only lend their session and address; a strange one is still a well-formed line.
        EventKind::Other => body::read(header.body, forms.body).unwrap_or_default(),
        _ => checked(kind, body::read(header.body, forms.body)?)?,
    };
    let (time, utc) = match header.time {
        HeaderTime::Slashed(stamp) => (stamp.resolve(forms.header).ok_or("a date that no calendar has")?, header.utc),
        HeaderTime::Utc(time) => (time, true),
        HeaderTime::Missing => {
            let time = fields.end.or(fields.start).ok_or("the header was eaten by a relay and the body has no time")?;
            (time, memmem::find(header.body, b"GMT").is_some())
        }
    };
    Ok(GatewayEvent {
        locator: locator(),
        time,
        utc,
        host: text(header.host),
        packet_engine: text(header.engine),
        message_id: header.message_id,
        kind,
        session_id: fields.session_id,
        user: fields.user.map(Sensitive::new),
        client_ip: fields.client_ip,
        source: fields.source,
        destination: fields.destination,
        start: fields.start,
        end: fields.end,
        bytes_send: fields.bytes_send,
        bytes_recv: fields.bytes_recv,
        logout_method: fields.logout_method,
        user_agent: fields.user_agent,
    })
}

fn kind(header: &Header<'_>) -> EventKind {
    // A relay that eats the module leaves the partition's name in its place, and that may be any word.
    let of_session = matches!(header.module, b"SSLVPN" | b"AAATM") || header.time == HeaderTime::Missing;
    match header.event {
        b"LOGIN" if of_session => EventKind::Login,
        b"LOGOUT" if of_session => EventKind::Logout,
        b"TCPCONNSTAT" if of_session => EventKind::TcpConnStat,
        _ => EventKind::Other,
    }
}

/// What a session message must say to be of use; a line that lost it was cut on its way.
fn checked(kind: EventKind, fields: Fields) -> Result<Fields, &'static str> {
    match kind {
        EventKind::TcpConnStat if fields.source.is_none() => Err("TCPCONNSTAT without a readable Source"),
        EventKind::TcpConnStat if fields.user.is_none() && fields.session_id.is_none() => {
            Err("TCPCONNSTAT without user and session")
        }
        EventKind::Login | EventKind::Logout if fields.user.is_none() => Err("a session message without a user"),
        _ => Ok(fields),
    }
}
