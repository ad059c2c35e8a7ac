//! A snapshot read piece by piece: only what one key takes is in memory beside the data.

use std::io::Read;

use crate::native::keyspace::{Entry, Keyspace};

use super::cursor::Cursor;
use super::read::value;
use super::{CRC, RdbError, skip};

/// Bytes asked for at once, and memory that is kept between two keys.
const CHUNK: usize = 64 * 1024;

/// What a snapshot holds.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The data.
    pub keyspace: Keyspace,
    /// Fields beside the data that this node may want to know.
    pub aux: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A snapshot on its way from bytes to data.
pub struct Loader<R> {
    input: R,
    /// Bytes that were read, and how many of them are done with.
    window: Vec<u8>,
    done: usize,
    /// Bytes before the window.
    passed: u64,
    /// Whether the input has no more.
    ended: bool,
    /// Over all that is done with.
    digest: crc::Digest<'static, u64>,
    version: Option<u32>,
    expires_at: Option<u64>,
    snapshot: Snapshot,
}

/// What a piece of a snapshot was.
enum Piece {
    /// Where a key ends, or how many there are: nothing to keep.
    Hint,
    /// When the next key ends.
    Expiry(u64),
    Aux(Vec<u8>, Vec<u8>),
    Key(Vec<u8>, super::Value),
    End,
}

impl<R: Read> Loader<R> {
    /// A snapshot that begins where the input does.
    pub fn new(input: R) -> Self {
        Self {
            input,
            window: Vec::new(),
            done: 0,
            passed: 0,
            ended: false,
            digest: CRC.digest(),
            version: None,
            expires_at: None,
            snapshot: Snapshot::default(),
        }
    }

    /// Bytes that are done with.
    pub const fn position(&self) -> u64 {
        self.passed + self.done as u64
    }

    /// How many keys are there.
    pub fn keys(&self) -> usize {
        self.snapshot.keyspace.len()
    }

    /// Takes the next piece in; false at the end of a snapshot that is whole.
    pub fn step(&mut self) -> Result<bool, RdbError> {
        let Some(version) = self.version else {
            let magic = self.parse(fixed::<9>)?;
            self.version = Some(version(magic)?);
            return Ok(true);
        };
        match self.parse(piece)? {
            Piece::Hint => {}
            Piece::Expiry(at) => self.expires_at = Some(at),
            Piece::Aux(name, value) => self.snapshot.aux.push((name, value)),
            Piece::Key(key, value) => {
                let entry = Entry { value, expires_at: self.expires_at.take() };
                self.snapshot.keyspace.put(&key, entry);
            }
            Piece::End => {
                let sum = self.digest.clone().finalize();
                if version >= 5 {
                    let stated = u64::from_le_bytes(self.parse(fixed)?);
                    if stated != 0 && stated != sum {
                        return Err(RdbError::Checksum);
                    }
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the whole snapshot holds.
    pub fn finish(self) -> Snapshot {
        self.snapshot
    }

    /// Parses what is next, reading as much as it takes: what was too short is parsed again with twice the bytes.
    fn parse<T>(&mut self, parse: impl Fn(&mut Cursor<'_>) -> Result<T, RdbError>) -> Result<T, RdbError> {
        loop {
            let rest = &self.window[self.done..];
            let mut cursor = Cursor::new(rest);
            match parse(&mut cursor) {
                Ok(parsed) => {
                    let used = cursor.at();
                    self.digest.update(&rest[..used]);
                    self.done += used;
                    return Ok(parsed);
                }
                Err(RdbError::Short(_)) if !self.ended => self.more()?,
                Err(error) => return Err(error.behind(self.position())),
            }
        }
    }

    fn more(&mut self) -> Result<(), RdbError> {
        self.passed += self.done as u64;
        self.window.drain(..self.done);
        self.done = 0;
        if self.window.len() < CHUNK {
            // One large value must not cost its size to the end.
            self.window.shrink_to(2 * CHUNK);
        }
        let wanted = self.window.len().max(CHUNK);
        let read = self.input.by_ref().take(wanted as u64).read_to_end(&mut self.window);
        let read = read.map_err(|error| RdbError::Input(error.to_string()))?;
        self.ended = read < wanted;
        Ok(())
    }
}

/// Reads a whole snapshot at once.
pub fn read(bytes: &[u8]) -> Result<Snapshot, RdbError> {
    let mut loader = Loader::new(bytes);
    while loader.step()? {}
    Ok(loader.finish())
}

fn version(magic: [u8; 9]) -> Result<u32, RdbError> {
    let digits = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
    let (version, known) = if let Some(rest) = magic.strip_prefix(b"REDIS") {
        (digits(rest), 1..=11)
    } else if let Some(rest) = magic.strip_prefix(b"VALKEY") {
        (digits(rest), 80..=80)
    } else {
        (None, 0..=0)
    };
    let version = version.ok_or(RdbError::Magic)?;
    if known.contains(&version) { Ok(version) } else { Err(RdbError::Version(version)) }
}

fn fixed<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[u8; N], RdbError> {
    cursor.array()
}

fn piece(cursor: &mut Cursor<'_>) -> Result<Piece, RdbError> {
    match cursor.byte()? {
        0xff => return Ok(Piece::End),
        0xfe | 0xf8 => drop(cursor.length()?),
        0xfd => return Ok(Piece::Expiry(u64::from(u32::from_le_bytes(cursor.array()?)) * 1000)),
        0xfc => return Ok(Piece::Expiry(u64::from_le_bytes(cursor.array()?))),
        0xfb => {
            cursor.length()?;
            cursor.length()?;
        }
        0xfa => return Ok(Piece::Aux(cursor.string()?, cursor.string()?)),
        0xf9 => drop(cursor.byte()?),
        0xf7 => skip::module(cursor)?,
        0xf5 => cursor.skip_string()?,
        0xf4 => {
            for _ in 0..3 {
                cursor.length()?;
            }
        }
        mark @ 0xf0.. => return Err(RdbError::Kind { mark, at: 0 }),
        kind => return Ok(Piece::Key(cursor.string()?, value(cursor, kind)?)),
    }
    Ok(Piece::Hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that come a few at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(to.len());
            self.0.read(&mut to[..count])
        }
    }

    fn string(bytes: &mut Vec<u8>, length: usize) {
        bytes.push(0x80);
        bytes.extend_from_slice(&u32::try_from(length).expect("a short one").to_be_bytes());
        bytes.resize(bytes.len() + length, b'v');
    }

    /// A large value among smaller ones.
    fn snapshot() -> Vec<u8> {
        let mut bytes = b"REDIS0009".to_vec();
        for number in 0..20_000 {
            bytes.extend_from_slice(&[0, 5]);
            bytes.extend_from_slice(format!("{number:05}").as_bytes());
            string(&mut bytes, if number == 5000 { 3_000_000 } else { 1000 });
        }
        bytes.push(0xff);
        let sum = CRC.checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn only_one_key_is_in_memory_however_the_bytes_come() {
        let bytes = snapshot();
        for at_once in [777, usize::MAX] {
            let mut loader = Loader::new(Trickle(&bytes, at_once));
            while loader.step().expect("it is whole") {
                // What was read with the large value is used up first.
                let most = if (4000..15_000).contains(&loader.keys()) { 12 << 20 } else { 4 * CHUNK };
                let (room, keys) = (loader.window.capacity(), loader.keys());
                assert!(room <= most, "{room} at key {keys}");
            }
            assert_eq!(loader.position(), bytes.len() as u64);
            assert_eq!(loader.finish().keyspace.len(), 20_000);
        }
    }

    #[test]
    fn damage_is_named_by_its_place_in_all_of_it() {
        let whole = snapshot();
        let mut bytes = whole.clone();
        let end = bytes.len() - 9;
        bytes[end] = 0xf3;
        let at = end as u64;
        assert_eq!(read(&bytes).map(drop), Err(RdbError::Kind { mark: 0xf3, at }));
        assert_eq!(read(&whole[..end]).map(drop), Err(RdbError::Short(at)));
        bytes[end] = 0xff;
        bytes[end + 1] ^= 1;
        assert_eq!(read(&bytes).map(drop), Err(RdbError::Checksum));
        // A packed value that ends too early is damage, not a reason to wait for more.
        let mut list = b"REDIS0009\x10\x01k\x08\x08\0\0\0\x02\0\x85a".to_vec();
        list.resize(500_000, 0);
        let mut loader = Loader::new(Trickle(&list, 4096));
        assert_eq!(loader.step(), Ok(true));
        assert!(matches!(loader.step(), Err(RdbError::Bad { at: 12.., .. })));
        assert!(loader.passed == 0 && loader.window.len() <= CHUNK, "it was not read to the end");
    }
}
