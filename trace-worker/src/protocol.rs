//! Messages. A file or a canvas travels beside its message, as a handle.

use analysis::model::TraceProfileKind;
use analysis::timeline::{Pin, Window};
use serde::{Deserialize, Serialize};

/// To the worker.
#[derive(Serialize, Deserialize)]
pub enum ToTrace {
    /// Read the file that comes with this.
    Open {
        /// The page's number for it.
        key: u32,
        /// Its name.
        name: String,
    },
    /// Forget a file, read or not.
    Close(u32),
    /// Draw on the canvas that comes with this.
    Canvas,
    /// How the canvas is to look.
    Screen(Screen),
    /// Show that file, in a view as [`FromTrace::Drawn`] told it; an empty one is all of it.
    Show {
        /// The page's number for it.
        key: u32,
        /// The view.
        view: String,
    },
    /// The other files of the session.
    Pins(Vec<Pin>),
    /// Notes, as the address has them: those on stretches of a trace are drawn over it.
    Notes(String),
    /// What hands did.
    Input(Input),
    /// A table.
    Table {
        /// Number of the question.
        seq: u32,
        /// The question.
        query: TableQuery,
    },
    /// Moves the other files to the right of where they were found to be, by milliseconds; none takes that back.
    Shift(Option<f64>),
    /// A profile of what is looked at.
    Profile {
        /// Of what.
        kind: TraceProfileKind,
        /// Of whom.
        whose: Whose,
    },
    /// A profile by the name that it had.
    ProfileNamed(String),
    /// Go where a link of the last table, or of the inspector, leads.
    Follow {
        /// Of the table.
        is_table: bool,
        /// The link's `data-go`.
        at: u32,
    },
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub enum FromTrace {
    /// It runs.
    Ready,
    /// How far a file is.
    Progress {
        /// The page's number for it.
        key: u32,
        /// From 0 to 1.
        fraction: f32,
        /// Events decoded.
        events: u64,
    },
    /// The overview of a file has been drawn.
    Overview {
        /// The page's number for it.
        key: u32,
    },
    /// A file was read, or refused.
    Opened {
        /// The page's number for it.
        key: u32,
        /// 0 when all of it was read, 1 when a part, 2 when nothing.
        damage: u8,
        /// What is wrong with it.
        words: String,
        /// Unix time of its beginning, where it tells.
        time_nanos: Option<i64>,
        /// Events that were read.
        events: u64,
    },
    /// What a file tells in sum and of pools comes with this, for the worker of profiles.
    Told {
        /// The page's number for it.
        key: u32,
        /// Why nothing of pools is in it.
        words: String,
    },
    /// A frame was drawn.
    Drawn {
        /// Time that it took, in milliseconds.
        millis: f64,
        /// The view, to be kept in the address.
        view: String,
        /// What is seen, in words.
        title: String,
        /// About it.
        note: String,
        /// What is under the pointer.
        tip: Option<Tip>,
        /// What the inspector says, and the menu of profiles, as markup; `None` where they say what they said.
        inspector: Option<[String; 2]>,
        /// The card of a pin.
        card: Option<Box<PinCard>>,
    },
    /// A profile, or why there is none.
    Profile(Result<Made, String>),
    /// A table.
    Table {
        /// Number of the question.
        seq: u32,
        /// As markup: links have `data-go`, heads that sort `data-sort`, the button for more rows `data-more`.
        markup: String,
    },
}

/// A profile that was made out of a trace.
#[derive(Serialize, Deserialize)]
pub struct Made {
    /// The page's number for the trace.
    pub key: u32,
    /// Says all of what it is of.
    pub name: String,
    /// What it is about.
    pub kind: TraceProfileKind,
    /// In pprof's format.
    pub bytes: Vec<u8>,
}

/// Whose a profile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whose {
    /// All goroutines'.
    All,
    /// Those that began with the same function as the picked one.
    Group,
    /// The picked one's.
    One,
}

/// How the canvas is to look.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// In CSS pixels.
    pub width: f64,
    /// In CSS pixels.
    pub height: f64,
    /// Pixels of the screen for each.
    pub ratio: f64,
    /// The theme's colours by their names.
    pub colors: Vec<(String, String)>,
    /// Family of the letters.
    pub font: String,
}

/// What hands did; places in CSS pixels of the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The wheel was turned.
    Wheel {
        /// Place.
        x: f64,
        /// Place.
        y: f64,
        /// Turn sideways.
        dx: f64,
        /// Turn.
        dy: f64,
        /// With the shift key.
        is_shift: bool,
    },
    /// A pointer was put down.
    Down {
        /// Which pointer.
        id: i32,
        /// Place.
        x: f64,
        /// Place.
        y: f64,
        /// With the shift key.
        is_shift: bool,
    },
    /// A pointer moved.
    Move {
        /// Which pointer.
        id: i32,
        /// Place.
        x: f64,
        /// Place.
        y: f64,
    },
    /// A pointer was taken up.
    Up {
        /// Which pointer.
        id: i32,
    },
    /// The pointer left the canvas.
    Leave,
    /// A command by key or button.
    Do(Command),
}

/// What can be done without a pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Zooms at the pointer, or at the middle.
    Zoom(f64),
    /// Moves by shares of the window.
    Pan(f64),
    /// Scrolls the lanes, by pixels.
    Scroll(f64),
    /// Everything.
    All,
    /// The selection becomes the range that every view obeys.
    Commit,
    /// Back to the range before.
    Back,
    /// Drops selection and pick.
    Clear,
    /// To the next or the previous.
    Jump(Jump, bool),
    /// To who let the picked goroutine run.
    Waker,
    /// To the next pin, or the one before.
    Pin(bool),
    /// To a place.
    Go(Go),
    /// Ends the search through events.
    Stop,
}

/// What can be jumped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Jump {
    /// A stop of the world.
    Stop,
    /// A purge of all pools.
    Purge,
    /// One of the slowest Gets of a hundred.
    SlowGet,
}

/// A place to go to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Go {
    /// The time that is selected there.
    pub select: Option<Window>,
    /// The goroutine that is picked, by its row.
    pub goroutine: Option<u32>,
}

/// What is under the pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tip {
    /// Place of the pointer.
    pub x: f64,
    /// Place of the pointer.
    pub y: f64,
    /// As markup.
    pub markup: String,
}

/// How another file came to stand where it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PinCard {
    /// The file's name.
    pub name: String,
    /// Place on the canvas.
    pub x: f64,
    /// Place on the canvas.
    pub y: f64,
    /// As markup.
    pub markup: String,
    /// The mark termination whose heap it shows.
    pub describes: Option<Window>,
    /// How far all pins are shifted from where they were found to be.
    pub shift_millis: f64,
    /// The user has shifted them.
    pub is_by_hand: bool,
}

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableName {
    /// What the lanes show.
    Lanes,
    /// Stops of the world.
    Stops,
    /// Cycles of the collector, who triggered them and whom they cost.
    Cycles,
    /// New objects of pools by the time since the last purge.
    Purges,
    /// Minimum mutator utilization.
    Mmu,
    /// Gets from pools.
    Gets,
    /// Initialisations.
    Inits,
    /// Surges while the collector marks.
    Escapes,
    /// Goroutines by the function that they began with.
    Goroutines,
    /// Regions by name, and tasks.
    Regions,
    /// Objects by type: what is outstanding, how long they live.
    Objects,
    /// Events.
    Events,
    /// Other files.
    Pins,
}

/// A question for rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableQuery {
    /// Which.
    pub table: TableName,
    /// What rows must hold, in any case of letters.
    pub search: String,
    /// Sorted by that column; none is the table's own order.
    pub sort: Option<(u32, bool)>,
    /// How many rows.
    pub limit: u32,
}
