/* SPDX-License-Identifier: MIT
 *
 * Decoding in three steps, each a loop that the compiler makes vectors of: convert, unpack, settle
 * NaN and zero.
 *
 * Invariant: contraction is off (-ffp-contract=off), so unpacking rounds twice.
 */
#include "field_decode.h"

#include <math.h>
#include <string.h>

#include "moments.h"

static void int16_convert(const struct gaia_field *field, const int16_t *raw, size_t n,
                          double *values)
{
    for (size_t i = 0; i < n; i++) {
        const int is_missing = field->has_missing_code && raw[i] == field->missing_code;
        values[i] = is_missing ? (double)NAN : (double)raw[i];
    }
}

static void float32_convert(const float *raw, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)raw[i];
    }
}

void field_decode(const struct gaia_field *field, size_t from, size_t n, double *values)
{
    switch (field->dtype) {
    case GAIA_INT16:
        int16_convert(field, (const int16_t *)field->data + from, n, values);
        break;
    case GAIA_FLOAT32:
        float32_convert((const float *)field->data + from, n, values);
        break;
    case GAIA_FLOAT64:
        memcpy(values, (const double *)field->data + from, n * sizeof *values);
        break;
    }
    for (size_t i = 0; field->packed && i < n; i++) {
        values[i] = moments_unpack(values[i], field->scale, field->offset);
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = isfinite(values[i]) ? values[i] + 0.0 : (double)NAN;
    }
}
