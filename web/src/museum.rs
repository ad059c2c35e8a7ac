//! Which room of the museum a script belongs to, and on which side of its switch it stands.

use std::sync::OnceLock;

use splitvote::scenario::museum::{Card, ROOMS};
use splitvote::scenario::{Builtin, Script, parse};

/// The two rooms that the front page opens, with what they show: releases of today have both.
pub const DOORS: [(&str, &str); 2] =
    [("museum/m05", "Valkey 9.1 loses data"), ("museum/m12", "Valkey 9.1 elects without votes")];

/// A room, read once.
#[derive(Debug)]
pub struct Room {
    /// As it is built in.
    pub built: &'static Builtin,
    /// What stands beside it.
    pub card: Card<'static>,
    /// What its text says.
    pub script: Script,
    fixed: Script,
}

/// Which rules a room is shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Its own.
    Was,
    /// Its own, and the switch of its card is turned.
    Fixed,
    /// Others.
    Other,
}

fn rooms() -> &'static [Room] {
    static READ: OnceLock<Vec<Room>> = OnceLock::new();
    READ.get_or_init(|| ROOMS.iter().filter_map(read).collect())
}

fn read(built: &'static Builtin) -> Option<Room> {
    let (card, script) = (Card::of(built.text)?, parse(built.text).ok()?);
    let mut fixed = script.clone();
    fixed.override_rules(card.fix).ok()?;
    Some(Room { built, card, script, fixed })
}

/// The room that a script is, whatever its rules and its seed.
pub fn room_of(script: &Script) -> Option<(&'static Room, Side)> {
    let mut bare = script.clone();
    let room = rooms().iter().find(|room| {
        bare.rules.clone_from(&room.script.rules);
        bare.seed = room.script.seed;
        bare == room.script
    })?;
    let side = match &script.rules {
        rules if *rules == room.script.rules => Side::Was,
        rules if *rules == room.fixed.rules => Side::Fixed,
        _ => Side::Other,
    };
    Some((room, side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_is_read_and_every_door_leads_to_one() {
        assert_eq!(rooms().len(), ROOMS.len());
        for (name, _) in DOORS {
            assert!(ROOMS.iter().any(|room| room.name == name), "{name}");
        }
    }

    #[test]
    fn a_room_is_known_by_what_happens_in_it_and_its_side_by_the_rules() {
        for room in rooms() {
            let mut script = room.script.clone();
            let known = |script: &Script| {
                room_of(script).map(|(found, side)| (found.built.name, side)).expect(room.built.name)
            };
            script.seed = 999;
            assert_eq!(known(&script), (room.built.name, Side::Was));
            script.override_rules(room.card.fix).expect("it is tested in the core");
            assert_eq!(known(&script), (room.built.name, Side::Fixed));
            script.override_rules("redis-7.0 nack=merged").expect("of the language");
            assert_eq!(known(&script), (room.built.name, Side::Other));
        }
        assert_eq!(room_of(&Script::default()).map(|(_, side)| side), None);
    }
}
