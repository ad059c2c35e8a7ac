//! What can be done: to the chosen nodes, to the rules, to the network.

use yew::prelude::*;

use super::{Shared, Wish, icon, switch, wish};
use crate::action::{Act, Deed};
use crate::language::t;
use crate::scene::{NodeIndex, Process, Scene};
use crate::words;

/// Whatever the dials and switches show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dials {
    /// NACK for everyone.
    pub nack: bool,
    /// Fast failover for everyone.
    pub fast: bool,
    /// Key of `set`, label, present value.
    pub settings: Vec<(&'static str, &'static str, String)>,
    /// Whether there is a change to take back.
    pub undo: bool,
    /// Whether votes slow the clock down.
    pub pings: bool,
    /// Deeds that a lesson does not allow now.
    pub locked: Vec<Deed>,
}

/// What the rail is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The moment.
    pub scene: Shared<Scene>,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// Nodes chosen for a cut.
    pub group: Vec<NodeIndex>,
    /// Switches and dials.
    pub dials: Dials,
    /// Prefix of the test ids: the rail stands twice in the page, once for narrow screens.
    pub id: &'static str,
    /// Where wishes go.
    pub on: Wish,
}

/// The rail.
#[component]
pub fn Rail(props: &Props) -> Html {
    let dials = &props.dials;
    html! { <>
        <section class="sect">
            <header>
                <h2>{ t("Act on") }{ " " }<b style="color:var(--ink)">{ target(props) }</b></h2>
            </header>
            if dials.locked.len() == Deed::ALL.len() { <p class="note" data-testid={format!("{}locked", props.id)}>{ t(words::NOT_NOW) }</p> }
            <div class="acts">{ for Deed::ALL.iter().map(|(deed, label, key, name)| deed_button(props, *deed, label, key, name)) }</div>
        </section>
        <section class="sect">
            <h2>{ t("Votes") }</h2>
            <button type="button" class="btn wide" data-testid={format!("{}force-split", props.id)} onclick={wish(&props.on, Act::ForceSplit)}>
                { icon("split") }{ t("Force a split vote") }<kbd>{ "s" }</kbd>
            </button>
            { switch("NACK", Some(t("Voters that refuse say so.")), &format!("{}nack", props.id), dials.nack, wish(&props.on, Act::Rule("nack"))) }
            { switch(t("Fast failover"), Some(t("The provably best asks at once.")), &format!("{}fast", props.id), dials.fast, wish(&props.on, Act::Rule("fast-failover"))) }
        </section>
        <section class="sect">
            <h2>{ t("World") }</h2>
            <div class="stack">{ for dials.settings.iter().map(|(key, label, value)| dial(props, key, t(label), value)) }</div>
        </section>
        <section class="sect">
            <div class="row pair">
                <button type="button" class="btn" disabled={!dials.undo} data-testid={format!("{}undo", props.id)} onclick={wish(&props.on, Act::Undo)}>{ icon("undo") }{ t("Undo") }<kbd>{ "u" }</kbd></button>
                <button type="button" class="btn" aria-pressed={if dials.pings { "true" } else { "false" }} data-testid={format!("{}pings", props.id)} onclick={wish(&props.on, Act::Pings)}>{ t("Pings") }<kbd>{ "g" }</kbd></button>
            </div>
        </section>
    </> }
}

fn target(props: &Props) -> String {
    let names: Vec<String> = props.group.iter().map(|at| props.scene.nodes[*at].name.clone()).collect();
    match (names.is_empty(), props.selected) {
        (false, _) => names.join(t(", ")),
        (true, Some(at)) => {
            props.scene.nodes.get(at).map_or_else(|| t("nothing").to_owned(), |node| node.name.clone())
        }
        (true, None) => t("a node").to_owned(),
    }
}

fn deed_button(
    props: &Props,
    deed: Deed,
    label: &'static str,
    key: &'static str,
    name: &'static str,
) -> Html {
    let one = props.selected.and_then(|at| props.scene.nodes.get(at));
    let idle = match deed {
        Deed::Heal => props.scene.faults.is_empty(),
        _ => one.is_none() && props.group.is_empty(),
    };
    let locked = props.dials.locked.contains(&deed);
    let paused = one.is_some_and(|node| node.process == Process::Paused);
    let label = if deed == Deed::Pause && paused { t("Resume") } else { t(label) };
    html! {
        <button type="button" disabled={idle || locked} title={locked.then(|| t(words::NOT_NOW))} data-testid={format!("{}{name}", props.id)} onclick={wish(&props.on, Act::Do(deed, None))}>
            { icon(name) }<span>{ label }</span><kbd>{ key }</kbd>
        </button>
    }
}

fn dial(props: &Props, key: &'static str, label: &'static str, value: &str) -> Html {
    let on = props.on.clone();
    let change = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
            on.emit(Act::Set(key, input.value()));
        }
    });
    html! {
        <label class="field" key={key}><span>{ label }</span>
            <input type="text" value={value.to_owned()} onchange={change} spellcheck="false" autocomplete="off" data-testid={format!("{}set-{key}", props.id)} />
        </label>
    }
}
