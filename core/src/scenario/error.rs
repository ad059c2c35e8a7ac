//! What is wrong with a script or a link: where, what was expected, and the nearest valid word.

use std::fmt;

use thiserror::Error;

/// One thing wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ScriptError {
    /// The line, counted from 1; 0 if the whole text is meant.
    pub line: u32,
    /// The column in characters, counted from 1; 0 if the whole line is meant.
    pub column: u32,
    /// What is wrong.
    pub problem: Problem,
}

impl ScriptError {
    /// An error about a text as a whole.
    pub(super) fn whole(problem: Problem) -> Self {
        Self { line: 0, column: 0, problem }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}", self.line)?;
            if self.column > 0 {
                write!(f, ", column {}", self.column)?;
            }
            f.write_str(": ")?;
        }
        self.problem.fmt(f)
    }
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A word where one of a closed set is expected.
    #[error("unknown {what} `{word}`{}", hint(nearest.as_deref(), known))]
    Unknown {
        /// What kind of word.
        what: &'static str,
        /// The word.
        word: String,
        /// The valid word it resembles.
        nearest: Option<String>,
        /// Every valid word.
        known: Vec<&'static str>,
    },
    /// Something else is expected here.
    #[error("expected {expected}, found {}{}", found(found_word.as_deref()), mean(nearest.as_deref()))]
    Expected {
        /// What.
        expected: String,
        /// What stands there; none is the end of the line.
        found_word: Option<String>,
        /// The valid word it resembles.
        nearest: Option<String>,
    },
    /// Only one message can have left at a moment.
    #[error(
        "`sent` names one message: say its type, its sender and its receiver before it, as in `{0} auth-ack \
         from B0 to A1 sent 8s`"
    )]
    Unnamed(&'static str),
    /// Time runs forward.
    #[error("a time cannot be negative: `{0}`")]
    NegativeTime(String),
    /// No setting is below zero.
    #[error("`{key}` cannot be negative: `{value}`")]
    Negative {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// A condition is expected, not a moment.
    #[error("`when` waits for a condition such as `covered`; a time such as `{0}` goes with `at`")]
    TimeInWhen(String),
    /// The cluster has no such node or shard.
    #[error("there is no {what} `{name}`: {has}")]
    NoSuch {
        /// `node` or `shard`.
        what: &'static str,
        /// Its name.
        name: String,
        /// What there is instead.
        has: String,
    },
    /// One node is expected.
    #[error("expected one node such as `A1`, `A` or `A.best`, but `{0}` may be several")]
    Several(String),
    /// Said before.
    #[error("`{what}` stands on line {first} already")]
    Twice {
        /// What.
        what: String,
        /// Where it stood first.
        first: u32,
    },
    /// Said twice in one statement.
    #[error("`{0}` is given twice")]
    Repeated(String),
    /// Both ways to describe the cluster.
    #[error(
        "the cluster is described by `{first_word}` on line {first} already; use `cluster` or `shard` lines"
    )]
    Mixed {
        /// The other way.
        first_word: &'static str,
        /// Where it stood first.
        first: u32,
    },
    /// Shards are named in order.
    #[error("shard lines come in order: expected `shard {expected}`, found `shard {found}`")]
    ShardOrder {
        /// The next name.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A slot belongs to one shard.
    #[error("slots {slots} belong to shard `{shard}` already")]
    SlotsTaken {
        /// Which.
        slots: String,
        /// Whose.
        shard: String,
    },
    /// This key belongs to the world.
    #[error("`{0}` belongs to the whole world and cannot be set for one node")]
    WorldKey(&'static str),
    /// A value of `set` or `rules` that its key does not take.
    #[error("`{key}` takes {expected}, not `{value}`{}", mean(nearest.as_deref()))]
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: String,
        /// What stands there.
        value: String,
        /// The valid value it resembles.
        nearest: Option<String>,
    },
    /// A cap.
    #[error("the cap of {cap} {what} is exceeded{}", by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default())]
    OverCap {
        /// Of what.
        what: &'static str,
        /// How much is allowed.
        cap: &'static str,
        /// How much it was, where that helps.
        by: Option<String>,
    },
    /// The list of errors ends here.
    #[error("{0} more errors are not listed")]
    More(u32),
    /// The link is empty or is none.
    #[error(
        "this is no link: expected `#v1;...`, `#v1z=...` or the name of a built-in scenario such as `#split-vote`"
    )]
    NoLink,
    /// A link of another version.
    #[error("this link is of version `{0}`; this program reads `v1`")]
    LinkVersion(String),
    /// The packed part of a link is damaged.
    #[error("the packed part of the link is damaged: {0}")]
    Packed(&'static str),
    /// A percent-encoded part is no UTF-8.
    #[error("the link holds bytes that are no text")]
    NoText,
    /// An extra of the link.
    #[error("the link says `{word}`: expected {expected}")]
    Extra {
        /// What stands there.
        word: String,
        /// What should.
        expected: &'static str,
    },
    /// It looks like a lesson and is none.
    #[error("there is no lesson {0}")]
    NoLesson(String),
}

/// The longest word that errors repeat in full.
const SHOWN: usize = 40;

/// `word` as errors show it: in full, or its beginning; without control characters.
pub(super) fn shown(word: &str) -> String {
    let mut text = String::new();
    for letter in word.chars().take(SHOWN) {
        // An error must not move the cursor of the terminal it is printed on.
        if letter.is_control() { text.extend(letter.escape_default()) } else { text.push(letter) }
    }
    if word.chars().nth(SHOWN).is_some() {
        text.push_str("...");
    }
    text
}

/// The word of `known` that `word` is most likely a slip of.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Long words are no slips, and comparing them takes the square of their length.
    let length = word.chars().count();
    if length == 0 || length > SHOWN {
        return None;
    }
    let word = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let longest = length.max(candidate.len());
        let allowed = (longest / 3).max(1);
        // Comparing is dear, and words of very different length need not be compared.
        if length.abs_diff(candidate.len()) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
        // Short words resemble everything: at least one letter must be shared.
        if distance <= allowed && distance < longest && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

/// More words than this are a list of their own, not part of a sentence.
const MANY: usize = 60;

fn hint(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(_) => mean(nearest),
        None if known.len() == 1 => format!("; there is only {}", list(known, "and")),
        None if known.len() > MANY => " (`splitvote rules` lists them)".to_owned(),
        None => format!("; there are {}", list(known, "and")),
    }
}

fn mean(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

fn found(word: Option<&str>) -> String {
    word.map_or_else(|| "the end of the line".to_owned(), |word| format!("`{word}`"))
}

/// `a`, `b` and `c`.
pub(super) fn list(words: &[&str], joint: &str) -> String {
    join(&words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>(), joint)
}

/// a, b and c.
pub(super) fn join(words: &[String], joint: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {joint} {last}", head.join(", ")),
    }
}
