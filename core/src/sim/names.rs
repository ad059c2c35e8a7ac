//! Names of a simulated world: who is called `A1`, and under which ids the protocol knows it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{HistoryId, NodeId, Rng, ShardId};
use crate::scenario::{NodeName, ShardName};

/// A host's number in its world: hosts are numbered in the order of the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostIx(pub u16);

impl HostIx {
    /// The number, for tables.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// Who is who. An id stays known after its node was wiped, because others may still speak of it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    hosts: Vec<NodeName>,
    nodes: BTreeMap<NodeId, HostIx>,
    shards: BTreeMap<ShardId, ShardName>,
}

impl Names {
    /// The host's name.
    pub fn host(&self, host: HostIx) -> NodeName {
        self.hosts.get(host.get()).copied().unwrap_or_default()
    }

    /// All hosts, in the order of the script.
    pub fn hosts(&self) -> impl Iterator<Item = (HostIx, NodeName)> + '_ {
        (0..).map(HostIx).zip(self.hosts.iter().copied())
    }

    /// The host that has or had this id.
    pub fn host_of(&self, id: NodeId) -> Option<HostIx> {
        self.nodes.get(&id).copied()
    }

    /// The host with this name.
    pub fn named(&self, name: NodeName) -> Option<HostIx> {
        let at = self.hosts.iter().position(|host| *host == name)?;
        u16::try_from(at).ok().map(HostIx)
    }

    /// The shard with this id, if it is one of the script's.
    pub fn shard(&self, id: ShardId) -> Option<ShardName> {
        self.shards.get(&id).copied()
    }

    /// A node's id as people say it: its name, or the first eight characters of an id nobody knows.
    pub fn tell(&self, id: NodeId) -> String {
        self.host_of(id).map_or_else(|| format!("{id:?}"), |host| self.host(host).to_string())
    }

    pub(crate) fn add_host(&mut self, name: NodeName) -> HostIx {
        self.hosts.push(name);
        HostIx(u16::try_from(self.hosts.len() - 1).unwrap_or(u16::MAX))
    }

    pub(crate) fn add_node(&mut self, id: NodeId, host: HostIx) {
        self.nodes.insert(id, host);
    }

    pub(crate) fn add_shard(&mut self, id: ShardId, name: ShardName) {
        self.shards.insert(id, name);
    }
}

/// A random id that begins with a name, so that ids sort as names do: a tie that is broken by id is
/// broken as a class would guess.
fn lettered(name: impl fmt::Display, rng: &mut Rng) -> [u8; 40] {
    let mut bytes = *NodeId::random(rng).as_bytes();
    for (byte, letter) in bytes.iter_mut().zip(name.to_string().to_ascii_lowercase().into_bytes()) {
        *byte = letter;
    }
    bytes
}

pub(crate) fn node_id(name: NodeName, rng: &mut Rng) -> NodeId {
    NodeId::from_bytes(&lettered(name, rng)).unwrap_or_else(|_| NodeId::random(rng))
}

pub(crate) fn shard_id(name: ShardName, rng: &mut Rng) -> ShardId {
    ShardId::from_bytes(&lettered(name, rng)).unwrap_or_else(|_| ShardId::random(rng))
}

pub(crate) fn history_id(name: ShardName, rng: &mut Rng) -> HistoryId {
    HistoryId::from_bytes(&lettered(name, rng)).unwrap_or_else(|_| HistoryId::random(rng))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_names_do() {
        let mut rng = Rng::new(1);
        let ids: Vec<NodeId> =
            [(0, 0), (0, 1), (1, 0)].map(|(s, n)| node_id(NodeName::new(s, n), &mut rng)).to_vec();
        assert!(ids.is_sorted());
        assert!(ids[1].as_str().starts_with("a1"));
    }
}
