//! Who owns which slot, in one node's eyes.

use std::sync::Arc;

use crate::base::{SLOTS, Slot, SlotSet};

use super::PeerIx;

const NONE: u16 = u16::MAX;

/// The owner of every slot. Shared until changed, so that a clone of a whole world is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotOwners {
    owners: Arc<[u16]>,
    /// Slots whose owner has stopped claiming them: anyone may (protocol.md §5.7).
    disowned: SlotSet,
    unassigned: u16,
}

impl Default for SlotOwners {
    fn default() -> Self {
        Self { owners: vec![NONE; usize::from(SLOTS)].into(), disowned: SlotSet::EMPTY, unassigned: SLOTS }
    }
}

impl SlotOwners {
    /// The slot's owner.
    pub fn get(&self, slot: Slot) -> Option<PeerIx> {
        match self.owners[usize::from(slot.get())] {
            NONE => None,
            owner => Some(PeerIx(owner)),
        }
    }

    /// Whether its owner has stopped claiming it.
    pub fn is_disowned(&self, slot: Slot) -> bool {
        self.disowned.contains(slot)
    }

    /// The slots whose owners have stopped claiming them.
    pub fn disowned(&self) -> &SlotSet {
        &self.disowned
    }

    /// How many slots have no owner.
    pub fn unassigned(&self) -> u16 {
        self.unassigned
    }

    /// Whether any slot of a set has an owner.
    pub(super) fn any(&self, slots: &SlotSet) -> bool {
        let free = |(first, last)| count(self.of(first, last), NONE) == last - first + 1;
        self.unassigned < SLOTS && !slots.ranges().into_iter().all(free)
    }

    /// Whether every slot of a set has this owner.
    pub(super) fn all_have(&self, slots: &SlotSet, owner: PeerIx) -> bool {
        let his = |(first, last)| count(self.of(first, last), owner.0) == last - first + 1;
        slots.ranges().into_iter().all(his)
    }

    fn of(&self, first: u16, last: u16) -> &[u16] {
        &self.owners[usize::from(first)..=usize::from(last)]
    }

    /// Gives a whole set away; whoever had them must be told by the caller.
    pub(super) fn set(&mut self, slots: &SlotSet, owner: Option<PeerIx>) {
        let new = owner.map_or(NONE, |ix| ix.0);
        let owners = Arc::make_mut(&mut self.owners);
        for (first, last) in slots.ranges() {
            let places = &mut owners[usize::from(first)..=usize::from(last)];
            self.unassigned -= count(places, NONE);
            if new == NONE {
                self.unassigned += last - first + 1;
            }
            places.fill(new);
        }
        self.disowned = self.disowned.difference(slots);
    }

    pub(super) fn set_disowned(&mut self, slot: Slot, disowned: bool) {
        if disowned { self.disowned.insert(slot) } else { self.disowned.remove(slot) }
    }
}

/// How many of these slots have this owner; without a way out, so that it runs on whole vectors.
fn count(owners: &[u16], owner: u16) -> u16 {
    owners.iter().fold(0, |count, found| count + u16::from(*found == owner))
}
