//! What opens over the page: the key map, and the sheet that shares a run.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};
use yew::prelude::*;

use super::{Wish, icon, learn, switch, wish};
use crate::action::{Act, Save};
use crate::language::{later, t};
use crate::lesson::Marks;
use crate::words;

/// Which sheet is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Sheet {
    /// The key map.
    Help,
    /// The lessons, with what was done.
    Learn(Marks),
    /// The address of the run, and whether it was copied.
    Share(String, bool),
}

/// What a sheet is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Which.
    pub sheet: Sheet,
    /// Whether letters and signs are keys.
    pub letters: bool,
    /// Where wishes go.
    pub on: Wish,
}

/// The open sheet.
#[component]
pub fn Over(props: &Props) -> Html {
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = dialog.cast::<web_sys::HtmlDialogElement>() {
                // It fails only if it is open, which is what is wanted.
                let _ = dialog.show_modal();
            }
        });
    }
    let title = match props.sheet {
        Sheet::Help => t("Help"),
        Sheet::Learn(_) => t("Lessons"),
        Sheet::Share(..) => t("Share this run"),
    };
    html! {
        <dialog ref={dialog} aria-label={title} onclose={wish(&props.on, Act::Close)} data-testid="sheet">
            <div class="sheet">
                <header><h2 tabindex="-1" autofocus=true>{ title }</h2>
                    <button type="button" class="btn bare icon" aria-label={t("Close")} data-testid="close-sheet" onclick={wish(&props.on, Act::Close)}>{ icon("close") }</button>
                </header>
                { match &props.sheet {
                    Sheet::Help => help(props.letters, &props.on),
                    Sheet::Learn(marks) => learn::list(marks, &props.on),
                    Sheet::Share(link, copied) => share(link, *copied, &props.on),
                } }
            </div>
        </dialog>
    }
}

/// What the ring's marks mean.
const MARKS: [(&str, &str); 7] = [
    (later("Square, circle"), later("a primary, a replica")),
    (later("Colour"), later("the epoch, and nothing else")),
    (later("Round tag, square tag"), later("the node's current epoch, and its config epoch")),
    (
        later("Dots above a node"),
        later("what the voters think of it: hollow for well, half for pfail, full for fail"),
    ),
    (later("Level in a node"), later("how much of its primary's data it has")),
    (later("Arc around a shard"), later("its slots: whole while they are served, dotted while they are not")),
    (later("Hand around a node"), later("the wait before it asks for votes")),
];

/// What fingers and mice do.
const GESTURES: [(&str, &str); 5] = [
    (later("Tap a node"), later("look at it, and choose what is done to it")),
    (later("Long press, or right button"), later("the menu of a node")),
    (later("Tap a message"), later("take it in hand")),
    (later("Tap or drag on the tape"), later("go to that moment")),
    (later("Tap a line or a mark of the diagram"), later("see what it is, and why")),
];

fn help(letters: bool, on: &Wish) -> Html {
    let meaning = |(what, means): &(&'static str, &'static str)| html! { <><dt>{ t(what) }</dt><dd>{ t(means) }</dd></> };
    let row = |(_, key, what): &(&str, &'static str, &'static str)| html! { <li><span>{ t(what) }</span><kbd>{ t(key) }</kbd></li> };
    let subject = |keys: &[(&'static str, &'static str, &'static str)]| html! { <section><h4>{ t(keys[0].0) }</h4><ul>{ for keys.iter().map(row) }</ul></section> };
    html! { <>
        <section class="stack"><h3>{ t("Reading the picture") }</h3><dl class="meanings">{ for MARKS.iter().map(meaning) }</dl></section>
        <section class="stack"><h3>{ t("By touch or mouse") }</h3><dl class="meanings">{ for GESTURES.iter().map(meaning) }</dl></section>
        <section class="stack"><h3>{ t("Keys") }</h3>
            { switch(t("Single-key shortcuts"), Some(t("Off when you use voice control; Space, Tab, Enter, Escape and the arrows stay.")), "letters", letters, wish(on, Act::Letters)) }
            <div class="keymap">{ for words::KEYS.chunk_by(|one, other| one.0 == other.0).map(subject) }</div>
        </section>
    </> }
}

fn share(link: &str, copied: bool, on: &Wish) -> Html {
    html! { <>
        <p class="note">{ t("The link is the script. Whoever opens it sees the same run, to the last event: the page confirms that the replay matches.") }</p>
        <div class="share-grid">
            <div class="stack">
                <textarea class="link" readonly=true rows={rows(link)} aria-label={t("Link")} data-testid="link" value={link.to_owned()} />
                <button type="button" class="btn solid" data-testid="copy" onclick={wish(on, Act::Copy)}>{ icon("copy") }{ if copied { t("Copied") } else { t("Copy the link") } }</button>
            </div>
            { qr(link) }
        </div>
        <section class="stack">
            <h3>{ t("Save") }</h3>
            <div class="row wrap">{ for FILES.into_iter().map(|(what, label)| file(what, t(label), on)) }</div>
        </section>
        <details class="stack fold">
            <summary>{ t("Show it in a page of yours") }</summary>
            <textarea class="link" readonly=true rows={rows(&frame(link))} aria-label={t("Frame")} data-testid="frame" value={frame(link)} />
            <button type="button" class="btn" data-testid="copy-frame" onclick={wish(on, Act::CopyFrame)}>{ icon("copy") }{ t("Copy the frame") }</button>
        </details>
    </> }
}

/// Rows that hold a text where a browser does not size its field by itself.
fn rows(text: &str) -> String {
    (text.len() / 36 + 1).clamp(2, 8).to_string()
}

/// What can be saved, as buttons call it.
const FILES: [(Save, &str); 5] = [
    (Save::Svg, later("Picture (SVG)")),
    (Save::Png, later("Picture (PNG)")),
    (Save::Lines, later("Trace (JSON lines)")),
    (Save::Chrome, later("Trace for Perfetto")),
    (Save::Script, later("Script")),
];

fn file(what: Save, label: &'static str, on: &Wish) -> Html {
    html! { <button type="button" class="btn" data-testid={format!("save-{}", what.end())} onclick={wish(on, Act::Save(what))}>{ label }</button> }
}

/// A frame that shows a link in another page.
pub fn frame(link: &str) -> String {
    let address = link.replacen('#', "?embed#", 1);
    format!(
        "<iframe src=\"{address}\" width=\"800\" height=\"520\" title=\"Splitvote\" style=\"border:0\"></iframe>"
    )
}

/// The link for phones; too long a link has no readable code.
fn qr(link: &str) -> Html {
    const READABLE: usize = 666;
    let code = if link.len() > READABLE { None } else { QrCode::encode_text(link, QrCodeEcc::Low).ok() };
    let Some(code) = code else {
        return html! { <p class="note" style="max-width:20ch">{ t("This link is too long for a code that phones can read.") }</p> };
    };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                // Writing to a `String` cannot fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
    }
    html! { <svg class="qr" viewBox={format!("0 0 {size} {size}")} role="img" aria-label={t("QR code of the link")} shape-rendering="crispEdges" data-testid="qr"><path d={path} fill="#000" /></svg> }
}
