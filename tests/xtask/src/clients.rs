//! Clients that nobody here wrote, for the tests beside real peers. They are laid down in
//! `target/tools/clients`; nothing is installed.

use std::fs;

use anyhow::{Context as _, Result};

use crate::run::{command, tools_dir};
use crate::tools::{install, npm_package, pip};

/// redis-py and valkey-py.
const PYTHON: [&str; 2] = ["redis==8.1.0", "valkey==6.2.0"];
const IOREDIS: &str = "6.0.0";

/// The two clients for Python.
pub(crate) fn python() -> Result<()> {
    let folder = tools_dir().join("clients/python");
    let there = |package: &&str| folder.join(format!("{}.dist-info", package.replace("==", "-"))).is_dir();
    if PYTHON.iter().all(there) {
        return Ok(());
    }
    pip("which fetches redis-py and valkey-py")?;
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    install(
        "redis-py and valkey-py",
        command("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"])
            .arg(&folder)
            .args(PYTHON),
    )
}

/// The client for Node.js.
pub(crate) fn ioredis() -> Result<()> {
    let prefix = tools_dir().join("clients");
    let package = prefix.join("node_modules/ioredis/package.json");
    if fs::read_to_string(package).is_ok_and(|text| text.contains(&format!("\"version\": \"{IOREDIS}\""))) {
        return Ok(());
    }
    npm_package("ioredis", &prefix, &format!("ioredis@{IOREDIS}"))
}
