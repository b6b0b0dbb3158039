//! Whole stacks, for pools that ask for them: walked where something happens, named when it is written.

/// A place in a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Name of the function; empty where only the place is known.
    pub function: String,
    /// Its file; empty where that is not known.
    pub file: String,
    /// Line, from 1; 0 is unknown.
    pub line: u32,
    /// Column, from 1; 0 is unknown.
    pub column: u32,
}

#[cfg(not(feature = "stacks"))]
pub(crate) use unknown::{places, walk};
#[cfg(feature = "stacks")]
pub(crate) use walked::{places, walk};

#[cfg(not(feature = "stacks"))]
mod unknown {
    use pool_dump::StackId;

    use super::Place;

    pub(crate) fn walk(_frames: usize) -> StackId {
        StackId(0)
    }

    pub(crate) fn places(_stack: StackId) -> Vec<Place> {
        Vec::new()
    }
}

#[cfg(feature = "stacks")]
mod walked {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use pool_dump::StackId;

    use super::Place;
    use crate::core::lock;

    /// Different stacks that are kept at most, so that a program with ever new ones does not grow: 65,536 of 32 frames are
    /// some 20 MB.
    const STACKS: usize = 1 << 16;
    /// Frames of this crate above those of its caller, at most.
    const OWN: usize = 8;

    #[derive(Default)]
    struct Known {
        ids: HashMap<Arc<[usize]>, u32>,
        stacks: Vec<Arc<[usize]>>,
    }

    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

    /// The number of the stack that is being walked, its innermost frames; 0 if none are wanted, or too many are known.
    pub(crate) fn walk(frames: usize) -> StackId {
        if frames == 0 {
            return StackId(0);
        }
        let mut found: Vec<usize> = Vec::with_capacity(frames + OWN);
        backtrace::trace(|frame| {
            found.push(frame.ip().addr());
            found.len() < frames + OWN
        });
        let mut known = lock(&KNOWN);
        let Known { ids, stacks } = known.get_or_insert_with(Known::default);
        if let Some(id) = ids.get(found.as_slice()) {
            return StackId(*id);
        }
        if stacks.len() == STACKS {
            return StackId(0);
        }
        let stack: Arc<[usize]> = found.into();
        stacks.push(Arc::clone(&stack));
        let id = stacks.len() as u32;
        ids.insert(stack, id);
        StackId(id)
    }

    /// The places of a stack, the innermost first, without this crate's own above its caller.
    pub(crate) fn places(stack: StackId) -> Vec<Place> {
        let addresses =
            lock(&KNOWN).as_ref().and_then(|known| known.stacks.get((stack.0 as usize).checked_sub(1)?).cloned());
        let mut places = Vec::new();
        for address in addresses.iter().flat_map(|addresses| addresses.iter()) {
            // Of the call, not of what it returns to.
            let of_call = std::ptr::without_provenance_mut(address.saturating_sub(1));
            backtrace::resolve(of_call, |symbol| {
                places.push(Place {
                    function: symbol.name().map(|name| format!("{name:#}")).unwrap_or_default(),
                    file: symbol.filename().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default(),
                    line: symbol.lineno().unwrap_or(0),
                    column: symbol.colno().unwrap_or(0),
                });
            });
        }
        // Inlined functions may lack their crate's name, and stripped programs their files.
        let folder = file!().trim_end_matches("stack.rs");
        let is_own = |Place { function, file, .. }: &Place| {
            file.contains(folder)
                || file.contains("/backtrace-")
                || ["pool::", "<pool::", "backtrace::"].iter().any(|own| function.starts_with(own))
        };
        let own = places.iter().take_while(|place| is_own(place)).count();
        places.split_off(own)
    }
}
