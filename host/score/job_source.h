/* SPDX-License-Identifier: MIT
 *
 * The parts of a job that are read by themselves: texts, and sources. Every error names the path of
 * the key in the job ("job.truth.files").
 */
#ifndef SCORE_JOB_SOURCE_H
#define SCORE_JOB_SOURCE_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"

/* Limits of what a job may say. */
enum { JOB_PATH_TEXT = 96, JOB_LEAD_HOURS_MAX = 10000000 };

/* Copies text into the arena. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_text_copy(struct arena *arena, const char *text, const char **copy,
                                        gaia_error *err);

/* Copies a time. Which calendar it is a date of is known when the files are open: here it must be
 * one of any. `where` names it in the error, GAIA_JOB_INVALID. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_time_copy(struct arena *arena, const char *text, const char *where,
                                        const char **copy, gaia_error *err);

/* Reads an optional array of non-empty strings; *texts and *n stay where there is none.
 * GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_texts_read(struct arena *arena, const json_t *object,
                                         const char *path, const char *key,
                                         const char *const **texts, size_t *n, gaia_error *err);

/* Reads a source at `path` of the job. id: what it is called unless it says so; NULL: it must.
 * GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_source_read(struct arena *arena, const json_t *source,
                                          const char *path, const char *id, struct gaia_source *out,
                                          gaia_error *err);

#endif
