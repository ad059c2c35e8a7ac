//! S11, S12, S14, L8 and L10: what candidates do with answers, and pauses that end.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Epoch, Instant, NodeId};
use crate::cluster::Peer;
use crate::node::{Event, Node};
use crate::protocol::election::RoundEnd;
use crate::protocol::manual::ManualStep;
use crate::wire::{Body, Header, Message, NackReason, NodeFlags};

use super::super::HostIx;
use super::super::host::Power;
use super::checker::{Findings, Scene};

/// The answers a candidate was given, by what reached it.
#[derive(Clone, Debug, Default)]
struct Round {
    epoch: Epoch,
    acked: BTreeSet<NodeId>,
    refused: BTreeSet<NodeId>,
}

/// What a refusal must leave as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Untouched {
    primary: bool,
    vote: Epoch,
    claim: Epoch,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Elections {
    rounds: BTreeMap<HostIx, Round>,
    refusal: Option<(HostIx, Untouched)>,
    /// Who told whom that it refuses its vote in which epoch.
    refused: BTreeSet<(NodeId, NodeId, Epoch)>,
    /// Which sibling last said to whom, and meant it, that their primary failed.
    agree: BTreeSet<(HostIx, HostIx)>,
    /// Who has marked whom fail and has not taken it back.
    marked: BTreeSet<(HostIx, NodeId)>,
    /// Until when a primary may stand paused.
    paused: BTreeMap<HostIx, Instant>,
}

fn untouched(node: &Node) -> Untouched {
    Untouched {
        primary: node.is_primary(),
        vote: node.ballot().last_vote_epoch,
        claim: node.view().me().config_epoch,
    }
}

impl Elections {
    pub(super) fn stopped(&mut self, host: HostIx) {
        self.rounds.remove(&host);
        self.paused.remove(&host);
        self.agree.retain(|(observer, _)| *observer != host);
    }

    /// A replica's word on its primary reached another node. A word left over from an earlier primary,
    /// or from before that one recovered, says nothing (M11).
    pub(super) fn sibling(&mut self, observer: HostIx, sibling: HostIx, header: &Header) {
        let says = header.flags.contains(NodeFlags::MY_PRIMARY_FAIL);
        if says && header.replica_of.is_some_and(|primary| self.marked.contains(&(sibling, primary))) {
            self.agree.insert((observer, sibling));
        } else if !self.agree.is_empty() {
            self.agree.remove(&(observer, sibling));
        }
    }

    pub(super) fn answered(&mut self, to: HostIx, node: &Node, message: &Message) {
        let voter = message.header.sender;
        let has_vote = node.view().get(voter).is_some_and(Peer::is_voter);
        match &message.body {
            Body::AuthAck => {
                if let Some(round) = self.rounds.get_mut(&to)
                    && round.epoch == message.header.current_epoch
                    && has_vote
                {
                    round.acked.insert(voter);
                }
            }
            Body::AuthNack { form, reason } => {
                self.refusal = Some((to, untouched(node)));
                let last = matches!(
                    reason,
                    NackReason::EpochOld | NackReason::AlreadyVoted | NackReason::StaleConfig
                );
                if let Some(round) = self.rounds.get_mut(&to)
                    // A form without an epoch is of the round that its voter has refused.
                    && form.epoch().map_or_else(
                        || self.refused.contains(&(voter, node.id(), round.epoch)),
                        |epoch| epoch == round.epoch,
                    )
                    && last
                {
                    round.refused.insert(voter);
                }
            }
            _ => {}
        }
    }

    pub(super) fn event(&mut self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, event: &Event) {
        let Some(node) = scene.node(host) else { return };
        match event {
            Event::FailMarked { node: whom, .. } | Event::FailTold { node: whom, .. } => {
                self.marked.insert((host, *whom));
            }
            Event::FailCleared { node: whom } => {
                self.marked.remove(&(host, *whom));
            }
            Event::VoteRefused { candidate, epoch, told: true, .. } => {
                self.refused.insert((node.id(), *candidate, *epoch));
            }
            Event::VotesAsked { epoch, .. } => {
                self.rounds.insert(host, Round { epoch: *epoch, ..Round::default() });
            }
            Event::RoundLost { end: RoundEnd::Hopeless { needed, .. }, epoch } => {
                self.was_hopeless(findings, host, node, *epoch, *needed);
            }
            Event::ElectionScheduled { best: true, .. } | Event::ElectionMoved { best: true, .. } => {
                self.may_hurry(findings, scene, host, node);
            }
            Event::ElectionWon { epoch, needed, .. } => {
                self.has_majority(findings, host, *epoch, *needed);
            }
            Event::Manual(ManualStep::Paused { .. }) => {
                let span = node.config().manual_failover_timeout * 2;
                self.paused.insert(host, scene.now + span);
            }
            Event::Manual(ManualStep::Resumed) | Event::Following { .. } => {
                self.paused.remove(&host);
            }
            _ => {}
        }
    }

    /// What S3 says of votes that were given, L10 says of votes that arrived: who cannot hear a
    /// majority does not win.
    fn has_majority(&self, findings: &mut Findings, host: HostIx, epoch: Epoch, needed: u32) {
        let round = self.rounds.get(&host).filter(|round| round.epoch == epoch);
        let arrived = round.map_or(0, |round| round.acked.len());
        if arrived < needed as usize {
            findings.add("L10", host, || {
                format!("won epoch {epoch} when {arrived} of {needed} votes had reached it")
            });
        }
    }

    fn was_hopeless(&self, findings: &mut Findings, host: HostIx, node: &Node, epoch: Epoch, needed: u32) {
        let Some(round) = self.rounds.get(&host).filter(|round| round.epoch == epoch) else { return };
        let open = node
            .view()
            .iter()
            .filter(|(_, peer)| peer.is_voter() && !peer.failed() && peer.id != node.id())
            .filter(|(_, peer)| !round.acked.contains(&peer.id) && !round.refused.contains(&peer.id))
            .count();
        let reachable = round.acked.len() + open;
        if reachable >= needed as usize {
            findings.add("S12", host, || {
                format!("gave up epoch {epoch} although {reachable} of {needed} votes could come")
            });
        }
    }

    fn may_hurry(&self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, node: &Node) {
        let view = node.view();
        let Some(primary) = view.my_primary() else { return };
        let siblings = view.replicas_of(primary).filter(|(_, peer)| peer.id != node.id());
        for (_, sibling) in siblings {
            let Some(other) = scene.names.host_of(sibling.id) else { continue };
            if !self.agree.contains(&(host, other)) {
                findings
                    .add("S14", host, || format!("did not wait for the word of {}", scene.name(sibling.id)));
            }
        }
    }

    pub(super) fn settled(&mut self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, node: &Node) {
        if let Some((refused, before)) = self.refusal.take()
            && refused == host
            && untouched(node) != before
        {
            findings.add("S11", host, || "a refusal changed its role, vote or claim".to_owned());
        }
        if !self.paused.is_empty()
            && scene.hosts[host.get()].power == Power::Up
            && self.paused.get(&host).is_some_and(|end| scene.now > *end + crate::node::CRON * 2)
        {
            self.paused.remove(&host);
            findings.add("L8", host, || "still pauses writes for a manual failover".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_winner_that_no_majority_reached_is_found() {
        let host = HostIx(0);
        let voters: Vec<NodeId> =
            ["a", "b", "c"].iter().map(|letter| letter.repeat(40).parse().expect("an id")).collect();
        for (epoch, votes, broken) in [(7, 2, false), (7, 3, false), (7, 1, true), (7, 0, true), (6, 3, true)]
        {
            let mut elections = Elections::default();
            let acked = voters[..votes].iter().copied().collect();
            elections.rounds.insert(host, Round { epoch: Epoch(epoch), acked, ..Round::default() });
            let mut findings = Findings::default();
            elections.has_majority(&mut findings, host, Epoch(7), 2);
            assert_eq!(!findings.is_empty(), broken, "{votes} votes of epoch {epoch}");
        }
    }

    #[test]
    fn a_word_counts_only_while_it_is_meant() {
        let (me, other) = (HostIx(0), HostIx(1));
        let id = |letter: &str| -> NodeId { letter.repeat(40).parse().expect("an id") };
        let said = |flag: NodeFlags, of: Option<NodeId>, marked: &[NodeId]| {
            let mut elections = Elections::default();
            elections.agree.insert((me, other));
            elections.marked.extend(marked.iter().map(|whom| (other, *whom)));
            let header = Header {
                sender: id("b"),
                current_epoch: Epoch::ZERO,
                config_epoch: Epoch::ZERO,
                offset: crate::base::Offset::ZERO,
                slots: crate::base::SlotSet::default(),
                replica_of: of,
                address: crate::base::Address::default(),
                flags: NodeFlags::REPLICA | flag,
                state_fail: false,
                message_flags: crate::wire::MessageFlags::empty(),
            };
            elections.sibling(me, other, &header);
            elections.agree.contains(&(me, other))
        };
        let (primary, earlier) = (id("p"), id("q"));
        let says = NodeFlags::MY_PRIMARY_FAIL;
        assert!(said(says, Some(primary), &[primary]));
        assert!(!said(says, Some(primary), &[earlier]), "left over from another primary (M11)");
        assert!(!said(says, Some(primary), &[]), "left over from before it recovered");
        assert!(!said(NodeFlags::empty(), Some(primary), &[primary]), "not said");
    }
}
