//! The timeline of an execution trace: lanes at any level of detail, anchors, and what falls into a window.
//!
//! ```text
//! Trace ─ Survey (one walk, as events are decoded) ─▶ lanes: Spans, Intervals, Course, Extremes ─▶ columns of pixels
//!                        │                                └▶ goroutine_lane, when it is first looked at
//!                        └─▶ anchors, selection, escape windows, pins
//! ```
//!
//! A frame costs by its pixels: every lane answers what fills each of N columns of a window from running sums or
//! blocks of extremes, never from the events themselves.

mod annotations;
mod blocked;
mod clock;
mod collector;
mod course;
mod escape;
mod evidence;
mod executors;
mod extremes;
mod goroutine_lane;
mod grid;
mod intervals;
mod roster;
mod ruler;
mod search;
mod selection;
mod spans;
mod stack_marks;
mod subjects;
mod survey;
mod window;

pub use annotations::{Annotations, PoolRole, RegionKind, TaskRow, role_of};
pub use blocked::{Blocked, Waits};
pub use clock::{ClockMap, ClockMethod, Pin, PinPlace, places, wall_clock};
pub use collector::{Collector, Cycle, Stop, StopKind};
pub use course::{Course, Range};
pub use escape::{EscapeWindow, allocated, assist_time, escape_windows};
pub use evidence::{Evidence, EvidenceKind, PoolEvidence};
pub use executors::{Executors, proc_of, thread_of};
pub use extremes::Extremes;
pub use goroutine_lane::goroutine_lane;
pub use grid::Grid;
pub use intervals::{Interval, Intervals, OPEN, Spread};
pub use roster::{GoroutineRow, Roster};
pub use ruler::{Ruler, nanos_words, ruler, time_words};
pub use selection::{Within, within};
pub use spans::{Column, LaneState, STATES, Span, Spans};
pub use stack_marks::{StackMark, StackMarks};
pub use subjects::{Subjects, subject};
pub use survey::Survey;
pub use window::Window;
