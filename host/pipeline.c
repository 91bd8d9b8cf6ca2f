/* SPDX-License-Identifier: MIT
 *
 * The reading thread, the workers, and the short queue between them.
 */
#include "pipeline.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "reduce.h"

enum { HOUR_S = 3600 };

/* A tile on its way: the slots that it holds, and where its rows go. */
struct job {
    struct field_slot *truth;
    struct field_slot *climatology;
    struct field_slot *reference;
    size_t n_forecasts;
    struct field_slot *forecasts[TILE_FORECASTS_MAX];
    size_t units[TILE_FORECASTS_MAX];
};

/* One run; lock guards the queue, done_reading and error. */
struct run {
    const struct pipeline *p;
    const struct gaia_unit *units;
    struct gaia_moments *rows;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t capacity;
    size_t n_queued;
    struct job *queue;
    bool done_reading;
    gaia_error error;
    struct engine_failure *failures; /* the reading thread's */
    size_t *n_failures;
};

struct worker {
    struct run *run;
    unsigned index;
    struct backend_buffer sums;
    pthread_t thread;
};

/* ---- The workers ---- */

static void job_release(const struct pipeline *p, const struct job *job)
{
    struct field_slot *const shared[] = {job->truth, job->climatology, job->reference};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        if (shared[i] != NULL) {
            field_pool_return(p->pool, shared[i], false);
        }
    }
    for (size_t i = 0; i < job->n_forecasts; i++) {
        field_pool_return(p->pool, job->forecasts[i], false);
    }
}

static struct gaia_field slot_field(const struct field_slot *slot)
{
    return slot != NULL ? slot->field : (struct gaia_field){.data = NULL};
}

static gaia_status job_sum(struct worker *worker, const struct job *job, gaia_error *err)
{
    const struct run *run = worker->run;
    const struct pipeline *p = run->p;
    struct gaia_field forecasts[TILE_FORECASTS_MAX];
    const size_t stride = p->n_lat * p->regions->n_intervals * ROW_COUNT;
    const size_t n_rows = p->regions->n_regions * p->n_weights;
    for (size_t i = 0; i < job->n_forecasts; i++) {
        forecasts[i] = slot_field(job->forecasts[i]);
    }
    const struct tile tile = {
        .n_lat = p->n_lat,
        .n_lon = p->n_lon,
        .n_intervals = p->regions->n_intervals,
        .intervals = p->regions->intervals,
        .truth = slot_field(job->truth),
        .climatology = slot_field(job->climatology),
        .reference = slot_field(job->reference),
        .n_forecasts = job->n_forecasts,
        .forecasts = forecasts,
    };
    gaia_status status = p->ops->moments(p->backend, &tile, &worker->sums, err);
    if (status == GAIA_OK) {
        status = p->ops->download(p->backend, &worker->sums,
                                  job->n_forecasts * stride * sizeof(double), err);
    }
    if (status == GAIA_OK) {
        status = p->ops->sync(p->backend, err);
    }
    const double *sums = worker->sums.host;
    for (size_t i = 0; status == GAIA_OK && i < job->n_forecasts; i++) {
        reduce(p->regions, p->weight, p->n_weights, sums + i * stride,
               run->rows + job->units[i] * n_rows);
    }
    return status;
}

/* Takes the oldest job; false when there will be none. */
static bool job_next(struct run *run, struct job *job)
{
    bool found = false;
    (void)pthread_mutex_lock(&run->lock);
    while (run->n_queued == 0 && !run->done_reading) {
        (void)pthread_cond_wait(&run->changed, &run->lock);
    }
    if (run->n_queued > 0) {
        *job = run->queue[0];
        run->n_queued--;
        memmove(run->queue, run->queue + 1, run->n_queued * sizeof *run->queue);
        found = true;
        (void)pthread_cond_broadcast(&run->changed);
    }
    (void)pthread_mutex_unlock(&run->lock);
    return found;
}

static void error_note(struct run *run, const gaia_error *error)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->error.status == GAIA_OK) {
        run->error = *error;
    }
    (void)pthread_mutex_unlock(&run->lock);
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct engine_control *control = worker->run->p->control;
    struct job job;
    while (job_next(worker->run, &job)) {
        gaia_error error = {0};
        if (job_sum(worker, &job, &error) != GAIA_OK) {
            error_note(worker->run, &error);
        }
        job_release(worker->run->p, &job);
        if (control != NULL) {
            atomic_fetch_add(&control->fields_done, job.n_forecasts);
            atomic_fetch_add(&control->tiles_by_thread[worker->index % ENGINE_THREADS_MAX], 1);
        }
    }
    return NULL;
}

/* ---- The reading thread ---- */

/* Says which field of which source the error is about. */
static gaia_status read_failed(const struct catalog *catalog, const struct catalog_entry *entry,
                               gaia_status status, gaia_error *err)
{
    char time[GAIA_TIME_TEXT];
    char detail[GAIA_ERROR_DETAIL];
    gaia_time_format(entry->time_s, time);
    memcpy(detail, err->detail, sizeof detail);
    return error_set(err, status, "%.*s (%s, level %g, time %s, lead %g h)",
                     GAIA_ERROR_DETAIL - 128, detail, catalog->variables[entry->variable].name,
                     entry->level, time, (double)entry->lead_time_s / HOUR_S);
}

/* Holds the slot of a field, read from its file if it was not there. */
static gaia_status field_hold(const struct pipeline *p, const struct catalog *catalog,
                              const struct catalog_entry *entry, struct field_slot **slot,
                              gaia_error *err)
{
    struct reader *reader = NULL;
    bool fresh = false;
    if (entry == NULL) {
        return error_set(err, GAIA_TIME_MISSING, "%s: a planned field is not there any more",
                         catalog->grid_path);
    }
    gaia_status status = field_pool_take(p->pool, entry, slot, &fresh, err);
    if (status != GAIA_OK || !fresh) {
        return status;
    }
    const struct file_entry *file = &p->sources->files.files[entry->file];
    status = file_table_get(&p->sources->files, entry->file, &reader, err);
    if (status == GAIA_OK) {
        status =
            file->ops->read(reader, &entry->field, p->raw, &p->limits, (*slot)->buffer.host, err);
    }
    if (status == GAIA_OK) {
        (*slot)->field = file->ops->variable(reader, entry->field.variable)->layout;
        (*slot)->field.data = (*slot)->buffer.device;
        status = p->ops->upload(p->backend, &(*slot)->buffer, p->pool->slot_bytes, err);
    }
    if (status != GAIA_OK) {
        field_pool_return(p->pool, *slot, true);
        *slot = NULL;
        return read_failed(catalog, entry, status, err);
    }
    return GAIA_OK;
}

/* Holds truth, climatology and reference of a unit. */
static gaia_status shared_hold(const struct pipeline *p, const struct gaia_unit *unit,
                               struct job *job, gaia_error *err)
{
    const struct sources *s = p->sources;
    const char *name = p->variables[unit->variable];
    const int64_t valid_time_s = unit->init_time_s + unit->lead_time_s;
    gaia_status status = field_hold(
        p, &s->truth,
        catalog_find(&s->truth, catalog_variable(&s->truth, name), unit->level, valid_time_s, 0),
        &job->truth, err);
    if (status == GAIA_OK && s->job->has_climatology) {
        status = field_hold(p, &s->climatology,
                            catalog_find_climatology(&s->climatology,
                                                     catalog_variable(&s->climatology, name),
                                                     unit->level, valid_time_s),
                            &job->climatology, err);
    }
    if (status == GAIA_OK && s->job->has_reference) {
        status = field_hold(p, &s->reference,
                            catalog_find(&s->reference, catalog_variable(&s->reference, name),
                                         unit->level, unit->init_time_s, unit->lead_time_s),
                            &job->reference, err);
    }
    return status;
}

static bool forecast_failed(const struct run *run, uint32_t forecast)
{
    for (size_t i = 0; i < *run->n_failures; i++) {
        if (run->failures[i].forecast == forecast) {
            return true;
        }
    }
    return false;
}

/* Holds the forecast field of a unit and adds it to the job; a forecast that fails is noted and
 * left out. */
static gaia_status forecast_hold(struct run *run, size_t i_unit, struct job *job, gaia_error *err)
{
    const struct pipeline *p = run->p;
    const struct gaia_unit *unit = &run->units[i_unit];
    const struct catalog *catalog = NULL;
    struct field_slot *slot = NULL;
    gaia_error error = {0};
    if (forecast_failed(run, unit->forecast)) {
        return GAIA_OK;
    }
    gaia_status status = sources_forecast(p->sources, unit->forecast, &catalog, &error);
    if (status == GAIA_OK &&
        (catalog->field_bytes > p->pool->slot_bytes || catalog->raw_bytes > p->raw_bytes)) {
        status = error_set(&error, GAIA_FILE_DAMAGED,
                           "%s: its fields are larger than when the job was planned",
                           catalog->grid_path);
    }
    if (status == GAIA_OK) {
        const size_t variable = catalog_variable(catalog, p->variables[unit->variable]);
        status = field_hold(
            p, catalog,
            catalog_find(catalog, variable, unit->level, unit->init_time_s, unit->lead_time_s),
            &slot, &error);
    }
    if (status == GAIA_OK) {
        job->forecasts[job->n_forecasts] = slot;
        job->units[job->n_forecasts++] = i_unit;
    } else if (gaia_status_class(status) == GAIA_CLASS_INVALID) {
        run->failures[*run->n_failures] = (struct engine_failure){unit->forecast, error};
        (*run->n_failures)++;
        status = GAIA_OK;
    } else {
        status = error_set(err, status, "%s", error.detail);
    }
    return status;
}

/* Whether two units can be in one tile: same variable, level, init and lead time. */
static bool tile_same(const struct gaia_unit *a, const struct gaia_unit *b)
{
    return a->variable == b->variable && a->init_time_s == b->init_time_s &&
           a->lead_time_s == b->lead_time_s &&
           (a->level == b->level || (isnan(a->level) && isnan(b->level)));
}

/* Puts a job into the queue, waiting for room; false if a worker failed. The job is taken over. */
static bool job_push(struct run *run, const struct job *job)
{
    (void)pthread_mutex_lock(&run->lock);
    while (run->n_queued == run->capacity && run->error.status == GAIA_OK) {
        (void)pthread_cond_wait(&run->changed, &run->lock);
    }
    const bool good = run->error.status == GAIA_OK;
    if (good) {
        run->queue[run->n_queued++] = *job;
        (void)pthread_cond_broadcast(&run->changed);
    }
    (void)pthread_mutex_unlock(&run->lock);
    if (!good) {
        job_release(run->p, job);
    }
    return good;
}

/* Reads the units, tile by tile, in the given order. */
static gaia_status tiles_read(struct run *run, const size_t *order, size_t n_units, gaia_error *err)
{
    const struct pipeline *p = run->p;
    gaia_status status = GAIA_OK;
    bool good = true;
    for (size_t at = 0; status == GAIA_OK && good && at < n_units;) {
        const struct gaia_unit *first = &run->units[order[at]];
        struct job job = {.n_forecasts = 0};
        size_t taken = 0;
        if (p->control != NULL && atomic_load(&p->control->cancel)) {
            return error_set(err, GAIA_CANCELLED, "cancelled");
        }
        status = shared_hold(p, first, &job, err);
        while (status == GAIA_OK && at < n_units && taken < p->tile_forecasts &&
               tile_same(first, &run->units[order[at]])) {
            status = forecast_hold(run, order[at], &job, err);
            at++;
            taken++;
        }
        if (status != GAIA_OK || job.n_forecasts == 0) {
            job_release(p, &job);
        } else {
            good = job_push(run, &job);
        }
    }
    return status;
}

/* ---- The order ---- */

struct ordered {
    const struct gaia_unit *unit;
    size_t index;
};

static int ordered_compare(const void *a, const void *b)
{
    const struct gaia_unit *x = ((const struct ordered *)a)->unit;
    const struct gaia_unit *y = ((const struct ordered *)b)->unit;
    const int64_t valid_x = x->init_time_s + x->lead_time_s;
    const int64_t valid_y = y->init_time_s + y->lead_time_s;
    if (x->variable != y->variable) {
        return x->variable < y->variable ? -1 : 1;
    }
    if (valid_x != valid_y) {
        return valid_x < valid_y ? -1 : 1;
    }
    if (x->lead_time_s != y->lead_time_s) {
        return x->lead_time_s < y->lead_time_s ? -1 : 1;
    }
    const double level_x = isnan(x->level) ? -(double)INFINITY : x->level;
    const double level_y = isnan(y->level) ? -(double)INFINITY : y->level;
    if (level_x != level_y) {
        return level_x < level_y ? -1 : 1;
    }
    return (x->forecast > y->forecast) - (x->forecast < y->forecast);
}

gaia_status reading_order(const struct gaia_unit *units, size_t n_units, size_t *order,
                          gaia_error *err)
{
    struct ordered *list = calloc(n_units > 0 ? n_units : 1, sizeof *list);
    if (list == NULL) {
        return error_memory(err, n_units * sizeof *list);
    }
    for (size_t i = 0; i < n_units; i++) {
        list[i] = (struct ordered){&units[i], i};
    }
    qsort(list, n_units, sizeof *list, ordered_compare);
    for (size_t i = 0; i < n_units; i++) {
        order[i] = list[i].index;
    }
    free(list);
    return GAIA_OK;
}

/* ---- The run ---- */

static gaia_status workers_start(struct run *run, struct worker *workers, unsigned *n_started,
                                 gaia_error *err)
{
    const struct pipeline *p = run->p;
    const size_t bytes =
        p->tile_forecasts * p->n_lat * p->regions->n_intervals * ROW_COUNT * sizeof(double);
    gaia_status status = GAIA_OK;
    for (*n_started = 0; status == GAIA_OK && *n_started < p->n_threads;) {
        struct worker *worker = &workers[*n_started];
        worker->run = run;
        worker->index = *n_started;
        status = p->ops->alloc(p->backend, bytes, &worker->sums, err);
        if (status == GAIA_OK && pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
            p->ops->free(p->backend, &worker->sums);
            status = error_set(err, GAIA_OUT_OF_MEMORY, "a thread could not be started");
        }
        *n_started += status == GAIA_OK;
    }
    return status;
}

/* Lets the workers finish the queue and ends them. */
static void workers_finish(struct run *run, struct worker *workers, unsigned n_started)
{
    (void)pthread_mutex_lock(&run->lock);
    run->done_reading = true;
    (void)pthread_cond_broadcast(&run->changed);
    (void)pthread_mutex_unlock(&run->lock);
    for (unsigned i = 0; i < n_started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        run->p->ops->free(run->p->backend, &workers[i].sums);
    }
}

gaia_status pipeline_run(const struct pipeline *pipeline, const struct gaia_unit *units,
                         size_t n_units, struct gaia_moments *rows, struct engine_failure *failures,
                         size_t *n_failures, gaia_error *err)
{
    struct run run = {.p = pipeline,
                      .units = units,
                      .rows = rows,
                      .capacity = 2 * (size_t)pipeline->n_threads,
                      .failures = failures,
                      .n_failures = n_failures};
    unsigned n_started = 0;
    *n_failures = 0;
    run.queue = calloc(run.capacity, sizeof *run.queue);
    struct worker *workers = calloc(pipeline->n_threads, sizeof *workers);
    size_t *order = calloc(n_units > 0 ? n_units : 1, sizeof *order);
    (void)pthread_mutex_init(&run.lock, NULL);
    (void)pthread_cond_init(&run.changed, NULL);
    gaia_status status = run.queue != NULL && workers != NULL && order != NULL
                             ? reading_order(units, n_units, order, err)
                             : error_memory(err, n_units * sizeof *order);
    if (status == GAIA_OK) {
        status = workers_start(&run, workers, &n_started, err);
    }
    if (status == GAIA_OK) {
        status = tiles_read(&run, order, n_units, err);
    }
    workers_finish(&run, workers, n_started);
    if (status == GAIA_OK && run.error.status != GAIA_OK) {
        status = error_set(err, run.error.status, "%s", run.error.detail);
    }
    (void)pthread_cond_destroy(&run.changed);
    (void)pthread_mutex_destroy(&run.lock);
    free(order);
    free(workers);
    free(run.queue);
    return status;
}
