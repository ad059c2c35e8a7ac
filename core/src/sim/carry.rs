//! What a node wants done, carried out in order. A synced write holds up everything behind it, and the
//! process with it.

use std::sync::Arc;

use crate::base::{Address, Duration, LinkId};
use crate::node::{Durability, Output};
use crate::scenario::DiskState;
use crate::wire::{Body, Frame, Message};

use super::agenda::Step;
use super::host::Power;
use super::network::{Conn, ConnId, Copies, End, Payload, Side};
use super::{Brief, Happening, HostIx, Simulator};

/// How many times longer a slow disk takes.
const SLOW_DISK: u64 = 100;

impl Simulator {
    /// Carries out what the node has queued, until it is done or must wait for its disk.
    pub(super) fn drain(&mut self, host: HostIx) {
        loop {
            let found = &mut self.hosts[host.get()];
            if found.busy {
                return;
            }
            let Some(output) = found.node.as_mut().and_then(|node| node.poll_output()) else { break };
            self.carry(host, output);
        }
        let (checker, scene) = self.judges();
        checker.settled(scene, host);
        self.sentence();
        self.rearm(host);
    }

    fn carry(&mut self, host: HostIx, output: Output) {
        match output {
            Output::Dial { link, address } => self.dial(host, link, address),
            Output::Close(link) => {
                if let Some(conn) = self.hosts[host.get()].links.remove(link.0)
                    && let Some(side) = self.network.conns.get(conn.0).map(|conn| conn.side_of(host))
                {
                    self.close(conn, side);
                }
            }
            Output::Persist(conf, durability) => self.persist(host, Arc::new(*conf), durability),
            Output::Send(link, frame) => self.send(host, link, &frame),
            Output::Follow(follow) => self.follow(host, follow),
            Output::DropReplicas => self.drop_replicas(host),
            Output::StreamPing(_) => {
                self.stream_on(host);
            }
            Output::PauseWrites(paused) => self.pause_writes(host, paused),
            Output::Notify(event) => self.note(host, event),
            // Simulated clients listen to no channels.
            Output::Published { .. } => {}
        }
    }

    fn persist(&mut self, host: HostIx, conf: Arc<crate::cluster::NodesConf>, durability: Durability) {
        let found = &mut self.hosts[host.get()];
        if found.disk.state == DiskState::Full {
            if !found.must_save() {
                self.happened(Some(host), Happening::NotSaved);
                return;
            }
            self.stop(host, Power::Down, Happening::DiskFailed);
            return;
        }
        let factor = if found.disk.state == DiskState::Slow { SLOW_DISK } else { 1 };
        let takes = if self.watch.forming { Duration::ZERO } else { found.settings.fsync * factor };
        found.disk.write(conf, durability, !takes.is_zero());
        if found.disk.writing.is_some() {
            found.busy = true;
            if let Some(traffic) = &mut self.recorder.traffic {
                traffic.hold(host);
            }
            self.agenda.enter(self.now + takes, Step::Synced(host, found.incarnation));
        }
    }

    /// A synced write is done: the process goes on. False if that process is gone.
    pub(super) fn synced(&mut self, host: HostIx, incarnation: u32) -> bool {
        let found = &mut self.hosts[host.get()];
        if found.incarnation != incarnation || !found.busy {
            return false;
        }
        found.busy = false;
        found.disk.finish();
        if let Some(traffic) = &mut self.recorder.traffic {
            traffic.resume(host);
        }
        if found.power == Power::Up {
            self.catch_up(host);
        }
        true
    }

    fn dial(&mut self, host: HostIx, link: LinkId, address: Address) {
        let Some(to) = self.host_at(address) else {
            // Nobody was ever there: it answers as an empty machine does, not at all.
            return;
        };
        let id = self.open(host, to, Some(link), false);
        self.hosts[host.get()].links.put(link.0, id);
        if self.watch.forming {
            self.connect_at_once(id);
        } else {
            self.push(id, Side::Acceptor, Payload::Syn, Duration::ZERO);
        }
    }

    /// Makes a connection of which only the dialer knows yet.
    pub(super) fn open(
        &mut self,
        from: HostIx,
        to: HostIx,
        link: Option<LinkId>,
        replication: bool,
    ) -> ConnId {
        let incarnation = self.hosts[from.get()].incarnation;
        let dialer = End { host: from, incarnation, link, open: true };
        let acceptor = End { host: to, incarnation: 0, link: None, open: false };
        self.network.open(Conn::new(dialer, acceptor, replication))
    }

    /// The host at an address, if there is one.
    pub(super) fn host_at(&self, address: Address) -> Option<HostIx> {
        let is_at =
            |host: &HostIx| self.hosts.get(host.get()).is_some_and(|found| found.address.ip == address.ip);
        super::birth::born_at(address).filter(is_at).or_else(|| self.host_numbers().find(is_at))
    }

    fn send(&mut self, host: HostIx, link: LinkId, frame: &Frame) {
        let Some(id) = self.hosts[host.get()].links.get(link.0).copied() else { return };
        let Some(conn) = self.network.conns.get(id.0) else { return };
        let side = conn.side_of(host);
        let to = conn.host(side.other());
        let kind = frame.kind();
        self.recorder.sent(kind);
        if let Frame::Full(message) = frame {
            let (checker, scene) = self.judges();
            checker.sent(scene, host, to, message);
        }
        if self.network.drops.iter_mut().any(|rule| rule.takes(kind, host, to)) {
            return self.lost_at_once(host, to, frame);
        }
        let copies = match self.network.copies(host, to) {
            Copies::Lost => {
                self.lost_at_once(host, to, frame);
                return self.break_connection(id);
            }
            Copies::One => 1,
            Copies::Two => 2,
        };
        let parcel = self.network.spare.wrap(frame);
        for _ in 0..copies {
            let payload = Payload::Frame(parcel.clone());
            let Some(conn) = self.network.conns.get_mut(id.0) else { return };
            if side == Side::Dialer && !conn.up {
                conn.waiting.push_back(payload);
            } else {
                self.push(id, side.other(), payload, Duration::ZERO);
            }
        }
    }
}

impl Simulator {
    fn lost_at_once(&mut self, from: HostIx, to: HostIx, frame: &Frame) {
        let now = self.now;
        if let Some(traffic) = &mut self.recorder.traffic {
            traffic.sent(None, from, to, Brief::of(frame), now);
        }
    }
}

impl Brief {
    pub(super) fn of(frame: &Frame) -> Self {
        let Frame::Full(Message { header, body }) = frame else {
            return Self {
                kind: frame.kind(),
                epoch: crate::base::Epoch::ZERO,
                config_epoch: crate::base::Epoch::ZERO,
                reason: None,
                about: None,
            };
        };
        let mut brief = Self {
            kind: body.kind(),
            epoch: header.current_epoch,
            config_epoch: header.config_epoch,
            reason: None,
            about: None,
        };
        match body {
            Body::Fail(node) => brief.about = Some(*node),
            Body::Update { config_epoch, owner, .. } => {
                (brief.config_epoch, brief.about) = (*config_epoch, Some(*owner));
            }
            Body::AuthNack { form, reason } => {
                brief.epoch = form.epoch().unwrap_or(brief.epoch);
                brief.reason = Some(*reason);
            }
            _ => {}
        }
        brief
    }
}
