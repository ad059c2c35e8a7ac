//! The bar on top: which run, which seed, which rules.

use yew::prelude::*;

use super::{Wish, icon, switch, wish};
use crate::action::{Act, Learn};
use crate::language::{self, CHINESE, LANGUAGES, t, tell};
use crate::words;

/// What the bar is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Built-in scenarios: name and title.
    pub scenarios: Vec<(String, String)>,
    /// The rooms of the museum: name and title.
    pub rooms: Vec<(String, String)>,
    /// The one that runs; empty if it is nobody's.
    pub scenario: String,
    /// What the run is called.
    pub title: String,
    /// The seed.
    pub seed: String,
    /// NACK for everyone.
    pub nack: bool,
    /// Whether two runs stand side by side.
    pub compares: bool,
    /// Where wishes go.
    pub on: Wish,
}

/// The bar.
#[component]
pub fn Top(props: &Props) -> Html {
    let pick = {
        let on = props.on.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlSelectElement>() {
                on.emit(Act::Scenario(input.value()));
            }
        })
    };
    let seed = {
        let on = props.on.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
                on.emit(Act::Seed(input.value()));
            }
        })
    };
    let own = props.scenario.is_empty();
    let option = |(name, title): &(String, String)| html! { <option value={name.clone()} selected={*name == props.scenario}>{ title }</option> };
    html! {
        <header class="top">
            <h1 class="brand"><button type="button" title={t("To the front page")} data-testid="brand" onclick={wish(&props.on, Act::Front)}>{ mark() }<span>{ words::NAME }</span></button></h1>
            <select class="pick" aria-label={t("Scenario")} onchange={pick} data-testid="scenario">
                if own { <option value="" selected=true>{ if props.title.is_empty() { t("Your own run").to_owned() } else { tell(&props.title) } }</option> }
                <optgroup label={t("Scenarios")}>{ for props.scenarios.iter().map(option) }</optgroup>
                <optgroup label={t("Museum: bugs of real releases")}>{ for props.rooms.iter().map(option) }</optgroup>
            </select>
            <div class="seed">
                <label for="seed">{ t("Seed") }</label>
                <input id="seed" value={props.seed.clone()} onchange={seed} inputmode="numeric" spellcheck="false" autocomplete="off" data-testid="seed" />
                <button type="button" class="btn" title={t("Next seed (e)")} data-testid="next-seed" onclick={wish(&props.on, Act::NextSeed)}>{ t("Next") }</button>
                <button type="button" class="btn icon" title={t("A random seed")} aria-label={t("A random seed")} data-testid="random-seed" onclick={wish(&props.on, Act::RandomSeed)}>{ icon("dice") }</button>
            </div>
            <span class="grow"></span>
            { switch("NACK", None, "nack-top", props.nack, wish(&props.on, Act::Rule("nack"))) }
            <button type="button" class="btn" aria-pressed={if props.compares { "true" } else { "false" }} aria-label={t("Compare two rules")} title={t("Compare two rules (v)")} data-testid="compare" onclick={wish(&props.on, Act::Versus)}>{ icon("versus") }<span class="label">{ t("Compare") }</span></button>
            <button type="button" class="btn" aria-label={t("Share")} data-testid="share" onclick={wish(&props.on, Act::Share)}>{ icon("share") }<span class="label">{ t("Share") }</span></button>
            <button type="button" class="btn" aria-label={t("Learn")} title={format!("{} (b)", t("Learn"))} data-testid="learn" onclick={wish(&props.on, Act::Learn(Learn::List))}>{ icon("learn") }<span class="label">{ t("Learn") }</span></button>
            <div class="row">
                <button type="button" class="btn bare icon wide-only" aria-label={t("Show it on a projector")} title={t("Show it on a projector (p)")} data-testid="present" onclick={wish(&props.on, Act::Present)}>{ icon("present") }</button>
                { tongue(&props.on) }
                <button type="button" class="btn bare icon" aria-label={t("Light or dark")} title={t("Light or dark (d)")} data-testid="theme" onclick={wish(&props.on, Act::Theme)}>{ icon("theme") }</button>
                <button type="button" class="btn bare icon" aria-label={t("Keys")} title={t("Keys (?)")} data-testid="help" onclick={wish(&props.on, Act::Help)}>{ icon("help") }</button>
            </div>
        </header>
    }
}

/// The way to the other language, in its own words.
fn tongue(on: &Wish) -> Html {
    let other = LANGUAGES.into_iter().find(|(tag, _)| *tag != language::tag()).unwrap_or(LANGUAGES[0]);
    html! {
        <button type="button" class="btn bare tongue" lang={other.0} title={other.1} data-testid="language" onclick={wish(on, Act::Language(other.0))}>{ if other.0 == CHINESE { "中" } else { "EN" } }</button>
    }
}

fn mark() -> Html {
    html! {
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M15 4.5v19a9.500 9.500 0 0 1 0-19z" fill="var(--ink)" /><path d="M17 8.500v19a9.500 9.500 0 0 0 0-19z" fill="var(--edge)" /></svg>
    }
}
