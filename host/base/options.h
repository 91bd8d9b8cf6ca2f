/* SPDX-License-Identifier: MIT
 *
 * Command line options from one table a program: parsing, ranges and --help come from the same
 * rows.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <gaia/status.h>

#include "text.h"

enum option_kind {
    OPTION_FLAG,   /* no value */
    OPTION_TEXT,   /* any value */
    OPTION_NUMBER, /* an integer from min to max */
    OPTION_BYTES,  /* the same with KiB, MiB, GiB, KB, MB or GB behind it */
};

struct option_spec {
    const char *name; /* without the leading -- */
    enum option_kind kind;
    const char *value_name; /* shown in --help; NULL for a flag */
    uint64_t min;
    uint64_t max;
    const char *help;
};

struct option_value {
    bool is_set;
    const char *text; /* borrowed from argv */
    uint64_t number;
};

/* Reads argv[1 .. argc): `--name value`, `--name=value`, `--name`, and positional arguments, of
 * which at most max_positional are stored in positional. `--` ends the options. values has one
 * entry a spec. GAIA_USAGE names the argument and what is allowed (for an unknown one the nearest
 * name). */
GAIA_MUST_USE gaia_status options_parse(const struct option_spec *specs, size_t n_specs, int argc,
                                        char *const *argv, struct option_value *values,
                                        const char **positional, size_t max_positional,
                                        size_t *n_positional, gaia_error *err);

/* Appends the options, a line each. */
void options_append(struct text *out, const struct option_spec *specs, size_t n_specs);

/* Writes the same. */
void options_print(FILE *out, const struct option_spec *specs, size_t n_specs);

/* Reads "512MiB", "2GiB", "1000000"; false if it is none. */
bool bytes_parse(const char *text, uint64_t *bytes);

#endif
