//! A small server of static files, on loopback only. It obeys `_headers`, as hosts do.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

use crate::headers;
use crate::run::say;
use crate::site;

/// Builds the site and serves it until stopped.
pub(crate) fn serve(port: Option<u16>) -> Result<(), String> {
    let dist = site::dist()?;
    let (listener, address) = listen(port.unwrap_or(0))?;
    say(&format!("Serving at http://{address}/ (Ctrl-C ends it)"));
    accept(&listener, &dist, "");
    Ok(())
}

/// Serves `dist` below `/prefix/` from a thread; gives the address of the page.
pub(crate) fn in_background(dist: PathBuf, prefix: &'static str) -> Result<String, String> {
    let (listener, address) = listen(0)?;
    thread::spawn(move || accept(&listener, &dist, prefix));
    Ok(format!("http://{address}/{prefix}"))
}

fn listen(port: u16) -> Result<(TcpListener, String), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| format!("Port {port} cannot be served: {error}."))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    Ok((listener, format!("localhost:{port}")))
}

fn accept(listener: &TcpListener, dist: &Path, prefix: &'static str) {
    for stream in listener.incoming().flatten() {
        let dist = dist.to_owned();
        // A browser that goes away in the middle of an answer is no error of ours.
        thread::spawn(move || {
            let _ = answer(&stream, &dist, prefix);
        });
    }
}

fn answer(stream: &TcpStream, dist: &Path, prefix: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let file_of_headers = std::fs::read_to_string(dist.join("_headers")).unwrap_or_default();
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or("/");
        let path = path.split(['?', '#']).next().unwrap_or("/");
        let own = path.strip_prefix('/').and_then(|path| path.strip_prefix(prefix));
        let found = own.and_then(|own| file_for(dist, own));
        let mut out = stream;
        match found.and_then(|file| Some((mime(&file), std::fs::read(file).ok()?))) {
            Some((mime, body)) => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len())?;
                let own = format!("/{}", own.unwrap_or_default());
                let said = headers::of(&file_of_headers, &own);
                for (name, value) in [("Content-Type", mime), ("Cache-Control", "no-cache")] {
                    if !said.iter().any(|(known, _)| *known == name) {
                        write!(out, "{name}: {value}\r\n")?;
                    }
                }
                for (name, value) in said {
                    write!(out, "{name}: {value}\r\n")?;
                }
                write!(out, "\r\n")?;
                out.write_all(&body)?;
            }
            None => write!(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found")?,
        }
    }
}

/// The file of a path from the site's own root.
fn file_for(dist: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(if path.is_empty() || path.ends_with('/') { "index.html" } else { path });
    path.components().all(|part| matches!(part, Component::Normal(_))).then(|| dist.join(path))
}

fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
