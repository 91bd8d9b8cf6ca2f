/* SPDX-License-Identifier: MIT
 *
 * Datasets of the caller's memory, which the reader of format "array" lists and reads
 * (include/gaia/array.h).
 */
#ifndef HOST_READER_ARRAY_H
#define HOST_READER_ARRAY_H

#include <stddef.h>

#include <gaia/array.h>
#include <gaia/status.h>

#include "reader.h"

#define ARRAY_FORMAT "array"

/* To be asked once before anything reads the datasets. GAIA_USAGE: a null pointer, a name twice, a
 * rank, dtype or size that cannot be. */
GAIA_MUST_USE gaia_status datasets_check(const struct gaia_dataset *datasets, size_t n_datasets,
                                         gaia_error *err);

#endif
