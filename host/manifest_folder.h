/* SPDX-License-Identifier: MIT
 *
 * Manifests and what lies on disk: made from a folder, and a folder held against one.
 */
#ifndef HOST_MANIFEST_FOLDER_H
#define HOST_MANIFEST_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "manifest.h"

/* Makes the manifest of every file below the folder at path, or of the file there; the file at
 * `except` (NULL: none) is left out. *manifest is the caller's. As file_walk, manifest_add. */
GAIA_MUST_USE gaia_status manifest_make(const char *path, enum digest_kind kind, const char *except,
                                        struct manifest **manifest, gaia_error *err);

enum manifest_fault { MANIFEST_BAD, MANIFEST_MISSING, MANIFEST_SURPLUS };

/* Gets each file that does not agree, in the order of keys (those missing last). why is of
 * MANIFEST_BAD: both sizes and hashes. */
typedef void manifest_told(void *context, enum manifest_fault fault, const char *key,
                           const char *why);

struct manifest_result {
    size_t n_hashed;
    size_t n_bad;
    size_t n_missing;
    size_t n_surplus;
};

/* Holds the folder (or file) at path against the manifest, which is left out where it lies inside:
 * names and sizes of all files, and the hashes of `sample` of them, drawn by the seed (SIZE_MAX:
 * all). A fault is told and counted, and no error. As file_walk. */
GAIA_MUST_USE gaia_status manifest_check_folder(const struct manifest *manifest, const char *path,
                                                size_t sample, uint64_t seed, manifest_told *told,
                                                void *context, struct manifest_result *result,
                                                gaia_error *err);

#endif
