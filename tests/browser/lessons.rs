//! Every lesson, taken by keyboard alone to its end; the list, the goals, and the way through the museum.

use std::time::{Duration, Instant};

use harness::{Browser, Key, Outcome, axe, wait_until};
use serde_json::json;
use splitvote::scenario::lessons::{GOALS, LESSONS};

use crate::play::{id, opened};

/// What the page says of the step: its number, whether it asks, whether it goes no further.
const STEP: &str = "const beat = document.querySelector('[data-testid=beat]'); if (!beat) return null; \
    const next = document.querySelector('[data-testid=next-step]'); \
    return [Number(beat.dataset.step), !!document.querySelector('.choices .btn:not(:disabled)'), next.disabled]";

/// Where the lesson is: the step, whether it asks, whether it goes no further.
fn step(browser: &Browser) -> Outcome<(u64, bool, bool)> {
    let seen = browser.script(STEP, &[])?;
    let flag = |at: usize| seen[at].as_bool().unwrap_or(false);
    Ok((seen[0].as_u64().unwrap_or(0), flag(1), flag(2)))
}

/// Presses Tab until the focus is on this.
fn tab_to(browser: &Browser, name: &str) -> Outcome {
    for _ in 0..80 {
        if browser.script("return document.activeElement.dataset.testid ?? ''", &[])? == json!(name) {
            return Ok(());
        }
        browser.press(Key::Tab)?;
    }
    panic!("{name} is not in the tab order");
}

/// Takes the open lesson to its end with keys only.
fn take(browser: &Browser, name: &str) -> Outcome {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let (_, asks, last) = step(browser)?;
        if asks {
            browser.keys("1")?;
        } else if last {
            break;
        } else {
            browser.press(Key::Enter)?;
        }
        assert!(Instant::now() < until, "{name} does not come to its end");
    }
    tab_to(browser, "solve")?;
    browser.press(Key::Enter)?;
    browser.wait_for_text(&id("lesson-verdict"), "Done.")?;
    let unmet = browser.count(".task li:not(.met)")?;
    assert_eq!(unmet, 0, "{name}");
    Ok(())
}

#[test]
fn every_lesson_is_taken_by_keyboard_alone_and_marked_done() -> Outcome {
    let (_server, browser) = opened("#L0")?;
    browser.prefer(&[("prefers-reduced-motion", "reduce")])?;
    for one in LESSONS {
        browser.keys("b")?;
        browser.wait_for(&id("lessons"))?;
        tab_to(&browser, &format!("learn-{}", one.name))?;
        browser.press(Key::Enter)?;
        browser.wait_for_text(&id("place"), &format!("Lesson {} ", &one.name[1..]))?;
        wait_until("the first step", || Ok((step(&browser)?.0 == 1).then_some(())))?;
        browser.script("document.activeElement.blur()", &[])?;
        take(&browser, one.name)?;
        browser.script("document.activeElement.blur()", &[])?;
    }
    browser.keys("b")?;
    let done = "return document.querySelectorAll('[data-testid=lessons] .mark[aria-label=done]').length";
    assert_eq!(browser.script(done, &[])?, json!(LESSONS.len()));
    let locked = "return document.querySelectorAll('[data-testid=goals] button:disabled').length";
    assert_eq!(browser.script(locked, &[])?, json!(GOALS.len() - 1), "goals open one after the other");
    let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_prediction_is_marked_by_the_engine_and_the_link_keeps_the_step() -> Outcome {
    let (_server, browser) = opened("#L3;l=L3.5")?;
    browser.wait_for_text(&id("say"), "Who wins epoch 4?")?;
    browser.keys("1")?;
    browser.wait_for_text(&id("lesson-verdict"), "The engine ran ahead: Nobody.")?;
    assert!(browser.address()?.contains(";l=L3.5"), "{}", browser.address()?);
    browser.keys("k")?;
    browser.wait_for_text(&id("toast"), "Not in this step of the lesson")?;
    for scheme in ["light", "dark"] {
        browser.prefer(&[("prefers-color-scheme", scheme)])?;
        let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "{scheme}: {}", broken.join("\n"));
    }
    Ok(())
}

#[test]
fn a_task_is_done_by_hand_and_what_is_handed_in_is_judged_again() -> Outcome {
    let (server, browser) = opened("#L3;l=L3.11")?;
    browser.wait_for(&id("task"))?;
    browser.keys("n")?;
    browser.wait_for_text(&id("lesson-verdict"), "Done.")?;
    let link = browser.address()?;
    browser.visit("about:blank")?;
    browser.visit(&link)?;
    browser.wait_for_text(&id("lesson-verdict"), "Done.")?;
    drop(server);
    Ok(())
}

#[test]
fn one_walks_through_the_museum_from_room_to_room() -> Outcome {
    let (_server, browser) = opened("#museum/m05")?;
    browser.wait_for_text(&id("room"), "M05")?;
    browser.click(&id("next-room"))?;
    browser.wait_for_text(&id("room"), "M06")?;
    browser.click(&id("all-rooms"))?;
    browser.wait_for(&id("rooms"))?;
    let seen = "return document.querySelectorAll('[data-testid=rooms] .mark[aria-label=seen]').length";
    assert_eq!(browser.script(seen, &[])?, json!(2));
    Ok(())
}
