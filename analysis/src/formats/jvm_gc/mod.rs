//! Logs of a Java machine's collector: unified ones (`-Xlog:gc*`, JDK 9 and later) and older (`-XX:+PrintGCDetails`).

mod details;
mod gather;
mod sizes;
mod unified;

use gather::Gather;

use super::text::{Found, Line, LineReader};
use crate::limits::LOGS;
use crate::model::Symbols;
use crate::model::record::Record;

/// Gathers the lines of one machine, or of several one after the other.
#[derive(Default)]
pub(super) struct JvmGc {
    gather: Gather,
    /// An event of the older form that goes on over lines.
    open: details::Open,
}

impl LineReader for JvmGc {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        unified::read(&line.text, &mut self.gather, symbols)
            || details::read(&line.text, &mut self.open, &mut self.gather, symbols)
    }

    fn finish(self: Box<Self>, _: &mut Symbols) -> Found {
        let mut found = Found::default();
        if self.gather.torn > 0 {
            found.warnings.push(format!("{} lines of the GC log are torn and were left out.", self.gather.torn));
        }
        if self.gather.beyond > 0 {
            found.warnings.push(format!(
                "{LOGS} machines are told apart in one log; {} more are told with the last. Cut the log into parts, and open \
                 these.",
                self.gather.beyond
            ));
        }
        found.records = self.gather.finish().into_iter().map(|log| Record::GcLog(Box::new(log))).collect();
        found
    }
}
