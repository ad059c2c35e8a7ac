//! Clusters of Splitvote's own simulator.

use std::time::Duration;

use splitvote::base::Instant;
use splitvote::scenario::parse;
use splitvote::sim::{Keep, Simulator};

use super::Measured;

/// A calm cluster of pairs (of primaries alone, if they are few) at Valkey's own settings.
pub(crate) fn cluster(nodes: u16, seconds: u32) -> Measured {
    calm(nodes, seconds, "node-timeout=15s")
}

/// A cluster whose nodes ping each other every half second.
pub(crate) fn mesh(nodes: u16, seconds: u32) -> Measured {
    calm(nodes, seconds, "node-timeout=15s ping-interval=500ms")
}

fn calm(nodes: u16, seconds: u32, settings: &str) -> Measured {
    let (shards, replicas) = if nodes < 6 { (nodes, 0) } else { (nodes / 2, 1) };
    let text =
        format!("cluster shards={shards} replicas={replicas}\nset {settings} latency=1ms..5ms\nrun for 1h\n");
    let script = parse(&text).expect("the script reads");
    let mut world = Simulator::keeping(&script, Keep::Nothing);
    // Not on the clock: at time zero every link comes up, and everyone pings everyone.
    world.play(Instant::from_millis(2_000));
    let before = world.delivered();
    Measured::of(Duration::from_secs(u64::from(seconds)), || {
        world.play(Instant::from_millis(2_000 + u64::from(seconds) * 1000));
        world.delivered() - before
    })
}
