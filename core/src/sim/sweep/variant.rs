//! The variants of a sweep: one script under several rules or settings.

use thiserror::Error;

use crate::scenario::{Script, ScriptError};

/// One of the scripts that are swept side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What makes it differ from the others, in the words of `--vary`; none if there is but one.
    pub vary: Option<String>,
    /// What is run.
    pub script: Script,
}

/// More than anybody can compare.
pub const MOST_VARIANTS: usize = 64;

/// Why there are no variants.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VaryError {
    /// No `switch=a,b`.
    #[error(
        "`{0}` is nothing to vary: say `nack=off,on`, `rules=valkey-9.1,splitvote` or `set:node-timeout=3s,15s`"
    )]
    Form(String),
    /// A value that the language does not know.
    #[error("{vary}: {}", error.problem)]
    Words {
        /// The variant.
        vary: String,
        /// What is wrong.
        error: Box<ScriptError>,
    },
    /// The same variant twice.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A product of too many.
    #[error("these are {0} variants; at most {MOST_VARIANTS} can be compared")]
    TooMany(usize),
}

/// A script in every variant. Each word is `SWITCH=A,B`, `rules=PRESET,PRESET` or `set:KEY=A,B`; several
/// words make every combination. Within a value of `rules=`, `+` stands for a space, as in links:
/// `rules=valkey-9.1,valkey-9.1+exact-acks=on`.
pub fn variants(script: &Script, vary: &[String]) -> Result<Vec<Variant>, VaryError> {
    let mut variants = vec![Variant { vary: None, script: script.clone() }];
    for word in vary {
        let (what, values) = word.split_once('=').ok_or_else(|| VaryError::Form(word.clone()))?;
        let values: Vec<&str> = values.split(',').collect();
        let count = variants.len().saturating_mul(values.len());
        if count > MOST_VARIANTS {
            return Err(VaryError::TooMany(count));
        }
        let pairs = variants.iter().flat_map(|before| values.iter().map(move |value| (before, *value)));
        let varied: Result<Vec<Variant>, VaryError> =
            pairs.map(|(before, value)| varied(before, what, value)).collect();
        variants = varied?;
    }
    for (index, variant) in variants.iter().enumerate() {
        if variants[..index].iter().any(|before| before.script == variant.script) {
            return Err(VaryError::Twice(variant.vary.clone().unwrap_or_default()));
        }
    }
    Ok(variants)
}

fn varied(before: &Variant, what: &str, value: &str) -> Result<Variant, VaryError> {
    let mut script = before.script.clone();
    let words = format!("{what}={value}");
    let done = match what.strip_prefix("set:") {
        Some(key) => script.override_settings(&format!("{key}={value}")),
        None if what == "rules" => script.override_rules(&value.replace('+', " ")),
        None => script.override_rules(&words),
    };
    if let Err(errors) = done {
        return Err(match errors.into_iter().next() {
            Some(error) => VaryError::Words { vary: words, error: Box::new(error) },
            None => VaryError::Form(words),
        });
    }
    let vary = before.vary.as_ref().map_or_else(|| words.clone(), |before| format!("{before} {words}"));
    Ok(Variant { vary: Some(vary), script })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vary: &[&str]) -> Result<Vec<(String, String)>, String> {
        let vary: Vec<String> = vary.iter().map(|word| (*word).to_owned()).collect();
        let script = crate::scenario::parse("rules A0 nack=off\nset node-timeout=3s\n").expect("a script");
        let variants = variants(&script, &vary).map_err(|error| error.to_string())?;
        let text = |script: &Script| script.to_string().lines().skip(1).collect::<Vec<_>>().join("; ");
        Ok(variants.iter().map(|one| (one.vary.clone().unwrap_or_default(), text(&one.script))).collect())
    }

    fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        rows.iter().map(|(vary, text)| ((*vary).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn switches_presets_and_settings_vary() {
        assert_eq!(of(&[]), Ok(pairs(&[("", "rules A0 nack=off; set node-timeout=3s")])));
        assert_eq!(
            of(&["nack=off,on"]),
            Ok(pairs(&[
                ("nack=off", "rules nack=off; set node-timeout=3s"),
                ("nack=on", "set node-timeout=3s")
            ]))
        );
        assert_eq!(
            of(&["rules=splitvote,valkey-9.1+exact-acks=on"]),
            Ok(pairs(&[
                ("rules=splitvote", "set node-timeout=3s"),
                ("rules=valkey-9.1+exact-acks=on", "rules valkey-9.1 exact-acks=on; set node-timeout=3s")
            ]))
        );
        assert_eq!(
            of(&["set:node-timeout=1s,2s", "nack=off"]),
            Ok(pairs(&[
                ("set:node-timeout=1s nack=off", "rules nack=off; set node-timeout=1s"),
                ("set:node-timeout=2s nack=off", "rules nack=off; set node-timeout=2s")
            ]))
        );
    }

    #[test]
    fn what_cannot_vary_is_told() {
        let form = "is nothing to vary: say `nack=off,on`, `rules=valkey-9.1,splitvote` or \
                    `set:node-timeout=3s,15s`";
        for (vary, error) in [
            ("nack", format!("`nack` {form}")),
            ("nak=off", "nak=off: unknown switch `nak`; did you mean `nack`?".to_owned()),
            ("nack=on,on", "`nack=on` is there twice".to_owned()),
            (
                "set:latency=5",
                "set:latency=5: `latency` takes a time such as `1ms` or two such as `1ms..5ms`, not `5`"
                    .to_owned(),
            ),
        ] {
            assert_eq!(of(&[vary]), Err(error), "{vary}");
        }
        let many = (1..=65).map(|ms| format!("{ms}ms")).collect::<Vec<_>>().join(",");
        assert!(of(&[&format!("set:latency={many}")]).is_err_and(|error| error.contains("65 variants")));
    }
}
