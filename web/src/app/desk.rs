//! The speaker's desk: a second window that says what comes next, how long the talk has been going on,
//! and turns the pages of the first.

use gloo_timers::callback::Interval;
use js_sys::{Array, Date};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};
use yew::prelude::*;

use super::App;
use super::mode::Mode;
use crate::action::Act;
use crate::language::{t, tell};
use crate::panels::icon;
use crate::words;

const CHANNEL: &str = "splitvote-desk";
/// What the desk asks of the page: the step back, the pause, the step on, and to say where it is.
const WORDS: [&str; 4] = ["back", "play", "next", "where"];

/// One end of the line between page and desk.
pub(super) struct Line {
    channel: BroadcastChannel,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Line {
    /// Hears what the other end says.
    fn open(hear: impl Fn(Vec<String>) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let heard = Closure::new(move |event: MessageEvent| {
            let said = Array::from(&event.data());
            hear(said.iter().filter_map(|word| word.as_string()).collect());
        });
        channel.set_onmessage(Some(AsRef::<wasm_bindgen::JsValue>::as_ref(&heard).unchecked_ref()));
        Some(Self { channel, _heard: heard })
    }

    fn say(&self, words: &[&str]) {
        let said: Array = words.iter().map(|word| wasm_bindgen::JsValue::from_str(word)).collect();
        // Nobody may be listening.
        let _ = self.channel.post_message(&said);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

impl App {
    /// Shows the stage alone, or the whole page again.
    pub(super) fn present(&mut self, ctx: &Context<Self>) {
        self.mode = if self.mode == Mode::Present { Mode::Whole } else { Mode::Present };
        let link = ctx.link().clone();
        let hear = move |said: Vec<String>| {
            let word = said.first().and_then(|said| WORDS.iter().position(|word| word == said));
            match word {
                Some(0) => link.send_message(super::Msg::Act(Act::Vote(false))),
                Some(1) => link.send_message(super::Msg::Act(Act::Play)),
                Some(2) => link.send_message(super::Msg::Act(Act::Vote(true))),
                Some(_) => link.send_message(super::Msg::Look),
                None => {}
            }
        };
        self.desk = (self.mode == Mode::Present).then(|| Line::open(hear)).flatten();
    }

    /// Tells the desk what is shown and what comes next.
    pub(super) fn brief(&self) {
        let Some(desk) = self.desk.as_ref().filter(|_| !self.playing) else { return };
        let mut ahead = self.session.clone();
        ahead.next_vote();
        let next = ahead.caption(&ahead.scene()).1;
        desk.say(&["now", &words::clock(self.session.now()), &tell(&self.view.caption.1), &tell(&next)]);
    }
}

/// Opens the desk in a window of its own.
pub(super) fn open() {
    if let Some(window) = web_sys::window() {
        // A browser that opens no windows says so itself.
        let _ = window.open_with_url_and_target_and_features("?notes", CHANNEL, "popup,width=560,height=640");
    }
}

/// What the desk hears.
pub(crate) enum Heard {
    /// What is shown, and what comes next.
    Now(Vec<String>),
    /// Another second has gone by.
    Second,
    /// This button.
    Press(usize),
}

/// The desk.
pub(crate) struct Desk {
    line: Option<Line>,
    /// Moment, sentence, next sentence.
    said: Vec<String>,
    began: f64,
    place: NodeRef,
    _seconds: Interval,
}

impl Component for Desk {
    type Message = Heard;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let (said, tick) = (ctx.link().clone(), ctx.link().clone());
        let line = Line::open(move |words| {
            if words.first().is_some_and(|word| word == "now") {
                said.send_message(Heard::Now(words));
            }
        });
        if let Some(line) = &line {
            line.say(&[WORDS[3]]);
        }
        let seconds = Interval::new(1000, move || tick.send_message(Heard::Second));
        Self { line, said: Vec::new(), began: Date::now(), place: NodeRef::default(), _seconds: seconds }
    }

    fn update(&mut self, _: &Context<Self>, msg: Heard) -> bool {
        match msg {
            Heard::Now(said) => self.said = said,
            Heard::Second => {}
            Heard::Press(at) => {
                if let (Some(line), Some(word)) = (&self.line, WORDS.get(at)) {
                    line.say(&[word]);
                }
            }
        }
        true
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        // A remote control presses keys wherever the focus is.
        if let Some(place) = self.place.cast::<web_sys::HtmlElement>().filter(|_| first) {
            let _ = place.focus();
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let key = |at: usize, label: &'static str, sign: &'static str| {
            html! { <button type="button" class="btn" data-testid={sign} onclick={ctx.link().callback(move |_: MouseEvent| Heard::Press(at))}>{ icon(sign) }{ label }</button> }
        };
        let turn = ctx.link().batch_callback(|event: KeyboardEvent| match event.key().as_str() {
            "PageDown" | "." | "ArrowRight" => Some(Heard::Press(2)),
            "PageUp" | "," | "ArrowLeft" => Some(Heard::Press(0)),
            _ => None,
        });
        let said = |at: usize| self.said.get(at).cloned().unwrap_or_default();
        html! {
            <main class="desk" tabindex="-1" ref={self.place.clone()} onkeydown={turn}>
                <h1 class="unseen">{ words::NAME }</h1>
                <header><b data-testid="elapsed">{ elapsed(Date::now() - self.began) }</b><span>{ said(1) }</span></header>
                if self.said.is_empty() { <p class="note">{ t("Waiting for the projector's view: open it with p on the page.") }</p> }
                <section><h2>{ t("Now") }</h2><p data-testid="now">{ said(2) }</p></section>
                <section><h2>{ t("Then") }</h2><p class="then" data-testid="then">{ said(3) }</p></section>
                <div class="keys">{ key(0, t("Back"), "vote-back") }{ key(1, t("Play or pause"), "play") }{ key(2, t("On"), "vote-next") }</div>
            </main>
        }
    }
}

/// Minutes and seconds.
fn elapsed(ms: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of a talk")]
    let seconds = (ms.max(0.0) / 1000.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
