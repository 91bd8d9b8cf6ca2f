/* SPDX-License-Identifier: MIT
 *
 * Opening a job's sources and holding each against the truth.
 */
#include "sources.h"

#include <stdlib.h>

#include "catalog_join.h"
#include "catalog_times.h"
#include "error.h"
#include "source_units.h"

enum { SOURCES_ARENA_BYTES_MAX = 64 << 20 };

/* Holds a source against the truth: the same grid and calendar, and units that can be brought to
 * the truth's. */
static gaia_status catalog_agrees(const struct sources *sources, struct catalog *catalog,
                                  gaia_error *err)
{
    const struct catalog *truth = &sources->truth;
    gaia_status status =
        grid_compare(&catalog->grid, catalog->grid_path, &truth->grid, truth->grid_path, err);
    if (status == GAIA_OK) {
        status = catalog_calendar_agrees(catalog, truth, err);
    }
    if (!catalog->has_calendar) {
        catalog->calendar =
            truth->calendar; /* of a climatology: days of the year are the truth's */
    }
    return status == GAIA_OK ? source_units_settle(catalog, truth, sources->job->profile, err)
                             : status;
}

gaia_status sources_take_variables(struct sources *sources, const char *const *names,
                                   size_t n_names, gaia_error *err)
{
    const struct gaia_job *job = sources->job;
    sources->variables = arena_strings(&sources->arena, names, n_names);
    sources->n_variables = n_names;
    gaia_status status =
        sources->variables != NULL ? GAIA_OK : error_memory(err, n_names * sizeof *names);
    if (status == GAIA_OK && job->has_climatology) {
        status = catalog_open(&sources->files, &job->climatology, SOURCE_CLIMATOLOGY, names,
                              n_names, &sources->climatology, err);
        if (status == GAIA_OK) {
            status = catalog_agrees(sources, &sources->climatology, err);
        }
    }
    if (status == GAIA_OK && job->has_reference) {
        status = catalog_open(&sources->files, &job->reference, SOURCE_FORECAST, names, n_names,
                              &sources->reference, err);
        if (status == GAIA_OK) {
            status = catalog_agrees(sources, &sources->reference, err);
        }
    }
    return status;
}

gaia_status sources_open(const struct gaia_job *job, const struct source_access *given,
                         const char *const *names, size_t n_names, size_t open_max,
                         struct sources *sources, gaia_error *err)
{
    *sources =
        (struct sources){.job = job, .files.open_max = open_max, .files.accesses.given = *given};
    arena_init(&sources->arena, SOURCES_ARENA_BYTES_MAX);
    sources->forecasts = calloc(job->n_forecasts, sizeof *sources->forecasts);
    gaia_status status = sources->forecasts != NULL
                             ? GAIA_OK
                             : error_memory(err, job->n_forecasts * sizeof *sources->forecasts);
    if (status == GAIA_OK) {
        status = catalog_open(&sources->files, &job->truth, SOURCE_TRUTH, names, n_names,
                              &sources->truth, err);
    }
    if (status == GAIA_OK) {
        status = catalog_join(&sources->truth, &sources->files, err);
    }
    if (status == GAIA_OK) {
        status = source_units_settle(&sources->truth, &sources->truth, job->profile, err);
    }
    if (status == GAIA_OK && n_names > 0) {
        status = sources_take_variables(sources, names, n_names, err);
    }
    if (status != GAIA_OK) {
        sources_close(sources);
    }
    return status;
}

gaia_status sources_forecast(struct sources *sources, size_t i, const struct catalog **catalog,
                             gaia_error *err)
{
    struct forecast_source *forecast = &sources->forecasts[i];
    if (!forecast->tried) {
        forecast->tried = true;
        gaia_status status =
            catalog_open(&sources->files, &sources->job->forecasts[i], SOURCE_FORECAST,
                         (const char *const *)sources->variables, sources->n_variables,
                         &forecast->catalog, &forecast->error);
        if (status == GAIA_OK) {
            status = catalog_join(&forecast->catalog, &sources->files, &forecast->error);
        }
        if (status == GAIA_OK) {
            status = catalog_agrees(sources, &forecast->catalog, &forecast->error);
        }
        forecast->error.status = status;
    }
    *catalog = &forecast->catalog;
    return forecast->error.status == GAIA_OK
               ? GAIA_OK
               : error_set(err, forecast->error.status, "%s", forecast->error.detail);
}

void sources_close(struct sources *sources)
{
    for (size_t i = 0; sources->forecasts != NULL && i < sources->job->n_forecasts; i++) {
        catalog_close(&sources->forecasts[i].catalog);
    }
    free(sources->forecasts);
    catalog_close(&sources->truth);
    catalog_close(&sources->climatology);
    catalog_close(&sources->reference);
    file_table_fini(&sources->files);
    arena_fini(&sources->arena);
    *sources = (struct sources){0};
}
