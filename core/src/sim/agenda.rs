//! Future steps, ordered by moment; of one moment the script's own come first, then those that were
//! entered first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::base::{Instant, SlotSet};

use super::HostIx;
use super::client::Write;
use super::network::{ConnId, Side};

/// One future step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A statement of the script is due.
    Statement(usize),
    /// The next packet of a connection's direction arrives at this side.
    Arrive(ConnId, Side),
    /// A node wanted to be woken. Out of date unless the host still waits for this token.
    Timer(HostIx, u64),
    /// A host's synced write is done. Out of date if its process was started again since.
    Synced(HostIx, u32),
    /// A replica looks whether what it waits for can still come. Out of date unless it still waits there.
    Patience(HostIx, ConnId),
    /// A host has loaded a snapshot. Out of date unless it still loads from this connection.
    Loaded(HostIx, ConnId),
    /// The giver of moved slots is told, once the taker has kept its word.
    GiveUp(Box<Move>),
    /// A process takes up what waits for it.
    Resume(HostIx),
    /// The clients send their next write.
    ClientTurn,
    /// A write reaches a host.
    WriteArrives(HostIx, Write),
    /// The answer to a write reaches its client.
    WriteAnswered(Write),
}

/// Slots on their way to another owner.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) slots: SlotSet,
    pub(super) giver: HostIx,
    pub(super) taker: HostIx,
    /// The process that was told to take them.
    pub(super) incarnation: u32,
}

#[derive(Clone, Debug)]
struct Entry {
    at: Instant,
    // 0 for the script: an action at a moment comes before everything else of that moment, however
    // late it was added, so that a run replays from its text.
    class: u8,
    order: u64,
    step: Step,
}

impl Entry {
    fn key(&self) -> (Instant, u8, u64) {
        (self.at, self.class, self.order)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reversed: the heap yields its greatest entry, and the earliest is wanted.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

/// The agenda.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Entry>,
    entered: u64,
}

impl Agenda {
    pub(super) fn enter(&mut self, at: Instant, step: Step) {
        self.entered += 1;
        self.heap.push(Entry { at, class: 1, order: self.entered, step });
    }

    /// Enters a statement; those of one moment happen in the order of their numbers.
    pub(super) fn enter_statement(&mut self, at: Instant, number: usize) {
        self.heap.push(Entry { at, class: 0, order: number as u64, step: Step::Statement(number) });
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.heap.peek().map(|entry| entry.at)
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, Step)> {
        self.heap.pop().map(|entry| (entry.at, entry.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_comes_first_and_then_who_entered_first() {
        let mut agenda = Agenda::default();
        let at = Instant::from_millis(5);
        agenda.enter(at, Step::ClientTurn);
        agenda.enter(at, Step::Timer(HostIx(0), 1));
        agenda.enter_statement(at, 7);
        agenda.enter(Instant::from_millis(4), Step::Synced(HostIx(1), 0));
        let order: Vec<String> =
            std::iter::from_fn(|| agenda.pop()).map(|(_, step)| format!("{step:?}")).collect();
        assert_eq!(order, ["Synced(HostIx(1), 0)", "Statement(7)", "ClientTurn", "Timer(HostIx(0), 1)"]);
    }
}
