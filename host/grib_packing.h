/* SPDX-License-Identifier: MIT
 *
 * Whether the data sections of a GRIB field agree with each other: how many values the bitmap
 * leaves, how many the packing declares, and whether the bytes hold them.
 *
 * Invariant: nothing here allocates, and no byte beyond the sections given is read.
 */
#ifndef HOST_GRIB_PACKING_H
#define HOST_GRIB_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

/* The sections that say how the values are stored; size 0: not there. Edition 1 has no
 * `representation`: its data section says that too. */
struct grib_data {
    int edition;
    const unsigned char *bitmap;
    size_t bitmap_bytes;
    const unsigned char *representation;
    size_t representation_bytes;
    const unsigned char *data;
    size_t data_bytes;
};

struct grib_packing {
    size_t n_coded;  /* values that are stored: those the bitmap leaves */
    bool counted;    /* ecCodes' own count may be held against n_coded: it is no constant field */
    bool has_groups; /* second order of edition 1: widths are to be checked through ecCodes' keys */
};

/* Checks the sections against a grid of n_points. GAIA_FILE_DAMAGED, GAIA_FORMAT_UNSUPPORTED. */
GAIA_MUST_USE gaia_status grib_packing_check(const struct grib_data *data, size_t n_points,
                                             struct grib_packing *packing, gaia_error *err);

#endif
