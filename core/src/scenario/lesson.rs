//! A lesson: a scenario with a card in comments that begin with `#:`, which says step by step what a
//! reader is shown, asked and left to do (`lessons/l3.scn` is a good one to read).
//!
//! A card holds no answers. Every choice of a question is a claim in the language of the scenario, and
//! [`crate::sim::lesson`] runs ahead to see which one is true.

use crate::base::{Duration, Instant};

use super::ast::{Action, Condition, Script};
use super::name::NodeName;
use super::versus::Versus;
use super::{parse, value};

/// A lesson, or a goal to attack for: one with a task alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson<'a> {
    /// About how long it takes.
    pub minutes: u32,
    /// What somebody can do afterwards.
    pub goal: &'a str,
    /// Lessons that should come before.
    pub needs: Vec<&'a str>,
    /// Step by step.
    pub beats: Vec<Beat<'a>>,
    /// What it is played on.
    pub script: Script,
}

/// One step: a sentence, and the moment that it speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat<'a> {
    /// The sentence, of [`LONGEST`] characters at most.
    pub say: &'a str,
    /// What is changed before it, in order; each makes another run of it, from its beginning.
    pub changes: Vec<Change<'a>>,
    /// What stands beside it: the same run under another rule.
    pub beside: Option<Versus>,
    /// What is lit up; nothing is everything.
    pub show: Vec<Part>,
    /// When it is: none is where the last step was.
    pub until: Option<Moment>,
    /// So long after that.
    pub then: Duration,
    /// What is true at that moment: for those who check the lesson.
    pub facts: Vec<Condition>,
    /// What may be done besides looking: first words of actions, or `rules`, `set`, `seed`, `all`.
    pub allow: Vec<&'a str>,
    /// What the reader does.
    pub part: Turn<'a>,
    /// Help, little by little.
    pub hints: Vec<&'a str>,
    /// What is said once the question is answered or the task is done.
    pub why: &'a str,
}

/// The longest sentence of a step, in characters: two lines on a projector.
pub const LONGEST: usize = 90;

/// Something on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A node.
    Node(NodeName),
    /// The votes that a candidate can still have.
    Bar(NodeName),
    /// The tape of epochs.
    Tape,
    /// The seed lab, in the place of the cluster.
    Lab,
}

/// When a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// So long after time zero.
    At(Instant),
    /// As soon as this holds, or has happened.
    When(Condition),
}

/// What the reader does in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn<'a> {
    /// Looks.
    Look,
    /// Says what will come: the choices.
    Predict(Vec<Choice<'a>>),
    /// Does this at the moment of the step.
    Act(Action),
    /// Makes a run of which all of this is true.
    Make(Task<'a>),
}

/// What makes another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The lesson's own script again.
    Afresh,
    /// Everyone obeys these words of a `rules` line.
    Rules(&'a str),
    /// The world has these words of a `set` line.
    Set(&'a str),
    /// The dice are thrown anew.
    Seed(u64),
}

/// An answer that can be given, or a part of a task: words for a reader, and what they claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<'a> {
    /// Its words.
    pub text: &'a str,
    /// What is so if it is right.
    pub claim: Claim,
}

/// What a run of the reader's own must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Task<'a> {
    /// All of this is true of it.
    pub reach: Vec<Choice<'a>>,
    /// Statements that make it so, added to the run of the step before.
    pub solution: Vec<&'a str>,
    /// What counts, if it can be done better or worse; more is better if the second is true.
    pub score: Option<(Measure, bool)>,
}

/// Something that is or is not so in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// As `expect` would judge it.
    Holds(Condition, Option<Duration>),
    /// A figure is within these bounds, both included.
    Figure(Measure, u64, u64),
    /// The cluster, its rules and its settings are those of the lesson.
    Untouched,
}

/// A figure of a run. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Witnesses needed to mark a node failed.
    Witnesses,
    /// From FAIL to the win of the new primary, the longest there was.
    AfterFail,
    /// By how much these words of a `rules` line shorten that.
    Saved(String),
    /// From the first fault until every slot was served for good.
    Recovery,
    /// How long some slot was not served.
    Uncovered,
    /// Epochs in which nobody won because the votes were divided.
    SplitVotes,
    /// The same over this many seeds, counted from the script's own: how many of them had one.
    SplitSeeds(u64),
    /// The most candidates that won one epoch.
    WinnersOfAnEpoch,
    /// Acknowledged writes that are gone.
    LostWrites,
    /// Times somebody asked for votes.
    Rounds,
    /// Processes that the script ends.
    Kills,
    /// Faults of the script, each node of a `kill` or a `pause` counted.
    Faults,
}

/// What is wrong with a lesson's text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Mistake {
    /// The line, counted from 1; 0 is the whole text.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl<'a> Lesson<'a> {
    /// The lesson of a text.
    pub fn read(text: &'a str) -> Result<Self, Mistake> {
        let script = parse(text).map_err(|errors| Mistake { line: 0, what: errors[0].to_string() })?;
        let mut lesson = Self { minutes: 0, goal: "", needs: Vec::new(), beats: Vec::new(), script };
        for (line, words) in (1..).zip(text.lines()) {
            let Some(words) = words.strip_prefix("#:") else { continue };
            let (key, words) = words.trim().split_once(' ').unwrap_or((words.trim(), ""));
            lesson.line(key, words.trim()).map_err(|what| Mistake { line, what })?;
        }
        match lesson.beats.last() {
            Some(_) => Ok(lesson),
            None => Err(Mistake { line: 0, what: "a lesson says something".to_owned() }),
        }
    }

    fn line(&mut self, key: &str, words: &'a str) -> Result<(), String> {
        match key {
            "minutes" => self.minutes = words.parse().map_err(|_| number(words))?,
            "goal" => self.goal = words,
            "needs" => self.needs = words.split_whitespace().collect(),
            "say" => self.beats.push(Beat::new(words)),
            _ => {
                let script = &self.script;
                let beat = self.beats.last_mut().ok_or("a step begins with `say`")?;
                beat.line(script, key, words)?;
            }
        }
        Ok(())
    }

    /// Every text of the card that a reader sees, for those who translate.
    pub fn sentences(&self) -> Vec<&'a str> {
        let mut all = vec![self.goal];
        for beat in &self.beats {
            all.push(beat.say);
            if let Turn::Predict(choices) | Turn::Make(Task { reach: choices, .. }) = &beat.part {
                all.extend(choices.iter().map(|choice| choice.text));
            }
            all.extend(&beat.hints);
            all.push(beat.why);
        }
        // Names of nodes are the same in every language.
        all.retain(|text| !text.is_empty() && text.parse::<NodeName>().is_err());
        all
    }
}

impl<'a> Beat<'a> {
    /// A step in which one listens.
    pub fn new(say: &'a str) -> Self {
        Self {
            say,
            changes: Vec::new(),
            beside: None,
            show: Vec::new(),
            until: None,
            then: Duration::ZERO,
            facts: Vec::new(),
            allow: Vec::new(),
            part: Turn::Look,
            hints: Vec::new(),
            why: "",
        }
    }

    fn line(&mut self, script: &Script, key: &str, words: &'a str) -> Result<(), String> {
        match key {
            "show" => self.show = words.split_whitespace().map(part).collect::<Result<_, _>>()?,
            "until" => {
                self.until = Some(match value::time(words) {
                    Some(at) => Moment::At(Instant::ZERO + at),
                    None => Moment::When(condition(script, words)?),
                });
            }
            "then" => self.then = time(words)?,
            "fact" => self.facts.push(condition(script, words)?),
            "allow" => self.allow = words.split_whitespace().collect(),
            "hint" => self.hints.push(words),
            "why" => self.why = words,
            "choice" => {
                let choice = choice(script, words)?;
                match &mut self.part {
                    Turn::Predict(choices) => choices.push(choice),
                    part => *part = Turn::Predict(vec![choice]),
                }
            }
            "do" => self.part = Turn::Act(script.action(words).map_err(|errors| errors[0].to_string())?),
            "afresh" => self.changes.push(Change::Afresh),
            "rules" => self.changes.push(Change::Rules(words)),
            "set" => self.changes.push(Change::Set(words)),
            "seed" => self.changes.push(Change::Seed(words.parse().map_err(|_| number(words))?)),
            "beside" => {
                self.beside = Some(Versus::read(words).ok_or_else(|| format!("`{words}` is no rule"))?);
            }
            "reach" => self.task().reach.push(choice(script, words)?),
            "solution" => self.task().solution.push(words),
            "more" | "less" => {
                let measure = Measure::read(words).ok_or_else(|| format!("`{words}` is no figure"))?;
                self.task().score = Some((measure, key == "more"));
            }
            _ => return Err(format!("`{key}` is no word of a lesson")),
        }
        Ok(())
    }

    fn task(&mut self) -> &mut Task<'a> {
        if !matches!(self.part, Turn::Make(_)) {
            self.part = Turn::Make(Task { reach: Vec::new(), solution: Vec::new(), score: None });
        }
        match &mut self.part {
            Turn::Make(task) => task,
            _ => unreachable!("it was just made one"),
        }
    }
}

impl Claim {
    /// Reads `CONDITION [within TIME]`, `untouched`, or a figure with `= N`, `>= N`, `<= N` or `LOW..HIGH`.
    fn read(script: &Script, words: &str) -> Result<Self, String> {
        if words == "untouched" {
            return Ok(Self::Untouched);
        }
        if let Some((measure, low, high)) = figure(words)? {
            return Ok(Self::Figure(measure, low, high));
        }
        match words.split_once(" within ") {
            Some((words, within)) => Ok(Self::Holds(condition(script, words)?, Some(time(within)?))),
            None => Ok(Self::Holds(condition(script, words)?, None)),
        }
    }
}

impl Measure {
    fn read(words: &str) -> Option<Self> {
        Some(match words {
            "witnesses" => Self::Witnesses,
            "after-fail" => Self::AfterFail,
            "recovery" => Self::Recovery,
            "uncovered" => Self::Uncovered,
            "split-votes" => Self::SplitVotes,
            "winners-of-an-epoch" => Self::WinnersOfAnEpoch,
            "lost" => Self::LostWrites,
            "rounds" => Self::Rounds,
            "kills" => Self::Kills,
            "faults" => Self::Faults,
            _ => match words.split_once(' ')? {
                ("saved-by", rules) => Self::Saved(rules.to_owned()),
                ("split-seeds", of) => Self::SplitSeeds(value::whole(of)?),
                _ => return None,
            },
        })
    }
}

/// A figure and its bounds; nothing if the words do not begin with one.
fn figure(words: &str) -> Result<Option<(Measure, u64, u64)>, String> {
    let Some((rest, bound)) = words.rsplit_once(' ') else { return Ok(None) };
    let (rest, sign) = match rest.rsplit_once(' ') {
        Some((rest, sign @ ("=" | ">=" | "<="))) => (rest, sign),
        _ => (rest, ""),
    };
    let Some(measure) = Measure::read(rest) else { return Ok(None) };
    Ok(Some(match (sign, bound.split_once("..")) {
        ("=", _) => (measure, amount(bound)?, amount(bound)?),
        (">=", _) => (measure, amount(bound)?, u64::MAX),
        ("<=", _) => (measure, 0, amount(bound)?),
        (_, Some((low, high))) => (measure, amount(low)?, amount(high)?),
        _ => return Err(format!("`{words}` has no bound")),
    }))
}

fn amount(words: &str) -> Result<u64, String> {
    value::whole(words)
        .or_else(|| value::time(words).map(Duration::as_millis))
        .ok_or_else(|| format!("`{words}` is neither a number nor a time"))
}

fn choice<'a>(script: &Script, words: &'a str) -> Result<Choice<'a>, String> {
    let (text, claim) = words.split_once(" = ").ok_or("a choice is `WORDS = CLAIM`")?;
    Ok(Choice { text: text.trim(), claim: Claim::read(script, claim.trim())? })
}

fn part(word: &str) -> Result<Part, String> {
    let node = |name: &str| name.parse().map_err(|_| format!("`{name}` is no node"));
    match word.split_once(':') {
        Some(("bar", name)) => Ok(Part::Bar(node(name)?)),
        None if word == "tape" => Ok(Part::Tape),
        None if word == "lab" => Ok(Part::Lab),
        None => Ok(Part::Node(node(word)?)),
        Some(_) => Err(format!("`{word}` is nothing that can be shown")),
    }
}

fn condition(script: &Script, words: &str) -> Result<Condition, String> {
    script.condition(words).map_err(|errors| errors[0].to_string())
}

fn time(words: &str) -> Result<Duration, String> {
    value::time(words).ok_or_else(|| format!("`{words}` is no time"))
}

fn number(words: &str) -> String {
    format!("`{words}` is no number")
}
