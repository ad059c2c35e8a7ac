//! Names on the wire and the counters that order the world.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Rng;

/// Bytes of a node, shard or history id.
pub const ID_LEN: usize = 40;

/// Why forty bytes are no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an id is {ID_LEN} characters a-z or 0-9")]
pub struct InvalidId;

fn checked(bytes: &[u8]) -> Result<[u8; ID_LEN], InvalidId> {
    let id: [u8; ID_LEN] = bytes.try_into().map_err(|_| InvalidId)?;
    // Every frame carries ids by the handful: without a way out of the loop, it runs sixteen at once.
    let legal = id.iter().fold(true, |legal, b| legal & (b.is_ascii_lowercase() | b.is_ascii_digit()));
    if legal { Ok(id) } else { Err(InvalidId) }
}

/// Every look-up compares ids: the first word tells nearly all apart, without a call.
#[inline]
fn ordered(a: &[u8; ID_LEN], b: &[u8; ID_LEN]) -> Ordering {
    let first = |id: &[u8; ID_LEN]| id.first_chunk().map(|word| u64::from_be_bytes(*word));
    first(a).cmp(&first(b)).then_with(|| a.cmp(b))
}

fn random(rng: &mut Rng) -> [u8; ID_LEN] {
    let mut id = [0; ID_LEN];
    for chunk in id.chunks_mut(16) {
        let text = format!("{:016x}", rng.next_u64());
        for (byte, hex) in chunk.iter_mut().zip(text.bytes()) {
            *byte = hex;
        }
    }
    id
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; ID_LEN]);

        impl $name {
            /// The id written as these forty bytes, `a`-`z` or `0`-`9` each.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
                checked(bytes).map(Self)
            }

            /// A new id of forty random hexadecimal digits.
            pub fn random(rng: &mut Rng) -> Self {
                Self(random(rng))
            }

            /// The id as it stands on the wire.
            pub const fn as_bytes(&self) -> &[u8; ID_LEN] {
                &self.0
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or("")
            }
        }

        impl PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        /// As text is ordered.
        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                ordered(&self.0, &other.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// The first eight characters: enough to tell ids apart in a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str().get(..8).unwrap_or(""))
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::from_bytes(text.as_bytes())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// Who a node is, for as long as its `nodes.conf` lives.
    NodeId
}
id! {
    /// Which primary-and-replicas group a node belongs to (7.2+).
    ShardId
}
id! {
    /// Which write history an offset counts in: the replication id.
    HistoryId
}

/// A bus connection, numbered by the node that owns this end of it; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Zero: nothing has happened yet.
            pub const ZERO: Self = Self(0);

            /// The one after this. Saturates: a peer may have announced the largest value.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// Logical clock of the cluster (`currentEpoch`) or version of a claim (`configEpoch`).
    Epoch
}
counter! {
    /// Bytes of replication stream since the history began.
    Offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_forty_lowercase_letters_or_digits() {
        let mut rng = Rng::new(1);
        let id = NodeId::random(&mut rng);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(NodeId::from_bytes(b"short"), Err(InvalidId));
        assert_eq!("A".repeat(40).parse::<NodeId>(), Err(InvalidId));
        assert!("z".repeat(40).parse::<NodeId>().is_ok());
    }
}
