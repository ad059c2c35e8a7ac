//! The dock: the epoch tape and the keys under it, which never move.

use yew::prelude::*;

use super::{Shared, Wish, icon, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::hue;
use crate::scene::story::MarkSort;
use crate::scene::tape::{Tape, ZOOMS};
use crate::words;

/// What the dock is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The tape.
    pub tape: Shared<Tape>,
    /// The tape of the run beside it, and where the two part, in percent.
    pub beside: Option<(Shared<Tape>, Option<f64>)>,
    /// What the two runs are called.
    pub lanes: Option<[String; 2]>,
    /// The lines of time under it.
    pub branches: Html,
    /// The moment of the cursor.
    pub now: u64,
    /// The end of the run.
    pub end: u64,
    /// What the slider says.
    pub spoken: String,
    /// Whether time runs.
    pub playing: bool,
    /// Whether the space bar plays: in a step of a lesson that only tells it goes on.
    pub space: bool,
    /// Steps done, for the readout.
    pub steps: u64,
    /// The slider's place.
    pub speed: usize,
    /// Whether votes slow the clock.
    pub slow_votes: bool,
    /// Steps of the tape's zoom.
    pub zoom: u32,
    /// Whether they do right now.
    pub slowed: bool,
    /// Where wishes go.
    pub on: Wish,
}

/// The dock.
#[component]
pub fn Transport(props: &Props) -> Html {
    // Keys that a phone folds away stand twice, once behind its “…”: `id` is before the test ids.
    let key = |act: Act, name: &'static str, label: &'static str, key: &'static str, id: &'static str| {
        html! {
            <button type="button" class={classes!("btn", "icon", format!("key-{name}"))} title={format!("{label} ({key})")} aria-label={label} data-testid={format!("{id}{name}")} onclick={wish(&props.on, act)}>{ icon(name) }</button>
        }
    };
    let play = if props.playing { ("pause", t("Pause")) } else { ("play", t("Play")) };
    let speed = {
        let on = props.on.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
                on.emit(Act::Speed(input.value().parse().unwrap_or(words::REAL_TIME)));
            }
        })
    };
    html! {
        <footer class="dock" aria-label={t("Time")}>
            <div class="times">
                if let Some(lanes) = &props.lanes { <div class="lanes">{ for lanes.iter().map(|lane| html! { <span>{ tell(lane) }</span> }) }</div> }
                <div class="lines">
                    <TapeBar tape={props.tape.clone()} beside={props.beside.clone()} now={props.now} end={props.end} spoken={props.spoken.clone()} on={props.on.clone()} />
                    { props.branches.clone() }
                </div>
                <div class="zoom" role="group" aria-label={t("Zoom of the tape")}>
                    <button type="button" class="btn bare icon" aria-label={t("Show more time")} title={t("Show more time (o)")} disabled={props.zoom == 0} data-testid="zoom-out" onclick={wish(&props.on, Act::Zoom(false))}>{ icon("lens-out") }</button>
                    <button type="button" class="btn bare icon" aria-label={t("Show less time")} title={t("Show less time (i)")} disabled={props.zoom + 1 == ZOOMS} data-testid="zoom-in" onclick={wish(&props.on, Act::Zoom(true))}>{ icon("lens-in") }</button>
                </div>
            </div>
            <div class="transport">
                <div class="clock">
                    { key(Act::Seek(0), "start", t("Back to the start"), "0", "") }
                    <span data-testid="clock">{ words::clock(props.now) }</span><small>{ tf("event {n}", &[("n", &words::number(props.steps))]) }</small>
                </div>
                <div class="keys">
                    { key(Act::Vote(false), "vote-back", t("Previous step of an election"), "[", "") }
                    { key(Act::Event(false), "back", t("Previous event"), ",", "") }
                    <button type="button" class="btn solid play" data-testid="play" onclick={wish(&props.on, Act::Play)}>{ icon(play.0) }{ play.1 }if props.space { <kbd>{ t("space") }</kbd> }</button>
                    { key(Act::Event(true), "next", t("Next event"), ".", "") }
                    { key(Act::Vote(true), "vote-next", t("Next step of an election"), "]", "") }
                </div>
                <button type="button" class="btn bare icon more" popovertarget="time-more" aria-label={t("More of time")} title={t("More of time")} data-testid="time-more">{ icon("more") }</button>
                <div class="speed" id="time-more" popover="auto">
                    <div class="row phone">
                        { key(Act::Seek(0), "start", t("Back to the start"), "0", "narrow-") }
                        { key(Act::Event(false), "back", t("Previous event"), ",", "narrow-") }
                        { key(Act::Event(true), "next", t("Next event"), ".", "narrow-") }
                    </div>
                    <button type="button" class="btn bare" aria-pressed={if props.slow_votes { "true" } else { "false" }} title={t("Slow motion while votes fly (w)")} data-testid="slow-votes" onclick={wish(&props.on, Act::SlowVotes)}>
                        { icon("slow") }{ t("Slow for votes") }
                    </button>
                    <div class="row">
                        <input type="range" min="0" max={(words::SPEEDS.len() - 1).to_string()} value={props.speed.to_string()} oninput={speed} list="speeds"
                            aria-label={t("Speed")} aria-valuetext={words::speed(props.speed)} data-testid="speed" />
                        <datalist id="speeds"><option value={words::REAL_TIME.to_string()}></option></datalist>
                        <output>{ if props.slowed { "1/200×".to_owned() } else { words::speed(props.speed) } }</output>
                    </div>
                </div>
            </div>
        </footer>
    }
}

/// What the tape is drawn from.
#[derive(Properties, PartialEq)]
pub struct TapeProps {
    tape: Shared<Tape>,
    beside: Option<(Shared<Tape>, Option<f64>)>,
    now: u64,
    end: u64,
    spoken: String,
    on: Wish,
}

#[component]
fn TapeBar(props: &TapeProps) -> Html {
    let bar = use_node_ref();
    let seek = {
        let (bar, on, window) = (bar.clone(), props.on.clone(), props.tape.window);
        move |event: &PointerEvent| {
            if let Some(bar) = bar.cast::<web_sys::Element>() {
                let rect = bar.get_bounding_client_rect();
                let share = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
                on.emit(Act::Seek(window.moment(share)));
            }
        }
    };
    let down = {
        let (bar, seek) = (bar.clone(), seek.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some(bar) = bar.cast::<web_sys::Element>() {
                // A lost capture only means that a drag ends at the edge.
                let _ = bar.set_pointer_capture(event.pointer_id());
            }
            seek(&event);
        })
    };
    let drag = Callback::from(move |event: PointerEvent| {
        if event.buttons() == 1 {
            seek(&event);
        }
    });
    let keys = {
        let (on, now, end) = (props.on.clone(), props.now, props.end);
        Callback::from(move |event: KeyboardEvent| {
            let step = if event.shift_key() { 1_000_000 } else { 100_000 };
            let act = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => Act::Seek((now + step).min(end)),
                "ArrowLeft" | "ArrowDown" => Act::Seek(now.saturating_sub(step)),
                "PageUp" => Act::Vote(true),
                "PageDown" => Act::Vote(false),
                "Home" => Act::Seek(0),
                "End" => Act::Seek(end),
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            on.emit(act);
        })
    };
    let tape = &*props.tape;
    html! {
        <div class="tape" role="slider" tabindex="0" aria-label={t("Time")} aria-valuemin="0" aria-valuemax={(props.end / 1000).to_string()}
            aria-valuenow={(props.now / 1000).to_string()} aria-valuetext={props.spoken.clone()} data-testid="tape"
            onpointerdown={down} onpointermove={drag} onkeydown={keys}>
            <div class={classes!("strip", props.beside.is_some().then_some("two"))} ref={bar}>
                { epochs(tape) }
                if let Some((beside, parting)) = &props.beside {
                    <div class="under" data-testid="tape-beside">{ epochs(beside) }</div>
                    if let Some(at) = parting { <span class="parting" style={format!("left:{at:.2}%")}></span> }
                }
            </div>
            { for tape.ticks.iter().map(|(at, seconds)| html! { <span class="tick" style={format!("left:{at:.2}%")}>{ seconds.clone() }</span> }) }
            { for tape.marks.iter().map(|(at, mark)| {
                let (class, glyph) = glyph(mark.sort);
                html! { <span class={classes!("mark", class)} style={format!("left:{at:.2}%")} title={format!("{} — {}", words::clock(mark.at), tell(&mark.label))}>{ glyph }</span> }
            }) }
            <span class="hand" style={format!("left:{:.3}%", tape.window.place(props.now))}></span>
        </div>
    }
}

/// The epochs of a run, one after the other.
fn epochs(tape: &Tape) -> Html {
    html! { <>
        { for tape.segments.iter().map(|piece| html! {
            <span class={classes!("seg", hue(piece.epoch))} style={format!("left:{:.2}%;width:{:.2}%", piece.from, piece.to - piece.from)}><span class="word">{ t("epoch") }{ " " }</span>{ piece.epoch }</span>
        }) }
        <span class="future" style={format!("left:{:.2}%", tape.frontier)}></span>
    </> }
}

fn glyph(sort: MarkSort) -> (&'static str, &'static str) {
    match sort {
        MarkSort::User => ("user", "▾"),
        MarkSort::Fail => ("fail", "◆"),
        MarkSort::Ask => ("ask", "?"),
        MarkSort::Lost => ("lost", "⊘"),
        MarkSort::Won => ("won", "✓"),
        MarkSort::Broken => ("broken", "✖"),
    }
}
