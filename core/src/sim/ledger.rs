//! Keeps account of failovers: who went, who came, how long each part took.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::base::{Epoch, Instant};
use crate::node::Event;
use crate::protocol::election::{RoundEnd, Treatment};
use crate::scenario::ShardName;

use super::{HostIx, Names};

/// One failover that came to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failover {
    /// The shard, by the script's name.
    pub shard: ShardName,
    /// Who was its primary.
    pub from: Option<HostIx>,
    /// Who is.
    pub to: HostIx,
    /// In which epoch.
    pub epoch: Epoch,
    /// When the old primary went; none if it was well.
    pub down: Option<Instant>,
    /// When the first node marked it failed.
    pub fail: Option<Instant>,
    /// When a replica first asked for votes.
    pub asked: Option<Instant>,
    /// When the new one won, or took over.
    pub won: Instant,
    /// Requests for votes, of all its replicas.
    pub rounds: u64,
    /// Refusals its replicas were told of.
    pub nacks: u64,
}

/// What a shard's replicas have done since its last failover.
#[derive(Clone, Debug, Default)]
struct Account {
    asked: Option<Instant>,
    rounds: u64,
    nacks: u64,
    /// Requests since time zero.
    all_rounds: u64,
}

/// One epoch's votes.
#[derive(Clone, Debug, Default)]
struct EpochVotes {
    voted_for: BTreeSet<HostIx>,
    lost: BTreeSet<HostIx>,
    won: bool,
    told: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    down: BTreeMap<HostIx, Instant>,
    failed: BTreeMap<HostIx, Instant>,
    shards: BTreeMap<ShardName, Account>,
    epochs: BTreeMap<Epoch, EpochVotes>,
    won: BTreeMap<HostIx, Epoch>,
    pub(crate) failovers: Vec<Failover>,
    pub(crate) split_votes: u64,
    /// Who was counted failed while its process ran.
    pub(crate) slandered: BTreeSet<HostIx>,
}

impl Ledger {
    pub(crate) fn stopped(&mut self, host: HostIx, now: Instant) {
        self.down.insert(host, now);
    }

    pub(crate) fn started(&mut self, host: HostIx) {
        self.failed.remove(&host);
        self.down.remove(&host);
    }

    pub(crate) fn rounds_of(&self, shard: ShardName) -> u64 {
        self.shards.get(&shard).map_or(0, |account| account.all_rounds)
    }

    /// Enters a node's word. True if it shows that an epoch's vote was split.
    pub(crate) fn event(
        &mut self,
        now: Instant,
        host: HostIx,
        shard: Option<ShardName>,
        event: &Event,
        names: &Names,
    ) -> bool {
        if let Event::FailMarked { node, .. } = event
            && let Some(failed) = names.host_of(*node).filter(|failed| !self.down.contains_key(failed))
        {
            self.slandered.insert(failed);
        }
        match event {
            Event::FailMarked { node, .. } | Event::FailTold { node, .. } => {
                if let Some(failed) = names.host_of(*node) {
                    self.failed.entry(failed).or_insert(now);
                }
            }
            Event::FailCleared { node } => {
                if let Some(well) = names.host_of(*node) {
                    self.failed.remove(&well);
                    self.down.remove(&well);
                }
            }
            Event::VotesAsked { .. } => {
                let account = self.shards.entry(shard.unwrap_or_default()).or_default();
                account.asked.get_or_insert(now);
                account.rounds += 1;
                account.all_rounds += 1;
            }
            Event::NackReceived { treatment: Treatment::Counted | Treatment::NotFinal, .. } => {
                self.shards.entry(shard.unwrap_or_default()).or_default().nacks += 1;
            }
            Event::VoteGranted { candidate, epoch } => {
                if let Some(candidate) = names.host_of(*candidate) {
                    self.epochs.entry(*epoch).or_default().voted_for.insert(candidate);
                }
            }
            Event::RoundLost { epoch, end } => return self.lost(*epoch, host, *end),
            Event::ElectionWon { epoch, .. } => {
                self.epochs.entry(*epoch).or_default().won = true;
                self.won.insert(host, *epoch);
            }
            Event::Promoted { instead_of, .. } => {
                let account = self.shards.entry(shard.unwrap_or_default()).or_default();
                let from = names.host_of(*instead_of);
                self.failovers.push(Failover {
                    shard: shard.unwrap_or_default(),
                    from,
                    to: host,
                    epoch: self.won.get(&host).copied().unwrap_or_default(),
                    down: from.and_then(|from| self.down.get(&from).copied()),
                    fail: from.and_then(|from| self.failed.get(&from).copied()),
                    asked: account.asked.take(),
                    won: now,
                    rounds: std::mem::take(&mut account.rounds),
                    nacks: std::mem::take(&mut account.nacks),
                });
            }
            _ => {}
        }
        false
    }

    /// A vote is split once every candidate that had votes has given up, and there were two or more.
    fn lost(&mut self, epoch: Epoch, host: HostIx, end: RoundEnd) -> bool {
        let votes = self.epochs.entry(epoch).or_default();
        votes.lost.insert(host);
        let split = !votes.told
            && !votes.won
            && !matches!(end, RoundEnd::Moot)
            && votes.voted_for.len() > 1
            && votes.voted_for.is_subset(&votes.lost);
        if split {
            votes.told = true;
            self.split_votes += 1;
        }
        split
    }
}
