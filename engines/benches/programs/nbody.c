// run(12000) = -4661717254533802552
// Five bodies attract each other for n steps (symplectic Euler): f64 arithmetic with square roots and divisions.

#include <stdint.h>

enum { BODIES = 5 };

struct body {
    double x[3], v[3], mass;
};

static struct body bodies[BODIES];

// A sun at rest, and four planets on orbits that are nearly circles, each a bit out of the plane.
static void place(void) {
    static const double radius[BODIES] = {0, 1, 1.75, 3.25, 5.5}, mass[BODIES] = {1, 1e-3, 3e-4, 2e-3, 5e-4};
    for (int i = 0; i < BODIES; i++) {
        struct body *b = bodies + i;
        double side = i % 2 ? 1 : -1;
        *b = (struct body){{side * radius[i], 0, 0}, {0, 0, 0}, mass[i]};
        if (i) {
            b->v[1] = side / __builtin_sqrt(radius[i]);
            b->v[2] = 0.0625 * i * b->v[1];
        }
    }
}

static void step(double dt) {
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            struct body *a = bodies + i, *b = bodies + j;
            double d[3], square = 1e-6;
            for (int k = 0; k < 3; k++) d[k] = b->x[k] - a->x[k], square += d[k] * d[k];
            double pull = dt / (square * __builtin_sqrt(square));
            for (int k = 0; k < 3; k++) {
                a->v[k] += d[k] * pull * b->mass;
                b->v[k] -= d[k] * pull * a->mass;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++) bodies[i].x[k] += dt * bodies[i].v[k];
}

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        struct body *a = bodies + i;
        sum += a->mass * (a->v[0] * a->v[0] + a->v[1] * a->v[1] + a->v[2] * a->v[2]) / 2;
        for (int j = i + 1; j < BODIES; j++) {
            double square = 0;
            for (int k = 0; k < 3; k++) {
                double d = a->x[k] - bodies[j].x[k];
                square += d * d;
            }
            sum -= a->mass * bodies[j].mass / __builtin_sqrt(square);
        }
    }
    return sum;
}

// The bits of the energy. No sum is reassociated and no product contracted, so that all engines agree on each of them.
__attribute__((export_name("run"))) int64_t run(int32_t n) {
    place();
    for (int32_t i = 0; i < n; i++) step(0.001);
    double e = energy();
    int64_t bits;
    __builtin_memcpy(&bits, &e, sizeof bits);
    return bits;
}
