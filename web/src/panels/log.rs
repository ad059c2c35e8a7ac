//! The log: plain sentences, newest at the bottom, filtered; only the last few hundred stand in the page.

use yew::prelude::*;

use super::{Shared, Wish, wish};
use crate::action::Act;
use crate::language::{later, t, tell, tf};
use crate::scene::story::Theme;
use crate::words;

/// More rows than anybody reads, few enough to lay out in a blink.
pub const ROWS: usize = 300;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its place in the run's records.
    pub entry: usize,
    /// When.
    pub at: u64,
    /// Whose.
    pub who: String,
    /// The sentence.
    pub text: String,
    /// Whether a person did it.
    pub user: bool,
}

/// What the log is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The rows that match, oldest first.
    pub rows: Shared<Vec<Row>>,
    /// How many match.
    pub matching: usize,
    /// The words to look for.
    pub filter: String,
    /// The theme to look for.
    pub about: &'static str,
    /// Where wishes go.
    pub on: Wish,
}

/// Themes one can filter by.
pub const THEMES: &[(&str, &str, Option<Theme>)] = &[
    ("", later("Everything"), None),
    ("vote", later("Votes"), Some(Theme::Vote)),
    ("failure", later("Failures"), Some(Theme::Failure)),
    ("claim", later("Claims"), Some(Theme::Claim)),
    ("data", later("Data"), Some(Theme::Data)),
    ("user", later("Actions"), Some(Theme::User)),
];

/// The log.
#[component]
pub fn Log(props: &Props) -> Html {
    let list = use_node_ref();
    use_effect_with((list.clone(), props.rows.clone()), |(list, _)| {
        if let Some(list) = list.cast::<web_sys::Element>() {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let type_ = {
        let on = props.on.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
                on.emit(Act::Filter(input.value()));
            }
        })
    };
    let pick = {
        let on = props.on.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlSelectElement>() {
                let word = input.value();
                let about = THEMES.iter().find(|theme| theme.0 == word).map_or("", |theme| theme.0);
                on.emit(Act::About(about));
            }
        })
    };
    let last = props.rows.len().saturating_sub(1);
    html! { <>
        <div class="filter">
            <input type="search" placeholder={t("Find a node or a word")} aria-label={t("Filter the log")} value={props.filter.clone()} oninput={type_} data-testid="log-filter" />
            <select class="pick" aria-label={t("Lines about")} onchange={pick} data-testid="log-about">
                { for THEMES.iter().map(|(word, label, _)| html! { <option value={*word} selected={props.about == *word}>{ t(label) }</option> }) }
            </select>
        </div>
        <div class="log" ref={list} tabindex="0" role="region" aria-label={t("Event log")} data-testid="log">
            if props.rows.is_empty() {
                <div class="empty" style="padding-left:var(--s5)">
                    if props.filter.is_empty() && props.about.is_empty() { <b>{ t("Nothing to tell yet") }</b><p>{ t("Press play.") }</p> }
                    else { <b>{ t("No line fits") }</b><p>{ t("Press play, or clear the filter.") }</p> }
                </div>
            }
            if props.matching > ROWS { <p class="note" style="padding:4px var(--s5)">{ tf("{n} earlier lines", &[("n", &words::number((props.matching - ROWS) as u64))]) }</p> }
            <ol>{ for props.rows.iter().enumerate().map(|(at, row)| html! {
                <li key={row.entry} class={classes!((at == last).then_some("now"), row.user.then_some("user"))}>
                    <button type="button" onclick={wish(&props.on, Act::Entry(row.entry))} title={t("Go there")}>
                        <span class="t">{ words::clock(row.at) }</span><span class="n">{ &row.who }</span><span class="w">{ tell(&row.text) }</span>
                    </button>
                </li>
            }) }</ol>
        </div>
    </> }
}
