//! What is promised, in words.

use serde::Serialize;

use crate::base::Rules;
use crate::base::rules::SWITCHES;

/// When a property must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// After every step.
    Always,
    /// In some run of many: it shows that a search gets to where it is interesting.
    Sometimes,
    /// Some time after faults have ended.
    Eventually,
}

/// One property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Its number in protocol.md §15, or its name.
    pub id: &'static str,
    /// When it must hold.
    pub kind: Kind,
    /// What it says.
    pub statement: &'static str,
    /// When it is judged at all; empty is whenever it says.
    pub conditions: &'static str,
    /// Which rules promise it: switches that must be on, or `switch=value`; after `or`, others that do
    /// as well. Empty is every rule. Under other rules it may break, and then says what they lack.
    pub claimed: &'static str,
}

const fn always(id: &'static str, statement: &'static str, conditions: &'static str) -> Property {
    Property { id, kind: Kind::Always, statement, conditions, claimed: "" }
}

const fn eventually(id: &'static str, statement: &'static str, conditions: &'static str) -> Property {
    Property { id, kind: Kind::Eventually, statement, conditions, claimed: "" }
}

impl Property {
    /// The property with this id.
    pub fn named(id: &str) -> Option<&'static Self> {
        PROPERTIES.iter().find(|property| property.id == id)
    }

    const fn by(self, claimed: &'static str) -> Self {
        Self { claimed, ..self }
    }

    /// Whether a node with these rules promises it.
    pub fn is_claimed(&self, rules: &Rules) -> bool {
        let is = |word: &str| {
            let (id, value) = word.split_once('=').unwrap_or((word, "on"));
            SWITCHES.iter().any(|switch| switch.id == id && switch.get(rules) == value)
        };
        self.claimed.split(" or ").any(|words| words.split_whitespace().all(is))
    }
}

const HEALED: &str = "faults have ended, every host runs, and a majority of primaries was left";

const DEATH: &str = "as above, all agree, and a majority of primaries is left";

/// Every property that can break.
pub const PROPERTIES: &[Property] = &[
    always("S1", "A voter votes for at most one candidate in an epoch, across crashes.", "")
        .by("persist-first"),
    always("S2", "The epochs of a voter's votes rise.", "").by("persist-first"),
    always("S3", "Who wins holds votes of exactly that epoch from a majority of the voters it knows.", "")
        .by("exact-acks stable-quorum"),
    always("S4", "An epoch has one winner.", "no slot was moved by hand and no takeover happened")
        .by("exact-acks stable-quorum persist-first"),
    always(
        "S5",
        "No two primaries announce the same slot at the same config epoch.",
        "no slot was moved by hand and no takeover happened",
    )
    .by("exact-acks stable-quorum persist-first"),
    always("S6", "Current and config epochs of a process never fall; what is on disk is never ahead.", ""),
    always(
        "S7",
        "A slot moves to another node only for a newer claim, or within a shard.",
        "no slot was moved by hand",
    ),
    always(
        "S8",
        "A primary gives up its last slot only for a claim newer than its own.",
        "no slot was moved by hand",
    ),
    always("S9", "A header of a replica gives no slot to that replica.", "").by("move-slots-from-loser"),
    always(
        "S10",
        "Nobody copies itself in a circle, no primary copies anybody; tables of slots agree with themselves (§15.3).",
        "",
    )
    .by("stale-guard-target stale-guard-sender circle-guard checked-promotion move-slots-from-loser \
         loser-hands-over atomic-promotion"),
    always("S11", "A refusal changes neither roles, votes nor claims.", ""),
    always("S12", "A round is given up early only if it could no longer be won.", "")
        .by("nack=on or nack=off"),
    always("S13", "A replica that announces an offset has that much of its shard's data.", "")
        .by("full-sync-across-shards drop-cached-history reduce-chain-first"),
    always(
        "S22",
        "A replica whose primary has answered it announces no offset of data that the primary lacks.",
        "",
    )
    .by("drop-refused-history"),
    always(
        "S14",
        "Nobody skips the delay unless each sibling has said and meant that it, too, marked the primary failed.",
        "",
    )
    .by("primary-fail-cleared or fast-failover=off"),
    always(
        "S15",
        "No vote, request or claim is sent before what it depends on is on disk.",
        "config-save-behavior is sync",
    )
    .by("persist-first"),
    always(
        "S20",
        "Epochs do not run away: a candidate asks in at most twelve of them within a node timeout.",
        "",
    )
    .by("paced-restarts or nack=off or nack=filtered"),
    always("S21", "A refusal is sent only to a candidate whose request said that it reads refusals.", "")
        .by("capabilities-from-headers"),
    always("L8", "A primary that paused for a manual failover goes on within twice its timeout.", "it runs"),
    always(
        "L3",
        "After a lost round a new one starts: within four node timeouts, or after the delay if it was refused.",
        "it may stand, its primary is still failed, its process and disk are not held up",
    ),
    always("L10", "Nobody wins whom the votes of a majority have not reached.", "").by("exact-acks"),
    eventually("L1", "A node that dies is marked failed by everyone within 2 T and 1.5 s.", DEATH)
        .by("check-at-pfail noaddr-fails"),
    eventually(
        "L7",
        "Who is met becomes known to all and knows all.",
        "a node with an empty disk, all covered",
    )
    .by("meet-until-answered meet-again"),
    eventually(
        "L9",
        "A primary that lost all replicas gets one of another shard's within 5 s after it is known.",
        "another primary has more than the barrier, and replicas may move",
    ),
    eventually("L2", "A failed primary is replaced.", HEALED)
        .by("update-on-stale broadcast-changes stand-without-slots"),
    eventually("L4", "Primaries have different config epochs.", HEALED),
    eventually("L5", "All tables agree.", HEALED),
    eventually(
        "L6",
        "A primary that came back too late claims nothing: it copies the winner or is empty.",
        "as above, and no slot was moved by hand",
    )
    .by("shard-ids same-shard-follows"),
    eventually(
        "S18",
        "A shard has one primary.",
        "as above; who was given slots by hand may keep them beside another",
    )
    .by("shard-ids same-shard-follows empty-primary-joins"),
];

/// What a search should come across, or it searches in the wrong places.
pub const SOMETIMES: &[&str] = &[
    "split vote",
    "nack counted",
    "nack noted but not final",
    "fast path",
    "round hopeless",
    "round expired",
    "round claimed",
    "full sync",
    "partial sync",
    "config epochs collide",
    "update sent",
    "stale header",
    "manual failover",
    "takeover",
    "replica moves to an orphan",
    "refused: already voted",
    "refused: old epoch",
    "refused: primary up",
    "refused: stale config",
    "data too old to stand",
    "minority",
    "fail cleared",
];

#[cfg(test)]
mod tests {
    use super::*;

    const JUDGES: &[&str] = &[
        include_str!("checker.rs"),
        include_str!("claims.rs"),
        include_str!("data.rs"),
        include_str!("elections.rs"),
        include_str!("paces.rs"),
        include_str!("refusals.rs"),
        include_str!("rounds.rs"),
        include_str!("votes.rs"),
        include_str!("../liveness.rs"),
        include_str!("../director.rs"),
    ];

    fn is_spoken_of(word: &str) -> bool {
        let word = format!("\"{word}\"");
        JUDGES.iter().any(|source| source.contains(&word))
    }

    #[test]
    fn what_is_promised_is_judged() {
        for property in PROPERTIES {
            assert!(is_spoken_of(property.id), "nobody judges {}", property.id);
        }
        assert!(SOMETIMES.iter().all(|place| is_spoken_of(place)));
        assert!(!is_spoken_of("S99"));
    }

    #[test]
    fn splitvote_promises_everything_and_a_claim_names_only_switches() {
        for property in PROPERTIES {
            assert!(property.is_claimed(&Rules::default()), "{}", property.id);
            for word in property.claimed.split(" or ").flat_map(str::split_whitespace) {
                let (id, value) = word.split_once('=').unwrap_or((word, "on"));
                let switch = SWITCHES.iter().find(|switch| switch.id == id);
                assert!(switch.is_some_and(|switch| switch.values.contains(&value)), "{word}");
            }
        }
    }

    #[test]
    fn rules_promise_what_they_can_keep() {
        for (words, id, promised) in [
            ("valkey-9.1", "S3", false),
            ("valkey-9.1", "S6", true),
            ("valkey-9.1", "S12", true),
            ("valkey-9.2", "S12", false),
            ("valkey-9.0", "S14", true),
            ("valkey-9.1", "S14", false),
        ] {
            let rules = Rules::preset(words).expect("a preset");
            assert_eq!(
                Property::named(id).map(|found| found.is_claimed(&rules)),
                Some(promised),
                "{words} {id}"
            );
        }
    }
}
