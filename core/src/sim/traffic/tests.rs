use super::why::{Item, Why};
use super::*;
use crate::node::Event;
use crate::scenario::{catalogue, parse};
use crate::sim::{Keep, Simulator, What};
use crate::wire::Kind;

fn ran(text: &str) -> Simulator {
    let mut world = Simulator::keeping(&parse(text).expect("it reads"), Keep::Traffic);
    world.run();
    world
}

fn builtin(name: &str) -> Simulator {
    ran(catalogue::find(name).expect("it is built in").text)
}

fn why(world: &Simulator) -> Why<'_> {
    let traffic = world.traffic().expect("it was kept");
    Why { records: world.records(), traffic, names: world.names() }
}

/// The last record that is wanted.
fn last(world: &Simulator, wanted: impl Fn(&Event) -> bool) -> Item {
    let is = |record: &crate::sim::Record| matches!(&record.what, What::Event(event) if wanted(event));
    Item::Record(world.records().iter().rposition(is).expect("it happened"))
}

/// A chain, a line each: who, and what.
fn told(world: &Simulator, item: Item) -> Vec<String> {
    let why = why(world);
    let tell = |item: &Item| {
        let who = why.host(*item).map_or_else(|| "-".to_owned(), |host| world.names().host(host).to_string());
        let what = match item {
            Item::Record(at) => world.records()[*at].what.tell(&|id| world.names().tell(id)),
            Item::Message(at) => {
                let message = why.traffic.messages()[at.get()];
                format!("{} to {}", message.brief.kind.word(), world.names().host(message.to))
            }
            Item::Turn(at) => format!("{:?}", why.traffic.turns()[at.get()].trigger),
        };
        let verb: Vec<&str> = what.split("  ").next().unwrap_or("").split(' ').take(4).collect();
        format!("{who} {}", verb.join(" "))
    };
    why.chain(item).iter().map(tell).collect()
}

#[test]
fn a_win_goes_back_to_the_kill() {
    let world = builtin("kill-one");
    let won = last(&world, |event| matches!(event, Event::ElectionWon { .. }));
    let chain = told(&world, won);
    assert_eq!(
        chain,
        [
            "A1 wins epoch 4 with",
            "A1 gets the vote of",
            "B0 auth-ack to A1",
            "B0 votes for A1 in",
            "A1 auth-request to B0",
            "A1 asks for votes in",
            "A1 schedules an election in",
            "A1 hears from C0 that",
            "C0 fail to A1",
            "C0 declares A0 failed: 2",
            "C0 suspects A0",
            "A0 is killed",
            "- kill A0",
        ]
    );
}

#[test]
fn a_refusal_is_the_answer_to_a_request_and_a_lost_round_that_of_a_refusal() {
    let text = catalogue::find("split-vote").expect("it is built in").text;
    let world = ran(&text.replace("run ", "rules nack=on\nrun "));
    let lost = last(&world, |event| matches!(event, Event::RoundLost { .. }));
    let chain = told(&world, lost);
    assert!(chain.iter().any(|line| line.contains("auth-nack")), "{chain:#?}");
    assert!(chain.last().is_some_and(|end| end.starts_with("- kill")), "{chain:#?}");
}

#[test]
fn what_nobody_did_ends_with_a_timer() {
    let world = builtin("calm");
    let messages = why(&world).traffic.messages();
    let pong = messages.iter().rposition(|one| one.brief.kind == Kind::Pong).expect("somebody answers");
    let chain = told(&world, Item::Message(MessageIx(u32::try_from(pong).expect("few messages"))));
    assert_eq!(chain.len(), 3, "{chain:#?}");
    assert!(chain[1].contains("ping to") && chain[2].ends_with("Timer"), "{chain:#?}");
}

#[test]
fn keeping_traffic_changes_nothing_and_every_message_has_a_fate() {
    for name in ["split-vote", "paused-primary", "one-way-cut"] {
        let Some(scenario) = catalogue::find(name) else { continue };
        let script = parse(scenario.text).expect("it reads");
        let mut without = Simulator::keeping(&script, Keep::Nothing);
        without.run();
        let world = ran(scenario.text);
        assert_eq!(world.digest(), without.digest(), "{name}");
        let traffic = world.traffic().expect("it was kept");
        let read = traffic.messages().iter().filter(|one| one.read().is_some()).count();
        assert_eq!(u64::try_from(read), Ok(world.delivered()), "{name}");
        let flies = |one: &&Message| matches!(one.fate, Fate::Flies);
        let flying: Vec<Option<u64>> =
            traffic.messages().iter().filter(flies).map(|one| one.packet).collect();
        let mut seen: Vec<Option<u64>> = world.wire().map(|(number, ..)| Some(number)).collect();
        seen.sort_unstable();
        assert_eq!(flying, seen, "{name}");
        for (at, message) in (0..).zip(traffic.messages()) {
            if let Some(packet) = message.packet {
                assert_eq!(traffic.of_packet(packet), Some(MessageIx(at)), "{name}");
            }
        }
    }
}

#[test]
fn a_cone_grows_with_every_message_and_no_faster() {
    let world = builtin("kill-one");
    let (traffic, hosts) = (why(&world).traffic, world.hosts().len());
    let ask = traffic.messages().iter().find(|one| one.brief.kind == Kind::AuthRequest).expect("one asks");
    let cone = traffic.cone_of(ask, hosts);
    assert!(cone.before(ask.from, ask.sent));
    assert!(!cone.after(ask.from, ask.sent), "a sender hears of its message no earlier than an answer");
    let answer = traffic.messages().iter().find(|one| one.from == ask.to && one.sent >= ask.read().unwrap());
    assert!(answer.is_some_and(|one| cone.holds(one)));
    for message in traffic.messages() {
        let read = message.read().unwrap_or(Instant::MAX);
        if cone.before(message.to, read) {
            assert!(cone.before(message.from, message.sent));
        }
        if cone.after(message.from, message.sent) && read < Instant::MAX {
            assert!(cone.after(message.to, read));
        }
    }
}
