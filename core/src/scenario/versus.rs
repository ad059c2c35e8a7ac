//! What a run is compared with: the same script, one switch turned or under another preset.

use std::fmt;

use crate::base::rules::{PRESETS, SWITCHES};

/// The difference, as a link writes it: `nack=off` or `valkey-9.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versus {
    /// A switch and its value, for everyone.
    Rule(&'static str, &'static str),
    /// A preset, for everyone.
    Preset(&'static str),
}

impl Versus {
    /// Reads one.
    pub fn read(text: &str) -> Option<Self> {
        let Some((id, value)) = text.split_once('=') else {
            return PRESETS.iter().find(|preset| **preset == text).map(|preset| Self::Preset(preset));
        };
        let switch = SWITCHES.iter().find(|switch| switch.id == id)?;
        switch.values.iter().find(|known| **known == value).map(|value| Self::Rule(switch.id, value))
    }
}

impl fmt::Display for Versus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(id, value) => write!(f, "{id}={value}"),
            Self::Preset(preset) => f.write_str(preset),
        }
    }
}
