/* SPDX-License-Identifier: MIT
 *
 * The regions of a job: read from its JSON, and found by their names, which is all that plans and
 * scores carry of them.
 *
 * Invariant: what a name means follows from the name and the job alone, so that whoever has the
 * job cuts the same points.
 */
#ifndef SCORE_JOB_REGION_H
#define SCORE_JOB_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"
#include "region_name.h"

/* Limits of what a job may say. */
enum {
    JOB_REGIONS_MAX = 1024,
    JOB_STEPS_MAX = 8, /* of a region within another within another */
    JOB_MASKS_MAX = 64,
    JOB_CLASSES_MAX = 4096,
    JOB_NAME_BYTES = 128
};

/* A region as it is to be cut: the points of the box, of those the ones in the polygon, and each
 * of them with the weight of the mask. */
struct region_shape {
    struct region_box box;
    const struct gaia_area *polygon; /* the area whose polygon it is; NULL: none */
    const struct gaia_mask *mask;    /* NULL: none */
    bool is_inverted;                /* 1 minus the mask's weights */
};

/* Reads "masks" and "regions" into job, puts bands in place of "zonal" and finds every name.
 * GAIA_JOB_INVALID, GAIA_REGION_UNKNOWN
 * and GAIA_OUT_OF_MEMORY name the path of the key. */
GAIA_MUST_USE gaia_status job_regions_read(struct arena *arena, const json_t *root,
                                           struct gaia_job *job, gaia_error *err);

/* The shape of a region: an area of the job of this name, or a predefined region or band, or any
 * with _ and the name of a mask added; "_sea" is what the mask "land" leaves, unless there is a
 * mask "sea". Borrowed from the job. GAIA_REGION_UNKNOWN says what there is, or how to give the
 * mask; GAIA_JOB_INVALID: two masks at once. */
GAIA_MUST_USE gaia_status job_region_find(const struct gaia_job *job, const char *name,
                                          struct region_shape *shape, gaia_error *err);

/* Writes "a, b, c" of what name_of names, as far as there is room. */
void job_names_list(const char *(*name_of)(size_t i), char *out, size_t out_bytes);

#endif
