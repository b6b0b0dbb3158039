//! `/proc/PID/status` (kernel: fs/proc/array.c, `proc_pid_status`): a name and a value a line.

use super::{kilobytes, number};
use crate::model::Nanos;
use crate::model::record::{AddressSpace, MapOrigin, Record};

/// Lines that say nothing of memory, and are of a status file all the same.
const OTHER: &str = " Umask State Tgid Ngid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid Kthread VmPeak \
    VmSize VmLck VmPin VmData VmStk VmExe VmLib VmPTE VmPMD CoreDumping THP_enabled untag_mask Threads SigQ SigPnd ShdPnd \
    SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass \
    SpeculationIndirectBranch Cpus_allowed Cpus_allowed_list Mems_allowed Mems_allowed_list voluntary_ctxt_switches \
    nonvoluntary_ctxt_switches x86_Thread_features x86_Thread_features_locked ";

/// The status that is being read, and the one before it when it has just ended.
#[derive(Default)]
pub(super) struct Status {
    space: AddressSpace,
    is_begun: bool,
    /// Its resident bytes were read: more of the same are of the next one.
    has_rss: bool,
    whole: Option<AddressSpace>,
}

impl Status {
    /// Takes a line, or says that it is none of its own. `name` is the file's, where it is known.
    pub(super) fn read(&mut self, text: &str, name: &str) -> bool {
        let Some((key, value)) = text.split_once(':') else { return false };
        let value = value.trim();
        match key {
            // Anything may be called a name: the next line tells.
            "Name" if text.starts_with("Name:\t") || name == "status" => {
                self.end();
                value.clone_into(&mut self.space.program);
                self.is_begun = true;
            }
            "VmRSS" | "VmHWM" | "RssAnon" | "RssFile" | "RssShmem" | "VmSwap" | "HugetlbPages" => {
                let Some(bytes) = kilobytes(value) else { return false };
                self.take(key, bytes);
            }
            "Pid" if self.is_begun => self.space.process = number(value),
            _ => return self.is_begun && OTHER.contains(&format!(" {key} ")),
        }
        true
    }

    fn take(&mut self, key: &str, bytes: u64) {
        if key == "VmRSS" {
            // Lines that were searched out may lack the name that begins a status.
            if self.has_rss {
                self.end();
            }
            self.has_rss = true;
        }
        self.is_begun = true;
        let total = &mut self.space.total;
        match key {
            "VmRSS" => total.rss = bytes,
            "VmHWM" => self.space.peak_rss_bytes = Some(bytes),
            "RssAnon" => total.anonymous = bytes,
            "VmSwap" => total.swap = bytes,
            "HugetlbPages" => total.hugetlb = bytes,
            // What is no anonymous part of `VmRSS` is these two.
            _ => {}
        }
    }

    /// The status that has ended, if one has.
    pub(super) fn whole(&mut self, time: Option<Nanos>) -> Option<Record> {
        let space = self.whole.take()?;
        Some(Record::AddressSpace(Box::new(AddressSpace { time, ..space })))
    }

    /// The status that is being read: there is no more of it.
    pub(super) fn finish(&mut self, time: Option<Nanos>) -> Option<Record> {
        self.end();
        self.whole(time)
    }

    fn end(&mut self) {
        let space =
            std::mem::replace(&mut self.space, AddressSpace { origin: MapOrigin::Status, ..AddressSpace::default() });
        self.is_begun = false;
        // A process without memory of its own (a kernel thread) says nothing here.
        if std::mem::take(&mut self.has_rss) {
            self.whole = Some(AddressSpace { origin: MapOrigin::Status, ..space });
        }
    }
}
