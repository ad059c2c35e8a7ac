//! What holds for every script, every text and every link.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::arbitrary::script;
use crate::base::Instant;
use crate::scenario::link::MAX_PLAIN;
use crate::scenario::{
    ACTIONS, LIBRARY, LinkView, NodeName, STATEMENTS, Versus, from_link, from_link_lenient, parse,
    parse_lenient, to_link,
};

/// Words that scripts are made of, and some that they are not.
fn word() -> impl Strategy<Value = String> {
    let more = [
        "A0",
        "A",
        "B1",
        "Z9",
        "A.best",
        "A.x",
        "all",
        "->",
        "|",
        ",",
        "from",
        "to",
        "by",
        "times",
        "until",
        "at",
        "most",
        "of",
        "is",
        "within",
        "10s",
        "-5s",
        "99h",
        "10%",
        "101%",
        "nack=off",
        "=",
        "a=",
        "shards=3",
        "slots=0-9",
        "node-timeout=3s",
        "latency=1ms..2ms",
        "18446744073709551616",
        "#",
        "not",
        ">=",
        "\u{e4}",
        "\t",
    ];
    let known: Vec<&str> = STATEMENTS.iter().chain(&ACTIONS).copied().chain(more).collect();
    prop_oneof![
        6 => select(known).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

fn view() -> impl Strategy<Value = LinkView> {
    let at = proptest::option::of((0_u64..1 << 40).prop_map(Instant::from_micros));
    let node =
        proptest::option::of((0_u16..2, 0_u16..2).prop_map(|(shard, index)| NodeName::new(shard, index)));
    let versus = select(vec![
        None,
        Some(Versus::Rule("nack", "off")),
        Some(Versus::Rule("exact-acks", "on")),
        Some(Versus::Preset("redis-7.0")),
    ]);
    let lesson = select(vec![None, Some(("L3", 1)), Some(("L3", u16::MAX))]);
    (at, node, versus, lesson, any::<Option<u32>>()).prop_map(|(at, node, versus, lesson, digest)| LinkView {
        at,
        node,
        versus,
        lesson,
        digest,
    })
}

proptest! {
    #[test]
    fn a_printed_script_reads_as_itself(script in script()) {
        let text = script.to_string();
        let again = parse(&text);
        prop_assert_eq!(again.as_ref(), Ok(&script), "{}", text);
        prop_assert_eq!(again.map(|again| again.to_string()), Ok(text));
    }

    #[test]
    fn a_link_reads_as_its_script(script in script(), view in view()) {
        let link = to_link(&script, &view);
        let extras = "#;t=1099511627776us;n=A1;v=exact-acks=on;l=L3.65535;d=00000000".len();
        prop_assert!(link.len() <= MAX_PLAIN + extras || link.starts_with("#v1z="), "{}", link);
        prop_assert_eq!(from_link(&link), Ok((script, view)), "{}", link);
    }

    #[test]
    fn what_is_kept_of_a_wrong_text_is_a_right_script(lines in vec(vec(word(), 0..9), 0..12)) {
        let text: Vec<String> = lines.iter().map(|words| words.join(" ")).collect();
        let (kept, errors) = parse_lenient(&text.join("\n"));
        prop_assert_eq!(parse(&kept.to_string()), Ok(kept));
        for error in errors {
            prop_assert!(error.line as usize <= text.len(), "{}", error);
        }
    }

    #[test]
    fn one_changed_letter_never_breaks_the_reader(
        at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), letter in any::<char>()
    ) {
        let text = LIBRARY[which.index(LIBRARY.len())].text;
        let mut letters: Vec<char> = text.chars().collect();
        letters[at.index(text.chars().count())] = letter;
        let (kept, _) = parse_lenient(&letters.into_iter().collect::<String>());
        prop_assert_eq!(parse(&kept.to_string()), Ok(kept));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
        let (kept, _) = parse_lenient(&text);
        prop_assert_eq!(parse(&kept.to_string()), Ok(kept));
    }

    #[test]
    fn any_link_is_read_without_a_panic(
        start in select(vec!["", "#", "#v1;", "#v1z=", "?v1;", "%23v1%3B", "https://x/#", "#split-vote;", "#v"]),
        rest in prop_oneof!["(?s).{0,80}", "[a-zA-Z0-9_-]{0,80}", "[tnd=;%+a-fA-F0-9]{0,40}"],
    ) {
        let (kept, _, _) = from_link_lenient(&format!("{start}{rest}"));
        prop_assert_eq!(parse(&kept.to_string()), Ok(kept));
    }

    #[test]
    fn a_damaged_packed_link_keeps_only_right_lines(script in script(), at in any::<prop::sample::Index>(), letter in any::<char>()) {
        let long = format!("{script}{}", "expect covered\n".repeat(90));
        let link = to_link(&parse(&long).unwrap_or_default(), &LinkView::default());
        prop_assert!(link.starts_with("#v1z="));
        let mut letters: Vec<char> = link.chars().collect();
        letters[at.index(link.chars().count())] = letter;
        let (kept, _, _) = from_link_lenient(&letters.into_iter().collect::<String>());
        prop_assert_eq!(parse(&kept.to_string()), Ok(kept));
    }
}
