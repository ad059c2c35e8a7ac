//! The cluster that stands formed at time zero.

use crate::base::{SLOTS, SlotSet};
use crate::scenario::name::{NodeName, ShardName};

/// The cluster at time zero.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterSpec {
    /// `cluster shards=7 replicas=1`: all shards alike, the slots dealt out evenly.
    Even {
        /// How many shards.
        shards: u16,
        /// How many replicas each.
        replicas: u16,
    },
    /// `shard A slots=0-5000 replicas=2` lines, named `A`, `B`... in order.
    Listed(Vec<ShardSpec>),
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self::Even { shards: 3, replicas: 1 }
    }
}

/// One shard at time zero.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardSpec {
    /// The slots of its primary; may be empty.
    pub slots: SlotSet,
    /// How many replicas it has.
    pub replicas: u16,
}

impl ClusterSpec {
    /// Every shard in order: the first is `A`. Even clusters deal slots as `valkey-cli --cluster create` does.
    pub fn shards(&self) -> Vec<ShardSpec> {
        match self {
            Self::Listed(shards) => shards.clone(),
            &Self::Even { shards, replicas } => {
                // The end of a share is rounded to the nearest slot, not down.
                let end = |at: u16| {
                    let doubled = u64::from(at) * 2 * u64::from(SLOTS) / u64::from(shards);
                    u16::try_from(doubled.div_ceil(2)).unwrap_or(SLOTS)
                };
                (0..shards)
                    .map(|at| ShardSpec {
                        slots: SlotSet::from_ranges([(end(at), end(at + 1) - 1)]),
                        replicas,
                    })
                    .collect()
            }
        }
    }

    /// Every node's name, shard by shard.
    pub fn nodes(&self) -> Vec<NodeName> {
        let replicas: Vec<u16> = match self {
            Self::Listed(shards) => shards.iter().map(|shard| shard.replicas).collect(),
            &Self::Even { shards, replicas } => vec![replicas; usize::from(shards)],
        };
        (0..)
            .zip(replicas)
            .flat_map(|(at, last)| (0..=last).map(move |index| NodeName::new(at, index)))
            .collect()
    }

    /// Whether `shard` is one of the cluster's.
    pub fn has_shard(&self, shard: ShardName) -> bool {
        self.replicas_of(shard).is_some()
    }

    /// Whether `node` is one of the cluster's.
    pub fn has_node(&self, node: NodeName) -> bool {
        self.replicas_of(node.shard).is_some_and(|replicas| node.index <= replicas)
    }

    /// How many shards there are.
    pub fn shard_count(&self) -> u16 {
        match self {
            Self::Listed(shards) => u16::try_from(shards.len()).unwrap_or(u16::MAX),
            &Self::Even { shards, .. } => shards,
        }
    }

    /// How many replicas `shard` has at time zero, if it is one of the cluster's.
    pub fn replicas_of(&self, shard: ShardName) -> Option<u16> {
        match self {
            Self::Listed(shards) => shards.get(usize::from(shard.0)).map(|shard| shard.replicas),
            &Self::Even { shards, replicas } => (shard.0 < shards).then_some(replicas),
        }
    }
}
