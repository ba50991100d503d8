// run(400) = 810343973
// The first n digits of pi by the spigot of Rabinowitz and Wagon: division and remainder of 32 bits in an inner loop.

#include <stdint.h>

enum { MAX = 2000 };

static uint32_t terms[MAX * 10 / 3 + 2];
static uint8_t digits[MAX + 2];

// Digits come one late, because a carry may still reach them.
static int32_t spigot(int32_t n) {
    int32_t length = n * 10 / 3 + 1, count = 0;
    for (int32_t i = 0; i < length; i++) terms[i] = 2;
    while (count <= n) {
        uint32_t carry = 0;
        for (int32_t i = length; i-- > 1;) {
            uint32_t sum = terms[i] * 10 + carry, denominator = 2 * (uint32_t)i + 1;
            terms[i] = sum % denominator;
            carry = sum / denominator * (uint32_t)i;
        }
        uint32_t sum = terms[0] * 10 + carry, digit = sum / 10;
        terms[0] = sum % 10;
        if (digit == 10) {
            digit = 0;
            for (int32_t i = count - 1; ++digits[i] == 10; i--) digits[i] = 0;
        }
        digits[count++] = digit;
    }
    return count;
}

// A checksum of the digits: of 3, 1, 4, 1, 5 (n = 5) it is 31415 in base 11.
__attribute__((export_name("run"))) int32_t run(int32_t n) {
    if (n < 1 || n > MAX) __builtin_trap();
    spigot(n);
    uint32_t sum = 0;
    for (int32_t i = 0; i < n; i++) sum = sum * 11 + digits[i];
    return (int32_t)(sum & 0x7fffffff);
}
