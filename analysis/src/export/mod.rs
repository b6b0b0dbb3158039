//! What leaves for other tools: tables as CSV and JSON, profiles as pprof and folded stacks, findings as Markdown and JSON.
//! Names in dumps are their program's own and may hold anything: each writer here makes words of them in its format.

mod findings;
mod folded;
mod markdown;
mod name;
mod profile;
mod sheets;
mod table;

pub use findings::Report;
pub use folded::{folded, folded_diff};
pub use markdown::words as markdown_words;
pub use name::file_name;
pub use profile::profile;
pub use sheets::{Look, Sheet, sheet};
pub use table::{Column, Table, Value};

use crate::filter::CompiledFilter;
use crate::lens::{Base, Lens};
use crate::model::{Profile, Symbols};
use crate::projection::Projection;
use crate::query::profile_of;
use crate::selection::{Inputs, Selection, select};
use crate::session::Session;

/// What a lens leaves of profiles: samples with a base subtracted, and which of their frames are visible.
pub struct Cut<'a> {
    symbols: &'a Symbols,
    /// The profile that says what all of it is.
    main: &'a Profile,
    filter: CompiledFilter,
    projection: Projection,
    selection: Selection,
    no_inlines: bool,
    /// The column that the lens shows.
    column: usize,
    /// What was done, in pprof's words; empty when nothing was.
    done: String,
}

impl<'a> Cut<'a> {
    /// Of what the lens looks at, its base subtracted.
    ///
    /// # Errors
    /// In words, when there is nothing to look at or a filter does not compile.
    pub fn new(session: &'a Session, lens: &Lens) -> Result<Self, String> {
        let profile = profile_of(session, lens).ok_or("There is no profile to look at.")?;
        let base = match lens.base {
            Base::None => None,
            Base::Base(id) | Base::DiffBase(id) => session.profile(id),
        };
        let bases: Vec<&Profile> = base.into_iter().collect();
        Self::of(session, &[profile], &bases, lens)
    }

    /// Of these profiles, those of `bases` subtracted as the lens's base says.
    ///
    /// # Errors
    /// In words, when there is nothing to look at or a filter does not compile.
    pub fn of(session: &'a Session, profiles: &[&'a Profile], bases: &[&Profile], lens: &Lens) -> Result<Self, String> {
        let symbols = &session.symbols;
        let main = profiles.first().ok_or("There is no profile to look at.")?;
        let filter = CompiledFilter::new(&lens.filter).map_err(|error| error.to_string())?;
        let projection = Projection::new(symbols, &filter, lens.granularity, lens.no_inlines);
        let inputs = Inputs {
            profiles,
            bases,
            diff_base: matches!(lens.base, Base::DiffBase(_)),
            normalize: lens.normalize && !bases.is_empty(),
            relative_percentages: lens.relative_percentages,
        };
        let selection = select(symbols, inputs, &filter, &projection).map_err(|error| error.to_string())?;
        let named = lens.sample_type.as_ref().and_then(|name| selection.type_named(symbols, name));
        let column = named.unwrap_or(selection.default_type);
        let (no_inlines, done) = (lens.no_inlines, done(session, lens));
        Ok(Self { symbols, main, filter, projection, selection, no_inlines, column, done })
    }
}

/// What a lens does to a profile, in pprof's words.
fn done(session: &Session, lens: &Lens) -> String {
    let filter = &lens.filter;
    let (name, base) = match lens.base {
        Base::None => ("", None),
        Base::Base(id) => ("base", session.source(id)),
        Base::DiffBase(id) => ("diff_base", session.source(id)),
    };
    let flag = |is_on: bool| if is_on { "true" } else { "" };
    let all = [
        ("focus", filter.focus.as_str()),
        ("ignore", &filter.ignore),
        ("hide", &filter.hide),
        ("show", &filter.show),
        ("show_from", &filter.show_from),
        ("tagfocus", &filter.tagfocus),
        ("tagignore", &filter.tagignore),
        (name, base.map_or("", |source| &source.name)),
        ("noinlines", flag(lens.no_inlines)),
        ("normalize", flag(lens.normalize && base.is_some())),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    said.collect::<Vec<_>>().join(", ")
}
