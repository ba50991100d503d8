// run(50000) = 847458819
// A hash map with open addressing that grows, from keys that are words to counts: n words are counted, some removed, all
// looked up again. Hashing of bytes, comparison of strings, probing, an allocator that only grows memory.

#include <stdint.h>

struct entry {
    const char *key;
    uint32_t hash, count;
};

struct map {
    struct entry *entries;
    uint32_t capacity, used; // a power of two; entries that have or had a key
};

static uintptr_t brk;
extern char __heap_base[];

// What is given out is never taken back.
static void *allocate(uint32_t bytes) {
    if (!brk) brk = (uintptr_t)__heap_base;
    uintptr_t start = (brk + 7) & ~(uintptr_t)7, wanted = start + bytes;
    uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
    if (wanted > have && __builtin_wasm_memory_grow(0, (wanted - have + 65535) >> 16) == (uintptr_t)-1)
        __builtin_trap();
    brk = wanted;
    return (void *)start;
}

static uint32_t hash(const char *key) {
    uint32_t h = 2166136261u;
    for (; *key; key++) h = (h ^ (uint8_t)*key) * 16777619;
    return h ^ h >> 15;
}

static int equal(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

// The entry of a key, or the free one where it would be.
static struct entry *find(struct map *map, const char *key, uint32_t h) {
    for (uint32_t at = h;; at++) {
        struct entry *entry = map->entries + (at & (map->capacity - 1));
        if (!entry->key || (entry->hash == h && equal(entry->key, key))) return entry;
    }
}

static void make(struct map *map, uint32_t capacity) {
    *map = (struct map){allocate(capacity * sizeof(struct entry)), capacity, 0};
    for (uint32_t i = 0; i < capacity; i++) map->entries[i] = (struct entry){0};
}

static void grow(struct map *map) {
    struct map larger;
    make(&larger, map->capacity * 2);
    for (uint32_t i = 0; i < map->capacity; i++) {
        struct entry *entry = map->entries + i;
        if (entry->key && entry->count) {
            *find(&larger, entry->key, entry->hash) = *entry;
            larger.used++;
        }
    }
    *map = larger;
}

static void count(struct map *map, const char *key) {
    if (map->used * 4 >= map->capacity * 3) grow(map);
    uint32_t h = hash(key);
    struct entry *entry = find(map, key, h);
    if (!entry->key) *entry = (struct entry){key, h, 0}, map->used++;
    entry->count++;
}

// The i-th word: short ones come often, long ones seldom.
static const char *word(uint32_t i) {
    uint32_t x = i * 2654435761u, length = 1 + __builtin_ctz(x >> 8 | 64);
    char *w = allocate(length + 1);
    x ^= x >> 13;
    for (uint32_t c = 0; c < length; c++, x = x * 69069 + 1) w[c] = 'a' + (x >> 24) % 26;
    w[length] = 0;
    return w;
}

// A checksum of the counts of all words, in their order, after every seventh word was removed.
__attribute__((export_name("run"))) int32_t run(int32_t n) {
    if (n < 0 || n > 1000000) __builtin_trap();
    brk = 0;
    struct map map;
    make(&map, 16);
    const char **words = allocate((uint32_t)n * sizeof(char *));
    for (int32_t i = 0; i < n; i++) count(&map, words[i] = word((uint32_t)i));
    for (int32_t i = 0; i < n; i += 7) find(&map, words[i], hash(words[i]))->count = 0;
    uint32_t sum = map.used;
    for (int32_t i = 0; i < n; i++) sum = sum * 31 + find(&map, words[i], hash(words[i]))->count;
    return (int32_t)(sum & 0x7fffffff);
}
