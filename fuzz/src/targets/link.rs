//! What is encoded for a link comes back, and what comes out of one may be an expression.

use analysis::link;
use analysis::pattern::Pattern;

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "link",
    run,
    repair: mutate::nothing,
    reshape: Some(mutate::lines),
    seed: |_| None,
    written: &[
        "#v=1&view=heap&tab=flame&focus=main%5C.%28%2AT%29%2E&type=inuse_space&sel=a%26b",
        "#v=1&view=states&cur=orders.pooltrace&base=&ignore=%5B^a-z]{2,7}(x|y)*",
        "#v=2&&=&a=%&b=%4&c=%zz&d=é",
    ],
};

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(link::decoded(&link::encoded(&text)), text);
    let pairs = link::pairs(&text);
    let kept = pairs.iter().filter(|(_, value)| !value.is_empty());
    // Keys are the page's own words, so that they are not encoded.
    let fragment = link::fragment(kept.clone().map(|(_, value)| ("key", value.clone())));
    let again = link::pairs(&fragment);
    assert!(again.iter().skip(1).map(|(_, value)| value).eq(kept.map(|(_, value)| value)));
    for (_, value) in &pairs {
        if let Ok(pattern) = Pattern::new(value) {
            pattern.is_match("main.(*Server[go.shape.int]).handle.func1");
        }
    }
}
