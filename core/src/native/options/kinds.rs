//! What kinds of values options take, and how each is read and written.

use std::net::IpAddr;

use super::Options;
use crate::base::Duration;

/// How an option's value is read and written.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What it takes, in words.
    pub takes: &'static str,
    /// Whether its value may be several words.
    pub several: bool,
    /// Its value as it is written.
    pub get: fn(&Options) -> String,
    /// Takes a value, if it is of this kind.
    pub set: fn(&mut Options, &str) -> Option<()>,
}

pub(super) fn yes(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

pub(super) const fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// A number of bytes: `100`, `64kb`, `1mb` in powers of two, `1k`, `1m` in powers of ten.
pub(super) fn memory(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| i64::try_from(*bytes).is_ok())
}

/// A whole number within limits.
pub(super) fn number(text: &str, least: u64, most: u64) -> Option<u64> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// A time in units of so many milliseconds.
pub(super) fn span(text: &str, unit_ms: u64, least: u64) -> Option<Duration> {
    // So that sums of times stay far from the end of the clock.
    let most = u64::MAX / 1_000_000 / unit_ms;
    number(text, least, most).map(|count| Duration::from_millis(count * unit_ms))
}

/// Addresses to bind; `*` is every address, and a `-` before one says that it may be missing.
pub(super) fn addresses(text: &str) -> Option<Vec<IpAddr>> {
    let address = |word: &str| match word.trim_start_matches('-') {
        "*" => Some(IpAddr::from([0, 0, 0, 0])),
        "::*" => Some(IpAddr::from([0_u16; 8])),
        word => word.parse().ok(),
    };
    let all: Vec<IpAddr> = text.split_whitespace().map(address).collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}

/// A host name, as long as Valkey lets it be.
pub(super) fn host_name(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (text.len() < 256 && text.chars().all(fits)).then(|| text.to_owned())
}

/// What Valkey would have said of a wrong value: tools and tests look for it.
pub(super) fn phrase(option: &str, value: &str) -> &'static str {
    match option {
        "cluster-announce-hostname" if value.len() >= 256 => "Hostnames must be less than 256 characters: ",
        "cluster-announce-hostname" => {
            "Hostnames may only contain alphanumeric characters, hyphens or dots: "
        }
        "cluster-announce-client-ipv4" => "Invalid IPv4 address: ",
        "cluster-announce-client-ipv6" => "Invalid IPv6 address: ",
        _ => "",
    }
}

/// A name that `nodes.conf` can hold and gossip can carry.
pub(super) fn name(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (text.len() < 128 && text.chars().all(fits)).then(|| text.to_owned())
}

macro_rules! kind {
    (flag ($($field:ident).+)) => { Kind {
        takes: "yes or no", several: false,
        get: |o| word(o.$($field).+).to_owned(),
        set: |o, v| { o.$($field).+ = yes(v)?; Some(()) },
    } };
    (number ($($field:ident).+, $least:literal, $most:literal)) => { Kind {
        takes: concat!("a number from ", $least, " to ", $most), several: false,
        get: |o| o.$($field).+.to_string(),
        set: |o, v| { o.$($field).+ = number(v, $least, $most)?.try_into().ok()?; Some(()) },
    } };
    (memory ($($field:ident).+)) => { Kind {
        takes: "a number of bytes such as `1mb`", several: false,
        get: |o| o.$($field).+.to_string(),
        set: |o, v| { o.$($field).+ = memory(v)?.try_into().ok()?; Some(()) },
    } };
    (millis ($($field:ident).+, $least:literal)) => { Kind {
        takes: concat!("milliseconds, at least ", $least), several: false,
        get: |o| o.$($field).+.as_millis().to_string(),
        set: |o, v| { o.$($field).+ = span(v, 1, $least)?; Some(()) },
    } };
    (seconds ($($field:ident).+, $least:literal)) => { Kind {
        takes: concat!("seconds, at least ", $least), several: false,
        get: |o| (o.$($field).+.as_millis() / 1000).to_string(),
        set: |o, v| { o.$($field).+ = span(v, 1000, $least)?; Some(()) },
    } };
    (text ($($field:ident).+, $takes:literal)) => { Kind {
        takes: $takes, several: false,
        get: |o| o.$($field).+.clone(),
        set: |o, v| { v.clone_into(&mut o.$($field).+); Some(()) },
    } };
    (name ($($field:ident).+)) => { Kind {
        takes: "a name of letters, digits, `-`, `.` and `_`", several: false,
        get: |o| o.$($field).+.clone(),
        set: |o, v| { o.$($field).+ = name(v)?; Some(()) },
    } };
    (path ($($field:ident).+)) => { Kind {
        takes: "a path", several: false,
        get: |o| o.$($field).+.display().to_string(),
        set: |o, v| { o.$($field).+ = v.into(); Some(()) },
    } };
    (one ($takes:literal, $get:expr, $set:expr)) => {
        Kind { takes: $takes, several: false, get: $get, set: $set }
    };
    (several ($takes:literal, $get:expr, $set:expr)) => {
        Kind { takes: $takes, several: true, get: $get, set: $set }
    };
}
pub(super) use kind;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let table = [
            ("0", Some(0)),
            ("100b", Some(100)),
            ("1k", Some(1000)),
            ("1KB", Some(1024)),
            ("3mb", Some(3 << 20)),
            ("2G", Some(2_000_000_000)),
            ("1gb", Some(1 << 30)),
            ("mb", None),
            ("-1", None),
            ("1tb", None),
            ("9999999999gb", None),
        ];
        for (text, expected) in table {
            assert_eq!(memory(text), expected, "{text}");
        }
    }

    #[test]
    fn host_names_are_bounded_and_their_refusals_are_known_to_tools() {
        assert_eq!(host_name(""), Some(String::new()));
        assert_eq!(host_name(&"h".repeat(255)).map(|name| name.len()), Some(255));
        assert_eq!(host_name(&"h".repeat(256)), None);
        let table = [
            ("cluster-announce-hostname", "a_b", "Hostnames may only contain"),
            ("cluster-announce-hostname", "?", "Hostnames may only contain"),
            ("cluster-announce-client-ipv4", "::1", "Invalid IPv4 address"),
            ("cluster-announce-client-ipv6", "1.2.3.4", "Invalid IPv6 address"),
            ("port", "x", "option `port` takes a number"),
        ];
        for (option, value, expected) in table {
            let told = Options::default().set(option, &[value]).map_err(|error| error.to_string());
            assert!(
                told.as_ref().is_err_and(|told| told.starts_with(expected)),
                "{option} {value}: {told:?}"
            );
        }
    }

    #[test]
    fn times_and_addresses_are_read() {
        assert_eq!(span("15000", 1, 0), Some(Duration::from_secs(15)));
        assert_eq!(span("0", 1000, 1), None);
        assert_eq!(span("99999999999999999999", 1, 0), None);
        assert_eq!(span("9223372036854775807", 1000, 0), None);
        let all = [IpAddr::from([0, 0, 0, 0]), IpAddr::from([0_u16; 8])];
        assert_eq!(addresses("* -::*"), Some(all.to_vec()));
        assert_eq!(addresses("localhost"), None);
        assert_eq!(addresses(""), None);
    }
}
