//! Whole clusters: simulated seconds and delivered messages per second of real time; then the same
//! mesh of pings under other simulators, as ratios. `--quick` does a tenth of it; `--large` a cluster of
//! 1,000, too, for which 20 GB are needed: at time zero everyone pings everyone.
//!
//! The mesh: every host pings every other one each half second and is answered; a payload is as long as
//! our PING; latency is between 1 ms and 5 ms. Ours does more: it makes every frame of a node's table,
//! reads it back, and judges all properties. The others send the same bytes again and again.

#[cfg(madsim)]
mod madsim_mesh;
mod ours;
mod turmoil_mesh;

use std::time::{Duration, Instant};

/// Bytes of a PING with three words of gossip and a shard.
pub const PAYLOAD: usize = 2256 + 3 * 104 + 48;
/// How often a host pings each other one.
pub const PERIOD: Duration = Duration::from_millis(500);
/// Hosts of the mesh.
const HOSTS: u16 = 30;

/// What a run did, and how long that took.
#[derive(Clone, Copy)]
pub struct Measured {
    pub simulated: Duration,
    pub messages: u64,
    pub took: Duration,
}

impl Measured {
    /// Measures a run that says how many messages arrived.
    pub fn of(simulated: Duration, run: impl FnOnce() -> u64) -> Self {
        let began = Instant::now();
        let messages = run();
        Self { simulated, messages, took: began.elapsed() }
    }

    fn rate(self) -> f64 {
        f64::from(u32::try_from(self.messages).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }

    fn pace(self) -> f64 {
        self.simulated.as_secs_f64() / self.took.as_secs_f64()
    }

    fn tell(self, what: &str) {
        println!("{what:<34}{:>14.0}{:>16.1}", self.rate(), self.pace());
    }
}

fn main() {
    let quick = std::env::args().any(|word| word == "--quick" || word == "--test");
    let large = std::env::args().any(|word| word == "--large");
    let part = if quick { 10 } else { 1 };
    println!("{:<34}{:>14}{:>16}", "", "messages/s", "simulated s/s");
    for (nodes, seconds) in [(3, 2000), (30, 200), (100, 50), (300, 20), (1000, 10)] {
        if nodes < 300 || !quick && nodes < 1000 || large {
            ours::cluster(nodes, seconds / part).tell(&format!("cluster of {nodes}"));
        }
    }
    println!("\nmesh of {HOSTS} hosts, {PAYLOAD} bytes, {} ms", PERIOD.as_millis());
    let ours = ours::mesh(HOSTS, 100 / part);
    ours.tell("splitvote");
    let others = [
        ("turmoil", Some(turmoil_mesh::mesh(HOSTS, Duration::from_secs(20 / u64::from(part))))),
        #[cfg(madsim)]
        ("madsim", Some(madsim_mesh::mesh(HOSTS, Duration::from_secs(20 / u64::from(part))))),
        #[cfg(not(madsim))]
        ("madsim", None),
    ];
    for (name, measured) in others {
        let Some(measured) = measured else {
            println!("{name:<34}not built: `cargo xtask bench` does so with `--cfg madsim`");
            continue;
        };
        measured.tell(name);
        println!("{:<34}{:>13.1}x", format!("  splitvote to {name}"), ours.rate() / measured.rate());
    }
}
