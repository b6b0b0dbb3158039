//! One script that collects everything that can be read here, in the order in which captures do not spoil each other.

use serde::{Deserialize, Serialize};

/// What the program offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Host and port of net/http/pprof, such as `localhost:6060`; empty without one.
    pub http: String,
    /// The process, a number or a name that `pgrep` knows; empty to leave the kernel's view out.
    pub process: String,
    /// The container it runs in, for `docker exec`; empty for none.
    pub container: String,
    /// Snapshots of the heap.
    pub snapshots: u32,
    /// Seconds between two.
    pub every_seconds: u32,
    /// Seconds of execution trace; 0 for none.
    pub trace_seconds: u32,
    /// The program was built with Go 1.27 or later (or 1.26 with the experiment): it can list leaked goroutines.
    pub has_leak_profile: bool,
    /// It is a Java program.
    pub is_java: bool,
}

impl Default for Capture {
    fn default() -> Self {
        Self {
            http: "localhost:6060".to_owned(),
            process: String::new(),
            container: String::new(),
            snapshots: 5,
            every_seconds: 60,
            trace_seconds: 5,
            has_leak_profile: false,
            is_java: false,
        }
    }
}

impl Capture {
    /// A POSIX shell script; it leaves one archive, which is dropped as it is.
    pub fn script(&self) -> String {
        let mut out = String::from(
            "#!/bin/sh\n# Collects what poolscope reads. Missing answers are skipped; nothing is changed in the program but\n# what its own endpoints do.\nset -u\nout=poolscope-$(date +%Y%m%d-%H%M%S)\nmkdir -p \"$out\" && cd \"$out\" || exit 1\n",
        );
        if !self.process.is_empty() {
            let name = quoted(&self.process);
            out.push_str(&match self.process.bytes().all(|byte| byte.is_ascii_digit()) {
                true => format!("pid={name}\n"),
                false if self.container.is_empty() => format!("pid=$(pgrep -o -f {name}) || exit 1\n"),
                false => format!("pid=$(docker exec {} pgrep -o -f {name}) || exit 1\n", quoted(&self.container)),
            });
        }
        if !self.http.is_empty() && !self.is_java {
            let base = quoted(&format!("http://{}", self.http.trim_start_matches("http://").trim_end_matches('/')));
            out.push_str(&format!(
                "at={base}\nget() {{ curl -sfo \"$1\" \"$at$2\" || {{ rm -f \"$1\"; echo \"no $2\" >&2; }}; }}\n"
            ));
        }
        self.kernel(&mut out, "0");
        if self.is_java {
            self.java(&mut out);
        } else if !self.http.is_empty() {
            self.go(&mut out);
        }
        self.kernel(&mut out, "1");
        out.push_str("cd .. && tar czf \"$out.tar.gz\" \"$out\" && echo \"drop $out.tar.gz on the page\"\n");
        out
    }

    fn go(&self, out: &mut String) {
        out.push_str("# Snapshots without a forced collection: what the service looks like when nobody looks.\n");
        out.push_str(&format!(
            "i=0\nwhile [ $i -lt {} ]; do\n  get heap.$i.pb.gz /debug/pprof/heap\n  get goroutine.$i.pb.gz /debug/pprof/goroutine\n  get vars.$i.json /debug/vars\n  i=$((i + 1))\n  [ $i -lt {} ] && sleep {}\ndone\n",
            self.snapshots.max(1),
            self.snapshots.max(1),
            self.every_seconds
        ));
        if self.trace_seconds > 0 {
            let half = (self.trace_seconds / 2).max(1);
            out.push_str(&format!(
                "# A trace, with a heap and a goroutine profile inside it: they put every file on one clock.\nget trace.out '/debug/pprof/trace?seconds={}' &\nsleep {half}\nget heap.in-trace.pb.gz /debug/pprof/heap\nget goroutine.in-trace.pb.gz /debug/pprof/goroutine\nwait\n",
                self.trace_seconds
            ));
        }
        out.push_str(
            "# These are counted since the program began; empty unless it set runtime.SetMutexProfileFraction and SetBlockProfileRate.\nget mutex.pb.gz /debug/pprof/mutex\nget block.pb.gz /debug/pprof/block\nget allocs.pb.gz /debug/pprof/allocs\nget goroutine.txt '/debug/pprof/goroutine?debug=2'\n",
        );
        out.push_str("# Last, what forces collections: two heaps after one each tell an idle hoard from a leak.\n");
        if self.has_leak_profile {
            out.push_str("get goroutineleak.pb.gz /debug/pprof/goroutineleak\n");
        }
        out.push_str(
            "get heap.gc1.pb.gz '/debug/pprof/heap?gc=1'\nget heap.gc2.pb.gz '/debug/pprof/heap?gc=1'\nget heap.gc2.txt '/debug/pprof/heap?debug=1'\n",
        );
    }

    fn java(&self, out: &mut String) {
        if self.process.is_empty() {
            return;
        }
        let run = self.inside();
        out.push_str(&format!(
            "{run}jstat -gc \"$pid\" 1000 10 > jstat.txt\ni=0\nwhile [ $i -lt {} ]; do\n  {run}jcmd \"$pid\" GC.class_histogram > classes.$i.txt\n  {run}jstack \"$pid\" > threads.$i.txt\n  i=$((i + 1))\n  [ $i -lt {} ] && sleep {}\ndone\n",
            self.snapshots.max(1),
            self.snapshots.max(1),
            self.every_seconds
        ));
    }

    /// How the process sees itself in the kernel, before and after.
    fn kernel(&self, out: &mut String, at: &str) {
        if self.process.is_empty() {
            return;
        }
        let run = self.inside();
        out.push_str(&format!(
            "{run}cat \"/proc/$pid/smaps\" > smaps.{at}.txt\n{run}cat \"/proc/$pid/status\" > status.{at}.txt\n{run}sh -c 'cd /sys/fs/cgroup$(sed -n \"s/^0:://p\" /proc/'$pid'/cgroup) 2>/dev/null || cd /sys/fs/cgroup; head -n 999 memory.stat memory.current memory.max memory.high memory.events' > cgroup.{at}.txt 2>/dev/null\n"
        ));
    }

    fn inside(&self) -> String {
        if self.container.is_empty() { String::new() } else { format!("docker exec {} ", quoted(&self.container)) }
    }

    /// What must be set before the program starts, and what each gives.
    pub fn beforehand(&self) -> Vec<(&'static str, &'static str)> {
        if self.is_java {
            return vec![("-Xlog:gc*:file=gc.log", "every collection with its pauses: GC & memory")];
        }
        vec![
            ("GODEBUG=gctrace=1 ./program 2> gc.log", "every collection with its pauses and assists: GC & memory"),
            ("runtime.SetMutexProfileFraction(5)", "who holds what others wait for: Contention; 1 in 5 is cheap"),
            ("runtime.SetBlockProfileRate(10_000)", "who waits, one sample each 10 µs blocked: Contention"),
            ("go build -gcflags=-m=2 ./... 2> escape.txt", "why values go to the heap: Heap → Escape"),
        ]
    }
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_one_word() {
        let capture = Capture { http: "a'; rm -rf ~; '".to_owned(), process: "x y".to_owned(), ..Capture::default() };
        let script = capture.script();
        assert!(script.contains("at='http://a'\\''; rm -rf ~; '\\'''\n"), "{script}");
        assert!(script.contains("pgrep -o -f 'x y'"), "{script}");
    }

    #[test]
    fn forced_collections_come_last() {
        let script = Capture { has_leak_profile: true, ..Capture::default() }.script();
        let place = |word: &str| script.find(word).unwrap_or(usize::MAX);
        assert!(place("heap.0") == usize::MAX && place("heap.$i") < place("trace.out"));
        assert!(place("trace.out") < place("goroutineleak.pb.gz") && place("goroutineleak.pb.gz") < place("heap.gc1"));
        assert!(!script.contains("smaps"));
        let java =
            Capture { is_java: true, process: "42".to_owned(), container: "shop".to_owned(), ..Capture::default() };
        assert!(java.script().contains("docker exec 'shop' jcmd \"$pid\" GC.class_histogram"));
    }
}
