//! The lab's workers, and what they say.

use splitvote_lab::messages::{Job, Told};
use yew::prelude::*;

use super::{App, Msg};
use crate::action::View;
use crate::lab::bench::State;
use crate::lab::chase::{self, Chase};
use crate::lab::crew::Crew;
use crate::lab::{Lab, Order};
use crate::words;

/// Milliseconds between two looks at what workers say.
const LOOK: f64 = 100.0;

/// What a worker says.
pub(crate) struct Word {
    /// At which task: crews that were sent away may still be heard once.
    task: u32,
    told: Told,
    /// Milliseconds since the task began.
    at: f64,
}

/// The lab and who works in it.
#[derive(Default)]
pub(super) struct Room {
    pub(super) state: Lab,
    sweepers: Option<(u32, Crew)>,
    hunter: Option<(u32, Crew)>,
    tasks: u32,
    drawn: f64,
}

impl Room {
    /// The figures of the sweep as a table; nothing if none was made.
    pub(super) fn csv(&self) -> String {
        self.state.bench.as_ref().map(|bench| bench.sweep().summary().csv()).unwrap_or_default()
    }

    /// Takes in what a worker says; true if it is time to draw.
    pub(super) fn hear(&mut self, word: Word) -> bool {
        let Word { task, told, at } = word;
        let is_of = |crew: &Option<(u32, Crew)>| crew.as_ref().is_some_and(|(its, _)| *its == task);
        let ends = if is_of(&self.sweepers) {
            let Some(bench) = &mut self.state.bench else { return false };
            bench.hear(told, at);
            if !bench.is_running() {
                self.sweepers = None;
            }
            !bench.is_running()
        } else if is_of(&self.hunter) {
            let Some(chase) = &mut self.state.chase else { return false };
            chase.hear(told);
            if !chase.is_running() {
                self.hunter = None;
            }
            !chase.is_running()
        } else {
            return false;
        };
        let due = at < self.drawn || at - self.drawn >= LOOK;
        if due || ends {
            self.drawn = at;
        }
        due || ends
    }

    fn hire(&mut self, ctx: &Context<App>, jobs: Vec<Job>) -> (u32, Crew) {
        self.tasks += 1;
        let task = self.tasks;
        let told = ctx.link().callback(move |(told, at)| Msg::Told(Word { task, told, at }));
        (task, Crew::hire(jobs, &told))
    }
}

impl App {
    pub(super) fn order(&mut self, ctx: &Context<Self>, order: Order) {
        let lab = &mut self.lab.state;
        match order {
            Order::Seeds(text) => lab.form.seeds = text,
            Order::First(text) => lab.form.first = text,
            Order::Vary(words) => lab.form.vary = words,
            Order::Figure(at) => {
                if let Some(bench) = &mut lab.bench {
                    (bench.figure, bench.pick) = (at, None);
                }
            }
            Order::Go => {
                self.playing = false;
                if lab.begin(self.session.script()) {
                    let jobs =
                        lab.bench.as_mut().map(|bench| bench.jobs(Crew::largest())).unwrap_or_default();
                    let crew = self.lab.hire(ctx, jobs);
                    self.lab.sweepers = Some(crew);
                }
            }
            Order::Stop => {
                self.lab.sweepers = None;
                if let Some(bench) = &mut lab.bench {
                    bench.stop();
                }
            }
            Order::List(pick) => {
                if let Some(bench) = &mut lab.bench {
                    bench.pick = Some(pick);
                    self.door.focus_soon("#lab-list-head");
                }
            }
            Order::Open(variant, seed) => {
                let text = lab
                    .bench
                    .as_ref()
                    .and_then(|bench| Some((bench.text(variant, seed)?, bench.name(variant))));
                if let Some((text, name)) = text {
                    let opened = self.session.vary(&text, 0);
                    self.leave(opened, words::opened(seed, &name));
                }
            }
            Order::Target(word) => lab.quarry.target = word,
            Order::Over(over) => lab.quarry.over = over,
            Order::Hunt => {
                self.playing = false;
                lab.chase = Some(Chase::Hunting(0, 0));
                let job = chase::job(self.session.script(), &lab.quarry);
                let crew = self.lab.hire(ctx, vec![job]);
                self.lab.hunter = Some(crew);
            }
            Order::CallOff => {
                self.lab.hunter = None;
                lab.chase = Some(Chase::Stopped);
            }
            Order::OpenPrey => {
                let Some(Chase::Found(prey)) = &lab.chase else { return };
                let (text, said) = (prey.script.clone(), words::hunted(&prey.target));
                let opened = self.session.open(&text, 0);
                self.leave(opened, said);
            }
        }
        if self.lab.state.bench.as_ref().is_some_and(|bench| matches!(bench.state, State::Failed(_))) {
            self.lab.sweepers = None;
        }
    }

    /// From the lab to a run of it, a second before anything happens.
    fn leave(&mut self, opened: Result<(), String>, said: String) {
        let start = self.session.first_fault().unwrap_or(0).saturating_sub(1_000_000);
        self.session.seek(start);
        self.answer(opened);
        self.session.say(said);
        (self.centre, self.playing, self.promised) = (View::Ring, false, None);
        self.door.focus_soon("#view-ring");
    }
}
