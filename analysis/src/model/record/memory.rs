//! Memory statistics of a process, at one moment or over time: columns of readings, whatever wrote them.

use serde::{Deserialize, Serialize};

use crate::model::unit::Nanos;

/// Readings in file order. All columns have as many rows as `times`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemorySeries {
    /// Who wrote it.
    pub origin: MemoryOrigin,
    /// Which process, as far as it says: a command line, or labels of a scrape.
    pub process: String,
    /// When each was read, in wall-clock time, if it says so.
    pub times: Vec<Option<Nanos>>,
    /// When each was read, in nanoseconds since the process began, if it says so.
    pub elapsed_nanos: Vec<Option<i64>>,
    /// What is measured, each once.
    pub measures: Vec<MemoryMeasure>,
    /// One column a measure; `None` where a reading does not have it.
    pub columns: Vec<Vec<Option<f64>>>,
    /// The last pauses of the collector, each once, by their end.
    pub pauses: Vec<EndedPause>,
    /// All pauses since the process began, as the last reading has them.
    pub pause_buckets: Vec<PauseBucket>,
}

/// Who wrote memory statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemoryOrigin {
    /// `runtime.MemStats` as JSON.
    #[default]
    MemStats,
    /// `/debug/vars`.
    Expvar,
    /// `runtime/metrics` as JSON.
    RuntimeMetrics,
    /// Text for Prometheus.
    Prometheus,
    /// The foot of a heap profile as text (`debug=1`).
    HeapFooter,
    /// `jstat -gc`.
    Jstat,
}

/// One pause of the collector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndedPause {
    /// When it ended.
    pub end: Nanos,
    /// How long it was: of Go's, both stops of a cycle together.
    pub nanos: i64,
}

/// Pauses of one range of lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PauseBucket {
    /// From this on, in nanoseconds.
    pub from_nanos: f64,
    /// Below this, in nanoseconds; may be infinite.
    pub to_nanos: f64,
    /// How many.
    pub count: u64,
}

macro_rules! measures {
    ($($(#[doc = $about:literal])+ $name:ident $key:literal $unit:ident,)+) => {
        /// What is measured. Names and meaning are those of `runtime.MemStats` where it has it (runtime/mstats.go).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum MemoryMeasure {
            $($(#[doc = $about])+ $name,)+
        }

        impl MemoryMeasure {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What it is called on the screen.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }

            /// What it is, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($about),+).trim_ascii(),)+ }
            }

            /// In what it is measured.
            pub fn unit(self) -> MeasureUnit {
                match self { $(Self::$name => MeasureUnit::$unit,)+ }
            }
        }
    };
}

/// In what something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MeasureUnit {
    /// Bytes.
    Bytes,
    /// A plain number.
    Count,
    /// Nanoseconds.
    Nanoseconds,
    /// Seconds.
    Seconds,
    /// From 0 to 1.
    Share,
    /// From 0 to 100 and beyond.
    Percent,
}

measures! {
    /// Bytes of objects on the heap that are reachable or not yet swept.
    HeapAlloc "HeapAlloc" Bytes,
    /// Address space of the heap.
    HeapSys "HeapSys" Bytes,
    /// Bytes of spans without objects.
    HeapIdle "HeapIdle" Bytes,
    /// Bytes of spans with objects.
    HeapInuse "HeapInuse" Bytes,
    /// Bytes of idle spans given back to the system.
    HeapReleased "HeapReleased" Bytes,
    /// Objects on the heap.
    HeapObjects "HeapObjects" Count,
    /// Bytes that the last cycle found in use.
    HeapLive "heap live" Bytes,
    /// Bytes of spans of stacks.
    StackInuse "StackInuse" Bytes,
    /// Bytes of stacks, those of threads included.
    StackSys "StackSys" Bytes,
    /// Bytes of descriptions of spans in use.
    MSpanInuse "MSpanInuse" Bytes,
    /// Bytes obtained for descriptions of spans.
    MSpanSys "MSpanSys" Bytes,
    /// Bytes of caches of processors in use.
    MCacheInuse "MCacheInuse" Bytes,
    /// Bytes obtained for caches of processors.
    MCacheSys "MCacheSys" Bytes,
    /// Bytes of tables of profiles.
    BuckHashSys "BuckHashSys" Bytes,
    /// Bytes of the collector's own tables.
    GcSys "GCSys" Bytes,
    /// Bytes of the runtime for all else.
    OtherSys "OtherSys" Bytes,
    /// All bytes that the runtime obtained from the system; given back ones included.
    Sys "Sys" Bytes,
    /// Bytes allocated since the process began.
    TotalAlloc "TotalAlloc" Bytes,
    /// Objects allocated since the process began.
    Mallocs "Mallocs" Count,
    /// Objects freed since the process began.
    Frees "Frees" Count,
    /// Size of the heap at which the next cycle is to end.
    NextGc "NextGC" Bytes,
    /// When the last cycle ended, in nanoseconds since the Unix epoch; a float, so to a quarter of a microsecond.
    LastGc "LastGC" Nanoseconds,
    /// All pauses since the process began.
    PauseTotal "PauseTotalNs" Nanoseconds,
    /// Cycles since the process began.
    NumGc "NumGC" Count,
    /// Of them asked for by the program.
    NumForcedGc "NumForcedGC" Count,
    /// Share of the processors' time that the collector took since the process began.
    GcCpuFraction "GCCPUFraction" Share,
    /// How much the heap may grow over what is live before the next cycle (`GOGC`).
    GcPercent "GOGC" Percent,
    /// What the runtime is to stay below (`GOMEMLIMIT`).
    MemoryLimit "GOMEMLIMIT" Bytes,
    /// Goroutines.
    Goroutines "goroutines" Count,
    /// Processors that Go code may run on at a time (`GOMAXPROCS`).
    Procs "GOMAXPROCS" Count,
    /// Threads of the system.
    Threads "threads" Count,
    /// The most that was ever resident, as getrusage(2) says.
    MaxRss "MaxRSS" Bytes,
    /// What is resident.
    Rss "RSS" Bytes,
    /// Address space of the process.
    VirtualBytes "virtual memory" Bytes,
    /// Processor time of the process since it began.
    CpuSeconds "process CPU" Seconds,
    /// Processor time that there was since the process began: wall-clock time by processors.
    TotalCpuSeconds "available CPU" Seconds,
    /// Of it idle.
    IdleCpuSeconds "idle CPU" Seconds,
    /// Of it the program's own code.
    UserCpuSeconds "user CPU" Seconds,
    /// Of it the collector's, all together.
    GcCpuSeconds "GC CPU" Seconds,
    /// Of it goroutines that had to help the collector before they might allocate.
    AssistCpuSeconds "assist CPU" Seconds,
    /// Of it the collector's workers.
    WorkerCpuSeconds "GC worker CPU" Seconds,
    /// Of it the collector's workers on processors that had nothing else to do.
    IdleGcCpuSeconds "idle GC CPU" Seconds,
    /// Of it processors that stood still in pauses.
    PauseCpuSeconds "pause CPU" Seconds,
    /// Of it giving memory back.
    ScavengeCpuSeconds "scavenge CPU" Seconds,
    /// Time that goroutines waited for locks, all together.
    MutexWaitSeconds "mutex wait" Seconds,
    /// Java: bytes in the generation where objects are made.
    EdenUsed "eden used" Bytes,
    /// Java: its size.
    EdenCapacity "eden capacity" Bytes,
    /// Java: bytes in both survivor spaces.
    SurvivorUsed "survivor used" Bytes,
    /// Java: their size.
    SurvivorCapacity "survivor capacity" Bytes,
    /// Java: bytes in the old generation.
    OldUsed "old used" Bytes,
    /// Java: its size.
    OldCapacity "old capacity" Bytes,
    /// Java: bytes of classes.
    MetaspaceUsed "metaspace used" Bytes,
    /// Java: what is kept for them.
    MetaspaceCapacity "metaspace capacity" Bytes,
    /// Java: young collections since the machine began.
    YoungCollections "young collections" Count,
    /// Java: time of them.
    YoungSeconds "young time" Seconds,
    /// Java: full collections since the machine began.
    FullCollections "full collections" Count,
    /// Java: time of them.
    FullSeconds "full time" Seconds,
    /// Java: stops of concurrent collections since the machine began.
    ConcurrentCollections "concurrent stops" Count,
    /// Java: time of them.
    ConcurrentSeconds "concurrent stop time" Seconds,
    /// Java: time of all stops of the collector.
    GcSeconds "stop time" Seconds,
}

impl MemorySeries {
    /// How many readings.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The column of a measure; empty where it is not measured.
    pub fn column(&self, measure: MemoryMeasure) -> &[Option<f64>] {
        let at = self.measures.iter().position(|&known| known == measure);
        at.and_then(|at| self.columns.get(at)).map_or(&[], Vec::as_slice)
    }

    /// A value of one reading.
    pub fn at(&self, row: usize, measure: MemoryMeasure) -> Option<f64> {
        self.column(measure).get(row).copied().flatten()
    }

    /// The last value that there is.
    pub fn last(&self, measure: MemoryMeasure) -> Option<f64> {
        self.column(measure).iter().rev().copied().flatten().next()
    }

    /// Begins a reading, with nothing measured yet.
    pub fn begin_row(&mut self, time: Option<Nanos>, elapsed_nanos: Option<i64>) {
        self.times.push(time);
        self.elapsed_nanos.push(elapsed_nanos);
        for column in &mut self.columns {
            column.push(None);
        }
    }

    /// A value of the reading begun last; a value that is no number is none.
    pub fn set(&mut self, measure: MemoryMeasure, value: f64) {
        let rows = self.times.len();
        if rows == 0 || !value.is_finite() {
            return;
        }
        let at = self.measures.iter().position(|&known| known == measure).unwrap_or_else(|| {
            self.measures.push(measure);
            self.columns.push(vec![None; rows]);
            self.columns.len() - 1
        });
        if let Some(cell) = self.columns.get_mut(at).and_then(|column| column.last_mut()) {
            *cell = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_as_long_as_readings() {
        let mut series = MemorySeries::default();
        series.set(MemoryMeasure::Sys, 1.0);
        assert!(series.is_empty() && series.measures.is_empty());
        series.begin_row(None, None);
        series.set(MemoryMeasure::Sys, 1.0);
        series.begin_row(Some(Nanos::from_unix_nanos(5)), None);
        series.set(MemoryMeasure::NumGc, 3.0);
        series.set(MemoryMeasure::Sys, f64::NAN);
        assert_eq!(series.column(MemoryMeasure::Sys), [Some(1.0), None]);
        assert_eq!(series.column(MemoryMeasure::NumGc), [None, Some(3.0)]);
        assert_eq!((series.last(MemoryMeasure::Sys), series.at(0, MemoryMeasure::NumGc)), (Some(1.0), None));
        assert!(MemoryMeasure::ALL.iter().all(|measure| measure.about().ends_with('.')));
    }
}
