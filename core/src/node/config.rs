//! What an operator may set, by Valkey's names (protocol.md §13). Read at each use, so a change
//! counts from then on.

use crate::base::{Address, Duration};
use crate::cluster::PeerNames;

/// One node's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address this node announces.
    pub address: Address,
    /// `cluster-announce-hostname`, `-human-nodename`, `-client-ipv4`... and `availability-zone`.
    pub names: PeerNames,
    /// Unix time, in milliseconds, at [`Instant::ZERO`](crate::base::Instant::ZERO): gossip and `nodes.conf`
    /// speak of it, no decision does.
    pub unix_birth_ms: u64,
    /// `cluster-node-timeout`: T.
    pub node_timeout: Duration,
    /// `cluster-ping-interval`; `None` is T/2.
    pub ping_interval: Option<Duration>,
    /// `cluster-message-gossip-perc`, in percent of the known nodes.
    pub gossip_percent: u64,
    /// `cluster-replica-validity-factor`; 0 lets data of any age stand.
    pub replica_validity_factor: u64,
    /// `cluster-replica-no-failover`.
    pub replica_no_failover: bool,
    /// `cluster-manual-failover-timeout`.
    pub manual_failover_timeout: Duration,
    /// `cluster-migration-barrier`.
    pub migration_barrier: u32,
    /// `cluster-allow-replica-migration`.
    pub allow_replica_migration: bool,
    /// `cluster-require-full-coverage`.
    pub require_full_coverage: bool,
    /// `cluster-blacklist-ttl`.
    pub blacklist_ttl: Duration,
    /// `repl-ping-replica-period`.
    pub repl_ping_replica_period: Duration,
    /// `repl-timeout`.
    pub repl_timeout: Duration,
    /// `repl-backlog-size`, in bytes.
    pub repl_backlog_size: u64,
    /// DEBUG CLUSTER-FAILOVER-DELAY: replaces the computed election delay.
    pub election_delay: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: Address::default(),
            names: PeerNames::default(),
            unix_birth_ms: 0,
            node_timeout: Duration::from_secs(15),
            ping_interval: None,
            gossip_percent: 10,
            replica_validity_factor: 10,
            replica_no_failover: false,
            manual_failover_timeout: Duration::from_secs(5),
            migration_barrier: 1,
            allow_replica_migration: true,
            require_full_coverage: true,
            blacklist_ttl: Duration::from_secs(60),
            repl_ping_replica_period: Duration::from_secs(10),
            repl_timeout: Duration::from_secs(60),
            repl_backlog_size: 10 << 20,
            election_delay: None,
        }
    }
}
