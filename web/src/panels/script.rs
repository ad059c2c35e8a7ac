//! The run as text: what is typed here is what runs, and what is done elsewhere appears here.
//!
//! A text field that shows nothing but its cursor lies over the same text in colours, so that the
//! browser does all the editing.

use gloo_timers::callback::Timeout;
use splitvote::scenario::{Offers, offers};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::Act;
use crate::editor::{self, Row};
use crate::language::{t, tell, tf};
use crate::session::mistakes;

/// A place in the text that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1.
    pub column: u32,
    /// What is wrong and what would be right.
    pub what: String,
}

/// What the editor is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The text that runs.
    pub text: AttrValue,
    /// Whether there is a change to take back.
    pub undo: bool,
    /// What was typed when that cannot be read.
    pub draft: Option<AttrValue>,
    /// How long a run takes to be made, in milliseconds: who types waits for pauses that are longer.
    pub cost: u32,
    /// Where wishes go.
    pub on: Wish,
}

/// Milliseconds without a key before what was typed runs.
const PAUSE: u32 = 350;

/// What happens to the text.
pub enum Msg {
    /// It was typed into.
    Typed,
    /// Nobody has typed for a while.
    Rest,
    /// It is to run now.
    Run,
    /// The cursor is to go here.
    Jump(u32, u32),
    /// What could stand here?
    Ask,
    /// The next offer, or the one before.
    Move(bool),
    /// This offer is taken.
    Take(usize),
    /// No offer is taken.
    Leave,
}

/// The list of words under the cursor.
struct Open {
    offers: Offers,
    chosen: usize,
    /// Whether somebody has walked in it, so that Enter means its word and not a new line.
    walked: bool,
    line: usize,
    column: usize,
    /// Whether it stands above the line, for want of room below.
    above: bool,
}

/// The editor.
pub struct Script {
    field: NodeRef,
    text: String,
    /// What was handed on last: it comes back as the text that runs, which is no news.
    sent: String,
    rows: Vec<Row>,
    mistakes: Vec<Mistake>,
    open: Option<Open>,
    rest: Option<Timeout>,
}

impl Component for Script {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut editor = Self {
            field: NodeRef::default(),
            text: String::new(),
            sent: String::new(),
            rows: Vec::new(),
            mistakes: Vec::new(),
            open: None,
            rest: None,
        };
        editor.adopt(ctx.props());
        editor
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        if shown(ctx.props()) != self.sent.as_str() {
            self.adopt(ctx.props());
            self.write();
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Typed => self.typed(ctx),
            Msg::Rest | Msg::Run => {
                self.read_field();
                self.send(ctx);
                self.look(None);
            }
            Msg::Jump(line, column) => self.set_cursor(editor::byte_of(&self.text, line, column)),
            Msg::Ask => self.offer(true),
            Msg::Move(on) => {
                if let Some(open) = &mut self.open {
                    let count = open.offers.words.len();
                    open.chosen = if on { open.chosen + 1 } else { open.chosen + count - 1 } % count;
                    open.walked = true;
                }
            }
            Msg::Take(at) => self.take(at),
            Msg::Leave => self.open = None,
        }
        true
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if first {
            self.write();
        }
        let chosen = self
            .field()
            .and_then(|field| field.parent_element()?.query_selector("[aria-selected=true]").ok()?);
        if let Some(chosen) = chosen {
            chosen.scroll_into_view_with_scroll_into_view_options(&nearest());
        }
    }

    fn destroy(&mut self, ctx: &Context<Self>) {
        // Who leaves the panel in the middle of a word keeps it.
        if self.rest.take().is_some() {
            self.send(ctx);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let active = self.open.as_ref().map(|open| format!("offer-{}", open.chosen));
        let jump = |line: u32, column: u32| link.callback(move |_: MouseEvent| Msg::Jump(line, column));
        html! {
            <div class="script">
                <div class="code">
                    <pre aria-hidden="true">{ for self.rows.iter().map(row) }</pre>
                    <textarea ref={self.field.clone()} spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" aria-label={t("Scenario script")}
                        aria-invalid={if self.mistakes.is_empty() { "false" } else { "true" }} aria-describedby="mistakes" aria-autocomplete="list"
                        aria-controls={active.is_some().then_some("offers")} aria-activedescendant={active}
                        oninput={link.callback(|_: InputEvent| Msg::Typed)} onkeydown={self.keys(ctx)} onblur={link.callback(|_: FocusEvent| Msg::Leave)} data-testid="script" />
                    if let Some(open) = &self.open { { list(ctx, open) } }
                </div>
                <footer>
                    <p class="unseen" role="status">if let Some(open) = &self.open { { tf("{n} words fit", &[("n", &open.offers.words.len())]) } }</p>
                    <ul class="errs" id="mistakes" data-testid="mistakes">
                        { for self.mistakes.iter().take(6).map(|one| html! {
                            <li><button type="button" onclick={jump(one.line, one.column)}>{ format!("{}:{}", one.line, one.column) }</button><span>{ tell(&one.what) }</span></li>
                        }) }
                    </ul>
                    if props.draft.is_some() { <p class="note" data-testid="draft">{ t("The drawing keeps the last text that could be read.") }</p> }
                    <div class="row">
                        <button type="button" class="btn" data-testid="run-script" onclick={link.callback(|_: MouseEvent| Msg::Run)}>{ t("Run this") }<kbd>{ "ctrl ↵" }</kbd></button>
                        <button type="button" class="btn" disabled={!props.undo} onclick={wish(&props.on, Act::Undo)}>{ icon("undo") }{ t("Undo") }</button>
                    </div>
                    <p class="note">{ t("One statement a line; it runs as you type, and Ctrl Space offers words. Whatever you do on the page is added here, so this text, and the link, always hold the run.") }</p>
                </footer>
            </div>
        }
    }
}

impl Script {
    /// Takes over what runs, or the draft that does not.
    fn adopt(&mut self, props: &Props) {
        shown(props).clone_into(&mut self.text);
        self.sent = self.text.clone();
        (self.rest, self.open) = (None, None);
        self.look(None);
    }

    fn field(&self) -> Option<HtmlTextAreaElement> {
        self.field.cast()
    }

    /// Puts the text into the field, unless it came from there.
    fn write(&self) {
        if let Some(field) = self.field()
            && field.value() != self.text
        {
            field.set_value(&self.text);
        }
    }

    fn read_field(&mut self) {
        if let Some(field) = self.field() {
            self.text = field.value();
        }
    }

    /// Where the cursor is, in bytes.
    fn cursor(&self) -> usize {
        let at = self.field().and_then(|field| field.selection_end().ok().flatten());
        editor::byte_at(&self.text, at.unwrap_or(0))
    }

    fn set_cursor(&self, byte: usize) {
        let at = editor::units_at(&self.text, byte);
        if let Some(field) = self.field() {
            // Both only fail on inputs of another kind.
            let _ = field.focus();
            let _ = field.set_selection_range(at, at);
        }
    }

    /// Reads the text; a line that is being written is not judged yet.
    fn look(&mut self, writing: Option<usize>) {
        let wrong = splitvote::scenario::parse(&self.text).err().unwrap_or_default();
        self.mistakes = mistakes(&wrong);
        self.mistakes.retain(|one| writing.is_none_or(|line| one.line as usize != line + 1));
        self.rows = editor::rows(&self.text, &self.mistakes);
    }

    fn typed(&mut self, ctx: &Context<Self>) {
        self.read_field();
        let line = editor::place(&self.text, self.cursor()).0;
        self.look(Some(line));
        self.offer(false);
        let link = ctx.link().clone();
        let pause = PAUSE.max(ctx.props().cost.saturating_mul(2));
        self.rest = Some(Timeout::new(pause, move || link.send_message(Msg::Rest)));
    }

    fn send(&mut self, ctx: &Context<Self>) {
        self.rest = None;
        if self.text != self.sent {
            self.sent = self.text.clone();
            ctx.props().on.emit(Act::Script(self.text.clone()));
        }
    }

    /// Opens the list of words, or closes it where there are none; unasked only inside of a word.
    fn offer(&mut self, asked: bool) {
        let at = self.cursor();
        let found = offers(&self.text, at);
        let written = self.text.get(found.from..at).unwrap_or("");
        let done = matches!(found.words.as_slice(), [only] if only.text == written);
        let begun = !written.is_empty() || self.text[..at].ends_with('=');
        self.open = None;
        if found.words.is_empty() || (!asked && (!begun || done)) {
            return;
        }
        let (line, column) = editor::place(&self.text, found.from);
        let above =
            self.field().and_then(|field| field.parent_element()).is_some_and(|frame| low(&frame, line));
        self.open = Some(Open { offers: found, chosen: 0, walked: asked, line, column, above });
    }

    fn take(&mut self, chosen: usize) {
        let Some(open) = self.open.take() else { return };
        let (Some(offer), Some(field)) = (open.offers.words.get(chosen), self.field()) else { return };
        let end = self.cursor();
        let blank = if offer.text.ends_with('=') || self.text[end..].starts_with(' ') { "" } else { " " };
        let from = editor::units_at(&self.text, open.offers.from);
        // A comma belongs to the word before it.
        let comma = offer.text.starts_with(',') && self.text[..open.offers.from].ends_with(' ');
        let _ = field.focus();
        let _ = field.set_selection_range(from - u32::from(comma), editor::units_at(&self.text, end));
        let text = format!("{}{blank}", offer.text);
        let page = field.owner_document().and_then(|page| page.dyn_into::<web_sys::HtmlDocument>().ok());
        // As if typed, so that the browser's own undo knows of it; it tells of the change as of any other.
        let typed = page.is_some_and(|page| {
            page.exec_command_with_show_ui_and_value("insertText", false, &text).unwrap_or(false)
        });
        if !typed {
            let _ = field.set_range_text(&text);
        }
    }

    fn keys(&self, ctx: &Context<Self>) -> Callback<KeyboardEvent> {
        let link = ctx.link().clone();
        let open = self.open.as_ref().map(|open| {
            let written = self.text.get(open.offers.from..self.cursor()).unwrap_or("");
            let whole = open.offers.words.iter().any(|offer| offer.text == written);
            (open.chosen, open.walked || !whole)
        });
        Callback::from(move |event: KeyboardEvent| {
            let with = event.ctrl_key() || event.meta_key();
            let msg = match (event.key().as_str(), open) {
                (" ", _) if with => Msg::Ask,
                ("Enter", _) if with => Msg::Run,
                ("ArrowDown", Some(_)) => Msg::Move(true),
                ("ArrowUp", Some(_)) => Msg::Move(false),
                ("Enter" | "Tab", Some((chosen, true))) if !event.shift_key() => Msg::Take(chosen),
                ("Escape", Some(_)) => Msg::Leave,
                ("ArrowLeft" | "ArrowRight" | "Home" | "End" | "Enter" | "Tab", Some(_)) => {
                    link.send_message(Msg::Leave);
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            link.send_message(msg);
        })
    }
}

fn shown(props: &Props) -> &str {
    props.draft.as_ref().unwrap_or(&props.text)
}

fn row(row: &Row) -> Html {
    html! { <>
        { for row.pieces.iter().map(|piece| html! {
            <span class={classes!(editor::class(piece.sort), piece.wrong.then_some("wrong"))}>{ piece.text.clone() }</span>
        }) }
        if let Some(why) = &row.why { <span class="why">{ tell(why) }</span> }
        { "\n" }
    </> }
}

fn list(ctx: &Context<Script>, open: &Open) -> Html {
    let option = |(at, offer): (usize, &splitvote::scenario::Offer)| {
        // Pressing must not take the focus out of the field.
        let hold = Callback::from(|event: MouseEvent| event.prevent_default());
        html! {
            <li key={at} id={format!("offer-{at}")} role="option" aria-selected={if at == open.chosen { "true" } else { "false" }}
                onmousedown={hold} onclick={ctx.link().callback(move |_: MouseEvent| Msg::Take(at))}>
                <b>{ offer.text.clone() }</b>if !offer.meaning.is_empty() { <small>{ tell(offer.meaning) }</small> }
            </li>
        }
    };
    let style = format!("--line:{};--column:{}", open.line, open.column);
    html! {
        <ul class={classes!("offers", open.above.then_some("above"))} id="offers" role="listbox" aria-label={t("Words that fit")} style={style} data-testid="offers">
            { for open.offers.words.iter().enumerate().map(option) }
        </ul>
    }
}

/// Whether a line lies in the lower half of what is seen.
fn low(frame: &Element, line: usize) -> bool {
    const HEIGHT: i32 = 20;
    let top = i32::try_from(line).unwrap_or(0) * HEIGHT - frame.scroll_top();
    top * 2 > frame.client_height()
}

fn nearest() -> web_sys::ScrollIntoViewOptions {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
    options
}
