//! What the page costs while it plays, in counts: time on a shared machine says little, and how often the
//! page is laid out or what it leaves behind is the same on every machine.
//!
//! `--no-capture` also prints what depends on the machine: frames and long tasks.

use std::thread;
use std::time::Duration;

use harness::{Browser, Key, Outcome};
use serde_json::json;

use crate::play::{id, opened};

/// Twelve nodes, writes, and an election in the first seconds.
const BUSY: &str =
    "#v1;cluster+shards=4+replicas=2;set+node-timeout=1s+writes=50/s;at+500ms+kill+A;run+for+60s";

/// One of the browser's own figures.
fn metric(browser: &Browser, name: &str) -> Outcome<f64> {
    let all = browser.devtools("Performance.getMetrics", &json!({}))?;
    let of = |one: &&serde_json::Value| one["name"] == name;
    let found = all["metrics"].as_array().and_then(|all| all.iter().find(of));
    Ok(found.and_then(|one| one["value"].as_f64()).unwrap_or_else(|| panic!("no metric {name}: {all}")))
}

#[test]
fn while_it_plays_the_page_is_laid_out_ten_times_a_second_and_not_with_every_frame() -> Outcome {
    let (_server, browser) = opened(BUSY)?;
    browser.devtools("Performance.enable", &json!({}))?;
    let watch = "const cost = window.cost = {frames: 0, changes: 0, long: 0, from: performance.now()}; \
                 new PerformanceObserver(all => cost.long += all.getEntries().length).observe({entryTypes: ['longtask']}); \
                 new MutationObserver(() => cost.changes += 1).observe(document.getElementById('app'), {subtree: true, childList: true, attributes: true, characterData: true}); \
                 const frame = () => { cost.frames += 1; requestAnimationFrame(frame); }; requestAnimationFrame(frame);";
    browser.click(&id("play"))?;
    let before = metric(&browser, "LayoutCount")?;
    browser.script(watch, &[])?;
    thread::sleep(Duration::from_secs(4));
    let cost = browser.script("return {...cost, ms: performance.now() - cost.from}", &[])?;
    let layouts = metric(&browser, "LayoutCount")? - before;
    let of = |name: &str| cost[name].as_f64().unwrap_or_default();
    println!(
        "in {:.0} ms: {} frames, {layouts} layouts, {} changes of the page, {} long tasks",
        of("ms"),
        of("frames"),
        of("changes"),
        of("long")
    );
    let looks = of("ms") / 100.0;
    assert!(of("changes") > 4.0, "it plays: {cost}");
    assert!(of("changes") <= looks * 1.5 + 5.0, "ten looks a second and no more: {cost}");
    assert!(layouts <= looks * 2.0 + 10.0, "{layouts} layouts: {cost}");
    Ok(())
}

#[test]
fn what_was_looked_at_and_left_leaves_nothing_behind() -> Outcome {
    let (_server, browser) = opened(BUSY)?;
    let round = |browser: &Browser| -> Outcome<(u64, u64)> {
        for _ in 0..4 {
            for keys in ["2", "3", "4", "1", "v", "v", "]]]]]]", "0", "b"] {
                browser.keys(keys)?;
            }
            browser.press(Key::Escape)?;
        }
        browser.devtools("HeapProfiler.collectGarbage", &json!({}))?;
        let counted = browser.devtools("Memory.getDOMCounters", &json!({}))?;
        Ok((
            counted["nodes"].as_u64().unwrap_or_default(),
            counted["jsEventListeners"].as_u64().unwrap_or_default(),
        ))
    };
    round(&browser)?;
    let (nodes, listeners) = round(&browser)?;
    let (later_nodes, later_listeners) = round(&browser)?;
    println!("nodes {nodes} then {later_nodes}, listeners {listeners} then {later_listeners}");
    assert!(nodes > 100, "something is there: {nodes}");
    assert!(later_nodes <= nodes + nodes / 20, "nodes {nodes} then {later_nodes}");
    assert!(later_listeners <= listeners + 5, "listeners {listeners} then {later_listeners}");
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}
