//! How the properties stand at the cursor: in one line, and in a list that the line opens. A broken one
//! leads to its event.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::promise::{Promise, Standing};

/// The line, and the list behind it.
pub fn strip(all: &[Promise], on: &Wish) -> Html {
    let count = |standing: fn(&Standing) -> bool| all.iter().filter(|one| standing(&one.standing)).count();
    let broken = all.iter().filter_map(|one| match one.standing {
        Standing::Broken(since, _) => Some((since, one.property.id)),
        _ => None,
    });
    let first = broken.clone().min();
    let hold = tf("{count} hold", &[("count", &count(|one| *one == Standing::Holds))]);
    let open = tf("{count} not asked yet", &[("count", &count(|one| *one == Standing::Open))]);
    html! {
        <section class={classes!("promises", first.is_some().then_some("bad"))} aria-label={t("Properties up to the cursor")} data-testid="promises">
            if let Some((_, id)) = first {
                <button type="button" class="btn bare broken" title={t("Go there")} data-testid="promises-broken" onclick={wish(on, Act::Promise(id))}>{ "✖ " }{ tf("{count} broken", &[("count", &broken.count())]) }</button>
            }
            <button type="button" class="btn bare sum" popovertarget="promises" aria-label={format!("{} {hold} · {open}", t("Properties:"))} data-testid="promises-open"><span class="hold">{ "✓ " }{ &hold }</span><span class="open">{ "· " }{ &open }</span>{ icon("list") }</button>
            { list(all, on) }
        </section>
    }
}

/// Every property with its name in plain words, in the order of their numbers, and what the marks mean.
fn list(all: &[Promise], on: &Wish) -> Html {
    let first = all.iter().position(|one| matches!(one.standing, Standing::Broken(..))).unwrap_or(0);
    let row = |(at, one): (usize, &Promise)| {
        let (class, glyph) = match one.standing {
            Standing::Open => ("open", "○"),
            Standing::Holds => ("holds", "✓"),
            Standing::Broken(..) => ("broken", "✖"),
        };
        let (id, sentence) = (one.property.id, tell(&one.sentence()));
        html! {
            <button key={id} type="button" class={classes!("promise", class, (!one.promised).then_some("unpromised"))} title={sentence}
                tabindex={if at == first { "0" } else { "-1" }} data-testid={format!("promise-{}", id.to_lowercase())} onclick={wish(on, Act::Promise(id))}>
                <span class="mark">{ glyph }</span><b>{ id }</b><span>{ tell(one.property.statement) }</span>
            </button>
        }
    };
    html! {
        <div id="promises" class="promise-list" popover="auto">
            <h2>{ t("Properties up to the cursor") }</h2>
            <p class="note">{ t("✓ holds so far · ✖ broken: leads to its moment · ○ not asked yet: judged at the end · dashed: these rules are known to break it") }</p>
            <div role="toolbar" aria-orientation="vertical" aria-label={t("Properties")} onkeydown={Callback::from(|event: KeyboardEvent| walk(&event))}>{ for all.iter().enumerate().map(row) }</div>
        </div>
    }
}

/// Arrows go from row to row.
fn walk(event: &KeyboardEvent) {
    let Some(here) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let beside = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => here.next_element_sibling(),
        "ArrowLeft" | "ArrowUp" => here.previous_element_sibling(),
        "Home" => here.parent_element().and_then(|list| list.first_element_child()),
        "End" => here.parent_element().and_then(|list| list.last_element_child()),
        _ => return,
    };
    event.prevent_default();
    if let Some(row) = beside.and_then(|beside| beside.dyn_into::<HtmlElement>().ok()) {
        // A row that cannot take the focus leaves it where it is.
        let _ = row.focus();
    }
}
