//! The lab's picture: what came of the runs in a line, bars on a scale, and the same as a table.

use std::rc::Rc;

use splitvote::sim::sweep::{Bar, COUNTED, FIGURES, Figure, Scale};
use yew::prelude::*;

use super::names::{figure_name, percent, short, value};
use crate::action::{Act, Save};
use crate::lab::Order;
use crate::lab::bench::{Bench, Pick};
use crate::language::{t, tf};
use crate::panels::histogram::{Histogram, TALL};
use crate::panels::{Wish, wish};
use crate::words;

/// No more marks than this stand under the bars.
const TICKS: u64 = 8;

/// What will stand here, as an outline.
pub(super) fn example() -> Html {
    const BARS: [u8; 14] = [10, 42, 58, 30, 8, 0, 0, 0, 6, 22, 34, 18, 6, 2];
    html! {
        <section class="sect lab-example">
            <p class="note">{ t("Here will stand, for each variant, in how many runs the slots were served again after how long, and how often the vote split.") }</p>
            <div aria-hidden="true">{ for BARS.iter().map(|height| html! { <i style={format!("height:{height}px")}></i> }) }</div>
        </section>
    }
}

/// What came of each variant, in a line.
pub(super) fn headline(bench: &Bench) -> Html {
    let variants = &bench.sweep().variants;
    if variants.len() > TALL {
        return Html::default();
    }
    let line = |at: usize| {
        let tally = &variants[at].1;
        let median = (FIGURES[0].counts)(tally).spread().p50;
        html! {
            <li><b>{ swatch(at) }{ short(&bench.name(at)) }</b>
                <span>{ tf("{rate} of the runs with a split vote", &[("rate", &percent(COUNTED[0].rate(tally)))]) }</span>
                if let Some(median) = median { <span>{ tf("half of all runs served again within {time}", &[("time", &value(0, median))]) }</span> }
            </li>
        }
    };
    html! { <ul class="lab-headline">{ for (0..variants.len()).map(line) }</ul> }
}

/// The shade of a row of bars.
fn swatch(at: usize) -> Html {
    html! { <i class={classes!("swatch", (at % 2 == 1).then_some("dark"))} aria-hidden="true"></i> }
}

/// The bars of the chosen figure.
pub(super) fn chart(bench: &Bench, theme: usize, on: &Wish) -> Html {
    let figure = |(at, figure): (usize, &Figure)| {
        let chosen = if bench.figure == at { "true" } else { "false" };
        html! { <button type="button" class="btn" aria-pressed={chosen} data-testid={format!("lab-figure-{at}")} onclick={wish(on, Act::Lab(Order::Figure(at)))}>{ figure_name(at, figure.name) }</button> }
    };
    let figures = html! { <div class="lab-figures" role="group" aria-label={t("Figure")}>{ for FIGURES.iter().enumerate().map(figure) }</div> };
    let Some((scale, rows)) = bench.bars() else {
        return html! { <>{ figures }<p class="note">{ t("No run has a value yet.") }</p></> };
    };
    let strips = rows.len() > TALL;
    let rows = Rc::new(rows);
    let pick = {
        let (on, rows, figure) = (on.clone(), rows.clone(), bench.figure);
        Callback::from(move |(row, bar): (usize, usize)| {
            if let Some(bar) = rows.get(row).and_then(|row: &Vec<Bar>| row.get(bar)) {
                on.emit(Act::Lab(Order::List(Pick::Bar(row, figure, bar.from_ms, bar.to_ms))));
            }
        })
    };
    let name =
        |at: usize| html! { <li><span>if !strips { { swatch(at) } }{ short(&bench.name(at)) }</span></li> };
    let wide = tf("Each bar is {width} wide.", &[("width", &value(bench.figure, scale.width))]);
    html! { <>
        { figures }
        <div class={classes!("lab-chart", strips.then_some("strips"))}>
            <ul class="lab-names" aria-hidden="true">{ for (0..rows.len()).map(name) }</ul>
            <div class="bars-box">
                <Histogram rows={rows.clone()} theme={theme} pick={pick} />
                if !strips { <div aria-hidden="true">{ for rows.iter().enumerate().map(|(at, row)| signs(bench, at, row, scale)) }</div> }
            </div>
            <div class="lab-ticks">{ for ticks(scale).into_iter().map(|at| html! { <span style={format!("left:{:.2}%", place(scale, at))}>{ value(bench.figure, at) }</span> }) }</div>
        </div>
        <p class="note">{ wide }</p>
        <details class="lab-bars fold"><summary data-testid="lab-bars">{ t("The bars as a table") }</summary>{ bars(bench, &rows, scale, on) }</details>
        <button type="button" class="btn" data-testid="save-csv" onclick={wish(on, Act::Save(Save::Csv))}>{ t("Save the figures (CSV)") }</button>
    </> }
}

/// Over a row the count of its tallest bar, under it its median.
fn signs(bench: &Bench, at: usize, row: &[Bar], scale: Scale) -> Html {
    let tallest = row.iter().max_by_key(|bar| bar.count).filter(|bar| bar.count > 0);
    let median = (FIGURES[bench.figure].counts)(&bench.sweep().variants[at].1).spread().p50;
    let most = tallest.map(|bar| {
        let left = place(scale, bar.from_ms + scale.width / 2);
        html! { <span class="most" style={format!("--at:{at};left:{left:.2}%")}>{ words::number(bar.count) }</span> }
    });
    let middle = median.map(|median| {
        let left = place(scale, median);
        let text = tf("median {value}", &[("value", &value(bench.figure, median))]);
        html! { <span class={classes!("median", (left > 60.0).then_some("before"))} style={format!("--at:{at};left:{left:.2}%")}><i>{ "▲" }</i><span>{ text }</span></span> }
    });
    html! { <>{ for most }{ for middle }</> }
}

/// Where a value stands, in percent.
fn place(scale: Scale, at: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
    let share =
        at.saturating_sub(scale.from) as f64 / scale.width.saturating_mul(scale.bars as u64).max(1) as f64;
    share * 100.0
}

/// The values that are written under the bars: 1, 2 or 5, and zeros behind it, apart.
fn ticks(scale: Scale) -> Vec<u64> {
    let end = scale.from + scale.width * scale.bars as u64;
    let steps = (0..18).flat_map(|tens| [1, 2, 5].map(|digit| digit * 10_u64.pow(tens)));
    let step = steps.into_iter().find(|step| (end - scale.from) / step < TICKS).unwrap_or(u64::MAX);
    (scale.from.div_ceil(step)..=end / step).map(|at| at * step).collect()
}

fn heads(bench: &Bench) -> Html {
    (0..bench.sweep().variants.len())
        .map(|at| html! { <th scope="col">{ short(&bench.name(at)) }</th> })
        .collect()
}

/// Every bar is a button that lists its seeds: this is how keys and readers get there.
fn bars(bench: &Bench, rows: &[Vec<Bar>], scale: Scale, on: &Wish) -> Html {
    let print = FIGURES[bench.figure].print;
    let cell = |row: usize, at: usize| {
        let bar = rows[row][at];
        if bar.count == 0 {
            return html! { <td class="num">{ "0" }</td> };
        }
        let order = Order::List(Pick::Bar(row, bench.figure, bar.from_ms, bar.to_ms));
        let label = tf(
            "{runs} runs from {from} on under {variant}: list their seeds",
            &[("runs", &bar.count), ("from", &print(bar.from_ms)), ("variant", &short(&bench.name(row)))],
        );
        html! { <td class="num"><button type="button" class="link" aria-label={label} data-testid={format!("lab-bar-{row}-{at}")} onclick={wish(on, Act::Lab(order))}>{ words::number(bar.count) }</button></td> }
    };
    let line = |at: usize| {
        let bar = rows[0][at];
        html! { <tr><th scope="row">{ format!("{} – {}", print(bar.from_ms), print(bar.to_ms)) }</th>{ for (0..rows.len()).map(|row| cell(row, at)) }</tr> }
    };
    html! {
        <div class="scroll" tabindex="0" role="region" aria-label={t("The bars as a table")}><table class="view">
            <thead><tr><th scope="col">{ t("From – to") }</th>{ heads(bench) }</tr></thead>
            <tbody>{ for (0..scale.bars).filter(|at| rows.iter().any(|row| row[*at].count > 0)).map(line) }</tbody>
        </table></div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_at_round_values() {
        let scale = Scale { from: 6000, width: 1000, bars: 26 };
        assert_eq!(ticks(scale), [10_000, 15_000, 20_000, 25_000, 30_000]);
        assert_eq!(ticks(Scale { from: 0, width: 1, bars: 3 }), [0, 1, 2, 3]);
        assert!((place(scale, 19_000) - 50.0).abs() < 1e-9);
    }
}
