//! A heap of times with the earliest on top, equal ones in the order of Go's (internal/tracev1, order.go).

/// Adds a time, with whose it is.
pub(super) fn push(heap: &mut Vec<(i64, usize)>, item: (i64, usize)) {
    heap.push(item);
    let mut at = heap.len() - 1;
    while at > 0 {
        let parent = (at - 1) / 2;
        if !is_before(heap, at, parent) {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
}

/// Takes the earliest.
pub(super) fn pop(heap: &mut Vec<(i64, usize)>) -> Option<(i64, usize)> {
    let last = heap.len().checked_sub(1)?;
    heap.swap(0, last);
    let top = heap.pop();
    let mut at = 0;
    loop {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if left >= heap.len() {
            return top;
        }
        let child = if right < heap.len() && is_before(heap, right, left) { right } else { left };
        if !is_before(heap, child, at) {
            return top;
        }
        heap.swap(at, child);
        at = child;
    }
}

fn is_before(heap: &[(i64, usize)], one: usize, other: usize) -> bool {
    heap.get(one).map(|item| item.0) < heap.get(other).map(|item| item.0)
}
