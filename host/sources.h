/* SPDX-License-Identifier: MIT
 *
 * The opened sources of one job. Truth, climatology and reference are opened at once; each forecast
 * when it is first needed, and a forecast that fails stays failed without disturbing the others.
 */
#ifndef HOST_SOURCES_H
#define HOST_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "catalog.h"
#include "file_table.h"
#include "source_access.h"

struct forecast_source {
    bool tried;
    gaia_error error; /* status GAIA_OK once the catalog is open */
    struct catalog catalog;
};

struct sources {
    const struct gaia_job *job;
    struct file_table files;
    struct catalog truth;
    struct catalog climatology; /* empty if the job has none */
    struct catalog reference;
    struct forecast_source *forecasts; /* [job->n_forecasts] */
    size_t n_variables;
    const char **variables; /* copies of the names given */
    struct arena arena;
};

/* Opens truth, climatology and reference with the variables in names. n_names 0: the truth is
 * opened with all it has, and sources_take_variables must follow. job and given are borrowed until
 * close. */
GAIA_MUST_USE gaia_status sources_open(const struct gaia_job *job,
                                       const struct source_access *given, const char *const *names,
                                       size_t n_names, size_t open_max, struct sources *sources,
                                       gaia_error *err);

/* Opens climatology and reference with these variables. */
GAIA_MUST_USE gaia_status sources_take_variables(struct sources *sources, const char *const *names,
                                                 size_t n_names, gaia_error *err);

/* The catalog of forecast i, opened if it was not and held against the truth: same grid and
 * calendar, units that can be brought to the truth's. */
GAIA_MUST_USE gaia_status sources_forecast(struct sources *sources, size_t i,
                                           const struct catalog **catalog, gaia_error *err);

void sources_close(struct sources *sources);

#endif
