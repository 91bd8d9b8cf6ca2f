/* SPDX-License-Identifier: MIT
 *
 * What a request for scores asks for, and the cursors and links that lead from page to page. For
 * http_scores.c.
 *
 * A cursor names the first unit of a lead and how many rows of that lead were on earlier pages; a
 * hash of everything else that was asked ties it to its answer.
 */
#ifndef HTTP_SCORES_QUERY_H
#define HTTP_SCORES_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include <gaia/status.h>

#include "arena.h"
#include "derive.h"
#include "text.h"

enum scores_format { SCORES_CSV, SCORES_JSON, SCORES_STAT };
enum scores_rows { SCORES_ALL, SCORES_TIMES, SCORES_AGGREGATES };

struct scores_query {
    enum scores_format format;
    enum scores_rows rows;
    struct derive_filter filter;
    int64_t limit;   /* rows of a page; 0: no pages */
    int64_t unit;    /* where the page begins; -1: at the beginning */
    uint64_t skip;   /* rows of the lead that begins there */
    uint64_t hash;   /* of what was asked but limit and cursor */
    struct text url; /* the same as a query: "format=csv&lead=24" */
    struct arena arena;
};

/* Reads the parameters. On failure *field is the one that is wrong. The query is to be given to
 * scores_query_fini in any case. GAIA_USAGE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status scores_query_read(struct MHD_Connection *connection, const char *id,
                                            struct scores_query *query, const char **field,
                                            gaia_error *err);
void scores_query_fini(struct scores_query *query);

/* The value of the header Link: the page of this query that begins after skip rows of the lead
 * whose first unit this is. */
void scores_query_link(const struct scores_query *query, const char *id, uint64_t unit,
                       uint64_t skip, struct text *out);

/* The parameter that a choice failed by (derive_choose, derive_check, a cursor); NULL: none. */
const char *scores_query_field(gaia_status status);

#endif
