//! A message in hand: what can be done to exactly this one while time stands still.

use yew::prelude::*;

use super::{Wish, wish};
use crate::action::{Act, Hand};
use crate::language::{t, tell};

/// The line under the view, with what can be done to the chosen message.
pub fn bar(sentence: &str, on: &Wish) -> Html {
    let one = |hand: Hand, label: &'static str, id: &'static str| {
        html! { <button type="button" class="btn" data-testid={format!("hand-{id}")} onclick={wish(on, Act::Hand(hand))}>{ t(label) }</button> }
    };
    html! {
        <section class="in-hand" aria-label={t("The message in hand")} data-testid="hand">
            <p>{ tell(sentence) }</p>
            <div class="row">{ for Hand::ALL.iter().map(|(hand, label, id)| one(*hand, label, id)) }
                <button type="button" class="btn bare" data-testid="hand-why" onclick={wish(on, Act::Why(false))}>{ t("Why?") }<kbd aria-hidden="true">{ "y" }</kbd></button>
            </div>
        </section>
    }
}
