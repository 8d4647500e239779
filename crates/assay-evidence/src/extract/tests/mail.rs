//! Messages and mailboxes.

use super::check;

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
         = [body]
         1 List:
         # [table 1]
         1 Ann | 9990000018
         2 Bo | 9990000026",
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
