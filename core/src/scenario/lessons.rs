//! The lessons and the goals that are built in; [`super::lesson`] reads them, `sim::lesson` plays them.

use super::lesson::Lesson;
use super::library::Builtin;

macro_rules! shelf {
    ($(#[$what:meta])* $shelf:ident: $($name:literal $file:literal: $blurb:literal;)*) => {
        $(#[$what])*
        pub const $shelf: &[Builtin] = &[$(Builtin {
            name: $name,
            blurb: $blurb,
            text: include_str!(concat!("lessons/", $file, ".scn")),
        },)*];
    };
}

shelf! {
    /// The lessons, in the order in which they are taken.
    LESSONS:
    "L0" "l0": "What a cluster is made of, and who is in charge of it.";
    "L1" "l1": "Suspected, failed, voted for, replaced: the four steps of a failover.";
    "L2" "l2": "Offset and rank: how replicas line up without a word.";
    "L3" "l3": "Two candidates, two votes, nobody wins.";
    "L4" "l4": "What hearing a no is worth, in seconds.";
    "L5" "l5": "A refusal comes late and hits the wrong round (#4627).";
    "L6" "l6": "Why some refusals must not end a round (#4700).";
    "L7" "l7": "A cut, two sides, and one that may elect.";
    "L8" "l8": "Who was asleep wakes up to a newer claim.";
    "L9" "l9": "They have nothing in common but the voters.";
    "L10" "l10": "Guess how often the vote splits, and let forty runs answer.";
    "L11" "l11": "The same script on real processes.";
}

shelf! {
    /// Goals of the attack mode: each opens the next.
    GOALS:
    "G1" "g1": "Two faults, ten seconds of nothing.";
    "G2" "g2": "The same with a single kill.";
    "G3" "g3": "Lose a write that was acknowledged.";
    "G4" "g4": "Two split votes in one run.";
    "G5" "g5": "Break a promise of a release that is in use.";
}

/// Every text of every lesson and goal that a reader sees, for those who translate.
pub fn sentences() -> Vec<&'static str> {
    let shelves = LESSONS.iter().chain(GOALS);
    shelves
        .flat_map(|one| {
            let title = one.text.lines().find_map(|line| line.strip_prefix("title"));
            let card = Lesson::read(one.text).map(|lesson| lesson.sentences()).unwrap_or_default();
            [one.blurb].into_iter().chain(title.map(str::trim)).chain(card)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ACTIONS;
    use crate::scenario::lesson::{Beat, LONGEST, Turn};

    fn read(one: &'static Builtin) -> Lesson<'static> {
        Lesson::read(one.text).unwrap_or_else(|mistake| panic!("{}, {mistake}", one.name))
    }

    #[test]
    fn every_lesson_is_whole() {
        for one in LESSONS {
            let lesson = read(one);
            assert!(lesson.minutes > 0 && !lesson.goal.is_empty(), "{}", one.name);
            assert!(lesson.script.title.is_some(), "{} needs a title", one.name);
            for need in &lesson.needs {
                let known = LESSONS.iter().take_while(|other| other.name != one.name);
                assert!(
                    known.clone().any(|other| other.name == *need),
                    "{} needs {need} before it",
                    one.name
                );
            }
            let last = lesson.beats.last().map(|beat| &beat.part);
            assert!(matches!(last, Some(Turn::Make(_))), "{} ends with something to make", one.name);
        }
        for one in GOALS {
            assert!(matches!(read(one).beats.as_slice(), [Beat { part: Turn::Make(_), .. }]), "{}", one.name);
        }
    }

    #[test]
    fn every_step_is_one_short_sentence_and_says_what_it_means() {
        for one in LESSONS.iter().chain(GOALS) {
            for beat in &read(one).beats {
                let length = beat.say.chars().count();
                assert!(length <= LONGEST, "{}: {length} characters: {}", one.name, beat.say);
                assert!(beat.say.ends_with(['.', '?', '!']), "{}: {}", one.name, beat.say);
                for word in &beat.allow {
                    let known = ["all", "rules", "set", "seed"].contains(word) || ACTIONS.contains(word);
                    assert!(known, "{}: `{word}` is nothing to allow", one.name);
                }
                let asked = matches!(beat.part, Turn::Predict(_) | Turn::Make(_));
                assert!(!asked || !beat.why.is_empty(), "{}: no why: {}", one.name, beat.say);
                if let Turn::Predict(choices) = &beat.part {
                    assert!((2..=4).contains(&choices.len()), "{}: {}", one.name, beat.say);
                }
                if let Turn::Make(task) = &beat.part {
                    assert!(!task.reach.is_empty() && !task.solution.is_empty(), "{}", one.name);
                }
            }
        }
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        let script = "title T\ncluster shards=3 replicas=1\nrun for 1s\n";
        for (card, what) in [
            ("#: until covered", "line 1: a step begins with `say`"),
            ("#: say A.\n#: utnil covered", "line 2: `utnil` is no word of a lesson"),
            ("#: say A.\n#: choice A", "line 2: a choice is `WORDS = CLAIM`"),
            ("#: say A.\n#: reach F = faults 3", "line 2: `faults 3` has no bound"),
            ("#: say A.\n#: show bor:A1", "line 2: `bor:A1` is nothing that can be shown"),
            ("#: minutes x\n#: say A.", "line 1: `x` is no number"),
            ("", "line 0: a lesson says something"),
        ] {
            let text = format!("{card}\n{script}");
            let mistake = Lesson::read(&text).map(|_| ()).map_err(|mistake| mistake.to_string());
            assert_eq!(mistake, Err(what.to_owned()));
        }
    }

    #[test]
    fn every_sentence_can_be_had_for_translation() {
        let all = sentences();
        for text in ["Who wins", "Nobody", "One shard, two candidates", "A vote is spent"] {
            assert!(all.iter().any(|one| one.contains(text)), "{text}");
        }
    }
}
