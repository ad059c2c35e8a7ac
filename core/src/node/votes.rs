//! Votes asked of this node, and answers to votes it asked for (protocol.md §7, §6.9, §8).

use crate::base::{Epoch, Instant, Nack};
use crate::cluster::PeerIx;
use crate::protocol::election::{Answer, Reply, RoundEnd};
use crate::protocol::voting::{Refusal, VoteRequest};
use crate::wire::{Body, Header, MessageFlags, NackForm, NackReason, NodeFlags};

use super::{Durability, Event, Node};

/// How a voter of this revision writes that a request for this epoch is refused.
fn nack_form(revision: Nack, epoch: Epoch) -> NackForm {
    match revision {
        Nack::Proposed => NackForm::Spare,
        Nack::Merged => NackForm::Plain,
        Nack::Off | Nack::Echoed | Nack::Filtered | Nack::On => NackForm::Echo(epoch),
    }
}

impl Node {
    /// A candidate asks. The vote is durable before the ACK leaves: `save` puts the `Persist` in front.
    pub(super) fn vote_request_in(&mut self, now: Instant, ix: PeerIx, header: &Header) {
        let request = VoteRequest {
            candidate: ix,
            epoch: header.current_epoch,
            config_epoch: header.config_epoch,
            slots: &header.slots,
            force: header.message_flags.contains(MessageFlags::FORCEACK),
            linked: self.view.peer(ix).outbound.is_some(),
        };
        let (safe, timeout) = (self.judgement.safe_to_join(), self.config.node_timeout);
        let candidate = self.id_of(ix);
        match self.ballot.consider(now, &self.view, &self.rules, safe, timeout, &request) {
            Ok(epoch) => {
                self.save(Durability::Synced);
                self.notify(Event::VoteGranted { candidate, epoch });
                self.send_to(ix, Body::AuthAck, MessageFlags::empty());
            }
            Err(Refusal::NotAVoter) => {}
            Err(refusal) => self.refuse(ix, header.current_epoch, refusal),
        }
    }

    /// A refusal: for an old claim the newer one first, on the same link, then the reason (N7).
    fn refuse(&mut self, ix: PeerIx, epoch: Epoch, refusal: Refusal) {
        let peer = self.view.peer(ix);
        let hears = peer.flags.contains(NodeFlags::NACK) && peer.outbound.is_some();
        let reason = refusal.nack().filter(|_| self.rules.nacks() && hears);
        let candidate = self.id_of(ix);
        self.notify(Event::VoteRefused { candidate, epoch, refusal, told: reason.is_some() });
        if let Refusal::StaleConfig { owner, .. } = refusal
            && self.rules.update_on_stale
            && let Some(owner) = self.view.lookup(owner)
        {
            self.send_update(ix, owner);
        }
        if let Some(reason) = reason {
            let form = nack_form(self.rules.nack, epoch);
            self.send_to(ix, Body::AuthNack { form, reason }, MessageFlags::empty());
        }
    }

    /// A voter says yes. An honest ACK's header shows the epoch it was given in (§6.9).
    pub(super) fn ack_in(&mut self, ix: PeerIx, header: &Header) {
        let reply = Reply::of(self.view.peer(ix), header.current_epoch, Answer::Acked);
        let treatment = self.election.answer(&self.rules, &reply);
        let (voter, epoch) = (reply.voter, reply.epoch());
        let (have, needed) = (self.election.votes(), self.votes_needed());
        self.notify(Event::AckReceived { voter, epoch, treatment, have, needed });
        self.todo.failover = true;
    }

    /// A voter says no, and why.
    pub(super) fn nack_in(
        &mut self,
        now: Instant,
        ix: PeerIx,
        header: &Header,
        form: NackForm,
        reason: NackReason,
    ) {
        // A length that is not one's own is dropped: the revisions do not understand each other (§8.1).
        let own = nack_form(self.rules.nack, Epoch::ZERO);
        if !self.rules.nacks() || std::mem::discriminant(&own) != std::mem::discriminant(&form) {
            return;
        }
        let answer = Answer::Nacked { of: form.epoch(), reason };
        let reply = Reply::of(self.view.peer(ix), header.current_epoch, answer);
        let treatment = self.election.answer(&self.rules, &reply);
        let (voter, epoch) = (reply.voter, reply.epoch());
        let achievable = self.election.achievable(&self.view, &self.rules);
        self.notify(Event::NackReceived { voter, epoch, reason, treatment, achievable });
        self.end_if_hopeless(now);
    }

    /// Votes that would win the present round.
    pub(super) fn votes_needed(&self) -> u32 {
        let now = self.view.quorum();
        self.election.round().map_or(now, |round| round.needed(now, &self.rules))
    }

    /// A voter failed or ceased to be one. Only the last revision looks up at that (§8.6 rule 4).
    pub(super) fn recount_votes(&mut self, now: Instant) {
        if self.rules.nack == Nack::On {
            self.end_if_hopeless(now);
        }
    }

    /// Ends a round that can no longer be won.
    fn end_if_hopeless(&mut self, now: Instant) {
        let Some(epoch) = self.election.round().map(|round| round.epoch) else { return };
        if let Some(end @ RoundEnd::Hopeless { .. }) = self.election.hopeless(&self.view, &self.rules) {
            self.notify(Event::RoundLost { epoch, end });
            self.election.reset(now, self.config.node_timeout, &self.rules, &mut self.rng);
            self.todo.failover = true;
        }
    }
}
