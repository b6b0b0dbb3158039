//! Writes, below the folder that is given, the seeds of every target into a folder of its name, and beside it the
//! words of its seeds as a dictionary.

use std::fmt::Write;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/fuzz/seeds".to_owned());
    for target in fuzz::TARGETS {
        let folder = Path::new(&folder).join(target.name);
        std::fs::create_dir_all(&folder)?;
        let seeds = fuzz::seeds::of(target);
        for (index, (name, bytes)) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("{index:03}-{name}")), bytes)?;
        }
        // The engine takes an empty file for a missing one.
        let mut dictionary = "# Words of the seeds.\n".to_owned();
        for word in fuzz::seeds::words(&seeds) {
            let escaped = word.bytes().fold(String::new(), |mut out, byte| {
                let _ = match byte {
                    b'"' | b'\\' | 0..0x20 | 0x7f.. => write!(out, "\\x{byte:02x}"),
                    _ => write!(out, "{}", byte as char),
                };
                out
            });
            let _ = writeln!(dictionary, "\"{escaped}\"");
        }
        std::fs::write(folder.with_extension("words"), dictionary)?;
    }
    Ok(())
}
