//! `node`: a real node in the foreground.

use splitvote::native::{Options, StartError, run};

use crate::trouble::Trouble;

/// Runs a node until it is told to end.
pub(crate) fn node(words: &[String]) -> Result<bool, Trouble> {
    let options = options(words)?;
    run(options).map(|()| true).map_err(|error| match error {
        StartError::Conf { .. } => Trouble::Usage(error.to_string()),
        error => Trouble::Environment(error.to_string()),
    })
}

fn options(words: &[String]) -> Result<Options, Trouble> {
    let mut options = Options::default();
    let mut rest = words;
    if let Some((file, others)) = rest.split_first().filter(|(first, _)| !first.starts_with("--")) {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Trouble::Environment(format!("cannot read {file}: {error}")))?;
        options
            .read(&text)
            .map_err(|error| Trouble::Usage(format!("FATAL CONFIG FILE ERROR: {file}, {error}")))?;
        rest = others;
    }
    while let Some((name, others)) = rest.split_first() {
        let name = name
            .strip_prefix("--")
            .ok_or_else(|| Trouble::Usage(format!("expected an option such as `--port`, found `{name}`")))?;
        let values = others.iter().take_while(|word| !word.starts_with("--")).count();
        let value = others[..values].join(" ");
        options.set(name, &value).map_err(|error| Trouble::Usage(error.to_string()))?;
        rest = &others[values..];
    }
    Ok(options)
}
