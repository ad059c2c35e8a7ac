//! What became of every frame, and which turn of which process everything came from: the ground for
//! space-time diagrams and for asking why.
//!
//! A *turn* is what one process does with one input, or the world with one step. Whatever happens or is
//! sent in it came from it. Kept only by runs that are asked to ([`Keep::Traffic`](super::Keep)); nothing
//! here is folded into a digest, and nothing decides anything.
//!
//! What is *not* here: what a chain of causes means (see [`why`]), and what can have influenced what
//! (see [`cone`]).

pub mod cone;
#[cfg(test)]
mod tests;
pub mod why;

use std::collections::BTreeMap;

use crate::base::Instant;

use super::{Brief, HostIx};

/// A turn's place in [`Traffic::turns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TurnIx(pub u32);

/// A message's place in [`Traffic::messages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageIx(pub u32);

impl TurnIx {
    /// The number, for tables.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl MessageIx {
    /// The number, for tables.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// What began a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// Time zero.
    #[default]
    Birth,
    /// The script, or a person.
    Script,
    /// A message was read.
    Message(MessageIx),
    /// A node's timers.
    Timer,
    /// A connection was opened, accepted or lost.
    Link,
    /// Data came, or a snapshot was loaded.
    Data,
    /// An operator's command or a new setting.
    Command,
    /// Clients.
    Client,
}

/// What one process does with one input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Instant,
    /// Whose; none is the world's.
    pub host: Option<HostIx>,
    /// What began it.
    pub trigger: Trigger,
    /// The turn in which it was begun, if it was not begun by time.
    pub parent: Option<TurnIx>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// On its way, or held up.
    Flies,
    /// It has arrived, but its receiver has not read it.
    Waits(Instant),
    /// Its receiver read it at the second moment; it had arrived at the first.
    Read(Instant, Instant),
    /// It was lost then.
    Lost(Instant),
}

/// One frame from one host to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number while it flies, as [`InFlight::id`](super::InFlight::id); none if it never did.
    pub packet: Option<u64>,
    /// Sender.
    pub from: HostIx,
    /// Receiver.
    pub to: HostIx,
    /// What it says.
    pub brief: Brief,
    /// When it left.
    pub sent: Instant,
    /// In which turn.
    pub turn: TurnIx,
    /// What became of it.
    pub fate: Fate,
}

impl Message {
    /// When its receiver read it.
    pub fn read(&self) -> Option<Instant> {
        if let Fate::Read(_, at) = self.fate { Some(at) } else { None }
    }

    /// When its way ended, if it did.
    pub fn ended(&self) -> Option<Instant> {
        match self.fate {
            Fate::Flies => None,
            Fate::Waits(at) | Fate::Read(at, _) | Fate::Lost(at) => Some(at),
        }
    }
}

/// More messages than a page can hold; what comes after is not kept.
const MOST: usize = 400_000;

/// Every message and every turn of a run.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    turns: Vec<Turn>,
    messages: Vec<Message>,
    /// The turn of each record.
    records: Vec<TurnIx>,
    flying: BTreeMap<u64, MessageIx>,
    present: Present,
    /// The turn that each host was in when it began to wait for its disk.
    held: BTreeMap<HostIx, Present>,
}

/// The turn that is being done. It gets a place only when it leaves a trace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Present {
    turn: Turn,
    place: Option<TurnIx>,
}

impl Traffic {
    /// Every turn that left a trace, in order.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Every message, in the order in which they left.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// One message.
    pub fn message(&self, at: MessageIx) -> Option<&Message> {
        self.messages.get(at.get())
    }

    /// One turn.
    pub fn turn(&self, at: TurnIx) -> Option<&Turn> {
        self.turns.get(at.get())
    }

    /// The turn in which a record was made.
    pub fn turn_of_record(&self, index: usize) -> Option<TurnIx> {
        self.records.get(index).copied()
    }

    /// The message with this number while it flies.
    pub fn of_packet(&self, packet: u64) -> Option<MessageIx> {
        // Packets are numbered as they leave, and those that never fly have no number.
        let numbered = |at: usize| self.messages[at..].iter().position(|one| one.packet.is_some());
        let (mut low, mut high) = (0, self.messages.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(next) = numbered(middle).map(|on| middle + on).filter(|next| *next < high) else {
                high = middle;
                continue;
            };
            match self.messages[next].packet.cmp(&Some(packet)) {
                std::cmp::Ordering::Equal => return u32::try_from(next).ok().map(MessageIx),
                std::cmp::Ordering::Less => low = next + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Begins a turn; what it returns ends it.
    pub(super) fn begin(&mut self, at: Instant, host: Option<HostIx>, trigger: Trigger) -> Present {
        let turn = Turn { at, host, trigger, parent: self.present.place };
        std::mem::replace(&mut self.present, Present { turn, place: None })
    }

    /// Ends a turn: the one around it goes on.
    pub(super) fn end(&mut self, around: Present) {
        self.present = around;
    }

    /// A host waits for its disk: what it does next still belongs to this turn.
    pub(super) fn hold(&mut self, host: HostIx) {
        self.place();
        self.held.insert(host, self.present);
    }

    /// A host's disk is done.
    pub(super) fn resume(&mut self, host: HostIx) {
        if let Some(held) = self.held.remove(&host) {
            self.present = held;
        }
    }

    pub(super) fn recorded(&mut self) {
        let turn = self.place();
        self.records.push(turn);
    }

    /// The message that a turn began with, by its number in flight.
    pub(super) fn reading(&self, packet: u64) -> Trigger {
        self.flying.get(&packet).map_or(Trigger::Link, |message| Trigger::Message(*message))
    }

    pub(super) fn sent(&mut self, packet: Option<u64>, from: HostIx, to: HostIx, brief: Brief, now: Instant) {
        if self.messages.len() >= MOST {
            return;
        }
        let turn = self.place();
        let number = MessageIx(u32::try_from(self.messages.len()).unwrap_or(u32::MAX));
        let fate = if packet.is_none() { Fate::Lost(now) } else { Fate::Flies };
        if let Some(packet) = packet {
            self.flying.insert(packet, number);
        }
        self.messages.push(Message { packet, from, to, brief, sent: now, turn, fate });
    }

    pub(super) fn arrived(&mut self, packet: u64, at: Instant) {
        if let Some(message) = self.flying.get(&packet) {
            self.messages[message.get()].fate = Fate::Waits(at);
        }
    }

    pub(super) fn read(&mut self, packet: u64, now: Instant) {
        if let Some(message) = self.flying.remove(&packet) {
            let fate = &mut self.messages[message.get()].fate;
            *fate = Fate::Read(if let Fate::Waits(at) = *fate { at } else { now }, now);
        }
    }

    pub(super) fn lost(&mut self, packet: u64, at: Instant) {
        if let Some(message) = self.flying.remove(&packet) {
            self.messages[message.get()].fate = Fate::Lost(at);
        }
    }

    fn place(&mut self) -> TurnIx {
        if let Some(place) = self.present.place {
            return place;
        }
        let place = TurnIx(u32::try_from(self.turns.len()).unwrap_or(u32::MAX));
        self.turns.push(self.present.turn);
        self.present.place = Some(place);
        place
    }
}
