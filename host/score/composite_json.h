/* SPDX-License-Identifier: MIT
 *
 * The document of one forecast's composite (gaia.composite/1): the score and every part of it, so
 * that it can be checked and explained without the sums. Called by composite_stream.c.
 */
#ifndef COMPOSITE_JSON_H
#define COMPOSITE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "composite.h"
#include "text.h"

struct composite_document {
    const char *forecast;
    enum gaia_calendar calendar; /* of the init times */
    const struct composite_layout *layout;
    const struct composite_time *times; /* [n_times], evaluated; at least one */
    size_t n_times;
    bool has_day1; /* the job says which forecasts passed day 1 */
    bool is_day1_passed;
};

/* Appends the document. Numbers are the shortest decimals that read back to the same float64; no
 * value is null, an infinite one "inf" or "-inf". The score over times is the mean of those of the
 * init times; passed: every one of them. */
void composite_json_write(const struct composite_document *document, struct text *out);

/* A JSON array of documents, a line each or more: what a report, a file and the HTTP API hold.
 * composite_list_end is called once, also where nothing was added. */
void composite_list_add(struct text *list, const char *json, size_t length);
void composite_list_end(struct text *list);

#endif
