//! A stack as a list: hue of the package, name, line; frames of the other side marked.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::{Package, StackFrame, package_of};

/// Frames shown at once: what is deeper is told.
const MOST: usize = 60;

/// Writes it, leaf first.
pub(super) fn list(frames: &[StackFrame], out: &mut String) {
    out.push_str("<ol class=\"frames waitstack\">");
    for frame in frames.iter().take(MOST) {
        let hue = match package_of(&frame.function) {
            // Libraries of other languages than Go.
            Package::Main if frame.is_library => "runtime",
            Package::Main => "main",
            Package::Sync => "sync",
            Package::Runtime => "runtime",
            Package::Compress => "compress",
            Package::Other => "other",
        };
        let class = [(frame.is_own, " own"), (frame.is_shared, " shared"), (frame.is_library, " lib")];
        let class: String = class.iter().filter(|(is, _)| *is).map(|(_, class)| *class).collect();
        let mark = if frame.is_shared { "<b class=\"mark\" title=\"In both stacks\">◆</b>" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<li class=\"{hue}{class}\" title=\"{}\n{}\"><span>{}</span>{mark}<span class=\"ln\">{}</span></li>",
            escaped(&frame.function),
            escaped(&frame.file),
            escaped(&frame.function),
            escaped(&frame.place)
        );
    }
    out.push_str("</ol>");
    if let Some(more) = frames.len().checked_sub(MOST).filter(|&more| more > 0) {
        let _ = write!(out, "<p class=\"dim xs\">{more} more frames are not shown.</p>");
    }
}
