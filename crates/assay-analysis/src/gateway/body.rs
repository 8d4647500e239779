//! The fields of a session message: `Key value - Key value - ...`.
//!
//! A blank-dash-blank parts fields, but user names, browsers and URLs hold dashes too, and older firmware drops the blank
//! before the dash. So a field begins only where a dash is followed by a key that is known; text in quotes is passed over.
//! A field that names the session and stands twice before any quoted browser was forged or mangled: the line is refused
//! rather than guessed at. Cost is one pass; no byte is looked at more often than there are keys.

use super::scan::{DateForm, STAMP_LENGTH, Stamp, address, endpoint, number, text, word};
use jiff::civil::DateTime;
use memchr::{memchr, memmem, memrchr};
use std::net::IpAddr;

/// What a session message says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields {
    pub(super) session_id: Option<u64>,
    pub(super) user: Option<String>,
    pub(super) client_ip: Option<IpAddr>,
    pub(super) source: Option<(IpAddr, u16)>,
    pub(super) destination: Option<(IpAddr, u16)>,
    pub(super) start: Option<DateTime>,
    pub(super) end: Option<DateTime>,
    pub(super) bytes_send: Option<u64>,
    pub(super) bytes_recv: Option<u64>,
    pub(super) logout_method: Option<String>,
    pub(super) user_agent: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Context,
    SessionId,
    User,
    ClientIp,
    Source,
    Destination,
    StartTime,
    EndTime,
    BytesSend,
    BytesRecv,
    LogoutMethod,
    Browser,
    /// Known, so that it ends the field before, but not kept.
    Passed,
}

/// Keys as written, each with what parts it from its value.
const KEYS: [(&[u8], Key); 30] = [
    (b"Context ", Key::Context),
    (b"SessionId: ", Key::SessionId),
    (b"SessionId:", Key::SessionId),
    (b"User ", Key::User),
    (b"Client_ip ", Key::ClientIp),
    (b"X-Forwarded-For_ip ", Key::Passed),
    (b"Nat_ip ", Key::Passed),
    (b"Vserver ", Key::Passed),
    (b"Vserver_ip ", Key::Passed),
    (b"Source ", Key::Source),
    (b"Destination ", Key::Destination),
    (b"Start_time ", Key::StartTime),
    (b"End_time ", Key::EndTime),
    (b"Last_contact ", Key::Passed),
    (b"Duration ", Key::Passed),
    (b"Http_resources_accessed ", Key::Passed),
    (b"NonHttp_services_accessed ", Key::Passed),
    (b"Total_bytes_send ", Key::BytesSend),
    (b"Total_bytes_recv ", Key::BytesRecv),
    (b"Total_", Key::Passed),
    (b"Compression_ratio_", Key::Passed),
    (b"LogoutMethod ", Key::LogoutMethod),
    (b"Browser_type ", Key::Browser),
    (b"Browser ", Key::Browser),
    (b"SSLVPN_client_type ", Key::Passed),
    (b"Access ", Key::Passed),
    (b"Denied_by_policy ", Key::Passed),
    (b"Failure_reason ", Key::Passed),
    (b"Errmsg ", Key::Passed),
    (b"Group(s) ", Key::Passed),
];

/// Reads the fields of a body. The error is a reason without content.
pub(super) fn read(body: &[u8], form: DateForm) -> Result<Fields, &'static str> {
    let mut reader = Reader { fields: Fields::default(), context_ip: None, context_user: None, seen: 0, form };
    let mut open = key_at(body);
    let mut at = open.map_or(0, |(_, start)| start);
    loop {
        if let Some((key, start)) = open
            && let Some((value, end)) = quoted(body, start).filter(|_| !reader.has(key))
        {
            reader.take(key, value)?;
            // A browser's text is the visitor's own, and nothing that is kept comes after it.
            if key == Key::Browser {
                return Ok(reader.finish());
            }
            (open, at) = (None, end);
        }
        let Some(dash) = body.get(at..).and_then(|rest| memchr(b'-', rest)).map(|offset| at + offset) else { break };
        at = dash + 1;
        if body.get(at) == Some(&b' ')
            && let Some((key, length)) = body.get(at + 1..).and_then(key_at)
        {
            if let Some((previous, start)) = open {
                reader.take(previous, body.get(start..dash).unwrap_or_default())?;
            }
            at += 1 + length;
            open = Some((key, at));
        }
    }
    if let Some((key, start)) = open {
        reader.take(key, body.get(start..).unwrap_or_default())?;
    }
    Ok(reader.finish())
}

/// The key at the start of `bytes`, bracketed tags such as `[TECHSUPPORT]` passed over, and where its value begins.
fn key_at(bytes: &[u8]) -> Option<(Key, usize)> {
    let mut skipped = 0;
    for _ in 0..4 {
        let rest = bytes.get(skipped..)?;
        if rest.first() != Some(&b'[') {
            break;
        }
        let close = memchr(b']', rest.get(..96).unwrap_or(rest))?;
        skipped += close + 1;
        skipped += usize::from(bytes.get(skipped) == Some(&b' '));
    }
    let rest = bytes.get(skipped..)?;
    let first = rest.first()?;
    KEYS.iter()
        .find(|(name, _)| name.first() == Some(first) && rest.starts_with(name))
        .map(|(name, key)| (*key, skipped + name.len()))
}

/// A quoted value at `start` and the place after its closing quote; quotes may be escaped or doubled by a relay.
fn quoted(body: &[u8], start: usize) -> Option<(&[u8], usize)> {
    let rest = body.get(start..)?;
    let quote: &[u8] = if rest.starts_with(b"\\\"") {
        b"\\\""
    } else if rest.starts_with(b"\"\"") && !matches!(rest.get(2), None | Some(b' ' | b'-')) {
        b"\"\""
    } else if rest.starts_with(b"\"") {
        b"\""
    } else {
        return None;
    };
    let inner = rest.get(quote.len()..)?;
    let close = memmem::find(inner, quote)?;
    Some((inner.get(..close)?, start + quote.len() + close + quote.len()))
}

struct Reader {
    fields: Fields,
    context_user: Option<String>,
    context_ip: Option<IpAddr>,
    /// A bit a kept key.
    seen: u16,
    form: DateForm,
}

impl Reader {
    fn has(&self, key: Key) -> bool {
        self.seen & (1 << key as u16) != 0 && key != Key::Passed
    }

    fn take(&mut self, key: Key, value: &[u8]) -> Result<(), &'static str> {
        if key == Key::Passed {
            return Ok(());
        }
        if self.has(key) {
            return match key {
                Key::User | Key::ClientIp | Key::SessionId | Key::Source | Key::Context => {
                    Err("a field of the session stands twice: forged or mangled")
                }
                _ => Ok(()),
            };
        }
        self.seen |= 1 << key as u16;
        let value = value.trim_ascii();
        let fields = &mut self.fields;
        match key {
            Key::Context => {
                // The user may hold an @ itself, so the address is what follows the last one.
                if let Some(at) = memrchr(b'@', value) {
                    self.context_ip = value.get(at + 1..).map(token).and_then(address);
                    self.context_user = self.context_ip.and_then(|_| value.get(..at)).and_then(user);
                }
            }
            Key::SessionId => fields.session_id = number(value).map(|(id, _)| id),
            Key::User => fields.user = user(value),
            Key::ClientIp => fields.client_ip = address(token(value)),
            Key::Source => fields.source = endpoint(token(value)),
            Key::Destination => fields.destination = endpoint(token(value)),
            Key::StartTime => fields.start = time(value, self.form),
            Key::EndTime => fields.end = time(value, self.form),
            Key::BytesSend => fields.bytes_send = number(value).map(|(bytes, _)| bytes),
            Key::BytesRecv => fields.bytes_recv = number(value).map(|(bytes, _)| bytes),
            Key::LogoutMethod => fields.logout_method = Some(text(value)).filter(|method| !method.is_empty()),
            Key::Browser => fields.user_agent = Some(text(value)).filter(|agent| !agent.is_empty()),
            Key::Passed => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Fields {
        self.fields.user = self.fields.user.or(self.context_user);
        self.fields.client_ip = self.fields.client_ip.or(self.context_ip);
        self.fields
    }
}

/// An address or endpoint without what is glued behind it: `121.1.1.1- SessionId`, a relay's `#012`.
fn token(value: &[u8]) -> &[u8] {
    let value = word(value.trim_ascii_start());
    let value = memmem::find(value, b"#012").and_then(|end| value.get(..end)).unwrap_or(value);
    value.strip_suffix(b"-").unwrap_or(value)
}

/// A user as logged, without what mail programs add to an address that was copied through them.
fn user(value: &[u8]) -> Option<String> {
    let mut user = text(value);
    while let Some(start) = user.find("<mailto:") {
        let end = user.get(start..).and_then(|rest| rest.find('>')).map_or(user.len(), |offset| start + offset + 1);
        user.replace_range(start..end, "");
    }
    let user = user.trim();
    (!user.is_empty()).then(|| user.to_owned())
}

fn time(value: &[u8], form: DateForm) -> Option<DateTime> {
    (0..4).find_map(|skip| Stamp::read(value.get(skip..skip + STAMP_LENGTH)?))?.resolve(form)
}
