/* SPDX-License-Identifier: MIT
 *
 * The JSON of Zarr stores, as writers really leave it: bare NaN and Infinity, numbers beyond int64,
 * numbers as strings.
 */
#ifndef HOST_ZARR_JSON_H
#define HOST_ZARR_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

/* Parses length bytes; *root is the caller's reference and an object. NaN, Infinity and -Infinity
 * become strings, an integer of more than 19 digits a real. GAIA_FILE_DAMAGED. `what` names the
 * document in the message. */
GAIA_MUST_USE gaia_status zarr_json_parse(const char *what, const char *bytes, size_t length,
                                          json_t **root, gaia_error *err);

/* A number, or one of the strings "NaN", "Infinity", "-Infinity"; false otherwise. *real tells
 * whether it was no integer. */
bool zarr_json_number(const json_t *value, double *number, bool *real);

/* The eight bytes of a little-endian float64 in base64, as xarray writes _FillValue for Zarr v3. */
bool zarr_json_base64_float64(const json_t *value, double *number);

/* A member that is a string, else NULL. */
const char *zarr_json_string(const json_t *object, const char *key);

/* A text attribute; "" if it is absent or no text. Borrowed from attributes. */
const char *zarr_text(const json_t *attributes, const char *name);

/* Reads an array of n_max integers at most, none of them negative, into out; false if value is
 * anything else. */
bool zarr_json_sizes(const json_t *value, size_t n_max, uint64_t *out, size_t *n);

#endif
