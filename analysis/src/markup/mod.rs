//! Text as markup takes it: for the worker of traces, which makes tables, and for the page, which makes drawings.

pub mod chart;

/// Text that stands for itself in markup, between tags and in quoted attributes. Names in a file are the program's own and
/// may hold anything.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_end_an_attribute_or_begin_an_element() {
        assert_eq!(escaped(r#"<b> & "x""#), "&lt;b&gt; &amp; &quot;x&quot;");
    }
}
