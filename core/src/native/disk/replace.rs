//! Files that a reader sees whole, old or new, whatever happens to the process or the machine.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::node::Durability;

/// What a file that is being written is called until it is whole.
const ASIDE: &str = ".tmp-";

/// Puts bytes in a file's place: written aside, synced, renamed, the directory synced.
pub fn replace(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("a path without a name"))?;
    let aside = path.with_file_name(format!("{}{ASIDE}{}", name.to_string_lossy(), std::process::id()));
    if let Err(error) = write(&aside, bytes, durability).and_then(|()| fs::rename(&aside, path)) {
        // On a full disk half a file would take the room that is needed.
        drop(fs::remove_file(&aside));
        return Err(error);
    }
    if durability == Durability::Synced { sync_folder_of(path) } else { Ok(()) }
}

fn write(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    if durability == Durability::Synced { file.sync_all() } else { Ok(()) }
}

/// A file without a name: nothing is left of it when it is closed, or when the process ends, in whatever way.
pub fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("nameless{ASIDE}{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Makes the names in a file's directory last.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()
}

/// Takes away what earlier processes were writing when they were killed.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.rsplit_once(ASIDE)).map(|(_, pid)| pid);
        if pid.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit())) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leftovers_are_swept() {
        let folder = std::env::temp_dir().join(format!("splitvote-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join("nodes.conf");
        for text in ["one", "two"] {
            replace(&path, text.as_bytes(), Durability::Synced).expect("it can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
        for leftover in ["nodes.conf.tmp-12", "dump.rdb.tmp-3", "a.tmp-x"] {
            fs::write(folder.join(leftover), "half").expect("it can be written");
        }
        sweep(&folder).expect("it can be swept");
        let mut names: Vec<_> =
            fs::read_dir(&folder).expect("it is there").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.tmp-x", "nodes.conf"]);
        fs::create_dir(folder.join("taken")).expect("a folder can be made");
        fs::write(folder.join("taken/x"), "x").expect("it can be written");
        replace(&folder.join("taken"), b"new", Durability::Written).expect_err("a folder is in its place");
        let mut file = nameless(&folder).expect("it can be made");
        file.write_all(b"text").expect("it can be written");
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 3, "nothing is left over");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
