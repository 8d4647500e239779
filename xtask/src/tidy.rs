//! What the compiler does not see: the map and the tree agree, every module says what it is, files stay readable.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// Lines from which a source file must say in its heading why it is long.
const LONG: usize = 600;

/// The folder of the workspace.
pub(crate) fn project_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Everything that is not as the house wants it.
pub(crate) fn faults(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let map = read(&root.join("docs/ARCHITECTURE.md"))?;
    for entry in sorted(&root.join("crates"))? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !map.contains(&format!("| `{name}` |")) {
            faults.push(format!("docs/ARCHITECTURE.md: the map has no row for the crate {name}"));
        }
    }
    for entry in sorted(&root.join("rules"))? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !map.contains(&format!("`rules/{name}")) {
            faults.push(format!("docs/ARCHITECTURE.md: rules/{name} is not named"));
        }
    }
    for entry in sorted(&root.join("docs/decisions"))? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !map.contains(&name) {
            faults.push(format!("docs/ARCHITECTURE.md: the decision {name} is not listed"));
        }
    }
    faults.extend(named_but_missing(root, &map));
    for folder in ["crates", "corpus", "xtask"] {
        source_files(&root.join(folder), &mut faults)?;
    }
    Ok(faults)
}

/// Files that the map names under "open first" and that are not there.
fn named_but_missing(root: &Path, map: &str) -> Vec<String> {
    let rows = map.lines().filter_map(|line| line.strip_prefix("| `"));
    let missing = rows.filter_map(|row| {
        let (name, rest) = row.split_once('`')?;
        let file = rest.rsplit('|').nth(1)?.trim().strip_prefix('`')?.split('`').next()?;
        let folder = if name == "assay-corpus" { root.join("corpus") } else { root.join("crates").join(name) };
        (!folder.join("src").join(file).exists()).then(|| format!("docs/ARCHITECTURE.md: {name} has no src/{file}"))
    });
    missing.collect()
}

fn source_files(folder: &Path, faults: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in sorted(folder)? {
        if entry.is_dir() {
            source_files(&entry, faults)?;
            continue;
        }
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = read(&entry)?;
        let shown = entry.strip_prefix(project_root()).unwrap_or(&entry).display();
        if !text.starts_with("//!") {
            faults.push(format!("{shown}: does not open with //!"));
        }
        let lines = text.lines().count();
        let says_why =
            text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("Long because"));
        if lines > LONG && !says_why {
            faults.push(format!("{shown}: {lines} lines; split it, or say in its heading `Long because …`"));
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let faults = super::faults(&super::project_root()).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_file_that_the_map_invents_is_found() {
        let map = "| `assay-model` | words | `none.rs` |\n| `assay-corpus` | words | `lib.rs` |\n";
        let missing = super::named_but_missing(&super::project_root(), map);
        assert_eq!(missing, ["docs/ARCHITECTURE.md: assay-model has no src/none.rs"]);
    }
}
