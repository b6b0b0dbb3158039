//! The command as it serves, for tests.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) fn fixture(name: &str) -> String {
    format!("{}/../fixtures/go/leak-retained/go1.27.3/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A built site, as far as the command looks at it.
fn site() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("serve-site");
    std::fs::create_dir_all(folder.join("parts")).unwrap();
    for (name, text) in
        [("index.html", "the page"), ("parts/a.wasm", "\0asm"), ("sw.js", "stays"), ("_headers", "for hosts")]
    {
        std::fs::write(folder.join(name), text).unwrap();
    }
    folder.to_string_lossy().into_owned()
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolscope"));
    command.args(["serve", "--site", &site()]).args(args).stdin(Stdio::null());
    command
}

pub(crate) fn refused(args: &[&str]) -> String {
    let Output { status, stderr, .. } = command(args).output().unwrap();
    assert_eq!(status.code(), Some(2), "{args:?}");
    String::from_utf8(stderr).unwrap()
}

/// A command that serves, until it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (place, fragment) = line.trim().strip_prefix("http://127.0.0.1:").unwrap().split_once('/').unwrap();
        let token = fragment.split_once("serve=").map_or("", |(_, token)| token).to_owned();
        Self { child, port: place.parse().unwrap(), token }
    }

    /// The whole answer, as it comes.
    pub(crate) fn raw(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
        let answer = self.raw(&format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"));
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head, answer[end..].to_vec())
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        self.ask("GET", path, &format!("Host: 127.0.0.1:{}\r\n", self.port))
    }

    pub(crate) fn session(&self, what: &str) -> String {
        format!("/session/{}{what}", self.token)
    }

    pub(crate) fn list(&self) -> Value {
        let (status, _, body) = self.get(&self.session(""));
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    }

    /// The list, once it is as it should be.
    pub(crate) fn list_when(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let list = self.list();
            if is_so(&list) {
                return list;
            }
            assert!(since.elapsed() < Duration::from_secs(60), "{what}: {list}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    list["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect()
}
