use super::*;
use crate::native::keyspace::{Entry, Keyspace, Value};
use crate::native::values::Score;

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

fn payload(body: &str) -> Vec<u8> {
    let mut payload = bytes(&format!("{body} 0a00"));
    payload.extend_from_slice(&CRC.checksum(&payload).to_le_bytes());
    payload
}

#[test]
fn keeps_what_it_does_not_look_into() {
    // A hash of which a field has an end.
    let hash = payload("16 02 01 62 c002 ffffffffffffffff 01 61 c001 0068e5cf8b010000");
    let value = restore(&hash).expect("it is whole");
    assert!(matches!(value, Value::Opaque { kind: 22, .. }) && value.is_recent());
    assert_eq!(dump(&value), hash);
}

fn some<T: FromIterator<Box<[u8]>>>(elements: &[&str]) -> T {
    elements.iter().map(|element| element.as_bytes().into()).collect()
}

fn scored(pairs: &[(&str, f64)]) -> Value {
    let pairs = pairs.iter().map(|(member, score)| (member.as_bytes().into(), Score::new(*score)));
    Value::Sorted(Box::new(pairs.map(|(member, score)| (member, score.expect("it is a number"))).collect()))
}

#[test]
fn reads_every_form_of_lists_hashes_and_sets() {
    let hash: Value = Value::Hash(Box::new(
        [("f", "v"), ("n", "12")]
            .map(|(f, v)| (f.as_bytes().into(), v.as_bytes().into()))
            .into_iter()
            .collect(),
    ));
    let list = || Value::List(Box::new(some(&["a", "b"])));
    for (body, expected) in [
        ("01 02 01 61 01 62", list()),
        ("12 01 02 0d 0d000000 0200 81 61 02 81 62 02 ff", list()),
        ("12 02 01 01 61 01 01 62", list()),
        ("0a 11 11000000 0d000000 0200 00 01 61 03 01 62 ff", list()),
        ("0e 01 11 11000000 0d000000 0200 00 01 61 03 01 62 ff", list()),
        ("02 02 01 61 01 62", Value::Set(Box::new(some(&["b", "a"])))),
        ("0b 0e 02000000 03000000 0100 0200 0300", Value::Set(Box::new(some(&["1", "2", "3"])))),
        ("14 0d 0d000000 0200 81 61 02 81 62 02 ff", Value::Set(Box::new(some(&["a", "b"])))),
        ("04 02 01 66 01 76 01 6e c00c", hash.clone()),
        ("10 12 12000000 0400 81 66 02 81 76 02 81 6e 02 0c 01 ff", hash.clone()),
        ("05 01 01 61 000000000000f83f", scored(&[("a", 1.5)])),
        ("03 02 01 61 03 312e35 01 62 ff", scored(&[("a", 1.5), ("b", f64::NEG_INFINITY)])),
        ("11 0f 0f000000 0200 81 61 02 83 312e35 04 ff", scored(&[("a", 1.5)])),
    ] {
        assert_eq!(restore(&payload(body)), Ok(expected), "{body}");
    }
    assert_eq!(dump(&hash), payload("04 02 01 66 01 76 01 6e 02 3132"));
    for body in ["01 00", "10 0a 0a000000 0100 81 66 02 ff", "05 01 01 61 000000000000f87f", "12 01 03 01 61"]
    {
        assert!(restore(&payload(body)).is_err(), "{body}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut keyspace = Keyspace::default();
    for length in [0, 1, 63, 64, 16_383, 16_384, 70_000] {
        let entry = Entry { value: Value::Str(vec![b'x'; length]), expires_at: (length > 64).then_some(7) };
        keyspace.put(format!("key {length}").as_bytes(), entry);
    }
    let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (key, value) in [
        ("list", Value::List(Box::new(some(&many)))),
        ("set", Value::Set(Box::new(some(&many)))),
        (
            "sorted",
            scored(&[("low", f64::NEG_INFINITY), ("none", 0.0), ("some", 0.1), ("high", f64::INFINITY)]),
        ),
        (
            "hash",
            Value::Hash(Box::new(many.iter().map(|n| (n.as_bytes().into(), n.as_bytes().into())).collect())),
        ),
    ] {
        keyspace.put(key.as_bytes(), Entry { value, expires_at: None });
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

#[test]
fn the_empty_set_of_functions_is_told_from_others() {
    assert_eq!(is_nothing(&bytes("50 00 92 b1 95 d1 91 2d c5 2e")), Ok(true));
    assert_eq!(is_nothing(&dump_nothing()), Ok(true));
    assert_eq!(is_nothing(&payload("f5 01 61")), Ok(false));
    assert_eq!(is_nothing(b"0123456789"), Err(RdbError::Checksum));
}
