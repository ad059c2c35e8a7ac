//! What one node believes.

use splitvote::base::Rules;
use splitvote::base::rules::SWITCHES;
use yew::prelude::*;

use super::{Shared, Wish, chip, rules, switch, wish};
use crate::action::Act;
use crate::language::{later, t, tell, tf};
use crate::scene::{Beliefs, Counters, Node, NodeIndex, Opinion, Process, Role, Scene, hue};
use crate::words;

/// What the inspector is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The moment.
    pub scene: Shared<Scene>,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// What it obeys, while it has a process.
    pub rules: Option<Rules>,
    /// What it believes.
    pub beliefs: Shared<Beliefs>,
    /// Where wishes go.
    pub on: Wish,
}

/// The inspector.
#[component]
pub fn Inspector(props: &Props) -> Html {
    let Some((at, node)) = props.selected.and_then(|at| Some((at, props.scene.nodes.get(at)?))) else {
        return html! { <>
            <section class="sect"><div class="empty"><b>{ t("No node chosen") }</b><p>{ t("Click a node, or walk the ring with the arrow keys. A square is a primary, a circle a replica; the colour is its epoch.") }</p></div></section>
            { counters(&props.scene.counters) }
        </> };
    };
    html! { <>
        <section class="sect">{ head(node, &props.on) }</section>
        if node.process == Process::Down {
            <section class="sect"><p class="note">{ t("Its process is gone. Restart it to let it speak again.") }</p></section>
        } else {
            <section class="sect">
                <h2>{ t("What it believes of itself") }</h2>
                <dl class="facts" data-testid="facts">
                    <dt>{ t("Current epoch") }</dt><dd>{ chip(node.epoch, false) }</dd>
                    <dt>{ t("Config epoch") }</dt><dd>{ chip(node.config_epoch, true) }</dd>
                    <dt>{ t("Offset") }</dt><dd>{ offset(node) }</dd>
                    { for props.beliefs.facts.iter().map(|(label, value)| html! { <><dt>{ t(label) }</dt><dd>{ tell(value) }</dd></> }) }
                </dl>
            </section>
            { obeys(props, at, node) }
            <section class="sect">
                <h2>{ t("What it believes of others") }</h2>
                { others(&props.beliefs) }
            </section>
        }
        { counters(&props.scene.counters) }
    </> }
}

/// What the node obeys: its preset, the two switches that are turned most, and how far it is from the preset.
fn obeys(props: &Props, at: NodeIndex, node: &Node) -> Html {
    let Some(rules) = props.rules else { return Html::default() };
    let (preset, changes) = rules.nearest();
    let more = match changes.len() {
        0 => t("All its rules").to_owned(),
        1 => t("All its rules, 1 changed").to_owned(),
        many => tf("All its rules, {n} changed", &[("n", &many)]),
    };
    html! {
        <section class="sect obeys">
            <h2>{ t("Its rules, from this moment on") }</h2>
            <label class="preset"><span>{ t("Preset") }</span>{ rules::presets(preset, Some(at), "node-preset", &props.on) }</label>
            { for SWITCHES.iter().filter(|switch| switch.id == "nack").map(|switch| html! {
                <label class="preset"><span>{ "NACK" }</span>{ rules::values(switch, &rules, Some(at), ("node-nack".to_owned(), t("NACK on this node").to_owned()), &props.on) }</label>
            }) }
            { switch(t("Fast failover on this node"), None, "node-fast", node.fast, wish(&props.on, Act::NodeRule(at, "fast-failover"))) }
            <button type="button" class="btn wide" data-testid="node-rules" onclick={wish(&props.on, Act::RulesOf(true))}>{ more }</button>
        </section>
    }
}

fn head(node: &Node, on: &Wish) -> Html {
    let role = match (node.role, node.process) {
        (_, Process::Down) => t("Down"),
        (_, Process::Paused) => t("Paused"),
        (Role::Primary, _) if node.slots == 0 => t("Primary without slots"),
        (Role::Primary, _) => t("Primary"),
        (Role::Replica, _) => t("Replica"),
    };
    let role = if node.slots > 0 {
        tf("{role}, {n} slots", &[("role", &role), ("n", &words::number(u64::from(node.slots)))])
    } else {
        role.to_owned()
    };
    html! {
        <div class="who-head">
            <svg viewBox="-20 -20 40 40" aria-hidden="true">{ super::stage::outline(node.role, 16.0, if node.process == Process::Down { classes!("rim-only", "gone") } else { classes!("hue-stroke", hue(node.epoch), "rim-only") }) }</svg>
            <div><h2 data-testid="inspected">{ &node.name }</h2><p>{ role }</p></div>
            <button type="button" class="btn" title={t("Why is it so?")} data-testid="node-why" onclick={wish(on, Act::Why(true))}>{ t("Why?") }</button>
        </div>
    }
}

fn offset(node: &Node) -> Html {
    let behind = if node.lag > 0 { format!(" −{}", words::number(node.lag)) } else { String::new() };
    html! { <span class="num">{ words::number(node.offset) }<span class="note">{ behind }</span></span> }
}

fn others(beliefs: &Beliefs) -> Html {
    let flag = |opinion: Opinion, reports: usize| match opinion {
        Opinion::Well if reports == 0 => html! {},
        Opinion::Well => html! { <span class="note">{ tf("{n} doubt it", &[("n", &reports)]) }</span> },
        Opinion::Pfail => html! { <span class="flag dashed">{ t("pfail") }</span> },
        Opinion::Fail => html! { <span class="flag filled">{ t("fail") }</span> },
    };
    html! {
        <table class="view" data-testid="others">
            <thead><tr><th scope="col">{ t("Node") }</th><th scope="col">{ t("State") }</th><th scope="col">{ t("Config") }</th><th scope="col">{ t("Offset") }</th></tr></thead>
            <tbody>{ for beliefs.others.iter().map(|other| html! {
                <tr key={other.name.clone()}>
                    <td><b>{ &other.name }</b>{ " " }<span class="note">{ tell(&other.role) }</span></td>
                    <td>{ flag(other.opinion, other.reports) }</td>
                    <td>if other.config_epoch > 0 { { chip(other.config_epoch, true) } }</td>
                    <td class="num">{ words::number(other.offset) }</td>
                </tr>
            }) }</tbody>
        </table>
    }
}

fn counters(counters: &Counters) -> Html {
    let one = |label: &'static str, value: u64| html! { <div><dt>{ t(label) }</dt><dd class="num" data-testid={format!("count-{}", label.to_lowercase().replace(' ', "-"))}>{ words::number(value) }</dd></div> };
    let [asked, yes, no] = counters.ballots;
    html! {
        <section class="sect">
            <h2>{ t("The run so far") }</h2>
            <dl class="counts">
                { one(later("Messages"), counters.messages) }{ one(later("Rounds"), counters.rounds) }{ one(later("Failovers"), counters.failovers) }
                { one(later("Votes asked"), asked) }{ one(later("Granted"), yes) }{ one(later("Refused aloud"), no) }
                { one(later("Writes"), counters.acknowledged) }{ one(later("Writes lost"), counters.lost) }
            </dl>
        </section>
    }
}
