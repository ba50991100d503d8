// Runs a script of Lua with all of its libraries: `lua SCRIPT [ARG]...`. Lua raises its errors by longjmp, which is an
// exception of WebAssembly; its tag is one that the C library only declares.

#include <stdio.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

__asm__(".globl __c_longjmp\n.tagtype __c_longjmp i32\n__c_longjmp:\n");

// With a message goes where it comes from.
static int traceback(lua_State *L) {
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "lua: no script\n"), 2;
    lua_State *L = luaL_newstate();
    if (!L) return fprintf(stderr, "lua: no memory\n"), 1;
    luaL_openlibs(L);
    lua_createtable(L, argc, 0);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - 1);
    }
    lua_setglobal(L, "arg");
    lua_pushcfunction(L, traceback);
    int code = luaL_loadfile(L, argv[1]);
    if (!code) {
        for (int i = 2; i < argc; i++) lua_pushstring(L, argv[i]);
        code = lua_pcall(L, argc - 2, 0, 1);
    }
    if (code) fprintf(stderr, "lua: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return code ? 1 : 0;
}
