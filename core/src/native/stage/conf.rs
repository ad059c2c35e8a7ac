//! The first memory of each node: that of a cluster which has been one.

use std::net::SocketAddrV4;

use crate::base::{Address, Epoch, NodeId, Rng};
use crate::cluster::{NodeLine, NodesConf};
use crate::scenario::{NodeName, Program, Script};
use crate::sim::{Names, node_id, shard_id};
use crate::wire::NodeFlags;

use super::make::Make;

/// The `nodes.conf` of every node, and who is who in them. Ids begin with the names, so that they sort
/// as names do.
pub(super) fn first(
    script: &Script,
    addresses: &[SocketAddrV4],
    makes: &[Make],
    chance: &Rng,
) -> (Names, Vec<NodeId>, Vec<String>) {
    let mut chance = chance.fork("names");
    let mut names = Names::default();
    let (nodes, shards) = (script.cluster.nodes(), script.cluster.shards());
    let shard_ids: Vec<_> = (0..)
        .zip(&shards)
        .map(|(at, _)| {
            let name = crate::scenario::ShardName(at);
            let id = shard_id(name, &mut chance);
            names.add_shard(id, name);
            id
        })
        .collect();
    let ids: Vec<_> = nodes.iter().map(|name| node_id(*name, &mut chance)).collect();
    let mut lines = Vec::new();
    for ((name, id), place) in nodes.iter().zip(&ids).zip(addresses) {
        let host = names.add_host(*name);
        names.add_node(*id, host);
        let shard = usize::from(name.shard.0);
        let address = Address::new((*place.ip()).into(), place.port());
        let role = if name.index == 0 { NodeFlags::PRIMARY } else { NodeFlags::REPLICA };
        let mut line = NodeLine::new(*id, address, role);
        line.shard = shard_ids.get(shard).copied();
        line.config_epoch = Epoch(u64::from(name.shard.0) + 1);
        if name.index == 0 {
            line.slots = shards.get(shard).map(|shard| shard.slots.clone()).unwrap_or_default();
        } else {
            line.primary = nodes
                .iter()
                .position(|other| *other == NodeName { index: 0, ..*name })
                .and_then(|at| ids.get(at).copied());
        }
        lines.push(line);
    }
    let epoch = Epoch(shards.len() as u64);
    let confs = (0..lines.len()).map(|me| {
        let mut nodes = lines.clone();
        nodes[me].flags |= NodeFlags::MYSELF;
        let conf = NodesConf { nodes, current_epoch: epoch, last_vote_epoch: Epoch::ZERO };
        let plain = makes[me].program == Program::Redis && !makes[me].at_least(7, 2);
        if plain { conf.to_string().lines().map(without_aux).collect() } else { conf.to_string() }
    });
    let confs = confs.collect();
    (names, ids, confs)
}

/// Before 7.2 a line had no fields behind the address.
fn without_aux(line: &str) -> String {
    let words = line.split(' ').enumerate();
    let words = words.map(|(at, word)| if at == 1 { word.split(',').next().unwrap_or(word) } else { word });
    words.collect::<Vec<_>>().join(" ") + "\n"
}
