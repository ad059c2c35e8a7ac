//! Our nodes under load while random ones are killed, paused and moved. The faults are drawn from a seed,
//! which is printed; `cargo xtask soak --minutes 10 --seed N` plays longer, or again.
//!
//! One node of a shard is hurt at a time and is in step again before the next: what a replica has
//! acknowledged must then be there for ever.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harness::fleet::{Fleet, Make};
use splitvote::base::Rng;

use super::data;
use super::load::Load;

const SHARDS: usize = 3;
const TIMEOUT: [&str; 2] = ["--cluster-node-timeout", "1000"];

/// What may be done to a node.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// SIGKILL, and a start when another leads its shard.
    Kill,
    /// SIGKILL of a replica, and a start soon after.
    KillReplica,
    /// SIGSTOP for longer than the node timeout.
    Pause,
    /// SIGSTOP for less.
    Doze,
    /// CLUSTER FAILOVER.
    Failover,
    /// SIGTERM and a start when another leads its shard.
    Stop,
}

const FAULTS: [Fault; 6] =
    [Fault::Kill, Fault::KillReplica, Fault::Pause, Fault::Doze, Fault::Failover, Fault::Stop];

fn env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Kilobytes of memory that a node holds.
fn memory(fleet: &Fleet, at: usize) -> u64 {
    let pid = fleet.nodes[at].pid().expect("it runs");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// Does one thing to one shard, and waits until all is well again.
fn hurt(fleet: &mut Fleet, fault: Fault, shard: usize) {
    let pair = [shard, shard + SHARDS];
    let [primary, replica] = if fleet.leads(pair[0]) { pair } else { [pair[1], pair[0]] };
    match fault {
        Fault::Kill | Fault::Stop => {
            if matches!(fault, Fault::Kill) {
                fleet.nodes[primary].kill();
            } else {
                fleet.nodes[primary].stop();
            }
            fleet.until("its replica takes over", |fleet| fleet.leads(replica));
            fleet.nodes[primary].start();
        }
        Fault::KillReplica => {
            fleet.nodes[replica].kill();
            sleep(Duration::from_millis(300));
            fleet.nodes[replica].start();
        }
        Fault::Pause => {
            fleet.nodes[primary].pause();
            fleet.until("its replica takes over", |fleet| fleet.leads(replica));
            fleet.nodes[primary].resume();
        }
        Fault::Doze => {
            fleet.nodes[primary].pause();
            sleep(Duration::from_millis(400));
            fleet.nodes[primary].resume();
        }
        Fault::Failover => {
            // Refused while its primary is busy with something else: then nothing happens.
            let _ = fleet.nodes[replica].try_ask::<String>(&["CLUSTER", "FAILOVER"]);
        }
    }
    fleet.until("everyone answers", |fleet| {
        fleet.nodes.iter().all(|node| node.try_ask::<String>(&["PING"]).is_ok())
    });
    fleet.settled();
}

/// Lines of a log that nothing here explains.
fn odd(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains(" warning ") || line.contains("panicked")).collect()
}

#[test]
fn random_faults_under_load_lose_nothing_that_was_promised() {
    let minutes = env("SOAK_MINUTES").unwrap_or(1);
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seed = env("SOAK_SEED").unwrap_or(clock);
    println!("soak: {minutes} min, seed {seed}");
    let mut rng = Rng::new(seed);
    let mut draw = |below: usize| usize::try_from(rng.below(below as u64)).expect("a small number");
    let mut fleet = Fleet::form("soak", &[Make::Ours; SHARDS], &[Make::Ours; SHARDS], &TIMEOUT);
    let load = Load::rust(&fleet, 3, 1);
    let start = Instant::now();
    let mut faults = 0;
    while start.elapsed() < Duration::from_secs(60 * minutes) {
        let (fault, shard) = (FAULTS[draw(FAULTS.len())], draw(SHARDS));
        println!(
            "soak: {:>4} s {fault:?} in shard {shard}, {} acked",
            start.elapsed().as_secs(),
            load.acked()
        );
        hurt(&mut fleet, fault, shard);
        faults += 1;
        load.goes_on(&fleet, 20);
    }
    let said = load.end();
    fleet.settled();
    println!("soak: {faults} faults, {} acked, {} failed", said.acked.len(), said.failed);
    assert!(said.wrong.is_empty(), "read something else: {:?}", said.wrong);
    assert_eq!(
        super::clients::lost(&fleet, &said),
        [""; 0],
        "{} acknowledged\n{}",
        said.acked.len(),
        fleet.told()
    );
    let leads = (0..fleet.nodes.len()).filter(|at| fleet.leads(*at)).count();
    assert_eq!(leads, SHARDS, "one primary a shard\n{}", fleet.told());
    data::replicas_equal(&fleet);
    for at in 0..fleet.nodes.len() {
        let log = fleet.nodes[at].log();
        assert!(odd(&log).is_empty(), "{:#?}", odd(&log));
        let held = memory(&fleet, at);
        println!("soak: node {at} holds {held} kB");
        // A backlog of ten megabytes, the data, and as much again for what is on its way.
        assert!(held < 150_000, "node {at} holds {held} kB");
    }
}
