//! Messages and mailboxes: staff who write to one another, with quoted threads and attachments.
//!
//! Whoever sends or gets a message is there with name and address, and so counts; so does the patient whom it names with more.

use crate::{
    CorpusError,
    bodies::Body,
    clinical,
    dice::Dice,
    document::{Document, Draft},
    format::Form,
    leak::{Share, clinic_letter},
    papers::{day_of_years, work_address},
    people::{Kind, Person, spaced_nhs},
    sheet::{self, Encoding, Sheet},
    slips::written,
    tables::{self, DateLook, Frame, LAYOUTS, Look, NhsLook},
};
use assay_model::{Element, Role};

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    Nothing,
    /// A patient in the text, and the thread that it answers.
    Thread,
    /// Letters or a list as attachments.
    Attachments,
}

/// A message as a file.
pub(crate) fn message(share: &Share<'_>, n: usize, load: Load, dice: &mut Dice) -> Result<Document, CorpusError> {
    let name = share.path(&format!("Mail/{}/{}.eml", dice.pick(&["Inbox", "Sent", "Archive"]), subject_name(n, load)));
    written_message(share, name, n, load, dice)
}

fn subject_name(n: usize, load: Load) -> String {
    match load {
        Load::Nothing => format!("RE_ rota {n:04}"),
        Load::Thread => format!("FW_ query {n:04}"),
        Load::Attachments => format!("letters attached {n:04}"),
    }
}

fn written_message(
    share: &Share<'_>,
    name: String,
    n: usize,
    load: Load,
    dice: &mut Dice,
) -> Result<Document, CorpusError> {
    let (body, town) = (share.office.body, share.office.town);
    let people = dice.sample(town.all(Kind::Staff(body)), 3);
    let [from, to, third] = [0, 1, 2].map(|at| town.person(people[at % people.len()]));
    let date = day_of_years(share.office.reference, dice);
    let writer = |person: &Person| Draft::of(person, Role::Staff).giving(Element::Email, &work_address(person, body));
    let mut drafts = vec![writer(from), writer(to)];
    let mut text = format!("Hi {},\r\n\r\n", to.first());
    let mut members = Vec::new();
    match load {
        Load::Nothing => {
            text += "Can you swap with me on Thursday? I have asked the ward and they are fine with it.\r\n"
        }
        Load::Thread => {
            let patient = town.person(dice.pick(&share.patients));
            let slip = written(patient, dice);
            let born = slip.birth.map_or_else(String::new, |birth| format!(", DOB {}", birth.strftime("%d/%m/%Y")));
            let nhs = slip.nhs.as_deref().map_or_else(String::new, |nhs| format!(", NHS {}", spaced_nhs(nhs)));
            let diagnosis = clinical::diagnosis(dice.pick(body.specialties()), dice);
            text += &format!(
                "Could you look at this one please? {} {}{born}{nhs} was listed for Monday with {diagnosis}.\r\n\r\n\
                 From: {} {} <{}>\r\nSent: {}\r\nSubject: query\r\n\r\n> The notes have not arrived. Can somebody ring the family?\r\n> Thanks\r\n",
                slip.given,
                slip.family,
                third.first(),
                third.family,
                work_address(third, body),
                date.strftime("%d %B %Y 09:12")
            );
            drafts.push(Draft {
                nhs: slip.nhs.unwrap_or_default(),
                family: slip.family,
                given: slip.given,
                birth: slip.birth,
                ..Draft::of(patient, Role::Patient)
            });
            drafts.push(writer(third));
        }
        Load::Attachments => {
            text += "Please find attached. Could you file these under the usual heading?\r\n";
            members = attachments(share, n, dice)?;
        }
    }
    text += &format!("\r\nThanks\r\n{} {}\r\n{}\r\n", from.first(), from.family, body.name());
    let bytes = mime(
        from,
        to,
        body,
        &date.strftime("%a, %d %b %Y 09:41:00 +0000").to_string(),
        &format!("query {n}"),
        &text,
        &members,
        dice,
    );
    Ok(Document::new(name, bytes, "correspondence", body).about(drafts).holding(members))
}

fn attachments(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let mut members = Vec::new();
    for m in 0..dice.between(1, 2) {
        let mut letter = clinic_letter(share, n, if m == 0 { Form::Docx } else { Form::Pdf }, dice)?;
        let ending = letter.name.rsplit('.').next().unwrap_or("docx").to_owned();
        letter.name = format!("scan{n:04}_{m}.{ending}");
        members.push(letter);
    }
    if dice.percent(25) {
        let mut sheet = Sheet::new("");
        let people = dice.sample(&share.patients, 12);
        let look = Look { nhs: NhsLook::Spaced, dates: DateLook::Typed, frame: Frame::Bare };
        let drafts = tables::list(&mut sheet, &LAYOUTS[6], &people, look, &share.office, dice);
        let bytes = sheet::delimited(&sheet, ',', Encoding::Utf8, "%d/%m/%Y");
        members.push(
            Document::new(format!("monitoring {n}.csv"), bytes, "patient record", share.office.body).about(drafts),
        );
    }
    Ok(members)
}

/// A mailbox of several messages in the mbox form.
pub(crate) fn mailbox(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let mut bytes = Vec::new();
    let mut members = Vec::new();
    for n in 0..count {
        let load = dice.weighted(&[(Load::Nothing, 4), (Load::Thread, 5), (Load::Attachments, 1)]);
        let message = written_message(share, format!("message-{:05}.eml", n + 1), n + 5000, load, dice)?;
        // A mailbox has the line ends of its own system.
        let unix: Vec<u8> = message.bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
        bytes.extend(b"From MAILER-DAEMON Mon Jan  8 09:00:00 2024\n");
        for line in String::from_utf8_lossy(&unix).lines() {
            let stuffed = line.trim_start_matches('>').starts_with("From ");
            bytes.extend(if stuffed { format!(">{line}\n") } else { format!("{line}\n") }.bytes());
        }
        bytes.push(b'\n');
        members.push(Document { bytes: unix, ..message });
    }
    let name = share.path("Mail/departed staff.mbox");
    Ok(Document::new(name, bytes, "correspondence", share.office.body).holding(members))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one message, all needed and used once")]
fn mime(
    from: &Person,
    to: &Person,
    body: Body,
    date: &str,
    subject: &str,
    text: &str,
    attachments: &[Document],
    dice: &mut Dice,
) -> Vec<u8> {
    let address = |person: &Person| {
        format!("{} <{}>", encoded_word(&format!("{} {}", person.first(), person.family)), work_address(person, body))
    };
    let mut out = format!(
        "Received: from mx1.{0} (10.20.3.4)\r\nFrom: {1}\r\nTo: {2}\r\nDate: {date}\r\nSubject: {subject}\r\nMessage-ID: <{3}@{0}>\r\nMIME-Version: 1.0\r\n",
        body.domain(),
        address(from),
        address(to),
        dice.digits(12)
    );
    let text_part = format!(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        quoted_printable(text)
    );
    if attachments.is_empty() {
        out += &text_part;
        return out.into_bytes();
    }
    let boundary = format!("----=_Part_{}", dice.digits(9));
    out += &format!(
        "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\nThis is a multi-part message in MIME format.\r\n--{boundary}\r\n{text_part}\r\n"
    );
    for attachment in attachments {
        let kind = match attachment.name.rsplit('.').next() {
            Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Some("pdf") => "application/pdf",
            _ => "application/octet-stream",
        };
        out += &format!(
            "--{boundary}\r\nContent-Type: {kind}; name=\"{0}\"\r\nContent-Disposition: attachment; filename=\"{0}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{1}\r\n",
            attachment.name,
            base64(&attachment.bytes)
        );
    }
    out += &format!("--{boundary}--\r\n");
    out.into_bytes()
}

/// A header word: plain where it can be, else UTF-8 in base64 (RFC 2047).
fn encoded_word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", base64(text.as_bytes())) }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (n, chunk) in bytes.chunks(3).enumerate() {
        if n > 0 && n % 19 == 0 {
            out += "\r\n";
        }
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= chunk.len() { letter as char } else { '=' });
        }
    }
    out
}

/// Lines of at most 76 characters; what is not plain text, and `=`, in hexadecimal.
fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for byte in text.bytes() {
        if byte == b'\n' {
            out.push('\n');
            column = 0;
            continue;
        }
        let token = match byte {
            b'\r' => "\r".to_owned(),
            b' '..=b'<' | b'>'..=b'~' => (byte as char).to_string(),
            _ => format!("={byte:02X}"),
        };
        if column + token.len() > 74 && byte != b'\r' {
            out += "=\r\n";
            column = 0;
        }
        column += token.len();
        out += &token;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_those_of_the_standards() {
        assert_eq!((base64(b"Man"), base64(b"Ma"), base64(b"M")), ("TWFu".into(), "TWE=".into(), "TQ==".into()));
        assert_eq!(encoded_word("Ann Lee"), "Ann Lee");
        assert_eq!(encoded_word("Zoë"), "=?utf-8?B?Wm/Dqw==?=");
        let long = quoted_printable(&"ab=é ".repeat(30));
        assert!(long.starts_with("ab=3D=C3=A9 ab") && long.split("\r\n").all(|line| line.len() <= 76), "{long}");
    }
}
