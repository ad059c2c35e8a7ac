//! The words of one line, read from left to right.

use crate::base::{Duration, Instant};

use super::offer::Wanted;
use super::value;
use super::{MAX_TIME, MAX_TIME_TEXT};
use crate::scenario::ast::ClusterSpec;
use crate::scenario::error::{Problem, ScriptError, join, nearest, shown};

/// What reading a part of a line gives.
pub(super) type Read<T> = Result<T, ScriptError>;

/// One word and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) column: u32,
}

/// Signs that are words of their own even without blanks around them.
const SIGNS: [&str; 4] = ["->", "|", ">=", "<="];

/// The words of a line, comments left out.
pub(super) fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut column = 1_u32;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            column += 1;
            continue;
        }
        // Inside a word a `#` is a letter like any other; only in front of one does it start a comment.
        if first == '#' {
            break;
        }
        let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, next) = rest.split_at(blank);
        cut_signs(word, column, &mut words);
        column += u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
        rest = next;
    }
    words
}

fn cut_signs<'a>(mut word: &'a str, mut column: u32, words: &mut Vec<Word<'a>>) {
    let comma = word.len() > 1 && word.ends_with(',');
    if comma {
        word = &word[..word.len() - 1];
    }
    while !word.is_empty() {
        let cut = match sign_at(word) {
            Some(sign) => sign.len(),
            None => word
                .char_indices()
                .find(|(at, _)| sign_at(&word[*at..]).is_some())
                .map_or(word.len(), |(at, _)| at),
        };
        words.push(Word { text: &word[..cut], column });
        column += u32::try_from(word[..cut].chars().count()).unwrap_or(u32::MAX);
        word = &word[cut..];
    }
    if comma {
        words.push(Word { text: ",", column });
    }
}

/// The sign that `text` begins with.
fn sign_at(text: &str) -> Option<&'static str> {
    SIGNS.into_iter().find(|sign| text.starts_with(sign))
}

/// A line being read.
pub(super) struct Cursor<'a> {
    pub(super) line: u32,
    pub(super) cluster: &'a ClusterSpec,
    words: Vec<Word<'a>>,
    at: usize,
    end: u32,
    /// Words that would have been right here, for the error if none comes.
    tried: Vec<&'static str>,
    /// What else would have been, for those who complete lines.
    wanted: Vec<Wanted>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: u32, text: &'a str, cluster: &'a ClusterSpec) -> Self {
        let words = split(text);
        let end = words.last().map_or(1, |word| word.column + chars(word.text));
        Self { line, cluster, words, at: 0, end, tried: Vec::new(), wanted: Vec::new() }
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|word| word.text)
    }

    /// The next word and where it stands.
    pub(super) fn word(&self) -> Option<Word<'a>> {
        self.words.get(self.at).copied()
    }

    pub(super) fn take(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.at).copied();
        if word.is_some() {
            self.advance();
        }
        word
    }

    fn advance(&mut self) {
        self.at += 1;
        self.tried.clear();
        self.wanted.clear();
    }

    /// Steps over `word` if it is next.
    pub(super) fn accept(&mut self, word: &'static str) -> bool {
        if self.peek() == Some(word) {
            self.advance();
            return true;
        }
        self.tried.push(word);
        false
    }

    /// Notes that these words would have been right here, too.
    pub(super) fn also(&mut self, words: impl IntoIterator<Item = &'static str>) {
        self.tried.extend(words);
    }

    /// Notes what would be right here, for those who complete lines; no error tells of it.
    pub(super) fn want(&mut self, what: Wanted) {
        self.wanted.push(what);
    }

    /// What would have been right where reading ended: the words tried, and the rest.
    pub(super) fn hopes(&self) -> (&[&'static str], &[Wanted]) {
        (&self.tried, &self.wanted)
    }

    /// Steps over `word`, which has to be next.
    pub(super) fn expect(&mut self, word: &'static str) -> Read<()> {
        if self.accept(word) { Ok(()) } else { Err(self.unexpected(None)) }
    }

    /// An error where the next word stands.
    pub(super) fn error(&self, problem: Problem) -> ScriptError {
        let column = self.words.get(self.at).map_or(self.end, |word| word.column);
        ScriptError { line: self.line, column, problem }
    }

    /// An error where `word` stands.
    pub(super) fn error_at(&self, word: Word<'_>, problem: Problem) -> ScriptError {
        ScriptError { line: self.line, column: word.column, problem }
    }

    /// Neither `what` nor any of the words tried stands here.
    pub(super) fn unexpected(&self, what: Option<&str>) -> ScriptError {
        let mut valid: Vec<String> = Vec::new();
        for word in self.tried.iter().map(|word| format!("`{word}`")).chain(what.map(str::to_owned)) {
            if !valid.contains(&word) {
                valid.push(word);
            }
        }
        let expected = join(&valid, "or");
        let nearest = self.peek().and_then(|word| nearest(word, self.tried.iter().copied()));
        self.error(Problem::Expected { expected, found_word: self.peek().map(shown), nearest })
    }

    /// The next word is none of `known`.
    pub(super) fn unknown(&self, what: &'static str, known: &[&'static str]) -> ScriptError {
        match self.peek() {
            None => self.unexpected(Some(&format!("{} {what}", article(what)))),
            Some(word) => self.error(Problem::Unknown {
                what,
                word: shown(word),
                nearest: nearest(word, known.iter().copied()),
                known: known.to_vec(),
            }),
        }
    }

    /// Nothing may follow.
    pub(super) fn finish(&self) -> Read<()> {
        if self.at == self.words.len() { Ok(()) } else { Err(self.unexpected(Some("the end of the line"))) }
    }

    /// A time up to the cap.
    pub(super) fn time(&mut self) -> Read<Duration> {
        let Some(text) = self.peek() else { return Err(self.unexpected(Some(value::TIME))) };
        if negative(text) {
            return Err(self.error(Problem::NegativeTime(shown(text))));
        }
        let span = value::time(text).ok_or_else(|| self.unexpected(Some(value::TIME)))?;
        if span > MAX_TIME {
            return Err(self.error(over_time(span)));
        }
        self.advance();
        Ok(span)
    }

    /// A moment, counted from time zero.
    pub(super) fn moment(&mut self) -> Read<Instant> {
        self.time().map(|span| Instant::ZERO + span)
    }

    /// A time that is not zero.
    pub(super) fn period(&mut self, what: &str, least: Duration) -> Read<Duration> {
        let start = self.at;
        let span = self.time()?;
        if span < least {
            self.at = start;
            return Err(self.unexpected(Some(what)));
        }
        Ok(span)
    }

    /// A whole number from `low` to `high`.
    pub(super) fn number(&mut self, what: &str, low: u64, high: u64) -> Read<u64> {
        let number = self.peek().and_then(value::whole).filter(|number| (low..=high).contains(number));
        let number = number.ok_or_else(|| self.unexpected(Some(what)))?;
        self.advance();
        Ok(number)
    }
}

/// The error for more simulated time than there may be.
pub(super) fn over_time(span: Duration) -> Problem {
    Problem::OverCap { what: "simulated time", cap: MAX_TIME_TEXT, by: Some(span.to_string()) }
}

/// Whether `text` is meant as a negative number or time.
pub(super) fn negative(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

pub(super) fn chars(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
