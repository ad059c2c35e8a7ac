//! S13, S22: whose data an announced offset is of. Judged by frames, events and where data stands in truth.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Event;
use crate::protocol::replication::SyncStep;
use crate::wire::{Extension, Gossip, Header};

use super::super::HostIx;
use super::super::history::{Histories, Place};
use super::checker::{Findings, Scene};

#[derive(Clone, Debug, Default)]
pub(super) struct Announced {
    /// The primary that each host last named in a header.
    named: BTreeMap<HostIx, HostIx>,
    /// Replicas that their primary has not answered yet: what they hold may have parted from what it
    /// has, and nobody can know before they ask.
    unanswered: BTreeSet<HostIx>,
}

impl Announced {
    pub(super) fn stopped(&mut self, host: HostIx) {
        self.left_alone(host);
        self.named.remove(&host);
    }

    pub(super) fn event(&mut self, host: HostIx, event: &Event) {
        match event {
            Event::Started => {
                self.unanswered.insert(host);
            }
            Event::Following { .. } => {
                self.left_alone(host);
                self.unanswered.insert(host);
            }
            // Who is sent everything has been told, too: what it held is not what its primary has.
            Event::Sync(SyncStep::Partial { .. } | SyncStep::Full { .. } | SyncStep::Loaded { .. }) => {
                self.unanswered.remove(&host);
            }
            _ => {}
        }
    }

    /// Whoever copies this host must ask again: its data may become another.
    fn left_alone(&mut self, primary: HostIx) {
        let under = self.named.iter().filter(|(_, named)| **named == primary);
        self.unanswered.extend(under.map(|(host, _)| *host));
    }

    /// A heartbeat leaves that says how much data its sender, a replica, has.
    pub(super) fn sent(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        from: HostIx,
        header: &Header,
        gossip: &Gossip,
    ) {
        let Some(primary) = header.replica_of.and_then(|id| scene.names.host_of(id)) else { return };
        self.named.insert(from, primary);
        if header.offset.0 == 0 {
            return;
        }
        let place = |host: HostIx| scene.hosts[host.get()].data.place;
        let told = gossip.extensions.iter().find_map(|extension| match extension {
            Extension::Shard(shard) => scene.names.shard(*shard).map(|shard| shard.0),
            _ => None,
        });
        let answered = !self.unanswered.contains(&from);
        if let Some((property, what)) =
            wrong(scene.histories, header.offset.0, place(from), place(primary), told, answered)
        {
            findings.add(property, from, || format!("as replica of {} it {what}", scene.names.host(primary)));
        }
    }
}

/// What is wrong with an announced offset: `own` is where the replica's data stands, `theirs` its
/// primary's, `told` the number of the shard that the frame names, if any. Which property it breaks: S22
/// is about lines that parted within a shard, S13 about everything else.
fn wrong(
    histories: &Histories,
    offset: u64,
    own: Option<Place>,
    theirs: Option<Place>,
    told: Option<u16>,
    answered: bool,
) -> Option<(&'static str, String)> {
    let Some(own) = own else { return Some(("S13", "announces an offset and has no data".to_owned())) };
    if offset > own.offset {
        return Some(("S13", format!("announces offset {offset} and has {}", own.offset)));
    }
    // A newcomer that won without ever getting the shard's data made its own the shard's.
    let related = theirs.is_some_and(|theirs| histories.same_root(own, theirs));
    let home = told.or_else(|| theirs.map(|theirs| histories.shard_of(theirs)));
    if !related && home.is_some_and(|home| home != histories.shard_of(own)) {
        return Some(("S13", format!("announces offset {offset} of another shard's data")));
    }
    let parted = related && theirs.is_some_and(|theirs| !histories.holds(theirs, own));
    let lacks = || format!("announces offset {offset} of data that its primary does not have");
    (parted && answered).then(|| ("S22", lacks()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_of_the_primarys_data_or_it_is_wrong() {
        let mut lines = Histories::default();
        let (a, b) = (lines.root(0, (HostIx(0), 0), 100), lines.root(1, (HostIx(1), 0), 900));
        let ahead = lines.append(Some(a), (HostIx(0), 0), 0, 150);
        let parted = lines.append(Some(a), (HostIx(2), 0), 0, 130);
        let judge = |offset, own, theirs, told, answered| {
            wrong(&lines, offset, own, theirs, told, answered).is_some()
        };
        let (a, b, ahead, parted) = (Some(a), Some(b), Some(ahead), Some(parted));
        assert!(!judge(100, a, ahead, Some(0), true), "it lags, no more");
        assert!(judge(100, None, a, Some(0), true), "of nothing");
        assert!(judge(101, a, ahead, Some(0), true), "more than it has");
        assert!(judge(900, b, a, Some(0), false), "another shard's, whoever has answered");
        assert!(judge(900, b, a, None, false), "nobody needs to name the shard");
        assert!(!judge(900, b, None, Some(1), true), "the primary came back with nothing");
        assert!(!judge(100, a, None, None, true), "nothing is known");
        assert!(!judge(900, b, b, Some(0), true), "it made its data the shard's");
        assert!(judge(150, ahead, parted, Some(0), true), "it was told to go on, and could not");
        assert!(!judge(150, ahead, parted, Some(0), false), "it has not asked yet");
    }

    #[test]
    fn who_changes_primaries_must_be_answered_again_and_so_must_those_below() {
        let (a, b) = (HostIx(0), HostIx(1));
        let mut judge = Announced::default();
        judge.named.insert(b, a);
        judge.event(b, &Event::Started);
        judge.event(b, &Event::Sync(SyncStep::Loaded { offset: crate::base::Offset(1) }));
        assert!(judge.unanswered.is_empty());
        judge.stopped(a);
        assert!(judge.unanswered.contains(&b));
    }
}
