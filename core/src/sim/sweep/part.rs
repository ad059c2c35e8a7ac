//! A share of a sweep as a document of its own, and many of them as the whole again.

use crate::base::ordered;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::scenario::ast::DEFAULT_SEED;
use crate::scenario::{LinkView, Script, Statement, from_link, to_link};
use crate::sim::{Keep, Simulator};

use super::{Sweep, Tally, Variant};

/// Part `index` of `of`, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// Which one; below `of`.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

/// What one machine has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The version of the program that ran it.
    pub splitvote: String,
    /// Which part it is.
    pub part: Share,
    /// The script's title, or the name it was called by.
    pub scenario: String,
    /// The seeds of the whole sweep: the first, and the first that is not among them any more.
    pub seeds: [u64; 2],
    /// The variants.
    pub variants: Vec<VariantPart>,
}

/// One variant of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantPart {
    /// What makes it differ, in the words of `--vary`.
    pub vary: Option<String>,
    /// The script as a link.
    pub script: String,
    /// The digest of the run with the sweep's first seed, which every part runs: parts of programs that
    /// behave differently do not fit together, whatever their versions say.
    pub proof: String,
    /// What was counted.
    pub tally: Tally,
}

/// Why parts are no whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// Nothing to put together.
    #[error("there is no part")]
    Nothing,
    /// A part that contradicts itself.
    #[error("{name} is no part of a sweep: {why}")]
    Broken {
        /// Whose.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Parts of different sweeps.
    #[error("{name} and {other} are parts of different sweeps: their {what} differ")]
    Foreign {
        /// The first part.
        name: String,
        /// The one that does not fit to it.
        other: String,
        /// What differs.
        what: &'static str,
    },
    /// A part that is there twice.
    #[error("{name} and {other} are both part {}/{}", share.index, share.of)]
    Twice {
        /// The first.
        name: String,
        /// The second.
        other: String,
        /// Which part.
        share: Share,
    },
    /// Parts that are not there.
    #[error("of {of} parts these are missing: {}", list(missing, *of))]
    Missing {
        /// Which.
        missing: Vec<u64>,
        /// Of how many.
        of: u64,
    },
}

/// The first few of the parts.
fn list(missing: &[u64], of: u64) -> String {
    let first: Vec<String> = missing.iter().take(8).map(|index| format!("{index}/{of}")).collect();
    let more = if missing.len() > 8 { ", ..." } else { "" };
    format!("{}{more}", first.join(", "))
}

impl Share {
    /// The seeds of this part: parts are even to one seed, follow each other and leave none out.
    pub fn of_seeds(self, [from, to]: [u64; 2]) -> [u64; 2] {
        let length = u128::from(to.saturating_sub(from));
        let cut = |index: u64| {
            let before = length * u128::from(index) / u128::from(self.of.max(1));
            from + u64::try_from(before).unwrap_or(u64::MAX)
        };
        [cut(self.index), cut(self.index + 1)]
    }
}

impl Part {
    /// What was found, as a document. `version` is the program's.
    pub fn of(sweep: &Sweep, share: Share, version: &str) -> Self {
        let variant = |(variant, tally): &(Variant, Tally)| {
            let script = Script { seed: DEFAULT_SEED, ..variant.script.clone() };
            VariantPart {
                vary: variant.vary.clone(),
                script: to_link(&script, &LinkView::default()),
                proof: proof(&variant.script, sweep.seeds[0]),
                tally: tally.clone(),
            }
        };
        Self {
            splitvote: version.to_owned(),
            part: share,
            scenario: sweep.scenario.clone(),
            seeds: sweep.seeds,
            variants: sweep.variants.iter().map(variant).collect(),
        }
    }

    /// The sweep that these parts are the whole of, in any order; each comes with a name for errors.
    pub fn merge(parts: &[(String, Self)]) -> Result<Sweep, MergeError> {
        let (name, first) = parts.first().ok_or(MergeError::Nothing)?;
        let mut sweep = first.empty_sweep().map_err(|why| MergeError::Broken { name: name.clone(), why })?;
        for (other, part) in parts {
            if let Some(what) = first.differs(part) {
                return Err(MergeError::Foreign { name: name.clone(), other: other.clone(), what });
            }
        }
        let mut order: Vec<&(String, Self)> = parts.iter().collect();
        ordered::sort_by_key(&mut order, |(_, part)| part.part);
        if let Some([one, two]) = order.array_windows().find(|[one, two]| one.1.part == two.1.part) {
            let (name, other) = (one.0.clone(), two.0.clone());
            return Err(MergeError::Twice { name, other, share: one.1.part });
        }
        for (name, part) in parts {
            part.check(&sweep).map_err(|why| MergeError::Broken { name: name.clone(), why })?;
        }
        let of = first.part.of;
        let there = |index: &u64| order.binary_search_by_key(index, |(_, part)| part.part.index);
        if of != order.len() as u64 {
            // Somebody may have asked for more parts than can be listed.
            let missing = (0..of).filter(|index| there(index).is_err()).take(1000).collect();
            return Err(MergeError::Missing { missing, of });
        }
        for (_, part) in order {
            for ((_, sum), variant) in sweep.variants.iter_mut().zip(&part.variants) {
                sum.merge(&variant.tally);
            }
        }
        Ok(sweep)
    }

    /// The sweep without a run.
    fn empty_sweep(&self) -> Result<Sweep, String> {
        let variant = |variant: &VariantPart| {
            let (script, _) = from_link(&variant.script)
                .map_err(|errors| errors.first().map_or_else(String::new, ToString::to_string))?;
            Ok((Variant { vary: variant.vary.clone(), script }, Tally::default()))
        };
        Ok(Sweep {
            scenario: self.scenario.clone(),
            seeds: self.seeds,
            variants: self.variants.iter().map(variant).collect::<Result<_, String>>()?,
        })
    }

    /// In what two parts of one sweep do not agree, if they are not of one.
    fn differs(&self, other: &Self) -> Option<&'static str> {
        let heads = |part: &Self| -> Vec<(Option<String>, String)> {
            part.variants.iter().map(|one| (one.vary.clone(), one.script.clone())).collect()
        };
        let proofs = |part: &Self| part.variants.iter().map(|one| one.proof.clone()).collect::<Vec<_>>();
        [
            ("names", self.scenario == other.scenario),
            ("seeds", self.seeds == other.seeds),
            ("scripts or variants", heads(self) == heads(other)),
            ("numbers of parts", self.part.of == other.part.of),
            ("programs' versions", self.splitvote == other.splitvote),
            ("programs' behaviours", proofs(self) == proofs(other)),
        ]
        .into_iter()
        .find_map(|(what, same)| (!same).then_some(what))
    }

    /// What a file may say that no sweep does.
    fn check(&self, sweep: &Sweep) -> Result<(), String> {
        let Share { index, of } = self.part;
        if index >= of {
            return Err(format!("there is no part {index}/{of}; parts are counted from 0"));
        }
        if self.seeds[0] > self.seeds[1] {
            return Err(format!("there are no seeds {}..{}", self.seeds[0], self.seeds[1]));
        }
        let [from, to] = self.part.of_seeds(self.seeds);
        for ((variant, _), part) in sweep.variants.iter().zip(&self.variants) {
            let expects = variant.script.statements.iter();
            let expects = expects.filter(|line| matches!(line.value, Statement::Expect { .. })).count();
            if !part.tally.adds_up(to - from, expects) {
                return Err(format!("its counts are not those of the seeds {from}..{to}"));
            }
        }
        Ok(())
    }
}

fn proof(script: &Script, seed: u64) -> String {
    let mut world = Simulator::keeping(&Script { seed, ..script.clone() }, Keep::Nothing);
    world.run();
    world.digest().to_string()
}

#[cfg(test)]
mod tests;
