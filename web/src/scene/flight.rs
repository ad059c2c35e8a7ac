//! Messages on their way: where each is, what it looks like, and how to paint and to find it.

use super::ring::{Point, Ring};
use super::{NodeIndex, Scene};

/// What a message means to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Ping, pong, meet: dust.
    Gossip,
    /// Anything else without a meaning of its own.
    Other,
    /// A node has failed.
    Fail,
    /// A claim that is newer.
    Update,
    /// A vote is asked for.
    Request,
    /// A vote is given.
    Yes,
    /// A vote is refused.
    No,
}

impl Sort {
    /// All, in the order in which they are painted.
    pub const ALL: [Self; 7] =
        [Self::Gossip, Self::Other, Self::Fail, Self::Update, Self::Request, Self::Yes, Self::No];
}

/// One message between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// A number that stays the same while it travels.
    pub id: u64,
    /// Sender.
    pub from: NodeIndex,
    /// Receiver.
    pub to: NodeIndex,
    /// When it left, in microseconds.
    pub sent: u64,
    /// When it arrives.
    pub due: u64,
    /// What it means.
    pub sort: Sort,
    /// The epoch it speaks of.
    pub epoch: u64,
    /// The candidate's name on a ballot, the failed node's on a FAIL.
    pub subject: String,
    /// The number of the reason on a refusal.
    pub reason: Option<u8>,
    /// The whole message in words.
    pub words: String,
    /// Whether an answer can come of it: a request to a node without a vote is only told.
    pub counts: bool,
}

/// How far beside the straight line a message keeps, to its right: two that meet pass each other.
const LANE: f64 = 9.0;
/// Half of a ballot paper, which begins and ends its way outside of a node.
const PAPER: f64 = 11.0;

impl Flight {
    /// Where it is at `now`.
    pub fn place(&self, ring: &Ring, now: u64) -> Option<Point> {
        let (from, to) = (*ring.seats.get(self.from)?, *ring.seats.get(self.to)?);
        let (whole, gone) = if self.due == u64::MAX {
            // Held up: it waits a third of the way, where a wall would be.
            (3, 1)
        } else {
            let whole = self.due.saturating_sub(self.sent).max(1);
            (whole, now.saturating_sub(self.sent).min(whole))
        };
        #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
        let share = gone as f64 / whole as f64;
        // A message leaves and enters at the rim of a node.
        let far = from.distance(to).max(1.0);
        let trim = ((ring.node + if self.sort >= Sort::Request { PAPER } else { 0.0 }) / far).min(0.4);
        let (x, y) = ((to.x - from.x) / far * LANE, (to.y - from.y) / far * LANE);
        let on_line = from.towards(to, trim + share * (1.0 - 2.0 * trim));
        Some(Point { x: on_line.x - y, y: on_line.y + x })
    }
}

/// The message under a finger.
pub fn under(flights: &[Flight], ring: &Ring, now: u64, point: Point) -> Option<usize> {
    let near = |flight: &Flight| flight.place(ring, now).map(|place| place.distance(point));
    let candidates = flights.iter().enumerate().filter_map(|(at, flight)| Some((at, near(flight)?)));
    candidates.filter(|(_, distance)| *distance < 14.0).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

/// One sentence about a message.
pub fn sentence(flight: &Flight, scene: &Scene) -> String {
    let name = |at: NodeIndex| scene.nodes.get(at).map_or("?", |node| node.name.as_str());
    // What a cut or a dead machine holds up arrives at no moment anybody could tell.
    if flight.due == u64::MAX {
        return format!(
            "{} → {}: {}. It cannot get through.",
            name(flight.from),
            name(flight.to),
            flight.words
        );
    }
    let left = flight.due.saturating_sub(scene.now);
    format!(
        "{} → {}: {}. Arrives in {}.",
        name(flight.from),
        name(flight.to),
        flight.words,
        crate::words::span(left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Node, Shard};

    fn world() -> (Scene, Ring) {
        let nodes = (0..2).map(|shard| Node { shard, ..Node::default() }).collect();
        let scene = Scene { shards: vec![Shard::default(); 2], nodes, ..Scene::default() };
        let ring = Ring::new(&scene, (400.0, 400.0), 0.0);
        (scene, ring)
    }

    fn flight() -> Flight {
        Flight {
            id: 1,
            from: 0,
            to: 1,
            sent: 1000,
            due: 2000,
            sort: Sort::Request,
            epoch: 7,
            subject: "A1".into(),
            reason: None,
            words: "asks".into(),
            counts: true,
        }
    }

    #[test]
    fn half_way_in_time_is_half_way_in_space_and_time_runs_both_ways() {
        let (_, ring) = world();
        let middle = flight().place(&ring, 1500).unwrap();
        assert!((middle.distance(ring.centre) - LANE).abs() < 0.001, "beside the line");
        let (early, late) = (flight().place(&ring, 0).unwrap(), flight().place(&ring, 9999).unwrap());
        let rim = LANE.hypot(ring.node + PAPER);
        assert!((early.distance(ring.seats[0]) - rim).abs() < 0.001);
        assert!((late.distance(ring.seats[1]) - rim).abs() < 0.001);
    }

    #[test]
    fn two_that_meet_pass_each_other() {
        let (_, ring) = world();
        let back = Flight { from: 1, to: 0, ..flight() };
        let (one, other) = (flight().place(&ring, 1500).unwrap(), back.place(&ring, 1500).unwrap());
        assert!((one.distance(other) - 2.0 * LANE).abs() < 0.001);
    }

    #[test]
    fn a_finger_finds_the_nearest_message_or_none() {
        let (_, ring) = world();
        assert_eq!(under(&[flight()], &ring, 1500, ring.centre), Some(0));
        assert_eq!(under(&[flight()], &ring, 1500, Point { x: 0.0, y: 0.0 }), None);
    }
}
