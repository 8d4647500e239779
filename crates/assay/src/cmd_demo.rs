//! `assay demo`: the bundled synthetic case, made and run.
use crate::outcome::{Outcome, Print};
use std::path::Path;
pub(crate) fn demo(_: &Path, _: u64, _: u32, _: Print) -> anyhow::Result<Outcome> {
    anyhow::bail!("the synthetic case is not wired yet\n  remedy: assay run DIR on a case of your own")
}
