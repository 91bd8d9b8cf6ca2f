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
    OPTION_FLAG,    /* no value */
    OPTION_SWITCH,  /* no value either, or `=yes` or `=no` */
    OPTION_TEXT,    /* any value */
    OPTION_PATH,    /* a file or a folder */
    OPTION_OUTPUT,  /* a file that is written */
    OPTION_PATHS,   /* several, with commas between them */
    OPTION_CHOICE,  /* one of those in value_name, `a|b|c` */
    OPTION_NUMBER,  /* an integer from min to max */
    OPTION_NUMBERS, /* several, with commas between them */
    OPTION_SHARES,  /* NAME=N with commas between them, N from min to max */
    OPTION_BYTES,   /* an integer with KiB, MiB, GiB, TiB, KB, MB, GB behind it, or of bytes */
    OPTION_TIME,    /* an integer with ms, s, min, h or d behind it, or of seconds */
};

struct option_spec {
    const char *name; /* without the leading -- */
    enum option_kind kind;
    const char *value_name; /* shown in --help; NULL for a flag or a switch */
    uint64_t min;           /* of a time in milliseconds */
    uint64_t max;
    const char *help;
};

struct option_value {
    bool is_set;
    const char *text; /* borrowed from argv */
    uint64_t number;  /* a time in milliseconds; of a switch 0 or 1; of NUMBERS how many */
};

/* Whether the option's value may be the next argument. */
bool option_takes_value(const struct option_spec *spec);

/* Reads value->text as what the option takes and sets value->number. GAIA_USAGE names `label`,
 * which says where the value is from ("--threads"), the value, and what is allowed. */
GAIA_MUST_USE gaia_status option_check(const struct option_spec *spec, const char *label,
                                       struct option_value *value, gaia_error *err);

/* Appends what may be given, in a few words: "a number from 1 to 1024". */
void option_append_allowed(struct text *out, const struct option_spec *spec);

/* The option whose name is nearest to the first `length` bytes of name, and how many letters they
 * are apart; NULL: there are no options. */
const struct option_spec *option_nearest(const struct option_spec *specs, size_t n_specs,
                                         const char *name, size_t length, size_t *distance);

/* Reads argv[1 .. argc): `--name value`, `--name=value`, `--name`, and positional arguments, of
 * which at most max_positional are stored in positional. `--` ends the options. values has one
 * entry a spec. GAIA_USAGE names the argument and what is allowed (for an unknown one the nearest
 * name). */
GAIA_MUST_USE gaia_status options_parse(const struct option_spec *specs, size_t n_specs, int argc,
                                        char *const *argv, struct option_value *values,
                                        const char **positional, size_t max_positional,
                                        size_t *n_positional, gaia_error *err);

/* Says of an option what the reader of a document that was made of options said of the document:
 * "job.weights: ..." becomes "--weights: ...". An error of class INVALID becomes GAIA_USAGE, also
 * where its path has the name of no option that is set; another stays. Returns err's status. */
gaia_status option_blame(const struct option_spec *specs, size_t n_specs,
                         const struct option_value *values, gaia_error *err);

/* Appends the options, a line each. */
void options_append(struct text *out, const struct option_spec *specs, size_t n_specs);

/* Writes the same. */
void options_print(FILE *out, const struct option_spec *specs, size_t n_specs);

/* Reads "512MiB", "2GiB", "1000000"; false if it is none. */
bool bytes_parse(const char *text, uint64_t *bytes);

/* Reads "500ms", "10s", "5min", "24h", "7d", and "10", which is seconds; false if it is none. */
bool time_span_parse(const char *text, uint64_t *ms);

#endif
