//! A log line as a typed event: header, what it reports, its fields.
//!
//! Every message kind of the appliance's session, authentication, command and connection logs is told apart; what is left is
//! [`EventKind::Other`], which is parsed and counted by name. Nothing is copied: an event borrows its line.

use super::body::{self, Fields, Form, Key, Order};
use super::header::{self, Header, HeaderTime, Known};
use super::scan::{DateForm, Seconds, address, word};
use memchr::{memchr, memmem};
use std::net::IpAddr;

/// Bytes of the longest line that is parsed. The appliance writes at most a few kilobytes a line.
pub(super) const LINE_LIMIT: usize = 64 * 1024;

/// What a log line reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// LOGIN: a session begins.
    Login,
    /// LOGOUT: a session ends; AAATM as well.
    Logout,
    /// REMOVE_SESSION and its debug form.
    Removed,
    /// TCPCONNSTAT, UDPFLOWSTAT: a connection through the tunnel ended.
    Connection,
    /// TCPCONN_TIMEDOUT: a connection that fell silent.
    TimedOut,
    /// NONHTTP_RESOURCEACCESS_DENIED, HTTP_RESOURCEACCESS_DENIED.
    Denied,
    /// ICASTART.
    IcaStart,
    /// ICAEND_CONNSTAT.
    IcaEnd,
    /// HTTPREQUEST.
    Request,
    /// CLISEC_CHECK.
    SecurityCheck,
    /// AAA LOGIN_FAILED.
    LoginFailed,
    /// AAA EXTRACTED_GROUPS.
    Groups,
    /// Free text of a module: `SSLVPN Message`.
    Message,
    /// SSL_HANDSHAKE_SUCCESS and FAILURE.
    Handshake,
    /// CMD_EXECUTED, of whichever interface.
    Command,
    /// EVENT: monitors, devices, states.
    State,
    /// TCP CONN_TERMINATE, CONN_DELINK, OTHERCONN_DELINK, CONN.
    Transport,
    /// SNMP TRAP_SENT.
    Trap,
    /// A hit of the application firewall.
    Firewall,
    /// Anything else.
    Other,
}

/// One line.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct GatewayEvent<'a> {
    pub(super) header: Header<'a>,
    pub(super) kind: EventKind,
    pub(super) fields: Fields<'a>,
}

/// Reads headers; what it has read makes it faster, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Heads {
    known: Known,
    /// Kinds by the number of their message.
    kinds: Vec<Option<EventKind>>,
}

impl Heads {
    /// Header and kind of a line, its body unread; or the reason, without content.
    pub(super) fn read<'a>(&mut self, line: &'a [u8]) -> Result<(Header<'a>, EventKind), &'static str> {
        if line.len() > LINE_LIMIT {
            return Err("a line over 64 KiB");
        }
        let header = header::read(line, &mut self.known)?;
        let Some(number) = header.message.checked_sub(1) else { return Ok((header, kind(&header))) };
        if number >= self.kinds.len() {
            self.kinds.resize(number + 1, None);
        }
        let kind = match self.kinds.get_mut(number) {
            Some(known) => *known.get_or_insert_with(|| kind(&header)),
            None => kind(&header),
        };
        Ok((header, kind))
    }
}

/// Reads a whole line.
#[cfg(test)]
pub(super) fn read(line: &[u8]) -> Result<GatewayEvent<'_>, &'static str> {
    read_after(line, &mut Heads::default(), &mut Order::default())
}

/// Reads a whole line after others.
#[cfg(test)]
pub(super) fn read_after<'a>(
    line: &'a [u8],
    heads: &mut Heads,
    order: &mut Order,
) -> Result<GatewayEvent<'a>, &'static str> {
    let (header, kind) = heads.read(line)?;
    let mut found = Fields::none();
    fields(&header, kind, order, &mut found)?;
    Ok(GatewayEvent { header, kind, fields: found })
}

/// The fields of a line whose header was read, into `fields`, which hold none.
pub(super) fn fields<'a>(
    header: &Header<'a>,
    kind: EventKind,
    order: &mut Order,
    fields: &mut Fields<'a>,
) -> Result<(), &'static str> {
    let body = header.body;
    match kind {
        EventKind::Message => message(body, fields),
        EventKind::Request => body::read(body, Form::Request, order, fields)?,
        EventKind::Command => body::read(body, Form::Command, order, fields)?,
        EventKind::Firewall | EventKind::Trap | EventKind::Other => {
            // What a rule set or a module writes freely.
            if body::read(body, Form::Plain, order, fields).is_err() {
                fields.clear();
            }
            if !fields.has(Key::ClientIp) && kind == EventKind::Firewall {
                fields.set(Key::ClientIp, word(body));
            }
            fields.set(Key::Text, body);
        }
        _ => body::read(body, Form::Plain, order, fields)?,
    }
    checked(kind, fields)
}

/// What a session message must say to be of use; a line that lost it was cut on its way.
fn checked(kind: EventKind, fields: &mut Fields<'_>) -> Result<(), &'static str> {
    match kind {
        EventKind::Connection if !fields.read_source() => Err("a connection without a readable Source"),
        EventKind::Connection if !fields.has(Key::SessionId) && fields.user_bytes().is_empty() => {
            Err("a connection without user and session")
        }
        EventKind::Login | EventKind::Logout if fields.user_bytes().is_empty() => {
            Err("a session message without a user")
        }
        EventKind::IcaStart | EventKind::IcaEnd if !fields.read_source() => {
            Err("an ICA connection without a readable Source")
        }
        EventKind::Denied => {
            fields.read_source();
            Ok(())
        }
        _ => Ok(()),
    }
}

fn kind(header: &Header<'_>) -> EventKind {
    use EventKind as K;
    // A relay that eats the module leaves the partition's name in its place, and that may be any word.
    let eaten = header.time == HeaderTime::Missing;
    let of_session = eaten || matches!(header.module, b"SSLVPN" | b"AAATM");
    match (header.module, header.event) {
        (_, b"TCPCONNSTAT" | b"UDPFLOWSTAT") if of_session => K::Connection,
        (_, b"HTTPREQUEST") if of_session => K::Request,
        (_, b"LOGIN") if of_session => K::Login,
        (_, b"LOGOUT") if of_session => K::Logout,
        (_, b"REMOVE_SESSION" | b"REMOVE_SESSION_DEBUG") if of_session => K::Removed,
        (_, b"TCPCONN_TIMEDOUT") if of_session => K::TimedOut,
        (_, b"NONHTTP_RESOURCEACCESS_DENIED" | b"HTTP_RESOURCEACCESS_DENIED") if of_session => K::Denied,
        (_, b"ICASTART") => K::IcaStart,
        (_, b"ICAEND_CONNSTAT") => K::IcaEnd,
        (_, b"CLISEC_CHECK") => K::SecurityCheck,
        (_, b"LOGIN_FAILED") => K::LoginFailed,
        (_, b"EXTRACTED_GROUPS") => K::Groups,
        (_, b"Message") => K::Message,
        (_, b"SSL_HANDSHAKE_SUCCESS" | b"SSL_HANDSHAKE_FAILURE") => K::Handshake,
        (_, b"CMD_EXECUTED") => K::Command,
        (_, b"TRAP_SENT") => K::Trap,
        (b"EVENT", _) => K::State,
        (b"TCP", _) => K::Transport,
        (b"APPFW", _) => K::Firewall,
        (_, event) if event.starts_with(b"APPFW") => K::Firewall,
        _ => K::Other,
    }
}

/// Free text of a module, with what is known to stand in it: `user <u>`, `client ip`, `Srcip:`, an `SSID`.
fn message<'a>(body: &'a [u8], fields: &mut Fields<'a>) {
    let text = body.trim_ascii();
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let text = text.strip_suffix(b"\"").unwrap_or(text);
    fields.set(Key::Text, text);
    let head = text.get(..512).unwrap_or(text);
    let behind = |words: &[&[u8]]| {
        words.iter().find_map(|name| head.get(memmem::find(head, name)? + name.len()..)).map(<[u8]>::trim_ascii_start)
    };
    let until = |value: &'_ [u8], ends: &[u8]| value.iter().position(|b| ends.contains(b)).unwrap_or(value.len());
    let names: [&[u8]; 5] = [b"User <", b"for user <", b"username is ", b"rejected for ", b" user "];
    if let Some(value) = behind(&names) {
        fields.set(Key::User, value.get(..until(value, b"> ,(")).unwrap_or_default());
    }
    let clients: [&[u8]; 5] = [b"client ip : ", b"client ip is ", b"clientip ", b"Srcip: ", b"Remote ip = "];
    if let Some(value) = behind(&clients) {
        let value = value.get(..until(value, b" ,])")).unwrap_or_default();
        let ip = if address(value).is_some() {
            value
        } else {
            value.get(..memchr(b':', value).unwrap_or(0)).unwrap_or_default()
        };
        fields.set(Key::ClientIp, ip);
    }
    if let Some(value) = behind(&[b"Dstip: "]) {
        fields.set(Key::Destination, value.get(..until(value, b" ,])")).unwrap_or_default());
    }
    if let Some(value) = behind(&[b"vserver ip: "]) {
        fields.set(Key::Vserver, value.get(..until(value, b" ,])")).unwrap_or_default());
    }
    if let Some(value) = behind(&[b"denied_by_policy: "]) {
        fields.set(Key::DeniedBy, value.get(..until(value, b" ,\"")).unwrap_or_default());
    }
}

/// The SessionId of `sslvpn_add SSID 9f111, ...`: the number is hexadecimal there (an inference from one appliance).
#[cfg(test)]
pub(super) fn ssid(text: &[u8]) -> Option<u64> {
    let rest = text.get(memmem::find(text, b"SSID ")? + 5..)?;
    let length = rest.iter().take(16).take_while(|b| b.is_ascii_hexdigit()).count();
    u64::from_str_radix(std::str::from_utf8(rest.get(..length)?).ok()?, 16).ok()
}

/// When a line was written: its header's time, else what its body says; in the zone of the log, and whether that is UTC.
pub(super) fn time(
    header: &Header<'_>,
    fields: &Fields<'_>,
    form: DateForm,
    body_form: DateForm,
) -> Option<(Seconds, bool)> {
    match header.time {
        HeaderTime::Slashed(stamp) => Some((stamp.resolve(form)?, header.utc)),
        HeaderTime::Utc(time) => Some((time, true)),
        HeaderTime::Missing => {
            let end = fields.time(Key::End, body_form).or_else(|| fields.time(Key::Start, body_form))?;
            Some((end, memmem::find(header.body, b"GMT").is_some()))
        }
    }
}

/// The first address of a forwarded-for list that is one, and how many stand there.
pub(super) fn forwarded(value: &[u8]) -> Option<IpAddr> {
    value.get(..256).unwrap_or(value).split(|b| *b == b',').next_back().and_then(address)
}
