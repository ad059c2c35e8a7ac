//! Reading lengths and strings (native-node.md §5.2).

use super::RdbError;
use super::lzf;

/// A place in bytes that may end anywhere.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether the bytes are all there are: then an early end is damage, else more may come.
    whole: bool,
}

/// A length, or the mark of a string in another coding.
enum Length {
    Plain(u64),
    Coded(u8),
}

impl<'a> Cursor<'a> {
    /// At the front of bytes that others may follow.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, whole: false }
    }

    /// At the front of a value that holds others.
    pub(super) const fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, whole: true }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// What was read since a place.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], RdbError> {
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let Some(taken) = taken else {
            let short = RdbError::Short(self.bytes.len() as u64);
            return Err(if self.whole { self.bad("a packed value that ends too early") } else { short });
        };
        self.at += taken.len();
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RdbError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, RdbError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) const fn bad(&self, what: &'static str) -> RdbError {
        RdbError::Bad { what, at: self.at as u64 }
    }

    fn any_length(&mut self) -> Result<Length, RdbError> {
        let first = self.byte()?;
        let low = u64::from(first & 0x3f);
        Ok(match first >> 6 {
            0 => Length::Plain(low),
            1 => Length::Plain(low << 8 | u64::from(self.byte()?)),
            2 if first == 0x80 => Length::Plain(u64::from(u32::from_be_bytes(self.array()?))),
            2 if first == 0x81 => Length::Plain(u64::from_be_bytes(self.array()?)),
            2 => return Err(self.bad("unknown kind of length")),
            _ => Length::Coded(first & 0x3f),
        })
    }

    pub(super) fn length(&mut self) -> Result<u64, RdbError> {
        match self.any_length()? {
            Length::Plain(length) => Ok(length),
            Length::Coded(_) => Err(self.bad("a coded string where a length is needed")),
        }
    }

    /// A string, whatever its coding.
    pub(super) fn string(&mut self) -> Result<Vec<u8>, RdbError> {
        let number = |number: i64| Ok(number.to_string().into_bytes());
        match self.any_length()? {
            Length::Plain(length) => Ok(self.take(length)?.to_vec()),
            Length::Coded(0) => number(i64::from(i8::from_le_bytes(self.array()?))),
            Length::Coded(1) => number(i64::from(i16::from_le_bytes(self.array()?))),
            Length::Coded(2) => number(i64::from(i32::from_le_bytes(self.array()?))),
            Length::Coded(3) => {
                let (packed, length) = (self.length()?, self.length()?);
                let packed = self.take(packed)?;
                lzf::unpack(packed, length).ok_or_else(|| self.bad("a packed string that does not unpack"))
            }
            Length::Coded(_) => Err(self.bad("unknown coding of a string")),
        }
    }

    /// Passes a string by without unpacking it.
    pub(super) fn skip_string(&mut self) -> Result<(), RdbError> {
        let length = match self.any_length()? {
            Length::Plain(length) => length,
            Length::Coded(coding @ 0..=2) => 1 << coding,
            Length::Coded(3) => {
                let packed = self.length()?;
                self.length()?;
                packed
            }
            Length::Coded(_) => return Err(self.bad("unknown coding of a string")),
        };
        self.take(length).map(drop)
    }
}
