//! Scenarios on real processes, as the command line plays them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// One primary dies and comes back; nothing here is about how fast that is.
const SCRIPT: &str = "\
title One primary dies
set node-timeout=2s writes=50/s
at 1s kill A0
when A1 won restart A0
run until converged, at most 90s
expect A0 failed
expect A1 won
expect primary of A is A1
expect covered
expect converged
expect no violations
";

/// A folder of this test's own, for scripts and for the nodes' files.
fn home(name: &str) -> PathBuf {
    let home =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stage-{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(&home).expect("a folder can be made");
    home
}

fn command(home: &Path, script: &str, options: &[&str]) -> Command {
    let file = home.join("script.scn");
    fs::write(&file, script).expect("a file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitvote"));
    command.arg("run").arg(file).args(options).env("TMPDIR", home);
    command
}

fn run(home: &Path, script: &str, options: &[&str]) -> Output {
    command(home, script, options).output().expect("the command can be started")
}

fn report(done: &Output) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// Every name in a document and in what it holds, with its path.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        // Which kinds of message there were is a matter of the run.
        Value::Object(fields) if path != "/messages" => {
            for (name, value) in fields {
                into.insert(format!("{path}/{name}"));
                shape(value, &format!("{path}/{name}"), into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, path, into)),
        _ => {}
    }
}

#[test]
fn the_same_script_gives_the_same_report_on_real_nodes() {
    let home = home("kill");
    let real = run(&home, SCRIPT, &["--on", "nodes", "--json"]);
    assert!(real.status.success(), "{real:?}");
    let (real, simulated) = (report(&real), report(&run(&home, SCRIPT, &["--json"])));
    let shapes = [&real, &simulated].map(|report| {
        let mut names = BTreeSet::new();
        shape(report, "", &mut names);
        names
    });
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!((&real["stage"], &real["digest"]), (&"nodes".into(), &Value::Null));
    for report in [&real, &simulated] {
        let row = &report["failovers"][0];
        assert_eq!((&row["shard"], &row["from"], &row["to"]), (&"A".into(), &"A0".into(), &"A1".into()));
        let moments = ["down_ms", "fail_ms", "asked_ms", "won_ms"].map(|name| row[name].as_u64());
        assert!(moments.is_sorted() && moments[0].is_some(), "{row}");
    }
    assert!(real["writes"]["acknowledged"].as_u64() > Some(0), "{real}");
    assert!(real["messages"]["auth-request"].as_u64() > Some(0), "{real}");
    let left = fs::read_dir(&home).expect("it is there").flatten().map(|entry| entry.file_name());
    // Who shares a machine keeps its ports in a folder that all of them know.
    let left: Vec<_> = left.filter(|name| name != "splitvote-ports").collect();
    assert_eq!(left.len(), 1, "only the script is left: {left:?}");
}

#[test]
fn every_action_that_can_be_done_is_done() {
    let home = home("deeds");
    let script = "set node-timeout=2s allow-replica-migration=no\n\
        at 500ms write 100 to A\n\
        at 1s failover A1\n\
        when primary of A is A1 move slots 11000-11099 from C to B\n\
        at 2s set node-timeout=3s\n\
        at 2s rules nack=off\n\
        at 2s drop publish to B\n\
        at 3s heal\n\
        at 4s pause C1\n\
        at 5s resume C1\n\
        run for 6s\n\
        run until converged, at most 90s\n\
        expect primary of A is A1\n\
        expect no lost writes\n\
        expect converged\n\
        expect no violations\n";
    let done = run(&home, script, &["--on", "nodes", "--trace"]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{text}");
    assert!(!text.contains(" refuses: "), "{text}");
    assert!(text.contains("writes: 100 acknowledged, 0 of them lost"), "{text}");
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_starts() {
    let home = home("refused");
    for (script, options, what) in [
        ("at 1s powercut A", &["--on", "nodes"][..], "`kill` ends it"),
        ("run for 1s", &["--hold"], "--on <sim|nodes|PATH>"),
        ("run for 1s", &["--keep"], "--on <sim|nodes|PATH>"),
        ("run for 1s", &["--valkey", "/nowhere/valkey"], "--on <sim|nodes|PATH>"),
        ("run for 1s", &["--on", "sim", "--hold"], "--hold is for real processes"),
        ("set A1 stage=valkey", &["--on", "nodes", "--valkey", "/nowhere/valkey"], "--valkey PATH"),
        ("at 1s kill A", &["--on", "/nowhere/valkey-server"], "say where it is"),
        ("at 1s kill A", &["--on", "true"], "is no Valkey or Redis server"),
    ] {
        let done = run(&home, script, options);
        let complaint = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{script}: {complaint}");
        assert!(complaint.contains(what), "{script}: {complaint}");
        assert_eq!(fs::read_dir(&home).expect("it is there").count(), 1, "nothing was made");
    }
}

/// A primary in the minority: it serves on, and is replaced, and follows who replaced it.
const CUT: &str = "\
title A primary on the wrong side
set node-timeout=2s writes=50/s
at 1s cut A0 | A1 B.all C.all
when A1 won heal
run until A1 won, at most 60s
run until converged, at most 60s
run for 1s
expect A0 failed
expect A1 won
expect primary of A is A1
expect converged
expect no violations
";

#[test]
fn a_primary_that_is_cut_off_is_replaced_and_follows_when_it_comes_back() {
    let home = home("cut");
    let done = run(&home, CUT, &["--on", "nodes", "--json"]);
    if done.status.code() == Some(2) {
        // Not on this machine: it says so, and how that is mended.
        let complaint = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(complaint.contains("line 3: `cut A0 | A1 B.all C.all` cannot be done"), "{complaint}");
        assert!(complaint.contains("namespace") && complaint.contains("`pause`"), "{complaint}");
        return;
    }
    assert!(done.status.success(), "{done:?}");
    let report = report(&done);
    let row = &report["failovers"][0];
    assert_eq!((&row["from"], &row["to"]), (&"A0".into(), &"A1".into()), "{row}");
    let writes = ["acknowledged", "lost"].map(|name| report["writes"][name].as_u64());
    assert!(writes[0] > Some(50) && writes[1] < writes[0], "{report}");
    assert!(report["recovery_ms"].as_u64() > Some(2000), "{report}");
}

#[test]
fn where_no_network_can_be_made_a_cut_is_refused_by_name() {
    let home = home("uncut");
    let tools = home.join("tools");
    fs::create_dir_all(&tools).expect("a folder can be made");
    for (tool, expected) in [
        (
            Some("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n"),
            "not permitted",
        ),
        (None, "`unshare`"),
    ] {
        let path = tools.join("unshare");
        match tool {
            Some(text) => {
                fs::write(&path, text).expect("a file can be written");
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                fs::set_permissions(&path, mode).expect("it can be made a program");
            }
            None => fs::remove_file(&path).expect("it is there"),
        }
        let done = command(&home, CUT, &["--on", "nodes"]).env("PATH", &tools).output();
        let done = done.expect("the command can be started");
        let complaint = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("line 3: `cut A0 | A1 B.all C.all` cannot be done"), "{complaint}");
        assert!(complaint.contains(expected), "{complaint}");
    }
}

#[test]
fn a_cluster_that_is_held_is_broken_by_a_word_and_leaves_nothing_behind() {
    let home = home("held");
    let mut child = command(&home, "set node-timeout=2s\nrun for 1s", &["--on", "nodes", "--hold"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.contains("type an action")).collect();
    let process = |line: &String| line.split("process ").nth(1)?.split(' ').next()?.parse::<u32>().ok();
    let processes: Vec<u32> = head.iter().filter_map(process).collect();
    assert_eq!(processes.len(), 6, "{head:?}");
    writeln!(input, "kil A").expect("it listens");
    assert!(lines.any(|line| line.contains("did you mean `kill`")), "a slip is explained");
    writeln!(input, "kill A").expect("it listens");
    for sign in ["A0", "some slots are not served", "wins epoch", "every slot is served"] {
        assert!(lines.any(|line| line.contains(sign)), "in vain: {sign}");
    }
    drop(input);
    assert!(lines.any(|line| line.contains("A0 gave way to A1")), "the report comes at the end");
    assert!(child.wait().expect("it ends").success());
    for process in processes {
        assert!(!Path::new(&format!("/proc/{process}")).exists(), "process {process} is left");
    }
}
