/* SPDX-License-Identifier: MIT
 *
 * Which fields of a GRIB file a name means, and what their coordinates are.
 *
 * A name is a shortName ("2t") or a paramId ("167"), optionally with a kind of level and a level:
 * "t:surface", "t:heightAboveGround:80", "t:isobaricInhPa:2.5" (or "t:isobaricInPa:250", which is
 * the same level). A plain name means the pressure levels where the file has
 * the variable on any, else its only other level; several others are an error that names them.
 *
 * Invariant: of the fields selected, no two differ in ensemble member or step range alone.
 */
#ifndef HOST_GRIB_SELECT_H
#define HOST_GRIB_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "grib_index.h"

struct grib_selection {
    size_t n;
    size_t *fields; /* indices in the index, in the order of the file */
    bool has_lead;  /* false: the file has analyses of the variable only */
    bool has_hour;  /* its fields are valid at several whole hours of the day */
};

/* Selects the fields that name means. *selection is to be freed with grib_selection_fini on
 * success. Errors begin "variable 'NAME'". GAIA_VARIABLE_MISSING lists what is there;
 * GAIA_FORMAT_UNSUPPORTED (ensemble members, step ranges, several levels, and what a field's
 * problem is), GAIA_AXIS_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status grib_select(const struct grib_index *index, const char *name,
                                      struct grib_selection *selection, gaia_error *err);

void grib_selection_fini(struct grib_selection *selection);

/* Writes which fields have no short name, by their numbers: "2 fields without a name that ecCodes
 * knows: 0/1/8 (discipline/category/number) of centre 98"; "" if all have one. */
void grib_nameless(const struct grib_index *index, char *text, size_t bytes);

/* UTC hour of day at which the field is valid, at the end of its step range; -1: not a whole one.
 */
int grib_valid_hour(const struct grib_field *field);

#endif
