//! The seed lab beside the page: figures equal the command line's, runs open, hunts end in a script.

use std::time::{Duration, Instant};

use harness::{Browser, Key, Outcome, axe, wait_until};
use serde_json::json;
use splitvote::scenario::{LIBRARY, parse};
use splitvote::sim::sweep::{COUNTED, FIGURES, Tally, Variant, variants};

use crate::play::{SMALL, caption_says, choose, id, opened};

/// The texts of all cells of a table's body, row by row.
fn cells(browser: &Browser, table: &str) -> Outcome<Vec<Vec<String>>> {
    let read = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].map(row => \
                [...row.querySelectorAll('td')].map(cell => cell.textContent.trim()))";
    let rows = browser.script(read, &[json!(id(table))])?;
    Ok(serde_json::from_value(rows).expect("rows of texts"))
}

/// A count as the page groups its digits.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn clean(browser: &Browser) -> Outcome {
    let broken = axe(browser)?;
    assert!(broken.is_empty(), "{}", broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    Ok(())
}

/// Waits longer than for anything that the page does itself.
fn patiently<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        assert!(begun.elapsed() < patience, "not within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_page_comes_to_the_figures_of_the_command_line_and_opens_the_runs() -> Outcome {
    // `SPLITVOTE_SEEDS=10000` takes minutes, and is for releases.
    let seeds = std::env::var("SPLITVOTE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60_u64);
    let (_server, browser) = opened("#split-vote")?;
    browser.click(&id("view-lab"))?;
    clean(&browser)?;
    choose(&browser, "lab-count", &seeds.to_string())?;
    choose(&browser, "lab-pick", "")?;
    choose(&browser, "lab-vary", "nack=off,on")?;
    // Two workers, however many processors there are.
    browser.script("Object.defineProperty(navigator, 'hardwareConcurrency', {get: () => 3})", &[])?;
    browser.click(&id("lab-go"))?;
    let patience =
        Duration::from_mins(3) + Duration::from_millis(200) * u32::try_from(seeds).unwrap_or(u32::MAX);
    let done = patiently("the runs are done", patience, || {
        Ok(Some(browser.text(&id("lab-state"))?).filter(|text| text.starts_with("Done in ")))
    })?;
    println!("{done}");

    let text = LIBRARY.iter().find(|one| one.name == "split-vote").expect("it is built in").text;
    let script = parse(text).expect("a script");
    let variants = variants(&script, &["nack=off,on".to_owned()]).expect("two variants");
    let alone = |variant: &Variant| {
        let mut tally = Tally::default();
        for seed in 0..seeds {
            tally.play(&variant.script, seed);
        }
        tally
    };
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let hands: Vec<_> = variants.iter().map(|variant| scope.spawn(|| alone(variant))).collect();
        hands.into_iter().map(|hand| hand.join().expect("a run does not panic")).collect()
    });
    let spreads: Vec<Vec<String>> =
        FIGURES.iter().flat_map(|figure| tallies.iter().map(|tally| figure.cells(tally).to_vec())).collect();
    assert_eq!(cells(&browser, "lab-spreads")?, spreads);
    let rates: Vec<Vec<String>> = COUNTED
        .iter()
        .flat_map(|counted| tallies.iter().map(|tally| counted.rate(tally)))
        .map(|rate| vec![number(rate.count), rate.to_string()])
        .collect();
    assert_eq!(cells(&browser, "lab-rates")?, rates);
    let command = browser.text(&id("lab-command"))?;
    assert_eq!(command, format!("cargo splitvote sweep split-vote --seeds 0..{seeds} --vary 'nack=off,on'"));

    // By keyboard: the table of bars, a bar, a seed of it.
    browser.click(&id("lab-bars"))?;
    clean(&browser)?;
    browser.screenshot("lab")?;
    browser.script("document.querySelector('.lab-bars button').focus()", &[])?;
    browser.press(Key::Enter)?;
    browser.wait_for(".lab-seeds button")?;
    let seed = browser.attribute(".lab-seeds button", "data-testid")?.unwrap_or_default();
    let seed = seed.trim_start_matches("lab-seed-").to_owned();
    browser.script("document.querySelector('.lab-seeds button').focus()", &[])?;
    browser.press(Key::Enter)?;
    browser.wait_for(&id("ring"))?;
    caption_says(&browser, &format!("Seed {seed} under nack="))?;
    assert_eq!(browser.script("return document.querySelector('#seed').value", &[])?, json!(seed));
    browser.click(&id("view-lab"))?;
    assert_eq!(cells(&browser, "lab-spreads")?, spreads, "the lab keeps what it has found");
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_sweep_ends_at_once_and_the_page_answers_meanwhile() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("view-lab"))?;
    choose(&browser, "lab-count", "many")?;
    browser.click(&id("lab-go"))?;
    browser.wait_for_text(&id("lab-wrong"), "whole numbers")?;
    choose(&browser, "lab-count", "100000")?;
    choose(&browser, "lab-vary", "set:latency=1ms,10ms")?;
    browser.click(&id("lab-go"))?;
    browser.wait_for(&id("lab-chart"))?;
    browser.click(&id("lab-figure-2"))?;
    browser.click(&id("play"))?;
    browser.click(&id("play"))?;
    browser.click(&id("lab-stop"))?;
    let stopped = browser.wait_for_text(&id("lab-state"), "Stopped")?;
    browser.wait_for(&id("lab-go"))?;
    // Workers that were sent away say nothing more.
    browser.script_async("await new Promise(done => setTimeout(done, 500))", &[])?;
    assert_eq!(browser.text(&id("lab-state"))?, stopped);
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_hunt_ends_with_a_script_that_opens_as_a_run() -> Outcome {
    let (_server, browser) = opened("#v1;rules+full-sync-across-shards=off;run+for+9s")?;
    browser.click(&id("view-lab"))?;
    choose(&browser, "hunt-target", "S13")?;
    browser.click(&id("hunt-go"))?;
    patiently("something is found", Duration::from_mins(3), || {
        Ok((browser.count(&id("hunt-found"))? > 0).then_some(()))
    })?;
    let told = browser.text(&id("hunt-state"))?;
    assert!(told.starts_with("S13 broke with seed 1"), "{told}");
    clean(&browser)?;
    browser.click(&id("hunt-open"))?;
    browser.wait_for(&id("breach-s13"))?;
    assert!(browser.address()?.contains("full-sync-across-shards=off"), "{}", browser.address()?);

    // A hunt that is called off says so.
    browser.click(&id("view-lab"))?;
    choose(&browser, "hunt-target", "S6")?;
    browser.click(&id("hunt-go"))?;
    browser.click(&id("hunt-stop"))?;
    browser.wait_for_text(&id("hunt-state"), "Stopped")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_chip_tells_how_its_property_stands_and_a_broken_one_leads_there() -> Outcome {
    let (_server, browser) = opened("#museum/m12")?;
    let chip = id("promise-s3");
    let label = || Ok::<_, harness::Failure>(browser.attribute(&chip, "title")?.unwrap_or_default());
    browser.script("document.querySelector(arguments[0]).click()", &[json!(id("start"))])?;
    wait_until("it holds at first", || {
        Ok(label()?.starts_with("S3 holds so far, but these rules are known to break it").then_some(()))
    })?;
    let sum = || browser.wait_for(&id("promises")).and_then(|()| browser.text(&id("promises")));
    assert!(sum()?.contains("hold") && !sum()?.contains("broken"), "{}", sum()?);
    assert!(browser.text(&id("breach-s3"))?.contains("Breaks at 10.823 s: S3"));
    browser.click(&id("breach-s3"))?;
    wait_until("it is broken", || Ok(label()?.starts_with("S3 is broken since").then_some(())))?;
    let there = browser.text(&id("clock"))?;
    browser.press(Key::Home)?;
    browser.script("document.querySelector('.tape').focus()", &[])?;
    browser.press(Key::End)?;
    // The line says how many are broken and leads to the first; the list behind it leads to each.
    browser.wait_for_text(&id("promises-broken"), "2 broken")?;
    browser.click(&id("promises-broken"))?;
    let back =
        || wait_until("the clock is back", || Ok((browser.text(&id("clock"))? == there).then_some(())));
    back()?;
    browser.script("document.querySelector('.tape').focus()", &[])?;
    browser.press(Key::End)?;
    browser.script("document.querySelector(arguments[0]).focus()", &[json!(id("promises-open"))])?;
    browser.press(Key::Enter)?;
    browser.script("document.querySelector(arguments[0]).focus()", &[json!(chip)])?;
    browser.press(Key::Enter)?;
    back()?;
    clean(&browser)?;
    browser.press(Key::Left)?;
    let focus = browser.script("return document.activeElement.dataset.testid", &[])?;
    assert_eq!(focus, json!("promise-s2"));
    clean(&browser)
}
