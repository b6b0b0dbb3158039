//! Traces as text, one event a line, to the bytes that the runtime would have written (internal/trace/raw,
//! textreader.go and writer.go). Beyond Go's grammar, `Byte value=N` writes a byte as it is, and `Trace` may come again.

/// Names by their code on the wire (internal/trace/tracev2, events.go).
const NAMES: &[&str] = &[
    "None",
    "EventBatch",
    "Stacks",
    "Stack",
    "Strings",
    "String",
    "CPUSamples",
    "CPUSample",
    "Frequency",
    "ProcsChange",
    "ProcStart",
    "ProcStop",
    "ProcSteal",
    "ProcStatus",
    "GoCreate",
    "GoCreateSyscall",
    "GoStart",
    "GoDestroy",
    "GoDestroySyscall",
    "GoStop",
    "GoBlock",
    "GoUnblock",
    "GoSyscallBegin",
    "GoSyscallEnd",
    "GoSyscallEndBlocked",
    "GoStatus",
    "STWBegin",
    "STWEnd",
    "GCActive",
    "GCBegin",
    "GCEnd",
    "GCSweepActive",
    "GCSweepBegin",
    "GCSweepEnd",
    "GCMarkAssistActive",
    "GCMarkAssistBegin",
    "GCMarkAssistEnd",
    "HeapAlloc",
    "HeapGoal",
    "GoLabel",
    "UserTaskBegin",
    "UserTaskEnd",
    "UserRegionBegin",
    "UserRegionEnd",
    "UserLog",
    "GoSwitch",
    "GoSwitchDestroy",
    "GoCreateBlocked",
    "GoStatusStack",
    "ExperimentalBatch",
    "Sync",
    "ClockSnapshot",
    "EndOfGeneration",
];

/// A fixture.
pub(crate) struct TextTrace {
    /// What must be said of it, a piece of a sentence; `None` for a sound trace.
    pub(crate) failure: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl TextTrace {
    pub(crate) fn parse(text: &str) -> Self {
        let (expect, trace) = text.split_once("-- trace --\n").unwrap();
        let expect = expect.lines().rfind(|line| !line.trim().is_empty()).unwrap();
        let failure = expect.strip_prefix("FAILURE ").map(str::to_owned);
        assert!(failure.is_some() || expect == "SUCCESS", "{expect}");
        let mut bytes = Vec::new();
        for line in trace.lines().map(|line| line.split(" #").next().unwrap()) {
            write_line(line, &mut bytes);
        }
        Self { failure, bytes }
    }
}

fn write_line(line: &str, out: &mut Vec<u8>) {
    if let Some(data) = line.trim().strip_prefix("data=") {
        let data = unquote(data);
        varint(data.len() as u64, out);
        out.extend(data);
        return;
    }
    let mut tokens = line.split_whitespace().peekable();
    match tokens.peek() {
        None => return,
        Some(&"Trace") => {
            let version = tokens.nth(1).unwrap().strip_prefix("Go").unwrap();
            out.extend(format!("go {version} trace\0\0\0").bytes());
        }
        Some(&"Byte") => {
            tokens.next();
            out.push(value(tokens.next().unwrap()) as u8);
        }
        // The frames of a stack stand on lines of their own.
        Some(token) if token.contains('=') => {}
        Some(&name) => {
            let code = NAMES.iter().position(|&known| known == name);
            out.push(code.unwrap_or_else(|| panic!("no event is called {name}")) as u8);
            tokens.next();
        }
    }
    for token in tokens {
        varint(value(token), out);
    }
}

fn value(token: &str) -> u64 {
    token.split_once('=').unwrap().1.parse().unwrap()
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A Go string in quotes, as bytes.
pub(crate) fn unquote(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.extend(char.to_string().bytes());
            continue;
        }
        match chars.next().unwrap() {
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'r' => out.push(b'\r'),
            'a' => out.push(7),
            'b' => out.push(8),
            'f' => out.push(12),
            'v' => out.push(11),
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            'u' => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).unwrap();
                out.extend(char::from_u32(code).unwrap().to_string().bytes());
            }
            other => out.extend(other.to_string().bytes()),
        }
    }
    out
}
