//! What a command is, where its keys are, and how it is found by name. The table itself is `rows`.

use std::sync::LazyLock;

use bitflags::bitflags;
use hashbrown::HashMap;

pub use super::rows::COMMANDS;
use super::{Call, Flow};
use crate::native::values::integer;

bitflags! {
    /// What is true of a command.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u16 {
        /// It changes data.
        const WRITE = 1;
        /// It looks at data and changes none.
        const READ = 2;
        /// Strangers may run it.
        const NO_AUTH = 4;
        /// It runs while the node loads.
        const LOADING = 8;
        /// For operators.
        const ADMIN = 16;
        /// It takes a short time, whatever the data.
        const FAST = 32;
        /// It may touch a slot that comes here, as after ASKING.
        const ASKING = 64;
        /// It is a family of subcommands.
        const FAMILY = 128;
    }
}

/// Where a command's keys are: the first, the last (from the end if negative), each so many words; and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Place of the first; 0 for none.
    pub first: i32,
    /// Place of the last.
    pub last: i32,
    /// Distance from one to the next.
    pub step: i32,
    /// Keys that no place tells.
    pub more: More,
}

/// Keys that only a request itself tells the places of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// There are none.
    None,
    /// A number stands here, and as many keys behind it.
    Counted(usize),
    /// The same with a value behind each key.
    CountedPairs(usize),
    /// The last word behind a STORE.
    Stored,
}

const fn keys(first: i32, last: i32, step: i32, more: More) -> Keys {
    Keys { first, last, step, more }
}

/// No keys.
pub const NONE: Keys = keys(0, 0, 0, More::None);
/// One key, the first argument.
pub const ONE: Keys = keys(1, 1, 1, More::None);
/// Every argument is a key.
pub const ALL: Keys = keys(1, -1, 1, More::None);
/// Every argument but the first.
pub const AFTER_ONE: Keys = keys(2, -1, 1, More::None);
/// Every argument but the last.
pub const BEFORE_ONE: Keys = keys(1, -2, 1, More::None);
/// Keys and values in turn.
pub const PAIRS: Keys = keys(1, -1, 2, More::None);
/// One key, behind a subcommand.
pub const SECOND: Keys = keys(2, 2, 1, More::None);
/// Two keys, the first arguments.
pub const TWO: Keys = keys(1, 2, 1, More::None);
/// So many keys as the first argument says.
pub const COUNTED: Keys = keys(0, 0, 0, More::Counted(1));
/// So many keys as the second argument says.
pub const COUNTED_SECOND: Keys = keys(0, 0, 0, More::Counted(2));
/// One key, and so many as the second argument says.
pub const ONE_AND_COUNTED: Keys = keys(1, 1, 1, More::Counted(2));
/// So many keys with their values as the first argument says.
pub const COUNTED_PAIRS: Keys = keys(0, 0, 0, More::CountedPairs(1));
/// One key, and one to put the outcome into.
pub const ONE_AND_STORED: Keys = keys(1, 1, 1, More::Stored);

impl Keys {
    /// The keys of a request.
    pub fn of<'a>(self, words: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
        let len = i32::try_from(words.len()).unwrap_or(i32::MAX);
        let last = if self.last < 0 { len + self.last } else { self.last };
        let (first, last) = if self.first == 0 { (1, 0) } else { (self.first, last) };
        let step = usize::try_from(self.step.max(1)).unwrap_or(1);
        let fixed =
            (first..=last).step_by(step).filter_map(|at| words.get(usize::try_from(at).ok()?).copied());
        let (more, step) = match self.more {
            More::None => (&words[..0], 1),
            More::Counted(at) => (counted(words, at, 1), 1),
            More::CountedPairs(at) => (counted(words, at, 2), 2),
            More::Stored => (stored(words), 1),
        };
        fixed.chain(more.iter().step_by(step).copied())
    }
}

/// What stands behind the number of keys, each of them so many words; nothing if the number is none.
fn counted<'a>(words: &'a [&'a [u8]], at: usize, each: usize) -> &'a [&'a [u8]] {
    let count = words.get(at).and_then(|word| integer(word)).and_then(|count| usize::try_from(count).ok());
    let end = count.and_then(|count| count.checked_mul(each)?.checked_add(at + 1));
    end.and_then(|end| words.get(at + 1..end)).unwrap_or_default()
}

/// What stands behind the last STORE of a SORT, whose patterns and numbers are no options.
fn stored<'a>(words: &'a [&'a [u8]]) -> &'a [&'a [u8]] {
    let (mut at, mut found) = (2, &words[..0]);
    while let Some(word) = words.get(at) {
        at += match word.to_ascii_lowercase().as_slice() {
            b"limit" => 3,
            b"by" | b"get" => 2,
            b"store" => {
                found = words.get(at + 1..at + 2).unwrap_or_default();
                2
            }
            _ => 1,
        };
    }
    found
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How many words it takes with its name; at least so many if negative.
    pub arity: i32,
    /// What is true of it.
    pub flags: Flags,
    /// Where its keys are.
    pub keys: Keys,
    /// What it does.
    pub run: fn(&mut Call<'_>) -> Flow,
}

impl Command {
    /// Whether it runs while data is being loaded.
    pub fn runs_while_loading(&self, words: &[&[u8]]) -> bool {
        let of_cluster =
            || ASKED.iter().any(|asked| words.get(1).is_some_and(|word| word.eq_ignore_ascii_case(asked)));
        self.flags.contains(Flags::LOADING) && (self.name != "cluster" || of_cluster())
    }

    /// Whether a request of so many words is one of this command.
    pub fn takes(&self, words: usize) -> bool {
        fits(self.arity, words)
    }
}

/// Whether so many words are as many as there must be, or if that is negative at least so many.
pub fn fits(arity: i32, words: usize) -> bool {
    let words = i32::try_from(words).unwrap_or(i32::MAX);
    if arity < 0 { words >= -arity } else { words == arity }
}

/// What CLUSTER tells while data is being loaded.
const ASKED: [&[u8]; 8] =
    [b"help", b"info", b"myid", b"myshardid", b"nodes", b"shards", b"slot-stats", b"slots"];

/// Places in the table, by name.
static PLACES: LazyLock<HashMap<&[u8], usize>> = LazyLock::new(|| {
    COMMANDS.iter().enumerate().map(|(at, command)| (command.name.as_bytes(), at)).collect()
});

/// The place in the table of the command of this name, in any case.
pub fn place(name: &[u8]) -> Option<usize> {
    let mut lower = [0; 32];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    PLACES.get(&*lower).copied()
}

/// The command of this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    place(name).map(|at| &COMMANDS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_found() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        for command in COMMANDS {
            let upper = command.name.to_ascii_uppercase();
            assert_eq!(find(upper.as_bytes()).map(|found| found.name), Some(command.name));
        }
        assert!(find(b"nothing").is_none() && find(&[b'x'; 40]).is_none());
    }

    #[test]
    fn keys_are_where_the_table_says() {
        let words: [&[u8]; 5] = [b"x", b"a", b"b", b"c", b"d"];
        let of = |keys: Keys| keys.of(&words).map(<[u8]>::to_vec).collect::<Vec<_>>().concat();
        assert_eq!(
            (of(NONE), of(ONE), of(ALL), of(PAIRS)),
            (b"".to_vec(), b"a".to_vec(), b"abcd".to_vec(), b"ac".to_vec())
        );
        let words: [&[u8]; 5] = [b"x", b"to", b"2", b"c", b"d"];
        let of = |keys: Keys| keys.of(&words).collect::<Vec<_>>();
        assert_eq!(of(ONE_AND_COUNTED), [&b"to"[..], b"c", b"d"]);
        assert_eq!((of(COUNTED_SECOND).len(), of(COUNTED).len()), (2, 0));
    }
}
