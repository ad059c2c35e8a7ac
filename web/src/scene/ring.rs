//! Places on the ring. The measure is CSS pixels, so that text keeps its size at every width.

use splitvote::base::ordered;
use std::f64::consts::TAU;

use super::{Node, Scene};

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Rightwards.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

impl Point {
    /// The point a `share` of the way to `other`.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        Self { x: self.x + (other.x - self.x) * share, y: self.y + (other.y - self.y) * share }
    }

    /// How far `other` is.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Where everything is for one size of the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// The middle.
    pub centre: Point,
    /// Radius of the shards' arcs.
    pub arc: f64,
    /// Radius of the first seats.
    pub outer: f64,
    /// Radius of the other seats.
    pub inner: f64,
    /// Half a node's width.
    pub node: f64,
    /// One place for each node.
    pub seats: Vec<Point>,
    /// The box.
    pub size: (f64, f64),
    shards: usize,
}

/// Room outside the arcs for seals, which are wider than high.
const BESIDE: f64 = 40.0;
const ABOVE: f64 = 28.0;
/// Room for the two lines below.
pub const LEGEND: f64 = 44.0;

impl Ring {
    /// Lays out `scene` in a box of this size, with so much room below for the line that explains the signs.
    pub fn new(scene: &Scene, (width, height): (f64, f64), legend: f64) -> Self {
        let size = (width, height);
        let shards = scene.shards.len().max(1);
        let height = height - legend;
        let arc = (width / 2.0 - BESIDE).min(height / 2.0 - ABOVE).max(80.0);
        let seats = scene.nodes.iter().map(|node| node.seat).max().unwrap_or(0);
        let node = node_radius(arc, shards, seats);
        // A small ring has no room to waste between its rims.
        let gap = (arc / 230.0).clamp(0.5, 1.0);
        let outer = arc - node - 26.0 * gap;
        let centre = Point { x: width / 2.0, y: height / 2.0 };
        let inner = (outer - node * 2.0 - 30.0 * gap).max(outer * 0.45);
        let mut ring = Self { centre, arc, outer, inner, node, seats: Vec::new(), size, shards };
        ring.seats = scene.nodes.iter().map(|node| ring.seat(node, seats)).collect();
        ring
    }

    /// The direction of a shard's middle, in radians; the first is at the top.
    pub fn angle(&self, shard: usize) -> f64 {
        TAU * (count(shard) / count(self.shards)) - TAU / 4.0
    }

    /// The point in a direction.
    pub fn at(&self, angle: f64, radius: f64) -> Point {
        Point { x: self.centre.x + radius * angle.cos(), y: self.centre.y + radius * angle.sin() }
    }

    /// Half the angle that belongs to one shard.
    pub fn half_sector(&self) -> f64 {
        TAU / count(self.shards) / 2.0
    }

    /// The path of a shard's arc.
    pub fn arc_path(&self, shard: usize) -> String {
        self.bow(self.angle(shard), self.half_sector() - 0.025, self.arc)
    }

    fn bow(&self, angle: f64, half: f64, radius: f64) -> String {
        let (from, to) = (self.at(angle - half, radius), self.at(angle + half, radius));
        let large = u8::from(half > TAU / 4.0);
        format!("M{:.1} {:.1}A{radius:.1} {radius:.1} 0 {large} 1 {:.1} {:.1}", from.x, from.y, to.x, to.y)
    }

    fn seat(&self, node: &Node, last: usize) -> Point {
        let angle = self.angle(node.shard);
        if node.seat == 0 {
            return self.at(angle, self.outer);
        }
        // Replicas of all shards stand evenly around the circle.
        let spread = self.half_sector() * (1.0 - 1.0 / count(last.max(1)));
        let share = if last < 2 { 0.0 } else { count(node.seat - 1) / count(last - 1) * 2.0 - 1.0 };
        self.at(angle + share * spread, self.inner)
    }

    /// Lines that part nodes which cannot hear each other: between neighbouring shards, and between
    /// the seats of one shard.
    pub fn walls(&self, scene: &Scene) -> Vec<String> {
        let apart = Apart::of(scene);
        let mut walls = Vec::new();
        let first = |shard: usize| scene.nodes.iter().position(|node| node.shard == shard);
        for shard in 0..self.shards {
            let next = (shard + 1) % self.shards;
            if let (Some(here), Some(there)) = (first(shard), first(next))
                && here != there
                && apart.both_ways(here, there)
            {
                let angle = self.angle(shard) + self.half_sector();
                let (from, to) = (self.at(angle, self.arc * 0.3), self.at(angle, self.arc + 12.0));
                walls.push(format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y));
            }
            let Some(here) = first(shard) else { continue };
            let split = (0..scene.nodes.len())
                .any(|at| at != here && scene.nodes[at].shard == shard && apart.both_ways(here, at));
            if split {
                walls.push(self.bow(
                    self.angle(shard),
                    self.half_sector() * 0.8,
                    self.outer - self.node - 12.0,
                ));
            }
        }
        walls
    }

    /// Links to draw one by one, since no wall tells of them: the pair, and whether it is cut.
    pub fn lone_faults(&self, scene: &Scene) -> Vec<(Point, Point, bool)> {
        let apart = Apart::of(scene);
        let lone = scene.faults.iter().filter(|fault| !(fault.cut && apart.both_ways(fault.from, fault.to)));
        lone.take(40).map(|fault| (self.seats[fault.from], self.seats[fault.to], fault.cut)).collect()
    }
}

/// Who is cut off from whom.
struct Apart {
    cuts: Vec<(usize, usize)>,
}

impl Apart {
    fn of(scene: &Scene) -> Self {
        let mut cuts: Vec<_> =
            scene.faults.iter().filter(|fault| fault.cut).map(|fault| (fault.from, fault.to)).collect();
        ordered::sort_by(&mut cuts, Ord::cmp);
        Self { cuts }
    }

    fn both_ways(&self, one: usize, other: usize) -> bool {
        self.cuts.binary_search(&(one, other)).is_ok() && self.cuts.binary_search(&(other, one)).is_ok()
    }
}

fn node_radius(arc: f64, shards: usize, seats: usize) -> f64 {
    let along = TAU * arc * 0.5 / count(shards * seats.max(1)) / 2.0 - 6.0;
    along.min(arc / 9.0).clamp(9.0, 28.0)
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{LinkFault, Shard};

    fn scene(shards: usize, replicas: usize) -> Scene {
        let mut scene = Scene::default();
        for shard in 0..shards {
            scene.shards.push(Shard::default());
            for seat in 0..=replicas {
                scene.nodes.push(Node { shard, seat, ..Node::default() });
            }
        }
        scene
    }

    #[test]
    fn no_two_nodes_touch_and_none_leaves_the_box() {
        for (shards, replicas, width) in
            [(1, 0, 340.0), (3, 1, 340.0), (3, 2, 560.0), (7, 1, 340.0), (10, 2, 560.0)]
        {
            let ring = Ring::new(&scene(shards, replicas), (width, width), LEGEND);
            for (at, one) in ring.seats.iter().enumerate() {
                assert!(
                    one.x > ring.node && one.x < width - ring.node && one.y > ring.node,
                    "{shards}x{replicas}"
                );
                for other in &ring.seats[at + 1..] {
                    assert!(one.distance(*other) > ring.node * 2.0, "{shards}x{replicas}: {one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn a_cut_between_halves_is_two_walls_and_no_lone_line() {
        let mut world = scene(4, 0);
        for (from, to) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
            world.faults.push(LinkFault { from, to, cut: true });
            world.faults.push(LinkFault { from: to, to: from, cut: true });
        }
        let ring = Ring::new(&world, (400.0, 400.0), LEGEND);
        assert_eq!(ring.walls(&world).len(), 2);
        assert!(ring.lone_faults(&world).is_empty());
    }

    #[test]
    fn a_one_way_cut_is_drawn_as_a_line() {
        let mut world = scene(3, 0);
        world.faults.push(LinkFault { from: 0, to: 1, cut: true });
        let ring = Ring::new(&world, (400.0, 400.0), LEGEND);
        assert!(ring.walls(&world).is_empty());
        assert_eq!(ring.lone_faults(&world).len(), 1);
    }
}
