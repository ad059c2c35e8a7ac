//! Published texts on the bus (protocol.md §2.8): to everyone, or to the node's own shard. They decide nothing.

use crate::cluster::PeerIx;
use crate::wire::{Body, MessageFlags, Publication};

use super::{Node, Output};

impl Node {
    /// Passes a text of this node's client on. Always with a full header: every version reads it.
    pub(super) fn publish(&mut self, shard: bool, text: Publication) {
        if !shard {
            self.broadcast(&Body::Publish(text), MessageFlags::empty());
            return;
        }
        let mine = self.view.primary_of(self.view.myself());
        let shard: Vec<PeerIx> =
            self.audience().into_iter().filter(|ix| self.view.primary_of(*ix) == mine).collect();
        for ix in shard {
            self.send_to(ix, Body::PublishShard(text.clone()), MessageFlags::empty());
        }
    }

    /// A text from another node: for this node's own clients, and nobody else.
    pub(super) fn published(&mut self, shard: bool, text: Publication) {
        self.staged.push(Output::Published { shard, text: Box::new(text) });
    }
}
