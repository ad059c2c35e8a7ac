//! Everything that can go wrong, at random: whatever happens, the promises of protocol.md §15 hold,
//! and once it stops happening every slot is served again.

use super::bus::{Bus, T, address, id};
use crate::base::SlotSet;
use crate::node::*;
use crate::protocol::manual::ManualStep;

/// Seeds tried on every run of the tests.
const SEEDS: u64 = 40;
const NODES: u64 = 6;

fn pick(rng: &mut Rng) -> usize {
    usize::try_from(rng.below(NODES)).expect("few")
}

fn random_command(bus: &Bus, rng: &mut Rng) -> Command {
    let other = id(pick(rng));
    match rng.below(12) {
        0 | 1 => Command::Failover(FailoverMode::Default),
        2 | 3 => Command::Failover(FailoverMode::Force),
        4 => Command::Failover(FailoverMode::Takeover),
        5 | 6 => Command::Replicate(other),
        7 => Command::Meet(address(pick(rng))),
        8 => Command::BumpEpoch,
        // A forgotten voter makes majorities of two tables that need not meet: S4 says nothing then.
        9 | 10 if bus.nodes.iter().all(|node| node.view().get(other).is_none_or(|peer| !peer.is_voter())) => {
            Command::Forget(other)
        }
        _ => Command::SaveConfig,
    }
}

/// Moves slots as an operator does: first the receiver learns of it, then the giver.
fn move_slots(bus: &mut Bus, rng: &mut Rng) {
    let (from, to) = (pick(rng), pick(rng));
    let fit = |at: usize| bus.alive[at] && bus.nodes[at].is_primary();
    if from == to || !fit(from) || !fit(to) {
        return;
    }
    let first = u16::try_from(rng.below(16_000)).expect("a slot");
    let owned = bus.nodes[from].view().me().slots().clone();
    let few = SlotSet::from_ranges([(first, first + 99)]);
    let slots: SlotSet = few.iter().filter(|slot| owned.contains(*slot)).collect();
    for at in [to, from] {
        let imported = at == to;
        let _ = bus.command(at, Command::SetSlots { slots: slots.clone(), owner: id(to), imported });
    }
}

fn misfortune(bus: &mut Bus, rng: &mut Rng) {
    let (a, b) = (pick(rng), pick(rng));
    match rng.below(12) {
        0 | 1 if bus.alive[a] => bus.kill(a),
        0..=4 if !bus.alive[a] => {
            let power_cut = rng.below(2) == 0;
            bus.restart(a, power_cut);
        }
        2 if a != b => {
            bus.faults.cut.insert((a, b));
        }
        3 => bus.faults.cut.clear(),
        4 => bus.unlink(|here, there| (here, there) == (a, b)),
        5 => {
            bus.faults.lose = u32::try_from(rng.below(200_000)).expect("millionths");
            bus.faults.repeat = u32::try_from(rng.below(200_000)).expect("millionths");
        }
        6 => move_slots(bus, rng),
        7 | 8 if bus.alive[a] && bus.nodes[a].is_primary() => bus.write(a, 1 + rng.below(500)),
        _ if bus.alive[a] => {
            let command = random_command(bus, rng);
            let _ = bus.command(a, command);
        }
        _ => {}
    }
}

fn heal(bus: &mut Bus) {
    bus.faults = super::bus::Faults::default();
    for at in 0..bus.nodes.len() {
        if !bus.alive[at] {
            bus.restart(at, false);
        }
    }
    // What was forgotten may be met again once its name is off the blacklist.
    bus.run(Duration::from_secs(65));
    for at in 1..bus.nodes.len() {
        assert_eq!(bus.command(0, Command::Meet(address(at))), Ok(()));
    }
    bus.run(T * 15);
}

/// Every slot has one owner on which all agree, a primary that serves it.
fn whole(bus: &Bus) -> Result<(), String> {
    for slot in Slot::all() {
        let owner = bus.nodes[0].owner_of(slot);
        let serves = bus.nodes.iter().filter(|node| node.serves(slot)).count();
        let agree = bus.nodes.iter().all(|node| node.owner_of(slot) == owner);
        if owner.is_none() || serves != 1 || !agree {
            let owners: Vec<_> = bus.nodes.iter().map(|node| node.owner_of(slot)).collect();
            return Err(format!("slot {slot}: {serves} serve it, owners {owners:?}"));
        }
    }
    Ok(())
}

#[test]
fn whatever_happens_promises_hold_and_what_heals_serves() {
    let (mut won, mut refused, mut lost, mut takeovers) = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        let mut rules = Rules::default();
        if seed % 4 == 3 {
            assert_eq!(rules.set("nack", "off"), Ok(()));
        }
        let mut bus = Bus::formed(rules);
        bus.chance = Rng::new(seed);
        let mut rng = Rng::new(seed).fork("misfortunes");
        for _ in 0..40 {
            misfortune(&mut bus, &mut rng);
            let pause = rng.below(2_500);
            bus.run(Duration::from_millis(pause));
        }
        heal(&mut bus);
        assert_eq!(whole(&bus), Ok(()), "seed {seed}:\n{}", bus.trace());
        for (_, _, event) in &bus.events {
            won += u32::from(matches!(event, Event::ElectionWon { .. }));
            refused += u32::from(matches!(event, Event::VoteRefused { .. }));
            lost += u32::from(matches!(event, Event::RoundLost { .. }));
            takeovers += u32::from(matches!(event, Event::Manual(ManualStep::Takeover)));
        }
    }
    // A calm world would prove nothing.
    let few = u32::try_from(SEEDS).expect("few") / 4;
    assert!(
        won > few && refused > few && lost > few && takeovers > few,
        "{won} {refused} {lost} {takeovers}"
    );
}
