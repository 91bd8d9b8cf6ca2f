/* SPDX-License-Identifier: MIT
 *
 * A source's fields in the truth's units, or in a composite's. The conversion becomes part of how a
 * field is packed, so that whoever reads a value (struct gaia_field) converts it at no cost.
 *
 * Invariant: a field whose units are those keeps the layout that its file gives it, and with
 * it every bit.
 */
#ifndef HOST_SOURCE_UNITS_H
#define HOST_SOURCE_UNITS_H

#include <gaia/field.h>
#include <gaia/status.h>

#include "catalog.h"
#include "profile.h"

/* Finds out how each part of the catalog comes to the units of the truth's variable that fits it.
 * catalog may be the truth itself, whose files may differ. With a profile that has a composite
 * (NULL: none) all, the truth too, come to the units of ECMWF's tables. GAIA_UNITS_MISMATCH shows
 * both sides: file, variable and units. */
GAIA_MUST_USE gaia_status source_units_settle(struct catalog *catalog, const struct catalog *truth,
                                              const struct gaia_profile *profile, gaia_error *err);

/* Adds the conversion of the entry's part to the layout of its field. */
void source_units_apply(const struct catalog *catalog, const struct catalog_entry *entry,
                        struct gaia_field *field);

#endif
