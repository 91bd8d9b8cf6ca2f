/* SPDX-License-Identifier: MIT
 *
 * Bands of latitude from pole to pole, for profiles of scores against latitude: the family "zonal"
 * (bands of 5 degrees) or "zonal:WIDTH", which stands for its bands wherever regions are listed.
 *
 * A band is called by its bounds, south then north: zonal_85n_90n, zonal_10s_5s, zonal_10s_10n; a
 * bound at the equator has the letter of the other. It is made of whole rows, all the way round. A
 * row on the bound of two bands counts in the one towards the pole, a row on the equator in the
 * northern one.
 *
 * Invariant: each latitude lies in exactly one band of a family.
 */
#ifndef SCORE_REGION_ZONAL_H
#define SCORE_REGION_ZONAL_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "arena.h"

enum { ZONAL_NAME_BYTES = 24 };

/* Whole degrees; south < north. */
struct zonal_band {
    int south;
    int north;
};

/* Whether name asks for a family, if perhaps for one that there is not: "zonal", "zonal:...". */
bool zonal_is_family(const char *name);

/* The width of the bands that name asks for, in degrees; 0: there is no such family. */
int zonal_width(const char *name);

/* Band i of the family of this width, of which there are 180 / width from north to south. */
struct zonal_band zonal_band_at(int width, size_t i);
void zonal_band_name(const struct zonal_band *band, char name[ZONAL_NAME_BYTES]);

/* False where name, to the letter, is that of no band of any family. */
bool zonal_band_find(const char *name, struct zonal_band *band);

/* Which of its bounds a band leaves to its neighbour, by the rule above. */
void zonal_band_without(const struct zonal_band *band, bool *south, bool *north);

/* The list with bands in place of each family that it has; a band that a family and its own name
 * ask for comes once, where it is first. *expanded lies in the arena and borrows other names.
 * GAIA_REGION_UNKNOWN (a width that there is not) begins with path, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zonal_expand(struct arena *arena, const char *path,
                                       const char *const *names, size_t n,
                                       const char *const **expanded, size_t *n_expanded,
                                       gaia_error *err);

/* The list of what is wanted with, in place of each family, those of its bands that are there, and
 * in place of "zonal" all bands that are, whatever their width; what is named otherwise stays,
 * there or not. *lacking: the first family that has no band there, or
 * NULL. Memory and errors as zonal_expand. */
GAIA_MUST_USE gaia_status zonal_choose(struct arena *arena, const char *path,
                                       const char *const *wanted, size_t n_wanted,
                                       const char *const *there, size_t n_there,
                                       const char *const **chosen, size_t *n_chosen,
                                       const char **lacking, gaia_error *err);

/* Fails with GAIA_REGION_UNKNOWN and what could be asked for instead of name. */
GAIA_MUST_USE gaia_status zonal_unknown(const char *path, const char *name, gaia_error *err);

#endif
