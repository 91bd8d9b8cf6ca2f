/* SPDX-License-Identifier: MIT
 *
 * Adding fields to bins, and means of bins.
 */
#include "climatology_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static size_t bins_number(const struct climatology_bins *bins)
{
    return bins->n_parts * bins->n_hours;
}

size_t climatology_sums_point_bytes(const struct climatology_bins *bins)
{
    return bins_number(bins) * (sizeof(double) + sizeof(uint32_t));
}

gaia_status climatology_sums_init(struct climatology_sums *sums,
                                  const struct climatology_bins *bins, size_t n_series,
                                  size_t n_points, gaia_error *err)
{
    const size_t n = n_series * bins_number(bins);
    *sums = (struct climatology_sums){.bins = bins, .n_series = n_series, .n_points = n_points};
    sums->sum = calloc(n, n_points * sizeof *sums->sum);
    sums->count = calloc(n, n_points * sizeof *sums->count);
    sums->mean = calloc(n_points, sizeof *sums->mean);
    sums->weight = calloc(n_points, sizeof *sums->weight);
    sums->n = calloc(n_points, sizeof *sums->n);
    if (sums->sum == NULL || sums->count == NULL || sums->mean == NULL || sums->weight == NULL ||
        sums->n == NULL) {
        climatology_sums_fini(sums);
        return error_memory(err, n * n_points * (sizeof *sums->sum + sizeof *sums->count));
    }
    return GAIA_OK;
}

void climatology_sums_fini(struct climatology_sums *sums)
{
    free(sums->sum);
    free(sums->count);
    free(sums->mean);
    free(sums->weight);
    free(sums->n);
    *sums = (struct climatology_sums){.bins = NULL};
}

void climatology_sums_clear(struct climatology_sums *sums, size_t n_points)
{
    const size_t n = sums->n_series * bins_number(sums->bins) * n_points;
    sums->n_points = n_points;
    memset(sums->sum, 0, n * sizeof *sums->sum);
    memset(sums->count, 0, n * sizeof *sums->count);
}

void climatology_sums_add(struct climatology_sums *sums, size_t series, size_t bin,
                          const double *values)
{
    const size_t at = (series * bins_number(sums->bins) + bin) * sums->n_points;
    double *restrict sum = sums->sum + at;
    uint32_t *restrict count = sums->count + at;
    for (size_t i = 0; i < sums->n_points; i++) {
        const int present = !isnan(values[i]);
        sum[i] = present ? sum[i] + values[i] : sum[i];
        count[i] += (uint32_t)present;
    }
}

/* Adds one bin of a series, times weight, to mean, weight and n. */
static void bin_add(struct climatology_sums *sums, size_t series, size_t bin, double weight)
{
    const size_t at = (series * bins_number(sums->bins) + bin) * sums->n_points;
    const double *restrict sum = sums->sum + at;
    const uint32_t *restrict count = sums->count + at;
    for (size_t i = 0; i < sums->n_points; i++) {
        sums->mean[i] += weight * sum[i];
        sums->weight[i] += weight * count[i];
        sums->n[i] += count[i];
    }
}

size_t climatology_sums_mean(struct climatology_sums *sums, size_t series, size_t out_part,
                             size_t hour, uint64_t min_count)
{
    const struct climatology_bins *bins = sums->bins;
    const int part = bins->out_parts[out_part];
    size_t n_present = 0;
    memset(sums->mean, 0, sums->n_points * sizeof *sums->mean);
    memset(sums->weight, 0, sums->n_points * sizeof *sums->weight);
    memset(sums->n, 0, sums->n_points * sizeof *sums->n);
    for (int k = -bins->half; k <= bins->half; k++) {
        const size_t from =
            climatology_bins_part(bins, k == 0 ? part : climatology_day_after(bins, part, k));
        if (from < bins->n_parts) {
            bin_add(sums, series, from * bins->n_hours + hour, bins->weight[abs(k)]);
        }
    }
    for (size_t i = 0; i < sums->n_points; i++) {
        const int present = sums->n[i] > 0 && sums->n[i] >= min_count;
        sums->mean[i] = present ? sums->mean[i] / sums->weight[i] : (double)NAN;
        n_present += (size_t)present;
    }
    return n_present;
}
