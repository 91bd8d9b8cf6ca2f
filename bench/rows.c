/* SPDX-License-Identifier: MIT
 *
 * Row sums of the CPU backend against what the memory can deliver, in one run: a bare sum of
 * float32 over the same bytes is the limit, a straightforward C loop with the same sums the peer.
 *
 * usage: bench-rows [THREADS]    fields of 721 x 1440, more of them than any cache holds
 */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "clock.h"

enum { N_LAT = 721, N_LON = 1440, N_FIELDS = 48, ROUNDS = 5, THREADS_MAX = 64, TOGETHER = 8 };

static const size_t POINTS = (size_t)N_LAT * N_LON;

enum work { WORK_SUM, WORK_LOOP, WORK_BACKEND };

struct bench {
    const float *f; /* [N_FIELDS][N_LAT][N_LON] */
    const float *o;
    const float *c;
    struct backend *backend;
    bool climatology;
    size_t together; /* forecasts against one truth */
    unsigned n_threads;
    enum work work;
};

struct thread {
    const struct bench *bench;
    unsigned index;
    double result;
    pthread_t id;
};

/* Keeps the compiler from dropping or hoisting the work, by a data dependence that it cannot see
 * through. */
static void keep(double *x)
{
    __asm__ volatile("" : "+m"(*x) : : "memory");
}

static double bare_sum(const float *x, size_t n)
{
    float lane[64] = {0};
    for (size_t i = 0; i + 64 <= n; i += 64) {
        for (size_t l = 0; l < 64; l++) {
            lane[l] += x[i + l];
        }
    }
    float total = 0;
    for (size_t l = 0; l < 64; l++) {
        total += lane[l];
    }
    return (double)total;
}

/* What a careful programmer would write first: one pass, float64, missing points skipped. */
static double plain_loop(const float *f, const float *o, const float *c)
{
    double total = 0;
    for (size_t i = 0; i < N_LAT; i++) {
        double n = 0, d1 = 0, d2 = 0, ad = 0, od = 0, o1 = 0, o2 = 0, a1 = 0, a2 = 0, ab = 0,
               b1 = 0, b2 = 0;
        for (size_t j = 0; j < N_LON; j++) {
            const double x = (double)f[i * N_LON + j];
            const double y = (double)o[i * N_LON + j];
            const double z = c != NULL ? (double)c[i * N_LON + j] : 0.0;
            if (isfinite(x) && isfinite(y) && isfinite(z)) {
                const double d = x - y, a = x - z, b = y - z;
                n += 1, d1 += d, d2 += d * d, ad += fabs(d), od += y * d, o1 += y, o2 += y * y;
                if (c != NULL) {
                    a1 += a, a2 += a * a, ab += a * b, b1 += b, b2 += b * b;
                }
            }
        }
        total += n + d1 + d2 + ad + od + o1 + o2 + a1 + a2 + ab + b1 + b2;
    }
    return total;
}

static struct gaia_field field(const float *data)
{
    return (struct gaia_field){.data = data, .dtype = GAIA_FLOAT32};
}

static double backend_tile(const struct bench *b, size_t k, double *sums)
{
    struct gaia_field forecasts[TOGETHER];
    const struct interval whole = {0, N_LON, 0, N_LAT};
    for (size_t i = 0; i < b->together; i++) {
        forecasts[i] = field(b->f + (k * b->together + i) * POINTS);
    }
    const struct tile tile = {
        .n_lat = N_LAT,
        .n_lon = N_LON,
        .n_intervals = 1,
        .intervals = &whole,
        .truth = field(b->o + k * POINTS),
        .climatology = field(b->climatology ? b->c + k * POINTS : NULL),
        .n_forecasts = b->together,
        .forecasts = forecasts,
    };
    const struct backend_buffer out = {sums, sums, b->together * N_LAT * ROW_COUNT * sizeof *sums};
    (void)backend_cpu.moments(b->backend, &tile, &out, NULL);
    return sums[ROW_ERROR_D2];
}

static void *thread_main(void *context)
{
    struct thread *t = context;
    const struct bench *b = t->bench;
    double *sums = malloc(TOGETHER * N_LAT * ROW_COUNT * sizeof *sums);
    for (size_t k = t->index; sums != NULL && k < N_FIELDS / b->together; k += b->n_threads) {
        switch (b->work) {
        case WORK_SUM:
            t->result += bare_sum(b->f + k * POINTS, POINTS) + bare_sum(b->o + k * POINTS, POINTS);
            t->result += b->climatology ? bare_sum(b->c + k * POINTS, POINTS) : 0.0;
            break;
        case WORK_LOOP:
            t->result += plain_loop(b->f + k * POINTS, b->o + k * POINTS,
                                    b->climatology ? b->c + k * POINTS : NULL);
            break;
        case WORK_BACKEND:
            t->result += backend_tile(b, k, sums);
            break;
        }
    }
    keep(&t->result);
    free(sums);
    return NULL;
}

/* Seconds of the fastest round. */
static double run(const struct bench *b)
{
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        struct thread threads[THREADS_MAX] = {{0}};
        struct timespec from;
        struct timespec to;
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        for (unsigned i = 0; i < b->n_threads; i++) {
            threads[i].bench = b;
            threads[i].index = i;
            (void)pthread_create(&threads[i].id, NULL, thread_main, &threads[i]);
        }
        for (unsigned i = 0; i < b->n_threads; i++) {
            (void)pthread_join(threads[i].id, NULL);
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        const double s =
            (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
        best = s < best ? s : best;
    }
    return best;
}

static void report(const char *name, double seconds, size_t n_fields, size_t n_forecasts,
                   double limit)
{
    const double bytes = (double)n_fields * (double)POINTS * sizeof(float);
    (void)printf("%-44s %7.2f GB/s  %8.0f Mpoint/s  %5.2f of a bare sum\n", name,
                 bytes / seconds / 1e9, (double)n_forecasts * (double)POINTS / seconds / 1e6,
                 bytes / seconds / limit);
}

static float *fields_make(unsigned salt)
{
    float *x = malloc(N_FIELDS * POINTS * sizeof *x);
    uint64_t state = salt;
    for (size_t i = 0; x != NULL && i < N_FIELDS * POINTS; i++) {
        x[i] = 280.0F + (float)(random_next(&state) >> 40) * (1.0F / (1 << 20));
    }
    return x;
}

int main(int argc, char **argv)
{
    struct bench b = {.n_threads = argc > 1 ? (unsigned)atoi(argv[1]) : 1, .together = 1};
    if (b.n_threads < 1 || b.n_threads > THREADS_MAX) {
        return 2;
    }
    float *f = fields_make(1);
    float *o = fields_make(2);
    float *c = fields_make(3);
    if (f == NULL || o == NULL || c == NULL) {
        return 5;
    }
    b.f = f, b.o = o, b.c = c;
    (void)printf("%u thread(s), %d fields of %d x %d float32, best of %d rounds\n", b.n_threads,
                 N_FIELDS, N_LAT, N_LON, ROUNDS);
    for (int climatology = 0; climatology < 2; climatology++) {
        b.climatology = climatology;
        b.together = 1;
        const size_t n = N_FIELDS * (2 + (size_t)climatology);
        b.work = WORK_SUM;
        double seconds = run(&b);
        const double limit = (double)n * (double)POINTS * sizeof(float) / seconds;
        (void)printf("%s\n", climatology ? "forecast, truth, climatology" : "forecast, truth");
        report("  bare sum of float32 (the limit)", seconds, n, N_FIELDS, limit);
        b.work = WORK_LOOP;
        report("  plain C loop", run(&b), n, N_FIELDS, limit);
        b.work = WORK_BACKEND;
        static const char *const sets[] = {"portable", "v3", "v4"};
        for (size_t i = 0; i < 3; i++) {
            const struct backend_config config = {sets[i]};
            char name[64];
            if (backend_cpu.open(&config, &b.backend, NULL) != GAIA_OK) {
                continue;
            }
            b.together = 1;
            (void)snprintf(name, sizeof name, "  cpu backend, %s", sets[i]);
            report(name, run(&b), n, N_FIELDS, limit);
            b.together = TOGETHER;
            (void)snprintf(name, sizeof name, "  cpu backend, %s, %d against one truth", sets[i],
                           TOGETHER);
            report(name, run(&b), N_FIELDS + n / TOGETHER - N_FIELDS / TOGETHER, N_FIELDS, limit);
            backend_cpu.close(b.backend);
        }
    }
    free(c);
    free(o);
    free(f);
    return 0;
}
