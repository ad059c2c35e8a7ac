//! S5 to S9 and the claims' part of S15: epochs and slots.

use std::collections::BTreeMap;

use crate::base::{Epoch, NodeId, SlotSet};
use crate::node::event::FollowCause;
use crate::node::{Event, Node};
use crate::wire::{Header, NodeFlags};

use super::super::HostIx;
use super::checker::{Findings, Scene};

/// What a process was when it had last settled.
#[derive(Clone, Copy, Debug)]
struct Before {
    current: Epoch,
    config: Epoch,
    primary: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    /// Who last announced slots at a config epoch, and which.
    announced: BTreeMap<Epoch, (NodeId, SlotSet)>,
    /// By host.
    before: Vec<Option<Before>>,
    /// The sender of the frame being handled, if it is a replica.
    replica_speaks: Option<(HostIx, NodeId)>,
    /// Slots were moved by hand.
    moved: bool,
    /// Claims were made without an election.
    operated: bool,
}

impl Claims {
    pub(super) fn operated(&mut self, slots: bool) {
        self.operated = true;
        self.moved |= slots;
    }

    pub(super) fn is_operated(&self) -> bool {
        self.operated
    }

    pub(super) fn is_moved(&self) -> bool {
        self.moved
    }

    pub(super) fn stopped(&mut self, host: HostIx) {
        if let Some(before) = self.before.get_mut(host.get()) {
            *before = None;
        }
    }

    pub(super) fn delivered(&mut self, to: HostIx, sender: NodeId, replica: bool) {
        self.replica_speaks = replica.then_some((to, sender));
    }

    pub(super) fn announced(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        from: HostIx,
        header: &Header,
    ) {
        if header.flags.contains(NodeFlags::PRIMARY) {
            self.primary_announced(findings, scene, from, header);
        }
    }

    fn primary_announced(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        from: HostIx,
        header: &Header,
    ) {
        let epoch = header.config_epoch;
        let durable = scene.hosts[from.get()].disk.synced.myself().map(|line| line.config_epoch);
        if scene.hosts[from.get()].must_save() && durable.is_some_and(|durable| durable < epoch) {
            findings.add("S15", from, || format!("announced config epoch {epoch} before it was on disk"));
        }
        if self.operated || header.slots.is_empty() {
            return;
        }
        let Some((claimant, slots)) = self.announced.get(&epoch) else {
            self.announced.insert(epoch, (header.sender, header.slots.clone()));
            return;
        };
        if *claimant == header.sender {
            return;
        }
        if slots.iter().any(|slot| header.slots.contains(slot)) {
            let claimant = *claimant;
            findings.add("S5", from, || {
                format!("announces slots at config epoch {epoch}, as {} did", scene.name(claimant))
            });
        }
    }

    pub(super) fn event(&mut self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, event: &Event) {
        let Some(node) = scene.node(host) else { return };
        match event {
            Event::SlotsMoved { to, from: Some(from), epoch, .. } => {
                if self.replica_speaks == Some((host, *to)) {
                    findings.add("S9", host, || format!("gave slots to the replica {}", scene.name(*to)));
                }
                let (Some(loser), Some(winner)) = (node.view().get(*from), node.view().get(*to)) else {
                    return;
                };
                if !self.moved && loser.shard != winner.shard && loser.config_epoch >= *epoch {
                    findings.add("S7", host, || {
                        format!(
                            "gave slots of {} at epoch {} to {} at epoch {epoch}",
                            scene.name(*from),
                            loser.config_epoch,
                            scene.name(*to)
                        )
                    });
                }
            }
            Event::Following { primary, cause: FollowCause::LostSlots, .. } => {
                let Some(before) =
                    self.before.get(host.get()).copied().flatten().filter(|before| before.primary)
                else {
                    return;
                };
                let Some(winner) = node.view().get(*primary) else { return };
                if !self.moved && winner.config_epoch <= before.config {
                    findings.add("S8", host, || {
                        format!(
                            "stepped down at epoch {} for a claim at epoch {}",
                            before.config, winner.config_epoch
                        )
                    });
                }
            }
            _ => {}
        }
    }

    pub(super) fn settled(&mut self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, node: &Node) {
        self.replica_speaks = None;
        let now = Before {
            current: node.view().current_epoch,
            config: node.view().me().config_epoch,
            primary: node.is_primary(),
        };
        if self.before.len() <= host.get() {
            self.before.resize(host.get() + 1, None);
        }
        if let Some(before) = self.before[host.get()].replace(now) {
            if now.current < before.current {
                findings
                    .add("S6", host, || format!("its epoch fell from {} to {}", before.current, now.current));
            }
            if before.primary && now.primary && now.config < before.config {
                findings.add("S6", host, || {
                    format!("its config epoch fell from {} to {}", before.config, now.config)
                });
            }
        }
        if scene.hosts[host.get()].disk.synced.current_epoch > now.current {
            findings.add("S6", host, || "its disk is ahead of it".to_owned());
        }
    }
}
