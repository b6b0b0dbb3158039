//! Traces of a program that uses contrib/go/poolscope say what the program counted itself.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use analysis::formats::go_trace;
use analysis::model::Symbols;
use analysis::model::trace::EventType;
use analysis::timeline::{PoolRole, role_of};
use serde_json::Value;

/// How often each region, by role and pool, and each log, by category and pool.
#[derive(Debug, Default)]
struct Counts {
    regions: BTreeMap<(PoolRole, String), u64>,
    logs: BTreeMap<(String, String), u64>,
    memory: u64,
}

fn count(file: &Path) -> Counts {
    let mut symbols = Symbols::default();
    let read = go_trace::read(&fs::read(file).unwrap(), &mut symbols, &mut |_| ControlFlow::Continue(()));
    let mut counts = Counts::default();
    for event in read.unwrap().0.events.iter() {
        let text = |id| symbols.strings.get(id).to_owned();
        match event.event_type {
            EventType::RegionBegin => {
                let name = text(event.resource().unwrap().name);
                if let Some(role) = role_of(&name) {
                    let pool = name.split_once(' ').unwrap().1.to_owned();
                    *counts.regions.entry((role, pool)).or_default() += 1;
                }
            }
            EventType::Log => {
                let (category, message) = (text(event.resource().unwrap().name), text(event.message().unwrap()));
                let fields: Vec<&str> = message.split('\t').collect();
                if category == "pool.memory" {
                    assert!(fields.len() == 3 && fields.iter().all(|field| field.parse::<u64>().is_ok()), "{message}");
                    counts.memory += 1;
                    continue;
                }
                let [pool, address, bytes, type_name] = fields.try_into().unwrap();
                assert!(u64::from_str_radix(address.strip_prefix("0x").unwrap(), 16).unwrap() > 0);
                assert!(bytes.parse::<u64>().unwrap() > 200 && type_name.starts_with('*'));
                *counts.logs.entry((category, pool.to_owned())).or_default() += 1;
            }
            _ => {}
        }
    }
    counts
}

#[test]
fn every_step_of_the_wrapper_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go_pool");
    for version in ["go1.22.10", "go1.27.3"] {
        let counts = count(&folder.join(version).join("trace.out"));
        let truth: Value = serde_json::from_slice(&fs::read(folder.join(version).join("truth.json")).unwrap()).unwrap();
        for (key, role, category) in [
            ("gets", PoolRole::Get, "pool.get"),
            ("news", PoolRole::New, "pool.new"),
            ("puts", PoolRole::Put, "pool.put"),
        ] {
            for pool in ["sessions", "replies"] {
                let counted = truth[key][pool].as_u64();
                assert_eq!(counts.regions.get(&(role, pool.to_owned())).copied(), counted, "{version} {key} {pool}");
                assert_eq!(counts.logs.get(&(category.to_owned(), pool.to_owned())).copied(), counted);
            }
        }
        assert!(counts.memory > 5, "{}", counts.memory);
    }
}
