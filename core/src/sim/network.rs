//! Connections between hosts and what travels on them.
//!
//! Every connection is a TCP stream in each direction: what enters first arrives first, later by the
//! direction's latency. A wall makes packets wait, as TCP would, and they arrive in order once it is
//! gone. TCP loses nothing without breaking, so a frame that `loss` takes breaks its connection; `drop`
//! and `duplicate` act on whole frames in silence, as a filter in the process would. A `hold` stalls the
//! stream at the frame it waits for. Closing loses what is on its way.
//!
//! What is *not* here: what a packet does when it arrives (see `transport`).

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{Duration, Instant, LinkId, Numbered, Rng};
use crate::scenario::{Between, Share};
use crate::wire::{self, Frame};

use super::data::DataMessage;
use super::fault::{DropRule, FrameFilter};
use super::{Brief, HostIx, Wall};

/// A connection's number; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConnId(pub(super) u64);

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Dialer,
    Acceptor,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Dialer => Self::Acceptor,
            Self::Acceptor => Self::Dialer,
        }
    }
}

/// What a packet holds.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Syn,
    SynAck,
    /// The other end is closed, was never open, or its process is gone.
    Fin,
    Frame(Arc<Parcel>),
    Data(DataMessage),
}

/// A frame on its way.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) bytes: Vec<u8>,
    pub(super) brief: Brief,
}

/// Buffers of frames that have arrived: memory that the next ones are written into. No part of the
/// world's state, so a copy of the world starts without.
#[derive(Debug, Default)]
pub(super) struct Spare(Vec<Vec<u8>>);

impl Clone for Spare {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Spare {
    /// More than this were never in flight at once in a small world, and a large one will not miss them.
    const MOST: usize = 64;

    /// Wraps a frame up.
    pub(super) fn wrap(&mut self, frame: &Frame) -> Arc<Parcel> {
        let mut bytes = self.0.pop().unwrap_or_default();
        wire::encode_into(frame, &mut bytes);
        Arc::new(Parcel { bytes, brief: Brief::of(frame) })
    }

    /// Takes back what wrapped a frame, unless a copy of it is still on its way.
    pub(super) fn take_back(&mut self, parcel: Arc<Parcel>) {
        if self.0.len() < Self::MOST
            && let Some(Parcel { mut bytes, .. }) = Arc::into_inner(parcel)
        {
            bytes.clear();
            self.0.push(bytes);
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) id: u64,
    pub(super) sent: Instant,
    pub(super) due: Instant,
    pub(super) payload: Payload,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    pub(super) queue: VecDeque<Packet>,
    pub(super) last_due: Instant,
    /// Whether the head waits for a wall, a hold or a lost machine; then no step is entered for it.
    pub(super) stalled: bool,
    /// Whether a step is entered for the head.
    pub(super) scheduled: bool,
}

/// What one end of a connection is at its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) host: HostIx,
    /// The process that holds it.
    pub(super) incarnation: u32,
    /// The node's number of it; the accepting node gives one when it accepts.
    pub(super) link: Option<LinkId>,
    pub(super) open: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Conn {
    pub(super) replication: bool,
    pub(super) dialer: End,
    pub(super) acceptor: End,
    /// Whether the dialer knows that it is connected.
    pub(super) up: bool,
    /// What the dialer sent before it was.
    pub(super) waiting: VecDeque<Payload>,
    to_dialer: Pipe,
    to_acceptor: Pipe,
}

impl Conn {
    pub(super) fn new(dialer: End, acceptor: End, replication: bool) -> Self {
        Self {
            replication,
            dialer,
            acceptor,
            up: false,
            waiting: VecDeque::new(),
            to_dialer: Pipe::default(),
            to_acceptor: Pipe::default(),
        }
    }

    pub(super) fn end(&self, side: Side) -> &End {
        match side {
            Side::Dialer => &self.dialer,
            Side::Acceptor => &self.acceptor,
        }
    }

    pub(super) fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Dialer => &mut self.dialer,
            Side::Acceptor => &mut self.acceptor,
        }
    }

    pub(super) fn host(&self, side: Side) -> HostIx {
        self.end(side).host
    }

    pub(super) fn pipe(&self, to: Side) -> &Pipe {
        match to {
            Side::Dialer => &self.to_dialer,
            Side::Acceptor => &self.to_acceptor,
        }
    }

    /// The numbers of the frames on their way to one end.
    pub(super) fn frames(&self, to: Side) -> impl Iterator<Item = u64> + '_ {
        let frames = self.pipe(to).queue.iter();
        frames.filter(|packet| matches!(packet.payload, Payload::Frame(_))).map(|packet| packet.id)
    }

    pub(super) fn pipe_mut(&mut self, to: Side) -> &mut Pipe {
        match to {
            Side::Dialer => &mut self.to_dialer,
            Side::Acceptor => &mut self.to_acceptor,
        }
    }

    /// Which end the process of this host holds.
    pub(super) fn side_of(&self, host: HostIx) -> Side {
        if self.dialer.host == host { Side::Dialer } else { Side::Acceptor }
    }
}

/// What the way from one host to another is like. Each has a stream of chance of its own.
#[derive(Clone, Debug)]
pub(super) struct Way {
    rng: Rng,
    /// Where between the bounds of `latency` this way lies, in parts of 2^16.
    place: u64,
    pub(super) cut: bool,
    pub(super) slow: Duration,
    pub(super) lose: Share,
    pub(super) duplicate: Share,
}

/// All connections and all ways.
#[derive(Clone, Debug)]
pub(super) struct Network {
    size: usize,
    ways: Vec<Way>,
    pub(super) conns: Numbered<Conn>,
    pub(super) spare: Spare,
    next_packet: u64,
    pub(super) latency: Between,
    pub(super) jitter: Duration,
    pub(super) loss: Share,
    pub(super) walls: Vec<Wall>,
    pub(super) drops: Vec<DropRule>,
    pub(super) holds: Vec<FrameFilter>,
}

/// How often a frame is put on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    Lost,
    One,
    Two,
}

impl Network {
    pub(super) fn new(size: usize, seed: &Rng) -> Self {
        let way = |at: usize| {
            let mut rng = seed.fork(&format!("way {} {}", at / size, at % size));
            let place = rng.below(1 << 16);
            Way { rng, place, cut: false, slow: Duration::ZERO, lose: Share::NONE, duplicate: Share::NONE }
        };
        Self {
            size,
            ways: (0..size * size).map(way).collect(),
            conns: Numbered::default(),
            spare: Spare::default(),
            next_packet: 0,
            latency: Between::default(),
            jitter: Duration::ZERO,
            loss: Share::NONE,
            walls: Vec::new(),
            drops: Vec::new(),
            holds: Vec::new(),
        }
    }

    pub(super) fn way(&self, from: HostIx, to: HostIx) -> &Way {
        &self.ways[from.get() * self.size + to.get()]
    }

    pub(super) fn way_mut(&mut self, from: HostIx, to: HostIx) -> &mut Way {
        &mut self.ways[from.get() * self.size + to.get()]
    }

    pub(super) fn ways_mut(&mut self) -> impl Iterator<Item = &mut Way> {
        self.ways.iter_mut()
    }

    pub(super) fn is_cut(&self, from: HostIx, to: HostIx) -> bool {
        self.way(from, to).cut
    }

    pub(super) fn is_troubled(&self, from: HostIx, to: HostIx) -> bool {
        let way = self.way(from, to);
        !way.slow.is_zero() || way.lose > Share::NONE || way.duplicate > Share::NONE
    }

    /// Whether nothing is cut, slowed, lost, doubled, dropped or held.
    pub(super) fn is_mended(&self) -> bool {
        let is_troubled = |way: &Way| {
            way.cut || !way.slow.is_zero() || way.lose > Share::NONE || way.duplicate > Share::NONE
        };
        let rules = self.loss > Share::NONE || !self.drops.is_empty() || !self.holds.is_empty();
        !rules && !self.ways.iter().any(is_troubled)
    }

    pub(super) fn open(&mut self, conn: Conn) -> ConnId {
        ConnId(self.conns.add(conn))
    }

    /// The ends that are wanted, in the order in which their connections were made.
    pub(super) fn ends(&self, wanted: impl Fn(&Conn, Side) -> bool) -> Vec<(ConnId, Side)> {
        let mut ends = Vec::new();
        for (id, conn) in self.conns.iter() {
            for side in [Side::Dialer, Side::Acceptor] {
                if wanted(conn, side) {
                    ends.push((ConnId(id), side));
                }
            }
        }
        ends.sort_unstable();
        ends
    }

    /// How long the next packet takes on this way; draws only if there is anything to draw.
    pub(super) fn travel(&mut self, from: HostIx, to: HostIx) -> Duration {
        let (latency, jitter) = (self.latency, self.jitter);
        let way = self.way_mut(from, to);
        let span = (latency.high - latency.low).as_micros();
        let base = latency.low + Duration::from_micros((span * way.place) >> 16) + way.slow;
        if jitter.is_zero() {
            return base;
        }
        base + Duration::from_micros(way.rng.between(0, jitter.as_micros()))
    }

    /// What chance does to a frame on this way.
    pub(super) fn copies(&mut self, from: HostIx, to: HostIx) -> Copies {
        let everywhere = self.loss;
        let way = self.way_mut(from, to);
        let lose = everywhere.max(way.lose);
        if lose > Share::NONE && way.rng.chance(lose.0) {
            return Copies::Lost;
        }
        if way.duplicate > Share::NONE && way.rng.chance(way.duplicate.0) {
            return Copies::Two;
        }
        Copies::One
    }

    /// The number of the next packet.
    pub(super) fn number(&mut self) -> u64 {
        self.next_packet += 1;
        self.next_packet
    }

    /// The number of the packet that left last.
    pub(super) fn last_packet(&self) -> u64 {
        self.next_packet
    }

    /// Puts a payload at the end of a direction. True if a step must be entered for the head.
    pub(super) fn push(
        &mut self,
        now: Instant,
        id: ConnId,
        to: Side,
        payload: Payload,
        late: Duration,
    ) -> bool {
        let Some(conn) = self.conns.get(id.0) else { return false };
        let (from_host, to_host) = (conn.host(to.other()), conn.host(to));
        let due = now + self.travel(from_host, to_host) + late;
        let packet_id = self.number();
        let Some(conn) = self.conns.get_mut(id.0) else { return false };
        let pipe = conn.pipe_mut(to);
        let due = due.max(pipe.last_due);
        pipe.last_due = due;
        pipe.queue.push_back(Packet { id: packet_id, sent: now, due, payload });
        !pipe.scheduled && !pipe.stalled
    }
}
