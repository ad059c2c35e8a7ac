//! How a replica becomes a primary (protocol.md §6.2, §6.7, §9).

use crate::base::{Duration, Epoch, Instant, NodeId, Offset};
use crate::protocol::claims;
use crate::protocol::election::{Facts, Ranks, RoundEnd, Verdict};
use crate::protocol::manual::{Manual, ManualStep};
use crate::protocol::replication::DataAge;
use crate::wire::{Body, MessageFlags};

use super::event::{EpochCause, Unfit};
use super::{Durability, Event, Node, Output};

impl Node {
    /// Sees whether an election should begin, move on or end. Re-states `clusterHandleReplicaFailover`.
    pub(super) fn failover(&mut self, now: Instant) {
        if !self.may_stand(now) {
            return;
        }
        loop {
            let facts = self.election_facts(now);
            match self.election.advance(now, &facts, &self.rules, &mut self.rng) {
                Verdict::Wait => return,
                Verdict::Scheduled { delay } => self.scheduled(now, &facts, delay),
                Verdict::Moved { delay } => {
                    let Ranks { rank, failed_rank, best, .. } = facts.ranks;
                    self.notify(Event::ElectionMoved { delay, rank, failed_rank, best });
                }
                Verdict::Ask => return self.ask(&facts),
                Verdict::Expired { epoch } => {
                    self.notify(Event::RoundLost { epoch, end: RoundEnd::Expired });
                }
                Verdict::Won { epoch, voters, needed } => {
                    return self.won(now, epoch, voters, needed);
                }
            }
        }
    }

    /// Steps 1 and 2 of §6.2: somebody to replace, and data young enough to do it with.
    fn may_stand(&mut self, now: Instant) -> bool {
        let Some(primary) = self.view.my_primary() else { return false };
        let primary = self.view.peer(primary);
        let forced = self.manual.ready();
        let called = primary.failed() || forced;
        if !called || (!self.rules.stand_without_slots && primary.slot_count() == 0) {
            self.unfit = None;
            return false;
        }
        let unfit = if forced { None } else { self.unfit_now(now) };
        let same_kind = match (&unfit, &self.unfit) {
            (None, None) => true,
            (Some(new), Some(old)) => std::mem::discriminant(new) == std::mem::discriminant(old),
            _ => false,
        };
        if !same_kind {
            self.unfit = unfit;
            if let Some(unfit) = unfit {
                self.notify(Event::CannotStand(unfit));
            }
        }
        unfit.is_none()
    }

    fn unfit_now(&self, now: Instant) -> Option<Unfit> {
        if self.config.replica_no_failover || !self.replication.whole() {
            return Some(Unfit::NoFailover);
        }
        let factor = self.config.replica_validity_factor;
        if factor == 0 {
            return None;
        }
        let timeout = self.config.node_timeout;
        let limit = self.config.repl_ping_replica_period + timeout * factor;
        match self.replication.age(now) {
            DataAge::Never => Some(Unfit::DataTooOld { age: None }),
            // The node timeout is what it took to notice; it is not the data's fault (§6.3).
            DataAge::Known(age) => {
                let age = if age > timeout { age.saturating_sub(timeout) } else { age };
                (age > limit).then_some(Unfit::DataTooOld { age: Some(age) })
            }
        }
    }

    fn election_facts(&self, now: Instant) -> Facts {
        let factor = self.config.replica_validity_factor;
        let give_up = (factor != 0).then(|| self.config.node_timeout * factor);
        let manual = self.manual.active();
        let priority = self.config.names.replica_priority;
        let mut ranks = Ranks::of(&self.view, &self.rules, now, self.offset(), priority, give_up);
        ranks.best &= !manual;
        Facts {
            node_timeout: self.config.node_timeout,
            ranks,
            manual,
            delay: self.config.election_delay,
            quorum: self.view.quorum(),
        }
    }

    fn scheduled(&mut self, now: Instant, facts: &Facts, delay: Duration) {
        let Ranks { rank, failed_rank, best, .. } = facts.ranks;
        let offset = self.offset();
        self.notify(Event::ElectionScheduled { delay, rank, failed_rank, offset, best });
        self.pong_siblings(now);
    }

    /// A new epoch, and a request to everyone. On disk before it leaves, so that no epoch is asked
    /// for twice.
    fn ask(&mut self, facts: &Facts) {
        self.view.current_epoch = self.view.current_epoch.next();
        let epoch = self.view.current_epoch;
        self.election.asked(epoch, facts.quorum, &self.rules);
        let force = facts.manual || facts.ranks.best;
        let flags = if force { MessageFlags::FORCEACK } else { MessageFlags::empty() };
        self.notify(Event::VotesAsked { epoch, needed: facts.quorum, force });
        self.save_request();
        self.todo.judge = true;
        self.broadcast(&Body::AuthRequest, flags);
    }

    fn won(&mut self, now: Instant, epoch: Epoch, voters: Vec<NodeId>, needed: u32) {
        self.notify(Event::ElectionWon { epoch, voters, needed });
        if epoch > self.view.me().config_epoch {
            self.view.me_mut().config_epoch = epoch;
            self.notify(Event::ConfigEpochChanged { epoch, cause: EpochCause::Won });
        }
        self.promote(now);
    }

    /// Takes the primary's place. Re-states `clusterFailoverReplaceYourPrimary`; replication turns
    /// in the same step (#2510).
    pub(super) fn promote(&mut self, now: Instant) {
        let Some(old) = self.view.my_primary() else { return };
        let me = self.view.myself();
        self.view.set_primary(me);
        let slots = self.view.hand_over(old, Some(me));
        let offset = self.offset();
        self.end_replication(now);
        self.notify(Event::Promoted { instead_of: self.id_of(old), slots, offset });
        // Up to 8.0 the win is told within this step, while the manual failover is still under way (§6.5).
        let told = self.manual.active() && !self.rules.manual_ends_at_win;
        if told {
            self.judge(now);
            self.broadcast_pong(now);
        }
        self.stop_manual();
        if self.rules.win_resets {
            self.election.forget();
        }
        self.save(Durability::Synced);
        self.todo.judge = true;
        self.todo.broadcast |= !told;
    }

    /// Copies nobody any more: a history of my own begins.
    pub(super) fn end_replication(&mut self, now: Instant) {
        self.replication.promote(&mut self.rng);
        self.stream_ping_at = now + self.config.repl_ping_replica_period;
        self.staged.push(Output::Follow(None));
        self.staged.push(Output::DropReplicas);
        self.dialing_primary = false;
    }

    /// The operator wants this replica to be primary (§9).
    pub(super) fn start_manual(&mut self, now: Instant, mode: super::FailoverMode) {
        self.stop_manual();
        let end = now + self.config.manual_failover_timeout;
        match mode {
            super::FailoverMode::Default => {
                self.manual = Manual::Waiting { end, target: None };
                self.notify(Event::Manual(ManualStep::Asked));
                if let Some(primary) = self.view.my_primary() {
                    self.send_to(primary, Body::ManualStart, MessageFlags::empty());
                }
            }
            super::FailoverMode::Force => {
                self.manual = Manual::Ready { end };
                self.manual_ready();
                // #1067: before it, nobody looked at the wish until the next cron.
                self.todo.failover = self.rules.force_at_once;
            }
            super::FailoverMode::Takeover => {
                self.manual = Manual::Ready { end };
                self.notify(Event::Manual(ManualStep::Takeover));
                if let Some(epoch) = claims::bump(&mut self.view) {
                    self.config_epoch_changed(epoch, EpochCause::Takeover);
                }
                self.promote(now);
            }
        }
    }

    fn manual_ready(&mut self) {
        self.notify(Event::Manual(ManualStep::Ready));
        if self.rules.manual_resets {
            self.election.forget();
        }
        self.todo.failover = true;
    }

    /// My primary is paused at this offset.
    pub(super) fn manual_target(&mut self, now: Instant, offset: Offset) {
        if self.manual.target_known(offset, &self.rules) {
            self.notify(Event::Manual(ManualStep::Target { offset }));
        }
        self.check_manual(now);
    }

    /// Whether the target is reached or the time is up.
    pub(super) fn check_manual(&mut self, now: Instant) {
        if self.manual.expired(now) {
            self.notify(Event::Manual(ManualStep::TimedOut));
            self.stop_manual();
        } else if self.manual.reached(self.offset()) {
            self.manual_ready();
        }
    }

    /// My replica asks me to pause.
    pub(super) fn manual_start_in(
        &mut self,
        now: Instant,
        link: crate::base::LinkId,
        ix: crate::cluster::PeerIx,
    ) {
        if !self.is_primary() || self.view.peer(ix).replica_of != Some(self.view.myself()) {
            return;
        }
        self.stop_manual();
        let replica = self.id_of(ix);
        self.manual = Manual::Pausing { end: now + self.config.manual_failover_timeout, replica };
        self.notify(Event::Manual(ManualStep::Paused { replica }));
        self.staged.push(Output::PauseWrites(true));
        self.heartbeat(now, link, crate::wire::Kind::Ping);
    }

    /// Ends whatever manual failover there is.
    pub(super) fn stop_manual(&mut self) {
        if self.manual.pausing() {
            self.staged.push(Output::PauseWrites(false));
            self.notify(Event::Manual(ManualStep::Resumed));
        }
        self.manual = Manual::Idle;
    }
}
