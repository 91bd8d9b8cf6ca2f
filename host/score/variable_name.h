/* SPDX-License-Identifier: MIT
 *
 * What variables are called: one table of the names that GFS, ECMWF, ERA5's store, CMIP, NCEP and
 * WeatherBench give to the same quantity, and what kind of quantity it is.
 *
 * Invariant: a name has one meaning, whatever its case; the canonical name is ECMWF's shortName and
 * is the first of its own aliases.
 */
#ifndef SCORE_VARIABLE_NAME_H
#define SCORE_VARIABLE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Geopotential (m2 s-2) and geopotential height (m) are one quantity up to the factor
 * VARIABLE_GRAVITY; files mix up their names, so units decide which of the two a field is. */
enum variable_kind {
    VARIABLE_PLAIN,
    VARIABLE_GEOPOTENTIAL,
    VARIABLE_GEOPOTENTIAL_HEIGHT,
};

/* Standard gravity of the WMO, m s-2. */
#define VARIABLE_GRAVITY 9.80665

/* The canonical name: "2t", "msl", "10u", "10v", "t", "z", "gh", "q", ... NULL if name is unknown.
 * "2t", "t2m", "T2M", "tmp2m" and "2m_temperature" are all "2t". */
const char *variable_canonical(const char *name);

/* Alias i of a name that variable_canonical knows, the canonical one first; NULL beyond the last
 * and for unknown names. */
const char *variable_alias(const char *name, size_t i);

/* What kind of quantity a name is; VARIABLE_PLAIN for names that are unknown. */
enum variable_kind variable_kind(const char *name);

/* Units that the quantity has in ECMWF's tables, "K", "m s**-1"; NULL if name is unknown. */
const char *variable_units(const char *name);

/* Whether two names are the same text or mean the same. */
bool variable_same(const char *a, const char *b);

/* Whether two names are geopotential and geopotential height, in whatever order, so that a factor
 * leads from one to the other. */
bool variable_related(const char *a, const char *b);

#endif
