//! What must hold of any table at any time (protocol.md §15.3). Nothing here changes one.

use crate::base::SLOTS;
use crate::wire::NodeFlags;

use super::ClusterView;

impl ClusterView {
    /// Checks the invariants of protocol.md §15.3; the text names the first that is broken.
    pub fn check(&self) -> Result<(), String> {
        self.check_rows()?;
        let mut owned = 0;
        for (ix, peer) in self.iter() {
            owned += peer.slot_count;
            if peer.slots.len() != peer.slot_count {
                return Err(format!("{:?}: slot count differs from its bitmap", peer.id));
            }
            if !self.owners().all_have(&peer.slots, ix) {
                return Err(format!("{:?}: its bitmap differs from the owners' table", peer.id));
            }
        }
        if owned + u32::from(self.owners().unassigned()) != u32::from(SLOTS) {
            return Err("slots are counted twice".to_owned());
        }
        Ok(())
    }

    /// The part of [`check`](Self::check) that is cheap enough for every event: all but the bitmaps.
    pub fn check_rows(&self) -> Result<(), String> {
        for (ix, peer) in self.iter() {
            let wrong = if peer.flags.contains(NodeFlags::PFAIL | NodeFlags::FAIL) {
                "suspected and failed at once"
            } else if peer.is_replica() && peer.slot_count > 0 {
                "a replica owns slots"
            } else if peer.is_primary() && peer.replica_of.is_some() {
                "a primary has a primary"
            } else if peer.in_handshake() && peer.slot_count > 0 {
                "owns slots before its handshake is done"
            } else if ix == self.myself() && (!peer.well() || peer.ping_sent.is_some()) {
                "suspects itself"
            } else if self.copies(ix, ix) {
                "copies itself in a circle (S10)"
            } else {
                continue;
            };
            return Err(format!("{:?}: {wrong}", peer.id));
        }
        Ok(())
    }
}
