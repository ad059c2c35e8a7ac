//! Clients: they write, follow redirections, and remember what was acknowledged.
//!
//! One client per shard of the script, each with slots and chance of its own. Clients stand outside
//! the cluster: walls between nodes are not in their way. A client goes to the node it last found to
//! own its slots, follows a redirection, and asks a random live node when that one does not answer.

use serde::{Deserialize, Serialize};

use crate::base::{Rng, Slot};

use super::HostIx;
use super::history::{Histories, Place};

/// What clients wrote, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// Sent by clients.
    pub sent: u64,
    /// Acknowledged to clients.
    pub acknowledged: u64,
    /// Not taken by anyone.
    pub refused: u64,
    /// Acknowledged, and not held by the primary that now serves the slot. Replication is
    /// asynchronous, so this is a measure and no violation (S16).
    pub lost: u64,
    /// Taken while another live primary would have taken it, too (S17).
    pub doubly_served: u64,
}

/// One write on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    pub(super) client: u16,
    pub(super) slot: Slot,
    /// Redirections it may still follow.
    pub(super) hops: u8,
    pub(super) outcome: Outcome,
}

/// What a host makes of a write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// Nobody has answered yet.
    Open,
    /// Taken by this host; it stands here.
    Taken(HostIx, Place),
    /// Belongs to this host.
    Moved(HostIx),
    /// Not taken.
    Refused,
}

/// Redirections a write follows before its client gives up.
pub(super) const HOPS: u8 = 5;

#[derive(Clone, Debug)]
struct Client {
    rng: Rng,
    believes: HostIx,
    slots: Vec<(u16, u16)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    each: Vec<Client>,
    turn: usize,
    pub(super) rate: u32,
    pub(super) size: u64,
    pub(super) writes: Writes,
    /// Every acknowledged write: its slot, and where it stands.
    acknowledged: Vec<(Slot, Place)>,
    /// Whether the next turn is on the agenda.
    pub(super) ticking: bool,
}

impl Clients {
    pub(super) fn add(&mut self, rng: Rng, believes: HostIx, slots: Vec<(u16, u16)>) {
        self.each.push(Client { rng, believes, slots });
    }

    /// The next write of the next client that has slots, and the host it goes to.
    pub(super) fn next(&mut self) -> Option<(HostIx, Write)> {
        for _ in 0..self.each.len() {
            let at = self.turn % self.each.len();
            self.turn += 1;
            if let Some(write) = self.write_of(at) {
                return Some((self.each[at].believes, write));
            }
        }
        None
    }

    /// A write of the client with this number.
    pub(super) fn write_of(&mut self, at: usize) -> Option<Write> {
        let client = self.each.get_mut(at)?;
        let total: u64 = client.slots.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        let mut left = client.rng.below(total);
        for (first, last) in &client.slots {
            let width = u64::from(last - first) + 1;
            if left < width {
                let slot = Slot::new(first + u16::try_from(left).unwrap_or(0))?;
                let client = u16::try_from(at).unwrap_or(0);
                return Some(Write { client, slot, hops: HOPS, outcome: Outcome::Open });
            }
            left -= width;
        }
        None
    }

    pub(super) fn believe(&mut self, client: u16, host: HostIx) {
        if let Some(client) = self.each.get_mut(usize::from(client)) {
            client.believes = host;
        }
    }

    /// A number below `bound`, drawn by this client.
    pub(super) fn draw(&mut self, client: u16, bound: usize) -> usize {
        self.each
            .get_mut(usize::from(client))
            .map_or(0, |client| usize::try_from(client.rng.below(bound as u64)).unwrap_or(0))
    }

    pub(super) fn acknowledge(&mut self, slot: Slot, place: Place) {
        self.writes.acknowledged += 1;
        self.acknowledged.push((slot, place));
    }

    pub(super) fn any_acknowledged(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// Counts the acknowledged writes that the primaries of their slots do not hold. A slot without a
    /// primary has lost nothing yet.
    pub(super) fn count_lost(
        &mut self,
        histories: &Histories,
        serving: impl Fn(Slot) -> Option<Option<Place>>,
    ) {
        let lost = self.acknowledged.iter().filter(|(slot, place)| match serving(*slot) {
            None => false,
            Some(None) => true,
            Some(Some(at)) => !histories.holds(at, *place),
        });
        self.writes.lost = lost.count() as u64;
    }

    /// Writes in moved slots that the giver held now stand at the taker's place.
    pub(super) fn moved(
        &mut self,
        histories: &Histories,
        is_moved: impl Fn(Slot) -> bool,
        giver: Place,
        taker: Place,
    ) {
        for (slot, place) in &mut self.acknowledged {
            if is_moved(*slot) && histories.holds(giver, *place) {
                *place = taker;
            }
        }
    }
}
