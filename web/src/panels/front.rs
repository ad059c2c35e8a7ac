//! The front page: what this is in one sentence, one big Start, and the ways in.

use yew::prelude::*;

use super::{Wish, icon, room, wish};
use crate::action::{Act, Learn};
use crate::language::t;

/// The sentence and the ways in.
pub fn ways(on: &Wish) -> Html {
    let way =
        |act: Act, name: &'static str, picture: &'static str, title: &'static str, what: &'static str| {
            html! {
                <li><button type="button" data-testid={format!("way-{name}")} onclick={wish(on, act)}>
                    { icon(picture) }<span><b>{ title }</b><small>{ what }</small></span>
                </button></li>
            }
        };
    html! {
        <section class="front" aria-label={t("Welcome")} data-testid="front">
            <div class="say">
                <h2>{ t("Break a Valkey cluster, and watch it vote.") }</h2>
                <p>{ t("Real failover rules run in this page: kill a primary, follow every vote, wind time back, and share the very same run as a link.") }</p>
            </div>
            <div class="ways">
                <ul>
                    { way(Act::Learn(Learn::List), "learn", "learn", t("Learn"), t("Twelve short lessons. You predict, the engine answers.")) }
                    { way(Act::Break, "break", "kill", t("Break it"), t("A healthy cluster of your own. Kill, cut and slow what you like.")) }
                    { way(Act::Versus, "compare", "versus", t("Compare rules"), t("One seed under two rules, side by side, to the first difference.")) }
                </ul>
                { room::doors() }
            </div>
        </section>
    }
}

/// The one big button, in the middle of the ring.
pub fn start(on: &Wish) -> Html {
    html! {
        <div class="start"><button type="button" class="btn solid" data-testid="begin" onclick={wish(on, Act::Start)}>{ icon("play") }{ t("Start") }</button></div>
    }
}
