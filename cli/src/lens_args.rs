//! pprof's options, under pprof's names.

use analysis::lens::{Base, Filter, Granularity, Lens, SourceId};
use clap::{Args, ValueEnum};

/// What is looked at, and how.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LensArgs {
    /// Sample type, by name or number; without it JSON holds all, text the profile's default
    #[arg(long, visible_alias = "sample_index", value_name = "NAME")]
    pub(crate) sample_index: Option<String>,
    /// Subtract this profile
    #[arg(long, value_name = "FILE", conflicts_with = "diff_base")]
    pub(crate) base: Vec<String>,
    /// Subtract this profile, with percentages of it
    #[arg(long, visible_alias = "diff_base", value_name = "FILE")]
    pub(crate) diff_base: Vec<String>,
    /// Scale the profile to the base's total before subtracting
    #[arg(long)]
    pub(crate) normalize: bool,
    /// Keep only stacks with a frame that matches
    #[arg(long, value_name = "RE", default_value = "", hide_default_value = true)]
    pub(crate) focus: String,
    /// Drop stacks with a frame that matches
    #[arg(long, value_name = "RE", default_value = "", hide_default_value = true)]
    pub(crate) ignore: String,
    /// Drop frames that match
    #[arg(long, value_name = "RE", default_value = "", hide_default_value = true)]
    pub(crate) hide: String,
    /// Keep only frames that match
    #[arg(long, value_name = "RE", default_value = "", hide_default_value = true)]
    pub(crate) show: String,
    /// Drop frames above the outermost that matches
    #[arg(long, visible_alias = "show_from", value_name = "RE", default_value = "", hide_default_value = true)]
    pub(crate) show_from: String,
    /// Keep only samples whose labels match: RE, KEY=RE, or a range such as bytes=1kb:64kb
    #[arg(long, value_name = "E", default_value = "", hide_default_value = true)]
    pub(crate) tagfocus: String,
    /// Drop samples whose labels match
    #[arg(long, value_name = "E", default_value = "", hide_default_value = true)]
    pub(crate) tagignore: String,
    /// What a row is
    #[arg(long, value_enum, default_value_t = GranularityArg::Functions)]
    pub(crate) granularity: GranularityArg,
    /// Count inlined functions as their caller
    #[arg(long)]
    pub(crate) noinlines: bool,
    /// Percentages of what the filters leave
    #[arg(long, visible_alias = "relative_percentages")]
    pub(crate) relative_percentages: bool,
    /// Leave out rows below zero
    #[arg(long, visible_alias = "drop_negative")]
    pub(crate) drop_negative: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GranularityArg {
    #[default]
    Functions,
    Filefunctions,
    Files,
    Lines,
    Addresses,
}

impl LensArgs {
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            focus: self.focus.clone(),
            ignore: self.ignore.clone(),
            hide: self.hide.clone(),
            show: self.show.clone(),
            show_from: self.show_from.clone(),
            tagfocus: self.tagfocus.clone(),
            tagignore: self.tagignore.clone(),
        }
    }

    /// All of it; `base` is the file that is subtracted.
    pub(crate) fn lens(&self, base: Option<SourceId>) -> Lens {
        Lens {
            sample_type: self.sample_index.clone(),
            base: match base {
                Some(id) if !self.diff_base.is_empty() => Base::DiffBase(id),
                Some(id) => Base::Base(id),
                None => Base::None,
            },
            filter: self.filter(),
            granularity: self.granularity(),
            no_inlines: self.noinlines,
            normalize: self.normalize,
            ..Lens::default()
        }
    }

    /// The filters that say something, by pprof's names.
    pub(crate) fn active(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tagfocus),
            ("tagignore", &self.tagignore),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str())).collect()
    }

    pub(crate) fn granularity(&self) -> Granularity {
        match self.granularity {
            GranularityArg::Functions => Granularity::Functions,
            GranularityArg::Filefunctions => Granularity::FileFunctions,
            GranularityArg::Files => Granularity::Files,
            GranularityArg::Lines => Granularity::Lines,
            GranularityArg::Addresses => Granularity::Addresses,
        }
    }
}
