//! What pools say through the `metrics` facade is what they have counted.

#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used)] // A test that fails panics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use pool::{BytePool, Pool};

/// The last value of each series, by name and labels.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeMap<String, f64>>>);

struct Series(Heard, String);

impl Series {
    fn set(&self, value: f64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl CounterFn for Series {
    fn increment(&self, _value: u64) {}

    fn absolute(&self, value: u64) {
        self.set(value as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, _value: f64) {}

    fn decrement(&self, _value: f64) {}

    fn set(&self, value: f64) {
        Series::set(self, value);
    }
}

impl Heard {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key.labels().map(|label| label.value()).collect();
        Arc::new(Series(self.clone(), format!("{} {}", key.name(), labels.join(" "))))
    }
}

impl Recorder for Heard {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _words: SharedString) {}

    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _words: SharedString) {}

    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _words: SharedString) {}

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, _key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn pools_say_what_they_counted() {
    let heard = Heard::default();
    metrics::set_global_recorder(heard.clone()).unwrap();
    let pool = Pool::builder("said", || 0_u64).build();
    let held = pool.get().unwrap();
    drop(pool.get().unwrap());
    drop(pool.get().unwrap());
    (0..2).for_each(|_| pool.purge());
    drop(pool.get().unwrap());
    let bytes = BytePool::builder("blocks").chunk_bytes(4096).build();
    let _block = bytes.get(1024).unwrap();
    let wanted = [
        ("pool_hit_ratio said private", 0.25),
        ("pool_hit_ratio said victim", 0.0),
        ("pool_in_use said", 1.0),
        ("pool_idle said", 1.0),
        ("pool_allocated_bytes said", 16.0),
        ("pool_purged said", 1.0),
        ("pool_leaks said", 0.0),
        ("pool_misuses said", 0.0),
        ("pool_fragmentation blocks", 0.75),
        ("pool_chunk_bytes blocks", 4096.0),
        ("pool_compactions_failed blocks", 0.0),
    ];
    // The background thread speaks once a second.
    let said = || {
        let heard = heard.0.lock().unwrap();
        wanted.iter().all(|(series, value)| heard.get(*series) == Some(value))
    };
    let start = std::time::Instant::now();
    while !said() {
        assert!(start.elapsed().as_secs() < 60, "{:#?}", heard.0.lock().unwrap());
        std::thread::yield_now();
    }
    assert!(heard.0.lock().unwrap().keys().any(|series| series.starts_with("pool_new_seconds said")));
    drop(held);
}
