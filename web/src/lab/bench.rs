//! A sweep on the page: what is asked, and what has come of it so far.

use splitvote::base::Instant;
use splitvote::base::ordered;
use splitvote::scenario::{LinkView, Script, to_link};
use splitvote::sim::sweep::{Bar, COUNTED, FIGURES, Scale, Seen, Share, Sweep, Tally, variants};
use splitvote_lab::messages::{Job, Told};

use super::vary;
use crate::language::later;

/// Bars of a histogram, as `splitvote sweep --json` has them.
pub const BARS: usize = 40;
/// Seeds that are listed at once.
pub const LISTED: usize = 48;
/// More runs than a page should hold.
pub const MOST_RUNS: u64 = 1_000_000;

/// When the number of seeds is none.
pub const NO_NUMBER: &str = later("How many seeds, and from which on, are whole numbers.");
/// When more is asked for than a page can hold.
pub const TOO_MANY: &str = later("These are more than a million runs: ask for fewer seeds or variants.");

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// How many seeds.
    pub seeds: String,
    /// The first.
    pub first: String,
    /// What is varied.
    pub vary: String,
}

impl Default for Form {
    fn default() -> Self {
        Self { seeds: "1000".to_owned(), first: "0".to_owned(), vary: "nack=off,on".to_owned() }
    }
}

/// Some of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Those whose value of a figure lies in a bar: variant, figure, from, to.
    Bar(usize, usize, u64, u64),
    /// Those that show what is counted: variant, which.
    Shows(usize, usize),
}

/// Where the runs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// So many workers are at it.
    Running(usize),
    /// All that were asked for.
    Done,
    /// Stopped before.
    Stopped,
    /// A worker failed.
    Failed(String),
}

/// A sweep and what has come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bench {
    sweep: Sweep,
    runs: Vec<(u64, Vec<Seen>)>,
    /// Where it is.
    pub state: State,
    /// The figure that is drawn.
    pub figure: usize,
    /// The runs that are listed.
    pub pick: Option<Pick>,
    asked: String,
    milliseconds: f64,
}

impl Bench {
    /// What a form asks of a script; or what is wrong with it.
    pub fn of(script: &Script, form: &Form) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (seeds, first) = (number(&form.seeds).filter(|seeds| *seeds > 0), number(&form.first));
        let (Some(seeds), Some(first)) = (seeds, first) else { return Err(NO_NUMBER.to_owned()) };
        let variants = variants(script, &vary::split(&form.vary)).map_err(|error| vary::wrong(&error))?;
        let end = first.checked_add(seeds).ok_or(NO_NUMBER)?;
        if seeds.saturating_mul(variants.len() as u64) > MOST_RUNS {
            return Err(TOO_MANY.to_owned());
        }
        let variants: Vec<_> = variants.into_iter().map(|variant| (variant, Tally::default())).collect();
        let scenario = script.title.clone().unwrap_or_default();
        Ok(Self {
            sweep: Sweep { scenario, seeds: [first, end], variants },
            runs: Vec::new(),
            state: State::Running(0),
            figure: 0,
            pick: None,
            asked: form.vary.trim().to_owned(),
            milliseconds: 0.0,
        })
    }

    /// The jobs for so many workers; fewer if there are fewer seeds.
    pub fn jobs(&mut self, workers: usize) -> Vec<Job> {
        let [from, to] = self.sweep.seeds;
        let of = (workers.max(1) as u64).min(to - from);
        let scripts: Vec<String> =
            self.sweep.variants.iter().map(|(variant, _)| variant.script.to_string()).collect();
        let job = |index| Job::Sweep {
            scripts: scripts.clone(),
            seeds: self.sweep.seeds,
            share: Share { index, of },
        };
        let jobs: Vec<Job> = (0..of).map(job).collect();
        self.state = State::Running(jobs.len());
        jobs
    }

    /// Takes in what a worker says, so many milliseconds after all began.
    pub fn hear(&mut self, told: Told, milliseconds: f64) {
        let State::Running(hands) = &mut self.state else { return };
        match told {
            Told::Swept(part) => {
                for ((_, sum), tally) in self.sweep.variants.iter_mut().zip(&part.tallies) {
                    sum.merge(tally);
                }
                self.runs.extend(part.runs);
            }
            Told::Done => {
                *hands -= 1;
                if *hands == 0 {
                    self.state = State::Done;
                    ordered::sort_by_key(&mut self.runs, |(seed, _)| *seed);
                }
            }
            Told::Wrong(why) => self.state = State::Failed(why),
            Told::Ready(_) | Told::Hunting { .. } | Told::Shrinking { .. } | Told::Hunted(_) => {}
        }
        self.milliseconds = milliseconds;
    }

    /// Nothing more will be heard.
    pub fn stop(&mut self) {
        if let State::Running(_) = self.state {
            self.state = State::Stopped;
            ordered::sort_by_key(&mut self.runs, |(seed, _)| *seed);
        }
    }

    /// Whether workers are at it.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// The sweep so far.
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// Runs done, and runs that were asked for.
    pub fn progress(&self) -> (u64, u64) {
        let variants = self.sweep.variants.len() as u64;
        let [from, to] = self.sweep.seeds;
        (self.runs.len() as u64 * variants, (to - from) * variants)
    }

    /// Runs a second.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for display alone")]
    pub fn pace(&self) -> u64 {
        let runs = u32::try_from(self.progress().0).unwrap_or(u32::MAX);
        if self.milliseconds < 1.0 { 0 } else { (f64::from(runs) * 1000.0 / self.milliseconds) as u64 }
    }

    /// How long it has taken.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for display alone")]
    pub fn took(&self) -> Instant {
        Instant::from_millis(self.milliseconds as u64)
    }

    /// What tells a variant from the others; its rules if there is but one.
    pub fn name(&self, variant: usize) -> String {
        self.sweep.variants.get(variant).map_or_else(String::new, |(variant, _)| {
            variant.vary.clone().unwrap_or_else(|| variant.script.common_rules().to_string())
        })
    }

    /// The bars of the chosen figure, on one scale for all variants.
    pub fn bars(&self) -> Option<(Scale, Vec<Vec<Bar>>)> {
        let counts = FIGURES[self.figure].counts;
        let scale = self.sweep.scale(counts, BARS)?;
        Some((scale, self.sweep.variants.iter().map(|(_, tally)| counts(tally).histogram(scale)).collect()))
    }

    /// The runs that were picked: their seeds, and their value of the figure that was asked for.
    pub fn picked(&self) -> Vec<(u64, Option<u64>)> {
        let row = |(seed, seen): &(u64, Vec<Seen>)| match self.pick? {
            Pick::Bar(variant, figure, from, to) => {
                let value = (*seen.get(variant)?.values.get(figure)?)?;
                (from..to).contains(&value).then_some((*seed, Some(value)))
            }
            Pick::Shows(variant, which) => {
                let seen = seen.get(variant)?;
                seen.shows.get(which)?.then_some((*seed, seen.values[0]))
            }
        };
        let mut rows: Vec<_> = self.runs.iter().filter_map(row).collect();
        ordered::sort_by(&mut rows, Ord::cmp);
        rows
    }

    /// How the value of a pick is written.
    pub fn print(&self, value: u64) -> String {
        let figure = match self.pick {
            Some(Pick::Bar(_, figure, ..)) => figure,
            _ => 0,
        };
        (FIGURES[figure].print)(value)
    }

    /// The variant of a pick.
    pub fn picked_of(&self) -> usize {
        match self.pick {
            Some(Pick::Bar(variant, ..) | Pick::Shows(variant, _)) => variant,
            None => 0,
        }
    }

    /// The text of one run.
    pub fn text(&self, variant: usize, seed: u64) -> Option<String> {
        let (variant, _) = self.sweep.variants.get(variant)?;
        Some(Script { seed, ..variant.script.clone() }.to_string())
    }

    /// The command that prints the same figures.
    pub fn command(&self, script: &Script) -> String {
        let [from, to] = self.sweep.seeds;
        let vary: Vec<String> =
            vary::split(&self.asked).iter().map(|words| format!(" --vary '{words}'")).collect();
        let vary = vary.concat();
        let what = splitvote::scenario::catalogue::known(script).map_or_else(
            || format!("'{}'", to_link(script, &LinkView::default())),
            |one| one.name.to_owned(),
        );
        format!("cargo splitvote sweep {what} --seeds {from}..{to}{vary}")
    }

    /// Every number of a figure in the table: `(figure, variant, cells)`.
    pub fn spreads(&self) -> Vec<(usize, usize, [String; 4])> {
        let rows = FIGURES.iter().enumerate().flat_map(|(at, figure)| {
            let variants = self.sweep.variants.iter().enumerate();
            variants.map(move |(variant, (_, tally))| (at, variant, figure.cells(tally)))
        });
        rows.collect()
    }

    /// Everything that is counted: `(what, variant, runs, rate)`.
    pub fn rates(&self) -> Vec<(usize, usize, u64, String)> {
        let rows = COUNTED.iter().enumerate().flat_map(|(at, counted)| {
            let variants = self.sweep.variants.iter().enumerate();
            variants.map(move |(variant, (_, tally))| {
                let rate = counted.rate(tally);
                (at, variant, rate.count, rate.to_string())
            })
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use splitvote::scenario::parse;
    use splitvote_lab::work::Work;

    use super::*;

    const SMALL: &str = "cluster shards=3 replicas=1\nset node-timeout=1s\nat 1s kill A\nrun for 6s\n";

    fn form(seeds: &str, vary: &str) -> Form {
        Form { seeds: seeds.to_owned(), vary: vary.to_owned(), ..Form::default() }
    }

    fn bench(workers: usize) -> Bench {
        let script = parse(SMALL).expect("a script");
        let mut bench = Bench::of(&script, &form("7", "fast-failover=off,on")).expect("a form");
        for job in bench.jobs(workers).into_iter().rev() {
            let mut work = Work::begin(job).expect("a job");
            while work.step(&mut |_| ()) {
                let news = work.news().expect("a run was made");
                bench.hear(news, 100.0);
            }
            bench.hear(Told::Done, 200.0);
        }
        bench
    }

    #[test]
    fn any_number_of_workers_comes_to_the_figures_of_one() {
        let (one, three) = (bench(1), bench(3));
        assert_eq!((&one.state, one.progress()), (&State::Done, (14, 14)));
        assert_eq!(one.sweep().summary(), three.sweep().summary());
        assert_eq!((one.spreads(), one.rates(), one.runs), (three.spreads(), three.rates(), three.runs));
    }

    #[test]
    fn a_bar_lists_the_runs_that_are_in_it_and_each_of_them_opens() {
        let mut bench = bench(2);
        let (_, bars) = bench.bars().expect("every run recovers");
        assert_eq!(bars.len(), 2);
        for (variant, bars) in bars.iter().enumerate() {
            let mut listed = 0;
            for bar in bars {
                bench.pick = Some(Pick::Bar(variant, 0, bar.from_ms, bar.to_ms));
                let rows = bench.picked();
                assert_eq!(rows.len() as u64, bar.count);
                for (seed, value) in rows {
                    let text = bench.text(variant, seed).expect("a variant");
                    let mut alone = Tally::default();
                    let seen = alone.play(&parse(&text).expect("a script"), seed);
                    assert_eq!((seen.values[0], parse(&text).map(|script| script.seed)), (value, Ok(seed)));
                    listed += 1;
                }
            }
            assert_eq!(listed, 7);
        }
        bench.pick = Some(Pick::Shows(0, 1));
        assert_eq!(bench.picked().len() as u64, bench.rates()[2].2);
    }

    #[test]
    fn what_is_asked_wrongly_is_told() {
        let script = parse(SMALL).expect("a script");
        for (seeds, vary, why) in [
            ("none", "", "whole number"),
            ("0", "", "whole number"),
            ("1000000", "nack=off,on", "more than"),
            ("10", "nak=off,on", "did you mean `nack`"),
        ] {
            let told = Bench::of(&script, &form(seeds, vary)).expect_err(vary);
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn who_is_stopped_hears_nothing_more() {
        let script = parse(SMALL).expect("a script");
        let mut bench = Bench::of(&script, &form("5", "")).expect("a form");
        assert_eq!(bench.jobs(9).len(), 5);
        bench.stop();
        let before = bench.clone();
        bench.hear(Told::Done, 5.0);
        assert_eq!(bench, before);
        assert_eq!((bench.progress(), bench.bars()), ((0, 5), None));
        let command = bench.command(&script);
        assert!(
            command.starts_with("cargo splitvote sweep '#") && command.ends_with(" --seeds 0..5"),
            "{command}"
        );
    }
}
