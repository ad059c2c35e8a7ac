//! Waiting for a page, with an end.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Failure, Outcome};

/// Far longer than anything here takes, because test machines are sometimes very busy.
const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(25);

/// Asks again and again until the answer is `Some`. An error counts as "not yet", because a page that
/// is being drawn lacks elements; the last one is told when the wait fails.
pub fn wait_until<T>(what: &str, ask: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    wait_at_most(LIMIT, what, ask)
}

pub(crate) fn wait_at_most<T>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> Outcome<Option<T>>,
) -> Outcome<T> {
    let start = Instant::now();
    loop {
        let last = match ask() {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => String::new(),
            Err(error) => format!("; the last answer was: {error}"),
        };
        if start.elapsed() >= limit {
            return Err(Failure::Waited { what: what.to_owned(), limit, last });
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_ends_the_wait() {
        let mut asked = 0;
        let answer = wait_until("the third question", || {
            asked += 1;
            Ok((asked == 3).then_some(asked))
        });
        assert_eq!(answer.unwrap(), 3);
    }

    #[test]
    fn a_wait_in_vain_says_for_what_and_why() {
        let never = || Err::<Option<()>, _>(Failure::Server("no port".into()));
        let error = wait_at_most(Duration::ZERO, "the moon rises", never).unwrap_err().to_string();
        assert!(error.contains("until the moon rises") && error.contains("no port"), "{error}");
    }
}
