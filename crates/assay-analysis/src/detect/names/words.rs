//! Words that stand in names or beside them, and words that stand where names do and are none.

use std::sync::LazyLock;

use super::super::lookup::Lookup;

const TITLES: [&str; 39] = [
    "mr",
    "mrs",
    "miss",
    "ms",
    "mx",
    "dr",
    "doctor",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "sir",
    "dame",
    "lady",
    "lord",
    "master",
    "baby",
    "infant",
    "sister",
    "nurse",
    "matron",
    "fr",
    "father",
    "mstr",
    "mast",
    "cllr",
    "capt",
    "captain",
    "major",
    "col",
    "sgt",
    "canon",
    "rabbi",
    "imam",
    "hon",
    "madam",
    "baroness",
    "baron",
];

/// Titles that no patient list uses as a given name and that tell a person on their own.
const CLEAR_TITLES: [&str; 15] = [
    "mr",
    "mrs",
    "miss",
    "ms",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "master",
    "mstr",
    "dame",
    "sir",
];

const PARTICLES: [&str; 32] = [
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "el", "al",
    "bin", "ibn", "binti", "abu", "st", "st.", "ter", "ten", "te", "mac", "mc", "ap", "o'", "ni", "y",
];

/// Words that stand where names do and are none.
pub(crate) const NEVER: &[&str] = &[
    "total",
    "or",
    "madam",
    "totals",
    "subtotal",
    "unknown",
    "test",
    "patient",
    "n/a",
    "na",
    "none",
    "nil",
    "tbc",
    "tba",
    "vacant",
    "trust",
    "hospital",
    "hospitals",
    "department",
    "dept",
    "ward",
    "clinic",
    "surgery",
    "practice",
    "centre",
    "center",
    "ltd",
    "limited",
    "plc",
    "llp",
    "nhs",
    "university",
    "council",
    "service",
    "services",
    "team",
    "office",
    "admin",
    "average",
    "count",
    "sum",
    "grand",
    "report",
    "page",
    "date",
    "number",
    "name",
    "address",
    "the",
    "and",
    "of",
    "for",
    "sheet",
    "list",
    "bank",
    "cover",
    "agency",
    "locum",
    "colleague",
    "parent",
    "guardian",
    "sir/madam",
    "school",
    "street",
    "road",
    "avenue",
    "lane",
    "foundation",
    "group",
    "company",
    "supplies",
    "systems",
    "medical",
    "health",
    "carer",
    "reception",
    "policy",
    "annual",
    "leave",
    "order",
    "invoice",
    "query",
    "meeting",
    "update",
    "request",
    "agenda",
    "minutes",
    "purchase",
    "delivery",
    "protocol",
    "guideline",
    "appointment",
    "referral",
    "theatre",
    "outpatient",
    "consultant",
    "registrar",
    "supplier",
    "contract",
    "tender",
    "equipment",
    "training",
    "urgent",
    "enquiries",
];

/// Post-nominal letters and suffixes: dropped.
const AFTER: [&str; 28] = [
    "jr", "jnr", "snr", "sr", "esq", "obe", "mbe", "cbe", "frcs", "frcp", "mrcp", "frcpch", "mrcpch", "mrcgp", "mbbs",
    "mbchb", "phd", "md", "msc", "bsc", "rgn", "rn", "rscn", "frca", "frcr", "mrcs", "ba", "rmn",
];

/// Titles under which doctors write.
const DOCTORS: [&str; 7] = ["dr", "doctor", "prof", "professor", "sister", "nurse", "matron"];

/// Titles beside which a word that hospitals use is a family name.
const SURE_TITLES: [&str; 8] = ["mr", "mrs", "miss", "ms", "mx", "dr", "prof", "professor"];

/// What a word is among names; a word may be several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const TITLE: u8 = 1;
    pub(super) const CLEAR_TITLE: u8 = 2;
    pub(super) const PARTICLE: u8 = 4;
    pub(super) const NEVER: u8 = 8;
    pub(super) const AFTER: u8 = 16;
    pub(super) const DOCTOR: u8 = 32;
    pub(super) const SURE_TITLE: u8 = 64;

    pub(super) fn is(self, kind: u8) -> bool {
        self.0 & kind != 0
    }
}

/// The words of the lists above, each looked up once for all that it may be.
static KINDS: LazyLock<Lookup<Kinds>> = LazyLock::new(|| {
    let lists: [(&[&str], u8); 7] = [
        (&TITLES, Kinds::TITLE),
        (&CLEAR_TITLES, Kinds::CLEAR_TITLE),
        (&PARTICLES, Kinds::PARTICLE),
        (NEVER, Kinds::NEVER),
        (&AFTER, Kinds::AFTER),
        (&DOCTORS, Kinds::DOCTOR),
        (&SURE_TITLES, Kinds::SURE_TITLE),
    ];
    let mut all = std::collections::BTreeMap::<&str, u8>::new();
    for (words, kind) in lists {
        words.iter().for_each(|word| *all.entry(word).or_default() |= kind);
    }
    Lookup::new(all.into_iter().map(|(word, kinds)| (word, Kinds(kinds))))
});

/// What a word is, in whatever case it is written.
pub(super) fn kinds(word: &str) -> Kinds {
    KINDS.get(word).copied().unwrap_or_default()
}
