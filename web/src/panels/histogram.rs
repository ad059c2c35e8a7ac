//! A sweep's bars, drawn by plotters on a canvas: a row for each variant. The same numbers stand in a table.

use std::rc::Rc;

use plotters::prelude::*;
use plotters_canvas::CanvasBackend;
use splitvote::sim::sweep::Bar;
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::language::t;

/// More rows than these are strips whose darkness tells what height would.
pub const TALL: usize = 6;

/// Over each row of bars, for the count of the tallest, and under it, for its median.
const ROOM: f64 = 18.0;
/// Rows are told from each other by their shade.
const SHADES: [f64; 2] = [0.45, 0.9];

/// What is drawn.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// For each variant its bars, all on one scale.
    pub rows: Rc<Vec<Vec<Bar>>>,
    /// Changes with the theme.
    pub theme: usize,
    /// Where a click on a bar goes: the row and the bar.
    pub pick: Callback<(usize, usize)>,
}

/// The rows.
#[component]
pub fn Histogram(props: &Props) -> Html {
    let canvas = use_node_ref();
    {
        let canvas = canvas.clone();
        use_effect_with((props.rows.clone(), props.theme), move |(rows, _)| {
            let (ink, line) = inks();
            if let Some((backend, density)) = sheet(&canvas) {
                // A canvas cannot fail to be drawn on; if it ever does, the table has the numbers.
                let _ = plot(backend, rows, (ink, line), density);
            }
        });
    }
    let pick = {
        let (rows, pick) = (props.rows.clone(), props.pick.clone());
        Callback::from(move |event: MouseEvent| {
            let Some(canvas) = event.target_dyn_into::<HtmlCanvasElement>() else { return };
            let size = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
            let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            if let Some(found) = under(&rows, size, at) {
                pick.emit(found);
            }
        })
    };
    let class = classes!("bars", (props.rows.len() > TALL).then_some("strips"));
    html! { <canvas class={class} style={format!("--rows:{}", props.rows.len())} ref={canvas} role="img" aria-label={t("How many runs fall into each bar; the table below has the numbers")} data-testid="lab-chart" onclick={pick}></canvas> }
}

fn inks() -> (RGBColor, RGBColor) {
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

/// A canvas made as large as its box, and the pixels that are one of the page's.
fn sheet(canvas: &NodeRef) -> Option<(CanvasBackend, f64)> {
    let canvas = canvas.cast::<HtmlCanvasElement>()?;
    let density = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
    let size = |css: i32| (f64::from(css.max(1)) * density) as u32;
    canvas.set_width(size(canvas.client_width()));
    canvas.set_height(size(canvas.client_height()));
    Some((CanvasBackend::with_canvas_object(canvas)?, density))
}

/// The bar under a point of a box of this size, if a run is in it.
fn under(rows: &[Vec<Bar>], size: (f64, f64), at: (f64, f64)) -> Option<(usize, usize)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "places on the screen"
    )]
    let place = |at: f64, size: f64, of: usize| (at / size.max(1.0) * of as f64).max(0.0) as usize;
    let row = place(at.1, size.1, rows.len());
    let bars = rows.get(row)?;
    let bar = place(at.0, size.0, bars.len());
    (bars.get(bar)?.count > 0).then_some((row, bar))
}

#[expect(clippy::cast_precision_loss, reason = "places on the screen")]
fn plot(
    backend: CanvasBackend,
    rows: &[Vec<Bar>],
    (ink, line): (RGBColor, RGBColor),
    density: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let bars = rows.iter().map(Vec::len).max().unwrap_or(1);
    let area = backend.into_drawing_area();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
    let room = if rows.len() > TALL { 1 } else { (ROOM * density) as u32 };
    for (number, (row, area)) in rows.iter().zip(area.split_evenly((rows.len(), 1))).enumerate() {
        let most = row.iter().map(|bar| bar.count).max().unwrap_or(0).max(1) as f64;
        let mut chart = ChartBuilder::on(&area)
            .margin_top(room)
            .margin_bottom(room)
            .build_cartesian_2d(0.0..bars as f64, 0.0..1.0)?;
        let boxes = row.iter().enumerate().filter(|(_, bar)| bar.count > 0).map(|(at, bar)| {
            let (from, share) = (at as f64, bar.count as f64 / most);
            // What was seen once is seen here.
            if rows.len() > TALL {
                let style = ink.mix(share.max(0.08)).filled();
                return Rectangle::new([(from, 0.0), (from + 1.0, 0.92)], style);
            }
            Rectangle::new(
                [(from + 0.06, 0.0), (from + 0.94, share.max(0.03))],
                ink.mix(SHADES[number % 2]).filled(),
            )
        });
        chart.draw_series(boxes)?;
        let ground = [(0.0, 0.0), (bars as f64, 0.0)];
        chart.draw_series(LineSeries::new(ground, line.stroke_width(1)))?;
    }
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_finds_its_bar_and_nothing_where_no_run_is() {
        let bar = |count| Bar { from_ms: 0, to_ms: 1, count };
        let rows = [vec![bar(1), bar(0), bar(3)], vec![bar(0), bar(5), bar(0)]];
        let at = |x, y| under(&rows, (300.0, 100.0), (x, y));
        assert_eq!((at(10.0, 10.0), at(150.0, 10.0), at(299.0, 49.0)), (Some((0, 0)), None, Some((0, 2))));
        assert_eq!((at(150.0, 99.0), at(300.0, 10.0), at(-1.0, -1.0)), (Some((1, 1)), None, Some((0, 0))));
        assert_eq!(under(&[], (300.0, 100.0), (1.0, 1.0)), None);
    }
}
