//! What opens over the page: the key map, and the sheet that shares a run.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::Act;
use crate::language::t;
use crate::words;

/// Which sheet is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Sheet {
    /// The key map.
    Help,
    /// The address of the run, and whether it was copied.
    Share(String, bool),
}

/// What a sheet is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Which.
    pub sheet: Sheet,
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
        Sheet::Share(..) => t("Share this run"),
    };
    html! {
        <dialog ref={dialog} aria-label={title} onclose={wish(&props.on, Act::Close)} data-testid="sheet">
            <div class="sheet">
                <header><h2>{ title }</h2>
                    <button type="button" class="btn bare icon" aria-label={t("Close")} data-testid="close-sheet" onclick={wish(&props.on, Act::Close)}>{ icon("close") }</button>
                </header>
                { match &props.sheet {
                    Sheet::Help => help(),
                    Sheet::Share(link, copied) => share(link, *copied, &props.on),
                } }
            </div>
        </dialog>
    }
}

fn help() -> Html {
    let row = |(_, key, what): &(&str, &'static str, &'static str)| html! { <li><span>{ t(what) }</span><kbd>{ t(key) }</kbd></li> };
    html! { <>
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
    </> }
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
