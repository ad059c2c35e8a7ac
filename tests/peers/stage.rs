//! Scenarios on real servers, as the command line plays them: Valkey in every seat, and in some of them.

use std::process::Command;

use harness::fleet::Make;
use serde_json::Value;

use super::program::{answered, run};

const SHORT: [&str; 2] = ["--set", "node-timeout=2s"];

/// `splitvote run`, with the servers that the tests have.
fn command(scenario: &str, on: &str) -> Command {
    let mut command = Command::new(Make::Ours.program());
    command.args(["run", scenario, "--on", on, "--json"]);
    command.arg("--valkey").arg(Make::Valkey.program()).arg("--redis").arg(Make::Redis.program());
    command.env("LD_LIBRARY_PATH", Make::Redis.libraries());
    command
}

/// The report of a run in which everything was as expected.
fn report((good, text): (bool, String)) -> Value {
    // Notes for people follow the document.
    let mut documents = serde_json::Deserializer::from_str(&text).into_iter();
    let report = documents.next().and_then(Result::ok).unwrap_or_else(|| panic!("no report:\n{text}"));
    assert!(good, "{text}");
    report
}

fn winner(report: &Value) -> (&str, &str) {
    let row = &report["failovers"][0];
    (row["from"].as_str().unwrap_or("nobody"), row["to"].as_str().unwrap_or("nobody"))
}

#[test]
fn one_dies_in_a_cluster_of_valkey() {
    let valkey = Make::Valkey.program().display().to_string();
    let report = report(run(command("kill-one", &valkey).args(SHORT)));
    assert_eq!(winner(&report), ("A0", "A1"), "{report}");
    assert_eq!(report["stage"].as_str(), Some(valkey.as_str()), "{report}");
    assert!(report["writes"]["acknowledged"].as_u64() > Some(0), "{report}");
}

/// The Valkey in A1 is elected by ours, and later one of Redis by both, who follow them when they come back.
#[test]
fn one_dies_in_a_cluster_of_three_makes() {
    let script = "\
        set node-timeout=2s writes=50/s\n\
        set A1 stage=valkey\n\
        set B1 stage=redis\n\
        rules A1 valkey-9.1\n\
        rules B1 redis-7.0\n\
        at 1s kill A0\n\
        when A1 won restart A0\n\
        at 12s kill B0\n\
        run until A1 won, at most 60s\n\
        run until B1 won, at most 60s\n\
        run until converged, at most 60s\n\
        expect A1 won\n\
        expect B1 won\n\
        expect primary of A is A1\n\
        expect primary of B is B1\n\
        expect no violations\n";
    let report = report(answered(&mut command("-", "nodes"), script));
    assert_eq!(winner(&report), ("A0", "A1"), "{report}");
    assert_eq!(report["stage"].as_str(), Some("nodes"), "{report}");
}

#[test]
fn one_is_cut_off_in_a_cluster_of_valkey() {
    let valkey = Make::Valkey.program().display().to_string();
    let script = "\
        set node-timeout=2s writes=50/s\n\
        at 1s cut A0 | A1 B.all C.all\n\
        when A1 won heal\n\
        run until A1 won, at most 60s\n\
        run until converged, at most 60s\n\
        expect A1 won\n\
        expect primary of A is A1\n\
        expect converged\n\
        expect no violations\n";
    let (good, text) = answered(&mut command("-", &valkey), script);
    if !good && text.contains("line 2: `cut A0 | A1 B.all C.all` cannot be done") {
        assert!(text.contains("namespace"), "it says why: {text}");
        return;
    }
    let report = report((good, text));
    assert_eq!(winner(&report), ("A0", "A1"), "{report}");
    assert!(report["writes"]["lost"].as_u64() > Some(0), "what the minority took is gone: {report}");
}
