use super::*;
use crate::scenario::{LIBRARY, parse};
#[test]
fn walk() {
    for b in LIBRARY {
        let mut script = parse(b.text).unwrap();
        if let Ok(s) = std::env::var("SEED") {
            script.seed = s.parse().unwrap();
        }
        let t = std::time::Instant::now();
        let mut sim = Simulator::new(&script);
        sim.run();
        println!(
            "== {} {} at {} digest {} records {} steps {} delivered {} writes {:?} {:?}",
            b.name,
            sim.covered(),
            sim.now(),
            sim.digest(),
            sim.records().len(),
            sim.steps(),
            sim.delivered(),
            sim.writes(),
            t.elapsed()
        );
        for e in sim.expectations() {
            println!("   {:?}", e);
        }
        for f in sim.failovers() {
            println!("   {:?}", f);
        }
        if std::env::var("T").is_ok_and(|t| t == b.name) {
            let n = sim.names().clone();
            for r in sim.records() {
                println!(
                    "{:>4} {} {}",
                    r.host.map_or(String::new(), |h| n.host(h).to_string()),
                    r.at,
                    r.what.tell(&|id| n.tell(id))
                );
            }
        }
    }
}
#[test]
fn swarm_walk() {
    let (a, b) = std::env::var("SEEDS")
        .map(|s| {
            let (a, b) = s.split_once("..").unwrap();
            (a.parse().unwrap(), b.parse().unwrap())
        })
        .unwrap_or((0u64, 200u64));
    let mut hits = std::collections::BTreeMap::new();
    let mut bad = 0;
    let mut props = std::collections::BTreeMap::new();
    let t = std::time::Instant::now();
    for seed in a..b {
        let v = swarm::run(seed);
        for (k, n) in &v.hits {
            *hits.entry(*k).or_insert(0u64) += n;
        }
        for (at, h, x) in &v.violations {
            bad += 1;
            props.entry(x.property.clone()).or_insert_with(Vec::new).push(seed);
            if bad < 30 {
                println!("seed {seed} at {at} {h:?}: {} {}", x.property, x.what);
            }
        }
    }
    println!("{hits:?}");
    for (p, s) in props {
        println!("{p}: {} {:?}", s.len(), &s[..s.len().min(12)]);
    }
    println!("{:?} per seed", t.elapsed() / (b - a) as u32);
    if let Ok(s) = std::env::var("SHOW") {
        println!("{}", swarm::script(s.parse().unwrap()));
    }
}
#[test]
fn seeds() {
    let mut hits = std::collections::BTreeMap::new();
    for b in LIBRARY {
        let mut bad = 0;
        let mut ex = std::collections::BTreeMap::new();
        let t = std::time::Instant::now();
        for seed in 0..100 {
            let mut script = parse(b.text).unwrap();
            script.seed = seed;
            let mut sim = Simulator::keeping(&script, Keep::Nothing);
            sim.run();
            for (k, v) in sim.checker.hits() {
                *hits.entry(*k).or_insert(0) += v;
            }
            for v in sim.violations() {
                bad += 1;
                if bad < 4 {
                    println!("{} seed {seed}: {:?}", b.name, v);
                }
            }
            for (_, text, met) in sim.expectations() {
                if !met {
                    ex.entry(text).or_insert((0, seed)).0 += 1;
                }
            }
        }
        println!("{}: {} violations {:?} {:?}", b.name, bad, ex, t.elapsed() / 100);
    }
    println!("{hits:?}");
}
#[test]
fn show() {
    let seed: u64 = std::env::var("SHOW").map_or(56, |s| s.parse().unwrap());
    let script = swarm::script(seed);
    println!("{script}");
    let mut sim = Simulator::new(&script);
    sim.run();
    let n = sim.names().clone();
    for r in sim.records() {
        if trace::Filter::Telling.shows(&r.what) || std::env::var("ALL").is_ok() {
            println!("{}", trace::Line { record: r, names: &n });
        }
    }
    for h in sim.hosts() {
        if let Some(node) = h.node {
            println!(
                "{} {:?} {:?} primary={} of {:?} epoch {} cepoch {} off {} streaming {} slots {} health {:?} path {:?}",
                h.name,
                h.liveness,
                n.shard(node.shard()).map(|s| s.to_string()),
                node.is_primary(),
                node.primary().map(|p| n.tell(p)),
                node.view().current_epoch,
                node.view().me().config_epoch,
                node.offset(),
                node.replication().streaming(),
                node.view().me().slots(),
                node.health(),
                node.replication().path()
            );
            for (_, p) in node.view().iter() {
                println!(
                    "     {} {:?} {:?} ce {} of {:?} slots {} out {:?} in {:?}",
                    n.tell(p.id),
                    n.shard(p.shard).map(|s| s.to_string()),
                    p.flags,
                    p.config_epoch,
                    p.replica_of.map(|x| n.tell(node.view().peer(x).id)),
                    p.slots(),
                    p.outbound,
                    p.inbound
                );
            }
        }
    }
}
