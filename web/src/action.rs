//! Everything a person can do on the page, and the keys that do it.

use crate::lab::Order;
use crate::language::later;
use crate::scene::NodeIndex;
use crate::session::branches::BranchIx;
use crate::session::compare::Against;
use splitvote::sim::traffic::why::Item;

/// What is done to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The process ends.
    Kill,
    /// The process stands still, or goes on.
    Pause,
    /// The process starts again.
    Restart,
    /// The replica takes over.
    Failover,
    /// Nothing passes between these nodes and the others.
    Cut,
    /// What they send comes late.
    Slow,
    /// The network is whole again.
    Heal,
}

impl Deed {
    /// All, in the order of menus: with label, key, icon and test id.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 7] = [
        (Self::Kill, "Kill", "k", "kill"),
        (Self::Pause, "Pause", "z", "pause"),
        (Self::Restart, "Restart", "r", "restart"),
        (Self::Failover, "Fail over", "f", "failover"),
        (Self::Cut, "Cut off", "x", "cut"),
        (Self::Slow, "Slow by 200 ms", "l", "slow"),
        (Self::Heal, "Heal the network", "h", "heal"),
    ];
}

/// What a hand does to one message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// It arrives now.
    Deliver,
    /// It arrives later.
    Delay,
    /// It is lost.
    Drop,
    /// It arrives twice.
    Duplicate,
}

impl Hand {
    /// All, with label and test id.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Deliver, later("Deliver now"), "deliver"),
        (Self::Delay, later("Delay by 200 ms"), "delay"),
        (Self::Drop, later("Drop"), "drop"),
        (Self::Duplicate, later("Duplicate"), "duplicate"),
    ];
}

/// What stands in the centre. All views share the cursor and what is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Who is where, and what flies between them now.
    #[default]
    Ring,
    /// What was sent when, and what came of it.
    Diagram,
    /// What every node says of itself, row by row.
    Table,
    /// Many seeds, and hunts.
    Lab,
}

impl View {
    /// All, in the order of their tabs: with label, key and test id.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 4] = [
        (Self::Ring, later("Ring"), "1", "ring"),
        (Self::Diagram, later("Space-time"), "2", "diagram"),
        (Self::Table, later("Table"), "3", "table"),
        (Self::Lab, later("Lab"), "4", "lab"),
    ];

    /// Its name in test ids.
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|one| one.0 == self).map_or("", |one| one.3)
    }
}

/// The panels beside the ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What one node believes.
    #[default]
    Node,
    /// What happened.
    Log,
    /// Lines over time.
    Chart,
    /// The run as text.
    Script,
    /// Every switch.
    Rules,
    /// The card of the open room.
    Room,
    /// The card of the open lesson.
    Lesson,
    /// What two runs come to, side by side.
    Compare,
    /// Why something happened.
    Why,
    /// The faults and dials, on narrow screens.
    Do,
}

/// What can be saved as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// What is seen, as a drawing.
    Svg,
    /// What is seen, as pixels.
    Png,
    /// What happens in the run, a JSON object a line.
    Lines,
    /// The same for Perfetto and Chrome.
    Chrome,
    /// The figures of the seed lab.
    Csv,
    /// The script.
    Script,
}

impl Save {
    /// How the file's name ends.
    pub fn end(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Lines => "jsonl",
            Self::Chrome => "json",
            Self::Csv => "csv",
            Self::Script => "scn",
        }
    }
}

/// A wish about lessons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learn {
    /// Opens the list of them.
    List,
    /// Opens one.
    Open(&'static str),
    /// The next step, or to the end of this one.
    Next,
    /// The step before.
    Back,
    /// This step.
    Step(usize),
    /// Predicts this.
    Predict(usize),
    /// Shows one more hint.
    Hint,
    /// Shows a run that does what the task asks.
    Solve,
    /// Leaves the lesson, and the run as it is.
    Leave,
}

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Play or pause.
    Play,
    /// One event on, or back.
    Event(bool),
    /// To the next or previous step of an election.
    Vote(bool),
    /// To this moment.
    Seek(u64),
    /// To this entry of the log.
    Entry(usize),
    /// Shows less of the tape, or more.
    Zoom(bool),
    /// The diagram shows what happened last, whole.
    Fit,
    /// This speed of the slider.
    Speed(usize),
    /// Slow motion while votes fly, on or off.
    SlowVotes,
    /// This, to the chosen nodes or to this one.
    Do(Deed, Option<NodeIndex>),
    /// Flips a switch for everyone.
    Rule(&'static str),
    /// Flips a switch for one node, from now on.
    NodeRule(NodeIndex, &'static str),
    /// Gives everyone, or one node from now on, this value of a switch.
    SetRule(Option<NodeIndex>, &'static str, String),
    /// Gives everyone, or one node from now on, this preset.
    SetPreset(Option<NodeIndex>, String),
    /// Shows the rules of the chosen node, or of everyone.
    RulesOf(bool),
    /// Turns the switch of the open room, or turns it back.
    Turn(bool),
    /// Goes to where this breaks.
    Breach(usize),
    /// To where this property broke, or tells what it says.
    Promise(&'static str),
    /// Something in the lab.
    Lab(Order),
    /// Sets a key for everyone.
    Set(&'static str, String),
    /// This seed.
    Seed(String),
    /// The next seed.
    NextSeed,
    /// Any seed.
    RandomSeed,
    /// Makes the votes split.
    ForceSplit,
    /// A built-in scenario.
    Scenario(String),
    /// This text.
    Script(String),
    /// The run that this one left.
    Undo,
    /// This branch.
    Branch(BranchIx),
    /// Puts a run beside this one, or takes it away.
    Compare(Option<Against>),
    /// Puts the usual run beside this one, or takes away what is there.
    Versus,
    /// Looks at this node.
    Select(Option<NodeIndex>),
    /// Adds the node to the group, or takes it out.
    Group(NodeIndex),
    /// Walks the ring: by shards, by seats.
    Walk(i32, i32),
    /// Chooses something in one of two runs, or lets go.
    Pick(usize, Option<Item>),
    /// Tells why it happened, or why the node that is looked at is as it is.
    Why(bool),
    /// Goes to one of its causes.
    Cause(Item, u64),
    /// Does this to the message in hand.
    Hand(Hand),
    /// Shows this in the centre.
    View(View),
    /// Shows a panel.
    Tab(Tab),
    /// Shows or hides pings.
    Pings,
    /// Something about lessons.
    Learn(Learn),
    /// Light or dark.
    Theme,
    /// Back to the front page.
    Front,
    /// From the front page into the first scenario, playing.
    Start,
    /// From the front page to a healthy cluster.
    Break,
    /// The page speaks this language.
    Language(&'static str),
    /// Opens the menu of a node here, in the ring of this side.
    Menu(usize, NodeIndex, f64, f64),
    /// Opens the sheet that shares the run.
    Share,
    /// Copies the address.
    Copy,
    /// Copies a frame for another page.
    CopyFrame,
    /// Saves a file.
    Save(Save),
    /// Shows the stage alone in big type, or the whole page again.
    Present,
    /// Opens the speaker's window.
    Notes,
    /// Letters and signs are keys, or are not.
    Letters,
    /// Opens the key map.
    Help,
    /// Closes whatever is open.
    Close,
    /// Lines of the log must contain this.
    Filter(String),
    /// Lines of the log must be about this; empty is all.
    About(&'static str),
    /// Takes away the message on top.
    Dismiss,
}

impl Act {
    /// Whether the front page stays when this is wished for.
    pub fn keeps_front(&self) -> bool {
        matches!(
            self,
            Self::Front
                | Self::Theme
                | Self::Language(_)
                | Self::Help
                | Self::Close
                | Self::Dismiss
                | Self::Speed(_)
                | Self::SlowVotes
                | Self::Pings
        )
    }
}

/// The wish behind a key, pressed while the ring or nothing in particular has the focus.
pub fn of_key(key: &str) -> Option<Act> {
    if let Some((deed, ..)) = Deed::ALL.iter().find(|(_, _, its, _)| *its == key) {
        return Some(Act::Do(*deed, None));
    }
    if let Some((view, ..)) = View::ALL.iter().find(|(_, _, its, _)| *its == key) {
        return Some(Act::View(*view));
    }
    Some(match key {
        " " => Act::Play,
        "." | "PageDown" => Act::Event(true),
        "," | "PageUp" => Act::Event(false),
        "]" => Act::Vote(true),
        "[" => Act::Vote(false),
        "0" => Act::Seek(0),
        "w" => Act::SlowVotes,
        "i" => Act::Zoom(true),
        "o" => Act::Zoom(false),
        "s" => Act::ForceSplit,
        "n" => Act::Rule("nack"),
        "t" => Act::Rule("fast-failover"),
        "e" => Act::NextSeed,
        "u" => Act::Undo,
        "g" => Act::Pings,
        "y" => Act::Why(false),
        "v" => Act::Versus,
        "c" => Act::Share,
        "p" => Act::Present,
        "d" => Act::Theme,
        "b" => Act::Learn(Learn::List),
        "?" => Act::Help,
        "5" => Act::Tab(Tab::Node),
        "6" => Act::Tab(Tab::Log),
        "7" => Act::Tab(Tab::Chart),
        "8" => Act::Tab(Tab::Rules),
        "9" => Act::Tab(Tab::Script),
        "ArrowLeft" => Act::Walk(-1, 0),
        "ArrowRight" => Act::Walk(1, 0),
        "ArrowUp" => Act::Walk(0, -1),
        "ArrowDown" => Act::Walk(0, 1),
        "Escape" => Act::Close,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_map_does_something() {
        for (_, keys, what) in crate::words::KEYS {
            for key in keys.split(' ').filter(|key| *key != "–") {
                let key = match key {
                    "Space" => " ",
                    "←" => "ArrowLeft",
                    "→" => "ArrowRight",
                    "↑" => "ArrowUp",
                    "↓" => "ArrowDown",
                    // These need to know the focused node or the present speed: the app handles them.
                    "Enter" | "a" | "m" | "+" | "−" => continue,
                    other => other,
                };
                assert!(of_key(key).is_some(), "{key}: {what}");
            }
        }
    }
}
