/* SPDX-License-Identifier: MIT
 *
 * Scoring fields that are in memory: arrays with coordinates take the place of files.
 *
 * A dataset is what a file would be. A job names it among a source's "files", with "format":
 * "array": {"truth": {"files": ["analysis"], "format": "array"}, ...}; masks too. Everything else
 * of the job means what it means for files, and the sums and scores are the same, to the bit, as
 * from files that hold the same values, in whatever layout either is.
 */
#ifndef GAIA_ARRAY_H
#define GAIA_ARRAY_H

#include <stddef.h>

#include <gaia/engine.h>
#include <gaia/field.h>
#include <gaia/job.h>
#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GAIA_ARRAY_RANK_MAX = 8 };

/* The coordinate along one dimension. What it means is told as in files, by standard name, name or
 * units: "latitude" and "longitude" in degrees, "level" in hPa or Pa, "time" in
 * "hours since 2017-01-01", "lead_time" in hours, "hour", "dayofyear" and "month" of a climatology.
 * Texts may be NULL, but not the name. */
struct gaia_coordinate {
    const char *name;
    const char *units;
    const char *standard_name;
    const char *calendar; /* of times, as CF names it; NULL: standard */
    size_t n;
    const double *value; /* [n]; NULL: a dimension without meaning, whose n has to be 1 */
    int is_nominal; /* a climatology's times: 12 entries are months, 365 or 366 days of the year */
};

/* A variable, [coordinates[0].n] ... [coordinates[rank - 1].n], of which the last two are latitude
 * and longitude, in either order and direction and of any beginning. Entry (i, j, ...) lies at
 * data + i * stride_bytes[0] + j * stride_bytes[1] + ...; strides may be negative, zero, or no
 * multiples of the value's size. A value that is not finite is missing. Texts may be NULL, but not
 * the name; units are needed where they differ from the truth's. A scalar counts where no dimension
 * means the same; of several with one meaning the first does. Of times it is the init time beside
 * lead times, else one that is not said to be one; one called valid_time is the last. Beside lead
 * times valid_time is the valid time, and beside other times without them an init time is theirs.
 */
struct gaia_array {
    const char *name;
    const char *units;
    const char *standard_name;
    const char *long_name;
    enum gaia_dtype dtype;
    int is_swapped; /* the values have the other byte order than this machine's */
    const void *data;
    size_t rank;                               /* 2 .. GAIA_ARRAY_RANK_MAX */
    const struct gaia_coordinate *coordinates; /* [rank] */
    const ptrdiff_t *stride_bytes;             /* [rank]; NULL: rows follow rows without a gap */
    size_t n_scalars;
    const struct gaia_coordinate *scalars; /* coordinates of all entries alike, each with n 1 */
};

struct gaia_dataset {
    const char *name; /* by which the job means it */
    size_t n_arrays;
    const struct gaia_array *arrays;
};

/* gaia_score_job with sources in memory; the job may have files besides. datasets [n_datasets] and
 * all that they point to are borrowed and only read; they must not change until the call returns.
 * No array is copied as a whole: a field at a time is brought into the engine's order, within
 * options->memory_bytes.
 *
 * Statuses and threads as gaia_score_job; in addition GAIA_USAGE (two datasets, or two arrays of
 * one, with the same name; a null pointer; a rank or dtype that there is not), GAIA_FILE_MISSING
 * (no dataset of the name that the job says). Errors name dataset, array and index. Without files
 * in the job no file library is used. */
GAIA_API GAIA_MUST_USE gaia_status gaia_score_arrays(const struct gaia_job *job,
                                                     const struct gaia_dataset *datasets,
                                                     size_t n_datasets,
                                                     const struct gaia_engine_options *options,
                                                     const struct gaia_observer *observer,
                                                     gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
