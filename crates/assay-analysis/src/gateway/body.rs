//! The fields of a message: `Key value - Key value - ...`, as slices of the line.
//!
//! A blank-dash-blank parts fields, but user names, browsers and URLs hold dashes too, and older firmware drops the blank
//! before the dash. So a field begins only where a dash is followed by a key that is known; text in quotes is passed over.
//! A field that names the session and stands twice before any quoted browser was forged or mangled: the line is refused
//! rather than guessed at. Cost is one pass; no byte is looked at more often than there are keys of its first letter.
//! Nothing is decoded here: [`Fields`] reads a value where somebody asks for it.

use super::scan::{DateForm, STAMP_LENGTH, Seconds, Stamp, address, endpoint, near, number, text, word};
use memchr::{memchr, memmem, memrchr};
use std::net::IpAddr;
use std::sync::LazyLock;

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
    /// Source, once it was asked for.
    source: Option<(IpAddr, u16)>,
}

impl<'a> Fields<'a> {
    pub(super) fn none() -> Self {
        Self { values: [&[]; COUNT], seen: 0, source: None }
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.seen & (1 << key as u64) != 0
    }

    /// The value without blanks and quotes around it; empty where the field is empty or absent.
    pub(super) fn raw(&self, key: Key) -> &'a [u8] {
        self.values.get(key as usize).copied().unwrap_or_default().trim_ascii()
    }

    pub(super) fn set(&mut self, key: Key, value: &'a [u8]) {
        if let Some(slot) = self.values.get_mut(key as usize) {
            *slot = value;
            self.seen |= 1 << key as u64;
        }
    }

    /// The fields without any, as before a line.
    pub(super) fn clear(&mut self) {
        *self = Self::none();
    }

    pub(super) fn number(&self, key: Key) -> Option<u64> {
        number(self.raw(key)).map(|(value, _)| value)
    }

    pub(super) fn address(&self, key: Key) -> Option<IpAddr> {
        let value = self.raw(key);
        // Nearly always nothing is glued to it.
        address(value).or_else(|| address(token(value)))
    }

    pub(super) fn endpoint(&self, key: Key) -> Option<(IpAddr, u16)> {
        let value = self.raw(key);
        endpoint(value).or_else(|| endpoint(token(value)))
    }

    /// Reads Source, and says whether there is one.
    pub(super) fn read_source(&mut self) -> bool {
        self.source = self.endpoint(Key::Source);
        self.source.is_some()
    }

    /// The address of Source, after [`Fields::read_source`].
    pub(super) fn source(&self) -> Option<IpAddr> {
        self.source.map(|(address, _)| address)
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
        match self.raw(Key::User) {
            &[] => self.context().map_or(&[], |(user, _)| user),
            user => user,
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
        let after = value.get(at + 1..)?;
        let ip = address(after).or_else(|| address(token(after)));
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

/// Which key stood behind which in the lines before. An appliance writes the fields of a message in the same order every time,
/// so that one comparison nearly always tells the next key; where it does not, all keys are looked through. What is read is the
/// same either way.
#[derive(Debug)]
pub(super) struct Order {
    /// By place in [`SORTED`], the place of the key behind; the last entry is of the first key of a body.
    next: [u8; KEYS.len() + 1],
}

impl Default for Order {
    fn default() -> Self {
        Self { next: [0; KEYS.len() + 1] }
    }
}

impl Order {
    /// The key at the start of `bytes`: its place, and where its value begins.
    #[inline]
    fn key_at(&mut self, bytes: &[u8], before: usize) -> Option<(usize, usize)> {
        let likely = usize::from(*self.next.get(before)?);
        if let Some(written) = SORTED.get(likely)
            && written.begins(bytes)
        {
            return Some((likely, written.name.len()));
        }
        let (place, length) = key_at(bytes)?;
        if let Some(next) = self.next.get_mut(before) {
            *next = place as u8;
        }
        Some((place, length))
    }
}

/// Where no key stood before.
const FIRST: usize = KEYS.len();

/// The field of a place in [`SORTED`].
fn key_of(place: usize) -> Key {
    SORTED.get(place).map_or(Key::Text, |written| written.key)
}

/// Reads the fields of a body. The error is a reason without content.
pub(super) fn read<'a>(
    body: &'a [u8],
    form: Form,
    order: &mut Order,
    fields: &mut Fields<'a>,
) -> Result<(), &'static str> {
    match form {
        Form::Plain => plain(body, order, fields),
        Form::Request => request(body, order, fields),
        Form::Command => command(body, order, fields),
    }
}

fn plain<'a>(body: &'a [u8], order: &mut Order, fields: &mut Fields<'a>) -> Result<(), &'static str> {
    if let Some(id) = ica_id(body) {
        fields.set(Key::IcaId, id);
    }
    let mut before = FIRST;
    let mut open = None;
    let mut rest = body;
    if let Some((place, length)) = order.key_at(body, before) {
        rest = body.get(length..).unwrap_or_default();
        (before, open) = (place, Some((key_of(place), rest)));
    }
    loop {
        if let Some((key, value)) = open {
            if matches!(value.first(), Some(b'"' | b'\\'))
                && let Some((inner, after)) = quoted(value).filter(|_| !fields.has(key))
            {
                fields.set(key, inner);
                // A browser's text is the visitor's own. What the appliance writes after it has no key of the session.
                (open, rest) = (None, after);
                if key == Key::Browser {
                    after_browser(after, fields);
                    return Ok(());
                }
            } else if key == Key::Browser {
                // Without quotes nothing says where it ends.
                return take(fields, key, value);
            }
        }
        let Some(dash) = near(rest, b'-') else { break };
        let Some(after) = rest.get(dash + 1..) else { break };
        rest = after;
        if let Some(b' ') = after.first()
            && let Some(after) = after.get(1..)
            && let Some((place, length)) = order.key_at(after, before)
        {
            if let Some((previous, value)) = open {
                // Up to the dash.
                let length = value.len() - after.len() - 2;
                take(fields, previous, value.get(..length).unwrap_or_default())?;
            }
            rest = after.get(length..).unwrap_or_default();
            (before, open) = (place, Some((key_of(place), rest)));
        }
    }
    if let Some((key, value)) = open {
        take(fields, key, value)?;
    }
    // OTHERCONN_DELINK misses the dash before its bytes.
    if !fields.has(Key::BytesSend)
        && fields.has(Key::BytesRecv)
        && let Some(at) = memmem::find(body, b"Total_bytes_send ")
    {
        fields.set(Key::BytesSend, word(body.get(at + 17..).unwrap_or_default()));
        let end = fields.raw(Key::End);
        fields.set(Key::End, end.get(..STAMP_LENGTH).unwrap_or(end));
    }
    Ok(())
}

/// Takes a field; one that names the session may not stand twice.
#[inline]
fn take<'a>(fields: &mut Fields<'a>, key: Key, value: &'a [u8]) -> Result<(), &'static str> {
    if fields.has(key) {
        return match key {
            Key::User | Key::ClientIp | Key::SessionId | Key::Source | Key::Context => {
                Err("a field of the session stands twice: forged or mangled")
            }
            _ => Ok(()),
        };
    }
    fields.set(key, value);
    Ok(())
}

/// Client type and groups stand behind the browser, and are taken only in that place: at the end of the line.
fn after_browser<'a>(rest: &'a [u8], fields: &mut Fields<'a>) {
    static NAMES: LazyLock<[(memmem::FinderRev<'static>, Key); 2]> = LazyLock::new(|| {
        [(b" - SSLVPN_client_type ".as_slice(), Key::ClientType), (b" - Group(s) ", Key::Groups)]
            .map(|(name, key)| (memmem::FinderRev::new(name), key))
    });
    for (name, key) in &*NAMES {
        let Some(at) = name.rfind(rest) else { continue };
        let value = rest.get(at + name.needle().len()..).unwrap_or_default();
        let end = memmem::find(value, b" - ").unwrap_or(value.len());
        fields.set(*key, unquoted(value.get(..end).unwrap_or_default()));
    }
}

/// What parts a request.
struct Parts {
    colon: memmem::Finder<'static>,
    user: memmem::FinderRev<'static>,
    dash: memmem::FinderRev<'static>,
    vserver: memmem::Finder<'static>,
    groups: memmem::Finder<'static>,
    sign_on: memmem::Finder<'static>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| Parts {
    colon: memmem::Finder::new(b" : "),
    user: memmem::FinderRev::new(b" User "),
    dash: memmem::FinderRev::new(b"- "),
    vserver: memmem::Finder::new(b"Vserver "),
    groups: memmem::Finder::new(b"Group(s) "),
    sign_on: memmem::Finder::new(b"SSO is "),
});

/// `Context u@ip - SessionId: n - HOST User u : Group(s) N/A : Vserver v - TIME : [Message =] SSO is ON : GET /path - -`.
fn request<'a>(body: &'a [u8], order: &mut Order, fields: &mut Fields<'a>) -> Result<(), &'static str> {
    let Some(first) = PARTS.colon.find(body) else {
        // A body of connections under the name of a request was seen.
        return plain(body, order, fields);
    };
    let (head, rest) = body.split_at(first);
    let user_at = PARTS.user.rfind(head).map(|at| at + 6).or(head.starts_with(b"User ").then_some(5));
    let Some(user_at) = user_at else { return Err("a request without a user") };
    // `HOST User u`: the host stands between the last dash and the user.
    let before = head.get(..user_at.saturating_sub(6)).unwrap_or_default();
    let host_at = PARTS.dash.rfind(before).map_or(before.len(), |at| at + 2);
    let (context, host) = before.split_at(host_at.min(before.len()));
    let context = context.trim_ascii_end();
    plain(context.strip_suffix(b"-").unwrap_or(context), order, fields)?;
    fields.set(Key::Host, host);
    fields.set(Key::User, head.get(user_at..).unwrap_or_default());
    let mut after = rest;
    if let Some(at) = PARTS.vserver.find(rest) {
        after = rest.get(at + 8..).unwrap_or_default();
        fields.set(Key::Vserver, word(after));
    }
    if let Some(at) = PARTS.groups.find(rest) {
        let value = rest.get(at + 9..).unwrap_or_default();
        fields.set(Key::Groups, value.get(..PARTS.colon.find(value).unwrap_or(value.len())).unwrap_or_default());
    }
    let stamp = |skip: usize| Stamp::read(after.get(skip..skip + STAMP_LENGTH)?).map(|_| skip);
    if let Some(at) = (0..after.len().min(96)).find_map(stamp) {
        fields.set(Key::Start, after.get(at..at + STAMP_LENGTH).unwrap_or_default());
        after = after.get(at + STAMP_LENGTH..).unwrap_or_default();
    }
    if let Some(at) = PARTS.sign_on.find(after.get(..64).unwrap_or(after)) {
        fields.set(Key::SingleSignOn, word(after.get(at + 7..).unwrap_or_default()));
        let behind = after.get(at + 7..).unwrap_or_default();
        after = PARTS.colon.find(behind).and_then(|at| behind.get(at + 3..)).unwrap_or_default();
    } else {
        let zone = after.trim_ascii_start();
        let zone = zone.strip_prefix(b"GMT").unwrap_or(zone).trim_ascii_start();
        after = zone.strip_prefix(b":").unwrap_or(zone);
    }
    let line = after.trim_ascii();
    fields.set(Key::Request, line.strip_suffix(b"- -").unwrap_or(line));
    Ok(())
}

/// `User u - ADM_User a - Remote_ip ip - Command "..." - Status "..."`: the command ends where the last status begins.
fn command<'a>(body: &'a [u8], order: &mut Order, fields: &mut Fields<'a>) -> Result<(), &'static str> {
    let Some(at) = memmem::find(body, b"- Command ") else { return plain(body, order, fields) };
    plain(body.get(..at).unwrap_or_default(), order, fields)?;
    let rest = body.get(at + 10..).unwrap_or_default();
    let end = memmem::rfind(rest, b" - Status ");
    fields.set(Key::Command, unquoted(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()));
    if let Some(end) = end {
        fields.set(Key::Status, unquoted(rest.get(end + 10..).unwrap_or_default()));
    }
    Ok(())
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

/// The key at the start of `bytes`, bracketed tags such as `[TECHSUPPORT]` passed over: its place in [`SORTED`], and where its
/// value begins.
fn key_at(bytes: &[u8]) -> Option<(usize, usize)> {
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
    let (from, to) = (usize::from(range.0), usize::from(range.1));
    let keys = SORTED.get(from..to)?;
    let at = keys.iter().position(|written| written.begins(rest))?;
    Some((from + at, skipped + keys.get(at)?.name.len()))
}

/// A key as written, with its first and last eight bytes as numbers: comparing these is most of comparing the whole.
#[derive(Clone, Copy)]
struct Written {
    name: &'static [u8],
    key: Key,
    first: u64,
    /// Which of the first eight bytes belong to the key.
    mask: u64,
    last: u64,
}

impl Written {
    const fn of(name: &'static [u8], key: Key) -> Self {
        let (mut first, mut mask, mut last, mut n) = (0, 0, 0, 0);
        while n < name.len() {
            if n < 8 {
                first |= (name[n] as u64) << (8 * n);
                mask |= 0xff << (8 * n);
            }
            last = last >> 8 | (name[n] as u64) << 56;
            n += 1;
        }
        Self { name, key, first, mask, last }
    }

    /// True where `bytes` begin with the key.
    #[inline]
    fn begins(&self, bytes: &[u8]) -> bool {
        let length = self.name.len();
        let Some(first) = bytes.first_chunk() else { return bytes.starts_with(self.name) };
        if u64::from_le_bytes(*first) & self.mask != self.first {
            return false;
        }
        if length <= 8 {
            return true;
        }
        let last = bytes.get(..length).and_then(<[u8]>::last_chunk);
        last.is_some_and(|last| u64::from_le_bytes(*last) == self.last)
            && (length <= 16 || bytes.get(8..length - 8) == self.name.get(8..length - 8))
    }
}

/// The keys in the order of their first letters, each letter's in the order of the table above.
static SORTED: [Written; KEYS.len()] = {
    let mut sorted = [Written::of(b"", Key::Context); KEYS.len()];
    let (mut filled, mut letter) = (0, 0);
    while letter < 256 {
        let mut n = 0;
        while n < KEYS.len() {
            if KEYS[n].0[0] as usize == letter {
                sorted[filled] = Written::of(KEYS[n].0, KEYS[n].1);
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

/// A quoted value and what stands after its closing quote; quotes may be escaped or doubled by a relay.
fn quoted(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let quote: &[u8] = if value.starts_with(b"\\\"") {
        b"\\\""
    } else if value.starts_with(b"\"\"") && !matches!(value.get(2), None | Some(b' ' | b'-')) {
        b"\"\""
    } else if value.starts_with(b"\"") {
        b"\""
    } else {
        return None;
    };
    let inner = value.get(quote.len()..)?;
    let close = if let [one] = quote { near(inner, *one)? } else { memmem::find(inner, quote)? };
    Some((inner.get(..close)?, inner.get(close + quote.len()..)?))
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
