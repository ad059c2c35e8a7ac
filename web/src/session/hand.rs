//! Messages by hand: what is done to one message on its way is one more statement of the script.

use splitvote::base::Instant;
use splitvote::sim::traffic::MessageIx;
use splitvote::sim::traffic::why::Item;
use splitvote::sim::{Cargo, InFlight};

use super::Session;
use super::branches::Change;
use super::run::Run;
use crate::action::Hand;
use crate::{script_edit, words};

impl Run {
    /// The chosen message, if it is on its way at the cursor.
    pub fn in_flight(&self, item: Item) -> Option<InFlight> {
        let Item::Message(at) = item else { return None };
        let packet = self.traffic().message(at)?.packet?;
        self.reel().here().in_flight().find(|one| one.id == packet)
    }

    /// The message with this number in flight.
    pub fn message_of(&self, packet: u64) -> Option<Item> {
        self.traffic().of_packet(packet).map(Item::Message)
    }

    /// The message's number in flight.
    pub fn packet_of(&self, at: MessageIx) -> Option<u64> {
        self.traffic().message(at)?.packet
    }

    /// The words of the script that name exactly this message.
    fn name_of(&self, one: &InFlight) -> Option<String> {
        let Cargo::Frame(brief) = one.cargo else { return None };
        let world = self.reel().here();
        let alike = |other: &InFlight| {
            let same = matches!(other.cargo, Cargo::Frame(its) if its.kind == brief.kind);
            same && (other.from, other.to, other.sent) == (one.from, one.to, one.sent)
        };
        let before = world.in_flight().filter(|other| alike(other) && other.id < one.id).count();
        let (from, to) = (world.names().host(one.from), world.names().host(one.to));
        let nth = if before == 0 { String::new() } else { format!(" nth {}", before + 1) };
        let sent = one.sent.since(Instant::ZERO);
        Some(format!("{} from {from} to {to} sent {sent}{nth}", brief.kind.word()))
    }
}

impl Session {
    /// Does something to one message on its way: one more line in the script, before the message arrives.
    pub fn handle(&mut self, item: Item, hand: Hand) -> Result<(), String> {
        let one = self.run().in_flight(item).ok_or_else(|| words::messages::GONE.to_owned())?;
        let name = self.run().name_of(&one).ok_or_else(|| words::messages::GONE.to_owned())?;
        let (now, due) = (self.now(), one.due.as_micros());
        // A whole millisecond keeps links short, where the message is still on its way by then.
        let whole = (now / 1000 + 1) * 1000;
        let at = if due > whole { whole } else { now + 1 };
        if due <= at {
            return Err(words::messages::TOO_LATE.to_owned());
        }
        let action = match hand {
            Hand::Deliver => format!("deliver {name}"),
            Hand::Delay => format!("delay {name} by 200ms"),
            Hand::Drop => format!("drop {name}"),
            Hand::Duplicate => format!("duplicate {name}"),
        };
        let text = script_edit::with_action(self.text(), at, &action);
        self.change(&text, at, Change::Act, action)
    }
}
