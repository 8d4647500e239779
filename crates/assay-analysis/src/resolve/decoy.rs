//! How many people match a register by chance: the same decision against a register that is nobody's.
//!
//! Every column of the register is permuted by itself (NHS numbers, names, dates of birth, postcodes, hospital numbers, contacts),
//! seeded by the case, so that the decoys have the register's own frequencies. A match to a decoy is chance; its rate is an upper
//! reading for people who really are in the register, whose own values lie in it scattered over different rows.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::cluster::Groups;
use super::compare::Judge;
use super::record::Record;
use super::register::{Anchor, Answer, Register};

/// The share, 0 to 1, of the people at `roots` of whom a mention matches a decoy.
pub(super) fn chance_matches(
    judge: &Judge<'_>,
    rows: &[Record],
    records: &[Record],
    groups: &Groups<'_>,
    roots: &[u32],
    seed: u64,
) -> f64 {
    if rows.is_empty() || roots.is_empty() {
        return 0.0;
    }
    let people =
        permuted(rows, seed).into_iter().enumerate().map(|(place, record)| Anchor { record, rows: vec![place] });
    let decoys = Register::new(people.collect(), judge.symbols);
    let matches = |root: &&u32| {
        let mut members = groups.of(**root).iter().filter_map(|place| records.get(*place as usize));
        // A number that is known to the register is known to the decoys: alone it would always match.
        members.any(|record| is_by_chance(judge, &decoys, record))
    };
    roots.par_iter().filter(matches).count() as f64 / roots.len() as f64
}

/// A number without any agreement beside it is no match to a decoy: the decoys carry the true numbers. Nor is a name without
/// any: they carry the true names, and what a rare name proves by itself no permutation can measure.
fn is_by_chance(judge: &Judge<'_>, decoys: &Register, record: &Record) -> bool {
    let Answer::One(found) = decoys.find(judge, record) else { return false };
    let Some(decoy) = decoys.people.get(found.person as usize) else { return false };
    let evidence = judge.compare(record, &decoy.record);
    evidence.corroborated && evidence.agrees_on_person()
}

fn permuted(rows: &[Record], seed: u64) -> Vec<Record> {
    let mut random = Pcg64::seed_from_u64(seed ^ 0x0064_6563_6f79);
    let mut column = || {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        for end in (1..places.len()).rev() {
            let other = (random.next_u64() % (end as u64 + 1)) as usize;
            places.swap(end, other);
        }
        places
    };
    let [numbers, names, births, postcodes, hospital, contacts] = std::array::from_fn(|_| column());
    let of = |places: &[usize], place: usize| places.get(place).and_then(|other| rows.get(*other));
    (0..rows.len())
        .map(|place| Record {
            nhs: of(&numbers, place).and_then(|row| row.nhs),
            names: of(&names, place).map(|row| row.names.clone()).unwrap_or_default(),
            births: of(&births, place).map(|row| row.births.clone()).unwrap_or_default(),
            postcodes: of(&postcodes, place).map(|row| row.postcodes.clone()).unwrap_or_default(),
            hospital: of(&hospital, place).map(|row| row.hospital.clone()).unwrap_or_default(),
            emails: of(&contacts, place).map(|row| row.emails.clone()).unwrap_or_default(),
            phones: of(&contacts, place).map(|row| row.phones.clone()).unwrap_or_default(),
            ..Record::default()
        })
        .collect()
}
