//! Force a split vote, honestly: first by looking for a seed whose chances collide, then by lining up
//! the timers, and saying which it was.

use splitvote::base::Instant;
use splitvote::base::ordered;
use splitvote::node::Event;
use splitvote::scenario::parse;
use splitvote::sim::{Record, Simulator, What};

use crate::script_edit;

/// Seeds that are tried before the timers are lined up.
const TRIES: u64 = 200;

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    text: String,
    seed: u64,
    tried: u64,
    until: u64,
}

/// What came of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not yet; so many were tried.
    Searching(u64),
    /// This text splits, and this is how it came about.
    Split(String, String),
    /// Nothing did.
    Nothing(String),
}

impl Search {
    /// Looks for a seed of `text` after `seed`, watching each run until this moment.
    pub fn new(text: String, seed: u64, until: u64) -> Self {
        Self { text, seed, tried: 0, until }
    }

    /// Tries one more.
    pub fn advance(&mut self) -> Found {
        if self.tried == TRIES {
            return self.line_up();
        }
        self.tried += 1;
        self.seed = self.seed.wrapping_add(1);
        let text = script_edit::with_seed(&self.text, self.seed);
        if splits(&text, self.until) {
            let tries = if self.tried == 1 { "one try".to_owned() } else { format!("{} tries", self.tried) };
            return Found::Split(
                text,
                format!("Seed {} splits the votes, found after {tries}. Press play.", self.seed),
            );
        }
        Found::Searching(self.tried)
    }

    /// All candidates ask at once, as DEBUG CLUSTER-FAILOVER-DELAY 0 would make them.
    fn line_up(&self) -> Found {
        let text = script_edit::with_pair(&self.text, "set", "election-delay", "0ms");
        if splits(&text, self.until) {
            let how = format!(
                "None of {TRIES} seeds splits the votes, so all candidates now ask at once: election-delay=0ms."
            );
            return Found::Split(text, how);
        }
        Found::Nothing(format!(
            "None of {TRIES} seeds splits the votes, nor does asking at once. Kill several primaries at one moment first."
        ))
    }
}

fn splits(text: &str, until: u64) -> bool {
    let Ok(script) = parse(text) else { return false };
    let mut world = Simulator::new(&script);
    world.play(Instant::from_micros(until));
    split_epoch(world.records()).is_some()
}

/// The first epoch in which two candidates got votes and neither won.
pub fn split_epoch(records: &[Record]) -> Option<u64> {
    let events = || {
        records
            .iter()
            .filter_map(|record| if let What::Event(event) = &record.what { Some(event) } else { None })
    };
    let mut granted: Vec<(u64, splitvote::base::NodeId)> = events()
        .filter_map(|event| match event {
            Event::VoteGranted { candidate, epoch } => Some((epoch.0, *candidate)),
            _ => None,
        })
        .collect();
    ordered::sort_by(&mut granted, Ord::cmp);
    granted.dedup();
    let won = |epoch: u64| {
        events().any(|event| matches!(event, Event::ElectionWon { epoch: its, .. } if its.0 == epoch))
    };
    granted
        .windows(2)
        .map(|pair| (pair[0].0, pair[1].0))
        .find(|(one, other)| one == other && !won(*one))
        .map(|pair| pair.0)
}
