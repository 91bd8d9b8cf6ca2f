/* SPDX-License-Identifier: MIT
 *
 * Measuring the limits: on the CPU with the crew's threads, on a GPU through the library that
 * limit_cuda.cu makes.
 */
#include "limit.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "error.h"

/* Of a device's memory so much that its cache holds little of it. */
enum { DEVICE_BYTES = 1 << 30, PINNED_BYTES = 256 << 20, RATE_STEPS = 20000 };

static const size_t REPEATS_MAX = (size_t)1 << 24;

const struct probe *probe_find(const char *instruction_set)
{
    static const struct probe *const probes[] = {
        &probe_portable,
#if defined(__x86_64__)
        &probe_v3,
        &probe_v4,
#endif
    };
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        if (strcmp(probes[i]->instruction_set, instruction_set) == 0) {
            return probes[i];
        }
    }
    return NULL;
}

/* ---- Of the CPU ---- */

struct cpu_run {
    const struct limits *limits;
    size_t n_repeats;
    atomic_size_t next;
    double amounts[BENCH_THREADS_MAX]; /* of each thread */
};

/* Sums the fields of all pools, a field of each at a time. */
static gaia_status read_job(void *context, unsigned index, gaia_error *err)
{
    struct cpu_run *run = context;
    const struct limits *limits = run->limits;
    volatile float kept = 0;
    double bytes = 0;
    (void)err;
    for (;;) {
        const size_t i = atomic_fetch_add(&run->next, 1);
        if (i >= run->n_repeats * limits->n_fields) {
            break;
        }
        for (size_t p = 0; p < sizeof limits->pools / sizeof *limits->pools; p++) {
            const struct pool *pool = limits->pools[p];
            const size_t size = field_bytes(&pool->make);
            kept = kept + limits->probe->sum(pool_field(pool, i % limits->n_fields).data,
                                             size / sizeof(float));
            bytes += (double)size;
        }
    }
    run->amounts[index] = bytes;
    return GAIA_OK;
}

static gaia_status rate_job(void *context, unsigned index, gaia_error *err)
{
    struct cpu_run *run = context;
    volatile double start = 0.999;
    volatile double kept = 0;
    double result = start;
    (void)err;
    run->amounts[index] = run->limits->probe->rate(run->n_repeats * RATE_STEPS, &result);
    kept = result;
    (void)kept;
    return GAIA_OK;
}

static gaia_status cpu_measure(struct limits *limits, enum limit limit, double *seconds,
                               double *amount, gaia_error *err)
{
    struct cpu_run run = {.limits = limits, .n_repeats = limits->n_repeats[limit]};
    atomic_init(&run.next, 0);
    const gaia_status status =
        crew_run(limits->crew, limits->n_threads, limit == LIMIT_READ ? read_job : rate_job, &run,
                 seconds, err);
    *amount = 0;
    for (unsigned i = 0; i < limits->n_threads; i++) {
        *amount += run.amounts[i];
    }
    return status;
}

/* ---- Of a GPU ---- */

/* Loads the library from beside the program or where packages put it; it stays loaded. */
static const struct device_probe_ops *device_ops_find(void)
{
    static const char *const places[] = {DEVICE_PROBE_MODULE, "../lib/" DEVICE_PROBE_MODULE,
                                         "../lib/gaia/" DEVICE_PROBE_MODULE};
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *name = strrchr(path, '/');
    void *module = NULL;
    for (size_t i = 0; name != NULL && module == NULL && i < sizeof places / sizeof *places; i++) {
        char place[PATH_MAX + 64];
        (void)snprintf(place, sizeof place, "%.*s%s", (int)(name + 1 - path), path, places[i]);
        module = access(place, R_OK) == 0 ? dlopen(place, RTLD_NOW | RTLD_LOCAL) : NULL;
    }
    device_probe_fn *find = NULL;
    void *symbol = module != NULL ? dlsym(module, DEVICE_PROBE_SYMBOL) : NULL;
    memcpy(&find, &symbol, sizeof find);
    return find != NULL ? find() : NULL;
}

static void device_open(struct limits *limits, unsigned i_device)
{
    char why[DEVICE_PROBE_TEXT] = "";
    limits->device_ops = device_ops_find();
    if (limits->device_ops == NULL) {
        (void)snprintf(
            limits->why_not, sizeof limits->why_not,
            "the device's limits were not measured: %s, which a CUDA build makes, is not "
            "beside the program",
            DEVICE_PROBE_MODULE);
        return;
    }
    if (limits->device_ops->open(i_device, DEVICE_BYTES, PINNED_BYTES, &limits->device, why) !=
        GAIA_OK) {
        (void)snprintf(limits->why_not, sizeof limits->why_not,
                       "the device's limits were not measured: %.180s", why);
    }
}

static gaia_status device_measure(struct limits *limits, enum limit limit, double *seconds,
                                  double *amount, gaia_error *err)
{
    static const enum device_limit device_limits[LIMIT_COUNT] = {
        [LIMIT_READ] = DEVICE_READ,
        [LIMIT_COPY] = DEVICE_COPY,
        [LIMIT_UPLOAD] = DEVICE_UPLOAD,
        [LIMIT_FLOAT64] = DEVICE_FLOAT64,
    };
    char why[DEVICE_PROBE_TEXT] = "";
    const gaia_status status = limits->device_ops->measure(
        limits->device, device_limits[limit], limits->n_repeats[limit], seconds, amount, why);
    return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", why);
}

/* ---- Of either ---- */

void limits_open(struct limits *limits, const char *backend, const char *instruction_set,
                 unsigned i_device)
{
    for (int i = 0; i < LIMIT_COUNT; i++) {
        limits->n_repeats[i] = 1;
    }
    if (strcmp(backend, "cpu") != 0) {
        device_open(limits, i_device);
        return;
    }
    limits->probe = probe_find(instruction_set);
    if (limits->probe == NULL) {
        (void)snprintf(limits->why_not, sizeof limits->why_not,
                       "the CPU's limits were not measured: there is no probe for '%.64s'",
                       instruction_set);
    }
}

void limits_close(struct limits *limits)
{
    if (limits->device != NULL) {
        limits->device_ops->close(limits->device);
        limits->device = NULL;
    }
}

static bool limit_exists(const struct limits *limits, enum limit limit)
{
    if (limits->device != NULL) {
        return true;
    }
    return limits->probe != NULL &&
           (limit == LIMIT_FLOAT64 || (limit == LIMIT_READ && limits->n_fields > 0));
}

gaia_status limits_round(struct limits *limits, double seconds, bool kept, gaia_error *err)
{
    for (int i = 0; i < LIMIT_COUNT; i++) {
        const enum limit limit = (enum limit)i;
        double took = 0;
        double amount = 0;
        double *rate = &limits->rates[i][limits->n_rounds];
        *rate = (double)NAN;
        if (!limit_exists(limits, limit)) {
            continue;
        }
        const gaia_status status = limits->device != NULL
                                       ? device_measure(limits, limit, &took, &amount, err)
                                       : cpu_measure(limits, limit, &took, &amount, err);
        if (status != GAIA_OK) {
            return status;
        }
        *rate = amount / took;
        if (!kept) {
            const double wanted = ceil(seconds / fmax(took, 1e-7) * (double)limits->n_repeats[i]);
            limits->n_repeats[i] = (size_t)fmin(fmax(wanted, 1), (double)REPEATS_MAX);
        }
    }
    limits->n_rounds += kept ? 1 : 0;
    return GAIA_OK;
}

double limit_best(const struct limits *limits, enum limit limit)
{
    double best = (double)NAN;
    for (size_t i = 0; i < limits->n_rounds; i++) {
        best = fmax(limits->rates[limit][i], best); /* NaN gives way */
    }
    return best;
}

double limit_median(const struct limits *limits, enum limit limit)
{
    return timings_median(limits->rates[limit], limits->n_rounds);
}
