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
    /// Tell everyone who I am.
    pub(super) broadcast: bool,
    /// Write the configuration.
    pub(super) save: Option<Durability>,
}

impl Node {
    /// Asks for the configuration to be written before anything of this input leaves.
    pub(super) fn save(&mut self, durability: Durability) {
        self.todo.save = self.todo.save.max(Some(durability));
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
    }

    fn judge(&mut self, now: Instant) {
        let (timeout, full) = (self.config.node_timeout, self.config.require_full_coverage);
        if let Some(health) = self.judgement.update(&mut self.view, now, timeout, full) {
            self.notify(Event::HealthChanged { health });
        }
    }
}
