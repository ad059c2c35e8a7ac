//! What one moment looks like, as plain data: every view is a function of it.
//!
//! Nothing here knows the document, so all of it is tested natively. [`build`] reads the simulator,
//! [`story`] folds the recorded events, [`ring`] and [`tape`] turn both into shapes and places.

pub mod breach;
pub mod build;
pub mod diagram;
pub mod flight;
pub mod letter;
pub mod promise;
pub mod ring;
pub mod story;
pub mod table;
pub mod tape;

/// A node's place in [`Scene::nodes`].
pub type NodeIndex = usize;

/// Everything at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Microseconds since time zero.
    pub now: u64,
    /// The greatest current epoch of a node that runs.
    pub epoch: u64,
    /// In order of their letters.
    pub shards: Vec<Shard>,
    /// Shard by shard.
    pub nodes: Vec<Node>,
    /// Links on which nothing passes, or only late.
    pub faults: Vec<LinkFault>,
    /// Candidates, the newest first.
    pub races: Vec<Race>,
    /// Votes given in the newest epoch in which anybody voted.
    pub ballots: Vec<Ballot>,
    /// Numbers for the counters.
    pub counters: Counters,
}

/// One shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shard {
    /// Its letters.
    pub name: String,
    /// The node that serves its slots, as most nodes that run see it.
    pub owner: Option<NodeIndex>,
    /// How many slots it has.
    pub slots: u32,
    /// Whether the owner runs.
    pub served: bool,
}

/// What a node is in its own eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Serves slots.
    #[default]
    Primary,
    /// Copies a primary.
    Replica,
}

/// What is true of its process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Process {
    /// It runs.
    #[default]
    Up,
    /// It stands still; its sockets are open.
    Paused,
    /// It is gone.
    Down,
}

/// What one node thinks of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opinion {
    /// It is well.
    #[default]
    Well,
    /// I cannot reach it.
    Pfail,
    /// A majority cannot reach it.
    Fail,
}

/// One node, in its own eyes and in those of others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// `A0`.
    pub name: String,
    /// Which shard it is named for.
    pub shard: usize,
    /// Its number in that name.
    pub seat: usize,
    /// What it thinks it is.
    pub role: Role,
    /// What is true of its process.
    pub process: Process,
    /// Its current epoch.
    pub epoch: u64,
    /// Its own config epoch, or its primary's.
    pub config_epoch: u64,
    /// How much of the write history it has.
    pub offset: u64,
    /// How far it is behind the farthest node of its primary's shard.
    pub lag: u64,
    /// Whom it follows.
    pub primary: Option<NodeIndex>,
    /// Slots it believes it owns.
    pub slots: u32,
    /// The epoch of its last vote; 0 if it never voted.
    pub voted: u64,
    /// Its last vote.
    pub seal: Option<Seal>,
    /// What each voter that runs thinks of it, in ring order; empty if all think well.
    pub opinions: Vec<Opinion>,
    /// Time until it asks for votes or its round ends: what is left and the whole.
    pub timer: Option<(u64, u64)>,
    /// Whether it says why when it refuses.
    pub nack: bool,
    /// Whether it asks at once when it is provably the best.
    pub fast: bool,
}

/// A vote that is spent.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// In this epoch.
    pub epoch: u64,
    /// On this candidate.
    pub candidate: String,
}

/// A direction in which messages suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFault {
    /// Sender.
    pub from: NodeIndex,
    /// Receiver.
    pub to: NodeIndex,
    /// Nothing passes; otherwise it passes late or sometimes.
    pub cut: bool,
}

/// A vote as it was cast.
#[derive(Clone, Debug, PartialEq)]
pub struct Ballot {
    /// Who voted.
    pub voter: NodeIndex,
    /// For or against whom.
    pub candidate: NodeIndex,
    /// In which epoch.
    pub epoch: u64,
    /// The reason, if it was refused.
    pub refusal: Option<String>,
}

/// Where a candidate stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Waits for its turn.
    #[default]
    Waiting,
    /// Has asked.
    Asking,
    /// Got too few votes; the reason.
    Lost(String),
    /// Got enough.
    Won,
}

/// What became of one voter's vote.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer {
    /// Nothing yet.
    #[default]
    Open,
    /// Yes.
    Yes,
    /// No, and why.
    No(String),
    /// Nothing can come: the voter is down or cut off.
    Gone,
}

/// One voter's square in a votes-left bar: the outline is the truth, the fill what the candidate knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Whose vote.
    pub voter: NodeIndex,
    /// What the voter has decided.
    pub truth: Answer,
    /// What has come back.
    pub known: Answer,
}

/// One candidate's try.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Race {
    /// Who stands.
    pub node: NodeIndex,
    /// How far it is.
    pub phase: Phase,
    /// When its turn was worked out.
    pub scheduled: u64,
    /// When it asks, or asked.
    pub starts: u64,
    /// The part of the wait that is the same for all.
    pub fixed: u64,
    /// The part that chance drew.
    pub random: u64,
    /// The part for siblings with more data and for other failed shards.
    pub ranked: u64,
    /// Siblings with more data, as it believes.
    pub rank: u32,
    /// Failed shards that go first.
    pub failed_rank: u32,
    /// The offset it stands with.
    pub offset: u64,
    /// Whether it need not wait.
    pub best: bool,
    /// The epoch it asks in.
    pub epoch: u64,
    /// Votes needed.
    pub needed: u32,
    /// One for each voter.
    pub cells: Vec<Cell>,
}

impl Race {
    /// Votes the candidate holds.
    pub fn have(&self) -> u32 {
        count(&self.cells, |cell| cell.known == Answer::Yes)
    }

    /// Votes that can still be had, in truth.
    pub fn achievable(&self) -> u32 {
        count(&self.cells, |cell| matches!(cell.truth, Answer::Yes | Answer::Open))
    }

    /// True if no answer that may still come can help.
    pub fn hopeless(&self) -> bool {
        self.phase == Phase::Asking && self.achievable() < self.needed
    }

    /// How far the puck is in its lane, `0..=1000`.
    pub fn progress(&self, now: u64) -> u64 {
        let whole = self.starts.saturating_sub(self.scheduled).max(1);
        (now.saturating_sub(self.scheduled) * 1000 / whole).min(1000)
    }
}

fn count(cells: &[Cell], wanted: impl Fn(&Cell) -> bool) -> u32 {
    u32::try_from(cells.iter().filter(|cell| wanted(cell)).count()).unwrap_or(u32::MAX)
}

/// Numbers of the whole run up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages delivered.
    pub messages: u64,
    /// Ballots among them: requests, yes, no.
    pub ballots: [u64; 3],
    /// Times someone asked for votes.
    pub rounds: u64,
    /// Failovers done.
    pub failovers: u64,
    /// Writes that clients were told are safe.
    pub acknowledged: u64,
    /// Those of them that are gone.
    pub lost: u64,
}

impl Scene {
    /// The node beside `from`: so many shards on, or so many seats inwards.
    pub fn neighbour(&self, from: Option<NodeIndex>, shards: i32, seats: i32) -> Option<NodeIndex> {
        let Some(here) = from.and_then(|at| self.nodes.get(at)) else {
            return (!self.nodes.is_empty()).then_some(0);
        };
        let count = i64::try_from(self.shards.len()).unwrap_or(1).max(1);
        let along = |place: usize, by: i32| i64::try_from(place).unwrap_or(0) + i64::from(by);
        let shard = along(here.shard, shards).rem_euclid(count);
        let find = |seat: i64| {
            self.nodes.iter().position(|node| along(node.shard, 0) == shard && along(node.seat, 0) == seat)
        };
        find(along(here.seat, seats)).or_else(|| if seats == 0 { find(0) } else { from })
    }
}

impl Scene {
    /// The node so many rows below `from`, as far as there are any.
    pub fn row(&self, from: Option<NodeIndex>, down: i32) -> Option<NodeIndex> {
        let last = self.nodes.len().checked_sub(1)?;
        let Some(here) = from else { return Some(0) };
        let by = usize::try_from(down.unsigned_abs()).unwrap_or(0);
        Some(if down < 0 { here.saturating_sub(by) } else { here.saturating_add(by).min(last) })
    }
}

/// The class that gives an epoch its hue.
pub fn hue(epoch: u64) -> &'static str {
    ["e0", "e1", "e2", "e3", "e4"][usize::try_from(epoch % 5).unwrap_or(0)]
}

/// The class of the colour of a node's config epoch: only the newest epoch has one, what is older is grey.
/// Five colours go round, and a cluster that was just made has as many claims as shards.
pub fn claim_hue(claim: u64, newest: u64) -> &'static str {
    if claim >= newest { hue(claim) } else { "past" }
}

/// What one node believes, for the inspector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beliefs {
    /// Label and value.
    pub facts: Vec<(&'static str, String)>,
    /// Its table of the other nodes.
    pub others: Vec<Other>,
}

/// One row of a node's table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Other {
    /// Whom it is about.
    pub name: String,
    /// Its role, and whom it follows.
    pub role: String,
    /// What is thought of it.
    pub opinion: Opinion,
    /// Witnesses against it.
    pub reports: usize,
    /// Its config epoch, as far as known.
    pub config_epoch: u64,
    /// Its offset, as far as known.
    pub offset: u64,
}
