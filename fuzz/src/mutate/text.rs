//! Lines of a text, and the numbers in them.

use super::Dice;

/// What stands where a number stood.
const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "NaN",
    "",
];

/// Lines left out, doubled, put elsewhere or cut, or a number set to one at an edge.
pub(crate) fn lines(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() || dice.below(2) == 0 {
        dice.shuffle(&mut lines);
    } else {
        let at = dice.below(lines.len());
        let line = &mut lines[at];
        let from = dice.below(line.len());
        match line[from..].iter().position(u8::is_ascii_digit) {
            Some(digit) => {
                let start = from + digit;
                let end =
                    line[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(line.len(), |n| start + n);
                line.splice(start..end, NUMBERS[dice.below(NUMBERS.len())].bytes());
            }
            None => line.truncate(from),
        }
    }
    *bytes = lines.concat();
}
