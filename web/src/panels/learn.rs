//! The list of lessons: how long each takes, what it needs, what was done.

use splitvote::scenario::lesson::Lesson;
use splitvote::scenario::lessons::LESSONS;
use splitvote::scenario::{Builtin, parse};
use yew::prelude::*;

use super::{Wish, wish};
use crate::action::{Act, Learn};
use crate::language::{t, tell, tf};
use crate::lesson::Marks;

/// All lessons.
pub fn list(marks: &Marks, on: &Wish) -> Html {
    html! {
        <ol class="shelf" data-testid="lessons">{ for LESSONS.iter().map(|one| row(one, marks, on)) }</ol>
    }
}

fn row(one: &'static Builtin, marks: &Marks, on: &Wish) -> Html {
    let Ok(lesson) = Lesson::read(one.text) else { return Html::default() };
    let title = parse(one.text).ok().and_then(|script| script.title).unwrap_or_default();
    let done = marks.has(one.name);
    let needs = if lesson.needs.is_empty() {
        String::new()
    } else {
        tf("after {lessons}", &[("lessons", &lesson.needs.join(", "))])
    };
    html! {
        <li>
            <button type="button" data-testid={format!("lesson-{}", one.name)} onclick={wish(on, Act::Learn(Learn::Open(one.name)))}>
                <b class="number">{ one.name }</b>
                <span class="what"><b>{ tell(&title) }</b><small>{ t(one.blurb) }</small></span>
                <span class="note">{ tf("{n} min", &[("n", &lesson.minutes)]) }<br />{ needs }</span>
                <span class="mark" role="img" aria-label={if done { t("done") } else { t("not done yet") }}>{ if done { "✓" } else { "" } }</span>
            </button>
        </li>
    }
}
