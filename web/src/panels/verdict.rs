//! What breaks in the run: one line each, which leads to its moment.

use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::breach::Breach;
use crate::words;

/// More than these are counted, not shown.
const SHOWN: usize = 3;

/// The lines; nothing if nothing breaks.
pub fn breaches(all: &[Breach], on: &Wish) -> Html {
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <section class="breaches" aria-label={t("What breaks in this run")} data-testid="breaches">
            <ul>{ for all.iter().take(SHOWN).enumerate().map(|(at, one)| html! { <li>{ line(at, one, on) }</li> }) }</ul>
            if all.len() > SHOWN { <p class="note">{ tf("and {n} more, marked ✖ on the tape", &[("n", &(all.len() - SHOWN))]) }</p> }
        </section>
    }
}

fn line(at: usize, one: &Breach, on: &Wish) -> Html {
    let time = words::clock(one.at);
    let place = match (&one.property, one.times) {
        (None, _) => tf("not met at {time}", &[("time", &time)]),
        (Some(_), 0 | 1) => tf("first at {time}", &[("time", &time)]),
        (Some(_), times) => tf("first at {time}, {n} times", &[("time", &time), ("n", &times)]),
    };
    let lacks = if one.promised { "" } else { t("these rules do not promise it") };
    html! {
        <button type="button" title={t("Go there")} data-testid={format!("breach-{}", one.name().to_lowercase())} onclick={wish(on, Act::Breach(at))}>
            <b class="bad"><span aria-hidden="true">{ "✖ " }</span>{ tell(one.name()) }</b>
            <span class="say">{ tell(&one.statement) }</span>
            <span class="note">{ place }if !lacks.is_empty() { { " · " }{ lacks } }</span>
        </button>
    }
}
