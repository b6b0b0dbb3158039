//! What a file that is no profile seems to be, and what to do about it.

use super::error::{ErrorKind, ParseError};

/// How a kind begins, what it is called, and what to do instead.
struct Known {
    starts: &'static [&'static [u8]],
    words: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        starts: &[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF"],
        words: "This is a picture, not a dump. Drop the profile it shows: curl -so heap.pb.gz \
                localhost:6060/debug/pprof/heap",
    },
    Known {
        starts: &[b"go 1."],
        words: "This is a Go execution trace, not a profile. Drop it on the page, or read it with: poolscope trace FILE",
    },
    Known {
        starts: &[b"go1.7 heap dump"],
        words: "This is a full heap dump (debug.WriteHeapDump), which is not read. Drop a heap profile instead: curl -so \
                heap.pb.gz localhost:6060/debug/pprof/heap",
    },
    Known {
        starts: &[b"\x28\xb5\x2f\xfd"],
        words: "This file is compressed with zstd, which Go's profiles are not. Decompress it first: zstd -d FILE",
    },
    Known {
        starts: &[b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe"],
        words: "This is a program, not a dump of one. Drop a profile that it wrote.",
    },
    Known {
        starts: &[b"<!", b"<html", b"<HTML"],
        words: "This is a web page, perhaps an error page of the server that was asked for the profile. Look at it with a \
                text viewer, then capture again.",
    },
];

/// A sentence for a file of a kind that is known by its first bytes.
pub(super) fn known(bytes: &[u8]) -> Option<ParseError> {
    let known = KNOWN.iter().find(|known| known.starts.iter().any(|start| bytes.starts_with(start)))?;
    Some(ParseError::new(ErrorKind::NotReadable, Some(0), known.words))
}

/// A sentence for any other file that is no profile.
pub(super) fn refusal(bytes: &[u8]) -> ParseError {
    let words = match () {
        () if is_lone_number(bytes) => format!(
            "This is a number alone, “{}”: a file such as memory.current says nothing without its name. Copy it with its \
             name: tail -n +1 /sys/fs/cgroup/memory.* > cgroup.txt",
            first_words(bytes)
        ),
        () if is_text(bytes) && bytes.trim_ascii_start().starts_with(b"{") => {
            "This is JSON of a kind that is not known here. Of JSON, runtime.MemStats, /debug/vars and runtime/metrics are \
             read: curl -so vars.json localhost:6060/debug/vars"
                .to_owned()
        }
        () if is_text(bytes) => format!(
            "This is text that begins with “{}”, not a profile. Drop a pprof file: curl -so heap.pb.gz \
             localhost:6060/debug/pprof/heap",
            first_words(bytes)
        ),
        () => format!(
            "This is no file that Poolscope knows: it begins with the bytes {}. Drop a pprof file: curl -so heap.pb.gz \
             localhost:6060/debug/pprof/heap",
            first_bytes(bytes)
        ),
    };
    ParseError::new(ErrorKind::NotReadable, Some(0), words)
}

/// Whether it begins as text does.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut at the end of the piece looked at.
        Err(error) => error.error_len().is_none(),
    };
    valid && !head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b))
}

/// A file of a control group holds one number, or `max`.
fn is_lone_number(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    text == b"max" || (!text.is_empty() && text.len() <= 20 && text.iter().all(u8::is_ascii_digit))
}

fn first_words(bytes: &[u8]) -> String {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(200)).unwrap_or(bytes));
    let line = head.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    line.trim().chars().take(40).collect()
}

fn first_bytes(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
