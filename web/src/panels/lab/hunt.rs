//! The hunt: random faults until something breaks, then the smallest script that shows it.

use splitvote_lab::messages::Prey;
use yew::prelude::*;

use super::entered;
use crate::action::Act;
use crate::lab::Order;
use crate::lab::chase::{Chase, Form, HARMS, targets};
use crate::language::{t, tell, tf};
use crate::panels::{Wish, icon, switch, wish};
use crate::words;

/// What is hunted, and what has come of it.
pub(super) fn section(form: &Form, chase: Option<&Chase>, rules: &str, on: &Wish) -> Html {
    let runs = chase.is_some_and(Chase::is_running);
    let go = if runs {
        html! { <button type="button" class="btn solid" data-testid="hunt-stop" onclick={wish(on, Act::Lab(Order::CallOff))}>{ icon("close") }{ t("Stop") }</button> }
    } else {
        html! { <button type="button" class="btn solid" data-testid="hunt-go" onclick={wish(on, Act::Lab(Order::Hunt))}>{ icon("play") }{ t("Hunt") }</button> }
    };
    html! {
        <section class="sect" aria-labelledby="hunt-head">
            <h2 id="hunt-head">{ t("Hunt: what breaks under these rules?") }</h2>
            <p class="note">{ tf("Random clusters and random faults under {rules}, until something breaks; then the smallest script that shows it.", &[("rules", &rules)]) }</p>
            <div class="lab-form">
                <label class="grow"><span>{ t("Look for") }</span>{ picker(form, on) }</label>
                <div class="check">{ switch(t("In this scenario only"), None, "hunt-over", form.over, wish(on, Act::Lab(Order::Over(!form.over)))) }</div>
                { go }
            </div>
            <p class="lab-progress" role="status" data-testid="hunt-state">{ chase.map(state).unwrap_or_default() }</p>
            if let Some(Chase::Found(prey)) = chase { { found(prey, on) } }
        </section>
    }
}

fn picker(form: &Form, on: &Wish) -> Html {
    let option = |word: &'static str| {
        let label = splitvote::sim::properties::Property::named(word).map_or_else(
            || harm(word).to_owned(),
            |property| format!("{word} · {}", tell(property.statement)),
        );
        html! { <option value={word} selected={form.target == word}>{ label }</option> }
    };
    let properties = targets().filter(|word| !HARMS.contains(word));
    html! {
        <select class="pick" data-testid="hunt-target" onchange={entered(on, Order::Target)}>
            <option value="" selected={form.target.is_empty()}>{ t("Any broken promise but those nearly every election breaks") }</option>
            <optgroup label={t("Harm that splitvote does not do in the same world")}>{ for HARMS.into_iter().map(option) }</optgroup>
            <optgroup label={t("Properties")}>{ for properties.map(option) }</optgroup>
        </select>
    }
}

/// What the words of `--property` mean that are no properties.
fn harm(word: &'static str) -> &'static str {
    match word {
        "late" => t("Late: slots without a primary for long"),
        "slow" => t("Slow: longer without a primary than with others"),
        "lost" => t("Lost: acknowledged writes are gone"),
        "manual" => t("Manual: a failover by hand does not come off"),
        "alarm" => t("Alarm: a node that runs is marked failed"),
        other => other,
    }
}

fn state(chase: &Chase) -> String {
    match chase {
        Chase::Hunting(runs, places) => tf(
            "{runs} worlds played, {places} places come across.",
            &[("runs", &words::number(*runs)), ("places", &words::number(*places))],
        ),
        Chase::Shrinking(tries) => tf(
            "Something broke. Making it small: {tries} scripts tried.",
            &[("tries", &words::number(*tries))],
        ),
        Chase::Found(prey) => {
            let what = tell(&prey.what);
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("target", &prey.target), ("seed", &prey.seed), ("what", &what)];
            tf("{target} broke with seed {seed}: {what}.", &values)
        }
        Chase::Nothing => t("Nothing broke.").to_owned(),
        Chase::Stopped => t("Stopped.").to_owned(),
        Chase::Failed(why) => tell(why),
    }
}

fn found(prey: &Prey, on: &Wish) -> Html {
    html! {
        <div class="prey" data-testid="hunt-found">
            <pre tabindex="0" role="region" aria-label={t("The smallest script that shows it")}>{ &prey.script }</pre>
            <p class="note">{ tf("{after} statements, {before} before it was made small.", &[("after", &prey.after), ("before", &prey.before)]) }</p>
            <button type="button" class="btn solid" data-testid="hunt-open" onclick={wish(on, Act::Lab(Order::OpenPrey))}>{ icon("play") }{ t("Open this run") }</button>
        </div>
    }
}
