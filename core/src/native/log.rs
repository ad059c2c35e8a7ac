//! One line per event, to standard output or a file.

use std::fmt::{Arguments, Display};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who looks for a fault.
    Debug,
    /// What happens often.
    Verbose,
    /// What happens.
    Notice,
    /// What should not happen.
    Warning,
    /// Above every line.
    Nothing,
}

impl Level {
    const ALL: [Self; 5] = [Self::Debug, Self::Verbose, Self::Notice, Self::Warning, Self::Nothing];

    /// The word of the option `loglevel`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Verbose => "verbose",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Nothing => "nothing",
        }
    }

    /// What a word of the option means.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// Its mark in a line.
    const fn mark(self) -> char {
        match self {
            Self::Debug => '.',
            Self::Verbose => '-',
            Self::Notice => '*',
            Self::Warning | Self::Nothing => '#',
        }
    }
}

/// Where lines go. A log that cannot be written must not end a node.
#[derive(Debug)]
pub struct Log {
    file: Option<File>,
    /// Lines that matter less are not written.
    pub least: Level,
    /// The letter of this node's role: `M` for a primary, `S` for a replica.
    pub role: char,
}

impl Log {
    /// A log to a file, or to standard output for an empty path.
    pub fn open(path: &Path, least: Level) -> std::io::Result<Self> {
        let file = if path.as_os_str().is_empty() {
            None
        } else {
            Some(OpenOptions::new().create(true).append(true).open(path)?)
        };
        Ok(Self { file, least, role: 'M' })
    }

    /// Writes a line in the form that Valkey's have: process and role, time, level, words.
    pub fn line(&mut self, unix_ms: u64, level: Level, words: Arguments<'_>) {
        if level < self.least {
            return;
        }
        let (role, mark) = (self.role, level.mark());
        let line = format!("{}:{role} {} {mark} {}\n", std::process::id(), Date(unix_ms), OneLine(words));
        let done = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()),
            None => std::io::stdout().lock().write_all(line.as_bytes()),
        };
        // Nobody is left to tell.
        drop(done);
    }
}

/// A moment as `22 Nov 2026 22:20:27.123`, in UTC.
struct Date(u64);

impl Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (day, in_day) = (self.0 / 86_400_000, self.0 % 86_400_000);
        // Years that begin in March have their odd day at the end; 400 of them have 146,097 days.
        let day = day + 719_468;
        let (era, of_era) = (day / 146_097, day % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let date = of_year - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year + u64::from(month >= 10);
        let name = MONTHS.iter().cycle().skip(2).nth(usize::try_from(month).unwrap_or(0)).unwrap_or(&"");
        let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60);
        write!(f, "{date:02} {name} {year} {hour:02}:{minute:02}:{second:02}.{:03}", in_day % 1000)
    }
}

/// Words without control characters: a name from the network must not forge a line.
struct OneLine<'a>(Arguments<'a>);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.to_string().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let table = [
            (0, "01 Jan 1970 00:00:00.000"),
            (951_782_399_999, "28 Feb 2000 23:59:59.999"),
            (951_782_400_000, "29 Feb 2000 00:00:00.000"),
            (1_700_000_000_123, "14 Nov 2023 22:13:20.123"),
            (1_735_689_599_000, "31 Dec 2024 23:59:59.000"),
            (4_107_542_400_000, "01 Mar 2100 00:00:00.000"),
        ];
        for (unix_ms, expected) in table {
            assert_eq!(Date(unix_ms).to_string(), expected);
        }
    }

    #[test]
    fn nobody_forges_a_line() {
        let name = "x\r\n1:M 01 Jan 1970 * PID: 1\u{1b}[31m";
        assert_eq!(
            OneLine(format_args!("<{name}>")).to_string(),
            "<x\\r\\n1:M 01 Jan 1970 * PID: 1\\u{1b}[31m>"
        );
    }
}
