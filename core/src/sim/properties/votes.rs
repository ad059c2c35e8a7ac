//! S1, S2, S3, S4 and the votes' part of S15.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Epoch, NodeId};
use crate::node::Event;
use crate::protocol::election::{RoundEnd, Treatment};
use crate::protocol::health::Health;
use crate::protocol::manual::ManualStep;
use crate::protocol::replication::SyncStep;
use crate::protocol::voting::Refusal;
use crate::wire::Header;

use super::super::HostIx;
use super::checker::{Findings, Scene};

#[derive(Clone, Debug, Default)]
pub(super) struct Votes {
    /// Whom a voter voted for, by what it sent.
    given: BTreeMap<(NodeId, Epoch), NodeId>,
    last: BTreeMap<NodeId, Epoch>,
    winners: BTreeMap<Epoch, NodeId>,
}

impl Votes {
    pub(super) fn acked(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        from: HostIx,
        to: HostIx,
        header: &Header,
    ) {
        let (voter, epoch, candidate) = (header.sender, header.current_epoch, scene.hosts[to.get()].id);
        let first = *self.given.entry((voter, epoch)).or_insert(candidate);
        if first != candidate {
            findings.add("S1", from, || {
                format!("voted for {} and {} in epoch {epoch}", scene.name(first), scene.name(candidate))
            });
        }
        let last = self.last.insert(voter, epoch);
        if last.is_some_and(|last| last >= epoch) {
            findings.add("S2", from, || {
                format!("voted in epoch {epoch} after a vote in a later one or the same")
            });
        }
        if scene.hosts[from.get()].must_save() && scene.hosts[from.get()].disk.synced.last_vote_epoch < epoch
        {
            findings.add("S15", from, || format!("its vote in epoch {epoch} left before it was on disk"));
        }
    }

    pub(super) fn requested(findings: &mut Findings, scene: Scene<'_>, from: HostIx, header: &Header) {
        let epoch = header.current_epoch;
        if scene.hosts[from.get()].must_save() && scene.hosts[from.get()].disk.synced.current_epoch < epoch {
            findings.add("S15", from, || format!("its request in epoch {epoch} left before it was on disk"));
        }
    }

    pub(super) fn won(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        host: HostIx,
        epoch: Epoch,
        voters: &[NodeId],
        needed: u32,
    ) {
        let me = scene.hosts[host.get()].id;
        let honest: BTreeSet<NodeId> =
            voters.iter().copied().filter(|voter| self.given.get(&(*voter, epoch)) == Some(&me)).collect();
        if honest.len() < needed as usize || honest.len() != voters.len() {
            findings.add("S3", host, || {
                format!("won epoch {epoch} with {} of {needed} votes that were given", honest.len())
            });
        }
        let Some(node) = scene.node(host) else { return };
        let size = node.view().iter().filter(|(_, peer)| peer.is_voter()).count();
        if (needed as usize) < size / 2 + 1 {
            findings.add("S3", host, || format!("needed {needed} votes in a table of {size} voters"));
        }
    }

    pub(super) fn only_winner(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        host: HostIx,
        epoch: Epoch,
    ) {
        let me = scene.hosts[host.get()].id;
        let first = *self.winners.entry(epoch).or_insert(me);
        if first != me {
            findings.add("S4", host, || format!("won epoch {epoch}, as {} did", scene.name(first)));
        }
    }
}

/// What a search should come across.
pub(super) fn interesting(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::NackReceived { treatment: Treatment::Counted, .. } => "nack counted",
        Event::NackReceived { treatment: Treatment::NotFinal, .. } => "nack noted but not final",
        Event::ElectionScheduled { best: true, .. } | Event::ElectionMoved { best: true, .. } => "fast path",
        Event::RoundLost { end: RoundEnd::Hopeless { .. }, .. } => "round hopeless",
        Event::RoundLost { end: RoundEnd::Expired, .. } => "round expired",
        Event::RoundLost { end: RoundEnd::Claimed { .. }, .. } => "round claimed",
        Event::Sync(SyncStep::Full { .. }) => "full sync",
        Event::Sync(SyncStep::Partial { .. }) => "partial sync",
        Event::ConfigEpochChanged { cause: crate::node::event::EpochCause::Collision, .. } => {
            "config epochs collide"
        }
        Event::UpdateSent { .. } => "update sent",
        Event::StaleHeader { .. } => "stale header",
        Event::Manual(ManualStep::Ready) => "manual failover",
        Event::Manual(ManualStep::Takeover) => "takeover",
        Event::Following { cause: crate::node::event::FollowCause::Migration, .. } => {
            "replica moves to an orphan"
        }
        Event::VoteRefused { refusal: Refusal::AlreadyVoted, .. } => "refused: already voted",
        Event::VoteRefused { refusal: Refusal::EpochOld { .. }, .. } => "refused: old epoch",
        Event::VoteRefused { refusal: Refusal::PrimaryUp, .. } => "refused: primary up",
        Event::VoteRefused { refusal: Refusal::StaleConfig { .. }, .. } => "refused: stale config",
        Event::CannotStand(_) => "data too old to stand",
        Event::HealthChanged { health: Health::Minority } => "minority",
        Event::FailCleared { .. } => "fail cleared",
        _ => return None,
    })
}
