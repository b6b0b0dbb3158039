//! What was read, encoded and read again has the same rows, and no other warning; and the rules take it.

use analysis::findings::{Thresholds, diagnose};
use analysis::formats::{Body, Parsed, encode_pprof, parse};
use analysis::model::{Profile, Symbols};
use analysis::session::Session;

use super::{Target, go_on};
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "pprof",
    run,
    repair: mutate::lengths,
    reshape: Some(mutate::fields),
    seed: |fixture| fixture.is(".pb.gz").then(|| fixture.inflated()).flatten(),
    written: &[],
};

fn run(bytes: &[u8]) {
    let Some((symbols, profile, warnings)) = read(bytes) else { return };
    let (_, again, again_warnings) = read(&encode_pprof(&symbols, &profile)).expect("what was encoded is read");
    assert_eq!(again.stacks.len(), profile.stacks.len(), "{again_warnings:?}");
    // A rule that is no expression is kept as it was.
    let news: Vec<_> = again_warnings.iter().filter(|warning| !warnings.contains(warning)).collect();
    assert!(news.is_empty(), "{news:?} beside {warnings:?}");
    drop((symbols, profile, again));
    let mut session = Session::default();
    session.open("one", bytes, &mut go_on);
    session.open("two", bytes, &mut go_on);
    diagnose(&session, &Thresholds::default());
}

fn read(bytes: &[u8]) -> Option<(Symbols, Profile, Vec<String>)> {
    let mut symbols = Symbols::default();
    let Parsed { body: Body::Profile(profile), warnings, .. } = parse(bytes, &mut symbols, &mut go_on).ok()? else {
        return None;
    };
    Some((symbols, *profile, warnings))
}
