/* SPDX-License-Identifier: MIT
 *
 * One source on the command line: files, how they are to be understood, and the walk over them.
 *
 * Invariant: everything becomes the JSON of a request, which is checked in one place
 * (source_request.c).
 */
#ifndef COMMAND_SOURCE_OPTIONS_H
#define COMMAND_SOURCE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "command.h"
#include "progress.h"

enum { SOURCE_FILES_MAX = 4096, SOURCE_ID_BYTES = 256 };

/* The options that say how files are to be understood, in the order of source_options_make. */
enum {
    SOURCE_OPT_FORMAT,
    SOURCE_OPT_NAMES,
    SOURCE_OPT_STEP,
    SOURCE_OPT_INIT,
    SOURCE_OPT_MANIFEST,
    SOURCE_OPT_MANIFEST_HASH,
    SOURCE_OPT_TOKEN_FILE,
    SOURCE_OPT_CA_FILE,
    SOURCE_OPT_COUNT
};
#define SOURCE_OPTIONS(first)                                                                      \
    [(first) +                                                                                     \
        SOURCE_OPT_FORMAT] =                                                                       \
        {"format", OPTION_TEXT, "FORMAT", 0, 0, "[auto] netcdf, grib or zarr"},                    \
        [(first) +                                                                                 \
            SOURCE_OPT_NAMES] = {"names", OPTION_TEXT, "2t=t2m,z=gh",                              \
                                 0,       0,           "what variables are called in the files"},  \
        [(first) + SOURCE_OPT_STEP] = {"step", OPTION_TEXT, "HOURS",                               \
                                       0,      0,           "lead time of files that have none"},  \
        [(first) +                                                                                 \
            SOURCE_OPT_INIT] = {"init", OPTION_TEXT, "2017-01-01T00",                              \
                                0,      0,           "leave out fields of other init times"},      \
        [(first) + SOURCE_OPT_MANIFEST] =                                                          \
            {"manifest", OPTION_TEXT, "FILE",                                                      \
             0,          0,           "gaia.manifest/1 that all that is read must agree with"},    \
        [(first) + SOURCE_OPT_MANIFEST_HASH] =                                                     \
            {"manifest-hash", OPTION_TEXT, "HASH", 0, 0, "the content hash that it must have"},    \
        [(first) + SOURCE_OPT_TOKEN_FILE] = {"token-file",                                         \
                                             OPTION_TEXT,                                          \
                                             "FILE",                                               \
                                             0,                                                    \
                                             0,                                                    \
                                             "holds the token for the hosts of addresses"},        \
        [(first) + SOURCE_OPT_CA_FILE] = {                                                         \
            "ca-file", OPTION_TEXT, "FILE", 0, 0, "the authorities that https trusts"}

/* What a source is called that nobody named: its file's name without directory and extension, as it
 * can be shown. id: SOURCE_ID_BYTES. */
void source_id_make(const char *path, char *id);

/* Makes a source of the files (up to the first NULL) and of values[SOURCE_OPT_COUNT]. *source is
 * the caller's reference. GAIA_USAGE. */
GAIA_MUST_USE gaia_status source_options_make(const char *const *files,
                                              const struct option_value *values, json_t **source,
                                              gaia_error *err);

/* Shows a walk as a progress bar. `what` says what is going on. */
struct walk_progress {
    const char *what;
    struct progress bar;
};
bool walk_progress_show(void *context, uint64_t done, uint64_t total);

#endif
