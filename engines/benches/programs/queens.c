// run(11) = 2680
// In how many ways n queens stand on a board of n by n without any that attacks another: recursion, and bits of 32.

#include <stdint.h>

// The free columns of a row are the ones that no queen above it attacks: straight, to the left, to the right.
static int32_t place(uint32_t all, uint32_t straight, uint32_t left, uint32_t right) {
    if (straight == all) return 1;
    int32_t ways = 0;
    for (uint32_t free = all & ~(straight | left | right); free; free &= free - 1) {
        uint32_t queen = free & -free;
        ways += place(all, straight | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return ways;
}

__attribute__((export_name("run"))) int32_t run(int32_t n) {
    if (n < 0 || n > 16) __builtin_trap();
    return place((1u << n) - 1, 0, 0, 0);
}
