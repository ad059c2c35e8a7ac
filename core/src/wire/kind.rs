//! What kinds of message there are, as words.

use serde::{Deserialize, Serialize};

/// The type of a message: what statistics, filters and views speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 0.
    Ping,
    /// 1.
    Pong,
    /// 2.
    Meet,
    /// 3.
    Fail,
    /// 4.
    Publish,
    /// 5.
    AuthRequest,
    /// 6.
    AuthAck,
    /// 7.
    Update,
    /// 8.
    #[serde(rename = "mfstart")]
    ManualStart,
    /// 9.
    Module,
    /// 10.
    #[serde(rename = "publishshard")]
    PublishShard,
    /// 11.
    AuthNack,
    /// Any other.
    Unknown,
}

impl Kind {
    /// All kinds in wire order.
    pub const ALL: [Self; 13] = [
        Self::Ping,
        Self::Pong,
        Self::Meet,
        Self::Fail,
        Self::Publish,
        Self::AuthRequest,
        Self::AuthAck,
        Self::Update,
        Self::ManualStart,
        Self::Module,
        Self::PublishShard,
        Self::AuthNack,
        Self::Unknown,
    ];

    /// The word of reports and of the scenario language.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Meet => "meet",
            Self::Fail => "fail",
            Self::Publish => "publish",
            Self::AuthRequest => "auth-request",
            Self::AuthAck => "auth-ack",
            Self::Update => "update",
            Self::ManualStart => "mfstart",
            Self::Module => "module",
            Self::PublishShard => "publishshard",
            Self::AuthNack => "auth-nack",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn a_kind_has_one_word_in_scripts_and_in_reports() {
        for kind in Kind::ALL {
            let word: StrDeserializer<'_, Error> = kind.word().into_deserializer();
            assert_eq!(Kind::deserialize(word), Ok(kind));
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::from_word("gossip"), None);
    }
}
