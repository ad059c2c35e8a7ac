//! A cluster that stays: it takes actions of the language from standard input and tells what happens.

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::base::Duration;
use crate::native::server::sleep;
use crate::scenario::{Statement, parse};

use super::act::act;
use super::refuse::{SHARED, refusals};
use super::seat::Power;
use super::{Shared, Stage, StageError, real};

const TICK: Duration = Duration::from_millis(20);

/// Holds the cluster until the input ends, or someone interrupts.
pub(super) async fn hold(stage: &Shared) -> Result<(), StageError> {
    {
        let mut stage = stage.borrow_mut();
        stage.live = true;
        println!("{}", stage.who());
        if let Some(network) = &stage.network {
            println!("their network is their own; others come in by `{} redis-cli -h ...`", network.door());
        }
        println!(
            "type an action, such as `kill A`, `restart A0`, `failover B1` or `pause C`; end with Ctrl-D"
        );
    }
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => typed(stage, line.trim()).await?,
                Ok(None) | Err(_) => return Ok(()),
            },
            () = sleep(real(TICK)) => {}
        }
        stage.borrow_mut().look_around()?;
    }
}

/// Does what one line says.
async fn typed(stage: &Shared, line: &str) -> Result<(), StageError> {
    if line.is_empty() {
        return Ok(());
    }
    let (script, makes, shared) = {
        let stage = stage.borrow();
        let makes: Vec<_> = stage.seats.iter().map(|seat| seat.make.clone()).collect();
        let head = crate::scenario::Script {
            cluster: stage.script.cluster.clone(),
            ..crate::scenario::Script::default()
        };
        let shared = stage.network.is_none().then_some(SHARED);
        (parse(&format!("{head}\nat 0s {line}")), makes, shared)
    };
    let script = match script {
        Ok(script) => script,
        Err(errors) => {
            for error in &errors {
                println!("{}", error.problem);
            }
            return Ok(());
        }
    };
    if let Some(refusal) = refusals(&script, &makes, shared).first() {
        println!("{} cannot be done on real processes: {}", refusal.what, refusal.why);
        return Ok(());
    }
    for statement in &script.statements {
        if let Statement::At { action, .. } = &statement.value {
            act(stage, action).await?;
        }
    }
    Ok(())
}

impl Stage {
    /// A line for each node: where it listens, and its process.
    fn who(&self) -> String {
        let lines = self.seats.iter().map(|seat| {
            let pid = seat.pid().filter(|_| seat.power() != Power::Down);
            let pid = pid.map_or("no process".to_owned(), |pid| format!("process {pid}"));
            format!("{:<3} {} {pid} ({})", seat.name.to_string(), seat.address, seat.make.name())
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
