//! How many people match a register by chance: the same decision against a register that is nobody's.
//!
//! Every column of the register is permuted by itself (NHS numbers, names, dates of birth, postcodes, hospital numbers, contacts),
//! seeded by the case, so that the decoys have the register's own frequencies. A match to a decoy is chance; its rate is an upper
//! reading for people who really are in the register, whose own values lie in it scattered over different rows.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::cluster::Groups;
use super::link::table::{Field, Table};
use super::linked::{Answer, Linked, agrees_on_person, is_corroborated, is_out, is_wanted};

/// People looked for among the decoys, at most: of a share of one in a thousand the standard error is then a fiftieth of a percent.
const PEOPLE: usize = 20_000;

/// The share, 0 to 1, of the people at `roots` of whom a mention matches a decoy.
pub(super) fn chance_matches(linked: &Linked<'_>, groups: &Groups<'_>, roots: &[u32], seed: u64) -> f64 {
    if linked.people() == 0 || roots.is_empty() {
        return 0.0;
    }
    // Roots are in the order of their mentions' ids, which come of hashes: every n-th is a random choice.
    let roots: Vec<u32> = roots.iter().copied().step_by(roots.len().div_ceil(PEOPLE)).collect();
    let mut is_asked = vec![false; linked.records.len()];
    for place in roots.iter().flat_map(|root| groups.of(*root)) {
        if let Some(asked) = is_asked.get_mut(*place as usize) {
            *asked = true;
        }
    }
    let (decoys, edges) = linked.matcher.beside(
        permuted(&linked.matcher.table, seed),
        &linked.rules.core,
        |place| is_out(linked.records, place) || is_asked.get(place as usize) == Some(&false),
        |a, b| is_wanted(linked.records, a, b),
    );
    let answers = linked.answers(&decoys, &edges);
    // A number without any agreement beside it is no match to a decoy: the decoys carry the true numbers. Nor is a name without any: they
    // carry the true names, and what a rare name proves by itself no permutation can measure.
    let is_by_chance = |(place, answer): (usize, &Answer)| {
        let Answer::One(found) = answer else { return false };
        let evidence = decoys.compare(place as u32, linked.row_of(found.person));
        is_corroborated(&evidence) && agrees_on_person(&evidence)
    };
    let by_chance: Vec<bool> = answers.par_iter().enumerate().map(is_by_chance).collect();
    let matches =
        |root: &&u32| groups.of(**root).iter().any(|place| by_chance.get(*place as usize).copied().unwrap_or_default());
    roots.par_iter().filter(matches).count() as f64 / roots.len() as f64
}

/// The mentions, with register people whose columns are shuffled.
fn permuted(table: &Table, seed: u64) -> Table {
    let mut random = Pcg64::seed_from_u64(seed ^ 0x0064_6563_6f79);
    let (from, to) = (table.register_from, table.len());
    let mut decoys = table.mentions_only();
    (from..to).for_each(|_| decoys.push_blank());
    let columns: [&[Field]; 5] =
        [&[Field::Nhs], &[Field::Birth], &[Field::Postcode], &[Field::Hospital], &[Field::Email, Field::Phone]];
    let names = shuffled(from, to, &mut random);
    for (place, other) in (from..to).zip(names) {
        table.names(other).for_each(|name| decoys.add_name(place, name));
    }
    for fields in columns {
        for (place, other) in (from..to).zip(shuffled(from, to, &mut random)) {
            for field in fields {
                table.values(other, *field).for_each(|value| decoys.add(place, *field, value));
            }
        }
    }
    decoys
}

fn shuffled(from: u32, to: u32, random: &mut Pcg64) -> Vec<u32> {
    let mut places: Vec<u32> = (from..to).collect();
    for end in (1..places.len()).rev() {
        let other = (random.next_u64() % (end as u64 + 1)) as usize;
        places.swap(end, other);
    }
    places
}
