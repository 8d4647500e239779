//! Starting the program, with keys of its own in the test's folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder for one test: the case and its keys.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A synthetic case of about so many items.
    pub(crate) fn with_case(items: u32, seed: u64) -> Self {
        let bench = Self::new();
        let parameters = assay_corpus::Parameters { items, seed, ..Default::default() };
        assay_corpus::write_case(&bench.case(), &parameters).unwrap();
        bench
    }

    /// The case folder.
    pub(crate) fn case(&self) -> PathBuf {
        self.folder.path().join("case")
    }

    /// A path beside the case.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(arguments).env("ASSAY_KEYS", self.folder.path().join("keys")).current_dir(self.folder.path());
        command
    }

    /// Runs the program; gives its exit code, standard output and standard error.
    pub(crate) fn assay(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }

    /// report.json without the one line that may differ between runs.
    pub(crate) fn report(&self) -> String {
        let text = std::fs::read_to_string(self.case().join("out/report.json")).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"generated_at\"")).collect();
        assert_eq!(lines.len() + 1, text.lines().count());
        lines.join("\n")
    }

    /// An export with values shown, as rows of named cells.
    pub(crate) fn export(&self, what: &str) -> Vec<std::collections::BTreeMap<String, String>> {
        let file = self.path(&format!("{what}.csv"));
        let (code, _, error) = self.assay(&["export", what, "case", "--to", &file.display().to_string(), "--reveal"]);
        assert_eq!(code, 0, "{error}");
        rows(&file)
    }
}

/// A CSV file as rows of named cells.
pub(crate) fn rows(file: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    csv::Reader::from_path(file).unwrap().deserialize().map(Result::unwrap).collect()
}
