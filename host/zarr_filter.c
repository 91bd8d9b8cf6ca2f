/* SPDX-License-Identifier: MIT
 *
 * Filters, an element at a time, in whatever byte order both sides have.
 */
#include "zarr_filter.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

void zarr_unshuffle(const unsigned char *in, size_t n, size_t element_bytes, unsigned char *out)
{
    const size_t n_elements = n / element_bytes;
    for (size_t k = 0; k < element_bytes; k++) {
        for (size_t i = 0; i < n_elements; i++) {
            out[i * element_bytes + k] = in[k * n_elements + i];
        }
    }
}

/* Element i of `in` as a number in this machine's order. */
static double real_get(const struct zarr_type *type, const unsigned char *in, size_t i)
{
    unsigned char element[8] = {0};
    memcpy(element, in + i * type->bytes, type->bytes);
    if (zarr_type_foreign(type)) {
        zarr_type_swap(element, 1, type->bytes);
    }
    return zarr_type_number(type, element);
}

/* Element i of `in`, an integer, as 64 bits modulo 2^64. */
static uint64_t bits_get(const struct zarr_type *type, const unsigned char *in, size_t i)
{
    const unsigned char *at = in + i * type->bytes;
    uint64_t bits = 0;
    for (size_t k = 0; k < type->bytes; k++) {
        bits |= (uint64_t)at[type->big_endian ? type->bytes - 1 - k : k] << (8 * k);
    }
    const uint64_t sign = (uint64_t)1 << (8 * type->bytes - 1);
    return type->kind == ZARR_UINT ? bits : (bits ^ sign) - sign;
}

static void bits_put(const struct zarr_type *type, uint64_t bits, unsigned char *out, size_t i)
{
    unsigned char *at = out + i * type->bytes;
    for (size_t k = 0; k < type->bytes; k++) {
        at[type->big_endian ? type->bytes - 1 - k : k] = (unsigned char)(bits >> (8 * k));
    }
}

/* Writes a number as an element; what an integer cannot hold becomes its nearest. */
static void real_put(const struct zarr_type *type, double value, unsigned char *out, size_t i)
{
    uint64_t bits = 0;
    if (type->kind == ZARR_FLOAT && type->bytes == sizeof(float)) {
        const float single = (float)value;
        uint32_t narrow = 0;
        memcpy(&narrow, &single, sizeof narrow);
        bits = narrow;
    } else if (type->kind == ZARR_FLOAT) {
        memcpy(&bits, &value, sizeof bits);
    } else {
        const double clamped = fmin(fmax(value, -9.2e18), 9.2e18);
        bits = (uint64_t)(int64_t)clamped;
    }
    bits_put(type, bits, out, i);
}

void zarr_undelta(const unsigned char *in, size_t n, const struct zarr_type *encoded,
                  const struct zarr_type *decoded, unsigned char *out)
{
    uint64_t bits = 0;
    double wide = 0.0;
    float narrow = 0.0F;
    for (size_t i = 0; i < n; i++) {
        if (decoded->kind != ZARR_FLOAT) {
            bits += bits_get(encoded, in, i);
            bits_put(decoded, bits, out, i);
        } else if (decoded->bytes == sizeof narrow) {
            narrow += (float)real_get(encoded, in, i);
            real_put(decoded, (double)narrow, out, i);
        } else {
            wide += real_get(encoded, in, i);
            real_put(decoded, wide, out, i);
        }
    }
}

void zarr_unscale(const unsigned char *in, size_t n, const struct zarr_type *encoded,
                  const struct zarr_type *decoded, double scale, double offset, unsigned char *out)
{
    const bool narrow = encoded->kind == ZARR_FLOAT && encoded->bytes == sizeof(float);
    for (size_t i = 0; i < n; i++) {
        const double value = real_get(encoded, in, i);
        const float in_float32 = (float)value / (float)scale + (float)offset;
        real_put(decoded, narrow ? (double)in_float32 : value / scale + offset, out, i);
    }
}
