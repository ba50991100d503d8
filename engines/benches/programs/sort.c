// run(20000) = 164424446
// Quicksort of n numbers (median of three, the smaller part by recursion, short parts by insertion), and heap sort of
// the same numbers: comparisons that no branch predictor knows, loads and stores all over an array.

#include <stdint.h>

enum { MAX = 65536, SHORT = 12 };

static int32_t quick[MAX], heap[MAX];

static void swap(int32_t *a, int32_t *b) {
    int32_t t = *a;
    *a = *b, *b = t;
}

static void insertion(int32_t *low, int32_t *high) {
    for (int32_t *i = low + 1; i <= high; i++) {
        int32_t v = *i, *j = i;
        for (; j > low && j[-1] > v; j--) *j = j[-1];
        *j = v;
    }
}

static void quicksort(int32_t *low, int32_t *high) {
    while (high - low >= SHORT) {
        int32_t *middle = low + (high - low) / 2;
        if (*middle < *low) swap(middle, low);
        if (*high < *low) swap(high, low);
        if (*high < *middle) swap(high, middle);
        int32_t pivot = *middle, *i = low, *j = high;
        do {
            while (*i < pivot) i++;
            while (*j > pivot) j--;
            if (i <= j) swap(i++, j--);
        } while (i <= j);
        if (j - low < high - i) {
            quicksort(low, j);
            low = i;
        } else {
            quicksort(i, high);
            high = j;
        }
    }
    insertion(low, high);
}

static void sift(int32_t *a, int32_t root, int32_t n) {
    int32_t v = a[root];
    for (int32_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && a[child + 1] > a[child]) child++;
        if (a[child] <= v) break;
        a[root] = a[child];
    }
    a[root] = v;
}

static void heapsort(int32_t *a, int32_t n) {
    for (int32_t root = n / 2; root-- > 0;) sift(a, root, n);
    for (int32_t end = n; end-- > 1;) {
        swap(a, a + end);
        sift(a, 0, end);
    }
}

// A checksum of the sorted numbers; -1 if the two sorts don't agree, -2 if the numbers aren't in order.
__attribute__((export_name("run"))) int32_t run(int32_t n) {
    if (n < 0 || n > MAX) __builtin_trap();
    uint32_t x = 2463534242u, sum = 0;
    for (int32_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        quick[i] = heap[i] = (int32_t)x;
    }
    quicksort(quick, quick + n - 1);
    heapsort(heap, n);
    for (int32_t i = 0; i < n; i++) {
        if (quick[i] != heap[i]) return -1;
        if (i && quick[i] < quick[i - 1]) return -2;
        sum = sum * 31 + (uint32_t)quick[i];
    }
    return (int32_t)(sum & 0x7fffffff);
}
