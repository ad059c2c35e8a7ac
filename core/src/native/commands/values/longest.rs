//! LCS: the longest row of bytes that two strings have in common, gaps allowed.

use super::super::strings::{LONGEST, SYNTAX};
use super::super::{Call, Flow};
use super::{Refusal, number, tried};
use crate::native::keyspace::Value;
use crate::resp::Writer;

/// How the lengths of what prefixes have in common are looked at: the first string's bytes are rows.
struct Table {
    width: usize,
    lengths: Vec<u32>,
}

impl Table {
    fn of(a: &[u8], b: &[u8]) -> Result<Self, Refusal> {
        let width = b.len() + 1;
        let size = width.checked_mul(a.len() + 1).filter(|size| size.saturating_mul(4) <= LONGEST);
        let size =
            size.ok_or("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")?;
        let mut table = Self { width, lengths: vec![0; size] };
        for (i, one) in a.iter().enumerate() {
            for (j, other) in b.iter().enumerate() {
                let length = if one == other {
                    table.at(i, j) + 1
                } else {
                    table.at(i, j + 1).max(table.at(i + 1, j))
                };
                table.lengths[(i + 1) * width + j + 1] = length;
            }
        }
        Ok(table)
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.lengths[i * self.width + j]
    }
}

/// A piece that both strings have without a gap: where it begins in each, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    a: usize,
    b: usize,
    len: usize,
}

/// The pieces from the last to the first.
fn pieces(table: &Table, a: &[u8], b: &[u8]) -> Vec<Piece> {
    let (mut i, mut j) = (a.len(), b.len());
    let mut pieces: Vec<Piece> = Vec::new();
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            match pieces.last_mut() {
                Some(piece) if piece.a == i && piece.b == j => {
                    *piece = Piece { a: i - 1, b: j - 1, len: piece.len + 1 };
                }
                _ => pieces.push(Piece { a: i - 1, b: j - 1, len: 1 }),
            }
            (i, j) = (i - 1, j - 1);
        } else if table.at(i - 1, j) > table.at(i, j - 1) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    pieces
}

/// LCS key key [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN].
pub(in super::super) fn lcs(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let string = |at: usize| match call.server.keyspace.get(call.words[at], call.now_ms) {
            None => Ok(Vec::new()),
            Some(entry) => match &entry.value {
                Value::Str(bytes) => Ok(bytes.clone()),
                _ => Err("ERR The specified keys must contain string values"),
            },
        };
        let (a, b) = (string(1)?, string(2)?);
        let (mut length, mut places, mut lengths, mut least) = (false, false, false, 0);
        let mut rest = &call.words[3..];
        while let Some((option, after)) = rest.split_first() {
            rest = after;
            match option.to_ascii_lowercase().as_slice() {
                b"len" => length = true,
                b"idx" => places = true,
                b"withmatchlen" => lengths = true,
                b"minmatchlen" => {
                    let (number_of, after) = rest.split_first().ok_or(SYNTAX)?;
                    least = usize::try_from(number(number_of)?).unwrap_or(0);
                    rest = after;
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        if length && places {
            return Err("ERR If you want both the length and indexes, please just use IDX.".into());
        }
        let table = Table::of(&a, &b)?;
        let total = i64::from(table.at(a.len(), b.len()));
        if length {
            call.out.int(total);
            return Ok(());
        }
        let found = pieces(&table, &a, &b);
        if places {
            let found: Vec<Piece> = found.into_iter().filter(|piece| piece.len >= least).collect();
            write_places(call.out, &found, lengths, total);
            return Ok(());
        }
        let bytes: Vec<u8> =
            found.iter().rev().flat_map(|piece| &a[piece.a..piece.a + piece.len]).copied().collect();
        call.out.bulk(&bytes);
        Ok(())
    })
}

fn write_places(out: &mut Writer, found: &[Piece], lengths: bool, total: i64) {
    out.map(2);
    out.bulk(b"matches");
    out.array(found.len());
    for piece in found {
        out.array(if lengths { 3 } else { 2 });
        for start in [piece.a, piece.b] {
            out.array(2);
            out.len(start);
            out.len(start + piece.len - 1);
        }
        if lengths {
            out.len(piece.len);
        }
    }
    out.bulk(b"len");
    out.int(total);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_texts_have_in_common_is_found() {
        let (a, b) = (b"ohmytext", b"mynewtext");
        let table = Table::of(a, b).expect("they are short");
        assert_eq!(table.at(a.len(), b.len()), 6);
        assert_eq!(pieces(&table, a, b), [Piece { a: 4, b: 5, len: 4 }, Piece { a: 2, b: 0, len: 2 }]);
        let none = Table::of(b"", b"x").expect("they are short");
        assert!(pieces(&none, b"", b"x").is_empty());
    }

    #[test]
    fn too_much_memory_is_refused() {
        let long = vec![0; 20_000];
        assert!(Table::of(&long, &long).is_err());
    }
}
