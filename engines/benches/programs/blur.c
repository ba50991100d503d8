// run(60) = 1775970250
// An image of 256 by 128 bytes is blurred n times, each with the weights 1 2 1 across and down: inner loops without
// branches, which the compiler makes vector instructions of.

#include <stdint.h>

enum { WIDTH = 256, HEIGHT = 128 };

static uint8_t image[HEIGHT + 2][WIDTH + 2];
static uint16_t rows[HEIGHT + 2][WIDTH];

__attribute__((target("simd128"))) static void blur(void) {
    for (int y = 0; y < HEIGHT + 2; y++)
        for (int x = 0; x < WIDTH; x++) rows[y][x] = image[y][x] + 2 * image[y][x + 1] + image[y][x + 2];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            image[y + 1][x + 1] = (rows[y][x] + 2 * rows[y + 1][x] + rows[y + 2][x] + 8) >> 4;
}

// A checksum of the image. Its frame stays black.
__attribute__((export_name("run"))) int32_t run(int32_t n) {
    uint32_t x = 1, sum = 0;
    for (int y = 1; y <= HEIGHT; y++)
        for (int c = 1; c <= WIDTH; c++) {
            x = x * 1664525 + 1013904223;
            image[y][c] = x >> 24;
        }
    for (int32_t i = 0; i < n; i++) blur();
    for (int y = 1; y <= HEIGHT; y++)
        for (int c = 1; c <= WIDTH; c++) sum = sum * 31 + image[y][c];
    return (int32_t)(sum & 0x7fffffff);
}
