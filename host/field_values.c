/* SPDX-License-Identifier: MIT
 *
 * Decoding placed fields: packed values by a multiply, then an add, as the kernels do
 * (include/gaia/field.h).
 */
#include "field_values.h"

#include <math.h>
#include <stdint.h>

static double value_of(const struct gaia_field *field, const void *placed, size_t i)
{
    double value = (double)NAN;
    switch (field->dtype) {
    case GAIA_FLOAT32:
        value = (double)((const float *)placed)[i];
        break;
    case GAIA_FLOAT64:
        value = ((const double *)placed)[i];
        break;
    case GAIA_INT16: {
        const int16_t code = ((const int16_t *)placed)[i];
        const int missing = field->has_missing_code && code == field->missing_code;
        value = missing ? (double)NAN : (double)code;
        break;
    }
    }
    if (field->packed) {
        const double product = value * field->scale;
        value = product + field->offset;
    }
    return isfinite(value) ? value : (double)NAN;
}

void field_values(const struct gaia_field *field, const void *placed, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = value_of(field, placed, i);
    }
}

void field_values_between(const struct gaia_field *field, const void *placed, size_t n,
                          double weight, double *values)
{
    for (size_t i = 0; i < n; i++) {
        const double apart = value_of(field, placed, i) - values[i];
        const double part = weight * apart;
        values[i] += part; /* NaN where either was */
    }
}
