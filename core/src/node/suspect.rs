//! Marking nodes suspected, failed and well again, with all that follows (protocol.md §4).

use crate::base::Instant;
use crate::cluster::PeerIx;
use crate::protocol::failure::{self, Count};
use crate::wire::{Body, MessageFlags, NodeFlags};

use super::{Durability, Event, Node};

impl Node {
    /// Suspects a peer that has been silent for too long.
    pub(super) fn suspect_if_silent(&mut self, now: Instant, ix: PeerIx) {
        let exempt = NodeFlags::HANDSHAKE | NodeFlags::NOADDR;
        let silent = |peer: &crate::cluster::Peer| {
            !peer.flags.intersects(exempt) && failure::overdue(peer, now, self.config.node_timeout)
        };
        if !self.view.find(ix).is_some_and(silent) {
            return;
        }
        self.view.peer_mut(ix).flags.insert(NodeFlags::PFAIL);
        self.notify(Event::PfailMarked { node: self.id_of(ix) });
        self.save(Durability::Written);
        self.todo.judge = true;
        if self.rules.check_at_pfail && self.view.me().is_voter() {
            self.count_witnesses(now, ix);
        }
    }

    /// Fails a node if a majority suspects it, and tells everyone.
    pub(super) fn count_witnesses(&mut self, now: Instant, ix: PeerIx) {
        let timeout = self.config.node_timeout;
        let Count::Failed { reports, needed } = failure::count(&mut self.view, ix, &self.rules, now, timeout)
        else {
            return;
        };
        let node = self.id_of(ix);
        self.notify(Event::FailMarked { node, reports, needed });
        self.mark_failed(now, ix);
        self.broadcast(&Body::Fail(node), MessageFlags::empty());
    }

    /// A node has failed, as counted or as told.
    pub(super) fn mark_failed(&mut self, now: Instant, ix: PeerIx) {
        let peer = self.view.peer_mut(ix);
        peer.flags.remove(NodeFlags::PFAIL);
        peer.flags.insert(NodeFlags::FAIL);
        peer.failed_at = now;
        self.save(Durability::Written);
        self.todo.judge = true;
        if self.view.my_primary() == Some(ix) {
            self.todo.failover |= self.rules.start_on_fail;
            if !self.rules.primary_fail_cleared {
                self.view.me_mut().flags.insert(NodeFlags::MY_PRIMARY_FAIL);
            }
        }
        self.recount_votes(now);
    }

    /// A PONG came from a node that was suspected or failed (§4.1, §4.5).
    pub(super) fn sign_of_life(&mut self, now: Instant, ix: PeerIx) {
        let node = self.id_of(ix);
        let peer = self.view.peer_mut(ix);
        if peer.suspected() {
            peer.flags.remove(NodeFlags::PFAIL);
            self.notify(Event::PfailCleared { node });
        } else if peer.failed() && failure::may_clear(peer, now, self.config.node_timeout) {
            peer.flags.remove(NodeFlags::FAIL);
            self.notify(Event::FailCleared { node });
        } else {
            return;
        }
        self.save(Durability::Written);
        self.todo.judge = true;
    }
}
