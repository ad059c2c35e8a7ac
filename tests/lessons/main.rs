//! Every lesson and every goal is played: each step is reached in order, what it says is so at its moment,
//! each question has one answer, and each task has a solution and is not done before it is begun. So are the
//! steps of every room of the museum.
#![cfg(not(target_family = "wasm"))]

use splitvote::scenario::lesson::{Claim, LONGEST, Lesson, Measure, Part, Turn};
use splitvote::scenario::lessons::{GOALS, LESSONS};
use splitvote::scenario::museum::ROOMS;
use splitvote::scenario::{LinkView, from_link, to_link};
use splitvote::sim::lesson::{Stop, false_facts, judge, solved, walk};
use splitvote::sim::sweep::Tally;
use splitvote::sim::tour::{SENTENCES, tour};

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

#[test]
fn every_room_is_walked_through_and_the_engine_finds_that_the_fix_mends_it() {
    for room in ROOMS {
        let name = room.name;
        let lesson = tour(room).unwrap_or_else(|| panic!("{name} has no steps"));
        let stops = walk(&lesson).unwrap_or_else(|untrue| panic!("{name}: {untrue}"));
        let answers: Vec<Option<usize>> = stops.iter().map(|stop| stop.answer).collect();
        assert_eq!(answers, [None, None, Some(1), None], "{name}");
        assert!(stops[0].at < stops[1].at && stops[2].at < stops[3].at, "{name}");
        assert_ne!(stops[1].script.rules, stops[2].script.rules, "{name}");
        assert_eq!(stops[3].script, stops[0].script, "{name}");
        assert!(lesson.beats[3].beside.is_some(), "{name} stands beside nothing");
    }
    assert!(SENTENCES.iter().all(|text| text.chars().count() <= LONGEST));
}

/// Where a lesson leads into the seed lab, the lab's own count is what the question before it had for an answer.
#[test]
fn the_lab_comes_to_what_the_engine_answered() {
    let text = LESSONS.iter().find(|one| one.name == "L10").expect("it is built in").text;
    let lesson = Lesson::read(text).expect("it is whole");
    let stops = walk(&lesson).expect("it can be played");
    let lab = lesson.beats.iter().position(|beat| beat.show.contains(&Part::Lab)).expect("it leads there");
    let script = &stops[lab].script;
    let mut tally = Tally::default();
    for seed in script.seed..script.seed + 40 {
        let _ = tally.play(script, seed);
    }
    let Turn::Predict(choices) = &lesson.beats[lab - 1].part else { panic!("a question stands before it") };
    let right = &choices[stops[lab - 1].answer.expect("it has an answer")].claim;
    let Claim::Figure(Measure::SplitSeeds(40), low, high) = right else { panic!("it asks for a count") };
    assert!((*low..=*high).contains(&tally.split), "{} of 40", tally.split);
}
