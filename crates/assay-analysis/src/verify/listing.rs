//! Listings of files: what a server, a backup or a gang says it holds, read from the forms in which programs write them.
//!
//! Tables with a header (path, or folder and name; size; hash), `sha256sum` and its BSD form, `find -ls`, `ls -lR`, `dir /s`,
//! `rclone lsl`, `aws s3 ls`, `tree`, and bare lists of paths. Only SHA-256 is kept of hashes: an item's digest here is of that kind, and
//! a listing with another counts as one without. Nothing is opened and nothing is compared here: that is [`super`]'s.

use std::sync::LazyLock;

use assay_model::{Content, ListedFile, Passage, Sensitive, Sha256, Table};
use regex::Regex;

use crate::claims::pattern;

/// A file as a line of a listing has it, before it has an exhibit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedLine {
    /// The path as written.
    pub path: String,
    /// Its size in bytes, where written.
    pub bytes: Option<u64>,
    /// SHA-256 of its bytes, where written.
    pub sha256: Option<Sha256>,
}

/// Reads an item's passages for a listing as they come.
#[derive(Default)]
pub struct ListingSearch {
    found: Vec<ListedLine>,
    /// Lines that are not blank, and those of them that are a path, or a line of a tree.
    lines: u64,
    listing: u64,
    /// Bare paths and lines of a tree: a listing only where most lines are.
    bare: Vec<ListedLine>,
    folder: String,
    columns: Option<Columns>,
    tree: Vec<(usize, String)>,
    in_tree: bool,
}

#[derive(Clone, Copy, Default)]
struct Columns {
    path: Option<usize>,
    folder: Option<usize>,
    name: Option<usize>,
    bytes: Option<usize>,
    hash: Option<usize>,
}

/// Entries below which bare paths are no listing: a letter may name some.
const FEW: usize = 5;

impl ListingSearch {
    /// Takes a passage.
    pub fn take(&mut self, passage: &Passage) {
        match &passage.content {
            Content::Text { text, .. } => text.lines().for_each(|line| self.line(line)),
            Content::Table(table) => self.table(table),
        }
    }

    /// The files listed, in their order; none where it is no listing.
    pub fn found(mut self) -> Vec<ListedLine> {
        let most = self.listing * 10 >= self.lines * 8;
        if self.found.is_empty() && self.bare.len() >= FEW && most {
            return self.bare;
        }
        self.found.retain(|file| !file.path.is_empty());
        self.found
    }

    fn line(&mut self, line: &str) {
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() {
            return;
        }
        self.lines += 1;
        if let Some(file) = self.one(line) {
            self.found.push(file);
            return;
        }
        if let Some(entry) = TREE.captures(line) {
            self.listing += 1;
            self.tree_entry(entry[1].chars().count(), entry[2].trim_end());
        } else if is_path(line.trim()) {
            self.listing += 1;
            self.bare.push(ListedLine { path: line.trim().to_owned(), bytes: None, sha256: None });
        }
    }

    /// A line that says by its form that it lists a file, or that names the folder of the lines after it.
    fn one(&mut self, line: &str) -> Option<ListedLine> {
        let size = |text: &str| text.replace([',', '.', '\u{a0}', ' '], "").parse().ok();
        if let Some(sum) = SUM.captures(line) {
            return Some(ListedLine { path: sum[2].to_owned(), bytes: None, sha256: digest(&sum[1]) });
        }
        if let Some(sum) = BSD.captures(line) {
            return Some(ListedLine { path: sum[1].to_owned(), bytes: None, sha256: digest(&sum[2]) });
        }
        if let Some(long) = LONG.captures(line) {
            // A folder is no file, and a link is not where the bytes are.
            if !long[1].starts_with('-') {
                return None;
            }
            let name = long[3].replace("\\ ", " ");
            let in_folder = if name.contains('/') { name } else { joined(&self.folder, &name) };
            return Some(ListedLine { path: in_folder, bytes: size(&long[2]), sha256: None });
        }
        if let Some(of) = DIRECTORY_OF.captures(line) {
            of[1].trim().clone_into(&mut self.folder);
            return None;
        }
        if let Some(entry) = DIR_ENTRY.captures(line).filter(|_| !self.folder.is_empty()) {
            return Some(ListedLine { path: joined(&self.folder, &entry[2]), bytes: size(&entry[1]), sha256: None });
        }
        if let Some(entry) = DATED.captures(line) {
            return Some(ListedLine { path: entry[2].to_owned(), bytes: size(&entry[1]), sha256: None });
        }
        if let Some(entry) = SIZED.captures(line) {
            return Some(ListedLine { path: entry[2].to_owned(), bytes: size(&entry[1]), sha256: None });
        }
        if let Some(of) = LS_FOLDER.captures(line) {
            of[1].clone_into(&mut self.folder);
        }
        None
    }

    /// A line of a tree: one that is indented below another makes a folder of that one.
    fn tree_entry(&mut self, indent: usize, name: &str) {
        while self.tree.last().is_some_and(|(above, _)| *above >= indent) {
            self.tree.pop();
        }
        let deeper = self.tree.last().map(|(_, path)| path.clone());
        if self.in_tree && deeper.is_some() && self.bare.last().map(|file| &file.path) == deeper.as_ref() {
            self.bare.pop();
        }
        let path = deeper.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
        self.tree.push((indent, path.clone()));
        self.in_tree = true;
        self.bare.push(ListedLine { path, bytes: None, sha256: None });
    }

    fn table(&mut self, table: &Table) {
        for (n, row) in table.rows.iter().enumerate() {
            let cells: Vec<_> = row.iter().map(|cell| cell.text()).collect();
            let titles = (!table.continued && n < 5).then(|| columns(&cells)).flatten();
            if let Some(columns) = titles {
                self.columns = Some(columns);
                continue;
            }
            let Some(columns) = self.columns else {
                // A reader of tables may take any text of even lines for one.
                self.line(&cells.join(" "));
                continue;
            };
            let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|text| text.trim()).unwrap_or_default();
            let path = match (cell(columns.path), cell(columns.folder), cell(columns.name)) {
                ("", folder, name) => joined(folder, name),
                (path, ..) => path.to_owned(),
            };
            self.lines += 1;
            if path.is_empty() || path.ends_with(['/', '\\']) {
                continue;
            }
            let bytes = cell(columns.bytes).replace([',', ' ', '\u{a0}'], "").parse().ok();
            self.found.push(ListedLine { path, bytes, sha256: digest(cell(columns.hash)) });
        }
    }
}

/// What the titles of a table's columns say; none where they do not name files.
fn columns(titles: &[std::borrow::Cow<'_, str>]) -> Option<Columns> {
    let mut columns = Columns::default();
    for (n, title) in titles.iter().enumerate() {
        let word: String = title.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let place = match word.as_str() {
            "path" | "fullpath" | "fullname" | "filepath" | "key" | "file" | "fullfilename" => &mut columns.path,
            "folder" | "directory" | "directoryname" | "parentpath" | "parent" | "dir" | "location" => {
                &mut columns.folder
            }
            "name" | "filename" | "basename" => &mut columns.name,
            "size" | "length" | "bytes" | "sizebytes" | "filesize" | "sizeinbytes" => &mut columns.bytes,
            "sha256" | "hash" | "sha256hash" | "checksum" | "digest" | "filehash" => &mut columns.hash,
            _ => continue,
        };
        place.get_or_insert(n);
    }
    let named = columns.path.is_some() || columns.name.is_some();
    (named && (columns.bytes.is_some() || columns.hash.is_some() || columns.folder.is_some())).then_some(columns)
}

fn joined(folder: &str, name: &str) -> String {
    match folder.trim_end_matches(['/', '\\']) {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Looks like a path and not like a sentence with a slash in it.
fn is_path(line: &str) -> bool {
    let parts = line.split(['/', '\\']).filter(|part| !part.is_empty()).count();
    let last = line.rsplit(['/', '\\']).next().unwrap_or_default();
    parts >= 2
        && last.rsplit_once('.').is_some_and(|(_, ending)| (1..=5).contains(&ending.len()))
        && !line.contains("://")
}

fn digest(hex: &str) -> Option<Sha256> {
    if hex.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(Sha256(bytes))
}

impl ListedLine {
    /// With the exhibit that lists it.
    pub fn of(self, exhibit: &assay_model::ExhibitId, item: &assay_model::ItemPath) -> ListedFile {
        ListedFile {
            exhibit: exhibit.clone(),
            item: item.clone(),
            path: Sensitive::new(self.path),
            bytes: self.bytes,
            sha256: self.sha256,
        }
    }
}

/// `sha256sum`, text or binary mode.
static SUM: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\\?([0-9A-Fa-f]{64}) [ *](.+)$"));
/// `sha256sum --tag`, BSD `sha256`.
static BSD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^SHA2?-?256 ?\((.+)\) = ([0-9A-Fa-f]{64})$"));
/// `find -ls` and `ls -l`: mode, links, owner, group, size, three words of date, name.
static LONG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:\d+\s+\d+\s+)?([-dlbcps][-rwxsStT]{9})[.+@]?\s+\d+\s+\S+\s+\S+\s+(\d+)\s+(?:\w{3}\s+\d+\s+[\d:]+|\d{4}-\d\d-\d\d\s+[\d:.]+(?:\s+[+-]\d{4})?)\s+(.+)$",
    )
});
/// `dir /s`, in English and in German, French and Spanish as they come.
static DIRECTORY_OF: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:Directory of|Verzeichnis von|R.pertoire de|Directorio de)\s+(.+)$"));
static DIR_ENTRY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\d\d[/.-]\d\d[/.-]\d{4}\s+\d\d:\d\d(?:\s?[AP]M)?\s+(\d[\d,.\x{a0}]*)\s(.+)$"));
/// `aws s3 ls --recursive`.
static DATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+(\d+)\s(.+)$"));
/// `rclone lsl`, `rclone ls`.
static SIZED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(\d+)\s(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\s)?(.*[/\\].+)$"));
/// `ls -lR`.
static LS_FOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\S.*[/\\].*):$"));
/// `tree`, with boxes or in ASCII.
static TREE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^([│├└─|+`\\ \x{a0}-]*(?:├──|└──|\|--|`--|\+---|\\---|├───|└───)\s?)(.+)$"));

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::Cell;

    fn text(text: &str) -> Vec<ListedLine> {
        let mut search = ListingSearch::default();
        let content = Content::Text { first_line: 1, text: text.into() };
        search.take(&Passage { part: String::new(), hidden: false, recovery: Default::default(), content });
        search.found()
    }

    fn shown(files: &[ListedLine]) -> String {
        let one = |file: &ListedLine| {
            let hash = if file.sha256.is_some() { " hashed" } else { "" };
            format!("{} {}{hash}", file.path, file.bytes.map_or_else(|| "-".into(), |bytes| bytes.to_string()))
        };
        files.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_forms_of_common_programs_are_read() {
        let hash = "9f".repeat(32);
        insta::assert_snapshot!(shown(&text(&format!("{hash}  ./fs01/a b.doc\n{hash} *x.bin\nSHA256 (c/d.txt) = {hash}\n"))), @r"
        ./fs01/a b.doc - hashed
        x.bin - hashed
        c/d.txt - hashed
        ");
        insta::assert_snapshot!(shown(&text("  1310720      4 drwxr-xr-x   2 svc  users      4096 Oct  2 07:11 /srv/a\n  1310721      4 -rw-r--r--   1 svc  users      1204 Oct  2 07:11 /srv/a/one\\ two.txt\n")), @"/srv/a/one two.txt 1204");
        insta::assert_snapshot!(shown(&text("/srv/b:\ntotal 8\n-rw-r--r--. 1 root root 77 2024-10-02 07:11 x.csv\n")), @"/srv/b/x.csv 77");
        insta::assert_snapshot!(shown(&text(" Volume in drive D is DATA\n\n Directory of D:\\shares\\fs01\n\n02/10/2024  07:11    <DIR>          Clinics\n02/10/2024  07:11         1,204,111 PAS extract.csv\n               1 File(s)      1,204,111 bytes\n")), @r"D:\shares\fs01/PAS extract.csv 1204111");
        insta::assert_snapshot!(shown(&text("2024-10-02 07:11:00       1234 bucket/a.pdf\n     99 2024-10-02 07:11:00.000000000 dir/b.pdf\n")), @r"
        bucket/a.pdf 1234
        dir/b.pdf 99
        ");
    }

    #[test]
    fn a_tree_gives_its_leaves_and_a_letter_gives_nothing() {
        let tree = ".\n├── fs01\n│   ├── Clinics\n│   │   ├── a.doc\n│   │   └── b.doc\n│   └── list.csv\n└── fs02\n    └── c.pdf\n    └── d.pdf\n";
        insta::assert_snapshot!(shown(&text(tree)), @r"
        fs01/Clinics/a.doc -
        fs01/Clinics/b.doc -
        fs01/list.csv -
        fs02/c.pdf -
        fs02/d.pdf -
        ");
        assert!(text("Dear Dr Quill,\nI saw her and/or him on 3/4.\nSee https://a.example/x.html\n").is_empty());
        assert!(text("one/two.doc\nmany words\nof a letter\nthat names\none file").is_empty());
    }

    #[test]
    fn a_table_is_read_by_its_titles() {
        let row = |cells: &[&str]| cells.iter().map(|cell| Cell::text_of(*cell)).collect::<Vec<_>>();
        let rows = vec![
            row(&["Directory", "Name", "Length", "SHA256"]),
            row(&["\\\\nas\\fs01\\Clinics", "a.doc", "12,040", &"0a".repeat(32)]),
        ];
        let mut search = ListingSearch::default();
        let content = Content::Table(Table { first_row: 1, continued: false, rows });
        search.take(&Passage { part: String::new(), hidden: false, recovery: Default::default(), content });
        insta::assert_snapshot!(shown(&search.found()), @r"\\nas\fs01\Clinics/a.doc 12040 hashed");
    }
}
