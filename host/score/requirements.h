/* SPDX-License-Identifier: MIT
 *
 * Requirements (schema gaia.requirements/1): what a forecast must be like before it is scored.
 * Plain data, read from JSON; no number of it is in the code.
 */
#ifndef SCORE_REQUIREMENTS_H
#define SCORE_REQUIREMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "arena.h"

/* What is required of one variable at some levels. JSON: {"name", "levels": [hPa] (none: the field
 * without a level), "units": [spellings], "min", "max", "tolerance", "finite_share"}. */
struct requirement {
    const char *name;
    size_t n_levels; /* 0: one field without a level */
    const double *levels;
    size_t n_units; /* 0: any */
    const char *const *units;
    double min;          /* -inf: no bound */
    double max;          /* +inf: no bound */
    double tolerance;    /* a value may be so much beyond a bound, with a warning */
    double finite_share; /* of a field's points, at least */
};

/* JSON: {"schema", "name", "leads": [hours] or {"from", "to", "step"}, "lead_step": hours,
 * "init_times": how many, "finite_share" (of variables that do not say), "grid": {"n_lat", "n_lon",
 * "regular": true, "global": true}, "variables": [...]}. */
struct requirements {
    const char *name;
    size_t n_leads; /* 0: those that any field of the source has */
    const int64_t *leads_s;
    int64_t lead_step_s; /* between consecutive leads; 0: any */
    size_t n_init_times; /* 0: any */
    size_t n_lat;        /* 0: any */
    size_t n_lon;
    bool regular; /* rows and columns equally spaced */
    bool global;  /* all the way round, and from pole to pole */
    size_t n_variables;
    const struct requirement *variables; /* no two of one variable share a level */
    struct arena arena;                  /* owns everything above */
};

/* Reads requirements. On success to be ended with requirements_fini. GAIA_JOB_INVALID names the
 * path of what is wrong; GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status requirements_read(const json_t *root, struct requirements *requirements,
                                            gaia_error *err);

/* The same of those that come with the program: "gaia". GAIA_NOT_FOUND lists what there is. */
GAIA_MUST_USE gaia_status requirements_named(const char *name, struct requirements *requirements,
                                             gaia_error *err);

void requirements_fini(struct requirements *requirements);

#endif
