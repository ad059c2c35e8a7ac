//! Who is meant: selectors of the language, resolved by the roles of the moment.

use crate::base::ordered;
use crate::node::Node;
use crate::scenario::{Selector, ShardName};

use super::{HostIx, Simulator};

impl Simulator {
    /// The hosts a selector means now, in order. `one` draws.
    pub(super) fn select(&mut self, selector: Selector) -> Vec<HostIx> {
        if selector == Selector::One {
            let alive: Vec<HostIx> =
                self.host_numbers().filter(|host| self.hosts[host.get()].node.is_some()).collect();
            let drawn = self.director.draw(&self.seed, alive.len());
            return alive.get(drawn).copied().into_iter().collect();
        }
        self.meant(selector)
    }

    /// The hosts every one of these selectors means now, each once, in order.
    pub(super) fn select_all(&mut self, selectors: &[Selector]) -> Vec<HostIx> {
        let mut hosts: Vec<HostIx> = selectors.iter().flat_map(|selector| self.select(*selector)).collect();
        ordered::sort_by(&mut hosts, Ord::cmp);
        hosts.dedup();
        hosts
    }

    /// Like `select`, for those who only ask: `one` is anyone.
    pub(super) fn meant(&self, selector: Selector) -> Vec<HostIx> {
        match selector {
            Selector::Node(name) => self.names.named(name).into_iter().collect(),
            Selector::Primary(shard) => self.primary_or_last(shard).into_iter().collect(),
            Selector::Replicas(shard) => self.replicas_of(shard),
            Selector::Best(shard) => self.best_of(shard).into_iter().collect(),
            Selector::Shard(shard) => {
                self.host_numbers().filter(|host| self.shard_of(*host) == Some(shard)).collect()
            }
            Selector::Primaries => self.with_role(true),
            Selector::AllReplicas => self.with_role(false),
            Selector::All | Selector::One => self.host_numbers().collect(),
        }
    }

    fn primary_or_last(&self, shard: ShardName) -> Option<HostIx> {
        self.primary_of(shard).or_else(|| self.watch.last_primaries.get(usize::from(shard.0)).copied())
    }

    fn with_role(&self, primary: bool) -> Vec<HostIx> {
        self.host_numbers()
            .filter(|host| self.node(*host).is_some_and(|node| node.is_primary() == primary))
            .collect()
    }

    fn replicas_of(&self, shard: ShardName) -> Vec<HostIx> {
        let mut replicas = self.with_role(false);
        replicas.retain(|host| self.shard_of(*host) == Some(shard));
        replicas
    }

    /// The replica that ranks first: most data, then smallest id.
    fn best_of(&self, shard: ShardName) -> Option<HostIx> {
        let replicas = self.replicas_of(shard);
        replicas.into_iter().min_by_key(|host| {
            let offset = self.node(*host).map(Node::offset);
            (std::cmp::Reverse(offset), self.hosts[host.get()].id)
        })
    }

    /// The shard a host belongs to now, or was born in while it has no process.
    pub(super) fn shard_of(&self, host: HostIx) -> Option<ShardName> {
        match self.node(host) {
            Some(node) => self.names.shard(node.shard()),
            None => Some(self.hosts[host.get()].name.shard),
        }
    }
}
