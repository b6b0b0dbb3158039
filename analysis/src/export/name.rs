//! Names of files that are written: safe on every system, whatever the dump was called.

/// Names of devices, which Windows gives to no file.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const MOST_CHARS: usize = 100;

/// A name for a file, without folders: letters, digits and a few signs; `ending` with its full stop.
pub fn file_name(name: &str, ending: &str) -> String {
    let kept =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | ' ' | '+' | '(' | ')' | ',');
    let name: String = name.chars().map(|letter| if kept(letter) { letter } else { '_' }).take(MOST_CHARS).collect();
    let name = name.trim_matches(['.', ' ', '_']);
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let is_device = DEVICES.contains(&stem.as_str())
        || stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit());
    match (name.is_empty(), is_device) {
        (true, _) => format!("poolscope{ending}"),
        (_, true) => format!("poolscope {name}{ending}"),
        _ => format!("{name}{ending}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_and_say_what_they_are() {
        assert_eq!(file_name("heap.5", ".csv"), "heap.5.csv");
        assert_eq!(file_name("../../etc/passwd", ".csv"), "etc_passwd.csv");
        assert_eq!(file_name("C:\\a\u{202e}b\0c\n<d>\"e\"|f", ".json"), "C__a_b_c__d__e__f.json");
        assert_eq!(file_name("..", ".svg"), "poolscope.svg");
        assert_eq!(file_name("NUL.pb.gz", ".csv"), "poolscope NUL.pb.gz.csv");
        assert_eq!(file_name("com1", ""), "poolscope com1");
        assert_eq!(file_name(&"x".repeat(500), ".md").len(), 103);
    }
}
