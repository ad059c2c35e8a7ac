//! Every sentence the page says that is not an event's own.

pub mod lab;
pub mod messages;
pub mod table;

use crate::language::later;
use splitvote::base::{Instant, NodeId};
use splitvote::node::Event;
use splitvote::protocol::election::{Election, Phase, RoundEnd};
use splitvote::protocol::replication::Path;

pub use lab::{hunted, opened, promise};

/// How ids are written.
type Namer<'a> = &'a dyn Fn(NodeId) -> String;

/// How the page is called.
pub const NAME: &str = "Splitvote";
/// After the clipboard took the link.
pub const COPIED: &str = "The link is in your clipboard.";
/// After it did not.
pub const NOT_COPIED: &str = "The browser did not let us copy. Select the link and copy it by hand.";
/// When a seed is no number.
pub const NO_SEED: &str = "A seed is a whole number.";
/// Above what is wrong with a link.
pub const BAD_LINK: &str = "Parts of this link could not be read.";
/// When a link does not keep its promise.
pub const DIFFERS: &str =
    "This link promises another end: it was made with other rules, or changed on its way.";

/// When it does.
pub fn verified(digest: &str) -> String {
    format!("Verified: this is the same run, to the last event ({digest}).")
}

/// While seeds are searched.
pub fn searching(tried: u64) -> String {
    format!("Looking for a seed that splits the votes: {tried} tried.")
}

/// At the end of a run.
pub const ENDED: &str = "The run ends here. Wind back, or press play to let it go on.";
/// Where somebody may break what he likes.
pub const YOURS: &str = "A healthy cluster, and it is yours. Choose a node, kill it with k, and press play.";
/// When a deed has nobody to be done to.
pub const CHOOSE: &str = "Choose a node first.";
/// After a change was taken back.
pub const UNDONE: &str = "Taken back.";

/// Shown before anything has happened.
pub fn opening(shards: usize) -> String {
    format!("{shards} shards, all well. Press play, or kill a primary and see what happens.")
}

/// When a node has no rules, because it has no process.
pub const NO_PROCESS: &str = "Its process is gone, and its rules with it.";
/// After a room's switch was turned back.
pub const AS_IT_WAS: &str = "The old rules again.";

/// After a switch was set.
pub fn switched(switch: &str, value: &str) -> String {
    let what = match switch {
        "nack" => "NACK",
        "fast-failover" => "Fast failover",
        id => id,
    };
    format!("{what} is {value}.")
}

/// After a preset was chosen.
pub fn obeyed(who: &str, preset: &str) -> String {
    format!("{who} obeys {preset} now.")
}

/// After the rules were changed for everyone.
pub fn again(said: &str, rewound: bool) -> String {
    if rewound {
        format!("{said} Here is the same seed again, from the first fault.")
    } else {
        said.to_owned()
    }
}

/// The key map: group, key, what it does.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("Time", "Space", "Play or pause"),
    ("Time", ".", "Next event"),
    ("Time", ",", "Previous event"),
    ("Time", "]", "Next step of an election"),
    ("Time", "[", "Previous step of an election"),
    ("Time", "0", "Back to the start"),
    ("Time", "+ −", "Faster, slower"),
    ("Time", "w", "Slow motion while votes fly"),
    ("Time", "i", "Tape or diagram: less time, closer"),
    ("Time", "o", "Tape or diagram: more time"),
    ("Nodes", "← → ↑ ↓", "Walk the ring, the lanes, the rows"),
    ("Nodes", "Enter", "Inspect the node"),
    ("Nodes", "a", "Add the node to a group"),
    ("Nodes", "m", "Menu of the node"),
    ("Nodes", "k", "Kill"),
    ("Nodes", "z", "Pause or resume"),
    ("Nodes", "r", "Restart"),
    ("Nodes", "f", "Fail over to it"),
    ("Nodes", "x", "Cut it, or its group, off"),
    ("Nodes", "l", "Slow its messages down"),
    ("Nodes", "h", "Heal the network"),
    ("Run", "s", "Force a split vote"),
    ("Run", "n", "NACK on or off"),
    ("Run", "t", "Fast failover on or off"),
    ("Run", "e", "Next seed"),
    ("Run", "v", "Compare two rules side by side"),
    ("Run", "u", "Undo"),
    ("Run", "y", "Why did this happen?"),
    ("Page", "1 – 4", "Ring, space and time, table, lab"),
    ("Page", "5 – 9", "Node, log, chart, rules, script"),
    ("Page", "g", "Show pings"),
    ("Page", "c", "Share this run"),
    ("Page", "p", "Show it on a projector"),
    ("Page", "b", "Lessons"),
    ("Page", "d", "Light or dark"),
    ("Page", "?", "These keys"),
];

/// Speeds of the slider, as (simulated, real): the first is the slowest.
pub const SPEEDS: &[(u64, u64)] = &[
    (1, 1000),
    (1, 500),
    (1, 200),
    (1, 100),
    (1, 50),
    (1, 20),
    (1, 10),
    (1, 4),
    (1, 2),
    (1, 1),
    (2, 1),
    (4, 1),
    (8, 1),
    (16, 1),
];
/// Where the slider stands at first: real time.
pub const REAL_TIME: usize = 9;

/// `1/100×` or `4×`.
pub fn speed(at: usize) -> String {
    match SPEEDS.get(at) {
        Some((1, 1)) | None => "1×".to_owned(),
        Some((times, 1)) => format!("{times}×"),
        Some((_, part)) => format!("1/{part}×"),
    }
}

/// A span for people: `740 ms`, `4.3 s`, `2 min 5 s`.
pub fn span(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..10_000 => tenths(micros / 100, "ms"),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..60_000_000 => tenths(micros / 100_000, "s"),
        _ => format!("{} min {} s", micros / 60_000_000, micros / 1_000_000 % 60),
    }
}

/// `4.3 s`, and `3 s` rather than `3.0 s`.
fn tenths(value: u64, unit: &str) -> String {
    match value % 10 {
        0 => format!("{} {unit}", value / 10),
        tenth => format!("{}.{tenth} {unit}", value / 10),
    }
}

/// A moment for people, with the milliseconds: `12.345 s`.
pub fn clock(micros: u64) -> String {
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    if whole < 60 {
        format!("{whole}.{:03} s", rest / 1000)
    } else {
        format!("{}:{:02}.{:03}", whole / 60, whole % 60, rest / 1000)
    }
}

/// A number as the reader's language writes it.
pub fn number(value: u64) -> String {
    #[cfg(target_family = "wasm")]
    {
        #[expect(clippy::cast_precision_loss, reason = "JavaScript knows no other numbers")]
        let value = js_sys::Number::from(value as f64);
        value.to_locale_string(crate::language::tag()).into()
    }
    #[cfg(not(target_family = "wasm"))]
    {
        let digits = value.to_string();
        let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join(",")
    }
}

/// A built-in scenario's name for people: `Split vote`.
pub fn title(name: &str) -> String {
    let spaced = name.replace('-', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A room of the museum in a list: its number, and the title of its script.
pub fn room(name: &str, text: &'static str) -> (String, &'static str) {
    let number = name.rsplit('/').next().unwrap_or(name).to_uppercase();
    (number, text.lines().find_map(|line| line.strip_prefix("title")).unwrap_or("").trim())
}

/// `1 vote`, `2 votes`.
pub fn votes(count: u32) -> String {
    if count == 1 { "1 vote".to_owned() } else { format!("{count} votes") }
}

/// What a person just did, in the past tense where there is one.
pub fn acted(action: &str) -> String {
    let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
    match verb {
        "kill" => format!("{rest}: killed. Nobody has noticed yet."),
        "powercut" => format!("{rest}: power cut. What was not synced is gone."),
        "pause" => format!("{rest}: the process stands still, its sockets stay open."),
        "resume" => format!("{rest}: goes on, and believes no time has passed."),
        "restart" => format!("{rest}: starts again from its disk."),
        "cut" => format!("The network is cut: {rest}."),
        "heal" => "The network is whole again.".to_owned(),
        "slow" => format!("Messages are slower now: {rest}."),
        "deliver" => format!("{rest}: delivered by hand, before its time."),
        "delay" => format!("{rest}: delayed by hand."),
        "drop" if rest.contains(" sent ") => format!("{rest}: taken away by hand. It arrives nowhere."),
        "duplicate" if rest.contains(" sent ") => format!("{rest}: copied by hand. It arrives twice."),
        "failover" => format!("{rest}: told to take over from its primary."),
        _ => format!("{action}."),
    }
}

/// Why a round was lost, in half a sentence.
pub fn round_end(end: &RoundEnd, name: Namer<'_>) -> String {
    match end {
        RoundEnd::Hopeless { achievable, needed } => {
            format!("only {} still possible, {needed} needed", votes(*achievable))
        }
        RoundEnd::Claimed { by } => format!("{} claimed this epoch or a later one", name(*by)),
        RoundEnd::Expired => "time ran out in silence".to_owned(),
        RoundEnd::Moot => "no longer needed".to_owned(),
    }
}

/// The caption for an event that deserves one: a whole sentence.
pub fn caption(who: &str, event: &Event, name: Namer<'_>) -> Option<String> {
    Some(match event {
        Event::PfailMarked { node } => {
            format!("{who} has not heard from {} for too long and suspects it.", name(*node))
        }
        Event::FailMarked { node, reports: 0, .. } => {
            format!("{who} finds another node at the address of {}: that has failed.", name(*node))
        }
        Event::FailMarked { node, reports, needed } => format!(
            "{who} counts {reports} witnesses, {needed} are needed: {} has failed. It tells everyone.",
            name(*node)
        ),
        Event::ElectionScheduled { best: true, .. } => {
            format!("{who} has the newest data for sure: it need not wait and asks at once.")
        }
        Event::ElectionScheduled { delay, rank: 0, .. } if delay.as_micros() == 0 => {
            format!("{who} knows no sibling with more data and asks for votes at once.")
        }
        Event::ElectionScheduled { delay, rank: 0, .. } => {
            format!(
                "{who} knows no sibling with more data. It waits {} before it asks for votes.",
                span(delay.as_micros())
            )
        }
        Event::ElectionScheduled { delay, rank, .. } => {
            format!("{who} knows {rank} with more data, so it waits longer: {}.", span(delay.as_micros()))
        }
        Event::ElectionMoved { best: true, .. } => {
            format!("{who} is provably the best by now and asks at once.")
        }
        Event::ElectionMoved { delay, .. } => {
            format!("Things changed while {who} waited: it asks in {}.", span(delay.as_micros()))
        }
        Event::CannotStand(_) => {
            format!("{who} may not stand for election: its data is too old, or it was told not to.")
        }
        Event::VotesAsked { epoch, needed, .. } => {
            format!("{who} asks every primary for its vote in epoch {epoch}. It needs {needed}.")
        }
        Event::VoteGranted { candidate, epoch } => {
            format!("{who} gives its only vote of epoch {epoch} to {}.", name(*candidate))
        }
        Event::VoteRefused { candidate, refusal, told: true, .. } => {
            format!("{who} tells {} no: {}.", name(*candidate), refusal.tell(name))
        }
        Event::VoteRefused { candidate, refusal, told: false, .. } => {
            format!("{who} will not vote for {}: {}. It says nothing.", name(*candidate), refusal.tell(name))
        }
        Event::AckReceived { voter, have, needed, .. } => {
            format!("The vote of {} arrives: {who} has {have}, and needs {needed}.", name(*voter))
        }
        Event::NackReceived { voter, reason, achievable, .. } => {
            format!("{} refuses {who}: {reason}. {who} can still reach {}.", name(*voter), votes(*achievable))
        }
        Event::RoundLost { epoch, end } => match end {
            RoundEnd::Moot => return None,
            RoundEnd::Expired => format!("{who} gives up epoch {epoch}: it waited, and no answer came."),
            other => format!("{who} knows that it cannot win epoch {epoch}: {}.", round_end(other, name)),
        },
        Event::ElectionWon { epoch, voters, needed } => {
            format!(
                "{who} wins epoch {epoch} with {}; {needed} were needed.",
                votes(u32::try_from(voters.len()).unwrap_or(0))
            )
        }
        Event::Promoted { instead_of, slots, .. } => {
            format!(
                "{who} is the primary now, in the place of {}. It serves {slots} slots.",
                name(*instead_of)
            )
        }
        Event::Following { primary, full_sync: true, .. } => {
            format!("{who} follows {} now and copies everything again.", name(*primary))
        }
        Event::Following { primary, .. } => format!("{who} follows {} now.", name(*primary)),
        _ => return None,
    })
}

/// A branch that a step of a lesson made.
pub const STEP: &str = "lesson";
/// A branch that shows how a task can be done.
pub const SOLUTION: &str = "a solution";
/// What a lesson says of what is not its turn.
pub const NOT_NOW: &str = "Not in this step of the lesson: go on with Next, or leave the lesson.";
/// Two runs that tell the same.
pub const ALIKE: &str = "This difference changes nothing in this run: every event is the same.";
/// The figure over each of two rings.
pub const AFTER_FAIL: &str = "from FAIL to a new primary";
/// The run that was opened, among its branches.
pub const TRUNK: &str = "as opened";
/// A view that is no drawing is to be saved as one.
pub const NO_PICTURE: &str = "This view is no picture: choose the ring, or space and time.";
/// A branch whose script was edited by hand.
pub const EDITED: &str = "edited script";
/// A branch with chances that split the vote.
pub const VARIED: &str = "split vote found";
/// A branch that goes on after its end.
pub const LONGER: &str = "30 s more";
/// Where one of two runs has nothing more to tell.
pub const NOTHING_MORE: &str = "nothing more happens";
/// A figure that has no end.
pub const NEVER: &str = later("never");

/// A branch with another seed.
pub fn seed(seed: u64) -> String {
    format!("seed {seed}")
}

/// One side of a comparison by a rule.
pub fn side(id: &str, value: &str) -> String {
    let name = if id == "nack" { "NACK" } else { id };
    format!("{name} {value}")
}

/// The sentence of a broken property.
pub fn broken(property: &str, what: &str) -> String {
    format!("Property {property} does not hold: {what}.")
}

/// Where a replica's data comes from.
pub fn path(path: Path) -> &'static str {
    match path {
        Path::Primary => later("serves"),
        Path::Broken => "no link to its primary",
        Path::Asking => "asks for data",
        Path::Receiving(_) => "receives everything",
        Path::Loading(_) => "loads a snapshot",
        Path::Streaming => "in the stream",
    }
}

/// Where an election stands: a label and its text; nothing if there is none.
pub fn standing(election: &Election, now: Instant) -> Option<(&'static str, String)> {
    Some(match election.phase() {
        Phase::Idle => return None,
        Phase::Scheduled { start, rank, .. } => {
            let left = start.since(now).as_micros();
            let text = match left {
                0 => format!("rank {rank}, asks"),
                _ => format!("rank {rank}, asks in {}", span(left)),
            };
            ("Election", text)
        }
        Phase::Requesting(round) => {
            ("Election", format!("asks in epoch {}, has {}", round.epoch, election.votes()))
        }
        Phase::Expired { .. } => ("Election", "too late, waits to try again".to_owned()),
    })
}

/// The sentence of a split vote.
pub fn split(epoch: u64, counts: &[(String, u32)], needed: u32) -> String {
    let tally: Vec<String> = counts.iter().map(|(name, have)| format!("{name} has {have}")).collect();
    format!("Split vote in epoch {epoch}: {}. {needed} are needed, so nobody can win.", tally.join(", "))
}

/// A mistake in a script or a link in one line.
pub fn mistake(line: u32, column: u32, what: &str) -> String {
    format!("Line {line}, column {column}: {what}")
}

/// A sentence with what scripts say in quotation marks: readers know no backticks.
pub fn quoted(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    let marked = parts.map(|(at, part)| match at {
        0 => part.to_owned(),
        at if at % 2 == 1 => format!("“{part}"),
        _ => format!("”{part}"),
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_clocks_read_as_people_write_them() {
        for (micros, text) in [
            (17, "17 µs"),
            (1500, "1.5 ms"),
            (5000, "5 ms"),
            (3_000_000, "3 s"),
            (740_000, "740 ms"),
            (4_312_000, "4.3 s"),
            (125_000_000, "2 min 5 s"),
        ] {
            assert_eq!(span(micros), text);
        }
        assert_eq!(quoted("`a` is not `b`, it is"), "“a” is not “b”, it is");
        assert_eq!(clock(4_312_000), "4.312 s");
        assert_eq!(clock(64_312_000), "1:04.312");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn no_key_means_two_things() {
        for (at, (_, key, what)) in KEYS.iter().enumerate() {
            assert!(KEYS[at + 1..].iter().all(|(_, other, _)| other != key), "{key}: {what}");
        }
    }
}
