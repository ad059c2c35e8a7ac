//! Whole nodes on a toy bus: the node's own promises, tested on its own floor.

mod bus;
mod faults;
mod old_rules;
mod peers;
mod shards;
mod versions;

use bus::{Bus, address, id, shard};

use super::*;
use crate::base::{Epoch, SlotSet};
use crate::wire::{Kind, Message};

#[test]
fn a_calm_cluster_stays_as_it_is() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(20));
    assert_eq!(bus.trace(), "");
    for node in &bus.nodes {
        assert_eq!((node.health(), node.view().current_epoch), (Health::Ok, Epoch(3)));
        assert_eq!(node.view().len(), 6);
    }
}

#[test]
fn a_sole_replica_replaces_a_dead_primary_without_delay() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.run(Duration::from_secs(8));
    let trace = bus.trace();
    assert!(bus.nodes[3].is_primary(), "{trace}");
    for at in 1..6 {
        assert_eq!(bus.nodes[at].owner_of(Slot::new(0).expect("a slot")), Some(id(3)), "{trace}");
        assert_eq!(bus.nodes[at].health(), Health::Ok, "{trace}");
    }
    let best = |event: &Event| matches!(event, Event::ElectionScheduled { best: true, delay, .. } if delay.is_zero());
    assert!(bus.saw(3, best), "{trace}");
    assert_eq!(bus.nodes[3].view().me().config_epoch, Epoch(4));
}

#[test]
fn three_nodes_that_meet_become_one_cluster() {
    let mut bus = Bus::empty();
    for at in 0..3 {
        bus.add(at, NodesConf::fresh(id(at), shard(at), address(at)), Rules::default());
        bus.drain(at);
    }
    for (at, range) in [(0, 5460), (5461, 10_922), (10_923, 16_383)].into_iter().enumerate() {
        let slots = SlotSet::from_ranges([range]);
        assert_eq!(bus.nodes[at].handle_command(bus.now, Command::AddSlots(slots)), Ok(()));
        bus.drain(at);
    }
    for other in [1, 2] {
        assert_eq!(bus.nodes[0].handle_command(bus.now, Command::Meet(address(other))), Ok(()));
    }
    bus.drain(0);
    bus.run(Duration::from_secs(12));
    let trace = bus.trace();
    let mut epochs = Vec::new();
    for node in &bus.nodes {
        assert_eq!((node.view().len(), node.health()), (3, Health::Ok), "{trace}");
        epochs.push(node.view().me().config_epoch);
    }
    epochs.sort();
    epochs.dedup();
    assert_eq!(epochs.len(), 3, "collisions are resolved: {trace}");
}

#[test]
fn a_node_that_returns_follows_the_one_that_replaced_it() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.run(Duration::from_secs(8));
    bus.restart(0, false);
    bus.run(Duration::from_secs(10));
    let trace = bus.trace();
    assert_eq!(bus.nodes[0].primary(), Some(id(3)), "{trace}");
    for node in &bus.nodes {
        assert_eq!(node.health(), Health::Ok, "{trace}");
        assert_eq!(
            node.view().get(id(0)).and_then(|peer| peer.replica_of),
            node.view().lookup(id(3)),
            "{trace}"
        );
    }
}

#[test]
fn takeover_needs_nobody() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Failover(FailoverMode::Takeover)), Ok(()));
    bus.drain(3);
    bus.run(Duration::from_secs(2));
    assert!(bus.nodes[3].is_primary() && !bus.nodes[0].is_primary(), "{}", bus.trace());
}

#[test]
fn a_manual_failover_waits_for_the_pause_and_wins_without_a_failure() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Failover(FailoverMode::Default)), Ok(()));
    bus.drain(3);
    bus.run(Duration::from_secs(2));
    let trace = bus.trace();
    assert!(bus.nodes[3].is_primary() && bus.nodes[0].primary() == Some(id(3)), "{trace}");
    assert!(!bus.nodes[0].manual().active(), "the old primary resumes: {trace}");
    assert!(!bus.saw(3, |event| matches!(event, Event::FailTold { .. } | Event::FailMarked { .. })));
}

#[test]
fn a_forced_failover_starts_with_the_command_or_at_the_next_cron() {
    for at_once in [true, false] {
        let mut bus = Bus::formed(Rules { force_at_once: at_once, ..Rules::default() });
        bus.run(Duration::from_secs(1));
        assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Failover(FailoverMode::Force)), Ok(()));
        bus.drain(3);
        let asked = |bus: &Bus| bus.saw(3, |event| matches!(event, Event::VotesAsked { .. }));
        assert_eq!(asked(&bus), at_once);
        bus.run(CRON);
        assert!(asked(&bus), "{}", bus.trace());
    }
}

#[test]
fn an_old_replica_starts_when_the_primary_fails_or_at_the_next_cron() {
    for (at_once, most_ms) in [(true, 0), (false, 100)] {
        let mut bus = Bus::formed(Rules { start_on_fail: at_once, ..Rules::default() });
        bus.run(Duration::from_secs(1));
        bus.kill(0);
        bus.run(Duration::from_secs(8));
        let moment = |what: fn(&Event) -> bool| {
            let found = bus.events.iter().find(|(_, at, event)| *at == 3 && what(event));
            found.unwrap_or_else(|| panic!("{}", bus.trace())).0
        };
        let failed = moment(|event| matches!(event, Event::FailTold { .. } | Event::FailMarked { .. }));
        let planned = moment(|event| matches!(event, Event::ElectionScheduled { .. }));
        let late = planned.since(failed);
        assert!(late <= Duration::from_millis(most_ms) && (at_once || late > Duration::ZERO), "{late}");
    }
}

#[test]
fn slots_received_survive_a_power_cut() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    let slots = SlotSet::from_ranges([(0, 99)]);
    // c0 has the greatest config epoch already, so it takes no new one.
    for (at, imported) in [(2, true), (0, false)] {
        assert_eq!(
            bus.command(at, Command::SetSlots { slots: slots.clone(), owner: id(2), imported }),
            Ok(())
        );
    }
    bus.kill(2);
    bus.restart(2, true);
    bus.run(Duration::from_secs(5));
    for node in &bus.nodes {
        assert_eq!(node.owner_of(Slot::new(0).expect("a slot")), Some(id(2)), "{}", bus.trace());
    }
}

#[test]
fn slots_are_on_disk_before_anything_tells_of_them() {
    // a0 has the smallest config epoch and takes a new one; c0 has the greatest and keeps it.
    for (at, range) in [(0, (16_000, 16_099)), (2, (0, 99))] {
        let mut bus = Bus::formed(Rules::default());
        bus.run(Duration::from_secs(1));
        let slots = SlotSet::from_ranges([range]);
        let command = Command::SetSlots { slots: slots.clone(), owner: id(at), imported: true };
        assert_eq!(bus.nodes[at].handle_command(bus.now, command), Ok(()));
        let mut durable = false;
        let mut sent = 0;
        while let Some(output) = bus.nodes[at].poll_output() {
            match output {
                Output::Persist(conf, durability) => {
                    let held = &conf.myself().expect("its own line").slots;
                    durable |=
                        durability == Durability::Synced && slots.iter().all(|slot| held.contains(slot));
                }
                Output::Send(..) => {
                    sent += 1;
                    assert!(durable, "node {at} tells of slots that a power cut would take");
                }
                _ => {}
            }
        }
        assert!(durable, "node {at}");
        assert_eq!(sent > 0, at == 0, "who takes a new epoch says so at once");
    }
}

#[test]
fn a_minority_elects_nobody() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.kill(1);
    bus.run(Duration::from_secs(40));
    assert!(!bus.nodes[3].is_primary() && !bus.nodes[4].is_primary(), "{}", bus.trace());
    assert_eq!(bus.nodes[2].health(), Health::Minority);
}

#[test]
fn a_nack_goes_only_to_those_who_said_they_understand_it() {
    let mut bus = Bus::formed(Rules::default());
    let mut old = Rules::default();
    assert_eq!(old.set("nack", "off"), Ok(()));
    bus.nodes[3].set_rules(Instant::ZERO, old);
    bus.run(Duration::from_secs(2));
    // Asks although nothing is wrong: every voter refuses.
    let config = Config { replica_validity_factor: 0, ..bus.nodes[3].config().clone() };
    bus.nodes[3].set_config(bus.now, config);
    for (at, told) in [(3, 0), (4, 2)] {
        bus.sent.clear();
        let voters: Vec<usize> = (0..3).collect();
        for voter in &voters {
            let candidate = id(at);
            let link = bus.nodes[*voter].view().get(candidate).and_then(|peer| peer.inbound).expect("linked");
            let mut header = bus.nodes[at].header();
            header.current_epoch = header.current_epoch.next();
            let frame = Frame::Full(Message { header, body: crate::wire::Body::AuthRequest });
            bus.nodes[*voter].handle_frame(bus.now, link, frame);
            bus.drain(*voter);
        }
        let nacks = bus.sent.iter().filter(|(_, _, message)| message.body.kind() == Kind::AuthNack).count();
        assert!(nacks >= told && (told > 0 || nacks == 0), "{nacks} nacks to {:?}", id(at));
    }
}
