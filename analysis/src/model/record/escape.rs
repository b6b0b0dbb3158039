//! What the Go compiler says of values that leave their function (`go build -gcflags=-m`, `-m=2`, `-json`).

/// All notes of a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EscapeNotes {
    /// In file order, each once.
    pub notes: Vec<EscapeNote>,
    /// How many other notes there were: of inlining, and of what does not escape.
    pub others: u64,
    /// Some notes come with the way that the value takes.
    pub has_flow: bool,
}

/// One note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EscapeNote {
    /// Source file, as the compiler names it: relative to where it was started, or whole.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column, in bytes from 1; 0 when unknown.
    pub column: u32,
    /// What happens.
    pub kind: EscapeKind,
    /// To what: a variable or an expression, as the compiler writes it.
    pub subject: String,
    /// Import path of the package; empty when unknown.
    pub package: String,
    /// The way that the value takes to the heap, a line each (`-m=2`); empty when it is not told.
    pub flow: Vec<String>,
}

/// What happens to a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EscapeKind {
    /// A variable lies on the heap, as something that outlives the function points at it.
    MovedToHeap,
    /// An expression makes its value on the heap.
    #[default]
    EscapesToHeap,
    /// A parameter is kept by what outlives the function: whoever passes it must have it on the heap. Allocates nothing
    /// here.
    LeakingParam,
}

impl EscapeNote {
    /// What the compiler says, in its words.
    pub fn text(&self) -> String {
        match self.kind {
            EscapeKind::MovedToHeap => format!("moved to heap: {}", self.subject),
            EscapeKind::EscapesToHeap => format!("{} escapes to heap", self.subject),
            EscapeKind::LeakingParam => format!("leaking param: {}", self.subject),
        }
    }
}
