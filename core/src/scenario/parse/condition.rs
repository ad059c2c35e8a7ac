//! Reading conditions.

use super::cursor::{Cursor, Read};
use super::offer::Wanted;
use super::selector::{EVERYONE_WORDS, selector};
use super::value;
use crate::scenario::ast::{Condition, PropertyId, REASONS};
use crate::scenario::error::Problem;
use crate::scenario::language::{CONDITION_FORMS, words};

/// First words of conditions, for "did you mean".
const CONDITIONS: [&str; 11] = words(&CONDITION_FORMS);

impl PropertyId {
    /// The property with this id, if there is one: `S1` to `S22`, `L1` to `L10`.
    pub fn from_word(word: &str) -> Option<Self> {
        let number = |text: &str, last: u64| {
            let number = value::whole(text).filter(|number| (1..=last).contains(number))?;
            (number.to_string() == text).then(|| u8::try_from(number).unwrap_or(0))
        };
        match word.split_at_checked(1)? {
            ("S", rest) => number(rest, 22).map(Self::Safety),
            ("L", rest) => number(rest, 10).map(Self::Liveness),
            _ => None,
        }
    }
}

impl Cursor<'_> {
    /// A condition; what follows it is left for the caller.
    pub(super) fn condition(&mut self) -> Read<Condition> {
        match self.peek() {
            Some("not") => {
                self.take();
                if self.peek() == Some("not") {
                    return Err(self.error(Problem::Repeated("not".to_owned())));
                }
                self.condition().map(|inner| Condition::Not(Box::new(inner)))
            }
            Some(word) if CONDITIONS.contains(&word) => {
                self.take();
                self.known_condition(word)
            }
            Some(word) if looks_like_nodes(word) => self.condition_of_nodes(),
            _ => {
                self.want(Wanted::Nodes);
                Err(self.unknown("condition", &[&CONDITIONS[..], &EVERYONE_WORDS[..]].concat()))
            }
        }
    }

    fn known_condition(&mut self, word: &str) -> Read<Condition> {
        match word {
            "covered" => Ok(Condition::Covered),
            "converged" => Ok(Condition::Converged),
            "primary" => {
                self.expect("of")?;
                let shard = self.shard()?;
                self.expect("is")?;
                Ok(Condition::PrimaryOf { shard, node: self.node()? })
            }
            "split" => self.expect("vote").map(|()| Condition::SplitVote),
            "epoch" => self.at_least("an epoch such as `7`").map(Condition::EpochAtLeast),
            "offset" => {
                self.expect("of")?;
                let node = self.one_node()?;
                Ok(Condition::OffsetAtLeast { node, offset: self.at_least("an offset such as `1000`")? })
            }
            "no" if self.accept("violations") => Ok(Condition::NoViolations),
            "no" if self.accept("broken") => self.expect("promises").map(|()| Condition::NoBrokenPromises),
            "no" => {
                self.expect("lost")?;
                self.expect("writes").map(|()| Condition::NoLostWrites)
            }
            "lost" => {
                self.expect("writes")?;
                self.at_most().map(Condition::LostWritesAtMost)
            }
            "violation" => {
                let property = self.peek().and_then(PropertyId::from_word);
                let expected = "a property from `S1` to `S22` or `L1` to `L10`";
                let property = property.ok_or_else(|| self.unexpected(Some(expected)))?;
                self.take();
                Ok(Condition::Violation(property))
            }
            _ => {
                self.expect("of")?;
                let shard = self.shard()?;
                Ok(Condition::RoundsAtMost { shard, rounds: self.at_most()? })
            }
        }
    }

    fn condition_of_nodes(&mut self) -> Read<Condition> {
        let node = self.selector()?;
        if self.accept("failed") {
            return Ok(Condition::Failed(node));
        }
        if self.accept("asks") {
            return Ok(Condition::Asks(node));
        }
        if self.accept("won") {
            return Ok(Condition::Won(node));
        }
        if self.accept("votes") {
            self.expect("for")?;
            return Ok(Condition::VotesFor { voter: node, candidate: self.selector()? });
        }
        self.expect("refuses")?;
        let candidate = self.selector()?;
        let reason = REASONS.iter().find(|(word, _)| self.peek() == Some(word)).map(|(_, reason)| *reason);
        if reason.is_some() {
            self.take();
        } else {
            self.also(REASONS.iter().map(|(word, _)| *word));
        }
        Ok(Condition::Refuses { voter: node, candidate, reason })
    }

    fn at_least(&mut self, what: &str) -> Read<u64> {
        self.expect(">=")?;
        self.number(what, 0, u64::MAX)
    }

    fn at_most(&mut self) -> Read<u64> {
        self.expect("<=")?;
        self.number("a whole number", 0, u64::MAX)
    }
}

/// Whether the word can only be meant as nodes, right or wrong: capitals first, or one of the words.
pub(super) fn looks_like_nodes(word: &str) -> bool {
    selector(word).is_some() || word.starts_with(|c: char| c.is_ascii_uppercase())
}
