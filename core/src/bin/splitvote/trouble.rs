//! What can go wrong before there is a result, and whose fault it is.

use std::fmt;

use splitvote::scenario::ScriptError;

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// A script or a link that does not read: everything that is wrong with it.
    Script(String, Vec<ScriptError>),
    /// Bad usage beyond what the parser of arguments sees.
    Usage(String),
    /// A file that cannot be read, an output that cannot be written.
    Environment(String),
}

impl Trouble {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Script(..) | Self::Usage(_) => 2,
            Self::Environment(_) => 3,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(whose, errors) => {
                for (at, error) in errors.iter().enumerate() {
                    if at > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{whose}: {error}")?;
                }
                Ok(())
            }
            Self::Usage(what) | Self::Environment(what) => f.write_str(what),
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Environment(format!("cannot write the output: {error}"))
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Environment(format!("cannot write the output: {error}"))
    }
}
