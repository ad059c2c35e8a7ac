//! Messages in flight, painted sixty times a second on the canvas over the ring.

use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::scene::flight::{Flight, Sort};
use crate::scene::ring::{Point, Ring};

/// The colours of the present theme, read once from the style sheet.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    hues: Vec<String>,
    inks: Vec<String>,
    ink: String,
    card: String,
    dim: String,
    ping: String,
    yes: String,
    shape: String,
}

impl Palette {
    /// Reads the tokens.
    pub fn read() -> Option<Self> {
        let window = web_sys::window()?;
        let style = window.get_computed_style(&window.document()?.document_element()?).ok()??;
        let token = |name: &str| style.get_property_value(name).unwrap_or_default().trim().to_owned();
        Some(Self {
            hues: (0..5).map(|at| token(&format!("--e{at}"))).collect(),
            inks: (0..5).map(|at| token(&format!("--i{at}"))).collect(),
            ink: token("--ink"),
            card: token("--card"),
            dim: token("--dim"),
            ping: token("--ping"),
            yes: token("--yes"),
            shape: token("--shape"),
        })
    }
}

/// What one frame needs.
pub struct Frame<'a> {
    /// Messages on their way.
    pub flights: &'a [Flight],
    /// The places.
    pub ring: &'a Ring,
    /// The moment.
    pub now: u64,
    /// Whether pings are drawn.
    pub pings: bool,
    /// The message that was asked about.
    pub picked: Option<usize>,
}

/// Paints one frame; a canvas that is not there paints nothing.
pub fn paint(canvas: &HtmlCanvasElement, palette: &Palette, frame: &Frame<'_>) {
    let context =
        canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(pen) = context else { return };
    let density = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
    let (across, down) = ((width * density) as u32, (height * density) as u32);
    if canvas.width() != across || canvas.height() != down {
        canvas.set_width(across);
        canvas.set_height(down);
    }
    let _ = pen.set_transform(density, 0.0, 0.0, density, 0.0, 0.0);
    pen.clear_rect(0.0, 0.0, width, height);
    // Ballots lie on top of dust.
    let order = Sort::ALL
        .iter()
        .flat_map(|sort| frame.flights.iter().enumerate().filter(move |(_, one)| one.sort == *sort));
    for (at, flight) in order {
        if flight.sort <= Sort::Other && !frame.pings {
            continue;
        }
        let Some(place) = flight.place(frame.ring, frame.now) else { continue };
        let turn = heading(frame.ring, flight);
        if frame.picked == Some(at) {
            trail(&pen, palette, frame.ring, flight);
        }
        // Papers shrink with the nodes, as far as their letters can still be read.
        let size = (frame.ring.node / 24.0).clamp(0.72, 1.0);
        shape(&pen, palette, flight, place, (turn, size));
    }
}

fn heading(ring: &Ring, flight: &Flight) -> f64 {
    match (ring.seats.get(flight.from), ring.seats.get(flight.to)) {
        (Some(from), Some(to)) => (to.y - from.y).atan2(to.x - from.x),
        _ => 0.0,
    }
}

fn trail(pen: &CanvasRenderingContext2d, palette: &Palette, ring: &Ring, flight: &Flight) {
    if let (Some(from), Some(to)) = (ring.seats.get(flight.from), ring.seats.get(flight.to)) {
        pen.set_stroke_style_str(&palette.ink);
        pen.set_line_width(1.0);
        pen.begin_path();
        pen.move_to(from.x, from.y);
        pen.line_to(to.x, to.y);
        pen.stroke();
    }
}

fn shape(pen: &CanvasRenderingContext2d, palette: &Palette, flight: &Flight, place: Point, pose: (f64, f64)) {
    match flight.sort {
        Sort::Gossip | Sort::Other => dot(pen, &palette.ping, place, 2.0),
        Sort::Update => {
            dot(pen, &palette.dim, place, 3.5);
        }
        Sort::Fail => diamond(pen, palette, place),
        Sort::Request if !flight.counts => told(pen, palette, flight, place),
        Sort::Request | Sort::Yes | Sort::No => paper(pen, palette, flight, place, pose),
    }
}

fn dot(pen: &CanvasRenderingContext2d, colour: &str, place: Point, radius: f64) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    let _ = pen.arc(place.x, place.y, radius, 0.0, std::f64::consts::TAU);
    pen.fill();
}

fn diamond(pen: &CanvasRenderingContext2d, palette: &Palette, place: Point) {
    pen.begin_path();
    pen.move_to(place.x, place.y - 6.0);
    pen.line_to(place.x + 6.0, place.y);
    pen.line_to(place.x, place.y + 6.0);
    pen.line_to(place.x - 6.0, place.y);
    pen.close_path();
    pen.set_fill_style_str(&palette.ink);
    pen.fill();
    pen.set_stroke_style_str(&palette.card);
    pen.set_line_width(1.5);
    pen.stroke();
}

/// A request to a node that has no vote: it hears of the epoch, and nothing comes back.
fn told(pen: &CanvasRenderingContext2d, palette: &Palette, flight: &Flight, place: Point) {
    let Some(fill) = palette.hues.get(hue(flight)) else { return };
    dot(pen, &palette.shape, place, 4.0);
    dot(pen, fill, place, 3.0);
}

/// Which of the palette's colours its epoch has.
fn hue(flight: &Flight) -> usize {
    usize::try_from(flight.epoch % 5).unwrap_or(0)
}

/// A ballot paper: plain with the candidate's name while it asks, stamped when it says yes, torn
/// when it says no.
fn paper(
    pen: &CanvasRenderingContext2d,
    palette: &Palette,
    flight: &Flight,
    place: Point,
    (turn, size): (f64, f64),
) {
    let hue = hue(flight);
    let (fill, ink) = (palette.hues.get(hue), palette.inks.get(hue));
    let (Some(fill), Some(ink)) = (fill, ink) else { return };
    let (half, high) = (13.0, 8.5);
    pen.save();
    let _ = pen.translate(place.x, place.y);
    let _ = pen.scale(size, size);
    // A notch at the front shows the way without turning the letters.
    pen.set_fill_style_str(fill);
    pen.set_stroke_style_str(&palette.shape);
    pen.set_line_width(1.0);
    pen.begin_path();
    let (x, y) = (turn.cos(), turn.sin());
    pen.move_to(x * 21.0, y * 16.0);
    pen.line_to(x * 12.0 - y * 4.0, y * 8.0 + x * 4.0);
    pen.line_to(x * 12.0 + y * 4.0, y * 8.0 - x * 4.0);
    pen.close_path();
    pen.fill();
    pen.stroke();
    pen.begin_path();
    if flight.sort == Sort::No {
        pen.move_to(-half, -high);
        pen.line_to(half, -high);
        pen.line_to(half, high);
        for step in [8.0, 3.0, -2.0, -7.0, -half] {
            pen.line_to(step + 2.5, high - 4.0);
            pen.line_to(step, high);
        }
        pen.close_path();
    } else {
        let _ = pen.round_rect_with_f64(-half, -high, half * 2.0, high * 2.0, 3.0);
    }
    pen.set_fill_style_str(fill);
    pen.fill();
    pen.set_stroke_style_str(&palette.shape);
    pen.set_line_width(1.0);
    pen.stroke();
    pen.set_fill_style_str(ink);
    pen.set_font("650 11px ui-sans-serif, system-ui, 'Liberation Sans', 'DejaVu Sans', sans-serif");
    pen.set_text_align("center");
    pen.set_text_baseline("middle");
    let text = match (flight.sort, flight.reason) {
        (Sort::No, Some(reason)) => format!("⊘{reason}"),
        (Sort::No, None) => "⊘".to_owned(),
        (_, _) => flight.subject.clone(),
    };
    let _ = pen.fill_text(&text, 0.0, 0.5);
    if flight.sort == Sort::Yes {
        stamp(pen, palette, half, -high);
    }
    pen.restore();
}

fn stamp(pen: &CanvasRenderingContext2d, palette: &Palette, x: f64, y: f64) {
    dot(pen, &palette.card, Point { x, y }, 7.0);
    dot(pen, &palette.yes, Point { x, y }, 6.0);
    pen.set_stroke_style_str(&palette.card);
    pen.set_line_width(1.6);
    pen.begin_path();
    pen.move_to(x - 2.8, y + 0.2);
    pen.line_to(x - 0.8, y + 2.4);
    pen.line_to(x + 3.0, y - 2.2);
    pen.stroke();
}
