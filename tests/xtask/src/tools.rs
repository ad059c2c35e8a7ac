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
    if find("npm").is_none() {
        system_packages(
            "npm",
            &["npm"],
            "Node.js with npm, which fetches the accessibility rules of axe-core",
        )?;
    }
    let prefix = tools_dir();
    fs::create_dir_all(&prefix)?;
    install(
        "the accessibility rules of axe-core",
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
            .arg(format!("axe-core@{AXE}")),
    )
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
    let root = ask("id", &["-u"]).is_some_and(|user| user == "0");
    let sudo = !root && ask("sudo", &["-n", "true"]).is_some();
    if find("apt-get").is_none() || !(root || sudo) {
        bail!(
            "this machine lacks {what}, and it cannot be installed from here. Please install {wanted} \
             (Debian: apt-get install {}), then run the same command again",
            packages.join(" ")
        );
    }
    let apt = |arguments: &[&str]| {
        let mut apt = command(if root { "apt-get" } else { "sudo" });
        if sudo {
            apt.args(["-n", "apt-get"]);
        }
        apt.args(["-qq", "-y"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    install("the list of packages", &mut apt(&["update"]))?;
    install(what, apt(&["install", "--no-install-recommends"]).args(packages))
}

fn install(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("    setting up {what}");
    let start = Instant::now();
    run(command, &format!("setting up {what}"))?;
    eprintln!("    {what}: there after {}", seconds(start.elapsed()));
    Ok(())
}
