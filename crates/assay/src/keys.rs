//! Passwords of a case: those that its user gave, and, where the authority allows it, those that stand in an exhibit.
//!
//! The latter are tried on that exhibit alone, after it was read once, and never without an entry in the custody ledger. No
//! password is guessed, altered or shown.

use crate::case::Case;
use crate::load;
use assay_case::journal::{HeldPassword, Means};
use assay_case::sealed::SealedExhibit;
use assay_engine::{Answer, Passwords};
use assay_model::{Authority, ExhibitId, OwnPasswords, PasswordOrigin, Sensitive, Want};
use std::collections::{BTreeMap, BTreeSet};

/// Passwords of one exhibit that are tried on it, at most.
const FOUND: usize = 300;

/// What is at hand for reading beyond the program itself.
pub(crate) struct Keys {
    /// What goes to the workers.
    pub(crate) passwords: Passwords,
    /// Who recognises text in pictures, by name and version.
    pub(crate) recogniser: Option<String>,
    given: u64,
    found: BTreeMap<ExhibitId, u64>,
}

impl Keys {
    /// What is held, less what the authority does not allow, or not any more.
    pub(crate) fn of(case: &Case, fingerprint: &str, recogniser: Option<String>) -> anyhow::Result<Self> {
        let values = |held: Vec<HeldPassword>| held.into_iter().map(|held| held.value).collect::<Vec<_>>();
        let highest = |held: &[HeldPassword]| held.last().map_or(0, |held| held.number);
        let given = case.store.journal.given_passwords()?;
        let mut keys =
            Self { passwords: Passwords::default(), recogniser, given: highest(&given), found: BTreeMap::new() };
        keys.passwords.given = values(given);
        for exhibit in allowed(case) {
            // Under another fingerprint the exhibit is read once without them, as at first.
            if case.store.journal.stage(&tried_in(exhibit))?.as_deref() == Some(fingerprint) {
                let held = case.store.journal.found_passwords(exhibit.as_str())?;
                keys.found.insert(exhibit.clone(), highest(&held));
                keys.passwords.found.insert(exhibit.clone(), values(held));
            }
        }
        Ok(keys)
    }

    /// With what units of an exhibit are read now.
    pub(crate) fn means(&self, exhibit: &ExhibitId) -> Means {
        let found = self.found.get(exhibit).copied().unwrap_or_default();
        Means { passwords: self.given.max(found), recogniser: self.recogniser.clone().unwrap_or_default() }
    }
}

/// The stage under which it is kept that passwords of an exhibit were tried on it, by the scan's fingerprint.
fn tried_in(exhibit: &ExhibitId) -> String {
    format!("passwords found in {exhibit}")
}

fn allowed(case: &Case) -> &[ExhibitId] {
    case.file.authority.as_ref().map_or(&[], |authority| &authority.use_passwords_found_in)
}

/// What passwords of their own exhibit did to encrypted items.
#[derive(Default)]
pub(crate) struct Tried(BTreeMap<ExhibitId, OwnPasswords>);

impl Tried {
    /// Counts the items of an answer on which they were tried.
    pub(crate) fn count(&mut self, keys: &Keys, answer: &Answer) {
        for item in answer.items.iter().filter(|item| keys.found.contains_key(&item.exhibit)) {
            let opened = item.opened_with == Some(PasswordOrigin::Found);
            if opened || item.wants.contains(&Want::Password) {
                let exhibit = item.exhibit.clone();
                let none = OwnPasswords { exhibit: exhibit.clone(), tried_on: 0, opened: 0 };
                let tried = self.0.entry(exhibit).or_insert(none);
                tried.tried_on += 1;
                tried.opened += u64::from(opened);
            }
        }
    }
}

/// Takes up the passwords that stand in exhibits where the authority allows their use; gives how many are new.
pub(crate) fn take_up(case: &mut Case, exhibits: &[SealedExhibit], fingerprint: &str) -> anyhow::Result<u64> {
    let held: BTreeSet<&ExhibitId> = exhibits.iter().map(|sealed| &sealed.exhibit.id).collect();
    let allowed: Vec<ExhibitId> = allowed(case).iter().filter(|exhibit| held.contains(exhibit)).cloned().collect();
    if allowed.is_empty() {
        return Ok(0);
    }
    let mut wanted: BTreeSet<ExhibitId> = BTreeSet::new();
    for wanting in case.store.journal.wanting(fingerprint)? {
        let unit = assay_engine::unit::Unit::from_bytes(&wanting.unit.description);
        wanted.extend(unit.filter(|_| wanting.wants.contains(&Want::Password)).map(|unit| unit.exhibit));
    }
    let mut found = load::passwords_in(case, fingerprint)?;
    // The likeliest first, and in an order that no run changes.
    found.sort_by(|a, b| (a.basis, &a.locator, &a.value).cmp(&(b.basis, &b.locator, &b.value)));
    let mut all_new = 0;
    for exhibit in allowed.iter().filter(|exhibit| wanted.contains(exhibit)) {
        let tried = case.store.journal.stage(&tried_in(exhibit))?.as_deref() == Some(fingerprint);
        let held = case.store.journal.found_passwords(exhibit.as_str())?;
        let mut known: BTreeSet<&Sensitive<String>> = held.iter().map(|held| &held.value).collect();
        let here = found.iter().filter(|found| &found.locator.exhibit == exhibit);
        let new: Vec<Sensitive<String>> = here.map(|found| &found.value).filter(|v| known.insert(v)).cloned().collect();
        let room = FOUND.saturating_sub(held.len());
        let new = new.get(..room.min(new.len())).unwrap_or_default();
        // Held from a scan under another fingerprint: now their turn has come under this one.
        let anew: Vec<Sensitive<String>> = held.iter().filter(|_| !tried).map(|held| held.value.clone()).collect();
        let all: Vec<Sensitive<String>> = anew.into_iter().chain(new.iter().cloned()).collect();
        if all.is_empty() {
            continue;
        }
        let number = format!("{} {}", all.len(), if all.len() == 1 { "password" } else { "passwords" });
        let detail =
            format!("{number} found in {exhibit} to be tried on its own encrypted items; {}", instructed(case));
        case.store.ledger.record(jiff::Timestamp::now(), "passwords found", exhibit.as_str(), &detail)?;
        match tried {
            true => _ = case.store.journal.take_up_passwords(exhibit.as_str(), &all)?,
            false => case.store.journal.renew_passwords(exhibit.as_str(), &all)?,
        }
        case.store.journal.finish_stage(&tried_in(exhibit), fingerprint)?;
        all_new += all.len() as u64;
    }
    Ok(all_new)
}

/// Writes into the ledger what came of it.
pub(crate) fn record(case: &mut Case, tried: &Tried) -> anyhow::Result<()> {
    for OwnPasswords { exhibit, tried_on, opened } in tried.0.values() {
        let detail = format!(
            "passwords found in {exhibit} tried on {tried_on} encrypted items of it, {opened} opened; {}",
            instructed(case)
        );
        case.store.ledger.record(jiff::Timestamp::now(), "passwords tried", exhibit.as_str(), &detail)?;
    }
    Ok(())
}

fn instructed(case: &Case) -> String {
    let authority = case.file.authority.as_ref();
    authority.map_or_else(String::new, |Authority { instructing_controller, lawful_basis, .. }| {
        format!("instructed by {instructing_controller}; {lawful_basis}")
    })
}

/// The exhibits whose own passwords were tried on them in this scan, with what came of it, in the order of the case.
pub(crate) fn own_passwords(
    case: &Case,
    fingerprint: &str,
    items: &[assay_model::Item],
) -> anyhow::Result<Vec<OwnPasswords>> {
    let mut all = Vec::new();
    for source in case.sources() {
        let exhibit = source.said.id;
        if case.store.journal.stage(&tried_in(exhibit))?.as_deref() != Some(fingerprint) {
            continue;
        }
        let mut own = OwnPasswords { exhibit: exhibit.clone(), tried_on: 0, opened: 0 };
        for item in items.iter().filter(|item| &item.exhibit == exhibit) {
            let opened = item.opened_with == Some(PasswordOrigin::Found);
            own.opened += u64::from(opened);
            own.tried_on += u64::from(opened || item.wants.contains(&Want::Password));
        }
        all.push(own);
    }
    Ok(all)
}
