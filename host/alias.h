/* SPDX-License-Identifier: MIT
 *
 * Variables matched by what their names mean (score/variable_name.h), where the names differ.
 *
 * Invariant: of two that fit equally well neither is taken.
 */
#ifndef HOST_ALIAS_H
#define HOST_ALIAS_H

#include <stddef.h>

#include <gaia/status.h>

#include "reader.h"

struct catalog;

/* How well two names fit, best first: the same text, the same quantity, geopotential and its
 * height, nothing in common. */
enum alias_rank { ALIAS_EXACT, ALIAS_SAME, ALIAS_RELATED, ALIAS_NONE };

enum { ALIAS_BYTES = 256 };

enum alias_rank alias_rank(const char *a, const char *b);

/* Looks for the variable of an open file that means what `name` means, which the file does not
 * have; *alias is "" where there is none. GAIA_JOB_INVALID: two mean it; path is for the message.
 */
GAIA_MUST_USE gaia_status alias_find(const struct reader_ops *ops, struct reader *reader,
                                     const char *path, const char *name, char alias[ALIAS_BYTES],
                                     gaia_error *err);

/* Index of the catalog's variable that fits name best, n_variables if none does; *rank is how well,
 * *second another that fits as well, n_variables if none does. */
size_t alias_match(const struct catalog *catalog, const char *name, enum alias_rank *rank,
                   size_t *second);

/* Sets the error of two variables of the file that mean `name`. GAIA_JOB_INVALID. */
GAIA_MUST_USE gaia_status alias_ambiguous(const char *path, const char *a, const char *b,
                                          const char *name, gaia_error *err);

#endif
