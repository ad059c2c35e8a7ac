//! The page as one file, which opens from a memory stick: beside a file a browser loads neither modules
//! nor wasm, so all of it stands inside.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::run::top;

/// Puts the bundle of `target/dist` into `target/single/splitvote.html`.
pub(crate) fn write() -> Result<PathBuf> {
    let dist = top().join("target/dist");
    let read =
        |name: &str| fs::read(dist.join(name)).with_context(|| format!("reading {name} of the bundle"));
    let text = |name: &str| read(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let page = text("index.html")?;
    let glue = between(&page, "from './", "'")?;
    let wasm = between(&page, "module_or_path: './", "'")?;
    let style = between(&page, "<link rel=\"stylesheet\" href=\"./", "\"")?;
    let whole = put_together(&page, &text(glue)?, &read(wasm)?, &text(style)?)?;
    let file = top().join("target/single/splitvote.html");
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fs::write(&file, &whole).with_context(|| format!("writing {}", file.display()))?;
    println!("    {:>9} bytes, all in one: {}", whole.len(), file.display());
    Ok(file)
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> Result<&'a str> {
    let rest =
        page.split_once(start).with_context(|| format!("index.html of the bundle has no {start:?}"))?.1;
    Ok(rest.split(end).next().unwrap_or(rest))
}

fn put_together(page: &str, glue: &str, wasm: &[u8], style: &str) -> Result<String> {
    let (module, _) = glue.rsplit_once("export {").context("the glue exports nothing")?;
    let script = between(page, "<script type=\"module\">", "</script>")?;
    let bytes = format!("Uint8Array.from(atob('{}'), c => c.charCodeAt(0))", BASE64_STANDARD.encode(wasm));
    let inside: String = script
        .lines()
        .filter(|line| !line.starts_with("import ") && !line.contains("wasmBindings"))
        .map(|line| match line.split_once("module_or_path: ") {
            Some((before, _)) => format!(
                "{before}module_or_path: {bytes} }});\n",
                before = before.replace("init(", "__wbg_init(")
            ),
            None => format!("{line}\n"),
        })
        .collect();
    let mut head = page.replace(&format!("<script type=\"module\">{script}</script>"), "\u{0}");
    // They lead to files that are not there; and an address of its own keeps the fragment.
    for tag in ["<link ", "<base "] {
        while let Some((before, rest)) = head.split_once(tag) {
            head = format!("{before}{}", rest.split_once('>').map_or("", |(_, after)| after));
        }
    }
    let style = format!("<style>{style}</style>\n  </head>");
    // A block of its own: the glue has names of its own.
    let script = format!("<script type=\"module\">\n{module}\n{{\n{inside}}}\n</script>");
    Ok(head.replacen("</head>", &style, 1).replacen('\u{0}', &script, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head><base href=\"./\" /><link rel=\"stylesheet\" href=\"./s.css\"/>\n<script type=\"module\">\n\
        import init, * as bindings from './app.js';\nconst wasm = await init({ module_or_path: './app.wasm' });\n\
        window.wasmBindings = bindings;\n</script><link rel=\"preload\" href=\"./app.wasm\">\n</head><body><p>Wait</p></body>";

    #[test]
    fn nothing_of_the_page_stands_beside_it() {
        let whole =
            put_together(PAGE, "function f() {}\nexport { f, __wbg_init as default };", b"\0asm", "p{}")
                .unwrap();
        for gone in ["<link", "<base", "import ", "export", "wasmBindings", "app.wasm", "\u{0}"] {
            assert!(!whole.contains(gone), "{gone:?} in {whole}");
        }
        for there in [
            "<style>p{}</style>",
            "function f() {}",
            "await __wbg_init({ module_or_path: Uint8Array.from(atob('AGFzbQ==')",
            "<p>Wait</p>",
        ] {
            assert!(whole.contains(there), "{there:?} in {whole}");
        }
    }
}
