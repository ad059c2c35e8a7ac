//! Messages as lines, and the density of those that are too many.

use splitvote::base::ordered;
use std::collections::BTreeMap;

use splitvote::base::Instant;
use splitvote::sim::traffic::why::Item;
use splitvote::sim::traffic::{Fate, Message, MessageIx};

use super::super::flight::Sort;
use super::super::letter::{Letter, sort};
use super::super::ring::Point;
use super::{End, Light, Lights, Line, Plan, Source, Strip};

/// More pings than this are strips, not lines.
const MOST: usize = 400;
/// Height of a strip.
const STRIP: f64 = 6.0;
/// How far on its way a message is drawn that never arrives.
const SHORT: f64 = 0.4;

pub(super) fn lines(source: &Source<'_>, plan: &Plan, lights: &Lights<'_>) -> (Vec<Line>, Vec<Strip>) {
    let all = source.traffic.messages();
    let window = plan.window;
    let last = window.to.min(source.frontier);
    let until = all.partition_point(|one| one.sent.as_micros() <= last);
    let shown = |one: &Message| {
        let kind = sort(one.brief.kind);
        let ended = one.ended().map_or(source.frontier, Instant::as_micros);
        (kind > Sort::Other || source.pings) && ended >= window.from && one.from != one.to
    };
    let number = |at: usize| MessageIx(u32::try_from(at).unwrap_or(u32::MAX));
    let visible: Vec<(MessageIx, &Message)> = all[..until]
        .iter()
        .enumerate()
        .filter(|(_, one)| shown(one))
        .map(|(at, one)| (number(at), one))
        .collect();
    let dust = |one: &Message| sort(one.brief.kind) <= Sort::Other;
    let crowded = visible.iter().filter(|(_, one)| dust(one)).count() > MOST;
    let mut strips: BTreeMap<(u64, usize), u32> = BTreeMap::new();
    let mut lines = Vec::new();
    for (at, message) in visible {
        let light = lights.of(Item::Message(at), |cone| cone.holds(message));
        if crowded && dust(message) && light < Light::Chain {
            let y = plan.y(message.sent.as_micros().max(window.from));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a row on the screen"
            )]
            let row = (y / STRIP) as u64;
            *strips.entry((row, message.from.get())).or_default() += 1;
            continue;
        }
        lines.push(line(source, plan, at, message, light));
    }
    ordered::sort_by_key(&mut lines, |line| (line.light, line.sort));
    #[expect(clippy::cast_precision_loss, reason = "a row on the screen")]
    let strip = |((row, node), count): ((u64, usize), u32)| Strip {
        at: Point { x: plan.x(node), y: row as f64 * STRIP },
        count,
    };
    (lines, strips.into_iter().map(strip).collect())
}

fn line(source: &Source<'_>, plan: &Plan, at: MessageIx, message: &Message, light: Light) -> Line {
    let (from, to) = (message.from.get(), message.to.get());
    let letter = Letter::read(&message.brief, from, to, source.cast);
    let sent = message.sent.as_micros();
    // Places outside of the window are not squeezed into it: a line keeps its slant.
    let place = |moment: u64| slanted(plan, moment);
    let start = Point { x: plan.x(from), y: place(sent) };
    let whole = |moment: u64| Point { x: plan.x(to), y: place(moment) };
    let seen = source.frontier;
    let (finish, end) = match (message.fate, message.ended().map(Instant::as_micros)) {
        (_, Some(ended)) if ended > seen => {
            let share = share(sent, ended, seen);
            (start.towards(whole(ended), share), End::Open)
        }
        (Fate::Lost(_), Some(ended)) => {
            let stub = Point { x: start.x + (plan.x(to) - start.x) * SHORT, y: place(ended) };
            (Point { y: stub.y.max(start.y + 4.0), ..stub }, End::Lost)
        }
        (Fate::Read(..) | Fate::Waits(_), Some(ended)) => (whole(ended), End::Read),
        _ => (Point { x: start.x + (plan.x(to) - start.x) * SHORT, y: place(seen) }, End::Open),
    };
    let waits = match message.fate {
        Fate::Read(arrived, read) if read > arrived && arrived.as_micros() <= seen => {
            Some(place(read.as_micros().min(seen)))
        }
        Fate::Waits(arrived) if arrived.as_micros() <= seen => Some(place(seen)),
        _ => None,
    };
    Line {
        item: Item::Message(at),
        between: (from, to),
        from: start,
        to: finish,
        waits,
        sort: letter.sort,
        epoch: letter.epoch,
        stamp: letter.stamp(),
        end,
        pale: letter.sort == Sort::Request && !source.cast.voters.contains(&to),
        light,
    }
}

/// A height that may lie outside of the window, but no farther than another window away.
fn slanted(plan: &Plan, moment: u64) -> f64 {
    let window = plan.window;
    let span = window.to.saturating_sub(window.from).max(1);
    let clamped = moment.clamp(window.from.saturating_sub(span), window.to.saturating_add(span));
    let (top, bottom) = (plan.y(window.from), plan.y(window.to));
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
    let share = (clamped as f64 - window.from as f64) / span as f64;
    top + (bottom - top) * share
}

fn share(from: u64, to: u64, at: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
    let share = at.saturating_sub(from) as f64 / to.saturating_sub(from).max(1) as f64;
    share.clamp(0.0, 1.0)
}
