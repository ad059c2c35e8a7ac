//! Reading actions.

use crate::base::{Duration, SlotSet};
use crate::wire::Kind;

use super::cursor::{Cursor, Read};
use super::value;
use super::{MAX_WRITES, MAX_WRITES_TEXT};
use crate::scenario::ast::{
    Action, DiskState, FailoverMode, Hand, MessageFilter, OneMessage, Selector, Share,
};
use crate::scenario::error::Problem;
use crate::scenario::language::{ACTION_FORMS, words};

/// First words of actions.
pub const ACTIONS: [&str; 26] = words(&ACTION_FORMS);

const MANY: u64 = 1_000_000;

impl Cursor<'_> {
    /// An action; what follows it is left for the caller, who says with which words that begins.
    pub(super) fn action(&mut self, stops: &[&'static str]) -> Read<Action> {
        let Some(word) = self.peek().filter(|word| ACTIONS.contains(word)) else {
            return Err(self.unknown("action", &ACTIONS));
        };
        self.take();
        match word {
            "kill" => self.nodes(stops).map(Action::Kill),
            "powercut" => self.nodes(stops).map(Action::PowerCut),
            "pause" => self.nodes(stops).map(Action::Pause),
            "resume" => self.nodes(stops).map(Action::Resume),
            "restart" => self.restart(stops),
            "cut" => self.cut(stops),
            "heal" => Ok(Action::Heal),
            "slow" => self.slow(),
            "lose" => {
                let (from, to) = self.direction(&[])?;
                Ok(Action::Lose { from, to, share: self.share()? })
            }
            "duplicate" => self.duplicate(stops),
            "drop" => self.drop_messages(stops),
            "deliver" => Ok(Action::Handle { message: self.one_message()?, hand: Hand::Deliver }),
            "delay" => {
                let message = self.one_message()?;
                self.expect("by")?;
                Ok(Action::Handle { message, hand: Hand::Delay(self.time()?) })
            }
            "hold" => self.filter(stops).map(Action::Hold),
            "release" => self.release(stops),
            "failover" => self.failover(),
            "replicate" => {
                let node = self.one_node()?;
                Ok(Action::Replicate { node, primary: self.one_node()? })
            }
            "move" => self.move_slots(),
            "forget" => {
                let node = self.one_node()?;
                let on = if self.accept("on") { self.nodes(stops)? } else { Vec::new() };
                Ok(Action::Forget { node, on })
            }
            "reset" => {
                let node = self.one_node()?;
                Ok(Action::Reset { node, hard: self.accept("hard") })
            }
            "meet" => {
                let node = self.one_node()?;
                Ok(Action::Meet { node, with: self.one_node()? })
            }
            "write" => self.write(),
            "lag" => {
                let nodes = self.nodes(&["by"])?;
                self.expect("by")?;
                Ok(Action::Lag { nodes, by: self.time()? })
            }
            "disk" => self.disk(),
            "set" => self.set_line(stops).map(Action::Set),
            _ => self.rule_line(stops).map(Action::Rules),
        }
    }

    fn restart(&mut self, stops: &[&'static str]) -> Read<Action> {
        let nodes = self.nodes(&[&["wiped"], stops].concat())?;
        Ok(Action::Restart { nodes, wiped: self.accept("wiped") })
    }

    fn cut(&mut self, stops: &[&'static str]) -> Read<Action> {
        let first = self.nodes(&["->", "|"])?;
        if self.accept("->") {
            return Ok(Action::CutOneWay { from: first, to: self.nodes(stops)? });
        }
        let mut groups = vec![first];
        self.expect("|")?;
        loop {
            groups.push(self.nodes(&[&["|"], stops].concat())?);
            if !self.accept("|") {
                return Ok(Action::Cut(groups));
            }
        }
    }

    /// `X -> Y`, up to what follows it: a share or one of `stops`.
    fn direction(&mut self, stops: &[&'static str]) -> Read<(Vec<Selector>, Vec<Selector>)> {
        let from = self.nodes(&["->"])?;
        self.expect("->")?;
        let mut to = vec![self.selector()?];
        while self.peek().is_some_and(|word| !stops.contains(&word) && !is_amount(word)) {
            self.also(stops.iter().copied());
            to.push(self.selector()?);
        }
        Ok((from, to))
    }

    fn share(&mut self) -> Read<Share> {
        let share = self.peek().and_then(value::share).ok_or_else(|| self.unexpected(Some(value::SHARE)))?;
        self.take();
        Ok(share)
    }

    fn slow(&mut self) -> Read<Action> {
        let (from, to) = self.direction(&["by"])?;
        self.expect("by")?;
        Ok(Action::Slow { from, to, by: self.time()? })
    }

    fn duplicate(&mut self, stops: &[&'static str]) -> Read<Action> {
        if self.peek().is_none_or(|word| stops.contains(&word)) {
            let all = vec![Selector::All];
            return Ok(Action::Duplicate { from: all.clone(), to: all, share: Share::WHOLE });
        }
        if self.peek().is_some_and(is_kind) {
            return Ok(Action::Handle { message: self.one_message()?, hand: Hand::Duplicate });
        }
        let (from, to) = self.direction(&[])?;
        Ok(Action::Duplicate { from, to, share: self.share()? })
    }

    fn drop_messages(&mut self, stops: &[&'static str]) -> Read<Action> {
        let filter = self.filter(&[&["sent", "times"], stops].concat())?;
        if self.peek() == Some("sent") {
            let (Some(kind), [from], [to]) = (filter.kind, &filter.from[..], &filter.to[..]) else {
                return Err(self.error(Problem::Unnamed("drop")));
            };
            if !(from.is_single() && to.is_single()) {
                return Err(self.error(Problem::Unnamed("drop")));
            }
            return Ok(Action::Handle { message: self.sent(kind, *from, *to)?, hand: Hand::Drop });
        }
        let times = if self.accept("times") {
            let number = self.number("a number of messages such as `1`", 1, MANY)?;
            Some(u32::try_from(number).unwrap_or(u32::MAX))
        } else {
            None
        };
        Ok(Action::Drop { filter, times })
    }

    /// `MESSAGE-TYPE from X to Y sent TIME [nth N]`.
    fn one_message(&mut self) -> Read<OneMessage> {
        let word = self.word();
        let Some(kind) = self.kind()? else {
            return Err(word.map_or_else(
                || self.unexpected(None),
                |word| self.error_at(word, Problem::Unnamed("deliver")),
            ));
        };
        self.expect("from")?;
        let from = self.one_node()?;
        self.expect("to")?;
        let to = self.one_node()?;
        self.sent(kind, from, to)
    }

    /// `sent TIME [nth N]`.
    fn sent(&mut self, kind: Kind, from: Selector, to: Selector) -> Read<OneMessage> {
        self.expect("sent")?;
        let sent = self.moment()?;
        let nth = if self.accept("nth") { self.number("a number such as `2`", 1, MANY)? } else { 1 };
        Ok(OneMessage { kind, from, to, sent, nth: u32::try_from(nth).unwrap_or(u32::MAX) })
    }

    fn release(&mut self, stops: &[&'static str]) -> Read<Action> {
        if self.peek().is_none_or(|word| stops.contains(&word)) {
            return Ok(Action::Release(MessageFilter::default()));
        }
        self.filter(stops).map(Action::Release)
    }

    /// `MESSAGE-TYPE|any [from X] [to Y]`.
    fn filter(&mut self, stops: &[&'static str]) -> Read<MessageFilter> {
        let kind = self.kind()?;
        let from = if self.accept("from") { self.nodes(&[&["to"], stops].concat())? } else { Vec::new() };
        let to = if self.accept("to") { self.nodes(stops)? } else { Vec::new() };
        self.also(stops.iter().copied());
        Ok(MessageFilter { kind, from, to })
    }

    fn kind(&mut self) -> Read<Option<Kind>> {
        let word = self.peek();
        if word == Some("any") {
            self.take();
            return Ok(None);
        }
        // `unknown` is what we call types that no node of ours sends.
        let named = word.and_then(Kind::from_word).filter(|kind| *kind != Kind::Unknown);
        let Some(kind) = named else {
            let known: Vec<&'static str> =
                Kind::ALL.iter().filter(|kind| **kind != Kind::Unknown).map(|kind| kind.word()).collect();
            return Err(self.unknown("message type", &[&known[..], &["any"]].concat()));
        };
        self.take();
        Ok(Some(kind))
    }

    fn failover(&mut self) -> Read<Action> {
        let node = self.one_node()?;
        let mode = if self.accept("force") {
            FailoverMode::Force
        } else if self.accept("takeover") {
            FailoverMode::Takeover
        } else {
            FailoverMode::Graceful
        };
        Ok(Action::Failover { node, mode })
    }

    fn move_slots(&mut self) -> Read<Action> {
        self.expect("slots")?;
        let slots = if self.accept("all") { None } else { Some(self.slots()?) };
        self.expect("from")?;
        let from = self.one_node()?;
        self.expect("to")?;
        Ok(Action::MoveSlots { slots, from, to: self.one_node()? })
    }

    fn slots(&mut self) -> Read<SlotSet> {
        let slots =
            self.peek().and_then(value::slots).ok_or_else(|| self.unexpected(Some(value::SLOT_RANGES)))?;
        self.take();
        Ok(slots)
    }

    fn write(&mut self) -> Read<Action> {
        let asked = self.peek().and_then(value::whole);
        if asked.is_some_and(|count| count > MAX_WRITES) {
            let by = asked.map(|count| count.to_string());
            return Err(self.error(Problem::OverCap { what: "writes at once", cap: MAX_WRITES_TEXT, by }));
        }
        let count = self.number("a number of writes such as `100`", 1, MAX_WRITES)?;
        self.expect("to")?;
        Ok(Action::Write { count: u32::try_from(count).unwrap_or(u32::MAX), to: self.one_node()? })
    }

    fn disk(&mut self) -> Read<Action> {
        const STATES: [&str; 3] = ["ok", "slow", "full"];
        let nodes = self.nodes(&STATES)?;
        let state = match self.peek() {
            Some("ok") => DiskState::Ok,
            Some("slow") => DiskState::Slow,
            Some("full") => DiskState::Full,
            _ => return Err(self.unexpected(None)),
        };
        self.take();
        Ok(Action::Disk { nodes, state })
    }
}

/// A share or a time ends a list of nodes: no node begins with a digit.
fn is_amount(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

fn is_kind(word: &str) -> bool {
    word == "any" || Kind::from_word(word).is_some()
}

/// The shortest period of `every`: below it a script is a flood.
pub(super) const MIN_PERIOD: Duration = Duration::from_millis(1);
