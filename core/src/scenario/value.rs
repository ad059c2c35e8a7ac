//! Values as text and back: times, shares, sizes, rates. One canonical spelling each, no floats.

use std::fmt;

use crate::base::{Duration, SLOTS, SlotSet};

use super::ast::Share;
use super::settings::{Between, Bytes, PerSecond, Program, SaveBehavior};

/// What a time looks like, for errors.
pub(super) const TIME: &str = "a time such as `250ms`, `3s` or `1m30s`";
/// What a share looks like, for errors.
pub(super) const SHARE: &str = "a share such as `10%` or `0.5%`";

/// A value of `set`.
pub(super) trait SettingValue: Sized {
    /// What it looks like.
    const EXPECTED: &'static str;
    /// Values that are words.
    const WORDS: &'static [&'static str] = &[];
    /// The value of a text, if it is one.
    fn read(text: &str) -> Option<Self>;
    /// Its canonical text.
    fn print(&self) -> String;
}

/// A whole number: digits and nothing else.
pub(super) fn whole(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

const UNITS: [(&str, u64); 5] =
    [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1)];

/// A time in units from long to short, each at most once: `1m30s`.
pub fn time(text: &str) -> Option<Duration> {
    let mut total = 0_u64;
    let mut shortest = u64::MAX;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number = whole(&rest[..digits])?;
        let word = &rest[digits..];
        let word = &word[..word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len())];
        let (_, micros) = UNITS.into_iter().find(|(unit, _)| *unit == word)?;
        if micros >= shortest {
            return None;
        }
        shortest = micros;
        total = total.checked_add(number.checked_mul(micros)?)?;
        rest = &rest[digits + word.len()..];
    }
    (!text.is_empty()).then_some(Duration::from_micros(total))
}

/// A share: `10%`, `0.5%`, up to four decimals and at most 100%.
pub(super) fn share(text: &str) -> Option<Share> {
    let number = text.strip_suffix('%')?;
    let (percent, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if decimals.is_empty() || decimals.len() > 4 {
        return None;
    }
    let padded = format!("{decimals:0<4}");
    let millionths = whole(percent)?.checked_mul(10_000)?.checked_add(whole(&padded)?)?;
    u32::try_from(millionths).ok().map(Share).filter(|share| *share <= Share::WHOLE)
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, decimals) = (self.0 / 10_000, self.0 % 10_000);
        if decimals == 0 {
            write!(f, "{percent}%")
        } else {
            write!(f, "{percent}.{}%", format!("{decimals:04}").trim_end_matches('0'))
        }
    }
}

impl SettingValue for Duration {
    const EXPECTED: &'static str = TIME;
    fn read(text: &str) -> Option<Self> {
        time(text)
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for Option<Duration> {
    const EXPECTED: &'static str = "`auto` or a time such as `0ms`";
    const WORDS: &'static [&'static str] = &["auto"];
    fn read(text: &str) -> Option<Self> {
        if text == "auto" { Some(None) } else { time(text).map(Some) }
    }
    fn print(&self) -> String {
        self.map_or_else(|| "auto".to_owned(), |span| span.to_string())
    }
}

impl SettingValue for Between {
    const EXPECTED: &'static str = "a time such as `1ms` or two such as `1ms..5ms`";
    fn read(text: &str) -> Option<Self> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let (low, high) = (time(low)?, time(high)?);
        (low <= high).then_some(Self { low, high })
    }
    fn print(&self) -> String {
        if self.low == self.high { self.low.to_string() } else { format!("{}..{}", self.low, self.high) }
    }
}

impl SettingValue for Share {
    const EXPECTED: &'static str = SHARE;
    fn read(text: &str) -> Option<Self> {
        share(text)
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for PerSecond {
    const EXPECTED: &'static str = "a rate such as `20/s`";
    fn read(text: &str) -> Option<Self> {
        let number = whole(text.strip_suffix("/s")?)?;
        u32::try_from(number).ok().map(Self)
    }
    fn print(&self) -> String {
        format!("{}/s", self.0)
    }
}

impl SettingValue for SaveBehavior {
    const EXPECTED: &'static str = "`sync` or `best-effort`";
    const WORDS: &'static [&'static str] = &["sync", "best-effort"];
    fn read(text: &str) -> Option<Self> {
        match text {
            "sync" => Some(Self::Sync),
            "best-effort" => Some(Self::BestEffort),
            _ => None,
        }
    }
    fn print(&self) -> String {
        match self {
            Self::Sync => "sync",
            Self::BestEffort => "best-effort",
        }
        .to_owned()
    }
}

impl SettingValue for Program {
    const EXPECTED: &'static str = "`splitvote`, `valkey` or `redis`";
    const WORDS: &'static [&'static str] = &["splitvote", "valkey", "redis"];
    fn read(text: &str) -> Option<Self> {
        match text {
            "splitvote" => Some(Self::Splitvote),
            "valkey" => Some(Self::Valkey),
            "redis" => Some(Self::Redis),
            _ => None,
        }
    }
    fn print(&self) -> String {
        match self {
            Self::Splitvote => "splitvote",
            Self::Valkey => "valkey",
            Self::Redis => "redis",
        }
        .to_owned()
    }
}

impl SettingValue for u32 {
    const EXPECTED: &'static str = "a whole number";
    fn read(text: &str) -> Option<Self> {
        whole(text).and_then(|number| Self::try_from(number).ok())
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for bool {
    const EXPECTED: &'static str = "`yes` or `no`";
    const WORDS: &'static [&'static str] = &["yes", "no"];
    fn read(text: &str) -> Option<Self> {
        match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
    fn print(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
}

const SIZES: [(&str, u32); 3] = [("gb", 30), ("mb", 20), ("kb", 10)];

impl SettingValue for Bytes {
    const EXPECTED: &'static str = "a size such as `100`, `64kb` or `10mb`";
    fn read(text: &str) -> Option<Self> {
        for (unit, shift) in SIZES {
            if let Some(number) = text.strip_suffix(unit) {
                return whole(number)?.checked_mul(1 << shift).map(Self);
            }
        }
        whole(text).map(Self)
    }
    fn print(&self) -> String {
        for (unit, shift) in SIZES {
            if self.0 > 0 && self.0.trailing_zeros() >= shift {
                return format!("{}{unit}", self.0 >> shift);
            }
        }
        self.0.to_string()
    }
}

/// What a set of slots looks like, for errors.
pub(super) const SLOT_RANGES: &str = "slots such as `0-5460` or `0-99,200` below 16384";

/// A set of slots: closed ranges joined by commas.
pub(super) fn slots(text: &str) -> Option<SlotSet> {
    let mut ranges = Vec::new();
    let mut named = 0;
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (whole(first)?, whole(last)?);
        if first > last || last >= u64::from(SLOTS) {
            return None;
        }
        ranges.push((u16::try_from(first).ok()?, u16::try_from(last).ok()?));
        // A list that says the same slots over and over is a flood, not a set.
        named += last - first + 1;
        if named > u64::from(SLOTS) {
            return None;
        }
    }
    Some(SlotSet::from_ranges(ranges))
}

/// Slots as [`slots`] reads them.
pub(super) fn slots_text(slots: &SlotSet) -> String {
    slots.to_string().replace(' ', ",")
}
