//! Words in quotes, as clients type them and configuration files have them.

use std::fmt::Write as _;

/// Splits a line into words as a shell does: quotes, and in double quotes the escapes of C.
pub fn unquote(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.iter().copied().peekable();
    loop {
        while rest.next_if(|byte| byte.is_ascii_whitespace() || *byte == 0).is_some() {}
        if rest.peek().is_none() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some(byte) = rest.next_if(|byte| !byte.is_ascii_whitespace() && *byte != 0) {
            match byte {
                b'"' => double_quoted(&mut rest, &mut word)?,
                b'\'' => single_quoted(&mut rest, &mut word)?,
                byte => word.push(byte),
            }
        }
        words.push(word);
    }
}

type Rest<I> = std::iter::Peekable<I>;

fn double_quoted(rest: &mut Rest<impl Iterator<Item = u8>>, word: &mut Vec<u8>) -> Option<()> {
    loop {
        match rest.next()? {
            b'"' => return closed(rest),
            b'\\' => match rest.next()? {
                b'n' => word.push(b'\n'),
                b'r' => word.push(b'\r'),
                b't' => word.push(b'\t'),
                b'b' => word.push(8),
                b'a' => word.push(7),
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    let text = std::str::from_utf8(&digits).ok()?;
                    word.push(u8::from_str_radix(text, 16).ok()?);
                }
                other => word.push(other),
            },
            byte => word.push(byte),
        }
    }
}

fn single_quoted(rest: &mut Rest<impl Iterator<Item = u8>>, word: &mut Vec<u8>) -> Option<()> {
    loop {
        match rest.next()? {
            b'\'' => return closed(rest),
            b'\\' if rest.next_if_eq(&b'\'').is_some() => word.push(b'\''),
            byte => word.push(byte),
        }
    }
}

/// A closing quote ends its word.
fn closed(rest: &mut Rest<impl Iterator<Item = u8>>) -> Option<()> {
    rest.peek().is_none_or(u8::is_ascii_whitespace).then_some(())
}

/// Bytes in double quotes, for [`unquote`] to read.
pub fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(*byte)),
            // Writing to a `String` cannot fail.
            byte => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [&b""[..], b"a b", b"\"\\", &all] {
            let line = format!("x {} y", quoted(bytes));
            let words = unquote(line.as_bytes()).expect("it is in quotes");
            assert_eq!(words, [b"x".to_vec(), bytes.to_vec(), b"y".to_vec()]);
        }
    }
}
