//! A network of the stage's own, in which nodes can be cut off from each other.
//!
//! Each node lives in a network namespace, and a bridge joins them; the stage and its clients stand at the
//! bridge, outside of every cut. Who is cut off from whom is a rule of the receiver: what comes from there
//! falls into a black hole, so that there is silence, not refusal. All of it is kept by processes that end
//! with ours, and the namespaces with them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use crate::sim::HostIx;

/// Where clients stand.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 255, 254);
/// The programs that do it, and where they come from.
const TOOLS: &str = "`unshare` and `nsenter` of util-linux and `ip` of iproute2";
const ALLOW: &str = "allow unprivileged user namespaces (as root: `sysctl -w \
                     kernel.apparmor_restrict_unprivileged_userns=0`; a container: `--privileged`)";

/// The network, for as long as it is kept.
pub(super) struct Network {
    bridge: Keeper,
    rooms: Vec<Keeper>,
    /// Who is not heard by whom.
    walls: BTreeSet<(HostIx, HostIx)>,
}

impl Network {
    /// Makes the network, and moves this process to its bridge; if that cannot be, why, and what to do.
    pub(super) fn make(nodes: usize) -> Result<Self, String> {
        let wrong = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => format!("{error}: {TOOLS} are needed"),
            _ => format!("no network namespace can be made ({error}); {ALLOW}, or `pause` nodes instead"),
        };
        Self::try_make(nodes).map_err(wrong)
    }

    fn try_make(nodes: usize) -> io::Result<Self> {
        let bridge = Keeper::start(&["--user", "--map-root-user", "--net"])?;
        bridge.enter()?;
        // Ours now: whoever is started from here on is there, too.
        let rooms: Vec<Keeper> = (0..nodes).map(|_| Keeper::start(&["--net"])).collect::<Result<_, _>>()?;
        let mut lines = vec![
            "link set lo up".to_owned(),
            "link add stage type bridge".to_owned(),
            format!("addr add {OUTSIDE}/16 dev stage"),
            "link set stage up".to_owned(),
        ];
        for (at, room) in rooms.iter().enumerate() {
            lines.push(format!(
                "link add n{at} type veth peer name eth0 address {} netns {}",
                hardware(at),
                room.pid()
            ));
            lines.push(format!("link set n{at} master stage"));
            lines.push(format!("link set n{at} up"));
        }
        Ip::start(Command::new("ip"), &lines)?.end()?;
        for (at, room) in rooms.iter().enumerate() {
            let mut lines = vec![
                "link set lo up".to_owned(),
                format!("addr add {}/16 dev eth0", address(at)),
                "link set eth0 up".to_owned(),
                // Room for rules that are asked first.
                "rule add pref 100 lookup local".to_owned(),
                "rule del pref 0".to_owned(),
            ];
            // Who is not answered when asking where somebody is would be told so: a cut is silent.
            let others = (0..nodes).filter(|other| *other != at);
            lines.extend(others.map(|other| {
                format!("neigh add {} lladdr {} dev eth0 nud permanent", address(other), hardware(other))
            }));
            Ip::start(room.inside("ip"), &lines)?.end()?;
        }
        Ok(Self { bridge, rooms, walls: BTreeSet::new() })
    }

    /// The address of a node.
    pub(super) fn address(host: HostIx) -> Ipv4Addr {
        address(host.get())
    }

    /// The process whose network namespace is a node's.
    pub(super) fn room(&self, host: HostIx) -> Option<u32> {
        self.rooms.get(host.get()).map(Keeper::pid)
    }

    /// How other programs come to where clients stand.
    pub(super) fn door(&self) -> String {
        format!("nsenter --preserve-credentials --user --net --target {}", self.bridge.pid())
    }

    /// From now on these senders are not heard by these receivers.
    pub(super) fn cut(&mut self, ways: impl IntoIterator<Item = (HostIx, HostIx)>) -> io::Result<()> {
        let mut new: BTreeSet<_> = ways.into_iter().filter(|(from, to)| from != to).collect();
        new.retain(|way| !self.walls.contains(way));
        self.change("add", &new)?;
        self.walls.append(&mut new);
        Ok(())
    }

    /// Everyone hears everyone.
    pub(super) fn heal(&mut self) -> io::Result<()> {
        let walls = std::mem::take(&mut self.walls);
        self.change("del", &walls)
    }

    fn change(&self, verb: &str, ways: &BTreeSet<(HostIx, HostIx)>) -> io::Result<()> {
        let mut rules: BTreeMap<HostIx, Vec<String>> = BTreeMap::new();
        for (from, to) in ways {
            let line = format!("rule {verb} pref 10 from {} blackhole", Self::address(*from));
            rules.entry(*to).or_default().push(line);
        }
        // All at once, as far as a machine can.
        let rooms = rules.iter().filter_map(|(to, lines)| Some((self.rooms.get(to.get())?, lines)));
        let changes: Vec<_> = rooms.map(|(room, lines)| Ip::start(room.inside("ip"), lines)).collect();
        changes.into_iter().try_for_each(|change| change?.end())
    }
}

fn address(at: usize) -> Ipv4Addr {
    let number = u16::try_from(at + 1).unwrap_or(u16::MAX).to_be_bytes();
    Ipv4Addr::new(10, 0, number[0], number[1])
}

/// Known beforehand, so that nobody has to ask for it.
fn hardware(at: usize) -> String {
    let [.., high, low] = address(at).octets();
    format!("02:00:00:00:{high:02x}:{low:02x}")
}

/// A program to be run in the network namespace of a process.
pub(super) fn inside(pid: u32, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/proc/{pid}/ns/net")).arg("--").arg(program);
    command
}

/// A process that does nothing but keep a namespace: it ends with us, whatever we die of, since its input
/// does.
struct Keeper {
    child: Child,
}

impl Keeper {
    fn start(options: &[&str]) -> io::Result<Self> {
        let child = Command::new("unshare")
            .args(options)
            .args(["--", "sh", "-c", "echo; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut keeper = Self { child: child.map_err(|error| named("unshare", &error))? };
        let mut sign = [0];
        let ready = keeper.child.stdout.take().map_or(Ok(0), |mut out| out.read(&mut sign))?;
        if ready == 0 {
            let mut said = String::new();
            keeper.child.stderr.take().map_or(Ok(0), |mut out| out.read_to_string(&mut said))?;
            return Err(io::Error::other(said.trim().to_owned()));
        }
        Ok(keeper)
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn inside(&self, program: &str) -> Command {
        inside(self.pid(), program)
    }

    /// Moves this process there.
    #[cfg(target_os = "linux")]
    fn enter(&self) -> io::Result<()> {
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
        use std::os::fd::AsFd as _;

        let open = |kind: &str| std::fs::File::open(format!("/proc/{}/ns/{kind}", self.pid()));
        let (user, net) = (open("user")?, open("net")?);
        move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
        Ok(move_into_link_name_space(net.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    #[cfg(not(target_os = "linux"))]
    fn enter(&self) -> io::Result<()> {
        Err(io::Error::other("only Linux has them"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn named(program: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{program}`: {error}"))
}

/// Lines on their way to `ip`.
struct Ip(Child);

impl Ip {
    fn start(mut command: Command, lines: &[String]) -> io::Result<Self> {
        command.args(["-batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| named("ip", &error))?;
        if let Some(mut input) = child.stdin.take() {
            // Who does not read them says why when it ends.
            drop(input.write_all((lines.join("\n") + "\n").as_bytes()));
        }
        Ok(Self(child))
    }

    fn end(self) -> io::Result<()> {
        let done = self.0.wait_with_output()?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(io::Error::other(said.lines().next().unwrap_or("`ip` failed").to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_has_an_address_of_its_own() {
        assert_eq!((address(0), hardware(0)), ([10, 0, 0, 1].into(), "02:00:00:00:00:01".to_owned()));
        assert_eq!((address(255), hardware(255)), ([10, 0, 1, 0].into(), "02:00:00:00:01:00".to_owned()));
    }
}
