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

/* The variable `name` of the job is called `in_file` in the source's files, to the letter. One
 * without such an entry is called `name`, or else what means the same: "2t", "t2m", "tmp2m". */
struct gaia_name {
    const char *name;
    const char *in_file;
};

/* One source of fields. JSON: {"files": [...], "id", "names": {name: in_file}, "select": {"init":
 * time}, "init": time, "step_override": hours, "as": "truth", "format": "netcdf", "interpolate":
 * true, "manifest": file or address, "manifest_hash", "token_file", "ca_file"}; format "array"
 * means datasets of gaia_score_arrays. Times are dates of the files' calendar, "2017-01-01T12". A
 * file may be the address (http, https) of a Zarr store. Texts that are not given are NULL. */
struct gaia_source {
    const char *id; /* of a forecast; "truth", "climatology", "reference" otherwise */
    size_t n_files;
    const char *const *files;
    size_t n_names;
    const struct gaia_name *names;
    const char *select_init; /* keep only this init time; NULL: every one */
    const char *init;        /* of files that have valid times only; NULL: what they say */
    int has_step_override;
    int64_t step_override_s;   /* lead time of a file that has no step axis */
    int as_truth;              /* init time is valid time */
    int interpolate;           /* a climatology: linearly in time (host/climatology.h) */
    const char *format;        /* "netcdf", "grib", "zarr"; "auto" unless said: by name and bytes */
    const char *manifest;      /* gaia.manifest/1, which whatever is read has to agree with */
    const char *manifest_hash; /* the content hash that it has to have */
    const char *token_file;    /* a line "https://HOST TOKEN": goes there and nowhere else */
    const char *ca_file;       /* the authorities that https trusts, instead of the system's */
};

/* A box of latitude and longitude, bounds inclusive, from west eastwards to east: longitudes of any
 * turn; all of them where east lies 360 degrees or more beyond west. */
struct gaia_box {
    double north;
    double south;
    double west;
    double east;
};

/* Weights of grid points, from one field on the truth's grid. JSON, in "masks" under its name:
 * {"files": [...], "variable": "lsm", "format", "select", "threshold": 0.5, "classes": [1, 2],
 * "invert": true, "missing": "outside"}. A value is the weight itself, 0 to 1; with a threshold the
 * weight is 1 where the value is at least that, with classes where it is one of them, else 0.
 * Inverted, the weight is 1 minus that. A missing value is an error, unless it lies outside: then
 * its weight is 0, inverted or not. */
struct gaia_mask {
    const char *name;
    struct gaia_source source;
    const char *variable; /* in the file; NULL: the only one there is */
    int has_threshold;
    double threshold;
    size_t n_classes;
    const double *classes;
    int is_inverted;
    int missing_is_outside;
};

/* A region that the job makes. JSON, among "regions": {"name", "box": {"north", "south", "west",
 * "east"} | "polygon": FILE or GeoJSON | "region": another's name, "mask": name}. */
struct gaia_area {
    const char *name;
    int has_box;
    struct gaia_box box;
    const char *polygon_file; /* or NULL */
    const char *polygon_json; /* or NULL */
    const char *within;       /* the region that it is a part of; NULL: the whole grid */
    const char *mask;         /* or NULL */
};

/* How a scheduler is to queue the job; `gaia score` does not look at it. JSON, in "queue":
 * {"tenant": name, "priority": -1000 to 1000, "resource": "any", "cpu" or "gpu", "memory_bytes",
 * "not_before": time, "start_within_s", "run_within_s", "key"}. A deadline that passes fails the
 * job. Of a tenant's jobs with one key only one is made, unless that failed or was cancelled; the
 * key "content" is a hash of the job itself. */
struct gaia_job_queue {
    const char *tenant;     /* NULL: the one that everybody shares */
    int priority;           /* a greater one goes first */
    const char *resource;   /* of executors */
    uint64_t memory_bytes;  /* that an executor must have */
    int64_t not_before_s;   /* since 1970; 0: at once */
    int64_t start_within_s; /* after that, or after submission; 0: whenever */
    int64_t run_within_s;   /* after its first lease; 0: as long as it takes */
    const char *key;        /* NULL: none */
};

/* A scoring recipe; "profile" of the JSON is the name of one that ships, or the recipe itself
 * (gaia.profile/1). */
struct gaia_profile;

/* Lists that are empty ask for the default: every variable, level and lead that forecast and truth
 * share; regions global, n.hem, tropics, s.hem; weights cos; metrics by what sources there are.
 * With a profile they ask for what it says; a list that is given takes the place of the profile's.
 */
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
    const char *const *regions; /* names: in areas, gaia_region_name(), bands of latitude such as
                                 * zonal_40n_45n, or those with _mask added. "zonal" and
                                 * "zonal:WIDTH" of the JSON are bands here. */
    size_t n_areas;
    const struct gaia_area *areas;
    size_t n_masks;
    const struct gaia_mask *masks;
    size_t n_weights;
    const char *const *weights;
    size_t n_metrics;
    const char *const *metrics;
    size_t n_maps;
    const char *const *maps; /* fields that get error maps: "2t", "z500" (a variable and a level), a
                              * variable at all its levels, or "all"; none by default */
    enum gaia_missing missing;
    const struct gaia_profile *profile; /* NULL: none */
    int has_day1;                       /* day1_passed is given */
    size_t n_day1_passed;
    const char *const *day1_passed; /* ids of forecasts that passed day 1, for an overall score */
    const char *task;               /* what a validator calls this work; NULL: it is not said */
    int has_document;    /* the result is a document, not scores: only name, task, request and */
    const char *request; /* claimed are set; JSON, request_length bytes */
    size_t request_length;
    const char *claimed; /* NULL: nothing is */
    struct gaia_job_queue queue;
    const char *json; /* the text that the job was read from, json_length bytes */
    size_t json_length;
    void *memory; /* owns everything above */
};

/* Reads a job from length bytes of JSON. On success *job is the caller's, to be freed with
 * gaia_job_free. Fails with GAIA_JOB_INVALID (malformed JSON: line and column; unknown or missing
 * key, wrong type: its path), GAIA_REGION_UNKNOWN, GAIA_WEIGHTING_UNKNOWN, GAIA_METRIC_UNKNOWN,
 * GAIA_USAGE (a null pointer) or GAIA_OUT_OF_MEMORY. Thread-safe; opens no file. What it makes is
 * only read by who scores it, and may be shared by threads. */
GAIA_API GAIA_MUST_USE gaia_status gaia_job_parse(const char *json, size_t length,
                                                  struct gaia_job **job, gaia_error *err);

/* Frees the job; NULL is allowed. */
GAIA_API void gaia_job_free(struct gaia_job *job);

#ifdef __cplusplus
}
#endif
#endif
