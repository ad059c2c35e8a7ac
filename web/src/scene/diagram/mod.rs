//! The space-time diagram as plain data: a lane for every node, time downwards, messages as lines from
//! where they left to where they arrived, events as marks. Only what is in the window is in here.

mod fit;
mod lines;
mod marks;

use splitvote::base::ordered;
use std::collections::BTreeSet;

use splitvote::sim::traffic::Traffic;
use splitvote::sim::traffic::cone::Cone;
use splitvote::sim::traffic::why::Item;
use splitvote::sim::{HostIx, Record};

use super::NodeIndex;
use super::flight::Sort;
use super::ring::Point;
use super::story::Cast;
use super::tape::{Window, ticks};

/// Spans of time that the diagram can show, in microseconds, from the longest.
pub const SPANS: [u64; 12] = [
    60_000_000, 20_000_000, 10_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000, 200_000, 100_000, 50_000,
    20_000, 5_000,
];
/// The shortest that a window is fitted to: a round of votes fills it.
pub const FIRST_SPAN: usize = 10;
/// Room for the moments at the left, and where there is little of it.
const GUTTERS: [f64; 2] = [64.0, 50.0];
/// A box narrower than this has little room.
const NARROW: f64 = 520.0;
/// Room for the names at the top.
pub const HEAD: f64 = 34.0;
/// Lanes stand no closer than this; a diagram with more of them is wider than its box.
const CLOSEST: f64 = 24.0;

/// A fitted window that was made for this many times the span is still good.
const ROOMY: u64 = 5;

/// How an item stands to the chosen one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// It can have nothing to do with it.
    Dim,
    /// Nothing is chosen.
    #[default]
    Plain,
    /// It can have been a cause or can be an effect.
    Cone,
    /// It is one of the causes.
    Chain,
    /// It is the one.
    Chosen,
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its receiver has it.
    Read,
    /// It is lost.
    Lost,
    /// It is still on its way.
    Open,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which.
    pub item: Item,
    /// Sender and receiver.
    pub between: (NodeIndex, NodeIndex),
    /// Where it left.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
    /// Down to where it waited to be read, if it did.
    pub waits: Option<f64>,
    /// What it means.
    pub sort: Sort,
    /// The epoch it speaks of.
    pub epoch: u64,
    /// What its paper shows.
    pub stamp: String,
    /// How it ends.
    pub end: End,
    /// A ballot for someone without a vote.
    pub pale: bool,
    /// How it stands to what is chosen.
    pub light: Light,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Something was done to it or to the world.
    User,
    /// Its process ended.
    Killed,
    /// It suspects a node.
    Suspect,
    /// It knows that a node has failed.
    Fail,
    /// It will ask.
    Wait,
    /// It asks.
    Ask,
    /// It votes.
    Yes,
    /// It refuses.
    No,
    /// It has lost a round.
    Lost,
    /// It has won.
    Won,
    /// A property broke.
    Broken,
    /// Whatever else.
    Other,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Which.
    pub item: Item,
    /// Whose; none is the whole world's.
    pub node: Option<NodeIndex>,
    /// Where.
    pub at: Point,
    /// What.
    pub sign: Sign,
    /// How it stands to what is chosen.
    pub light: Light,
}

/// A piece of a lane in one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Its upper end.
    pub from: f64,
    /// Its lower end.
    pub to: f64,
    /// The node's current epoch.
    pub epoch: u64,
    /// Whether its process runs.
    pub up: bool,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Which.
    pub node: NodeIndex,
    /// Its name.
    pub name: String,
    /// Where.
    pub x: f64,
    /// Its pieces from top to bottom.
    pub stretches: Vec<Stretch>,
    /// Between these nothing can have to do with what is chosen.
    pub dim: Option<(f64, f64)>,
}

/// A place where more messages leave than can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Middle of its upper edge.
    pub at: Point,
    /// Messages.
    pub count: u32,
}

/// What is chosen, why it happened, and what can have to do with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Causes {
    /// The item.
    pub item: Item,
    /// Its causes, itself first.
    pub chain: Vec<Item>,
    /// What can have influenced it, and what it can have influenced.
    pub cone: Cone,
}

/// What a diagram is made of.
pub struct Source<'a> {
    /// Everything that happens.
    pub records: &'a [Record],
    /// Every message.
    pub traffic: &'a Traffic,
    /// Who takes part.
    pub cast: &'a Cast,
    /// Every node's current epoch at time zero.
    pub epoch: u64,
    /// The moment of the cursor.
    pub now: u64,
    /// How far anybody has watched.
    pub frontier: u64,
    /// Whether pings are shown.
    pub pings: bool,
    /// What is chosen.
    pub causes: Option<&'a Causes>,
}

/// The whole diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// The piece of time it shows.
    pub window: Window,
    /// How wide it is; wider than its box if there are many lanes.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// Room for the moments at its left.
    pub gutter: f64,
    /// Nodes from left to right.
    pub lanes: Vec<Lane>,
    /// Messages, those that matter most last.
    pub lines: Vec<Line>,
    /// Events.
    pub marks: Vec<Mark>,
    /// Where pings are too many to draw.
    pub strips: Vec<Strip>,
    /// Moments at the left.
    pub ticks: Vec<(f64, String)>,
    /// Where the cursor is.
    pub cursor: f64,
    /// Where what was never watched begins.
    pub frontier: f64,
}

/// Where things are.
#[derive(Clone, Copy, Debug)]
struct Plan {
    window: Window,
    width: f64,
    height: f64,
    gutter: f64,
    nodes: usize,
}

impl Plan {
    fn y(&self, at: u64) -> f64 {
        HEAD + self.window.place(at) / 100.0 * (self.height - HEAD)
    }

    fn x(&self, node: NodeIndex) -> f64 {
        let gap = (self.width - self.gutter) / number(self.nodes.max(1));
        self.gutter + gap * (number(node) + 0.5)
    }
}

fn number(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

impl Diagram {
    /// The step of the zoom that a window has.
    pub fn step(window: Window) -> Option<usize> {
        SPANS.iter().position(|span| *span == window.to - window.from)
    }

    /// A window fitted to the last burst of events up to the cursor.
    pub fn fitted(before: Window, records: &[Record], traffic: &Traffic, now: u64, end: u64) -> Window {
        let (since, wanted) = fit::burst(records, traffic, now);
        // Nothing jumps under a hand for a window that is only somewhat wide.
        let kept = Self::step(before).filter(|step| {
            before.from <= since && *step <= wanted && SPANS[*step] <= SPANS[wanted].saturating_mul(ROOMY)
        });
        let before = if kept.is_some() { before } else { Window::default() };
        Self::window(before, now, end, kept.unwrap_or(wanted))
    }

    /// The window around the cursor: the same as before while the cursor is well inside of it.
    pub fn window(before: Window, now: u64, end: u64, span: usize) -> Window {
        let span = SPANS.get(span).copied().unwrap_or(SPANS[FIRST_SPAN]);
        let rim = span / 12;
        let inside = now >= before.from.saturating_add(rim) && now + rim <= before.to;
        if before.to - before.from == span && (inside || (before.from == 0 && now + rim <= before.to)) {
            return before;
        }
        // There is more to see of what was than of what comes.
        let from = now.saturating_sub(span / 10 * 7).min(end.saturating_sub(span / 2));
        Window { from, to: from + span }
    }

    /// Draws what is in the window, in a box of this size.
    pub fn new(source: &Source<'_>, window: Window, size: (f64, f64)) -> Self {
        let nodes = source.cast.names.len();
        let gutter = GUTTERS[usize::from(size.0 < NARROW)];
        let width = size.0.max(gutter + CLOSEST * number(nodes));
        let plan = Plan { window, width, height: size.1.max(160.0), gutter, nodes };
        let light = Lights::new(source);
        let (lines, strips) = lines::lines(source, &plan, &light);
        Self {
            window,
            width,
            height: plan.height,
            gutter,
            lanes: marks::lanes(source, &plan),
            lines,
            marks: marks::marks(source, &plan, &light),
            strips,
            ticks: ticks(window)
                .into_iter()
                .map(|(at, label)| (HEAD + at / 100.0 * (plan.height - HEAD), label))
                .collect(),
            cursor: plan.y(source.now),
            frontier: plan.y(source.frontier),
        }
    }

    /// The moment at a height.
    pub fn moment(&self, y: f64) -> u64 {
        self.window.moment((y - HEAD) / (self.height - HEAD))
    }

    /// What is under a finger: a mark, or else a line.
    pub fn under(&self, point: Point) -> Option<Item> {
        let marks = self.marks.iter().map(|mark| (mark.at.distance(point) - 4.0, mark.item));
        let lines = self.lines.iter().map(|line| (line.distance(point), line.item));
        let near = marks.chain(lines).filter(|(distance, _)| *distance < 8.0);
        // Of marks on one spot the last lies on top.
        let whole = |distance: f64| distance.round();
        near.min_by(|one, other| whole(one.0).total_cmp(&whole(other.0)).then(other.1.cmp(&one.1)))
            .map(|(_, item)| item)
    }

    /// Everything that can be chosen, from top to bottom: of one node, or of all.
    pub fn items(&self, node: Option<NodeIndex>) -> Vec<Item> {
        let mut items: Vec<(f64, Item)> = self
            .marks
            .iter()
            .filter(|mark| node.is_none() || mark.node == node || mark.node.is_none())
            .map(|mark| (mark.at.y, mark.item))
            .chain(
                self.lines
                    .iter()
                    .filter(|line| node.is_none_or(|node| line.between.0 == node || line.between.1 == node))
                    .map(|line| (line.from.y, line.item)),
            )
            .collect();
        ordered::sort_by(&mut items, |one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        items.into_iter().map(|(_, item)| item).collect()
    }
}

impl Line {
    fn distance(&self, point: Point) -> f64 {
        let (x, y) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let length = (x * x + y * y).max(1.0);
        let share = (((point.x - self.from.x) * x + (point.y - self.from.y) * y) / length).clamp(0.0, 1.0);
        self.from.towards(self.to, share).distance(point)
    }
}

/// How items stand to what is chosen.
struct Lights<'a> {
    causes: Option<&'a Causes>,
    chain: BTreeSet<Item>,
}

impl<'a> Lights<'a> {
    fn new(source: &Source<'a>) -> Self {
        let chain = source.causes.iter().flat_map(|causes| causes.chain.iter().copied()).collect();
        Self { causes: source.causes, chain }
    }

    fn of(&self, item: Item, in_cone: impl Fn(&Cone) -> bool) -> Light {
        let Some(causes) = self.causes else { return Light::Plain };
        match item {
            item if item == causes.item => Light::Chosen,
            item if self.chain.contains(&item) => Light::Chain,
            _ if in_cone(&causes.cone) => Light::Cone,
            _ => Light::Dim,
        }
    }
}

fn host(node: NodeIndex) -> HostIx {
    HostIx(u16::try_from(node).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use splitvote::scenario::{catalogue, parse};
    use splitvote::sim::traffic::why::Why;
    use splitvote::sim::{Keep, Simulator};

    use super::*;
    use crate::scene::build;

    const SIZE: (f64, f64) = (600.0, 500.0);

    fn world(name: &str) -> Simulator {
        let script = parse(catalogue::find(name).expect("it is built in").text).expect("it reads");
        let mut world = Simulator::keeping(&script, Keep::Traffic);
        world.run();
        world
    }

    fn source<'a>(world: &'a Simulator, cast: &'a Cast, causes: Option<&'a Causes>) -> Source<'a> {
        let now = world.now().as_micros();
        let traffic = world.traffic().expect("it was kept");
        Source { records: world.records(), traffic, cast, epoch: 3, now, frontier: now, pings: false, causes }
    }

    /// The moment at which somebody asks, as a window of a tenth of a second.
    fn round(world: &Simulator) -> (Item, Window) {
        let asked = |record: &Record| {
            matches!(&record.what, splitvote::sim::What::Event(splitvote::node::Event::VotesAsked { .. }))
        };
        let at = world.records().iter().position(asked).expect("somebody asks");
        let moment = world.records()[at].at.as_micros();
        (Item::Record(at), Window { from: moment - 20_000, to: moment + 80_000 })
    }

    #[test]
    fn a_round_of_votes_is_lines_from_lane_to_lane() {
        let world = world("kill-one");
        let cast = build::cast(&world);
        let (_, window) = round(&world);
        let diagram = Diagram::new(&source(&world, &cast, None), window, SIZE);
        let name = |node: usize| cast.names[node].as_str();
        let mut told: Vec<String> = diagram
            .lines
            .iter()
            .filter(|line| matches!(line.sort, Sort::Request | Sort::Yes | Sort::No))
            .map(|line| {
                assert!(line.to.y > line.from.y, "time runs downwards");
                let pale = if line.pale { ", pale" } else { "" };
                format!(
                    "{}→{} {:?} {:?}{pale}",
                    name(line.between.0),
                    name(line.between.1),
                    line.sort,
                    line.end
                )
            })
            .collect();
        ordered::sort_by(&mut told, Ord::cmp);
        let expected = [
            "A1→B0 Request Read",
            "A1→B1 Request Read, pale",
            "A1→C0 Request Read",
            "A1→C1 Request Read, pale",
            "B0→A1 Yes Read",
            "C0→A1 Yes Read",
        ];
        for line in expected {
            assert!(told.iter().any(|one| one == line), "{line}: {told:#?}");
        }
        let signs: Vec<Sign> = diagram.marks.iter().map(|mark| mark.sign).collect();
        for sign in [Sign::Ask, Sign::Yes, Sign::Won] {
            assert!(signs.contains(&sign), "{sign:?}: {signs:?}");
        }
        let asks = diagram.marks.iter().find(|mark| mark.sign == Sign::Ask).expect("it is there");
        assert_eq!(diagram.under(asks.at), Some(asks.item));
        let lane = &diagram.lanes[asks.node.expect("a node asks")];
        assert_eq!(
            lane.stretches.len(),
            2,
            "the lane takes the colour of the new epoch: {:?}",
            lane.stretches
        );
        assert_eq!(lane.stretches[0].epoch + 1, lane.stretches[1].epoch);
    }

    #[test]
    fn what_can_have_nothing_to_do_with_the_chosen_is_dim_and_its_causes_are_lit() {
        let world = world("kill-one");
        let cast = build::cast(&world);
        let (asked, window) = round(&world);
        let traffic = world.traffic().expect("it was kept");
        let why = Why { records: world.records(), traffic, names: world.names() };
        let (host, at) = (why.host(asked).expect("a node asks"), why.moment(asked));
        let causes =
            Causes { item: asked, chain: why.chain(asked), cone: traffic.cone(host, at, cast.names.len()) };
        let diagram = Diagram::new(&source(&world, &cast, Some(&causes)), window, SIZE);
        let mark = diagram.marks.iter().find(|mark| mark.item == asked).expect("it is in its window");
        assert_eq!(mark.light, Light::Chosen);
        let request = diagram.lines.iter().find(|line| line.sort == Sort::Request).expect("it sends them");
        assert_eq!(request.light, Light::Cone);
        assert!(diagram.lanes.iter().any(|lane| lane.dim.is_some_and(|(from, to)| to > from)));
        let all = diagram.items(None);
        assert!(all.contains(&asked) && all.len() > diagram.items(Some(0)).len());
    }

    #[test]
    fn a_window_is_fitted_to_the_last_burst_and_stays_while_that_goes_on() {
        let world = world("kill-one");
        let traffic = world.traffic().expect("it was kept");
        let asked = round(&world).1.from + 20_000;
        let fit = |before, now| Diagram::fitted(before, world.records(), traffic, now, 60_000_000);
        let votes = fit(Window::default(), asked + 5_000);
        assert!(votes.from <= asked && asked + 5_000 < votes.to, "{votes:?}");
        assert_eq!(fit(votes, asked + 6_000), votes);
        assert_eq!(Diagram::step(fit(Window::default(), 0)), Some(FIRST_SPAN), "nothing has happened");
    }

    #[test]
    fn many_pings_are_strips_and_few_are_lines() {
        let world = world("kill-one");
        let cast = build::cast(&world);
        let draw =
            |window| Diagram::new(&Source { pings: true, ..source(&world, &cast, None) }, window, SIZE);
        let wide = draw(Window { from: 0, to: 30_000_000 });
        assert!(!wide.strips.is_empty() && wide.lines.len() < 100, "{} lines", wide.lines.len());
        let near = draw(Window { from: 0, to: 200_000 });
        assert!(near.strips.is_empty() && near.lines.iter().any(|line| line.sort == Sort::Gossip));
    }
}
