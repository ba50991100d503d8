// Compresses its input to its output with zstd, or decompresses it with -d: `zstd [-LEVEL] [-d]`.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zstd.h"

static char in[1 << 16], out[1 << 16];

static int failed(size_t code) {
    if (ZSTD_isError(code)) fprintf(stderr, "zstd: %s\n", ZSTD_getErrorName(code));
    return ZSTD_isError(code);
}

static int compress(int level) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (failed(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))) return 1;
    if (failed(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))) return 1;
    for (int more = 1; more;) {
        ZSTD_inBuffer from = {in, fread(in, 1, sizeof in, stdin), 0};
        more = from.size == sizeof in;
        for (size_t left = 1; more ? from.pos < from.size : left > 0;) {
            ZSTD_outBuffer to = {out, sizeof out, 0};
            left = ZSTD_compressStream2(context, &to, &from, more ? ZSTD_e_continue : ZSTD_e_end);
            if (failed(left)) return 1;
            fwrite(out, 1, to.pos, stdout);
        }
    }
    return ZSTD_freeCCtx(context) != 0;
}

static int decompress(void) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    size_t hint = 0;
    for (size_t n; (n = fread(in, 1, sizeof in, stdin));)
        for (ZSTD_inBuffer from = {in, n, 0}; from.pos < from.size;) {
            ZSTD_outBuffer to = {out, sizeof out, 0};
            if (failed(hint = ZSTD_decompressStream(context, &to, &from))) return 1;
            fwrite(out, 1, to.pos, stdout);
        }
    if (hint) return fprintf(stderr, "zstd: the input ends within a frame\n"), 1;
    return ZSTD_freeDCtx(context) != 0;
}

int main(int argc, char **argv) {
    int level = ZSTD_CLEVEL_DEFAULT, down = 0;
    for (int at = 1; at < argc; at++) {
        if (!strcmp(argv[at], "-d")) down = 1;
        else level = atoi(argv[at] + 1);
    }
    int code = down ? decompress() : compress(level);
    return fflush(stdout) || ferror(stdin) || ferror(stdout) ? 1 : code;
}
