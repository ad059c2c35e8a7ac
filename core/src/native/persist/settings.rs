//! What an operator says about keeping data, by Valkey's names.

/// How soon what is written must be on the disk (`appendfsync`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPolicy {
    /// Before a client hears that it is done.
    Always,
    /// Once a second.
    EverySecond,
    /// When the system likes.
    Never,
}

impl SyncPolicy {
    const WORDS: [(&'static str, Self); 3] =
        [("always", Self::Always), ("everysec", Self::EverySecond), ("no", Self::Never)];

    /// Valkey's word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, policy)| *policy == self).map_or("", |(word, _)| word)
    }

    /// What a word means.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, policy)| *policy)
    }
}

/// A snapshot is due when so many changes are so old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last snapshot.
    pub seconds: u64,
    /// Changes since then.
    pub changes: u64,
}

/// The settings of this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `save`.
    pub save: Vec<SavePoint>,
    /// `dbfilename`.
    pub snapshot: String,
    /// `appendonly`.
    pub log: bool,
    /// `appendfsync`.
    pub sync: SyncPolicy,
    /// `appenddirname`.
    pub folder: String,
    /// `appendfilename`.
    pub name: String,
    /// `aof-load-truncated`.
    pub load_truncated: bool,
    /// `auto-aof-rewrite-percentage`; 0 is never.
    pub growth: u64,
    /// `auto-aof-rewrite-min-size`, in bytes.
    pub growth_least: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let save = [(3600, 1), (300, 100), (60, 10_000)];
        Self {
            save: save.map(|(seconds, changes)| SavePoint { seconds, changes }).into(),
            snapshot: "dump.rdb".to_owned(),
            log: false,
            sync: SyncPolicy::EverySecond,
            folder: "appendonlydir".to_owned(),
            name: "appendonly.aof".to_owned(),
            load_truncated: true,
            growth: 100,
            growth_least: 64 << 20,
        }
    }
}

/// Save points of the words of `save`: pairs of seconds and changes; nothing is none.
pub fn save_points(words: &str) -> Option<Vec<SavePoint>> {
    let words = words.trim_matches('"');
    let numbers: Vec<u64> = words.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let pairs = numbers.chunks(2).map(|pair| match pair {
        [seconds, changes] if *seconds > 0 => Some(SavePoint { seconds: *seconds, changes: *changes }),
        _ => None,
    });
    pairs.collect()
}

/// The words of `save` for save points.
pub fn save_words(points: &[SavePoint]) -> String {
    let words: Vec<String> =
        points.iter().map(|point| format!("{} {}", point.seconds, point.changes)).collect();
    words.join(" ")
}

/// A name for a file in the node's folder: no path, nothing a manifest could not hold.
pub fn file_name(word: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_graphic() && !"/\\\"'".contains(c);
    (!word.is_empty() && word != "." && word != ".." && word.chars().all(plain)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn save_points_are_pairs() {
        let points = save_points("3600 1 300 100").expect("two pairs");
        assert_eq!(points[1], SavePoint { seconds: 300, changes: 100 });
        assert_eq!(save_words(&points), "3600 1 300 100");
        for none in ["", "\"\"", " "] {
            assert_eq!(save_points(none), Some(Vec::new()), "{none:?}");
        }
        for wrong in ["60", "0 1", "a b", "60 1 2", "-1 5"] {
            assert_eq!(save_points(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_file_name_is_no_path() {
        for wrong in ["", ".", "..", "a/b", "/x", "a b", "\"x\""] {
            assert_eq!(file_name(wrong), None, "{wrong:?}");
        }
        assert_eq!(file_name("dump.rdb").as_deref(), Some("dump.rdb"));
    }
}
