//! A rolling upgrade from Valkey 9.1 to ours under many throws of the dice.

use splitvote::base::Instant;
use splitvote::node::Event;
use splitvote::scenario::library::LIBRARY;
use splitvote::scenario::parse;
use splitvote::sim::{Simulator, What};

const SEEDS: u64 = 40;
/// From here on every node is upgraded.
const ALL_NEW: Instant = Instant::from_millis(60_000);

/// S21 judges every refusal that is sent by the request it answers. Were nobody refused, that would
/// say nothing: so some are refused aloud at the end, and some in silence half-way.
#[test]
fn an_upgrade_breaks_nothing_and_refuses_aloud_only_who_listens() {
    let builtin = LIBRARY.iter().find(|builtin| builtin.name == "rolling-upgrade").expect("it is built in");
    let (mut aloud, mut silent) = (0, 0);
    for seed in 0..SEEDS {
        let mut script = parse(builtin.text).expect("it reads");
        script.seed = seed;
        let mut world = Simulator::new(&script);
        world.run();
        let report = world.report();
        let promised: Vec<_> = report.violations.iter().filter(|row| row.promised).collect();
        assert!(promised.is_empty(), "seed {seed}: {promised:?}");
        for row in &report.expectations {
            assert!(row.met, "seed {seed}: {}", row.text);
        }
        for record in world.records() {
            match &record.what {
                What::Event(Event::NackReceived { .. }) if record.at > ALL_NEW => aloud += 1,
                What::Event(Event::VoteRefused { told: false, .. }) if record.at < ALL_NEW => silent += 1,
                _ => {}
            }
        }
    }
    assert!(aloud > 0, "nobody was refused aloud in the end");
    assert!(silent > 0, "nobody was refused in silence half-way");
}
