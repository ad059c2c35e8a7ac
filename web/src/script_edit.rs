//! Changes of a script that leave its other lines, and their comments, as they are.

use splitvote::base::Duration;

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

fn split_comment(line: &str) -> (&str, &str) {
    line.find('#').map_or((line, ""), |at| line.split_at(at))
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
    fn a_seed_replaces_a_seed() {
        assert!(with_seed(TEXT, 7).contains("seed 7\n"));
        assert_eq!(with_seed(&with_seed(TEXT, 7), 8), with_seed(TEXT, 8));
    }
}
