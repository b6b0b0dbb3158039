//! What the Go compiler says of values that leave their function (`go build -gcflags=-m`).

/// All notes of a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EscapeNotes {
    /// In file order.
    pub notes: Vec<EscapeNote>,
}

/// One note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EscapeNote {
    /// Source file, as the compiler names it.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// What it says, such as `moved to heap: x`.
    pub text: String,
    /// The way that the value takes, a line each (`-m=2`).
    pub flow: Vec<String>,
}
