//! Where observations come in and violations go out.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Epoch, Instant, NodeId};
use crate::node::{Event, Node};
use crate::wire::{Body, Header, Message, NodeFlags};

use super::super::history::Histories;
use super::super::host::Host;
use super::super::{HostIx, Names, Violation};
use super::claims::Claims;
use super::data::Announced;
use super::elections::Elections;
use super::paces::Paces;
use super::refusals::Refusals;
use super::rounds::Rounds;
use super::trail::Trail;
use super::votes::Votes;

/// What a judge may look at.
#[derive(Clone, Copy)]
pub(in crate::sim) struct Scene<'a> {
    pub(in crate::sim) now: Instant,
    pub(in crate::sim) hosts: &'a [Host],
    pub(in crate::sim) names: &'a Names,
    pub(in crate::sim) histories: &'a Histories,
}

impl<'a> Scene<'a> {
    pub(super) fn node(&self, host: HostIx) -> Option<&'a Node> {
        self.hosts[host.get()].node.as_deref()
    }

    pub(super) fn name(&self, id: NodeId) -> String {
        self.names.tell(id)
    }
}

/// What was found broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    seen: BTreeSet<(&'static str, HostIx)>,
    fresh: Vec<(HostIx, Violation)>,
}

impl Findings {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty()
    }

    pub(super) fn add(&mut self, property: &'static str, host: HostIx, what: impl FnOnce() -> String) {
        if self.seen.insert((property, host)) {
            self.fresh
                .push((host, Violation { property: property.to_owned(), what: what(), promised: true }));
        }
    }
}

/// All judges.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Checker {
    pub(super) findings: Findings,
    votes: Votes,
    claims: Claims,
    announced: Announced,
    elections: Elections,
    rounds: Rounds,
    paces: Paces,
    refusals: Refusals,
    trail: Trail,
    hits: BTreeMap<&'static str, u64>,
    /// Who was given slots by hand.
    given: BTreeSet<HostIx>,
    /// Whether a table of the present host may have changed.
    table_changed: bool,
}

impl Checker {
    /// The violations found since last asked.
    pub(in crate::sim) fn take(&mut self) -> Vec<(HostIx, Violation)> {
        std::mem::take(&mut self.findings.fresh)
    }

    /// Whether there is anything to take.
    pub(in crate::sim) fn is_quiet(&self) -> bool {
        self.findings.fresh.is_empty()
    }

    /// How often something interesting was come across.
    pub(in crate::sim) fn hits(&self) -> &BTreeMap<&'static str, u64> {
        &self.hits
    }

    pub(in crate::sim) fn hit(&mut self, what: &'static str) {
        *self.hits.entry(what).or_default() += 1;
    }

    /// Which of two things followed each other.
    pub(in crate::sim) fn trail(&self) -> &Trail {
        &self.trail
    }

    /// An operator moved slots or took over: claims are no longer made by election alone.
    pub(in crate::sim) fn operated(&mut self, slots: bool) {
        self.claims.operated(slots);
    }

    /// A primary was given slots by hand: it keeps them even if its shard has another primary by then.
    pub(in crate::sim) fn given(&mut self, host: HostIx) {
        self.given.insert(host);
    }

    /// Whether a host was ever given slots by hand.
    pub(in crate::sim) fn was_given(&self, host: HostIx) -> bool {
        self.given.contains(&host)
    }

    /// Whether slots were ever moved by hand.
    pub(in crate::sim) fn was_moved(&self) -> bool {
        self.claims.is_moved()
    }

    /// A process ended.
    pub(in crate::sim) fn stopped(&mut self, host: HostIx) {
        self.claims.stopped(host);
        self.announced.stopped(host);
        self.elections.stopped(host);
        self.rounds.stopped(host);
    }

    /// A frame is handed to the network.
    pub(in crate::sim) fn sent(&mut self, scene: Scene<'_>, from: HostIx, to: HostIx, message: &Message) {
        let Message { header, body } = message;
        match body {
            Body::AuthAck => self.votes.acked(&mut self.findings, scene, from, to, header),
            Body::AuthRequest => {
                Votes::requested(&mut self.findings, scene, from, header);
                self.paces.requested(&mut self.findings, scene, from, header);
            }
            Body::AuthNack { .. } => self.refusals.refused(&mut self.findings, scene, from, to),
            Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) => {
                self.claims.announced(&mut self.findings, scene, from, header);
                self.announced.sent(&mut self.findings, scene, from, header, gossip);
            }
            _ => {}
        }
    }

    /// A frame is about to be handed to a node.
    pub(in crate::sim) fn delivered(&mut self, from: HostIx, to: HostIx, node: &Node, message: &Message) {
        let Header { sender, flags, .. } = &message.header;
        self.claims.delivered(to, *sender, message.header.replica_of.is_some());
        if flags.contains(NodeFlags::REPLICA) {
            self.elections.sibling(to, from, &message.header);
        }
        if message.body == Body::AuthRequest {
            self.refusals.asked(to, from, &message.header);
        }
        self.elections.answered(to, node, message);
    }

    /// A node has said something.
    pub(in crate::sim) fn event(&mut self, scene: Scene<'_>, host: HostIx, event: &Event) {
        let interesting = super::votes::interesting(event);
        if let Some(what) = interesting {
            self.hit(what);
        }
        if let Some(what) = interesting.or_else(|| super::trail::step(event)) {
            self.trail.went(host, what);
        }
        self.table_changed |= matches!(
            event,
            Event::SlotsMoved { .. }
                | Event::SeenPrimary { .. }
                | Event::SeenReplica { .. }
                | Event::Following { .. }
                | Event::Promoted { .. }
                | Event::NodeForgotten { .. }
        );
        if let Event::ElectionWon { epoch, voters, needed } = event {
            self.votes.won(&mut self.findings, scene, host, *epoch, voters, *needed);
            if !self.claims.is_operated() {
                self.votes.only_winner(&mut self.findings, scene, host, *epoch);
            }
        }
        self.claims.event(&mut self.findings, scene, host, event);
        self.announced.event(host, event);
        self.elections.event(&mut self.findings, scene, host, event);
        if let Some(node) = scene.node(host) {
            self.rounds.event(scene.now, host, node.config().node_timeout, event);
        }
    }

    /// A node has handled something and all its effects are carried out.
    pub(in crate::sim) fn settled(&mut self, scene: Scene<'_>, host: HostIx) {
        let Some(node) = scene.node(host) else { return };
        self.elections.settled(&mut self.findings, scene, host, node);
        self.claims.settled(&mut self.findings, scene, host, node);
        self.rounds.settled(&mut self.findings, scene, host, node);
        if node.ballot().last_vote_epoch > node.view().current_epoch {
            self.findings.add("S10", host, || "its last vote is newer than its epoch".to_owned());
        }
        if std::mem::take(&mut self.table_changed)
            && let Err(what) = node.view().check()
        {
            self.findings.add("S10", host, || what);
        }
    }

    /// Config epochs of all running primaries, for the judgement after a run.
    pub(in crate::sim) fn colliding(scene: Scene<'_>) -> Option<Epoch> {
        let mut seen = BTreeSet::new();
        let primaries = scene.hosts.iter().filter_map(Host::running).filter(|node| node.is_primary());
        let mut epochs = primaries.filter(|node| node.view().me().slot_count() > 0);
        epochs.find_map(|node| {
            let epoch = node.view().me().config_epoch;
            (!seen.insert(epoch)).then_some(epoch)
        })
    }
}
