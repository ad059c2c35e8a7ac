use super::*;
use crate::native::keyspace::{Entry, Keyspace, Value};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().expect("hexadecimal digits")
}

#[test]
fn reads_snapshots_of_peers() {
    let of_redis = bytes(
        "524544495330303039 fa 09 72656469732d766572 05 372e302e30 fe 00 fb 02 01 00 03 666f6f 03 626172
         fc 0068e5cf8b010000 00 01 6b 05 3132333435 ff 42c6c696b6af6240",
    );
    let snapshot = read(&of_redis).expect("it is whole");
    assert_eq!(snapshot.aux, [(b"redis-ver".to_vec(), b"7.0.0".to_vec())]);
    let foo = snapshot.keyspace.get(b"foo", 0).expect("it has foo");
    assert_eq!(*foo, Entry { value: Value::Str(b"bar".to_vec()), expires_at: None });
    assert_eq!(snapshot.keyspace.get(b"k", 0).and_then(|k| k.expires_at), Some(1_700_000_000_000));
    let of_valkey = bytes("56414c4b4559303830 fe 00 fb 01 00 00 03 666f6f 03 626172 ff 74ae697677a310cc");
    assert_eq!(read(&of_valkey).expect("it is whole").keyspace.len(), 1);
    let empty = bytes("524544495330303039 ff 9aac7abcfb0fad74");
    assert!(read(&empty).expect("it is whole").keyspace.is_empty());
}

#[test]
fn what_is_no_snapshot_is_refused_wherever_it_ends_or_changes() {
    let good = bytes("56414c4b4559303830 fe 00 fb 01 00 00 03 666f6f 03 626172 ff 74ae697677a310cc");
    for end in 0..good.len() {
        assert!(read(&good[..end]).is_err(), "the first {end} bytes");
    }
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x15;
        assert!(read(&changed).is_err(), "byte {at}");
    }
    assert_eq!(read(b"REDIS0012\xff").map(drop), Err(RdbError::Version(12)));
    assert_eq!(read(b"VALKEY011\xff").map(drop), Err(RdbError::Version(11)));
}

#[test]
fn reads_dump_payloads_and_writes_them() {
    let hello = Value::Str(b"hello".to_vec());
    for payload in [
        "00 05 68656c6c6f 0900 b3808eba31b243bb",
        "00 05 68656c6c6f 0a00 6372df766534200a",
        "00 05 68656c6c6f 5000 ac5816e7fb6647fe",
    ] {
        assert_eq!(restore(&bytes(payload)), Ok(hello.clone()));
    }
    assert_eq!(dump(&hello), bytes("00 05 68656c6c6f 0a00 6372df766534200a"));
    for (coded, text) in
        [("c00c", "12"), ("c12c01", "300"), ("c270110100", "70000"), ("c0fb", "-5"), ("c17fff", "-129")]
    {
        let mut payload = bytes(&format!("00 {coded} 0900"));
        payload.extend_from_slice(&CRC.checksum(&payload).to_le_bytes());
        assert_eq!(restore(&payload), Ok(Value::Str(text.as_bytes().to_vec())));
    }
}

#[test]
fn keeps_what_it_does_not_look_into() {
    for body in ["0b 0e 02000000 03000000 0100 0200 0300", "12 01 02 0d 0d000000 0200 81 61 02 81 62 02 ff"] {
        let mut payload = bytes(&format!("{body} 0a00"));
        payload.extend_from_slice(&CRC.checksum(&payload).to_le_bytes());
        let value = restore(&payload).expect("it is whole");
        assert!(matches!(value, Value::Opaque { .. }));
        assert_eq!(dump(&value), payload);
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut keyspace = Keyspace::default();
    for length in [0, 1, 63, 64, 16_383, 16_384, 70_000] {
        let entry = Entry { value: Value::Str(vec![b'x'; length]), expires_at: (length > 64).then_some(7) };
        keyspace.put(format!("key {length}").as_bytes(), entry);
    }
    let written = write(&keyspace, &[("repl-id", "x"), ("repl-offset", "12")]);
    let snapshot = read(&written).expect("we read what we write");
    assert_eq!(snapshot.keyspace.len(), keyspace.len());
    for (key, entry) in keyspace.iter() {
        assert_eq!(snapshot.keyspace.get(key, 0), Some(entry));
    }
    assert_eq!(snapshot.aux.len(), 2);
    assert_eq!(write(&Keyspace::default(), &[]).len(), 18);
}
