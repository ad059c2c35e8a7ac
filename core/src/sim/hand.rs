//! Messages by hand: one message on its way, named by what it is and when it left, and what is done to it.
//!
//! A connection is a stream: what is delivered early takes along what was ahead of it, and what is delayed
//! holds up what is behind it. Only a drop and a copy are about one message alone, as those of a filter in
//! the process would be.

use crate::base::Duration;
use crate::base::ordered;
use crate::scenario::{Hand, OneMessage};

use super::network::{ConnId, Packet, Payload, Side};
use super::{Happening, HostIx, Simulator};

/// Where a message is.
#[derive(Clone, Copy, Debug)]
struct Spot {
    conn: ConnId,
    to: Side,
    /// Its place in the queue of its direction.
    place: usize,
    packet: u64,
}

impl Simulator {
    /// Does something to one message on its way.
    pub(super) fn handle_one(&mut self, message: &OneMessage, hand: Hand) {
        let first = |hosts: Vec<HostIx>| hosts.first().copied();
        let (from, to) = (first(self.select(message.from)), first(self.select(message.to)));
        let spot = from.zip(to).and_then(|(from, to)| self.spot(message, from, to));
        let Some(spot) = spot else {
            let what = format!("no {message} is on its way");
            return self.happened(None, Happening::Refused { what });
        };
        match hand {
            Hand::Deliver => self.deliver_now(spot),
            Hand::Delay(by) => self.delay(spot, by),
            Hand::Drop => self.take_away(spot),
            Hand::Duplicate => self.copy(spot),
        }
    }

    /// The message that is meant: of several that are alike, the one that left first counts first.
    fn spot(&self, message: &OneMessage, from: HostIx, to: HostIx) -> Option<Spot> {
        let mut alike: Vec<Spot> = Vec::new();
        for (id, conn) in self.network.conns.iter() {
            for side in [Side::Dialer, Side::Acceptor] {
                if conn.host(side) != to || conn.host(side.other()) != from {
                    continue;
                }
                let meant = |packet: &Packet| {
                    let Payload::Frame(parcel) = &packet.payload else { return false };
                    parcel.brief.kind == message.kind && packet.sent == message.sent
                };
                let found = conn.pipe(side).queue.iter().enumerate().filter(|(_, packet)| meant(packet));
                alike.extend(found.map(|(place, packet)| Spot {
                    conn: ConnId(id),
                    to: side,
                    place,
                    packet: packet.id,
                }));
            }
        }
        ordered::sort_by_key(&mut alike, |spot| spot.packet);
        let nth = usize::try_from(message.nth).unwrap_or(usize::MAX);
        alike.get(nth.saturating_sub(1)).copied()
    }

    fn deliver_now(&mut self, spot: Spot) {
        let Some(conn) = self.network.conns.get_mut(spot.conn.0) else { return };
        let early: Vec<Packet> = conn.pipe_mut(spot.to).queue.drain(..=spot.place).collect();
        for packet in early {
            self.receive(spot.conn, spot.to, packet);
        }
    }

    fn delay(&mut self, spot: Spot, by: Duration) {
        let now = self.now;
        let Some(conn) = self.network.conns.get_mut(spot.conn.0) else { return };
        let pipe = conn.pipe_mut(spot.to);
        let Some(due) = pipe.queue.get(spot.place).map(|packet| packet.due.max(now) + by) else { return };
        for packet in pipe.queue.iter_mut().skip(spot.place) {
            packet.due = packet.due.max(due);
        }
        pipe.last_due = pipe.last_due.max(due);
    }

    fn take_away(&mut self, spot: Spot) {
        let Some(conn) = self.network.conns.get_mut(spot.conn.0) else { return };
        conn.pipe_mut(spot.to).queue.remove(spot.place);
        self.recorder.lost(self.now, std::iter::once(spot.packet));
    }

    fn copy(&mut self, spot: Spot) {
        let now = self.now;
        let id = self.network.number();
        let Some(conn) = self.network.conns.get_mut(spot.conn.0) else { return };
        let (from, to) = (conn.host(spot.to.other()), conn.host(spot.to));
        let queue = &mut conn.pipe_mut(spot.to).queue;
        let Some(packet) = queue.get(spot.place).cloned() else { return };
        let Payload::Frame(parcel) = &packet.payload else { return };
        let brief = parcel.brief;
        queue.insert(spot.place + 1, Packet { id, sent: now, ..packet });
        if let Some(traffic) = &mut self.recorder.traffic {
            traffic.sent(Some(id), from, to, brief, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Instant;
    use crate::scenario::parse;
    use crate::sim::traffic::{Fate, Message};
    use crate::sim::{Happening, Keep, Simulator, What};
    use crate::wire::Kind;

    const SCRIPT: &str = "cluster shards=3 replicas=1\nset latency=2ms\nat 1s failover A1 force\n";

    fn ran(act: &str) -> Simulator {
        let text = format!("{SCRIPT}{act}run for 3s\n");
        let script = parse(&text).expect("it reads");
        let again = format!("{}", parse(&script.to_string()).expect("what it prints reads"));
        assert_eq!(again, script.to_string());
        let mut world = Simulator::keeping(&script, Keep::Traffic);
        world.run();
        let mut twice = Simulator::keeping(&parse(&again).expect("it reads"), Keep::Nothing);
        twice.run();
        assert_eq!(world.digest(), twice.digest());
        world
    }

    /// The vote of B0 for A1.
    fn vote(world: &Simulator) -> Vec<Message> {
        let is = |one: &&Message| {
            let names = [one.from, one.to].map(|host| world.names().host(host).to_string());
            one.brief.kind == Kind::AuthAck && names == ["B0", "A1"]
        };
        world.traffic().expect("it was kept").messages().iter().filter(is).copied().collect()
    }

    fn named(world: &Simulator) -> (String, Instant) {
        let sent = vote(world)[0].sent;
        (format!("auth-ack from B0 to A1 sent {}", sent.since(Instant::ZERO)), sent)
    }

    fn at(sent: Instant, by: u64) -> String {
        format!("at {}us ", sent.as_micros() + by)
    }

    #[test]
    fn a_message_is_delivered_delayed_dropped_or_doubled_and_the_run_repeats() {
        let (name, sent) = named(&ran(""));
        let read = |act: &str, rest: &str| {
            let world = ran(&format!("{}{act} {name}{rest}\n", at(sent, 500)));
            vote(&world).iter().map(|one| one.read().map(|at| at.since(sent).as_micros())).collect::<Vec<_>>()
        };
        assert_eq!(ran("").digest(), ran("").digest());
        assert_eq!(read("deliver", ""), [Some(500)]);
        assert_eq!(read("delay", " by 100ms"), [Some(102_000)]);
        assert_eq!(read("drop", ""), [None]);
        // The second waits until the winner has written down that it won.
        assert_eq!(read("duplicate", ""), [Some(2000), Some(3000)]);
    }

    #[test]
    fn what_is_not_on_its_way_cannot_be_handled_and_the_run_says_so() {
        let (name, sent) = named(&ran(""));
        let world = ran(&format!("{}drop {name} nth 2\n", at(sent, 500)));
        let refused = world.records().iter().find_map(|record| match &record.what {
            What::Happening(Happening::Refused { what }) => Some(what.clone()),
            _ => None,
        });
        assert_eq!(refused, Some(format!("no {name} nth 2 is on its way")));
        assert!(matches!(vote(&world)[0].fate, Fate::Read(..)));
    }
}
