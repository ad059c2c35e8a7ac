//! A chip for each property: how it stands at the cursor. A broken one leads to its event.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::promise::{Promise, Standing};

/// The strip. One chip is in the order of Tab, arrows go to the others.
pub fn strip(all: &[Promise], on: &Wish) -> Html {
    let is_broken = |one: &Promise| matches!(one.standing, Standing::Broken(..));
    let broken = all.iter().filter(|one| is_broken(one)).count();
    let sum = match broken {
        0 => t("All hold so far").to_owned(),
        1 => t("1 is broken").to_owned(),
        _ => tf("{count} are broken", &[("count", &broken)]),
    };
    let first = all.iter().position(is_broken).unwrap_or(0);
    let chip = |(at, one): (usize, &Promise)| {
        let (class, glyph) = match one.standing {
            Standing::Open => ("open", ""),
            Standing::Holds => ("holds", "✓"),
            Standing::Broken(..) => ("broken", "✖"),
        };
        let (id, sentence) = (one.property.id, tell(&one.sentence()));
        html! {
            <button key={id} type="button" class={classes!("promise", class, (!one.promised).then_some("unpromised"))} aria-label={sentence.clone()} title={sentence}
                tabindex={if at == first { "0" } else { "-1" }} data-testid={format!("promise-{}", id.to_lowercase())} onclick={wish(on, Act::Promise(id))}><span aria-hidden="true">{ glyph }</span>{ id }</button>
        }
    };
    html! {
        <section class="promises" aria-label={t("Properties up to the cursor")} data-testid="promises">
            <b class={(broken > 0).then_some("bad")}>{ sum }</b>
            <div role="toolbar" aria-label={t("Properties")} onkeydown={Callback::from(|event: KeyboardEvent| walk(&event))}>{ for all.iter().enumerate().map(chip) }</div>
        </section>
    }
}

/// Arrows go from chip to chip.
fn walk(event: &KeyboardEvent) {
    let Some(here) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let beside = match event.key().as_str() {
        "ArrowRight" => here.next_element_sibling(),
        "ArrowLeft" => here.previous_element_sibling(),
        "Home" => here.parent_element().and_then(|row| row.first_element_child()),
        "End" => here.parent_element().and_then(|row| row.last_element_child()),
        _ => return,
    };
    event.prevent_default();
    if let Some(chip) = beside.and_then(|beside| beside.dyn_into::<HtmlElement>().ok()) {
        // A chip that cannot take the focus leaves it where it is.
        let _ = chip.focus();
    }
}
