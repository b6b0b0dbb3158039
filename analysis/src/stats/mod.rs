//! Statistics honest enough to publish: plain functions of numbers.

mod sampling;
mod survival;
mod trend;

pub(crate) use sampling::Z95;
pub use sampling::{Interval, interval, object_variance};
pub use survival::{Lasted, Survival, kaplan_meier};
pub(crate) use trend::median;
pub use trend::{Trend, slope_interval, trend, two_sided_p};
