//! `poolscope serve` over real sockets: what is served, and to whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod serving;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use serving::{Serving, fixture, names, refused};

#[test]
fn the_page_and_the_named_files_are_served_and_nothing_else() {
    let (heap, mutex) = (fixture("heap.5.pb.gz"), fixture("mutex.5.pb.gz"));
    let serving = Serving::start(&[&heap, &mutex]);
    let (status, head, body) = serving.get("/");
    assert_eq!((status, body.as_slice()), (200, b"the page".as_slice()));
    for header in ["Content-Type: text/html", "connect-src 'self';", "frame-ancestors 'none'", "nosniff", "no-referrer"]
    {
        assert!(head.contains(header), "{header}: {head}");
    }
    assert!(!head.contains("Access-Control"), "{head}");
    let (_, head, _) = serving.get("/parts/a.wasm?stamp");
    assert!(head.contains("Content-Type: application/wasm"), "{head}");

    let list = serving.list();
    assert_eq!(names(&list), ["heap.5.pb.gz", "mutex.5.pb.gz"]);
    assert!(list.get("watch").is_none());
    for (number, file) in [heap, mutex].iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        assert_eq!(list["files"][number]["size"], bytes.len());
        let (status, head, body) = serving.get(&serving.session(&format!("/files/{number}")));
        assert_eq!((status, body == bytes), (200, true));
        assert!(head.contains("application/octet-stream"), "{head}");
    }
    for path in
        ["/files/2", "/files/-1", "/files/", "/files/0/..", "/files/99999999999999999999999", "/files/%30", "/nothing"]
    {
        assert_eq!(serving.get(&serving.session(path)).0, 404, "{path}");
    }
    for path in [
        "/../Cargo.toml",
        "/parts/../../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/etc/passwd",
        "/parts/",
        "/sw.js",
        "/_headers",
        "/heap.5.pb.gz",
        "/.",
    ] {
        assert_eq!(serving.get(path).0, 404, "{path}");
    }
}

#[test]
fn folders_give_all_that_is_in_them() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("serve-folder");
    std::fs::create_dir_all(folder.join("in")).unwrap();
    std::fs::write(folder.join("in/a.txt"), "a").unwrap();
    std::fs::write(folder.join(".hidden"), "h").unwrap();
    let serving = Serving::start(&[&folder.to_string_lossy()]);
    assert_eq!(names(&serving.list()), ["serve-folder/in/a.txt"]);
    // What went away since is said, and the command lives on.
    std::fs::remove_file(folder.join("in/a.txt")).unwrap();
    assert_eq!(serving.get(&serving.session("/files/0")).0, 404);
    assert_eq!(serving.get("/").0, 200);
    // What can be read only once is kept.
    let serving = Serving::start(&["-"]);
    assert_eq!(names(&serving.list()), ["standard input"]);
    assert_eq!([(); 2].map(|()| serving.get(&serving.session("/files/0")).0), [200, 200]);
}

#[test]
fn other_hosts_tokens_sites_and_methods_are_refused() {
    let serving = Serving::start(&[&fixture("heap.5.pb.gz")]);
    assert_eq!(serving.token.len(), 32);
    let (port, list) = (serving.port, serving.session(""));
    for host in [format!("localhost:{port}"), format!("[::1]:{port}"), format!("127.0.0.1:{port}")] {
        assert_eq!(serving.ask("GET", &list, &format!("Host: {host}\r\n")).0, 200, "{host}");
    }
    // A name of somebody's that leads to this machine.
    for host in
        ["evil.example", &format!("evil.example:{port}"), "localhost", "127.0.0.1:1", &format!("localhost.:{port}"), ""]
    {
        for path in ["/", &list, &serving.session("/files/0")] {
            assert_eq!(serving.ask("GET", path, &format!("Host: {host}\r\n")).0, 421, "{host} {path}");
        }
    }
    assert_eq!(serving.ask("GET", "/", "").0, 421);
    let other = if serving.token.starts_with('0') { "1" } else { "0" };
    for token in
        ["", "x", &serving.token[1..], &format!("{}0", serving.token), &format!("{other}{}", &serving.token[1..])]
    {
        for what in ["", "/files/0", "/pause"] {
            let (status, _, body) = serving.get(&format!("/session/{token}{what}"));
            assert_eq!(status, 403, "{token}{what}");
            assert!(!String::from_utf8(body).unwrap().contains(&serving.token));
        }
    }
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(serving.ask("GET", &list, &format!("{host}Origin: {origin}\r\n")).0, 403, "{origin}");
    }
    assert_eq!(serving.ask("GET", &list, &format!("{host}Origin: http://127.0.0.1:{port}\r\n")).0, 200);
    assert_eq!(serving.ask("POST", "/", &host).0, 405);
    assert_eq!(serving.ask("PUT", &serving.session("/files/0"), &host).0, 405);
    assert_eq!(serving.ask("POST", &serving.session("/pause"), &format!("{host}Content-Length: 4\r\n")).0, 413);
    let (status, _, body) = serving.ask("HEAD", "/", &host);
    assert_eq!((status, body.len()), (200, 0));
    // What is no request ends its connection, and no more.
    for nonsense in
        ["\r\n\r\n".to_owned(), "GET\r\n\r\n".to_owned(), format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 15))]
    {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _ = stream.write_all(nonsense.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty());
    }
    assert_eq!(serving.get("/").0, 200);
}

/// What listens at the port, as Linux tells it: loopback in both families, and nothing else.
#[cfg(target_os = "linux")]
#[test]
fn no_other_machine_can_connect() {
    const LISTENS: &str = "0A";
    let serving = Serving::start(&[]);
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (address, port) = fields[1].split_once(':').unwrap();
            if fields[3] == LISTENS && u16::from_str_radix(port, 16) == Ok(serving.port) {
                found.push(address.to_owned());
            }
        }
    }
    assert!(found.iter().any(|address| address == "0100007F"), "{found:?}");
    let loopback = ["0100007F", "00000000000000000000000001000000"];
    assert!(found.iter().all(|address| loopback.contains(&address.as_str())), "{found:?}");
}

#[test]
fn what_cannot_be_served_or_watched_is_said_and_ends_it() {
    let words = refused(&["/nowhere/a.pb.gz", "/nowhere/b.pb.gz", &fixture("heap.5.pb.gz")]);
    assert!(
        words.contains("/nowhere/a.pb.gz: There is no such file.") && words.contains("poolscope: /nowhere/b.pb.gz: "),
        "{words}"
    );
    assert!(refused(&["--watch", "http://192.0.2.1:6060"]).contains("That is another machine."));
    assert!(refused(&["--watch", "https://localhost:6060"]).contains("forward its port"));
    assert!(refused(&["--watch", "http://localhost:6060", "--every", "1ms"]).contains("500ms to 24h"));
    assert!(refused(&["--every", "1s"]).contains("--watch"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(refused(&["--port", &port]).contains("Without --port a free one is taken."));
    assert!(refused(&["--site", "/nowhere"]).contains("cannot be used multiple times"));
    let without = Command::new(env!("CARGO_BIN_EXE_poolscope"))
        .args(["serve", "--site", env!("CARGO_TARGET_TMPDIR")])
        .output()
        .unwrap();
    assert!(String::from_utf8(without.stderr).unwrap().contains("index.html"));
    // Built as tests are, the command has no page.
    if option_env!("POOLSCOPE_SITE").is_none_or(str::is_empty) {
        let without = Command::new(env!("CARGO_BIN_EXE_poolscope")).arg("serve").output().unwrap();
        let words = String::from_utf8(without.stderr).unwrap();
        assert_eq!(without.status.code(), Some(2));
        assert!(words.contains("built without the page") && words.contains("cargo xtask command"), "{words}");
    }
}
