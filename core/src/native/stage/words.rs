//! What nodes write down, as events: ours do so themselves, of Valkey and Redis the lines are known that
//! tell of failures and elections. Valkey says `primary` and adds names in brackets, Redis does not.

use crate::base::{Duration, Epoch, NodeId, Offset, Slot};
use crate::native::event_log::EventLine;
use crate::node::Event;
use crate::protocol::election::RoundEnd;
use crate::protocol::voting::Refusal;

/// What a line of our own event log says, and when.
pub(super) fn ours(line: &str) -> Option<(u64, Event)> {
    let EventLine { unix_us, event } = serde_json::from_str(line).ok()?;
    Some((unix_us, event))
}

const DAY_US: u64 = 86_400_000_000;

/// What a line of a real server's log says, and when: `asked` is the epoch of its last request for
/// votes, `primary` whom it followed so far.
pub(super) fn theirs(
    line: &str,
    now_us: u64,
    asked: &mut Epoch,
    primary: Option<NodeId>,
) -> Option<(u64, Vec<Event>)> {
    let mut words = line.splitn(7, ' ');
    let time = words.nth(4)?;
    let said = words.nth(1)?;
    Some((moment(time, now_us)?, events(said, asked, primary)))
}

/// A time of day of the last 24 hours, in Unix microseconds.
fn moment(time: &str, now_us: u64) -> Option<u64> {
    let (clock, millis) = time.split_once('.')?;
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let of_day = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + millis.parse::<u64>().ok()? * 1000;
    let today = now_us - now_us % DAY_US + of_day;
    // A line of before midnight, read after it.
    Some(if today > now_us + DAY_US / 2 { today - DAY_US } else { today })
}

/// The id that follows some words.
fn id_after(said: &str, words: &str) -> Option<NodeId> {
    let rest = said.split_once(words)?.1;
    rest.get(..40)?.parse().ok()
}

/// The number that follows some words.
fn number_after(said: &str, words: &str) -> Option<u64> {
    let rest = said.split_once(words)?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn events(said: &str, asked: &mut Epoch, primary: Option<NodeId>) -> Vec<Event> {
    let promoted = || primary.map(|instead_of| Event::Promoted { instead_of, slots: 0, offset: Offset(0) });
    if said.starts_with("Failover election won") {
        let won = Event::ElectionWon { epoch: *asked, voters: Vec::new(), needed: 0 };
        return std::iter::once(won).chain(promoted()).collect();
    }
    if said.starts_with("Taking over the ") {
        return promoted().into_iter().collect();
    }
    event(said, asked).into_iter().collect()
}

fn event(said: &str, asked: &mut Epoch) -> Option<Event> {
    if let Some(node) = id_after(said, "Marking node ") {
        return said.contains("as failing").then_some(Event::FailMarked { node, reports: 0, needed: 0 });
    }
    if let Some(by) = id_after(said, "FAIL message received from ") {
        return Some(Event::FailTold { node: id_after(said, " about ")?, by });
    }
    if let Some(node) = id_after(said, "Clear FAIL state for node ") {
        return Some(Event::FailCleared { node });
    }
    if let Some(delay) = number_after(said, "Start of election delayed for ") {
        let rank = number_after(said, "(rank #").and_then(|rank| u32::try_from(rank).ok()).unwrap_or(0);
        let failed = number_after(said, "primary rank #").and_then(|rank| u32::try_from(rank).ok());
        return Some(Event::ElectionScheduled {
            delay: Duration::from_millis(delay),
            rank,
            failed_rank: failed.unwrap_or(0),
            offset: Offset(number_after(said, "offset ").unwrap_or(0)),
            best: false,
        });
    }
    if let Some(epoch) = number_after(said, "Starting a failover election for epoch ") {
        *asked = Epoch(epoch);
        return Some(Event::VotesAsked { epoch: *asked, needed: 0, force: false });
    }
    if let Some(candidate) = id_after(said, "Failover auth granted to ") {
        return Some(Event::VoteGranted { candidate, epoch: Epoch(number_after(said, "for epoch ")?) });
    }
    if let Some(candidate) = id_after(said, "Failover auth denied to ") {
        let epoch = number_after(said, "for epoch ").or_else(|| number_after(said, "reqEpoch ("));
        let epoch = Epoch(epoch.unwrap_or(0));
        return Some(Event::VoteRefused {
            candidate,
            epoch,
            refusal: refusal(said, candidate)?,
            told: false,
        });
    }
    if said.starts_with("Failover attempt expired") {
        return Some(Event::RoundLost { epoch: *asked, end: RoundEnd::Expired });
    }
    if said.starts_with("Failover election in progress for epoch ") {
        let by = id_after(said, "claim from node ")?;
        return Some(Event::RoundLost { epoch: *asked, end: RoundEnd::Claimed { by } });
    }
    None
}

fn refusal(said: &str, candidate: NodeId) -> Option<Refusal> {
    let number = |words| number_after(said, words);
    Some(if said.contains("not safe to vote") {
        Refusal::NotSafe
    } else if said.contains("< curEpoch") {
        Refusal::EpochOld { current: Epoch(number("curEpoch(")?) }
    } else if said.contains("already voted") {
        Refusal::AlreadyVoted
    } else if said.contains("it is a ") {
        Refusal::IsPrimary
    } else if said.contains("I don't know its ") {
        Refusal::NoPrimary
    } else if said.contains(" is up") {
        Refusal::PrimaryUp
    } else if said.contains("can't vote about this ") {
        Refusal::VotedRecently
    } else if let Some(slot) = number("slot ") {
        // The log does not say whose the slot is.
        let slot = Slot::new(u16::try_from(slot).ok()?)?;
        Refusal::StaleConfig { slot, owner: candidate, epoch: Epoch(number("epoch (")?) }
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "a0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "b1bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn id(text: &str) -> NodeId {
        text.parse().expect("an id")
    }

    #[test]
    fn lines_of_real_servers_are_events() {
        let (a, b) = (id(A), id(B));
        let epoch = Epoch(7);
        let refused = |refusal| vec![Event::VoteRefused { candidate: a, epoch, refusal, told: false }];
        let table = [
            (
                format!("Marking node {A} () as failing (quorum reached)."),
                vec![Event::FailMarked { node: a, reports: 0, needed: 0 }],
            ),
            (
                format!("Marking node {A} as failing (quorum reached)."),
                vec![Event::FailMarked { node: a, reports: 0, needed: 0 }],
            ),
            (
                format!("FAIL message received from {B} () about {A} ()"),
                vec![Event::FailTold { node: a, by: b }],
            ),
            (
                format!("Clear FAIL state for node {A} (): replica is reachable again."),
                vec![Event::FailCleared { node: a }],
            ),
            (
                "Starting a failover election for epoch 7, node config epoch is 3".to_owned(),
                vec![Event::VotesAsked { epoch, needed: 0, force: false }],
            ),
            (
                format!("Failover auth granted to {A} () for epoch 7"),
                vec![Event::VoteGranted { candidate: a, epoch }],
            ),
            (
                format!("Failover auth denied to {A} () for epoch 7: its primary is up"),
                refused(Refusal::PrimaryUp),
            ),
            (
                format!("Failover auth denied to {A}: reqEpoch (7) < curEpoch(9)"),
                refused(Refusal::EpochOld { current: Epoch(9) }),
            ),
            (
                format!("Failover auth denied to {A} (): already voted for epoch 7"),
                refused(Refusal::AlreadyVoted),
            ),
            (
                "Failover attempt expired.".to_owned(),
                vec![Event::RoundLost { epoch, end: RoundEnd::Expired }],
            ),
            (
                "Failover election won: I'm the new master.".to_owned(),
                vec![
                    Event::ElectionWon { epoch, voters: vec![], needed: 0 },
                    Event::Promoted { instead_of: b, slots: 0, offset: Offset(0) },
                ],
            ),
            ("Background saving started by pid 7".to_owned(), vec![]),
        ];
        let mut asked = epoch;
        for (said, expected) in table {
            let line = format!("123:S 22 Nov 2026 00:00:01.250 * {said}");
            let found = theirs(&line, 86_400_000_000 * 3, &mut asked, Some(b));
            assert_eq!(found, Some((86_400_000_000 * 3 + 1_250_000, expected)), "{line}");
        }
        assert_eq!(theirs("no line of a log", 0, &mut asked, None), None);
    }

    #[test]
    fn a_line_of_before_midnight_is_of_yesterday() {
        assert_eq!(moment("23:59:59.999", DAY_US * 3 + 5), Some(DAY_US * 3 - 1000));
        assert_eq!(moment("00:00:00.000", DAY_US * 3 + 5), Some(DAY_US * 3));
    }

    #[test]
    fn our_own_lines_read_back() {
        let event = Event::VoteGranted { candidate: id(A), epoch: Epoch(7) };
        let line = serde_json::to_string(&EventLine { unix_us: 5, event: event.clone() }).expect("it prints");
        assert_eq!(ours(&line), Some((5, event)));
        assert_eq!(ours("{}"), None);
    }
}
