/* SPDX-License-Identifier: MIT
 *
 * Data types of Zarr arrays: their names in v2 ("<f4") and v3 ("float32"), fill values, and
 * elements as numbers.
 */
#ifndef HOST_ZARR_TYPE_H
#define HOST_ZARR_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

enum zarr_kind {
    ZARR_INT,
    ZARR_UINT, /* and booleans */
    ZARR_FLOAT,
    ZARR_TIME,     /* int64 of units since 1970, its smallest value is no time */
    ZARR_DURATION, /* int64 of units, likewise */
    ZARR_NO_NUMBER,
};

struct zarr_type {
    enum zarr_kind kind;
    size_t bytes; /* 1, 2, 4 or 8 */
    bool big_endian;
    const char *units; /* of a time or duration: "nanoseconds"; static */
};

/* Reads a type's name; one that is none of ours has kind ZARR_NO_NUMBER. In v3 the byte order is
 * not the type's: big_endian is false. */
struct zarr_type zarr_type_v2(const json_t *name);
struct zarr_type zarr_type_v3(const json_t *name);

/* Whether elements have the other byte order than this machine. */
bool zarr_type_foreign(const struct zarr_type *type);

/* Whether fields keep the type: int16, float32 and float64. All others become float64. */
bool zarr_type_kept(const struct zarr_type *type);

/* Turns n elements of `bytes` bytes each round. */
void zarr_type_swap(void *elements, size_t n, size_t bytes);

/* The element at `at`, in this machine's byte order, as a number. NaN for a time that is none. */
double zarr_type_number(const struct zarr_type *type, const void *at);

/* Writes the element that `value` (a fill_value of the metadata) means into out[8], in this
 * machine's byte order; false if it is no value of the type. */
bool zarr_type_fill(const struct zarr_type *type, const json_t *value, unsigned char *out);

#endif
