//! The node's side of its data path (protocol.md §10).

use crate::base::{Duration, Instant};
use crate::protocol::replication::{Path, SyncStep};

use super::{Event, Follow, Node, Output, REPLICATION_RETRY, ReplicationInput, STREAM_PING_BYTES};

impl Node {
    pub(super) fn replicate(&mut self, now: Instant, input: ReplicationInput) {
        match input {
            ReplicationInput::Wrote(bytes) => self.replication.wrote(bytes),
            ReplicationInput::Applied(offset) => {
                self.replication.applied(now, offset);
                self.check_manual(now);
            }
            ReplicationInput::Restored { held, end, first } => self.replication.restored(held, end, first),
            _ if self.is_primary() => {}
            ReplicationInput::Connected => {
                self.dialing_primary = false;
                self.replication.asked();
            }
            ReplicationInput::Continued(history) => {
                self.dialing_primary = false;
                if self.replication.continued(now, history) {
                    self.staged.push(Output::DropReplicas);
                }
                self.notify(Event::Sync(SyncStep::Partial { offset: self.offset() }));
                self.check_manual(now);
            }
            ReplicationInput::FullSync(point) => {
                self.dialing_primary = false;
                self.replication.full_sync(point, &self.rules);
                self.notify(Event::Sync(SyncStep::Full { offset: point.offset }));
            }
            ReplicationInput::Loading => {
                self.replication.loading();
                self.notify(Event::Sync(SyncStep::Loading));
            }
            ReplicationInput::Loaded => {
                if self.replication.loaded(now) {
                    self.staged.push(Output::DropReplicas);
                    self.notify(Event::Sync(SyncStep::Loaded { offset: self.offset() }));
                }
            }
            ReplicationInput::NotApplied => {
                if self.replication.whole() {
                    self.replication.broken_stream();
                    self.notify(Event::Sync(SyncStep::NotWhole));
                }
            }
            ReplicationInput::Refused => self.replication_lost(now, REPLICATION_RETRY),
            ReplicationInput::Lost => {
                let streaming = self.replication.streaming();
                self.replication_lost(now, REPLICATION_RETRY);
                if streaming {
                    self.notify(Event::Sync(SyncStep::Lost { offset: self.offset() }));
                }
            }
        }
    }

    /// The data path broke; it is tried again after a pause.
    pub(super) fn replication_lost(&mut self, now: Instant, pause: Duration) {
        self.dialing_primary = false;
        self.replication.lost(now);
        self.retry_at = now + pause;
    }

    /// Whether the data path should be opened and nobody is at it.
    pub(super) fn wants_replication(&self) -> bool {
        self.view.my_primary().is_some() && !self.dialing_primary && self.replication.path() == Path::Broken
    }

    pub(super) fn retry_replication(&mut self, now: Instant) {
        self.retry_at = now + REPLICATION_RETRY;
        if self.wants_replication() {
            self.follow_again(now);
        }
    }

    /// Points the data path at my primary, wherever it is now.
    pub(super) fn follow_again(&mut self, now: Instant) {
        let Some(primary) = self.view.my_primary() else { return };
        let streaming = self.replication.streaming();
        self.replication_lost(now, REPLICATION_RETRY);
        if streaming {
            self.notify(Event::Sync(SyncStep::Lost { offset: self.offset() }));
        }
        let peer = self.view.peer(primary);
        let address = if self.rules.gossip_moves_primary { peer.address } else { self.primary_at };
        if address.ip.is_none() {
            self.staged.push(Output::Follow(None));
            return;
        }
        let follow = Follow { primary: peer.id, address, psync: self.replication.request().from };
        self.dialing_primary = true;
        self.staged.push(Output::Follow(Some(follow)));
    }

    /// A primary shows its replicas that it lives. Not while it is paused: the offset must stand
    /// still for the replica that is to reach it (§9).
    pub(super) fn stream_ping(&mut self, now: Instant) {
        self.stream_ping_at = now + self.config.repl_ping_replica_period.max(Duration::from_millis(1));
        if self.is_primary() && !self.manual.pausing() {
            self.replication.wrote(STREAM_PING_BYTES);
            self.staged.push(Output::StreamPing(STREAM_PING_BYTES));
        }
    }
}
