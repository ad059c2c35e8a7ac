//! Names of shards and nodes. They carry no role, because roles change.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A word that is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a node is called `A0` or `AB12`: capital letters for the shard, then a number")]
pub struct InvalidName;

/// A shard, counted from zero: `A`, `B`, ... `Z`, `AA`, `AB`...
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShardName(pub u16);

/// A node: `A0` is the first primary of shard `A`, `A1` its first replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName {
    /// The shard the node was born in; it keeps its name wherever it goes.
    pub shard: ShardName,
    /// Its number there.
    pub index: u16,
}

impl NodeName {
    /// The node `index` of the shard number `shard`.
    pub const fn new(shard: u16, index: u16) -> Self {
        Self { shard: ShardName(shard), index }
    }
}

impl fmt::Display for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bijective base 26: no letter stands for zero, so `Z` is followed by `AA`.
        let mut letters = [0_u8; 4];
        let mut at = letters.len();
        let mut rest = u32::from(self.0) + 1;
        while rest > 0 {
            rest -= 1;
            at -= 1;
            letters[at] = b'A' + u8::try_from(rest % 26).unwrap_or(0);
            rest /= 26;
        }
        f.write_str(std::str::from_utf8(&letters[at..]).unwrap_or(""))
    }
}

impl FromStr for ShardName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.len() > 4 {
            return Err(InvalidName);
        }
        let mut number = 0_u32;
        for byte in text.bytes() {
            if !byte.is_ascii_uppercase() {
                return Err(InvalidName);
            }
            number = number * 26 + u32::from(byte - b'A') + 1;
        }
        u16::try_from(number - 1).map(Self).map_err(|_| InvalidName)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.shard, self.index)
    }
}

impl FromStr for NodeName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let digits = text.find(|c: char| c.is_ascii_digit()).ok_or(InvalidName)?;
        let (shard, index) = text.split_at(digits);
        // `A01` and `A+1` would be second spellings of `A1`.
        if (index.len() > 1 && index.starts_with('0')) || !index.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidName);
        }
        Ok(Self { shard: shard.parse()?, index: index.parse().map_err(|_| InvalidName)? })
    }
}

impl Serialize for NodeName {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_like_columns_of_a_sheet() {
        for (number, text) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(ShardName(number).to_string(), text);
            assert_eq!(text.parse(), Ok(ShardName(number)));
        }
    }

    #[test]
    fn every_shard_name_reads_back() {
        for number in 0..=u16::MAX {
            assert_eq!(ShardName(number).to_string().parse(), Ok(ShardName(number)));
        }
    }

    #[test]
    fn a_node_has_one_spelling() {
        assert_eq!("AA1".parse(), Ok(NodeName::new(26, 1)));
        assert_eq!(NodeName::new(25, 3).to_string(), "Z3");
        for wrong in ["", "A", "0", "a0", "A01", "A-1", "A+1", "A1x", "A70000", "AAAAA1", "ZZZZ1"] {
            assert_eq!(wrong.parse::<NodeName>(), Err(InvalidName), "{wrong}");
        }
    }
}
