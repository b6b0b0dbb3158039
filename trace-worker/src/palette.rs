//! The theme's colours.

use std::collections::HashMap;

use analysis::timeline::LaneState;

/// Red, green, blue, and how much it covers.
pub(crate) type Color = [u8; 4];

/// Colours by the names of the theme's tokens.
#[derive(Default)]
pub(crate) struct Palette {
    colors: HashMap<String, (Color, String)>,
}

impl Palette {
    pub(crate) fn new(colors: &[(String, String)]) -> Self {
        let parsed = |text: &str| parse(text).unwrap_or([128, 128, 128, 255]);
        Self { colors: colors.iter().map(|(name, text)| (name.clone(), (parsed(text), text.clone()))).collect() }
    }

    /// The colour of a token.
    pub(crate) fn get(&self, name: &str) -> Color {
        self.colors.get(name).map_or([128, 128, 128, 255], |found| found.0)
    }

    /// As the canvas takes it.
    pub(crate) fn css(&self, name: &str) -> &str {
        self.colors.get(name).map_or("#888", |found| found.1.as_str())
    }

    pub(crate) fn state(&self, state: LaneState) -> Color {
        self.get(state_token(state))
    }
}

/// The token of a state.
pub(crate) fn state_token(state: LaneState) -> &'static str {
    match state {
        LaneState::Absent => "bg",
        LaneState::Waiting => "line-2",
        LaneState::Runnable => "go-ready",
        LaneState::Running => "st-active",
        LaneState::Syscall => "go-syscall",
        LaneState::Collecting => "gc-band",
        LaneState::Assisting => "gc-assist",
        LaneState::Sweeping => "gc-sweep",
    }
}

/// `color`, covering only a share.
pub(crate) fn faint(color: Color, share: f64) -> Color {
    [color[0], color[1], color[2], (f64::from(color[3]) * share) as u8]
}

/// `#rgb`, `#rrggbb`, `rgb(…)` and `rgba(…)`.
fn parse(text: &str) -> Option<Color> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix('#') {
        let wide: String =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
        let part = |at: usize| u8::from_str_radix(wide.get(at..at + 2)?, 16).ok();
        return Some([part(0)?, part(2)?, part(4)?, 255]);
    }
    let inner = text.split_once('(')?.1.trim_end_matches(')');
    let mut parts = inner.split([',', ' ', '/']).filter(|part| !part.is_empty());
    let mut byte = || parts.next()?.parse::<f64>().ok().map(|value| value as u8);
    let (red, green, blue) = (byte()?, byte()?, byte()?);
    let alpha = parts.next().and_then(|part| part.parse::<f64>().ok()).unwrap_or(1.0);
    Some([red, green, blue, (alpha * 255.0) as u8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_as_style_sheets_write_them() {
        assert_eq!(parse("#2f6fc9"), Some([0x2f, 0x6f, 0xc9, 255]));
        assert_eq!(parse(" #fff"), Some([255, 255, 255, 255]));
        assert_eq!(parse("rgba(208, 52, 43, .10)"), Some([208, 52, 43, 25]));
        assert_eq!(parse("rgb(1 2 3)"), Some([1, 2, 3, 255]));
        assert_eq!(parse("red"), None);
    }
}
