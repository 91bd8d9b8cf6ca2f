/* SPDX-License-Identifier: MIT
 *
 * The files that a command is asked to write, held against those that it reads: what is replaced
 * when all is done must be none of these.
 *
 * Invariant: the same file is known by any of its names: relative, absolute, or a link to it.
 */
#ifndef BASE_OUTPUTS_H
#define BASE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <gaia/status.h>

#include "options.h"

enum { OUTPUTS_MAX = 8 };

struct output_file {
    const char *option; /* without the leading -- */
    const char *path;
    bool is_known;
    bool is_folder;
    dev_t device; /* of the file, or of the folder that it will be in */
    ino_t inode;
    const char *name; /* in that folder; NULL: the file is there */
};

struct outputs {
    size_t n;
    struct output_file files[OUTPUTS_MAX];
};

/* Takes the options that name files to write (OPTION_OUTPUT), of which a table has at most
 * OUTPUTS_MAX; texts are borrowed. GAIA_USAGE if two name the same file. Devices and pipes may be
 * named twice. */
GAIA_MUST_USE gaia_status outputs_take(const struct option_spec *specs, size_t n_specs,
                                       const struct option_value *values, struct outputs *outputs,
                                       gaia_error *err);

/* GAIA_USAGE if an output is the file at path, or a file of the folder there, which is read as
 * `what`
 * ("the truth"). NULL, an address and what is not there are none. */
GAIA_MUST_USE gaia_status outputs_spare(const struct outputs *outputs, const char *what,
                                        const char *path, gaia_error *err);

#endif
