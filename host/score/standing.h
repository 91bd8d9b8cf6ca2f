/* SPDX-License-Identifier: MIT
 *
 * What of a composite's document (gaia.composite/1) a leaderboard is made of: everything before the
 * times. For the scheduler, which keeps it beside the document.
 */
#ifndef SCORE_STANDING_H
#define SCORE_STANDING_H

#include <stddef.h>

#include <gaia/status.h>

struct standing {
    char *head;    /* the document without its times, a JSON object in the document's own bytes */
    char *profile; /* the name of its profile */
    double score;  /* NaN: none */
};

/* Reads a document that composite_json_write made. *standing is the caller's, on success only.
 * GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status standing_read(const char *document, struct standing *standing,
                                        gaia_error *err);

void standing_fini(struct standing *standing);

#endif
