//! A world's time zero: a formed cluster. All tables agree, replicas are in step, everyone is linked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::base::{Address, Epoch, NodeId, Offset, Rng, ShardId, SlotSet};
use crate::cluster::{NodeLine, NodesConf};
use crate::protocol::replication::{HistoryPoint, PsyncRequest};
use crate::scenario::{NodeName, Script, SetLine, ShardName};
use crate::wire::NodeFlags;

use super::client::Clients;
use super::director::Director;
use super::history::Histories;
use super::host::Host;
use super::names::{history_id, node_id, shard_id};
use super::network::{ConnId, Network};
use super::properties::Checker;
use super::record::Recorder;
use super::watch::Watch;
use super::{HostIx, Keep, Names, ShardView, Simulator};

/// The offset of data that has been there for a while. Not zero, because candidates at offset zero
/// wait longer; a shard without slots and without replicas has no data.
const FORMED_OFFSET: Offset = Offset(1000);
const PORT: u16 = 6379;

/// A node at time zero.
struct Born {
    name: NodeName,
    id: NodeId,
    shard: usize,
    address: Address,
}

impl Simulator {
    /// The world of a script at time zero.
    pub fn new(script: &Script) -> Self {
        Self::keeping(script, Keep::default())
    }

    /// The world of a script at time zero, remembering this much of what will happen.
    pub fn keeping(script: &Script, keep: Keep) -> Self {
        let seed = Rng::new(script.seed);
        let specs = script.cluster.shards();
        let mut chance = seed.fork("names");
        let mut names = Names::default();
        let shard_ids: Vec<ShardId> = (0..)
            .zip(&specs)
            .map(|(at, _)| {
                let id = shard_id(ShardName(at), &mut chance);
                names.add_shard(id, ShardName(at));
                id
            })
            .collect();
        let born: Vec<Born> = script
            .cluster
            .nodes()
            .into_iter()
            .map(|name| {
                let host = names.add_host(name);
                let id = node_id(name, &mut chance);
                names.add_node(id, host);
                Born { name, id, shard: usize::from(name.shard.0), address: address_of(host) }
            })
            .collect();
        let shards = (0..)
            .zip(&specs)
            .map(|(at, spec)| ShardView {
                name: ShardName(at),
                hosts: hosts_of(&born, usize::from(at)),
                slots: spec.slots.ranges(),
            })
            .collect();
        let slots: Vec<SlotSet> = specs.into_iter().map(|spec| spec.slots).collect();
        let (settings, rules) = (script.common_settings(), script.common_rules());
        let everyone = everyone(&born, &shard_ids, &slots);
        let hosts = born
            .iter()
            .enumerate()
            .map(|(at, me)| {
                let mut conf = everyone.clone();
                conf.nodes[at].flags.insert(NodeFlags::MYSELF);
                Host::new(me.name, conf, settings.clone(), rules, &seed)
            })
            .collect();
        let mut world = Self {
            script: Arc::new(script.clone()),
            network: Network::new(born.len(), &seed),
            seed,
            now: crate::base::Instant::ZERO,
            agenda: super::agenda::Agenda::default(),
            hosts,
            names,
            shards,
            shard_ids,
            histories: Histories::default(),
            clients: Clients::default(),
            recorder: Recorder::keeping(keep),
            watch: Watch::default(),
            director: Director::default(),
            checker: Checker::default(),
        };
        world.form(&born);
        world
    }

    fn form(&mut self, born: &[Born]) {
        self.watch.forming = true;
        self.watch.last_primaries = self.shards.iter().map(|shard| shard.hosts[0]).collect();
        let settings = self.script.common_settings();
        self.obey_world(&settings);
        for host in self.host_numbers() {
            self.hosts[host.get()].start(self.now);
        }
        self.apply_own_lines();
        let mut chance = self.seed.fork("histories");
        for at in 0..self.shards.len() {
            let shard = self.shards[at].clone();
            let history = history_id(shard.name, &mut chance);
            let empty = shard.slots.is_empty() && shard.hosts.len() == 1;
            let offset = if empty { Offset::ZERO } else { FORMED_OFFSET };
            let place = self.histories.root(shard.name.0, (shard.hosts[0], 0), offset.0);
            for host in &shard.hosts {
                let found = &mut self.hosts[host.get()];
                found.data.place = (!empty).then_some(place);
                if let Some(node) = &mut found.node {
                    node.assume_formed(self.now, HistoryPoint { history, offset });
                }
            }
            let chance = self.seed.fork(&format!("client {}", shard.name));
            self.clients.add(chance, shard.hosts[0], shard.slots);
        }
        for host in self.host_numbers() {
            self.drain(host);
        }
        for link in std::mem::take(&mut self.watch.formed_links) {
            self.deliver(link.0, super::host::Input::Up(link.1));
        }
        self.attach_replicas(born);
        self.watch.forming = false;
        self.watch.dirty = true;
        self.tick_clients();
        self.begin_script();
        self.look_around();
    }

    /// Lines of `rules` and `set` that speak of some nodes: those are started anew with them.
    fn apply_own_lines(&mut self) {
        let script = self.script.clone();
        for line in script.rules.iter().filter(|line| line.value.nodes.is_some()) {
            for host in line.value.nodes.map(|nodes| self.select(nodes)).unwrap_or_default() {
                let known = line.value.apply(&mut self.hosts[host.get()].rules);
                debug_assert!(known.is_ok(), "the parser knows every switch");
            }
        }
        for line in script.settings.iter().filter(|line| line.value.nodes.is_some()) {
            for host in line.value.nodes.map(|nodes| self.select(nodes)).unwrap_or_default() {
                SetLine::apply(&line.value, &mut self.hosts[host.get()].settings);
            }
        }
        let own = |nodes: Option<crate::scenario::Selector>| nodes.is_some();
        if script.rules.iter().any(|line| own(line.value.nodes))
            || script.settings.iter().any(|line| own(line.value.nodes))
        {
            for host in self.host_numbers() {
                self.hosts[host.get()].start(self.now);
            }
        }
    }

    /// A connection of time zero: both ends know of it at once.
    pub(super) fn connect_at_once(&mut self, id: ConnId) {
        let Some(conn) = self.network.conns.get_mut(id.0) else { return };
        (conn.up, conn.acceptor.open) = (true, true);
        let (dialer, acceptor) = (conn.dialer.host, conn.acceptor.host);
        self.watch.formed_links.push((dialer, id));
        let remote = self.hosts[dialer.get()].address.ip;
        let found = &mut self.hosts[acceptor.get()];
        if let (Some(node), Some(remote)) = (&mut found.node, remote) {
            let link = node.handle_accept(self.now, remote);
            found.links.put(link.0, id);
            if let Some(conn) = self.network.conns.get_mut(id.0) {
                conn.acceptor.link = Some(link);
            }
        }
    }

    fn attach_replicas(&mut self, born: &[Born]) {
        for (at, _) in (0..).zip(born).filter(|(_, born)| born.name.index > 0) {
            let (replica, primary) = (HostIx(at), self.shards[born[usize::from(at)].shard].hosts[0]);
            let id = self.open(replica, primary, None, true);
            if let Some(conn) = self.network.conns.get_mut(id.0) {
                (conn.up, conn.acceptor.open) = (true, true);
            }
            self.hosts[replica.get()].data.following = Some((id, PsyncRequest { from: None }));
            self.hosts[primary.get()].data.replicas.push(id);
        }
    }

    pub(super) fn host_numbers(&self) -> impl Iterator<Item = HostIx> + use<> {
        (0..u16::try_from(self.hosts.len()).unwrap_or(u16::MAX)).map(HostIx)
    }
}

fn hosts_of(born: &[Born], shard: usize) -> Vec<HostIx> {
    (0..).zip(born).filter(|(_, born)| born.shard == shard).map(|(at, _)| HostIx(at)).collect()
}

fn address_of(host: HostIx) -> Address {
    let [high, low] = host.0.to_be_bytes();
    Address::new(IpAddr::V4(Ipv4Addr::new(10, 1, high, low)), PORT)
}

/// The host that was born with this address, if it has that many hosts.
pub(super) fn born_at(address: Address) -> Option<HostIx> {
    match address.ip {
        Some(IpAddr::V4(ip)) => {
            let [_, _, high, low] = ip.octets();
            Some(HostIx(u16::from_be_bytes([high, low])))
        }
        _ => None,
    }
}

/// The `nodes.conf` of a formed cluster, but for who is `myself`. Config epochs are those of a cluster
/// that was made by hand: 1, 2, 3...
fn everyone(born: &[Born], shard_ids: &[ShardId], slots: &[SlotSet]) -> NodesConf {
    let line = |node: &Born| {
        let role = if node.name.index == 0 { NodeFlags::PRIMARY } else { NodeFlags::REPLICA };
        let mut line = NodeLine::new(node.id, node.address, role);
        line.shard = Some(shard_ids[node.shard]);
        line.config_epoch = Epoch(node.shard as u64 + 1);
        line.connected = true;
        if node.name.index == 0 {
            line.slots = slots[node.shard].clone();
        } else {
            line.primary = born.iter().find(|other| other.shard == node.shard).map(|other| other.id);
        }
        line
    };
    NodesConf {
        nodes: born.iter().map(line).collect(),
        current_epoch: Epoch(shard_ids.len() as u64),
        last_vote_epoch: Epoch::ZERO,
    }
}
