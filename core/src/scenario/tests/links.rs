//! Links: their exact form, what mail and chat do to them, and what is said of broken ones.

use crate::base::Instant;
use crate::scenario::link::MAX_PLAIN;
use crate::scenario::{
    LIBRARY, LinkView, NodeName, Script, Versus, from_link, from_link_lenient, parse, to_link, to_short_link,
};

const LINK: &str = "#v1;cluster+shards=7+replicas=1;rules+nack=off;seed+11;at+10s+kill+A+B+C";

fn script(text: &str) -> Script {
    parse(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]))
}

fn example() -> Script {
    script("cluster shards=7\nrules nack=off\nseed 11\nat 10s kill A B C")
}

fn view() -> LinkView {
    LinkView {
        at: Some(Instant::from_millis(4312)),
        node: Some(NodeName::new(0, 1)),
        versus: Some(Versus::Rule("nack", "on")),
        lesson: Some(("L3", 4)),
        digest: Some(0x1a2b_3c4d),
    }
}

/// `link` reads as the example, with this view.
fn check(link: &str, view: LinkView) {
    assert_eq!(from_link(link), Ok((example(), view)), "{link}");
}

/// `link` is told to be wrong in this way.
fn check_wrong(link: &str, expected: &str) {
    let told = from_link(link).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(told, Err(vec![expected.to_owned()]), "{link}");
}

#[test]
fn a_link_is_its_script() {
    assert_eq!(to_link(&example(), &LinkView::default()), LINK);
    assert_eq!(to_link(&example(), &view()), format!("{LINK};t=4312ms;n=A1;v=nack=on;l=L3.4;d=1a2b3c4d"));
    check(LINK, LinkView::default());
    check(&format!("{LINK};t=4312ms;n=A1;v=nack=on;l=L3.4;d=1a2b3c4d"), view());
    assert_eq!(to_short_link("split-vote", &view()), "#split-vote;t=4312ms;n=A1;v=nack=on;l=L3.4;d=1a2b3c4d");
}

#[test]
fn what_happens_to_links_on_their_way_is_undone() {
    let bare = &LINK[1..];
    for link in [
        bare.to_owned(),
        format!("  {LINK}\n"),
        format!("<{LINK}>"),
        format!("%23{bare}"),
        format!("?{bare}"),
        format!("https://example.org/play/{LINK}"),
        format!("https://example.org/play/%23{bare}"),
        format!("https://example.org/play/?{bare}"),
        format!("https://example.org/play/?{bare}&utm_source=mail#top"),
        format!("https://example.org/play/?lang=en{LINK}"),
        format!("https://example.org/#{}", bare.replace(';', "%3B").replace('+', "%2B").replace('=', "%3D")),
        LINK.replace('+', "%20"),
        LINK.replace('+', " "),
    ] {
        check(&link, LinkView::default());
    }
}

#[test]
fn short_forms_name_what_is_built_in() {
    for builtin in LIBRARY {
        let expected = Ok((script(builtin.text), LinkView::default()));
        assert_eq!(from_link(&format!("#{}", builtin.name)), expected, "{}", builtin.name);
        assert_eq!(
            from_link(&format!("https://example.org/#{}", builtin.name)),
            expected,
            "{}",
            builtin.name
        );
    }
    assert_eq!(
        from_link("#split-vote;t=4312ms;n=A1;v=nack=on;l=L3.4;d=1a2b3c4d").map(|(_, view)| view),
        Ok(view())
    );
}

#[test]
fn a_title_may_hold_anything() {
    for title in [
        "a;b",
        "100% + 1 = ?",
        "#885 & <b>",
        "caf\u{e9} \u{1f5f3}",
        "v1;t=3",
        "\u{1}|~^`\"'\\",
        "https://x#y",
    ] {
        let script = script(&format!("title {title}"));
        assert_eq!(script.title.as_deref(), Some(title));
        let link = to_link(&script, &view());
        assert!(link[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b"-._=,:/+;%".contains(&b)), "{link}");
        assert_eq!(from_link(&link), Ok((script, view())), "{link}");
    }
}

#[test]
fn a_long_script_is_packed() {
    let lines: Vec<String> = (1..200).map(|second| format!("at {second}s kill A{}", second % 3)).collect();
    let long = script(&format!("cluster shards=2 replicas=2\n{}", lines.join("\n")));
    let link = to_link(&long, &view());
    assert!(link.starts_with("#v1z=") && link.len() < MAX_PLAIN, "{}", link.len());
    assert_eq!(from_link(&link), Ok((long.clone(), view())));

    // A link cut short keeps the lines that are whole.
    let cut = &link[..link.len() / 2];
    let (kept, _, errors) = from_link_lenient(cut);
    assert_eq!(
        errors[0].to_string(),
        "the packed part of the link is damaged: it does not unpack; perhaps its end is missing"
    );
    assert!(!kept.statements.is_empty() && long.statements.starts_with(&kept.statements));
}

#[test]
fn a_small_link_cannot_unpack_to_gigabytes() {
    use base64::Engine as _;
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b'#'; 50 << 20], 9);
    let link = format!("#v1z={}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bomb));
    check_wrong(&link, "the cap of 64 KiB text is exceeded");
}

#[test]
fn a_broken_link_says_what_is_wrong() {
    let no_link = "this is no link: expected `#v1;...`, `#v1z=...` or the name of a built-in scenario such as `#split-vote`";
    for (link, expected) in [
        ("", no_link),
        ("#", no_link),
        ("https://example.org/play/", no_link),
        ("#v2;cluster+shards=7", "this link is of version `v2`; this program reads `v1`"),
        ("#v12z=abc", "this link is of version `v12z`; this program reads `v1`"),
        ("#L99", "there is no lesson L99"),
        ("#split-vot", "unknown scenario `split-vot`; did you mean `split-vote`?"),
        (
            "#split-vote;at+1s+heal",
            "the link says `at+1s+heal`: expected `t=` and a time, `n=` and a node, `v=` and a rule, `l=` and a lesson or `d=` and a digest",
        ),
        ("#v1;at+10s+kil+A", "line 1, column 8: unknown action `kil`; did you mean `kill`?"),
        ("#v1;seed+1;title+%FF", "the link holds bytes that are no text"),
        ("#v1;t=soon", "the link says `t=soon`: expected a time such as `t=4312ms`"),
        ("#v1;n=a1", "the link says `n=a1`: expected a node such as `n=A1`"),
        ("#v1;n=A7", "there is no node `A7`: shard `A` has `A0` to `A1`"),
        (
            "#v1;v=nack=loud",
            "the link says `v=nack=loud`: expected a switch and its value such as `v=nack=off`, or a preset such \
             as `v=valkey-9.1`",
        ),
        ("#v1;l=L3", "the link says `l=L3`: expected a lesson and its step such as `l=L3.4`"),
        ("#v1;d=12", "the link says `d=12`: expected eight hexadecimal digits such as `d=1a2b3c4d`"),
        ("#v1z=AA$$", "the packed part of the link is damaged: it is no base64url text"),
        ("#v1z=", "the packed part of the link is damaged: it does not unpack; perhaps its end is missing"),
    ] {
        check_wrong(link, expected);
    }
}

#[test]
fn what_was_right_in_a_broken_link_is_kept() {
    let (kept, seen, errors) =
        from_link_lenient("#v1;cluster+shards=7;at+10s+kil+A;at+11s+kill+G;t=4s;n=G9;d=1a2b3c4d");
    assert_eq!(kept, script("cluster shards=7\nat 11s kill G"));
    assert_eq!(
        seen,
        LinkView {
            at: Some(Instant::from_millis(4000)),
            node: None,
            versus: None,
            lesson: None,
            digest: Some(0x1a2b_3c4d)
        }
    );
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 2, column 8: unknown action `kil`; did you mean `kill`?",
            "there is no node `G9`: shard `G` has `G0` to `G1`",
        ]
    );
}
