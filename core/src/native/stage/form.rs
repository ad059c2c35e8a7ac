//! From a script to a formed cluster of processes: the script's time zero.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;
use std::time::Duration;

use crate::base::{Instant, Rng, Rules};
use crate::native::clock::Clock;
use crate::native::server::sleep;
use crate::scenario::{NodeName, Program, Script, Selector};
use crate::sim::{HostIx, Ledger};
use crate::wire::NodeFlags;

use super::direct::Director;
use super::judge::Judge;
use super::make::Make;
use super::network::Network;
use super::ports::{Claim, range};
use super::seat::Seat;
use super::settings::{means, options_of};
use super::write::Writers;
use super::{Orders, Shared, Stage, StageError, act, conf, look, write};

/// How long processes may take to become a cluster.
const FORMING: crate::base::Duration = crate::base::Duration::from_secs(60);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// A round of heartbeats: what was just written is known to everyone after it.
const SETTLING: Duration = Duration::from_millis(1500);

/// The rules of a node at time zero, as its process is told them.
pub(super) fn rules_of(script: &Script, name: NodeName) -> Rules {
    let mut rules = Rules::default();
    for line in &script.rules {
        if line.value.nodes.is_none_or(|nodes| means(nodes, name)) {
            // A line is only ever built from words of the table.
            drop(line.value.apply(&mut rules));
        }
    }
    rules
}

/// Starts every process and waits until they are a cluster.
pub(super) async fn form(
    script: &Script,
    orders: &Orders,
    makes: Vec<Make>,
    network: Option<Network>,
) -> Result<Shared, StageError> {
    let chance = Rng::new(script.seed).fork("stage");
    let wanted = makes.len();
    let claims = Claim::many(wanted).map_err(|found| {
        StageError::Program(format!("{wanted} free ports are needed {}; {found} are free", range()))
    })?;
    let place = |(host, claim): (HostIx, &Claim)| {
        let room = network.as_ref().and_then(|network| network.room(host));
        let ip = room.map_or(Ipv4Addr::LOCALHOST, |_| Network::address(host));
        (SocketAddrV4::new(ip, claim.port), room)
    };
    let places: Vec<_> = (0..).map(HostIx).zip(&claims).map(place).collect();
    let addresses: Vec<SocketAddrV4> = places.iter().map(|(address, _)| *address).collect();
    let (names, ids, confs) = conf::first(script, &addresses, &makes, &chance);
    let nodes = script.cluster.nodes();
    let mut seats = Vec::new();
    for ((name, make), (place, conf)) in nodes.iter().zip(makes).zip(places.into_iter().zip(&confs)) {
        let rules = rules_of(script, *name);
        let mut options = options_of(script, *name);
        if make.program == Program::Splitvote {
            options.push(("splitvote-rules", rules.to_string()));
        } else {
            // The others have the network that there is.
            options.retain(|(option, _)| !option.starts_with("splitvote-"));
        }
        let folder = orders.folder.join(name.to_string());
        let mut seat = Seat::new(*name, make, place, folder, conf, options)?;
        seat.rules = rules;
        seats.push(seat);
    }
    let firsts = nodes.iter().filter(|name| name.index == 0).filter_map(|name| names.named(*name)).collect();
    let stage = Stage {
        script: Rc::new(script.clone()),
        clock: Clock::start(),
        zero: None,
        seen: vec![None; seats.len()],
        shard_of: nodes.iter().map(|name| name.shard).collect(),
        last_primaries: firsts,
        director: Director::new(script),
        ledger: Ledger::default(),
        judge: Judge::default(),
        writers: Writers::new(script, &chance),
        chance: chance.fork("director"),
        records: Vec::new(),
        notes: Vec::new(),
        network,
        live: false,
        aloud: orders.tell,
        seats,
        names,
        ids,
        _claims: claims,
    };
    stage.say(&format!("{wanted} processes start, with their files in {}", orders.folder.display()));
    let stage: Shared = Rc::new(RefCell::new(stage));
    let hosts: Vec<_> = stage.borrow().hosts().collect();
    for host in &hosts {
        stage.borrow_mut().seats[host.get()].start()?;
        look::watch(&stage, *host);
    }
    settle(&stage).await?;
    act::set_delays(&stage).await;
    {
        let mut stage = stage.borrow_mut();
        // What was written before time zero belongs to the formation.
        for seat in &mut stage.seats {
            seat.told();
        }
        stage.records.clear();
        stage.zero = Some(stage.clock.now());
        stage.judge.begin();
        stage.director = Director::new(script);
        stage.director.covered = true;
        stage.director.covered_since = Some(Instant::ZERO);
    }
    let took = stage.borrow().clock.now();
    stage.borrow().say(&format!("they are a cluster after {took}; the script begins"));
    write::begin(&stage);
    Ok(stage)
}

/// Waits until everyone agrees, replicas have data, and everyone has heard of it.
async fn settle(stage: &Shared) -> Result<(), StageError> {
    wait(stage, Stage::unformed).await?;
    let primaries: Vec<_> = {
        let stage = stage.borrow();
        let owns = |seat: &&Seat| {
            let host = stage.names.named(seat.name);
            let seen = host.and_then(|host| stage.seen[host.get()].as_ref());
            seen.and_then(|seen| seen.me()).is_some_and(|me| !me.slots.is_empty())
        };
        stage.seats.iter().filter(owns).map(|seat| Selector::Node(seat.name)).collect()
    };
    // Something to replicate, so that no offset is zero: a replica without data does not stand.
    for primary in primaries {
        write::first(stage, primary).await;
    }
    wait(stage, Stage::unformed).await?;
    sleep(SETTLING).await;
    wait(stage, Stage::unformed).await
}

async fn wait(stage: &Shared, missing: impl Fn(&Stage) -> Option<String>) -> Result<(), StageError> {
    let start = stage.borrow().clock.now();
    loop {
        {
            let mut stage = stage.borrow_mut();
            for at in 0..stage.seats.len() {
                if stage.seats[at].has_ended() {
                    let seat = &stage.seats[at];
                    return Err(StageError::Ended { name: seat.name.to_string(), log: seat.last_words() });
                }
            }
            let Some(what) = missing(&stage) else { return Ok(()) };
            if stage.clock.now().since(start) > FORMING {
                return Err(StageError::NotFormed { seconds: FORMING.as_millis() / 1000, what });
            }
        }
        sleep(LOOK).await;
    }
}

impl Stage {
    /// What is still missing to a formed cluster.
    fn unformed(&self) -> Option<String> {
        if let Some(what) = self.disagreement() {
            return Some(what);
        }
        let everything = self.script.cluster.shards().iter().map(|shard| shard.slots.len()).sum::<u32>();
        for host in self.hosts() {
            let name = self.seat(host).name;
            let seen = self.seen[host.get()].as_ref()?;
            // A cluster with unassigned slots is never well, and that is how the script wants it.
            if !seen.ok && everything == u32::from(crate::base::SLOTS) {
                return Some(format!("{name} says that the cluster is not well"));
            }
            let unlinked = seen
                .conf
                .nodes
                .iter()
                .find(|line| !line.connected && !line.flags.contains(NodeFlags::MYSELF));
            if let Some(line) = unlinked {
                return Some(format!("{name} has no link to {}", self.names.tell(line.id)));
            }
            let primary = seen.me()?.primary.and_then(|primary| self.names.host_of(primary));
            if let Some(primary) = primary {
                let ahead = self.seen[primary.get()].as_ref()?.offset;
                if seen.offset < ahead {
                    return Some(format!("{name} has not all of its primary's data"));
                }
            }
        }
        None
    }
}
