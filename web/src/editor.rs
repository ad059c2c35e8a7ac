//! The script as an editor shows it: rows of coloured pieces, mistakes where they are, and the way
//! between bytes, lines and the UTF-16 units in which text fields count.

use splitvote::scenario::{Sort, tokens};

use crate::panels::script::Mistake;

/// A piece of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// What it is.
    pub sort: Sort,
    /// Whether a mistake begins here.
    pub wrong: bool,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is made of.
    pub pieces: Vec<Piece>,
    /// What is wrong with it.
    pub why: Option<String>,
}

/// The lines of a text, with its mistakes where they are.
pub fn rows(text: &str, mistakes: &[Mistake]) -> Vec<Row> {
    let mut rows = vec![Row::default()];
    for token in tokens(text) {
        for (at, part) in token.text.split('\n').enumerate() {
            if at > 0 {
                rows.push(Row::default());
            }
            if let Some(row) = rows.last_mut().filter(|_| !part.is_empty()) {
                row.pieces.push(Piece { text: part.to_owned(), sort: token.sort, wrong: false });
            }
        }
    }
    for one in mistakes {
        if let Some(row) = rows.get_mut(one.line.saturating_sub(1) as usize) {
            mark(row, one);
        }
    }
    rows
}

/// Marks the piece in which the column lies; a mistake at the end of the line gets a piece of its own.
fn mark(row: &mut Row, mistake: &Mistake) {
    // Of several, the first is told beside the line; all are listed below.
    row.why.get_or_insert_with(|| mistake.what.clone());
    let mut left = mistake.column.saturating_sub(1) as usize;
    for at in 0..row.pieces.len() {
        let piece = &mut row.pieces[at];
        let length = piece.text.chars().count();
        if left < length && piece.sort != Sort::Blank {
            piece.wrong = true;
            return;
        }
        left = left.saturating_sub(length);
    }
    row.pieces.push(Piece { text: String::new(), sort: Sort::Blank, wrong: true });
}

/// The class that draws a sort.
pub fn class(sort: Sort) -> &'static str {
    match sort {
        Sort::Blank => "",
        Sort::Statement => "k-statement",
        Sort::Action => "k-action",
        Sort::Nodes => "k-nodes",
        Sort::Amount => "k-amount",
        Sort::Key => "k-key",
        Sort::Value => "k-value",
        Sort::Sign | Sort::Word => "k-word",
        Sort::Title => "k-title",
        Sort::Comment => "k-comment",
    }
}

/// The byte at so many UTF-16 units, at the latest the end.
pub fn byte_at(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, letter) in text.char_indices() {
        if left < letter.len_utf16() {
            return at;
        }
        left -= letter.len_utf16();
    }
    text.len()
}

/// How many UTF-16 units come before a byte.
pub fn units_at(text: &str, byte: usize) -> u32 {
    let before = text.get(..byte).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// The byte of a line and column, both counted from 1.
pub fn byte_of(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = text[start..].lines().next().unwrap_or("");
    let inside = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
    start + inside
}

/// The line and column of a byte, both counted from 0 and as wide as they are drawn.
pub fn place(text: &str, byte: usize) -> (usize, usize) {
    const TAB: usize = 2;
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let wide =
        |column: usize, letter: char| if letter == '\t' { (column / TAB + 1) * TAB } else { column + 1 };
    (before.matches('\n').count(), before[start..].chars().fold(0, wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, mistakes: &[Mistake]) -> String {
        let row = |row: &Row| {
            let piece =
                |piece: &Piece| if piece.wrong { format!("[{}]", piece.text) } else { piece.text.clone() };
            let pieces: String = row.pieces.iter().map(piece).collect();
            row.why.as_ref().map_or_else(|| pieces.clone(), |why| format!("{pieces} <- {why}"))
        };
        rows(text, mistakes).iter().map(row).collect::<Vec<_>>().join("\n")
    }

    fn mistake(line: u32, column: u32) -> Mistake {
        Mistake { line, column, what: "why".to_owned() }
    }

    #[test]
    fn rows_are_the_text_and_mistakes_stand_at_their_words() {
        let text = "cluster shards=3\n\nat 1s kilt A0 # oh\n";
        assert_eq!(drawn(text, &[]), text);
        assert_eq!(drawn(text, &[mistake(3, 7)]), "cluster shards=3\n\nat 1s [kilt] A0 # oh <- why\n");
        assert_eq!(drawn("at 1s", &[mistake(1, 6)]), "at 1s[] <- why");
        assert_eq!(drawn("", &[mistake(1, 1)]), "[] <- why");
        assert_eq!(drawn("", &[mistake(9, 1)]), "");
        assert_eq!(drawn("set latency=ten", &[mistake(1, 13)]), "set latency=[ten] <- why");
    }

    #[test]
    fn places_are_found_in_bytes_units_and_columns() {
        let text = "at 1s # é😀\n\tkill";
        let end = text.len();
        assert_eq!(byte_at(text, units_at(text, end)), end);
        assert_eq!((units_at(text, 10), units_at(text, 14)), (9, 11));
        assert_eq!((byte_at(text, 9), byte_at(text, 10), byte_at(text, 11)), (10, 10, 14));
        assert_eq!(byte_of(text, 2, 2), 16);
        assert_eq!((byte_of(text, 1, 99), byte_of(text, 9, 1)), (14, end));
        assert_eq!((place(text, 16), place(text, 0)), ((1, 2), (0, 0)));
    }

    #[test]
    fn whatever_is_typed_is_shown_as_typed() {
        for text in ["", "\n", "\r\n", "a\u{1}b", "title # x", "  set  a==b=", "é|é->,", "at 1s cut A|B # |"]
        {
            let shown: Vec<String> = rows(text, &[])
                .into_iter()
                .map(|row| row.pieces.into_iter().map(|piece| piece.text).collect())
                .collect();
            assert_eq!(shown.join("\n"), text);
        }
    }
}
