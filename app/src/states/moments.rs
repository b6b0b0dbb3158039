//! Two moments compared as heap profiles: the engine makes a profile of what was out at each, and the views of the heap
//! show it by the name that links use, `FILE at SECONDS s`.

use analysis::query::{Answer, FileRow, FileState, Query};
use leptos::prelude::*;

use crate::client::Client;
use crate::file_entry::FileEntry;
use crate::live::effect;
use crate::state::{Looking, Tab, View};

/// The name of a file's pools at a moment, as the engine gives it.
pub(super) fn name(file: &str, nanos: i64) -> String {
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    format!("{file} at {sign}{}.{:09} s", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// The file and the moment that a name means.
fn parsed(name: &str) -> Option<(&str, i64)> {
    let (file, time) = name.strip_suffix(" s")?.rsplit_once(" at ")?;
    let (seconds, nanos) = time.split_once('.')?;
    // Rust's parser of decimal fractions brings 15 KB into the page, and these are whole numbers.
    let (sign, seconds) = seconds.strip_prefix('-').map_or((1, seconds), |seconds| (-1, seconds));
    let seconds: i64 = seconds.parse().ok()?;
    let nanos: i64 = nanos.parse().ok().filter(|_| nanos.len() == 9)?;
    Some((file, seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?.checked_mul(sign)?))
}

/// Has the engine make what base and current name, also when a link names it.
pub(super) fn follow(client: Client, looking: Looking) {
    effect(move || {
        client.epoch.track();
        let named = looking.state.with(|state| [state.base.clone(), state.current.clone()]);
        for name in named {
            let wanted = client.files.with_untracked(|files| {
                let (file, time) = parsed(&name)?;
                let is_there = files.iter().any(|known| known.name == name);
                let parent = files.iter().find(|known| known.name == file && known.pools.is_some())?;
                (!is_there).then(|| (parent.clone(), time))
            });
            if let Some((parent, time)) = wanted {
                make(client, parent, name, time);
            }
        }
    });
}

fn make(client: Client, parent: FileEntry, name: String, time: i64) {
    let Some(source) = parent.pools else { return };
    client.ask(Query::PoolsAt { source, time }, move |answer| {
        let Ok(Answer::PoolsAt(Some(id))) = answer else { return };
        let types = ["alloc_objects (count)", "alloc_space (bytes)", "inuse_objects (count)", "inuse_space (bytes)"];
        let row = FileRow {
            id,
            name: name.clone(),
            kind: "pools at a moment".to_owned(),
            badge: "PO".to_owned(),
            state: FileState::Ready,
            time_nanos: parent.row.as_ref().and_then(|row| row.time_nanos?.checked_add(time)),
            sample_types: types.map(str::to_owned).to_vec(),
            ..FileRow::default()
        };
        client.add_made(parent.key, name, row);
    });
}

/// Shows what was out at one moment against another in a view of the heap.
pub(super) fn compare(looking: Looking, file: &str, (from, to): (i64, i64), tab: Tab) {
    let (base, current) = (name(file, from), name(file, to));
    looking.set(|state| {
        (state.view, state.tab, state.base, state.current) = (View::Heap, tab, base, current);
        state.sample_type.clear();
        state.selected.clear();
        state.zoom = [0.0, 1.0];
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_its_file_and_moment_back() {
        for (file, time) in [("orders.pooltrace", 1_002_000_003), ("a at 1.5 s", 0), ("x", -5)] {
            assert_eq!(parsed(&name(file, time)), Some((file, time)));
        }
        assert_eq!(name("orders.pooltrace", 1_002_000_003), "orders.pooltrace at 1.002000003 s");
        for bad in ["heap.0.pb.gz", "x at s", "x at 1.5 s", "x at 99999999999999.000000000 s"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
