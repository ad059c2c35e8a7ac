//! A run on the command line and its link in the page are one run.

use harness::{Browser, Outcome, Server};
use splitvote::scenario::{catalogue, parse};
use splitvote::sim::Simulator;

/// What `splitvote run split-vote --rules nack=...` prints as its link, digest included.
fn native_link(nack: &str) -> String {
    let text = catalogue::find("split-vote").expect("it is built in").text;
    let mut script = parse(text).expect("what is built in is right");
    script.override_rules(&format!("nack={nack}")).expect("a switch and its value");
    let mut world = Simulator::new(&script);
    world.run();
    assert!(world.split_votes() > 0, "with nack={nack} the votes split");
    world.link()
}

#[test]
fn the_two_runs_of_the_split_vote_have_the_same_digest_in_the_page() -> Outcome {
    let server = Server::of_bundle()?;
    for nack in ["off", "on"] {
        let link = native_link(nack);
        assert!(link.contains(";d="), "the link proves itself: {link}");
        let browser = Browser::open()?;
        browser.visit(&format!("{}{link}", server.url("")))?;
        browser.wait_for("[data-testid='play']")?;
        let toast = browser.text("[data-testid='toast']")?;
        assert!(toast.contains("Verified"), "nack={nack}: {toast}");
        assert_eq!(browser.console_errors()?, [""; 0]);
    }
    Ok(())
}
