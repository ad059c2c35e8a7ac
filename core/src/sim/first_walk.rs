use crate::scenario::{LIBRARY, parse};
use super::*;
#[test]
fn walk() {
    for b in LIBRARY {
        let script = parse(b.text).unwrap();
        let t = std::time::Instant::now();
        let mut sim = Simulator::new(&script);
        sim.run();
        println!("== {} {} at {} digest {} records {} steps {} delivered {} writes {:?} {:?}", b.name, sim.covered(), sim.now(), sim.digest(), sim.records().len(), sim.steps(), sim.delivered(), sim.writes(), t.elapsed());
        for e in sim.expectations() { println!("   {:?}", e); }
        for f in sim.failovers() { println!("   {:?}", f); }
        if std::env::var("T").is_ok_and(|t| t == b.name) { let n = sim.names().clone(); for r in sim.records() { println!("{:>4} {} {}", r.host.map_or(String::new(), |h| n.host(h).to_string()), r.at, r.what.tell(&|id| n.tell(id))); } }
    }
}
