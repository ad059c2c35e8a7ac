//! From text to a script: every line is read, every error is told, what is right is kept.

mod action;
mod cluster;
mod condition;
mod cursor;
mod offer;
mod selector;
mod token;
mod words;

use crate::base::ordered;
use crate::base::{Duration, Instant};

use self::action::MIN_PERIOD;
use self::cluster::ClusterLines;
use self::cursor::{Cursor, Read, over_time, split};
use self::offer::Wanted;
use super::ast::{Action, ClusterSpec, Condition, Located, RuleLine, Run, Script, Statement};
use super::error::{Problem, ScriptError, nearest, shown};
use super::language::{STATEMENT_FORMS, words};
use super::settings::SetLine;
use super::value;

pub use self::action::ACTIONS;
pub use self::offer::{Offer, Offers, offers};
pub(super) use self::selector::check_node;
pub use self::token::{Sort, Token, tokens};

/// The longest text.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// How many nodes a cluster has at most.
pub const MAX_NODES: u32 = 1000;
/// How many actions a script has at most, each counted once however often it happens.
pub const MAX_ACTIONS: u32 = 2000;
/// How long a world runs at most.
pub const MAX_TIME: Duration = Duration::from_secs(24 * 3600);
/// How many writes one action sends at most.
pub const MAX_WRITES: u64 = 100_000;
/// How many errors are listed at most.
pub const MAX_ERRORS: usize = 50;
/// The caps as errors name them.
pub(super) const MAX_TIME_TEXT: &str = "24h";
pub(super) const MAX_NODES_TEXT: &str = "1,000";
pub(super) const MAX_WRITES_TEXT: &str = "100,000";
const MAX_ACTIONS_TEXT: &str = "2,000";
const MAX_TEXT_TEXT: &str = "64 KiB";

/// First words of lines.
pub const STATEMENTS: [&str; 11] = words(&STATEMENT_FORMS);

/// The script that `text` is, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<Script, Vec<ScriptError>> {
    let (script, errors) = parse_lenient(text);
    if errors.is_empty() { Ok(script) } else { Err(errors) }
}

/// The script made of the lines that are right, and everything that is wrong with the others.
pub fn parse_lenient(text: &str) -> (Script, Vec<ScriptError>) {
    if text.len() > MAX_TEXT {
        return (Script::default(), vec![over_text(&format!("{} bytes", text.len()))]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new();
    // The cluster first, wherever its lines stand: every name is checked against it.
    let mut cluster = ClusterLines::default();
    for (line, text) in numbered(text) {
        let result = cluster.read(line, text);
        reader.note(result);
    }
    let cluster = cluster.finish();
    for (line, text) in numbered(text) {
        let result = reader.line(line, text, &cluster);
        reader.note(result);
    }
    reader.script.cluster = cluster;
    if text.len() > MAX_TEXT / 3 {
        reader.check_canonical();
    }
    (reader.script, in_order(reader.errors))
}

fn over_text(by: &str) -> ScriptError {
    ScriptError::whole(Problem::OverCap { what: "text", cap: MAX_TEXT_TEXT, by: Some(by.to_owned()) })
}

fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines())
}

/// The errors by place, those over the limit only counted.
fn in_order(mut errors: Vec<ScriptError>) -> Vec<ScriptError> {
    ordered::sort_by_key(&mut errors, |error| (error.line, error.column));
    let over = errors.len().saturating_sub(MAX_ERRORS);
    if over > 0 {
        errors.truncate(MAX_ERRORS);
        errors.push(ScriptError::whole(Problem::More(u32::try_from(over).unwrap_or(u32::MAX))));
    }
    errors
}

/// A script being read.
struct Reader {
    script: Script,
    errors: Vec<ScriptError>,
    title_line: Option<u32>,
    seed_line: Option<u32>,
    actions: u32,
    running: Duration,
}

impl Reader {
    fn new() -> Self {
        Self {
            script: Script::default(),
            errors: Vec::new(),
            title_line: None,
            seed_line: None,
            actions: 0,
            running: Duration::ZERO,
        }
    }

    /// The canonical text sets blanks around signs and may be over the cap where what was written is
    /// not; its link could not be read again.
    fn check_canonical(&mut self) {
        let length = self.script.to_string().len();
        if length > MAX_TEXT {
            self.errors.push(over_text(&format!("{length} bytes in canonical form")));
            self.script = Script { cluster: self.script.cluster.clone(), ..Script::default() };
        }
    }

    fn note(&mut self, result: Read<()>) {
        if let Err(error) = result {
            self.errors.push(error);
        }
    }

    fn line(&mut self, line: u32, text: &str, cluster: &ClusterSpec) -> Read<()> {
        self.statement(&mut Cursor::new(line, text, cluster), text)
    }

    fn statement(&mut self, cursor: &mut Cursor<'_>, text: &str) -> Read<()> {
        let Some(word) = cursor.peek() else { return Ok(()) };
        if !STATEMENTS.contains(&word) {
            return Err(unknown_statement(cursor, word));
        }
        let column = cursor.word().map_or(1, |word| word.column);
        cursor.take();
        match word {
            // Read before everything else.
            "cluster" | "shard" => Ok(()),
            "title" => self.title(cursor, text, column),
            "seed" => self.seed(cursor, column),
            "rules" => self.rules(cursor),
            "set" => self.set(cursor),
            "run" => self.run(cursor, column),
            "expect" => self.expect(cursor),
            "at" => self.at(cursor),
            "every" => self.every(cursor),
            _ => self.when(cursor),
        }
    }

    /// A title is the rest of the line as it stands, `#` and all.
    fn title(&mut self, cursor: &Cursor<'_>, text: &str, column: u32) -> Read<()> {
        once(&mut self.title_line, cursor.line, column, "title")?;
        let words: Vec<&str> = text.split_whitespace().skip(1).collect();
        if words.is_empty() {
            return Err(cursor.unexpected(Some("a title")));
        }
        let title = words.join(" ");
        if title.chars().nth(MAX_TITLE).is_some() {
            let problem = Problem::OverCap { what: "characters of title", cap: "200", by: None };
            return Err(ScriptError { line: cursor.line, column, problem });
        }
        self.script.title = Some(title);
        Ok(())
    }

    fn seed(&mut self, cursor: &mut Cursor<'_>, column: u32) -> Read<()> {
        once(&mut self.seed_line, cursor.line, column, "seed")?;
        let seed = cursor.number("a whole number such as `11`", 0, u64::MAX)?;
        cursor.finish()?;
        self.script.seed = seed;
        Ok(())
    }

    fn rules(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let line = cursor.rule_line(&[])?;
        cursor.finish()?;
        self.script.add_rules(Located { line: cursor.line, value: line });
        Ok(())
    }

    fn set(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let line = cursor.set_line(&[])?;
        cursor.finish()?;
        self.script.add_settings(Located { line: cursor.line, value: line });
        Ok(())
    }

    fn at(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let at = cursor.moment()?;
        let action = cursor.action(&[])?;
        self.push(cursor, Statement::At { at, action })
    }

    fn every(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let period = cursor.period("a time of `1ms` or more", MIN_PERIOD)?;
        let action = cursor.action(&["until"])?;
        let mut until = None;
        if cursor.accept("until") {
            let what = format!("a time of `{period}` or more");
            until = Some(Instant::ZERO + cursor.period(&what, period)?);
        }
        self.push(cursor, Statement::Every { period, action, until })
    }

    fn when(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if let Some(word) = cursor.peek().filter(|word| value::time(word).is_some()) {
            return Err(cursor.error(Problem::TimeInWhen(shown(word))));
        }
        let condition = cursor.condition()?;
        let action = cursor.action(&[])?;
        self.push(cursor, Statement::When { condition, action })
    }

    fn run(&mut self, cursor: &mut Cursor<'_>, column: u32) -> Read<()> {
        let (run, longest) = if cursor.accept("for") {
            let span = cursor.time()?;
            (Run::For(span), span)
        } else {
            cursor.expect("until")?;
            let condition = cursor.condition()?;
            // The comma is for people; who leaves it out is understood.
            if cursor.peek() == Some(",") {
                cursor.take();
            }
            if cursor.peek() != Some("at") {
                cursor.want(Wanted::Word(", at most"));
                return Err(cursor.unexpected(Some("`, at most` and a time")));
            }
            cursor.take();
            cursor.expect("most")?;
            let at_most = cursor.time()?;
            (Run::Until { condition, at_most }, at_most)
        };
        cursor.finish()?;
        let total = self.running + longest;
        if total > MAX_TIME {
            return Err(ScriptError { line: cursor.line, column, problem: over_time(total) });
        }
        self.running = total;
        self.push(cursor, Statement::Run(run))
    }

    fn expect(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let condition = cursor.condition()?;
        let within = if cursor.accept("within") { Some(cursor.time()?) } else { None };
        self.push(cursor, Statement::Expect { condition, within })
    }

    fn push(&mut self, cursor: &Cursor<'_>, statement: Statement) -> Read<()> {
        cursor.finish()?;
        if statement.action().is_some() {
            self.actions += 1;
            // Told once; the lines behind it are over the same cap.
            if self.actions == MAX_ACTIONS + 1 {
                let problem = Problem::OverCap { what: "actions", cap: MAX_ACTIONS_TEXT, by: None };
                return Err(ScriptError { line: cursor.line, column: 1, problem });
            }
            if self.actions > MAX_ACTIONS {
                return Ok(());
            }
        }
        self.script.statements.push(Located { line: cursor.line, value: statement });
        Ok(())
    }
}

/// Notes that `what` stands on this line, unless it stood on another.
pub(super) fn once(seen: &mut Option<u32>, line: u32, column: u32, what: &str) -> Read<()> {
    if let Some(first) = *seen {
        return Err(ScriptError { line, column, problem: Problem::Twice { what: what.to_owned(), first } });
    }
    *seen = Some(line);
    Ok(())
}

fn unknown_statement(cursor: &Cursor<'_>, word: &str) -> ScriptError {
    let mut error = cursor.unknown("statement", &STATEMENTS);
    if let Problem::Unknown { nearest: mend, .. } = &mut error.problem {
        // An action alone lacks its moment.
        let action = ACTIONS.iter().find(|action| **action == word).map(|action| (*action).to_owned());
        let action = action.or_else(|| nearest(word, ACTIONS).filter(|_| mend.is_none()));
        if let Some(action) = action {
            *mend = Some(format!("at 10s {action}"));
        }
    }
    error
}

impl Script {
    /// Puts the words of `--rules` over what the script says.
    pub fn override_rules(&mut self, words: &str) -> Result<(), Vec<ScriptError>> {
        let line = self.read_words(words, |cursor| cursor.rule_line(&[]))?;
        if line.nodes.is_none() {
            self.rules.retain_mut(|known| known.value.yield_to(&line));
        }
        self.add_rules(Located { line: 0, value: line });
        Ok(())
    }

    /// Puts the words of `--set` over what the script says.
    pub fn override_settings(&mut self, words: &str) -> Result<(), Vec<ScriptError>> {
        let line = self.read_words(words, |cursor| cursor.set_line(&[]))?;
        if line.nodes.is_none() {
            self.settings.retain_mut(|known| known.value.yield_to(&line));
        }
        self.add_settings(Located { line: 0, value: line });
        Ok(())
    }

    /// A condition as this script would say it.
    pub fn condition(&self, words: &str) -> Result<Condition, Vec<ScriptError>> {
        let mut cursor = Cursor::new(1, words, &self.cluster);
        let read = cursor.condition().and_then(|value| cursor.finish().map(|()| value));
        read.map_err(|error| vec![error])
    }

    /// An action as this script would say it.
    pub fn action(&self, words: &str) -> Result<Action, Vec<ScriptError>> {
        self.read_words(words, |cursor| cursor.action(&[]))
    }

    fn read_words<T>(
        &self,
        words: &str,
        read: impl FnOnce(&mut Cursor<'_>) -> Read<T>,
    ) -> Result<T, Vec<ScriptError>> {
        let mut cursor = Cursor::new(1, words, &self.cluster);
        let result = read(&mut cursor).and_then(|value| cursor.finish().map(|()| value));
        result.map_err(|error| vec![error])
    }

    fn add_rules(&mut self, line: Located<RuleLine>) {
        if line.value.nodes.is_some() {
            self.rules.push(line);
            return;
        }
        let global = self.rules.first().is_some_and(|first| first.value.nodes.is_none());
        let before = if global { self.rules.remove(0).value } else { RuleLine::default() };
        let merged = before.merged(&line.value);
        if !merged.is_empty() {
            self.rules.insert(0, Located { line: line.line, value: merged });
        }
    }

    fn add_settings(&mut self, line: Located<SetLine>) {
        if line.value.nodes.is_some() {
            self.settings.push(line);
            return;
        }
        let global = self.settings.first().is_some_and(|first| first.value.nodes.is_none());
        let before = if global { self.settings.remove(0).value } else { SetLine::default() };
        let merged = before.merged(&line.value);
        if !merged.assignments.is_empty() {
            self.settings.insert(0, Located { line: line.line, value: merged });
        }
    }
}

/// The first word of a line, comments left out.
pub(super) fn first_word(line: &str) -> Option<&str> {
    split(line).first().map(|word| word.text)
}
