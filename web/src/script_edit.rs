//! Changes of a script that leave its other lines, and their comments, as they are.

use splitvote::base::Duration;
use splitvote::base::rules::PRESETS;
use splitvote::scenario::{Sort, parse, tokens};

/// The script with one more deed at a moment.
pub fn with_action(text: &str, at: u64, action: &str) -> String {
    let line = format!("at {} {action}", Duration::from_micros(at));
    let mut lines: Vec<&str> = text.lines().collect();
    let ends = |line: &&str| matches!(head(line), "run" | "expect");
    let place = lines.iter().position(ends).unwrap_or(lines.len());
    lines.insert(place, &line);
    join(&lines)
}

/// The script with `key=value` on its line for everyone that begins with `statement`.
pub fn with_pair(text: &str, statement: &str, key: &str, value: &str) -> String {
    let pair = format!("{key}={value}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let common = |line: &String| head(line) == statement && !for_some(line);
    let prefix = format!("{key}=");
    let holds = |line: &String| words(line).any(|word| word.starts_with(&prefix));
    if let Some(line) = lines.iter_mut().rev().find(|line| common(line) && holds(line)) {
        let (code, comment) = split_comment(line);
        let code: Vec<String> = code
            .split_whitespace()
            .map(|word| if word.starts_with(&prefix) { pair.clone() } else { word.to_owned() })
            .collect();
        *line = tidy(&code.join(" "), comment);
    } else if let Some(line) = lines.iter_mut().find(|line| common(line)) {
        let (code, comment) = split_comment(line);
        *line = tidy(&format!("{} {pair}", code.trim_end()), comment);
    } else {
        let place = after_head(&lines);
        lines.insert(place, format!("{statement} {pair}"));
    }
    join(&lines)
}

/// The script in which everyone obeys this preset, whatever was said before: lines for single nodes go.
pub fn with_preset(text: &str, preset: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines.iter().position(|line| head(line) == "rules").unwrap_or_else(|| after_head(&lines));
    let comment = lines.get(at).filter(|line| head(line) == "rules").map(|line| split_comment(line).1);
    let line = tidy(&format!("rules {preset}"), comment.unwrap_or(""));
    lines.retain(|line| head(line) != "rules");
    lines.insert(at.min(lines.len()), line);
    join(&lines)
}

/// The script in which everyone has this value of a switch: no line, for all or for some, says otherwise.
pub fn with_switch(text: &str, id: &str, value: &str) -> String {
    let prefix = format!("{id}=");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.retain_mut(|line| head(line) != "rules" || drop_word(line, &prefix));
    let plain = join(&lines);
    // What the preset says needs no word, so that back and forth ends with the text it began with.
    if value_of(&plain, id) == Some(value) {
        return plain;
    }
    let pair = format!("{id}={value}");
    let common = |line: &String| head(line) == "rules" && !for_some(line);
    if let Some(line) = lines.iter_mut().rev().find(|line| common(line)) {
        let (code, comment) = split_comment(line);
        *line = tidy(&format!("{} {pair}", code.trim_end()), comment);
    } else {
        let first = lines.iter().position(|line| head(line) == "rules");
        let place = first.unwrap_or_else(|| after_head(&lines));
        lines.insert(place, format!("rules {pair}"));
    }
    join(&lines)
}

/// Takes a pair out of a `rules` line that has it; false if the line says nothing any more.
fn drop_word(line: &mut String, prefix: &str) -> bool {
    if !words(line).any(|word| word.starts_with(prefix)) {
        return true;
    }
    let (code, comment) = split_comment(line);
    let code: Vec<&str> = code.split_whitespace().filter(|word| !word.starts_with(prefix)).collect();
    let says = code.iter().any(|word| word.contains('=') || PRESETS.contains(word));
    *line = tidy(&code.join(" "), comment);
    says
}

/// What a script says of a switch for everyone.
fn value_of(text: &str, id: &str) -> Option<&'static str> {
    let rules = parse(text).ok()?.common_rules();
    splitvote::base::rules::SWITCHES.iter().find(|switch| switch.id == id).map(|switch| switch.get(&rules))
}

/// The script with this seed.
pub fn with_seed(text: &str, seed: u64) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = format!("seed {seed}");
    if let Some(at) = lines.iter().position(|line| head(line) == "seed") {
        lines[at] = line;
    } else {
        let place = after_head(&lines);
        lines.insert(place, line);
    }
    join(&lines)
}

/// The text with an end to its last line.
pub fn lines(text: &str) -> String {
    join(&text.lines().collect::<Vec<_>>())
}

fn head(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or("")
}

/// A line and its comment, cut where the language cuts them.
fn split_comment(line: &str) -> (&str, &str) {
    let tokens = tokens(line);
    let code = tokens.iter().take_while(|token| token.sort != Sort::Comment);
    line.split_at(code.map(|token| token.text.len()).sum())
}

fn tidy(code: &str, comment: &str) -> String {
    if comment.is_empty() { code.to_owned() } else { format!("{code}  {comment}") }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    split_comment(line).0.split_whitespace().skip(1)
}

/// Whether a `set` or `rules` line is for some nodes only: they stand right behind its first word.
fn for_some(line: &str) -> bool {
    words(line).next().is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_uppercase()))
        || words(line).next().is_some_and(|word| matches!(word, "primaries" | "replicas" | "all" | "one"))
}

fn after_head(lines: &[String]) -> usize {
    let is_head =
        |line: &String| matches!(head(line), "title" | "cluster" | "shard" | "rules" | "set" | "seed");
    lines.iter().rposition(is_head).map_or(0, |at| at + 1)
}

fn join<T: AsRef<str>>(lines: &[T]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "cluster shards=3 replicas=1\nset latency=1ms # near\nset A0 latency=9ms\nat 1s kill A\nrun for 9s\n";

    #[test]
    fn a_deed_stands_behind_the_others_and_before_the_run() {
        let text = with_action(TEXT, 2_500_000, "kill B");
        assert!(text.ends_with("at 1s kill A\nat 2s500ms kill B\nrun for 9s\n"), "{text}");
    }

    #[test]
    fn a_pair_replaces_its_key_or_joins_its_line_or_opens_one() {
        assert!(
            with_pair(TEXT, "set", "latency", "5ms").contains("set latency=5ms  # near\nset A0 latency=9ms")
        );
        assert!(with_pair(TEXT, "set", "loss", "1%").contains("set latency=1ms loss=1%  # near\n"));
        assert!(with_pair(TEXT, "rules", "nack", "off").contains("latency=9ms\nrules nack=off\nat 1s"));
    }

    #[test]
    fn a_switch_is_said_once_and_not_at_all_where_its_preset_says_it() {
        let text = "cluster shards=3 replicas=1\nrules valkey-9.1 # old\nrules A1 nack=on exact-acks=on\n\
                    rules B1 exact-acks=on\nat 1s rules C1 exact-acks=off\nrun for 9s\n";
        let on = with_switch(text, "exact-acks", "on");
        assert_eq!(
            on,
            "cluster shards=3 replicas=1\nrules valkey-9.1 exact-acks=on  # old\nrules A1 nack=on\n\
             at 1s rules C1 exact-acks=off\nrun for 9s\n"
        );
        let off = with_switch(&on, "exact-acks", "off");
        assert!(off.contains("rules valkey-9.1  # old\nrules A1 nack=on\nat 1s"), "{off}");
        assert!(with_switch(TEXT, "nack", "echoed").contains("rules nack=echoed\nat 1s"));
        let plain = "cluster shards=3 replicas=1\nset latency=1ms # near\nrun for 9s\n";
        assert_eq!(with_switch(&with_switch(plain, "nack", "off"), "nack", "on"), plain);
        let only_some = "cluster shards=3 replicas=1\nrules A0 nack=off fast-failover=off\nrun for 9s\n";
        assert!(with_switch(only_some, "nack", "filtered").contains("rules nack=filtered\nrules A0 fast-"));
    }

    #[test]
    fn a_preset_forgets_what_was_said_before_it() {
        let text = "cluster shards=3 replicas=1\nrules A0 nack=off\nrules nack=off # why\nrun for 9s\n";
        assert_eq!(
            with_preset(text, "valkey-8.0"),
            "cluster shards=3 replicas=1\nrules valkey-8.0\nrun for 9s\n"
        );
        assert!(with_preset(TEXT, "valkey-9.1").contains("latency=9ms\nrules valkey-9.1\nat 1s"));
    }

    #[test]
    fn a_sign_inside_a_word_begins_no_comment() {
        let text = "cluster shards=3 replicas=1\nset latency=1ms#2 loss=1% #near\nrules valkey-9.1 #why\n";
        assert!(with_pair(text, "set", "loss", "2%").contains("\nset latency=1ms#2 loss=2%  #near\n"));
        assert!(with_switch(text, "nack", "echoed").contains("\nrules valkey-9.1 nack=echoed  #why\n"));
    }

    #[test]
    fn a_seed_replaces_a_seed() {
        assert!(with_seed(TEXT, 7).contains("seed 7\n"));
        assert_eq!(with_seed(&with_seed(TEXT, 7), 8), with_seed(TEXT, 8));
    }
}
