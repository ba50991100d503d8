// run(160) = 370679609679513
// A compressor and its decompressor, in the manner of LZ77 with a hash table of the last places: bytes, copies and
// branches that data decide. n KiB of text, made of words, are compressed, decompressed and compared.

#include <stdint.h>

enum { MAX_KIB = 256, HASH_BITS = 12, MIN_MATCH = 4, WINDOW = 65535 };

static uint8_t text[MAX_KIB << 10], back[MAX_KIB << 10];
static uint8_t packed[(MAX_KIB << 10) + (MAX_KIB << 3) + 16];
static int32_t last[1 << HASH_BITS];

static uint32_t make_text(uint32_t length) {
    static const char *words[16] = {"the ",    "standard ", "says ", "of ",   "a ",     "module ", "that ",  "it ",
                                    "is valid, ", "and ",   "then ", "steps ", "to ", "another ", "\n",   "configuration "};
    uint32_t x = 7, at = 0;
    while (at < length) {
        x = x * 1103515245 + 12345;
        for (const char *c = words[x >> 28]; *c && at < length; c++) text[at++] = *c;
        if ((x >> 20 & 7) == 0 && at < length) text[at++] = '0' + (x >> 16) % 10;
    }
    return at;
}

static uint32_t hash(const uint8_t *p) {
    uint32_t four = p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
    return four * 2654435761u >> (32 - HASH_BITS);
}

// A number in groups of seven bits, the lowest first.
static uint8_t *put(uint8_t *to, uint32_t n) {
    for (; n >= 128; n >>= 7) *to++ = n | 128;
    *to++ = n;
    return to;
}

static const uint8_t *get(const uint8_t *from, uint32_t *n) {
    *n = 0;
    for (int shift = 0;; shift += 7) {
        *n |= (uint32_t)(*from & 127) << shift;
        if (!(*from++ & 128)) return from;
    }
}

// Pieces: the number of literal bytes, these bytes, the length of a match, and how far back it begins.
static uint32_t compress(uint32_t length) {
    for (int i = 0; i < 1 << HASH_BITS; i++) last[i] = -1;
    uint8_t *to = packed;
    uint32_t at = 0, literals = 0;
    while (at + MIN_MATCH <= length) {
        uint32_t h = hash(text + at);
        int32_t candidate = last[h];
        last[h] = (int32_t)at;
        uint32_t same = 0;
        if (candidate >= 0 && at - (uint32_t)candidate <= WINDOW)
            while (at + same < length && text[candidate + same] == text[at + same]) same++;
        if (same < MIN_MATCH) {
            at++;
            continue;
        }
        to = put(to, at - literals);
        while (literals < at) *to++ = text[literals++];
        to = put(put(to, same), at - (uint32_t)candidate);
        literals = at += same;
    }
    to = put(to, length - literals);
    while (literals < length) *to++ = text[literals++];
    return (uint32_t)(to - packed);
}

static uint32_t decompress(uint32_t size) {
    const uint8_t *from = packed, *end = packed + size;
    uint32_t at = 0;
    while (from < end) {
        uint32_t literals, same, distance;
        for (from = get(from, &literals); literals; literals--) back[at++] = *from++;
        if (from == end) break;
        for (from = get(get(from, &same), &distance); same; same--, at++) back[at] = back[at - distance];
    }
    return at;
}

// The compressed size in the upper half, a checksum of the compressed bytes in the lower; -1 if the text doesn't come
// back.
__attribute__((export_name("run"))) int64_t run(int32_t n) {
    if (n < 0 || n > MAX_KIB) __builtin_trap();
    uint32_t length = make_text((uint32_t)n << 10), size = compress(length);
    if (decompress(size) != length) return -1;
    uint32_t sum = 2166136261u;
    for (uint32_t at = 0; at < length; at++)
        if (back[at] != text[at]) return -1;
    for (uint32_t at = 0; at < size; at++) sum = (sum ^ packed[at]) * 16777619;
    return (int64_t)size << 32 | sum;
}
