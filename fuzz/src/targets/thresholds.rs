//! Thresholds, in a file or in a link: a file's are written as they were read, and no number breaks a rule.

use std::sync::LazyLock;

use analysis::findings::{Thresholds, diagnose};
use analysis::session::Session;

use super::{Target, go_on};
use crate::{mutate, seeds};

pub(super) const TARGET: Target = Target {
    name: "thresholds",
    run,
    repair: mutate::nothing,
    reshape: Some(mutate::lines),
    seed: |_| None,
    written: &[
        "leak_min_bytes = 1\nleak_min_survival = 0.5\nleak_min_tau = -1.0\n",
        "churn_min_bytes_per_second = 1e3\nretained_min_bytes = 0\n",
        "[[pools]]\nfamily = \"ours\"\nacquire = [\"main\\\\.acquire\"]\nrelease = [\"main.release\"]\noverhead = []\n",
        "leak_min_bytes:1024;leak_min_tau:0.9;churn_min_share:NaN",
    ],
};

/// A session with something to find.
static LEAK: LazyLock<Session> = LazyLock::new(|| {
    let mut session = Session::default();
    for name in ["heap.0.pb.gz", "heap.4.pb.gz"] {
        let bytes = seeds::fixture(&format!("go/leak-retained/go1.27.3/{name}"));
        session.open(name, bytes, &mut go_on);
    }
    session
});

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let moved = Thresholds::changed(text);
    if moved != Thresholds::default() {
        diagnose(&LEAK, &moved);
    }
    let Ok(thresholds) = toml::from_str::<Thresholds>(text) else { return };
    // A whole number beyond what TOML has is refused when it is written.
    if let Ok(written) = toml::to_string(&thresholds) {
        let again: Thresholds = toml::from_str(&written).expect("what was written is read");
        assert_eq!(format!("{again:?}"), format!("{thresholds:?}"));
    }
    diagnose(&LEAK, &thresholds);
}
