//! The tabs over the centre: which of the views stands there.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{Wish, wish};
use crate::action::{Act, View};
use crate::language::t;

/// The tabs; one of them is in the order of Tab, arrows go to the others.
pub fn tabs(present: View, on: &Wish) -> Html {
    let keys = {
        let on = on.clone();
        Callback::from(move |event: KeyboardEvent| {
            if let Some(next) = beside(present, &event.key()) {
                event.prevent_default();
                event.stop_propagation();
                on.emit(Act::View(next));
                focus(next);
            }
        })
    };
    let tab = |&(view, label, key, id): &(View, &'static str, &'static str, &'static str)| {
        let chosen = view == present;
        html! {
            <button type="button" role="tab" id={format!("view-{id}")} aria-controls="centre" aria-selected={if chosen { "true" } else { "false" }}
                tabindex={if chosen { "0" } else { "-1" }} data-testid={format!("view-{id}")} onclick={wish(on, Act::View(view))}>{ t(label) }<kbd aria-hidden="true">{ key }</kbd></button>
        }
    };
    html! { <div class="tabs views" role="tablist" aria-label={t("Views")} onkeydown={keys}>{ for View::ALL.iter().map(tab) }</div> }
}

/// Where a key leads from a tab.
fn beside(present: View, key: &str) -> Option<View> {
    let all = View::ALL;
    let here = all.iter().position(|one| one.0 == present)?;
    let to = match key {
        "ArrowRight" => (here + 1) % all.len(),
        "ArrowLeft" => (here + all.len() - 1) % all.len(),
        "Home" => 0,
        "End" => all.len() - 1,
        _ => return None,
    };
    Some(all[to].0)
}

fn focus(view: View) {
    let page = web_sys::window().and_then(|window| window.document());
    let tab = page.and_then(|page| page.get_element_by_id(&format!("view-{}", view.id())));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        // A tab that cannot take the focus leaves it where it is.
        let _ = tab.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round() {
        let last = View::ALL[View::ALL.len() - 1].0;
        assert_eq!(beside(View::Ring, "ArrowLeft"), Some(last));
        assert_eq!(beside(last, "ArrowRight"), Some(View::Ring));
        assert_eq!((beside(last, "Home"), beside(View::Ring, "x")), (Some(View::Ring), None));
    }
}
