//! Lines that say why a Go program wrote its stacks (runtime/panic.go, signal_unix.go; net/http/server.go).

use crate::formats::text::find;

/// Begins the line before `fatal error: fault`.
pub(super) const FAULT: &str = "unexpected fault address ";

/// What such a line says, without what a log puts before it.
pub(super) fn reason(line: &str) -> Option<&str> {
    const STARTS: [&str; 5] = ["panic: ", "fatal error: ", "SIGQUIT: quit", "SIGABRT: abort", FAULT];
    if STARTS.iter().any(|start| line.starts_with(start)) {
        return Some(line.trim_end());
    }
    // Of every line of a stack this is asked in vain.
    if line.starts_with('\t') || find(line, " panic").or_else(|| find(line, " fatal error: ")).is_none() {
        return None;
    }
    // Behind the words of a log: a handler's panic that the server caught, or a crash whose output is collected.
    let within = [": panic serving ", " panic: ", " fatal error: "];
    let at = within.iter().find_map(|words| find(line, words))?;
    let from = match line.get(..at)?.rfind(' ') {
        Some(before) if line.get(at..)?.starts_with(": panic serving") => before + 1,
        None if line.get(at..)?.starts_with(": panic serving") => 0,
        _ => at + 1,
    };
    line.get(from..).map(str::trim_end)
}

/// Lines that belong to a crash and to no goroutine: registers, signals, the rest of a panic's text.
pub(super) fn is_of_crash(line: &str) -> bool {
    const STARTS: [&str; 12] = [
        "[signal ",
        "[recovered",
        "PC=",
        "panic: ",
        "exit status ",
        "goroutine running on",
        "non-Go function",
        "pc=0x",
        "runtime: ",
        "runtime stack:",
        "-----",
        "[originating from goroutine ",
    ];
    const REGISTERS: [&str; 22] = [
        "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "rip", "rflags", "cs", "fs", "gs", "lr",
    ];
    let line = line.trim_start();
    let first = line.split_whitespace().next().unwrap_or("");
    STARTS.iter().any(|start| line.starts_with(start))
        || (REGISTERS.contains(&first) || is_arm_register(first)) && line.contains(" 0x")
}

fn is_arm_register(word: &str) -> bool {
    word.strip_prefix('r').is_some_and(|number| number.parse::<u8>().is_ok_and(|number| number < 32))
        || ["sp", "pc", "fault"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_found_behind_words_of_a_log() {
        assert_eq!(reason("panic: boom"), Some("panic: boom"));
        assert_eq!(
            reason("fatal error: all goroutines are asleep - deadlock!"),
            Some("fatal error: all goroutines are asleep - deadlock!")
        );
        assert_eq!(
            reason("2024/05/01 10:00:00 http: panic serving 1.2.3.4:5: boom"),
            Some("http: panic serving 1.2.3.4:5: boom")
        );
        assert_eq!(reason("Z stderr F panic: boom"), Some("panic: boom"));
        assert_eq!(reason("don't panic"), None);
        assert!(is_of_crash("r12    0x7ff") && is_of_crash("[signal SIGSEGV: x") && !is_of_crash("r12 is low"));
    }
}
