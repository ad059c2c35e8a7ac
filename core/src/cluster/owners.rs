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
        let owned = |(first, last)| self.of(first, last).iter().any(|owner| *owner != NONE);
        self.unassigned < SLOTS && slots.ranges().into_iter().any(owned)
    }

    /// Whether every slot of a set has this owner.
    pub(super) fn all_have(&self, slots: &SlotSet, owner: PeerIx) -> bool {
        // No way out of the inner loop: it runs on whole vectors.
        let same =
            |(first, last)| self.of(first, last).iter().fold(true, |same, found| same & (*found == owner.0));
        slots.ranges().into_iter().all(same)
    }

    fn of(&self, first: u16, last: u16) -> &[u16] {
        &self.owners[usize::from(first)..=usize::from(last)]
    }

    /// Gives a whole set away; whoever had them must be told by the caller.
    pub(super) fn set(&mut self, slots: &SlotSet, owner: Option<PeerIx>) {
        let new = owner.map_or(NONE, |ix| ix.0);
        let owners = Arc::make_mut(&mut self.owners);
        for (first, last) in slots.ranges() {
            for place in &mut owners[usize::from(first)..=usize::from(last)] {
                self.unassigned -= u16::from(*place == NONE);
                self.unassigned += u16::from(new == NONE);
                *place = new;
            }
        }
        self.disowned = self.disowned.difference(slots);
    }

    pub(super) fn set_disowned(&mut self, slot: Slot, disowned: bool) {
        if disowned { self.disowned.insert(slot) } else { self.disowned.remove(slot) }
    }
}
