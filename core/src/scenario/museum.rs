//! The museum: bugs that real releases had or have, each a scenario that shows the harm under the
//! rules its script names, and none once the one switch of its card is turned (protocol.md §14).
//!
//! A room is one file: a card in comments that begin with `#:`, then the script. What the script
//! expects is what was promised; the card says which promise the old rules break.

use super::library::Builtin;

macro_rules! rooms {
    ($($name:literal: $blurb:literal;)*) => {
        /// Every room, in the order of protocol.md §14.
        pub const ROOMS: &[Builtin] = &[$(Builtin {
            name: concat!("museum/", $name),
            blurb: $blurb,
            text: include_str!(concat!("museum/", $name, ".scn")),
        },)*];
    };
}

rooms! {
    "m01": "A shard that lost its last slot joins another with its old offset, and wins it (#885 case 1).";
    "m02": "A replica that is moved to another shard keeps its old offset, and wins there (#885 case 2).";
    "m03": "Repeating a command costs the best replica its history, and a worse one wins (#884).";
    "m05": "A dead link's history survives the move to another shard, and wins there (9.1.2 has it).";
    "m06": "The only replica waits before it asks for votes, though nobody competes with it (#2227).";
    "m08": "Late refusals of one round end the next, which could be won (#4627).";
    "m09": "One refusal that arrives twice ends a round that could be won (#4626).";
    "m10": "A candidate that cannot be voted for asks again without pause (#4700).";
    "m11": "A replica keeps saying that its primary has failed, and another believes it (#4533).";
    "m12": "Late votes of one round win the next, in which nobody has voted (every release up to 9.1.2).";
    "m13": "An empty replica is elected while the one with the data stalls (#4265).";
    "m14": "The loser of an epoch waits four timeouts although it cannot win any more (#1009).";
    "m15": "Three shards fail together and their candidates collide (#1018).";
    "m16": "Voters refuse to vote about the same primary again (#1305, #1356).";
    "m17": "A manual failover waits in silence for the last election's retry time (#1274).";
    "m18": "A replica waits for an election of another time (#782, #1711).";
    "m20": "A candidate that missed its primary's last epoch can never win (#2178).";
    "m22": "An observer that hears the loser first sends clients to a replica (#2301).";
    "m23": "Primaries without slots bear witness, and healthy ones are declared failed (#634).";
    "m24": "A primary forgets who it was, and nobody replaces it (#1191).";
    "m25": "One node knows another that does not know it (#1307).";
    "m26": "Two primaries of one shard: a late shard id leaves the old one alone for ever (#2261).";
    "m31": "A dead primary is forgotten before its replica is elected, which then never is.";
    "m32": "A manual failover never hears of an offset of zero (redis #8651).";
    "m33": "A voter that could not save its vote votes again (#1032, #3372).";
    "m34": "A role change that is told to nobody makes the next failover hang (#1295).";
}

/// How the old rules' harm shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm<'a> {
    /// This property breaks.
    Violation(&'a str),
    /// The script's expectation of these words is not met.
    Unmet(&'a str),
}

/// What stands beside a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card<'a> {
    /// Issues and pull requests, and whom it concerns.
    pub source: &'a str,
    /// How the harm shows.
    pub harm: Harm<'a>,
    /// The words of a `rules` statement that mend it, laid over the script's.
    pub fix: &'a str,
    /// What happened.
    pub story: String,
    /// Why.
    pub why: String,
    /// What to look at.
    pub look: String,
    /// In what the room differs from what it stands for; most do not.
    pub form: String,
}

impl<'a> Card<'a> {
    /// The card of a room's text: lines `#: KEY WORDS`, where a key that is said again goes on.
    /// `None` if one of the needed lines is missing or a key is unknown.
    pub fn of(text: &'a str) -> Option<Self> {
        let (mut source, mut harm, mut fix) = ("", None, "");
        let mut long: [String; 4] = Default::default();
        for line in text.lines().filter_map(|line| line.strip_prefix("#:")) {
            let (key, words) = line.trim().split_once(' ')?;
            let words = words.trim();
            match key {
                "source" => source = words,
                "fix" => fix = words,
                "harm" => {
                    let (how, what) = words.split_once(' ')?;
                    harm = match how {
                        "violation" => Some(Harm::Violation(what)),
                        "unmet" => Some(Harm::Unmet(what)),
                        _ => return None,
                    };
                }
                _ => {
                    let place = ["story", "why", "look", "form"].iter().position(|known| *known == key)?;
                    let text = &mut long[place];
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(words);
                }
            }
        }
        let [story, why, look, form] = long;
        let whole = ![source, fix, &story, &why, &look].iter().any(|text| text.is_empty());
        whole.then_some(Self { source, harm: harm?, fix, story, why, look, form })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;

    #[test]
    fn every_room_has_a_card_and_a_script_that_reads() {
        for room in ROOMS {
            let card = Card::of(room.text).unwrap_or_else(|| panic!("{}: no whole card", room.name));
            let mut script = parse(room.text).unwrap_or_else(|errors| panic!("{}: {}", room.name, errors[0]));
            assert!(script.title.is_some(), "{} needs a title", room.name);
            let fixed = script.override_rules(card.fix);
            assert!(fixed.is_ok(), "{}: the fix `{}` is not of the language", room.name, card.fix);
            assert!(room.blurb.len() <= 110, "{}", room.name);
        }
    }

    #[test]
    fn a_card_goes_on_where_a_key_is_said_again() {
        let text = "#: source #1\n#: harm unmet covered\n#: fix nack=on\n#: story One.\n#: story Two.\n\
                    #: why W.\n#: look L.\ntitle T\n";
        let card = Card::of(text).expect("it is whole");
        assert_eq!((card.story.as_str(), card.harm), ("One. Two.", Harm::Unmet("covered")));
        assert_eq!(Card::of(&text.replace("#: why W.\n", "")), None);
        assert_eq!(Card::of(&text.replace("#: why", "#: wy")), None);
    }
}
