// Hashes files, or its input, with BLAKE3: `b3sum [--length N] [--key HEX] [FILE]...`

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blake3.h"

static int key_of(const char *hex, uint8_t key[BLAKE3_KEY_LEN]) {
    for (int i = 0; i < BLAKE3_KEY_LEN; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) return 0;
        key[i] = byte;
    }
    return strlen(hex) == 2 * BLAKE3_KEY_LEN;
}

static int hash(FILE *file, const char *name, const uint8_t *key, size_t length) {
    blake3_hasher hasher;
    if (key) blake3_hasher_init_keyed(&hasher, key);
    else blake3_hasher_init(&hasher);
    static uint8_t buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, file));) blake3_hasher_update(&hasher, buffer, n);
    if (ferror(file)) return perror(name), 1;
    uint8_t *output = malloc(length);
    if (!output) return perror(name), 1;
    blake3_hasher_finalize(&hasher, output, length);
    for (size_t i = 0; i < length; i++) printf("%02x", output[i]);
    printf("  %s\n", name);
    free(output);
    return 0;
}

int main(int argc, char **argv) {
    uint8_t key[BLAKE3_KEY_LEN];
    int keyed = 0, failed = 0, at = 1;
    size_t length = BLAKE3_OUT_LEN;
    for (; at + 1 < argc && !strncmp(argv[at], "--", 2); at += 2) {
        if (!strcmp(argv[at], "--length")) length = strtoul(argv[at + 1], NULL, 10);
        else if (!strcmp(argv[at], "--key") && key_of(argv[at + 1], key)) keyed = 1;
        else return fprintf(stderr, "b3sum: %s %s?\n", argv[at], argv[at + 1]), 2;
    }
    if (at == argc) return hash(stdin, "-", keyed ? key : NULL, length);
    for (; at < argc; at++) {
        FILE *file = fopen(argv[at], "rb");
        if (!file) {
            perror(argv[at]), failed = 1;
            continue;
        }
        failed |= hash(file, argv[at], keyed ? key : NULL, length);
        fclose(file);
    }
    return failed;
}
