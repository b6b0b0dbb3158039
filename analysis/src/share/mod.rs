//! An analysis that travels: in a link, a bundle or a report, so that a colleague sees what the sender saw without the files.
//!
//! [`Draft`] takes it out of an engine and makes text of it that fits a budget, [`decode`] reads that, and
//! [`Session::open_shared`](crate::session::Session::open_shared) makes an ordinary session of it, whose files are replaced by
//! the real ones as they come ([`Identity`]).

mod analysis;
mod arrive;
mod base64;
mod code;
mod collect;
mod columns;
mod error;
mod identity;
mod known_names;
mod names;
mod notes;
mod open;
mod prune;
mod redact;
mod replacer;
mod shred;
mod tree;
mod unshred;
mod wire;

pub use analysis::{
    Analysis, Code, CodeFunction, CodeLine, CodeLocation, Family, SharedSnapshot, SharedSource, SharedStates, TreeNode,
};
pub use collect::{Draft, Encoded, ShareQuery, share};
pub use error::ShareError;
pub use identity::{Hasher, Identity};
pub use notes::{Note, Pin};
pub(crate) use open::shared_answer;
pub use open::{MissingFile, Shared, SharedAnswer};
pub use redact::Policy;
pub use wire::{AMBER_BYTES, FORMAT, GREEN_BYTES, RED_BYTES, decode, seal, unseal};
