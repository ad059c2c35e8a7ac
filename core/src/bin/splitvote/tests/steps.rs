//! Every role, killed at every step of an election: the process that prints an event is killed with
//! SIGKILL the moment its log shows it, and comes back with what its disk has.
//!
//! A short form runs with the other tests; `SPLITVOTE_ROUNDS=200` makes it the long one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::thread::sleep;
use std::time::{Duration, Instant};

use splitvote::resp::Reply;

use super::processes::{Client, Node, ask, cluster_of, told, until};

/// Where a process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    /// Whose event it is.
    who: Who,
    /// What its log says then.
    says: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// A primary of another shard.
    Voter,
    /// The dead primary's replica.
    Candidate,
    /// The dead primary, back again.
    OldPrimary,
    /// A replica of another shard.
    Bystander,
}

const POINTS: [Point; 16] = {
    use Who::{Bystander, Candidate, OldPrimary, Voter};
    [
        Point { who: Voter, says: " failed" },
        Point { who: Voter, says: "votes for" },
        Point { who: Voter, says: "as primary" },
        Point { who: Candidate, says: " failed" },
        Point { who: Candidate, says: "schedules an election" },
        Point { who: Candidate, says: "asks for votes" },
        Point { who: Candidate, says: "gets the vote" },
        Point { who: Candidate, says: "wins epoch" },
        Point { who: Candidate, says: "takes config epoch" },
        Point { who: Candidate, says: "is primary instead" },
        Point { who: Candidate, says: "sees the cluster ok" },
        Point { who: OldPrimary, says: "loaded" },
        Point { who: OldPrimary, says: "follows" },
        Point { who: OldPrimary, says: "is in sync" },
        Point { who: Bystander, says: " failed" },
        Point { who: Bystander, says: "as primary" },
    ]
};

/// One key's tag and the slots of each shard.
const SHARDS: [(&str, &str); 3] = [("{b}", "0-5460"), ("{c}", "5461-10922"), ("{a}", "10923-16383")];
/// How long a step may take to come; then the round goes on without a second kill.
const STEP: Duration = Duration::from_secs(10);

struct World {
    nodes: Vec<Node>,
    /// Who everyone is.
    ids: Vec<String>,
    /// Writes that a replica had, too.
    acknowledged: Vec<(String, String)>,
}

impl World {
    /// Places of a shard's primary and its replicas, as a node that lives tells them.
    fn shard(&self, slots: &str) -> Option<(usize, Vec<usize>)> {
        let text = self.nodes.iter().find_map(|node| {
            let text = Client::to(node.port).and_then(|mut client| client.say(&["CLUSTER", "NODES"])).ok()?;
            text.lines().any(|line| line.ends_with(slots)).then_some(text)
        })?;
        let place = |line: &str| {
            let id = line.split_whitespace().next()?;
            self.ids.iter().position(|known| known == id)
        };
        let primary = text.lines().find(|line| line.ends_with(slots))?;
        let id = primary.split_whitespace().next()?;
        let copies = |line: &&str| line.split_whitespace().nth(3) == Some(id);
        Some((place(primary)?, text.lines().filter(copies).filter_map(place).collect()))
    }

    /// A write that the shard's replica has, too.
    fn write(&mut self, shard: usize, round: usize) {
        let (tag, slots) = SHARDS[shard];
        let Some((primary, _)) = self.shard(slots) else { panic!("{slots} is served") };
        let (key, value) = (format!("{tag}{round}"), round.to_string());
        let mut client = Client::to(self.nodes[primary].port).expect("it listens");
        let said = client.say(&["SET", &key, &value]).expect("it answers");
        let copies = client.say(&["WAIT", "1", "5000"]).expect("it answers");
        if said == "OK" && copies.parse::<u64>().is_ok_and(|copies| copies > 0) {
            self.acknowledged.push((key, value));
        }
    }

    /// Whether all live, all agree that all is well, and every shard has its replica in step.
    fn well(&self) -> bool {
        let ok = |node: &Node| {
            let mut client = Client::to(node.port).ok()?;
            let state = client.say(&["CLUSTER", "INFO"]).ok()?;
            let link = client.say(&["INFO", "replication"]).ok()?;
            Some(state.contains("cluster_state:ok") && !link.contains("master_link_status:down"))
        };
        self.nodes.iter().all(|node| ok(node) == Some(true))
            && SHARDS.iter().all(|(_, slots)| {
                self.shard(slots).is_some_and(|(primary, replicas)| {
                    !replicas.is_empty()
                        && self.nodes[primary].info("connected_slaves").as_deref() != Some("0")
                })
            })
    }

    /// Reads back every acknowledged write from whoever serves it.
    fn check_writes(&self) {
        let mut clients: Vec<Client> =
            self.nodes.iter().map(|node| Client::to(node.port).expect("it listens")).collect();
        for (key, value) in &self.acknowledged {
            let found = clients.iter_mut().map(|client| client.ask(&["GET", key]).expect("it answers"));
            let found: Vec<Reply> = found.filter(|reply| reply.error().is_none()).collect();
            let whole = [Reply::Bulk(value.clone().into_bytes())];
            assert_eq!(found, whole, "{key} was acknowledged\n{}", told(&self.nodes));
        }
    }

    /// One vote an epoch for each voter over all its lives, one winner an epoch, one owner a config epoch,
    /// and nobody forgot who it is.
    fn check_promises(&self) {
        let mut winners: BTreeMap<u64, &str> = BTreeMap::new();
        for (node, id) in self.nodes.iter().zip(&self.ids) {
            let mut votes: BTreeMap<u64, String> = BTreeMap::new();
            for line in node.log().lines() {
                if let Some((_, rest)) = line.split_once(" votes for ") {
                    let (candidate, epoch) = rest.split_once(" in epoch ").expect("a vote names its epoch");
                    let epoch = epoch.parse().expect("an epoch");
                    let twice = votes.insert(epoch, candidate.to_owned());
                    assert_eq!(twice, None, "{id} voted twice in epoch {epoch}\n{}", told(&self.nodes));
                }
                if let Some((_, rest)) = line.split_once(" wins epoch ") {
                    let epoch = rest.split_whitespace().next().and_then(|word| word.parse().ok());
                    let twice = winners.insert(epoch.expect("an epoch"), id);
                    assert_eq!(twice, None, "two wins of one epoch: {line}\n{}", told(&self.nodes));
                }
            }
            let conf = std::fs::read_to_string(node.dir.join("nodes.conf")).expect("it is there");
            let myself = conf.lines().find(|line| line.contains("myself")).expect("a line for itself");
            assert!(myself.starts_with(id.as_str()), "{id} is somebody else now: {conf}");
            assert_eq!(conf.lines().count(), self.nodes.len() + 1, "{id} forgot somebody: {conf}");
            let voted = conf.split_once("lastVoteEpoch ").and_then(|(_, text)| text.trim().parse().ok());
            let last = votes.keys().next_back().copied().unwrap_or(0);
            assert!(voted.unwrap_or(0) >= last, "{id} forgot its vote in epoch {last}: {conf}");
        }
        let text = ask(self.nodes[0].port, &["CLUSTER", "NODES"]);
        let primaries = text.lines().filter(|line| line.contains("master"));
        let epochs: Vec<&str> = primaries.filter_map(|line| line.split_whitespace().nth(6)).collect();
        let unique: BTreeSet<&&str> = epochs.iter().collect();
        assert_eq!(unique.len(), epochs.len(), "config epochs are shared: {text}");
    }
}

/// Follows the logs of some nodes from now on.
struct Tails(Vec<(usize, File, String)>);

impl Tails {
    fn of(nodes: &[Node], places: &[usize]) -> Self {
        let open = |at: &usize| {
            let mut file = File::open(nodes[*at].dir.join("log")).expect("it has a log");
            file.seek(SeekFrom::End(0)).expect("it has an end");
            (*at, file, String::new())
        };
        Self(places.iter().map(open).collect())
    }

    /// Whose log says this, if it comes in time.
    fn first(&mut self, says: &str) -> Option<usize> {
        let start = Instant::now();
        while start.elapsed() < STEP {
            for (at, file, text) in &mut self.0 {
                // A line that is being written is whole the next time.
                if file.read_to_string(text).is_ok() && text.contains(says) {
                    return Some(*at);
                }
            }
            sleep(Duration::from_millis(1));
        }
        None
    }
}

/// One round: a primary dies, an election runs, and who comes to the point dies there. Whether that came.
fn round(world: &mut World, number: usize) -> bool {
    let point = POINTS[number % POINTS.len()];
    let shard = number % SHARDS.len();
    world.write(shard, number);
    let (primary, replicas) = world.shard(SHARDS[shard].1).expect("it is served");
    let others: Vec<(usize, Vec<usize>)> = SHARDS
        .iter()
        .filter(|(_, slots)| *slots != SHARDS[shard].1)
        .map(|(_, slots)| world.shard(slots).expect("it is served"))
        .collect();
    let eligible: Vec<usize> = match point.who {
        Who::Voter => others.iter().map(|(primary, _)| *primary).collect(),
        Who::Candidate => replicas,
        Who::OldPrimary => vec![primary],
        Who::Bystander => others.into_iter().flat_map(|(_, replicas)| replicas).collect(),
    };
    let mut tails = Tails::of(&world.nodes, &eligible);
    let mut elected = Tails::of(&world.nodes, &(0..world.nodes.len()).collect::<Vec<_>>());
    world.nodes[primary].kill();
    if point.who == Who::OldPrimary {
        elected.first("is primary instead");
        world.nodes[primary].restart();
    }
    let victim = tails.first(point.says);
    if let Some(victim) = victim {
        world.nodes[victim].kill();
    }
    // Sometimes the others go on without it for a while, sometimes it is back at once.
    sleep(Duration::from_millis(150 * (number as u64 % 4)));
    for at in victim.into_iter().chain([primary]).collect::<BTreeSet<_>>() {
        if !world.nodes[at].lives() {
            world.nodes[at].restart();
        }
    }
    until("the cluster is well again", || world.well());
    world.check_promises();
    world.check_writes();
    victim.is_some()
}

#[test]
fn whoever_is_killed_at_whatever_step_keeps_every_promise() {
    let rounds = std::env::var("SPLITVOTE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(16);
    let nodes = cluster_of("steps", &["--appendonly", "yes", "--cluster-node-timeout", "500"]);
    let ids = nodes.iter().map(|node| ask(node.port, &["CLUSTER", "MYID"])).collect();
    let mut world = World { nodes, ids, acknowledged: Vec::new() };
    let mut missed = BTreeMap::<Point, usize>::new();
    for number in 0..rounds {
        if !round(&mut world, number) {
            *missed.entry(POINTS[number % POINTS.len()]).or_default() += 1;
        }
    }
    let (writes, missed_all) = (world.acknowledged.len(), missed.values().sum::<usize>());
    println!("{rounds} rounds, {missed_all} without the event: {missed:?}; {writes} acknowledged writes");
    assert!(missed_all * 4 <= rounds, "most kills happen: {missed:?}\n{}", told(&world.nodes));
    assert!(writes * 4 >= rounds * 3, "most writes are acknowledged: {writes} of {rounds}");
}
