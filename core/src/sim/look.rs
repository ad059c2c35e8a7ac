//! What can be seen of a world: everything here only reads. Made for a page that looks sixty times
//! a second, so nothing here copies more than it must.

use crate::base::{Epoch, Instant, NodeId, Offset};
use crate::node::Node;
use crate::scenario::{NodeName, ShardName};
use crate::wire::{Kind, NackReason};

use super::host::Power;
use super::network::{Payload, Side};
use super::{Digest, Failover, HostIx, Names, Record, Simulator, Violation, Writes};

/// Whether a host's process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Liveness {
    /// It runs.
    Up,
    /// It stands still; its sockets stay open.
    Paused,
    /// There is no process.
    Down,
}

/// One host.
#[derive(Clone, Copy, Debug)]
pub struct HostView<'a> {
    /// Its number.
    pub index: HostIx,
    /// Its name.
    pub name: NodeName,
    /// The id of its node, or of the last one.
    pub id: NodeId,
    /// Whether it runs.
    pub liveness: Liveness,
    /// Its node, while it has a process: what *it* believes.
    pub node: Option<&'a Node>,
    /// How often its process was started.
    pub incarnation: u32,
    /// Where its data stands in truth, whatever the node thinks; none is an empty data set.
    pub offset: Option<Offset>,
    /// Whether it waits for its disk.
    pub writing: bool,
}

/// What a frame says, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its kind.
    pub kind: Kind,
    /// The sender's current epoch; of a NACK the epoch of the refused request.
    pub epoch: Epoch,
    /// The config epoch it shows; of an UPDATE that of the claim.
    pub config_epoch: Epoch,
    /// A NACK's reason.
    pub reason: Option<NackReason>,
    /// Whom it is about: the failed node, or the owner in an UPDATE.
    pub about: Option<NodeId>,
}

/// What is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cargo {
    /// A frame of the bus.
    Frame(Brief),
    /// A connection being opened, accepted or closed.
    Signal,
    /// Replication: writes up to this offset.
    Stream(Offset),
    /// Replication: a snapshot as of this offset.
    Snapshot(Offset),
    /// Replication: questions and answers.
    Talk,
}

/// One message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// A number that stays the same while it travels.
    pub id: u64,
    /// From whom.
    pub from: HostIx,
    /// To whom.
    pub to: HostIx,
    /// When it left.
    pub sent: Instant,
    /// When it arrives; [`Instant::MAX`] while a cut, a hold or a lost machine stands in its way.
    pub due: Instant,
    /// What it is.
    pub cargo: Cargo,
}

/// A wall between hosts, as the script or a person raised it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wall {
    /// No message passes between two of these groups.
    Between(Vec<Vec<HostIx>>),
    /// No message passes from the first to the second.
    OneWay {
        /// Senders.
        from: Vec<HostIx>,
        /// Receivers.
        to: Vec<HostIx>,
    },
}

/// One shard of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardView {
    /// Its name.
    pub name: ShardName,
    /// The hosts born in it.
    pub hosts: Vec<HostIx>,
    /// Its slots at time zero, as ranges.
    pub slots: Vec<(u16, u16)>,
}

impl Simulator {
    /// What time it is.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Steps of the agenda done so far: with the moment, the cursor of a run.
    pub fn steps(&self) -> u64 {
        self.recorder.step
    }

    /// When the next step is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.agenda.next_due()
    }

    /// Every host in order.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = HostView<'_>> {
        self.hosts
            .iter()
            .enumerate()
            .map(|(at, host)| host.look(HostIx(u16::try_from(at).unwrap_or(u16::MAX))))
    }

    /// One host.
    pub fn host(&self, host: HostIx) -> Option<HostView<'_>> {
        self.hosts.get(host.get()).map(|found| found.look(host))
    }

    /// One host's node, while it has a process.
    pub fn node(&self, host: HostIx) -> Option<&Node> {
        self.hosts.get(host.get())?.node.as_deref()
    }

    /// Everything on its way, connection by connection.
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight> + '_ {
        self.network.conns.iter().flat_map(move |(_, conn)| {
            [Side::Dialer, Side::Acceptor].into_iter().flat_map(move |to| {
                let (from_host, to_host) = (conn.host(to.other()), conn.host(to));
                let pipe = conn.pipe(to);
                pipe.queue.iter().map(move |packet| InFlight {
                    id: packet.id,
                    from: from_host,
                    to: to_host,
                    sent: packet.sent,
                    due: if pipe.stalled { Instant::MAX } else { packet.due.max(self.now) },
                    cargo: packet.payload.cargo(),
                })
            })
        })
    }

    /// Every frame on its way as it would stand on a wire: its number, from whom, to whom, when it left,
    /// and its bytes. For those who compare them with what other programs send.
    pub fn wire(&self) -> impl Iterator<Item = (u64, HostIx, HostIx, Instant, &[u8])> + '_ {
        self.network.conns.iter().flat_map(|(_, conn)| {
            [Side::Dialer, Side::Acceptor].into_iter().flat_map(move |to| {
                let (from, to_host) = (conn.host(to.other()), conn.host(to));
                conn.pipe(to).queue.iter().filter_map(move |packet| match &packet.payload {
                    Payload::Frame(parcel) => {
                        Some((packet.id, from, to_host, packet.sent, parcel.bytes.as_slice()))
                    }
                    _ => None,
                })
            })
        })
    }

    /// The walls that stand.
    pub fn walls(&self) -> &[Wall] {
        &self.network.walls
    }

    /// Whether no message passes in this direction now.
    pub fn is_cut(&self, from: HostIx, to: HostIx) -> bool {
        self.network.is_cut(from, to)
    }

    /// Whether messages in this direction come late, twice or not all, beyond what holds for everyone.
    pub fn is_troubled(&self, from: HostIx, to: HostIx) -> bool {
        self.network.is_troubled(from, to)
    }

    /// What happened so far; empty if the run keeps nothing.
    pub fn records(&self) -> &[Record] {
        &self.recorder.records
    }

    /// What became of every message; none unless the run keeps it.
    pub fn traffic(&self) -> Option<&super::traffic::Traffic> {
        self.recorder.traffic.as_deref()
    }

    /// Takes out what became of every message; the run keeps no more of it.
    pub fn take_traffic(&mut self) -> Option<Box<super::traffic::Traffic>> {
        self.recorder.traffic.take()
    }

    /// The fingerprint of everything so far.
    pub fn digest(&self) -> Digest {
        self.recorder.digest
    }

    /// Frames sent so far of one kind.
    pub fn messages(&self, kind: Kind) -> u64 {
        self.recorder.messages[kind as usize]
    }

    /// Frames delivered so far.
    pub fn delivered(&self) -> u64 {
        self.recorder.delivered
    }

    /// Who is who.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The shards of the script.
    pub fn shards(&self) -> &[ShardView] {
        &self.shards
    }

    /// What clients wrote, and what became of it.
    pub fn writes(&self) -> Writes {
        self.clients.writes
    }

    /// The live primary of a shard in truth: of the running nodes that call themselves primary and
    /// belong to it, the one with the newest claim.
    pub fn primary_of(&self, shard: ShardName) -> Option<HostIx> {
        let id = self.shard_ids.get(usize::from(shard.0)).copied()?;
        let mut best: Option<(bool, Epoch, HostIx)> = None;
        for (at, host) in (0..).zip(&self.hosts) {
            // While it waits for its disk, what a node has decided is not yet so.
            let settled = host.running().filter(|_| !host.busy);
            let Some(node) = settled.filter(|node| node.is_primary() && node.shard() == id) else {
                continue;
            };
            let me = node.view().me();
            let rank = (me.slot_count() > 0, me.config_epoch, HostIx(at));
            if best.is_none_or(|best| rank > best) {
                best = Some(rank);
            }
        }
        best.map(|(_, _, host)| host)
    }

    /// Every property that broke: when, on which host, and how.
    pub fn violations(&self) -> &[(Instant, Option<HostIx>, Violation)] {
        &self.recorder.violations
    }

    /// Every failover so far.
    pub fn failovers(&self) -> &[Failover] {
        &self.director.ledger.failovers
    }

    /// Who was marked failed by someone's count while its process ran.
    pub fn slandered(&self) -> impl Iterator<Item = NodeName> + '_ {
        self.director.ledger.slandered.iter().map(|host| self.names.host(*host))
    }

    /// How many epochs ended with their votes divided and no winner.
    pub fn split_votes(&self) -> u64 {
        self.director.ledger.split_votes
    }

    /// Whether every slot has a live primary that all live nodes agree on.
    pub fn covered(&self) -> bool {
        self.watch.covered
    }
}

impl super::host::Host {
    fn look(&self, index: HostIx) -> HostView<'_> {
        HostView {
            index,
            name: self.name,
            id: self.id,
            liveness: match self.power {
                Power::Up => Liveness::Up,
                Power::Paused => Liveness::Paused,
                Power::Down | Power::Off => Liveness::Down,
            },
            node: self.node.as_deref(),
            incarnation: self.incarnation,
            offset: self.data.place.map(|place| Offset(place.offset)),
            writing: self.busy,
        }
    }
}

impl Payload {
    fn cargo(&self) -> Cargo {
        use super::data::DataMessage as Data;
        match self {
            Self::Frame(parcel) => Cargo::Frame(parcel.brief),
            Self::Syn | Self::SynAck | Self::Fin => Cargo::Signal,
            Self::Data(Data::Stream { place, .. }) => Cargo::Stream(Offset(place.offset)),
            Self::Data(Data::Snapshot { point, .. }) => Cargo::Snapshot(point.offset),
            Self::Data(_) => Cargo::Talk,
        }
    }
}
