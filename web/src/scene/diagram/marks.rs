//! Events as marks, and lanes with the epochs of their nodes.

use splitvote::base::Instant;
use splitvote::node::Event;
use splitvote::sim::traffic::why::Item;
use splitvote::sim::{Happening, HostIx, Record, What};

use super::super::NodeIndex;
use super::super::ring::Point;
use super::{Lane, Lights, Mark, Plan, Sign, Source, Stretch, host};

pub(super) fn marks(source: &Source<'_>, plan: &Plan, lights: &Lights<'_>) -> Vec<Mark> {
    let (from, to) = (plan.window.from, plan.window.to.min(source.frontier));
    let first = source.records.partition_point(|record| record.at.as_micros() < from);
    let records = source.records.iter().enumerate().skip(first);
    let shown = records.take_while(|(_, record)| record.at.as_micros() <= to);
    shown
        .filter_map(|(at, record)| {
            let sign = sign(&record.what)?;
            let (item, node) = (Item::Record(at), record.host.map(HostIx::get));
            let x = node.map_or(plan.gutter - 6.0, |node| plan.x(node));
            let in_cone = |cone: &splitvote::sim::traffic::cone::Cone| {
                record.host.is_some_and(|host| cone.before(host, record.at) || cone.after(host, record.at))
            };
            let place = Point { x, y: plan.y(record.at.as_micros()) };
            Some(Mark { item, node, at: place, sign, light: lights.of(item, in_cone) })
        })
        .collect()
}

/// What a record looks like; nothing if it is better left to the log.
pub(super) fn sign(what: &What) -> Option<Sign> {
    Some(match what {
        What::Violation(_) => Sign::Broken,
        What::Happening(Happening::Killed | Happening::PowerCut | Happening::DiskFailed) => Sign::Killed,
        What::Happening(_) => Sign::User,
        What::Event(event) => match event {
            Event::PfailMarked { .. } => Sign::Suspect,
            Event::FailMarked { .. } | Event::FailTold { .. } => Sign::Fail,
            Event::ElectionScheduled { .. } | Event::ElectionMoved { .. } => Sign::Wait,
            Event::VotesAsked { .. } => Sign::Ask,
            Event::VoteGranted { .. } => Sign::Yes,
            Event::VoteRefused { .. } => Sign::No,
            Event::RoundLost { .. } | Event::CannotStand(_) => Sign::Lost,
            Event::ElectionWon { .. } | Event::Promoted { .. } => Sign::Won,
            Event::AckReceived { .. }
            | Event::NackReceived { .. }
            | Event::EpochAdopted { .. }
            | Event::ConfigEpochChanged { .. }
            | Event::Following { .. }
            | Event::FailCleared { .. }
            | Event::Manual(_) => Sign::Other,
            _ => return None,
        },
    })
}

pub(super) fn lanes(source: &Source<'_>, plan: &Plan) -> Vec<Lane> {
    let lane = |(node, name): (NodeIndex, &String)| Lane {
        node,
        name: name.clone(),
        x: plan.x(node),
        stretches: stretches(source, plan, node),
        dim: dim(source, plan, node),
    };
    source.cast.names.iter().enumerate().map(lane).collect()
}

/// What changes on a lane: the node's current epoch, or whether it runs.
fn change(record: &Record) -> Option<(Option<u64>, Option<bool>)> {
    match &record.what {
        What::Event(
            Event::VotesAsked { epoch, .. }
            | Event::EpochAdopted { epoch, .. }
            | Event::ConfigEpochChanged { epoch, .. },
        ) => Some((Some(epoch.0), None)),
        What::Happening(happening) => match happening {
            Happening::Killed | Happening::PowerCut | Happening::DiskFailed | Happening::Paused => {
                Some((None, Some(false)))
            }
            Happening::Restarted { .. } | Happening::Resumed => Some((None, Some(true))),
            _ => None,
        },
        _ => None,
    }
}

fn stretches(source: &Source<'_>, plan: &Plan, node: NodeIndex) -> Vec<Stretch> {
    let last = plan.window.to.min(source.frontier);
    let own = source.records.iter().filter(|record| record.host == Some(host(node)));
    let (mut epoch, mut up) = (source.epoch, true);
    let mut all: Vec<Stretch> = Vec::new();
    let mut from = plan.window.from;
    for record in own.take_while(|record| record.at.as_micros() <= last) {
        let Some((new, runs)) = change(record) else { continue };
        let next = (new.map_or(epoch, |new| new.max(epoch)), runs.unwrap_or(up));
        let at = record.at.as_micros();
        if next != (epoch, up) && at > from {
            all.push(Stretch { from: plan.y(from), to: plan.y(at), epoch, up });
            from = at;
        }
        (epoch, up) = next;
    }
    if last > from {
        all.push(Stretch { from: plan.y(from), to: plan.y(last), epoch, up });
    }
    all
}

/// The part of a lane that can have nothing to do with what is chosen.
fn dim(source: &Source<'_>, plan: &Plan, node: NodeIndex) -> Option<(f64, f64)> {
    let cone = &source.causes?.cone;
    let past = cone.past.get(node).copied().flatten().map_or(0, Instant::as_micros);
    let future = cone.future.get(node).copied().flatten().map_or(u64::MAX, Instant::as_micros);
    let place = |at: u64| plan.y(at.clamp(plan.window.from, plan.window.to));
    (past < plan.window.to && future > plan.window.from && past < future)
        .then(|| (place(past), place(future)))
}
