//! What can be done: to the chosen nodes, to the rules, to the network.

use yew::prelude::*;

use super::{Shared, Wish, icon, switch, wish};
use crate::action::{Act, Deed};
use crate::language::t;
use crate::scene::{Node, NodeIndex, Process, Role, Scene};
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
    /// Whether it allows no other seed, no other rules, no other dials.
    pub fixed: [bool; 3],
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
            <button type="button" class="btn wide" disabled={dials.fixed[0]} data-testid={format!("{}force-split", props.id)} onclick={wish(&props.on, Act::ForceSplit)}>
                { icon("split") }{ t("Force a split vote") }<kbd>{ "s" }</kbd>
            </button>
            <fieldset disabled={dials.fixed[1]}>
                { switch("NACK", Some(t("Voters that refuse say so.")), &format!("{}nack", props.id), dials.nack, wish(&props.on, Act::Rule("nack"))) }
                { switch(t("Fast failover"), Some(t("The provably best asks at once.")), &format!("{}fast", props.id), dials.fast, wish(&props.on, Act::Rule("fast-failover"))) }
            </fieldset>
        </section>
        <section class="sect">
            <h2>{ t("World") }</h2>
            <fieldset class="stack" disabled={dials.fixed[2]}>{ for dials.settings.iter().map(|(key, label, value)| dial(props, key, t(label), value)) }</fieldset>
        </section>
        <section class="sect pinned">
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
    let nodes = &props.scene.nodes;
    let one = props.selected.and_then(|at| nodes.get(at));
    let mut targets: Vec<&Node> = props.group.iter().filter_map(|at| nodes.get(*at)).collect();
    if targets.is_empty() {
        targets.extend(one);
    }
    let idle = match deed {
        Deed::Heal => props.scene.faults.is_empty(),
        _ => !can(deed, &targets),
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

/// Whether a deed would do anything to these nodes.
fn can(deed: Deed, targets: &[&Node]) -> bool {
    let lives = |node: &&Node| node.process != Process::Down;
    match deed {
        Deed::Restart | Deed::Heal => !targets.is_empty(),
        Deed::Failover => {
            targets.first().is_some_and(|node| node.process == Process::Up && node.role == Role::Replica)
        }
        Deed::Kill | Deed::Pause | Deed::Cut | Deed::Slow => targets.iter().any(lives),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_act_is_offered() {
        let node = |process, role| Node { role, process, ..Node::default() };
        let offered = |targets: &[&Node]| -> Vec<&str> {
            Deed::ALL.iter().filter(|one| can(one.0, targets)).map(|one| one.3).collect()
        };
        let (dead, primary) = (node(Process::Down, Role::Primary), node(Process::Up, Role::Primary));
        let replica = node(Process::Up, Role::Replica);
        assert_eq!(offered(&[&dead]), ["restart", "heal"]);
        assert_eq!(offered(&[&primary]), ["kill", "pause", "restart", "cut", "slow", "heal"]);
        assert_eq!(offered(&[&replica]).len(), 7);
        assert_eq!(offered(&[&dead, &replica]), ["kill", "pause", "restart", "cut", "slow", "heal"]);
        assert_eq!(offered(&[]), [""; 0]);
    }
}
