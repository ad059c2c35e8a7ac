//! One function a rule; each answers with its complaint, which says how to mend.

use std::sync::LazyLock;

use regex::Regex;

use crate::tree::Source;

/// Above this, a file is two rooms in one.
const LINES: usize = 600;
/// The visible names at the top; hidden ones and `target` are not looked at.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "Trunk.toml",
    "core",
    "static",
    "target",
    "tests",
    "web",
];
const NOTHING: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

// The patterns are written so that they do not match their own text.
static MACHINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^|[^a-z.])/(work|farm|home|Users)/[a-z.]|https?://[a-z0-9.-]*(crates|npmjs|pypi|pythonhosted|debian)")
        .expect("a valid pattern")
});
static HALF_DONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(todo|unimplemented|dbg)!\s*\(|#\[ignore|#\[\s*should_panic\s*\]")
        .expect("a valid pattern")
});

pub(crate) fn room_without_text(source: &Source) -> Option<String> {
    let is_room = source.path.ends_with("/mod.rs");
    (is_room && !source.text.starts_with("//!")).then(|| {
        format!(
            "{}: open the room with a `//!` text: what is here, what is not, where to go next",
            source.path
        )
    })
}

pub(crate) fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (source.is_rust() && lines > LINES).then(|| {
        format!(
            "{}: {lines} lines; find the second concern and give it a file ({LINES} at most)",
            source.path
        )
    })
}

pub(crate) fn named_after_nothing(source: &Source) -> Option<String> {
    let parts = source.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let bad = parts.into_iter().find(|part| NOTHING.contains(part))?;
    Some(format!("{}: `{bad}` says nothing; name it after what it holds", source.path))
}

pub(crate) fn stranger_at_the_top(name: &str) -> Option<String> {
    let known = name.starts_with('.') || TOP.contains(&name);
    (!known).then(|| format!("{name}: the top level is fixed; move it below one of {}", TOP.join(", ")))
}

pub(crate) fn machine_or_registry(source: &Source) -> Vec<String> {
    matching(source, &MACHINE, "names one machine or a registry; say it without the address")
}

pub(crate) fn half_done(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return Vec::new();
    }
    matching(
        source,
        &HALF_DONE,
        "is half done, or a test that is skipped or passes for any reason; finish it",
    )
}

fn matching(source: &Source, pattern: &Regex, complaint: &str) -> Vec<String> {
    let bad = source.lines().filter(|(_, line)| pattern.is_match(line));
    bad.map(|(number, line)| format!("{}:{number}: `{}` {complaint}", source.path, line.trim())).collect()
}

#[test]
fn a_room_must_open_with_a_text() {
    assert!(room_without_text(&crate::sample("core/src/sim/mod.rs", "mod agenda;\n//! late")).is_some());
    assert!(room_without_text(&crate::sample("core/src/sim/mod.rs", "//! The world.")).is_none());
    assert!(room_without_text(&crate::sample("core/src/sim/agenda.rs", "mod x;")).is_none());
}

#[test]
fn a_file_may_have_600_lines_and_not_one_more() {
    assert!(too_long(&crate::sample("core/src/a.rs", &"x\n".repeat(LINES))).is_none());
    assert!(too_long(&crate::sample("core/src/a.rs", &"x\n".repeat(LINES + 1))).is_some());
    assert!(too_long(&crate::sample("static/style.css", &"x\n".repeat(LINES + 1))).is_none());
}

#[test]
fn a_name_must_say_something() {
    for path in ["core/src/node/util.rs", "web/src/common/mod.rs", "tests/helpers.rs"] {
        assert!(named_after_nothing(&crate::sample(path, "")).is_some(), "{path}");
    }
    assert!(named_after_nothing(&crate::sample("core/src/node/utility_poles.rs", "")).is_none());
}

#[test]
fn the_top_level_takes_no_new_names() {
    assert!(stranger_at_the_top("scripts").is_some_and(|complaint| complaint.contains("move it below")));
    for name in ["core", "README.md", ".github"] {
        assert!(stranger_at_the_top(name).is_none(), "{name}");
    }
}

#[test]
fn machine_paths_and_registry_hosts_are_found() {
    let slash = '/';
    for bad in [
        format!("see {slash}work/main"),
        format!("\"{slash}home/me\""),
        format!("https:{slash}/index.crates.io/x"),
    ] {
        let found = machine_or_registry(&crate::sample("README.md", &format!("fine\n{bad}")));
        assert_eq!(found.len(), 1, "{bad}");
        assert!(found[0].starts_with("README.md:2:"), "{found:?}");
    }
    for good in ["target/work/x", "https://valkey.io", "net/work/y", "../farm/x"] {
        assert_eq!(machine_or_registry(&crate::sample("README.md", good)), [""; 0], "{good}");
    }
}

#[test]
fn stubs_and_skipped_tests_are_found() {
    let (call, hash) = ("!(", '#');
    for bad in [
        format!("todo{call})"),
        format!("  dbg{call}x)"),
        format!("{hash}[ignore = \"slow\"]"),
        format!("{hash}[should_panic]"),
    ] {
        assert_eq!(half_done(&crate::sample("core/src/a.rs", &bad)).len(), 1, "{bad}");
        assert_eq!(half_done(&crate::sample("README.md", &bad)), [""; 0], "a text may speak of them");
    }
    assert_eq!(half_done(&crate::sample("core/src/a.rs", "let todo = list();")), [""; 0]);
}
