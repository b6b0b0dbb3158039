//! One script that collects everything that can be read here, in the order in which captures do not spoil each other.

mod address;

use serde::{Deserialize, Serialize};

/// What the program offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Where net/http/pprof answers, as it was typed or pasted, such as `localhost:6060`; empty without one.
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
            is_java: false,
        }
    }
}

/// What asks the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// net/http/pprof.
    Go,
    /// The tools of a JDK.
    Java,
    /// Stacks of threads from outside.
    Native,
}

impl Capture {
    fn way(&self) -> Way {
        match (self.is_java, self.http.is_empty()) {
            (true, _) => Way::Java,
            (false, false) => Way::Go,
            (false, true) => Way::Native,
        }
    }

    /// What was not said, and must be before there is a script.
    pub fn lacks(&self) -> Option<&'static str> {
        (self.way() != Way::Go && self.process.is_empty()).then_some("Name the process, by its number or a name.")
    }

    /// Seconds that the script waits; answers come on top.
    pub fn seconds(&self) -> u64 {
        let between = u64::from(self.snapshots.max(1) - 1) * u64::from(self.every_seconds);
        between
            + match self.way() {
                Way::Go => u64::from(self.trace_seconds),
                Way::Java => 10,
                Way::Native => 0,
            }
    }

    /// A POSIX shell script, which leaves one archive that is dropped as it is. It can be pasted into any shell or saved and
    /// run with `sh`: what is typed stands in assignments of one quoted word each, and all else is fixed.
    pub fn script(&self) -> String {
        if let Some(what) = self.lacks() {
            return format!("# {what}\n");
        }
        let mut out = String::from("sh <<'POOLSCOPE'\n");
        out.push_str(
            "# Collects what Poolscope reads of one program, into one archive. Nothing is changed in the program but what its own\n# endpoints do; what cannot be had is said, and skipped.\nset -u\n",
        );
        self.settings(&mut out);
        out.push_str(include_str!("start.sh"));
        out.push_str(match self.process.is_empty() {
            true => "\n# No process was named: nothing is asked of the kernel.\nfind_process() { :; }\nlook() { :; }\n",
            false => include_str!("process.sh"),
        });
        out.push_str(match self.way() {
            Way::Go => include_str!("go.sh"),
            Way::Java => include_str!("java.sh"),
            Way::Native => include_str!("native.sh"),
        });
        out.push_str(include_str!("run.sh"));
        out.push_str("POOLSCOPE\n");
        out
    }

    fn settings(&self, out: &mut String) {
        if self.way() == Way::Go {
            let base = address::base(&self.http);
            out.push_str(&format!("at={}\n", word(&base)));
            if address::is_loopback(&base) {
                out.push_str("export NO_PROXY='*'  # It is this machine.\n");
            }
        }
        let mut set = |name: &str, value: &str, why: &str| {
            out.push_str(&format!("{name}={value}{}{why}\n", if why.is_empty() { "" } else { "  # " }));
        };
        if !self.process.is_empty() {
            set("process", &word(&self.process), "");
            // A word that begins so would be taken for an option.
            set("container", &word(self.container.trim_start_matches(['-', ' '])), "");
        }
        set("snapshots", &self.snapshots.max(1).to_string(), "");
        set("every", &self.every_seconds.to_string(), "seconds between two");
        if self.way() == Way::Go {
            set("trace", &self.trace_seconds.to_string(), "seconds; 0 for none");
            let middle = if self.trace_seconds == 1 { "0.5".to_owned() } else { (self.trace_seconds / 2).to_string() };
            set("middle", &middle, "when the profiles within the trace are taken");
        }
        set("limit", "60", "seconds that one answer may take");
    }

    /// What must be set before the program starts, and what each gives.
    pub fn beforehand(&self) -> Vec<(&'static str, &'static str)> {
        match self.way() {
            Way::Java => vec![("-Xlog:gc*:file=gc.log", "every collection with its pauses: GC & memory")],
            Way::Native => vec![(
                "MALLOC_CONF=prof:true,lg_prof_interval:30 ./program",
                "where memory was allocated, of a program with jemalloc: one profile each 2³⁰ bytes",
            )],
            Way::Go => vec![
                ("GODEBUG=gctrace=1 ./program 2> gc.log", "every collection with its pauses and assists: GC & memory"),
                ("runtime.SetMutexProfileFraction(5)", "who holds what others wait for: Contention; 1 in 5 is cheap"),
                ("runtime.SetBlockProfileRate(10_000)", "who waits, one sample each 10 µs blocked: Contention"),
                ("go build -gcflags=-m=2 ./... 2> escape.txt", "why values go to the heap: Heap → Escape"),
            ],
        }
    }
}

/// As one word of a shell. Control characters would act on the terminal it is pasted into, and are left out.
fn word(text: &str) -> String {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_one_word() {
        let capture = Capture {
            http: "a'; rm -rf ~; '".to_owned(),
            process: "x y\nPOOLSCOPE\nrm -rf ~\u{3}$(id)`id`".to_owned(),
            container: "--privileged 'x".to_owned(),
            ..Capture::default()
        };
        let script = capture.script();
        assert!(script.contains("at='http://a'\\'';rm-rf~;'\\'''\n"), "{script}");
        assert!(script.contains("process='x yPOOLSCOPErm -rf ~$(id)`id`'\n"), "{script}");
        assert!(script.contains("container='privileged '\\''x'\n"), "{script}");
        assert_eq!(script.matches("\nPOOLSCOPE\n").count(), 1);
    }

    #[test]
    fn without_anything_to_ask_it_says_so() {
        let none = Capture { http: String::new(), ..Capture::default() };
        assert_eq!(none.script(), "# Name the process, by its number or a name.\n");
        assert!(Capture { is_java: true, ..Capture::default() }.lacks().is_some());
        assert!(Capture { process: "7".to_owned(), ..none }.script().contains("eu-stack"));
    }

    #[test]
    fn it_takes_as_long_as_it_waits() {
        assert_eq!(Capture::default().seconds(), 245);
        let java = Capture { is_java: true, process: "7".to_owned(), snapshots: 0, ..Capture::default() };
        assert_eq!(java.seconds(), 10);
    }
}
