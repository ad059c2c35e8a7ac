//! What breaks in the run: one line each, which leads to its moment.

use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::breach::Breach;
use crate::words;

/// More than these are counted, not shown.
const SHOWN: usize = 3;

/// The lines; nothing if nothing breaks. What lies ahead of the cursor is told in a neutral tone.
pub fn breaches(all: &[Breach], now: u64, on: &Wish) -> Html {
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <section class={classes!("breaches", all.iter().all(|one| one.at > now).then_some("ahead"))} aria-label={t("What breaks in this run")} data-testid="breaches">
            <ul>{ for all.iter().take(SHOWN).enumerate().map(|(at, one)| html! { <li>{ line(at, one, now, on) }</li> }) }</ul>
            if all.len() > SHOWN { <p class="note">{ tf("and {n} more, marked ✖ on the tape", &[("n", &(all.len() - SHOWN))]) }</p> }
        </section>
    }
}

fn line(at: usize, one: &Breach, now: u64, on: &Wish) -> Html {
    let (time, name, ahead) = (words::clock(one.at), tell(one.name()), one.at > now);
    let place = match (&one.property, one.times) {
        (Some(_), 0 | 1) if ahead => String::new(),
        (Some(_), times) if ahead => tf("{n} times", &[("n", &times)]),
        (None, _) => tf("not met at {time}", &[("time", &time)]),
        (Some(_), 0 | 1) => tf("first at {time}", &[("time", &time)]),
        (Some(_), times) => tf("first at {time}, {n} times", &[("time", &time), ("n", &times)]),
    };
    let lacks = if one.promised { String::new() } else { t("these rules do not promise it").to_owned() };
    let note: Vec<String> = [place, lacks].into_iter().filter(|part| !part.is_empty()).collect();
    html! {
        <button type="button" title={t("Go there")} data-testid={format!("breach-{}", one.name().to_lowercase())} onclick={wish(on, Act::Breach(at))}>
            if !ahead {
                <b class="bad"><span aria-hidden="true">{ "✖ " }</span>{ &name }</b>
            } else if one.property.is_some() {
                <b>{ tf("Breaks at {time}: {name}", &[("time", &time), ("name", &name)]) }</b>
            } else {
                <b>{ &name }</b>
            }
            <span class="say">{ tell(&one.statement) }</span>
            <span class="note">{ note.join(" · ") }</span>
        </button>
    }
}
