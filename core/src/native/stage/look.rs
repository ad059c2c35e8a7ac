//! What can be seen of the cluster from outside: every node is asked again and again how it sees it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;

use crate::base::{Offset, SLOTS, SlotSet};
use crate::cluster::{NodeLine, NodesConf};
use crate::native::server::sleep;
use crate::resp::Reply;
use crate::scenario::{Selector, ShardName};
use crate::sim::{Cast, HostIx, Names};
use crate::wire::{Kind, NodeFlags};

use super::line::Connection;
use super::{Shared, Stage};

/// How often each node is asked.
const PERIOD: Duration = Duration::from_millis(40);
/// How long an answer may take; a node that stands still does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a node said of itself and of the others.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) conf: NodesConf,
    /// Whether it says that the cluster works.
    pub(super) ok: bool,
    pub(super) epoch: u64,
    pub(super) offset: Offset,
    /// Of a replica: whether the stream flows.
    pub(super) in_step: bool,
    /// Frames it has sent.
    pub(super) sent: BTreeMap<Kind, u64>,
}

impl Seen {
    pub(super) fn me(&self) -> Option<&NodeLine> {
        self.conf.myself()
    }

    pub(super) fn is_primary(&self) -> bool {
        self.me().is_some_and(|me| me.flags.contains(NodeFlags::PRIMARY))
    }

    fn line(&self, id: crate::base::NodeId) -> Option<&NodeLine> {
        self.conf.nodes.iter().find(|line| line.id == id)
    }

    /// The slots of everyone who has some.
    fn owners(&self) -> impl Iterator<Item = (crate::base::NodeId, &SlotSet)> {
        self.conf.nodes.iter().filter(|line| !line.slots.is_empty()).map(|line| (line.id, &line.slots))
    }

    fn assigned(&self) -> u32 {
        self.owners().map(|(_, slots)| slots.len()).sum()
    }

    fn read(nodes: &Reply, info: &Reply, role: &Reply) -> Option<Self> {
        let conf = nodes.text()?.parse().ok()?;
        let info = info.text()?;
        let values: BTreeMap<&str, &str> = info.lines().filter_map(|line| line.split_once(':')).collect();
        let role = role.items();
        let (offset, in_step) = match role.first()?.text()?.as_ref() {
            "master" => (role.get(1)?.int()?, true),
            _ => (role.get(4)?.int()?, role.get(3)?.text()? == "connected"),
        };
        let sent = Kind::ALL.into_iter().filter_map(|kind| {
            let word = if kind == Kind::AuthRequest { "auth-req" } else { kind.word() };
            let count = values.get(format!("cluster_stats_messages_{word}_sent").as_str())?;
            Some((kind, count.parse().ok()?))
        });
        Some(Self {
            conf,
            ok: values.get("cluster_state") == Some(&"ok"),
            epoch: values.get("cluster_current_epoch")?.parse().ok()?,
            offset: Offset(u64::try_from(offset).unwrap_or(0)),
            in_step,
            sent: sent.collect(),
        })
    }
}

/// Asks a node for as long as the stage stands.
pub(super) fn watch(stage: &Shared, host: HostIx) {
    let stage = Rc::downgrade(stage);
    spawn_local(async move {
        let mut connection: Option<(u32, Connection)> = None;
        loop {
            let Some(shared) = stage.upgrade() else { return };
            let (address, incarnation, runs) = {
                let stage = shared.borrow();
                let seat = stage.seat(host);
                (seat.address, seat.incarnation, seat.runs())
            };
            drop(shared);
            if runs {
                connection = match connection.take().filter(|(of, _)| *of == incarnation) {
                    None => Connection::to(address, PATIENCE).await.ok().map(|new| (incarnation, new)),
                    known => known,
                };
                let asked: &[&[&str]] = &[&["CLUSTER", "NODES"], &["CLUSTER", "INFO"], &["ROLE"]];
                let answers = match &mut connection {
                    Some((_, connection)) => connection.ask_all(asked).await.ok(),
                    None => None,
                };
                let seen = match answers.as_deref() {
                    Some([nodes, info, role]) => Seen::read(nodes, info, role),
                    _ => None,
                };
                let Some(shared) = stage.upgrade() else { return };
                match seen {
                    Some(seen) => shared.borrow_mut().noted(host, incarnation, seen),
                    None => connection = None,
                }
            }
            sleep(PERIOD).await;
        }
    });
}

impl Stage {
    fn noted(&mut self, host: HostIx, incarnation: u32, seen: Seen) {
        let seat = self.seat(host);
        if seat.incarnation != incarnation || !seat.runs() {
            return;
        }
        if let Some(me) = seen.me() {
            // A node with an empty disk is somebody else.
            if self.names.host_of(me.id).is_none() {
                self.names.add_node(me.id, host);
            }
            self.ids[host.get()] = me.id;
            if me.primary.is_some() {
                self.seats[host.get()].followed = me.primary;
            }
            if let Some(primary) = me.primary.and_then(|primary| self.names.host_of(primary)) {
                self.shard_of[host.get()] = self.shard_of[primary.get()];
            }
        }
        self.judge.counted(host, incarnation, &seen.sent);
        self.seen[host.get()] = Some(seen);
    }

    /// What each running node sees; none unless all of them have said.
    fn views(&self) -> Option<Vec<(HostIx, &Seen)>> {
        self.running().map(|host| Some((host, self.seen[host.get()].as_ref()?))).collect()
    }

    /// Whether every slot has a live primary that all live nodes agree on.
    pub(super) fn is_covered(&self) -> bool {
        let Some(views) = self.views() else { return false };
        let Some((_, first)) = views.first() else { return false };
        let owners: Vec<_> = first.owners().collect();
        let serves = |id, slots: &SlotSet| {
            let host = self.names.host_of(id);
            let owner = views.iter().find(|(at, _)| Some(*at) == host).map(|(_, seen)| seen);
            owner.is_some_and(|seen| {
                seen.is_primary() && seen.me().is_some_and(|me| me.id == id && me.slots == *slots)
            })
        };
        first.assigned() == u32::from(SLOTS)
            && owners.iter().all(|(id, slots)| serves(*id, slots))
            && views.iter().skip(1).all(|(_, seen)| {
                seen.assigned() == u32::from(SLOTS)
                    && owners
                        .iter()
                        .all(|(id, slots)| seen.line(*id).is_some_and(|line| line.slots == **slots))
            })
    }

    /// Whether all running nodes agree on everything, and are well and in step; if not, what is missing.
    pub(super) fn disagreement(&self) -> Option<String> {
        let Some(views) = self.views() else {
            let silent = self.running().find(|host| self.seen[host.get()].is_none())?;
            return Some(format!("{} has not answered", self.seat(silent).name));
        };
        for (host, seen) in &views {
            let name = self.seat(*host).name;
            if !seen.in_step {
                return Some(format!("{name} has no stream from its primary"));
            }
            for (other, known) in &views {
                let whom = self.seat(*other).name;
                let me = known.me()?;
                let Some(line) = seen.line(me.id) else {
                    return Some(format!("{name} does not know {whom}"));
                };
                let unwell = NodeFlags::FAIL | NodeFlags::PFAIL | NodeFlags::HANDSHAKE | NodeFlags::NOADDR;
                let role = NodeFlags::PRIMARY;
                let agree = !line.flags.intersects(unwell)
                    && line.slots == me.slots
                    && line.flags.contains(role) == me.flags.contains(role)
                    && (!me.flags.contains(role) || line.config_epoch == me.config_epoch)
                    && line.primary == me.primary;
                if !agree {
                    return Some(format!("{name} sees {whom} otherwise than it is"));
                }
            }
        }
        let first = views.first().map(|(_, seen)| seen)?;
        let gone = first.owners().find(|(id, _)| {
            let host = self.names.host_of(*id);
            !host.is_some_and(|host| self.seat(host).runs())
        });
        gone.map(|(id, _)| format!("{} owns slots and does not run", self.names.tell(id)))
    }

    /// The live primary of a shard: of the running nodes that say they are one, the newest claim.
    pub(super) fn primary_of(&self, shard: ShardName) -> Option<HostIx> {
        let primaries = self.running().filter_map(|host| {
            let seen = self.seen[host.get()].as_ref().filter(|seen| seen.is_primary())?;
            let me = seen.me().filter(|_| self.shard_of[host.get()] == shard)?;
            Some((!me.slots.is_empty(), me.config_epoch, host))
        });
        primaries.max().map(|(.., host)| host)
    }

    fn with_role(&self, primary: bool) -> Vec<HostIx> {
        let has =
            |host: &HostIx| self.seen[host.get()].as_ref().is_some_and(|seen| seen.is_primary() == primary);
        self.hosts().filter(has).collect()
    }

    /// The hosts every one of these selectors means now, each once, in order. `one` draws.
    pub(super) fn select_all(&mut self, selectors: &[Selector]) -> Vec<HostIx> {
        let mut hosts = Vec::new();
        for selector in selectors {
            if *selector == Selector::One {
                let alive: Vec<HostIx> = self.running().collect();
                let drawn = self.chance.below(alive.len() as u64);
                hosts.extend(usize::try_from(drawn).ok().and_then(|drawn| alive.get(drawn)));
            } else {
                hosts.extend(self.meant(*selector));
            }
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

impl Cast for Stage {
    fn meant(&self, selector: Selector) -> Vec<HostIx> {
        let of = |hosts: Vec<HostIx>, shard| -> Vec<HostIx> {
            hosts.into_iter().filter(|host| self.shard_of[host.get()] == shard).collect()
        };
        match selector {
            Selector::Node(name) => self.names.named(name).into_iter().collect(),
            Selector::Primary(shard) => {
                let last = self.last_primaries.get(usize::from(shard.0)).copied();
                self.primary_of(shard).or(last).into_iter().collect()
            }
            Selector::Replicas(shard) => of(self.with_role(false), shard),
            Selector::Best(shard) => {
                let place = |host: &HostIx| {
                    let seen = self.seen[host.get()].as_ref();
                    (std::cmp::Reverse(seen.map(|seen| seen.offset)), seen.and_then(Seen::me).map(|me| me.id))
                };
                of(self.with_role(false), shard).into_iter().min_by_key(place).into_iter().collect()
            }
            Selector::Shard(shard) => of(self.hosts().collect(), shard),
            Selector::Primaries => self.with_role(true),
            Selector::AllReplicas => self.with_role(false),
            Selector::All | Selector::One => self.hosts().collect(),
        }
    }

    fn names(&self) -> &Names {
        &self.names
    }
}
