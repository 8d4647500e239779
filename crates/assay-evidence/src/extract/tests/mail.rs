//! Messages and mailboxes.

use super::{check, check_deep};

const MESSAGE: &str = "\
Received: from a by b; Thu, 28 Nov 2024 10:15:01 +0000\r
From: =?utf-8?q?Zo=C3=AB_Hall?= <zoe.hall@example.org>\r
To: Ben Brown <ben@example.org>, office@example.org\r
Date: Thu, 28 Nov 2024 10:15:00 +0000\r
Subject: Referral of\r
 a patient\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=\"b1\"\r
\r
--b1\r
Content-Type: multipart/alternative; boundary=\"b2\"\r
\r
--b2\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Dear Ben,\r
see the list =E2=80=93 attached.\r
--b2\r
Content-Type: text/html\r
\r
<p>Dear Ben,</p><p>see the list &ndash; attached.</p>\r
--b2--\r
--b1\r
Content-Type: text/csv; name=\"list.csv\"\r
Content-Disposition: attachment; filename=\"list.csv\"\r
Content-Transfer-Encoding: base64\r
\r
YSxiCjEsMgo=\r
--b1\r
Content-Type: message/rfc822\r
\r
From: inner@example.org\r
Message-ID: <2@example.org>\r
Subject: inner\r
\r
Inner text.\r
--b1--\r
";

#[test]
fn a_message_gives_headers_body_and_attachments() {
    check(
        MESSAGE.as_bytes(),
        "message",
        "read message/rfc822
         = [header]
         1 From: Zoë Hall <zoe.hall@example.org>
         2 To: Ben Brown <ben@example.org>, office@example.org
         3 Date: 2024-11-28T10:15:00Z
         4 Subject: Referral of a patient
         = [header] (hidden)
         5 Received: from a by b; Thu, 28 Nov 2024 10:15:01 +0000
         = [body]
         1 Dear Ben,
         2 see the list – attached.
         > list.csv 8: a,b\\n1,2\\n
         > attachment-2.eml 83: From: inner@example.org\\r\\nMessage-ID: <2@example.org>\\r\\nSubject: inner\\r\\n\\r\\nInner text.",
    );
}

#[test]
fn html_that_says_more_than_its_plain_alternative_is_read() {
    let message = "From: a@example.org\nMessage-ID: <1@x>\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nView in HTML.\n--b\nContent-Type: text/html\n\n\
        <p>List:</p><table><tr><td>Ann<td>9990000018<tr><td>Bo<td>9990000026</table>\n--b--\n";
    check(
        message.as_bytes(),
        "x",
        "read message/rfc822
         = [header]
         1 From: a@example.org
         = [header] (hidden)
         2 Message-ID: <1@x>
         = [body]
         1 List:
         # [table 1]
         1 Ann | 9990000018
         2 Bo | 9990000026
         = [alternative]
         1 View in HTML.",
    );
}

#[test]
fn a_memo_is_text_and_not_mail() {
    check(
        b"To: all staff\nSubject: parking\n\nPlease move your cars.\n",
        "memo.txt",
        "read text/plain
         = []
         1 To: all staff
         2 Subject: parking
         3
         4 Please move your cars.",
    );
}

#[test]
fn a_mailbox_holds_its_messages() {
    check(
        b"From a@example.org Thu Nov 28 10:15:00 2024\nFrom: a@example.org\nSubject: one\n\nText.\n\nFrom here on it is prose.\n\
          >From quoted.\n\nFrom b@example.org Thu Nov 28 10:16:00 2024\nFrom: b@example.org\n\nTwo.\n",
        "Inbox",
        "read application/mbox
         > message-00001.eml 81: From: a@example.org\\nSubject: one\\n\\nText.\\n\\nFrom here on it is prose.\\nFrom quoted.\\n\\n
         > message-00002.eml 26: From: b@example.org\\n\\nTwo.\\n",
    );
}

#[test]
fn fields_bodies_and_files_of_untidy_mail_are_read() {
    let message = "From: =?iso-8859-1?Q?J=F6rn_?= =?iso-8859-1?Q?Berg?= <j@x.example>\r\nTo: \"Brown, Bo\" <bo@x.example>\r\n\
        Bcc: secret@x.example\r\nDate: 28 Nov 24 9:05 -0500\r\nSubject: =?utf-8?B?UGF0aWVudA==?=\r\nIn-Reply-To: <1@x>\r\n\
        References: <0@x>\r\n <1@x>\r\nThread-Index: AQHP\r\nX-Originating-IP: [192.0.2.1]\r\nMIME-Version: 1.0\r\n\
        X-MS-Exchange-Noise: x\r\nContent-Type: multipart/mixed; boundary=\"not this\"\r\n\r\nBefore.\r\n\
        --the=one\r\nContent-Type: text/plain; charset=utf-7; format=flowed\r\n\r\nDear +AN8- \r\nall,\r\n> quoted \r\n> line\r\n\
        begin 644 a/b.txt\r\n#0V%T\r\n`\r\nend\r\n\r\n--the=one\r\n\
        Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename*0*=utf-8\'\'%E2%82%AC; filename*1=\".txt\"\r\n\r\nQ!2\r\nF0\r\n";
    check(
        message.as_bytes(),
        "x",
        "read message/rfc822
         = [header]
         1 From: Jörn Berg <j@x.example>
         2 To: \"Brown, Bo\" <bo@x.example>
         3 Bcc: secret@x.example
         4 Date: 2024-11-28T09:05:00-05:00
         5 Subject: Patient
         = [header] (hidden)
         6 In-Reply-To: <1@x>
         7 References: <0@x> <1@x>
         8 Thread-Index: AQHP
         9 X-Originating-IP: [192.0.2.1]
         = [outside] (hidden)
         1 Before.
         = [body]
         1 Dear ß all,
         2 > quoted line
         > a_b.txt 3: Cat
         > €.txt 3: Cat",
    );
}

#[test]
fn a_report_on_delivery_is_read_with_the_head_that_it_quotes() {
    check(
        b"From: postmaster@x.example\nMessage-ID: <1@x>\nContent-Type: multipart/report; boundary=b\n\n--b\n\nNot delivered.\n\
          --b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bo@x.example\n--b\n\
          Content-Type: text/rfc822-headers\n\nTo: bo@x.example\nSubject: Ann\n--b--\nAfter.\n",
        "x",
        "read message/rfc822
         = [header]
         1 From: postmaster@x.example
         = [header] (hidden)
         2 Message-ID: <1@x>
         = [report]
         1 Final-Recipient: rfc822; bo@x.example
         = [report]
         1 To: bo@x.example
         2 Subject: Ann
         = [outside] (hidden)
         1 After.
         = [body]
         1 Not delivered.",
    );
}

#[test]
fn a_message_of_apple_mail_ends_where_it_says() {
    check(
        b"54        \nFrom: a@x.example\nMessage-ID: <1@x>\nSubject: s\n\nText.\n<?xml version=\"1.0\"?><plist/>",
        "1.emlx",
        "read message/x-emlx
         = [header]
         1 From: a@x.example
         2 Subject: s
         = [header] (hidden)
         3 Message-ID: <1@x>
         = [body]
         1 Text.",
    );
}

#[test]
fn a_fragment_of_a_mailbox_and_declared_lengths() {
    check(
        b"end of one.\n\nFrom a Thu Nov 28 10:15:00 2024 +0000\nFrom: a\nTo: b\nContent-Length: 59\n\nx\n\n\
          From b Thu Nov 28 10:15:00 2024\nTo: c: quoted unmarked\n\n\nFrom b Thu Nov 28 10:15:00 2024\nFrom: b\nTo: d\n\ny\n",
        "x",
        "partial application/mbox
         ! the mailbox begins within a message, whose beginning is lost
         > message-00001.eml 13: end of one.\\n\\n
         > message-00002.eml 94: From: a\\nTo: b\\nContent-Length: 59\\n\\nx\\n\\nFrom b Thu Nov 28 10:15:00 2024\\nTo: c: quoted unmarked\\n\\n\\n
         > message-00003.eml 17: From: b\\nTo: d\\n\\ny\\n",
    );
}

pub(super) const CARD: &str = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:H=C3=A4ll;Zo=\r\n=C3=AB;;Dr\r\n\
    FN:Zoe Hall\r\nBDAY:19800501\r\nADR;HOME:;;1 High St;Northshore;;N1 1AA;\r\nTEL;CELL:07700 900123\r\nitem1.EMAIL:zoe@x.exam\r\n ple\r\n\
    PHOTO;TYPE=JPEG;ENCODING=BASE64:Q2F0\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Bo\\, Jr\r\nNOTE:Likes\\ntea\r\nEND:VCARD\r\n";

#[test]
fn cards_are_a_table() {
    check(
        CARD.as_bytes(),
        "x",
        "read text/vcard
         # []
         1 Full name | Title | First name | Surname | Date of birth | Address | Phone | Email | Note
         2 Zoe Hall | Dr | Zoë | Häll | d1980-05-01 | 1 High St, Northshore, N1 1AA | 07700 900123 | zoe@x.example | -
         3 Bo, Jr | - | - | - | - | - | - | - | Likes, tea
         > photo-1.jpeg 3: Cat",
    );
}

#[test]
fn a_calendar_is_labelled_lines() {
    check(
        b"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:London\nEND:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:Clinic\nDTSTART;TZID=London:20241128T101500\n\
          ORGANIZER;CN=\"Hall: Zoe\":mailto:zoe@x.example\nDESCRIPTION:Ann\\nBo\nEND:VEVENT\nEND:VCALENDAR\n",
        "x",
        "read text/calendar
         = []
         1 Event
         2 Subject: Clinic
         3 Start: 2024-11-28T10:15:00 (London)
         4 Organiser: Hall: Zoe <zoe@x.example>
         5 Description: Ann
         6 Bo",
    );
}

/// An element of BER: tag and content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16;
    [&[tag, 0x82, (length >> 8) as u8, length as u8], content].concat()
}

/// Signed content, its string of octets in two pieces and of no declared length.
pub(super) fn signed() -> Vec<u8> {
    let number = |last: u8| element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]);
    let octets = [&[0x24, 0x80][..], &element(4, b"Dear "), &element(4, b"Ann"), &[0, 0]].concat();
    let content = [&[0x30, 0x80][..], &number(1), &[0xa0, 0x80], &octets, &[0, 0, 0, 0]].concat();
    let name = element(0x30, &[element(6, &[0x55, 4, 3]), element(0x0c, b"Zoe Hall")].concat());
    let certificates = element(0xa0, &element(0x30, &element(0x31, &name)));
    let body = [element(2, &[1]), element(0x31, &[]), content, certificates].concat();
    element(0x30, &[number(2), element(0xa0, &element(0x30, &body))].concat())
}

#[test]
fn what_is_signed_is_a_member_and_what_is_enveloped_is_encrypted() {
    let expect = "read application/pkcs7-mime
         = [signature] (hidden)
         1 Certificate name: Zoe Hall
         > content 8: Dear Ann";
    check(&signed(), "x", expect);
    let armoured = format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n", super::super::mime::base64(&signed()));
    check(armoured.as_bytes(), "x", expect);
    let number = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3]);
    check(&element(0x30, &[number, element(0xa0, b"")].concat()), "x", "unread encrypted application/pkcs7-mime");
    check(b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "x", "unread encrypted application/pgp-encrypted");
}

/// What Outlook sends to those without it: a message with one recipient, a named property, and a message attached.
pub(super) fn tnef() -> Vec<u8> {
    let long = |number: usize| (number as u32).to_le_bytes().to_vec();
    let attribute = |level: u8, number: u32, content: &[u8]| {
        [&[level][..], &number.to_le_bytes(), &long(content.len()), content, &[0, 0]].concat()
    };
    let padded = |bytes: &[u8]| [bytes, &vec![0; (4 - bytes.len() % 4) % 4]].concat();
    let text = |number: u16, text: &str| {
        [&[0x1e, 0][..], &number.to_le_bytes(), &long(1), &long(text.len()), &padded(text.as_bytes())].concat()
    };
    let stream = |attributes: &[Vec<u8>]| [&[0x78, 0x9f, 0x3e, 0x22, 1, 0][..], &attributes.concat()].concat();
    let named =
        [&[0x1e, 0, 0, 0x80][..], &[8, 0x20, 6, 0], &[0; 12], &long(0), &long(0x8530), &long(1), &long(4), b"Call"]
            .concat();
    let inner = stream(&[attribute(1, 0x0001_8004, b"inner\0"), attribute(1, 0x0002_800c, b"Inner text.\0")]);
    let object = [&[7, 3, 2, 0][..], &[0; 12], &inner].concat();
    let attached = [&[0x0d, 0, 1, 0x37][..], &long(1), &long(object.len()), &padded(&object)].concat();
    stream(&[
        attribute(1, 0x0006_9003, &[long(3), text(0x0037, "Referral"), text(0x1000, "See Ann."), named].concat()),
        attribute(1, 0x0006_9004, &[long(1), long(2), text(0x3001, "Bo Brown"), text(0x39fe, "bo@x.example")].concat()),
        attribute(2, 0x0006_9002, &[]),
        attribute(2, 0x0001_8010, b"list.csv\0"),
        attribute(2, 0x0006_800f, b"a,b\n1,2\n"),
        attribute(2, 0x0006_9002, &[]),
        attribute(2, 0x0006_9005, &[long(1), attached].concat()),
    ])
}

#[test]
fn winmail_gives_the_message_and_what_is_attached() {
    check_deep(
        &tnef(),
        "winmail.dat",
        "winmail.dat: read application/vnd.ms-tnef
         = [header]
         1 To: Bo Brown <bo@x.example>
         2 Subject: Referral
         = [details]
         1 Flag: Call
         = [body]
         1 See Ann.
         winmail.dat!list.csv: read text/csv
         # []
         1 a | b
         2 1 | 2
         winmail.dat!attachment-2.eml: read message/rfc822
         = [header]
         1 Subject: inner
         = [body]
         1 Inner text.",
    );
}
