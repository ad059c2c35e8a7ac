//! What the log says of events: our own sentence, and before it the phrase that Valkey's operators and
//! tests look for, where there is one (native-node.md §7).

use crate::base::{Epoch, LinkId, NodeId};
use crate::cluster::PeerIx;
use crate::node::{Event, FollowCause};
use crate::protocol::election::RoundEnd;
use crate::wire::{Body, Frame, FrameError, NodeFlags};

use super::server::Server;

/// Complaints about frames within one second that are written down; more are only counted.
const COMPLAINTS: u64 = 5;

impl Server {
    /// Writes down what happened.
    pub(super) fn tell(&mut self, event: &Event) {
        let name = |id: NodeId| self.named(id);
        let own = event.tell(&name);
        let line = match phrase(event, &name) {
            Some(phrase) => format!("{phrase} {own}"),
            None => own.to_string(),
        };
        self.notice(format_args!("{line}"));
        if let Event::SlotsMoved { from: Some(from), .. } = event
            && *from == self.node.id()
            && self.node.is_primary()
            && self.node.view().me().slot_count() == 0
        {
            self.notice(format_args!("Configuration change detected. I am now an empty primary."));
        }
    }

    /// A node as the log names it: its id and the name it gave itself.
    fn named(&self, id: NodeId) -> String {
        let names = match self.node.view().get(id) {
            _ if id == self.node.id() => Some(&self.node.config().names),
            peer => peer.and_then(|peer| peer.names.as_deref()),
        };
        format!("{id} ({})", names.map_or("", |names| names.human_name.as_str()))
    }

    /// A frame came: the node takes it, and whose word about whom is new is written down.
    pub(super) fn heard(&mut self, link: LinkId, frame: Frame) {
        let told = accusations(&frame);
        let before: Vec<bool> = told.iter().map(|(about, by)| self.reported(*about, *by)).collect();
        self.input(|node, now| node.handle_frame(now, link, frame));
        for ((about, by), before) in told.into_iter().zip(before) {
            if !before && self.reported(about, by) {
                let (by, about) = (self.named(by), self.named(about));
                self.verbose(format_args!("Node {by} reported node {about} as not reachable."));
            }
        }
    }

    fn reported(&self, about: NodeId, by: NodeId) -> bool {
        let view = self.node.view();
        let witness: Option<PeerIx> = view.lookup(by);
        view.get(about).is_some_and(|peer| peer.reports.iter().any(|report| Some(report.by) == witness))
    }

    /// A frame came that is none. Strangers can send many: a few of them are written down.
    pub(super) fn misheard(&mut self, error: FrameError) {
        self.traffic.misframed += 1;
        let second = self.clock.unix_ms() / 1000;
        if self.traffic.complaints.0 != second {
            self.traffic.complaints = (second, 0);
        }
        self.traffic.complaints.1 += 1;
        if self.traffic.complaints.1 > COMPLAINTS {
            return;
        }
        let phrase = if error.closes_link() {
            "Bad message length or signature received on the cluster bus."
        } else {
            ""
        };
        self.warning(format_args!("{phrase} bus frame: {error}"));
    }
}

/// Whom a frame's sender speaks of as unreachable: pairs of the node and the sender.
fn accusations(frame: &Frame) -> Vec<(NodeId, NodeId)> {
    let Frame::Full(message) = frame else { return Vec::new() };
    let (Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip)) = &message.body else {
        return Vec::new();
    };
    let bad = |flags: NodeFlags| flags.intersects(NodeFlags::PFAIL | NodeFlags::FAIL);
    let by = message.header.sender;
    gossip.entries.iter().filter(|entry| bad(entry.flags)).map(|entry| (entry.node, by)).collect()
}

/// What Valkey would have written.
fn phrase(event: &Event, name: &dyn Fn(NodeId) -> String) -> Option<String> {
    Some(match event {
        Event::ElectionScheduled { delay, rank, failed_rank, offset, .. } => format!(
            "Start of election delayed for {} milliseconds (rank #{rank}, primary rank #{failed_rank}, offset \
             {offset}).",
            delay.as_millis()
        ),
        Event::VotesAsked { epoch, .. } => {
            format!("Starting a failover election for epoch {epoch}.")
        }
        Event::ElectionWon { .. } => "Failover election won: I'm the new primary.".to_owned(),
        Event::RoundLost { end: RoundEnd::Expired, epoch } if *epoch != Epoch::ZERO => {
            "Failover attempt expired.".to_owned()
        }
        Event::VoteGranted { candidate, epoch } => {
            format!("Failover auth granted to {} for epoch {epoch}.", name(*candidate))
        }
        Event::FailMarked { node, .. } => {
            format!("Marking node {} as failing (quorum reached).", name(*node))
        }
        Event::FailTold { node, by } => {
            format!("FAIL message received from {} about {}.", name(*by), name(*node))
        }
        Event::PfailMarked { node } => format!("*** NODE {} possibly failing ***", name(*node)),
        Event::Following { primary, cause: FollowCause::Chain, .. } => {
            format!("I'm a sub-replica! Reconfiguring myself to follow {}.", name(*primary))
        }
        Event::Following { primary, cause: FollowCause::LostSlots, .. } => {
            format!("Configuration change detected. Reconfiguring myself as a replica of {}.", name(*primary))
        }
        Event::Following { primary, cause: FollowCause::Migration, .. } => {
            format!("Migrating to orphaned primary {}.", name(*primary))
        }
        _ => return None,
    })
}
