//! Makes a script small that shows something: lines, words, nodes and digits go as long as it still
//! shows. The same script gives the same small one, and the small one gives itself.
//!
//! A script is changed as text and read again, so whatever the language can say can become smaller;
//! what no longer reads is no script. `title`, `rules`, `run` and `expect` lines stay: they say under which
//! rules what is shown.

use std::collections::BTreeSet;

use crate::base::Duration;
use crate::scenario::{ClusterSpec, NodeName, Script, ShardName, parse, parse_lenient, read_time};

/// People look at the beginning before anything happens.
const EARLIEST: Duration = Duration::from_millis(100);

/// How large a script is: what counts most first.
type Size = (usize, usize, usize, usize, usize, u128);

/// Makes a script smaller while it `shows` what it is for. At most `tries` scripts are tried.
pub fn shrink(script: &Script, tries: u32, shows: &mut dyn FnMut(&Script) -> bool) -> Script {
    let mut small =
        Shrinker { text: script.to_string(), script: script.clone(), tried: BTreeSet::new(), tries, shows };
    loop {
        let before = small.text.clone();
        small.drop_lines();
        small.drop_nodes();
        small.drop_words();
        small.simplify_numbers();
        small.narrow_gaps();
        if small.text == before || small.tries == 0 {
            return small.script;
        }
    }
}

struct Shrinker<'a> {
    text: String,
    script: Script,
    tried: BTreeSet<String>,
    tries: u32,
    shows: &'a mut dyn FnMut(&Script) -> bool,
}

impl Shrinker<'_> {
    fn lines(&self) -> Vec<String> {
        self.text.lines().map(str::to_owned).collect()
    }

    /// Takes a smaller text if it is a script that still shows it.
    fn take(&mut self, lines: &[String]) -> bool {
        match parse(&lines.join("\n")) {
            Ok(script) => self.take_script(script),
            Err(_) => false,
        }
    }

    fn take_script(&mut self, script: Script) -> bool {
        let text = script.to_string();
        if self.tries == 0
            || size(&script, &text) >= size(&self.script, &self.text)
            || !self.tried.insert(text.clone())
        {
            return false;
        }
        self.tries -= 1;
        if !(self.shows)(&script) {
            return false;
        }
        (self.text, self.script) = (text, script);
        true
    }

    /// Half of them, then a quarter, in the end one by one.
    fn drop_lines(&mut self) {
        let mut span = self.lines().len();
        while span > 0 {
            let mut at = 0;
            loop {
                let lines = self.lines();
                let may: Vec<usize> = (0..lines.len()).filter(|line| !is_fixed(&lines[*line])).collect();
                if at >= may.len() {
                    break;
                }
                let dropped = &may[at..may.len().min(at + span)];
                let left: Vec<String> = (0..lines.len())
                    .filter(|line| !dropped.contains(line))
                    .map(|line| lines[line].clone())
                    .collect();
                if !self.take(&left) {
                    at += span;
                }
            }
            span /= 2;
        }
    }

    /// Single words, then words that belong together, such as `times 3`.
    fn drop_words(&mut self) {
        for span in 1..=3 {
            let (mut line, mut at) = (0, 1);
            loop {
                let mut lines = self.lines();
                if line >= lines.len() {
                    break;
                }
                let words: Vec<&str> = lines[line].split(' ').collect();
                if is_fixed(&lines[line]) || at + span > words.len() {
                    (line, at) = (line + 1, 1);
                    continue;
                }
                let left: Vec<&str> = [&words[..at], &words[at + span..]].concat();
                let left = left.join(" ");
                lines[line] = left;
                if !self.take(&lines) {
                    at += 1;
                }
            }
        }
    }

    /// Whole shards and replicas; who stands behind them moves up.
    fn drop_nodes(&mut self) {
        let mut shard = 0;
        while let ClusterSpec::Even { shards, replicas } = self.script.cluster
            && shard < shards
            && shards > 1
        {
            let head = ClusterSpec::Even { shards: shards - 1, replicas };
            let fate = |name: NodeName| {
                let up = |other: u16| if other > shard { other - 1 } else { other };
                (name.shard.0 != shard).then(|| NodeName::new(up(name.shard.0), name.index))
            };
            if !self.rename(&head, fate) {
                shard += 1;
            }
        }
        let mut index = 1;
        while let ClusterSpec::Even { shards, replicas } = self.script.cluster
            && index <= replicas
        {
            let head = ClusterSpec::Even { shards, replicas: replicas - 1 };
            let fate = |name: NodeName| {
                let up = |other: u16| if other > index { other - 1 } else { other };
                (name.index != index).then(|| NodeName { index: up(name.index), ..name })
            };
            if !self.rename(&head, fate) {
                index += 1;
            }
        }
    }

    /// Gives every node the name that its fate says, takes those that have none out of every list, and
    /// leaves out lines that say nothing without them.
    fn rename(&mut self, cluster: &ClusterSpec, fate: impl Fn(NodeName) -> Option<NodeName>) -> bool {
        let mut text = format!("{cluster}\n");
        for line in self.lines() {
            if line.starts_with("cluster ") || line.starts_with("title ") {
                continue;
            }
            let words = line.split(' ').filter_map(|word| renamed(word, &fate));
            text.push_str(&words.collect::<Vec<_>>().join(" "));
            text.push('\n');
        }
        let (mut script, _) = parse_lenient(&text);
        script.title.clone_from(&self.script.title);
        let kept = |script: &Script| script.to_string().lines().filter(|line| is_fixed(line)).count();
        kept(&script) == kept(&self.script) && self.take_script(script)
    }

    /// Rounder times, smaller counts, a small seed.
    fn simplify_numbers(&mut self) {
        let (mut line, mut at) = (0, 1);
        loop {
            let lines = self.lines();
            if line >= lines.len() {
                break;
            }
            let words: Vec<&str> = lines[line].split(' ').collect();
            // Patience that runs out would show anything.
            let fixed = ["title ", "rules ", "run until "].iter().any(|word| lines[line].starts_with(word));
            if fixed || at >= words.len() {
                (line, at) = (line + 1, 1);
                continue;
            }
            let is_moment = at == 1 && words[0] == "at";
            let legible = |word: &String| !is_moment || read_time(word).is_some_and(|time| time >= EARLIEST);
            let simpler: Vec<String> = simpler_words(words[at]).into_iter().filter(legible).collect();
            let found = simpler.into_iter().any(|word| {
                let mut changed: Vec<&str> = words.clone();
                changed[at] = &word;
                let mut lines = lines.clone();
                lines[line] = changed.join(" ");
                self.take(&lines)
            });
            if !found {
                at += 1;
            }
        }
    }

    /// Everything after a moment comes earlier, with its order and distances kept.
    fn narrow_gaps(&mut self) {
        let mut moments: BTreeSet<Duration> = self.lines().iter().filter_map(|line| moment(line)).collect();
        while let Some(at) = moments.pop_first() {
            for by in ladder(at).filter(|to| *to >= EARLIEST).map(|to| at.saturating_sub(to)) {
                let lines: Vec<String> = self.lines().iter().map(|line| earlier(line, at, by)).collect();
                if self.take(&lines) {
                    moments = self
                        .lines()
                        .iter()
                        .filter_map(|line| moment(line))
                        .filter(|other| *other > at)
                        .collect();
                    break;
                }
            }
        }
    }
}

/// Lines that say what is shown.
fn is_fixed(line: &str) -> bool {
    let first = line.split(' ').next().unwrap_or("");
    ["title", "cluster", "shard", "rules", "run", "expect"].contains(&first)
}

fn size(script: &Script, text: &str) -> Size {
    let nodes = script.cluster.nodes().len();
    let words = text.split_whitespace().count();
    let digits = text.bytes().filter(|byte| (b'1'..=b'9').contains(byte)).count();
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let total = numbers.filter_map(|number| number.parse::<u128>().ok()).sum();
    (text.lines().count(), nodes, words, digits, text.len(), total)
}

/// A word under the new names; none if it means a node that is gone.
fn renamed(word: &str, fate: &impl Fn(NodeName) -> Option<NodeName>) -> Option<String> {
    if let Ok(name) = word.parse::<NodeName>() {
        return fate(name).map(|name| name.to_string());
    }
    let (first, rest) = word.split_once('.').map_or((word, None), |(first, rest)| (first, Some(rest)));
    let Ok(ShardName(shard)) = first.parse::<ShardName>() else { return Some(word.to_owned()) };
    let shard = fate(NodeName::new(shard, 0))?.shard;
    Some(rest.map_or_else(|| shard.to_string(), |rest| format!("{shard}.{rest}")))
}

/// Times that are rounder or shorter, the roundest first.
fn ladder(time: Duration) -> impl Iterator<Item = Duration> {
    let steps = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 15_000, 20_000,
        30_000,
    ];
    let round = [1000, 500, 100, 50, 10, 5, 1].into_iter().flat_map(move |grain| {
        let down = time.as_millis() / grain * grain;
        [down, down + grain]
    });
    let smaller = steps.into_iter().rev().filter(move |step| Duration::from_millis(*step) < time);
    round.chain(smaller).filter(|ms| *ms > 0).map(Duration::from_millis)
}

/// What may stand for a word with a number, a time or a range of times in it.
fn simpler_words(word: &str) -> Vec<String> {
    if let Some((key, value)) = word.split_once('=') {
        return simpler_words(value).into_iter().map(|value| format!("{key}={value}")).collect();
    }
    if let Some((_, high)) = word.split_once("..") {
        return std::iter::once(high.to_owned()).chain(simpler_words(high)).collect();
    }
    let (number, comma) = word.strip_suffix(',').map_or((word, ""), |number| (number, ","));
    if let Some(time) = read_time(number) {
        return ladder(time).map(|time| format!("{time}{comma}")).collect();
    }
    let digits = word.trim_end_matches(['%', '/', 's']);
    let Ok(number) = digits.parse::<u64>() else { return Vec::new() };
    let unit = &word[digits.len()..];
    let steps = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
    steps.into_iter().filter(|step| *step < number).map(|step| format!("{step}{unit}")).collect()
}

fn moment(line: &str) -> Option<Duration> {
    read_time(line.strip_prefix("at ")?.split(' ').next()?)
}

/// The line, earlier if it is due at a moment or later; the run ends as much earlier.
fn earlier(line: &str, from: Duration, by: Duration) -> String {
    if let Some(span) = line.strip_prefix("run for ").and_then(read_time) {
        return format!("run for {}", span.saturating_sub(by));
    }
    match moment(line).filter(|at| *at >= from) {
        Some(at) => {
            let rest = line.splitn(3, ' ').nth(2).unwrap_or("");
            format!("at {} {rest}", at.saturating_sub(by))
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(text: &str, shows: fn(&Script) -> bool) -> String {
        let script = parse(text).expect("it reads");
        shrink(&script, 5000, &mut |script| shows(script)).to_string()
    }

    #[test]
    fn what_does_not_matter_goes() {
        let text = "cluster shards=5 replicas=2\nset node-timeout=1s writes=20/s\nseed 77\n\
                    at 4321ms kill C0 D1 A2\nat 5s heal\nwhen A1 asks pause B0\nrun for 9876ms\nexpect covered\n";
        let kept =
            |script: &Script| script.to_string().contains("kill") && script.to_string().contains("pause");
        assert_eq!(
            small(text, kept),
            "cluster shards=2 replicas=2\nat 1s kill A2\nwhen A1 asks pause B0\nrun for 1s\nexpect covered\n"
        );
    }

    #[test]
    fn what_is_left_of_a_cluster_moves_up() {
        let text = "cluster shards=4 replicas=1\nat 1s kill C0\nat 2s replicate C1 D\nrun for 3s\n";
        let kept = |script: &Script| {
            let text = script.to_string();
            text.contains("kill") && text.contains("replicate") && script.cluster.nodes().len() >= 4
        };
        assert_eq!(
            small(text, kept),
            "cluster shards=2 replicas=1\nat 1s kill A0\nat 1s replicate A1 B\nrun for 1s\n"
        );
    }

    #[test]
    fn times_become_round_and_what_follows_comes_earlier() {
        let text = "at 8765ms kill A0\nat 9876ms kill B0\nrun for 20s\n";
        let kept = |script: &Script| {
            let moments: Vec<Duration> = script.to_string().lines().filter_map(moment).collect();
            moments.len() == 2 && moments[1] >= moments[0] + Duration::from_millis(800)
        };
        assert_eq!(
            small(text, kept),
            "cluster shards=2 replicas=0\nat 1s kill A0\nat 2s kill B0\nrun for 1s\n"
        );
    }

    #[test]
    fn the_budget_is_kept() {
        let script = parse("at 1s kill A0\nat 2s kill B0\nrun for 3s\n").expect("it reads");
        let mut tried = 0;
        shrink(&script, 3, &mut |_| {
            tried += 1;
            true
        });
        assert_eq!(tried, 3);
    }
}
