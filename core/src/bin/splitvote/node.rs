//! `node`: a real node in the foreground.

use std::path::Path;

use splitvote::native::options::FileError;
use splitvote::native::{Options, StartError, run};

use crate::trouble::Trouble;

/// Runs a node until it is told to end.
pub(crate) fn node(words: &[String]) -> Result<bool, Trouble> {
    if let [only] = words
        && ["--version", "-v", "-V"].contains(&only.as_str())
    {
        println!("splitvote node v={}", env!("CARGO_PKG_VERSION"));
        return Ok(true);
    }
    let options = options(words)?;
    run(options).map(|()| true).map_err(|error| match error {
        StartError::Conf { .. } | StartError::Open { .. } => Trouble::Usage(error.to_string()),
        error => Trouble::Environment(error.to_string()),
    })
}

fn options(words: &[String]) -> Result<Options, Trouble> {
    let mut options = Options::default();
    let mut rest = words;
    if let Some((file, others)) = rest.split_first().filter(|(first, _)| !first.starts_with("--")) {
        options.load(Path::new(file)).map_err(|error| {
            let text = format!("FATAL CONFIG FILE ERROR: {error}");
            if matches!(error, FileError::Unreadable { .. }) {
                Trouble::Environment(text)
            } else {
                Trouble::Usage(text)
            }
        })?;
        rest = others;
    }
    while let Some((name, others)) = rest.split_first() {
        let name = name
            .strip_prefix("--")
            .ok_or_else(|| Trouble::Usage(format!("expected an option such as `--port`, found `{name}`")))?;
        let values = others.iter().take_while(|word| !word.starts_with("--")).count();
        let given: Vec<&str> = others[..values].iter().map(String::as_str).collect();
        options.set(name, &given).map_err(|error| Trouble::Usage(error.to_string()))?;
        rest = &others[values..];
    }
    Ok(options)
}
