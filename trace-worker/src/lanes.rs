//! Which lanes there are, and where. Goroutines are counted, not laid out one by one: only those in sight become lanes.

use crate::open::Open;
use crate::view::View;

/// What a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Gc,
    Purges,
    Heap,
    Goroutines,
    Threads,
    Proc(u32),
    /// Gets above, initialisations below.
    Pool,
    /// Events inside Get, where nothing is annotated.
    Evidence,
    Region(u32),
    Tasks,
    Logs,
    /// The head of a group, which opens and shuts it.
    Head(Head),
    Goroutine(u32),
    Thread(u32),
}

/// What can be opened and shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Head {
    Regions,
    Threads,
    /// Goroutines of a group, by its place.
    Group(u32),
}

/// A lane in sight.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) kind: Kind,
    /// Below the top of all lanes.
    pub(crate) top: f64,
    pub(crate) height: f64,
}

/// A row of goroutines, threads, regions.
pub(crate) const ROW_PX: f64 = 20.0;
/// Groups of no more are open at first.
const OPEN_AT_FIRST: usize = 16;

/// Lanes between `from` and `to`, and how high all are together.
pub(crate) fn in_sight(open: &Open, view: &View, from: f64, to: f64) -> (Vec<Lane>, f64) {
    let mut rows = Rows { lanes: Vec::new(), top: 0.0, from, to };
    let survey = &open.survey;
    rows.add(Kind::Gc, 48.0);
    rows.add(Kind::Purges, 46.0);
    rows.add(Kind::Heap, 76.0);
    rows.add(Kind::Goroutines, 44.0);
    rows.add(Kind::Threads, 34.0);
    rows.add_many(survey.procs.lanes().len(), Kind::Proc);
    if survey.annotations.has_pools() {
        rows.add(Kind::Pool, 70.0);
    }
    if !survey.evidence.all.is_empty() {
        rows.add(Kind::Evidence, 24.0);
    }
    let regions = survey.annotations.kinds.len();
    if regions > 0 {
        rows.add(Kind::Head(Head::Regions), ROW_PX);
        if is_open(open, view, Head::Regions) {
            rows.add_many(regions, Kind::Region);
        }
    }
    if !survey.annotations.tasks.is_empty() {
        rows.add(Kind::Tasks, 24.0);
    }
    if !survey.annotations.logs.is_empty() {
        rows.add(Kind::Logs, ROW_PX);
    }
    for (at, group) in open.groups.iter().enumerate() {
        let head = Head::Group(at as u32);
        // One goroutine alone needs no head.
        if let [member] = group.members.as_slice() {
            rows.add(Kind::Goroutine(*member), ROW_PX);
            continue;
        }
        rows.add(Kind::Head(head), ROW_PX);
        if is_open(open, view, head) {
            let member = |at: u32| Kind::Goroutine(group.members.get(at as usize).copied().unwrap_or(0));
            rows.add_many(group.members.len(), member);
        }
    }
    if !open.trace().threads.is_empty() {
        rows.add(Kind::Head(Head::Threads), ROW_PX);
        if is_open(open, view, Head::Threads) {
            rows.add_many(open.trace().threads.len(), Kind::Thread);
        }
    }
    (rows.lanes, rows.top)
}

struct Rows {
    lanes: Vec<Lane>,
    top: f64,
    from: f64,
    to: f64,
}

impl Rows {
    fn add(&mut self, kind: Kind, height: f64) {
        if self.top + height > self.from && self.top < self.to {
            self.lanes.push(Lane { kind, top: self.top, height });
        }
        self.top += height;
    }

    fn add_many(&mut self, count: usize, kind: impl Fn(u32) -> Kind) {
        let first = ((self.from - self.top) / ROW_PX).floor().max(0.0) as usize;
        let last = (((self.to - self.top) / ROW_PX).ceil().max(0.0) as usize).min(count);
        for at in first..last {
            self.lanes.push(Lane { kind: kind(at as u32), top: self.top + at as f64 * ROW_PX, height: ROW_PX });
        }
        self.top += count as f64 * ROW_PX;
    }
}

/// What a head is called in addresses.
pub(crate) fn head_key(open: &Open, head: Head) -> String {
    match head {
        Head::Regions => "-regions".to_owned(),
        Head::Threads => "-threads".to_owned(),
        Head::Group(at) => open.groups.get(at as usize).map_or(String::new(), |group| group.name.replace(';', ",")),
    }
}

/// Whether the lanes below a head are there.
pub(crate) fn is_open(open: &Open, view: &View, head: Head) -> bool {
    let at_first = match head {
        // The lane of pools shows the others already.
        Head::Regions => {
            let kinds = &open.survey.annotations.kinds;
            kinds.len() <= OPEN_AT_FIRST && kinds.iter().any(|kind| kind.role.is_none())
        }
        Head::Threads => false,
        Head::Group(at) => {
            let is_few = open.groups.get(at as usize).is_some_and(|group| group.members.len() <= OPEN_AT_FIRST);
            is_few && at < OPEN_AT_FIRST as u32
        }
    };
    at_first != view.turned.contains(&head_key(open, head))
}

/// The head that stays in sight above the lanes of its group.
pub(crate) fn stuck(open: &Open, view: &View) -> Option<Head> {
    let (lanes, _) = in_sight(open, view, view.scroll_px, view.scroll_px + 0.5);
    match lanes.first()?.kind {
        Kind::Region(_) => Some(Head::Regions),
        Kind::Thread(_) => Some(Head::Threads),
        Kind::Goroutine(row) => {
            let group = open.groups.iter().position(|group| group.members.contains(&row))?;
            let has_head = open.groups.get(group).is_some_and(|group| group.members.len() > 1);
            has_head.then_some(Head::Group(group as u32))
        }
        _ => None,
    }
}

/// The lane so many pixels below the top of those in sight.
pub(crate) fn at(open: &Open, view: &View, px: f64) -> Option<Kind> {
    if px < ROW_PX
        && let Some(head) = stuck(open, view)
    {
        return Some(Kind::Head(head));
    }
    let top = view.scroll_px + px;
    in_sight(open, view, top, top + 0.5).0.first().map(|lane| lane.kind)
}

/// Where the lane of a goroutine is, with its group opened.
pub(crate) fn reveal(open: &Open, view: &mut View, goroutine: u32, height: f64) {
    let place = open.groups.iter().position(|group| group.members.contains(&goroutine));
    let Some(place) = place else { return };
    let head = Head::Group(place as u32);
    if !is_open(open, view, head) {
        let key = head_key(open, head);
        if !view.turned.remove(&key) {
            view.turned.insert(key);
        }
    }
    let (lanes, _) = in_sight(open, view, 0.0, f64::INFINITY);
    if let Some(lane) = lanes.iter().find(|lane| lane.kind == Kind::Goroutine(goroutine)) {
        let is_seen = lane.top >= view.scroll_px && lane.top + lane.height <= view.scroll_px + height;
        if !is_seen {
            view.scroll_px = (lane.top - height / 2.0).max(0.0);
        }
    }
}

/// Name of a lane, and what stands beside it.
pub(crate) fn words(open: &Open, kind: Kind) -> (String, String) {
    let plain = |name: &str, note: &str| (name.to_owned(), note.to_owned());
    match kind {
        Kind::Gc => plain("GC", ""),
        Kind::Purges => plain("Purges", ""),
        Kind::Heap => plain("Heap live", ""),
        Kind::Goroutines => plain("Goroutines", ""),
        Kind::Threads => plain("Threads", ""),
        Kind::Proc(at) => {
            let procs = &open.trace().procs;
            let id = procs.at(at as usize).and_then(|row| procs.id(row)).map_or(u64::from(at), |id| id.0);
            (format!("P {id}"), String::new())
        }
        Kind::Pool => plain("Pool", ""),
        Kind::Evidence => plain("In pools", "seen"),
        Kind::Region(at) => {
            let kind = open.survey.annotations.kinds.get(at as usize);
            let name = kind.map_or("", |kind| open.symbols.strings.get(kind.name));
            (format!("  {name}"), String::new())
        }
        Kind::Tasks => plain("Tasks", ""),
        Kind::Logs => plain("Logs", ""),
        Kind::Head(Head::Regions) => match open.survey.annotations.kinds.len() {
            1 => plain("Regions, 1 name", ""),
            count => (format!("Regions, {count} names"), String::new()),
        },
        Kind::Head(Head::Threads) => (format!("Threads, {}", open.trace().threads.len()), String::new()),
        Kind::Head(Head::Group(at)) => {
            let group = open.groups.get(at as usize);
            let count = group.map_or(0, |group| group.members.len());
            let name = group.map_or("", |group| group.name.as_str());
            let count = analysis::words::count(count as i64);
            (format!("{name}, {count}"), String::new())
        }
        Kind::Goroutine(at) => {
            let row = open.goroutine(at);
            let number = row.map_or(String::new(), |row| open.goroutine_words(row));
            let is_alone = open.groups.iter().any(|group| group.members == [at]);
            let name = row.filter(|_| is_alone).map_or("", |row| open.goroutine_name(row));
            (if is_alone { format!("{number} {name}") } else { format!("  {number}") }, String::new())
        }
        Kind::Thread(at) => {
            let threads = &open.trace().threads;
            let id = threads.at(at as usize).and_then(|row| threads.id(row)).map_or(u64::from(at), |id| id.0);
            (format!("  M {}", id as i64), String::new())
        }
    }
}
