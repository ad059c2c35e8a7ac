//! Every lesson and every goal is played: each step is reached in order, what it says is so at its moment,
//! each question has one answer, and each task has a solution and is not done before it is begun.
#![cfg(not(target_family = "wasm"))]

use splitvote::scenario::lesson::{Lesson, Turn};
use splitvote::scenario::lessons::{GOALS, LESSONS};
use splitvote::scenario::{LinkView, from_link, to_link};
use splitvote::sim::lesson::{Stop, false_facts, judge, solved, walk};

#[test]
fn every_lesson_says_what_is_so() {
    let wrong: Vec<String> = LESSONS.iter().chain(GOALS).flat_map(|one| play(one.name, one.text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with one.
fn play(name: &str, text: &str) -> Vec<String> {
    let lesson = Lesson::read(text).unwrap_or_else(|mistake| panic!("{name}, {mistake}"));
    let stops = match walk(&lesson) {
        Ok(stops) => stops,
        Err(untrue) => return vec![format!("{name}, {untrue}")],
    };
    let told = false_facts(&lesson, &stops).into_iter().map(|untrue| format!("{name}, {untrue}"));
    told.chain(task(name, &lesson, &stops)).collect()
}

/// What is wrong with its task.
fn task(name: &str, lesson: &Lesson<'_>, stops: &[Stop]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (beat, stop) in lesson.beats.iter().zip(stops) {
        let Turn::Make(task) = &beat.part else { continue };
        if judge(task, &stop.script, &stop.script).done() {
            wrong.push(format!("{name}: the task is done before it is begun"));
        }
        let solution = solved(task, &stop.script).unwrap_or_else(|error| panic!("{name}: {error}"));
        let judged = judge(task, &stop.script, &solution);
        if !judged.done() {
            wrong.push(format!("{name}: the solution does not do it: {:?}\n{solution}", judged.met));
        }
        assert_eq!(judged.score.is_some(), task.score.is_some(), "{name}: the solution has its score");
        // What is handed in is a link, and is judged by it.
        let (read, _) = from_link(&to_link(&solution, &LinkView::default())).expect("our own link reads");
        assert_eq!(judge(task, &stop.script, &read), judged, "{name}");
    }
    wrong
}
