//! A sweep's figures as a table for spreadsheets: a line for each variant, the figures of `--json`.

use std::fmt::{Display, Write as _};

use super::{Spread, Summary, VariantSummary};

/// The names of the columns.
const HEAD: &str = "vary,rules,runs,\
recovery_ms_p50,recovery_ms_p95,recovery_ms_p99,recovery_ms_max,\
after_fail_ms_p50,after_fail_ms_p95,after_fail_ms_p99,after_fail_ms_max,\
rounds_p50,rounds_p95,rounds_p99,rounds_max,\
split_vote_rate,split_vote_low,split_vote_high,\
lost_writes_p50,lost_writes_p95,lost_writes_p99,lost_writes_max,\
unrecovered,unrecovered_low,unrecovered_high,violations,violating_runs,violating_low,violating_high";

impl Summary {
    /// The figures as comma-separated values; where there is none, nothing stands.
    pub fn csv(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for variant in &self.variants {
            text.push_str(&row(variant));
            text.push('\n');
        }
        text
    }
}

fn row(variant: &VariantSummary) -> String {
    let mut cells = Cells(String::new());
    cells.text(variant.vary.as_deref().unwrap_or(""));
    cells.text(&variant.rules);
    cells.value(variant.runs);
    cells.spread(&variant.recovery_ms);
    cells.spread(&variant.after_fail_ms);
    cells.spread(&variant.rounds);
    cells.value(variant.split_vote_rate);
    cells.pair(variant.split_vote_interval);
    cells.spread(&variant.lost_writes);
    cells.value(variant.unrecovered);
    cells.pair(variant.unrecovered_interval);
    cells.value(variant.violations);
    cells.value(variant.violating_runs);
    cells.pair(variant.violating_interval);
    cells.0.pop();
    cells.0
}

/// Cells, each with a comma behind it.
struct Cells(String);

impl Cells {
    fn value(&mut self, value: impl Display) {
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "{value},");
    }

    fn text(&mut self, text: &str) {
        if text.contains([',', '"', '\n', '\r']) {
            self.value(format_args!("\"{}\"", text.replace('"', "\"\"")));
        } else {
            self.value(text);
        }
    }

    fn pair(&mut self, pair: [f64; 2]) {
        for value in pair {
            self.value(value);
        }
    }

    fn spread(&mut self, spread: &Spread) {
        for value in [spread.p50, spread.p95, spread.p99, spread.max] {
            match value {
                Some(value) => self.value(value),
                None => self.0.push(','),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sweep, Tally, variants};
    use super::*;
    use crate::scenario::{LIBRARY, parse};

    #[test]
    fn a_line_holds_the_figures_of_its_variant() {
        let script = LIBRARY.iter().find(|one| one.name == "kill-one").expect("it is built in");
        let script = parse(script.text).expect("it reads");
        let variants = variants(&script, &["nack=off,on".to_owned()]).expect("two variants");
        let tallied = variants.into_iter().map(|variant| {
            let mut tally = Tally::default();
            for seed in 0..3 {
                tally.play(&variant.script, seed);
            }
            (variant, tally)
        });
        let sweep = Sweep { scenario: "one".to_owned(), seeds: [0, 3], variants: tallied.collect() };
        let summary = sweep.summary();
        let text = summary.csv();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        for (line, variant) in lines[1..].iter().zip(&summary.variants) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), HEAD.split(',').count(), "{line}");
            assert_eq!(cells[2], "3");
            assert_eq!(cells[3], variant.recovery_ms.p50.map(|value| value.to_string()).unwrap_or_default());
            assert_eq!(cells[15], variant.split_vote_rate.to_string());
        }
    }

    #[test]
    fn a_comma_inside_of_a_cell_is_quoted() {
        let mut cells = Cells(String::new());
        cells.text("a,\"b\"");
        assert_eq!(cells.0, "\"a,\"\"b\"\"\",");
    }
}
