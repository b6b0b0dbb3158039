//! What the Go compiler says of escaping values (cmd/compile/internal/escape, `finish` and `explainPath`).

mod notes;
mod text;

pub(super) use text::EscapeText;
