//! An open lesson: the step under the ring, and the card beside it.

use splitvote::scenario::lesson::{Choice, Turn};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::{Act, Learn};
use crate::language::{t, tell, tf};
use crate::lesson::Course;

/// The step: its sentence, its question, and how to go on.
pub fn strip(course: &Course, on: &Wish) -> Html {
    let beat = course.beat();
    let place = tf(
        "{n} of {all}, about {minutes} min left",
        &[("n", &(course.step() + 1)), ("all", &course.steps()), ("minutes", &course.minutes_left())],
    );
    let (hints, more) = course.hints();
    let go = |wanted: Learn| wish(on, Act::Learn(wanted));
    html! {
        <section class="beat" aria-label={t("Step of the lesson")} data-testid="beat" data-step={(course.step() + 1).to_string()}>
            <div class="say">
                <p class="note" data-testid="place"><b>{ called(&course.name()) }</b>{ " · " }{ place }</p>
                <p class="sentence" data-testid="say">{ t(beat.say) }</p>
                { choices(course, on) }
                { for hints.iter().map(|hint| html! { <p class="hint" data-testid="hint-text">{ t(hint) }</p> }) }
                { verdict(course) }
            </div>
            <div class="go">
                <button type="button" class="btn" aria-label={t("Previous step")} title={format!("{} (PageUp)", t("Previous step"))} disabled={course.step() == 0} data-testid="previous-step" onclick={go(Learn::Back)}>{ "‹ " }{ t("Previous") }</button>
                if more > 0 { <button type="button" class="btn" data-testid="hint" onclick={go(Learn::Hint)}>{ t("Hint") }</button> }
                <button type="button" class="btn solid" disabled={course.is_last() || course.asks()} data-testid="next-step" onclick={go(Learn::Next)}>{ t("Next") }<kbd>{ "⏎" }</kbd></button>
            </div>
        </section>
    }
}

/// What a lesson or a goal is called: `L3` is the third lesson, and a property of that name is none.
fn called(name: &str) -> String {
    match (name.strip_prefix('L'), name.strip_prefix('G')) {
        (Some(n), _) => tf("Lesson {n}", &[("n", &n)]),
        (_, Some(n)) => tf("Goal {n}", &[("n", &n)]),
        _ => name.to_owned(),
    }
}

/// The answers that can be given, and which of them the engine found to be right.
fn choices(course: &Course, on: &Wish) -> Html {
    let Turn::Predict(choices) = &course.beat().part else { return Html::default() };
    let (given, right) = (course.prediction(), course.stop().answer);
    let one = |(at, choice): (usize, &Choice<'static>)| {
        let mark = match given {
            Some(_) if right == Some(at) => Some("right"),
            Some(given) if given == at => Some("wrong"),
            _ => None,
        };
        let glyph = if given.is_some() && right == Some(at) { "✓ " } else { "" };
        let pressed = if given == Some(at) { "true" } else { "false" };
        html! {
            <button type="button" class={classes!("btn", mark)} disabled={given.is_some()} aria-pressed={pressed} data-testid={format!("choice-{}", at + 1)} onclick={wish(on, Act::Learn(Learn::Predict(at)))}>
                <kbd>{ at + 1 }</kbd>{ glyph }{ t(choice.text) }
            </button>
        }
    };
    html! { <div class="choices" role="group" aria-label={t("Your prediction")}>{ for choices.iter().enumerate().map(one) }</div> }
}

/// What came of the prediction or of the task, said aloud.
fn verdict(course: &Course) -> Html {
    let beat = course.beat();
    let said = match &beat.part {
        Turn::Predict(choices) => course.prediction().map(|given| {
            let right = course.stop().answer;
            let answer = right.and_then(|at| choices.get(at)).map_or("", |choice| t(choice.text));
            if right == Some(given) {
                tf("Right: {answer}.", &[("answer", &answer)])
            } else {
                tf("The engine ran ahead: {answer}.", &[("answer", &answer)])
            }
        }),
        Turn::Make(_) if course.done() => Some(t("Done.").to_owned()),
        _ => None,
    };
    html! {
        <p class="verdict" role="status" data-testid="lesson-verdict">
            if let Some(said) = said { <b>{ said }</b>{ " " }{ t(beat.why) } }
        </p>
    }
}

/// The card: what it is for, the way so far, the task.
pub fn card(course: &Course, on: &Wish) -> Html {
    let go = |wanted: Learn| wish(on, Act::Learn(wanted));
    let title = course.lesson.script.title.as_deref().unwrap_or_default();
    let room = course.room();
    let past = |at: usize| {
        let here = at == course.step();
        let current = here.then_some("step");
        html! {
            <li class={classes!(here.then_some("here"))} aria-current={current}>
                <button type="button" data-testid={format!("step-{}", at + 1)} onclick={go(Learn::Step(at))}>{ t(course.lesson.beats[at].say) }</button>
            </li>
        }
    };
    html! {
        <article class="room lesson" data-testid="lesson">
            <section class="sect">
                <h2>{ if room.is_some() { tf("Museum, room {number}", &[("number", &course.name())]) } else { called(&course.name()) } }</h2>
                <h3>{ tell(title) }</h3>
                <p class="note">{ t(course.lesson.goal) }</p>
            </section>
            { room.as_ref().map(super::room::facts).unwrap_or_default() }
            { task(course, on) }
            <section class="sect">
                <h2>{ t("The way so far") }</h2>
                <ol class="steps">{ for (0..=course.step()).map(past) }</ol>
            </section>
            <section class="sect row">
                <button type="button" class="btn" data-testid="all-lessons" onclick={go(Learn::List)}>{ icon("learn") }{ t("All lessons") }</button>
                <button type="button" class="btn" data-testid="leave" onclick={go(Learn::Leave)}>{ t("Leave the lesson") }</button>
            </section>
        </article>
    }
}

/// What the reader's run must be, and whether it is.
fn task(course: &Course, on: &Wish) -> Html {
    let Turn::Make(task) = &course.beat().part else { return Html::default() };
    let part = |(at, part): (usize, &Choice<'static>)| {
        let met = course.judged().is_some_and(|judged| judged.met.get(at) == Some(&true));
        let (glyph, said) = if met { ("✓", t("done")) } else { ("○", t("not yet")) };
        html! { <li class={classes!(met.then_some("met"))}><span role="img" aria-label={said}>{ glyph }</span>{ t(part.text) }</li> }
    };
    html! {
        <section class="sect">
            <h2>{ t("Your task") }</h2>
            <ul class="task" data-testid="task">{ for task.reach.iter().enumerate().map(part) }</ul>
            <div class="row">
                if course.done() {
                    <button type="button" class="btn solid" data-testid="share-task" onclick={wish(on, Act::Share)}>{ icon("share") }{ t("Share your run") }</button>
                } else {
                    <button type="button" class="btn" data-testid="solve" onclick={wish(on, Act::Learn(Learn::Solve))}>{ t("Show a solution") }</button>
                }
            </div>
        </section>
    }
}
