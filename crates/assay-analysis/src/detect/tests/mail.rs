//! Messages.

use super::{check_passages, text};

#[test]
fn a_message_with_a_quoted_one() {
    check_passages(
        "inbox/1.eml",
        &[
            text(
                "header",
                "From: Jane Patel <jane.patel@northshorechildrens.nhs.uk>\nTo: \"Green, Bob\" <Bob.Green@nhs.net>; sales@acme.example\nDate: Tue, 12 Mar 2024 10:00:00 +0000\nSubject: RE: Tom Smith NHS 9991234500",
            ),
            text(
                "body",
                "Hi Bob,\n\nplease see Tom Smith, DOB 03/04/2012.\n\nKind regards\nJane\n\n-----Original Message-----\nFrom: Green, Bob <bob.green@nhs.net>\nSent: 11 March 2024 09:00\nTo: Jane Patel <jane.patel@northshorechildrens.nhs.uk>\nSubject: Tom\n\n> thanks",
            ),
        ],
        "
staff 1-1: name=/Jane/Patel; email=jane.patel@northshorechildrens.nhs.uk
staff 2-2: name=/Bob/Green; email=bob.green@nhs.net
patient 4-4: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500",
    );
}

#[test]
fn a_supplier_writes() {
    check_passages(
        "2.eml",
        &[text(
            "",
            "From: Peter Brown <p.brown@acme-medical.example>\nTo: Karen White <karen.white@easthaven.nhs.uk>\nSubject: Purchase order 4600012345\n\nDear Karen\nThe invoice and delivery note are attached.\nRegards\nPeter Brown\nTel: 0161 496 0123",
        )],
        "
supplier contact 1-1: name=/Peter/Brown; email=p.brown@acme-medical.example
staff 2-2: name=/Karen/White; email=karen.white@easthaven.nhs.uk",
    );
}
