//! What is done to the run: each deed is a change of the script.

use splitvote::scenario::{Key, parse};
use splitvote::sim::parting;

use super::branches::{BranchIx, Change};
use super::compare::Against;
use super::run::Run;
use super::{Session, first_mistake, mistakes, next};
use crate::action::Deed;
use crate::scene::{NodeIndex, Process, Role, Scene};
use crate::{museum, script_edit, words};

impl Session {
    /// Does something to nodes: one more line in the script, at the cursor.
    pub fn act(&mut self, deed: Deed, on: Option<NodeIndex>) -> Result<(), String> {
        let scene = self.scene();
        let targets = match on.or(self.selected) {
            _ if on.is_none() && !self.group.is_empty() => self.group.clone(),
            Some(one) => vec![one],
            None if deed == Deed::Heal => Vec::new(),
            None => return Err(words::CHOOSE.to_owned()),
        };
        let action = action(deed, &targets, &scene)?;
        self.perform(&action)
    }

    /// Adds an action at the cursor and shows what it does.
    pub fn perform(&mut self, action: &str) -> Result<(), String> {
        // The next whole millisecond: nothing that was seen to happen comes after it, and links stay short.
        let at = (self.now() / 1000 + 1) * 1000;
        let text = script_edit::with_action(self.text(), at, action);
        self.change(&text, at, Change::Act, action.to_owned())
    }

    /// Lets a run that has ended go on for a while.
    pub fn longer(&mut self) -> Result<(), String> {
        let text = format!("{}run for 30s\n", script_edit::lines(self.text()));
        self.change(&text, self.now(), Change::Act, words::LONGER.to_owned())
    }

    /// The kill that leaves just enough voters: where votes split most easily.
    pub fn majority_minus_one(&self) -> String {
        let scene = self.scene();
        let served: Vec<&str> =
            scene.shards.iter().filter(|shard| shard.served).map(|shard| shard.name.as_str()).collect();
        let most = served.len().saturating_sub(1) / 2;
        format!("kill {}", served[..most.max(1).min(served.len())].join(" "))
    }

    /// The value of a setting for everyone.
    pub fn setting(&self, key: &str) -> String {
        Key::named(key).map(|key| key.get(&self.script().common_settings())).unwrap_or_default()
    }

    /// Sets a key for everyone; the run begins anew.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let text =
            script_edit::with_pair(self.text(), "set", key, &value.split_whitespace().collect::<String>());
        let start = self.first_fault().unwrap_or(0).min(self.now());
        self.change(&text, start, Change::Setting(key.to_owned()), format!("{key}={}", value.trim()))
    }

    /// Another seed; the run begins anew.
    pub fn reseed(&mut self, seed: u64) -> Result<(), String> {
        let start = self.first_fault().unwrap_or(0).min(self.now());
        let text = script_edit::with_seed(self.text(), seed);
        self.change(&text, start, Change::Seed, words::seed(seed))?;
        self.said = Some(format!("Seed {seed}: the same script with other chances."));
        Ok(())
    }

    /// What somebody typed. What does not run stays as a draft.
    pub fn typed(&mut self, text: &str) {
        match parse(text) {
            Ok(_) => {
                let now = self.now();
                if self.change(text, now, Change::Typed, words::EDITED.to_owned()).is_ok() {
                    self.draft = None;
                }
            }
            Err(errors) => self.draft = Some((text.to_owned(), mistakes(&errors))),
        }
    }

    /// The run that this one left.
    pub fn undo(&mut self) {
        if let Some(parent) = self.branches.parent() {
            self.draft = None;
            self.go_to(parent);
            self.said = Some(words::UNDONE.to_owned());
        }
    }

    /// Another branch, where it was left.
    pub fn go_to(&mut self, branch: BranchIx) {
        let Some((text, now)) = self.branches.all().get(branch).map(|one| (one.text.clone(), one.now)) else {
            return;
        };
        if let Ok(run) = Run::new(&text) {
            self.branches.go(branch, self.run.now());
            self.put(run, now);
        }
    }

    /// Says something in place of the story, until time moves.
    pub fn say(&mut self, sentence: String) {
        self.said = Some(sentence);
    }

    /// Runs a script that has nothing to do with this one.
    pub fn open(&mut self, text: &str, now: u64) -> Result<(), String> {
        (self.beside, self.draft) = (None, None);
        self.change(text, now, Change::Opened, String::new())
    }

    /// Runs the same script with other chances.
    pub fn vary(&mut self, text: &str, now: u64) -> Result<(), String> {
        self.change(text, now, Change::Seed, words::VARIED.to_owned())
    }

    /// Runs another text: a branch of this one, which stays where it is.
    pub(super) fn change(
        &mut self,
        text: &str,
        now: u64,
        change: Change,
        what: String,
    ) -> Result<(), String> {
        let run = Run::new(text).map_err(|wrong| first_mistake(&wrong))?;
        let before = self.run.now();
        if let Some(known) = self.branches.find(text) {
            self.branches.go(known, before);
        } else {
            let parts = parting(&self.run.outcome().records, &run.outcome().records);
            let left = parts.map_or(now, |parts| parts.at.as_micros()).min(now);
            self.branches.grow(next(&run, left), change, what, before);
        }
        self.put(run, now);
        Ok(())
    }

    /// Puts a run in the place of this one.
    fn put(&mut self, run: Run, now: u64) {
        self.run = run;
        self.room = museum::room_of(self.run.script());
        self.said = None;
        let nodes = self.run.cast().names.len();
        self.selected = self.selected.filter(|at| *at < nodes);
        self.group.retain(|at| *at < nodes);
        let against = self.beside.take().map(|beside| beside.against);
        self.run.seek(now);
        // What is beside a run is meant for the next one, too, unless that is what it is.
        if against != Some(Against::Branch(self.branches.here())) {
            // A comparison that makes no sense any more ends.
            let _ = self.compare(against);
        }
    }
}

/// The action behind a deed, in the script's words.
fn action(deed: Deed, targets: &[NodeIndex], scene: &Scene) -> Result<String, String> {
    let nodes: Vec<_> = targets.iter().filter_map(|at| scene.nodes.get(*at)).collect();
    let names = nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(" ");
    let all = |state: Process| nodes.iter().all(|node| node.process == state);
    Ok(match deed {
        Deed::Kill if all(Process::Down) => return Err(format!("{names}: already down.")),
        Deed::Kill => format!("kill {names}"),
        Deed::Pause if all(Process::Down) => return Err(format!("{names}: there is no process to pause.")),
        Deed::Pause if all(Process::Paused) => format!("resume {names}"),
        Deed::Pause => format!("pause {names}"),
        Deed::Restart => format!("restart {names}"),
        Deed::Failover => {
            let Some(node) = nodes.first() else { return Err(words::CHOOSE.to_owned()) };
            if node.role != Role::Replica {
                return Err(format!("{} is a primary; choose the replica that shall take over.", node.name));
            }
            format!("failover {}", node.name)
        }
        Deed::Cut => {
            let rest: Vec<&str> = (0..scene.nodes.len())
                .filter(|at| !targets.contains(at))
                .map(|at| scene.nodes[at].name.as_str())
                .collect();
            if rest.is_empty() {
                return Err("There must be somebody on the other side of the cut.".to_owned());
            }
            format!("cut {names} | {}", rest.join(" "))
        }
        Deed::Slow => format!("slow {names} -> all by 200ms"),
        Deed::Heal => "heal".to_owned(),
    })
}
