//! What the Go compiler says of escaping values (cmd/compile/internal/escape, `finish` and `explainPath`).

mod json;
mod notes;
mod text;

pub(super) use json::EscapeJson;
pub(super) use text::EscapeText;
