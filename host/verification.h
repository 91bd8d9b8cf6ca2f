/* SPDX-License-Identifier: MIT
 *
 * The state of one verification, for the files verify*.c alone: the source's shape is checked from
 * its catalog (verify_shape.c), its values in one pass (verify_fields.c).
 *
 * Invariant: what is found depends on the source and the requirements alone, in one order.
 */
#ifndef HOST_VERIFICATION_H
#define HOST_VERIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "field_walk.h"
#include "finding.h"
#include "requirements.h"
#include "source_request.h"

/* A required field that is there. */
struct required_field {
    size_t entry;       /* of the catalog */
    size_t requirement; /* of the requirements */
};

struct verification {
    const struct source_request *request;
    struct requirements requirements;
    struct finding_list findings;
    struct field_walk walk;
    bool opened;
    const char
        *where;     /* the source's file, "first, ..." of several; for what is no single file's */
    size_t n_names; /* the required variables that are there */
    const char **names;
    size_t n_leads; /* required lead times, ascending */
    int64_t *leads_s;
    size_t n_fields;
    struct required_field *fields; /* in the order of the catalog */
};

/* Checks units, grid, init times, levels and lead times, and lists the fields to read. The source
 * is open. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status verify_shape(struct verification *v, gaia_error *err);

/* Reads the fields, checks their values, and adds "n_fields", "n_points", "fields" and, if asked
 * for, "content_hash" to the verdict. Fails as field_walk_run does, but not for unreadable fields.
 */
GAIA_MUST_USE gaia_status verify_fields(struct verification *v, json_t *verdict, gaia_error *err);

#endif
