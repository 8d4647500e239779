//! What an item's properties mean: the fields of a message's head, and labelled lines for contacts, appointments, tasks and
//! whatever else a person fills in.
//!
//! Labels are words that forms use. Properties that only programs write are passed over.

use super::super::{mail, mime};
use super::{Item, Name, Properties, Value, dated, set};

/// A field of a head: its name as the net has it, and its value on one line.
pub(in super::super) type Field = (String, String);

/// The head of an item.
pub(in super::super) fn fields(item: &Item) -> Vec<Field> {
    let own = &item.properties;
    let transport = own.text(0x007d).map(|head| mail::fields_of(head.as_bytes())).unwrap_or_default();
    let carried = |name: &str| -> Option<String> {
        transport.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let mut fields: Vec<Field> = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.map(|value| one_line(&value)).filter(|value| !value.is_empty()) {
            fields.push((name.to_owned(), value));
        }
    };
    // On behalf of whom it was sent, and who did.
    let author = person(own, 0x0042, &[0x5d02, 0x0065], 0x0064, 0x0041);
    let sender = person(own, 0x0c1a, &[0x5d01, 0x0c1f], 0x0c1e, 0x0c19);
    let from = author.clone().or_else(|| sender.clone()).or_else(|| carried("From"));
    put("From", from.clone());
    put("Sender", sender.filter(|sender| from.as_ref() != Some(sender)));
    let mut kinds = [("To", 0x0e04, Vec::new()), ("Cc", 0x0e03, Vec::new()), ("Bcc", 0x0e02, Vec::new())];
    for recipient in &item.recipients {
        // PidTagRecipientType: one is To, two Cc, three Bcc; zero the sender of a meeting.
        let kind = recipient.whole(0x0c15).map_or(1, |kind| kind & 0xf);
        let who = person(recipient, 0x3001, &[0x39fe, 0x3003], 0x3002, 0x0fff).or_else(|| recipient.text(0x3a20));
        if let (Some(who), Some((.., all))) =
            (who, usize::try_from(kind - 1).ok().and_then(|index| kinds.get_mut(index)))
        {
            all.push(who);
        }
    }
    for (label, number, all) in kinds {
        let shown = if all.is_empty() { own.text(number).or_else(|| carried(label)) } else { Some(all.join(", ")) };
        put(label, shown);
    }
    put("Reply-To", carried("Reply-To").or_else(|| own.text(0x0050)));
    // When it was sent, or else when it arrived, was made or last changed.
    let moment = [0x0039, 0x0e06, 0x3007, 0x3008].iter().find_map(|number| own.moment(*number));
    put("Date", moment.or_else(|| carried("Date").map(|date| mail::moment(&date))));
    put("Subject", subject(own).or_else(|| carried("Subject")));
    put("Keywords", own.word(set::STRINGS, "keywords").and_then(|value| own.shown(value)));
    put("Importance", own.whole(0x0017).filter(|value| *value == 2).map(|_| "high".to_owned()));
    put(
        "Sensitivity",
        own.whole(0x0036).and_then(|value| {
            [(1, "personal"), (2, "private"), (3, "confidential")]
                .iter()
                .find(|(n, _)| *n == value)
                .map(|(_, w)| (*w).to_owned())
        }),
    );
    put("Message-ID", own.text(0x1035).or_else(|| carried("Message-ID")));
    put("In-Reply-To", own.text(0x1042).or_else(|| carried("In-Reply-To")));
    put("References", own.text(0x1039).or_else(|| carried("References")));
    put("Thread-Topic", own.text(0x0070));
    put("Thread-Index", own.bytes(0x0071).map(mime::base64).or_else(|| carried("Thread-Index")));
    put("Message-Class", own.text(0x001a).filter(|class| !class.eq_ignore_ascii_case("IPM.Note")));
    let known: Vec<String> = fields.iter().map(|(name, _)| name.to_lowercase()).collect();
    fields.extend(transport.into_iter().filter(|(name, _)| !known.contains(&name.to_lowercase())));
    fields
}

/// A subject; what Outlook puts before it to count its prefix (one and a length) is none of it.
fn subject(own: &Properties) -> Option<String> {
    let subject = own.text(0x0037).or_else(|| own.text(0x0e1d))?;
    let mut rest = subject.chars();
    match rest.next() {
        Some('\u{1}') => Some(rest.skip(1).collect()),
        _ => Some(subject),
    }
}

/// A person by name and address; an address of the net comes before one of an organisation's directory.
fn person(own: &Properties, name: u16, addresses: &[u16], kind: u16, entry: u16) -> Option<String> {
    let name = own.text(name).map(|name| one_line(&name));
    let directory = own.text(kind).is_some_and(|kind| kind.eq_ignore_ascii_case("EX"));
    let all: Vec<String> =
        addresses.iter().filter_map(|number| own.text(*number)).map(|text| one_line(&text)).collect();
    let address = all.iter().find(|address| address.contains('@')).cloned();
    let address =
        address.or_else(|| own.bytes(entry).and_then(one_off).map(|(_, address)| address).filter(|a| a.contains('@')));
    // Of a directory's name the last part is the person's account.
    let address = address.or_else(|| {
        let first = all.first()?;
        if directory || first.starts_with("/o=") || first.starts_with("/O=") {
            return first.rsplit(['=']).next().filter(|_| name.is_none()).map(str::to_owned);
        }
        Some(first.clone())
    });
    match (name, address) {
        (Some(name), Some(address)) if name.trim_matches('\'') != address => {
            Some(format!("{} <{address}>", name.trim_matches('\'')))
        }
        (name, address) => address.or(name),
    }
}

/// Name and address in an entry of an address book that stands for itself (MS-OXCDATA 2.2.5.1).
pub(super) fn one_off(entry: &[u8]) -> Option<(String, String)> {
    const PROVIDER: [u8; 16] =
        [0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02];
    if entry.get(4..20)? != PROVIDER {
        return None;
    }
    let wide = entry.get(23)? & 0x80 != 0;
    let text = entry.get(24..)?;
    let strings: Vec<String> = if wide {
        let units: Vec<u16> = text.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        units.split(|unit| *unit == 0).take(3).map(String::from_utf16_lossy).collect()
    } else {
        text.split(|byte| *byte == 0).take(3).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    };
    Some((strings.first()?.clone(), strings.get(2)?.clone()))
}

pub(in super::super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a labelled value lies.
#[derive(Clone, Copy)]
enum At {
    Number(u16),
    Named(u32, u32),
}
use At::{Named, Number};

type Label = (&'static str, At);

const fn address(number: u32) -> At {
    Named(set::ADDRESS, number)
}

/// What an address book's form has, in the order in which a person reads it.
const CONTACT: &[Label] = &[
    ("Full name", Number(0x3001)),
    ("Title", Number(0x3a45)),
    ("First name", Number(0x3a06)),
    ("Middle name", Number(0x3a44)),
    ("Surname", Number(0x3a11)),
    ("Suffix", Number(0x3a05)),
    ("Initials", Number(0x3a0a)),
    ("Nickname", Number(0x3a4f)),
    ("File as", address(0x8005)),
    ("Date of birth", Number(0x3a42)),
    ("Anniversary", Number(0x3a41)),
    ("Job title", Number(0x3a17)),
    ("Profession", Number(0x3a46)),
    ("Company", Number(0x3a16)),
    ("Department", Number(0x3a18)),
    ("Office", Number(0x3a19)),
    ("Manager's name", Number(0x3a4e)),
    ("Assistant's name", Number(0x3a30)),
    ("Spouse", Number(0x3a48)),
    ("Children", Number(0x3a58)),
    ("Email", address(0x8083)),
    ("Email 1 name", address(0x8080)),
    ("Email 2", address(0x8093)),
    ("Email 2 name", address(0x8090)),
    ("Email 3", address(0x80a3)),
    ("Email 3 name", address(0x80a0)),
    ("Messenger address", address(0x8062)),
    ("Home phone", Number(0x3a09)),
    ("Home phone 2", Number(0x3a2f)),
    ("Mobile", Number(0x3a1c)),
    ("Work phone", Number(0x3a08)),
    ("Work phone 2", Number(0x3a1b)),
    ("Company phone", Number(0x3a57)),
    ("Primary phone", Number(0x3a1a)),
    ("Other phone", Number(0x3a1f)),
    ("Assistant's phone", Number(0x3a2e)),
    ("Car phone", Number(0x3a1e)),
    ("Radio phone", Number(0x3a1d)),
    ("Callback phone", Number(0x3a02)),
    ("Pager", Number(0x3a21)),
    ("Text phone", Number(0x3a4b)),
    ("ISDN", Number(0x3a2d)),
    ("Telex", Number(0x3a2c)),
    ("Fax", Number(0x3a23)),
    ("Work fax", Number(0x3a24)),
    ("Home fax", Number(0x3a25)),
    ("Home address", address(0x801a)),
    ("Home street", Number(0x3a5d)),
    ("Home town", Number(0x3a59)),
    ("Home county", Number(0x3a5c)),
    ("Home postcode", Number(0x3a5b)),
    ("Home country", Number(0x3a5a)),
    ("Work address", address(0x801b)),
    ("Work street", address(0x8045)),
    ("Work town", address(0x8046)),
    ("Work county", address(0x8047)),
    ("Work postcode", address(0x8048)),
    ("Work country", address(0x8049)),
    ("Other address", address(0x801c)),
    ("Other street", Number(0x3a63)),
    ("Other town", Number(0x3a5f)),
    ("Other postcode", Number(0x3a61)),
    ("Postal address", Number(0x3a15)),
    ("Street", Number(0x3a29)),
    ("Town", Number(0x3a27)),
    ("County", Number(0x3a28)),
    ("Postcode", Number(0x3a2a)),
    ("Country", Number(0x3a26)),
    ("Government number", Number(0x3a07)),
    ("Customer number", Number(0x3a4a)),
    ("Account", Number(0x3a00)),
    ("Hobbies", Number(0x3a43)),
    ("Referred by", Number(0x3a47)),
    ("Language", Number(0x3a0c)),
    ("Web page", address(0x802b)),
    ("Personal home page", Number(0x3a50)),
    ("Business home page", Number(0x3a51)),
    ("User field 1", address(0x804f)),
    ("User field 2", address(0x8050)),
    ("User field 3", address(0x8051)),
    ("User field 4", address(0x8052)),
];

const APPOINTMENT: &[Label] = &[
    ("Start", Named(set::APPOINTMENT, 0x820d)),
    ("End", Named(set::APPOINTMENT, 0x820e)),
    ("All day", Named(set::APPOINTMENT, 0x8215)),
    ("Location", Named(set::APPOINTMENT, 0x8208)),
    ("Recurrence", Named(set::APPOINTMENT, 0x8232)),
    ("Attendees", Named(set::APPOINTMENT, 0x8238)),
    ("Required attendees", Named(set::APPOINTMENT, 0x823b)),
    ("Optional attendees", Named(set::APPOINTMENT, 0x823c)),
    ("Organiser", Named(set::APPOINTMENT, 0x8243)),
];

const TASK: &[Label] = &[
    ("Start", Named(set::TASK, 0x8104)),
    ("Due", Named(set::TASK, 0x8105)),
    ("Completed", Named(set::TASK, 0x810f)),
    ("Per cent complete", Named(set::TASK, 0x8102)),
    ("Owner", Named(set::TASK, 0x811f)),
    ("Assigned by", Named(set::TASK, 0x8121)),
    ("Role", Named(set::TASK, 0x8127)),
];

const JOURNAL: &[Label] = &[
    ("Entry type", Named(set::LOG, 0x8700)),
    ("Start", Named(set::LOG, 0x8706)),
    ("End", Named(set::LOG, 0x8708)),
    ("Minutes", Named(set::LOG, 0x8707)),
];

const COMMON: &[Label] = &[
    ("Flag", Named(set::COMMON, 0x8530)),
    ("Contacts", Named(set::COMMON, 0x853a)),
    ("Linked contact", Named(set::COMMON, 0x8586)),
    ("Companies", Named(set::COMMON, 0x8539)),
    ("Billing information", Named(set::COMMON, 0x8535)),
    ("Mileage", Named(set::COMMON, 0x8534)),
    ("Reported recipient", Number(0x0e04)),
    ("Report", Number(0x1001)),
];

/// Labelled lines of what is no field of a message's head.
pub(in super::super) fn details(item: &Item) -> Vec<String> {
    let own = &item.properties;
    let class = own.text(0x001a).unwrap_or_default().to_lowercase();
    let (is_contact, is_report) = (class.starts_with("ipm.contact"), class.starts_with("report."));
    let mut lines = Vec::new();
    for (part, labels) in [
        (is_contact, CONTACT),
        (true, APPOINTMENT),
        (class.starts_with("ipm.task"), TASK),
        (class.starts_with("ipm.activity"), JOURNAL),
        (true, COMMON),
    ] {
        if !part {
            continue;
        }
        for (label, at) in labels {
            if !is_report && matches!(at, Number(0x0e04 | 0x1001)) {
                continue;
            }
            let value = match at {
                Number(number) => own.get(*number),
                Named(set, number) => own.named(*set, *number),
            };
            let Some(value) = value.and_then(|value| own.shown(value)) else { continue };
            // Hours are no part of a birthday, "no" is what a form has before it is filled in.
            let value = match *label {
                "Date of birth" => day(own, at, 0x80de).unwrap_or(value),
                "Anniversary" => day(own, at, 0x80df).unwrap_or(value),
                "All day" if value == "no" => continue,
                "Mileage" | "Per cent complete" if value == "0" => continue,
                _ => joined(&value),
            };
            let line = format!("{label}: {value}");
            // The form keeps an address whole and in parts, and shows one name in several fields.
            let is_name = label.ends_with(" name") && label.starts_with("Email");
            let repeats = is_name && lines.iter().any(|other: &String| other.ends_with(&value));
            if !repeats && !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if is_contact && let Some(sex) = own.whole(0x3a4d) {
        lines.extend(
            [(1, "female"), (2, "male")].iter().find(|(n, _)| *n == sex).map(|(_, word)| format!("Sex: {word}")),
        );
    }
    lines.extend(members(own));
    lines.extend(own_words(own));
    lines
}

/// A day that is kept as a midnight: as it was where it was written, if that is kept, or else the nearest of Greenwich.
fn day(own: &Properties, at: &At, local: u32) -> Option<String> {
    let ticks = match (own.named(set::ADDRESS, local), at) {
        (Some(Value::Moment(ticks)), _) => *ticks,
        (_, Number(number)) => match own.get(*number)? {
            Value::Moment(ticks) => ticks.saturating_add(12 * 3600 * 10_000_000),
            _ => return None,
        },
        _ => return None,
    };
    dated(ticks)?.get(..10).map(str::to_owned)
}

/// Several lines of an address as one.
fn joined(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The members of a distribution list.
fn members(own: &Properties) -> Vec<String> {
    let Some(Value::Many(entries)) = own.named(set::ADDRESS, 0x8054) else { return Vec::new() };
    let member = |entry: &Value| match entry {
        Value::Bytes(entry) => one_off(entry),
        _ => None,
    };
    entries.iter().filter_map(member).map(|(name, address)| format!("Member: {name} <{address}>")).collect()
}

/// Fields that a person made for a form: words of the public set that Office does not use itself.
fn own_words(own: &Properties) -> Vec<String> {
    const OFFICE: &[&str] = &["keywords", "content-class", "content-type", "acceptlanguage", "authas", "authdomain"];
    let line = |(name, value): (&Name, &Value)| match name {
        Name::Word(set::STRINGS, word)
            if !OFFICE.contains(&word.as_str())
                && !word.starts_with("x-")
                && !word.starts_with("http:")
                && !word.contains("urn:") =>
        {
            own.shown(value).map(|value| format!("{word}: {}", joined(&value)))
        }
        _ => None,
    };
    own.named.iter().filter_map(line).collect()
}
