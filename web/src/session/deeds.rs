//! What is done to the run: each deed is a change of the script.

use splitvote::scenario::{Key, parse};

use super::{Session, mistakes};
use crate::action::Deed;
use crate::scene::{NodeIndex, Process, Role, Scene};
use crate::{script_edit, words};

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
        let text = script_edit::with_action(&self.text, at, action);
        self.change(&text, at)
    }

    /// Lets a run that has ended go on for a while.
    pub fn longer(&mut self) -> Result<(), String> {
        let text = format!("{}run for 30s\n", script_edit::lines(&self.text));
        self.change(&text, self.now())
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
        Key::named(key).map(|key| key.get(&self.script.common_settings())).unwrap_or_default()
    }

    /// Sets a key for everyone; the run begins anew.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let text =
            script_edit::with_pair(&self.text, "set", key, &value.split_whitespace().collect::<String>());
        self.change(&text, self.first_fault().unwrap_or(0).min(self.now()))
    }

    /// Another seed; the run begins anew.
    pub fn reseed(&mut self, seed: u64) -> Result<(), String> {
        let start = self.first_fault().unwrap_or(0).min(self.now());
        self.change(&script_edit::with_seed(&self.text, seed), start)?;
        self.said = Some(format!("Seed {seed}: the same script with other chances."));
        Ok(())
    }

    /// What somebody typed. What does not run stays as a draft.
    pub fn typed(&mut self, text: &str) {
        match parse(text) {
            Ok(_) => {
                let now = self.now();
                if self.change(text, now).is_ok() {
                    self.draft = None;
                }
            }
            Err(errors) => self.draft = Some((text.to_owned(), mistakes(&errors))),
        }
    }

    /// The script before the last change.
    pub fn undo(&mut self) {
        if let Some((text, now)) = self.undo.pop()
            && self.replace(&text, now).is_ok()
        {
            self.said = Some(words::UNDONE.to_owned());
        }
    }

    /// Says something in place of the story, until time moves.
    pub fn say(&mut self, sentence: String) {
        self.said = Some(sentence);
    }

    /// Runs another text, and remembers this one.
    pub fn change(&mut self, text: &str, now: u64) -> Result<(), String> {
        let old = (self.text.clone(), self.now());
        self.replace(text, now)?;
        self.undo.push(old);
        Ok(())
    }

    fn replace(&mut self, text: &str, now: u64) -> Result<(), String> {
        let mut next = Self::new(text).map_err(|wrong| {
            wrong.first().map_or_else(String::new, |one| {
                format!("line {}, column {}: {}", one.line, one.column, one.what)
            })
        })?;
        next.undo = std::mem::take(&mut self.undo);
        next.selected = self.selected.filter(|at| *at < next.cast.names.len());
        next.group = self.group.iter().copied().filter(|at| *at < next.cast.names.len()).collect();
        next.seek(now);
        *self = next;
        Ok(())
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
