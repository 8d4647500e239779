//! The case file: bodies, who acts for whom, who instructs, and where everything lies.

use crate::{NhsRange, Parameters, bodies::Body};
use std::fmt::Write;

/// The text of `case.toml`.
pub(crate) fn text(parameters: &Parameters) -> String {
    let test_range = if parameters.nhs_range == NhsRange::TestRange { "accept" } else { "reject" };
    let mut out = head(parameters.seed, true, test_range);
    out += "\n[[claim]]\npath = \"claim.json\"\nformat = \"ransomware.live\"\n\n\
            [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\ncompleteness = \"partial\"\n\
            custodian = \"Digital forensics, Northshore Children's\"\n\n\
            [[evidence]]\nexhibit = \"GW/1\"\nkind = \"gateway\"\npath = \"gateway\"\ncompleteness = \"unknown\"\n\
            custodian = \"Network team, Northshore Children's\"\n";
    out
}

/// All that does not hang on what was taken: bodies, who acts for whom, who instructs, registers.
pub(crate) fn head(seed: u64, with_registers: bool, test_range: &str) -> String {
    let mut out = format!(
        "# A synthetic case. Every body, person, number and file in it is invented.\n\n[case]\n\
         title = \"Data published 28 November 2024\"\nreference = \"INC-2024-11-28\"\nreference_date = 2024-11-28\n\
         seed = {seed}\nnhs_test_range = \"{test_range}\"\n",
    );
    for body in Body::ALL {
        let (aware_at, basis, alias) = match body {
            Body::Children => {
                ("2024-11-28T10:15:00Z", "the post was seen and its first files were opened", "Northshore Childrens")
            }
            Body::Heart => (
                "2024-12-02T16:40:00Z",
                "told by Northshore Children's that its letters are among the files",
                "Eastharbour Heart & Chest",
            ),
            Body::Community => (
                "2024-12-04T09:00:00Z",
                "told by Northshore Children's that the shared gateway was entered",
                "Merrow Vale",
            ),
        };
        // A TOML text in single quotes takes the backslashes of the number's form as they are.
        let _ = write!(
            out,
            "\n[[controller]]\nid = \"{}\"\nname = \"{}\"\nods_code = \"{}\"\naliases = [\"{alias}\", \"{}\"]\ndomains = [\"{}\"]\n\
             paths = [\"{}/**\"]\nhospital_number = '{}'\naware_at = {aware_at}\naware_basis = \"{basis}\"\n",
            body.id(),
            body.name(),
            body.ods_code(),
            body.site(),
            body.domain(),
            body.share(),
            body.number_form(),
        );
    }
    for body in [Body::Heart, Body::Community] {
        let _ = write!(
            out,
            "\n[[relationship]]\nprocessor = \"{}\"\ncontroller = \"{}\"\nservice = \"gateway\"\n",
            Body::Children.id(),
            body.id()
        );
    }
    out += "\n[authority]\ninstructing_controller = \"NCH\"\n\
            lawful_basis = \"UK GDPR Art. 6(1)(e) and 9(2)(i); duties of Arts. 33 and 34\"\n";
    for body in Body::ALL.into_iter().filter(|_| with_registers) {
        let _ = write!(
            out,
            "\n[[register]]\ncontroller = \"{}\"\npath = \"registers/{}\"\n",
            body.id(),
            register_name(body)
        );
    }
    out
}

pub(crate) fn register_name(body: Body) -> &'static str {
    ["nch_mpi.csv", "ehc_patients.csv", "mvc_clients.csv"][body as usize]
}
