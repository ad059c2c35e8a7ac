//! S21: to whom a refusal may be sent.

use std::collections::BTreeMap;

use crate::wire::{Header, NodeFlags};

use super::super::HostIx;
use super::checker::{Findings, Scene};

/// Voter and candidate, and whether the candidate's last request said that it reads refusals.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(BTreeMap<(HostIx, HostIx), bool>);

impl Refusals {
    /// A request for votes reaches a voter.
    pub(super) fn asked(&mut self, voter: HostIx, candidate: HostIx, header: &Header) {
        self.0.insert((voter, candidate), header.flags.contains(NodeFlags::NACK));
    }

    /// A refusal leaves.
    pub(super) fn refused(
        &self,
        findings: &mut Findings,
        scene: Scene<'_>,
        voter: HostIx,
        candidate: HostIx,
    ) {
        if self.0.get(&(voter, candidate)) != Some(&true) {
            findings.add("S21", voter, || {
                format!("it refused {} aloud, who never said that it listens", scene.names.host(candidate))
            });
        }
    }
}
