//! The gang's post as a tracker keeps it, and what a careful reader of the case would find of each statement.
//!
//! The wording is our own, after the manner of such posts. It is true of categories and years; it names the wrong body for the
//! most of the people, says children where most are adults, and boasts of a volume and a number that nothing held bears out.

use crate::CorpusError;
use serde_json::json;

const DESCRIPTION: &str = "We hold large-scale data of this trust: patients records, donor reports and procurement data for 2018-2024. \
    Medical records of children are among the first that we will publish. Volume: 3 TB. More than 900 000 patients. \
    The administration was offered a conversation and chose silence.";

/// A list of one record in the form of ransomware.live.
pub(crate) fn post() -> Result<Vec<u8>, CorpusError> {
    let record = json!([{
        "activity": "Healthcare",
        "country": "GB",
        "description": DESCRIPTION,
        "discovered": "2024-11-28 09:42:17.310842",
        "group_name": "incransom",
        "post_title": "Northshore Children's NHS Trust",
        "post_url": "",
        "published": "2024-11-28 08:55:03.000000",
        "screenshot": "",
        "website": "northshorechildrens.nhs.uk",
    }]);
    let mut bytes = serde_json::to_vec_pretty(&record).map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Kind, statement, verdict and, where it is undetermined, the reason. "Large-scale" is left out: beside a size in figures it
/// states nothing.
const EXPECTED: [(&str, &str, &str, &str); 11] = [
    ("people", "The people in the data are real and known to a register.", "supported", ""),
    ("origin", "The items come from systems of the bodies concerned.", "supported", ""),
    ("fresh", "The data was not published before.", "undetermined", "untested"),
    ("victim", "It is the data of Northshore Children's NHS Trust.", "undetermined", "conflicting"),
    ("category", "patients records", "supported", ""),
    ("category", "donor reports", "supported", ""),
    ("category", "procurement data", "supported", ""),
    ("years", "2018-2024", "supported", ""),
    ("volume", "3 TB", "undetermined", "insufficient"),
    ("count", "More than 900 000 patients", "undetermined", "insufficient"),
    ("population", "children", "undetermined", "conflicting"),
];

/// `truth/claim.csv`. What is held is a part of what was taken, so a boast is not contradicted by it, only left open.
pub(crate) fn truth() -> Result<Vec<u8>, CorpusError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["kind", "text", "expected_verdict", "reason"])?;
    for (kind, text, verdict, reason) in EXPECTED {
        writer.write_record([kind, text, verdict, reason])?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}
