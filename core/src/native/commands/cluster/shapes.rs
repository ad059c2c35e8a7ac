//! What the node believes, in the shapes that tools and clients read (native-node.md §2.4).

use std::fmt::Write as _;

use crate::base::SLOTS;
use crate::cluster::nodes_conf::NodeLine;
use crate::cluster::{ClusterView, Peer, PeerIx};
use crate::protocol::health::Health;
use crate::resp::Writer;
use crate::wire::Kind;

use super::Call;
use super::wishes::node_named;

pub(super) fn my_id(call: &mut Call<'_>) {
    let id = call.server.node.id();
    call.out.bulk(id.as_str().as_bytes());
}

pub(super) fn my_shard_id(call: &mut Call<'_>) {
    let id = call.server.node.shard();
    call.out.bulk(id.as_str().as_bytes());
}

pub(super) fn nodes(call: &mut Call<'_>) {
    let text: String =
        call.server.node.conf().nodes.iter().flat_map(|line| [line.listing(), "\n".to_owned()]).collect();
    call.out.verbatim(&text);
}

pub(super) fn replicas(call: &mut Call<'_>) {
    let Some(node) = node_named(call, 2) else { return };
    if call.server.node.view().get(node).is_some_and(Peer::is_replica) {
        call.out.error("ERR The specified node is not a master");
        return;
    }
    let conf = call.server.node.conf();
    let lines: Vec<String> =
        conf.nodes.iter().filter(|line| line.primary == Some(node)).map(NodeLine::listing).collect();
    call.out.array(lines.len());
    for line in lines {
        call.out.bulk(line.as_bytes());
    }
}

pub(super) fn failure_reports(call: &mut Call<'_>) {
    let Some(node) = node_named(call, 2) else { return };
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
    line("total_cluster_links_buffer_limit_exceeded", 0);
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
fn serving(view: &ClusterView, primary: PeerIx) -> Vec<&Peer> {
    let fit = |peer: &&Peer| !peer.failed() && peer.offset.0 > 0;
    let mut replicas: Vec<&Peer> = view.replicas_of(primary).map(|(_, peer)| peer).filter(fit).collect();
    replicas.sort_by_key(|peer| peer.id);
    replicas
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
        for peer in std::iter::once(view.peer(owner)).chain(replicas) {
            let shown = if peer.id == server.node.id() { server.node.config().address } else { peer.address };
            out.array(4);
            out.bulk(shown.ip.map_or_else(String::new, |ip| ip.to_string()).as_bytes());
            out.int(i64::from(shown.port));
            out.bulk(peer.id.as_str().as_bytes());
            match peer.names.as_ref().filter(|names| !names.hostname.is_empty()) {
                Some(names) => {
                    out.map(1);
                    out.bulk(b"hostname");
                    out.bulk(names.hostname.as_bytes());
                }
                None => out.map(0),
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
            member(out, view, ix, peer, server.node.config().address);
        }
        out.bulk(b"id");
        out.bulk(shard.as_str().as_bytes());
    }
}

fn member(out: &mut Writer, view: &ClusterView, ix: PeerIx, peer: &Peer, mine: crate::base::Address) {
    let address = if ix == view.myself() { mine } else { peer.address };
    let ip = address.ip.map_or_else(String::new, |ip| ip.to_string());
    let hostname = peer.names.as_ref().map(|names| names.hostname.as_str()).filter(|name| !name.is_empty());
    out.map(7 + usize::from(hostname.is_some()));
    out.bulk(b"id");
    out.bulk(peer.id.as_str().as_bytes());
    out.bulk(b"port");
    out.int(i64::from(address.port));
    out.bulk(b"ip");
    out.bulk(ip.as_bytes());
    out.bulk(b"endpoint");
    out.bulk(ip.as_bytes());
    if let Some(hostname) = hostname {
        out.bulk(b"hostname");
        out.bulk(hostname.as_bytes());
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
    let ends: Vec<(&str, &Peer)> = view
        .iter()
        .flat_map(|(_, peer)| {
            [("to", peer.outbound), ("from", peer.inbound)]
                .into_iter()
                .filter_map(move |(way, link)| link.map(|_| (way, peer)))
        })
        .collect();
    out.array(ends.len());
    for (way, peer) in ends {
        out.map(6);
        for (name, value) in [("direction", way), ("node", peer.id.as_str())] {
            out.bulk(name.as_bytes());
            out.bulk(value.as_bytes());
        }
        out.bulk(b"create-time");
        out.int(i64::try_from(server.clock.unix_birth_ms() + peer.born.as_millis()).unwrap_or(i64::MAX));
        out.bulk(b"events");
        out.bulk(if way == "to" { b"rw" } else { b"r" });
        out.bulk(b"send-buffer-allocated");
        out.int(0);
        out.bulk(b"send-buffer-used");
        out.int(0);
    }
}
