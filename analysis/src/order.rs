//! Sorting where the page's size matters more than the last bit of speed: the standard library's sort is compiled anew
//! for every type and comparison, some 5 KB each; here all share one copy. Hot loops sort slices directly.

use std::cmp::Ordering;

/// Sorts stably by `compare`.
pub fn sort_by<T>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut order, &mut |a, b| items.get(a).zip(items.get(b)).map_or(Ordering::Equal, |(a, b)| compare(a, b)));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken.get_mut(at)?.take()));
}

/// Sorts stably by a key.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

fn sort_places(order: &mut [usize], compare: &mut dyn FnMut(usize, usize) -> Ordering) {
    order.sort_by(|&a, &b| compare(a, b));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_keep_their_order() {
        let mut items = vec![("b", 1), ("a", 1), ("c", 0), ("d", 1)];
        sort_by_key(&mut items, |&(_, key)| key);
        assert_eq!(items, [("c", 0), ("b", 1), ("a", 1), ("d", 1)]);
    }
}
