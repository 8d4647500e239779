//! The one source of chance: a PCG generator by seed and purpose.
//!
//! Each part of a case throws dice of its own, named by its purpose, so that a letter more does not change the registers.

use rand_pcg::{
    Pcg64,
    rand_core::{Rng, SeedableRng},
};

pub(crate) struct Dice(Pcg64);

impl Dice {
    /// The dice of one purpose under a case's seed.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a: only to keep purposes apart.
        let purpose = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(Pcg64::seed_from_u64(seed.rotate_left(17) ^ purpose))
    }

    /// A number from 0 up to, not including, `limit`; 0 where `limit` is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.0.next_u64()) * limit as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// True in so many of a hundred throws.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// One of a list that is not empty, by weight.
    pub(crate) fn weighted<T: Copy>(&mut self, list: &[(T, usize)]) -> T {
        let total: usize = list.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(total);
        for (value, weight) in list {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        list[0].0
    }

    /// The list in another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }

    /// Up to `count` different members of a list, in the list's order of throwing.
    pub(crate) fn sample<T: Clone>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let mut order: Vec<usize> = (0..list.len()).collect();
        self.shuffle(&mut order);
        order.into_iter().take(count).map(|at| list[at].clone()).collect()
    }

    /// So many decimal digits.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    /// Bytes of no meaning.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
