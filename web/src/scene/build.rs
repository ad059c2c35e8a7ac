//! Reads a simulated world into plain data.

use splitvote::base::ordered;
use splitvote::base::{Instant, NodeId};
use splitvote::cluster::Peer;
use splitvote::node::Node as Core;
use splitvote::protocol::election::{Phase as Standing, auth_retry_time, auth_timeout, delay_unit};
use splitvote::scenario::ShardName;
use splitvote::sim::{Cargo, HostIx, HostView, InFlight, Liveness, Simulator};
use splitvote::wire::{Kind, NodeFlags};

use super::flight::{Flight, Sort};
use super::letter::{self, Letter};
use super::story::{Cast, Story};
use super::{
    Answer, Beliefs, Counters, LinkFault, Node, Opinion, Other, Phase, Process, Race, Role, Scene, Seal,
    Shard,
};
use crate::words;

/// Who takes part in a world that has not begun.
pub fn cast(world: &Simulator) -> Cast {
    Cast {
        names: world.hosts().map(|host| host.name.to_string()).collect(),
        voters: world
            .hosts()
            .filter(|host| host.node.is_some_and(votes))
            .map(|host| host.index.get())
            .collect(),
        who: world.names().clone(),
    }
}

fn votes(node: &Core) -> bool {
    node.view().me().is_voter()
}

/// Everything the views show of this moment.
pub fn scene(world: &Simulator, story: &Story, cast: &Cast) -> Scene {
    let now = world.now().as_micros();
    let voters: Vec<&Core> = running(world).filter(|node| votes(node)).collect();
    let mut nodes: Vec<Node> = world.hosts().map(|host| node(world, cast, &host, &voters)).collect();
    let epoch =
        nodes.iter().filter(|node| node.process == Process::Up).map(|node| node.epoch).max().unwrap_or(0);
    let faults = faults(world);
    let mut races = story.races_at(now);
    for race in &mut races {
        finish(race, world, cast, &faults, &mut nodes, now);
    }
    for ballot in story.ballots.iter().filter(|ballot| ballot.refusal.is_none()) {
        nodes[ballot.voter].seal =
            Some(Seal { epoch: ballot.epoch, candidate: cast.names[ballot.candidate].clone() });
    }
    let writes = world.writes();
    Scene {
        now,
        epoch,
        shards: shards(world, &nodes),
        faults,
        races,
        ballots: story.ballots.clone(),
        counters: Counters {
            messages: world.delivered(),
            ballots: [Kind::AuthRequest, Kind::AuthAck, Kind::AuthNack].map(|kind| world.messages(kind)),
            rounds: story.rounds,
            failovers: story.failovers,
            acknowledged: writes.acknowledged,
            lost: writes.lost,
        },
        nodes,
    }
}

fn running(world: &Simulator) -> impl Iterator<Item = &Core> {
    world.hosts().filter(|host| host.liveness == Liveness::Up).filter_map(|host| host.node)
}

/// The primary with the newest claim among those that have a process. One that waits for its disk counts:
/// it will answer, and the picture should not flicker with every vote.
fn owner(world: &Simulator, shard: ShardName) -> Option<usize> {
    let claim = |host: &HostView<'_>| {
        let node =
            host.node.filter(|node| node.is_primary() && world.names().shard(node.shard()) == Some(shard))?;
        let me = node.view().me();
        Some((me.slot_count() > 0, me.config_epoch, host.index.get()))
    };
    world
        .hosts()
        .filter(|host| host.liveness != Liveness::Down)
        .filter_map(|host| claim(&host))
        .max()
        .map(|best| best.2)
}

fn shards(world: &Simulator, nodes: &[Node]) -> Vec<Shard> {
    let one = |shard: &splitvote::sim::ShardView| {
        let owner = owner(world, shard.name);
        let slots = shard.slots.iter().map(|(from, to)| u32::from(to - from) + 1).sum();
        let served = owner.is_some_and(|at| nodes[at].process == Process::Up && nodes[at].slots > 0);
        Shard { name: shard.name.to_string(), owner, slots, served: served || slots == 0 }
    };
    world.shards().iter().map(one).collect()
}

fn node(world: &Simulator, cast: &Cast, host: &HostView<'_>, voters: &[&Core]) -> Node {
    let mut node = Node {
        name: host.name.to_string(),
        shard: usize::from(host.name.shard.0),
        seat: usize::from(host.name.index),
        process: match host.liveness {
            Liveness::Up => Process::Up,
            Liveness::Paused => Process::Paused,
            Liveness::Down => Process::Down,
        },
        offset: host.offset.map_or(0, |offset| offset.0),
        opinions: opinions(voters, host.id),
        role: if host.name.index == 0 { Role::Primary } else { Role::Replica },
        ..Node::default()
    };
    if let Some(core) = host.node {
        let view = core.view();
        node.role = if core.is_primary() { Role::Primary } else { Role::Replica };
        node.epoch = view.current_epoch.0;
        node.config_epoch = view.claim_epoch(view.myself()).0;
        node.primary = core.primary().and_then(|id| cast.index(id));
        node.slots = view.me().slot_count();
        node.voted = core.ballot().last_vote_epoch.0;
        (node.nack, node.fast) = (core.rules().nacks(), core.rules().fast_failover);
        node.offset = core.offset().0;
        node.timer = timer(core, world.now());
        let ahead = node.primary.and_then(|at| world.hosts().nth(at)).and_then(|primary| primary.offset);
        node.lag = ahead.map_or(0, |offset| offset.0.saturating_sub(node.offset));
    }
    node
}

/// What is left of the present wait, and the whole of it.
fn timer(node: &Core, now: Instant) -> Option<(u64, u64)> {
    let timeout = node.config().node_timeout;
    let (end, whole) = match node.election().phase() {
        Standing::Idle => return None,
        Standing::Scheduled { start, .. } => (*start, delay_unit(timeout, node.rules()) * 2),
        Standing::Requesting(round) => (round.start + auth_timeout(timeout), auth_timeout(timeout)),
        Standing::Expired { start, .. } => (*start + auth_retry_time(timeout), auth_retry_time(timeout)),
    };
    let left = end.since(now).as_micros();
    (left > 0).then_some((left, whole.as_micros().max(left)))
}

fn opinions(voters: &[&Core], of: NodeId) -> Vec<Opinion> {
    let all: Vec<Opinion> = voters
        .iter()
        .filter(|voter| voter.id() != of)
        .map(|voter| voter.view().get(of).map_or(Opinion::Well, opinion))
        .collect();
    if all.iter().all(|one| *one == Opinion::Well) { Vec::new() } else { all }
}

fn opinion(peer: &Peer) -> Opinion {
    if peer.failed() {
        Opinion::Fail
    } else if peer.flags.contains(NodeFlags::PFAIL) {
        Opinion::Pfail
    } else {
        Opinion::Well
    }
}

fn faults(world: &Simulator) -> Vec<LinkFault> {
    let mut faults = Vec::new();
    let count = world.hosts().len();
    for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
        let (one, other) = (host_ix(from), host_ix(to));
        let cut = world.is_cut(one, other);
        if from != to && (cut || world.is_troubled(one, other)) {
            faults.push(LinkFault { from, to, cut });
        }
    }
    faults
}

fn host_ix(at: usize) -> HostIx {
    HostIx(u16::try_from(at).unwrap_or(u16::MAX))
}

/// Adds to a race what the events do not tell: the parts of the wait, voters that cannot answer.
fn finish(
    race: &mut Race,
    world: &Simulator,
    cast: &Cast,
    faults: &[LinkFault],
    nodes: &mut [Node],
    now: u64,
) {
    let Some(core) = world.node(host_ix(race.node)) else { return };
    let unit = delay_unit(core.config().node_timeout, core.rules());
    let whole = race.starts.saturating_sub(race.scheduled);
    let ranks = u64::from(race.rank) * 2 + u64::from(race.failed_rank);
    race.ranked = (unit * ranks).as_micros().min(whole);
    race.fixed = unit.as_micros().min(whole - race.ranked);
    race.random = whole - race.ranked - race.fixed;
    if race.phase == Phase::Waiting && race.starts > now {
        nodes[race.node].timer = Some((race.starts - now, whole.max(1)));
    }
    let parted = |one, other| faults.iter().any(|fault| fault.cut && fault.from == one && fault.to == other);
    for cell in &mut race.cells {
        let gone = nodes[cell.voter].process == Process::Down
            || parted(race.node, cell.voter)
            || parted(cell.voter, race.node);
        if cell.truth == Answer::Open && gone {
            cell.truth = Answer::Gone;
        }
        let failed = cast.id(world, cell.voter).and_then(|id| core.view().get(id)).is_some_and(Peer::failed);
        if cell.known == Answer::Open && failed {
            cell.known = Answer::Gone;
        }
    }
}

/// Everything that flies.
pub fn flights(world: &Simulator, cast: &Cast, gossip: bool) -> Vec<Flight> {
    world.in_flight().filter_map(|one| flight(world, &one, cast, gossip)).collect()
}

fn flight(world: &Simulator, one: &InFlight, cast: &Cast, gossip: bool) -> Option<Flight> {
    let Cargo::Frame(brief) = one.cargo else { return None };
    let (from, to) = (one.from.get(), one.to.get());
    if letter::sort(brief.kind) <= Sort::Other && !gossip {
        return None;
    }
    let Letter { sort, epoch, subject, reason, words } = Letter::read(&brief, from, to, cast);
    let (sent, due) = (one.sent.as_micros(), one.due.as_micros());
    let votes = |at: usize| world.node(host_ix(at)).is_some_and(|core| core.view().me().is_voter());
    let counts = sort != Sort::Request || votes(to);
    Some(Flight { id: one.id, from, to, sent, due, sort, epoch, subject, reason, words, counts })
}

/// What one node believes.
pub fn beliefs(world: &Simulator, cast: &Cast, at: usize) -> Beliefs {
    let Some(core) = world.node(host_ix(at)) else { return Beliefs::default() };
    let (view, now) = (core.view(), world.now());
    let vote = match core.ballot().last_vote_epoch.0 {
        0 => "none yet".to_owned(),
        epoch => format!("epoch {epoch}"),
    };
    let mut facts = vec![("Last vote", vote)];
    if let Some(primary) = core.primary() {
        facts.push(("Follows", cast.name(primary)));
        facts.push(("Data path", words::path(core.replication().path()).to_owned()));
    }
    facts.push(("Cluster", core.health().to_string()));
    facts.push(("Votes needed", format!("{} of {}", view.quorum(), view.size)));
    if let Some((label, text)) = words::standing(core.election(), now) {
        facts.push((label, text));
    }
    facts.push(("Node timeout", words::span(core.config().node_timeout.as_micros())));
    let mut others: Vec<Other> = view
        .iter()
        .filter(|(ix, _)| *ix != view.myself())
        .map(|(_, peer)| Other {
            name: cast.name(peer.id),
            role: role(core, cast, peer),
            opinion: opinion(peer),
            reports: peer.reports.len(),
            config_epoch: peer.config_epoch.0,
            offset: peer.offset.0,
        })
        .collect();
    ordered::sort_by(&mut others, |one, other| one.name.cmp(&other.name));
    Beliefs { facts, others }
}

fn role(core: &Core, cast: &Cast, peer: &Peer) -> String {
    match peer.replica_of.and_then(|primary| core.view().find(primary)) {
        Some(primary) => format!("→ {}", cast.name(primary.id)),
        None if peer.is_voter() => "primary".to_owned(),
        None if peer.is_primary() => "no slots".to_owned(),
        None => "replica".to_owned(),
    }
}

/// Whether votes fly or could fly any moment: time is worth slowing down.
pub fn votes_fly(world: &Simulator) -> bool {
    world.in_flight().any(|one| match one.cargo {
        Cargo::Frame(brief) => {
            matches!(brief.kind, Kind::AuthRequest | Kind::AuthAck | Kind::AuthNack)
                && one.due != Instant::MAX
        }
        _ => false,
    })
}
