/* SPDX-License-Identifier: MIT
 *
 * The numbers of metrics.h: one array of atomics for all series, those of a metric side by side.
 *
 * Invariant: the array's size follows from the table; nothing is allocated while it is counted.
 */
#include "metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "error.h"

struct metrics {
    _Atomic int64_t *cells; /* [n_cells] */
    size_t n_cells;
    size_t first[METRIC_COUNT]; /* of each metric's cells */
    _Atomic int64_t busy_us;
    const char *disk; /* a folder; NULL: none is measured */
    /* The turn under way. */
    int64_t *pending;  /* [n_cells]; 0 but for ... */
    uint32_t *touched; /* ... these, [n_touched] */
    size_t n_touched;
};

/* Numbers of a series: buckets, that beyond the last bound, and the sum; or one. */
static size_t series_cells(const struct metric_spec *spec)
{
    return spec->type == METRIC_HISTOGRAM ? spec->n_bounds + 2 : 1;
}

gaia_status metrics_open(struct metrics **opened, gaia_error *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    size_t n = 0;
    if (metrics == NULL) {
        return error_memory(err, sizeof *metrics);
    }
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        metrics->first[i] = n;
        n += metric_n_series(&metric_specs()[i]) * series_cells(&metric_specs()[i]);
    }
    metrics->n_cells = n;
    metrics->cells = calloc(n, sizeof *metrics->cells);
    metrics->pending = calloc(n, sizeof *metrics->pending);
    metrics->touched = calloc(n, sizeof *metrics->touched);
    if (metrics->cells == NULL || metrics->pending == NULL || metrics->touched == NULL) {
        metrics_free(metrics);
        return error_memory(err, n * sizeof *metrics->cells);
    }
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const size_t end = i + 1 < METRIC_COUNT ? metrics->first[i + 1] : n;
        for (size_t k = metrics->first[i]; k < end; k++) {
            atomic_init(&metrics->cells[k], metric_specs()[i].is_optional ? METRIC_NONE : 0);
        }
    }
    atomic_init(&metrics->busy_us, 0);
    *opened = metrics;
    return GAIA_OK;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics != NULL) {
        free(metrics->cells);
        free(metrics->pending);
        free(metrics->touched);
        free(metrics);
    }
}

static size_t cell_of(const struct metrics *metrics, enum metric metric, size_t i_series)
{
    return metrics->first[metric] + i_series * series_cells(&metric_specs()[metric]);
}

/* Which bucket of a series takes the value: the first one whose bound is not below it. */
static size_t bucket_of(enum metric metric, int64_t value)
{
    const struct metric_spec *spec = &metric_specs()[metric];
    size_t i = 0;
    while (i < spec->n_bounds && value > spec->bounds[i]) {
        i++;
    }
    return i;
}

static void cell_add(struct metrics *metrics, size_t cell, int64_t n)
{
    (void)atomic_fetch_add_explicit(&metrics->cells[cell], n, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metric metric, size_t i_series, int64_t n)
{
    if (metrics != NULL) {
        cell_add(metrics, cell_of(metrics, metric, i_series), n);
    }
}

void metrics_set(struct metrics *metrics, enum metric metric, size_t i_series, int64_t value)
{
    if (metrics != NULL) {
        atomic_store_explicit(&metrics->cells[cell_of(metrics, metric, i_series)], value,
                              memory_order_relaxed);
    }
}

void metrics_observe(struct metrics *metrics, enum metric metric, size_t i_series, int64_t value)
{
    if (metrics != NULL) {
        const size_t cell = cell_of(metrics, metric, i_series);
        cell_add(metrics, cell + bucket_of(metric, value), 1);
        cell_add(metrics, cell + metric_specs()[metric].n_bounds + 1, value);
    }
}

static void pending_add(struct metrics *metrics, size_t cell, int64_t n)
{
    if (metrics->pending[cell] == 0 && n != 0) {
        metrics->touched[metrics->n_touched++] = (uint32_t)cell;
    }
    metrics->pending[cell] += n;
}

void metrics_turn_add(struct metrics *metrics, enum metric metric, size_t i_series, int64_t n)
{
    if (metrics != NULL) {
        pending_add(metrics, cell_of(metrics, metric, i_series), n);
    }
}

void metrics_turn_observe(struct metrics *metrics, enum metric metric, size_t i_series,
                          int64_t value)
{
    if (metrics != NULL) {
        const size_t cell = cell_of(metrics, metric, i_series);
        pending_add(metrics, cell + bucket_of(metric, value), 1);
        pending_add(metrics, cell + metric_specs()[metric].n_bounds + 1, value);
    }
}

void metrics_turn_commit(struct metrics *metrics)
{
    for (size_t i = 0; metrics != NULL && i < metrics->n_touched; i++) {
        cell_add(metrics, metrics->touched[i], metrics->pending[metrics->touched[i]]);
    }
    metrics_turn_drop(metrics);
}

void metrics_turn_drop(struct metrics *metrics)
{
    if (metrics != NULL) {
        for (size_t i = 0; i < metrics->n_touched; i++) {
            metrics->pending[metrics->touched[i]] = 0;
        }
        metrics->n_touched = 0;
    }
}

void metrics_loop_busy(struct metrics *metrics, int64_t since_us)
{
    if (metrics != NULL) {
        atomic_store_explicit(&metrics->busy_us, since_us, memory_order_relaxed);
    }
}

void metrics_certificate(struct metrics *metrics, enum metric_listener listener, int64_t expires_s)
{
    metrics_set(metrics, METRIC_CERTIFICATES, listener, expires_s != 0 ? expires_s : METRIC_NONE);
}

void metrics_watch_disk(struct metrics *metrics, const char *folder)
{
    metrics->disk = folder;
}

const char *metrics_disk(const struct metrics *metrics)
{
    return metrics->disk;
}

int64_t metrics_busy_us(const struct metrics *metrics)
{
    return atomic_load_explicit(&metrics->busy_us, memory_order_relaxed);
}

void metrics_read(const struct metrics *metrics, enum metric metric, size_t i_series,
                  int64_t numbers[METRIC_NUMBERS])
{
    const size_t n = series_cells(&metric_specs()[metric]);
    const size_t cell = cell_of(metrics, metric, i_series);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = atomic_load_explicit(&metrics->cells[cell + i], memory_order_relaxed);
    }
}
