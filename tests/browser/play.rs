//! What a stranger does: break the cluster, look, wind back, send the link to a friend.

use harness::{Browser, Key, Outcome, Server, axe, wait_until};
use serde_json::json;

/// Three shards that fail over within seconds; small, so that a test need not wait.
pub(crate) const SMALL: &str =
    "#v1;cluster+shards=3+replicas=1;set+node-timeout=1s+writes=20/s;seed+3;at+2s+kill+A;run+for+12s";

/// The selector of a test id.
pub(crate) fn id(name: &str) -> String {
    format!("[data-testid='{name}']")
}

/// The page with this run, at the size of a desktop.
pub(crate) fn opened(fragment: &str) -> Outcome<(Server, Browser)> {
    let server = Server::of_bundle()?;
    let browser = Browser::open()?;
    browser.resize(1440, 900)?;
    browser.visit(&format!("{}{fragment}", server.url("")))?;
    browser.wait_for(&id("play"))?;
    Ok((server, browser))
}

/// Waits for words in the caption.
pub(crate) fn caption_says(browser: &Browser, words: &str) -> Outcome {
    wait_until(&format!("the caption says {words:?}"), || {
        Ok(browser.text(&id("caption"))?.contains(words).then_some(()))
    })
}

/// Picks a value of a list, as a person does.
pub(crate) fn choose(browser: &Browser, name: &str, value: &str) -> Outcome {
    let pick = "const list = document.querySelector(arguments[0]); list.value = arguments[1]; \
                list.dispatchEvent(new Event('change', {bubbles: true})); return list.value";
    assert_eq!(browser.script(pick, &[json!(id(name)), json!(value)])?, json!(value), "{name} has {value}");
    Ok(())
}

/// What the clock shows.
pub(crate) fn clock(browser: &Browser) -> Outcome<String> {
    browser.text(&id("clock"))
}

/// Steps through elections until the caption says so.
fn step_until(browser: &Browser, words: &str) -> Outcome {
    for _ in 0..60 {
        browser.click(&id("vote-next"))?;
        if browser.text(&id("caption"))?.contains(words) {
            return Ok(());
        }
    }
    panic!("after 60 steps the caption says {:?}, not {words:?}", browser.text(&id("caption"))?);
}

#[test]
fn a_killed_primary_is_replaced_and_every_step_is_told() -> Outcome {
    let (_server, browser) = opened("#v1;cluster+shards=3+replicas=1;set+node-timeout=1s;run+for+12s")?;
    browser.click(&id("node-A0"))?;
    browser.click(&id("kill"))?;
    caption_says(&browser, "A0: killed")?;
    let label = browser.attribute(&id("node-A0"), "aria-label")?.unwrap_or_default();
    assert!(label.contains("down"), "{label}");
    step_until(&browser, "A0 has failed")?;
    step_until(&browser, "asks every primary")?;
    assert_eq!(browser.count(&id("race-A1"))?, 1);
    step_until(&browser, "A1 is the primary now")?;
    let label = browser.attribute(&id("node-A1"), "aria-label")?.unwrap_or_default();
    assert!(label.starts_with("A1, primary"), "{label}");
    assert!(browser.address()?.contains("kill+A0"), "{}", browser.address()?);
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn play_runs_and_pause_stops_time() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    let before = clock(&browser)?;
    browser.click(&id("play"))?;
    wait_until("time runs", || Ok((clock(&browser)? != before).then_some(())))?;
    browser.click(&id("play"))?;
    browser.wait_for_text(&id("play"), "Play")?;
    let stopped = clock(&browser)?;
    // Three frames later nothing has moved.
    let frames = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => \
                  requestAnimationFrame(() => done(true)))));";
    browser.script_async(frames, &[])?;
    assert_eq!(clock(&browser)?, stopped);
    Ok(())
}

#[test]
fn nack_is_switched_for_the_same_seed_from_the_first_fault() -> Outcome {
    let (_server, browser) = opened(
        "#v1;cluster+shards=7+replicas=1;rules+nack=off+fast-failover=off;set+node-timeout=3s;seed+11;\
         at+10s+kill+A+B+C;run+until+covered,+at+most+120s",
    )?;
    let seed = browser.script("return document.querySelector('#seed').value", &[])?;
    let nack = id("nack");
    assert_eq!(browser.attribute(&nack, "aria-checked")?.as_deref(), Some("false"));
    step_until(&browser, "asks every primary")?;
    browser.click(&nack)?;
    caption_says(&browser, "NACK is on")?;
    assert_eq!(browser.attribute(&nack, "aria-checked")?.as_deref(), Some("true"));
    assert_eq!(clock(&browser)?, "10.000 s");
    assert_eq!(browser.script("return document.querySelector('#seed').value", &[])?, seed);
    browser.click(&nack)?;
    caption_says(&browser, "NACK is off")?;
    Ok(())
}

#[test]
fn one_node_has_its_own_switches() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("node-B1"))?;
    browser.click(&id("node-fast"))?;
    wait_until("the switch is off", || {
        Ok((browser.attribute(&id("node-fast"), "aria-checked")?.as_deref() == Some("false")).then_some(()))
    })?;
    choose(&browser, "node-nack", "echoed")?;
    browser.wait_for_text(&id("node-rules"), "2 changed")?;
    choose(&browser, "node-preset", "valkey-8.1")?;
    browser.wait_for_text(&id("node-rules"), "All its rules")?;
    for words in ["fast-failover=off", "nack=echoed", "valkey-8.1"] {
        assert!(browser.address()?.contains(&format!("rules+B1+{words}")), "{}", browser.address()?);
    }
    assert_eq!(browser.attribute(&id("fast"), "aria-checked")?.as_deref(), Some("true"));
    Ok(())
}

#[test]
fn slow_links_are_drawn_until_the_button_heals_them() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("node-B0"))?;
    browser.click(&id("slow"))?;
    caption_says(&browser, "slower")?;
    assert_eq!(browser.count(".ring path.slow")?, 5);
    browser.click(&id("heal"))?;
    caption_says(&browser, "whole again")?;
    assert_eq!(browser.count(".ring path.slow")?, 0);
    Ok(())
}

#[test]
fn winding_back_shows_the_same_moment_again() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    let picture = |browser: &Browser| -> Outcome<(String, String, String)> {
        let world = browser.script("return document.querySelector('svg.world').outerHTML", &[])?;
        Ok((clock(browser)?, browser.text(&id("caption"))?, world.to_string()))
    };
    step_until(&browser, "asks every primary")?;
    let before = picture(&browser)?;
    for _ in 0..5 {
        browser.click(&id("next"))?;
    }
    assert_ne!(picture(&browser)?, before);
    for _ in 0..5 {
        browser.click(&id("back"))?;
    }
    assert_eq!(picture(&browser)?, before);
    browser.click(&id("start"))?;
    assert_eq!(clock(&browser)?, "0.000 s");
    Ok(())
}

#[test]
fn a_shared_link_opens_the_same_run_with_the_same_digest() -> Outcome {
    let (server, browser) = opened(SMALL)?;
    browser.click(&id("node-C1"))?;
    browser.click(&id("pause"))?;
    step_until(&browser, "asks every primary")?;
    browser.click(&id("share"))?;
    browser.wait_for(&id("qr"))?;
    let link = browser.script("return document.querySelector('[data-testid=link]').value", &[])?;
    let link = link.as_str().unwrap_or_default().to_owned();
    let fragment = link.find('#').map(|at| link[at..].to_owned()).unwrap_or_default();
    assert!(fragment.contains(";d="), "the link proves itself: {link}");
    let (clock_here, caption_here) = (clock(&browser)?, browser.text(&id("caption"))?);

    let friend = Browser::open()?;
    friend.resize(390, 844)?;
    friend.visit(&format!("{}{fragment}", server.url("")))?;
    friend.wait_for(&id("play"))?;
    let toast = friend.text(&id("toast"))?;
    assert!(toast.contains("Verified"), "{toast}");
    assert_eq!((clock(&friend)?, friend.text(&id("caption"))?), (clock_here, caption_here));
    // On a phone the way to share stands behind the three dots.
    friend.click(&id("top-more"))?;
    friend.click(&id("narrow-share"))?;
    let again = friend.script("return document.querySelector('[data-testid=link]').value", &[])?;
    assert_eq!(again.as_str(), Some(link.as_str()));
    Ok(())
}

#[test]
fn a_link_with_a_false_promise_is_found_out() -> Outcome {
    let (_server, browser) = opened(&format!("{SMALL};d=00000001"))?;
    let banner = browser.text(&id("banner"))?;
    assert!(banner.contains("another end"), "{banner}");
    Ok(())
}

#[test]
fn a_bad_link_says_what_was_wrong_and_keeps_what_was_right() -> Outcome {
    let (_server, browser) = opened("#v1;cluster+shards=5+replicas=1;rules+nak=off;at+1s+kil+A;run+for+3s")?;
    let banner = browser.text(&id("banner"))?;
    assert!(banner.contains("“nack”") && banner.contains("“kill”"), "{banner}");
    assert_eq!(browser.count("svg.world .node")?, 10);
    browser.click(&id("dismiss"))?;
    assert_eq!(browser.count(&id("banner"))?, 0);
    browser.click(&id("vote-next"))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_script_with_a_typo_is_refused_at_its_line_and_the_page_lives() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("tab-script"))?;
    let write = "const field = document.querySelector('[data-testid=script]'); field.value = arguments[0];";
    browser.script(write, &[json!("cluster shards=3\nat -1s kill A\nrun for 3s\n")])?;
    browser.click(&id("run-script"))?;
    let mistakes = browser.text(&id("mistakes"))?;
    assert!(mistakes.contains("2:4") && mistakes.contains("negative"), "{mistakes}");
    assert_eq!(browser.count("svg.world .node")?, 6);
    browser.script(write, &[json!("cluster shards=4 replicas=0\nrun for 3s\n")])?;
    browser.click(&id("run-script"))?;
    wait_until("four nodes stand", || Ok((browser.count("svg.world .node")? == 4).then_some(())))?;
    let long = json!(format!("cluster shards=3\n#{}\n", "x".repeat(64 * 1024)));
    browser.script(write, &[long])?;
    browser.click(&id("run-script"))?;
    let mistakes = browser.text(&id("mistakes"))?;
    assert!(mistakes.contains("64 KiB"), "{mistakes}");
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn everything_is_done_by_keys_alone() -> Outcome {
    let (_server, browser) = opened("#v1;cluster+shards=3+replicas=1;set+node-timeout=1s;run+for+12s")?;
    browser.press(Key::Right)?;
    browser.press(Key::Enter)?;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.script(focused, &[])?, json!("node-B0"));
    browser.keys("k")?;
    caption_says(&browser, "B0: killed")?;
    for _ in 0..30 {
        browser.keys("]")?;
        if browser.text(&id("caption"))?.contains("is the primary now") {
            break;
        }
    }
    caption_says(&browser, "B1 is the primary now")?;
    browser.keys("[")?;
    browser.keys(".")?;
    browser.keys("6")?;
    assert_eq!(browser.count(&id("log"))?, 1);
    browser.keys("?")?;
    browser.wait_for(&id("sheet"))?;
    browser.press(Key::Escape)?;
    wait_until("the sheet closes", || Ok((browser.count(&id("sheet"))? == 0).then_some(())))?;
    browser.keys("m")?;
    browser.wait_for(".menu")?;
    browser.press(Key::Escape)?;
    wait_until("the menu closes", || Ok((browser.count(".menu")? == 0).then_some(())))?;
    browser.keys("n")?;
    caption_says(&browser, "NACK is off")?;
    browser.keys("u")?;
    browser.keys(" ")?;
    browser.wait_for_text(&id("play"), "Pause")?;
    browser.keys(" ")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn letters_typed_into_a_field_do_nothing_else() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("node-C0"))?;
    browser.click(&id("tab-log"))?;
    browser.type_into(&id("log-filter"), "kxz")?;
    assert!(!browser.address()?.contains("C0;at"), "{}", browser.address()?);
    assert_eq!(browser.count("svg.world .node.down")?, 0);
    Ok(())
}

#[test]
fn the_tape_is_a_slider_that_keys_move() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.script("document.querySelector('[data-testid=tape]').focus()", &[])?;
    browser.press(Key::End)?;
    assert_eq!(clock(&browser)?, "12.000 s");
    browser.press(Key::Left)?;
    assert_eq!(clock(&browser)?, "11.900 s");
    browser.press(Key::Home)?;
    let spoken = browser.attribute(&id("tape"), "aria-valuetext")?.unwrap_or_default();
    assert!(spoken.starts_with("0.000 s, epoch 3"), "{spoken}");
    Ok(())
}

#[test]
fn a_forced_split_vote_says_how_it_was_found() -> Outcome {
    let (_server, browser) = opened("#split-vote")?;
    browser.click(&id("force-split"))?;
    caption_says(&browser, "Press play")?;
    step_until(&browser, "asks every primary")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn nothing_overflows_from_a_phone_to_a_projector() -> Outcome {
    let (_server, browser) = opened("#split-vote;t=4s")?;
    for (width, height) in [(390, 844), (768, 1024), (1024, 768), (1440, 900)] {
        browser.resize(width, height)?;
        step_until(&browser, "")?;
        let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.script(over, &[])?, json!(0), "at {width} px");
        // A fixed bar clips in silence, so each of its controls is asked where it ends.
        let clipped = "return [...document.querySelectorAll('.top *, .transport *')].filter(one => \
                       one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML)";
        assert_eq!(browser.script(clipped, &[])?, json!([]), "at {width} px");
        browser.click(&id("play"))?;
        browser.click(&id("play"))?;
        browser.screenshot(&format!("page-{width}"))?;
    }
    Ok(())
}

#[test]
fn no_state_of_the_page_breaks_a_rule_of_accessibility() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    step_until(&browser, "asks every primary")?;
    let check = |what: &str| -> Outcome {
        for scheme in ["light", "dark"] {
            browser.prefer(&[("prefers-color-scheme", scheme)])?;
            let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
            assert!(broken.is_empty(), "{what} in the {scheme} scheme:\n{}", broken.join("\n"));
        }
        Ok(())
    };
    for tab in ["node", "log", "chart", "rules", "script"] {
        browser.click(&id(&format!("tab-{tab}")))?;
        check(tab)?;
    }
    browser.click(&id("share"))?;
    check("share")
}

#[test]
fn without_motion_play_goes_from_event_to_event() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.prefer(&[("prefers-reduced-motion", "reduce")])?;
    browser.click(&id("play"))?;
    caption_says(&browser, "A: killed")?;
    assert_eq!(clock(&browser)?, "2.000 s");
    browser.click(&id("play"))?;
    Ok(())
}
