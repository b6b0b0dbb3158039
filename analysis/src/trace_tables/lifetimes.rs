//! How long objects live, by type and by who made them, from the experimental events of allocation.
//!
//! An object ends when it is swept, which is up to one cycle after nobody could reach it. What is not swept at the end
//! goes on, as far as the trace says: it is at least so old, and stands in quantiles as that ([`Survival`]).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::object_sizes::ObjectSizes;
use super::whereabouts::{Place, Whereabouts};
use crate::model::trace::{AllocFreeEvent, AllocFreeType, Goroutine, Trace};
use crate::model::{StringId, Symbols};
use crate::order::sort_by;
use crate::stats::Survival;
use crate::timeline::{OPEN, Survey, Window};

/// All objects that were allocated in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lifetimes {
    /// By type, those with the most bytes outstanding first.
    pub types: Vec<TypeLife>,
    /// By type and by who made them, those with the most bytes outstanding first.
    pub makers: Vec<MakerLife>,
    /// Cycles that finished marking in the window.
    pub cycles: usize,
}

/// How many objects, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// How many.
    pub objects: u64,
    /// Of the slots that they take.
    pub bytes: u64,
}

/// Objects of one type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeLife {
    /// Such as `main.Session`; `None` where the runtime knows no type, as of memory without pointers that is very small.
    pub name: Option<StringId>,
    /// There when the window began.
    pub before: Heap,
    /// How many of these were swept.
    pub before_freed: u64,
    /// Allocated in the window.
    pub allocated: Heap,
    /// Of those allocated in the window, not swept at its end.
    pub outstanding: Heap,
    /// How long those allocated in the window lived.
    pub ages: Survival,
    /// Cycles that each of those swept had survived: how many they were by that number.
    pub survived: BTreeMap<usize, u64>,
    /// Cycles that those outstanding have survived for certain: each marked it, and was swept to its end.
    pub surviving: BTreeMap<usize, u64>,
    /// The oldest that is outstanding: when it was allocated, and by whom.
    pub oldest: Option<(i64, Option<Goroutine>)>,
}

/// Objects of one type that were made at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MakerLife {
    /// The type.
    pub name: Option<StringId>,
    /// Where.
    pub place: Place,
    /// Allocated in the window.
    pub allocated: Heap,
    /// Not swept at its end.
    pub outstanding: Heap,
    /// The oldest that is outstanding: when it was allocated, and by whom.
    pub oldest: Option<(i64, Option<Goroutine>)>,
}

impl Heap {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// An object that is there.
#[derive(Clone, Copy)]
struct Alive {
    /// `None` for one that was there before.
    since: Option<i64>,
    type_row: u64,
    bytes: u64,
    place: Place,
    goroutine: Option<Goroutine>,
}

/// Objects that were allocated in `window`, and what became of them until its end.
///
/// ```
/// use analysis::model::{Symbols, trace::Trace};
/// use analysis::timeline::{Survey, Window};
/// use analysis::trace_tables::lifetimes;
///
/// let found = lifetimes(&Trace::default(), &Symbols::default(), &Survey::default(), Window::new(0, 1));
/// assert!(found.types.is_empty());
/// ```
pub fn lifetimes(trace: &Trace, symbols: &Symbols, survey: &Survey, window: Window) -> Lifetimes {
    if trace.alloc_free.is_empty() {
        return Lifetimes::default();
    }
    let mut pass = Pass {
        trace,
        cycles: Cycles::new(survey, window),
        window,
        sizes: ObjectSizes::new(&trace.alloc_free),
        alive: FxHashMap::default(),
        types: BTreeMap::new(),
        ages: BTreeMap::new(),
        makers: BTreeMap::new(),
    };
    let mut whereabouts = Whereabouts::new(trace, symbols, survey);
    for event in trace.alloc_free.iter().take_while(|event| event.time < window.end) {
        pass.sizes.see(&event);
        match event.kind {
            AllocFreeType::Object => pass.begin(&event, None, Place::default()),
            AllocFreeType::ObjectAlloc => {
                pass.begin(&event, Some(event.time), whereabouts.at(event.time, event.goroutine))
            }
            AllocFreeType::ObjectFree => pass.end(&event),
            _ => {}
        }
    }
    pass.finish(symbols)
}

/// When cycles were over.
struct Cycles {
    /// When each ended marking.
    marked: Vec<i64>,
    /// From then on every object that the last of them found dead was swept.
    swept: i64,
}

impl Cycles {
    fn new(survey: &Survey, window: Window) -> Self {
        let collector = &survey.collector;
        let marked = collector.cycles.iter().map(|cycle| cycle.end).filter(|&end| end != OPEN && end < window.end);
        let swept = collector.purges().map(|stop| stop.begin).rfind(|&begin| begin < window.end);
        Self { marked: marked.collect(), swept: swept.unwrap_or(i64::MIN) }
    }

    fn between(&self, begin: i64, end: i64) -> usize {
        let before = |time: i64| self.marked.partition_point(|&marked| marked <= time);
        before(end).saturating_sub(before(begin))
    }
}

struct Pass<'a> {
    trace: &'a Trace,
    cycles: Cycles,
    window: Window,
    sizes: ObjectSizes,
    /// By number.
    alive: FxHashMap<u64, Alive>,
    /// By row of the type and one.
    types: BTreeMap<u64, TypeLife>,
    ages: BTreeMap<u64, Vec<(i64, bool)>>,
    makers: BTreeMap<(u64, Place), MakerLife>,
}

impl Pass<'_> {
    fn begin(&mut self, event: &AllocFreeEvent, since: Option<i64>, place: Place) {
        let type_row = event.detail;
        let of_type = || type_row.checked_sub(1).and_then(|row| self.trace.alloc_free.types.get(row as usize));
        let bytes = self.sizes.of(event.number).or_else(|| Some(of_type()?.size_bytes)).unwrap_or(0);
        let since = since.filter(|&since| since >= self.window.start);
        let object = Alive { since, type_row, bytes, place, goroutine: event.goroutine };
        if let Some(lost) = self.alive.insert(event.number, object) {
            // Its end is not in the trace; it was before this.
            self.close(lost, event.time, true);
        }
    }

    fn end(&mut self, event: &AllocFreeEvent) {
        if let Some(object) = self.alive.remove(&event.number) {
            self.close(object, event.time, true);
        }
    }

    fn close(&mut self, object: Alive, time: i64, is_swept: bool) {
        let found = self.types.entry(object.type_row).or_default();
        let Some(since) = object.since else {
            // What was swept before the window was not there when it began.
            if !is_swept || time >= self.window.start {
                found.before.add(object.bytes);
                found.before_freed += u64::from(is_swept);
            }
            return;
        };
        found.allocated.add(object.bytes);
        let maker = self.makers.entry((object.type_row, object.place)).or_default();
        maker.allocated.add(object.bytes);
        self.ages.entry(object.type_row).or_default().push((time.saturating_sub(since), is_swept));
        if is_swept {
            // The last of them found it dead.
            let survived = self.cycles.between(since, time).saturating_sub(1);
            *found.survived.entry(survived).or_default() += 1;
        } else {
            let surviving = self.cycles.between(since, self.cycles.swept.max(since));
            *found.surviving.entry(surviving).or_default() += 1;
            for (outstanding, oldest) in
                [(&mut found.outstanding, &mut found.oldest), (&mut maker.outstanding, &mut maker.oldest)]
            {
                outstanding.add(object.bytes);
                if oldest.is_none_or(|(time, _)| since < time) {
                    *oldest = Some((since, object.goroutine));
                }
            }
        }
    }

    fn finish(mut self, symbols: &Symbols) -> Lifetimes {
        let left: Vec<Alive> = std::mem::take(&mut self.alive).into_values().collect();
        left.into_iter().for_each(|object| self.close(object, self.window.end, false));
        let types = &self.trace.alloc_free.types;
        let name = |row: u64| Some(types.get(usize::try_from(row.checked_sub(1)?).ok()?)?.name);
        let text = |name: Option<StringId>| name.map(|name| symbols.strings.get(name));
        let ages = &mut self.ages;
        let finished = |(row, life): (u64, TypeLife)| {
            let ages = Survival::of(ages.remove(&row).unwrap_or_default());
            TypeLife { name: name(row), ages, ..life }
        };
        let mut types: Vec<TypeLife> = self.types.into_iter().map(finished).collect();
        sort_by(&mut types, |a, b| {
            let key = |life: &TypeLife| (life.outstanding.bytes, life.allocated.bytes, life.before.bytes);
            key(b).cmp(&key(a)).then_with(|| text(a.name).cmp(&text(b.name)))
        });
        let maker = |((row, place), life): ((u64, Place), MakerLife)| MakerLife { name: name(row), place, ..life };
        let mut makers: Vec<MakerLife> = self.makers.into_iter().map(maker).collect();
        sort_by(&mut makers, |a, b| {
            let key = |life: &MakerLife| (life.outstanding.bytes, life.allocated.bytes);
            key(b).cmp(&key(a)).then_with(|| text(a.name).cmp(&text(b.name))).then_with(|| a.place.cmp(&b.place))
        });
        let cycles = self.cycles.between(self.window.start, self.window.end);
        Lifetimes { types, makers, cycles }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::trace::{HeapLayout, HeapType};
    use crate::timeline::{Cycle, Stop, StopKind};

    /// Objects of one type in slots of 48 bytes: `(time, kind, number)`.
    fn trace(symbols: &mut Symbols, events: &[(i64, AllocFreeType, u64)]) -> Trace {
        let mut trace = Trace::default();
        let name = symbols.strings.intern("main.Session");
        trace.alloc_free.types.push(HeapType { name, size_bytes: 40, pointer_bytes: 8 });
        trace.alloc_free.layout =
            HeapLayout { min_address: 0, page_bytes: 8192, align_bytes: 8, min_stack_bytes: 2048 };
        let span =
            AllocFreeEvent { time: 0, kind: AllocFreeType::Span, number: 0, detail: 1 << 32 | 5 << 2, goroutine: None };
        trace.alloc_free.push(span);
        for &(time, kind, number) in events {
            let detail = u64::from(kind != AllocFreeType::ObjectFree);
            trace.alloc_free.push(AllocFreeEvent { time, kind, number, detail, goroutine: None });
        }
        trace
    }

    fn survey(marked: &[(i64, i64)], purges: &[i64]) -> Survey {
        let stop = |&time: &i64| Stop {
            begin: time,
            end: time + 1,
            reason: StringId::default(),
            kind: StopKind::Purge,
            goroutine: None,
            stack: None,
        };
        let cycle = |&(begin, end): &(i64, i64)| Cycle { begin, end, goroutine: None, stack: None };
        let mut survey = Survey::default();
        survey.collector.stops = purges.iter().map(stop).collect();
        survey.collector.cycles = marked.iter().map(cycle).collect();
        survey
    }

    #[test]
    fn what_goes_on_is_at_least_so_old() {
        use AllocFreeType::{Object, ObjectAlloc, ObjectFree};
        let mut symbols = Symbols::default();
        let events = [
            (1, Object, 0),
            (2, Object, 6),
            // Made before the first cycle, found dead by the second.
            (10, ObjectAlloc, 12),
            // Made before the first cycle, and still there.
            (11, ObjectAlloc, 18),
            (40, ObjectFree, 0),
            // Made after the second began to mark: none has found it alive for certain.
            (55, ObjectAlloc, 24),
            (70, ObjectFree, 12),
            // Another stands where one was whose end is not told.
            (80, ObjectAlloc, 24),
        ];
        let trace = trace(&mut symbols, &events);
        // The third cycle is not swept to its end.
        let survey = survey(&[(20, 30), (50, 60), (85, 90)], &[20, 50, 85]);
        let found = lifetimes(&trace, &symbols, &survey, Window::new(0, 100));
        let life = found.types.first().unwrap();
        assert_eq!((found.types.len(), found.cycles), (1, 3));
        assert_eq!((life.before, life.before_freed), (Heap { objects: 2, bytes: 96 }, 1));
        assert_eq!(
            (life.allocated, life.outstanding),
            (Heap { objects: 4, bytes: 192 }, Heap { objects: 2, bytes: 96 })
        );
        assert_eq!(life.survived, BTreeMap::from([(1, 1), (0, 1)]));
        assert_eq!(life.surviving, BTreeMap::from([(2, 1), (0, 1)]));
        assert_eq!(life.oldest, Some((11, None)));
        assert_eq!((life.ages.gone_by(0.5), life.ages.longest), (Some(60), 89));

        // Of a part of the trace only what was made in it; what was swept before was not there.
        let found = lifetimes(&trace, &symbols, &survey, Window::new(50, 75));
        let life = found.types.first().unwrap();
        assert_eq!((life.before.objects, life.before_freed), (3, 1));
        assert_eq!((life.allocated.objects, life.outstanding.objects, life.ages.longest), (1, 1, 20));
    }
}
