/* SPDX-License-Identifier: MIT
 *
 * Members of gaia.report/1 that are no rows of numbers. For report_data.c.
 */
#ifndef REPORT_HEAD_H
#define REPORT_HEAD_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "report_axes.h"
#include "report_data.h"
#include "report_series.h"
#include "text.h"

/* Who is on the page, in the order of its indices: the plan's forecasts, then what they are held
 * against besides. An index is 0 where there is no such entry. */
struct report_forecasts {
    json_t *list; /* of {id, kind, fields, init_times, first, last, status, detail} */
    size_t i_against;
    size_t i_reference;
    size_t i_climatology;
};

/* against NULL: none. forecasts->list is the caller's reference, also after a failure.
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_forecasts_make(const struct plan *plan, const struct plan *against,
                                                const char *against_label,
                                                struct report_forecasts *forecasts,
                                                gaia_error *err);

/* Begins the document. */
void report_origin_write(const struct report_request *request, const struct plan *plan,
                         struct text *out);

/* Appends the axes and the metrics of the list. */
void report_axes_write(const struct report_axes *axes, const struct report_metric *list,
                       size_t n_metrics, struct text *out);

/* Appends a comma, the key and the value, whose reference is taken; NULL: null. */
void report_member_put(struct text *out, const char *key, json_t *value);

#endif
