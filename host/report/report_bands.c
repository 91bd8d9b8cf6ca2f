/* SPDX-License-Identifier: MIT
 *
 * Which regions are bands, and how much of a page they would take. Called by report_data.c.
 *
 * Invariant: whether a region is a band follows from its name alone.
 */
#include "report_bands.h"

#include <string.h>

#include "error.h"
#include "region_zonal.h"
#include "report_axes.h"

gaia_status report_bands_find(const struct plan *plan, struct arena *arena,
                              struct report_bands *bands, gaia_error *err)
{
    struct zonal_band band;
    *bands = (struct report_bands){.n_bands = 0};
    bands->is_band = arena_alloc(arena, plan->n_regions, sizeof *bands->is_band);
    bands->plain = arena_alloc(arena, plan->n_regions, sizeof *bands->plain);
    if (bands->is_band == NULL || bands->plain == NULL) {
        return error_memory(err, plan->n_regions * sizeof *bands->plain);
    }
    for (size_t r = 0; r < plan->n_regions; r++) {
        bands->is_band[r] = zonal_band_find(plan->regions[r], &band);
        if (bands->is_band[r]) {
            bands->n_bands++;
            continue;
        }
        size_t k = 0;
        while (k < bands->n_plain && strcmp(bands->plain[k], plan->regions[r]) != 0) {
            k++;
        }
        bands->plain[k] =
            k < bands->n_plain ? bands->plain[k] : arena_strdup(arena, plan->regions[r]);
        if (bands->plain[k] == NULL) {
            return error_memory(err, plan->n_regions);
        }
        bands->n_plain += k == bands->n_plain;
    }
    for (size_t r = 0; bands->n_plain == 0 && r < plan->n_regions; r++) {
        bands->is_band[r] = false;
    }
    bands->n_bands = bands->n_plain > 0 ? bands->n_bands : 0;
    return GAIA_OK;
}

void report_bands_write(const struct plan *plan, struct text *out)
{
    struct zonal_band band;
    const char *before = "";
    text_append(out, ",\n\"bands\":[");
    for (size_t r = 0; r < plan->n_regions; r++) {
        if (zonal_band_find(plan->regions[r], &band)) {
            text_printf(out, "%s[%zu,%d,%d]", before, r, band.south, band.north);
            before = ",";
        }
    }
    text_append(out, "]");
}

gaia_status report_values_count(const struct plan *plan, size_t n_metrics, size_t n_baseline,
                                size_t *n_values, gaia_error *err)
{
    size_t n_leads = 0;
    size_t n_places = 0;
    const gaia_status status = report_leads_count(plan, &n_leads, &n_places, err);
    *n_values = plan->n_weights * (n_leads * n_metrics + n_places * n_baseline);
    return status;
}
