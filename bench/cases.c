/* SPDX-License-Identifier: MIT
 *
 * Which cases there are, and what each has to read and compute at least.
 *
 * The cases of the limits differ from `single` in one thing each, so that a ratio of two of them
 * says what that thing costs. The matrix is every combination of what the options list.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "error.h"

struct list {
    struct bench_case *cases;
    size_t n;
    bool full;
};

static const char *dtype_short(enum gaia_dtype dtype)
{
    return dtype == GAIA_FLOAT32 ? "float32" : dtype == GAIA_FLOAT64 ? "float64" : "int16";
}

static void list_add(struct list *list, const struct bench_case *c, const char *name)
{
    if (list->n == CASES_MAX) {
        list->full = true;
        return;
    }
    list->cases[list->n] = *c;
    list->cases[list->n].n_passes = 1;
    (void)snprintf(list->cases[list->n].name, CASE_NAME, "%s", name);
    list->n++;
}

/* The cases that change one thing of `single`. */
static void variants_add(const struct bench_options *options, bool on_gpu,
                         const struct bench_case *single, struct list *list)
{
    struct bench_case c = *single;
    c.missing = options->missing > 0.0;
    if ((options->cases & CASE_MISSING) != 0) {
        list_add(list, &c, "missing");
    }
    const struct {
        unsigned choice;
        enum region_choice regions;
        const char *name;
    } sets[] = {{CASE_GLOBAL, REGIONS_GLOBAL, "global"},
                {CASE_BANDS, REGIONS_BANDS, "bands"},
                {CASE_THIRTEEN, REGIONS_THIRTEEN, "regions13"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        c = *single;
        c.regions = sets[i].regions;
        if ((options->cases & sets[i].choice) != 0) {
            list_add(list, &c, sets[i].name);
        }
    }
    c = *single;
    c.climatology = false;
    if ((options->cases & CASE_ERROR) != 0) {
        list_add(list, &c, "error");
    }
    c = *single;
    c.reference = true;
    if ((options->cases & CASE_REFERENCE) != 0) {
        list_add(list, &c, "reference");
    }
    c = *single;
    c.plane = true;
    if ((options->cases & CASE_PLANE) != 0) {
        list_add(list, &c, "plane");
    }
    c = *single;
    c.from_host = true;
    if (on_gpu && (options->cases & CASE_HOST) != 0) {
        list_add(list, &c, "host");
    }
}

static void lists_add(const struct bench_options *options, const struct bench_case *single,
                      struct list *list)
{
    struct bench_case c = *single;
    char name[CASE_NAME];
    for (size_t i = 0; (options->cases & CASE_MANY) != 0 && i < options->n_forecasts_list; i++) {
        c.n_forecasts = options->forecasts[i];
        (void)snprintf(name, sizeof name, "forecasts%zu", c.n_forecasts);
        if (c.n_forecasts > 1) {
            list_add(list, &c, name);
        }
    }
    c = *single;
    for (size_t i = 0; (options->cases & CASE_DTYPES) != 0 && i < options->n_dtypes; i++) {
        c.dtype = options->dtypes[i];
        if (c.dtype != single->dtype) {
            list_add(list, &c, dtype_short(c.dtype));
        }
    }
}

static void matrix_add(const struct bench_options *options, struct list *list)
{
    static const struct {
        bool climatology;
        bool reference;
        bool plane;
        const char *name;
    } groups[] = {{false, false, false, "e"},
                  {true, false, false, "ec"},
                  {true, true, false, "ecr"},
                  {true, false, true, "ec+plane"}};
    static const enum region_choice usual[] = {REGIONS_GLOBAL, REGIONS_THIRTEEN};
    const enum region_choice *regions = options->regions_set ? options->regions : usual;
    const size_t n_regions = options->regions_set ? options->n_regions_list : 2;
    for (size_t d = 0; d < options->n_dtypes; d++) {
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            for (size_t f = 0; f < options->n_forecasts_list * n_regions; f++) {
                struct bench_case c = {.n_forecasts = options->forecasts[f / n_regions],
                                       .dtype = options->dtypes[d],
                                       .regions = regions[f % n_regions],
                                       .climatology = groups[g].climatology,
                                       .reference = groups[g].reference,
                                       .plane = groups[g].plane};
                char name[CASE_NAME];
                (void)snprintf(name, sizeof name, "%s/%s/r%zu/f%zu", dtype_short(c.dtype),
                               groups[g].name, region_count(c.regions), c.n_forecasts);
                list_add(list, &c, name);
            }
        }
    }
}

gaia_status cases_list(const struct bench_options *options, bool on_gpu, struct bench_case *cases,
                       size_t *n_cases, gaia_error *err)
{
    struct list list = {.cases = cases};
    const struct bench_case single = {.n_forecasts = 1,
                                      .dtype = GAIA_FLOAT32,
                                      .regions = options->regions[0],
                                      .climatology = true};
    if ((options->cases & CASE_SINGLE) != 0 || options->vs) {
        list_add(&list, &single, "single");
    }
    variants_add(options, on_gpu, &single, &list);
    lists_add(options, &single, &list);
    if ((options->cases & CASE_MATRIX) != 0) {
        matrix_add(options, &list);
    }
    if (list.full) {
        return error_set(err, GAIA_USAGE, "--cases matrix: the lists make more than %d cases",
                         CASES_MAX);
    }
    if (list.n == 0) {
        return error_set(err, GAIA_USAGE, "--cases: nothing is left to be timed %s",
                         on_gpu ? "with these lists" : "on a CPU with these lists");
    }
    *n_cases = list.n;
    return GAIA_OK;
}

size_t case_fields(const struct bench_case *c, enum field_kind kind)
{
    switch (kind) {
    case FIELD_FORECAST:
        return c->n_tiles * c->n_forecasts;
    case FIELD_TRUTH:
        return c->n_tiles;
    case FIELD_CLIMATOLOGY:
        return c->climatology ? c->n_tiles : 0;
    case FIELD_REFERENCE:
        return c->reference ? c->n_tiles : 0;
    case FIELD_PLANE:
        return c->plane ? 1 : 0;
    }
    return 0;
}

bool case_missing(const struct bench_case *c, enum field_kind kind)
{
    return c->missing && (kind == FIELD_FORECAST || kind == FIELD_TRUTH);
}

/* Adds what the groups of a strip's point cost, per point: weighted terms multiply by m first, and
 * sum m. */
static void strip_operations(const struct bench_case *c, bool weighted, double share,
                             struct operations *ops)
{
    const double climatology = c->climatology ? 1 : 0;
    const double reference = c->reference ? 1 : 0;
    const double once = 1.0 / (double)c->n_forecasts; /* the truth's own */
    const double m = weighted ? 1 : 0;
    ops->subtractions += share * (1 + climatology + reference + once * (climatology + reference));
    ops->additions += share * (2 + climatology + once * (1 + climatology + reference));
    ops->fmas += share * (2 + 2 * climatology + reference + once * (1 + climatology + reference));
    ops->multiplications +=
        share * m * (1 + climatology + reference + once * (1 + climatology + reference));
    ops->additions += share * m * once * (1 + climatology + reference);
}

void case_count(struct bench_case *c)
{
    const double points = (double)c->layout->n_lat * c->layout->n_lon;
    const double size = (double)gaia_dtype_bytes(c->dtype);
    const double shared = 1.0 + (c->climatology ? 1 : 0) + (c->reference ? 1 : 0);
    const double tiles = (double)c->n_tiles;
    const double values = 1 + shared / (double)c->n_forecasts; /* a forecast point */
    const double planes = c->plane ? 1 : 0;
    c->points = tiles * (double)c->n_forecasts * points;
    c->bytes = c->points * size * values + tiles * points * planes * (double)sizeof(float);
    c->operations = (struct operations){0};
    strip_operations(c, false, layout_share(c->layout, false), &c->operations);
    if (c->plane) {
        strip_operations(c, true, layout_share(c->layout, true), &c->operations);
    }
    if (c->dtype != GAIA_FLOAT64) {
        c->operations.conversions += values;
    }
    c->operations.conversions += planes / (double)c->n_forecasts;
    if (c->dtype == GAIA_INT16) { /* unpacking: a multiply, then an add */
        c->operations.multiplications += values;
        c->operations.additions += values;
    }
}

double operations_total(const struct operations *operations)
{
    return operations->subtractions + operations->additions + operations->multiplications +
           operations->fmas;
}

double timings_best(const double *seconds, size_t n)
{
    double best = n > 0 ? seconds[0] : (double)NAN;
    for (size_t i = 1; i < n; i++) {
        best = seconds[i] < best ? seconds[i] : best;
    }
    return best;
}

static int doubles_compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double timings_median(const double *seconds, size_t n)
{
    double sorted[BENCH_ROUNDS_MAX];
    if (n == 0) {
        return (double)NAN;
    }
    memcpy(sorted, seconds, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, doubles_compare);
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
