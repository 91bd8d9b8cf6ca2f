/* SPDX-License-Identifier: MIT
 *
 * A job (schema gaia.job/1): what to score against what. Plain data, read from JSON.
 */
#ifndef GAIA_JOB_H
#define GAIA_JOB_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The variable `name` of the job is called `in_file` in the source's files. */
struct gaia_name {
    const char *name;
    const char *in_file;
};

/* One source of fields. JSON: {"files": [...], "id", "names": {name: in_file}, "select": {"init":
 * time}, "step_override": hours, "as": "truth", "format": "netcdf", "manifest": file or address,
 * "manifest_hash", "token_file", "ca_file"}. A file may be the address (http, https) of a Zarr
 * store. Texts that are not given are NULL. */
struct gaia_source {
    const char *id; /* of a forecast; "truth", "climatology", "reference" otherwise */
    size_t n_files;
    const char *const *files;
    size_t n_names;
    const struct gaia_name *names;
    int has_select_init;
    int64_t select_init_s; /* keep only this init time */
    int has_step_override;
    int64_t step_override_s;   /* lead time of a file that has no step axis */
    int as_truth;              /* init time is valid time */
    const char *format;        /* "netcdf", "grib", "zarr"; "auto" unless said: by name and bytes */
    const char *manifest;      /* gaia.manifest/1, which whatever is read has to agree with */
    const char *manifest_hash; /* the content hash that it has to have */
    const char *token_file;    /* holds the token that goes to the hosts of the addresses */
    const char *ca_file;       /* the authorities that https trusts, instead of the system's */
};

/* Lists that are empty ask for the default: every variable, level and lead that forecast and truth
 * share; regions global, n.hem, tropics, s.hem; weights cos; metrics by what sources there are. */
struct gaia_job {
    const char *name;
    size_t n_forecasts;
    const struct gaia_source *forecasts;
    struct gaia_source truth;
    int has_climatology;
    struct gaia_source climatology;
    int has_reference;
    struct gaia_source reference;
    size_t n_variables;
    const char *const *variables;
    size_t n_levels;
    const double *levels; /* hPa */
    size_t n_leads;
    const int64_t *leads_s;
    size_t n_regions;
    const char *const *regions;
    size_t n_weights;
    const char *const *weights;
    size_t n_metrics;
    const char *const *metrics;
    enum gaia_missing missing;
    const char *json; /* the text that the job was read from, json_length bytes */
    size_t json_length;
    void *memory; /* owns everything above */
};

/* Reads a job from length bytes of JSON. On success *job is the caller's, to be freed with
 * gaia_job_free. Fails with GAIA_JOB_INVALID (malformed JSON: line and column; unknown or missing
 * key, wrong type: its path), GAIA_REGION_UNKNOWN, GAIA_WEIGHTING_UNKNOWN, GAIA_METRIC_UNKNOWN,
 * GAIA_USAGE (a null pointer) or GAIA_OUT_OF_MEMORY. */
GAIA_API GAIA_MUST_USE gaia_status gaia_job_parse(const char *json, size_t length,
                                                  struct gaia_job **job, gaia_error *err);

/* Frees the job; NULL is allowed. */
GAIA_API void gaia_job_free(struct gaia_job *job);

#ifdef __cplusplus
}
#endif
#endif
