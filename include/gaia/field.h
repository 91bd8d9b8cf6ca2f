/* SPDX-License-Identifier: MIT
 *
 * A field: one variable at one level and valid time, [n_lat][n_lon], longitude fastest, in
 * canonical placement, as stored.
 */
#ifndef GAIA_FIELD_H
#define GAIA_FIELD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum gaia_dtype { GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16 };

/* Bytes of one value; 0 for what is no dtype. */
static inline size_t gaia_dtype_bytes(enum gaia_dtype dtype)
{
    return dtype == GAIA_FLOAT32   ? sizeof(float)
           : dtype == GAIA_FLOAT64 ? sizeof(double)
           : dtype == GAIA_INT16   ? sizeof(int16_t)
                                   : 0;
}

/* A view of one field; data is borrowed. A value is raw * scale + offset in float64 (two roundings,
 * no fma) where packed is set, else raw. A value that is not finite is missing, and so is an int16
 * equal to missing_code where has_missing_code is set. data == NULL: no such field. */
struct gaia_field {
    const void *data;
    enum gaia_dtype dtype;
    int packed;
    double scale;
    double offset;
    int has_missing_code;
    int16_t missing_code;
};

/* Identifies one forecast field of a job. */
struct gaia_unit {
    uint32_t forecast; /* index in the job's forecasts */
    uint32_t variable; /* index in the plan's variables */
    double level;      /* hPa; NaN for a field without level */
    int64_t lead_time_s;
    int64_t init_time_s;
};

#ifdef __cplusplus
}
#endif
#endif
