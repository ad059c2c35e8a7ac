//! What a script asks for and real processes cannot do, said before anything begins.

use thiserror::Error;

use crate::base::Rules;
use crate::scenario::{
    Action, Condition, Located, NodeName, Program, PropertyId, Run, Script, Selector, SetLine, Statement,
};

use super::form::rules_of;
use super::judge::JUDGED;
use super::make::Make;
use super::settings::{OptionOf, lines_of, means};

/// One thing that cannot be done here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{what} cannot be done on real processes: {why}", place(*line))]
pub struct Refusal {
    /// The line of the script; 0 if it has none.
    pub line: u32,
    /// What it says.
    pub what: String,
    /// Why it cannot be done, and what to do instead.
    pub why: String,
}

fn place(line: u32) -> String {
    if line > 0 { format!("line {line}: ") } else { String::new() }
}

/// All of them, a line each.
pub(super) fn list(refusals: &[Refusal]) -> String {
    refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Why nobody can be cut off where no network was made.
pub(super) const SHARED: &str =
    "the nodes share the network of this machine; start with --own-network, or `pause` a node";

const SIMULATED: &str = "only the simulation can; run it without --on";

/// Whether a script cuts nodes off from each other.
pub(super) fn cuts(script: &Script) -> bool {
    let cut = |action: &Action| matches!(action, Action::Cut(_) | Action::CutOneWay { .. });
    script.statements.iter().filter_map(|statement| statement.value.action()).any(cut)
}

/// Everything in the script that this stage does not do, in the order of its lines; `shared` is why nodes
/// have no network of their own, if they have none.
pub(super) fn refusals(script: &Script, makes: &[Make], shared: Option<&str>) -> Vec<Refusal> {
    let seats = Seats { script, makes, names: script.cluster.nodes(), shared };
    let mut found = seats.heads();
    for Located { line, value } in &script.statements {
        let mut refuse = |what: String, why: String| found.push(Refusal { line: *line, what, why });
        if let Some(action) = value.action()
            && let Some(why) = seats.action(action)
        {
            refuse(format!("`{action}`"), why);
        }
        let (waited, expected) = match value {
            Statement::When { condition, .. }
            | Statement::Run(Run::Until { condition, .. })
            | Statement::Expect { condition, within: Some(_) } => (Some(condition), None),
            Statement::Expect { condition, within: None } => (None, Some(condition)),
            _ => (None, None),
        };
        if let Some(why) = waited.and_then(too_early).or_else(|| waited.or(expected).and_then(unjudged)) {
            refuse(format!("`{value}`"), why);
        }
    }
    found.sort_by_key(|refusal| refusal.line);
    found
}

/// Conditions that are known only when the run is over.
fn too_early(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Not(inner) => too_early(inner),
        Condition::NoLostWrites | Condition::LostWritesAtMost(_) => {
            Some("lost writes are counted when the run is over; expect it without `within`".to_owned())
        }
        _ => None,
    }
}

/// Properties that this stage does not judge.
fn unjudged(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Not(inner) => unjudged(inner),
        Condition::Violation(property @ (PropertyId::Safety(_) | PropertyId::Liveness(_))) => {
            let known = JUDGED.contains(&property.to_string().as_str());
            (!known).then(|| format!("it is not judged here, only {} are", JUDGED.join(", ")))
        }
        _ => None,
    }
}

/// Why an action can be done by nobody here.
fn impossible(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::PowerCut(_) => "a process cannot take its machine along; `kill` ends it",
        Action::Slow { .. }
        | Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Lag { .. }
        | Action::Hold(_)
        | Action::Handle { .. }
        | Action::Release(_)
        | Action::Disk { .. } => SIMULATED,
        Action::Drop { times: Some(_), .. } => "messages cannot be counted; leave out `times`",
        Action::Drop { filter, .. } if !filter.from.is_empty() => {
            "whoever receives a message drops it, from anyone; leave out `from`"
        }
        _ => return None,
    })
}

struct Seats<'a> {
    script: &'a Script,
    makes: &'a [Make],
    names: Vec<NodeName>,
    shared: Option<&'a str>,
}

impl<'a> Seats<'a> {
    fn each(&self) -> impl Iterator<Item = (NodeName, &'a Make)> + '_ {
        self.names.iter().copied().zip(self.makes)
    }

    /// The first seat that a line may be about. Roles change, so only a name leaves others out.
    fn touched(
        &self,
        nodes: Option<Selector>,
        is: impl Fn(NodeName, &Make) -> bool,
    ) -> Option<(NodeName, &'a Make)> {
        let means = |name| match nodes {
            Some(Selector::Node(node)) => node == name,
            _ => true,
        };
        self.each().find(|(name, make)| means(*name) && is(*name, make))
    }

    /// What stands before the first statement: settings and rules.
    fn heads(&self) -> Vec<Refusal> {
        let mut found = Vec::new();
        for Located { line, value } in &self.script.settings {
            if let Some((what, why)) = self.settings(value, true) {
                found.push(Refusal { line: *line, what, why });
            }
        }
        for Located { line, value } in &self.script.rules {
            let about = |name| value.nodes.is_none_or(|nodes| means(nodes, name));
            let wrong = self.touched(None, |name, make| {
                make.program != Program::Splitvote
                    && about(name)
                    && make.preset().and_then(|preset| Rules::preset(preset).ok())
                        != Some(rules_of(self.script, name))
            });
            if let Some((name, make)) = wrong {
                found.push(Refusal { line: *line, what: format!("`{value}`"), why: foreign(name, make) });
            }
        }
        found
    }

    fn settings(&self, line: &SetLine, at_zero: bool) -> Option<(String, String)> {
        for set in &line.assignments {
            let what = format!("`{}={}`", set.key.id, set.value);
            let refuse = |why: String| Some((what.clone(), why));
            match set.key.id {
                "loss" if set.value != set.key.default_text() => return refuse(SIMULATED.to_owned()),
                "stage" if !at_zero => return refuse("a seat is taken before time zero".to_owned()),
                "latency" | "jitter" | "fsync" | "snapshot" if !at_zero => {
                    return refuse(SIMULATED.to_owned());
                }
                "election-delay" if set.value != set.key.default_text() => {
                    let old = |_, make: &Make| !make.has_delay();
                    if let Some((name, make)) = self.touched(line.nodes, old) {
                        return refuse(format!("{name} is a {}, which has no such hook", make.name()));
                    }
                }
                key => {
                    let Some(option) = OptionOf::named(key) else { continue };
                    if let Some((name, _)) = self.touched(line.nodes, |_, make| !option.is_known_to(make)) {
                        return refuse(format!("the node in {name} has no option `{}` yet", option.option));
                    }
                }
            }
        }
        None
    }

    /// Why an action cannot be done.
    fn action(&self, action: &Action) -> Option<String> {
        if let Some(why) = impossible(action) {
            return Some(why.to_owned());
        }
        match action {
            Action::Cut(_) | Action::CutOneWay { .. } => self.shared.map(str::to_owned),
            Action::Set(line) => self.settings(line, false).map(|(_, why)| why),
            Action::Rules(line) => {
                let real = |_, make: &Make| make.program != Program::Splitvote;
                self.touched(line.nodes, real).map(|(name, make)| foreign(name, make))
            }
            Action::Drop { filter, .. } => {
                let nodes = match filter.to.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                };
                let old = |_, make: &Make| !make.has_drops();
                let (name, make) = self.touched(nodes, old)?;
                Some(format!("{name} is a {}, which drops nothing", make.name()))
            }
            _ => None,
        }
    }
}

fn foreign(name: NodeName, make: &Make) -> String {
    let own = make.preset().map_or_else(String::new, |preset| format!("; say `rules {name} {preset}`"));
    format!("{name} is a {}, which obeys rules of its own{own}", make.name())
}

/// Settings of the simulated world that the script makes and the real one does not take, in words.
pub(super) fn unused<'a>(script: &Script, mut makes: impl Iterator<Item = &'a Make>) -> Option<String> {
    let foreign = makes.any(|make| make.program != Program::Splitvote);
    let idle = |key: &str| super::settings::OF_THE_WORLD.contains(&key) || foreign && key == "latency";
    let mut words: Vec<String> = Vec::new();
    for name in script.cluster.nodes() {
        for set in lines_of(script, name).flat_map(|line| &line.assignments) {
            let word = format!("{}={}", set.key.id, set.value);
            if idle(set.key.id) && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    (!words.is_empty())
        .then(|| format!("this machine has its own, so these are not used: {}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;

    fn make(program: Program, version: &str) -> Make {
        Make { program, path: "x".into(), version: version.to_owned() }
    }

    /// The complaints about a script on our nodes with a Valkey in A1.
    fn complaints(text: &str) -> Vec<String> {
        let script = parse(&format!("cluster shards=3 replicas=1\n{text}")).expect("a good script");
        let ours = make(Program::Splitvote, "0.1.0");
        let mut makes = vec![ours; 6];
        makes[1] = make(Program::Valkey, "9.1.2");
        refusals(&script, &makes, Some(SHARED)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_cannot_be_done_is_named_with_its_line() {
        for (line, what) in [
            ("at 1s powercut A", "line 2: `powercut A` cannot be done on real processes: a process cannot"),
            ("at 1s cut A | B", "share the network of this machine; start with --own-network"),
            ("at 1s cut A -> B", "share the network of this machine"),
            ("when covered slow A -> B by 1s", "only the simulation can"),
            ("at 1s lose A -> B 10%", "only the simulation can"),
            ("at 1s duplicate", "only the simulation can"),
            ("at 1s lag A1 by 1s", "only the simulation can"),
            ("at 1s hold auth-ack", "only the simulation can"),
            ("at 1s deliver auth-ack from B0 to A1 sent 1s", "only the simulation can"),
            ("at 1s disk A full", "only the simulation can"),
            ("at 1s drop auth-ack times 3", "leave out `times`"),
            ("at 1s drop auth-ack from A", "leave out `from`"),
            ("set loss=1%", "`loss=1%` cannot be done"),
            ("at 1s set latency=5ms", "only the simulation can"),
            ("at 1s set A1 stage=redis", "a seat is taken before time zero"),
            ("set election-delay=0ms", "A1 is a Valkey 9.1.2, which has no such hook"),
            ("set A1 election-delay=0ms", "A1 is a Valkey 9.1.2, which has no such hook"),
            (
                "rules nack=off",
                "A1 is a Valkey 9.1.2, which obeys rules of its own; say `rules A1 valkey-9.1`",
            ),
            ("at 1s rules nack=off", "which obeys rules of its own"),
            ("run until no lost writes, at most 5s", "counted when the run is over"),
            ("when violation S13 kill A", "not judged here, only S1, S2, S3, S4 are"),
            ("expect not violation L2", "not judged here"),
        ] {
            let found = complaints(line);
            assert!(found.len() == 1 && found[0].contains(what), "{line}: {found:?}");
        }
    }

    #[test]
    fn what_can_be_done_is_not_refused() {
        for line in [
            "at 1s kill A\nat 2s restart A0 wiped\nat 2s pause one\nat 3s resume all",
            "at 1s failover A1 force\nat 1s replicate A1 B0\nat 1s move slots all from A to B",
            "at 1s forget A1\nat 1s meet A0 A1\nat 1s reset A1 hard\nat 1s write 5 to A",
            "set node-timeout=3s latency=1ms..5ms writes=20/s\nset B1 election-delay=0ms",
            "rules A1 valkey-9.1\nrules B nack=off\nat 1s rules B0 nack=on",
            "at 1s drop auth-ack to B0\nat 2s heal\nat 1s set node-timeout=1s",
            "when split vote set election-delay=auto\nexpect no lost writes\nexpect violation S3",
            "set A1 stage=valkey",
        ] {
            assert_eq!(complaints(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn settings_of_the_simulated_world_are_named() {
        let said = |text: &str, program| {
            unused(&parse(text).expect("a good script"), [make(program, "9.1.2")].iter()).unwrap_or_default()
        };
        assert_eq!(said("set node-timeout=3s", Program::Splitvote), "");
        assert_eq!(said("set latency=1ms..5ms", Program::Splitvote), "", "our nodes slow their bus down");
        for (text, program) in [("jitter=2ms", Program::Splitvote), ("latency=1ms..5ms", Program::Valkey)] {
            let told = said(&format!("set {text}"), program);
            assert!(told.ends_with(&format!("not used: {text}")), "{told}");
        }
    }
}
