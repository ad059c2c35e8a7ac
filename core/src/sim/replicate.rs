//! Data between hosts: replicas that ask and copy, primaries that answer and stream, clients that write.

use std::collections::VecDeque;

use crate::base::Duration;
use crate::node::{Follow, ReplicationInput};
use crate::protocol::replication::{PsyncAnswer, PsyncRequest};

use super::agenda::Step;
use super::client::{HOPS, Outcome, Write};
use super::data::{DataMessage, Loading};
use super::history::Place;
use super::host::{Input, Power};
use super::network::{ConnId, Payload, Side};
use super::{HostIx, Simulator};

impl Simulator {
    /// A node replicates from someone else, or from nobody.
    pub(super) fn follow(&mut self, host: HostIx, follow: Option<Follow>) {
        let data = &mut self.hosts[host.get()].data;
        data.loading = None;
        if let Some((conn, _)) = data.following.take() {
            self.close(conn, Side::Dialer);
        }
        let Some(follow) = follow else { return };
        let Some(primary) = self.host_at(follow.address) else { return };
        let conn = self.open(host, primary, None, true);
        let request = PsyncRequest { from: follow.psync };
        self.hosts[host.get()].data.following = Some((conn, request));
        self.push(conn, Side::Acceptor, Payload::Syn, Duration::ZERO);
        self.be_patient(host, conn);
    }

    fn be_patient(&mut self, host: HostIx, conn: ConnId) {
        let patience = self.hosts[host.get()].settings.repl_timeout;
        self.agenda.enter(self.now + patience, Step::Patience(host, conn));
    }

    /// Before the stream flows only the driver can tell a long transfer, during which a primary shows
    /// that it lives, from a dead one. False if there is nothing to tell.
    pub(super) fn lose_patience(&mut self, host: HostIx, id: ConnId) -> bool {
        let found = &self.hosts[host.get()];
        let waits = found.data.following.as_ref().is_some_and(|(conn, _)| *conn == id);
        let streaming = found.node.as_ref().is_some_and(|node| node.replication().streaming());
        if !waits || streaming {
            return false;
        }
        let Some(conn) = self.network.conns.get(id.0) else { return false };
        let primary = &self.hosts[conn.acceptor.host.get()];
        let alive = conn.acceptor.open
            && conn.acceptor.incarnation == primary.incarnation
            && primary.power == Power::Up
            && !self.network.is_cut(conn.acceptor.host, host);
        if alive || found.power != Power::Up || found.busy {
            self.be_patient(host, id);
            return false;
        }
        self.close(id, Side::Dialer);
        self.replication_lost(host, id);
        self.drain(host);
        true
    }

    pub(super) fn replication_connected(&mut self, host: HostIx, id: ConnId) {
        let following = &self.hosts[host.get()].data.following;
        let Some(request) = following.as_ref().filter(|(conn, _)| *conn == id).map(|(_, request)| *request)
        else {
            return;
        };
        self.tell(host, ReplicationInput::Connected);
        self.push(id, Side::Acceptor, Payload::Data(DataMessage::Psync(request)), Duration::ZERO);
    }

    pub(super) fn replication_lost(&mut self, host: HostIx, id: ConnId) {
        let data = &mut self.hosts[host.get()].data;
        data.replicas.retain(|conn| *conn != id);
        if data.following.as_ref().is_some_and(|(conn, _)| *conn == id) {
            data.following = None;
            data.loading = None;
            self.tell(host, ReplicationInput::Lost);
        }
    }

    pub(super) fn drop_replicas(&mut self, host: HostIx) {
        for conn in std::mem::take(&mut self.hosts[host.get()].data.replicas) {
            self.close(conn, Side::Acceptor);
        }
    }

    pub(super) fn data_arrived(&mut self, host: HostIx, id: ConnId, message: &DataMessage) {
        if let DataMessage::Psync(request) = message {
            self.answer_psync(host, id, *request);
            return;
        }
        if self.hosts[host.get()].data.following.as_ref().is_none_or(|(conn, _)| *conn != id) {
            return;
        }
        match *message {
            DataMessage::Psync(_) => {}
            DataMessage::Continue(history) => self.tell(host, ReplicationInput::Continued(history)),
            DataMessage::Full(point) => self.tell(host, ReplicationInput::FullSync(point)),
            DataMessage::Snapshot { place, load, .. } => self.load(host, id, place, load),
            DataMessage::Stream { place } => self.apply(host, place),
            DataMessage::Refused => {
                self.hosts[host.get()].data.following = None;
                self.close(id, Side::Dialer);
                self.tell(host, ReplicationInput::Refused);
            }
        }
    }

    fn answer_psync(&mut self, host: HostIx, id: ConnId, request: PsyncRequest) {
        let found = &mut self.hosts[host.get()];
        let Some(node) = &found.node else { return };
        let answer = node.answer_psync(request);
        let (place, snapshot) = (found.data.place, found.settings.snapshot);
        let mut say = |message, late| self.push(id, Side::Dialer, Payload::Data(message), late);
        match answer {
            PsyncAnswer::Continue(history) => {
                say(DataMessage::Continue(history), Duration::ZERO);
                if let Some(place) = place {
                    say(DataMessage::Stream { place }, Duration::ZERO);
                }
            }
            PsyncAnswer::Full(point) => {
                say(DataMessage::Full(point), Duration::ZERO);
                // Half of the time it travels, half of the time it is loaded.
                say(DataMessage::Snapshot { point, place, load: snapshot / 2 }, snapshot / 2);
            }
            PsyncAnswer::NoPrimaryLink => {
                say(DataMessage::Refused, Duration::ZERO);
                return;
            }
        }
        self.hosts[host.get()].data.replicas.push(id);
    }

    /// A snapshot is there: the old data set goes, and loading takes its time.
    fn load(&mut self, host: HostIx, conn: ConnId, place: Option<Place>, takes: Duration) {
        let data = &mut self.hosts[host.get()].data;
        data.place = None;
        data.loading = Some(Loading { conn, place, behind: VecDeque::new() });
        self.watch.dirty = true;
        self.tell(host, ReplicationInput::Loading);
        self.agenda.enter(self.now + takes, Step::Loaded(host, conn));
    }

    pub(super) fn loaded(&mut self, host: HostIx, conn: ConnId) {
        let data = &mut self.hosts[host.get()].data;
        let Some(loading) = data.loading.take_if(|loading| loading.conn == conn) else { return };
        data.place = loading.place;
        self.watch.dirty = true;
        self.tell(host, ReplicationInput::Loaded);
        for place in loading.behind {
            self.apply(host, place);
        }
    }

    /// The stream brought everything up to here.
    fn apply(&mut self, host: HostIx, place: Place) {
        let data = &mut self.hosts[host.get()].data;
        if let Some(loading) = &mut data.loading {
            loading.behind.push_back(place);
            return;
        }
        data.place = Some(place);
        self.tell(host, ReplicationInput::Applied(crate::base::Offset(place.offset)));
        self.stream(host, place);
    }

    /// Sends the stream up to here to whoever copies this host.
    fn stream(&mut self, host: HostIx, place: Place) {
        for at in 0..self.hosts[host.get()].data.replicas.len() {
            let conn = self.hosts[host.get()].data.replicas[at];
            let Some(replica) = self.network.conns.get(conn.0).map(|conn| conn.dialer.host) else { continue };
            let late = self.hosts[replica.get()].data.lag;
            self.push(conn, Side::Dialer, Payload::Data(DataMessage::Stream { place }), late);
        }
    }

    /// The node's offset has grown: a write or a ping entered the stream. Returns where it stands.
    pub(super) fn stream_on(&mut self, host: HostIx) -> Option<Place> {
        let found = &self.hosts[host.get()];
        let node = found.node.as_ref()?;
        let end = node.offset().0;
        let shard = self.names.shard(node.shard()).map_or(u16::MAX, |shard| shard.0);
        let place = self.histories.append(found.data.place, (host, found.incarnation), shard, end);
        self.hosts[host.get()].data.place = Some(place);
        self.stream(host, place);
        Some(place)
    }

    pub(super) fn pause_writes(&mut self, host: HostIx, paused: bool) {
        let data = &mut self.hosts[host.get()].data;
        data.paused = paused;
        if !paused {
            for write in std::mem::take(&mut data.blocked) {
                self.hosts[host.get()].inbox.push_back(Input::Write(write));
            }
            // They are taken up once what the node has queued is carried out.
            self.agenda.enter(self.now, Step::Resume(host));
        }
    }

    /// Clients send their next write, and the one after it is entered.
    pub(super) fn client_turn(&mut self) {
        self.clients.ticking = false;
        self.tick_clients();
        if let Some((host, write)) = self.clients.next() {
            self.send_write(host, write);
        }
    }

    /// Enters the clients' next turn, if they write at all.
    pub(super) fn tick_clients(&mut self) {
        if self.clients.rate > 0 && !self.clients.ticking {
            self.clients.ticking = true;
            let period = Duration::from_micros(1_000_000 / u64::from(self.clients.rate));
            self.agenda.enter(self.now + period, Step::ClientTurn);
        }
    }

    pub(super) fn send_write(&mut self, host: HostIx, write: Write) {
        if write.hops == HOPS {
            self.clients.writes.sent += 1;
        }
        self.agenda.enter(self.now + self.network.latency.low, Step::WriteArrives(host, write));
    }

    pub(super) fn write_arrives(&mut self, host: HostIx, write: Write) {
        match self.hosts[host.get()].power {
            Power::Up | Power::Paused => self.deliver(host, Input::Write(write)),
            Power::Down | Power::Off => self.answer(Write { outcome: Outcome::Refused, ..write }),
        }
    }

    fn answer(&mut self, write: Write) {
        self.agenda.enter(self.now + self.network.latency.low, Step::WriteAnswered(write));
    }

    pub(super) fn write_handled(&mut self, host: HostIx, write: Write) {
        let found = &mut self.hosts[host.get()];
        if found.data.paused {
            found.data.blocked.push(write);
            return;
        }
        let Some(node) = &mut found.node else { return };
        let outcome = if node.serves(write.slot) {
            node.handle_replication(self.now, ReplicationInput::Wrote(self.clients.size));
            self.stream_on(host).map_or(Outcome::Refused, |place| Outcome::Taken(host, place))
        } else {
            let owner = node.owner_of(write.slot).and_then(|owner| self.names.host_of(owner));
            owner.filter(|owner| *owner != host).map_or(Outcome::Refused, Outcome::Moved)
        };
        if matches!(outcome, Outcome::Taken(..)) && self.doubly_served(host, write) {
            self.clients.writes.doubly_served += 1;
        }
        self.answer(Write { outcome, ..write });
    }

    fn doubly_served(&self, host: HostIx, write: Write) -> bool {
        (0..).zip(&self.hosts).any(|(at, other)| {
            HostIx(at) != host && other.running().is_some_and(|node| node.serves(write.slot))
        })
    }

    pub(super) fn write_answered(&mut self, write: Write) {
        match write.outcome {
            Outcome::Taken(host, place) => {
                self.clients.believe(write.client, host);
                self.clients.acknowledge(write.slot, place);
                // Whether it was lost already is asked when it matters.
                self.watch.count_writes = true;
            }
            Outcome::Moved(to) if write.hops > 0 => {
                self.clients.believe(write.client, to);
                self.send_write(to, Write { hops: write.hops - 1, outcome: Outcome::Open, ..write });
            }
            Outcome::Moved(_) | Outcome::Refused | Outcome::Open => {
                self.clients.writes.refused += 1;
                let live: Vec<HostIx> = (0..)
                    .zip(&self.hosts)
                    .filter(|(_, host)| host.node.is_some())
                    .map(|(at, _)| HostIx(at))
                    .collect();
                if !live.is_empty() {
                    let drawn = self.clients.draw(write.client, live.len());
                    self.clients.believe(write.client, live[drawn]);
                }
            }
        }
    }
}
