// run(700) = 39198
// An interpreter of a small bytecode with a stack, locals and calls. Its program adds up how long the Collatz sequences
// of the numbers below n are: one switch in a loop that never ends, as in every interpreter inside of a module.

#include <stdint.h>

enum op { PUSH, LOCAL, SET, ADD, MUL, HALF, ODD, LESS, JUMP, UNLESS, CALL, RETURN, HALT };

struct code {
    uint8_t op, arg;
};

enum { N, X, SUM };

// Jumps and calls say the place that they go on at.
static const struct code CODE[] = {
    /*  0 */ {PUSH, 1}, {SET, X},
    /*  2 */ {LOCAL, X}, {LOCAL, N}, {LESS, 0}, {UNLESS, 16},
    /*  6 */ {LOCAL, SUM}, {LOCAL, X}, {CALL, 18}, {ADD, 0}, {SET, SUM},
    /* 11 */ {LOCAL, X}, {PUSH, 1}, {ADD, 0}, {SET, X}, {JUMP, 2},
    /* 16 */ {LOCAL, SUM}, {HALT, 0},
    // The length of a number's sequence: local 0 is where it is, local 1 counts.
    /* 18 */ {SET, 0}, {PUSH, 0}, {SET, 1},
    /* 21 */ {PUSH, 1}, {LOCAL, 0}, {LESS, 0}, {UNLESS, 42},
    /* 25 */ {LOCAL, 1}, {PUSH, 1}, {ADD, 0}, {SET, 1},
    /* 29 */ {LOCAL, 0}, {ODD, 0}, {UNLESS, 38},
    /* 32 */ {LOCAL, 0}, {PUSH, 3}, {MUL, 0}, {PUSH, 1}, {ADD, 0}, {JUMP, 40},
    /* 38 */ {LOCAL, 0}, {HALF, 0},
    /* 40 */ {SET, 0}, {JUMP, 21},
    /* 42 */ {LOCAL, 1}, {RETURN, 0},
};

enum { DEPTH = 16, LOCALS = 4 };

static uint64_t stack[64];
static struct frame {
    uint64_t locals[LOCALS];
    const struct code *back;
} frames[DEPTH];

__attribute__((export_name("run"))) int64_t run(int32_t n) {
    const struct code *pc = CODE;
    uint64_t *top = stack; // where the next operand goes
    struct frame *frame = frames;
    frame->locals[N] = n < 0 ? 0 : (uint64_t)n, frame->locals[SUM] = 0;
    for (;;) {
        struct code code = *pc++;
        switch ((enum op)code.op) {
        case PUSH: *top++ = code.arg; break;
        case LOCAL: *top++ = frame->locals[code.arg]; break;
        case SET: frame->locals[code.arg] = *--top; break;
        case ADD: top--, top[-1] += top[0]; break;
        case MUL: top--, top[-1] *= top[0]; break;
        case LESS: top--, top[-1] = top[-1] < top[0]; break;
        case HALF: top[-1] >>= 1; break;
        case ODD: top[-1] &= 1; break;
        case JUMP: pc = CODE + code.arg; break;
        case UNLESS:
            if (!*--top) pc = CODE + code.arg;
            break;
        case CALL:
            if (++frame == frames + DEPTH) __builtin_trap();
            frame->back = pc, pc = CODE + code.arg;
            break;
        case RETURN: pc = frame--->back; break;
        case HALT: return (int64_t)*--top;
        default: __builtin_trap();
        }
    }
}
