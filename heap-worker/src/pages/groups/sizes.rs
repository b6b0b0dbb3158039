//! Sizes of what functions allocated, before and after, as shares of objects.

use std::fmt::Write;

use analysis::groups::{Comparison, Measure, SizesOf};
use analysis::markup::escaped;
use analysis::words::{bytes, percent};

use super::super::Here;

/// The section; nothing where no sizes are known.
pub(super) fn section(here: &Here, comparison: &Comparison, out: &mut String) {
    if comparison.sizes.is_empty() {
        return;
    }
    out.push_str(
        "<section class=\"sec\" data-testid=\"groups-sizes\"><div class=\"hd\"><h2>Sizes of what is allocated</h2><span class=\"dim\">share of a function’s objects from each power of two to the next; left before, right after</span></div><div class=\"gsizes\">",
    );
    for sizes in &comparison.sizes {
        one(here, comparison, sizes, out);
    }
    out.push_str("</div></section>");
}

fn one(here: &Here, comparison: &Comparison, sizes: &SizesOf, out: &mut String) {
    let of_mean = |name: &str| {
        let mut all = comparison.differences.iter();
        all.find(|difference| difference.measure == Measure::MeanSize && difference.name == name)
    };
    let mean = of_mean(&sizes.function).and_then(|difference| difference.before.zip(difference.after));
    let mean = mean.map_or(String::new(), |(before, after)| {
        format!("mean {} → {}", Measure::MeanSize.words(before.value), Measure::MeanSize.words(after.value))
    });
    let _ = write!(
        out,
        "<figure><figcaption><a href=\"{}\" title=\"{name}\">{name}</a><span>{}</span></figcaption><div class=\"ghist\">",
        here.to(&[("view", "heap"), ("type", "alloc_space"), ("sel", &sizes.function)]),
        escaped(&mean),
        name = escaped(&sizes.function)
    );
    let (Some((first, _)), Some((last, _))) = (sizes.bars.first(), sizes.bars.last()) else { return };
    for power in *first..=*last {
        let shares = sizes.bars.iter().find(|(known, _)| *known == power).map_or([0.0; 2], |(_, shares)| *shares);
        let size = bytes(1_i64 << power.min(62));
        let _ = write!(
            out,
            "<span title=\"{size} and more: {} before, {} after\"><i class=\"before\" style=\"height:{:.1}%\"></i><i class=\"after\" style=\"height:{:.1}%\"></i></span>",
            percent(shares[0]),
            percent(shares[1]),
            shares[0] * 100.0,
            shares[1] * 100.0
        );
    }
    let _ = write!(
        out,
        "</div><div class=\"gends\"><span>{}</span><span>{}</span></div></figure>",
        bytes(1_i64 << (*first).min(62)),
        if first == last { String::new() } else { bytes(1_i64 << (*last).min(62)) }
    );
}
