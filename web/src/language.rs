//! The language of the page. English is what the code says; a catalogue, which is data beside the page,
//! says the same in another language.
//!
//! [`t`] and [`tf`] are for what panels say themselves. Sentences that are finished before a panel sees
//! them, those of events, refusals and captions, go through [`tell`], which finds them by their pattern.

use splitvote::base::ordered;
use std::cell::Cell;
use std::fmt::Display;

/// All languages: the tag that the browser knows, and what each calls itself.
pub const LANGUAGES: [(&str, &str); 2] = [(ENGLISH, "English"), (CHINESE, "简体中文")];
/// The language of the code.
pub const ENGLISH: &str = "en";
/// The one that has a catalogue.
pub const CHINESE: &str = "zh-Hans";

/// Between the members of a list.
const JOINT: &str = ", ";
/// Sentences in sentences nest no deeper than this.
const DEPTH: usize = 4;

thread_local! {
    static NOW: Cell<Option<&'static Catalogue>> = const { Cell::new(None) };
}

/// What English texts are in another language.
#[derive(Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// In order of the English.
    entries: Vec<Entry>,
    /// Places of entries with holes, the most telling first.
    patterns: Vec<usize>,
}

/// One text: `English = translation`, with named holes in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the code says it.
    pub english: &'static str,
    /// As the reader sees it.
    pub other: &'static str,
}

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Hole(&'a str),
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let hole = rest.starts_with('{').then(|| rest.find('}')).flatten();
        if let Some(end) = hole {
            let name = &rest[1..end];
            rest = &rest[end + 1..];
            return Some(Piece::Hole(name));
        }
        let end = rest.char_indices().skip(1).find(|(_, letter)| *letter == '{');
        let (text, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = after;
        (!text.is_empty()).then_some(Piece::Text(text))
    })
}

/// The holes of a template.
pub fn holes(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Hole(name) => Some(name),
        Piece::Text(_) => None,
    })
}

fn weight(template: &str) -> usize {
    let text = pieces(template).map(|piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Hole(_) => 0,
    });
    text.sum()
}

/// What fills the holes of `template` so that it reads like `text`.
fn read<'a>(template: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut found, mut rest, mut open) = (Vec::new(), text, None);
    let mut all = pieces(template).peekable();
    while let Some(piece) = all.next() {
        match piece {
            Piece::Hole(name) => open = Some(name),
            Piece::Text(part) => {
                let at = match open {
                    None => rest.starts_with(part).then_some(0)?,
                    Some(_) if all.peek().is_none() => rest.strip_suffix(part)?.len(),
                    Some(_) => rest.find(part)?,
                };
                if let Some(name) = open.take() {
                    found.push((name, &rest[..at]));
                }
                rest = rest.get(at..)?.strip_prefix(part)?;
            }
        }
    }
    match open {
        Some(name) => found.push((name, rest)),
        None if !rest.is_empty() => return None,
        None => {}
    }
    found.iter().all(|(_, value)| !value.is_empty()).then_some(found)
}

fn fill<'a>(template: &str, value: impl Fn(&str, &mut String) + 'a) -> String {
    let mut text = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Hole(name) => value(name, &mut text),
        }
    }
    text
}

impl Catalogue {
    /// Reads one entry a line, `English = translation`; lines that begin with `#` are for people.
    pub fn read(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut entries: Vec<Entry> = lines
            .filter_map(|line| line.split_once(" = "))
            .map(|(english, other)| Entry { english, other })
            .collect();
        ordered::sort_by_key(&mut entries, |entry| entry.english);
        let mut patterns: Vec<usize> = (0..entries.len()).collect();
        patterns.retain(|at| {
            let words = |piece| matches!(piece, Piece::Text(text) if text.contains(char::is_alphabetic));
            let english = entries[*at].english;
            english.contains('{') && pieces(english).any(words)
        });
        ordered::sort_by_key(&mut patterns, |at| std::cmp::Reverse(weight(entries[*at].english)));
        Self { entries, patterns }
    }

    /// All entries, in order of the English.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the code says, as it stands there.
    pub fn exact(&self, english: &str) -> Option<Entry> {
        let at = self.entries.binary_search_by_key(&english, |entry| entry.english).ok()?;
        Some(self.entries[at])
    }

    /// The entry that a finished sentence was made from, and what fills its holes.
    pub fn find<'a>(&self, sentence: &'a str) -> Option<(Entry, Vec<(&'a str, &'a str)>)> {
        if let Some(entry) = self.exact(sentence) {
            return Some((entry, Vec::new()));
        }
        let mut all = self.patterns.iter().map(|at| self.entries[*at]);
        all.find_map(|entry| Some((entry, read(entry.english, sentence)?)))
    }

    /// A finished sentence, and the sentences that fill its holes, in this language.
    pub fn tell(&self, sentence: &str) -> Option<String> {
        self.tell_to(sentence, DEPTH)
    }

    fn tell_to(&self, sentence: &str, depth: usize) -> Option<String> {
        let (entry, values) = self.find(sentence)?;
        Some(fill(entry.other, |name, text| {
            let Some((_, value)) = values.iter().find(|(hole, _)| *hole == name) else { return };
            let told = depth.checked_sub(1).and_then(|depth| self.fill_with(value, depth));
            text.push_str(told.as_deref().unwrap_or(value));
        }))
    }

    /// What stands in a hole: a sentence, or a list of them.
    fn fill_with(&self, value: &str, depth: usize) -> Option<String> {
        if let Some(entry) = self.exact(value) {
            return Some(entry.other.to_owned());
        }
        let joint = self.exact(JOINT).map_or(JOINT, |entry| entry.other);
        let parts: Vec<Option<String>> = value.split(JOINT).map(|part| self.tell_to(part, depth)).collect();
        if parts.iter().any(Option::is_none)
            && let Some(told) = self.tell_to(value, depth)
        {
            return Some(told);
        }
        if parts.iter().all(Option::is_none) {
            return None;
        }
        let told = value.split(JOINT).zip(parts).map(|(part, told)| told.unwrap_or_else(|| part.to_owned()));
        Some(told.collect::<Vec<_>>().join(joint))
    }
}

/// Speaks another language from now on, or English.
pub fn speak(catalogue: Option<&'static Catalogue>) {
    NOW.set(catalogue);
}

/// The tag of the language that is spoken.
pub fn tag() -> &'static str {
    if NOW.get().is_some() { CHINESE } else { ENGLISH }
}

/// A text without holes.
pub fn t(english: &'static str) -> &'static str {
    NOW.get().and_then(|words| words.exact(english)).map_or(english, |entry| entry.other)
}

/// A text with holes, and what fills them: `tf("{n} of {m}", &[("n", &1), ("m", &2)])`.
pub fn tf(english: &'static str, values: &[(&str, &dyn Display)]) -> String {
    fill(t(english), |name, text| {
        use std::fmt::Write as _;
        let value = values.iter().find(|(hole, _)| *hole == name);
        // Writing to a `String` cannot fail.
        let _ = value.map_or(Ok(()), |(_, value)| write!(text, "{value}"));
    })
}

/// Marks a text that is shown elsewhere, through [`t`], and leaves it as it is.
pub const fn later(english: &'static str) -> &'static str {
    english
}

/// A sentence that was finished before, found by its pattern; as it is if nobody translated it.
pub fn tell(sentence: &str) -> String {
    let told = NOW.get().and_then(|words| words.tell(sentence));
    told.unwrap_or_else(|| sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "# terms\nVotes = 选票\n{n} of {m} votes = {m} 票中的 {n} 票\n\
        {who} refuses {other} in epoch {epoch}: {why} = {who} 在纪元 {epoch} 拒绝 {other}:{why}\n\
        already voted = 已经投过票\n{who} refuses {other} in epoch {epoch}: {why}, in silence = {who} 默默拒绝 {other}:{why}\n";

    #[test]
    fn a_finished_sentence_is_found_by_its_most_telling_pattern_and_so_is_what_fills_it() {
        let words = Catalogue::read(WORDS);
        let tell = |text: &str| words.tell(text).unwrap_or_default();
        assert_eq!(tell("Votes"), "选票");
        assert_eq!(tell("2 of 3 votes"), "3 票中的 2 票");
        assert_eq!(tell("B0 refuses A1 in epoch 7: already voted"), "B0 在纪元 7 拒绝 A1:已经投过票");
        assert_eq!(tell("B0 refuses A1 in epoch 7: already voted, in silence"), "B0 默默拒绝 A1:已经投过票");
        assert_eq!(words.tell("B0 refuses"), None);
        assert_eq!(words.tell(" of  votes"), None);
    }

    #[test]
    fn without_a_catalogue_the_code_speaks() {
        assert_eq!((t("Votes"), tag()), ("Votes", "en"));
        assert_eq!(tf("{n} of {m} votes", &[("n", &2), ("m", &3)]), "2 of 3 votes");
        speak(Some(Box::leak(Box::new(Catalogue::read(WORDS)))));
        assert_eq!((t("Votes"), tag()), ("选票", "zh-Hans"));
        assert_eq!(tf("{n} of {m} votes", &[("n", &2), ("m", &3)]), "3 票中的 2 票");
        speak(None);
    }

    #[test]
    fn broken_templates_hold_nobody_up() {
        for text in ["{", "}", "{a", "a}{", "{}", "{a}{b}", "= ", "{é} ü {"] {
            assert!(pieces(text).count() <= 4, "{text}");
            let _ = (read(text, text), read(text, "ü é"), fill(text, |_, _| {}));
        }
    }
}
