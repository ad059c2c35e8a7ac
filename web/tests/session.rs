//! What a person can do with a run, without a browser.
#![cfg(not(target_family = "wasm"))]

use splitvote::scenario::museum::{Card, Harm, ROOMS};
use splitvote::scenario::{LIBRARY, Versus, from_link, to_link};
use splitvote_web::action::Deed;
use splitvote_web::museum::Side;
use splitvote_web::scene::story::MarkSort;
use splitvote_web::scene::tape::{Tape, Window};
use splitvote_web::scene::{Process, build};
use splitvote_web::search::{Found, Search, split_epoch};
use splitvote_web::session::Session;
use splitvote_web::session::compare::Against;
use splitvote_web::share;

const SMALL: &str =
    "cluster shards=3 replicas=1\nset node-timeout=1s writes=20/s\nat 2s kill A\nrun for 12s\n";

fn run(text: &str) -> Session {
    Session::new(text).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn node(session: &Session, name: &str) -> usize {
    session.cast().names.iter().position(|its| its == name).unwrap_or_else(|| panic!("no node {name}"))
}

/// Everything that is visible and must not depend on the way that led here.
fn seen(session: &Session) -> String {
    let world = session.reel().here();
    format!(
        "{:?} {:?} {} {}",
        session.scene(),
        build::flights(world, session.cast(), true),
        world.digest(),
        session.story().lines.len()
    )
}

#[test]
fn every_built_in_scenario_opens_and_ends() {
    for one in LIBRARY {
        let mut session = run(one.text);
        session.seek(session.outcome().end);
        assert!(session.ended(), "{}", one.name);
        assert_eq!(share::builtin(&session), Some(one.name));
    }
}

#[test]
fn a_moment_looks_the_same_from_before_and_from_behind() {
    let mut session = run(SMALL);
    let moments = [500_000, 2_000_000, 3_200_000, 4_700_000, 9_000_000];
    let forward: Vec<String> = moments
        .iter()
        .map(|at| {
            session.seek(*at);
            seen(&session)
        })
        .collect();
    for (at, before) in moments.iter().zip(&forward).rev() {
        session.seek(*at);
        assert_eq!(&seen(&session), before, "at {at}");
    }
}

#[test]
fn the_cursor_stands_where_it_was_put() {
    let mut session = run(LIBRARY.iter().find(|one| one.name == share::FIRST).unwrap().text);
    for at in (0..14).rev().chain(0..14).map(|second| second * 1_000_000) {
        session.seek(at);
        assert_eq!(session.now(), at);
    }
}

#[test]
fn a_step_back_undoes_a_step() {
    let mut session = run(SMALL);
    session.seek(1_999_000);
    let mut trail = Vec::new();
    while !session.ended() {
        trail.push(seen(&session));
        session.next_event(false);
    }
    for before in trail[1..].iter().rev() {
        session.previous_event(false);
        assert_eq!(&seen(&session), before);
    }
}

#[test]
fn single_steps_of_the_agenda_go_both_ways() {
    let mut session = run(SMALL);
    session.seek(2_500_000);
    let (steps, before) = (session.steps(), session.reel().here().digest());
    for _ in 0..20 {
        session.next_event(true);
    }
    assert_eq!(session.steps(), steps + 20);
    for _ in 0..20 {
        session.previous_event(true);
    }
    assert_eq!((session.steps(), session.reel().here().digest()), (steps, before));
}

#[test]
fn steps_of_an_election_tell_its_story_in_order() {
    let mut session = run(SMALL);
    let mut told = Vec::new();
    while !session.ended() {
        session.next_vote();
        told.push(session.caption(&session.scene()).1);
    }
    let place = |word: &str| {
        told.iter().position(|line| line.contains(word)).unwrap_or_else(|| panic!("{word}: {told:#?}"))
    };
    assert!(place("A: killed") < place("A0 has failed"));
    assert!(place("A0 has failed") < place("asks every primary"));
    assert!(place("asks every primary") < place("is the primary now"));
}

#[test]
fn a_deed_becomes_a_line_of_the_script_and_shows_at_once() {
    let mut session = run(SMALL);
    session.seek(1_000_000);
    let victim = node(&session, "B0");
    session.act(Deed::Kill, Some(victim)).unwrap();
    assert!(session.text().contains("at 1s1ms kill B0\nrun for"), "{}", session.text());
    assert_eq!(session.scene().nodes[victim].process, Process::Down);
    assert_eq!(session.now(), 1_001_000);
    session.act(Deed::Restart, Some(victim)).unwrap();
    assert_eq!(session.scene().nodes[victim].process, Process::Up);
    session.undo();
    session.undo();
    assert_eq!(session.text(), SMALL);
    assert_eq!(session.scene().nodes[victim].process, Process::Up);
}

#[test]
fn pause_resumes_and_cut_is_healed() {
    let mut session = run(SMALL);
    let one = node(&session, "C0");
    session.act(Deed::Pause, Some(one)).unwrap();
    assert_eq!(session.scene().nodes[one].process, Process::Paused);
    session.act(Deed::Pause, Some(one)).unwrap();
    assert_eq!(session.scene().nodes[one].process, Process::Up);
    session.group = vec![node(&session, "A0"), node(&session, "A1")];
    session.act(Deed::Cut, None).unwrap();
    assert!(session.text().contains("cut A0 A1 | B0 B1 C0 C1"));
    assert_eq!(session.scene().faults.len(), 2 * 2 * 4);
    session.act(Deed::Heal, None).unwrap();
    assert!(session.scene().faults.is_empty());
}

#[test]
fn a_slow_node_is_seen_until_the_network_is_healed() {
    let mut session = run(SMALL);
    let slow = node(&session, "B0");
    session.act(Deed::Slow, Some(slow)).unwrap();
    let faults = session.scene().faults;
    assert_eq!(faults.len(), 5);
    assert!(faults.iter().all(|fault| fault.from == slow && !fault.cut));
    session.act(Deed::Heal, None).unwrap();
    assert!(session.scene().faults.is_empty());
}

#[test]
fn a_switch_of_one_node_leaves_the_others_and_its_other_switches() {
    let mut session = run(SMALL);
    let (one, other) = (node(&session, "A1"), node(&session, "B1"));
    session.flip_one(one, "fast-failover").unwrap();
    assert!(session.text().contains("rules A1 fast-failover=off"), "{}", session.text());
    let scene = session.scene();
    assert!(!scene.nodes[one].fast && scene.nodes[one].nack && scene.nodes[other].fast);
    session.flip_one(one, "nack").unwrap();
    session.flip_one(one, "fast-failover").unwrap();
    let scene = session.scene();
    assert!(scene.nodes[one].fast && !scene.nodes[one].nack);
}

#[test]
fn what_cannot_be_done_says_why_and_changes_nothing() {
    let mut session = run(SMALL);
    let primary = node(&session, "A0");
    let why = session.act(Deed::Failover, Some(primary)).unwrap_err();
    assert!(why.contains("A0 is a primary"), "{why}");
    assert!(session.act(Deed::Kill, None).is_err());
    assert!(session.set("latency", "soon").is_err());
    assert_eq!(session.text(), SMALL);
}

#[test]
fn the_nack_switch_shows_the_same_seed_from_the_first_fault() {
    let mut session = run(SMALL);
    session.seek(8_000_000);
    assert!(session.rule("nack"));
    session.flip("nack").unwrap();
    assert!(!session.rule("nack") && session.text().contains("rules nack=off"));
    assert_eq!(session.now(), 2_000_000);
    session.flip("nack").unwrap();
    assert!(session.rule("nack"));
}

#[test]
fn every_value_of_a_switch_can_be_given_to_all_and_to_one() {
    let mut session = run(SMALL);
    session.seek(8_000_000);
    for value in ["filtered", "echoed", "merged", "proposed", "off", "on"] {
        session.set_rule("nack", value).unwrap();
        assert_eq!(session.rules().0.nack.word(), value);
        assert_eq!(session.now(), 2_000_000);
        assert_eq!(session.rule("nack"), value != "off");
    }
    assert_eq!(session.text(), SMALL);
    let one = node(&session, "A1");
    session.set_rule_of(one, "nack", "echoed").unwrap();
    session.set_preset_of(node(&session, "B1"), "valkey-8.0").unwrap();
    assert_eq!(
        session.rules_of(one).map(|rules| rules.to_string()).as_deref(),
        Some("splitvote nack=echoed")
    );
    let other = session.rules_of(node(&session, "B1")).map(|rules| rules.to_string());
    assert_eq!(other.as_deref(), Some("valkey-8.0"));
    assert!(session.set_rule("nack", "maybe").is_err());
}

#[test]
fn a_preset_for_all_ends_what_was_said_before_and_is_the_same_run_as_natively() {
    let mut session =
        run("cluster shards=3 replicas=1\nrules nack=off\nrules A1 nack=merged\nat 2s kill A\nrun for 9s\n");
    session.set_preset("valkey-9.1").unwrap();
    assert_eq!(session.rules().1, "valkey-9.1");
    assert_eq!(session.rules().0.to_string(), "valkey-9.1");
    assert!(!session.text().contains("A1"), "{}", session.text());
    session.set_rule("exact-acks", "on").unwrap();
    assert_eq!(session.rules().0.to_string(), "valkey-9.1 exact-acks=on");
    assert_eq!(session.rules().1, "valkey-9.1");
    session.undo();
    session.undo();
    assert!(session.text().contains("A1 nack=merged"));
}

#[test]
fn every_room_shows_its_harm_and_its_switch_mends_it_and_turns_back() {
    for room in ROOMS {
        let mut session = run(room.text);
        let card = Card::of(room.text).unwrap();
        let harmed = |session: &Session| {
            session.outcome().breaches.iter().any(|one| match card.harm {
                Harm::Violation(property) => one.property.as_deref() == Some(property),
                Harm::Unmet(text) => one.property.is_none() && one.statement == text,
            })
        };
        let side = |session: &Session| session.room().map(|(room, side)| (room.built.name, side));
        assert!(harmed(&session), "{}: {:?}", room.name, session.outcome().breaches);
        assert_eq!(side(&session), Some((room.name, Side::Was)));
        session.seek(session.outcome().end);
        session.turn(true).unwrap();
        assert!(!harmed(&session), "{}: {:?}", room.name, session.outcome().breaches);
        assert_eq!(side(&session), Some((room.name, Side::Fixed)));
        let friend = share::open(&format!("http://x/{}", share::fragment(&session, true)));
        assert_eq!(side(&friend.session), Some((room.name, Side::Fixed)));
        session.turn(false).unwrap();
        assert_eq!(session.text(), room.text);
        session.set_preset("splitvote").unwrap();
        assert_eq!(session.outcome().breaches, [], "{}", room.name);
    }
}

#[test]
fn a_breach_names_its_property_and_leads_to_its_moment() {
    let room = ROOMS.iter().find(|room| room.name == "museum/m12").unwrap();
    let mut session = run(room.text);
    let breaches = session.outcome().breaches.clone();
    let at = breaches.iter().position(|one| one.property.as_deref() == Some("S3")).unwrap();
    assert!(breaches[at].statement.contains("votes of exactly that epoch"), "{:?}", breaches[at]);
    assert!(!breaches[at].promised, "9.1 does not promise it");
    let tape = Tape::new(session.whole(), &breaches, 0, Window { from: 0, to: session.outcome().end });
    assert!(tape.marks.iter().any(|(_, mark)| mark.sort == MarkSort::Broken && mark.at == breaches[at].at));
    session.seek_breach(at);
    assert_eq!(session.now(), breaches[at].at);
    assert!(session.caption(&session.scene()).1.contains("S3"), "{:?}", session.caption(&session.scene()));
    assert!(session.selected.is_some());
}

#[test]
fn a_link_of_a_broken_run_shows_what_breaks() {
    let room = ROOMS.iter().find(|room| room.name == "museum/m05").unwrap();
    let plain: Vec<&str> = room.text.lines().filter(|line| !line.starts_with(['#', 't'])).collect();
    let plain = plain.join("\n");
    let link = to_link(run(&plain).script(), &splitvote::scenario::LinkView::default());
    let opened = share::open(&format!("http://x/{link}"));
    assert!(opened.session.outcome().breaches.iter().any(|one| one.property.as_deref() == Some("S13")));
}

#[test]
fn a_mistake_in_the_text_is_told_and_the_run_goes_on() {
    let mut session = run(SMALL);
    session.typed("cluster shards=3\nat 1s kil A\n");
    let (draft, mistakes) = session.draft().expect("a draft");
    assert!(draft.contains("kil A"));
    assert_eq!((mistakes[0].line, mistakes[0].column), (2, 7));
    assert!(mistakes[0].what.contains("kill"), "{}", mistakes[0].what);
    assert_eq!(session.text(), SMALL);
    session.typed("cluster shards=4 replicas=0\nrun for 1s\n");
    assert!(session.draft().is_none());
    assert_eq!(session.scene().nodes.len(), 4);
}

#[test]
fn a_shared_link_is_the_same_run_and_says_so() {
    let mut session = run(SMALL);
    session.seek(3_000_000);
    let victim = node(&session, "B0");
    session.act(Deed::Kill, Some(victim)).unwrap();
    session.selected = Some(victim);
    let link = format!("https://example.org/play/{}", share::fragment(&session, true));
    let opened = share::open(&link);
    assert!(opened.wrong.is_empty());
    assert_eq!(seen(&opened.session), seen(&session));
    assert_eq!(opened.session.selected, Some(victim));
    assert_eq!(share::kept(&opened.session, opened.promised), Some(true));
    assert_eq!(share::kept(&opened.session, Some(1)), Some(false));
    assert!(from_link(&link).is_ok());
}

#[test]
fn a_bad_link_keeps_what_was_right_and_says_what_was_wrong() {
    let opened = share::open("http://x/#v1;cluster+shards=5+replicas=1;at+1s+kil+A;run+for+3s");
    assert_eq!(opened.session.scene().shards.len(), 5);
    assert!(opened.wrong.iter().any(|one| one.what.contains("kil")));
    let garbage = share::open("http://x/#%00%ffnonsense");
    assert!(!garbage.wrong.is_empty());
    assert_eq!(share::builtin(&garbage.session), Some(share::FIRST));
    assert!(share::open("http://x/").wrong.is_empty());
}

#[test]
fn a_forced_split_vote_is_one_and_says_how() {
    let text = LIBRARY.iter().find(|one| one.name == share::FIRST).unwrap().text;
    let first = run(text);
    let until = first.first_fault().unwrap() + 12_000_000;
    let mut search = Search::new(text.to_owned(), first.script().seed, until);
    let (text, how) = loop {
        match search.advance() {
            Found::Searching(_) => {}
            Found::Split(text, how) => break (text, how),
            Found::Nothing(why) => panic!("{why}"),
        }
    };
    assert!(how.contains("Seed") || how.contains("election-delay"), "{how}");
    let mut session = run(&text);
    session.seek(until);
    assert!(split_epoch(session.reel().here().records()).is_some());
}

#[test]
fn killing_for_a_split_leaves_a_majority() {
    let session = run("cluster shards=7 replicas=1\nrun for 20s\n");
    assert_eq!(session.majority_minus_one(), "kill A B C");
}

#[test]
fn two_runs_stand_at_one_moment_and_part_where_the_rule_first_tells() {
    let split = LIBRARY.iter().find(|one| one.name == "split-vote").unwrap();
    let mut session = run(split.text);
    let other = session.usual_comparison();
    session.compare(Some(other)).unwrap();
    let sides = session.sides().unwrap();
    assert!(
        sides.iter().any(|side| side == "NACK on") && sides.iter().any(|side| side == "NACK off"),
        "{sides:?}"
    );
    let (at, words) = session.parting_words().unwrap();
    assert_ne!(words[0], words[1]);
    session.seek(at - 1);
    let told = |session: &Session| {
        [session.run(), &session.beside().unwrap().run].map(|run| run.story().lines.clone())
    };
    let [left, right] = told(&session);
    assert!(left == right && !left.is_empty(), "alike until they part");
    session.seek(at + 100_000);
    let [left, right] = told(&session);
    assert!(left != right);
    for _ in 0..20 {
        session.next_event(false);
        assert_eq!(session.now(), session.run().now().max(session.beside().unwrap().run.now()));
    }
    let after_fail = &session.figures()[0];
    let slower = sides.iter().position(|side| side == "NACK off").unwrap();
    assert_eq!(after_fail.better, Some(1 - slower), "{after_fail:?}");
    session.seek(u64::MAX);
    assert!(session.ended() && session.run().ended() && session.beside().unwrap().run.ended());
}

#[test]
fn what_is_done_is_done_on_both_sides() {
    let mut session = run(SMALL);
    session.seek(1_000_000);
    session.compare(Some(Against::Rules(Versus::Preset("valkey-8.1")))).unwrap();
    let victim = node(&session, "B0");
    session.act(Deed::Kill, Some(victim)).unwrap();
    let beside = session.beside().unwrap();
    assert!(beside.run.text().contains("kill B0") && beside.run.text().contains("valkey-8.1"));
    assert_eq!(beside.run.scene().nodes[victim].process, Process::Down);
    assert_eq!(beside.run.now(), session.now());
    session.compare(None).unwrap();
    assert!(session.beside().is_none() && session.figures().is_empty() && session.sides().is_none());
}

#[test]
fn acting_in_the_past_makes_a_branch_and_any_two_can_be_compared() {
    let mut session = run(SMALL);
    session.seek(6_000_000);
    let whole = session.outcome().digest.clone();
    session.seek(1_500_000);
    session.act(Deed::Kill, Some(node(&session, "C0"))).unwrap();
    let family = session.branches().family();
    assert_eq!(family.len(), 2);
    assert_eq!(session.branches().all()[1].left, 1_501_000);
    session.compare(Some(Against::Branch(0))).unwrap();
    assert_eq!(session.beside().unwrap().run.outcome().digest, whole);
    assert_eq!(session.parting_words().unwrap().0, 1_501_000);
    assert_eq!(session.sides().unwrap(), ["kill C0", "as opened"]);
    session.go_to(0);
    assert_eq!((session.outcome().digest.as_str(), session.now()), (whole.as_str(), 1_500_000));
    assert!(session.beside().is_none(), "a run is not compared with itself");
    session.undo();
    assert_eq!(session.text(), SMALL, "there is nothing before the beginning");
}
