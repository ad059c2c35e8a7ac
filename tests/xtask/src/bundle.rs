//! The release bundle and the room it may take on the wire.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use brotli::enc::BrotliEncoderParams;

use crate::run::{command, run, top};
use crate::{single, tools};

/// Bytes of wasm after compression: the node, the simulator and the language are half of it, lessons, views,
/// editor, lab and comparisons the rest. The wish is 200,000: this is where it stands, so that it cannot grow
/// unseen.
const WASM_LIMIT: usize = 525_000;
/// The lab's worker, which is loaded when it is first used: the simulator and the language once more, and
/// the hunter. Without them it would be a few kilobytes, but it runs the very code that the page runs.
const WORKER_LIMIT: usize = 250_000;
/// What the names of the worker's files begin with.
const WORKER: &str = "lab";
/// What another language's words begin with; they are fetched by who wants them.
const WORDS: &str = "words";
/// The same for everything the page loads at once.
const TOTAL_LIMIT: usize = 555_000;

/// One file of the bundle: its name, its bytes, and its bytes compressed.
struct Weight {
    name: String,
    plain: usize,
    packed: usize,
}

/// `cargo xtask bundle`.
pub(crate) fn bundle() -> Result<ExitCode> {
    tools::wasm_target()?;
    build()?;
    weigh()?;
    single::write()?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the page in release into `target/dist`.
pub(crate) fn build() -> Result<()> {
    tools::wasm_bindgen()?;
    tools::trunk()?;
    run(
        command("trunk").args(["build", "--release", "--cargo-profile", "page"]),
        "building the release bundle",
    )
}

/// Prints what each file weighs, and fails when that is too much.
pub(crate) fn weigh() -> Result<()> {
    let weights = weights(&top().join("target/dist"))?;
    print_table(&weights);
    check(&weights)
}

fn weights(folder: &Path) -> Result<Vec<Weight>> {
    let mut weights = Vec::new();
    for file in files(folder)? {
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        weights.push(Weight { name, plain: bytes.len(), packed: packed(&bytes)? });
    }
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.packed));
    Ok(weights)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// The size of `bytes` as a web server with precompressed files sends them.
fn packed(bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    let parameters = BrotliEncoderParams { quality: 11, ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut Cursor::new(bytes), &mut out, &parameters)?;
    Ok(out.len())
}

fn print_table(weights: &[Weight]) {
    println!("    {:>9} {:>9}  file", "bytes", "brotli");
    for Weight { name, plain, packed } in weights {
        println!("    {plain:>9} {packed:>9}  {name}");
    }
    println!("    {:>9} {:>9}  wasm, at most {WASM_LIMIT}", "", wasm(weights));
    println!("    {:>9} {:>9}  the lab's worker, at most {WORKER_LIMIT}", "", worker(weights));
    println!("    {:>9} {:>9}  all that is loaded at once, at most {TOTAL_LIMIT}", "", total(weights));
}

fn wasm(weights: &[Weight]) -> usize {
    let of_wasm = |weight: &Weight| Path::new(&weight.name).extension().is_some_and(|kind| kind == "wasm");
    sum(weights, |weight| of_wasm(weight) && !of_worker(weight))
}

fn worker(weights: &[Weight]) -> usize {
    sum(weights, of_worker)
}

fn total(weights: &[Weight]) -> usize {
    sum(weights, |weight| !of_worker(weight) && !weight.name.starts_with(WORDS))
}

fn of_worker(weight: &Weight) -> bool {
    weight.name.starts_with(WORKER)
}

fn sum(weights: &[Weight], counts: impl Fn(&Weight) -> bool) -> usize {
    weights.iter().filter(|weight| counts(weight)).map(|weight| weight.packed).sum()
}

fn check(weights: &[Weight]) -> Result<()> {
    let (wasm, total) = (wasm(weights), total(weights));
    if wasm == 0 {
        bail!("the bundle has no wasm in it: was the page built?");
    }
    if wasm > WASM_LIMIT {
        bail!("the wasm takes {wasm} bytes compressed, and {WASM_LIMIT} is the limit");
    }
    let worker = worker(weights);
    if worker == 0 {
        bail!("the bundle has no worker in it: was the page built?");
    }
    if worker > WORKER_LIMIT {
        bail!("the lab's worker takes {worker} bytes compressed, and {WORKER_LIMIT} is the limit");
    }
    if total > TOTAL_LIMIT {
        bail!("the page takes {total} bytes compressed, and {TOTAL_LIMIT} is the limit");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_passes_at_its_limits_and_fails_one_byte_above() {
        let most =
            [("app.wasm", WASM_LIMIT), ("app.js", TOTAL_LIMIT - WASM_LIMIT), ("lab_bg.wasm", WORKER_LIMIT)];
        assert!(outcome(&most).is_ok());
        for at in 0..most.len() {
            let mut over = most;
            over[at].1 += 1;
            assert!(outcome(&over).is_err(), "{}", over[at].0);
        }
        let wasm = outcome(&[("app.wasm", WASM_LIMIT + 1)]).unwrap_err().to_string();
        assert!(wasm.contains(&format!("{} bytes", WASM_LIMIT + 1)), "{wasm}");
    }

    #[test]
    fn a_bundle_without_wasm_is_no_bundle() {
        assert!(outcome(&[("index.html", 100)]).is_err());
        assert!(outcome(&[("app.wasm", 100)]).is_err(), "nor is one without a worker");
    }

    #[test]
    fn text_that_repeats_packs_to_almost_nothing() {
        assert!(packed(&[b'a'; 10_000]).unwrap() < 100);
    }

    fn outcome(files: &[(&str, usize)]) -> Result<()> {
        let weight = |&(name, packed): &(&str, usize)| Weight { name: name.into(), plain: packed, packed };
        check(&files.iter().map(weight).collect::<Vec<_>>())
    }
}
