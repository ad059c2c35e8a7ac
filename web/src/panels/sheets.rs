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
        Sheet::Help => t("Keys"),
        Sheet::Learn(_) => t("Lessons"),
        Sheet::Share(..) => t("Share this run"),
    };
    html! {
        <dialog ref={dialog} aria-label={title} onclose={wish(&props.on, Act::Close)} data-testid="sheet">
            <div class="sheet">
                <header><h2>{ title }</h2>
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

fn help(letters: bool, on: &Wish) -> Html {
    let row = |(_, key, what): &(&str, &'static str, &'static str)| html! { <li><span>{ t(what) }</span><kbd>{ t(key) }</kbd></li> };
    html! { <>
        { switch(t("Letters and signs are keys"), Some(t("Switch them off if you speak to your computer; Space, Tab, Enter, Escape and the arrows stay.")), "letters", letters, wish(on, Act::Letters)) }
        <ul class="keymap">{ for words::KEYS.iter().map(row) }</ul>
        <p class="note">{ t("A square is a primary, a circle a replica. Colour is the epoch and nothing else; the round tag is the node's current epoch, the square tag its config epoch. The dots above a node are the voters' opinion: hollow for well, half for pfail, full for fail.") }</p>
    </> }
}

fn share(link: &str, copied: bool, on: &Wish) -> Html {
    html! { <>
        <p class="note">{ t("The link is the script. Whoever opens it sees the same run, to the last event, and the page says so when it has checked.") }</p>
        <div class="share-grid">
            <div class="stack">
                <textarea class="link" readonly=true rows="5" aria-label={t("Link")} data-testid="link" value={link.to_owned()} />
                <button type="button" class="btn solid" data-testid="copy" onclick={wish(on, Act::Copy)}>{ icon("share") }{ if copied { t("Copied") } else { t("Copy the link") } }</button>
            </div>
            { qr(link) }
        </div>
        <section class="stack">
            <h3>{ t("Save") }</h3>
            <div class="row wrap">{ for FILES.into_iter().map(|(what, label)| file(what, t(label), on)) }</div>
        </section>
        <details class="stack">
            <summary>{ t("Show it in a page of yours") }</summary>
            <textarea class="link" readonly=true rows="4" aria-label={t("Frame")} data-testid="frame" value={frame(link)} />
            <button type="button" class="btn" data-testid="copy-frame" onclick={wish(on, Act::CopyFrame)}>{ icon("share") }{ t("Copy the frame") }</button>
        </details>
    </> }
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
