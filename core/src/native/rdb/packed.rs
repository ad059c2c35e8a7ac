//! Small containers that peers keep in one piece of memory and send as such: listpacks, the older
//! ziplists, and intsets (native-node.md §5.3).

use super::RdbError;
use super::cursor::Cursor;
use crate::native::values::Bytes;

fn text(number: i64) -> Bytes {
    number.to_string().into_bytes().into()
}

/// A number of fewer bytes than eight, with its sign.
fn little(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut whole = if negative { [0xff; 8] } else { [0; 8] };
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    i64::from_le_bytes(whole)
}

/// The elements of a listpack.
pub(super) fn listpack(bytes: &[u8]) -> Result<Vec<Bytes>, RdbError> {
    let mut cursor = Cursor::whole(bytes);
    cursor.take(6)?;
    let mut elements = Vec::new();
    loop {
        let start = cursor.at();
        let first = cursor.byte()?;
        let string = |cursor: &mut Cursor<'_>, length: u64| cursor.take(length).map(Bytes::from);
        let element = match first {
            0xff => return Ok(elements),
            0..=0x7f => text(i64::from(first)),
            0x80..=0xbf => string(&mut cursor, u64::from(first & 0x3f))?,
            0xc0..=0xdf => {
                let value = i64::from(first & 0x1f) << 8 | i64::from(cursor.byte()?);
                text(if value >= 1 << 12 { value - (1 << 13) } else { value })
            }
            0xe0..=0xef => {
                let length = u64::from(first & 0xf) << 8 | u64::from(cursor.byte()?);
                string(&mut cursor, length)?
            }
            0xf0 => {
                let length = u64::from(u32::from_le_bytes(cursor.array()?));
                string(&mut cursor, length)?
            }
            0xf1..=0xf3 => text(little(cursor.take(u64::from(first - 0xf1) + 2)?)),
            0xf4 => text(little(cursor.take(8)?)),
            _ => return Err(cursor.bad("unknown element of a listpack")),
        };
        // How long the element was, for those who read backwards: seven bits a byte.
        let length = cursor.since(start).len();
        let back = match length {
            0..=127 => 1,
            128..=16_382 => 2,
            16_383..=2_097_150 => 3,
            2_097_151..=268_435_454 => 4,
            _ => 5,
        };
        cursor.take(back)?;
        elements.push(element);
    }
}

/// The elements of a ziplist.
pub(super) fn ziplist(bytes: &[u8]) -> Result<Vec<Bytes>, RdbError> {
    let mut cursor = Cursor::whole(bytes);
    cursor.take(10)?;
    let mut elements = Vec::new();
    loop {
        // How long the element before was.
        match cursor.byte()? {
            0xff => return Ok(elements),
            0xfe => drop(cursor.take(4)?),
            _ => {}
        }
        let first = cursor.byte()?;
        let string = |cursor: &mut Cursor<'_>, length: u64| cursor.take(length).map(Bytes::from);
        elements.push(match first {
            0..=0x3f => string(&mut cursor, u64::from(first))?,
            0x40..=0x7f => {
                let length = u64::from(first & 0x3f) << 8 | u64::from(cursor.byte()?);
                string(&mut cursor, length)?
            }
            0x80..=0xbf => {
                let length = u64::from(u32::from_be_bytes(cursor.array()?));
                string(&mut cursor, length)?
            }
            0xc0 => text(little(cursor.take(2)?)),
            0xd0 => text(little(cursor.take(4)?)),
            0xe0 => text(little(cursor.take(8)?)),
            0xf0 => text(little(cursor.take(3)?)),
            0xf1..=0xfd => text(i64::from(first & 0xf) - 1),
            0xfe => text(little(cursor.take(1)?)),
            _ => return Err(cursor.bad("unknown element of a ziplist")),
        });
    }
}

/// The numbers of an intset.
pub(super) fn intset(bytes: &[u8]) -> Result<Vec<Bytes>, RdbError> {
    let mut cursor = Cursor::whole(bytes);
    let (width, count) = (u32::from_le_bytes(cursor.array()?), u32::from_le_bytes(cursor.array()?));
    if !matches!(width, 2 | 4 | 8) {
        return Err(cursor.bad("numbers of an intset of an unknown width"));
    }
    (0..count).map(|_| Ok(text(little(cursor.take(u64::from(width))?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(elements: &[Bytes]) -> Vec<String> {
        elements.iter().map(|element| String::from_utf8_lossy(element).into_owned()).collect()
    }

    #[test]
    fn numbers_of_every_width_keep_their_sign() {
        let mut bytes = vec![0; 6];
        let mut expected = Vec::new();
        let mut add = |element: &[u8], text: &str| {
            bytes.extend_from_slice(element);
            bytes.push(u8::try_from(element.len()).expect("it is short"));
            expected.push(text.to_owned());
        };
        add(&[0x7f], "127");
        add(&[0xdf, 0xff], "-1");
        add(&[0xcf, 0xff], "4095");
        add(&[0xd0, 0x00], "-4096");
        add(&[0xf1, 0x00, 0x80], "-32768");
        add(&[0xf2, 0xff, 0xff, 0x7f], "8388607");
        add(&[0xf3, 0xff, 0xff, 0xff, 0xff], "-1");
        add(&[0xf4, 0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808");
        add(&[0x82, b'h', b'i'], "hi");
        add(&[0xe0, 0x01, b'x'], "x");
        add(&[0xf0, 1, 0, 0, 0, b'y'], "y");
        bytes.push(0xff);
        assert_eq!(texts(&listpack(&bytes).expect("it is whole")), expected);
        for end in 0..bytes.len() {
            assert!(listpack(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn older_forms_are_read() {
        let ziplist_bytes = [
            0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x02, b'a', b'b', 4, 0xf1, 2, 0xfd, 2, 0xfe, 0x80, 3, 0xc0,
            0x00, 0x80, 0xff,
        ];
        assert_eq!(
            texts(&ziplist(&ziplist_bytes).expect("it is whole")),
            ["ab", "0", "12", "-128", "-32768"]
        );
        let intset_bytes = [2, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 3, 0];
        assert_eq!(texts(&intset(&intset_bytes).expect("it is whole")), ["-1", "3"]);
        assert!(intset(&intset_bytes[..11]).is_err() && intset(&[3, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
