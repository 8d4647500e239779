//! `case.toml`: read, checked whole, and turned into the words of analysis.
//!
//! Every fault is reported with its field, what was expected and what to do; all faults of a file are reported at once, so
//! that a tired reader mends them in one go. Nothing is guessed: an unknown field is a fault, since a misspelt
//! `completeness` would otherwise change a verdict in silence.
//!
//! Long because every list of the file is read here, beside the getters that all of them share, and its tests are texts.

use assay_model::{
    ASSERTION_KINDS, AdmiraltyGrade, Authority, Canary, CanaryMark, CaseInfo, Completeness, Controller, ControllerId,
    ExhibitId, ExhibitKind, ModulusTable, NhsTestRange, Relationship, Sensitive, Sha256, Stance, Statement,
};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A case file that was read whole.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Title, reference, reference date, seed.
    pub info: CaseInfo,
    /// What numbers of the 999 range mean.
    pub nhs_test_range: NhsTestRange,
    /// The controllers, in file order.
    pub controllers: Vec<Controller>,
    /// Who acts for whom.
    pub relationships: Vec<Relationship>,
    /// Who instructs; exports refuse to reveal without it.
    pub authority: Option<Authority>,
    /// The registers, in file order; they are sealed as `REG/1`, `REG/2`.
    pub registers: Vec<RegisterSource>,
    /// The claims, in file order; they are sealed as `CLAIM/1`, `CLAIM/2`.
    pub claims: Vec<ClaimSource>,
    /// The evidence, in file order.
    pub evidence: Vec<EvidenceSource>,
    /// Networks that the case vouches for, and databases that name networks.
    pub networks: NetworkSources,
    /// What the bodies planted to be found again.
    pub canaries: Vec<Canary>,
    /// What was said in public, in file order.
    pub statements: Vec<Statement>,
    /// Rules of identifiers of the case's own, each the TOML of one `[[detect.rule]]`; what is inside is for detection to
    /// check.
    pub rules: Vec<String>,
    /// The banks' table of weights, read; its lines are for detection to check.
    pub modulus: Option<ModulusTable>,
    /// What the case changes of the rules of resolution; what is inside is for resolution to check.
    pub resolve: Table,
}

/// A register of a controller's people.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterSource {
    /// `REG/n`.
    pub exhibit: ExhibitId,
    /// Whose register.
    pub controller: ControllerId,
    /// Where it lies.
    pub path: PathBuf,
    /// Column titles with the words that override the inferred mapping.
    pub columns: Vec<(String, String)>,
    /// Where the key lies that its tokens were made with; none for a register of plain values.
    pub token_key: Option<PathBuf>,
}

/// A claim as a tracker or an operator recorded it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimSource {
    /// `CLAIM/n`.
    pub exhibit: ExhibitId,
    /// Where it lies.
    pub path: PathBuf,
    /// `ransomware.live`, `ransomlook`, `ransomwatch`, `stix` or `toml`.
    pub format: String,
}

/// What the case says of networks; whether an address is one is for analysis to check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkSources {
    /// Purpose (`office`, `proxy`, `vpn`, `scanner`) and network (`192.0.2.0/24`), with the field that says it.
    pub declared: Vec<(String, String, String)>,
    /// Files in the MaxMind DB format: country, operator.
    pub databases: Vec<PathBuf>,
}

/// A source to be sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceSource {
    /// Its number.
    pub exhibit: ExhibitId,
    /// What it is.
    pub kind: ExhibitKind,
    /// Where it lies.
    pub path: PathBuf,
    /// How much of the claimed data it is.
    pub completeness: Completeness,
    /// Who handed it over.
    pub custodian: String,
}

/// One fault: the field, what was expected there, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `evidence[2].kind`.
    pub field: String,
    /// What is wrong and what was expected.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// Why a case file was refused. Its text names file, field, expected form and remedy.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// The file could not be opened.
    #[error(
        "{path}: cannot be read\n  remedy: make a case with `assay new DIR`, or name the folder that holds case.toml"
    )]
    Unreadable {
        /// The case file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: is not valid TOML\n  remedy: mend the line named below")]
    Syntax {
        /// The case file.
        path: String,
        /// Line, column and what was expected.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The file is TOML but no case.
    #[error("{path}: {}", Faults(faults))]
    Faults {
        /// The case file.
        path: String,
        /// What is wrong, in file order.
        faults: Vec<Fault>,
    },
}

struct Faults<'a>(&'a [Fault]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} to mend",
            if self.0.len() == 1 { "one field".into() } else { format!("{} fields", self.0.len()) }
        )?;
        self.0
            .iter()
            .try_for_each(|fault| write!(f, "\n  {}: {}\n    remedy: {}", fault.field, fault.problem, fault.remedy))
    }
}

/// Reads `case.toml` of a case folder. Relative paths are taken from the folder; every path must exist.
pub fn read(case_dir: &Path) -> Result<CaseFile, CaseFileError> {
    let path = case_dir.join("case.toml");
    let shown = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|source| CaseFileError::Unreadable { path: shown.clone(), source })?;
    parse(&text, &shown, case_dir)
}

/// As [`read`], of a text already in hand.
pub fn parse(text: &str, shown: &str, case_dir: &Path) -> Result<CaseFile, CaseFileError> {
    let root: Table = toml::from_str(text)
        .map_err(|source| CaseFileError::Syntax { path: shown.to_owned(), source: Box::new(source) })?;
    let mut reader = Reader { faults: Vec::new(), case_dir };
    let file = reader.case(&root);
    match file {
        Some(file) if reader.faults.is_empty() => Ok(file),
        _ => Err(CaseFileError::Faults { path: shown.to_owned(), faults: reader.faults }),
    }
}

/// Reads fields and gathers faults; a getter that finds none records why and gives `None`.
struct Reader<'a> {
    faults: Vec<Fault>,
    case_dir: &'a Path,
}

/// A table of the file with the name under which faults speak of it.
struct Section<'a> {
    name: String,
    table: &'a Table,
}

impl Section<'_> {
    fn field(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl Reader<'_> {
    fn fault(&mut self, field: String, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault { field, problem: problem.into(), remedy: remedy.into() });
    }

    fn case(&mut self, root: &Table) -> Option<CaseFile> {
        let top = Section { name: String::new(), table: root };
        self.only(
            &top,
            &[
                "case",
                "controller",
                "relationship",
                "authority",
                "register",
                "claim",
                "evidence",
                "detect",
                "resolve",
                "network",
                "canary",
                "statement",
            ],
        );
        let Some(case) = root.get("case").and_then(Value::as_table) else {
            self.fault("case".into(), "is missing; expected a [case] table", "begin the file with [case] and a title");
            return None;
        };
        let case = Section { name: "case".into(), table: case };
        self.only(&case, &["title", "reference", "reference_date", "seed", "nhs_test_range"]);
        let info = CaseInfo {
            title: self.required(&case, "title"),
            reference: self.required(&case, "reference"),
            reference_date: self.date(&case, "reference_date"),
            seed: self.seed(&case),
        };
        let nhs_test_range = match self.text(&case, "nhs_test_range").as_deref() {
            None | Some("reject") => NhsTestRange::Reject,
            Some("accept") => NhsTestRange::Accept,
            Some(other) => {
                self.word(&case, "nhs_test_range", other, &["reject", "accept"]);
                NhsTestRange::Reject
            }
        };
        let controllers: Vec<_> = self.sections(root, "controller").iter().map(|s| self.controller(s)).collect();
        self.distinct("controller", "id", controllers.iter().map(|c| c.id.as_str()));
        let known: BTreeSet<String> = controllers.iter().map(|c| c.id.as_str().to_owned()).collect();
        let relationships = self.sections(root, "relationship").iter().map(|s| self.relationship(s, &known)).collect();
        let authority = root.get("authority").and_then(Value::as_table).map(|table| {
            let section = Section { name: "authority".into(), table };
            self.only(&section, &["instructing_controller", "lawful_basis", "use_passwords_found_in"]);
            let found_in = self.texts(&section, "use_passwords_found_in").into_iter().map(ExhibitId::new).collect();
            Authority {
                use_passwords_found_in: found_in,
                instructing_controller: self.known_controller(&section, "instructing_controller", &known),
                lawful_basis: self.required(&section, "lawful_basis"),
            }
        });
        let registers = self.sections(root, "register").into_iter().enumerate();
        let registers = registers.map(|(n, s)| self.register(&s, n + 1, &known)).collect();
        let claims = self.sections(root, "claim").iter().enumerate().map(|(n, s)| self.claim(s, n + 1)).collect();
        let evidence: Vec<_> = self.sections(root, "evidence").iter().map(|s| self.evidence(s)).collect();
        self.distinct("evidence", "exhibit", evidence.iter().map(|e| e.exhibit.as_str()));
        let leaks = |id: &ExhibitId| {
            let holds = |kind| matches!(kind, ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak);
            evidence.iter().any(|e| &e.exhibit == id && holds(e.kind))
        };
        for id in authority.iter().flat_map(|a: &Authority| &a.use_passwords_found_in).filter(|id| !leaks(id)) {
            self.fault(
                "authority.use_passwords_found_in".into(),
                format!("\"{id}\" is no exhibit of leaked data in this case"),
                "name exhibits of kind leak, proof-pack or prior-leak, for example [\"LEAK/1\"]",
            );
        }
        let statements = self.sections(root, "statement").iter().map(|s| self.statement(s)).collect();
        let networks = self.networks(root);
        let canaries = self.sections(root, "canary").iter().filter_map(|s| self.canary(s, &known)).collect();
        let (rules, modulus) = self.detect(root);
        let resolve = self.resolve(root);
        Some(CaseFile {
            networks,
            canaries,
            statements,
            info,
            nhs_test_range,
            controllers,
            relationships,
            authority,
            registers,
            claims,
            evidence,
            rules,
            modulus,
            resolve,
        })
    }

    /// What the case adds to detection: its rules, and its copy of the banks' table of weights.
    fn detect(&mut self, root: &Table) -> (Vec<String>, Option<ModulusTable>) {
        let table = match root.get("detect") {
            None => return (Vec::new(), None),
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.fault("detect".into(), "is no table", "write the rules as [[detect.rule]]");
                return (Vec::new(), None);
            }
        };
        let section = Section { name: "detect".into(), table };
        self.only(&section, &["rule", "modulus_weights", "sort_code_substitutions"]);
        let weights = self.text_of_file(&section, "modulus_weights");
        let substitutions = self.text_of_file(&section, "sort_code_substitutions");
        if weights.is_none() && substitutions.is_some() {
            let remedy = "name the table of weights too, as modulus_weights";
            self.fault(section.field("sort_code_substitutions"), "stands without modulus_weights", remedy);
        }
        let modulus = weights.map(|weights| ModulusTable { weights, substitutions: substitutions.unwrap_or_default() });
        (self.rules(table), modulus)
    }

    /// The text of a small file that a field names; none where the field is absent.
    fn text_of_file(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        /// Bytes; the published table has 80,000.
        const MOST: u64 = 4 << 20;
        section.table.contains_key(key).then_some(())?;
        let path = self.path_of(section, key);
        if !path.is_file() || std::fs::metadata(&path).is_ok_and(|of| of.len() > MOST) {
            let remedy = "name the text file as its publisher gives it";
            self.fault(section.field(key), "is no file of at most 4 MiB", remedy);
            return None;
        }
        let text = std::fs::read_to_string(&path).ok();
        if text.is_none() {
            self.fault(section.field(key), "cannot be read as text", "name the text file as its publisher gives it");
        }
        text
    }

    /// The rules of `[[detect.rule]]` as text, their fields and the words that this crate knows checked.
    fn rules(&mut self, detect: &Table) -> Vec<String> {
        const TEXTS: [&str; 8] = ["id", "element", "pattern", "value", "needs", "reason", "source", "confidence"];
        const FIELDS: [&str; 20] = [
            "id",
            "element",
            "special",
            "sign",
            "pattern",
            "value",
            "checks",
            "needs",
            "context",
            "distance",
            "behind",
            "denied_by",
            "never_before",
            "never_after",
            "open_end",
            "confidence",
            "confidence_in_context",
            "reason",
            "source",
            "examples",
        ];
        let mut rules = Vec::new();
        for section in self.sections(detect, "rule") {
            let section = Section { name: format!("detect.{}", section.name), table: section.table };
            self.only(&section, &[&FIELDS[..], &["counter_examples"]].concat());
            for key in TEXTS.iter().chain(&["examples", "counter_examples"]) {
                if !section.table.contains_key(*key) {
                    let remedy = "give it as the rules of rules/detect/identifiers.toml do";
                    self.fault(section.field(key), "is missing", remedy);
                }
            }
            if let Some(word) = section.table.get("element").and_then(Value::as_str)
                && assay_model::Element::parse(word).is_none()
            {
                let remedy = "use an element of a report, such as \"hospital number\" or \"other identifier\"";
                self.fault(section.field("element"), format!("\"{word}\" is no element"), remedy);
            }
            rules.push(toml::to_string(section.table).unwrap_or_default());
        }
        rules
    }

    /// The tables of `[resolve]`, as they are.
    fn resolve(&mut self, root: &Table) -> Table {
        match root.get("resolve") {
            None => Table::new(),
            Some(Value::Table(table)) => {
                let section = Section { name: "resolve".into(), table };
                self.only(&section, &["decision", "fit", "posterior", "case", "placed", "level"]);
                table.clone()
            }
            Some(_) => {
                let remedy = "write [resolve.decision] or [[resolve.level]] as rules/resolve/ does";
                self.fault("resolve".into(), "is no table", remedy);
                Table::new()
            }
        }
    }

    /// A canary is known by one of three: a value, a file's name, a file's hash.
    fn canary(&mut self, section: &Section<'_>, known: &BTreeSet<String>) -> Option<Canary> {
        /// Shorter values stand in files by chance.
        const SHORTEST: usize = 6;
        self.only(section, &["controller", "value", "file", "sha256"]);
        let controller = self.known_controller(section, "controller", known);
        let marks: Vec<(&str, String)> =
            ["value", "file", "sha256"].into_iter().filter_map(|key| Some((key, self.text(section, key)?))).collect();
        let [(key, text)] = marks.as_slice() else {
            let remedy = "give one of: value = \"...\", file = \"name.docx\", sha256 = \"...\"";
            self.fault(section.name.clone(), "is known by none or by several of value, file and sha256", remedy);
            return None;
        };
        let mark = match *key {
            "value" if text.trim().chars().count() < SHORTEST => {
                self.fault(
                    section.field(key),
                    "is too short to be told from chance",
                    "plant a value of six characters or more",
                );
                return None;
            }
            "value" => CanaryMark::Value(Sensitive::new(text.trim().to_owned())),
            "file" => CanaryMark::File(Sensitive::new(text.clone())),
            _ => match sha256(text) {
                Some(digest) => CanaryMark::Sha256(digest),
                None => {
                    self.fault(section.field(key), "is no SHA-256", "write 64 hexadecimal digits");
                    return None;
                }
            },
        };
        Some(Canary { controller, mark })
    }

    /// What was said in public: verbatim, graded, and tied to the kind of assertion that it is about.
    fn statement(&mut self, section: &Section<'_>) -> Statement {
        self.only(section, &["source", "date", "words", "grade", "about", "says", "exhibit"]);
        let grade = self.required(section, "grade");
        let about = self.required(section, "about");
        let says = self.required(section, "says");
        if !about.is_empty() && !ASSERTION_KINDS.contains(&about.as_str()) {
            self.word(section, "about", &about, &ASSERTION_KINDS);
        }
        let stance = Stance::parse(&says);
        if stance.is_none() && !says.is_empty() {
            self.word(section, "says", &says, &["affirms", "denies", "open"]);
        }
        let parsed = AdmiraltyGrade::parse(&grade);
        if parsed.is_none() && !grade.is_empty() {
            let remedy =
                "write reliability A to F and credibility 1 to 6, for example \"B2\"; F6 where neither can be judged";
            self.fault(section.field("grade"), format!("\"{grade}\" is no Admiralty grade"), remedy);
        }
        Statement {
            source: self.required(section, "source"),
            date: section.table.contains_key("date").then(|| self.date(section, "date")),
            words: self.required(section, "words"),
            grade: parsed.unwrap_or(AdmiraltyGrade { reliability: 'F', credibility: 6 }),
            about,
            stance: stance.unwrap_or(Stance::Open),
            exhibit: self.text(section, "exhibit").map(ExhibitId::new),
        }
    }

    fn networks(&mut self, root: &Table) -> NetworkSources {
        const PURPOSES: [&str; 4] = ["office", "proxy", "vpn", "scanner"];
        let mut networks = NetworkSources::default();
        for section in self.sections(root, "network") {
            self.only(&section, &["purpose", "addresses", "name", "database"]);
            if section.table.contains_key("database") {
                let database = self.path_of(&section, "database");
                networks.databases.push(database);
                continue;
            }
            let purpose = self.required(&section, "purpose");
            if !purpose.is_empty() && !PURPOSES.contains(&purpose.as_str()) {
                self.word(&section, "purpose", &purpose, &PURPOSES);
            }
            let addresses = self.texts(&section, "addresses");
            if addresses.is_empty() {
                let remedy = "write for example addresses = [\"192.0.2.0/24\"], or database = \"country.mmdb\"";
                self.fault(section.field("addresses"), "names no network", remedy);
            }
            for address in addresses {
                let (ip, prefix) = address.split_once('/').unwrap_or((&address, "0"));
                if ip.trim().parse::<std::net::IpAddr>().is_err() || prefix.trim().parse::<u8>().is_err() {
                    let remedy = "write an address, or an address and the length of its prefix: 192.0.2.0/24";
                    self.fault(section.field("addresses"), format!("\"{address}\" is no network"), remedy);
                }
                networks.declared.push((purpose.clone(), address, section.field("addresses")));
            }
        }
        networks
    }

    fn controller(&mut self, section: &Section<'_>) -> Controller {
        const FIELDS: [&str; 9] =
            ["id", "name", "ods_code", "aliases", "domains", "paths", "hospital_number", "aware_at", "aware_basis"];
        self.only(section, &FIELDS);
        Controller {
            id: ControllerId::new(self.required(section, "id")),
            name: self.required(section, "name"),
            ods_code: self.text(section, "ods_code").unwrap_or_default(),
            aliases: self.texts(section, "aliases"),
            domains: self.texts(section, "domains"),
            paths: self.texts(section, "paths"),
            hospital_number: self.text(section, "hospital_number").unwrap_or_default(),
            aware_at: self.instant(section, "aware_at"),
            aware_basis: self.text(section, "aware_basis").unwrap_or_default(),
        }
    }

    fn relationship(&mut self, section: &Section<'_>, known: &BTreeSet<String>) -> Relationship {
        self.only(section, &["processor", "controller", "service"]);
        Relationship {
            processor: self.known_controller(section, "processor", known),
            controller: self.known_controller(section, "controller", known),
            service: self.required(section, "service"),
        }
    }

    fn register(&mut self, section: &Section<'_>, number: usize, known: &BTreeSet<String>) -> RegisterSource {
        self.only(section, &["controller", "path", "columns", "token_key"]);
        let columns = section.table.get("columns").and_then(Value::as_table);
        let columns = columns.into_iter().flatten().filter_map(|(title, word)| match word.as_str() {
            Some(word) => Some((title.clone(), word.to_owned())),
            None => {
                let field = section.field(&format!("columns.{title}"));
                self.fault(field, "is no text; expected an element's word", "write for example \"nhs number\"");
                None
            }
        });
        let columns = columns.collect();
        RegisterSource {
            exhibit: ExhibitId::new(format!("REG/{number}")),
            controller: self.known_controller(section, "controller", known),
            path: self.path(section),
            columns,
            token_key: section.table.contains_key("token_key").then(|| self.path_of(section, "token_key")),
        }
    }

    fn claim(&mut self, section: &Section<'_>, number: usize) -> ClaimSource {
        const FORMATS: [&str; 5] = ["ransomware.live", "ransomlook", "ransomwatch", "stix", "toml"];
        self.only(section, &["path", "format"]);
        let format = self.required(section, "format");
        if !format.is_empty() && !FORMATS.contains(&format.as_str()) {
            self.word(section, "format", &format, &FORMATS);
        }
        ClaimSource { exhibit: ExhibitId::new(format!("CLAIM/{number}")), path: self.path(section), format }
    }

    fn evidence(&mut self, section: &Section<'_>) -> EvidenceSource {
        const KINDS: [&str; 6] = ["leak", "proof-pack", "gateway", "inventory", "prior-leak", "statement"];
        self.only(section, &["exhibit", "kind", "path", "completeness", "custodian"]);
        let exhibit = self.required(section, "exhibit");
        if exhibit.starts_with("REG/") || exhibit.starts_with("CLAIM/") {
            let field = section.field("exhibit");
            self.fault(field, "REG/ and CLAIM/ number registers and claims", "choose another prefix, such as LEAK/1");
        }
        let kind_word = self.required(section, "kind");
        let kind = ExhibitKind::parse(&kind_word).filter(|_| KINDS.contains(&kind_word.as_str()));
        if kind.is_none() && !kind_word.is_empty() {
            self.word(section, "kind", &kind_word, &KINDS);
        }
        let completeness = match self.text(section, "completeness").as_deref() {
            None | Some("unknown") => Completeness::Unknown,
            Some("sample") => Completeness::Sample,
            Some("partial") => Completeness::Partial,
            Some("complete") => Completeness::Complete,
            Some(other) => {
                self.word(section, "completeness", other, &["sample", "partial", "complete", "unknown"]);
                Completeness::Unknown
            }
        };
        EvidenceSource {
            exhibit: ExhibitId::new(exhibit),
            kind: kind.unwrap_or(ExhibitKind::Leak),
            path: self.path(section),
            completeness,
            custodian: self.text(section, "custodian").unwrap_or_default(),
        }
    }

    fn sections<'t>(&mut self, root: &'t Table, key: &str) -> Vec<Section<'t>> {
        match root.get(key) {
            None => Vec::new(),
            Some(Value::Array(entries)) => {
                let tables = entries.iter().enumerate().filter_map(|(n, entry)| {
                    Some(Section { name: format!("{key}[{}]", n + 1), table: entry.as_table()? })
                });
                let tables: Vec<_> = tables.collect();
                if tables.len() != entries.len() {
                    self.fault(key.into(), "holds something that is no table", format!("write each as [[{key}]]"));
                }
                tables
            }
            Some(_) => {
                self.fault(key.into(), "is no list of tables", format!("write it as [[{key}]], with two brackets"));
                Vec::new()
            }
        }
    }

    fn only(&mut self, section: &Section<'_>, known: &[&str]) {
        for key in section.table.keys().filter(|key| !known.contains(&key.as_str())) {
            let remedy = format!("remove it, or use one of: {}", known.join(", "));
            self.fault(section.field(key), "is no field of a case file", remedy);
        }
    }

    fn distinct<'v>(&mut self, section: &str, key: &str, values: impl Iterator<Item = &'v str>) {
        let mut seen = BTreeSet::new();
        for (n, value) in values.enumerate() {
            if !value.is_empty() && !seen.insert(value) {
                let field = format!("{section}[{}].{key}", n + 1);
                self.fault(
                    field,
                    format!("{value} was given before; each must be unique"),
                    "give it a number of its own",
                );
            }
        }
    }

    fn text(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        match section.table.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                let problem = format!("is {}; expected text", other.type_str());
                self.fault(section.field(key), problem, "put it in quotation marks");
                None
            }
        }
    }

    /// The text of a field that must be there; empty, with a fault recorded, where it is not.
    fn required(&mut self, section: &Section<'_>, key: &str) -> String {
        if !section.table.contains_key(key) {
            self.fault(section.field(key), "is missing; expected text", format!("add {key} = \"...\""));
            return String::new();
        }
        let text = self.text(section, key);
        if text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            self.fault(section.field(key), "is empty; expected text", "fill it in");
        }
        text.unwrap_or_default()
    }

    fn texts(&mut self, section: &Section<'_>, key: &str) -> Vec<String> {
        let Some(value) = section.table.get(key) else { return Vec::new() };
        let texts = value.as_array().map(|list| list.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        match texts {
            Some(Some(texts)) => texts,
            _ => {
                self.fault(section.field(key), "is no list of texts", format!("write {key} = [\"...\", \"...\"]"));
                Vec::new()
            }
        }
    }

    fn word(&mut self, section: &Section<'_>, key: &str, found: &str, expected: &[&str]) {
        let problem = format!("\"{found}\" is not known");
        self.fault(section.field(key), problem, format!("use one of: {}", expected.join(", ")));
    }

    fn known_controller(&mut self, section: &Section<'_>, key: &str, known: &BTreeSet<String>) -> ControllerId {
        let id = self.required(section, key);
        if !id.is_empty() && !known.contains(&id) {
            let ids: Vec<_> = known.iter().map(String::as_str).collect();
            let remedy = if ids.is_empty() {
                format!("add a [[controller]] with id = \"{id}\"")
            } else {
                format!("use one of: {}; or add a [[controller]] with that id", ids.join(", "))
            };
            self.fault(section.field(key), format!("\"{id}\" is no controller of this case"), remedy);
        }
        ControllerId::new(id)
    }

    fn path(&mut self, section: &Section<'_>) -> PathBuf {
        self.path_of(section, "path")
    }

    fn path_of(&mut self, section: &Section<'_>, key: &str) -> PathBuf {
        let text = self.required(section, key);
        let path = self.case_dir.join(&text);
        if !text.is_empty() && !path.exists() {
            let remedy = "correct the path (relative paths start at the case folder), or put the source there";
            self.fault(section.field(key), format!("\"{text}\" does not exist"), remedy);
        }
        path
    }

    fn seed(&mut self, section: &Section<'_>) -> u64 {
        match section.table.get("seed") {
            None => 1,
            Some(value) => value.as_integer().and_then(|seed| u64::try_from(seed).ok()).unwrap_or_else(|| {
                self.fault(section.field("seed"), "is no whole number from 0 up", "write for example seed = 1");
                1
            }),
        }
    }

    fn date(&mut self, section: &Section<'_>, key: &str) -> jiff::civil::Date {
        let written = section.table.get(key).map(|value| match value {
            Value::Datetime(at) => at.to_string(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let date = written.as_deref().filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        date.unwrap_or_else(|| {
            let problem = match written {
                Some(text) => format!("\"{text}\" is no date; expected YYYY-MM-DD"),
                None => "is missing; expected a date YYYY-MM-DD".to_owned(),
            };
            self.fault(section.field(key), problem, "give the day of the breach, for example 2024-11-28");
            jiff::civil::Date::default()
        })
    }

    fn instant(&mut self, section: &Section<'_>, key: &str) -> Option<jiff::Timestamp> {
        let written = match section.table.get(key)? {
            Value::Datetime(at) => at.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let instant = written.parse().ok();
        if instant.is_none() {
            let problem = format!("\"{written}\" is no instant; expected date, time and zone");
            self.fault(section.field(key), problem, "write for example 2024-11-28T10:15:00Z");
        }
        instant
    }
}

fn sha256(hex: &str) -> Option<Sha256> {
    let mut bytes = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(Sha256(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[case]
title = "Data published 20 November 2025"
reference = "INC-1"
reference_date = 2025-11-20
nhs_test_range = "accept"

[[controller]]
id = "NCH"
name = "Northshore Children's NHS Foundation Trust"
aware_at = 2025-11-20T10:15:00Z

[[evidence]]
exhibit = "LEAK/1"
kind = "leak"
path = "."
"#;

    fn check(text: &str) -> String {
        match parse(text, "case.toml", Path::new(env!("CARGO_MANIFEST_DIR"))) {
            Ok(file) => format!("{} controllers, {} exhibits", file.controllers.len(), file.evidence.len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_good_file_is_read() {
        assert_eq!(check(GOOD), "1 controllers, 1 exhibits");
    }

    #[test]
    fn rules_of_the_case_keep_to_their_fields() {
        let rule = "[[detect.rule]]\nid = \"badge\"\nelement = \"other identifier\"\npattern = 'BG-[0-9]{6}'\n\
            value = \"plain\"\nneeds = \"nothing\"\nconfidence = 0.9\nreason = \"r\"\nsource = \"s\"\n\
            examples = [\"BG-123456\"]\ncounter_examples = [\"BG-1\"]\n";
        assert_eq!(check(&format!("{GOOD}{rule}")), "1 controllers, 1 exhibits");
        let wrong = rule.replace("other identifier", "shoe size").replace("source =", "sauce =");
        let told = check(&format!("{GOOD}{wrong}"));
        for part in
            ["detect.rule[1].sauce: is no field", "detect.rule[1].source: is missing", "\"shoe size\" is no element"]
        {
            assert!(told.contains(part) && told.contains("remedy: "), "{told}");
        }
    }

    #[test]
    fn the_table_of_weights_is_a_file_of_the_case() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("weights.txt"), "990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1\n").unwrap();
        let read = |detect: &str| parse(&format!("{GOOD}\n[detect]\n{detect}"), "case.toml", dir.path());
        let table = read("modulus_weights = \"weights.txt\"").unwrap().modulus.unwrap();
        assert!(table.weights.starts_with("990000") && table.substitutions.is_empty());
        for (detect, said) in [
            ("modulus_weights = \"nowhere.txt\"", "detect.modulus_weights: \"nowhere.txt\" does not exist"),
            ("modulus_weights = \".\"", "detect.modulus_weights: is no file of at most 4 MiB"),
            ("sort_code_substitutions = \"weights.txt\"", "stands without modulus_weights"),
            ("weights = \"weights.txt\"", "detect.weights: is no field of a case file"),
        ] {
            let message = read(detect).unwrap_err().to_string();
            assert!(message.contains(said) && message.contains("remedy: "), "{message}");
        }
    }

    #[test]
    fn rules_of_resolution_are_tables_of_known_names() {
        let level = "[[resolve.level]]\ncomparison = \"phone\"\nlevel = \"exact\"\nm = 0.4\n";
        let file = parse(&format!("{GOOD}{level}"), "case.toml", Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(file.resolve["level"][0]["m"].as_float(), Some(0.4));
        assert!(
            check(&format!("{GOOD}[resolve.decisions]\nmargin = 2.0\n")).contains("resolve.decisions: is no field")
        );
        assert!(check(&GOOD.replacen("[case]", "resolve = 1\n[case]", 1)).contains("resolve: is no table"));
    }

    #[test]
    fn lists_may_be_absent() {
        let text = "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2025-11-20\n";
        assert_eq!(check(text), "0 controllers, 0 exhibits");
    }

    #[test]
    fn every_fault_names_its_field_and_remedy() {
        for (from, to, expected) in [
            ("path = \".\"", "path = \"no/such\"", "evidence[1].path: \"no/such\" does not exist\n    remedy: correct"),
            ("2025-11-20\n", "\"20/11/2025\"\n", "case.reference_date: \"20/11/2025\" is no date; expected YYYY-MM-DD"),
            (
                "kind = \"leak\"",
                "kind = \"leek\"",
                "evidence[1].kind: \"leek\" is not known\n    remedy: use one of: leak",
            ),
            ("kind = \"leak\"", "kind = \"register\"", "evidence[1].kind: \"register\" is not known"),
            ("title =", "titel =", "case.titel: is no field of a case file"),
            ("2025-11-20T10:15:00Z", "\"yesterday\"", "controller[1].aware_at: \"yesterday\" is no instant"),
            ("[[controller]]", "[controller]", "controller: is no list of tables"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let message = check(&GOOD.replacen(from, to, 1));
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("remedy: "), "{message}");
        }
    }

    #[test]
    fn two_exhibits_of_one_number_are_refused() {
        let message = check(&format!("{GOOD}\n[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \".\"\n"));
        assert!(message.contains("evidence[2].exhibit: LEAK/1 was given before"), "{message}");
    }

    #[test]
    fn an_unknown_controller_is_named_with_those_that_are_known() {
        let message = check(&format!("{GOOD}\n[[register]]\ncontroller = \"XYZ\"\npath = \".\"\n"));
        assert!(message.contains("register[1].controller: \"XYZ\" is no controller"), "{message}");
        assert!(message.contains("use one of: NCH"), "{message}");
    }

    #[test]
    fn passwords_are_used_where_the_authority_says_so_and_only_of_leaks() {
        let with = |exhibits: &str| {
            let authority = "instructing_controller = \"NCH\"\nlawful_basis = \"b\"";
            let text = format!("{GOOD}\n[authority]\n{authority}\nuse_passwords_found_in = {exhibits}\n");
            parse(&text, "case.toml", Path::new(env!("CARGO_MANIFEST_DIR")))
        };
        let file = with("[\"LEAK/1\"]").unwrap();
        assert_eq!(file.authority.unwrap().use_passwords_found_in, [ExhibitId::new("LEAK/1")]);
        let message = with("[\"LEAK/9\"]").unwrap_err().to_string();
        assert!(
            message.contains("authority.use_passwords_found_in: \"LEAK/9\" is no exhibit of leaked data"),
            "{message}"
        );
        assert!(with("true").unwrap_err().to_string().contains("is no list of texts"));
    }

    #[test]
    fn all_faults_come_at_once() {
        let message = check(&GOOD.replace("2025-11-20\n", "1\n").replace("\"leak\"", "\"x\""));
        assert!(message.starts_with("case.toml: 2 fields to mend"), "{message}");
    }
}
