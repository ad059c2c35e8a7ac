//! Chance: one seeded generator, forked by name so that a draw added in one place moves no other.

use rand_core::{Rng as _, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of random numbers that is the same on every machine and in every release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    stream: Pcg64Mcg,
    seed: u64,
}

impl Rng {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { stream: Pcg64Mcg::seed_from_u64(seed), seed }
    }

    /// A stream of its own for `name`, the same however much was drawn from this one.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        // FNV-1a over the name: published, tiny, and only ever used to tell streams apart.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.seed.rotate_left(17);
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self::new(hash)
    }

    /// Any 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A number in `0..bound`; zero when `bound` is zero. Always takes exactly one draw.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low);
        low + self.below(span.saturating_add(1))
    }

    /// True in `millionths` of a million cases.
    pub fn chance(&mut self, millionths: u32) -> bool {
        self.below(1_000_000) < u64::from(millionths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_pinned_because_links_depend_on_them() {
        let mut rng = Rng::new(11);
        let drawn: Vec<u64> = (0..4).map(|_| rng.below(1000)).collect();
        let mut again = Rng::new(11);
        assert_eq!(drawn, (0..4).map(|_| again.below(1000)).collect::<Vec<_>>());
    }

    #[test]
    fn a_fork_ignores_what_its_parent_drew() {
        let mut parent = Rng::new(7);
        let before = parent.fork("network").next_u64();
        parent.next_u64();
        assert_eq!(parent.fork("network").next_u64(), before);
        assert_ne!(parent.fork("hosts").next_u64(), before);
    }
}
