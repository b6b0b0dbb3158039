//! The capture script, run by real shells with the real curl against small servers that answer, refuse, hang and die.
#![cfg(all(unix, not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use analysis::capture::Capture;
use analysis::model::record::Record;
use analysis::session::Session;

/// What a server does with a request.
enum Answer {
    Body(&'static str),
    Status(u16),
    /// Never a word.
    Hang,
    /// Less than was said to come.
    Cut,
}

/// A server on a free port of this machine; what was asked, in order.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    fn new(answer: fn(&str) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, over) = (asked.clone(), is_over.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (stream, log) = (stream.unwrap(), log.clone());
                std::thread::spawn(move || serve(stream, &log, answer));
            }
        });
        Self { port, asked, is_over }
    }

    fn capture(&self) -> Capture {
        Capture {
            http: format!("http://127.0.0.1:{}/debug/pprof/", self.port),
            snapshots: 3,
            every_seconds: 0,
            trace_seconds: 0,
            ..Capture::default()
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<String>>, answer: fn(&str) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    log.lock().unwrap().push(path.clone());
    let _ = match answer(&path) {
        Answer::Body(body) => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        Answer::Status(status) => write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nno\n"),
        Answer::Cut => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
        // Until the other side has enough of it.
        Answer::Hang => stream.read(&mut [0]).map(|_| ()),
    };
}

/// As net/http/pprof does.
fn pprof(path: &str) -> Answer {
    match path {
        "/debug/pprof/" => Answer::Body("<a href=goroutine>goroutine</a>"),
        "/debug/vars" | "/metrics" | "/debug/pprof/goroutineleak" => Answer::Status(404),
        _ => Answer::Body("a profile"),
    }
}

/// A folder of its own, in which a script ran.
struct Run {
    folder: PathBuf,
    output: Output,
    said: String,
}

impl Run {
    fn new(script: &str, shell: &[&str], set: &dyn Fn(&mut Command)) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("poolscope-capture-{}-{count}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("capture.sh"), script).unwrap();
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg("capture.sh").current_dir(&folder).stdin(Stdio::null());
        set(&mut command);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { folder, output, said }
    }

    fn sh(script: &str) -> Self {
        Self::new(script, &["sh"], &|_| {})
    }

    /// The one folder that was made.
    fn made(&self) -> PathBuf {
        let made =
            entries(&self.folder).into_iter().find(|name| name.starts_with("poolscope-") && !name.ends_with(".gz"));
        self.folder.join(made.unwrap_or_else(|| panic!("nothing was made: {}", self.said)))
    }

    fn files(&self) -> Vec<String> {
        entries(&self.made())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Where there is no curl there is nothing to try.
fn has(tool: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap().status.success();
    if !found {
        eprintln!("not tried: there is no {tool} here");
    }
    found
}

fn impatient(script: &str) -> String {
    assert!(script.contains("\nlimit=60 "), "{script}");
    script.replace("\nlimit=60 ", "\nlimit=1 ")
}

#[test]
fn what_answers_is_kept_in_the_right_order() {
    for shell in
        [&["sh"][..], &["bash"], &["dash"], &["busybox", "sh"]].into_iter().filter(|it| has("curl") && has(it[0]))
    {
        let server = Server::new(pprof);
        let run = Run::new(&Capture { trace_seconds: 1, ..server.capture() }.script(), shell, &|_| {});
        assert!(run.output.status.success(), "{shell:?}: {}", run.said);
        let wanted = "allocs.pb.gz block.pb.gz goroutine.0.pb.gz goroutine.1.pb.gz goroutine.2.pb.gz goroutine.in-trace.pb.gz \
            goroutine.txt heap.0.pb.gz heap.1.pb.gz heap.2.pb.gz heap.gc1.pb.gz heap.gc2.pb.gz heap.gc2.txt \
            heap.in-trace.pb.gz mutex.pb.gz trace.out";
        assert_eq!(run.files().join(" "), wanted, "{shell:?}: {}", run.said);
        assert_eq!(std::fs::read_to_string(run.made().join("heap.1.pb.gz")).unwrap(), "a profile");
        let asked = server.asked();
        let place = |path: &str| asked.iter().position(|known| known == path).unwrap_or(usize::MAX);
        // Before anything it is asked whether it is there, and what forces a collection comes last.
        assert_eq!(place("/debug/pprof/"), 0);
        assert!(place("/debug/pprof/trace?seconds=1") < place("/debug/pprof/mutex"), "{asked:?}");
        assert!(place("/debug/pprof/goroutine?debug=2") < place("/debug/pprof/goroutineleak"), "{asked:?}");
        assert!(place("/debug/pprof/goroutineleak") < place("/debug/pprof/heap?gc=1"), "{asked:?}");
        // What is not there the first time is not asked again.
        assert_eq!(asked.iter().filter(|path| *path == "/debug/vars").count(), 1);
        for word in ["Got 16 files", "Not got:", "vars.0.json: HTTP 404", "Drop this on the page", ".tar.gz"] {
            assert!(run.said.contains(word), "{shell:?} {word}: {}", run.said);
        }
    }
}

#[test]
fn what_hangs_or_breaks_leaves_no_file_and_a_reason() {
    if !has("curl") {
        return;
    }
    let server = Server::new(|path| match path {
        "/debug/pprof/mutex" => Answer::Hang,
        "/debug/pprof/allocs" => Answer::Cut,
        "/debug/pprof/block" => Answer::Status(500),
        path => pprof(path),
    });
    let run = Run::sh(&impatient(&server.capture().script()));
    assert!(run.output.status.success(), "{}", run.said);
    let files = run.files().join(" ");
    assert!(files.contains("goroutine.txt") && files.contains("heap.gc2.pb.gz"), "{files}");
    assert!(!files.contains("mutex") && !files.contains("allocs") && !files.contains(".part"), "{files}");
    for word in ["mutex.pb.gz: Operation timed out", "block.pb.gz: HTTP 500", "allocs.pb.gz: "] {
        assert!(run.said.contains(word), "{word}: {}", run.said);
    }
}

#[test]
fn without_a_program_it_stops_with_words_and_leaves_nothing() {
    if !has("curl") {
        return;
    }
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = Capture { http: format!("127.0.0.1:{dead}"), ..Capture::default() }.script();
    let elsewhere = Server::new(|_| Answer::Status(404));
    let page = Server::new(|_| Answer::Body("<html>A shop</html>"));
    let locked = Server::new(|_| Answer::Status(401));
    let mute = Server::new(|_| Answer::Hang);
    for (script, word) in [
        (nobody, "Nothing answers at http://127.0.0.1:"),
        (elsewhere.capture().script(), "has no /debug/pprof/"),
        (page.capture().script(), "not as net/http/pprof does"),
        (locked.capture().script(), "user:password@"),
        (impatient(&mute.capture().script()), "timed out"),
    ] {
        let run = Run::sh(&script);
        assert_eq!(run.output.status.code(), Some(1), "{word}: {}", run.said);
        assert!(run.said.contains(word), "{word}: {}", run.said);
        assert_eq!(entries(&run.folder), ["capture.sh"]);
    }
}

#[test]
fn a_program_that_ends_meanwhile_leaves_what_was_got() {
    if !has("curl") {
        return;
    }
    static SNAPSHOTS: AtomicU32 = AtomicU32::new(0);
    let server = Server::new(|path| match path {
        "/debug/pprof/" if SNAPSHOTS.load(Ordering::Relaxed) > 1 => Answer::Cut,
        "/debug/pprof/heap" if SNAPSHOTS.fetch_add(1, Ordering::Relaxed) > 0 => Answer::Cut,
        path => pprof(path),
    });
    let run = Run::sh(&server.capture().script());
    assert_eq!(run.output.status.code(), Some(1), "{}", run.said);
    assert_eq!(run.files(), ["goroutine.0.pb.gz", "heap.0.pb.gz"]);
    assert!(run.said.contains("Drop this on the page"), "{}", run.said);
}

#[test]
fn two_runs_at_once_keep_apart() {
    if !has("curl") {
        return;
    }
    let server = Server::new(pprof);
    let inner = server.capture().script();
    let run = Run::new("sh inner.sh 2>>said &\nsh inner.sh 2>>said\nwait\n", &["sh"], &|command| {
        std::fs::write(command.get_current_dir().unwrap().join("inner.sh"), &inner).unwrap();
    });
    let made = entries(&run.folder);
    assert_eq!(made.iter().filter(|name| name.ends_with(".tar.gz")).count(), 2, "{made:?}");
}

#[test]
fn what_is_typed_is_never_run() {
    let evil = "|x'; touch pwned; '\"$(touch pwned)`touch pwned`\n touch pwned\nPOOLSCOPE\ntouch pwned\n\r;&|";
    for capture in [
        Capture { http: evil.to_owned(), ..Capture::default() },
        Capture { http: String::new(), process: evil.to_owned(), ..Capture::default() },
        Capture { http: String::new(), process: "1".to_owned(), container: evil.to_owned(), ..Capture::default() },
        Capture { is_java: true, process: evil.to_owned(), container: evil.to_owned(), ..Capture::default() },
    ] {
        let capture = Capture { every_seconds: 0, ..capture };
        for shell in ["sh", "bash"].into_iter().filter(|it| has(it)) {
            let run = Run::new(&impatient(&capture.script()), &[shell], &with_docker);
            assert_eq!(run.output.status.code(), Some(1), "{}", run.said);
            let left: Vec<String> = entries(&run.folder).into_iter().filter(|name| name != "tools").collect();
            assert_eq!(left, ["capture.sh"], "{}", run.said);
        }
    }
}

/// A stand-in for docker, whose container `shop` is this machine, and whose `bare` is an image without a shell, with this
/// process in it.
fn with_docker(command: &mut Command) {
    use std::os::unix::fs::PermissionsExt;
    let tools = command.get_current_dir().unwrap().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let text = format!(
        "#!/bin/sh\nwhat=$1; shift\ncase $what:$1 in\n  exec:shop) shift; exec \"$@\" ;;\n  inspect:-f) [ \"$3\" = bare ] && echo {} || exit 1 ;;\n  *) echo \"no shell in $1\" >&2; exit 1 ;;\nesac\n",
        std::process::id()
    );
    std::fs::write(tools.join("docker"), text).unwrap();
    std::fs::set_permissions(tools.join("docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", tools.display()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernels_view_of_a_process_is_read_back() {
    let id = std::process::id();
    for (container, process) in [("", id.to_string()), ("shop", id.to_string()), ("bare", "1".to_owned())] {
        let container = container.to_owned();
        let capture =
            Capture { http: String::new(), process, container, snapshots: 2, every_seconds: 0, ..Capture::default() };
        let run = Run::new(&capture.script(), &["sh"], &with_docker);
        let files = run.files();
        for file in ["smaps.0.txt", "smaps.end.txt", "status.0.txt", "status.1.txt", "status.end.txt"] {
            assert!(files.iter().any(|known| known == file), "{file} {files:?}: {}", run.said);
        }
        let status = std::fs::read_to_string(run.made().join("status.1.txt")).unwrap();
        assert!(status.contains(&format!("Pid:\t{id}\n")), "{status}");
        // What this process may not be asked is said, and leaves no empty file.
        for file in &files {
            assert!(run.made().join(file).metadata().unwrap().len() > 0, "{file}");
        }
        // Each is read as it was meant, with its time.
        let mut session = Session::default();
        for file in &files {
            session
                .open(file, std::fs::read(run.made().join(file)).unwrap(), &mut |_| ControlFlow::Continue(()))
                .unwrap();
        }
        let timed = |is: fn(&Record) -> bool| session.records().filter(|(_, it)| is(it) && it.time().is_some()).count();
        assert_eq!(timed(|record| matches!(record, Record::AddressSpace(_))), 5);
        // A process without a control group of memory says so and leaves none.
        let groups = files.iter().filter(|file| file.starts_with("cgroup")).count();
        assert_eq!(timed(|record| matches!(record, Record::Cgroup(_))), groups);
    }
}

#[test]
fn a_script_is_not_the_process_it_looks_for() {
    if !has("pgrep") {
        return;
    }
    let name = "no-such-program-9";
    let capture = Capture { http: String::new(), process: name.to_owned(), ..Capture::default() };
    let run = Run::new(&format!("exec sh ./{name} {name}\n"), &["sh"], &|command| {
        std::fs::write(command.get_current_dir().unwrap().join(name), capture.script()).unwrap();
    });
    assert!(run.said.contains("No process is called no-such-program-9"), "{}", run.said);
    assert_eq!(run.output.status.code(), Some(1));
}
