//! The message that tells a refusal (type 11): heard by those who said that they understand it, and by
//! nobody else.

use std::collections::BTreeMap;
use std::thread;

use harness::fleet::{Fleet, Make, Process};
use splitvote::base::NodeId;
use splitvote::wire::{self, Frame, Kind};

use Make::{Ours, Redis, Valkey};

const TIMEOUT: [&str; 2] = ["--cluster-node-timeout", "1500"];

/// To how many nodes of each make refusals were told, by the frames that passed before all bus ports.
fn told(fleet: &Fleet) -> BTreeMap<Make, usize> {
    let hall = fleet.hall().expect("this fleet has doors");
    let passed = hall.passed.lock().expect("the doors do not panic").clone();
    let makes: BTreeMap<NodeId, Make> =
        (0..fleet.nodes.len()).map(|at| (fleet.id(at), fleet.nodes[at].make())).collect();
    // Who calls at a door says who it is.
    let mut callers: BTreeMap<u64, NodeId> = BTreeMap::new();
    for frame in passed.iter().filter(|passed| !passed.outward) {
        if let Ok(Frame::Full(message)) = wire::decode(&frame.bytes) {
            callers.insert(frame.connection, message.header.sender);
        }
    }
    let mut told = BTreeMap::new();
    for frame in &passed {
        // The type's place is fixed, whatever else a frame holds.
        if frame.bytes.get(12..14) != Some(&[0, 11]) {
            continue;
        }
        let make = if frame.outward {
            callers.get(&frame.connection).and_then(|id| makes.get(id)).copied()
        } else {
            Some(fleet.nodes[frame.door].make())
        };
        *told.entry(make.expect("everyone says who it is")).or_default() += 1;
    }
    told
}

/// Both replicas of a primary ask at once: nobody votes twice in an epoch.
fn compete(fleet: &Fleet, replicas: [usize; 2]) {
    thread::scope(|scope| {
        for at in replicas {
            // One of them may have been made a primary already.
            scope.spawn(move || drop(fleet.nodes[at].try_ask::<String>(&["CLUSTER", "FAILOVER", "FORCE"])));
        }
    });
}

/// How often voters of ours refused one of these nodes.
fn refused(fleet: &Fleet, nodes: [usize; 2]) -> usize {
    let ids = nodes.map(|at| fleet.id(at).to_string());
    let ours = fleet.nodes.iter().filter(|node| node.make() == Ours);
    let lines: Vec<String> = ours.map(Process::log).collect();
    lines.iter().flat_map(|log| log.lines()).filter(|line| is_refusal(line, &ids)).count()
}

fn is_refusal(line: &str, ids: &[String; 2]) -> bool {
    ids.iter().any(|id| line.contains(&format!("refuses {id} (")))
}

#[test]
fn a_refusal_is_told_to_those_who_understand_it_and_to_nobody_else() {
    let replicas = [Valkey, Ours, Redis, Valkey, Ours, Redis];
    let fleet = Fleet::form_behind_doors("nack", &[Ours; 3], &replicas, &TIMEOUT);
    for pair in [[3, 6], [4, 7], [5, 8]] {
        fleet.until("a candidate is refused", |fleet| {
            compete(fleet, pair);
            thread::sleep(std::time::Duration::from_millis(300));
            refused(fleet, pair) > 0
        });
    }
    // What proves that the doors would have heard the others, too.
    fleet.until("our own are told", |fleet| told(fleet).get(&Ours).is_some_and(|count| *count > 0));
    let told = told(&fleet);
    assert_eq!(told.keys().collect::<Vec<_>>(), [&Ours], "{told:?}");
    let kinds = fleet.hall().expect("doors").passed.lock().expect("the doors do not panic").clone();
    let requests = kinds
        .iter()
        .filter(|passed| wire::decode(&passed.bytes).is_ok_and(|frame| frame.kind() == Kind::AuthRequest));
    assert!(requests.count() > 6, "requests of all three makes were heard");
}
