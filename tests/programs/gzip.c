// Compresses files with zlib, or decompresses them with -d: `gzip [-1…-9] [-d] FILE...`. As with the gzip that everybody
// knows, a file is replaced, and what comes in its place keeps its times.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zlib.h"

static char buffer[16384];

static int compress_file(const char *name, const char *to, const char *mode) {
    FILE *in = fopen(name, "rb");
    if (!in) return perror(name), 1;
    gzFile out = gzopen(to, mode);
    if (!out) return perror(to), 1;
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, in));)
        if (gzwrite(out, buffer, n) != (int)n) return fprintf(stderr, "%s: %s\n", to, gzerror(out, &(int){0})), 1;
    if (ferror(in) || fclose(in) || gzclose(out) != Z_OK) return perror(name), 1;
    return 0;
}

static int decompress_file(const char *name, const char *to) {
    gzFile in = gzopen(name, "rb");
    if (!in) return perror(name), 1;
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0666), n;
    if (fd < 0) return perror(to), 1;
    // Less than was asked for is the end, or an error.
    do {
        n = gzread(in, buffer, sizeof buffer);
        if (n > 0 && write(fd, buffer, n) != n) return perror(to), 1;
    } while (n == sizeof buffer);
    int code;
    gzerror(in, &code);
    if (gzclose(in) != Z_OK || code != Z_OK) {
        fprintf(stderr, "%s: not what gzip wrote\n", name);
        unlink(to);
        return 1;
    }
    return close(fd) ? perror(to), 1 : 0;
}

int main(int argc, char **argv) {
    int down = 0, failed = 0, at = 1;
    char mode[] = "wb6";
    for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
        if (argv[at][1] == 'd') down = 1;
        else mode[2] = argv[at][1];
    }
    for (; at < argc; at++) {
        const char *name = argv[at];
        char to[4096];
        size_t length = strlen(name);
        struct stat before, after;
        if (down && (length < 3 || strcmp(name + length - 3, ".gz"))) {
            fprintf(stderr, "%s: no .gz\n", name), failed = 1;
            continue;
        }
        snprintf(to, sizeof to, down ? "%.*s" : "%.*s.gz", (int)(down ? length - 3 : length), name);
        if (stat(name, &before)) {
            perror(name), failed = 1;
            continue;
        }
        if (down ? decompress_file(name, to) : compress_file(name, to, mode)) {
            failed = 1;
            continue;
        }
        struct timespec times[2] = {before.st_atim, before.st_mtim};
        if (utimensat(AT_FDCWD, to, times, 0) || stat(to, &after) || unlink(name)) {
            perror(to), failed = 1;
            continue;
        }
        printf("%s: %lld -> %s: %lld bytes, time %s\n", name, (long long)before.st_size, to, (long long)after.st_size,
               before.st_mtim.tv_sec == after.st_mtim.tv_sec ? "kept" : "lost");
    }
    return failed;
}
