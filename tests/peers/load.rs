//! Clients that write and read for as long as they are let, and tell what was acknowledged.

use std::io::BufReader;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use harness::fleet::{Fleet, slot_of};
use harness::target;
use redis::cluster::ClusterConnection;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};

use super::data::value;

/// What a client has said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Keys that were written and that a replica has.
    pub(crate) acked: Vec<String>,
    /// Keys that were read back as something else.
    pub(crate) wrong: Vec<String>,
    /// Commands that failed.
    pub(crate) failed: usize,
    /// What it said besides.
    pub(crate) other: Vec<String>,
}

/// A client at work.
#[derive(Debug)]
pub(crate) struct Load {
    said: Arc<Mutex<Said>>,
    child: Option<Child>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// redis-py or valkey-py, by the name of its library.
    pub(crate) fn python(fleet: &Fleet, library: &str) -> Self {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", target("tools/clients/python"));
        Self::program(command.arg(script("write.py")).arg(library).arg("python").args(ports(fleet)))
    }

    /// ioredis.
    pub(crate) fn node(fleet: &Fleet) -> Self {
        let mut command = Command::new("node");
        command.env("NODE_PATH", target("tools/clients/node_modules"));
        Self::program(command.arg(script("write.js")).arg("ioredis").args(ports(fleet)))
    }

    fn program(command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = Arc::new(Mutex::new(Said::default()));
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let readers = [
            out.map(|out| thread::spawn(hear(Arc::clone(&said), BufReader::new(out)))),
            err.map(|err| thread::spawn(hear(Arc::clone(&said), BufReader::new(err)))),
        ];
        let threads = readers.into_iter().flatten().collect();
        Self { said, child: Some(child), stop: Arc::default(), threads }
    }

    /// redis-rs, in threads of this process. Each client asks for `replicas` acknowledgements.
    pub(crate) fn rust(fleet: &Fleet, clients: usize, replicas: usize) -> Self {
        let said = Arc::new(Mutex::new(Said::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = |client: usize| {
            let (said, stop) = (Arc::clone(&said), Arc::clone(&stop));
            let mut connection = super::data::client(fleet);
            thread::spawn(move || {
                for number in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let key = format!("rust{client}:{number}");
                    let outcome = one(&mut connection, &key, replicas);
                    let failed = outcome.is_err();
                    tell(&said, &outcome, key);
                    if failed {
                        sleep(Duration::from_millis(50));
                    }
                }
            })
        };
        let threads = (0..clients).map(thread).collect();
        Self { said, child: None, stop, threads }
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acked(&self) -> usize {
        self.said.lock().expect("the clients do not panic").acked.len()
    }

    /// Waits until so many more writes were acknowledged.
    pub(crate) fn goes_on(&self, fleet: &Fleet, more: usize) {
        let before = self.acked();
        fleet.until("a client's writes go on", |_| {
            let said = self.said.lock().expect("the clients do not panic");
            assert!(said.other.is_empty(), "a client complains: {:#?}", said.other);
            said.acked.len() >= before + more
        });
    }

    /// Lets it end, and tells what it said.
    pub(crate) fn end(mut self) -> Said {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            child.wait().expect("our own child");
        }
        for thread in self.threads.drain(..) {
            thread.join().expect("the clients do not panic");
        }
        std::mem::take(&mut *self.said.lock().expect("the clients do not panic"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn script(name: &str) -> String {
    format!("{}/peers/clients/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn ports(fleet: &Fleet) -> Vec<String> {
    fleet.nodes.iter().map(|node| node.ports.client.to_string()).collect()
}

fn hear(said: Arc<Mutex<Said>>, lines: impl std::io::BufRead) -> impl FnOnce() {
    move || {
        for line in lines.lines().map_while(Result::ok) {
            let mut said = said.lock().expect("nobody panics here");
            match line.split_once(' ') {
                Some(("acked", key)) => said.acked.push(key.to_owned()),
                Some(("wrong", key)) => said.wrong.push(key.to_owned()),
                Some(("failed", _)) => said.failed += 1,
                _ => said.other.push(line),
            }
        }
    }
}

/// Writes a key, waits for a replica to have it, reads it back. `None` if no replica said so.
fn one(client: &mut ClusterConnection, key: &str, replicas: usize) -> redis::RedisResult<Option<bool>> {
    redis::cmd("SET").arg(key).arg(value(key)).exec(client)?;
    if replicas > 0 {
        let mut wait = redis::cmd("WAIT");
        wait.arg(replicas).arg(300);
        let owner = SingleNodeRoutingInfo::SpecificNode(Route::new(slot_of(key), SlotAddr::Master));
        let held = client.route_command(&wait, RoutingInfo::SingleNode(owner))?;
        if redis::from_redis_value::<usize>(held)? < replicas {
            return Ok(None);
        }
    }
    let found: Option<String> = redis::cmd("GET").arg(key).query(client)?;
    Ok(Some(found == Some(value(key))))
}

fn tell(said: &Mutex<Said>, outcome: &redis::RedisResult<Option<bool>>, key: String) {
    let mut said = said.lock().expect("nobody panics here");
    match outcome {
        Ok(Some(true)) => said.acked.push(key),
        Ok(Some(false)) => said.wrong.push(key),
        Ok(None) => {}
        Err(_) => said.failed += 1,
    }
}
