//! A sweep for people: histograms under each other on one scale, then the figures.

use console::{Color, Style, Term};
use splitvote::base::Duration;
use splitvote::sim::sweep::{COUNTED, Counts, FIGURES, Rate, Scale, Sweep, Tally};

/// What the paper is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Columns.
    pub(crate) width: usize,
    /// Whether variants are told apart by colours, too.
    pub(crate) colours: bool,
}

/// Lines of a histogram.
const HEIGHT: u64 = 4;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Blue, Color::Red];

impl Look {
    /// That of standard output: 80 columns and no colours unless it is a terminal, none with `NO_COLOR`.
    pub(crate) fn of_terminal() -> Self {
        let width = Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns));
        Self { width: width.clamp(40, 160), colours: console::colors_enabled() }
    }

    fn paint(self, variant: usize, text: &str) -> String {
        let style = Style::new().fg(COLOURS[variant % COLOURS.len()]).force_styling(true);
        if self.colours { style.apply_to(text).to_string() } else { text.to_owned() }
    }
}

/// Tells a sweep.
pub(crate) fn tell(out: &mut impl std::io::Write, sweep: &Sweep, look: Look) -> std::io::Result<()> {
    writeln!(out, "{}, seeds {}..{}", sweep.scenario, sweep.seeds[0], sweep.seeds[1])?;
    for (index, (variant, _)) in sweep.variants.iter().enumerate() {
        let rules = variant.script.common_rules().to_string();
        let said = variant.vary.clone().unwrap_or(rules);
        writeln!(out, "  {} {said}", look.paint(index, &letter(index)))?;
    }
    histograms(out, sweep, look, "Covered for good, after the first fault", |tally| &tally.recovery_ms)?;
    histograms(out, sweep, look, "A successor's win, after the FAIL", |tally| &tally.after_fail_ms)?;
    figures(out, sweep, look)?;
    for (index, (_, tally)) in sweep.variants.iter().enumerate() {
        for (property, runs) in &tally.broken {
            let rate = Rate { count: *runs, of: tally.runs };
            writeln!(out, "{} BROKEN {property} in {runs} runs, {rate}", look.paint(index, &letter(index)))?;
        }
        if let Some(first) = &tally.first_violation {
            writeln!(out, "  first with seed {}: splitvote run '{}' --trace", first.seed, first.link)?;
        }
    }
    Ok(())
}

fn letter(index: usize) -> String {
    let last = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    if index < 26 { format!(" {last}") } else { format!("{}{last}", char::from(b'a')) }
}

fn histograms(
    out: &mut impl std::io::Write,
    sweep: &Sweep,
    look: Look,
    title: &str,
    figure: fn(&Tally) -> &Counts,
) -> std::io::Result<()> {
    let Some(scale) = sweep.scale(figure, look.width - 4) else { return Ok(()) };
    writeln!(out, "\n{title}, each column {} wide", Duration::from_millis(scale.width))?;
    for (index, (_, tally)) in sweep.variants.iter().enumerate() {
        let rows = rows(figure(tally), scale);
        let shown = rows.iter().enumerate().skip_while(|(at, row)| row.is_empty() && at + 1 < rows.len());
        for (at, row) in shown {
            let margin = if at + 1 == rows.len() { letter(index) } else { "  ".to_owned() };
            writeln!(out, "{} │{}", look.paint(index, &margin), look.paint(index, row))?;
        }
    }
    let (from, to) = (scale.from, scale.from + scale.width * scale.bars as u64);
    let (from, to) = (Duration::from_millis(from).to_string(), Duration::from_millis(to).to_string());
    let line = "─".repeat(scale.bars);
    let gap = (scale.bars + 4).saturating_sub(3 + from.len() + to.len()).max(1);
    writeln!(out, "   └{line}\n   {from}{}{to}", " ".repeat(gap))
}

/// The lines of one histogram, from the top; its highest column fills all.
fn rows(counts: &Counts, scale: Scale) -> Vec<String> {
    let bars: Vec<u64> = counts.histogram(scale).iter().map(|bar| bar.count).collect();
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    // In eighths of a line, rounded up: what was seen once is seen here.
    let heights = bars.iter().map(|count| u128::from(*count) * u128::from(HEIGHT * 8));
    let heights: Vec<u64> =
        heights.map(|eighths| u64::try_from(eighths.div_ceil(u128::from(most))).unwrap_or(0)).collect();
    let row = |below: u64| -> String {
        let block = |height: &u64| {
            let eighths = height.saturating_sub(below * 8).min(8);
            BLOCKS[usize::try_from(eighths).unwrap_or(0)]
        };
        heights.iter().map(block).collect::<String>().trim_end().to_owned()
    };
    (0..HEIGHT).rev().map(row).collect()
}

fn figures(out: &mut impl std::io::Write, sweep: &Sweep, look: Look) -> std::io::Result<()> {
    writeln!(out, "\n{:27}{:>10}{:>10}{:>10}{:>10}", "", "p50", "p95", "p99", "max")?;
    for figure in FIGURES {
        for (index, (_, tally)) in sweep.variants.iter().enumerate() {
            let cells = figure.cells(tally).map(|cell| format!("{cell:>10}"));
            writeln!(out, "{} {:24}{}", look.paint(index, &letter(index)), figure.name, cells.concat())?;
        }
    }
    writeln!(out, "\n{:27}{:>10}   rate, and its interval of 95 %", "", "runs")?;
    for counted in COUNTED {
        for (index, (_, tally)) in sweep.variants.iter().enumerate() {
            rate(out, look, index, counted.name, counted.rate(tally))?;
        }
    }
    let texts =
        sweep.variants.first().map(|(variant, tally)| variant.expectations(tally)).unwrap_or_default();
    for (row, expectation) in texts.iter().enumerate() {
        for (index, (_, tally)) in sweep.variants.iter().enumerate() {
            let met = Rate { count: tally.met.get(row).copied().unwrap_or(0), of: tally.runs };
            rate(out, look, index, &expectation.text, met)?;
        }
    }
    Ok(())
}

fn rate(
    out: &mut impl std::io::Write,
    look: Look,
    index: usize,
    name: &str,
    rate: Rate,
) -> std::io::Result<()> {
    writeln!(out, "{} {name:24}{:>10}   {rate}", look.paint(index, &letter(index)), rate.count)
}

#[cfg(test)]
mod tests {
    use splitvote::sim::sweep::variants;

    use super::*;

    fn told(width: usize, colours: bool) -> String {
        let script = splitvote::scenario::parse("expect covered within 9s\n").expect("a script");
        let variants = variants(&script, &["nack=off,on".to_owned()]).expect("variants");
        let tally = |values: &[u64]| {
            let mut tally = Tally { runs: values.len() as u64, met: vec![1], ..Tally::default() };
            for value in values {
                tally.recovery_ms.add(*value);
            }
            tally
        };
        let tallies = [tally(&[19_000, 19_010, 31_000]), tally(&[7000, 7000, 7100, 7300])];
        let variants = variants.into_iter().zip(tallies).collect();
        let sweep = Sweep { scenario: "Three die".to_owned(), seeds: [0, 4], variants };
        let mut out = Vec::new();
        tell(&mut out, &sweep, Look { width, colours }).expect("a vector takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn variants_stand_under_each_other_on_one_scale() {
        let text = told(60, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..3], ["Three die, seeds 0..4", "   A nack=off", "   B nack=on"]);
        assert_eq!(lines[4], "Covered for good, after the first fault, each column 500ms wide");
        let column = |line: &str, block: char| line.chars().position(|known| known == block);
        // 7,000 ms is the first column, 19,000 ms the one 24 further on, 31,000 ms again so.
        let (old, new) = (lines[8], lines[12]);
        assert_eq!(column(old, '█'), Some(28), "{text}");
        assert_eq!(column(new, '█'), Some(4), "{text}");
        assert_eq!(old.chars().count(), 4 + 49, "{text}");
        let row = lines.iter().find(|line| line.starts_with(" B covered again"));
        let cells = row.map(|row| row.split_whitespace().skip(3).collect::<Vec<_>>());
        assert_eq!(cells, Some(["7.000s", "7.300s", "7.300s", "7.300s"].to_vec()), "{text}");
        assert!(text.contains("expect covered within 9s         1   25.00 %"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_wider_than_the_paper_and_colours_are_a_choice() {
        for width in [60, 70, 80, 120] {
            let widest = told(width, false).lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest <= width.max(70)), "{width}: {widest:?}");
        }
        assert!(told(80, true).contains("\u{1b}[36m A\u{1b}[0m"), "{}", told(80, true));
    }
}
