//! What the node believes, in the shapes that tools and clients read (native-node.md §2.4).

use std::fmt::Write as _;

use crate::base::SLOTS;
use crate::cluster::nodes_conf::NodeLine;
use crate::cluster::{ClusterView, Peer, PeerIx};
use crate::native::bus::LinkEnd;
use crate::protocol::health::Health;
use crate::resp::Writer;
use crate::wire::Kind;

use super::super::endpoint::Shown;
use super::Call;
use super::wishes::{UNKNOWN, node_named};

pub(super) fn my_id(call: &mut Call<'_>) {
    let id = call.server.node.id();
    call.out.bulk(id.as_str().as_bytes());
}

pub(super) fn my_shard_id(call: &mut Call<'_>) {
    let id = call.server.node.shard();
    call.out.bulk(id.as_str().as_bytes());
}

/// Lines of CLUSTER NODES, with the addresses that this client is to use.
fn listings(call: &Call<'_>, wanted: impl Fn(&NodeLine) -> bool) -> Vec<String> {
    let server = &*call.server;
    let listing = |line: &NodeLine| {
        let ix = server.node.view().lookup(line.id)?;
        let shown = Shown::of(server, ix, call.client.remote);
        Some(line.listing(&shown.ip, shown.port))
    };
    server.node.conf().nodes.iter().filter(|line| wanted(line)).filter_map(listing).collect()
}

pub(super) fn nodes(call: &mut Call<'_>) {
    let text: String =
        listings(call, |_| true).into_iter().flat_map(|line| [line, "\n".to_owned()]).collect();
    call.out.verbatim(&text);
}

pub(super) fn replicas(call: &mut Call<'_>) {
    let Some(node) = node_named(call, 2, UNKNOWN) else { return };
    if call.server.node.view().get(node).is_some_and(Peer::is_replica) {
        call.out.error("ERR The specified node is not a master");
        return;
    }
    let lines = listings(call, |line| line.primary == Some(node));
    call.out.array(lines.len());
    for line in lines {
        call.out.bulk(line.as_bytes());
    }
}

pub(super) fn failure_reports(call: &mut Call<'_>) {
    let Some(node) = node_named(call, 2, UNKNOWN) else { return };
    let reports = call.server.node.view().get(node).map_or(0, |peer| peer.reports.len());
    call.out.int(i64::try_from(reports).unwrap_or(i64::MAX));
}

pub(super) fn info(call: &mut Call<'_>) {
    let server = &*call.server;
    let view = server.node.view();
    let mut text = String::new();
    let mut line = |name: &str, value: u64| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{name}:{value}\r\n");
    };
    let count = |which: fn(&Peer) -> bool| -> u64 {
        view.iter().filter(|(_, peer)| which(peer)).map(|(_, peer)| u64::from(peer.slot_count())).sum()
    };
    let (suspected, failed) = (count(Peer::suspected), count(Peer::failed));
    let assigned = u64::from(SLOTS - view.owners().unassigned());
    line("cluster_slots_assigned", assigned);
    line("cluster_slots_ok", assigned - suspected - failed);
    line("cluster_slots_pfail", suspected);
    line("cluster_slots_fail", failed);
    line("cluster_nodes_pfail", view.iter().filter(|(_, peer)| peer.suspected()).count() as u64);
    line("cluster_nodes_fail", view.iter().filter(|(_, peer)| peer.failed()).count() as u64);
    line("cluster_known_nodes", view.len() as u64);
    line("cluster_size", u64::from(view.size));
    line("cluster_current_epoch", view.current_epoch.0);
    line("cluster_my_epoch", view.claim_epoch(view.myself()).0);
    for (way, counts) in [("sent", &server.traffic.sent), ("received", &server.traffic.received)] {
        for (kind, count) in counts.iter().filter(|(_, count)| **count > 0) {
            line(&format!("cluster_stats_messages_{}_{way}", word(*kind)), *count);
        }
        line(&format!("cluster_stats_messages_{way}"), counts.values().sum());
    }
    line("total_cluster_links_buffer_limit_exceeded", server.traffic.overflowed);
    let state = if server.node.health() == Health::Ok { "ok" } else { "fail" };
    let text = format!("cluster_state:{state}\r\n{text}");
    call.out.verbatim(&text);
}

/// A kind of message, as statistics name it.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::AuthRequest => "auth-req",
        kind => kind.word(),
    }
}

/// Replicas worth naming to clients: alive, and with data. The same order on every node.
fn serving(view: &ClusterView, primary: PeerIx) -> Vec<PeerIx> {
    let fit = |(_, peer): &(PeerIx, &Peer)| !peer.failed() && peer.offset.0 > 0;
    let mut replicas: Vec<(PeerIx, &Peer)> = view.replicas_of(primary).filter(fit).collect();
    replicas.sort_by_key(|(_, peer)| peer.id);
    replicas.into_iter().map(|(ix, _)| ix).collect()
}

/// Ranges of slots with one owner, from the lowest.
fn owned(view: &ClusterView) -> Vec<(u16, u16, PeerIx)> {
    let mut ranges: Vec<(u16, u16, PeerIx)> = view
        .iter()
        .flat_map(|(ix, peer)| peer.slots().ranges().into_iter().map(move |(first, last)| (first, last, ix)))
        .collect();
    ranges.sort_unstable_by_key(|(first, ..)| *first);
    ranges
}

pub(super) fn slots(call: &mut Call<'_>) {
    let (server, out) = (&*call.server, &mut *call.out);
    let view = server.node.view();
    let ranges = owned(view);
    out.array(ranges.len());
    for (first, last, owner) in ranges {
        let replicas = serving(view, owner);
        out.array(3 + replicas.len());
        out.int(i64::from(first));
        out.int(i64::from(last));
        for ix in std::iter::once(owner).chain(replicas) {
            let shown = Shown::of(server, ix, call.client.remote);
            out.array(4);
            match shown.endpoint() {
                Some(endpoint) => out.bulk(endpoint.as_bytes()),
                None => out.null(),
            }
            out.int(i64::from(shown.port));
            out.bulk(view.peer(ix).id.as_str().as_bytes());
            out.map(shown.others().count());
            for (name, value) in shown.others() {
                out.bulk(name.as_bytes());
                out.bulk(value.as_bytes());
            }
        }
    }
}

pub(super) fn shards(call: &mut Call<'_>) {
    let (server, out) = (&*call.server, &mut *call.out);
    let view = server.node.view();
    let mut shards = std::collections::BTreeMap::new();
    for (ix, peer) in view.iter().filter(|(_, peer)| !peer.in_handshake()) {
        shards.entry(peer.shard).or_insert_with(Vec::new).push((ix, peer));
    }
    out.array(shards.len());
    for (shard, members) in shards {
        let ranges: Vec<(u16, u16)> = members.iter().flat_map(|(_, peer)| peer.slots().ranges()).collect();
        out.map(3);
        out.bulk(b"slots");
        out.array(ranges.len() * 2);
        for (first, last) in ranges {
            out.int(i64::from(first));
            out.int(i64::from(last));
        }
        out.bulk(b"nodes");
        out.array(members.len());
        for (ix, peer) in members {
            member(out, &Shown::of(server, ix, call.client.remote), peer);
        }
        out.bulk(b"id");
        out.bulk(shard.as_str().as_bytes());
    }
}

fn member(out: &mut Writer, shown: &Shown<'_>, peer: &Peer) {
    out.map(7 + usize::from(!shown.hostname.is_empty()));
    out.bulk(b"id");
    out.bulk(peer.id.as_str().as_bytes());
    out.bulk(b"port");
    out.int(i64::from(shown.port));
    out.bulk(b"ip");
    out.bulk(shown.ip.as_bytes());
    out.bulk(b"endpoint");
    match shown.endpoint() {
        Some(endpoint) => out.bulk(endpoint.as_bytes()),
        None => out.null(),
    }
    if !shown.hostname.is_empty() {
        out.bulk(b"hostname");
        out.bulk(shown.hostname.as_bytes());
    }
    out.bulk(b"role");
    out.bulk(if peer.is_primary() { b"master" } else { b"replica" });
    out.bulk(b"replication-offset");
    out.int(i64::try_from(peer.offset.0).unwrap_or(i64::MAX));
    out.bulk(b"health");
    let loading = peer.is_replica() && peer.offset.0 == 0;
    let health: &[u8] = match (peer.failed(), loading) {
        (true, _) => b"fail",
        (false, true) => b"loading",
        (false, false) => b"online",
    };
    out.bulk(health);
}

pub(super) fn links(call: &mut Call<'_>) {
    let (server, out) = (&*call.server, &mut *call.out);
    let view = server.node.view();
    let ends: Vec<(&str, &Peer, &LinkEnd)> = view
        .iter()
        .flat_map(|(_, peer)| {
            [("to", peer.outbound), ("from", peer.inbound)]
                .into_iter()
                .filter_map(move |(way, link)| Some((way, peer, server.links.get(&link?)?)))
        })
        .collect();
    out.array(ends.len());
    for (way, peer, end) in ends {
        out.map(6);
        for (name, value) in [("direction", way), ("node", peer.id.as_str())] {
            out.bulk(name.as_bytes());
            out.bulk(value.as_bytes());
        }
        out.bulk(b"create-time");
        out.int(i64::try_from(end.born_ms).unwrap_or(i64::MAX));
        out.bulk(b"events");
        out.bulk(if way == "to" { b"rw" } else { b"r" });
        for name in ["send-buffer-allocated", "send-buffer-used"] {
            out.bulk(name.as_bytes());
            out.len(end.queued());
        }
    }
}
