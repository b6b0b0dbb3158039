//! `poolscope serve --watch`: a program that is watched, goes away and comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod serving;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use serving::{Serving, fixture, names};

/// The first line of a request, all of which is read: a connection that is closed before that is broken off.
fn request_line(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).count();
    first
}

/// A Go program that serves its profiles: the heap of a leak as it grows.
struct Program {
    port: u16,
    ends: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Program {
    /// At a port of its own, or again at the one it had.
    fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ends, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (ending, asks) = (Arc::clone(&ends), Arc::clone(&asked));
        let heaps = AtomicUsize::new(0);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let path = request_line(&stream).split(' ').nth(1).unwrap().to_owned();
                asks.lock().unwrap().push(path.clone());
                let file = match path.as_str() {
                    "/debug/pprof/heap" | "/debug/pprof/heap?gc=1" => {
                        fixture(&format!("heap.{}.pb.gz", heaps.fetch_add(1, Ordering::SeqCst).min(5)))
                    }
                    "/debug/pprof/goroutine" => fixture("goroutine.5.pb.gz"),
                    _ => String::new(),
                };
                let head = if file.is_empty() { "404 Not Found" } else { "200 OK" };
                let body = std::fs::read(file).unwrap_or_default();
                // In two pieces, as Go sends what it does not know the length of.
                let (first, second) = body.split_at(body.len() / 2);
                write!(stream, "HTTP/1.1 {head}\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
                for piece in [first, second].into_iter().filter(|piece| !piece.is_empty()) {
                    write!(stream, "{:x}\r\n", piece.len()).unwrap();
                    stream.write_all(piece).unwrap();
                    stream.write_all(b"\r\n").unwrap();
                }
                stream.write_all(b"0\r\n\r\n").unwrap();
            }
        });
        Self { port, ends, asked, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

#[test]
fn a_program_is_watched_goes_away_and_comes_back() {
    let program = Program::start(0);
    let port = program.port;
    let serving = Serving::start(&["--watch", &program.url(), "--every", "500ms"]);
    let taken = |list: &Value| list["watch"]["snapshots"].as_u64().unwrap();
    let trouble = |list: &Value| list["watch"]["trouble"].as_str().unwrap().to_owned();
    let list = serving.list_when("three snapshots", |list| taken(list) >= 3);
    assert_eq!(
        names(&list)[..4],
        ["heap.0001.pb.gz", "goroutine.0001.pb.gz", "heap.0002.pb.gz", "goroutine.0002.pb.gz"]
    );
    assert_eq!(trouble(&list), "");
    assert_eq!(list["watch"]["of"], format!("localhost:{port}"));
    let number = list["files"][2]["number"].as_u64().unwrap();
    let (_, _, body) = serving.get(&serving.session(&format!("/files/{number}")));
    assert_eq!(body, std::fs::read(fixture("heap.1.pb.gz")).unwrap());
    assert_eq!(
        program.asked.lock().unwrap()[..4],
        ["heap", "goroutine", "mutex", "block"].map(|kind| format!("/debug/pprof/{kind}"))
    );

    drop(program);
    let list = serving.list_when("gone", |list| !trouble(list).is_empty());
    assert_eq!(trouble(&list), format!("localhost:{port} is not there (connection refused)."));
    let had = taken(&list);
    // What was taken is still there.
    assert_eq!(serving.get(&serving.session(&format!("/files/{number}"))).0, 200);

    let _again = Program::start(port);
    let list = serving.list_when("back", |list| taken(list) > had);
    assert_eq!(trouble(&list), "");
    let files = list["files"].as_array().unwrap();
    let mut numbers: Vec<u64> = files.iter().map(|file| file["number"].as_u64().unwrap()).collect();
    numbers.dedup();
    assert!(numbers.is_sorted() && numbers.len() == files.len(), "{numbers:?}");
}

#[test]
fn a_watch_can_be_paused_and_what_it_keeps_is_bounded() {
    let program = Program::start(0);
    let serving = Serving::start(&["--watch", &program.url(), "--every", "500ms", "--keep", "2", "--gc"]);
    let turn = |to: &str| {
        let host = format!("Host: 127.0.0.1:{}\r\n", serving.port);
        let (status, _, body) = serving.ask("POST", &serving.session(to), &host);
        assert_eq!(status, 200);
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let list = serving.list_when("four snapshots", |list| list["watch"]["snapshots"].as_u64() >= Some(4));
    assert_eq!(names(&list)[0], "heap.0001.pb.gz");
    assert_eq!((names(&list).len(), &list["watch"]["kept"]), (4, &Value::from(2)));
    assert!(program.asked.lock().unwrap().contains(&"/debug/pprof/heap?gc=1".to_owned()));

    assert_eq!(turn("/pause")["watch"]["is_paused"], true);
    // One may be under way.
    thread::sleep(Duration::from_millis(700));
    let asked = program.asked.lock().unwrap().len();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(program.asked.lock().unwrap().len(), asked);
    let paused = serving.list()["watch"]["snapshots"].as_u64();
    assert_eq!(turn("/resume")["watch"]["is_paused"], false);
    serving.list_when("it goes on", |list| list["watch"]["snapshots"].as_u64() > paused);
}

#[test]
fn a_server_without_profiles_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = [
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ];
    let words = [
        "has no profiles below /debug/pprof/",
        "gives as heap is no profile",
        "does not answer as a web server does",
        "sends the question for heap elsewhere",
    ];
    let at = Arc::new(AtomicUsize::new(0));
    let answering = Arc::clone(&at);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            request_line(&stream);
            let _ = stream.write_all(answers[answering.load(Ordering::SeqCst)].as_bytes());
        }
    });
    let serving = Serving::start(&["--watch", &url, "--every", "500ms"]);
    for (number, words) in words.iter().enumerate() {
        at.store(number, Ordering::SeqCst);
        let list = serving.list_when(words, |list| list["watch"]["trouble"].as_str().unwrap().contains(words));
        assert_eq!(list["watch"]["snapshots"], 0);
    }
}
