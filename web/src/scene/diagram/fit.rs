//! Which piece of time tells what happened last: the last burst of events and messages that are no pings.

use splitvote::sim::Record;
use splitvote::sim::traffic::Traffic;

use super::super::flight::Sort;
use super::super::letter::sort;
use super::{FIRST_SPAN, SPANS, marks};

/// Farther back than this nothing is looked for.
const FAR: u64 = SPANS[1];
/// Events this close belong to one burst, however short it is.
const CLOSE: u64 = SPANS[FIRST_SPAN] / 2;

/// When the last burst up to `now` began, and the step of the zoom that holds it with room to spare.
pub(super) fn burst(records: &[Record], traffic: &Traffic, now: u64) -> (u64, usize) {
    let floor = now.saturating_sub(FAR);
    let records = &records[..records.partition_point(|one| one.at.as_micros() <= now)];
    let messages = traffic.messages();
    let messages = &messages[..messages.partition_point(|one| one.sent.as_micros() <= now)];
    let mut events = records
        .iter()
        .rev()
        .filter(|one| marks::sign(&one.what).is_some())
        .map(|one| one.at.as_micros())
        .peekable();
    let mut sent = messages
        .iter()
        .rev()
        .take_while(|one| one.sent.as_micros() >= floor)
        .filter(|one| sort(one.brief.kind) > Sort::Other)
        .map(|one| one.sent.as_micros())
        .peekable();
    let mut since: Option<u64> = None;
    loop {
        let later = if events.peek() >= sent.peek() { events.next() } else { sent.next() };
        let Some(moment) = later.filter(|moment| *moment >= floor) else { break };
        // What happened a long time before the rest is another story.
        let joined = since.is_none_or(|since| since - moment <= CLOSE.max((now - since) / 2));
        if !joined {
            break;
        }
        since = Some(moment);
    }
    let since = since.unwrap_or(now);
    // Seven tenths of a window lie before the cursor, and a tenth of it is padding.
    let span = (now - since) / 6 * 10;
    (since, SPANS.iter().rposition(|one| *one >= span).unwrap_or(0).min(FIRST_SPAN))
}
