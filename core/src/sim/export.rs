//! Records for other programs: JSON lines, and the trace-event format that Perfetto and Chrome read.
//!
//! Written by hand: the page has no serializer, and a line holds six plain values.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::base::Instant;
use crate::node::Event;
use crate::scenario::ShardName;

use super::{Happening, HostIx, Names, Record, What};

/// A text as JSON.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                letter if letter.is_control() => write!(f, "\\u{:04x}", u32::from(letter))?,
                letter => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

/// What sort of thing a record tells.
fn sort(what: &What) -> &'static str {
    match what {
        What::Event(event) if event.is_electoral() => "election",
        What::Event(_) => "event",
        What::Happening(_) => "happening",
        What::Violation(_) => "violation",
    }
}

/// One record as a line of JSON: when in microseconds, after how many steps, on which node (null is the
/// world), of which sort, and in the words of the trace.
#[derive(Clone, Copy, Debug)]
pub struct JsonLine<'a> {
    /// What happened.
    pub record: &'a Record,
    /// Who is who.
    pub names: &'a Names,
}

impl fmt::Display for JsonLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, names } = *self;
        write!(f, "{{\"at_us\":{},\"step\":{},\"node\":", record.at.as_micros(), record.step)?;
        match record.host {
            Some(host) => write!(f, "\"{}\"", names.host(host))?,
            None => f.write_str("null")?,
        }
        let told = record.what.tell(&|id| names.tell(id));
        write!(f, ",\"sort\":\"{}\",\"told\":{}}}", sort(&record.what), Json(&told))
    }
}

/// A whole run in the trace-event format: a process for each shard, a thread for each node, and the world
/// as a process of its own. Rounds of elections and the times in which a process is down or paused are
/// slices; everything else is an instant.
pub fn trace_events(records: &[Record], names: &Names, end: Instant) -> String {
    let mut trace = Trace {
        text: String::from("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["),
        open: BTreeMap::new(),
        names,
    };
    trace.label(0, 0, "process_name", "world");
    let mut shards: Vec<ShardName> = Vec::new();
    for (host, name) in names.hosts() {
        if !shards.contains(&name.shard) {
            shards.push(name.shard);
            trace.label(pid(name.shard), 0, "process_name", &format!("shard {}", name.shard));
        }
        trace.label(pid(name.shard), tid(host), "thread_name", &name.to_string());
    }
    for record in records {
        trace.record(record);
    }
    let hosts: Vec<(HostIx, Slice)> = trace.open.keys().copied().collect();
    for (host, slice) in hosts {
        trace.close(host, slice, end);
    }
    trace.text.push_str("\n]}\n");
    trace.text
}

/// What lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slice {
    Process,
    Round,
}

struct Trace<'a> {
    text: String,
    open: BTreeMap<(HostIx, Slice), (Instant, String)>,
    names: &'a Names,
}

fn pid(shard: ShardName) -> u32 {
    u32::from(shard.0) + 1
}

fn tid(host: HostIx) -> u32 {
    u32::from(host.0) + 1
}

impl Trace<'_> {
    fn row(&mut self, row: fmt::Arguments<'_>) {
        self.text.push_str(if self.text.ends_with('[') { "\n{" } else { ",\n{" });
        // Writing to a `String` cannot fail.
        let _ = self.text.write_fmt(row);
        self.text.push('}');
    }

    fn label(&mut self, pid: u32, tid: u32, what: &str, name: &str) {
        self.row(format_args!(
            "\"ph\":\"M\",\"pid\":{pid},\"tid\":{tid},\"name\":\"{what}\",\"args\":{{\"name\":{}}}",
            Json(name)
        ));
    }

    fn record(&mut self, record: &Record) {
        if let Some(host) = record.host {
            self.slices(host, record);
        }
        let (pid, tid) = record.host.map_or((0, 0), |host| (pid(self.names.host(host).shard), tid(host)));
        // An instant of the world is drawn over all rows.
        let scope = if record.host.is_some() { "t" } else { "g" };
        let names = self.names;
        let told = record.what.tell(&|id| names.tell(id));
        self.row(format_args!(
            "\"ph\":\"i\",\"s\":\"{scope}\",\"pid\":{pid},\"tid\":{tid},\"ts\":{},\"cat\":\"{}\",\"name\":{},\"args\":{{\"step\":{}}}",
            record.at.as_micros(),
            sort(&record.what),
            Json(&told),
            record.step,
        ));
    }

    /// Opens and closes what lasts.
    fn slices(&mut self, host: HostIx, record: &Record) {
        let at = record.at;
        match &record.what {
            What::Happening(Happening::Killed | Happening::PowerCut | Happening::DiskFailed) => {
                self.close(host, Slice::Round, at);
                self.begin(host, Slice::Process, at, "down".to_owned());
            }
            What::Happening(Happening::Paused) => self.begin(host, Slice::Process, at, "paused".to_owned()),
            What::Happening(Happening::Restarted { .. } | Happening::Resumed) => {
                self.close(host, Slice::Process, at);
            }
            What::Event(Event::VotesAsked { epoch, .. }) => {
                self.begin(host, Slice::Round, at, format!("asks for votes of epoch {epoch}"));
            }
            What::Event(Event::RoundLost { .. } | Event::ElectionWon { .. }) => {
                self.close(host, Slice::Round, at);
            }
            _ => {}
        }
    }

    fn begin(&mut self, host: HostIx, slice: Slice, at: Instant, name: String) {
        self.close(host, slice, at);
        self.open.insert((host, slice), (at, name));
    }

    fn close(&mut self, host: HostIx, slice: Slice, at: Instant) {
        let Some((from, name)) = self.open.remove(&(host, slice)) else { return };
        let (pid, tid) = (pid(self.names.host(host).shard), tid(host));
        let (from, long) = (from.as_micros(), at.as_micros().saturating_sub(from.as_micros()));
        self.row(format_args!(
            "\"ph\":\"X\",\"pid\":{pid},\"tid\":{tid},\"ts\":{from},\"dur\":{long},\"name\":{}",
            Json(&name)
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::scenario::{LIBRARY, parse};
    use crate::sim::Simulator;

    fn world(name: &str) -> Simulator {
        let script = LIBRARY.iter().find(|one| one.name == name).expect("it is built in");
        let mut world = Simulator::new(&parse(script.text).expect("it reads"));
        while !world.finished() {
            world.step();
        }
        world
    }

    #[test]
    fn every_record_is_a_line_of_json() {
        let world = world("kill-one");
        for record in world.records() {
            let line = JsonLine { record, names: world.names() }.to_string();
            let value: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(value["at_us"], record.at.as_micros());
            assert_eq!(
                value["node"].as_str(),
                record.host.map(|host| world.names().host(host).to_string()).as_deref()
            );
            assert_eq!(value["told"].as_str(), Some(record.what.tell(&|id| world.names().tell(id)).as_str()));
            assert!(!line.contains('\n'));
        }
        assert_eq!(Json("a \"b\"\\\n\u{1}é").to_string(), "\"a \\\"b\\\"\\\\\\u000a\\u0001é\"");
    }

    #[test]
    fn a_run_is_a_trace_that_perfetto_reads() {
        let world = world("split-vote");
        let text = trace_events(world.records(), world.names(), world.now());
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let rows = value["traceEvents"].as_array().expect("a list");
        let of = |kind: &str| rows.iter().filter(|row| row["ph"] == kind).collect::<Vec<_>>();
        // Eight processes, fourteen threads; a record each; three kills, and rounds that end.
        assert_eq!(of("M").len(), 1 + 7 + 14);
        assert_eq!(of("i").len(), world.records().len());
        let slices = of("X");
        assert_eq!(slices.iter().filter(|row| row["name"] == "down").count(), 3);
        assert!(
            slices
                .iter()
                .any(|row| row["name"].as_str().is_some_and(|name| name.starts_with("asks for votes")))
        );
        let end = world.now().as_micros();
        for row in slices {
            let (from, long) = (row["ts"].as_u64().expect("a moment"), row["dur"].as_u64().expect("a span"));
            assert!(from + long <= end, "{row}");
        }
    }
}
