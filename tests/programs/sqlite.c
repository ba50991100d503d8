// Carries out the SQL of its input on a database, and prints rows: `sqlite DATABASE`.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static char *input(void) {
    size_t length = 0, capacity = 4096;
    char *text = malloc(capacity);
    for (size_t n; text && (n = fread(text + length, 1, capacity - 1 - length, stdin));)
        if ((length += n) == capacity - 1) text = realloc(text, capacity *= 2);
    if (text) text[length] = 0;
    return text;
}

static int row(void *context, int columns, char **values, char **names) {
    (void)context, (void)names;
    for (int i = 0; i < columns; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    puts("");
    return 0;
}

int main(int argc, char **argv) {
    sqlite3 *database;
    char *sql = input(), *message = NULL;
    if (argc != 2 || !sql) return fprintf(stderr, "sqlite DATABASE\n"), 2;
    if (sqlite3_open(argv[1], &database)) return fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database)), 1;
    int code = sqlite3_exec(database, sql, row, NULL, &message);
    if (code) fprintf(stderr, "sqlite: %s (%d)\n", message, sqlite3_extended_errcode(database));
    return sqlite3_close(database) || code ? 1 : 0;
}
