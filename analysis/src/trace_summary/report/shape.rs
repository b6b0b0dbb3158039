//! The shape of the answer, field by field. Go's reader and summarizer give the same (internal/trace); numbers in
//! nanoseconds of trace time unless their name says otherwise.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use serde::Serialize;

use crate::trace_summary::{Distribution, Metric};

#[derive(Serialize)]
pub struct Report {
    pub header: String,
    pub events: usize,
    pub events_by_kind: BTreeMap<&'static str, usize>,
    pub first_time: i64,
    pub last_time: i64,
    pub first_time_not_sync: i64,
    pub last_time_not_sync: i64,
    pub syncs: Vec<SyncReport>,
    pub transitions: BTreeMap<String, usize>,
    pub reasons: BTreeMap<String, usize>,
    pub gc_ranges: Vec<RangeReport>,
    pub stw_ranges: Vec<RangeReport>,
    pub other_ranges: BTreeMap<String, Distribution>,
    pub regions: BTreeMap<String, RegionReport>,
    pub tasks: BTreeMap<String, TaskReport>,
    pub logs: BTreeMap<String, LogReport>,
    pub labels: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub label_counts: BTreeMap<String, usize>,
    pub metrics: BTreeMap<&'static str, Metric>,
    pub goroutines_max: usize,
    /// -1 where there is no second generation.
    pub goroutines_min_from_second_sync: i64,
    pub goroutines_end: usize,
    pub goroutines_distinct: usize,
    pub goroutines_created: usize,
    pub goroutines_ended: usize,
    pub procs_distinct: usize,
    pub threads_distinct: usize,
    pub stack_samples: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stack_sample_leaf_top: BTreeMap<String, usize>,
    pub events_whose_stack_has_sync_pool: BTreeMap<String, usize>,
    pub goroutines_by_name: BTreeMap<String, GroupReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<Vec<GoroutineReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<ExperimentalReport>,
}

#[derive(Serialize)]
pub struct SyncReport {
    pub n: usize,
    pub time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockReport>,
}

#[derive(Serialize)]
pub struct ClockReport {
    pub trace_ns: i64,
    pub mono_ns: u64,
    pub wall: String,
    pub wall_unix_nano: i64,
}

#[derive(Serialize)]
pub struct RangeReport {
    pub name: String,
    pub scope: String,
    pub start: i64,
    pub end: i64,
    pub g: i64,
}

#[derive(Default, Serialize)]
pub struct RegionReport {
    #[serde(flatten)]
    pub durations: Distribution,
    #[serde(skip_serializing_if = "is_zero")]
    pub incomplete: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub exec_ns: i64,
}

#[derive(Serialize)]
pub struct TaskReport {
    #[serde(flatten)]
    pub durations: Distribution,
    #[serde(skip_serializing_if = "is_zero")]
    pub incomplete: usize,
}

#[derive(Serialize)]
pub struct LogReport {
    pub count: usize,
    pub first_messages: Vec<String>,
}

#[derive(Default, Serialize)]
pub struct SpentReport {
    pub total_ns: i64,
    pub exec_ns: i64,
    pub sched_wait_ns: i64,
    pub syscall_ns: i64,
    pub syscall_block_ns: i64,
    pub block_ns_by_reason: BTreeMap<String, i64>,
    pub range_ns: BTreeMap<String, i64>,
}

#[derive(Default, Serialize)]
pub struct GroupReport {
    #[serde(rename = "Count")]
    pub count: usize,
    #[serde(flatten)]
    pub spent: SpentReport,
}

#[derive(Serialize)]
pub struct GoroutineReport {
    pub id: u64,
    pub name: String,
    pub creation: i64,
    /// 0 for one that never ran.
    pub start: i64,
    /// 0 for one that was there to the end.
    pub end: i64,
    #[serde(flatten)]
    pub spent: SpentReport,
    pub regions: u32,
}

#[derive(Serialize)]
pub struct ExperimentalReport {
    pub events: BTreeMap<&'static str, usize>,
    pub heap_object_allocs_by_type: BTreeMap<String, usize>,
    pub types: BTreeMap<String, TypeReport>,
    pub info_minaddr_pagesize_heapalign_stackalign: [u64; 4],
}

#[derive(Serialize)]
pub struct TypeReport {
    pub size: u64,
    pub ptrspan: u64,
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
