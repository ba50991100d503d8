// run(4000) = 4040916833590358759
// A document of n records is written as JSON (RFC 8259), then scanned by recursive descent, which checks it and adds up
// what is in it: a switch for each byte, decimal numbers to f64, calls that nest with the text.

#include <stdint.h>

enum { MAX_RECORDS = 4000, MAX_DEPTH = 32 };

static char text[MAX_RECORDS * 160 + 16], *end;
static const char *at;

struct sums {
    uint32_t objects, arrays, members, words, escapes;
    double numbers;
};
static struct sums found;

static char *put(char *to, const char *s) {
    while (*s) *to++ = *s++;
    return to;
}

static char *put_number(char *to, uint32_t n) {
    char digits[10];
    int count = 0;
    do digits[count++] = '0' + n % 10;
    while (n /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

static void write(int32_t n) {
    char *to = put(text, "[");
    for (uint32_t i = 0, x = 99; i < (uint32_t)n; i++) {
        x = x * 1664525 + 1013904223;
        to = put_number(put(to, i ? ",\n{\"id\": " : "\n{\"id\": "), i);
        to = put_number(put(to, ", \"name\": \"n\\u00e9e \\\"x\\\" "), x >> 8);
        to = put_number(put(to, "\", \"at\": [-"), x >> 20);
        to = put_number(put(to, "."), x >> 16 & 1023);
        to = put_number(put(to, ", "), x & 255);
        to = put(to, x & 1024 ? "e-2, 5E+1]" : "e1]");
        to = put(to, x & 2048 ? ", \"on\": true, \"tags\": [\"a\", {}, []]}" : ", \"on\": false, \"next\": null}");
    }
    *(end = put(to, "\n]")) = 0;
}

static void space(void) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static int word(const char *w) {
    for (found.words++; *w; w++, at++)
        if (*at != *w) return 0;
    return 1;
}

static int digits(double *value, double *scale) {
    if (*at < '0' || *at > '9') return 0;
    for (; *at >= '0' && *at <= '9'; at++) *value = *value * 10 + (*at - '0'), *scale *= 10;
    return 1;
}

static int number(void) {
    double sign = *at == '-' ? (at++, -1) : 1, value = 0, exponent = 0, scale = 1;
    if (*at == '0' && at[1] >= '0' && at[1] <= '9') return 0;
    if (!digits(&value, &scale)) return 0;
    if (*at == '.') {
        at++;
        scale = 1;
        if (!digits(&value, &scale)) return 0;
        value /= scale;
    }
    if (*at == 'e' || *at == 'E') {
        int down = *++at == '-';
        if (*at == '-' || *at == '+') at++;
        if (!digits(&exponent, &scale)) return 0;
        for (; exponent >= 1; exponent--) value = down ? value / 10 : value * 10;
    }
    found.numbers += sign * value;
    return 1;
}

static int string(void) {
    if (*at++ != '"') return 0;
    for (;; at++) {
        switch (*at) {
        case '"': at++; return 1;
        case '\\':
            found.escapes++;
            switch (*++at) {
            case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': break;
            case 'u':
                for (int i = 0; i < 4; i++) {
                    char c = *++at | 32;
                    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return 0;
                }
                break;
            default: return 0;
            }
            break;
        default:
            if ((unsigned char)*at < 32) return 0;
        }
    }
}

static int value(int depth);

// What stands between brackets, members with their names or elements.
static int list(int depth, char close, int named) {
    at++, space();
    if (*at == close) return at++, 1;
    for (;;) {
        if (named) {
            found.members++;
            if (!string()) return 0;
            space();
            if (*at++ != ':') return 0;
        }
        if (!value(depth + 1)) return 0;
        if (*at == close) return at++, 1;
        if (*at++ != ',') return 0;
        space();
    }
}

static int value(int depth) {
    if (depth > MAX_DEPTH) return 0;
    space();
    int ok;
    switch (*at) {
    case '{': found.objects++, ok = list(depth, '}', 1); break;
    case '[': found.arrays++, ok = list(depth, ']', 0); break;
    case '"': ok = string(); break;
    case 't': ok = word("true"); break;
    case 'f': ok = word("false"); break;
    case 'n': ok = word("null"); break;
    default: ok = number();
    }
    space();
    return ok;
}

// A checksum of what was counted; -1 if the document isn't JSON.
__attribute__((export_name("run"))) int64_t run(int32_t n) {
    if (n < 0 || n > MAX_RECORDS) __builtin_trap();
    write(n);
    at = text;
    found = (struct sums){0};
    if (!value(0) || at != end) return -1;
    uint64_t sum = (uint64_t)(int64_t)(found.numbers * 1000);
    uint32_t counts[5] = {found.objects, found.arrays, found.members, found.words, found.escapes};
    for (int i = 0; i < 5; i++) sum = sum * 1000003 + counts[i];
    return (int64_t)(sum & INT64_MAX);
}
