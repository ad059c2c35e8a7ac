//! What time does: links, pings, suspicions, elections, migration (protocol.md §3.4, §3.5, §4.1).
//! Re-states `clusterCron`.

use crate::base::{Duration, Instant};
use crate::cluster::PeerIx;
use crate::protocol::{gossip, membership, migration};
use crate::wire::{Kind, NodeFlags};

use super::event::FollowCause;
use super::{Event, Health, Node};

/// The once-a-second ping, in crons.
const SAMPLE_EVERY: u64 = 10;

impl Node {
    pub(super) fn cron(&mut self, now: Instant) {
        self.crons += 1;
        self.view.expire_blacklist(now);
        if self.crons.is_multiple_of(SAMPLE_EVERY)
            && let Some(ix) = gossip::sample(&self.view, &mut self.rng)
        {
            self.ping(now, ix, Kind::Ping);
        }
        // One pass for everything: in a large table, touching a row is what costs.
        for at in 0..self.view.places_end() {
            let Some(ix) = self.view.place(at).filter(|ix| *ix != self.view.myself()) else { continue };
            self.tend_link(now, ix);
            self.tend_peer(now, ix);
            self.suspect_if_silent(now, ix);
        }
        self.check_replication(now);
        self.check_manual(now);
        if self.view.me().is_replica() {
            self.todo.failover = true;
            self.todo.by_cron = true;
            if migration::watch(&mut self.view, now) {
                self.migrate(now);
            }
        }
        if self.health() != Health::Ok {
            self.todo.judge = true;
        }
    }

    /// Ends a handshake that took too long, meets one who never called back, opens a missing link.
    fn tend_link(&mut self, now: Instant, ix: PeerIx) {
        let timeout = self.config.node_timeout;
        let peer = self.view.peer(ix);
        if peer.in_handshake() && now.since(peer.born) > membership::handshake_timeout(timeout) {
            return self.remove_peer(now, ix);
        }
        if membership::wants_meet(peer, now, timeout, &self.rules) {
            self.view.peer_mut(ix).flags.insert(NodeFlags::MEET);
            self.ping(now, ix, Kind::Meet);
        }
        if self.view.peer(ix).outbound.is_none() && self.may_dial(now, ix) {
            self.dial(now, ix);
        }
    }

    /// Replaces a link that looks dead, and asks a peer how it is when its last word is old.
    fn tend_peer(&mut self, now: Instant, ix: PeerIx) {
        let Some(peer) = self.view.find(ix) else { return };
        let skip = NodeFlags::HANDSHAKE | NodeFlags::NOADDR;
        if peer.flags.intersects(skip) {
            return;
        }
        let half = self.config.node_timeout / 2;
        let made = peer.outbound.and_then(|link| self.links.get(link)).map(|link| link.made);
        let waiting = peer.ping_sent.is_some_and(|at| now.since(at) > half);
        let old = made.is_some_and(|at| now.since(at) > self.config.node_timeout);
        if old && waiting && now.since(peer.data_received) > half {
            self.close_outbound(now, ix);
            return;
        }
        let interval = self.config.ping_interval.unwrap_or(half);
        let for_manual = match &self.manual {
            crate::protocol::manual::Manual::Pausing { replica, .. } => *replica == peer.id,
            _ => false,
        };
        // A paused primary does not wait for an answer: a lost ping would cost the whole pause (§9).
        let due = peer.ping_sent.is_none() && now.since(peer.pong_received) > interval;
        if due || for_manual {
            self.ping(now, ix, Kind::Ping);
        }
    }

    fn migrate(&mut self, now: Instant) {
        if !self.config.allow_replica_migration || self.health() != Health::Ok {
            return;
        }
        if let Some(target) = migration::target(&self.view, now, self.config.migration_barrier) {
            self.follow(now, target, FollowCause::Migration, true);
        }
    }

    /// A streaming link that has been silent for `repl-timeout` is dead.
    fn check_replication(&mut self, now: Instant) {
        if self.replication.timed_out(now, self.config.repl_timeout) {
            self.replication_lost(now, Duration::ZERO);
            self.notify(Event::Sync(crate::protocol::replication::SyncStep::Lost { offset: self.offset() }));
        }
    }
}
