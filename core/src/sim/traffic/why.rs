//! Why something happened: one step back at a time, to a person's act, a timer, or time zero.
//!
//! A turn knows what began it, but that is not yet a reason: a timer fires because a node waited for its
//! rank, and it waited because it had heard a FAIL. So what a node says is looked up first, and only what
//! has no reason of its own goes back to what began its turn.

use crate::base::{Epoch, Instant, NodeId};
use crate::node::Event;
use crate::protocol::election::RoundEnd;
use crate::protocol::manual::ManualStep;
use crate::wire::Kind;

use super::super::{Happening, HostIx, Names, Record, What};
use super::{Message, MessageIx, Traffic, Trigger, TurnIx};

/// Something in a run that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A record, by its place.
    Record(usize),
    /// A message.
    Message(MessageIx),
    /// A turn that only time or a connection began: the end of a chain.
    Turn(TurnIx),
}

/// A run, to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a> {
    /// What happened.
    pub records: &'a [Record],
    /// What was sent.
    pub traffic: &'a Traffic,
    /// Who is who.
    pub names: &'a Names,
}

/// Steps of the longest chain that is told.
const LONGEST: usize = 64;

/// What a step back is about: a node that is doubted, an epoch that was heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Topic {
    node: Option<NodeId>,
    epoch: Option<Epoch>,
}

impl Why<'_> {
    /// The chain of causes, from the item itself back to its end.
    pub fn chain(&self, item: Item) -> Vec<Item> {
        let (mut chain, mut topic) = (vec![item], Topic::default());
        let mut here = item;
        while chain.len() < LONGEST
            && let Some(cause) = self.cause(here, &mut topic)
            && !chain.contains(&cause)
        {
            chain.push(cause);
            here = cause;
        }
        chain
    }

    /// When an item was.
    pub fn moment(&self, item: Item) -> Instant {
        match item {
            Item::Record(at) => self.records.get(at).map_or(Instant::ZERO, |record| record.at),
            Item::Message(at) => self.traffic.message(at).map_or(Instant::ZERO, |message| message.sent),
            Item::Turn(at) => self.traffic.turn(at).map_or(Instant::ZERO, |turn| turn.at),
        }
    }

    /// Whose it was.
    pub fn host(&self, item: Item) -> Option<HostIx> {
        match item {
            Item::Record(at) => self.records.get(at)?.host,
            Item::Message(at) => self.traffic.message(at).map(|message| message.from),
            Item::Turn(at) => self.traffic.turn(at)?.host,
        }
    }

    fn cause(&self, item: Item, topic: &mut Topic) -> Option<Item> {
        match item {
            Item::Record(at) => self.before_record(at, topic),
            Item::Message(at) => self.before_message(at, topic),
            Item::Turn(_) => None,
        }
    }

    fn before_record(&self, at: usize, topic: &mut Topic) -> Option<Item> {
        let record = self.records.get(at)?;
        match (&record.what, record.host) {
            (What::Happening(Happening::Acted { .. }), _) => None,
            (What::Event(event), Some(host)) => self.before_event(at, host, event, topic),
            (What::Violation(_), _) => {
                let judged = |one: &Record| one.step == record.step && matches!(one.what, What::Event(_));
                self.last(at, |one| judged(one) && one.host == record.host)
                    .or_else(|| self.last(at, judged))
                    .or_else(|| self.turn_before(at, topic))
            }
            _ => self.turn_before(at, topic),
        }
    }

    /// What a node says that has a reason of its own.
    fn before_event(&self, at: usize, host: HostIx, event: &Event, topic: &mut Topic) -> Option<Item> {
        let mine = |wanted: fn(&Event) -> bool| self.last_of(at, host, wanted);
        let told = |why: &Self, topic: &mut Topic| why.turn_before(at, topic);
        match event {
            Event::PfailMarked { node } => self.silence(at, *node).or_else(|| told(self, topic)),
            Event::FailMarked { node, .. } => {
                topic.node = Some(*node);
                let report = self.turn_before(at, topic).filter(|item| matches!(item, Item::Message(_)));
                report.or_else(|| self.doubt(at, host, *node)).or_else(|| told(self, topic))
            }
            Event::ElectionScheduled { .. } | Event::CannotStand(_) => mine(|event| {
                matches!(
                    event,
                    Event::FailMarked { .. }
                        | Event::FailTold { .. }
                        | Event::RoundLost { .. }
                        | Event::Manual(_)
                )
            })
            .or_else(|| told(self, topic)),
            Event::VotesAsked { .. } => mine(|event| {
                matches!(
                    event,
                    Event::ElectionScheduled { .. }
                        | Event::ElectionMoved { .. }
                        | Event::Manual(ManualStep::Ready)
                )
            })
            .or_else(|| told(self, topic)),
            Event::ElectionMoved { .. } => {
                let news = self.turn_before(at, topic).filter(|item| matches!(item, Item::Message(_)));
                news.or_else(|| mine(|event| matches!(event, Event::ElectionScheduled { .. })))
            }
            Event::ElectionWon { .. } => {
                mine(|event| matches!(event, Event::AckReceived { .. })).or_else(|| told(self, topic))
            }
            Event::Promoted { .. } => {
                mine(|event| matches!(event, Event::ElectionWon { .. } | Event::Manual(ManualStep::Takeover)))
                    .or_else(|| told(self, topic))
            }
            Event::RoundLost { end, .. } => {
                let reason = match end {
                    RoundEnd::Hopeless { .. } => mine(|event| matches!(event, Event::NackReceived { .. })),
                    RoundEnd::Expired => mine(|event| matches!(event, Event::VotesAsked { .. })),
                    RoundEnd::Claimed { .. } | RoundEnd::Moot => None,
                };
                reason.or_else(|| told(self, topic))
            }
            Event::EpochAdopted { epoch, .. } => {
                topic.epoch = Some(*epoch);
                told(self, topic)
            }
            Event::SlotsMoved { to, epoch, .. } => {
                (topic.node, topic.epoch) = (Some(*to), Some(*epoch));
                told(self, topic)
            }
            Event::FailTold { node, .. } | Event::SeenPrimary { node } | Event::SeenReplica { node, .. } => {
                topic.node = Some(*node);
                told(self, topic)
            }
            Event::Following { primary, .. } => {
                topic.node = Some(*primary);
                told(self, topic)
            }
            _ => told(self, topic),
        }
    }

    /// Why a node is not heard of: what was done to it last, or to the network.
    fn silence(&self, at: usize, node: NodeId) -> Option<Item> {
        let host = self.names.host_of(node)?;
        let own =
            self.last(at, |record| record.host == Some(host) && matches!(record.what, What::Happening(_)));
        let gone = |item: &Item| {
            let Item::Record(at) = item else { return false };
            matches!(
                self.records[*at].what,
                What::Happening(
                    Happening::Killed | Happening::PowerCut | Happening::Paused | Happening::DiskFailed
                )
            )
        };
        own.filter(gone).or_else(|| {
            self.last(at, |record| {
                matches!(&record.what, What::Happening(Happening::Acted { action }) if is_barrier(action))
            })
        })
    }

    /// The last time this host came to doubt that node.
    fn doubt(&self, before: usize, host: HostIx, of: NodeId) -> Option<Item> {
        self.last(before, |record| {
            record.host == Some(host)
                && matches!(&record.what, What::Event(
                    Event::PfailMarked { node } | Event::FailMarked { node, .. } | Event::FailTold { node, .. }
                ) if *node == of)
        })
    }

    fn before_message(&self, at: MessageIx, topic: &mut Topic) -> Option<Item> {
        let message = self.traffic.message(at)?;
        let until = self.records.partition_point(|record| record.at <= message.sent);
        // The records of the turn that sent it come first: of one moment there may be later ones.
        let own = self.records[..until]
            .iter()
            .rposition(|record| {
                let index = usize::try_from(record.index).unwrap_or(usize::MAX);
                self.traffic.turn_of_record(index) == Some(message.turn)
            })
            .map_or(until, |last| last + 1);
        self.said(message, own, topic).or_else(|| self.begun(message.turn, topic))
    }

    /// What the sender said that this message carries.
    fn said(&self, message: &Message, until: usize, topic: &mut Topic) -> Option<Item> {
        let receiver = |id: &NodeId| self.names.host_of(*id) == Some(message.to);
        let mine = |wanted: &dyn Fn(&Event) -> bool| {
            self.last(until, |record| {
                record.host == Some(message.from)
                    && matches!(&record.what, What::Event(event) if wanted(event))
            })
        };
        match message.brief.kind {
            Kind::AuthRequest => mine(&|event| matches!(event, Event::VotesAsked { .. })),
            Kind::AuthAck => {
                mine(&|event| matches!(event, Event::VoteGranted { candidate, .. } if receiver(candidate)))
            }
            Kind::AuthNack => {
                mine(&|event| matches!(event, Event::VoteRefused { candidate, .. } if receiver(candidate)))
            }
            Kind::Fail => {
                topic.node = message.brief.about;
                self.doubt(until, message.from, message.brief.about?)
            }
            Kind::Update => mine(&|event| matches!(event, Event::UpdateSent { to, .. } if receiver(to))),
            Kind::Ping | Kind::Pong | Kind::Meet => self.gossip(message, until, *topic),
            _ => None,
        }
    }

    /// What the sender of a ping knew of the topic.
    fn gossip(&self, message: &Message, until: usize, topic: Topic) -> Option<Item> {
        let sender = Some(message.from);
        let events = |wanted: &dyn Fn(&Event) -> bool| {
            self.last(until, |record| {
                record.host == sender && matches!(&record.what, What::Event(event) if wanted(event))
            })
        };
        let node = topic.node;
        let own = node.is_some_and(|node| self.names.host_of(node) == sender);
        let claim = if own {
            events(&|event| matches!(event, Event::Promoted { .. } | Event::Following { .. }))
        } else {
            None
        };
        let epoch = || {
            events(&|event| match event {
                Event::VotesAsked { epoch, .. }
                | Event::EpochAdopted { epoch, .. }
                | Event::ConfigEpochChanged { epoch, .. } => topic.epoch == Some(*epoch),
                _ => false,
            })
        };
        let doubt = || node.and_then(|node| self.doubt(until, message.from, node));
        claim.or_else(epoch).or_else(doubt)
    }

    /// What began the turn of a record.
    fn turn_before(&self, at: usize, topic: &mut Topic) -> Option<Item> {
        self.begun(self.traffic.turn_of_record(at)?, topic)
    }

    fn begun(&self, turn: TurnIx, _: &mut Topic) -> Option<Item> {
        let mut here = turn;
        loop {
            let found = self.traffic.turn(here)?;
            match (found.trigger, found.parent) {
                (Trigger::Message(message), _) => return Some(Item::Message(message)),
                (Trigger::Script, _) => return self.act_of(here).or(Some(Item::Turn(here))),
                (_, Some(parent)) => here = parent,
                (_, None) => return Some(Item::Turn(here)),
            }
        }
    }

    /// What the script or a person did in this turn.
    fn act_of(&self, turn: TurnIx) -> Option<Item> {
        let at = self.traffic.turn(turn)?.at;
        let from = self.records.partition_point(|record| record.at < at);
        let acted = |index: &usize| {
            self.traffic.turn_of_record(*index) == Some(turn)
                && matches!(self.records[*index].what, What::Happening(Happening::Acted { .. }))
        };
        (from..self.records.len())
            .take_while(|index| self.records[*index].at == at)
            .find(acted)
            .map(Item::Record)
    }

    fn last(&self, before: usize, wanted: impl Fn(&Record) -> bool) -> Option<Item> {
        self.records[..before.min(self.records.len())].iter().rposition(wanted).map(Item::Record)
    }

    fn last_of(&self, before: usize, host: HostIx, wanted: fn(&Event) -> bool) -> Option<Item> {
        self.last(before, |record| {
            record.host == Some(host) && matches!(&record.what, What::Event(event) if wanted(event))
        })
    }
}

/// Whether an act keeps messages from coming through, or late.
fn is_barrier(action: &str) -> bool {
    const BARRIERS: [&str; 9] = ["cut", "hold", "slow", "lose", "drop", "delay", "powercut", "pause", "set"];
    BARRIERS.contains(&action.split(' ').next().unwrap_or(""))
}
