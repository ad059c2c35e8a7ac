//! Role changes seen in others, and what they make of this node (protocol.md §5.5 to §5.9).

use crate::base::{Epoch, Instant, SlotSet};
use crate::cluster::PeerIx;
use crate::protocol::claims::{self, RoleChange};
use crate::protocol::election::RoundEnd;
use crate::wire::Header;

use super::event::FollowCause;
use super::{Durability, Event, Node, Output};

impl Node {
    /// A sender's role changed in the table: says so, and moves up if my primary now has a primary.
    pub(super) fn role_changed(&mut self, now: Instant, ix: PeerIx, header: &Header, change: RoleChange) {
        let node = self.id_of(ix);
        self.todo.judge = true;
        match change {
            RoleChange::None | RoleChange::Stale => {}
            RoleChange::Primary => {
                self.notify(Event::SeenPrimary { node });
                self.save(Durability::Synced);
            }
            RoleChange::Replica { of, moved, promoted } => {
                let primary = of.map(|ix| self.id_of(ix));
                if let Some(to) = primary.filter(|_| promoted) {
                    self.notify(Event::SeenPrimary { node: to });
                }
                if promoted && of == Some(self.view.myself()) {
                    self.told_primary(now);
                }
                if let Some(to) = primary.filter(|_| moved > 0) {
                    let epoch = header.config_epoch;
                    self.notify(Event::SlotsMoved { to, from: Some(node), count: moved, epoch });
                }
                self.notify(Event::SeenReplica { node, of: primary });
                self.save(Durability::Synced);
                self.recount_votes(now);
                if !self.rules.reduce_chain_first {
                    self.adopt_shard_of_primary(ix);
                }
                if self.rules.chain_from_headers {
                    self.reduce_chain(now);
                }
                self.adopt_shard_of_primary(ix);
            }
        }
    }

    /// Somebody else's word made me a primary in my own table. Replication hears of it only if the two are
    /// one step (#2510).
    pub(super) fn told_primary(&mut self, now: Instant) {
        if self.rules.atomic_promotion {
            self.end_replication(now);
        }
        self.stop_manual();
        self.election.forget();
        self.save(Durability::Synced);
    }

    /// A replica is of its primary's shard; if it is my primary, so am I (§5.6).
    fn adopt_shard_of_primary(&mut self, ix: PeerIx) {
        let Some(shard) = self.view.peer(ix).replica_of.map(|ix| self.view.peer(ix).shard) else { return };
        self.view.peer_mut(ix).shard = shard;
        if self.view.my_primary() == Some(ix) {
            self.view.me_mut().shard = shard;
        }
    }

    /// Copies the primary of my primary instead, if there is one (§5.5 C, #944).
    fn reduce_chain(&mut self, now: Instant) {
        if let Some(above) = claims::above_my_primary(&self.view) {
            let full_sync = self.view.peer(above).shard != self.view.me().shard;
            self.follow(now, above, FollowCause::Chain, full_sync);
        }
    }

    /// A primary claims slots (§5.7).
    pub(super) fn claim_in(&mut self, now: Instant, ix: PeerIx, epoch: Epoch, slots: &SlotSet) {
        let claimed = claims::claim(&mut self.view, ix, epoch, slots);
        if claimed.moved > 0 {
            let from = claimed.from.filter(|ix| self.view.find(*ix).is_some()).map(|ix| self.id_of(ix));
            self.notify(Event::SlotsMoved { to: self.id_of(ix), from, count: claimed.moved, epoch });
            self.save(Durability::Synced);
            self.todo.judge = true;
            self.recount_votes(now);
        }
        let same_shard = self.view.peer(ix).shard == self.view.me().shard;
        // Before there were shards: who claims nothing but what it took can only be the winner.
        let won = if self.rules.same_shard_follows { same_shard } else { claimed.lost == slots.len() };
        let moved_away = claimed.lost_all && (won || self.config.allow_replica_migration);
        let empty = self.rules.empty_shard_moves
            && claimed.lost == 0
            && claims::empty_shard_moved(&self.view, ix, epoch);
        if (moved_away || empty) && self.view.my_primary() != Some(ix) {
            self.follow(now, ix, FollowCause::LostSlots, !same_shard);
        } else if !self.rules.chain_from_headers {
            self.reduce_chain(now);
        }
    }

    /// Becomes a replica of a primary, or of another one (§5.9). Re-states `clusterSetPrimary`.
    pub(super) fn follow(&mut self, now: Instant, primary: PeerIx, cause: FollowCause, full_sync: bool) {
        // Before 8.1.1 a change of shard asked for no new history (#885).
        let full_sync = full_sync && self.rules.full_sync_across_shards;
        let me = self.view.myself();
        self.view.set_replica(me, Some(primary));
        let shard = self.view.peer(primary).shard;
        if shard != self.view.me().shard {
            // What moved between other nodes is not this shard's business.
            self.open.clear();
        }
        self.view.me_mut().shard = shard;
        self.primary_at = self.view.peer(primary).address;
        self.notify(Event::Following { primary: self.id_of(primary), cause, full_sync });
        if let Some(step) = self.replication.follow(now, full_sync, &self.rules) {
            self.notify(Event::Sync(step));
        }
        self.stop_manual();
        if self.rules.rehoming_resets {
            if let Some(epoch) = self.election.round().map(|round| round.epoch) {
                self.notify(Event::RoundLost { epoch, end: RoundEnd::Moot });
            }
            self.election.forget();
        }
        self.unfit = None;
        // Sub-replicas must ask their new primary.
        self.staged.push(Output::DropReplicas);
        self.follow_again(now);
        self.save(Durability::Synced);
        self.todo.judge = true;
        self.todo.broadcast |= self.rules.broadcast_changes;
    }
}
