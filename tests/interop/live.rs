//! Scripts on both stages, compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use harness::fleet::Make;
use splitvote::scenario::{Script, parse};

use super::cluster::{Cluster, Recording};
use super::record;
use super::simulated;
use super::tale::Tale;

/// How many throws of the dice the simulated side is, in each world.
const SEEDS: u64 = 8;
/// How often a real run may be disturbed by the machine it runs on.
const TRIES: usize = 3;

/// A real run and what is wrong with it, beside the simulated ones.
struct Pair<'a> {
    live: Recording,
    tale: Tale,
    simulated: &'a [(Recording, Tale)],
}

impl Pair<'_> {
    /// What a real node did and no simulated one did, and the other way round.
    fn differences(&self) -> Vec<String> {
        let mut found: Vec<String> = self.live.odd.iter().map(|odd| format!("an odd frame: {odd}")).collect();
        self.compare_story(&mut found);
        self.compare_changes(&mut found);
        self.compare_views(&mut found);
        found
    }

    fn compare_story(&self, found: &mut Vec<String>) {
        let plot = self.tale.plot();
        if !self.simulated.iter().any(|(_, tale)| tale.plot() == plot) {
            let mut text = "the story:\n".to_owned();
            for (what, at) in &self.tale.story {
                let _ = writeln!(text, "    live {:>7} ms {what}", at / 1000);
            }
            let others: BTreeSet<Vec<&str>> = self.simulated.iter().map(|(_, tale)| tale.plot()).collect();
            for (number, other) in others.into_iter().enumerate() {
                for what in other {
                    let _ = writeln!(text, "    simulated, form {number}: {what}");
                }
            }
            found.push(text);
        }
        let all = |of: fn(&Tale) -> &BTreeSet<String>| -> BTreeSet<String> {
            self.simulated.iter().flat_map(|(_, tale)| of(tale).iter().cloned()).collect()
        };
        for aside in self.tale.asides.difference(&all(|tale| &tale.asides)) {
            found.push(format!("only live: {aside}"));
        }
        for word in self.tale.hearsay.difference(&all(|tale| &tale.hearsay)) {
            found.push(format!("only live, in gossip: {word}"));
        }
    }

    /// Each lane of a real sender tells a part of what a simulated sender tells, in its order; and what
    /// every simulated run tells, the real one tells, too.
    fn compare_changes(&self, found: &mut Vec<String>) {
        for ((node, what), lanes) in &self.tale.changes {
            let key = (*node, *what);
            let sims: BTreeSet<&Vec<String>> =
                self.simulated.iter().filter_map(|(_, tale)| tale.changes.get(&key)).flatten().collect();
            let values: BTreeSet<&String> = sims.iter().copied().flatten().collect();
            let known = |lane: &&Vec<String>| match *what {
                // Dice that a real hash table loads: fewer of the wanted may be hit, never more.
                "gossip" => lane.iter().all(|one| {
                    let count = |text: &String| text.parse::<usize>().unwrap_or(usize::MAX);
                    values.iter().any(|value| count(one) <= count(value))
                }),
                "extensions" | "heartbeat mflags" => lane.iter().all(|one| values.contains(one)),
                _ => sims.iter().any(|sim| within(lane, sim)),
            };
            let strange: BTreeSet<&Vec<String>> = lanes.iter().filter(|lane| !known(lane)).collect();
            if !strange.is_empty() {
                found.push(format!("{node} {what}: live {strange:?}, simulated {sims:?}"));
            }
            // How long a state lasts, and so whether it is ever told, is a matter of the machine.
            if matches!(*what, "gossip" | "state") {
                continue;
            }
            let live: BTreeSet<&String> = lanes.iter().flatten().collect();
            let always = |value: &&String| {
                self.simulated.iter().all(|(_, tale)| {
                    tale.changes
                        .get(&key)
                        .is_some_and(|lanes| lanes.iter().flatten().any(|one| one == *value))
                })
            };
            let missed: Vec<&String> =
                values.iter().copied().filter(always).filter(|value| !live.contains(*value)).collect();
            if !missed.is_empty() {
                found.push(format!("{node} {what}: only simulated {missed:?}"));
            }
        }
    }

    fn compare_views(&self, found: &mut Vec<String>) {
        for (node, rows) in &self.live.views {
            if self.simulated.iter().any(|(run, _)| run.views.get(node) == Some(rows)) {
                continue;
            }
            let sims: BTreeSet<_> =
                self.simulated.iter().filter_map(|(run, _)| run.views.get(node)).flatten().collect();
            let strange: Vec<_> = rows.iter().filter(|row| !sims.contains(row)).collect();
            found.push(format!("what {node} believes: live {strange:#?}, simulated {sims:#?}"));
        }
    }
}

fn within(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|value| whole.any(|other| other == value))
}

/// The worlds in which a script is simulated: a quick one, and two that are as slow as a busy machine.
const WORLDS: [&str; 3] = [
    "latency=1ms jitter=1ms snapshot=20ms",
    "latency=1ms..9ms jitter=3ms snapshot=100ms",
    "latency=20ms..40ms jitter=20ms snapshot=1s",
];

fn simulate(make: Make, text: &str) -> Vec<(Recording, Tale)> {
    let mut runs = Vec::new();
    for world in WORLDS {
        let script = parsed(make, text, world);
        for seed in 1..=SEEDS {
            let run = simulated::play(&Script { seed, ..script.clone() });
            let tale = Tale::of(&run.told, false);
            runs.push((run, tale));
        }
    }
    runs
}

fn parsed(make: Make, text: &str, world: &str) -> Script {
    let (cluster, rest) = text.split_once("run").expect("a script says how long it runs");
    let text = format!("{cluster}rules {}\nset {world}\nrun{rest}", make.preset());
    parse(&text).unwrap_or_else(|errors| panic!("{text}\n{}", errors[0]))
}

/// Plays a script on both stages and compares; then `judge` looks at the real run alone. A run that the
/// machine has disturbed is repeated, and it is said that it was.
fn compare(make: Make, what: &str, text: &str, judge: fn(Make, &Tale) -> Vec<String>) {
    let what = format!("{what}-{}", make.preset());
    let (script, simulated) = (parsed(make, text, WORLDS[0]), simulate(make, text));
    let mut told = String::new();
    for attempt in 1..=TRIES {
        let live = Cluster::form(make, &script, &what).play(&script);
        record::record(make.name(), &live.frames);
        let tale = Tale::of(&live.told, true);
        let now = Pair { live, tale, simulated: &simulated };
        let mut found = now.differences();
        found.extend(judge(make, &now.tale));
        found.retain(|difference| !known(difference));
        if found.is_empty() {
            return;
        }
        let _ = writeln!(told, "== attempt {attempt}\n{}", found.join("\n"));
        eprintln!("{what}: attempt {attempt} differs:\n{}", found.join("\n"));
    }
    panic!("{what}: real servers do otherwise than the simulator:\n{told}");
}

/// Who reads its slots from a file after others' replicas counts as one that may be given a replica
/// (`MIGRATE_TO`): the only known difference, and only in these flag words. `core/ARCHITECTURE.md` says why.
const KNOWN: [&str; 3] = ["C0 flags: ", "D0 flags: ", "E0 flags: "];

fn known(difference: &str) -> bool {
    let words = ["{[\"1d11\"]}, simulated {[\"1c11\"]}", "{[\"0111\"]}, simulated {[\"0011\"]}"];
    let rest = KNOWN.iter().find_map(|start| difference.strip_prefix(start));
    rest.is_some_and(|rest| {
        words.iter().any(|words| rest == format!("live {words}"))
            || matches!(rest, "only simulated [\"1c11\"]" | "only simulated [\"0011\"]")
    })
}

fn nothing_more(_: Make, _: &Tale) -> Vec<String> {
    Vec::new()
}

/// What a busy machine may add to a delay, milliseconds.
const SLACK: u64 = 2000;

/// From the failure to the request: protocol.md §6.4. A sole replica of 9.1 does not wait at all.
fn asks_in_time(make: Make, tale: &Tale) -> Vec<String> {
    let (low, high) = match make {
        Make::Valkey => (0, 100),
        Make::Redis => (500, 1100),
        Make::Ours => unreachable!("the simulator is compared with others' servers"),
    };
    let moments = tale.when("A0 failed").zip(tale.when("A1 asks")).zip(tale.when("A1 leads"));
    let Some(((failed, asked), led)) = moments else { return vec!["no failover".to_owned()] };
    let mut wrong = Vec::new();
    // The FAIL was heard at a door, which is later than it was known to the one who told it.
    let waited = asked.saturating_sub(failed) / 1000;
    if waited + 60 < low || waited > high + SLACK {
        wrong.push(format!("A1 asks {waited} ms after FAIL, the formula says {low} to {high}"));
    }
    let counted = led.saturating_sub(asked) / 1000;
    if counted > 200 + SLACK {
        wrong.push(format!("A1 leads {counted} ms after its request"));
    }
    wrong
}

/// The offset of the shard it left makes the stranger the first to ask, and it wins.
fn stranger_wins(_: Make, tale: &Tale) -> Vec<String> {
    let won = tale.when("B1 leads").is_some() && tale.when("A1 leads").is_none();
    if won { Vec::new() } else { vec![format!("M5 is not seen: {:#?}", tale.plot())] }
}

macro_rules! live {
    ($($valkey:ident, $redis:ident: $name:literal, $script:expr, $judge:expr;)*) => {$(
        #[test]
        fn $valkey() {
            compare(Make::Valkey, $name, $script, $judge);
        }

        #[test]
        fn $redis() {
            compare(Make::Redis, $name, $script, $judge);
        }
    )*};
}

live! {
    kill_valkey, kill_redis: "kill", KILL, asks_in_time;
    pause_valkey, pause_redis: "pause", PAUSE, asks_in_time;
    manual_valkey, manual_redis: "manual", MANUAL, nothing_more;
    rehome_valkey, rehome_redis: "rehome", REHOME, nothing_more;
    m5_valkey, m5_redis: "m5", M5, stranger_wins;
}

/// A primary's process dies and comes back when it has been replaced.
const KILL: &str = "
set node-timeout=3s
at 3s kill A0
at 11s restart A0
run for 15s";

/// A primary stands still and wakes up when it has been replaced.
const PAUSE: &str = "
set node-timeout=3s
at 3s pause A0
at 11s resume A0
run for 15s";

/// The three ways in which an operator moves a primary.
const MANUAL: &str = "
set node-timeout=3s
at 3s failover A1
at 6s failover B1 force
at 9s failover C1 takeover
run for 12s";

/// A replica is given to another shard.
const REHOME: &str = "
set node-timeout=3s
at 3s replicate B1 A0
run for 8s";

/// M5: a replica whose primary is gone is given to a primary that cannot send it a byte.
const M5: &str = "
shard A slots=0-4999 replicas=1
shard B slots=5000-9999 replicas=1
shard C slots=10000-11999 replicas=0
shard D slots=12000-13999 replicas=0
shard E slots=14000-16383 replicas=0
set node-timeout=3s
at 2s write 300 to B0
at 3s pause A0
at 3s100ms kill B0
at 3s500ms replicate B1 A0
run for 12s";
