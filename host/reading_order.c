/* SPDX-License-Identifier: MIT
 *
 * Sorts units by variable, valid time, lead time, level and forecast: forecasts of one truth come
 * together, which makes tiles, and files are read from their beginning to their end.
 */
#include "reading_order.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

struct ordered {
    const struct gaia_unit *unit;
    size_t index;
};

static int ordered_compare(const void *a, const void *b)
{
    const struct gaia_unit *x = ((const struct ordered *)a)->unit;
    const struct gaia_unit *y = ((const struct ordered *)b)->unit;
    const int64_t valid_x = x->init_time_s + x->lead_time_s;
    const int64_t valid_y = y->init_time_s + y->lead_time_s;
    if (x->variable != y->variable) {
        return x->variable < y->variable ? -1 : 1;
    }
    if (valid_x != valid_y) {
        return valid_x < valid_y ? -1 : 1;
    }
    if (x->lead_time_s != y->lead_time_s) {
        return x->lead_time_s < y->lead_time_s ? -1 : 1;
    }
    const double level_x = isnan(x->level) ? -(double)INFINITY : x->level;
    const double level_y = isnan(y->level) ? -(double)INFINITY : y->level;
    if (level_x != level_y) {
        return level_x < level_y ? -1 : 1;
    }
    return (x->forecast > y->forecast) - (x->forecast < y->forecast);
}

gaia_status reading_order(const struct gaia_unit *units, size_t n_units, size_t *order,
                          gaia_error *err)
{
    struct ordered *list = calloc(n_units > 0 ? n_units : 1, sizeof *list);
    if (list == NULL) {
        return error_memory(err, n_units * sizeof *list);
    }
    for (size_t i = 0; i < n_units; i++) {
        list[i] = (struct ordered){&units[i], i};
    }
    qsort(list, n_units, sizeof *list, ordered_compare);
    for (size_t i = 0; i < n_units; i++) {
        order[i] = list[i].index;
    }
    free(list);
    return GAIA_OK;
}
