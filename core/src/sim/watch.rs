//! What the world knows of itself from above: whether every slot is covered, and since when.
//!
//! Looked at again only when something happened that may have changed it, so that it costs little.

use crate::base::{Duration, Instant, SLOTS, Slot, SlotSet};
use crate::cluster::ClusterView;
use crate::node::{Event, Node};

use super::history::Place;
use super::{Brief, HostIx, Simulator};

#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Time zero is being set up: connections and disks take no time.
    pub(super) forming: bool,
    /// Connections of time zero whose dialers are still to be told.
    pub(super) formed_links: Vec<(HostIx, super::network::ConnId)>,
    /// Something changed that coverage depends on.
    pub(super) dirty: bool,
    /// A write was acknowledged since lost ones were counted.
    pub(super) count_writes: bool,
    pub(super) covered: bool,
    /// When it last became so.
    pub(super) covered_since: Option<Instant>,
    /// When it last ceased to be so.
    pub(super) uncovered_since: Option<Instant>,
    /// The last primary each shard had, while it has none.
    pub(super) last_primaries: Vec<HostIx>,
}

impl Watch {
    pub(super) fn event(&mut self, event: &Event) {
        self.dirty |= matches!(
            event,
            Event::Started
                | Event::NodeForgotten { .. }
                | Event::NodeLearned { .. }
                | Event::ConfigEpochChanged { .. }
                | Event::SlotsMoved { .. }
                | Event::SeenPrimary { .. }
                | Event::SeenReplica { .. }
                | Event::Following { .. }
                | Event::Promoted { .. }
                | Event::HealthChanged { .. }
        );
    }

    pub(super) fn delivered(&mut self, brief: &Brief) {
        // An UPDATE changes a table; the event that says so may come with the next header.
        self.dirty |= brief.kind == crate::wire::Kind::Update;
    }
}

impl Simulator {
    /// After each step: coverage, then what the script waits for.
    pub(super) fn look_around(&mut self) {
        if self.watch.dirty {
            self.watch.dirty = false;
            let covered = self.is_covered();
            if covered && !self.watch.covered {
                self.watch.covered_since = Some(self.now);
            }
            if !covered && self.watch.covered {
                self.watch.uncovered_since = Some(self.now);
            }
            self.watch.covered = covered;
            self.remember_primaries();
            self.watch.count_writes |= self.clients.any_acknowledged();
        }
        self.direct();
    }

    fn remember_primaries(&mut self) {
        for at in 0..self.shards.len() {
            if let Some(primary) = self.primary_of(self.shards[at].name) {
                self.watch.last_primaries[at] = primary;
            }
        }
    }

    fn running(&self) -> impl Iterator<Item = &Node> {
        self.hosts.iter().filter_map(super::host::Host::running)
    }

    fn is_covered(&self) -> bool {
        let Some(first) = self.running().next() else { return false };
        if first.view().owners().unassigned() > 0 {
            return false;
        }
        let owners: Vec<_> = owners(first.view()).collect();
        let each_serves = owners.iter().all(|(id, slots)| {
            let host = self.names.host_of(*id).and_then(|host| self.hosts.get(host.get()));
            host.and_then(super::host::Host::running).is_some_and(|node| {
                node.id() == *id && node.is_primary() && node.view().me().slots() == *slots
            })
        });
        each_serves
            && self.running().skip(1).all(|node| {
                let view = node.view();
                view.owners().unassigned() == 0
                    && owners
                        .iter()
                        .all(|(id, slots)| view.get(*id).is_some_and(|peer| peer.slots() == *slots))
            })
    }

    /// Whether all running nodes agree on everything: who there is, who owns what at which version,
    /// who copies whom, and that all of them are well and in step.
    pub(super) fn is_converged(&self) -> bool {
        let Some(first) = self.running().next() else { return false };
        self.running().all(|node| {
            let copying = node.is_primary() || node.replication().streaming();
            copying
                && self.running().all(|other| {
                    let (Some(peer), Some(known)) =
                        (node.view().get(other.id()), first.view().get(other.id()))
                    else {
                        return false;
                    };
                    let primary = |view: &ClusterView, of: Option<_>| of.map(|ix| view.peer(ix).id);
                    peer.well()
                        && peer.slots() == known.slots()
                        && peer.is_primary() == other.is_primary()
                        && (!other.is_primary() || peer.config_epoch == other.view().me().config_epoch)
                        && primary(node.view(), peer.replica_of) == other.primary()
                })
        }) && owners(first.view()).all(|(id, _)| self.running().any(|node| node.id() == id))
    }

    /// How long every slot has been covered, if it is now.
    pub fn covered_for(&self) -> Option<Duration> {
        let since = self.watch.covered_since.filter(|_| self.watch.covered)?;
        Some(self.now.since(since))
    }

    /// How long some slot has been without cover, if one is now.
    pub fn uncovered_for(&self) -> Option<Duration> {
        let since = self.watch.uncovered_since.filter(|_| !self.watch.covered)?;
        Some(self.now.since(since))
    }

    /// How many acknowledged writes the primary of their slot does not hold.
    pub fn lost(&mut self) -> u64 {
        self.count_lost();
        self.clients.writes.lost
    }

    /// Counts again what was lost, if anything could have changed it.
    pub(super) fn count_lost(&mut self) {
        if !std::mem::take(&mut self.watch.count_writes) {
            return;
        }
        let serving = self.serving();
        let places: Vec<Option<Place>> = self.hosts.iter().map(|host| host.data.place).collect();
        let place_of = |slot: Slot| serving[usize::from(slot.get())].map(|host| places[host.get()]);
        self.clients.count_lost(&self.histories, place_of);
    }

    /// Who serves each slot in truth: of the running primaries that think it theirs, the one with the
    /// newest claim.
    fn serving(&self) -> Vec<Option<HostIx>> {
        let mut primaries: Vec<_> = (0..)
            .zip(&self.hosts)
            .filter_map(|(at, host)| Some((HostIx(at), host.running().filter(|node| node.is_primary())?)))
            .collect();
        primaries.sort_by_key(|(_, node)| node.view().me().config_epoch);
        let mut serving = vec![None; usize::from(SLOTS)];
        for (host, node) in primaries {
            for slot in node.view().me().slots().iter() {
                serving[usize::from(slot.get())] = Some(host);
            }
        }
        serving
    }
}

fn owners(view: &ClusterView) -> impl Iterator<Item = (crate::base::NodeId, &SlotSet)> {
    view.iter().filter(|(_, peer)| peer.slot_count() > 0).map(|(_, peer)| (peer.id, peer.slots()))
}
