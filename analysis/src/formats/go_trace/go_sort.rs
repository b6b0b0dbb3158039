//! Go's unstable sort (slices.SortFunc, zsortanyfunc.go of Go 1.27). Which of two events of one time comes first depends
//! on it: the reader sorts the frontier, so an order that equals Go's needs the very same algorithm.

use std::cmp::Ordering;

/// Sorts by `compare` exactly as `slices.SortFunc` does, equal elements included.
pub(super) fn sort_func<T>(data: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let len = data.len();
    let limit = usize::BITS - len.leading_zeros();
    Sorter { data, less: |a: &T, b: &T| compare(a, b) == Ordering::Less }.pdqsort(0, len, limit);
}

/// What the choice of a pivot told of the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, L> {
    data: &'a mut [T],
    less: L,
}

impl<T, L: Fn(&T, &T) -> bool> Sorter<'_, T, L> {
    fn less(&self, a: usize, b: usize) -> bool {
        self.data.get(a).zip(self.data.get(b)).is_some_and(|(a, b)| (self.less)(a, b))
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a.max(b) < self.data.len() {
            self.data.swap(a, b);
        }
    }

    fn pdqsort(&mut self, mut a: usize, mut b: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = b - a;
            if length <= 12 {
                return self.insertion_sort(a, b);
            }
            if limit == 0 {
                return self.heap_sort(a, b);
            }
            if !balanced {
                self.break_patterns(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(a, b);
            if hint == Hint::Decreasing {
                self.reverse(a, b);
                pivot = (b - 1) - (pivot - a);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.partial_insertion_sort(a, b) {
                return;
            }
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.partition_equal(a, b, pivot);
                continue;
            }
            let (mid, already) = self.partition(a, b, pivot);
            partitioned = already;
            let (left, right) = (mid - a, b - mid);
            // The recursion goes into the smaller part, so its depth is at most the logarithm of the length.
            if left < right {
                balanced = left >= length / 8;
                self.pdqsort(a, mid, limit);
                a = mid + 1;
            } else {
                balanced = right >= length / 8;
                self.pdqsort(mid + 1, b, limit);
                b = mid;
            }
        }
    }

    fn insertion_sort(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap_sort(&mut self, a: usize, b: usize) {
        let high = b - a;
        for low in (0..=(high - 1) / 2).rev() {
            self.sift_down(low, high, a);
        }
        for end in (0..high).rev() {
            self.swap(a, a + end);
            self.sift_down(0, end, a);
        }
    }

    fn sift_down(&mut self, low: usize, high: usize, first: usize) {
        let mut root = low;
        loop {
            let mut child = 2 * root + 1;
            if child >= high {
                return;
            }
            if child + 1 < high && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        while i <= j && self.less(i, a) {
            i += 1;
        }
        while i <= j && !self.less(j, a) {
            j -= 1;
        }
        if i > j {
            self.swap(j, a);
            return (j, true);
        }
        self.swap(i, j);
        (i, j) = (i + 1, j - 1);
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                break;
            }
            self.swap(i, j);
            (i, j) = (i + 1, j - 1);
        }
        self.swap(j, a);
        (j, false)
    }

    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            (i, j) = (i + 1, j - 1);
        }
    }

    fn partial_insertion_sort(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..5 {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < 50 {
                return false;
            }
            self.swap(i, i - 1);
            if i - a >= 2 {
                for j in (1..i).rev() {
                    if !self.less(j, j - 1) {
                        break;
                    }
                    self.swap(j, j - 1);
                }
            }
            if b - i >= 2 {
                for j in i + 1..b {
                    if !self.less(j, j - 1) {
                        break;
                    }
                    self.swap(j, j - 1);
                }
            }
        }
        false
    }

    fn break_patterns(&mut self, a: usize, b: usize) {
        let length = b - a;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let modulus = 1_u64 << (usize::BITS - length.leading_zeros());
        let start = a + (length / 4) * 2 - 1;
        for index in start..start + 3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = (random & (modulus - 1)) as usize;
            if other >= length {
                other -= length;
            }
            self.swap(index, a + other);
        }
    }

    fn choose_pivot(&self, a: usize, b: usize) -> (usize, Hint) {
        let length = b - a;
        let mut swaps = 0;
        let (mut i, mut j, mut k) = (a + length / 4, a + length / 4 * 2, a + length / 4 * 3);
        if length >= 8 {
            if length >= 50 {
                i = self.median(i - 1, i, i + 1, &mut swaps);
                j = self.median(j - 1, j, j + 1, &mut swaps);
                k = self.median(k - 1, k, k + 1, &mut swaps);
            }
            j = self.median(i, j, k, &mut swaps);
        }
        match swaps {
            0 => (j, Hint::Increasing),
            12 => (j, Hint::Decreasing),
            _ => (j, Hint::Unknown),
        }
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut u32) -> usize {
        let mut order = |a: usize, b: usize| {
            if self.less(b, a) {
                *swaps += 1;
                (b, a)
            } else {
                (a, b)
            }
        };
        let (a, b) = order(a, b);
        let (b, _) = order(b, c);
        order(a, b).1
    }

    fn reverse(&mut self, a: usize, b: usize) {
        if let Some(part) = self.data.get_mut(a..b) {
            part.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Order of equal elements as Go 1.27 printed it for this very input: `slices.SortFunc` of 100 pairs
    /// `{(i*7919)%13, i}` by the first. A digest, so that the list need not stand here.
    #[test]
    fn equal_elements_lie_where_go_puts_them() {
        for (len, digest) in [(12_u64, GO_12), (40, GO_40), (100, GO_100), (1000, GO_1000)] {
            let mut pairs: Vec<(u64, u64)> = (0..len).map(|i| ((i * 7919) % 13, i)).collect();
            sort_func(&mut pairs, |a, b| a.0.cmp(&b.0));
            assert!(pairs.is_sorted_by_key(|pair| pair.0));
            let found = pairs.iter().fold(17_u64, |sum, pair| sum.wrapping_mul(1_000_003).wrapping_add(pair.1));
            assert_eq!(found, digest, "{len} elements");
        }
    }

    const GO_12: u64 = 2_232_514_972_988_377_449;
    const GO_40: u64 = 871_487_394_557_003_177;
    const GO_100: u64 = 4_268_670_805_984_705_905;
    const GO_1000: u64 = 4_325_995_793_609_400_545;
}
