//! What a worker is asked and what it answers, as bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use splitvote::sim::sweep::{Seen, Share, Tally};

/// The first byte of every message. A page may be older than the worker that a server gives it.
const FORM: u8 = 1;

/// A job for one worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    /// Every script with every seed of a share.
    Sweep {
        /// The variants' scripts.
        scripts: Vec<String>,
        /// The first seed of all workers, and the first that is not among them any more.
        seeds: [u64; 2],
        /// Which worker of how many. Seeds are dealt like cards, so that all workers end together.
        share: Share,
    },
    /// A hunt, until something breaks.
    Hunt(Quarry),
}

/// What is hunted where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarry {
    /// The script that faults are laid over; none is a drawn cluster.
    pub base: Option<String>,
    /// Words of the `rules` statement for everyone.
    pub rules: String,
    /// What is looked for, as `splitvote hunt --property` says it; empty is whatever tells something.
    pub targets: Vec<String>,
    /// Words of the `rules` statement to compare with.
    pub against: String,
    /// The first seed, and the first that is not tried any more.
    pub seeds: [u64; 2],
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It listens, and this is its [`identity`](crate::identity).
    Ready(String),
    /// What the runs since the last word came to.
    Swept(Part),
    /// How far a hunt has come.
    Hunting {
        /// Worlds that were played.
        runs: u64,
        /// Pairs of things that followed each other and were come across.
        places: u64,
    },
    /// Something was found, and smaller scripts are tried.
    Shrinking {
        /// How many were.
        tries: u64,
    },
    /// A hunt has ended; with nothing if the seeds are used up.
    Hunted(Option<Prey>),
    /// Nothing more will come.
    Done,
    /// The job cannot be done.
    Wrong(String),
}

/// Some runs of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What was counted, for each variant.
    pub tallies: Vec<Tally>,
    /// Each seed, and what its run came to under each variant.
    pub runs: Vec<(u64, Vec<Seen>)>,
}

/// What a hunt found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prey {
    /// The word of what broke: `S3`, `late`.
    pub target: String,
    /// What was seen.
    pub what: String,
    /// The seed of the world that showed it first.
    pub seed: u64,
    /// How many statements that world had.
    pub before: u64,
    /// How many are left.
    pub after: u64,
    /// The small script.
    pub script: String,
}

/// A message as bytes.
pub fn to_bytes(message: &impl Serialize) -> Vec<u8> {
    // It fails for types without a length, which none of the messages has.
    postcard::to_extend(message, vec![FORM]).unwrap_or_default()
}

/// A message of bytes; an error if they are of another form, or no message.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match bytes.split_first() {
        Some((&FORM, rest)) => postcard::from_bytes(rest).map_err(|error| error.to_string()),
        Some((form, _)) => Err(format!("a message of form {form}, and form {FORM} was expected")),
        None => Err("an empty message".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use splitvote::sim::sweep::{COUNTED, FIGURES, FirstViolation};

    use super::*;

    fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) {
        assert_eq!(from_bytes::<T>(&to_bytes(message)).as_ref(), Ok(message));
    }

    #[test]
    fn every_message_arrives_as_it_left() {
        there_and_back(&Job::Sweep {
            scripts: vec!["run for 1s\n".to_owned(); 2],
            seeds: [3, u64::MAX],
            share: Share { index: 1, of: 4 },
        });
        there_and_back(&Job::Hunt(Quarry { base: Some("seed 7".to_owned()), ..Quarry::default() }));
        let prey = Prey {
            target: "S3".to_owned(),
            what: "no votes".to_owned(),
            seed: 1,
            before: 9,
            after: 4,
            script: "seed 1\n".to_owned(),
        };
        for told in [
            Told::Ready("0.1.0".to_owned()),
            Told::Hunting { runs: 64, places: 300 },
            Told::Shrinking { tries: 5 },
            Told::Hunted(Some(prey)),
            Told::Hunted(None),
            Told::Done,
            Told::Wrong("unknown word".to_owned()),
        ] {
            there_and_back(&told);
        }
    }

    #[test]
    fn what_is_of_another_form_is_refused() {
        let mut bytes = to_bytes(&Told::Done);
        bytes[0] = FORM + 1;
        assert!(from_bytes::<Told>(&bytes).is_err_and(|why| why.contains("form 2")));
        assert!(from_bytes::<Told>(&[]).is_err());
    }

    proptest! {
        #[test]
        fn counts_arrive_as_they_left(
            values in proptest::collection::vec((any::<u64>(), any::<Option<u64>>(), any::<bool>()), 0..40),
            first in proptest::option::of((any::<u64>(), ".{0,20}")),
        ) {
            let mut tally = Tally { runs: values.len() as u64, ..Tally::default() };
            let mut runs = Vec::new();
            for (seed, value, shows) in values {
                if let Some(value) = value {
                    tally.recovery_ms.add(value);
                }
                tally.met.push(seed);
                let seen = Seen { values: [value; FIGURES.len()], shows: [shows; COUNTED.len()] };
                runs.push((seed, vec![seen; 2]));
            }
            tally.broken.insert("S3".to_owned(), 2);
            tally.first_violation = first.map(|(seed, link)| FirstViolation { seed, link });
            let told = Told::Swept(Part { tallies: vec![tally; 2], runs });
            prop_assert_eq!(from_bytes(&to_bytes(&told)), Ok(told));
        }

        #[test]
        fn bytes_from_anywhere_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let with_form: Vec<u8> = [&[FORM], &bytes[..]].concat();
            let _ = from_bytes::<Told>(&with_form);
            let _ = from_bytes::<Job>(&with_form);
        }
    }
}
