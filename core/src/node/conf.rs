//! Between the table and `nodes.conf` (protocol.md §12).

use crate::base::{Epoch, Instant, Rng, ShardId};
use crate::cluster::{ClusterView, NodeLine, NodesConf, OpenSlot, Peer, PeerNames};
use crate::wire::NodeFlags;

use super::Node;

/// Flags that are kept; capabilities are learned anew from each peer's own headers (§2.6).
const KEPT: NodeFlags = NodeFlags::PRIMARY
    .union(NodeFlags::REPLICA)
    .union(NodeFlags::PFAIL)
    .union(NodeFlags::FAIL)
    .union(NodeFlags::NOADDR)
    .union(NodeFlags::NOFAILOVER);

/// The table a file describes.
pub(super) fn view_of(conf: &NodesConf, rng: &mut Rng, now: Instant) -> (ClusterView, Vec<OpenSlot>) {
    let row = |line: &NodeLine, rng: &mut Rng| {
        let shard = line.shard.unwrap_or_else(|| ShardId::random(rng));
        let mut peer = Peer::new(line.id, shard, line.flags & KEPT, line.address, now);
        peer.config_epoch = line.config_epoch;
        // Only whether there was one matters to a loader; a dead clock must not fail a node at once.
        peer.pong_received = now;
        peer.names = (line.names != PeerNames::default()).then(|| Box::new(line.names.clone()));
        peer
    };
    let lines: Vec<&NodeLine> =
        conf.nodes.iter().filter(|line| !line.flags.contains(NodeFlags::HANDSHAKE)).collect();
    let at = lines.iter().position(|line| line.flags.contains(NodeFlags::MYSELF));
    let at = at.expect("a nodes.conf has a line for the node itself");
    let rows = lines.iter().map(|line| row(line, rng)).collect();
    let mut view = ClusterView::of_rows(rows, at);
    for line in &conf.nodes {
        let Some(ix) = view.lookup(line.id) else { continue };
        view.assign(&line.slots, Some(ix));
    }
    for line in &conf.nodes {
        let (Some(ix), Some(primary)) = (view.lookup(line.id), line.primary.and_then(|id| view.lookup(id)))
        else {
            continue;
        };
        if ix != primary && line.flags.contains(NodeFlags::REPLICA) {
            view.set_replica(ix, Some(primary));
            // The file shows a replica's primary's epoch and shard; its own are its primary's (§12.2).
            let shard = view.peer(primary).shard;
            let peer = view.peer_mut(ix);
            peer.config_epoch = Epoch::ZERO;
            peer.shard = shard;
        }
    }
    // A file may lag behind the claims in it; a clock behind them could ask for an epoch twice.
    let claimed = conf.nodes.iter().map(|line| line.config_epoch).max().unwrap_or_default();
    view.current_epoch = conf.current_epoch.max(claimed).max(conf.last_vote_epoch);
    (view, lines[at].open.clone())
}

/// The file that describes the table.
pub(super) fn conf_of(node: &Node) -> NodesConf {
    let (view, birth) = (&node.view, node.config.unix_birth_ms);
    let nodes = view
        .iter()
        .filter(|(_, peer)| !peer.in_handshake())
        .map(|(ix, peer)| {
            let mine = ix == view.myself();
            let mut line = NodeLine::new(peer.id, peer.address, peer.flags & KEPT);
            if mine {
                line.flags.insert(NodeFlags::MYSELF);
                line.address = node.config.address;
                line.flags.set(NodeFlags::NOFAILOVER, node.config.replica_no_failover);
                line.open.clone_from(&node.open);
            }
            line.names = peer.names.as_deref().cloned().unwrap_or_default();
            if mine {
                line.names.clone_from(&node.config.names);
                // A field that an older version takes for corruption (§12.1).
                let known = node.rules.priority_in_rank;
                line.names.replica_priority = if known { node.config.names.replica_priority } else { 0 };
            }
            line.shard = Some(peer.shard);
            line.primary = peer.replica_of.map(|ix| view.peer(ix).id);
            line.ping_sent = peer.ping_sent.map_or(0, |at| birth + at.as_millis());
            line.pong_received = if mine { 0 } else { birth + peer.pong_received.as_millis() };
            line.config_epoch = view.claim_epoch(ix);
            line.connected = mine || peer.outbound.is_some();
            line.slots = peer.slots().clone();
            line
        })
        .collect();
    NodesConf { nodes, current_epoch: view.current_epoch, last_vote_epoch: node.ballot.last_vote_epoch }
}
