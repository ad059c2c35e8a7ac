//! What a packet does when it arrives, and what a process does with what came.

use std::sync::Arc;

use crate::base::{Duration, Instant, SlotSet};
use crate::node::ReplicationInput;
use crate::wire;

use super::agenda::Step;
use super::host::{Input, Power};
use super::network::{Conn, ConnId, Packet, Parcel, Payload, Side};
use super::traffic::{Present, Trigger};
use super::{Brief, HostIx, Simulator};

impl Simulator {
    /// Puts a payload on its way to one end of a connection.
    pub(super) fn push(&mut self, conn: ConnId, to: Side, payload: Payload, late: Duration) {
        let letter = self.letter(conn, to, &payload);
        if self.network.push(self.now, conn, to, payload, late) {
            self.schedule(conn, to);
        }
        if let (Some((from, to, brief)), Some(traffic)) = (letter, &mut self.recorder.traffic) {
            traffic.sent(Some(self.network.last_packet()), from, to, brief, self.now);
        }
    }

    /// What is to be remembered of a payload: nothing unless it is a frame and traffic is kept.
    fn letter(&self, conn: ConnId, to: Side, payload: &Payload) -> Option<(HostIx, HostIx, Brief)> {
        let (Payload::Frame(parcel), Some(_)) = (payload, &self.recorder.traffic) else { return None };
        let conn = self.network.conns.get(conn.0)?;
        Some((conn.host(to.other()), conn.host(to), parcel.brief))
    }

    /// Enters a step for the head of a direction.
    fn schedule(&mut self, id: ConnId, to: Side) {
        let now = self.now;
        let Some(conn) = self.network.conns.get_mut(id.0) else { return };
        let pipe = conn.pipe_mut(to);
        let Some(head) = pipe.queue.front() else { return };
        pipe.scheduled = true;
        self.agenda.enter(head.due.max(now), Step::Arrive(id, to));
    }

    /// The head of a direction is due. False if there is nothing to do.
    pub(super) fn arrive(&mut self, id: ConnId, to: Side) -> bool {
        let now = self.now;
        let Some(conn) = self.network.conns.get_mut(id.0) else { return false };
        let (from_host, to_host) = (conn.host(to.other()), conn.host(to));
        let pipe = conn.pipe_mut(to);
        pipe.scheduled = false;
        let Some(head) = pipe.queue.front() else { return false };
        if head.due > now {
            // What was due earlier was lost when the connection closed.
            self.schedule(id, to);
            return false;
        }
        if self.is_blocked(from_host, to_host, id, to) {
            if let Some(conn) = self.network.conns.get_mut(id.0) {
                conn.pipe_mut(to).stalled = true;
            }
            return false;
        }
        let Some(packet) =
            self.network.conns.get_mut(id.0).and_then(|conn| conn.pipe_mut(to).queue.pop_front())
        else {
            return false;
        };
        self.schedule(id, to);
        self.receive(id, to, packet);
        true
    }

    fn is_blocked(&self, from: HostIx, to: HostIx, id: ConnId, side: Side) -> bool {
        if self.network.is_cut(from, to) || self.hosts[to.get()].power == Power::Off {
            return true;
        }
        if self.network.holds.is_empty() {
            return false;
        }
        let head = self.network.conns.get(id.0).and_then(|conn| conn.pipe(side).queue.front());
        let Some(Payload::Frame(parcel)) = head.map(|packet| &packet.payload) else { return false };
        self.network.holds.iter().any(|hold| hold.matches(parcel.brief.kind, from, to))
    }

    /// Lets everything go on that waits no longer for a wall, a hold or a machine.
    pub(super) fn unstall(&mut self) {
        for (id, side) in self.network.ends(|conn, side| conn.pipe(side).stalled) {
            let Some(conn) = self.network.conns.get(id.0) else { continue };
            let (from, to) = (conn.host(side.other()), conn.host(side));
            if self.is_blocked(from, to, id, side) {
                continue;
            }
            // What waited has to travel again.
            let due = self.now + self.network.travel(from, to);
            let Some(conn) = self.network.conns.get_mut(id.0) else { continue };
            let pipe = conn.pipe_mut(side);
            pipe.stalled = false;
            pipe.last_due = pipe.last_due.max(due);
            for packet in &mut pipe.queue {
                packet.due = packet.due.max(due);
            }
            self.schedule(id, side);
        }
    }

    pub(super) fn receive(&mut self, id: ConnId, to: Side, packet: Packet) {
        let Packet { payload, id: number, .. } = packet;
        let Some(conn) = self.network.conns.get_mut(id.0) else {
            return self.recorder.lost(self.now, std::iter::once(number));
        };
        let host = conn.host(to);
        let found = &self.hosts[host.get()];
        let alive = conn.end(to).open && conn.end(to).incarnation == found.incarnation;
        match payload {
            Payload::Syn if found.node.is_none() => self.push(id, to.other(), Payload::Fin, Duration::ZERO),
            Payload::Syn => {
                let incarnation = found.incarnation;
                let end = conn.end_mut(to);
                (end.open, end.incarnation) = (true, incarnation);
                self.push(id, Side::Dialer, Payload::SynAck, Duration::ZERO);
                self.deliver(host, Input::Accept(id));
            }
            Payload::Fin if alive => self.deliver(host, Input::Down(id)),
            Payload::Fin => {
                conn.end_mut(to).open = false;
                self.forget_if_closed(id);
            }
            _ if !alive => {
                conn.end_mut(to).open = false;
                self.recorder.lost(self.now, std::iter::once(number));
                self.push(id, to.other(), Payload::Fin, Duration::ZERO);
                self.forget_if_closed(id);
            }
            Payload::SynAck => {
                conn.up = true;
                for waiting in std::mem::take(&mut conn.waiting) {
                    self.push(id, Side::Acceptor, waiting, Duration::ZERO);
                }
                self.deliver(host, Input::Up(id));
            }
            Payload::Frame(parcel) => {
                if let Some(traffic) = &mut self.recorder.traffic {
                    traffic.arrived(number, self.now);
                }
                self.deliver(host, Input::Frame(id, parcel, number));
            }
            Payload::Data(message) => self.deliver(host, Input::Data(id, message)),
        }
    }

    fn forget_if_closed(&mut self, id: ConnId) {
        let closed = |conn: &&Conn| !conn.dialer.open && !conn.acceptor.open;
        if let Some(conn) = self.network.conns.get(id.0).filter(closed) {
            self.recorder.lost(self.now, conn.frames(Side::Dialer).chain(conn.frames(Side::Acceptor)));
            self.network.conns.remove(id.0);
        }
    }

    /// One end closes: what is on its way is lost, and the other end will learn of it.
    pub(super) fn close(&mut self, id: ConnId, side: Side) {
        let Some(conn) = self.network.conns.get_mut(id.0) else { return };
        conn.end_mut(side).open = false;
        conn.waiting.clear();
        for direction in [Side::Dialer, Side::Acceptor] {
            self.recorder.lost(self.now, conn.frames(direction));
            let pipe = conn.pipe_mut(direction);
            pipe.queue.clear();
            // A wall still stands in the way; a hold was for the frame that is lost now.
            pipe.stalled = false;
            pipe.last_due = Instant::ZERO;
        }
        if conn.end(side.other()).open {
            self.push(id, side.other(), Payload::Fin, Duration::ZERO);
        } else {
            self.network.conns.remove(id.0);
        }
    }

    /// The network ends a connection: what is on its way is lost, and both ends will learn of it.
    pub(super) fn break_connection(&mut self, id: ConnId) {
        for side in [Side::Dialer, Side::Acceptor] {
            let Some(conn) = self.network.conns.get_mut(id.0) else { return };
            self.recorder.lost(self.now, conn.frames(side));
            let pipe = conn.pipe_mut(side);
            pipe.queue.clear();
            pipe.stalled = false;
            if conn.end(side).open {
                self.push(id, side, Payload::Fin, Duration::ZERO);
            }
        }
    }

    /// Ends every connection of a host: with word to the other ends, or, if the machine is off, without.
    pub(super) fn drop_connections(&mut self, host: HostIx, silently: bool) {
        for (id, side) in
            self.network.ends(|conn, side| conn.host(side) == host && conn.side_of(host) == side)
        {
            if !silently {
                // One that nobody answered yet is no end of ours: its opener waits for us.
                if self.network.conns.get(id.0).is_some_and(|conn| conn.end(side).open) {
                    self.close(id, side);
                }
                continue;
            }
            let Some(conn) = self.network.conns.get_mut(id.0) else { continue };
            conn.end_mut(side).open = false;
            self.recorder.lost(self.now, conn.frames(side.other()));
            conn.pipe_mut(side.other()).queue.clear();
            self.forget_if_closed(id);
        }
    }

    /// One input of a running process.
    pub(super) fn handle(&mut self, host: HostIx, input: Input) {
        let around = self.begin_turn(host, &input);
        self.take_up(host, input);
        self.drain(host);
        self.recorder.end(around);
    }

    fn begin_turn(&mut self, host: HostIx, input: &Input) -> Option<Present> {
        let traffic = self.recorder.traffic.as_mut()?;
        let trigger = match input {
            Input::Accept(_) | Input::Up(_) | Input::Down(_) => Trigger::Link,
            Input::Frame(.., packet) => traffic.reading(*packet),
            Input::Data(..) | Input::Loaded(_) => Trigger::Data,
            Input::Write(_) => Trigger::Client,
            Input::Command(_) | Input::Rules(_) | Input::Config(_) => Trigger::Command,
            Input::Timers => Trigger::Timer,
        };
        Some(traffic.begin(self.now, Some(host), trigger))
    }

    fn take_up(&mut self, host: HostIx, input: Input) {
        match input {
            Input::Accept(conn) => self.accepted(host, conn),
            Input::Up(conn) => self.connected(host, conn),
            Input::Down(conn) => self.disconnected(host, conn),
            Input::Frame(conn, parcel, packet) => self.frame_arrived(host, conn, parcel, packet),
            Input::Data(conn, message) => self.data_arrived(host, conn, &message),
            Input::Loaded(conn) => self.loaded(host, conn),
            Input::Write(write) => self.write_handled(host, write),
            Input::Command(command) => self.command_handled(host, command),
            Input::Timers => {
                if let Some(node) = &mut self.hosts[host.get()].node {
                    node.handle_timeout(self.now);
                }
            }
            Input::Rules(rules) => {
                if let Some(node) = &mut self.hosts[host.get()].node {
                    node.set_rules(self.now, rules);
                }
            }
            Input::Config(config) => {
                if let Some(node) = &mut self.hosts[host.get()].node {
                    node.set_config(self.now, *config);
                }
            }
        }
    }

    fn accepted(&mut self, host: HostIx, id: ConnId) {
        let Some(conn) = self.network.conns.get(id.0) else { return };
        if conn.replication {
            return;
        }
        let remote = self.hosts[conn.dialer.host.get()].address.ip;
        let found = &mut self.hosts[host.get()];
        let (Some(node), Some(remote)) = (&mut found.node, remote) else { return };
        let link = node.handle_accept(self.now, remote);
        found.links.put(link.0, id);
        if let Some(conn) = self.network.conns.get_mut(id.0) {
            conn.acceptor.link = Some(link);
        }
    }

    fn connected(&mut self, host: HostIx, id: ConnId) {
        let Some(conn) = self.network.conns.get(id.0) else { return };
        if conn.replication {
            self.replication_connected(host, id);
            return;
        }
        let Some(link) = conn.dialer.link.filter(|_| conn.dialer.open) else { return };
        if let Some(node) = &mut self.hosts[host.get()].node {
            node.handle_link_up(self.now, link);
        }
    }

    fn disconnected(&mut self, host: HostIx, id: ConnId) {
        let Some(conn) = self.network.conns.get_mut(id.0) else { return };
        let side = conn.side_of(host);
        let (replication, end) = (conn.replication, *conn.end(side));
        if !end.open {
            return;
        }
        conn.end_mut(side).open = false;
        self.forget_if_closed(id);
        if replication {
            self.replication_lost(host, id);
            return;
        }
        let found = &mut self.hosts[host.get()];
        if let (Some(link), Some(node)) = (end.link, &mut found.node) {
            found.links.remove(link.0);
            node.handle_link_down(self.now, link);
        }
    }

    fn frame_arrived(&mut self, host: HostIx, id: ConnId, parcel: Arc<Parcel>, packet: u64) {
        let conn = self.network.conns.get(id.0).filter(|conn| conn.end(conn.side_of(host)).open);
        let Some((conn, link)) = conn.and_then(|conn| Some((conn, conn.end(conn.side_of(host)).link?)))
        else {
            self.recorder.lost(self.now, std::iter::once(packet));
            return;
        };
        let from = conn.host(conn.side_of(host).other());
        if let Some(traffic) = &mut self.recorder.traffic {
            traffic.read(packet, self.now);
        }
        self.recorder.delivered(self.now, from, host, &parcel.brief);
        self.watch.delivered(&parcel.brief);
        let node = self.hosts[host.get()].node.as_ref();
        let likely = node.map_or(SlotSet::EMPTY, |node| node.likely_slots(link));
        // Both ends of every wire here are ours: bytes that do not decode are a bug, not an input.
        let frame = wire::decode_like(&parcel.bytes, &likely).expect("a node's own frame decodes");
        self.network.spare.take_back(parcel);
        if let Some(node) = &mut self.hosts[host.get()].node {
            if let wire::Frame::Full(message) = &frame {
                self.checker.delivered(from, host, node, message);
            }
            node.handle_frame(self.now, link, frame);
        }
    }

    /// Tells a node something about its data path.
    pub(super) fn tell(&mut self, host: HostIx, input: ReplicationInput) {
        let now = self.now;
        if let Some(node) = &mut self.hosts[host.get()].node {
            node.handle_replication(now, input);
        }
    }
}
