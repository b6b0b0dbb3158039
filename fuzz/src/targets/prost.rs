//! pprof against prost, which knows nothing of ours: what prost takes as profile.proto is read here, with the same samples, and
//! what was read here and encoded is read by prost, with the same samples.

use ::prost::Message;
use analysis::formats::{Body, ErrorKind, encode_pprof, parse};
use analysis::model::{Profile, Symbols};

use super::{Target, go_on};
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "prost",
    run,
    repair: mutate::lengths,
    reshape: Some(mutate::fields),
    seed: |fixture| fixture.is(".pb.gz").then(|| fixture.inflated()).flatten(),
    written: &[],
};

/// profile.proto, as `prost-build` would write it; the fields that are compared, and those beside them.
mod proto {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Profile {
        #[prost(message, repeated, tag = "1")]
        pub(super) sample_type: Vec<ValueType>,
        #[prost(message, repeated, tag = "2")]
        pub(super) sample: Vec<Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) mapping: Vec<Mapping>,
        #[prost(message, repeated, tag = "4")]
        pub(super) location: Vec<Location>,
        #[prost(message, repeated, tag = "5")]
        pub(super) function: Vec<Function>,
        #[prost(string, repeated, tag = "6")]
        pub(super) string_table: Vec<String>,
        #[prost(int64, tag = "7")]
        pub(super) drop_frames: i64,
        #[prost(int64, tag = "8")]
        pub(super) keep_frames: i64,
        #[prost(int64, tag = "9")]
        pub(super) time_nanos: i64,
        #[prost(int64, tag = "10")]
        pub(super) duration_nanos: i64,
        #[prost(message, optional, tag = "11")]
        pub(super) period_type: Option<ValueType>,
        #[prost(int64, tag = "12")]
        pub(super) period: i64,
        #[prost(int64, repeated, tag = "13")]
        pub(super) comment: Vec<i64>,
        #[prost(int64, tag = "14")]
        pub(super) default_sample_type: i64,
        #[prost(int64, tag = "15")]
        pub(super) doc_url: i64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ValueType {
        #[prost(int64, tag = "1")]
        pub(super) r#type: i64,
        #[prost(int64, tag = "2")]
        pub(super) unit: i64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Sample {
        #[prost(uint64, repeated, tag = "1")]
        pub(super) location_id: Vec<u64>,
        #[prost(int64, repeated, tag = "2")]
        pub(super) value: Vec<i64>,
        #[prost(message, repeated, tag = "3")]
        pub(super) label: Vec<Label>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Label {
        #[prost(int64, tag = "1")]
        pub(super) key: i64,
        #[prost(int64, tag = "2")]
        pub(super) str: i64,
        #[prost(int64, tag = "3")]
        pub(super) num: i64,
        #[prost(int64, tag = "4")]
        pub(super) num_unit: i64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Mapping {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(uint64, tag = "2")]
        pub(super) memory_start: u64,
        #[prost(uint64, tag = "3")]
        pub(super) memory_limit: u64,
        #[prost(uint64, tag = "4")]
        pub(super) file_offset: u64,
        #[prost(int64, tag = "5")]
        pub(super) filename: i64,
        #[prost(int64, tag = "6")]
        pub(super) build_id: i64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Location {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(uint64, tag = "2")]
        pub(super) mapping_id: u64,
        #[prost(uint64, tag = "3")]
        pub(super) address: u64,
        #[prost(message, repeated, tag = "4")]
        pub(super) line: Vec<Line>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Line {
        #[prost(uint64, tag = "1")]
        pub(super) function_id: u64,
        #[prost(int64, tag = "2")]
        pub(super) line: i64,
        #[prost(int64, tag = "3")]
        pub(super) column: i64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Function {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(int64, tag = "2")]
        pub(super) name: i64,
        #[prost(int64, tag = "3")]
        pub(super) system_name: i64,
        #[prost(int64, tag = "4")]
        pub(super) filename: i64,
        #[prost(int64, tag = "5")]
        pub(super) start_line: i64,
    }
}

/// Ceilings of the reader: types, values that need not be there, frames of a stack.
const MOST_TYPES: usize = 64;
const MOST_VALUES: usize = 128 << 10;
const MOST_FRAMES: usize = 4096;

/// What both must agree on.
#[derive(Debug, PartialEq)]
struct Told {
    types: Vec<(String, String)>,
    /// Depth of the stack, labels, and a value for each type.
    samples: Vec<(usize, usize, Vec<i64>)>,
    totals: Vec<i64>,
}

fn run(bytes: &[u8]) {
    let theirs = proto::Profile::decode(bytes).ok();
    let ours = read(bytes);
    // What is beyond a ceiling has its own tests.
    let is_within = |profile: &proto::Profile| {
        let types = profile.sample_type.len();
        (1..=MOST_TYPES).contains(&types) && types * profile.sample.len() <= MOST_VALUES
    };
    if let Some(theirs) = theirs.filter(is_within) {
        // As every writer writes it, it is a profile and nothing else.
        let written = read(&theirs.encode_to_vec()).expect("what prost wrote is read");
        compare(&written, &theirs);
        match &ours {
            Ok(ours) => compare(ours, &theirs),
            // It may begin as a text, an archive or compressed data does.
            Err(kind) => {
                assert!(*kind == ErrorKind::NotReadable || bytes.first() == Some(&0x78), "{kind:?}: {theirs:?}")
            }
        }
    }
    if let Ok((symbols, profile)) = &ours {
        let again =
            proto::Profile::decode(&*encode_pprof(symbols, profile)).expect("what was encoded is profile.proto");
        let (ours, again) = (told(symbols, profile), told_by_prost(&again));
        assert_eq!(ours.types, again.types);
        assert_eq!(ours.totals, again.totals);
        let values = |told: Told| told.samples.into_iter().map(|(.., values)| values).collect::<Vec<_>>();
        assert_eq!(values(ours), values(again));
    }
}

fn read(bytes: &[u8]) -> Result<(Symbols, Profile), ErrorKind> {
    let mut symbols = Symbols::default();
    match parse(bytes, &mut symbols, &mut go_on) {
        Ok(parsed) => match parsed.body {
            Body::Profile(profile) => Ok((symbols, *profile)),
            _ => Err(ErrorKind::NotReadable),
        },
        Err(error) => Err(error.kind),
    }
}

fn compare((symbols, profile): &(Symbols, Profile), theirs: &proto::Profile) {
    let (mut ours, mut theirs_told) = (told(symbols, profile), told_by_prost(theirs));
    // What a file's own rule hides is hidden here, which no decoder does.
    if theirs.drop_frames != 0 {
        for sample in ours.samples.iter_mut().chain(&mut theirs_told.samples) {
            sample.0 = 0;
        }
    }
    assert_eq!(ours, theirs_told);
}

fn told(symbols: &Symbols, profile: &Profile) -> Told {
    let text = |id| symbols.strings.get(id).to_owned();
    let types = profile.sample_types.iter().map(|t| (text(t.name), text(t.unit))).collect();
    let rows = profile.stacks.iter().zip(&profile.label_sets).enumerate();
    let samples = rows.map(|(row, (&stack, &labels))| {
        let values = profile.values.iter().map(|column| column[row]).collect();
        (symbols.stacks.get(stack).len(), profile.labels.get(labels).len(), values)
    });
    let totals = profile.values.iter().map(|column| column.iter().fold(0, |sum: i64, value| sum.wrapping_add(*value)));
    Told { types, samples: samples.collect(), totals: totals.collect() }
}

fn told_by_prost(profile: &proto::Profile) -> Told {
    let text = |index: i64| {
        usize::try_from(index).ok().and_then(|at| profile.string_table.get(at)).cloned().unwrap_or_default()
    };
    let types: Vec<_> = profile.sample_type.iter().map(|t| (text(t.r#type), text(t.unit))).collect();
    let mut totals = vec![0_i64; types.len()];
    let samples = profile.sample.iter().map(|sample| {
        let values: Vec<i64> = (0..types.len()).map(|at| sample.value.get(at).copied().unwrap_or(0)).collect();
        for (total, value) in totals.iter_mut().zip(&values) {
            *total = total.wrapping_add(*value);
        }
        // A label that says nothing is none.
        let labels = sample.label.iter().filter(|label| (label.str, label.num, label.num_unit) != (0, 0, 0));
        (sample.location_id.len().min(MOST_FRAMES), labels.count(), values)
    });
    let samples = samples.collect();
    Told { types, samples, totals }
}
