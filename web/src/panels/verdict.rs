//! What breaks in the run: one line each, which leads to its moment.

use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
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
        <section class="breaches" aria-label="What breaks in this run" data-testid="breaches">
            <ul>{ for all.iter().take(SHOWN).enumerate().map(|(at, one)| html! { <li>{ line(at, one, on) }</li> }) }</ul>
            if all.len() > SHOWN { <p class="note">{ format!("and {} more, marked ✖ on the tape", all.len() - SHOWN) }</p> }
        </section>
    }
}

fn line(at: usize, one: &Breach, on: &Wish) -> Html {
    let often = if one.times > 1 { format!(", {} times", one.times) } else { String::new() };
    let lacks = if one.promised { "" } else { " · these rules do not promise it" };
    let place = if one.property.is_some() { "first at" } else { "not met at" };
    html! {
        <button type="button" title="Go there" data-testid={format!("breach-{}", one.name().to_lowercase())} onclick={wish(on, Act::Breach(at))}>
            <b class="bad"><span aria-hidden="true">{ "✖ " }</span>{ one.name() }</b>
            <span class="say">{ &one.statement }</span>
            <span class="note">{ format!("{place} {}{often}{lacks}", words::clock(one.at)) }</span>
        </button>
    }
}
