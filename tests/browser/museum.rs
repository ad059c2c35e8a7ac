//! The museum's rooms, and what breaks in a run: seen, named, and mended by one switch.

use harness::{Browser, Outcome, Server, axe, wait_until};
use serde_json::json;
use splitvote::scenario::museum::ROOMS;
use splitvote::scenario::{LinkView, Script, to_link};
use splitvote::sim::hunt::{GENERATION, Hunt, Plan, Target};
use splitvote::sim::shrink::shrink;

use crate::play::{caption_says, choose, id, opened};

fn says(browser: &Browser, name: &str, words: &str) -> Outcome {
    browser.wait_for_text(&id(name), words).map(drop)
}

#[test]
fn two_doors_of_the_front_page_lead_to_harm_and_one_switch_mends_it() -> Outcome {
    let (server, browser) = opened("")?;
    for (room, property, title, fix) in [
        ("m05", "S13", "dead link", "drop-cached-history=on"),
        ("m12", "S3", "nobody voted", "exact-acks=on"),
    ] {
        browser.visit(&server.url(""))?;
        browser.wait_for(&id("doors"))?;
        browser.click(&id(&format!("door-{room}")))?;
        says(&browser, "room", title)?;
        says(&browser, "verdict", &format!("{property} breaks at"))?;
        says(&browser, "breaches", "these rules do not promise it")?;
        assert!(browser.count(".tape .mark.broken")? > 0, "the tape marks it");
        browser.click(&id(&format!("breach-{}", property.to_lowercase())))?;
        caption_says(&browser, &format!("Property {property} does not hold"))?;
        browser.click(&id("with-the-fix"))?;
        says(&browser, "verdict", "nothing breaks")?;
        caption_says(&browser, "Here is the same seed again")?;
        assert_eq!(browser.attribute(&id("with-the-fix"), "aria-pressed")?.as_deref(), Some("true"));
        assert!(browser.address()?.contains(fix), "{}", browser.address()?);
        assert_eq!(browser.count(&id("breaches"))? + browser.count(".tape .mark.broken")?, 0);
        browser.click(&id("as-it-was"))?;
        says(&browser, "verdict", &format!("{property} breaks at"))?;
        assert!(browser.address()?.contains(&format!("#museum/{room}")), "{}", browser.address()?);
    }
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn the_list_holds_every_room_and_opens_its_card() -> Outcome {
    let (_server, browser) = opened("#split-vote")?;
    assert_eq!(browser.count(&format!("{} optgroup:last-child option", id("scenario")))?, ROOMS.len());
    choose(&browser, "scenario", "museum/m02")?;
    says(&browser, "room", "What happened")?;
    assert_eq!(browser.count(&id("doors"))?, 0);
    choose(&browser, "scenario", "split-vote")?;
    wait_until("the card is gone", || Ok((browser.count(&id("room"))? == 0).then_some(())))?;
    browser.click(&id("brand"))?;
    browser.wait_for(&id("doors"))?;
    Ok(())
}

/// What `splitvote hunt` hands over: the smallest script it has, as a link.
fn hunted() -> Script {
    let plan = Plan {
        base: None,
        rules: "splitvote drop-cached-history=off".to_owned(),
        settings: String::new(),
        targets: vec![Target::named("S13").expect("a target")],
        against: "splitvote".to_owned(),
    };
    let mut hunt = Hunt::new(plan.clone());
    for generation in 0..8 {
        let seeds = generation * GENERATION..(generation + 1) * GENERATION;
        let trials: Vec<_> = seeds.map(|seed| hunt.trial(seed)).collect();
        if let Some(found) = trials.iter().find(|trial| trial.broken.is_some()) {
            let broken = found.broken.as_ref().expect("just asked");
            let told = plan.told(&found.script, broken).expect("it can be told in one run");
            return shrink(&told, 20_000, &mut |script| plan.shows(script, broken.target));
        }
        hunt.learn(trials);
    }
    panic!("eight generations break nothing");
}

#[test]
fn a_link_of_the_hunter_shows_what_it_found() -> Outcome {
    let link = to_link(&hunted(), &LinkView::default());
    let (_server, browser) = opened(&link)?;
    says(&browser, "breach-s13", "S13")?;
    says(&browser, "breach-s13", "has that much of its shard's data")?;
    browser.click(&id("breach-s13"))?;
    caption_says(&browser, "Property S13 does not hold")?;
    assert_eq!(browser.count(&id("banner"))?, 0);
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn rooms_and_rules_fit_every_screen_and_break_no_rule_of_accessibility() -> Outcome {
    let server = Server::of_bundle()?;
    let browser = Browser::open()?;
    for (name, fragment, tab) in
        [("front", "", None), ("room", "#museum/m12", None), ("rules", "#museum/m05;n=B1", Some("8"))]
    {
        for (width, height) in [(1440, 900), (768, 1024), (390, 844)] {
            browser.resize(width, height)?;
            browser.visit("about:blank")?;
            browser.visit(&format!("{}{fragment}", server.url("")))?;
            browser.wait_for(&id("play"))?;
            if let Some(key) = tab {
                browser.keys(key)?;
                browser.type_into(&id("rule-filter"), "history")?;
            }
            for scheme in ["light", "dark"] {
                browser.prefer(&[("prefers-color-scheme", scheme)])?;
                let over =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(browser.script(over, &[])?, json!(0), "{name} at {width} px");
                let clipped = "return [...document.querySelectorAll('.top *, .transport *, .tabs *, .doors *, \
                               .breaches *, .pane *')].filter(one => one.getBoundingClientRect().right > \
                               innerWidth + 1 && !one.closest('.unseen')).map(one => one.outerHTML)";
                assert_eq!(browser.script(clipped, &[])?, json!([]), "{name} at {width} px");
                let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
                assert!(broken.is_empty(), "{name} at {width} px, {scheme}:\n{}", broken.join("\n"));
                browser.screenshot(&format!("{name}-{width}-{scheme}"))?;
            }
        }
    }
    Ok(())
}
