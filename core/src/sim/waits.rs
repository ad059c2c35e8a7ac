//! What a script waits for and expects, whatever stage it is played on: which words of nodes it is about,
//! and whether an expectation was met.

use crate::base::{Duration, Instant};
use crate::node::Event;
use crate::scenario::{Condition, PropertyId, Selector};

use super::{HostIx, Names};

/// Something the script waits for.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) condition: Condition,
    /// Which statement waits; none is the present `run`.
    pub(crate) statement: Option<usize>,
    /// A moment like it has been.
    pub(crate) seen: Option<Instant>,
    /// When it first held after the first fault, of one that is to hold within a time.
    since: Option<Instant>,
    /// Since when it does not hold, of a state that faults take away.
    lost: Option<Instant>,
    /// The longest time that passed until it held again.
    longest: Duration,
    pub(crate) done: bool,
    /// Whether the script expects it within a time, so that it is looked at after every step.
    pub(crate) timed: bool,
}

impl Wait {
    pub(crate) fn new(condition: &Condition, statement: Option<usize>) -> Self {
        Self {
            condition: condition.clone(),
            statement,
            seen: None,
            since: None,
            lost: None,
            longest: Duration::ZERO,
            done: false,
            timed: false,
        }
    }

    /// One that an `expect` line stands for.
    pub(crate) fn expected(condition: &Condition, within: Option<Duration>, statement: usize) -> Self {
        let timed = within.is_some() && condition.is_standing();
        Self { timed, ..Self::new(condition, Some(statement)) }
    }

    /// Notes a node's word if it is one like it.
    pub(crate) fn hear(&mut self, cast: &dyn Cast, now: Instant, host: HostIx, event: &Event, split: bool) {
        if self.seen.is_none() && !self.done && is_like(cast, &self.condition, host, event, split) {
            self.seen = Some(now);
        }
    }

    /// Notes whether it holds now. What held before the fault says nothing about what came after it.
    pub(crate) fn note(&mut self, now: Instant, start: Instant, holds: bool) {
        // Of a `not` line the opposite is looked at, too.
        let holds = holds != self.plain().1;
        if self.since.is_none_or(|since| since < start) {
            self.since = holds.then_some(now);
        }
        if !holds {
            self.lost.get_or_insert(now);
        } else if let Some(lost) = self.lost.take() {
            self.longest = self.longest.max(now.since(lost));
        }
    }

    /// The condition without its `not`, and whether it had one.
    fn plain(&self) -> (&Condition, bool) {
        match &self.condition {
            Condition::Not(inner) => (inner, true),
            plain => (plain, false),
        }
    }

    /// The property whose first violation says when this happened.
    pub(crate) fn property(&self) -> Option<PropertyId> {
        match self.plain().0 {
            Condition::Violation(property) => Some(*property),
            _ => None,
        }
    }

    /// Whether an expectation is met, counted from `start`; `holds` says whether it does so now, and `broke`
    /// when [its property](Self::property) first broke.
    pub(crate) fn verdict(
        &self,
        within: Option<Duration>,
        start: Instant,
        broke: Option<Instant>,
        holds: bool,
    ) -> bool {
        let (plain, not) = self.plain();
        let in_time = |moment: Instant| within.is_none_or(|within| moment.since(start) <= within);
        let met = match within {
            _ if !plain.is_standing() => self.seen.or(broke).is_some_and(in_time),
            None => return holds,
            Some(within) if plain.is_lost_to_faults() => holds != not && self.longest <= within,
            Some(_) => self.since.is_some_and(in_time),
        };
        met != not
    }
}

/// Who plays whom at the moment.
pub(crate) trait Cast {
    /// The hosts a selector means; `one` is anyone.
    fn meant(&self, selector: Selector) -> Vec<HostIx>;
    /// Who is who.
    fn names(&self) -> &Names;
}

/// Whether an event is what a condition speaks of.
fn is_like(cast: &dyn Cast, condition: &Condition, host: HostIx, event: &Event, split: bool) -> bool {
    let is = |selector, host: HostIx| cast.meant(selector).contains(&host);
    let names = |selector, node| cast.names().host_of(node).is_some_and(|host| is(selector, host));
    match (condition, event) {
        (Condition::Not(inner), _) => is_like(cast, inner, host, event, split),
        (Condition::SplitVote, _) => split,
        (Condition::Failed(who), Event::FailMarked { node, .. } | Event::FailTold { node, .. }) => {
            names(*who, *node)
        }
        (Condition::Asks(who), Event::VotesAsked { .. })
        | (Condition::Won(who), Event::ElectionWon { .. }) => is(*who, host),
        (Condition::VotesFor { voter, candidate }, Event::VoteGranted { candidate: granted, .. }) => {
            is(*voter, host) && names(*candidate, *granted)
        }
        (
            Condition::Refuses { voter, candidate, reason },
            Event::VoteRefused { candidate: refused, refusal, .. },
        ) => {
            is(*voter, host)
                && names(*candidate, *refused)
                && reason.is_none_or(|reason| refusal.nack() == Some(reason))
        }
        _ => false,
    }
}
