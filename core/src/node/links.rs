//! The ends of bus connections this node holds (protocol.md §3.4).

use std::net::IpAddr;

use crate::base::{Duration, Instant, LinkId, Numbered};
use crate::cluster::PeerIx;
use crate::wire::{Kind, LightBody, NodeFlags};

use super::{Node, Output};

/// Reconnects to one node within half a timeout (#2154).
const ATTEMPTS: u64 = 10;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Who is at the other end; unknown on an accepted link until it says so.
    pub(super) peer: Option<PeerIx>,
    /// Whether we opened it.
    pub(super) outbound: bool,
    /// When it was made.
    pub(super) made: Instant,
    /// Whether a frame on it has shown that the other end understands extensions.
    pub(super) extensions: bool,
    /// The other end's address, as the socket shows it; unknown on links we opened.
    pub(super) remote: Option<IpAddr>,
    /// The address at which it reached us; unknown on links we opened.
    pub(super) local: Option<IpAddr>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    links: Numbered<Link>,
}

impl Links {
    fn add(&mut self, link: Link) -> LinkId {
        LinkId(self.links.add(link))
    }

    pub(super) fn accept(&mut self, now: Instant, remote: IpAddr, local: Option<IpAddr>) -> LinkId {
        let remote = Some(remote);
        self.add(Link { peer: None, outbound: false, made: now, extensions: false, remote, local })
    }

    pub(super) fn get(&self, id: LinkId) -> Option<&Link> {
        self.links.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.get_mut(id.0)
    }

    fn remove(&mut self, id: LinkId) -> Option<Link> {
        self.links.remove(id.0)
    }

    /// Numbers links after those of an earlier life.
    #[cfg(test)]
    pub(super) fn continue_after(&mut self, earlier: &Self) {
        self.links.continue_after(&earlier.links);
    }
}

impl Node {
    /// Opens a link to a peer that has none.
    pub(super) fn dial(&mut self, now: Instant, ix: PeerIx) {
        let peer = self.view.peer_mut(ix);
        if peer.outbound.is_some() || peer.address.ip.is_none() || peer.flags.contains(NodeFlags::NOADDR) {
            return;
        }
        let address = peer.address;
        let link = self.links.add(Link {
            peer: Some(ix),
            outbound: true,
            made: now,
            extensions: false,
            remote: address.ip,
            local: None,
        });
        let peer = self.view.peer_mut(ix);
        peer.outbound = Some(link);
        peer.dialed_at = Some(now);
        self.staged.push(Output::Dial { link, address });
    }

    /// Whether another attempt to reach a silent peer is due (#2154).
    pub(super) fn may_dial(&self, now: Instant, ix: PeerIx) -> bool {
        let peer = self.view.peer(ix);
        let pace = Duration::from_micros(self.config.node_timeout.as_micros() / 2 / ATTEMPTS);
        !self.rules.throttle_reconnects
            || peer.inbound.is_some()
            || peer.dialed_at.is_none_or(|at| now.since(at) >= pace)
    }

    /// A link we opened is up: says hello, as MEET until that is answered (before #461: once).
    pub(super) fn link_up(&mut self, now: Instant, link: LinkId) {
        let Some(ix) = self.links.get(link).and_then(|link| link.peer) else { return };
        let kind = if self.view.peer(ix).flags.contains(NodeFlags::MEET) { Kind::Meet } else { Kind::Ping };
        self.ping(now, ix, kind);
        if !self.rules.meet_until_answered {
            self.view.peer_mut(ix).flags.remove(NodeFlags::MEET);
        }
    }

    /// A light frame: it names no sender, so it shows that the peer lives, and what it says (§2.2). Who does not
    /// know of them finds the frame too short and hangs up, and so does who cannot tell who speaks.
    pub(super) fn light_in(&mut self, now: Instant, link: LinkId, bound: Option<PeerIx>, body: LightBody) {
        let Some(ix) = bound.filter(|_| self.rules.light_publish) else {
            return self.close(now, link);
        };
        if self.rules.light_module || !matches!(body, LightBody::Module(_)) {
            self.view.peer_mut(ix).data_received = now;
        }
        match body {
            LightBody::Publish(text) => self.published(false, text),
            LightBody::PublishShard(text) => self.published(true, text),
            LightBody::Module(_) => {}
        }
    }

    /// A link is gone, whoever closed it.
    pub(super) fn link_down(&mut self, now: Instant, id: LinkId) {
        let Some(link) = self.links.remove(id) else { return };
        let Some(peer) = link.peer.filter(|ix| self.view.find(*ix).is_some()) else { return };
        let peer = self.view.peer_mut(peer);
        if peer.outbound == Some(id) {
            peer.outbound = None;
        }
        if peer.inbound == Some(id) {
            peer.inbound = None;
            peer.inbound_lost_at = now;
        }
    }

    /// Closes a link from our side.
    pub(super) fn close(&mut self, now: Instant, id: LinkId) {
        if self.links.get(id).is_some() {
            self.staged.push(Output::Close(id));
            self.link_down(now, id);
        }
    }

    /// Closes the link we opened to a peer; cron opens it again.
    pub(super) fn close_outbound(&mut self, now: Instant, ix: PeerIx) {
        if let Some(id) = self.view.peer(ix).outbound {
            self.close(now, id);
        }
    }

    /// Ties an accepted link to the peer that spoke on it; a newer one replaces an older.
    pub(super) fn bind_inbound(&mut self, now: Instant, id: LinkId, ix: PeerIx) {
        if let Some(old) = self.view.peer(ix).inbound.filter(|old| *old != id) {
            self.close(now, old);
        }
        let Some(link) = self.links.get_mut(id) else { return };
        // The row of a handshake that is no longer needed must not take the link with it when it goes.
        if let Some(before) = link.peer.replace(ix).filter(|before| *before != ix) {
            self.view.peer_mut(before).inbound = None;
        }
        self.view.peer_mut(ix).inbound = Some(id);
    }

    /// Removes a node and its links.
    pub(super) fn remove_peer(&mut self, now: Instant, ix: PeerIx) {
        for id in [self.view.peer(ix).outbound, self.view.peer(ix).inbound].into_iter().flatten() {
            self.close(now, id);
        }
        self.view.remove(ix);
        self.todo.judge = true;
    }
}
