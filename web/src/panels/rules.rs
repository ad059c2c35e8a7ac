//! Every switch of the table, in groups that open; what was changed stands on top.

use splitvote::base::Rules as Values;
use splitvote::base::rules::{Group, PRESETS, SWITCHES, Switch};
use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{later, t, tell, tf};
use crate::scene::NodeIndex;

/// What the panel is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The rules that are shown.
    pub values: Values,
    /// What they start from.
    pub preset: &'static str,
    /// The node they are of, with its name; none is everyone.
    pub of: Option<(NodeIndex, String)>,
    /// The node whose rules can be shown instead.
    pub other: Option<String>,
    /// Where wishes go.
    pub on: Wish,
}

/// The groups in the order of the table, with their names.
const GROUPS: &[(Group, &str)] = &[
    (Group::Nack, later("Refusals")),
    (Group::Election, later("Elections")),
    (Group::Voting, later("Voting")),
    (Group::Manual, later("Manual failover")),
    (Group::Failure, later("Failure detection")),
    (Group::Topology, later("Roles and slots")),
    (Group::Replication, later("Replication")),
    (Group::Membership, later("Membership")),
    (Group::Wire, later("On the wire")),
];

/// The panel.
#[component]
pub fn Rules(props: &Props) -> Html {
    let wanted = use_state(String::new);
    let type_ = {
        let wanted = wanted.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
                wanted.set(input.value().to_lowercase());
            }
        })
    };
    let base = Values::preset(props.preset).unwrap_or_default();
    let words = wanted.trim();
    let matches = |switch: &&Switch| {
        words.is_empty()
            || [switch.id, switch.source, switch.meaning, t(switch.meaning)]
                .iter()
                .any(|text| text.to_lowercase().contains(words))
    };
    let changed = |switch: &&Switch| switch.get(&props.values) != switch.get(&base);
    let differing: Vec<&Switch> = SWITCHES.iter().filter(changed).filter(matches).collect();
    let found = SWITCHES.iter().filter(matches).count();
    let row = |switch: &&'static Switch| row(props, &base, switch);
    html! { <>
        <div class="rules-head">
            { scope(props) }
            <label class="preset"><span>{ t("Preset") }</span>{ presets(props.preset, props.of.as_ref().map(|of| of.0), "preset", &props.on) }</label>
            <input type="search" placeholder={t("Find a switch, a word or #PR")} aria-label={t("Find a switch")} value={(*wanted).clone()} oninput={type_} data-testid="rule-filter" />
            <p class="unseen" role="status">{ if words.is_empty() { String::new() } else { tf("{n} switches found", &[("n", &found)]) } }</p>
        </div>
        <div class="rules" data-testid="rules">
            <section class="sect changed">
                <header>
                    <h2>{ if differing.is_empty() { tf("Nothing differs from {preset}", &[("preset", &props.preset)]) } else { tf("Not as in {preset}", &[("preset", &props.preset)]) } }</h2>
                    if SWITCHES.iter().any(|switch| changed(&switch)) {
                        <button type="button" class="btn bare" data-testid="reset-rules" onclick={wish(&props.on, Act::SetPreset(props.of.as_ref().map(|of| of.0), props.preset.to_owned()))}>{ t("Reset") }</button>
                    }
                </header>
                <ul data-testid="changed">{ for differing.iter().map(row) }</ul>
            </section>
            if found == 0 { <p class="note sect">{ t("No switch has these words.") }</p> }
            { for GROUPS.iter().map(|(group, name)| {
                let all: Vec<&'static Switch> = SWITCHES.iter().filter(|switch| switch.group == *group).filter(matches).collect();
                // What stands on top is not said twice.
                let rest: Vec<&'static Switch> = all.iter().copied().filter(|switch| !changed(switch)).collect();
                if rest.is_empty() { return Html::default(); }
                html! {
                    <details class="group" key={*name} open={!words.is_empty()}>
                        <summary><span>{ t(name) }</span><span class="note">{ rest.len() }</span></summary>
                        <ul>{ for rest.iter().map(row) }</ul>
                    </details>
                }
            }) }
        </div>
    </> }
}

/// Whose rules are shown: everyone's, or those of the chosen node.
fn scope(props: &Props) -> Html {
    let one = |label: String, of_node: bool| {
        let pressed = if props.of.is_some() == of_node { "true" } else { "false" };
        let name = if of_node { "rules-one" } else { "rules-all" };
        html! { <button type="button" class="btn" aria-pressed={pressed} data-testid={name} onclick={wish(&props.on, Act::RulesOf(of_node))}>{ label }</button> }
    };
    let name = props.of.as_ref().map(|of| of.1.clone()).or_else(|| props.other.clone());
    html! {
        <div class="pair row" role="group" aria-label={t("Whose rules")}>
            { one(t("Everyone").to_owned(), false) }
            if let Some(name) = name { { one(tf("{name}, from now on", &[("name", &name)]), true) } }
        </div>
    }
}

/// A list of the presets; `of` is the node it is for.
pub fn presets(chosen: &str, of: Option<NodeIndex>, id: &'static str, on: &Wish) -> Html {
    let on = on.clone();
    let pick = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<web_sys::HtmlSelectElement>() {
            on.emit(Act::SetPreset(of, input.value()));
        }
    });
    html! {
        <select class="pick" aria-label={t("Preset")} onchange={pick} data-testid={id}>
            { for PRESETS.iter().map(|name| html! { <option value={*name} selected={*name == chosen}>{ *name }</option> }) }
        </select>
    }
}

/// The values of a switch, to choose from.
pub fn values(
    switch: &'static Switch,
    rules: &Values,
    of: Option<NodeIndex>,
    (id, label): (String, String),
    on: &Wish,
) -> Html {
    let (on, name) = (on.clone(), switch.id);
    let pick = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<web_sys::HtmlSelectElement>() {
            on.emit(Act::SetRule(of, name, input.value()));
        }
    });
    let present = switch.get(rules);
    html! {
        <select class="pick" aria-label={label} onchange={pick} data-testid={id}>
            { for switch.values.iter().map(|value| html! { <option value={*value} selected={*value == present}>{ *value }</option> }) }
        </select>
    }
}

fn row(props: &Props, base: &Values, switch: &'static Switch) -> Html {
    let of = props.of.as_ref().map(|of| of.0);
    let (present, usual) = (switch.get(&props.values), switch.get(base));
    let (id, meaning) = (format!("rule-{}", switch.id), format!("means-{}", switch.id));
    let control = if switch.values.len() == 2 {
        let on = present == "on";
        let next = if on { "off" } else { "on" };
        html! {
            <button type="button" class="switch" role="switch" aria-checked={if on { "true" } else { "false" }} aria-label={switch.id}
                aria-describedby={meaning.clone()} data-testid={id} onclick={wish(&props.on, Act::SetRule(of, switch.id, next.to_owned()))}>
                <span class="track" aria-hidden="true"></span>
            </button>
        }
    } else {
        values(switch, &props.values, of, (id, switch.id.to_owned()), &props.on)
    };
    html! {
        <li key={switch.id} class={classes!("rule", (present != usual).then_some("differs"))}>
            <div class="rule-head"><code>{ switch.id }</code>{ control }</div>
            <p id={meaning}>{ t(switch.meaning) }</p>
            <p class="note">{ tell(switch.source) }if present != usual { <b>{ tf(" · {preset} has {value}", &[("preset", &props.preset), ("value", &usual)]) }</b> }</p>
        </li>
    }
}
