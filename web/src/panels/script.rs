//! The run as text: what is typed here is what runs, and what is done elsewhere appears here.

use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::Act;
use crate::language::{t, tell};

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
    /// Mistakes in what was typed last, if it does not run.
    pub mistakes: Vec<Mistake>,
    /// Whether there is a change to take back.
    pub undo: bool,
    /// What was typed when there are mistakes.
    pub draft: Option<AttrValue>,
    /// Where wishes go.
    pub on: Wish,
}

/// The editor.
#[component]
pub fn Script(props: &Props) -> Html {
    let field = use_node_ref();
    let shown = props.draft.clone().unwrap_or_else(|| props.text.clone());
    {
        // The text follows the run, but never while somebody types.
        let field = field.clone();
        use_effect_with(shown, move |shown| {
            if let Some(field) = field.cast::<web_sys::HtmlTextAreaElement>()
                && field.value() != **shown
            {
                field.set_value(shown);
            }
        });
    }
    let run = {
        let (field, on) = (field.clone(), props.on.clone());
        Callback::from(move |()| {
            if let Some(field) = field.cast::<web_sys::HtmlTextAreaElement>() {
                on.emit(Act::Script(field.value()));
            }
        })
    };
    let keys = {
        let run = run.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                run.emit(());
            }
        })
    };
    let jump = |line: u32, column: u32| {
        let field = field.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = field.cast::<web_sys::HtmlTextAreaElement>() {
                let at = offset(&field.value(), line, column);
                // Both only fail on inputs of another kind.
                let _ = field.focus();
                let _ = field.set_selection_range(at, at);
            }
        })
    };
    html! {
        <div class="script">
            <textarea ref={field.clone()} spellcheck="false" autocomplete="off" aria-label={t("Scenario script")}
                aria-invalid={if props.mistakes.is_empty() { "false" } else { "true" }} aria-describedby="mistakes" onkeydown={keys} data-testid="script" />
            <footer>
                <ul class="errs" id="mistakes" data-testid="mistakes">
                    { for props.mistakes.iter().take(6).map(|one| html! {
                        <li><button type="button" onclick={jump(one.line, one.column)}>{ format!("{}:{}", one.line, one.column) }</button><span>{ tell(&one.what) }</span></li>
                    }) }
                </ul>
                <div class="row">
                    <button type="button" class="btn solid" data-testid="run-script" onclick={run.reform(|_: MouseEvent| ())}>{ t("Run this") }<kbd>{ "ctrl ↵" }</kbd></button>
                    <button type="button" class="btn" disabled={!props.undo} onclick={wish(&props.on, Act::Undo)}>{ icon("undo") }{ t("Undo") }</button>
                </div>
                <p class="note">{ t("One statement a line. Whatever you do on the page is added here, so this text, and the link, always hold the run.") }</p>
            </footer>
        </div>
    }
}

/// Where a line and column begin, in UTF-16 units as text fields count.
fn offset(text: &str, line: u32, column: u32) -> u32 {
    let before = text
        .lines()
        .take(line.saturating_sub(1) as usize)
        .map(|line| line.encode_utf16().count() + 1)
        .sum::<usize>();
    u32::try_from(before).unwrap_or(0) + column.saturating_sub(1)
}
