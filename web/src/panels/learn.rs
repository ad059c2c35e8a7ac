//! What can be learnt: the lessons, the goals of the attack mode, the rooms of the museum; and what was done.

use splitvote::scenario::lesson::Lesson;
use splitvote::scenario::lessons::{GOALS, LESSONS};
use splitvote::scenario::museum::{Card, ROOMS};
use splitvote::scenario::{Builtin, parse};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::{Act, Learn};
use crate::language::{later, t, tell, tf};
use crate::lesson::Marks;

/// All of it.
pub fn list(marks: &Marks, on: &Wish) -> Html {
    let learnt = LESSONS.iter().filter(|one| marks.has(one.name)).count();
    html! { <>
        <p class="note">{ tf("{n} of {m} done", &[("n", &learnt), ("m", &LESSONS.len())]) }</p>
        <ol class="shelf" data-testid="lessons">{ for LESSONS.iter().map(|one| lesson(one, marks, on)) }</ol>
        <h3>{ t("Attack") }</h3>
        <p class="note">{ t("You against the cluster: the engine judges your run. Each goal opens the next.") }</p>
        <ol class="shelf" data-testid="goals">{ for GOALS.iter().map(|one| goal(one, marks, on)) }</ol>
        <h3>{ t("Museum: bugs of real releases") }</h3>
        <p class="note">{ t("Walk from room to room; the switch on each card mends what is broken there.") }</p>
        <ol class="shelf" data-testid="rooms">{ for ROOMS.iter().map(|one| room(one, marks, on)) }</ol>
    </> }
}

/// What stands at the end of a row: a note, a drawing and what it means; nothing can be opened that is locked.
struct End {
    note: String,
    mark: (&'static str, &'static str),
    locked: bool,
}

/// A row; `kind` has a hole for its number.
fn row(kind: &'static str, one: &'static Builtin, end: &End, act: Act, on: &Wish) -> Html {
    let title = parse(one.text).ok().and_then(|script| script.title).unwrap_or_default();
    let name = one.name.rsplit('/').next().unwrap_or(one.name);
    let number = tf(kind, &[("n", &name.trim_start_matches(char::is_alphabetic))]);
    html! {
        <li>
            <button type="button" disabled={end.locked} data-testid={format!("learn-{name}")} onclick={wish(on, act)}>
                <b class="number">{ number }</b>
                <span class="what"><b>{ tell(&title) }</b><small>{ tell(one.blurb) }</small></span>
                <span class="note">{ for end.note.lines().map(|line| html! { <span>{ line }</span> }) }</span>
                <span class={classes!("mark", end.mark.0)} role="img" aria-label={end.mark.1}>{ icon(end.mark.0) }</span>
            </button>
        </li>
    }
}

fn lesson(one: &'static Builtin, marks: &Marks, on: &Wish) -> Html {
    let Ok(lesson) = Lesson::read(one.text) else { return Html::default() };
    let minutes = tf("{n} min", &[("n", &lesson.minutes)]);
    let numbers: Vec<&str> = lesson.needs.iter().map(|name| name.trim_start_matches('L')).collect();
    let done = done(marks.has(one.name));
    let note = match numbers.as_slice() {
        [] if done.0 != "done" => format!("{minutes}\n{}", t("Start here")),
        [] => minutes,
        numbers => {
            format!("{minutes}\n{}", tf("after lesson {lessons}", &[("lessons", &numbers.join(", "))]))
        }
    };
    let end = End { note, mark: done, locked: false };
    row(later("Lesson {n}"), one, &end, Act::Learn(Learn::Open(one.name)), on)
}

fn goal(one: &'static Builtin, marks: &Marks, on: &Wish) -> Html {
    let best = marks.score(one.name).map(|score| tf("best {n}", &[("n", &score)]));
    let locked = !marks.opens(one.name);
    let mark = if locked { ("lock", t("locked")) } else { done(marks.has(one.name)) };
    row(
        later("Goal {n}"),
        one,
        &End { note: best.unwrap_or_default(), mark, locked },
        Act::Learn(Learn::Open(one.name)),
        on,
    )
}

fn room(one: &'static Builtin, marks: &Marks, on: &Wish) -> Html {
    let source = Card::of(one.text).map_or("", |card| card.source.split([',', ' ']).next().unwrap_or(""));
    let mark = if marks.has(one.name) { ("done", t("seen")) } else { done(false) };
    row(
        later("Room {n}"),
        one,
        &End { note: source.to_owned(), mark, locked: false },
        Act::Scenario(one.name.to_owned()),
        on,
    )
}

fn done(done: bool) -> (&'static str, &'static str) {
    if done { ("done", t("done")) } else { ("chevron", t("not done yet")) }
}
