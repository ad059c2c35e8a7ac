//! Offsets and epochs over time, drawn by plotters on a canvas; the same numbers stand in a table.

use plotters::prelude::*;
use plotters_canvas::CanvasBackend;
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use super::Shared;
use crate::language::{t, tf};
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
    /// Changes with the theme.
    pub theme: usize,
}

/// The chart.
#[component]
pub fn Chart(props: &Props) -> Html {
    let (offsets, epochs) = (use_node_ref(), use_node_ref());
    {
        let key = (props.samples.clone(), props.lines.clone(), props.theme, props.end);
        let canvases = (offsets.clone(), epochs.clone());
        use_effect_with(key, move |(samples, lines, _, end)| {
            let (ink, dim) = inks();
            let all: Vec<Vec<(f64, f64)>> = lines
                .iter()
                .map(|(node, _)| series(samples, |one| one.offsets.get(*node).copied().flatten()))
                .collect();
            draw(&canvases.0, &all, *end, ink, dim);
            draw(&canvases.1, &[series(samples, |one| Some(one.epoch))], *end, ink, dim);
        });
    }
    let last = props.samples.last();
    html! { <>
        <section class="sect">
            <h2>{ tf("Offsets in shard {shard}", &[("shard", &props.shard)]) }</h2>
            { scale(props.lines.iter().flat_map(|(node, _)| props.samples.iter().filter_map(|one| one.offsets.get(*node).copied().flatten()))) }
            <canvas class="chart" ref={offsets} role="img" aria-label={tf("Offsets of shard {shard} over time; the table has the last values", &[("shard", &props.shard)])} data-testid="chart-offsets"></canvas>
            <div class="legend">{ for props.lines.iter().enumerate().map(|(at, (_, name))| html! { <span><i class={classes!("dash", format!("d{}", at % 4))}></i>{ name }</span> }) }</div>
        </section>
        <section class="sect">
            <h2>{ t("Greatest epoch") }</h2>
            { scale(props.samples.iter().map(|one| one.epoch)) }
            <canvas class="chart" ref={epochs} role="img" aria-label={t("The greatest epoch over time")} data-testid="chart-epochs"></canvas>
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

/// The least and the greatest value, as text over the canvas.
fn scale(values: impl Iterator<Item = u64>) -> Html {
    let (low, high) = values.fold((u64::MAX, 0), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return html! { <p class="note">{ t("Nothing has run yet.") }</p> };
    }
    html! { <p class="note ends"><span>{ tf("least {n}", &[("n", &words::number(low))]) }</span><span>{ tf("greatest {n}", &[("n", &words::number(high))]) }</span></p> }
}

#[expect(clippy::cast_precision_loss, reason = "places on the screen")]
fn series(samples: &[Sample], value: impl Fn(&Sample) -> Option<u64>) -> Vec<(f64, f64)> {
    samples.iter().filter_map(|one| Some((one.at as f64, value(one)? as f64))).collect()
}

pub(super) fn inks() -> (RGBColor, RGBColor) {
    let parse = |text: &str| -> Option<RGBColor> {
        let hex = u32::from_str_radix(text.trim().strip_prefix('#')?, 16).ok()?;
        let [_, red, green, blue] = hex.to_be_bytes();
        Some(RGBColor(red, green, blue))
    };
    let token = |name: &str| -> Option<RGBColor> {
        let window = web_sys::window()?;
        let style = window.get_computed_style(&window.document()?.document_element()?).ok()??;
        parse(&style.get_property_value(name).ok()?)
    };
    (token("--ink").unwrap_or(BLACK), token("--line").unwrap_or(RGBColor(200, 200, 200)))
}

/// Draws lines over a faint frame. Text stays out of the canvas, where nobody could select it.
fn draw(canvas: &NodeRef, lines: &[Vec<(f64, f64)>], end: u64, ink: RGBColor, frame: RGBColor) {
    let Some((backend, density)) = sheet(canvas) else { return };
    // A canvas cannot fail to be drawn on; if it ever does, the table below has the numbers.
    let _ = plot(backend, lines, end, ink, frame, density);
}

/// A canvas made as large as its box, and the pixels that are one of the page's.
pub(super) fn sheet(canvas: &NodeRef) -> Option<(CanvasBackend, f64)> {
    let canvas = canvas.cast::<HtmlCanvasElement>()?;
    let density = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
    let size = |css: i32| (f64::from(css.max(1)) * density) as u32;
    canvas.set_width(size(canvas.client_width()));
    canvas.set_height(size(canvas.client_height()));
    Some((CanvasBackend::with_canvas_object(canvas)?, density))
}

fn plot(
    backend: CanvasBackend,
    lines: &[Vec<(f64, f64)>],
    end: u64,
    ink: RGBColor,
    frame: RGBColor,
    density: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let values = || lines.iter().flatten().map(|point| point.1);
    let (low, high) = (values().fold(f64::MAX, f64::min).min(1e18), values().fold(0.0, f64::max));
    let room = ((high - low) * 0.12).max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "places on the screen")]
    let end = end as f64;
    let area = backend.into_drawing_area();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
    let thick = (1.5 * density).round() as u32;
    let mut chart =
        ChartBuilder::on(&area).margin(2).build_cartesian_2d(0.0..end, (low - room)..(high + room))?;
    for share in [0.0, 0.5, 1.0] {
        let y = low + (high - low) * share;
        chart.draw_series(LineSeries::new([(0.0, y), (end, y)], frame.stroke_width(1)))?;
    }
    for (at, line) in lines.iter().enumerate() {
        let style = ink.mix([1.0, 0.62, 0.4, 0.28][at % 4]).stroke_width(thick);
        chart.draw_series(LineSeries::new(line.iter().copied(), style))?;
    }
    area.present()?;
    Ok(())
}
