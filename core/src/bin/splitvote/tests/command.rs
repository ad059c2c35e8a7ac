//! The command line as a process: parts of a sweep on several machines are the sweep of one.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const SCRIPT: &str = "\
title Two of them
cluster shards=3 replicas=1
set node-timeout=3s latency=1ms..5ms
at 1s kill A
run until covered, at most 20s
expect covered within 9s
";

fn splitvote(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitvote"));
    command.args(words).stdin(Stdio::null()).output().expect("it can be started")
}

fn printed(words: &[&str]) -> String {
    let output = splitvote(words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// What it says when it refuses, and how it ends.
fn refusal(words: &[&str]) -> (Option<i32>, String) {
    let output = splitvote(words);
    assert_eq!(output.stdout, b"", "{words:?} prints nothing");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

fn written(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn parts_of_two_processes_are_the_whole_byte_for_byte() {
    let folder = folder("parts");
    let script = written(&folder, "two.scn", SCRIPT);
    let sweep = ["sweep", &script, "--seeds", "2..9", "--vary", "nack=off,on"];
    let with = |more: &[&str]| printed(&[&sweep[..], more].concat());
    for of in [1, 2, 5] {
        let parts: Vec<String> = (0..of)
            .rev()
            .map(|index| {
                let text = with(&["--jobs", "1", "--part", &format!("{index}/{of}"), "--json"]);
                written(&folder, &format!("{index}-{of}.json"), &text)
            })
            .collect();
        let files: Vec<&str> = parts.iter().map(String::as_str).collect();
        assert_eq!(printed(&[&["merge"], &files[..], &["--json"]].concat()), with(&["--json"]), "{of}");
        assert_eq!(printed(&[&["merge"], &files[..]].concat()), with(&["--jobs", "3"]), "{of}");
    }
    let both =
        ["0-2.json", "1-2.json"].map(|name| std::fs::read_to_string(folder.join(name)).expect("a part"));
    let both = written(&folder, "both.json", &both.concat());
    assert_eq!(printed(&["merge", &both, "--json"]), with(&["--json"]), "two parts in one file");

    let [one, two] = ["0-2.json", "1-2.json"].map(|name| folder.join(name).to_string_lossy().into_owned());
    assert_eq!(refusal(&["merge", &two]), (Some(2), "of 2 parts these are missing: 0/2".to_owned()));
    let twice = format!("{one} and {one} are both part 0/2");
    assert_eq!(refusal(&["merge", &one, &two, &one]), (Some(2), twice));
    let other = written(&folder, "other.json", &with(&["--set", "latency=3ms", "--part", "1/2", "--json"]));
    let foreign =
        format!("{one} and {other} are parts of different sweeps: their scripts or variants differ");
    assert_eq!(refusal(&["merge", &one, &other]), (Some(2), foreign));
    let (code, said) = refusal(&["merge", &script]);
    assert!(code == Some(2) && said.contains("two.scn is no part of a sweep"), "{said}");
    assert_eq!(refusal(&["merge", "no-such-file"]).0, Some(3));
}

#[test]
fn the_manifest_of_a_job_runs_the_sweep_in_parts() {
    let folder = folder("job");
    let sweep = ["sweep", "kill-one", "--seeds", "0..5", "--set", "latency=2ms", "--vary", "nack=off,on"];
    let manifest = printed(&[&sweep[..], &["--kubernetes", "2"]].concat());
    for line in ["  completionMode: Indexed", "  completions: 2", "  parallelism: 2"] {
        assert!(manifest.lines().any(|known| known == line), "{manifest}");
    }
    let words = manifest.lines().filter_map(|line| line.trim().strip_prefix("- \"")?.strip_suffix('"'));
    let words: Vec<&str> = words.collect();
    assert_eq!(words[0], "splitvote", "{manifest}");
    let parts: Vec<String> = ["0", "1"]
        .map(|index| {
            // What Kubernetes does with it.
            let words: Vec<String> =
                words[1..].iter().map(|word| word.replace("$(JOB_COMPLETION_INDEX)", index)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            written(&folder, &format!("{index}.json"), &printed(&words))
        })
        .into();
    let merged = printed(&["merge", &parts[1], &parts[0], "--json"]);
    assert_eq!(merged, printed(&[&sweep[..], &["--json"]].concat()));
}

#[test]
fn usage_that_makes_no_sense_is_refused() {
    for (words, said) in [
        (&["--part", "2/2", "--json"][..], "`2/2` is no part such as `0/8`; parts are counted from 0"),
        (&["--part", "0/2"], "--json"),
        (&["--vary", "nack"], "--vary: `nack` is nothing to vary"),
        (
            &["--vary", "nak=off"],
            "--vary nak=off: line 1, column 1: unknown switch `nak`; did you mean `nack`?",
        ),
        (&["--kubernetes", "0"], "0 is not in 1..=10000"),
    ] {
        let (code, text) = refusal(&[&["sweep", "calm", "--seeds", "0..2"], words].concat());
        assert!(code == Some(2) && text.contains(said), "{words:?}: {text}");
    }
}
