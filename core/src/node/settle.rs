//! The end of every input: what was put off is done, then effects are released in order
//! (Valkey's `clusterBeforeSleep`, once per input instead of once per event-loop round).

use crate::base::Instant;

use super::{Durability, Event, Node, Output};

/// Inputs settle in one or two rounds; more than this is a bug of ours.
const ROUNDS: usize = 16;

/// What was put off until the input is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Todo {
    /// Judge the cluster's health anew.
    pub(super) judge: bool,
    /// See whether the election moves on.
    pub(super) failover: bool,
    /// The cron asks for that: Valkey's runs it by itself, not in its `clusterBeforeSleep`.
    pub(super) by_cron: bool,
    /// Tell everyone who I am.
    pub(super) broadcast: bool,
    /// Write the configuration.
    pub(super) save: Option<Durability>,
    /// Write it when the rest has left.
    pub(super) save_late: Option<Durability>,
}

impl Node {
    /// Asks for the configuration to be written before anything of this input leaves.
    pub(super) fn save(&mut self, durability: Durability) {
        self.todo.save = self.todo.save.max(Some(durability));
    }

    /// Asks for the epoch of a request to be written. Valkey writes what its `clusterBeforeSleep` decides
    /// only the next time round, when the request has left (protocol.md appendix C).
    pub(super) fn save_request(&mut self) {
        if self.rules.persist_first || self.todo.by_cron {
            self.save(Durability::Synced);
        } else {
            self.todo.save_late = Some(Durability::Synced);
        }
    }

    /// Does what was put off, then releases the effects. The `Persist` goes in front of everything
    /// this input has staged: a vote or a claim that left before it was durable could be broken by
    /// a crash (S15).
    pub(super) fn settle(&mut self, now: Instant) {
        for _ in 0..ROUNDS {
            if std::mem::take(&mut self.todo.judge) {
                self.judge(now);
            } else if std::mem::take(&mut self.todo.failover) {
                self.failover(now);
            } else if std::mem::take(&mut self.todo.broadcast) {
                self.broadcast_pong(now);
            } else {
                break;
            }
        }
        debug_assert!(!self.todo.judge && !self.todo.failover && !self.todo.broadcast, "an input settles");
        self.view.me_mut().offset = self.replication.offset();
        if let Some(durability) = self.todo.save.take() {
            self.outputs.push_back(Output::Persist(Box::new(self.conf()), durability));
        }
        self.outputs.extend(self.staged.drain(..));
        if let Some(durability) = self.todo.save_late.take() {
            self.outputs.push_back(Output::Persist(Box::new(self.conf()), durability));
        }
        self.todo.by_cron = false;
    }

    fn judge(&mut self, now: Instant) {
        let (timeout, full) = (self.config.node_timeout, self.config.require_full_coverage);
        if let Some(health) = self.judgement.update(&mut self.view, now, timeout, full) {
            self.notify(Event::HealthChanged { health });
        }
    }
}
