/* SPDX-License-Identifier: MIT
 *
 * The reading thread: fields into slots, slots into tiles, tiles into the queue (tile_queue.c) that
 * the workers (worker.c) take from.
 *
 * Invariant: the tile that is being put together never holds every slot, so one always comes back.
 */
#include "pipeline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "climatology.h"
#include "error.h"
#include "field_decode.h"
#include "gravity_check.h"
#include "level.h"
#include "reading_order.h"
#include "source_units.h"
#include "tile_queue.h"
#include "worker.h"

enum { HOUR_S = 3600 };

/* One run, of the reading thread alone but for the queue. */
struct run {
    const struct pipeline *p;
    const struct gaia_unit *units;
    size_t n_units;
    size_t *order;         /* [n_units] */
    size_t tile_forecasts; /* fewer than the pipeline's once memory has run out */
    struct tile_queue queue;
    struct engine_failure *failures;
    size_t *n_failures;
};

/* ---- Fields ---- */

/* Says which field of which source the error is about. */
static gaia_status read_failed(const struct catalog *catalog, const struct catalog_entry *entry,
                               gaia_status status, gaia_error *err)
{
    char time[CATALOG_TIME_TEXT];
    char detail[GAIA_ERROR_DETAIL];
    char at_level[CATALOG_LEVEL_TEXT];
    catalog_time_text(catalog, entry, time);
    catalog_level_text(entry->level, at_level);
    memcpy(detail, err->detail, sizeof detail);
    return error_set(err, status, "%.*s (%s%s, time %s, lead %g h)", GAIA_ERROR_DETAIL - 128,
                     detail, catalog->variables[entry->variable].name, at_level, time,
                     (double)entry->lead_time_s / HOUR_S);
}

/* Reads the field of an entry to `placed`, in the layout that *field then has. */
static gaia_status entry_read(const struct pipeline *p, const struct catalog *catalog,
                              const struct catalog_entry *entry, void *placed,
                              struct gaia_field *field, gaia_error *err)
{
    struct reader *reader = NULL;
    const struct file_entry *file = &p->sources->files.files[entry->file];
    gaia_status status = file_table_get(&p->sources->files, entry->file, &reader, err);
    if (status == GAIA_OK) {
        status = file->ops->read(reader, &entry->field, p->raw, &p->limits, placed, err);
    }
    if (status != GAIA_OK) {
        return read_failed(catalog, entry, status, err);
    }
    const struct reader_variable *variable = file->ops->variable(reader, entry->field.variable);
    if (p->control != NULL) {
        read_count(&p->control->counts, file->ops, variable);
    }
    *field = variable->layout;
    source_units_apply(catalog, entry, field);
    return GAIA_OK;
}

/* Makes the field between two entries, as float64, in `made`. */
static gaia_status between_read(const struct pipeline *p, const struct catalog *catalog,
                                const struct climatology_found *what, double *made,
                                struct gaia_field *field, gaia_error *err)
{
    gaia_status status = entry_read(p, catalog, what->first, p->spare, field, err);
    if (status == GAIA_OK) {
        field->data = p->spare;
        field_decode(field, 0, p->n_points, made);
        status = entry_read(p, catalog, what->second, p->spare, field, err);
    }
    if (status == GAIA_OK) {
        field->data = p->spare;
        field_decode_between(field, p->n_points, what->weight, made);
        *field = (struct gaia_field){.dtype = GAIA_FLOAT64, .scale = 1.0};
    }
    return status;
}

/* Reads a field into the slot's buffer and on to the device. */
static gaia_status slot_fill(const struct pipeline *p, const struct catalog *catalog,
                             const struct climatology_found *what, struct field_slot *slot,
                             gaia_error *err)
{
    struct backend_buffer *buffer = &slot->buffer;
    gaia_status status = p->ops->map(p->backend, buffer, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = what->second == NULL
                 ? entry_read(p, catalog, what->first, buffer->host, &slot->field, err)
                 : between_read(p, catalog, what, buffer->host, &slot->field, err);
    if (status != GAIA_OK) {
        gaia_error ignored = {0}; /* why the field was not read says more */
        (void)!p->ops->upload(p->backend, buffer, 0, &ignored);
        return status;
    }
    slot->field.data = buffer->device;
    return p->ops->upload(p->backend, buffer, p->n_points * gaia_dtype_bytes(slot->field.dtype),
                          err);
}

/* Counts a field of what forecasts share: whether it was in memory. */
static void shared_count(const struct pipeline *p, const struct catalog *catalog, bool fresh)
{
    const struct sources *s = p->sources;
    if (p->control != NULL &&
        (catalog == &s->truth || catalog == &s->climatology || catalog == &s->reference)) {
        atomic_fetch_add(fresh ? &p->control->counts.fresh : &p->control->counts.kept, 1);
    }
}

/* Holds the slot of a field, or of one between two, made anew if it was not there. */
static gaia_status found_hold(const struct pipeline *p, const struct catalog *catalog,
                              const struct climatology_found *what, struct field_slot **slot,
                              gaia_error *err)
{
    struct field_slot *taken = NULL;
    bool fresh = false;
    const struct field_key key = {what->first, what->second, what->weight};
    gaia_status status = field_pool_take(p->pool, key, &taken, &fresh, err);
    if (status == GAIA_OK && fresh) {
        status = slot_fill(p, catalog, what, taken, err);
        if (status != GAIA_OK) {
            field_pool_return(p->pool, taken, SLOT_SPOILED);
            return status;
        }
    }
    if (status == GAIA_OK) {
        shared_count(p, catalog, fresh);
        *slot = taken;
    }
    return status;
}

static gaia_status field_hold(const struct pipeline *p, const struct catalog *catalog,
                              const struct catalog_entry *entry, struct field_slot **slot,
                              gaia_error *err)
{
    const struct climatology_found what = {.first = entry};
    return entry != NULL
               ? found_hold(p, catalog, &what, slot, err)
               : error_set(err, GAIA_TIME_MISSING, "%s: a planned field is not there any more",
                           catalog->grid_path);
}

static gaia_status climatology_hold(const struct pipeline *p, const char *name, double level,
                                    int64_t valid_time_s, struct field_slot **slot, gaia_error *err)
{
    struct climatology_found found;
    const struct catalog *catalog = &p->sources->climatology;
    const gaia_status status = climatology_find(catalog, catalog_variable(catalog, name), level,
                                                valid_time_s, &found, err);
    return status == GAIA_OK ? found_hold(p, catalog, &found, slot, err) : status;
}

/* Holds truth, climatology and reference of a unit. */
static gaia_status shared_hold(const struct pipeline *p, const struct gaia_unit *unit,
                               struct queued_tile *tile, gaia_error *err)
{
    const struct sources *s = p->sources;
    const char *name = p->variables[unit->variable];
    const int64_t valid_time_s = unit->init_time_s + unit->lead_time_s;
    gaia_status status = field_hold(
        p, &s->truth,
        catalog_find(&s->truth, catalog_variable(&s->truth, name), unit->level, valid_time_s, 0),
        &tile->truth, err);
    if (status == GAIA_OK && s->job->has_climatology) {
        status = climatology_hold(p, name, unit->level, valid_time_s, &tile->climatology, err);
    }
    if (status == GAIA_OK && s->job->has_reference) {
        status = field_hold(p, &s->reference,
                            catalog_find(&s->reference, catalog_variable(&s->reference, name),
                                         unit->level, unit->init_time_s, unit->lead_time_s),
                            &tile->reference, err);
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

/* Holds the forecast field of a unit and adds it to the tile; a forecast that fails is noted and
 * left out. */
static gaia_status forecast_hold(struct run *run, size_t i_unit, struct queued_tile *tile,
                                 gaia_error *err)
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
        tile->forecasts[tile->n_forecasts] = slot;
        tile->maps[tile->n_forecasts] = map_sums_find(p->maps, unit);
        tile->units[tile->n_forecasts++] = i_unit;
    } else if (gaia_status_class(status) == GAIA_CLASS_INVALID) {
        run->failures[*run->n_failures] = (struct engine_failure){unit->forecast, error};
        (*run->n_failures)++;
        status = GAIA_OK;
    } else {
        status = error_set(err, status, "%s", error.detail);
    }
    return status;
}

/* ---- Tiles ---- */

/* Whether two units can be in one tile: same variable, level, init and lead time. */
static bool tile_same(const struct gaia_unit *a, const struct gaia_unit *b)
{
    return a->variable == b->variable && a->init_time_s == b->init_time_s &&
           a->lead_time_s == b->lead_time_s && level_same(a->level, b->level);
}

/* How many forecasts the next tile may have: the pool may have come to have fewer slots. */
static size_t forecasts_limit(const struct run *run)
{
    const struct sources *s = run->p->sources;
    const size_t n_shared =
        1 + (size_t)(s->job->has_climatology != 0) + (size_t)(s->job->has_reference != 0);
    const size_t n_left = run->p->pool->n_slots > n_shared ? run->p->pool->n_slots - n_shared : 1;
    return run->tile_forecasts < n_left ? run->tile_forecasts : n_left;
}

/* Puts the tile together that begins at order[*at], which moves on. Where memory runs out, what the
 * tile has by then is one, and those after it are smaller. */
static gaia_status tile_read(struct run *run, size_t *at, struct queued_tile *tile, gaia_error *err)
{
    const struct gaia_unit *first = &run->units[run->order[*at]];
    const size_t end =
        run->n_units - *at > forecasts_limit(run) ? *at + forecasts_limit(run) : run->n_units;
    gaia_status status = shared_hold(run->p, first, tile, err);
    while (status == GAIA_OK && *at < end && tile_same(first, &run->units[run->order[*at]])) {
        status = forecast_hold(run, run->order[*at], tile, err);
        *at += status == GAIA_OK;
    }
    if (status == GAIA_OUT_OF_MEMORY && tile->n_forecasts > 0) {
        run->tile_forecasts = (tile->n_forecasts + 1) / 2;
        status = GAIA_OK;
    }
    return status;
}

/* Reads the units, tile by tile, in the given order. A tile that does not get memory for one
 * forecast is tried once more when no other tile holds any. */
static gaia_status tiles_read(struct run *run, gaia_error *err)
{
    const struct pipeline *p = run->p;
    gaia_error error = {0};
    gaia_status status = GAIA_OK;
    bool good = true;
    bool again = false;
    for (size_t at = 0; status == GAIA_OK && good && at < run->n_units;) {
        struct queued_tile tile = {.n_forecasts = 0};
        if (p->control != NULL && atomic_load(&p->control->cancel)) {
            return error_set(err, GAIA_CANCELLED, "cancelled");
        }
        status = tile_read(run, &at, &tile, &error);
        if (status == GAIA_OK && tile.n_forecasts > 0 && tile_queue_push(&run->queue, &tile)) {
            again = false;
            continue;
        }
        good = status != GAIA_OK || tile.n_forecasts == 0;
        tile_release(p, &tile);
        if (status == GAIA_OUT_OF_MEMORY && !again && tile.n_forecasts == 0) {
            tile_queue_drain(&run->queue);
            again = true;
            status = GAIA_OK;
        }
    }
    return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", error.detail);
}

/* ---- The run ---- */

/* Reads while workers[0 .. n) sum, and lets them finish. */
static gaia_status run_with(struct run *run, struct worker *workers, struct gaia_moments *rows,
                            gaia_error *err)
{
    const struct pipeline *p = run->p;
    gaia_status status = GAIA_OK;
    size_t n_started = 0;
    while (status == GAIA_OK && n_started < p->n_works) {
        status = worker_start(&workers[n_started], p, n_started, &run->queue, rows, err);
        n_started += status == GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = tiles_read(run, err);
    }
    tile_queue_close(&run->queue);
    for (size_t i = 0; i < n_started; i++) {
        worker_join(&workers[i]);
    }
    const gaia_error *error = &run->queue.error;
    return error->status != GAIA_OK && (status == GAIA_OK || error->status == GAIA_DEVICE)
               ? error_set(err, error->status, "%s", error->detail)
               : status;
}

/* Looks at the sums for geopotential taken for height. A forecast that is wrong is noted; what all
 * forecasts share fails the run. */
static gaia_status rows_check(struct run *run, const struct gaia_moments *rows, gaia_error *err)
{
    const struct pipeline *p = run->p;
    const size_t n_rows = p->regions->n_regions * p->n_weights;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < run->n_units; i++) {
        const struct gaia_unit *unit = &run->units[i];
        const struct catalog *catalog = NULL;
        enum gravity_side side = GRAVITY_NONE;
        gaia_error error = {0};
        if (forecast_failed(run, unit->forecast) ||
            sources_forecast(p->sources, unit->forecast, &catalog, &error) != GAIA_OK) {
            continue;
        }
        status = gravity_check(p->sources, catalog, unit, p->variables[unit->variable],
                               rows + i * n_rows, n_rows, &side, &error);
        if (status != GAIA_OK && side == GRAVITY_FORECAST) {
            run->failures[(*run->n_failures)++] = (struct engine_failure){unit->forecast, error};
            status = GAIA_OK;
        } else if (status != GAIA_OK) {
            status = error_set(err, status, "%s", error.detail);
        }
    }
    return status;
}

/* Asked while a distant store is waited for. */
static bool run_cancelled(const void *context)
{
    const struct engine_control *control = context;
    return atomic_load(&control->cancel);
}

gaia_status pipeline_run(const struct pipeline *pipeline, const struct gaia_unit *units,
                         size_t n_units, struct gaia_moments *rows, struct engine_failure *failures,
                         size_t *n_failures, gaia_error *err)
{
    struct run run = {.p = pipeline,
                      .units = units,
                      .n_units = n_units,
                      .tile_forecasts = pipeline->tile_forecasts,
                      .failures = failures,
                      .n_failures = n_failures};
    *n_failures = 0;
    if (pipeline->control != NULL) {
        source_accesses_watch(&pipeline->sources->files.accesses, run_cancelled, pipeline->control);
    }
    run.order = calloc(n_units > 0 ? n_units : 1, sizeof *run.order);
    struct worker *workers = calloc(pipeline->n_works, sizeof *workers);
    gaia_status status = run.order != NULL && workers != NULL
                             ? reading_order(units, n_units, run.order, err)
                             : error_memory(err, n_units * sizeof *run.order);
    if (status == GAIA_OK) {
        status = tile_queue_init(&run.queue, pipeline->n_works * (1 + pipeline->work_tiles), err);
    }
    if (status == GAIA_OK) {
        status = run_with(&run, workers, rows, err);
    }
    if (status == GAIA_OK) {
        status = rows_check(&run, rows, err);
    }
    source_accesses_watch(&pipeline->sources->files.accesses, NULL, NULL);
    tile_queue_fini(&run.queue);
    free(workers);
    free(run.order);
    return status;
}
