//! The bar on top: which run, which seed, which rules.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
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
    /// Whether a lesson is open: its run has the seed that it is about.
    pub lesson: bool,
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
            if !props.lesson { { seed(props, "") } }
            <span class="grow"></span>
            { compare(props, "") }
            { share(props, "") }
            <button type="button" class="btn" aria-label={t("Learn")} title={format!("{} (b)", t("Learn"))} data-testid="learn" onclick={wish(&props.on, Act::Learn(Learn::List))}>{ icon("learn") }<span class="label">{ t("Learn") }</span></button>
            <button type="button" class="btn icon more" popovertarget="top-more" aria-label={t("More")} title={t("More")} data-testid="top-more">{ icon("more") }</button>
            { rest(props) }
        </header>
    }
}

/// The seed and the ways to another. It stands twice in the page, once for narrow windows: `id` is before
/// the test ids.
fn seed(props: &Props, id: &'static str) -> Html {
    let on = props.on.clone();
    let change = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
            on.emit(Act::Seed(input.value()));
        }
    });
    html! {
        <div class={classes!("seed", (!id.is_empty()).then_some("folded"))}>
            <label for={format!("{id}seed")}>{ t("Seed") }</label>
            <input id={format!("{id}seed")} value={props.seed.clone()} onchange={change} inputmode="numeric" spellcheck="false" autocomplete="off" data-testid={format!("{id}seed")} />
            <button type="button" class="btn" title={t("Next seed (e)")} data-testid={format!("{id}next-seed")} onclick={wish(&props.on, Act::NextSeed)}>{ t("Next seed") }</button>
            <button type="button" class="btn icon" title={t("A random seed")} aria-label={t("A random seed")} data-testid={format!("{id}random-seed")} onclick={wish(&props.on, Act::RandomSeed)}>{ icon("dice") }</button>
        </div>
    }
}

fn compare(props: &Props, id: &'static str) -> Html {
    let pressed = if props.compares { "true" } else { "false" };
    html! {
        <button type="button" class={classes!("btn", id.is_empty().then_some("roomy"))} aria-pressed={pressed} aria-label={t("Compare two rules")} title={t("Compare two rules (v)")} data-testid={format!("{id}compare")} onclick={wish(&props.on, Act::Versus)}>{ icon("versus") }<span class="label">{ t("Compare") }</span></button>
    }
}

fn share(props: &Props, id: &'static str) -> Html {
    html! {
        <button type="button" class={classes!("btn", id.is_empty().then_some("roomy"))} aria-label={t("Share")} data-testid={format!("{id}share")} onclick={wish(&props.on, Act::Share)}>{ icon("share") }<span class="label">{ t("Share") }</span></button>
    }
}

/// What a narrow window folds away behind “…”; a wide one shows it in the bar.
fn rest(props: &Props) -> Html {
    let close = Callback::from(|event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let menu = target.filter(|one| matches!(one.closest("[data-leads]"), Ok(Some(_))));
        let menu = menu.and_then(|one| one.closest("[popover]").ok().flatten());
        if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlElement>().ok()) {
            // What leads somewhere takes the menu away; in a wide window there is none.
            let _ = menu.hide_popover();
        }
    });
    html! {
        <div class="extra" id="top-more" popover="auto" onclick={close}>
            <div class="row phone" data-leads="">{ compare(props, "narrow-") }{ share(props, "narrow-") }</div>
            if !props.lesson { { seed(props, "narrow-") } }
            { switch("NACK", None, "nack-top", props.nack, wish(&props.on, Act::Rule("nack"))) }
            <div class="row" data-leads="">
                <button type="button" class="btn bare icon wide-only" aria-label={t("Show it on a projector")} title={t("Show it on a projector (p)")} data-testid="present" onclick={wish(&props.on, Act::Present)}>{ icon("present") }</button>
                { tongue(&props.on) }
                <button type="button" class="btn bare icon" aria-label={t("Light or dark")} title={t("Light or dark (d)")} data-testid="theme" onclick={wish(&props.on, Act::Theme)}><span class="moon">{ icon("theme") }</span><span class="sun">{ icon("sun") }</span></button>
                <button type="button" class="btn bare icon" aria-label={t("Keys")} title={t("Keys (?)")} data-testid="help" onclick={wish(&props.on, Act::Help)}>{ icon("help") }</button>
            </div>
        </div>
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
