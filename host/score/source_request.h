/* SPDX-License-Identifier: MIT
 *
 * What is to be hashed, or verified: one source, which of its fields, and how. Plain data, read
 * from JSON, of which the command line's options are turned into the same.
 *
 * Invariant: a request that parses names files, and lists of finite numbers.
 */
#ifndef SCORE_SOURCE_REQUEST_H
#define SCORE_SOURCE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"

enum request_role { REQUEST_FORECAST, REQUEST_TRUTH, REQUEST_CLIMATOLOGY };

/* JSON of a hash: {"schema": "gaia.hash/1", "role": "forecast" | "truth" | "climatology", "source":
 * as in a job, "variables", "levels" (hPa), "leads" (hours), "times": lists, "fields": true}. Lists
 * that are empty select everything; a list of levels does not leave out fields without a level.
 * times are init times of a forecast, valid times of a truth.
 *
 * JSON of a verification: {"schema": "gaia.verify/1", "source", "requirements": name or object,
 * "content_hash": true, "findings": how many of a kind are listed}. */
struct source_request {
    enum request_role role;
    struct gaia_source source;
    size_t n_variables;
    const char *const *variables;
    size_t n_levels;
    const double *levels; /* hPa */
    size_t n_leads;
    const int64_t *leads_s;
    size_t n_times;
    const char *const *times;   /* dates of the files' calendar */
    bool fields;                /* hash: list every field's */
    const json_t *requirements; /* verification: a string or an object */
    bool content_hash;          /* verification: make it too */
    size_t findings_max;        /* verification: of each kind */
    struct arena arena;         /* owns everything above but requirements, */
    json_t *root;               /* which this owns */
};

enum { FINDINGS_DEFAULT = 20, FINDINGS_MAX = 1000 };

/* Reads a request from length bytes of JSON. On success *request is to be ended with
 * source_request_fini. GAIA_JOB_INVALID names the path of what is wrong; GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status hash_request_parse(const char *json, size_t length,
                                             struct source_request *request, gaia_error *err);
GAIA_MUST_USE gaia_status verify_request_parse(const char *json, size_t length,
                                               struct source_request *request, gaia_error *err);
void source_request_fini(struct source_request *request);

/* Reads an optional array of numbers, each finite and at most `most` in size; *numbers and *n stay
 * where there is none. GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status request_numbers_read(struct arena *arena, const json_t *object,
                                               const char *path, const char *key, double most,
                                               const double **numbers, size_t *n, gaia_error *err);

/* The same of lead times: hours in JSON, seconds here. */
GAIA_MUST_USE gaia_status request_leads_read(struct arena *arena, const json_t *object,
                                             const char *path, const char *key,
                                             const int64_t **leads_s, size_t *n, gaia_error *err);

#endif
