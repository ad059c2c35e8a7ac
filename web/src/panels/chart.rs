//! Offsets and epochs over time as lines on axes; the last values stand in a table.

use std::fmt::Write as _;

use yew::prelude::*;

use super::Shared;
use crate::language::{t, tf};
use crate::scene::tape::{Window, ticks};
use crate::words;

/// One sample of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Microseconds since time zero.
    pub at: u64,
    /// The greatest current epoch.
    pub epoch: u64,
    /// One offset for each node that has a process.
    pub offsets: Vec<Option<u64>>,
}

/// What the chart is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Samples up to the cursor.
    pub samples: Shared<Vec<Sample>>,
    /// Which nodes to draw, with their names.
    pub lines: Vec<(usize, String)>,
    /// Whose shard that is.
    pub shard: String,
    /// The end of the run.
    pub end: u64,
}

/// The chart.
#[component]
pub fn Chart(props: &Props) -> Html {
    let samples = &props.samples;
    if samples.len() < 2 {
        return html! { <section class="sect"><div class="empty"><b>{ t("Nothing to plot yet") }</b><p>{ t("Press play.") }</p></div></section> };
    }
    let offsets: Vec<Vec<(u64, u64)>> = props
        .lines
        .iter()
        .map(|(node, _)| series(samples, |one| one.offsets.get(*node).copied().flatten()))
        .collect();
    let epochs = [series(samples, |one| Some(one.epoch))];
    let last = samples.last();
    html! { <>
        <section class="sect">
            <h2>{ tf("Offsets in shard {shard}", &[("shard", &props.shard)]) }</h2>
            { plot(&offsets, props.end, &tf("Offsets of shard {shard} over time; the table has the last values", &[("shard", &props.shard)]), "chart-offsets") }
            <div class="legend">{ for props.lines.iter().enumerate().map(|(at, (_, name))| html! { <span><svg viewBox="0 0 24 4" aria-hidden="true"><path class={shade(at)} d="M0 2H24" /></svg>{ name }</span> }) }</div>
        </section>
        <section class="sect">
            <h2>{ t("Greatest epoch") }</h2>
            { plot(&epochs, props.end, t("The greatest epoch over time"), "chart-epochs") }
        </section>
        <section class="sect">
            <table class="view"><thead><tr><th scope="col">{ t("Node") }</th><th scope="col">{ t("Offset") }</th></tr></thead>
                <tbody>{ for props.lines.iter().map(|(node, name)| html! {
                    <tr><td><b>{ name }</b></td><td class="num">{ words::number(last.and_then(|one| one.offsets.get(*node).copied().flatten()).unwrap_or(0)) }</td></tr>
                }) }</tbody>
            </table>
        </section>
    </> }
}

/// The points of a line, without those between two of the same height.
fn series(samples: &[Sample], value: impl Fn(&Sample) -> Option<u64>) -> Vec<(u64, u64)> {
    let mut points: Vec<(u64, u64)> = Vec::new();
    for sample in samples {
        let Some(now) = value(sample) else { continue };
        if let [.., (_, one), (at, two)] = points.as_mut_slice()
            && *one == now
            && *two == now
        {
            *at = sample.at;
            continue;
        }
        points.push((sample.at, now));
    }
    points
}

/// Lines are told from each other by their dashes.
fn shade(at: usize) -> Classes {
    classes!("curve", format!("d{}", at % 4))
}

#[expect(clippy::cast_precision_loss, reason = "places on the screen")]
fn plot(lines: &[Vec<(u64, u64)>], end: u64, label: &str, id: &'static str) -> Html {
    let values = || lines.iter().flatten().map(|point| point.1);
    let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    // A line that never moves stands in the middle.
    let y = |value: u64| {
        if high == low { 50.0 } else { 96.0 - (value - low) as f64 / (high - low) as f64 * 92.0 }
    };
    let path = |points: &Vec<(u64, u64)>| {
        let mut path = String::new();
        for (at, (x, value)) in points.iter().enumerate() {
            let x = *x as f64 / end.max(1) as f64 * 1000.0;
            // Writing to a `String` cannot fail.
            let _ = write!(path, "{}{x:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, y(*value));
        }
        path
    };
    html! {
        <div class="plot">
            <div class="heights" aria-hidden="true"><span>{ words::number(high) }</span>if low < high { <span>{ words::number(low) }</span> }</div>
            <svg class="chart" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={label.to_owned()} data-testid={id}>
                { for lines.iter().enumerate().map(|(at, points)| html! { <path class={shade(at)} d={path(points)} /> }) }
            </svg>
            <div class="moments" aria-hidden="true">{ for ticks(Window { from: 0, to: end }).into_iter().map(|(at, label)| html! { <span style={format!("left:{at:.2}%")}>{ label }</span> }) }</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_corners() {
        let sample = |at, epoch| Sample { at, epoch, offsets: Vec::new() };
        let samples: Vec<Sample> =
            [(0, 3), (1, 3), (2, 3), (3, 4), (4, 4), (5, 4)].map(|(at, epoch)| sample(at, epoch)).into();
        assert_eq!(series(&samples, |one| Some(one.epoch)), [(0, 3), (2, 3), (3, 4), (5, 4)]);
        assert!(series(&samples, |_| None).is_empty());
    }
}
