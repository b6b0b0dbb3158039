//! A script that collects what can be read here, for a program as the reader describes it.

use std::fmt::Write;

use analysis::capture::Capture;
use analysis::link::entries;
use analysis::markup::escaped;

use super::Here;

/// What the address says of the program (`pick`, an entry a field).
fn capture(here: &Here) -> Capture {
    let mut capture = Capture::default();
    for (name, value) in entries(here.get("pick")) {
        let number = |of: &mut u32, most: u32| *of = value.parse::<u32>().map_or(*of, |n| n.min(most));
        match name.as_str() {
            "http" => capture.http = if value == "-" { String::new() } else { value },
            "process" => capture.process = value,
            "container" => capture.container = value,
            "snapshots" => number(&mut capture.snapshots, 100),
            "every" => number(&mut capture.every_seconds, 86_400),
            "trace" => number(&mut capture.trace_seconds, 600),
            "java" => capture.is_java = true,
            _ => {}
        }
    }
    capture
}

/// The page.
pub(super) fn page(here: &Here) -> String {
    let capture = capture(here);
    let mut out = String::from(
        "<div class=\"hd\"><h2>Capture</h2><span class=\"dim\">one script for everything this page reads</span></div><div class=\"capture\"><div class=\"lines\" data-testid=\"capture-form\">",
    );
    let mut field = |name: &str, label: &str, value: &str, why: &str| {
        let _ = write!(
            out,
            "<label><span>{label}</span><input id=\"cap-{name}\" data-pair=\"pick\" data-name=\"{name}\" value=\"{}\"><span class=\"why\">{why}</span></label>",
            escaped(value)
        );
    };
    if !capture.is_java {
        field(
            "http",
            "net/http/pprof at",
            &capture.http,
            "As you have it: :6060, a host and port, a pasted link. With Kubernetes: kubectl port-forward POD 6060. “-” when the program has none; then its threads' stacks are taken from outside.",
        );
    }
    field(
        "process",
        "Process",
        &capture.process,
        "Its number or its name: memory map, limits and resident size as the kernel sees them. Within a container the main program is 1.",
    );
    field(
        "container",
        "Container",
        &capture.container,
        "Its name in docker or podman, on the machine where the script runs; empty when there is none.",
    );
    field("snapshots", "Snapshots", &capture.snapshots.to_string(), "Five tell a trend; two only a difference.");
    field(
        "every",
        "Seconds between",
        &capture.every_seconds.to_string(),
        "Longer than a few collections, so that each snapshot is a new measurement.",
    );
    if !capture.is_java {
        field(
            "trace",
            "Seconds of trace",
            &capture.trace_seconds.to_string(),
            "0 for none. Five seconds of a busy service are 50–250 MB.",
        );
    }
    let mut tick = |name: &str, label: &str, is_on: bool, why: &str| {
        let _ = write!(
            out,
            "<label><span>{label}</span><input type=\"checkbox\" id=\"cap-{name}\" data-pair=\"pick\" data-name=\"{name}\"{}><span class=\"why\">{why}</span></label>",
            if is_on { " checked" } else { "" }
        );
    };
    tick("java", "A Java program", capture.is_java, "jstat, class histograms and thread dumps in the place of pprof.");
    let _ = write!(
        out,
        "</div><div class=\"script\"><p class=\"why\" data-testid=\"capture-time\">{}</p><pre data-testid=\"capture-script\" tabindex=\"0\" role=\"region\" aria-label=\"The script\">{}</pre><button class=\"btn prime\" data-copy>Copy the script</button></div></div>",
        words(&capture),
        escaped(&capture.script())
    );
    out.push_str(
        "<div class=\"hd\"><h2>What must be set before the program starts</h2></div><div class=\"lines plain\">",
    );
    for (what, gives) in capture.beforehand() {
        let _ = write!(
            out,
            "<div><code>{}</code><button class=\"go\" data-copy>Copy</button><span class=\"why\">{}</span></div>",
            escaped(what),
            escaped(gives)
        );
    }
    out.push_str("</div>");
    out
}

/// How it is run, and how long that takes.
fn words(capture: &Capture) -> String {
    if let Some(what) = capture.lacks() {
        return what.to_owned();
    }
    let time = match capture.seconds() {
        seconds @ 0..=90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    };
    format!(
        "Paste it into a terminal, or save it and run it with sh. It waits {time} in all, says what it did not get and why, and leaves one archive to drop here; Ctrl-C ends it and keeps what was got."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_follows_the_fields() {
        let made = page(&Here::new("#v=1&view=files&page=capture&pick=http:shop%3A80;process:%3Cb%3E"));
        assert!(made.contains("at='http://shop:80'") && made.contains("&lt;b&gt;") && !made.contains("<b>"), "{made}");
        assert!(made.contains("goroutineleak.pb.gz") && made.contains("smaps.$1.txt"));
        assert!(made.contains("It waits 5 min in all"), "{made}");
        assert!(page(&Here::new("#v=1&pick=java:1;process:7")).contains("GC.class_histogram"));
        assert!(page(&Here::new("#v=1&pick=java:1")).contains("Name the process"));
    }
}
