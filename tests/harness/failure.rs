//! Why a browser test cannot go on.

use std::path::PathBuf;
use std::time::Duration;

/// What a step of a browser test answers.
pub type Outcome<T = ()> = Result<T, Failure>;

/// A step that failed, and what may mend it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file or folder could not be used.
    #[error("{path}: {cause}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The bundle or a rule file is not there yet.
    #[error("{path} is missing: run `cargo xtask test {step}`, which makes it")]
    Missing {
        /// The file that is looked for.
        path: PathBuf,
        /// The step of `cargo xtask test` that makes it.
        step: &'static str,
    },
    /// The server of the bundle could not start.
    #[error("serving the bundle on 127.0.0.1: {0}")]
    Server(String),
    /// The browser's driver could not be started, or did not say where it listens.
    #[error("starting chromedriver: {0} (`cargo xtask test browser` installs it)")]
    Driver(String),
    /// The driver could not be reached.
    #[error("talking to chromedriver: {0}")]
    Transport(#[from] ureq::Error),
    /// The browser refused a command.
    #[error("{command}: {error}: {message}")]
    Command {
        /// The command's path, such as `POST element`.
        command: String,
        /// `WebDriver`'s word, such as `no such element`.
        error: String,
        /// The browser's explanation.
        message: String,
    },
    /// The browser answered with another kind of value than the command promises.
    #[error("{command} answered {value}, which is not {expected}")]
    Answer {
        /// What was asked.
        command: String,
        /// What came.
        value: serde_json::Value,
        /// What was expected.
        expected: &'static str,
    },
    /// Something that was waited for never came.
    #[error("waited {limit:?} in vain until {what}{last}")]
    Waited {
        /// What was waited for, as the end of a sentence that begins with "until".
        what: String,
        /// How long.
        limit: Duration,
        /// The last thing that went wrong meanwhile, if any, with its own introduction.
        last: String,
    },
}
