/* SPDX-License-Identifier: MIT
 *
 * Reading JSON strictly: every wrong type and unknown key is an error that names its path.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

/* Parses length bytes; duplicate keys are errors. *root is the caller's reference. GAIA_JOB_INVALID
 * gives line and column. `what` names the document in the message. */
GAIA_MUST_USE gaia_status json_parse(const char *what, const char *bytes, size_t length,
                                     json_t **root, gaia_error *err);

/* Fails with GAIA_JOB_INVALID if value is no object or has a key that is not among the n_keys
 * known. */
GAIA_MUST_USE gaia_status json_check_keys(const json_t *value, const char *path,
                                          const char *const *keys, size_t n_keys, gaia_error *err);

/* Members of an object. A missing key is GAIA_JOB_INVALID if required, else leaves *out untouched.
 * A string is borrowed from the object and holds no NUL. */
GAIA_MUST_USE gaia_status json_get_string(const json_t *object, const char *path, const char *key,
                                          bool required, const char **out, gaia_error *err);
GAIA_MUST_USE gaia_status json_get_int(const json_t *object, const char *path, const char *key,
                                       bool required, int64_t *out, gaia_error *err);
GAIA_MUST_USE gaia_status json_get_number(const json_t *object, const char *path, const char *key,
                                          bool required, double *out, gaia_error *err);
GAIA_MUST_USE gaia_status json_get_array(const json_t *object, const char *path, const char *key,
                                         bool required, const json_t **out, gaia_error *err);

/* Makes every text within value one that can be shown (text_clean); keys stay. False: there is too
 * little memory. */
bool json_clean(json_t *value);

/* "an object", "a string", ... for messages. */
const char *json_type_text(const json_t *value);

#endif
