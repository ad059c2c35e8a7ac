//! The card of an open room of the museum, and its one switch; and the doors of the front page.

use splitvote::scenario::museum::{Card, Harm, ROOMS};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::{Act, Learn};
use crate::language::{t, tell, tf};
use crate::museum::{DOORS, Room, Side};
use crate::scene::breach::Breach;
use crate::words;

/// The card: what happened, why, where to look, the switch, and what came of it.
pub fn card(room: &'static Room, side: Side, breaches: &[Breach], on: &Wish) -> Html {
    let card = &room.card;
    let number = room.built.name.rsplit('/').next().unwrap_or("").to_uppercase();
    let button = |label: &'static str, name: &'static str, fixed: bool| {
        let pressed = if side == if fixed { Side::Fixed } else { Side::Was } { "true" } else { "false" };
        html! { <button type="button" class="btn" aria-pressed={pressed} data-testid={name} onclick={wish(on, Act::Turn(fixed))}>{ label }</button> }
    };
    let promise = match card.harm {
        Harm::Violation(property) => tf("{property} breaks", &[("property", &property)]),
        Harm::Unmet(text) => tf("“{text}” is not met", &[("text", &text)]),
    };
    html! {
        <article class="room" data-testid="room">
            <section class="sect">
                <h2>{ tf("Museum, room {number}", &[("number", &number)]) }</h2>
                <h3>{ tell(room.script.title.as_deref().unwrap_or_default()) }</h3>
                <p class="note">{ tell(card.source) }</p>
            </section>
            <section class="sect">
                <h2>{ t("One switch, the same run") }</h2>
                <div class="pair row" role="group" aria-label={t("Rules of the room")}>
                    { button(t("As it was"), "as-it-was", false) }{ button(t("With the fix"), "with-the-fix", true) }
                </div>
                <p class="note">{ t("The fix:") }{ " " }<code>{ card.fix }</code>{ tf(". Without it {harm}.", &[("harm", &promise)]) }</p>
                <p class={classes!("verdict", breaches.is_empty().then_some("good"))} role="status" data-testid="verdict">{ verdict(breaches) }</p>
                <button type="button" class="btn" data-testid="walk-room" onclick={wish(on, Act::Learn(Learn::Open(room.built.name)))}>{ icon("learn") }{ t("Step by step") }</button>
                if side == Side::Other { <p class="note">{ t("These are neither the room's rules nor its fix.") }</p> }
            </section>
            { facts(card) }
            { walk(room, on) }
        </article>
    }
}

/// What happened, why, where to look, what is not as it was.
pub fn facts(card: &Card<'static>) -> Html {
    let fact = |label: &'static str, text: &str| {
        if text.is_empty() {
            return Html::default();
        }
        html! { <><dt>{ label }</dt><dd>{ tell(text) }</dd></> }
    };
    html! {
        <section class="sect">
            <dl class="card">
                { fact(t("What happened"), &card.story) }{ fact(t("Why"), &card.why) }
                { fact(t("Look at"), &card.look) }{ fact(t("How this room differs from the real thing"), &card.form) }
            </dl>
        </section>
    }
}

/// The way through the exhibition.
fn walk(room: &'static Room, on: &Wish) -> Html {
    let here = ROOMS.iter().position(|one| one.name == room.built.name).unwrap_or(0);
    let go = |to: Option<usize>, label: &'static str, name: &'static str, word: String| {
        let to = to.and_then(|at| ROOMS.get(at));
        let click = to.map(|to| wish(on, Act::Scenario(to.name.to_owned())));
        html! { <button type="button" class="btn" aria-label={label} title={label} disabled={to.is_none()} data-testid={name} onclick={click}>{ word }</button> }
    };
    html! {
        <nav class="sect row" aria-label={t("Rooms of the museum")}>
            { go(here.checked_sub(1), t("Previous room"), "previous-room", format!("‹ {}", t("Previous"))) }
            { go(Some(here + 1), t("Next room"), "next-room", format!("{} ›", t("Next"))) }
            <button type="button" class="btn" data-testid="all-rooms" onclick={wish(on, Act::Learn(Learn::List))}>{ icon("learn") }{ t("All rooms") }</button>
        </nav>
    }
}

fn verdict(breaches: &[Breach]) -> String {
    match breaches {
        [] => t("✓ Here nothing breaks, and every expectation is met.").to_owned(),
        [first, ..] if first.property.is_none() => {
            tf("✖ Here “{what}” is expected and not met.", &[("what", &first.statement)])
        }
        [first, ..] => tf(
            "✖ Here {property} breaks at {time}.",
            &[("property", &first.name()), ("time", &words::clock(first.at))],
        ),
    }
}

/// Two rooms that anybody should see, on the front page.
pub fn doors() -> Html {
    html! {
        <nav class="doors" aria-label={t("Museum")} data-testid="doors">
            <span>{ t("Bugs in current releases, and their fixes:") }</span>
            { for DOORS.iter().map(|(name, label)| html! {
                <a href={format!("#{name}")} data-testid={format!("door-{}", name.rsplit('/').next().unwrap_or(name))}>
                    <b>{ name.rsplit('/').next().unwrap_or(name).to_uppercase() }</b>{ t(label) }
                </a>
            }) }
        </nav>
    }
}
