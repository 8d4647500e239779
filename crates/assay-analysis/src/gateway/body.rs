//! The fields of a message: `Key value - Key value - ...`, as slices of the line.
//!
//! A blank-dash-blank parts fields, but user names, browsers and URLs hold dashes too, and older firmware drops the blank
//! before the dash. So a field begins only where a dash is followed by a key that is known; text in quotes is passed over.
//! A field that names the session and stands twice before any quoted browser was forged or mangled: the line is refused
//! rather than guessed at. Cost is one pass; no byte is looked at more often than there are keys of its first letter.
//! Nothing is decoded here: [`Fields`] reads a value where somebody asks for it.

use super::scan::{DateForm, STAMP_LENGTH, Seconds, Stamp, address, endpoint, number, text, word};
use memchr::{memchr, memmem, memrchr};
use std::net::IpAddr;

macro_rules! keys {
    ($($key:ident: $($written:literal),+;)*) => {
        /// A field, by what it holds; several spellings may mean one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Key { $(#[allow(missing_docs)] $key,)* }

        /// Keys as written, each with what parts it from its value.
        const KEYS: &[(&[u8], Key)] = &[$($(($written, Key::$key),)+)*];

        /// Every field.
        pub(super) const ALL: [Key; [$(Key::$key,)*].len()] = [$(Key::$key,)*];

        /// How many there are.
        const COUNT: usize = ALL.len();
    };
}

// The longer of two spellings that begin alike stands first.
keys! {
    Context: b"Context ";
    SessionId: b"SessionId: ", b"SessionId:", b"Sessionid ";
    User: b"User ", b"username:domainname ";
    ClientIp: b"Client_ip ", b"ClientIP ", b"Client IP ";
    Forwarded: b"X-Forwarded-For_ip ";
    NatIp: b"Nat_ip ", b"NatIP ";
    Vserver: b"Vserver ", b"Vserver_ip ", b"VserverServiceIP ";
    VserverPort: b"VserverServicePort ";
    Source: b"Source ";
    Destination: b"Destination ";
    Start: b"Start_time ", b"startTime ", b"Start Time ";
    End: b"End_time ", b"endTime ", b"End Time ", b"Delink Time ";
    LastContact: b"Last_contact ";
    Duration: b"Duration ";
    HttpResources: b"Http_resources_accessed ";
    OtherServices: b"NonHttp_services_accessed ";
    TcpConnections: b"Total_TCP_connections ";
    UdpFlows: b"Total_UDP_flows ";
    PoliciesAllowed: b"Total_policies_allowed ";
    PoliciesDenied: b"Total_policies_denied ";
    BytesSend: b"Total_bytes_send ";
    BytesRecv: b"Total_bytes_recv ";
    CompressedSend: b"Total_compressedbytes_send ";
    CompressedRecv: b"Total_compressedbytes_recv ";
    WireSend: b"Total_bytes_wire_send ";
    WireRecv: b"Total_bytes_wire_recv ";
    RatioSend: b"Compression_ratio_send ";
    RatioRecv: b"Compression_ratio_recv ";
    LogoutMethod: b"LogoutMethod ";
    Browser: b"Browser_type ", b"Browser ";
    ClientType: b"SSLVPN_client_type ";
    Access: b"Access ";
    DeniedBy: b"Denied_by_policy ";
    Reason: b"Failure_reason ", b"Errmsg ", b"Reason ";
    Groups: b"Group(s) ", b"Extracted_groups ";
    Customer: b"customername ";
    Application: b"applicationName ";
    ConnectionId: b"connectionId ";
    Relay: b"SSLRelayAddress ";
    Case: b"CaseID: ";
    SecurityExpression: b"Client_security_expression ";
    SecurityCheck: b"Client_security_check ";
    Control: b"SPCBId ";
    ClientPort: b"ClientPort ";
    ClientVersion: b"ClientVersion ";
    Cipher: b"CipherSuite ";
    Handshake: b"HandshakeTime ";
    Resumed: b"Session ";
    Administrator: b"ADM_User ";
    RemoteIp: b"Remote_ip ";
    Command: b"Command ";
    Status: b"Status ";
    Monitor: b"Monitor ", b"Device ";
    State: b"State ";
    // Taken out of what stands before the first key, or of free text.
    IcaId: b"ICAUUID=";
    Host: b"\0Host";
    Request: b"\0Request";
    SingleSignOn: b"\0SSO";
    Text: b"\0Text";
}

/// What a message says, as it stands in the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    values: [&'a [u8]; COUNT],
    seen: u64,
}

impl<'a> Fields<'a> {
    pub(super) fn none() -> Self {
        Self { values: [&[]; COUNT], seen: 0 }
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.seen & (1 << key as u64) != 0
    }

    /// The value without blanks and quotes around it; empty where the field is empty or absent.
    pub(super) fn raw(&self, key: Key) -> &'a [u8] {
        self.values.get(key as usize).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, key: Key, value: &'a [u8]) {
        if let Some(slot) = self.values.get_mut(key as usize) {
            *slot = value.trim_ascii();
            self.seen |= 1 << key as u64;
        }
    }

    pub(super) fn number(&self, key: Key) -> Option<u64> {
        number(self.raw(key)).map(|(value, _)| value)
    }

    pub(super) fn address(&self, key: Key) -> Option<IpAddr> {
        address(token(self.raw(key)))
    }

    pub(super) fn endpoint(&self, key: Key) -> Option<(IpAddr, u16)> {
        endpoint(token(self.raw(key)))
    }

    /// A time, whatever quotes stand before it.
    pub(super) fn time(&self, key: Key, form: DateForm) -> Option<Seconds> {
        self.stamp(key)?.resolve(form)
    }

    pub(super) fn stamp(&self, key: Key) -> Option<Stamp> {
        let value = self.raw(key);
        (0..4).find_map(|skip| Stamp::read(value.get(skip..skip + STAMP_LENGTH)?))
    }

    /// `HH:MM:SS` in seconds; hours may be many.
    pub(super) fn duration(&self) -> Option<Seconds> {
        let (hours, rest) = number(self.raw(Key::Duration))?;
        let (minutes, rest) = number(rest.strip_prefix(b":")?)?;
        let (seconds, _) = number(rest.strip_prefix(b":")?)?;
        let sum = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
        i64::try_from(sum).ok().filter(|sum| *sum < 10 * 366 * 86_400)
    }

    /// The user as logged: of `User`, else what stands before the last `@` of `Context`.
    pub(super) fn user_bytes(&self) -> &'a [u8] {
        match (self.raw(Key::User), self.context()) {
            (&[], Some((user, _))) => user,
            (user, _) => user,
        }
    }

    /// The user as text, without what mail programs add to an address that was copied through them.
    #[cfg(test)]
    pub(super) fn user(&self) -> Option<String> {
        user_text(self.user_bytes())
    }

    /// Client_ip, else the address of `Context`.
    pub(super) fn client_ip(&self) -> Option<IpAddr> {
        self.address(Key::ClientIp).or_else(|| self.context().and_then(|(_, ip)| ip))
    }

    /// User and address of `Context`, parted at the last `@`: a user may hold an `@` itself.
    fn context(&self) -> Option<(&'a [u8], Option<IpAddr>)> {
        let value = self.raw(Key::Context);
        let at = memrchr(b'@', value)?;
        let ip = address(token(value.get(at + 1..)?));
        let user = value.get(..at)?;
        ip.map(|ip| (user, Some(ip)))
    }
}

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Fields.
    Plain,
    /// Fields, then ` : ` parts with the request.
    Request,
    /// Fields, of which the command may hold anything.
    Command,
}

/// Reads the fields of a body. The error is a reason without content.
pub(super) fn read(body: &[u8], form: Form) -> Result<Fields<'_>, &'static str> {
    match form {
        Form::Plain => plain(body),
        Form::Request => request(body),
        Form::Command => command(body),
    }
}

fn plain(body: &[u8]) -> Result<Fields<'_>, &'static str> {
    let mut reader = Reader { fields: Fields::none() };
    if let Some(id) = ica_id(body) {
        reader.fields.set(Key::IcaId, id);
    }
    let mut open = key_at(body);
    let mut at = open.map_or(0, |(_, start)| start);
    loop {
        if let Some((key, start)) = open
            && let Some((value, end)) = quoted(body, start).filter(|_| !reader.fields.has(key))
        {
            reader.take(key, value)?;
            // A browser's text is the visitor's own. What the appliance writes after it has no key of the session.
            (open, at) = (None, end);
            if key == Key::Browser {
                after_browser(body.get(end..).unwrap_or_default(), &mut reader.fields);
                return Ok(reader.fields);
            }
        } else if let Some((Key::Browser, start)) = open {
            // Without quotes nothing says where it ends.
            reader.take(Key::Browser, body.get(start..).unwrap_or_default())?;
            return Ok(reader.fields);
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
    // OTHERCONN_DELINK misses the dash before its bytes.
    if !reader.fields.has(Key::BytesSend)
        && reader.fields.has(Key::BytesRecv)
        && let Some(at) = memmem::find(body, b"Total_bytes_send ")
    {
        reader.fields.set(Key::BytesSend, word(body.get(at + 17..).unwrap_or_default()));
        let end = reader.fields.raw(Key::End);
        reader.fields.set(Key::End, end.get(..STAMP_LENGTH).unwrap_or(end));
    }
    Ok(reader.fields)
}

/// Client type and groups stand behind the browser, and are taken only in that place: at the end of the line.
fn after_browser<'a>(rest: &'a [u8], fields: &mut Fields<'a>) {
    for (name, key) in [(&b" - SSLVPN_client_type "[..], Key::ClientType), (b" - Group(s) ", Key::Groups)] {
        let Some(at) = memmem::rfind(rest, name) else { continue };
        let value = rest.get(at + name.len()..).unwrap_or_default();
        let end = memmem::find(value, b" - ").unwrap_or(value.len());
        fields.set(key, unquoted(value.get(..end).unwrap_or_default()));
    }
}

/// `Context u@ip - SessionId: n - HOST User u : Group(s) N/A : Vserver v - TIME : [Message =] SSO is ON : GET /path - -`.
fn request(body: &[u8]) -> Result<Fields<'_>, &'static str> {
    let Some(first) = memmem::find(body, b" : ") else {
        // A body of connections under the name of a request was seen.
        return plain(body);
    };
    let (head, rest) = body.split_at(first);
    let user_at = memmem::rfind(head, b" User ").map(|at| at + 6).or(head.starts_with(b"User ").then_some(5));
    let Some(user_at) = user_at else { return Err("a request without a user") };
    // `HOST User u`: the host stands between the last dash and the user.
    let before = head.get(..user_at.saturating_sub(6)).unwrap_or_default();
    let host_at = memmem::rfind(before, b"- ").map_or(before.len(), |at| at + 2);
    let (context, host) = before.split_at(host_at.min(before.len()));
    let context = context.trim_ascii_end();
    let mut fields = plain(context.strip_suffix(b"-").unwrap_or(context))?;
    fields.set(Key::Host, host);
    fields.set(Key::User, head.get(user_at..).unwrap_or_default());
    let mut after = rest;
    if let Some(at) = memmem::find(rest, b"Vserver ") {
        after = rest.get(at + 8..).unwrap_or_default();
        fields.set(Key::Vserver, word(after));
    }
    if let Some(at) = memmem::find(rest, b"Group(s) ") {
        let value = rest.get(at + 9..).unwrap_or_default();
        fields.set(Key::Groups, value.get(..memmem::find(value, b" : ").unwrap_or(value.len())).unwrap_or_default());
    }
    let stamp = |skip: usize| Stamp::read(after.get(skip..skip + STAMP_LENGTH)?).map(|_| skip);
    if let Some(at) = (0..after.len().min(96)).find_map(stamp) {
        fields.set(Key::Start, after.get(at..at + STAMP_LENGTH).unwrap_or_default());
        after = after.get(at + STAMP_LENGTH..).unwrap_or_default();
    }
    if let Some(at) = memmem::find(after.get(..64).unwrap_or(after), b"SSO is ") {
        fields.set(Key::SingleSignOn, word(after.get(at + 7..).unwrap_or_default()));
        let behind = after.get(at + 7..).unwrap_or_default();
        after = memmem::find(behind, b" : ").and_then(|at| behind.get(at + 3..)).unwrap_or_default();
    } else {
        let zone = after.trim_ascii_start();
        let zone = zone.strip_prefix(b"GMT").unwrap_or(zone).trim_ascii_start();
        after = zone.strip_prefix(b":").unwrap_or(zone);
    }
    let line = after.trim_ascii();
    fields.set(Key::Request, line.strip_suffix(b"- -").unwrap_or(line));
    Ok(fields)
}

/// `User u - ADM_User a - Remote_ip ip - Command "..." - Status "..."`: the command ends where the last status begins.
fn command(body: &[u8]) -> Result<Fields<'_>, &'static str> {
    let Some(at) = memmem::find(body, b"- Command ") else { return plain(body) };
    let mut fields = plain(body.get(..at).unwrap_or_default())?;
    let rest = body.get(at + 10..).unwrap_or_default();
    let end = memmem::rfind(rest, b" - Status ");
    fields.set(Key::Command, unquoted(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()));
    if let Some(end) = end {
        fields.set(Key::Status, unquoted(rest.get(end + 10..).unwrap_or_default()));
    }
    Ok(fields)
}

/// The value of `[ICAUUID=...]` among the tags that stand before the first field.
fn ica_id(body: &[u8]) -> Option<&[u8]> {
    if body.first() != Some(&b'[') {
        return None;
    }
    let head = body.get(..192).unwrap_or(body);
    let rest = head.get(memmem::find(head, b"ICAUUID=")? + 8..)?;
    rest.get(..memchr(b']', rest)?)
}

/// The key at the start of `bytes`, bracketed tags such as `[TECHSUPPORT]` passed over, and where its value begins.
fn key_at(bytes: &[u8]) -> Option<(Key, usize)> {
    let mut skipped = 0;
    for _ in 0..8 {
        let rest = bytes.get(skipped..)?;
        if rest.first() != Some(&b'[') {
            break;
        }
        let close = memchr(b']', rest.get(..96).unwrap_or(rest))?;
        skipped += close + 1;
        skipped += usize::from(bytes.get(skipped) == Some(&b' '));
    }
    let rest = bytes.get(skipped..)?;
    let range = KEY_RANGES.get(usize::from(*rest.first()?))?;
    let keys = SORTED.get(usize::from(range.0)..usize::from(range.1))?;
    keys.iter().find(|(name, _)| rest.starts_with(name)).map(|(name, key)| (*key, skipped + name.len()))
}

/// The keys in the order of their first letters, each letter's in the order of the table above.
static SORTED: [(&[u8], Key); KEYS.len()] = {
    let mut sorted = [(&[] as &[u8], Key::Context); KEYS.len()];
    let (mut filled, mut letter) = (0, 0);
    while letter < 256 {
        let mut n = 0;
        while n < KEYS.len() {
            if KEYS[n].0[0] as usize == letter {
                sorted[filled] = KEYS[n];
                filled += 1;
            }
            n += 1;
        }
        letter += 1;
    }
    sorted
};

/// Where a first letter's keys stand in [`SORTED`].
static KEY_RANGES: [(u8, u8); 256] = {
    let mut ranges = [(0, 0); 256];
    let (mut filled, mut letter) = (0_u8, 0);
    while letter < 256 {
        let from = filled;
        let mut n = 0;
        while n < KEYS.len() {
            if KEYS[n].0[0] as usize == letter {
                filled += 1;
            }
            n += 1;
        }
        ranges[letter] = (from, filled);
        letter += 1;
    }
    ranges
};

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

/// A value without the quotes around it, whichever way they are written.
fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    for quote in [b"\\\"".as_slice(), b"\"\"", b"\""] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.strip_suffix(quote).unwrap_or(inner);
        }
    }
    value
}

struct Reader<'a> {
    fields: Fields<'a>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, key: Key, value: &'a [u8]) -> Result<(), &'static str> {
        if self.fields.has(key) {
            return match key {
                Key::User | Key::ClientIp | Key::SessionId | Key::Source | Key::Context => {
                    Err("a field of the session stands twice: forged or mangled")
                }
                _ => Ok(()),
            };
        }
        self.fields.set(key, value);
        Ok(())
    }
}

/// An address or endpoint without what is glued behind it: `121.1.1.1- SessionId`, a relay's `#012`.
fn token(value: &[u8]) -> &[u8] {
    let value = word(value.trim_ascii_start());
    let value = if value.len() > 48 { value.get(..48).unwrap_or(value) } else { value };
    let value = memchr(b'#', value)
        .filter(|at| value.get(*at..).is_some_and(|rest| rest.starts_with(b"#012")))
        .and_then(|end| value.get(..end))
        .unwrap_or(value);
    value.strip_suffix(b"-").unwrap_or(value)
}

/// A user as text, without what mail programs add to an address that was copied through them; the domain that ICA writes
/// behind a colon is taken off by who compares users.
pub(super) fn user_text(value: &[u8]) -> Option<String> {
    let mut user = text(value);
    while let Some(start) = user.find("<mailto:") {
        let end = user.get(start..).and_then(|rest| rest.find('>')).map_or(user.len(), |offset| start + offset + 1);
        user.replace_range(start..end, "");
    }
    let user = user.trim();
    (!user.is_empty()).then(|| user.to_owned())
}
