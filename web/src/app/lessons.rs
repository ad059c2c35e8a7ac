//! Lessons: a step moves time to its moment, and what the reader does there is looked at.

use super::{App, door};
use crate::action::{Act, Learn, Tab, View};
use crate::lesson::Marks;
use crate::panels::sheets::Sheet;

const MARKS: &str = "splitvote-lessons";
/// A step takes this many milliseconds, however much happens in it.
const STEP: u64 = 3500;

/// On the way to the moment of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Travel {
    to: u64,
    /// Microseconds of the run for each millisecond.
    rate: u64,
}

/// What was done before, as the browser kept it.
pub(super) fn marks() -> Marks {
    door::stored(MARKS).map(|text| Marks::read(&text)).unwrap_or_default()
}

impl App {
    pub(super) fn learn(&mut self, wish: Learn) {
        self.playing = false;
        match wish {
            Learn::List => self.sheet = Some(Sheet::Learn(self.marks.clone())),
            Learn::Open(name) => {
                self.sheet = None;
                if self.session.learn(name, 0) {
                    (self.tab, self.centre) = (Tab::Lesson, View::Ring);
                    self.wrong.clear();
                    self.promised = None;
                    self.show_step();
                }
            }
            Learn::Next => self.next_step(),
            Learn::Back => self.step_to(|step| step.saturating_sub(1)),
            Learn::Step(step) => self.step_to(|_| step),
            Learn::Predict(choice) => {
                if let Some(course) = self.session.course_mut() {
                    course.predict(choice);
                }
                self.door.focus_soon("[data-testid=next-step]");
            }
            Learn::Hint => {
                if let Some(course) = self.session.course_mut() {
                    course.hint();
                }
            }
            Learn::Solve => {
                let solution = self.session.course().and_then(crate::lesson::Course::solution);
                if let Some(script) = solution {
                    let done = self.session.show_solution(&script);
                    self.answer(done);
                }
            }
            Learn::Leave => {
                self.travel = None;
                self.session.leave();
            }
        }
    }

    /// To the end of this step, or to the next one: what the reader was to do is done for them.
    fn next_step(&mut self) {
        if let Some(travel) = self.travel.take() {
            self.session.seek(travel.to);
            return;
        }
        let waits = self.session.course().is_none_or(|course| course.asks() || course.is_last());
        if !waits {
            self.step_to(|step| step + 1);
        }
    }

    fn step_to(&mut self, step: impl FnOnce(usize) -> usize) {
        if let Some(course) = self.session.course_mut() {
            course.go(step(course.step()));
            self.show_step();
        }
    }

    /// Shows the run of the step, and sets out for its moment.
    pub(super) fn show_step(&mut self) {
        (self.travel, self.menu) = (None, None);
        self.unpick();
        if self.session.course().is_some_and(crate::lesson::Course::in_lab) {
            self.centre = View::Lab;
        } else if self.centre == View::Lab {
            self.centre = View::Ring;
        }
        let Some(to) = self.session.show_step() else { return };
        let span = to.saturating_sub(self.session.now());
        if door::wants_stillness() || span == 0 {
            self.session.seek(to);
        } else {
            self.travel = Some(Travel { to, rate: span.div_ceil(STEP).max(1) });
        }
    }

    /// Moves on towards the moment of a step; true while on the way.
    pub(super) fn travel(&mut self, gap: f64) -> bool {
        let Some(travel) = self.travel else { return false };
        let span = self.pace.take(gap, travel.rate, 1000);
        let to = (self.session.now() + span).min(travel.to);
        self.session.seek(to);
        if to == travel.to {
            self.travel = None;
            self.remember();
        }
        true
    }

    /// After everything that was done: is it what the step waits for?
    pub(super) fn look_at_deeds(&mut self) {
        let script = self.session.script().clone();
        let Some(course) = self.session.course_mut() else { return };
        if course.did(&script) {
            self.next_step();
            return;
        }
        if course.judge(&script) {
            let course = course.clone();
            if self.marks.note(&course) {
                door::store(MARKS, &self.marks.write());
            }
        }
    }

    /// Remembers that the open room was seen.
    pub(super) fn see_room(&mut self) {
        let room = self.session.room().map(|(room, _)| room.built.name);
        if room.is_some_and(|name| self.marks.see(name)) {
            door::store(MARKS, &self.marks.write());
        }
    }

    /// The wish behind a key while a lesson is open.
    pub(super) fn lesson_key(&self, key: &str) -> Option<Act> {
        let course = self.session.course()?;
        let wish = match key {
            "1" | "2" | "3" | "4" if course.asks() => Learn::Predict(usize::from(key.as_bytes()[0] - b'1')),
            "Enter" | "PageDown" => Learn::Next,
            " " if course.beat().allow.is_empty() => Learn::Next,
            "PageUp" => Learn::Back,
            _ => return None,
        };
        Some(Act::Learn(wish))
    }
}
