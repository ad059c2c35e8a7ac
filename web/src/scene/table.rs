//! Nodes as rows: what each is in its own eyes and in those of others, and what the last event changed.

use super::{Node, NodeIndex, Opinion, Phase, Process, Role, Scene};
use crate::words;

/// What the columns are called, in the order of [`Row::cells`].
pub const COLUMNS: [&str; 9] = [
    words::table::ROLE,
    words::table::STATE,
    words::table::EPOCH,
    words::table::CONFIG,
    words::table::VOTED,
    words::table::OFFSET,
    words::table::ELECTION,
    words::table::SLOTS,
    words::table::OTHERS,
];
/// The column of current epochs.
pub const EPOCH: usize = 2;
/// The column of config epochs.
pub const CONFIG: usize = 3;
/// The column of offsets.
pub const OFFSET: usize = 5;

/// One value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// In words.
    pub text: String,
    /// Whether the last event changed it.
    pub changed: bool,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub node: NodeIndex,
    /// Its name.
    pub name: String,
    /// The number of the shard it is named for.
    pub shard: usize,
    /// One value for each of [`COLUMNS`].
    pub cells: Vec<Cell>,
    /// How much of what its primary has is here, in thousandths: the bar behind the offset.
    pub level: u64,
}

/// The rows of a moment; `before` is what the nodes were before the last event.
pub fn rows(scene: &Scene, before: Option<&[Node]>) -> Vec<Row> {
    let row = |(at, node): (NodeIndex, &Node)| {
        let was = before.and_then(|nodes| nodes.get(at)).map(|was| texts(scene, at, was));
        let cell = |(column, text): (usize, String)| Cell {
            changed: was.as_ref().is_some_and(|was| was.get(column) != Some(&text)),
            text,
        };
        Row {
            node: at,
            name: node.name.clone(),
            shard: node.shard,
            cells: texts(scene, at, node).into_iter().enumerate().map(cell).collect(),
            level: level(node),
        }
    };
    scene.nodes.iter().enumerate().map(row).collect()
}

/// The columns that say something, now or before the last event, of at least one node.
pub fn filled(rows: &[Row]) -> Vec<usize> {
    let says = |column: &usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(*column));
        cells.into_iter().any(|cell| cell.changed || !cell.text.is_empty())
    };
    (0..COLUMNS.len()).filter(says).collect()
}

/// The first bytes of lag matter most, so each tenfold costs as much again.
fn level(node: &Node) -> u64 {
    let tenfolds = u64::from((node.lag / 10).checked_ilog10().map_or(0, |tenfolds| tenfolds + 1));
    let gap = if node.lag == 0 { 0 } else { 100 + tenfolds * 150 };
    if node.offset == 0 { 0 } else { 1000_u64.saturating_sub(gap).max(50) }
}

fn texts(scene: &Scene, at: NodeIndex, node: &Node) -> [String; 9] {
    let down = node.process == Process::Down;
    let name = |at: NodeIndex| scene.nodes.get(at).map_or("?", |node| node.name.as_str());
    let role = match (node.role, node.primary) {
        _ if down => String::new(),
        (Role::Primary, _) => words::table::PRIMARY.to_owned(),
        (Role::Replica, Some(primary)) => format!("→ {}", name(primary)),
        (Role::Replica, None) => words::table::REPLICA.to_owned(),
    };
    let state = match node.process {
        Process::Up => words::table::UP,
        Process::Paused => words::table::PAUSED,
        Process::Down => words::table::DOWN,
    };
    let epoch = |epoch: u64| if epoch == 0 || down { String::new() } else { epoch.to_string() };
    let offset = match (node.offset, node.lag) {
        _ if down => String::new(),
        (offset, 0) => words::number(offset),
        (offset, lag) => format!("{} −{}", words::number(offset), words::number(lag)),
    };
    [
        role,
        state.to_owned(),
        if down { String::new() } else { node.epoch.to_string() },
        if down { String::new() } else { node.config_epoch.to_string() },
        epoch(node.voted),
        offset,
        election(scene, at),
        if node.slots == 0 || down { String::new() } else { words::number(u64::from(node.slots)) },
        others(node),
    ]
}

/// Where it stands in its election, with its rank.
fn election(scene: &Scene, at: NodeIndex) -> String {
    let Some(race) = scene.races.iter().find(|race| race.node == at) else { return String::new() };
    match &race.phase {
        Phase::Waiting => words::table::waits(race.rank),
        Phase::Asking => words::table::asks(race.epoch, race.have(), race.needed),
        Phase::Lost(_) => words::table::lost(race.epoch),
        Phase::Won => words::table::won(race.epoch),
    }
}

/// What the voters think of it.
fn others(node: &Node) -> String {
    let count = |wanted: Opinion| node.opinions.iter().filter(|one| **one == wanted).count();
    match (count(Opinion::Fail), count(Opinion::Pfail)) {
        (0, 0) => String::new(),
        (0, doubt) => words::table::doubted(doubt, node.opinions.len()),
        (fail, _) => words::table::failed(fail, node.opinions.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Race;

    fn node(name: &str) -> Node {
        Node { name: name.to_owned(), epoch: 7, config_epoch: 3, offset: 1200, ..Node::default() }
    }

    #[test]
    fn a_row_says_what_the_node_is_and_marks_what_changed() {
        let replica = Node { role: Role::Replica, primary: Some(0), lag: 320, ..node("A1") };
        let before = vec![node("A0"), Node { epoch: 6, lag: 0, ..replica.clone() }];
        let scene = Scene { nodes: vec![node("A0"), replica], ..Scene::default() };
        let rows = rows(&scene, Some(&before));
        let told: Vec<String> =
            rows.iter()
                .map(|row| {
                    let cells = row.cells.iter().map(|cell| {
                        if cell.changed { format!("*{}*", cell.text) } else { cell.text.clone() }
                    });
                    format!("{}: {}", row.name, cells.collect::<Vec<_>>().join(" | "))
                })
                .collect();
        assert_eq!(
            told,
            [
                "A0: primary | runs | 7 | 3 |  | 1,200 |  |  | ",
                "A1: → A0 | runs | *7* | 3 |  | *1,200 −320* |  |  | "
            ]
        );
        assert!(rows[1].level < rows[0].level);
        assert_eq!(filled(&rows), [0, 1, EPOCH, CONFIG, OFFSET], "nobody has voted, serves or is doubted");
    }

    #[test]
    fn an_election_and_doubts_are_told_and_a_dead_node_says_nothing() {
        let dead = Node {
            process: Process::Down,
            opinions: vec![Opinion::Fail, Opinion::Fail, Opinion::Pfail],
            ..node("A0")
        };
        let race = Race { node: 1, rank: 1, ..Race::default() };
        let scene = Scene { nodes: vec![dead, node("A1")], races: vec![race], ..Scene::default() };
        let rows = rows(&scene, None);
        assert_eq!(rows[0].cells[8].text, "fail: 2 of 3");
        assert_eq!(rows[0].cells[EPOCH].text, "");
        assert_eq!(rows[1].cells[6].text, "waits, rank 1");
        assert!(rows.iter().all(|row| row.cells.iter().all(|cell| !cell.changed)));
    }
}
