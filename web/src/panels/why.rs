//! Why something happened: a short list of sentences, each a way there, the last of them where it began.

use splitvote::sim::traffic::why::Item;
use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{t, tell};
use crate::session::causes::Step;
use crate::words;

/// The chain of causes of what is chosen.
pub fn card(steps: &[Step], chosen: Option<Item>, on: &Wish) -> Html {
    let Some((what, causes)) = steps.split_first() else { return Html::default() };
    let last = causes.len().saturating_sub(1);
    let row = |at: usize, step: &Step, class: Option<&'static str>| {
        let here = chosen == Some(step.item);
        html! {
            <li class={classes!(class, here.then_some("here"))} aria-current={here.then_some("step")}>
                if at > 0 { <span class="because">{ t("because") }</span> }
                <button type="button" data-testid={format!("why-{at}")} onclick={wish(on, Act::Cause(step.item, step.at))} title={t("Go there")}>
                    <span class="t">{ words::clock(step.at) }</span><span class="w">{ tell(&step.text) }if class == Some("root") { <span class="flag">{ t("start of the chain") }</span> }</span>
                </button>
            </li>
        }
    };
    html! {
        <section class="sect why" data-testid="why">
            <h2>{ t("Why did this happen?") }</h2>
            <ol class="chain">
                { row(0, what, Some("what")) }
                { for causes.iter().enumerate().map(|(at, step)| row(at + 1, step, (at == last).then_some("root"))) }
            </ol>
            <p class="note">{ t("Each line is the reason for the one above it. Click one to go there.") }</p>
        </section>
    }
}
