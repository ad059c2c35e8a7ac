//! A link to a primary before the stream flows: lines, and a snapshot that goes to the disk as it comes, in
//! whichever of the two framings it has (native-node.md §4.4).

use std::fs::File;
use std::future::Future;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::resp::take_line;

use super::disk::nameless;
use super::feed::encode;
use super::feeding::patience;
use super::server::Shared;

/// Bytes that are written to the disk at once.
const PIECE: usize = 1 << 20;

/// One that has just been opened.
#[derive(Debug)]
pub struct Link {
    server: Shared,
    /// The connection.
    pub stream: TcpStream,
    /// What came and was not looked at.
    pub buffer: Vec<u8>,
}

/// A step that the primary must take within `repl-timeout`.
pub async fn patient<T>(server: &Shared, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let patience = patience(server);
    timeout(patience, work).await.unwrap_or_else(|_| {
        let words = format!("the primary is silent for longer than repl-timeout, {} s", patience.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, words))
    })
}

impl Link {
    /// Nothing was said on it yet.
    pub fn new(server: &Shared, stream: TcpStream) -> Self {
        Self { server: Rc::clone(server), stream, buffer: Vec::new() }
    }

    /// Says a command.
    pub async fn say(&mut self, words: &[&[u8]]) -> io::Result<()> {
        patient(&self.server, self.stream.write_all(&encode(words))).await
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(64 * 1024);
        let read = self.stream.read_buf(&mut self.buffer);
        if patient(&self.server, read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// The next line, without its end.
    pub async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(line) = take_line(&mut self.buffer)? {
                return Ok(line);
            }
            self.more().await?;
        }
    }

    /// The next line that says something: a primary that is busy sends empty ones.
    pub async fn answer(&mut self) -> io::Result<String> {
        loop {
            let line = self.line().await?;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }

    /// A whole snapshot, in a file that nothing is left of when it is closed.
    pub async fn snapshot(&mut self) -> io::Result<Arc<File>> {
        let head = self.answer().await?;
        let mut intake = Intake::new(self.server.borrow().options.dir.clone())?;
        if let Some(mark) = head.strip_prefix("$EOF:") {
            self.until_mark(mark.as_bytes(), &mut intake).await?;
        } else {
            let length = head.strip_prefix('$').and_then(|length| length.parse::<u64>().ok());
            let length = length.ok_or_else(|| io::Error::other("a snapshot without a length"))?;
            self.of_length(length, &mut intake).await?;
        }
        Ok(intake.file)
    }

    async fn of_length(&mut self, length: u64, intake: &mut Intake) -> io::Result<()> {
        let mut left = length;
        loop {
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            if here as u64 == left || here >= PIECE {
                intake.take(self.buffer.drain(..here).collect()).await?;
                left -= here as u64;
            }
            if left == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn until_mark(&mut self, mark: &[u8], intake: &mut Intake) -> io::Result<()> {
        if mark.len() != 40 {
            return Err(io::Error::other("an end mark that is none"));
        }
        let finder = memchr::memmem::Finder::new(mark);
        let mut searched = 0;
        loop {
            if let Some(found) = finder.find(&self.buffer[searched..]) {
                let end = searched + found;
                let last: Vec<u8> = self.buffer.drain(..end + mark.len()).take(end).collect();
                return intake.take(last).await;
            }
            // The mark may have begun.
            searched = self.buffer.len().saturating_sub(mark.len() - 1);
            if searched >= PIECE {
                intake.take(self.buffer.drain(..searched).collect()).await?;
                searched = 0;
            }
            self.more().await?;
        }
    }
}

/// A snapshot on its way to the disk.
struct Intake {
    file: Arc<File>,
    folder: PathBuf,
}

impl Intake {
    fn new(folder: PathBuf) -> io::Result<Self> {
        match nameless(&folder) {
            Ok(file) => Ok(Self { file: Arc::new(file), folder }),
            Err(error) => Err(explained(&folder.display().to_string(), &error)),
        }
    }

    /// Writes outside this thread: the bus does not wait for the disk.
    async fn take(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        let done = spawn_blocking(move || (&*file).write_all(&bytes)).await;
        done.map_err(io::Error::other)
            .flatten()
            .map_err(|error| explained(&self.folder.display().to_string(), &error))
    }
}

fn explained(folder: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!(
        "cannot keep the primary's snapshot in `{folder}` (option `dir`): {error}; make room there, this is \
         tried again"
    ))
}
