//! How much may wait to be sent to a client (`client-output-buffer-limit`).

use std::fmt;

use super::kinds::memory;

/// What a client is to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It asks and is answered.
    Normal,
    /// It is fed the stream.
    Replica,
    /// It listens to channels.
    Pubsub,
}

impl Class {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Normal, "normal"), (Self::Replica, "slave"), (Self::Pubsub, "pubsub")];

    fn named(word: &str) -> Option<Self> {
        let word = if word == "replica" { "slave" } else { word };
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(class, _)| class)
    }
}

/// The bounds of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimit {
    /// Bytes that end the connection at once; 0 is none.
    pub hard: u64,
    /// Bytes that end it when they stand for [`OutputLimit::seconds`]; 0 is none.
    pub soft: u64,
    /// How long.
    pub seconds: u64,
}

/// The bounds of every class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits([OutputLimit; 3]);

impl Default for OutputLimits {
    fn default() -> Self {
        let mb = |hard: u64, soft: u64| OutputLimit { hard: hard << 20, soft: soft << 20, seconds: 60 };
        Self([OutputLimit { hard: 0, soft: 0, seconds: 0 }, mb(256, 64), mb(32, 8)])
    }
}

impl OutputLimits {
    /// The bounds of a class.
    pub const fn of(&self, class: Class) -> OutputLimit {
        self.0[class as usize]
    }

    /// Takes `CLASS HARD SOFT SECONDS`, once or more; all of it or nothing.
    pub fn read(&mut self, text: &str) -> Option<()> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (groups, rest) = words.as_chunks::<4>();
        if groups.is_empty() || !rest.is_empty() {
            return None;
        }
        let mut read = *self;
        for [class, hard, soft, seconds] in groups {
            let class = Class::named(&class.to_ascii_lowercase())?;
            let limit =
                OutputLimit { hard: memory(hard)?, soft: memory(soft)?, seconds: seconds.parse().ok()? };
            read.0[class as usize] = limit;
        }
        *self = read;
        Some(())
    }
}

impl fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, ((_, word), limit)) in Class::ALL.into_iter().zip(&self.0).enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{word} {} {} {}", limit.hard, limit.soft, limit.seconds)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_changed_one_by_one() {
        let mut limits = OutputLimits::default();
        assert_eq!(limits.to_string(), "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
        assert_eq!(limits.read("normal 1mb 64kb 5 replica 0 0 0"), Some(()));
        assert_eq!(limits.to_string(), "normal 1048576 65536 5 slave 0 0 0 pubsub 33554432 8388608 60");
        for wrong in
            ["", "normal", "normal 1 2", "normal 1 2 3 4", "strange 1 2 3", "slave 5 5 5 pubsub x 1 1"]
        {
            assert_eq!(limits.read(wrong), None, "{wrong}");
        }
        assert_eq!(limits.of(Class::Replica).hard, 0, "all or nothing");
        assert_eq!(limits.of(Class::Normal), OutputLimit { hard: 1 << 20, soft: 64 << 10, seconds: 5 });
    }
}
