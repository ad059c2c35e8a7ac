//! The scenarios that are built in.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name on the command line and in short links.
    pub name: &'static str,
    /// What it shows, in one line.
    pub blurb: &'static str,
    /// The script.
    pub text: &'static str,
}

macro_rules! library {
    ($($name:literal: $blurb:literal;)*) => {
        /// All of them, from simple to hard.
        pub const LIBRARY: &[Builtin] = &[$(Builtin {
            name: $name,
            blurb: $blurb,
            text: include_str!(concat!("library/", $name, ".scn")),
        },)*];
    };
}

library! {
    "calm": "Nothing happens: gossip, heartbeats and writes of a healthy cluster.";
    "kill-one": "One primary dies and its replica takes over.";
    "fresh-and-stale": "Of two replicas the one that lags stands back, and the fresh one wins.";
    "split-vote": "Three primaries die together and their replicas ask in one epoch.";
    "two-shards": "Two primaries die together and their shards take turns.";
    "minority": "A primary is cut off with the smaller part, steps down and comes back as a replica.";
    "one-way-cut": "A primary can be heard but hears nobody, until the cut heals.";
    "paused-primary": "A primary freezes, is replaced, wakes up and finds a newer claim.";
    "offset-zero": "An emptied shard's primary becomes a replica elsewhere; its offset must not count there (#885).";
    "offset-zero-switch": "A replica is moved to another shard by hand; its old offset must not count there (#885).";
    "no-majority": "Two of three primaries die and nobody may vote: only a takeover helps.";
    "manual": "A failover by hand, with the primary's help and without losing a write.";
    "rolling-upgrade": "A cluster goes from Valkey 9.1 to this one node by node, and primaries die on the way.";
    "migration": "A primary without a replica gets one from a shard that has two.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Run, Statement, parse};

    #[test]
    fn every_scenario_reads_runs_and_expects() {
        for builtin in LIBRARY {
            let script =
                parse(builtin.text).unwrap_or_else(|errors| panic!("{}: {}", builtin.name, errors[0]));
            assert!(script.title.is_some(), "{} needs a title", builtin.name);
            let has =
                |wanted: fn(&Statement) -> bool| script.statements.iter().any(|line| wanted(&line.value));
            assert!(has(|line| matches!(line, Statement::Run(_))), "{} needs a run line", builtin.name);
            assert!(has(|line| matches!(line, Statement::Expect { .. })), "{} expects nothing", builtin.name);
            let longest = script.runs().into_iter().map(|run| match run {
                Run::For(span) => span.as_millis(),
                Run::Until { at_most, .. } => at_most.as_millis(),
            });
            assert!(longest.sum::<u64>() <= 180_000, "{} is too long to watch", builtin.name);
            assert!(builtin.blurb.ends_with(['.', ')']) && builtin.blurb.len() <= 110, "{}", builtin.name);
        }
    }

    #[test]
    fn split_vote_is_seven_shards_asking_at_once() {
        let text = LIBRARY
            .iter()
            .find(|builtin| builtin.name == "split-vote")
            .and_then(|builtin| parse(builtin.text).ok())
            .map(|script| script.to_string());
        let text = text.unwrap_or_default();
        for line in ["cluster shards=7 replicas=1", "at 3s kill A B C"] {
            assert!(text.lines().any(|known| known == line), "{line}");
        }
        assert!(text.contains("election-delay=0s") && text.contains("fast-failover=off"));
    }
}
